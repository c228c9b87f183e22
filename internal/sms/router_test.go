package sms

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var start = time.Date(2026, 3, 29, 0, 30, 0, 0, time.UTC)

func TestNext(t *testing.T) {
	r := Route{Providers: []string{"north", "south"}, Again: 10 * time.Second, Valid: time.Hour}
	shut := Breaker{until: start.Add(time.Minute)}
	at := func(name string, ago time.Duration, o Outcome) Attempt {
		return Attempt{Provider: name, At: start.Add(-ago), Valid: time.Hour, Outcome: o}
	}
	for _, c := range []struct {
		name     string
		repeats  []string
		tried    []Attempt
		breakers map[string]Breaker
		want     string
	}{
		{"the first choice first", nil, nil, nil, "offer north 1h0m0s"},
		{"a breaker that is open", nil, nil, map[string]Breaker{"north": shut}, "offer south 1h0m0s"},
		{"both are open", nil, nil, map[string]Breaker{"north": shut, "south": shut}, "wait 1m0s"},
		{"taken", nil, []Attempt{at("north", 1, Outcome{Verdict: Accepted})}, nil, "close taken"},
		{"our account there is no good", nil, []Attempt{at("north", 1, Outcome{Verdict: Refused})}, nil, "offer south 1h0m0s"},
		{"no good anywhere", nil, []Attempt{at("north", 2, Outcome{Verdict: Refused}), at("south", 1, Outcome{Verdict: Refused})}, nil, "close useless"},
		{"the number is no good", nil, []Attempt{at("north", 1, Outcome{Verdict: Refused, Fault: OfText})}, nil, "close useless"},
		{"throttled goes elsewhere", nil, []Attempt{at("north", 1, Outcome{Verdict: Later, After: time.Second})}, nil, "offer south 1h0m0s"},
		{"throttled at both", nil, []Attempt{at("north", 2*time.Second, Outcome{Verdict: Later, After: 7 * time.Second}), at("south", time.Second, Outcome{Verdict: Later, After: 15 * time.Second})}, nil, "wait 8s"},
		{"unknown stays", nil, []Attempt{at("north", time.Minute, Outcome{})}, nil, "wait 1h1m0s"},
		{"unknown until it cannot come any more", nil, []Attempt{at("north", time.Hour+grace, Outcome{})}, nil, "offer north 1h0m0s"},
		{"unknown, where it can be offered again", []string{"north"}, []Attempt{at("north", time.Minute, Outcome{})}, nil, "offer north 1h0m0s"},
		{"and not too soon", []string{"north"}, []Attempt{at("north", time.Minute, Outcome{}), at("north", 8*time.Second, Outcome{})}, nil, "wait 12s"},
		{"and not through a breaker", []string{"north"}, []Attempt{at("north", time.Minute, Outcome{})}, map[string]Breaker{"north": shut}, "wait 1m0s"},
		{"throttled after an unknown is still unknown", []string{"north"}, []Attempt{at("north", time.Minute, Outcome{}), at("north", 0, Outcome{Verdict: Later, After: 30 * time.Second})}, nil, "wait 30s"},
		{"half of it is there", nil, []Attempt{at("north", time.Minute, Outcome{Verdict: Later, IDs: []string{"a", ""}})}, nil, "offer north 1h0m0s"},
		{"an answer that came late", nil, []Attempt{at("north", time.Minute, Outcome{Verdict: Accepted}), at("south", 1, Outcome{})}, nil, "close taken"},
	} {
		r.Repeats = c.repeats
		d := r.Next(c.tried, c.breakers, start.Add(24*time.Hour), start)
		if got := short(d, start); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	if d := r.Next(nil, nil, start.Add(30*time.Second), start); d.Ended != Past {
		t.Errorf("a text without time: %s", short(d, start))
	}
}

func short(d Decision, now time.Time) string {
	switch d.Do {
	case Offer:
		return fmt.Sprint("offer ", d.Provider, " ", d.Valid)
	case Close:
		return "close " + d.Ended.String()
	case Wait:
	}
	return "wait " + d.Until.Sub(now).String()
}

// A text is followed from its first offer to its end, with providers that do all that they may. What each could bring to a
// phone is counted: no text may be there twice, none waits for ever, and none is given up that was free to go.
func TestATextIsNeverWithTwo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := []string{"north", "south", "west"}[:rapid.IntRange(1, 3).Draw(t, "providers")]
		r := Route{Providers: names, Again: 10 * time.Second, Valid: rapid.SampledFrom([]time.Duration{time.Minute, time.Hour, 30 * time.Hour}).Draw(t, "valid")}
		for _, n := range names {
			if rapid.Bool().Draw(t, n) {
				r.Repeats = append(r.Repeats, n)
			}
		}
		until, now := start.Add(24*time.Hour), start
		breakers := map[string]Breaker{}
		var tried []Attempt
		for step := 0; ; step++ {
			if step > 20_000 {
				t.Fatalf("no end after %v", now.Sub(start))
			}
			d := r.Next(tried, breakers, until, now)
			if d.Do == Close {
				ended(t, d, tried, now, until)
				return
			}
			if d.Do == Wait {
				if !d.Until.After(now) {
					t.Fatalf("a wait until %v ago", now.Sub(d.Until))
				}
				now = d.Until
				continue
			}
			offered(t, r, d, tried, breakers, now)
			o := outcomes(t)
			tried = append(tried, Attempt{Provider: d.Provider, At: now, Valid: d.Valid, Outcome: o})
			now = now.Add(time.Duration(rapid.IntRange(0, 30_000).Draw(t, "took")) * time.Millisecond)
			breakers[d.Provider] = breakers[d.Provider].Next(o, now)
		}
	})
}

func outcomes(t *rapid.T) Outcome {
	o := Outcome{Verdict: Verdict(rapid.IntRange(0, 3).Draw(t, "verdict")), Fault: Fault(rapid.IntRange(0, 1).Draw(t, "fault"))}
	switch o.Verdict {
	case Later:
		o.After = time.Duration(rapid.IntRange(0, 600).Draw(t, "after")) * time.Second
		fallthrough
	case Unknown:
		o.IDs = rapid.SampledFrom([][]string{nil, nil, {"a", ""}}).Draw(t, "ids")
	case Accepted, Refused:
	}
	return o
}

func offered(t *rapid.T, r Route, d Decision, tried []Attempt, breakers map[string]Breaker, now time.Time) {
	if breakers[d.Provider].Open(now) {
		t.Fatalf("offered to %s, whose breaker is open", d.Provider)
	}
	for _, a := range tried {
		mayHave := a.Outcome.Verdict == Unknown || some(a.Outcome.IDs)
		alive := now.Before(a.At.Add(a.Valid))
		if mayHave && alive && a.Provider != d.Provider {
			t.Fatalf("offered to %s while %s may have it", d.Provider, a.Provider)
		}
		if a.Outcome.Verdict == Unknown && alive && !slices.Contains(r.Repeats, d.Provider) {
			t.Fatalf("offered to %s again, which would send it twice", d.Provider)
		}
		if a.Outcome.Verdict == Accepted || a.Outcome.Verdict == Refused && a.Outcome.Fault == OfText {
			t.Fatalf("offered after %v", a.Outcome)
		}
	}
}

func ended(t *rapid.T, d Decision, tried []Attempt, now, until time.Time) {
	is := func(ok func(Attempt) bool) bool { return slices.ContainsFunc(tried, ok) }
	switch d.Ended {
	case Taken:
		if !is(func(a Attempt) bool { return a.Outcome.Verdict == Accepted }) {
			t.Fatalf("taken by nobody")
		}
	case Useless:
		if !is(func(a Attempt) bool { return a.Outcome.Verdict == Refused }) {
			t.Fatalf("useless, and nobody refused it")
		}
	case Past:
		if until.Sub(now) >= time.Minute {
			t.Fatalf("given up %v before its time", until.Sub(now))
		}
	}
}

func TestBreaker(t *testing.T) {
	now := start
	var b Breaker
	for i, want := range []time.Duration{0, 0, 5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second, 2 * time.Minute, 2 * time.Minute} {
		b = b.Next(Outcome{}, now)
		if b.Open(now) != (want > 0) || want > 0 && b.Opens().Sub(now) != want {
			t.Fatalf("after %d failures it is open until %v, want %v", i+1, b.Opens().Sub(now), want)
		}
		now = now.Add(want)
		if b.Open(now) {
			t.Fatalf("after %d failures it does not open again", i+1)
		}
	}
	if p := b.Probe(now, 30*time.Second); !p.Open(now.Add(29*time.Second)) || p.Open(now.Add(30*time.Second)) {
		t.Error("a second text follows the probe")
	}
	for _, o := range []Outcome{{Verdict: Accepted}, {Verdict: Refused, Fault: OfText}} {
		if got := b.Next(o, now); got != (Breaker{}) {
			t.Errorf("%v leaves it at %+v", o, got)
		}
	}
	if got := (Breaker{}).Next(Outcome{Verdict: Later, After: 24 * time.Hour}, now); got.Opens().Sub(now) != longest || got.Failures != 0 {
		t.Errorf("asked to stay away for a day: %+v", got)
	}
	if got := (Breaker{}).Probe(now, time.Minute); got.Open(now) {
		t.Error("one that is well lets one text through at a time")
	}
}
