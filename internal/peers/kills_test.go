package peers

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"wissel"
	"wissel/internal/audio"
	"wissel/internal/callbacks"
	"wissel/internal/web"
	"wissel/sip/sim"
)

// killing is how large the proof is: in each run, or with FULL=1 whole.
type killing struct {
	promises int           // that callers hear
	round    int           // callers at one time
	early    int           // each so-manieth round of them is killed
	kills    int           // while the promises are kept
	apart    time.Duration // between two of them, at the most
	agents   int           // that take callbacks
	pace     int           // texts a second, of each SMSC
	busy     string        // how the numbers end that are busy the first time
}

func killings() killing {
	if os.Getenv("FULL") != "" {
		return killing{promises: 1000, round: 25, early: 4, kills: 200, apart: 8 * time.Second, agents: 3, pace: 1, busy: "7"}
	}
	return killing{promises: 200, round: 25, early: 4, kills: 22, apart: 2 * time.Second, agents: 12, pace: 3, busy: "none"}
}

// news is what they are told who asked for texts.
const news = "Door een storing kunnen wij u nu niet te woord staan."

// keeping is a wissel that is killed while it makes promises and keeps them.
type keeping struct {
	*server
	killing
	chance   *rand.Rand
	texts    string   // the SMSCs' log
	desk     *process // sipp
	homes    *process // sipp
	promised map[string]heardPromise
	callers  int
	died     int
}

// Callers are promised calls and texts, and hear so; then the calls are let go and the news is sent. All the while wissel is killed at
// drawn moments and started again. By what the callers heard and what sipp and the SMSCs wrote down nothing is lost, no text comes twice,
// and nobody's telephone rings more than once more for it.
func TestAKillLosesNoPromiseAndDoublesNone(t *testing.T) {
	t.Parallel()
	k := &keeping{killing: killings(), chance: rand.New(rand.NewPCG(200, 1)), promised: map[string]heardPromise{}}
	k.prepareKeeping(t)
	k.restart()
	for round := 1; len(k.promised) < k.promises; round++ {
		k.ring(round%k.early == 0)
	}
	early := k.died
	began := time.Now()
	k.goes()
	amid := 0 // kills while callbacks were open
	for range k.kills {
		pause(time.Duration(k.chance.Int64N(int64(k.apart))))
		if k.waiting() != 0 {
			amid++
		}
		k.kill()
		k.restart()
		k.died++
	}
	eventually(t, 5*time.Minute, "all callbacks are made, or left to people", func() bool { return k.waiting() == 0 })
	if os.Getenv("FULL") != "" {
		eventually(t, 5*time.Minute, "all texts are sent", func() bool { return k.unsent() == 0 })
	}
	eventually(t, time.Minute, "all texts that may go are sent", func() bool { return k.unsent() <= k.unknown() })
	took := time.Since(began)
	a := k.account()
	if len(a.Lost)+len(a.Twice)+len(a.Over) > 0 || a.Called == 0 || a.Texted == 0 {
		t.Error(a)
	}
	if code := k.stop(); code != 0 {
		t.Errorf("wissel ended with %d", code)
	}
	row(t, "F38", "kill -9 at %d drawn moments of a release and a broadcast (%d of them while callbacks were open), %d more while callers wish; by what %d callers heard, and the logs of sipp and two SMSCs, in %.0f s: %s",
		k.died-early, amid, early, k.callers, took.Seconds(), a)
}

// prepareKeeping starts those whom wissel calls and texts, and writes its settings.
func (k *keeping) prepareKeeping(t *testing.T) {
	k.server = &server{t: t, net: network(), dir: t.TempDir()}
	ports, log := smscs(t, k.wissel(), "s3cret", 101)
	k.texts = log
	write(t, k.dir, "smpp.secret", "s3cret\n")
	k.desk = k.rung(".5", "desk.xml")
	k.homes = k.rung(".6", "called.xml", "BUSY", k.busy)
	k.prepare(t, "active: normaal", "active: storing", `present: {reserve: "+31201234567"}`, `present: {homes: "+31201234567"}`,
		"    plans:\n", fmt.Sprintf(`    texts: {providers: [north, south], sender: Wissel, name: Klantenservice, quiet: none, each: 1m}
    desk: {trunk: desk, queue: "7001"}
    callbacks: {over: [homes], release: operator, agents: %d, rate: 50, gaps: [1m], each: 10s, horizon: 24h, hours: "24/7", per_day: 100000}
    plans:
`, k.agents),
		"trunks:\n", fmt.Sprintf(`texts:
  providers:
    north: {smpp: {address: "NET.1:%d", system_id: wissel, password: "file:DIR/smpp.secret"}, pace: %d, tariffs: {"+31": 0.07}}
    south: {smpp: {address: "NET.1:%d", system_id: wissel, password: "file:DIR/smpp.secret"}, pace: %d}
trunks:
  desk:  {role: platform, to: ["sip:NET.5:5060"], probe: {off: true}}
  homes: {role: carrier, to: ["sip:NET.6:5060"], probe: {off: true}}
`, ports[0], k.pace, ports[1], k.pace))
}

// wanting is the number of the n-th caller, what he presses, and what he hears then: half of them want texts, a third of the others rings
// from a landline.
func wanting(n int) (from, keys string, what heardPromise) {
	switch {
	case n%2 == 0:
		return fmt.Sprintf("+3161%07d", n*7919), "11", toText
	case n%3 == 0:
		return fmt.Sprintf("+31302%06d", n*79), "21", toCall
	}
	return fmt.Sprintf("+3161%07d", n*7919), "21", toCall
}

// ring has some callers ring at one time, each of whom wishes something. die: wissel does so in the midst of them.
func (k *keeping) ring(die bool) {
	k.t.Helper()
	clips := map[heardPromise]*audio.Clip{toCall: clip(k.t, "callback.done"), toText: clip(k.t, "text.done")}
	carrier, err := openActor("carrier", k.carrier(), sim.Refuse(480))
	if err != nil {
		k.t.Fatal(err)
	}
	type wisher struct {
		talk
		from string
		what heardPromise
	}
	var all []wisher
	for i := range k.round {
		from, keys, what := wanting(k.callers)
		k.callers++
		c := k.rings(carrier, sim.Dial{From: from, Keys: []sim.Keys{{After: time.Duration(100+40*i) * time.Millisecond, Digits: keys}}})
		all = append(all, wisher{c, from, what})
	}
	answered(k.t, all[k.round-1].talk)
	heard := func() (n int) {
		for _, c := range all {
			if c.ear.heard(clips[c.what]) {
				k.promised[c.from] = c.what
				n++
			}
		}
		return n
	}
	if die {
		pause(time.Duration(k.chance.Int64N(int64(1800 * time.Millisecond))))
		k.kill()
		k.died++
	} else {
		eventually(k.t, 20*time.Second, "all hear what they are promised", func() bool { return heard() == len(all) })
		for _, c := range all {
			c.Hangup("")
		}
		for _, c := range all {
			over(k.t, c.talk, 5*time.Second)
		}
	}
	if err := carrier.leave(); err != nil {
		k.t.Fatal(err)
	}
	heard()
	if die {
		k.restart()
	}
}

// goes lets the callbacks go, and sends the news.
func (k *keeping) goes() {
	k.t.Helper()
	if _, err := k.client.LetGo(k.t.Context(), web.ReleaseRequest{Group: "support", Reason: "the queue is staffed"}); err != nil {
		k.t.Fatal(err)
	}
	d, err := k.client.DraftMessage(k.t.Context(), "support", "nl", bytes.NewReader(saying(k.t, "outage.message")))
	if err != nil {
		k.t.Fatal(err)
	}
	if _, err := k.client.LiveMessage(k.t.Context(), web.MessageRequest{
		Group: "support", Drafts: []string{d.ID}, Texts: map[string]string{"nl": news}, Reason: "ticket 4711",
	}); err != nil {
		k.t.Fatal(err)
	}
}

// unsent is how many of those who were promised texts have not had the news yet.
func (k *keeping) unsent() (n int) {
	k.t.Helper()
	have := map[string]bool{}
	for _, one := range taken(k.t, k.texts) {
		if one.Body == "Klantenservice: "+news {
			have[one.To] = true
		}
	}
	for number, what := range k.promised {
		if what == toText && !have[number] {
			n++
		}
	}
	return n
}

// account reads what the others wrote down, and what wissel's lists leave to people and to later.
func (k *keeping) account() account {
	k.t.Helper()
	hand, owed := map[string]bool{}, map[string]int{}
	list, err := k.client.ExportCallbacks(k.t.Context(), web.ReadRequest{Reason: "counting"})
	if err != nil {
		k.t.Fatal(err)
	}
	for _, c := range list {
		hand[c.Number] = callbacks.State(c.State) == callbacks.Hand
	}
	all, err := k.client.Texts(k.t.Context(), web.TextQuery{Purpose: "news", Stage: "waiting", Limit: 2 * k.callers})
	if err != nil {
		k.t.Fatal(err)
	}
	for _, one := range all {
		owed[one.Number]++ // it is shortened, and may be that of several
	}
	return settleAccount(k.promised, telephones(k.wroteDown(k.homes)), taken(k.t, k.texts), news, hand, func(n string) bool {
		short := wissel.Number(n).Masked()
		owed[short]--
		return owed[short] >= 0
	})
}
