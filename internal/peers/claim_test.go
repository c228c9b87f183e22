package peers

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/internal/callbacks"
	"wissel/internal/web"
	"wissel/sip/sim"
)

// calling are settings of a group that calls back over two sipps of a test's own, at hosts of a network.
func calling(net, callbacks string) []string {
	return []string{
		`present: {reserve: "+31201234567"}`, `present: {homes: "+31201234567"}`, "active: normaal", "active: storing",
		"    plans:\n", "    desk: {trunk: desk, queue: \"7001\"}\n    callbacks: {over: [homes], hours: \"24/7\"" + callbacks + "}\n    plans:\n",
		"trunks:\n", `trunks:
  desk:  {role: platform, to: ["sip:` + net + `.5:5060"], probe: {off: true}}
  homes: {role: carrier, to: ["sip:` + net + `.6:5060"], probe: {off: true}}
`}
}

// waiting is how many callbacks wissel has still to make; -1: those of before its start are still being read.
func (s *server) waiting() (n int) {
	s.t.Helper()
	all, err := s.client.Callbacks(s.t.Context())
	if err != nil {
		return -1
	}
	for _, c := range all {
		if state := callbacks.State(c.State); state.Open() && state != callbacks.Hand {
			n++
		}
	}
	return n
}

// Two nodes cannot claim one callback: a store has one holder, and whoever else wants it ends and names him. When he is killed the next
// takes over where he was: all are called, and only those whose call was under way are rung once more.
func TestTwoNodesOfOneStoreMakeOneCall(t *testing.T) {
	t.Parallel()
	const people, agents = 16, 4
	one := &server{t: t, net: network(), dir: t.TempDir()}
	two := &server{t: t, net: network(), dir: t.TempDir()}
	set := calling(one.net, fmt.Sprintf(", agents: %d, rate: 50", agents))
	one.prepare(t, set...)
	two.prepare(t, append(set, "node: test", "node: two", "store: DIR/store", "store: "+one.dir+"/store")...)
	one.rung(".5", "desk.xml")
	homes := one.rung(".6", "called.xml", "BUSY", "none")
	promised := map[string]heardPromise{}
	var wishes []wissel.Wish
	for i := range people {
		n := fmt.Sprintf("+31612347%03d", i)
		promised[n] = toCall
		wishes = append(wishes, wissel.Wish{Kind: wissel.WishCallback, Number: wissel.Number(n), Group: "support", Language: "nl", At: time.Now().Add(-time.Hour)})
	}
	wishAll(t, filepath.Join(one.dir, "store"), wishes...)
	one.restart()
	refused := 0
	for strings.Count(one.wroteDown(homes), "he rings") < people/2 {
		p := start(t, two.dir, binary, "serve", "--settings", two.file())
		if code := p.wait(15 * time.Second); code != 1 || !strings.Contains(p.out.String(), fmt.Sprint(one.cmd.Process.Pid)) {
			t.Fatalf("the second ended with %d and said %q; want 1, and that process %d has the store", code, p.out.String(), one.cmd.Process.Pid)
		}
		refused++
	}
	one.kill()
	two.restart()
	eventually(t, time.Minute, "all are made", func() bool { return two.waiting() == 0 })
	a := settleAccount(promised, telephones(two.wroteDown(homes)), nil, "", nil, nil)
	if len(a.Lost)+len(a.Over) > 0 || a.Called != people || a.Again > agents {
		t.Error(a)
	}
	if code := two.stop(); code != 0 {
		t.Errorf("the second ended with %d", code)
	}
	row(t, "F38", "two nodes want one store: %d times the second ends and names the first, which is killed in the middle of %d callbacks; the second goes on: %s", refused, people, a)
}

// A23: whatever is keyed, and whatever is imported, only telephones of people are rung, and each once.
func TestACallbackIsForNobodyElse(t *testing.T) {
	t.Parallel()
	s := &server{t: t, net: network(), dir: t.TempDir()}
	s.prepare(t, calling(s.net, ", release: operator")...)
	desk := s.rung(".5", "desk.xml")
	homes := s.rung(".6", "called.xml", "BUSY", "none")
	s.restart()
	carrier := newActor(t, "carrier", s.carrier(), sim.Refuse(480))
	const good, twice = "+31201112233", "+31612346001"
	said := clip(t, "callback.done")
	tries := []struct {
		keys string // after 2 and 2: another number
		want bool
		call talk
	}{
		{keys: "112#09001234#0201234567"},               // emergency, premium, ourselves
		{keys: "0031112#00319001234567#0044201234567#"}, // the same behind a country code; another country
		{keys: "00882123456789#0031676123456#113#"},     // satellite, a number of machines, emergency
		{keys: "02011122331", want: true},               // and 1: it is right
	}
	for i := range tries {
		c := &tries[i]
		c.call = s.rings(carrier, sim.Dial{From: fmt.Sprintf("+3161234610%d", i), Keys: []sim.Keys{{After: 100 * time.Millisecond, Digits: "22" + c.keys}}})
	}
	for _, c := range tries {
		if c.want {
			eventually(t, 20*time.Second, "he hears that it is noted", func() bool { return c.call.ear.heard(said) })
			c.call.Hangup("")
		}
		over(t, c.call, 60*time.Second)
		if got := c.call.ear.heard(said); got != c.want {
			t.Errorf("after %s he was promised a call: %v", c.keys, got)
		}
	}
	var rows []web.CallbackShown
	for _, n := range []string{"112", "+31112", "+319001234567", number, "+442012345678", "+881612345678", twice, twice} {
		rows = append(rows, web.CallbackShown{Callback: web.Callback{Group: "support", Number: n}})
	}
	if done, err := s.client.ImportCallbacks(t.Context(), web.Import{Rows: rows, Reason: "on paper"}); err != nil || done.Taken != 2 || len(done.Refused) != 6 {
		t.Errorf("%+v, %v", done, err)
	}
	if _, err := s.client.LetGo(t.Context(), web.ReleaseRequest{Group: "support", Reason: "the queue is staffed"}); err != nil {
		t.Fatal(err)
	}
	eventually(t, 30*time.Second, "all are made", func() bool { return s.waiting() == 0 })
	s.idle(10 * time.Second)
	clean(t, carrier)
	if code := s.stop(); code != 0 {
		t.Errorf("wissel ended with %d", code)
	}
	phones := telephones(s.wroteDown(homes))
	if once := (telephone{Rings: 1, Done: 1}); len(phones) != 2 || phones[good] != once || phones[twice] != once || strings.Count(s.wroteDown(desk), "desk rings") != 2 {
		t.Errorf("rung: %+v", phones)
	}
	row(t, "A23", "three callers key nine numbers of others, and six more are imported: 112, 113, 0900, satellite, abroad, ourselves; by sipp's log none is rung, and one that was asked for twice is rung once")
}
