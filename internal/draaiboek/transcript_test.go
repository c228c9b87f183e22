package draaiboek

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the transcripts anew")

// stories are the scenarios of the transcripts, by the name of their file.
func stories(t *testing.T) map[string]Scenario {
	storing := toPlan("storing", "support", "storing")
	storing.Expect = &Expect{Observation: Observation{Heard: &Heard{Groups: []string{"support"}}}, Within: 2 * time.Minute}
	tell := Step{Name: "tell", Action: Action{Notify: &Notify{Teams: []string{"staff", "webcare"}, Say: "down"}}, Else: On}
	outage := plain(asking("sure", On, Stop), storing, Step{Name: "live", Action: Action{Message: &Saying{Groups: []string{"support"}, Say: "down"}}}, tell, untilUp("well"),
		Step{Name: "auto", Action: Action{Switch: &Switch{Groups: []string{"support"}, Auto: true}}})
	second := outage.copied()
	second.Second = true
	return map[string]Scenario{"crash": whole(t, outage), "goes-well": whole(t, outage), "nobody": whole(t, outage), "undo-fails": whole(t, outage), "second-person": whole(t, second), "forged": whole(t, outage)}
}

// Each file of testdata/runs holds what happens, a line each behind a time, and under each line what changed (indented) and what is to be done
// (->). The lines at the margin are the story, written by hand; the rest is what the reducer makes of it.
//
//	12:00:05 did storing/do.1        an effect came to its end; "failed REASON" behind it: it did not; "before X": what undo is to know
//	12:00:05 seen storing/look.1     or "not seen": what was looked for, with the evidence behind it
//	12:00:05 recall storing/do.1 yes|no|unknown
//	12:00:05 bob answers yes         or "code of home/bob in sure answers yes", "code 123456 answers yes"
//	12:00:05 bob stops|goes on|undoes|skips
//	12:00:05 tick | crash
func TestTranscripts(t *testing.T) {
	all := stories(t)
	files, err := filepath.Glob("testdata/runs/*.txt")
	if err != nil || len(files) != len(all) {
		t.Fatalf("%d files and %d scenarios, %v", len(files), len(all), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := (&teller{t: t, s: all[name]}).tell(string(data))
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if d := cmp.Diff(string(data), got); d != "" {
				t.Errorf("%s", d)
			}
		})
	}
}

type teller struct {
	t   *testing.T
	s   Scenario
	r   Run
	log []Event
	b   strings.Builder
}

func (w *teller) tell(file string) string {
	for line := range strings.Lines(file) {
		line = strings.TrimRight(line, "\n")
		if line == "" || strings.HasPrefix(line, " ") {
			continue
		}
		fmt.Fprintln(&w.b, line)
		if strings.HasPrefix(line, "#") {
			continue
		}
		clock, what, _ := strings.Cut(line, " ")
		at, err := time.Parse(time.TimeOnly, clock)
		if err != nil {
			w.t.Fatalf("%q: %v", line, err)
		}
		w.event(time.Date(2026, 6, 3, at.Hour(), at.Minute(), at.Second(), 0, time.UTC), what)
		fmt.Fprintln(&w.b)
	}
	return w.b.String()
}

func (w *teller) event(at time.Time, what string) {
	ev := Event{At: at, On: on}
	words := strings.Fields(what)
	rest := func(n int) string { return strings.Join(words[min(n, len(words)):], " ") }
	switch {
	case strings.HasPrefix(what, "anna starts it"):
		ev.Kind, ev.Run, ev.Scenario, ev.Seed, ev.By, ev.Reason = Started, "r1", &w.s, []byte("chance"), "anna", "genesys is down"
	case what == "tick":
		ev.Kind = Ticked
	case what == "crash":
		if d := cmp.Diff(encoded(w.t, w.r), encoded(w.t, Fold(w.log))); d != "" {
			w.t.Fatal(d)
		}
		ev.Kind = Restarted
	case words[0] == "did":
		ev.Kind, ev.Key, ev.Result = Did, "r1/"+words[1], Yes
		if rest(2) != "" && words[2] == "failed" {
			ev.Result, ev.Said = No, rest(3)
		} else if rest(2) != "" {
			ev.Before = rest(3)
		}
	case words[0] == "seen":
		ev.Kind, ev.Key, ev.Result, ev.Said = Looked, "r1/"+words[1], Yes, rest(2)
	case words[0] == "not":
		ev.Kind, ev.Key, ev.Result, ev.Said = Looked, "r1/"+words[2], No, rest(3)
	case words[0] == "recall":
		ev.Kind, ev.Key, ev.Result, ev.Before = Recalled, "r1/"+words[1], Result(words[2]), rest(4)
	case words[0] == "code":
		ev.Kind, ev.Via = Answered, ByText
		w.code(&ev, words)
	case words[1] == "answers":
		ev.Kind, ev.By, ev.Via, ev.Choice = Answered, words[0], "cli", rest(2)
	default:
		ev.By, ev.Via = words[0], "cli"
		ev.Kind = map[string]EventKind{"stops": Halted, "goes on": Continued, "undoes": Reverted, "skips": Skipping}[rest(1)]
	}
	if ev.Kind == "" {
		w.t.Fatalf("%q is no event", what)
	}
	was := w.r
	w.log = append(w.log, ev)
	next, effects := Next(w.r, ev)
	w.r = next
	w.changes(was)
	for _, e := range effects {
		w.effect(e)
	}
}

// code puts the code there that was sent to somebody: "code of home/bob in sure answers yes".
func (w *teller) code(ev *Event, words []string) {
	if words[1] != "of" {
		ev.Code, ev.Choice = words[1], strings.Join(words[3:], " ")
		return
	}
	ev.Choice = strings.Join(words[6:], " ")
	for _, q := range append(w.r.Closed, w.r.Open...) {
		for _, a := range q.Asked {
			if a.Person == words[2] && strings.HasPrefix(q.ID, words[4]) {
				ev.Code = a.Code
			}
		}
	}
	if ev.Code == "" {
		w.t.Fatalf("no code was sent: %v", words)
	}
}

func (w *teller) say(format string, args ...any) { fmt.Fprintf(&w.b, "         "+format+"\n", args...) }

// changes tells what is otherwise in the run.
func (w *teller) changes(was Run) {
	if was.State != w.r.State {
		w.say("run is %s%s", w.r.State, because(w.r.Why))
	}
	for i, st := range w.r.Steps {
		before := StepState{}
		if i < len(was.Steps) {
			before = was.Steps[i]
		}
		name := w.r.Scenario.Steps[i].Name
		if st.Phase != before.Phase {
			w.say("%s is %s%s", name, st.Phase, because(st.Evidence))
		}
		if st.Undo != before.Undo {
			w.say("%s: undo is %s", name, st.Undo)
		}
	}
	for _, a := range w.r.Alarms[len(was.Alarms):] {
		w.say("alarm: %s", a)
	}
}

func because(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}

func (w *teller) effect(e Effect) {
	key := strings.TrimPrefix(e.Key, "r1/")
	switch e.Kind {
	case Do:
		w.say("-> do %s: %s", key, e.Action.words("en"))
	case Undoes:
		how := e.Action.words("en")
		if e.Restore {
			how = "back to " + e.Before
		}
		w.say("-> undo %s: %s", key, how)
	case AskOne:
		for _, q := range w.r.Open {
			if q.ID == e.Question {
				w.say("-> ask %s: %s [%s]", e.Person, w.r.Text(q, "en"), strings.Join(w.r.Titles(q, "en"), " / "))
			}
		}
	case TellOne:
		w.say("-> tell %s: %s", e.Person, e.Notice.In("en", time.UTC))
	case Look:
		w.say("-> look %s: %s", key, e.Observation.words("en"))
	case Recall:
		w.say("-> was %s done?", key)
	case Wake:
		w.say("-> wake at %s", e.At.Format(time.TimeOnly))
	case Over:
		w.say("-> over")
	}
}
