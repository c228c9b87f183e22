package health

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"wissel"
)

func TestWatchTellsEachChangeAfterItWasPublished(t *testing.T) {
	var seen []string
	published := wissel.Unknown
	b := NewBoard(DefaultPolicy(), func(m map[wissel.Address]wissel.Verdict) { published = m[address(1)].State })
	b.Watch(func(c Transition) {
		seen = append(seen, fmt.Sprintf("%s %s to %s", c.Trunk, c.Before, c.After))
		if published != c.After || len(c.Evidence) == 0 || len(c.Thresholds) == 0 {
			t.Errorf("published %s, told %+v", published, c)
		}
		b.Observe(address(1), Observation{Layer: Probe}) // f may use the Board
	})
	b.Set(map[wissel.TrunkID]*wissel.Trunk{"a": {ID: "a", Addresses: []wissel.Address{address(1)}}})
	b.Observe(address(1), Observation{Layer: Probe, Status: 200})
	want := []string{"a unknown to up", "a up to suspect", "a suspect to down"}
	b.Observe(address(1), Observation{Layer: Probe})
	if !slices.Equal(seen, want) {
		t.Errorf("told %q, want %q", seen, want)
	}
}

func TestWhatNobodyTakesIsBounded(t *testing.T) {
	b := NewBoard(DefaultPolicy(), nil)
	b.Watch(func(Transition) {})
	for i := range maxTransitions + 3 {
		b.tell(Transition{At: time.Unix(int64(i), 0)})
	}
	if len(b.told) != maxTransitions || b.told[0].At.Unix() != 3 || b.untold != 3 {
		t.Errorf("%d wait, the first of second %d; %d were lost", len(b.told), b.told[0].At.Unix(), b.untold)
	}
}
