package ivr

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"wissel"
)

// everything has every prompt.
type everything struct{}

func (everything) Has(string, string) bool               { return true }
func (everything) Duration(string, string) time.Duration { return 2 * time.Second }

// plan is a small numbering plan for tests, after the Dutch one.
type plan struct{ own wissel.Number }

func (p plan) Own(n wissel.Number) bool { return n == p.own }

func (plan) Parse(keyed string) (wissel.Number, wissel.Kind, bool) {
	n := keyed
	switch {
	case strings.HasPrefix(n, "+"):
	case strings.HasPrefix(n, "00"):
		n = "+" + n[2:]
	case strings.HasPrefix(n, "0"):
		n = "+31" + n[1:]
	default:
		return "", "", false
	}
	if len(n) < 9 || len(n) > 16 {
		return "", "", false
	}
	kind := wissel.KindForeign
	if home, ok := strings.CutPrefix(n, "+31"); ok {
		switch {
		case len(home) != 9 && home[0] != '8' && home[0] != '9':
			return "", "", false
		case home[0] == '6':
			kind = wissel.KindMobile
		case strings.HasPrefix(home, "85"), strings.HasPrefix(home, "88"):
			kind = wissel.KindCompany
		case strings.HasPrefix(home, "80"):
			kind = wissel.Kind0800
		case strings.HasPrefix(home, "90"):
			kind = wissel.Kind0900
		default:
			kind = wissel.KindFixed
		}
	}
	return wissel.Number(n), kind, true
}

const ours = "+31201234567"

// outage is a flow like the shipped one, with every kind of step.
func outage() Source {
	wish := func(kind string) *WishStep {
		return &WishStep{
			Kind: kind, Own: []string{"own"}, OwnAsk: []string{"own-ask"}, Ask: []string{"ask"}, Invalid: []string{"invalid"}, Readback: []string{"heard"},
			Confirm: []string{"right"}, Wrong: []string{"wrong"}, Silence: []string{"silent"}, Saving: []string{"saving"},
			Done: []string{"done"}, Failed: []string{"failed"}, Back: "menu", After: "bye", Next: "more", Else: "more",
		}
	}
	ask := func(play, after string) Asking {
		return Asking{Play: []string{play}, Wrong: []string{"wrong"}, Silence: []string{"silent"}, After: after}
	}
	return Source{
		Flow:      "outage",
		Languages: []Language{{"nl", "1", []string{"+31", "+32"}}, {"en", "2", []string{"+44", "+1"}}},
		Start:     "language",
		Steps: map[string]Node{
			"language": {Language: &Choose{Asking: ask("choose", "message"), Next: "message"}},
			"message":  {Say: &Say{Play: []string{"welcome", "message"}, Next: "menu"}},
			"menu":     {Menu: &Menu{Asking: ask("menu", "bye"), Keys: map[string]string{"1": "text", "2": "callback", "3": "message", "4": "rest", "9": "other"}}},
			"rest":     {Menu: &Menu{Asking: ask("rest", "bye"), Keys: map[string]string{"1": "account", "2": "desk", "3": "legal"}}},
			"other":    {Language: &Choose{Ask: "other", Next: "message"}},
			"text":     {Wish: wish("text")},
			"callback": {Wish: wish("callback")},
			"account":  {Collect: &Collect{Asking: ask("account", "bye"), As: "account", Min: 3, Max: 6, Next: "again"}},
			"again":    {Goto: "menu"},
			"legal":    {Say: &Say{Play: []string{"legal"}, Whole: true, Next: "menu"}},
			"desk":     {Dial: &Dialling{Play: []string{"desk"}, Target: "reserve"}},
			"more":     {Menu: &Menu{Asking: ask("more", "bye"), Keys: map[string]string{"1": "text", "2": "callback"}}},
			"bye":      {End: &Ending{Play: []string{"bye"}}},
		},
	}
}

func compiled(t testing.TB) *Program {
	t.Helper()
	p, ps := Compile(outage(), everything{})
	if len(ps) > 0 {
		t.Fatal(wissel.Problems(ps))
	}
	return p.With(plan{own: ours})
}

// caller drives one state and writes down what he hears and what is asked for, as a script reads it.
type caller struct {
	t    testing.TB
	p    *Program
	s    State
	last []Effect
	log  []string
	wish wissel.Wish

	facts Facts         // with each event
	past  time.Duration // since noon: what plays and what is waited for takes a second
}

func ring(t testing.TB, from wissel.Number) *caller {
	c := &caller{t: t, p: compiled(t), s: NewState(Caller{Call: "c1", From: from, Rung: ours, Group: "support", Flow: "outage"})}
	c.event(Event{Kind: Begin})
	return c
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func (c *caller) event(ev Event) {
	c.t.Helper()
	ev.Facts = c.facts
	if ev.Kind == Played || ev.Kind == Timeout {
		c.past += time.Second
	}
	c.s, c.last = c.p.Step(c.s, ev, noon.Add(c.past))
	for _, e := range c.last {
		c.log = append(c.log, line(e))
		if w, ok := e.(Commit); ok {
			c.wish = w.Wish
		}
	}
}

func line(e Effect) string {
	switch e := e.(type) {
	case Play:
		var heard []string
		for _, p := range e.Prompts {
			if p.Sound != 0 {
				heard = append(heard, p.Lang+":himself")
			} else if p.Digits != "" {
				heard = append(heard, p.Lang+":"+p.Digits)
			} else {
				heard = append(heard, p.Lang+"/"+p.ID)
			}
		}
		return "play " + strings.Join(heard, " ")
	case StopPlay:
		return "stop"
	case Wake:
		if e.After == 0 {
			return "unwait"
		}
		return "wait " + e.After.String()
	case Commit:
		what := fmt.Sprintf("%s %s", e.Wish.Kind, e.Wish.Number)
		if e.Wish.ByHand {
			what = strings.TrimSpace(fmt.Sprintf("by hand %s", e.Wish.Number))
		}
		if e.Least > 0 {
			what += " of " + e.Least.String()
		}
		return "commit " + what
	case Record:
		tone := ""
		if e.Beep {
			tone = " tone"
		}
		return fmt.Sprintf("record %v %v%s", e.Max, e.Silence, tone)
	case StopRecord:
		return "stop recording"
	case Dial:
		return "dial " + e.Target.String()
	case Transfer:
		return "transfer"
	case End:
		return "end " + e.Reason
	}
	return "?"
}

// do reads a script: keys one by one, "." played, "~" the timer rings, "+" committed, "-" not committed, "!" hangs up, "r", "q" and "x" a recording ended, "@" a restart.
func (c *caller) do(script string) {
	c.t.Helper()
	for _, r := range script {
		switch r {
		case '.':
			c.event(Event{Kind: Played})
		case '~':
			c.event(Event{Kind: Timeout, Token: c.s.Waiting})
		case '+', '-':
			c.event(Event{Kind: Committed, Token: c.s.Commit, OK: r == '+'})
		case 'r', 'q', 'x':
			c.event(Event{Kind: Recorded, Token: c.s.Sound, OK: r != 'x', Length: map[rune]time.Duration{'r': 5 * time.Second}[r]})
		case '!':
			c.event(Event{Kind: Hangup})
		case '@':
			c.event(Event{Kind: Begin})
		case ' ':
		default:
			c.event(Event{Kind: Digit, Digit: wissel.Digit(r)})
		}
	}
}

// tail is the last n things that happened.
func (c *caller) tail(n int) string { return strings.Join(c.log[max(0, len(c.log)-n):], ", ") }
