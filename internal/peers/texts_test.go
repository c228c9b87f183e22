package peers

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/internal/store/sqlite"
	"wissel/internal/web"
	"wissel/sip/sim"
)

// broadcast is the size of one: how many asked for texts, how often wissel dies during it, the pace of each of two SMSCs (texts a second), and the
// longest between two deaths.
type broadcast struct {
	asked, deaths, pace int
	between             time.Duration
}

// broadcastNow is a short one; with FULL=1 it is the whole: 10,000 people at the shipped pace, which takes six minutes.
func broadcastNow() broadcast {
	if os.Getenv("FULL") != "" {
		return broadcast{asked: 10_000, deaths: 8, pace: 30, between: 60 * time.Second}
	}
	return broadcast{asked: 1000, deaths: 6, pace: 90, between: 1200 * time.Millisecond}
}

// takenText is a text as an SMSC logged it.
type takenText struct {
	SMSC, ID, To, Body string
	At                 int64 // ms since 1970
}

// smscs starts two SMSCs of npm's smpp, which are not ours, and gives their ports and their log.
func smscs(t *testing.T, host, password string, cut int) (ports [2]int, log string) {
	t.Helper()
	library, err := filepath.Abs("../../out/npm/node_modules")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(library, "smpp")); err != nil {
		t.Fatalf("npm's smpp is not in out/npm: run .ci/tools test in the root of the repository (%v)", err)
	}
	script, err := filepath.Abs("testdata/texts.js")
	if err != nil {
		t.Fatal(err)
	}
	log = filepath.Join(t.TempDir(), "smsc.log")
	p := start(t, t.TempDir(), "node", script, library, password, log, fmt.Sprint(cut), host)
	eventually(t, 20*time.Second, "the SMSCs listen", func() bool {
		line, _, whole := strings.Cut(p.out.String(), "\n")
		return whole && json.Unmarshal([]byte(line), &ports) == nil
	})
	return ports, log
}

// taken reads what the SMSCs took.
func taken(t *testing.T, log string) (all []takenText) {
	t.Helper()
	data, err := os.ReadFile(log)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		var one takenText
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			continue // its end is still being written
		}
		all = append(all, one)
	}
	return all
}

// wishTexts writes wishes for texts of so many telephones, of a while ago.
func wishTexts(t *testing.T, dir string, n int, ago time.Duration) {
	t.Helper()
	all := make([]wissel.Wish, n)
	for i := range all {
		all[i] = wissel.Wish{Kind: wissel.WishText, Number: wissel.Number(fmt.Sprintf("+3161%07d", i)), Group: "support", Language: "nl", At: time.Now().Add(-ago)}
	}
	for some := range slices.Chunk(all, 4000) { // more rows may not wait for the disk
		wishAll(t, dir, some...)
	}
}

// wishAll writes wishes into a store that no server uses.
func wishAll(t *testing.T, dir string, all ...wissel.Wish) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.DefaultSettings(dir), "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	done := make(chan error, len(all))
	for _, w := range all {
		s.Wish(w, func(err error) { done <- err })
	}
	for range all {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}

// News to many people, with the shipped limits, over two SMSCs that drop connections, with a pause in the middle, while wissel is killed at drawn moments. What the
// SMSCs logged counts: nobody has it twice, and whoever has it not is owed it still. With FULL=1 those are waited for as well.
func TestAKillNeitherDoublesNorLosesNews(t *testing.T) {
	c, chance := broadcastNow(), rand.New(rand.NewPCG(37, 1))
	asked, full := c.asked, os.Getenv("FULL") != ""
	s := &server{t: t, net: network(), dir: t.TempDir()}
	ports, log := smscs(t, s.wissel(), "s3cret", 211)
	write(t, s.dir, "smpp.secret", "s3cret\n")
	s.prepare(t, "    plans:\n", "    texts: {providers: [north, south], sender: Wissel, name: Klantenservice, quiet: none, each: 1m}\n    plans:\n",
		"trunks:\n", fmt.Sprintf(`texts:
  providers:
    north: {smpp: {address: "NET.1:%d", system_id: wissel, password: "file:DIR/smpp.secret"}, pace: %d, tariffs: {"+31": 0.07}}
    south: {smpp: {address: "NET.1:%d", system_id: wissel, password: "file:DIR/smpp.secret"}, pace: %d}
trunks:
`, ports[0], c.pace, ports[1], c.pace))
	wishTexts(t, filepath.Join(s.dir, "store"), asked, 13*time.Hour) // they were confirmed then
	s.restart()

	rec := saying(t, "outage.message")
	d, err := s.client.DraftMessage(t.Context(), "support", "nl", bytes.NewReader(rec))
	if err != nil {
		t.Fatal(err)
	}
	const words = "Door een storing kunnen wij u nu niet te woord staan."
	if _, err := s.client.LiveMessage(t.Context(), web.MessageRequest{
		Group: "support", Drafts: []string{d.ID}, Texts: map[string]string{"nl": words}, Reason: "ticket 4711",
	}); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for death := range c.deaths {
		before := len(taken(t, log))
		if death == 2 {
			s.paused(log)
		}
		eventually(t, 15*time.Second, "texts go out", func() bool { return len(taken(t, log)) > before })
		<-time.After(time.Duration(chance.Int64N(int64(c.between))))
		s.kill()
		s.restart()
	}
	defer func() {
		if t.Failed() {
			state, err := s.client.TextState(context.Background())
			t.Logf("%d of %d have it, %d unknown; %+v, %v", len(people(taken(t, log))), asked, s.unknown(), state, err)
		}
	}()
	eventually(t, time.Duration(asked/c.pace)*time.Second+20*time.Second, "nothing more can go now", func() bool { return s.owed(log, asked) <= 0 })
	took := time.Since(began)
	if full {
		eventually(t, 5*time.Minute, "those of which it was not known are sent", func() bool { return len(people(taken(t, log))) == asked })
	}
	eventually(t, 20*time.Second, "receipts tell of all that were sent, and the others are owed", func() bool {
		state, err := s.client.TextState(t.Context())
		n := len(people(taken(t, log)))
		return err == nil && len(state.Broadcasts) == 1 && state.Broadcasts[0].Delivered == n && state.Broadcasts[0].Waiting == asked-n && state.Broadcasts[0].All == asked
	})
	to, twice, bad := map[string]int{}, 0, 0
	for _, one := range taken(t, log) {
		if to[one.To]++; to[one.To] == 2 {
			twice++
		}
		if one.Body != "Klantenservice: "+words {
			bad++
		}
	}
	if twice != 0 || bad != 0 || len(to) < asked*9/10 {
		t.Errorf("%d of %d have it, %d twice, %d with other words", len(to), asked, twice, bad)
	}
	unknown := asked - len(to)
	if code := s.stop(); code != 0 {
		t.Errorf("wissel ended with %d", code)
	}
	row(t, "F37", "news to %d people over two SMSCs, kill -9 %d times, a connection cut at each 211th text: by the SMSCs' own log %d have it once, 0 twice, in %.1f s; %d "+
		"whose fate a kill left unknown wait out their validity", asked, c.deaths, len(to), took.Seconds(), unknown)
}

// paused holds the texts for a while, over a kill, in which none goes out.
func (s *server) paused(log string) {
	s.t.Helper()
	if _, err := s.client.PauseTexts(s.t.Context(), web.TextPauseRequest{Group: "support", Reason: "the words are doubted"}); err != nil {
		s.t.Fatal(err)
	}
	s.kill()
	s.restart()
	eventually(s.t, 20*time.Second, "the pause of before is known", func() bool {
		state, err := s.client.TextState(s.t.Context())
		return err == nil && slices.Contains(state.Paused, "support")
	})
	before := len(taken(s.t, log))
	<-time.After(2 * time.Second)
	if after := len(taken(s.t, log)); after != before {
		s.t.Errorf("%d texts went out while they were held", after-before)
	}
	if _, err := s.client.ResumeTexts(s.t.Context(), web.TextPauseRequest{Group: "support", Reason: "the words are good"}); err != nil {
		s.t.Fatal(err)
	}
}

// owed is how many texts wait that nothing was tried with: those that may go now.
func (s *server) owed(log string, asked int) int {
	s.t.Helper()
	left := asked - len(people(taken(s.t, log)))
	if left > asked/4 {
		return left // it is too soon to ask for each of them
	}
	return left - s.unknown()
}

func people(all []takenText) map[string]bool {
	out := map[string]bool{}
	for _, one := range all {
		out[one.To] = true
	}
	return out
}

// unknown is how many texts wait because it is not known whether a provider has them.
func (s *server) unknown() (n int) {
	s.t.Helper()
	all, err := s.client.Texts(context.WithoutCancel(s.t.Context()), web.TextQuery{Stage: "waiting", Limit: 10_000})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, one := range all {
		if strings.Contains(one.Why, "is not known") {
			n++
		}
	}
	return n
}

// Who asks is told so, hears what is new, and hears that it is over: each once, whatever is repeated.
func TestWhoAskedIsToldAllOfIt(t *testing.T) {
	s := &server{t: t, net: network(), dir: t.TempDir()}
	ports, log := smscs(t, s.wissel(), "s3cret", 1_000_000)
	write(t, s.dir, "smpp.secret", "s3cret\n")
	s.prepare(t, "    plans:\n", "    texts: {providers: [north, south], sender: Wissel, name: Klantenservice, quiet: none}\n    plans:\n", "trunks:\n", fmt.Sprintf(`texts:
  calm: 5s
  providers:
    north: {smpp: {address: "NET.1:%d", system_id: wissel, password: "file:DIR/smpp.secret"}}
    south: {smpp: {address: "NET.1:%d", system_id: wissel, password: "file:DIR/smpp.secret"}}
trunks:
`, ports[0], ports[1]))
	platform, err := openActor("platform", s.platform(), sim.Answer(0))
	if err != nil {
		t.Fatal(err)
	}
	defer platform.leave() //nolint:errcheck // it is not what this looks at
	store := filepath.Join(s.dir, "store")
	wishTexts(t, store, 3, time.Minute)
	now := time.Now()
	wishAll(t, store,
		wissel.Wish{Kind: wissel.WishText, Number: "+31201110000", Group: "support", Language: "nl", At: now},     // no mobile telephone
		wissel.Wish{Kind: wissel.WishCallback, Number: "+31611111111", Group: "support", Language: "nl", At: now}, // who wants no texts
		wissel.Wish{Kind: wissel.WishBoth, Number: "+31622222222", Group: "support", Language: "en", At: now},
		wissel.Wish{Kind: wissel.WishText, Number: "+32470123456", Group: "support", Language: "nl", At: now}) // of a country that texts do not go to
	live := func(s *server, words string) {
		t.Helper()
		d, err := s.client.DraftMessage(t.Context(), "support", "nl", bytes.NewReader(saying(t, "outage.message")))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.client.LiveMessage(t.Context(), web.MessageRequest{Group: "support", Drafts: []string{d.ID}, Texts: map[string]string{"nl": words, "en": words}, Reason: "ticket 1"}); err != nil {
			t.Fatal(err)
		}
	}
	has := func(n int) {
		t.Helper()
		defer func() {
			if len(taken(t, log)) < n {
				state, err := s.client.TextState(context.Background())
				t.Logf("%+v, %v; %v", state, err, taken(t, log))
			}
		}()
		eventually(t, 15*time.Second, fmt.Sprintf("%d texts", n), func() bool { return len(taken(t, log)) >= n })
	}
	s.restart()
	live(s, "Wij zijn gestoord.") // before it is looked at that nothing is the matter
	has(8)                        // four confirmations, and news for those who asked before it
	s.stop()
	s.restart()
	if _, err := s.client.EndMessage(t.Context(), web.MessageRequest{Group: "support", Reason: "it is over"}); err != nil {
		t.Fatal(err)
	}
	has(12)
	s.kill()
	s.restart()
	<-time.After(2 * time.Second)
	counts := map[string]int{}
	for _, one := range taken(t, log) {
		counts[one.To]++
	}
	if len(counts) != 4 || counts["+31622222222"] != 3 || counts["+31610000000"] != 3 {
		t.Errorf("%v", counts)
	}
	if code := s.stop(); code != 0 {
		t.Errorf("wissel ended with %d", code)
	}
}
