package testcall

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wissel"
)

// show writes effects as words.
func show(out []Effect) string {
	var all []string
	for _, e := range out {
		switch e := e.(type) {
		case Listen:
			all = append(all, "listen")
		case Play:
			all = append(all, map[Tones]string{Out: "out", Back: "back"}[e.Tones])
		case Press:
			all = append(all, "press "+e.Keys)
		case Wake:
			all = append(all, map[Clock]string{Late: "late", Gap: "gap", Enough: "enough"}[e.Which]+" "+e.After.String())
		case Note:
			all = append(all, "("+e.Text+")")
		case Named:
			all = append(all, "named "+e.Keys)
		case End:
			all = append(all, "end: "+e.Why)
		}
	}
	return strings.Join(all, ", ")
}

// event reads an event from a word: begin, out, back, played, gone, late, gap, enough, or keys.
func events(word string) (all []Event) {
	switch word {
	case "begin":
		return []Event{{Kind: Begin}}
	case "out":
		return []Event{{Kind: Heard, Tones: Out}}
	case "back":
		return []Event{{Kind: Heard, Tones: Back}}
	case "played":
		return []Event{{Kind: Played}}
	case "gone":
		return []Event{{Kind: Gone}}
	case "late", "gap", "enough":
		return []Event{{Kind: Woken, Which: map[string]Clock{"late": Late, "gap": Gap, "enough": Enough}[word]}}
	}
	for _, d := range word {
		all = append(all, Event{Kind: Digit, Digit: wissel.Digit(d)})
	}
	return all
}

func TestCallerScript(t *testing.T) {
	for _, row := range []struct {
		name   string
		expect wissel.Expect
		story  string
		want   []string // what the last word of the story brings about, and the words of a failure
		failed string
	}{
		{"answered is enough", wissel.ExpectAnswer, "begin", []string{"enough 1s"}, ""},
		{"it is held for a second", wissel.ExpectAnswer, "begin enough", []string{"end: the test passed"}, ""},
		{"or until it is hung up", wissel.ExpectAnswer, "begin gone", []string{"end: the test passed"}, ""},
		{"our tones go out", wissel.ExpectAudio, "begin", []string{"listen, late 8s, out"}, ""},
		{"again and again", wissel.ExpectAudio, "begin played", []string{"out"}, ""},
		{"their answer comes", wissel.ExpectAudio, "begin played back", []string{"(tones came back 1.0 s after the answer), end: the test passed"}, ""},
		{"an echo is as good", wissel.ExpectAudio, "begin out", []string{"(tones came back 0.5 s after the answer), end: the test passed"}, ""},
		{"keys before that are none of it", wissel.ExpectDigits, "begin 4711", []string{""}, ""},
		{"then the digits", wissel.ExpectDigits, "begin back", []string{"(tones came back 0.5 s after the answer), late 8s, press 471123"}, ""},
		{"they come back", wissel.ExpectDigits, "begin back played 471123", []string{"(digits 4 7 1 1 2 3 came back), end: the test passed"}, ""},
		{"more tones change nothing", wissel.ExpectDigits, "begin back back out 471123", []string{"(digits 4 7 1 1 2 3 came back), end: the test passed"}, ""},
		{"no tone", wissel.ExpectAudio, "begin played late", []string{"end: the test failed"}, "no tone came back within 8s"},
		{"no digits", wissel.ExpectDigits, "begin back late", []string{"end: the test failed"}, "none of the digits 4 7 1 1 2 3"},
		{"some digits", wissel.ExpectDigits, "begin back 471 late", []string{"end: the test failed"}, "of the digits 4 7 1 1 2 3 only 4 7 1 came back"},
		{"other digits", wissel.ExpectDigits, "begin back 471132", []string{"end: the test failed"}, "other digits came back: 471132 for 471123"},
		{"hung up too soon", wissel.ExpectAudio, "begin gone", []string{"end: the test failed"}, "hung up after 0.5 s, before a tone came back"},
		{"hung up before the digits", wissel.ExpectDigits, "begin out 4 gone", []string{"end: the test failed"}, "before its digits came back"},
		{"gone before it began", wissel.ExpectAudio, "gone", []string{"end: the test failed"}, "before any sound"},
		{"what comes after the end", wissel.ExpectAudio, "begin out gone back played late begin", []string{""}, ""},
	} {
		c := Caller{Expect: row.expect, Keys: "471123"}
		now := noon
		var out []Effect
		for _, word := range strings.Fields(row.story) {
			for _, ev := range events(word) {
				c, out = c.Step(ev, now)
			}
			now = now.Add(500 * time.Millisecond)
		}
		if got := show(out); got != row.want[0] {
			t.Errorf("%s: %q, want %q", row.name, got, row.want[0])
		}
		if !strings.Contains(c.Heard.Why, row.failed) || (row.failed == "") != (c.Heard.Why == "") {
			t.Errorf("%s: failed because %q", row.name, c.Heard.Why)
		}
	}
}

func TestResponderScript(t *testing.T) {
	for _, row := range []struct{ name, story, want string }{
		{"it listens", "begin", "listen, late 6s, enough 15s"},
		{"and answers our tones", "begin out", "back"},
		{"each time", "begin out out", "back"},
		{"but not its own kind", "begin back", ""},
		{"it says a challenge back at once", "begin out 471123", "named 471123, press 471123"},
		{"other keys once no more come", "begin out 47 gap", "named 47, press 47"},
		{"a gap without keys is nothing", "begin out 471123 gap", ""},
		{"not for ever", "begin out 471123 471123 471123", ""},
		{"a stranger hears tones", "begin late", "back"},
		{"and is let go", "begin late played", "end: no test tones came: a stranger"},
		{"he presses no keys then", "begin late 123456", ""},
		{"who sent tones is no stranger", "begin out late", ""},
		{"nobody stays for more than 15 s", "begin out enough", "end: 15s are over"},
		{"it begins once", "begin begin", ""},
		{"gone is gone", "begin gone out 471123 enough", ""},
	} {
		var r Responder
		var out []Effect
		for _, word := range strings.Fields(row.story) {
			for _, ev := range events(word) {
				r, out = r.Step(ev, noon)
			}
		}
		if got := show(out); got != row.want {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
	}
}

// Whatever happens, a script ends once, says nothing after, and a call of ours fails with words or passes.
func TestScriptsEndOnce(t *testing.T) {
	words := rapid.SampledFrom([]string{"begin", "out", "back", "played", "gone", "late", "gap", "enough", "4", "471123"})
	rapid.Check(t, func(rt *rapid.T) {
		expect := rapid.SampledFrom([]wissel.Expect{wissel.ExpectAnswer, wissel.ExpectAudio, wissel.ExpectDigits}).Draw(rt, "expect")
		story := rapid.SliceOfN(words, 0, 40).Draw(rt, "story")
		c, r := Caller{Expect: expect, Keys: "471123"}, Responder{}
		now, pressed := noon, 0
		ended := [2]bool{}
		for _, word := range append(story, "begin", "late", "late", "enough", "gone") {
			for _, ev := range events(word) {
				now = now.Add(100 * time.Millisecond)
				var a, b []Effect
				c, a = c.Step(ev, now)
				r, b = r.Step(ev, now)
				for i, out := range [][]Effect{a, b} {
					if ended[i] && len(out) > 0 {
						rt.Fatalf("after its end it wants %s", show(out))
					}
					ended[i] = ended[i] || slices.ContainsFunc(out, func(e Effect) bool { _, is := e.(End); return is })
				}
				for _, e := range b {
					if p, is := e.(Press); is {
						pressed += len(p.Keys)
					}
				}
			}
		}
		if !ended[0] || c.Heard.Passed == (c.Heard.Why != "") {
			rt.Fatalf("the call did not end, or without words: %+v", c)
		}
		if pressed > mostKeys {
			rt.Fatalf("the line said %d keys back", pressed)
		}
	})
}

// Our two ends pass each other's test, whatever the digits.
func TestCallerAndResponderAgree(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		keys := fmt.Sprintf("%06d", rapid.IntRange(0, 999_999).Draw(rt, "keys"))
		c, r := Caller{Expect: wissel.ExpectDigits, Keys: keys}, Responder{}
		toCaller, toLine := []Event{{Kind: Begin}}, []Event{{Kind: Begin}}
		named := ""
		across := func(out []Effect, to *[]Event) {
			for _, e := range out {
				switch e := e.(type) {
				case Play:
					*to = append(*to, Event{Kind: Heard, Tones: e.Tones})
				case Press:
					*to = append(*to, events(e.Keys)...)
				case Named:
					named = e.Keys
				}
			}
		}
		for range 50 {
			var out []Effect
			if len(toCaller) > 0 {
				c, out = c.Step(toCaller[0], noon)
				toCaller = toCaller[1:]
				across(out, &toLine)
			}
			if len(toLine) > 0 {
				r, out = r.Step(toLine[0], noon)
				toLine = toLine[1:]
				across(out, &toCaller)
			}
		}
		if !c.Heard.Passed || named != keys || c.Heard.Came != keys {
			rt.Fatalf("%+v, named %s", c.Heard, named)
		}
	})
}
