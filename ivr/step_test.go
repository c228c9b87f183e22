package ivr

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wissel"
)

const (
	mobile = "+31612345678"
	fixed  = "+31201112233"
	german = "+4915112345678"
	hidden = ""
)

// Each row is a caller: who he is, what happens, and the last things of what he hears and what is asked for.
func TestCallers(t *testing.T) {
	for _, row := range []struct {
		name   string
		from   wissel.Number
		script string
		want   string
	}{
		// Language.
		{"Dutch number, Dutch first, no question", mobile, "", "play nl/welcome nl/message"},
		{"British number, English at once", "+447700900123", "", "play en/welcome en/message"},
		{"number that tells nothing, asked in both", german, "", "play nl/choose en/choose"},
		{"hidden number, asked in both", hidden, "", "play nl/choose en/choose"},
		{"he chooses English", german, "2", "stop, play en/welcome en/message"},
		{"silent at the question, asked again", german, ".~", "wait 6s, play nl/silent nl/choose en/choose"},
		{"wrong key at the question", german, "7", "stop, play nl/wrong nl/choose en/choose"},
		{"silent for good, Dutch", german, ".~.~.~", "wait 6s, play nl/welcome nl/message"},
		{"9 is the other language, and the message again", mobile, "..9", "unwait, play en/welcome en/message"},
		{"9 and 9 is back", mobile, "..9..9", "unwait, play nl/welcome nl/message"},

		// Menu.
		{"the message, then the menu, then the wait", mobile, "..", "play nl/welcome nl/message, play nl/menu, wait 6s"},
		{"a key in the menu acts at once", mobile, ".3", "stop, play nl/welcome nl/message"},
		{"a key after it too", mobile, "..3", "unwait, play nl/welcome nl/message"},
		{"a key during the message is taken in the menu", mobile, "3", "stop, play nl/welcome nl/message"},
		{"a key during what must be heard is kept", mobile, ".43 3.", "play nl/legal, play nl/welcome nl/message"},
		{"wrong key says so and repeats", mobile, ".8", "stop, play nl/wrong nl/menu"},
		{"a wrong key pressed ahead says so too", mobile, "8", "stop, play nl/wrong nl/menu"},
		{"a hash is a wrong key", mobile, ".#", "stop, play nl/wrong nl/menu"},
		{"key A is a wrong key", mobile, ".A", "stop, play nl/wrong nl/menu"},
		{"silence repeats", mobile, "..~", "wait 6s, play nl/silent nl/menu"},
		{"three silences end politely", mobile, "..~.~.~", "wait 6s, play nl/bye"},
		{"and let him go", mobile, "..~.~.~.", "play nl/bye, end flow ended"},
		{"wrong keys and silences count together", mobile, ".8.~8", "stop, play nl/bye"},
		{"keys during the goodbye change nothing", mobile, "..~.~.~1", "wait 6s, play nl/bye"},

		// Text.
		{"text to the mobile number he rings from", mobile, ".1", "stop, play nl/own nl:0612345678 nl/own-ask"},
		{"yes commits before anything is promised", mobile, ".11", "stop, commit text +31612345678, wait 700ms"},
		{"committed, and only then said", mobile, ".11+", "wait 700ms, unwait, play nl/done"},
		{"not committed, said honestly, and on to what works", mobile, ".11-.", "unwait, play nl/failed, play nl/more"},
		{"a fixed number keys one in", fixed, ".1", "stop, play nl/ask"},
		{"a foreign number keys one in", german, "1..1", "unwait, play nl/ask"},
		{"a hidden number keys one in", hidden, "1..1", "unwait, play nl/ask"},
		{"read back digit by digit at the tenth key", fixed, ".1 0612345678", "unwait, play nl/heard nl:0612345678"},
		{"asked to confirm once it was said", fixed, ".1 0612345678.", "play nl/heard nl:0612345678, play nl/right"},
		{"confirmed", fixed, ".1 0612345678.1", "stop, commit text +31612345678, wait 700ms"},
		{"a yes before it was said counts once it was", fixed, ".1 0612345678 1.", "play nl/heard nl:0612345678, commit text +31612345678, wait 700ms"},
		{"a hash after a whole number is no key", fixed, ".1 0612345678#.", "play nl/heard nl:0612345678, play nl/right"},
		{"a hash while he is asked is no key", fixed, ".1 0612345678.#", "play nl/heard nl:0612345678, play nl/right"},
		{"2 keys it again", fixed, ".1 0612345678.2", "stop, play nl/ask"},
		{"2 while it is said keys it again at once", fixed, ".1 0612345678 2", "stop, play nl/ask"},
		{"star is back in the menu", fixed, ".1 0612345678.*", "stop, play nl/menu"},
		{"2 at his own number keys another", mobile, ".12", "stop, play nl/ask"},
		{"star while keying begins again", fixed, ".1 06*0612345678", "unwait, play nl/heard nl:0612345678"},
		{"with 00 and a hash", fixed, ".1 0031612345678#", "unwait, play nl/heard nl:0612345678"},
		{"with 00 and a pause", fixed, ".1 0031612345678~", "wait 5s, play nl/heard nl:0612345678"},
		{"a fixed number gets no texts", fixed, ".1 0201112233", "unwait, play nl/invalid nl/ask"},
		{"the hash that we asked for does not cut off why", fixed, ".1 0201112233#", "unwait, play nl/invalid nl/ask"},
		{"once that was said a hash is a wrong key", fixed, ".1 0201112233.#", "unwait, play nl/wrong nl/ask"},
		{"a foreign mobile number gets no texts", fixed, ".1 004915112345678#", "unwait, play nl/invalid nl/ask"},
		{"nor does one of a range for pagers", fixed, ".1 0662345678", "unwait, play nl/invalid nl/ask"},
		{"three bad numbers lead on", fixed, ".1 112# 113# 1#", "unwait, play nl/bye"},
		{"a hash alone is a wrong key", fixed, ".1#", "stop, play nl/wrong nl/ask"},
		{"silence while a number is asked", fixed, ".1.~", "wait 8s, play nl/silent nl/ask"},
		{"silence at the question repeats it, not the number", fixed, ".1 0612345678.~", "play nl/right"},
		{"33 keys are no number", fixed, ".1 0000612345678901234567890123456789#", "unwait, play nl/invalid nl/ask"},

		// Callback.
		{"callback on a fixed number", fixed, ".2", "stop, play nl/own nl:0201112233 nl/own-ask"},
		{"callback on a mobile number", mobile, ".21", "stop, commit callback +31612345678, wait 700ms"},
		{"callback to an 085 number", hidden, "1..2 0851234567.1", "stop, commit callback +31851234567, wait 700ms"},
		{"a foreign number is not called back", german, "1..2", "unwait, play nl/ask"},

		// FAULTS, A23.
		{"never 112", hidden, "1..2 112#", "unwait, play nl/invalid nl/ask"},
		{"never 112 behind a country code", hidden, "1..2 0031112#", "unwait, play nl/invalid nl/ask"},
		{"never 113", hidden, "1..2 113#", "unwait, play nl/invalid nl/ask"},
		{"never 0900", hidden, "1..2 09001234#", "unwait, play nl/invalid nl/ask"},
		{"never 0900 behind a country code", hidden, "1..2 00319001234567#", "unwait, play nl/invalid nl/ask"},
		{"never 0800, it cannot be called back", hidden, "1..2 08001234#", "unwait, play nl/invalid nl/ask"},
		{"never ourselves", hidden, "1..2 0201234567", "unwait, play nl/invalid nl/ask"},
		{"nor when ourselves rings", ours, ".2", "stop, play nl/ask"},
		{"never another country", hidden, "1..2 00882123456789#", "unwait, play nl/invalid nl/ask"},

		// The store.
		{"slow: he hears that we are busy", mobile, ".11~", "wait 700ms, play nl/saving, wait 4.3s"},
		{"slow: and again, rather than silence", mobile, ".11~.", "wait 4.3s, play nl/saving"},
		{"slow, then committed", mobile, ".11~+", "stop, unwait, play nl/done"},
		{"too slow: nothing is promised", mobile, ".11~~", "wait 4.3s, stop, play nl/failed"},
		{"too slow, and late: nothing changes", mobile, ".11~~+", "stop, play nl/failed"},
		{"the same wish again is not written twice", mobile, ".11+.1 1", "stop, play nl/done"},
		{"another wish is", mobile, ".11+.2 1", "stop, commit callback +31612345678, wait 700ms"},
		{"a key during the confirmation is taken after it", mobile, ".11+2", "stop, play nl/own nl:0612345678 nl/own-ask"},
		{"keys while it is written are nothing", mobile, ".11 222+", "wait 700ms, unwait, play nl/done"},

		// Collect, dial.
		{"keys up to the most", mobile, ".41 123456", "unwait, play nl/menu"},
		{"keys and a hash", mobile, ".41 123#", "unwait, play nl/menu"},
		{"keys and a pause", mobile, ".41 1234~", "wait 4s, play nl/menu"},
		{"too few", mobile, ".41 12#", "unwait, play nl/wrong nl/account"},
		{"none", mobile, ".41.~", "wait 6s, play nl/silent nl/account"},
		{"keyed ahead", mobile, "41 123#", "unwait, play nl/menu"},
		{"handed on", mobile, ".42.", "stop, play nl/desk, dial reserve"},

		// Hanging up, and a restart of ours.
		{"nothing after he hung up", mobile, ".1!1.~+", "stop, play nl/own nl:0612345678 nl/own-ask"},
		{"after a restart the menu is said again", mobile, "..@", "wait 6s, unwait, play nl/menu"},
		{"after a restart the wish is written again", mobile, ".11@", "unwait, commit text +31612345678, wait 700ms"},
		{"after a restart he keys his number anew", fixed, ".1 0612@345678.", "wait 5s"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := ring(t, row.from)
			c.do(row.script)
			if got := c.tail(strings.Count(row.want, ", ") + 1); got != row.want {
				t.Errorf("got  %s\nwant %s\nall: %s", got, row.want, strings.Join(c.log, "\n     "))
			}
		})
	}
}

func TestWishCarriesItsContext(t *testing.T) {
	c := ring(t, mobile)
	c.do("..9 .41 777# .2 1")
	want := wissel.Wish{
		Call: "c1", Kind: wissel.WishCallback, Number: mobile, Rung: ours, Group: "support", Flow: "outage", Language: "en", At: noon.Add(c.past),
		Choices: []string{"menu=9", "language=en", "menu=4", "rest=1", "account=777", "menu=2", "callback=1"},
	}
	if diff := cmp.Diff(want, c.wish); diff != "" {
		t.Error(diff)
	}
}

// Promise 2: at each moment before the commit, hanging up leaves no wish, and no moment says "done" without one.
func TestHangingUpAtEachPoint(t *testing.T) {
	script := []rune("1..1 0612345678.1+..~.~.~.")
	for n := range script {
		c := ring(t, hidden)
		c.do(string(script[:n]) + "!")
		if !c.s.Over() || len(c.last) != 0 {
			t.Fatalf("after %q: %+v %v", string(script[:n]), c.s.Phase, c.last)
		}
		if had := strings.Contains(strings.Join(c.log, ","), "commit"); had != (n > strings.LastIndex(string(script), "1+")) {
			t.Errorf("after %q: commit %v", string(script[:n]), had)
		}
	}
}

func TestWhatOneCallerCanMakeUsKeep(t *testing.T) {
	c := ring(t, mobile)
	c.do(".43" + strings.Repeat("3", 1000))
	if len(c.s.Queue) != maxKeys {
		t.Errorf("%d keys are kept", len(c.s.Queue))
	}
	c = ring(t, mobile)
	c.do(strings.Repeat("3.", 500))
	if len(c.s.Choices) != maxChoices {
		t.Errorf("%d choices are kept", len(c.s.Choices))
	}
	c = ring(t, fixed)
	c.do(".")
	for _, last := range "123456" {
		c.do("1 061234567" + string(last) + ".1+.")
	}
	c.do("1 0612345677.1")
	if got := c.tail(1); len(c.s.Wished) != maxWishes || got != "play nl/failed" {
		t.Errorf("%d wishes in one call, and then %s", len(c.s.Wished), got)
	}
}

// Old tokens mean nothing: a timer or an answer that was overtaken changes nothing.
func TestOvertakenEventsChangeNothing(t *testing.T) {
	c := ring(t, mobile)
	c.do("..") // waits in the menu
	before := c.s
	for _, ev := range []Event{
		{Kind: Timeout, Token: c.s.Waiting - 1}, {Kind: Timeout, Token: c.s.Waiting + 1}, {Kind: Timeout}, {Kind: Played}, {Kind: Played, Token: c.s.Plays},
		{Kind: Committed, OK: true}, {Kind: Committed, Token: 7, OK: true}, {Kind: Digit, Digit: 'x'}, {Kind: Digit}, {},
	} {
		c.event(ev)
		if diff := cmp.Diff(before, c.s); diff != "" || len(c.last) != 0 {
			t.Errorf("%+v: %v %s", ev, c.last, diff)
		}
	}
	c.do("3")
	c.event(Event{Kind: Played, Token: c.s.Plays - 1}) // of the menu, which was cut short
	if !c.s.Playing {
		t.Error("the end of an earlier play ended this one")
	}
}

// A flow may have changed across a restart of ours: his place is gone, he is not.
func TestPlaceThatIsGone(t *testing.T) {
	for _, change := range []func(*State){
		func(s *State) { s.Step = "gone" },
		func(s *State) { s.Step = "message" }, // it was a wish
		func(s *State) { s.Step, s.Language = "gone", "fr" },
	} {
		c := ring(t, mobile)
		c.do(".11")
		change(&c.s)
		c.do("@")
		if got := c.tail(1); got != "play nl/welcome nl/message" {
			t.Error(got)
		}
	}
}

func TestNoNumberIsPromisedWithoutAHook(t *testing.T) {
	p, _ := Compile(outage(), everything{})
	if _, ok := p.promised(wissel.WishCallback, mobile); ok {
		t.Error("a number was promised without anybody who knows numbers")
	}
}
