package health

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wissel"
)

// told collects what a Board tells of itself.
type told struct {
	mu    sync.Mutex
	lines []string
}

func (l *told) add(s string) { l.mu.Lock(); l.lines = append(l.lines, s); l.mu.Unlock() }

func (l *told) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.lines
	l.lines = nil
	return s
}

// blackout lets n trunks fall silent, for probes and for calls, from a moment on and for so long, and gives who was Down. A
// call leaves each half second: its INVITE is lost, at 250 ms it doubts, at 500 ms it has heard nothing, unless the last of
// the three OPTIONS that its doubt caused left after the end.
func blackout(t *testing.T, n int, from, long time.Duration) (down []string) {
	watch(t, n, func(b *Board, f *far, _ func() string) {
		seen := func() {
			for a, v := range b.Verdicts() {
				if v.State == wissel.Down && len(down) < 3 {
					down = append(down, fmt.Sprintf("%s after %v: %s", a, time.Since(f.start), v.Evidence))
				}
			}
		}
		all := func(what func(a wissel.Address)) {
			for i := range n {
				what(address(i + 1))
			}
		}
		pass(from)
		all(f.mute)
		end := time.Now().Add(long)
		dark := true
		until := func(at time.Time) {
			if dark && !at.Before(end) {
				pass(time.Until(end))
				all(func(a wissel.Address) { f.set(a, Observation{Status: 200}) })
				dark = false
			}
			pass(time.Until(at))
			seen()
		}
		for call := time.Now(); dark; call = call.Add(500 * time.Millisecond) {
			a := address(1 + int(time.Since(f.start)/time.Second)%n)
			if until(call.Add(250 * time.Millisecond)); dark {
				b.Doubt(a, call)
			}
			heard := end.Before(call.Add(250*time.Millisecond + 2*burstGap))
			if until(call.Add(500 * time.Millisecond)); !heard {
				b.Observe(a, Observation{Layer: Calls})
			}
		}
		for range 100 {
			until(time.Now().Add(100 * time.Millisecond))
		}
		for a, v := range b.Verdicts() {
			if v.State != wissel.Up && !strings.Contains(v.Evidence, "call") {
				down = append(down, fmt.Sprintf("%s is %s ten seconds later: %s", a, v.State, v.Evidence))
			}
		}
	})
	return down
}

// TestABlackoutOfOursMakesNobodyDown: at whatever moment between two probes it begins and ends (FAULTS F40).
func TestABlackoutOfOursMakesNobodyDown(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.IntRange(2, 4).Draw(r, "trunks")
		from := time.Duration(rapid.IntRange(2000, 6000).Draw(r, "from")) * time.Millisecond
		long := time.Duration(rapid.IntRange(100, 8000).Draw(r, "long")) * time.Millisecond
		if down := blackout(t, n, from, long); len(down) != 0 {
			r.Fatalf("down: %v", down)
		}
	})
}

func TestTheWitnessesAreAskedInTheSameMoment(t *testing.T) {
	watch(t, 2, func(b *Board, f *far, film func() string) {
		pass(3500 * time.Millisecond) // the next scheduled probes leave at 4.75
		film()
		f.mute(address(1))
		b.Doubt(address(1), time.Now().Add(-250*time.Millisecond))
		pass(250 * time.Millisecond)
		if got, want := film(), "suspect at 3.75, down at 3.75"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

func TestOneThatIsSilentAloneIsDownAsSoonAsThreeAreLost(t *testing.T) {
	watch(t, 2, func(b *Board, f *far, film func() string) {
		e := b.entry(address(2))
		e.mu.Lock()
		e.due = e.due.Add(900 * time.Millisecond) // out of step
		e.mu.Unlock()
		pass(2 * time.Second)
		film()
		f.mute(address(1))
		pass(8 * time.Second)
		if got, want := film(), "suspect at 3.75, down at 6.25"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

func TestOneThatRefusesOPTIONSForLongIsNoWitness(t *testing.T) {
	watch(t, 2, func(b *Board, f *far, film func() string) {
		pass(time.Second)
		f.mute(address(2))
		takes := time.NewTicker(time.Second) // its calls go well
		defer takes.Stop()
		for i := range 40 {
			<-takes.C
			b.Observe(address(2), Observation{Layer: Calls, Status: 180})
			if i == 20 {
				film()
				f.mute(address(1))
			}
		}
		if got := film(); !strings.Contains(got, "down at") {
			t.Errorf("the other fell silent long after: %s", got)
		}
		if got := b.Verdicts()[address(2)].State; got != wissel.Suspect {
			t.Errorf("the one that takes calls is %s", got)
		}
	})
}

func TestOurOwnNetworkIsCheckedWhenAllAreSilent(t *testing.T) {
	rows := []struct {
		name   string
		trunks int
		found  Network
		states []wissel.State // of which one must be seen last
		ours   bool
	}{
		{"no one answers and our gateway neither: it is us", 2, Network{Failed: true, Evidence: []string{"the gateway 192.0.2.254 does not answer"}}, []wissel.State{wissel.Suspect}, true},
		{"no one answers but our gateway does: it is they", 2, Network{Well: true, Evidence: []string{"192.0.2.254 answers"}}, []wissel.State{wissel.Down}, false},
		{"no one answers and it cannot be told: suspect", 2, Network{}, []wissel.State{wissel.Suspect}, false},
		{"with one host alone the check is the witness: it is us", 1, Network{Failed: true, Evidence: []string{"the gateway 192.0.2.254 does not answer"}}, []wissel.State{wissel.Suspect}, true},
		{"with one host alone and a network that is well it is down", 1, Network{Well: true}, []wissel.State{wissel.Down}, false},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			watch(t, row.trunks, func(b *Board, f *far, film func() string) {
				pass(3 * time.Second)
				var alarms, changes told
				b.mu.Lock() // the loop runs already
				b.Self(func(context.Context) Network { <-time.After(50 * time.Millisecond); return row.found })
				b.Alarm(func(key, text string) { alarms.add(key + ": " + text) })
				b.Watch(func(c Transition) {
					if c.Trunk == "" {
						changes.add(fmt.Sprintf("ours %v: %s", c.Ours, strings.Join(c.Evidence, "; ")))
					}
				})
				b.mu.Unlock()
				for i := range row.trunks {
					f.mute(address(i + 1))
				}
				pass(20 * time.Second)
				if got := b.Verdicts()[address(1)].State; !slices.Contains(row.states, got) {
					t.Errorf("it is %s", got)
				}
				if got := b.Ours() != ""; got != row.ours {
					t.Errorf("it is us: %v (%s)", got, b.Ours())
				}
				if n := b.Counts().Checks; n == 0 || n > 6 {
					t.Errorf("checked %d times in 20 s", n)
				}
				f.set(address(1), Observation{Status: 200})
				pass(5 * time.Second)
				if b.Ours() != "" {
					t.Errorf("somebody is heard, and still %s", b.Ours())
				}
				if !row.ours {
					return
				}
				if got := changes.take(); len(got) != 2 || !strings.HasPrefix(got[0], "ours true: every trunk is silent; the gateway") ||
					got[1] != "ours false: udp:192.0.2.1:5060 is heard again" {
					t.Errorf("told %q", got)
				}
				if got := alarms.take(); len(got) != 2 || !strings.Contains(got[0], "nothing is switched by itself") || got[1] != "it is us: " {
					t.Errorf("alarms %q", got)
				}
			})
		})
	}
}

func TestItIsUsIsOverWhenOurNetworkAnswersOrNobodyIsSilent(t *testing.T) {
	watch(t, 2, func(b *Board, f *far, film func() string) {
		pass(3 * time.Second)
		var found sync.Map
		found.Store("now", Network{Failed: true})
		b.mu.Lock()
		b.Self(func(context.Context) Network { n, _ := found.Load("now"); return n.(Network) })
		b.mu.Unlock()
		f.mute(address(1))
		f.mute(address(2))
		pass(10 * time.Second)
		if b.Ours() == "" {
			t.Fatal("it is not us")
		}
		found.Store("now", Network{Well: true})
		pass(10 * time.Second)
		if b.Ours() != "" || b.Verdicts()[address(1)].State != wissel.Down {
			t.Errorf("ours %q, and it is %s", b.Ours(), b.Verdicts()[address(1)].State)
		}
	})
	watch(t, 2, func(b *Board, f *far, film func() string) {
		pass(3 * time.Second)
		b.mu.Lock()
		b.Self(func(context.Context) Network { return Network{Failed: true} })
		b.mu.Unlock()
		f.mute(address(1))
		f.mute(address(2))
		pass(10 * time.Second)
		b.Set(nil) // a reload took every trunk away
		pass(oursFades + time.Second)
		if b.Ours() != "" {
			t.Errorf("there is no trunk, and still %s", b.Ours())
		}
	})
}

// TestAGoneRouterMakesNobodyDown: our own host then says of every peer that its host is unreachable, to probes and calls.
func TestAGoneRouterMakesNobodyDown(t *testing.T) {
	noRoute := Observation{Unreachable: true, OnTheWay: true, Why: "no route to host"}
	watch(t, 3, func(b *Board, f *far, film func() string) {
		pass(3 * time.Second)
		film()
		for i := range 3 {
			f.set(address(i+1), noRoute)
		}
		for range 200 { // ten calls a second on each, for 20 s
			for i := range 3 {
				o := noRoute
				o.Layer = Transport
				b.Observe(address(i+1), o)
			}
			pass(100 * time.Millisecond)
		}
		if got := film(); got != "suspect at 3.00" {
			t.Errorf("the router was gone: %s", got)
		}
		for i := range 3 {
			f.set(address(i+1), Observation{Status: 200})
		}
		pass(10 * time.Second)
		if got := film(); !strings.HasPrefix(got, "up at 2") {
			t.Errorf("the router is back: %s", got)
		}
	})
}

func TestOneHostThatCannotBeReachedIsDown(t *testing.T) {
	watch(t, 3, func(b *Board, f *far, film func() string) {
		pass(3 * time.Second)
		film()
		f.set(address(1), Observation{Unreachable: true, OnTheWay: true, Why: "no route to host"})
		for range 10 {
			b.Observe(address(1), Observation{Layer: Transport, Unreachable: true, OnTheWay: true})
			pass(100 * time.Millisecond)
		}
		if got, want := film(), "suspect at 3.00, down at 3.40"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}
