package health

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wissel"
	"wissel/internal/plan"
)

// anything draws an observation.
func anything(t *rapid.T) Observation {
	o := Observation{
		Layer:  Layer(rapid.IntRange(0, int(layers)-1).Draw(t, "layer")),
		Status: rapid.SampledFrom([]int{0, 0, 100, 180, 200, 200, 404, 408, 486, 500, 503}).Draw(t, "status"),
	}
	if o.Status == 0 {
		o.Unreachable = rapid.Bool().Draw(t, "unreachable")
		o.Alone = rapid.Bool().Draw(t, "alone")
	}
	if rapid.IntRange(0, 9).Draw(t, "unable") == 0 {
		o.Unable = errors.New("our own network")
	}
	return o
}

// TestHealthInAnyOrder: what must hold of any order of observations.
func TestHealthInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := DefaultPolicy()
		var h Health
		now := noon
		var fell [layers]time.Time
		for range rapid.IntRange(1, 200).Draw(t, "observations") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(4*time.Second)).Draw(t, "pass")))
			if rapid.IntRange(0, 19).Draw(t, "nothing for a while") == 0 {
				now = now.Add(p.Stale)
			}
			o := anything(t)
			next := p.Next(h, o, now)
			if o.Unable != nil && next != h {
				t.Fatal("something we could not ask changed the health")
			}
			for i := range next.Layers {
				was, is := h.Layers[i].State, next.Layers[i].State
				if is == wissel.Down && was != wissel.Down {
					fell[i] = now
					if Layer(i) == Outside || Layer(i) == Quality {
						t.Fatal("advice alone made it down")
					}
					if o.Alone && o.Status == 0 {
						t.Fatal("down when everybody was silent")
					}
				}
				if was == wissel.Down && is != wissel.Down && now.Sub(fell[i]) < p.Dwell {
					t.Fatalf("layer %d left down after %v", i, now.Sub(fell[i]))
				}
				if is == wissel.Up && was == wissel.Down && (byCalls(Layer(i)) || Layer(i) == Test) {
					t.Fatal("a layer of calls came up without a trial")
				}
			}
			before := p.At(h, now).State
			if known := before != wissel.Unknown; known && o.Unable == nil && !o.Unreachable && grade(o) == Good && before.Better(next.State) {
				t.Fatalf("good news of layer %d made it %s, and it was %s", o.Layer, next.State, before)
			}
			if h.State == wissel.Down && next.State != wissel.Down {
				for i := range next.Layers {
					if next.Layers[i].State == wissel.Down {
						t.Fatal("the address is better than its worst layer")
					}
				}
			}
			v := p.Verdict(next, now)
			if v.Retry && v.State != wissel.Down || v.Evidence == "" {
				t.Fatalf("%+v", v)
			}
			h = next
		}
	})
}

// TestOneLostProbeNeverMakesItDown: whatever happened before, as long as it was up.
func TestOneLostProbeNeverMakesItDown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := DefaultPolicy()
		var h Health
		now := noon
		for range rapid.IntRange(0, 50).Draw(t, "observations") {
			now = now.Add(time.Second)
			h = p.Next(h, anything(t), now)
		}
		for range 400 { // until all is well
			if now = now.Add(2 * time.Second); h.State == wissel.Up {
				break
			}
			for l := range layers {
				h = p.Next(h, Observation{Layer: l, Status: 200}, now)
			}
		}
		if h.State != wissel.Up {
			t.Fatalf("good evidence of each kind does not bring it up: %+v", h)
		}
		if h = p.Next(h, Observation{Layer: Probe}, now); h.State == wissel.Down {
			t.Fatal("down after one lost probe")
		}
	})
}

// TestTheVerdictFlapsNoFasterThanTheHoldDownAllows holds the falls of an address against a count of its own: each fall holds
// at least Dwell, doubled by each fall before it of which no Calm has taken the memory away, whatever layer fell.
func TestTheVerdictFlapsNoFasterThanTheHoldDownAllows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := DefaultPolicy()
		var h Health
		now := noon
		var fell, rose time.Time
		flaps := 0
		for range rapid.IntRange(1, 300).Draw(t, "observations") {
			now = now.Add(lull(t))
			next := story(t, p, h, now)
			switch was, is := h.State == wissel.Down, next.State == wissel.Down; {
			case is && !was:
				if !rose.IsZero() {
					flaps = max(0, flaps-int(now.Sub(rose)/p.Calm))
				}
				flaps++
				fell = now
			case was && !is:
				if held, least := now.Sub(fell), min(p.Dwell<<(flaps-1), p.Longest); held < least {
					t.Fatalf("flap %d held for %v, and not %v", flaps, held, least)
				}
				rose = now
			}
			h = next
		}
	})
}

// lull draws how long until the next observation: mostly seconds, at times an hour.
func lull(t *rapid.T) time.Duration {
	if rapid.IntRange(0, 19).Draw(t, "kind") == 0 {
		return time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "long"))
	}
	return time.Duration(rapid.Int64Range(0, int64(4*time.Second)).Draw(t, "short"))
}

// story moves h by something that may happen: an observation, or time alone.
func story(t *rapid.T, p Policy, h Health, now time.Time) Health {
	if rapid.IntRange(0, 9).Draw(t, "quiet") == 0 {
		return p.At(h, now)
	}
	return p.Next(h, anything(t), now)
}

// TestOneLostProbeNeverChangesARoute: after any story that leaves the address not Down with no loss pending, the steps of a
// call are the same before and after one lost OPTIONS.
func TestOneLostProbeNeverChangesARoute(t *testing.T) {
	a := wissel.Address{Transport: wissel.UDP}
	trunk := &wissel.Trunk{ID: "north", Addresses: []wissel.Address{a}}
	flow := wissel.Target{Flow: "storing"}
	g := &wissel.Group{ID: "support", Active: "normaal", Plans: map[wissel.PlanID]wissel.Plan{
		"normaal": {ID: "normaal", Targets: []wissel.Target{{Trunk: "north"}, flow}}}}
	route := func(p Policy, h Health, now time.Time) []plan.Step {
		s := &wissel.Snapshot{
			Lines:  map[wissel.Number]wissel.Line{"+31201234567": {Number: "+31201234567", Group: "support"}},
			Groups: map[wissel.GroupID]*wissel.Group{"support": g}, Trunks: map[wissel.TrunkID]*wissel.Trunk{"north": trunk},
			Health: map[wissel.Address]wissel.Verdict{a: p.Verdict(h, now)},
		}
		return plan.Route(s, plan.Request{To: "+31201234567", Now: now}).Steps
	}
	rapid.Check(t, func(t *rapid.T) {
		p := DefaultPolicy()
		var h Health
		now := noon
		for range rapid.IntRange(0, 60).Draw(t, "observations") {
			now = now.Add(lull(t))
			h = story(t, p, h, now)
		}
		h = p.Next(h, Observation{Layer: Probe, Status: 200}, now) // so that the one to be lost is the first
		now = now.Add(2 * time.Second)
		h = p.At(h, now)
		next := p.Next(h, Observation{Layer: Probe}, now)
		if h.State != wissel.Down && next.State > wissel.Suspect {
			t.Fatalf("%s after one lost OPTIONS", next.State)
		}
		if before, after := route(p, h, now), route(p, next, now); len(before) != len(after) || before[0] != after[0] {
			t.Fatalf("routes: %v before, %v after", before, after)
		}
	})
}

// TestTimeAloneChangesOnlyWhatWasAnnounced: between two observations a verdict changes at the moment that changes gives, and
// at no other.
func TestTimeAloneChangesOnlyWhatWasAnnounced(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := DefaultPolicy()
		var h Health
		now := noon
		for range rapid.IntRange(1, 60).Draw(t, "observations") {
			now = now.Add(lull(t))
			h = story(t, p, h, now)
		}
		at, announced := p.changes(h, now)
		before := p.Verdict(h, now)
		later := now.Add(time.Duration(rapid.Int64Range(0, int64(2*time.Hour)).Draw(t, "later")))
		if announced && !later.Before(at) {
			later = at.Add(-1)
		}
		if after := p.Verdict(h, later); after.State != before.State || after.Retry != before.Retry {
			t.Fatalf("%+v became %+v by time alone, announced: %v at %v", before, after, announced, at)
		}
	})
}

// TestWhatWouldChangeItDoes carries out what an Account says would change a layer.
func TestWhatWouldChangeItDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := DefaultPolicy()
		var h Health
		now := noon
		for range rapid.IntRange(0, 80).Draw(t, "observations") {
			now = now.Add(lull(t))
			h = story(t, p, h, now)
		}
		for of := range layers {
			if c, ok := p.cure(h, of, now); ok {
				at := now
				if c.from.After(now) {
					at = c.from
					if early := again(p, h, of, c.good, at.Add(-1)); early.State != wissel.Down {
						t.Fatalf("%s came back before its hold-down was over", of)
					}
				}
				if got := again(p, h, of, c.good, at).State; got != c.to {
					t.Fatalf("%s: %q made it %s: %+v", of, p.change(h, of, now), got, h.Layers[of])
				}
				if fewer := again(p, h, of, c.good-1, at); c.good > 1 && fewer.State == c.to {
					t.Fatalf("%s: %q: it took fewer: %+v", of, p.change(h, of, now), h.Layers[of])
				}
				if c.lull > 0 && !p.stale(of, &h.Layers[of], h.Layers[of].Last.Add(c.lull)) {
					t.Fatalf("%s: %q: it still counts then", of, p.change(h, of, now))
				}
			}
			if n, to := p.harm(h, of, now); n > 0 {
				broken := h
				for range n {
					if broken.Layers[of].State == wissel.Down {
						t.Fatalf("%s: %q: it took fewer", of, p.change(h, of, now))
					}
					broken = p.Next(broken, Observation{Layer: of}, now)
				}
				if got := broken.Layers[of].State; got != to {
					t.Fatalf("%s: %q made it %s: %+v", of, p.change(h, of, now), got, h.Layers[of])
				}
			}
		}
	})
}

// again gives a layer after n good observations of its kind at one moment.
func again(p Policy, h Health, of Layer, n int, at time.Time) LayerHealth {
	for range n {
		h = p.Next(h, Observation{Layer: of, Status: 200}, at)
	}
	return h.Layers[of]
}

// FuzzNext feeds a policy any observations, three bytes each: layer and kind, status, and time.
func FuzzNext(f *testing.F) {
	f.Add([]byte{1, 2, 10, 1, 0, 5, 1, 0, 5, 1, 0, 5, 1, 2, 200})
	f.Add([]byte{2, 0, 1, 18, 2, 80, 4, 0, 1, 4, 0, 1})
	f.Fuzz(func(t *testing.T, story []byte) {
		p := DefaultPolicy()
		var h Health
		now := noon
		for ; len(story) >= 3; story = story[3:] {
			o := Observation{
				Layer: Layer(story[0] & 15), Unreachable: story[0]&16 != 0, Alone: story[0]&32 != 0, Mark: Mark(story[0] >> 6),
				Status: []int{0, 100, 180, 200, 403, 404, 429, 486, 500, 503}[story[1]%10],
			}
			now = now.Add(time.Duration(story[2]) * time.Duration(story[2]) * 10 * time.Millisecond)
			was := h
			h = p.Next(h, o, now)
			c := p.Account(h, now)
			for i, l := range h.Layers {
				if l.Bad < l.Alone || l.Bad > 0 && l.Good > 0 || l.State == wissel.Down && l.Until.Before(l.Since) || c.Layers[i].Change == "" {
					t.Fatalf("%+v: %+v", o, l)
				}
			}
			if was.State == wissel.Down && h.State != wissel.Down && now.Sub(was.Since) < p.Dwell {
				t.Fatalf("left down after %v", now.Sub(was.Since))
			}
			if d := p.Pace(h, 2*time.Second, 500*time.Millisecond); d < 500*time.Millisecond || d > p.Slowest {
				t.Fatalf("asked each %v", d)
			}
		}
	})
}
