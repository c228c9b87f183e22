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
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/internal/store/sqlite"
	"wissel/internal/web"
)

// Of the broadcast: who asked for texts, how often wissel dies during it, and its pace at each of two SMSCs.
const (
	asked      = 1000
	textDeaths = 6
	textPace   = 90
)

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

// wishTexts writes wishes for texts of so many telephones, half a day old: they were confirmed then.
func wishTexts(t *testing.T, dir string, n int) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.DefaultSettings(dir), "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	done := make(chan error, n)
	for i := range n {
		s.Wish(wissel.Wish{Kind: wissel.WishText, Number: wissel.Number(fmt.Sprintf("+3161%07d", i)), Group: "support", Language: "nl", At: time.Now().Add(-13 * time.Hour)},
			func(err error) { done <- err })
	}
	for range n {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}

// News to 1,000 people over two SMSCs that drop connections, with a pause in the middle, while wissel is killed at drawn moments. What the
// SMSCs logged counts: nobody has it twice, and whoever has it not is owed it still. With FULL=1 those are waited for as well.
func TestAKillNeitherDoublesNorLosesNews(t *testing.T) {
	full := os.Getenv("FULL") != ""
	chance := rand.New(rand.NewPCG(37, 1))
	s := &server{t: t, net: network(), dir: t.TempDir()}
	ports, log := smscs(t, s.wissel(), "s3cret", 211)
	write(t, s.dir, "smpp.secret", "s3cret\n")
	s.prepare(t, "    plans:\n", "    texts: {providers: [north, south], sender: Wissel, name: Klantenservice, quiet: none, each: 1m}\n    plans:\n",
		"trunks:\n", fmt.Sprintf(`texts:
  providers:
    north: {smpp: {address: "NET.1:%d", system_id: wissel, password: "file:DIR/smpp.secret"}, pace: %d, tariffs: {"+31": 0.07}}
    south: {smpp: {address: "NET.1:%d", system_id: wissel, password: "file:DIR/smpp.secret"}, pace: %d}
trunks:
`, ports[0], textPace, ports[1], textPace))
	wishTexts(t, filepath.Join(s.dir, "store"), asked)
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
	for death := range textDeaths {
		before := len(taken(t, log))
		if death == 2 {
			s.paused(log)
		}
		eventually(t, 15*time.Second, "texts go out", func() bool { return len(taken(t, log)) > before })
		<-time.After(time.Duration(chance.Int64N(int64(1200 * time.Millisecond))))
		s.kill()
		s.restart()
	}
	eventually(t, 20*time.Second, "nothing more can go now", func() bool { return s.owed(log) == 0 })
	took := time.Since(began)
	unknown := s.unknown()
	if full {
		eventually(t, 5*time.Minute, "those of which it was not known are sent", func() bool { return len(taken(t, log)) >= asked && s.unknown() == 0 })
		unknown = 0
	}
	all := taken(t, log)
	to, twice, bad := map[string]int{}, 0, 0
	for _, one := range all {
		if to[one.To]++; to[one.To] == 2 {
			twice++
		}
		if one.Body != "Klantenservice: "+words {
			bad++
		}
	}
	if twice != 0 || bad != 0 || len(to)+unknown != asked || len(to) < asked*9/10 {
		t.Errorf("%d of %d have it, %d twice, %d with other words, %d are owed", len(to), asked, twice, bad, unknown)
	}
	eventually(t, 20*time.Second, "receipts tell of all that were sent", func() bool {
		state, err := s.client.TextState(t.Context())
		return err == nil && len(state.Broadcasts) == 1 && state.Broadcasts[0].Delivered == len(to) && state.Broadcasts[0].Waiting == unknown && state.Broadcasts[0].All == asked
	})
	if code := s.stop(); code != 0 {
		t.Errorf("wissel ended with %d", code)
	}
	row(t, "F37", "news to %d people over two SMSCs, kill -9 %d times, a connection cut at each 211th text: by the SMSCs' own log %d have it once, 0 twice, in %.1f s; %d "+
		"whose fate a kill left unknown wait out their validity", asked, textDeaths, len(to), took.Seconds(), unknown)
}

// paused holds the texts for a while, over a kill, in which none goes out.
func (s *server) paused(log string) {
	s.t.Helper()
	if _, err := s.client.PauseTexts(s.t.Context(), web.TextPauseRequest{Group: "support", Reason: "the words are doubted"}); err != nil {
		s.t.Fatal(err)
	}
	s.kill()
	s.restart()
	before := len(taken(s.t, log))
	<-time.After(700 * time.Millisecond)
	if after := len(taken(s.t, log)); after != before {
		s.t.Errorf("%d texts went out while they were held", after-before)
	}
	if _, err := s.client.ResumeTexts(s.t.Context(), web.TextPauseRequest{Group: "support", Reason: "the words are good"}); err != nil {
		s.t.Fatal(err)
	}
}

// owed is how many texts wait that nothing was tried with: those that may go now.
func (s *server) owed(log string) int {
	s.t.Helper()
	return asked - len(people(taken(s.t, log))) - s.unknown()
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
	all, err := s.client.Texts(s.t.Context(), web.TextQuery{Stage: "waiting", Limit: asked})
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
