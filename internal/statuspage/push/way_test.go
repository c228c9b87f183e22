package push

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

var noon = time.Date(2026, 6, 3, 12, 0, 0, 0, time.UTC)

func TestAPlaceThatFailsIsTriedLessAndLess(t *testing.T) {
	w := Way{}.Changed(1, noon)
	now := noon
	for i, want := range []time.Duration{1, 2, 4, 8, 16, 30, 30, 30} {
		w = w.Failed("refused", 0.5, now)
		if got := w.Next.Sub(now); got != want*time.Second {
			t.Errorf("after %d failures it is tried again after %v, want %v", i+1, got, want*time.Second)
		}
		if open := i+1 >= 5; w.Open() != open {
			t.Errorf("after %d failures its breaker is open: %v", i+1, w.Open())
		}
		now = w.Next
	}
	if w.State() != Failed || !w.Since.Equal(noon) || w.Fault != "refused" {
		t.Errorf("%+v", w)
	}
	if w = w.Done(1, now); w.State() != Live || w.Fails != 0 || !w.Since.IsZero() || !w.Behind.IsZero() {
		t.Errorf("it is well again, and is %+v", w)
	}
}

func TestAChangeGoesAtOnceUnlessTheBreakerIsOpen(t *testing.T) {
	shut := Way{}.Changed(1, noon).Failed("slow", 0.5, noon).Changed(2, noon.Add(time.Millisecond))
	if at, due := shut.When(2); !due || !at.IsZero() {
		t.Errorf("after one failure a change waits until %v", at)
	}
	open := Way{}
	for range 5 {
		open = open.Failed("dead", 0.5, noon)
	}
	if at, due := open.Changed(2, noon).When(2); !due || !at.Equal(noon.Add(16*time.Second)) {
		t.Errorf("a place whose breaker is open is tried at %v", at)
	}
}

func TestHowAPlaceIsTold(t *testing.T) {
	for _, row := range []struct {
		name   string
		way    Way
		state  State
		behind bool
	}{
		{"nothing was brought yet", Way{}, Pending, false},
		{"the first is on its way", Way{}.Changed(1, noon), Pending, true},
		{"it is there", Way{}.Changed(1, noon).Done(1, noon), Live, false},
		{"a newer one, that says the same, could not be brought", Way{}.Changed(1, noon).Done(1, noon).Failed("x", 0, noon), Failed, false},
		{"a change is on its way", Way{}.Changed(1, noon).Done(1, noon).Changed(2, noon), Pending, true},
		{"an older one arrived after the change", Way{}.Changed(1, noon).Changed(2, noon).Done(1, noon), Pending, true},
		{"a newer one arrived that says the same as the change", Way{}.Changed(2, noon).Done(3, noon), Live, false},
	} {
		if got := row.way.State(); got != row.state || row.way.Behind.IsZero() == row.behind {
			t.Errorf("%s: it is %s, behind since %v", row.name, got, row.way.Behind)
		}
	}
}

// Whatever happens, a place is tried at least each 36 s for as long as something is to come there, and is behind only then.
func TestNoPlaceIsForgotten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, now, newest := Way{}, noon, uint64(0)
		for range rapid.IntRange(1, 60).Draw(t, "events") {
			now = now.Add(time.Duration(rapid.IntRange(0, 60_000).Draw(t, "ms")) * time.Millisecond)
			switch rapid.SampledFrom([]string{"change", "same", "done", "fail"}).Draw(t, "event") {
			case "change":
				newest++
				w = w.Changed(newest, now)
			case "same":
				newest++
			case "done":
				w = w.Done(newest, now)
			case "fail":
				w = w.Failed("x", rapid.Float64Range(0, 1).Draw(t, "chance"), now)
			}
			at, due := w.When(newest)
			if due != (w.Held < newest) || at.After(now.Add(36*time.Second)) {
				t.Fatalf("%+v at %v: it is due %v at %v", w, now, due, at)
			}
			if !w.Behind.IsZero() && w.Held >= w.Want {
				t.Fatalf("%+v: it is behind, and has what it wants", w)
			}
		}
	})
}
