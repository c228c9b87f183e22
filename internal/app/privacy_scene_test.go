package app_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wissel/internal/audio"
	"wissel/internal/web"
	"wissel/sip/sim"
	"wissel/sip/sim/simtest"
)

const (
	him      = "+31612345678"
	voiceKey = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
)

// standsIn are the files of a folder in which a text stands.
func standsIn(t *testing.T, dir, text string) (where []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(text)) {
			where = append(where, filepath.Base(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return where
}

// A caller leaves his voice and is promised a call. All of it is shown and given to him; then it is erased, and stands nowhere, not in
// memory, not in a file, not after a restart; that it was done is known, and his objection holds.
func TestAPersonIsShownGivenAndErased(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		n.Plan("flow:storing")
		n.Env = map[string]string{"VOICE": voiceKey}
		n.Settings(`privacy: {voice_keys: ["${VOICE}"]}`)
		n.Phone("caller").Call(simtest.Number).Wait()
		n.Phone("caller").Call(simtest.Number).With(func(d *sim.Dial) { d.From = "+31687654321" }).Wait()
		<-time.After(10 * time.Second) // call records linger
		op, by := n.Operator(), web.Actor{Who: "anna", From: "test"}
		ask := web.PersonRequest{Number: "06-12345678", Reason: "letter of 1 November"}

		if _, err := op.ShowPerson(t.Context(), web.PersonRequest{Number: him}, by); err == nil {
			t.Error("a look without a reason")
		}
		if _, err := op.ShowPerson(t.Context(), web.PersonRequest{Number: "letter", Reason: "x"}, by); err == nil || strings.Contains(err.Error(), "letter") {
			t.Errorf("no number: %v", err)
		}
		p, err := op.ShowPerson(t.Context(), ask, by)
		has := map[string]int{}
		for _, table := range p.Tables {
			has[table.Table] = len(table.Rows)
		}
		if err != nil || has["wishes"] != 1 || has["cdrs"] != 1 || p.Objects || strings.Contains(p.Mark, "12345678") {
			t.Fatalf("shown: %v, %+v, %v", has, p, err)
		}
		if text := fmt.Sprint(p); strings.Contains(text, "87654321") {
			t.Errorf("another's is among it: %s", text)
		}

		file, err := op.ExportPerson(t.Context(), ask, by)
		if err != nil {
			t.Fatal(err)
		}
		z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
		if err != nil || len(z.File) != 3 {
			t.Fatalf("%v, %v", z, err)
		}
		for _, f := range z.File {
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			data, err := io.ReadAll(r)
			switch {
			case err != nil:
				t.Fatal(err)
			case strings.HasSuffix(f.Name, ".wav"):
				if pcm, rate, err := audio.ReadWAV(bytes.NewReader(data)); err != nil || len(pcm) < rate || audio.Level(pcm) < -30 {
					t.Errorf("%s: %d samples, %v", f.Name, len(pcm), err)
				}
			case f.Name == "data.json":
				var all struct {
					Number string `json:"number"`
					web.Person
				}
				if err := json.Unmarshal(data, &all); err != nil || all.Number != him || len(all.Tables) != len(p.Tables) {
					t.Errorf("%s, %v", data, err)
				}
			}
		}
		if o, err := op.Object(t.Context(), ask, by); err != nil || !o.Objects || !o.Changed {
			t.Errorf("%+v, %v", o, err)
		}
		if o, err := op.Object(t.Context(), ask, by); err != nil || !o.Objects || o.Changed {
			t.Errorf("again: %+v, %v", o, err)
		}

		e, err := op.ErasePerson(t.Context(), ask, by)
		if err != nil || e.Rows["wishes"] != 1 || e.Rows["cdrs"] != 1 || e.Recordings != 1 {
			t.Fatalf("%+v, %v", e, err)
		}
		gone := func(when string) {
			t.Helper()
			op := n.Operator()
			p, err := op.ShowPerson(t.Context(), ask, by)
			if err != nil || len(p.Tables) != 0 || !p.Objects {
				t.Errorf("%s: %+v, %v", when, p, err)
			}
			if where := standsIn(t, n.Store(), "12345678"); len(where) > 0 {
				t.Errorf("%s: it stands in %v", when, where)
			}
			if all, err := op.CallbackNumbers(t.Context(), web.ReadRequest{Reason: "x"}, by); err != nil || len(all) != 1 || all[0].Number != "+31687654321" {
				t.Errorf("%s: callbacks %+v, %v", when, all, err)
			}
			if all, err := op.RecordingNumbers(t.Context(), web.ReadRequest{Reason: "x"}, by); err != nil || len(all) != 1 || len(n.Recordings()) != 1 {
				t.Errorf("%s: recordings %+v, %v, %v", when, all, n.Recordings(), err)
			}
		}
		gone("erased")
		if where := standsIn(t, n.Store(), "87654321"); len(where) == 0 {
			t.Error("another's number stands in no file either: this test sees nothing")
		}
		n.Restart()
		gone("after a restart")
		rows, err := n.Operator().Audit(t.Context(), time.Time{}, 0)
		var did []string
		for _, r := range rows {
			if strings.HasPrefix(r.What, "privacy-") {
				did = append(did, r.What)
				if r.Object != p.Mark || r.Who != "anna" || r.Why != "letter of 1 November" {
					t.Errorf("%+v", r)
				}
			}
			if strings.Contains(fmt.Sprint(r), "12345678") {
				t.Errorf("an audit row holds the number: %+v", r)
			}
		}
		if want := []string{"privacy-show", "privacy-export", "privacy-object", "privacy-object", "privacy-erase", "privacy-show", "privacy-show"}; err != nil || !slices.Equal(did, want) {
			t.Errorf("%q, %v", did, err)
		}
		ask.Lift = true
		if o, err := n.Operator().Object(t.Context(), ask, by); err != nil || o.Objects || !o.Changed {
			t.Errorf("lifted: %+v, %v", o, err)
		}
		n.Restart()
		ask.Lift = false
		if p, err := n.Operator().ShowPerson(t.Context(), ask, by); err != nil || p.Objects {
			t.Errorf("lifted, and after a restart: %+v, %v", p, err)
		}
	})
}

// Who objects is off the list at once, and whatever he asks for after that is not noted: he is told so. Once it is lifted he is one
// like all.
func TestWhoObjectsIsPromisedNothing(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		n.Plan("flow:storing")
		ask := func(from string) {
			n.Phone("caller").Call(simtest.Number).With(func(d *sim.Dial) { d.From = from }).Wait()
		}
		ask(him)
		ask("+31687654321")
		op, by := n.Operator(), web.Actor{Who: "anna", From: "test"}
		r := web.PersonRequest{Number: him, Reason: "letter of 1 November"}
		waiting := func() (open []string) {
			t.Helper()
			all, err := op.CallbackNumbers(t.Context(), web.ReadRequest{Reason: "x"}, by)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range all {
				if c.State == "noted" {
					open = append(open, c.Number)
				}
			}
			return open
		}
		if got := waiting(); len(got) != 2 {
			t.Fatalf("%v wait", got)
		}
		if o, err := op.Object(t.Context(), r, by); err != nil || !strings.Contains(strings.Join(o.Notes, " "), "1 callbacks that he was promised are called off") {
			t.Errorf("%+v, %v", o, err)
		}
		if got := waiting(); len(got) != 1 || got[0] != "+31687654321" {
			t.Errorf("once he objects %v wait", got)
		}
		ask(him)
		if got := waiting(); len(got) != 1 || len(n.Wishes()) != 2 {
			t.Errorf("he asks again, and %v wait, of %d wishes", got, len(n.Wishes()))
		}
		paper := []web.CallbackShown{{Callback: web.Callback{Group: "support", Number: him}}}
		if done, err := op.ImportCallbacks(t.Context(), web.Import{Rows: paper, Reason: "on paper"}, by); err != nil || done.Taken != 0 || !strings.Contains(strings.Join(done.Refused, " "), "he objects") {
			t.Errorf("from a list on paper: %+v, %v", done, err)
		}
		op, r.Lift = n.Operator(), true
		if o, err := op.Object(t.Context(), r, by); err != nil || o.Objects {
			t.Errorf("%+v, %v", o, err)
		}
		ask(him)
		if got := waiting(); len(got) != 2 {
			t.Errorf("once it is lifted %v wait", got)
		}
		r.Number = "+31687654321"
		if e, err := op.ErasePerson(t.Context(), r, by); err != nil || !strings.Contains(strings.Join(e.Notes, " "), "1 callbacks that he was promised are not made") {
			t.Errorf("%+v, %v", e, err)
		}
		if got := waiting(); len(got) != 1 || got[0] != him {
			t.Errorf("once the other is erased %v wait", got)
		}
	})
}

// lines is a log that many write to.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// lineWith is the first line that holds a text; empty: none does.
func (l *lines) lineWith(text string) string {
	for line := range strings.Lines(l.String()) {
		if strings.Contains(line, text) {
			return line
		}
	}
	return ""
}

// hiddenAs are the headers of a caller who hides his number from all but the carriers.
func hiddenAs(i int) []sim.Header {
	return []sim.Header{{Name: "Privacy", Value: "id"}, {Name: "P-Asserted-Identity", Value: fmt.Sprintf("<sip:+3161234%04d@carrier.example>", i)}}
}

// Callers of every sort, and then a look through all that is shown to who has no reason to see a number: the log, the metrics, every
// list, every audit row, every file but the database. A number in clear stands in none of them; that of who hides his stands
// nowhere at all, unless he let us call it back.
func TestNumbersAreShownToNobodyWithoutAReason(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		var log lines
		n.Log = &log
		n.Trunk("platform", sim.Answer(2*time.Second))
		n.Trunk("busy", sim.Refuse(503))
		n.Plan("platform", "busy", "flow:storing")
		n.Other("ivr", "flow:storing")
		n.Settings(`shared: ["+31612340009"]`)
		caller := n.Phone("caller")
		op, by, why := n.Operator(), web.Actor{Who: "anna", From: "test"}, web.ReadRequest{Reason: "ticket 1"}
		from := func(i int, headers ...sim.Header) func(*sim.Dial) {
			return func(d *sim.Dial) {
				d.From = fmt.Sprintf("+3161234%04d", i)
				d.Headers = headers
			}
		}
		caller.Call(simtest.Number).With(from(1)).For(5 * time.Second)
		caller.Call(simtest.Number).With(from(2)).CancelAfter(time.Second)
		caller.Call("+31209999999").With(from(3)).For(5 * time.Second) // none of ours
		if _, err := op.Switch(t.Context(), web.SwitchRequest{Group: "support", Plan: "ivr", Reason: "outage"}, by); err != nil {
			t.Fatal(err)
		}
		for i := 4; i < 10; i++ {
			caller.Call(simtest.Number).With(from(i)).Press(2*time.Second, "2").Press(12*time.Second, "1").For(25 * time.Second)
		}
		for range 4 { // often: taken for a switchboard, and told so
			caller.Call(simtest.Number).With(from(10)).For(10 * time.Second)
		}
		caller.Call(simtest.Number).With(from(11, hiddenAs(11)...)).For(10 * time.Second)
		caller.Call(simtest.Number).With(from(13)).Wait()                  // he leaves his voice
		caller.Call(simtest.Number).With(from(14, hiddenAs(14)...)).Wait() // so does one who hides his number
		live := caller.Call(simtest.Number).With(from(12)).Go()
		<-time.After(5 * time.Second)

		clear := regexp.MustCompile(`6[ \-.]?12[ \-.]?34[ \-.]?00[ \-.]?[01][0-9]`)
		look := func(name string, shown any) {
			t.Helper()
			text, ok := shown.(string)
			if !ok {
				b, err := json.Marshal(shown)
				if err != nil {
					t.Fatal(err)
				}
				text = string(b)
			}
			if len(text) < 3 {
				t.Errorf("%s shows nothing: this test sees nothing", name)
			}
			for _, line := range strings.Split(text, "\n") {
				if found := clear.FindString(line); found != "" {
					t.Errorf("%s shows %s: %s", name, found, line)
				}
			}
		}
		must := func(v any, err error) any {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		look("status", op.Status(t.Context()))
		calls := op.Calls()
		look("calls", calls)
		if len(calls) != 1 {
			t.Errorf("%d calls are up", len(calls))
		}
		look("carriers", op.Carriers())
		look("callbacks list", must(op.Callbacks(t.Context())))
		look("recordings list", must(op.Recordings(t.Context())))
		look("timeline", must(op.Timeline(t.Context(), time.Time{}, "", 0)))
		look("privacy status", must(op.PrivacyStatus(t.Context())))
		w := httptest.NewRecorder()
		op.(interface{ MetricsShown() http.Handler }).MetricsShown().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		look("metrics", w.Body.String())
		if all := must(op.CallbackNumbers(t.Context(), why, by)); !clear.MatchString(fmt.Sprint(all)) {
			t.Error("nobody was promised a call: this test sees nothing")
		}
		live.Wait()
		<-time.After(5 * time.Second)
		cdrs := n.CDRs()
		if len(cdrs) < 14 {
			t.Errorf("%d call records", len(cdrs))
		}
		for _, c := range cdrs {
			look("why", must(n.Operator().Why(t.Context(), string(c.Call), "")))
		}
		look("audit", must(n.Operator().Audit(t.Context(), time.Time{}, 0)))
		n.Stop()
		look("log", log.String())
		err := filepath.WalkDir(n.Store(), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), "wissel.db") {
				return err
			}
			data, err := os.ReadFile(path)
			if found := clear.Find(data); found != nil {
				t.Errorf("%s holds %s", d.Name(), found)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, who := range []string{"12340011", "12340014"} {
			if where := standsIn(t, n.Store(), who); len(where) > 0 {
				t.Errorf("who hides his number, and asked for no call to it, stands in %v", where)
			}
		}
		if where := standsIn(t, n.Store(), "12340004"); len(where) == 0 {
			t.Error("no file holds a number: this test sees nothing")
		}
	})
}

// What a caller agreed to is kept with his wish: the key, when, in which call, and the wording that he had heard before it.
func TestConsentIsKeptWithTheWish(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		n.Plan("flow:storing")
		n.Phone("caller").Call(simtest.Number).Press(2*time.Second, "2").Press(12*time.Second, "1").For(25 * time.Second)
		n.Phone("caller").Call(simtest.Number).With(func(d *sim.Dial) { d.From = "+31687654321" }).Wait() // he presses nothing, and speaks
		n.Stop()
		wishes := n.Wishes()
		if len(wishes) != 2 {
			t.Fatalf("%+v", wishes)
		}
		for _, w := range wishes {
			var c struct {
				Key     string
				Wording []string
			}
			if err := json.Unmarshal([]byte(w.Consent), &c); err != nil {
				t.Fatalf("%q: %v", w.Consent, err)
			}
			if w.ByHand != (c.Key == "") || w.Call == "" || w.At.IsZero() {
				t.Errorf("%+v", w)
			}
			if len(c.Wording) == 0 {
				t.Errorf("no wording: %+v", w)
			}
			for _, name := range c.Wording {
				if !regexp.MustCompile(`^nl/[a-z0-9.\-]+@[0-9a-f]{12}$`).MatchString(name) {
					t.Errorf("a wording is called %q", name)
				}
			}
			t.Logf("%s", w.Consent)
			if strings.Contains(w.Consent, "12345678") {
				t.Errorf("his number is in it: %s", w.Consent)
			}
		}
	})
}
