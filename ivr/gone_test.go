package ivr_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/ivr"
	"wissel/prompts"
)

// promises are the prompts that say that something is noted, and how many rows must be there by then.
var promises = []string{"text.done", "callback.done", "speak.done"}

// A caller is gone at each moment of each branch, in both languages: nothing more is said or waited for, what he was promised
// is on disk, and what is on disk he asked for. Between them the branches come to each step that is heard.
func TestGoneAtEachStep(t *testing.T) {
	flows, sounds := shipped(t)
	program := flows["storing"]
	gone := map[string]bool{} // "nl/menu": somebody was gone there
	moments, kept := 0, 0
	for _, b := range []struct {
		from   wissel.Number
		keys   string
		speaks time.Duration
		facts  ivr.Facts
		lost   bool
	}{
		{from: mobile, keys: "1 1 2 1"},
		{from: mobile, keys: "2 1 1 1", facts: ivr.Facts{Place: ivr.PlaceFacts{Number: 12}}},
		{from: landline, keys: "1 0 6 8 7 6 5 4 3 2 1 1"},
		{from: mobile, keys: "2 2 0 2 0 1 1 1 2 2 3 4 1"},
		{from: mobile, keys: "2 1", lost: true},
		{from: mobile, keys: "3 7 7", speaks: 6 * time.Second},
		{from: mobile, speaks: 6 * time.Second, lost: true},
		{from: landline, speaks: 6 * time.Second},
		{from: mobile, keys: "4 1 1", facts: ivr.Facts{Repeat: ivr.RepeatFacts{Calls: 1, Text: true, Changed: true}, Place: ivr.PlaceFacts{Number: 3}}},
		{from: mobile, keys: "3 4", facts: ivr.Facts{Repeat: ivr.RepeatFacts{Calls: 1}}},
		{from: mobile, keys: "4"},
		{from: landline, keys: "- 4", facts: ivr.Facts{Repeat: ivr.RepeatFacts{Calls: 1}}},
		{from: mobile, keys: "- - 2 3 1", speaks: 6 * time.Second},
		{from: mobile, keys: "2 1", facts: ivr.Facts{Callback: ivr.CallbackFacts{Full: true}}},
		{from: mobile},
		{},
		{keys: "1"},
		{keys: "2"},
		{from: british, keys: "2 0 2 0 1 1 1 2 2 3 4 1"},
		{from: mobile, keys: "1 1", facts: ivr.Facts{Crowd: true}},
		{from: landline, keys: "1 0 6 8 7 6 5 4 3 2 1 1", facts: ivr.Facts{Crowd: true}},
		{from: british, keys: "1 0 6 8 7 6 5 4 3 2 1 1", facts: ivr.Facts{Crowd: true}},
		{facts: ivr.Facts{Crowd: true}},
		{keys: "2 1 0 6 8 7 6 5 4 3 2 1 1", facts: ivr.Facts{Crowd: true}},
		{from: mobile, keys: "1", facts: ivr.Facts{Handback: ivr.HandbackFacts{Room: true, Return: 1}}},
		{from: british, keys: "- 1", facts: ivr.Facts{Handback: ivr.HandbackFacts{Room: true, Return: 1}}},
	} {
		for _, keys := range []string{b.keys, "9 " + b.keys} { // and in the other language
			if strings.HasPrefix(keys, "9") && (b.facts.Crowd || b.from == "") {
				continue // there is no such key here
			}
			var at []time.Duration
			whole := leaver{program: program, sounds: sounds, from: b.from, speaks: b.speaks, facts: b.facts, lost: b.lost}
			whole.walk(strings.Fields(keys), time.Hour, func(now time.Duration) { at = append(at, now, now+30*time.Millisecond) })
			for _, leaves := range slices.Compact(at) {
				l := leaver{program: program, sounds: sounds, from: b.from, speaks: b.speaks, facts: b.facts, lost: b.lost}
				l.walk(strings.Fields(keys), leaves, nil)
				if l.left == "" {
					continue // he had been let go
				}
				moments++
				kept += len(l.rows)
				gone[l.left] = true
				name := fmt.Sprintf("%s, keys %q, gone at %v in %s", b.from, keys, leaves, l.left)
				if !l.w.Over() || len(l.after) > 0 {
					t.Errorf("%s: he is still attended: %v", name, l.after)
				}
				if !b.lost && len(l.rows) != l.asked || len(l.rows) < l.promised || len(l.rows)-l.promised > 1 {
					t.Errorf("%s: promised %d times, asked %d times, %d rows: %v", name, l.promised, l.asked, len(l.rows), l.rows)
				}
				if l.spoke != l.kept {
					t.Errorf("%s: he spoke: %v; what he said was given to the store: %v", name, l.spoke, l.kept)
				}
			}
		}
	}
	for _, step := range program.Outline() {
		for _, lang := range program.Languages() {
			if heardStep(step) && !gone[lang+"/"+step.Step] {
				t.Errorf("nobody was gone in step %s, in %s", step.Step, lang)
			}
		}
	}
	t.Logf("%d moments in %d steps and languages; %d rows", moments, len(gone), kept)
}

// leaver is a caller who hangs up at a moment.
type leaver struct {
	program *ivr.Program
	sounds  *prompts.Store
	from    wissel.Number
	speaks  time.Duration
	facts   ivr.Facts
	lost    bool

	w        *ivr.Walk
	left     string // "nl/menu": where he hung up; empty: he was let go before
	promised int
	asked    int      // wishes that went to the store
	rows     []string // on disk
	spoke    bool     // his voice was in no wish yet when he hung up
	kept     bool     // and became one then
	after    []string // what else came after that
}

// walk lets him press keys as Walk.Follow does, and hang up at a moment; each is told of every moment at which something
// happens.
func (l *leaver) walk(keys []string, leaves time.Duration, each func(time.Duration)) {
	gone := false
	l.w = &ivr.Walk{
		Program: l.program, State: ivr.NewState(ivr.Caller{Call: "c1", From: l.from, Rung: rung, Group: "support", Flow: "storing"}), Began: monday,
		Sound: sound(l.sounds), Speaks: l.speaks, Facts: func(time.Time) ivr.Facts {
			f := l.facts
			if l.from == landline {
				f.Caller.Kind = "fixed"
			}
			return f
		},
		Stored: func(w wissel.Wish) bool {
			if !l.lost {
				l.rows = append(l.rows, short(w, l.from))
			}
			return !l.lost
		},
		Tell: func(at time.Duration, e ivr.Effect) {
			if p, ok := e.(ivr.Play); ok && slices.ContainsFunc(p.Prompts, func(p ivr.Prompt) bool { return slices.Contains(promises, p.ID) }) {
				l.promised++
			}
			c, commits := e.(ivr.Commit)
			switch {
			case commits && gone && c.Wish.ByHand:
				l.asked++
				l.kept = true
			case gone:
				l.after = append(l.after, fmt.Sprintf("%T", e))
			case commits:
				l.asked++
			}
			if each != nil {
				each(at)
			}
		},
	}
	w := l.w
	w.Begin()
	for !w.Over() {
		next, ok := w.Next()
		if w.Awaited() && len(keys) > 0 && keys[0] != "-" {
			next = w.At + 500*time.Millisecond
		}
		if !ok || next > leaves {
			w.Pass(leaves)
			l.left, gone = w.State.Language+"/"+w.State.Step, true
			l.spoke = w.State.Sound != 0 && w.State.Commit == 0
			w.Hangup()
			return
		}
		switch {
		case w.Awaited() && len(keys) > 0 && keys[0] != "-":
			w.Pass(next)
			w.Press(wissel.Digit(keys[0][0]))
			keys = keys[1:]
		case w.Awaited() && len(keys) > 0:
			keys = keys[1:]
			w.Advance()
		default:
			w.Advance()
		}
	}
}

// heardStep reports whether anything is heard in a step, in each of the languages: one that asks for the language is heard by those
// of whom it is not known.
func heardStep(o ivr.Outline) bool {
	return len(o.Plays) > 0 && o.Kind != "language" || strings.HasPrefix(o.Kind, "wish")
}
