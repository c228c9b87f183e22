package health

import (
	"slices"
	"testing"
	"time"

	"wissel"
)

func TestAPeerThatRefusesProbesAndTakesCallsIsAskedLessOften(t *testing.T) {
	watch(t, 2, func(b *Board, f *far, film func() string) {
		pass(time.Second)
		film()
		f.mute(address(1))
		f.takeAsked()
		takes := time.NewTicker(time.Second)
		defer takes.Stop()
		for range 120 {
			<-takes.C
			b.Observe(address(1), Observation{Layer: Calls, Status: 180})
		}
		if got := film(); got != "suspect at 3.75" {
			t.Errorf("it takes its calls: %s", got)
		}
		var gaps []time.Duration
		asked := f.takeAsked()
		for i := range asked[1:] {
			gaps = append(gaps, (time.Duration(asked[i+1]-asked[i]) * time.Millisecond).Round(100*time.Millisecond))
		}
		s := time.Second
		if want := []time.Duration{1500 * time.Millisecond, s, s, 4 * s, 8 * s, 16 * s, 30 * s, 30 * s}; !slices.Equal(gaps, want) {
			t.Errorf("it was asked after %v, want %v", gaps, want)
		}
		if a, _ := b.Account(address(1)); a.Probed != 30*s {
			t.Errorf("it is asked each %v", a.Probed)
		}
		b.Observe(address(1), Observation{Layer: Calls, Status: 503}) // now its calls fail too
		pass(3 * time.Second)
		if got := film(); got != "down at 122.50" {
			t.Errorf("neither OPTIONS nor calls: %s", got)
		}
	})
}

// TestAPeerThatAsksForPeaceGetsIt: the Retry-After of a 503 to OPTIONS puts the next one off, by a minute at most.
func TestAPeerThatAsksForPeaceGetsIt(t *testing.T) {
	p := DefaultPolicy()
	for _, row := range []struct {
		name string
		o    Observation
		want time.Duration
	}{
		{"a 503 that says nothing", Observation{Layer: Probe, Status: 503}, 0},
		{"a 503 that asks for 20 s", Observation{Layer: Probe, Status: 503, Rest: 20 * time.Second}, 20 * time.Second},
		{"a 503 that asks for an hour", Observation{Layer: Probe, Status: 503, Rest: time.Hour}, time.Minute},
		{"a 480 that asks for 20 s", Observation{Layer: Probe, Status: 480, Rest: 20 * time.Second}, 0},
		{"a call's 503, which calls look to", Observation{Layer: Calls, Status: 503, Rest: 20 * time.Second}, 0},
	} {
		h := p.Next(Health{}, row.o, noon)
		if got := max(0, h.Layers[Probe].Rest.Sub(noon)); got != row.want {
			t.Errorf("%s: left alone for %v, want %v", row.name, got, row.want)
		}
		if row.want > 0 && p.At(h, noon.Add(p.Stale+row.want-time.Second)).State != wissel.Suspect {
			t.Errorf("%s: its suspicion grew old while it was left alone", row.name)
		}
		if h = p.Next(h, Observation{Layer: Probe, Status: 200}, noon.Add(time.Second)); h.Layers[Probe].Rest.After(noon) {
			t.Errorf("%s: left alone after a 200", row.name)
		}
	}
	watch(t, 2, func(b *Board, f *far, film func() string) {
		pass(time.Second)
		f.set(address(1), Observation{Status: 503, Rest: 20 * time.Second})
		pass(2 * time.Second)
		f.takeAsked()
		b.Observe(address(1), Observation{Layer: Quality, Why: "answers less"}) // no other doubt brings it forward
		pass(45 * time.Second)
		if got := f.takeAsked(); !slices.Equal(got, []int64{22770, 42790}) {
			t.Errorf("it was asked at %v", got)
		}
		f.set(address(1), Observation{Status: 503, Rest: time.Hour})
		pass(2 * time.Minute)
		if got := f.takeAsked(); !slices.Equal(got, []int64{62810, 122830}) {
			t.Errorf("one that asks for an hour was asked at %v", got)
		}
		if got, want := film(), "unknown at 0.00, up at 0.27, suspect at 2.77, down at 42.81"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

func TestPace(t *testing.T) {
	p := DefaultPolicy()
	rows := []struct {
		name   string
		events []event
		want   time.Duration
	}{
		{"unknown", nil, 500 * time.Millisecond},
		{"up", []event{probe(200)}, 2 * time.Second},
		{"suspect", []event{probe(200), probe(0)}, 500 * time.Millisecond},
		{"down", []event{probe(200), probe(0), probe(0), probe(0)}, 500 * time.Millisecond},
		{"one that has never answered, at first", []event{probe(0), probe(0), probe(0)}, 500 * time.Millisecond},
		{"one that has never answered", slices.Repeat([]event{probe(0)}, 11), 2 * time.Second},
		{"forbidden, without calls", []event{probe(403), probe(403), probe(403), probe(403)}, 2 * time.Second},
		{"forbidden, and takes calls", []event{probe(403), called(180), probe(403), probe(403)}, 4 * time.Second},
		{"too many requests, and takes calls", []event{probe(429), called(200), probe(429), probe(429), probe(429)}, 8 * time.Second},
		{"a 403 between answers", []event{probe(403), called(200), probe(403), probe(200), probe(403)}, 2 * time.Second},
		{"refused for ever", append([]event{probe(503), called(180)}, slices.Repeat([]event{probe(503)}, 100)...), 30 * time.Second},
		{"until a call fails", append([]event{probe(503), called(180), called(503)}, slices.Repeat([]event{probe(503)}, 100)...), 500 * time.Millisecond},
	}
	for _, row := range rows {
		h, _ := play(p, row.events...)
		if got := p.Pace(h, 2*time.Second, 500*time.Millisecond); got != row.want {
			t.Errorf("%s: asked each %v, want %v", row.name, got, row.want)
		}
	}
}

func TestJitterIsTheTrunksOwn(t *testing.T) {
	b := NewBoard(DefaultPolicy(), nil)
	for _, row := range []struct{ jitter, chance, want float64 }{
		{0, 1, 2}, {0.1, 0, 1.8}, {0.1, 0.5, 2}, {0.1, 1, 2.2}, {0.5, 0, 1}, {0.5, 1, 3},
	} {
		b.chance = func() float64 { return row.chance }
		got := b.jitter(&wissel.Trunk{Probe: wissel.Probe{Jitter: row.jitter}}, 2*time.Second)
		if want := time.Duration(row.want * float64(time.Second)); (got - want).Abs() > time.Microsecond {
			t.Errorf("jitter %v at chance %v: %v, want %v", row.jitter, row.chance, got, want)
		}
	}
}

func TestWhatATrunkAccepts(t *testing.T) {
	rows := []struct {
		name   string
		list   []int
		status int
		want   Mark
	}{
		{"no list, any status", nil, 404, Neutral},
		{"a list, and on it", []int{404, 503}, 503, Good},
		{"a list, and a 200 that is not on it", []int{404}, 200, Good},
		{"a list, and another status", []int{404}, 405, Bad},
		{"a list, and a provisional one", []int{404}, 100, Neutral},
	}
	for _, row := range rows {
		if got := accepts(row.list, row.status); got != row.want {
			t.Errorf("%s: %v", row.name, got)
		}
	}
	watch(t, 1, func(b *Board, f *far, film func() string) {
		b.Set(map[wissel.TrunkID]*wissel.Trunk{"t1": {Addresses: []wissel.Address{address(1)}, Probe: wissel.Probe{Accept: []int{503}}}})
		f.set(address(1), Observation{Status: 503})
		pass(4 * time.Second)
		f.set(address(1), Observation{Status: 404})
		pass(8 * time.Second)
		if got, want := film(), "unknown at 0.00, up at 0.27, suspect at 4.77, down at 5.79"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}
