package health

import (
	"strings"
	"sync"
	"testing"
	"time"

	"wissel"
)

func TestMassHangUp(t *testing.T) {
	type end struct {
		after  time.Duration // since the one before
		times  int
		normal bool
	}
	const ms = time.Millisecond
	rows := []struct {
		name string
		up   int // calls at first
		ends []end
		want int // masses told
	}{
		{"five of ten calls lost at once", 10, []end{{0, 5, false}}, 1},
		{"four of four are too few", 4, []end{{0, 4, false}}, 0},
		{"five of twenty are too small a part", 20, []end{{0, 5, false}}, 0},
		{"six of twenty are not", 20, []end{{0, 6, false}}, 1},
		{"at five o'clock 200 callers hang up", 200, []end{{9 * ms, 200, true}}, 0},
		{"among 200 who hang up two are lost", 200, []end{{9 * ms, 100, true}, {0, 2, false}, {9 * ms, 98, true}}, 0},
		{"sixty of 200 lost within two seconds", 200, []end{{30 * ms, 60, false}}, 1},
		{"sixty of 200 lost within ten seconds", 200, []end{{167 * ms, 60, false}}, 0},
		{"all 200 lost over five seconds are one mass", 200, []end{{25 * ms, 200, false}}, 1},
		{"five lost, and five more a minute later, are two", 10, []end{{0, 5, false}, {time.Minute, 1, false}, {0, 4, false}}, 2},
		{"five lost one each second are none", 10, []end{{time.Second, 5, false}}, 0},
		{"the last five of 100 whose others hung up long before", 100, []end{{0, 95, true}, {3 * time.Second, 1, false}, {0, 4, false}}, 1},
		{"the last five of 100 whose others hung up just before", 100, []end{{0, 95, true}, {time.Second, 1, false}, {0, 4, false}}, 0},
	}
	for _, row := range rows {
		var m Mass
		at, up, got := 100*time.Second, row.up, 0
		for _, e := range row.ends {
			for range e.times {
				at += e.after
				up--
				if m.End(up, e.normal, at) {
					got++
				}
			}
		}
		if got != row.want {
			t.Errorf("%s: %d masses", row.name, got)
		}
	}
}

func TestAMassHangUpMakesSuspectAndAsksAtOnce(t *testing.T) {
	watch(t, 2, func(b *Board, f *far, film func() string) {
		pass(1250 * time.Millisecond)
		film()
		f.takeAsked()
		hangUp := func(normal bool) {
			for range 10 {
				b.Joined(address(1))
			}
			for range 10 {
				b.Parted(address(1), time.Minute, normal)
			}
		}
		hangUp(true)
		pass(300 * time.Millisecond)
		if got := film(); got != "" || len(f.takeAsked()) != 0 {
			t.Errorf("ten people hung up, and it was %s", got)
		}
		pass(3 * time.Second)
		f.takeAsked()
		hangUp(false)
		pass(200 * time.Millisecond)
		if got := f.takeAsked(); len(got) < 3 {
			t.Errorf("asked at %v", got)
		}
		if got, want := film(), "suspect at 4.55"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if e := b.Verdicts()[address(1)].Evidence; !strings.Contains(e, "many calls ended at once") {
			t.Errorf("evidence %q", e)
		}
		pass(5 * time.Second)
		hangUp(false)
		pass(100 * time.Millisecond)
		if got, want := film(), "down at 9.75"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if c := b.Counts(); c.Masses != 2 {
			t.Errorf("%+v", c)
		}
	})
}

func TestAMassHangUpAndASilentBurstAreDown(t *testing.T) {
	watch(t, 2, func(b *Board, f *far, film func() string) {
		pass(1250 * time.Millisecond)
		film()
		for range 6 {
			b.Joined(address(1))
		}
		f.mute(address(1))
		for range 6 {
			b.Parted(address(1), time.Minute, false)
		}
		pass(300 * time.Millisecond)
		if got, want := film(), "suspect at 1.25, down at 1.50"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

func TestLegsOfAnAddressThatIsGoneAreForgotten(t *testing.T) {
	b := NewBoard(DefaultPolicy(), nil)
	trunk := func(n int) map[wissel.TrunkID]*wissel.Trunk {
		return map[wissel.TrunkID]*wissel.Trunk{"a": {ID: "a", Addresses: []wissel.Address{address(n)}}}
	}
	b.Set(trunk(1))
	for range 1000 {
		b.Joined(address(1))
	}
	b.Set(trunk(2))
	for range 5 {
		b.Joined(address(2))
	}
	b.Parted(address(1), time.Minute, false) // nobody's
	for range 5 {
		b.Parted(address(2), time.Minute, false)
	}
	if got := b.Verdicts()[address(2)].State; got != wissel.Suspect {
		t.Errorf("all five calls of its only address were lost, and it is %s", got)
	}
	b.Parted(address(2), time.Minute, true) // one that was Joined before the address was ours
	if got := b.entry(address(2)).legs.Load(); got != 0 {
		t.Errorf("%d legs", got)
	}
}

// TestHangingUpAtOnceIsCountedOnce: five lost of seventeen calls are no mass, whoever hangs up in the same moment; and a call that
// ends unknown takes no other's place.
func TestHangingUpAtOnceIsCountedOnce(t *testing.T) {
	trunks := map[wissel.TrunkID]*wissel.Trunk{"a": {ID: "a", Addresses: []wissel.Address{address(1)}}}
	for range 2000 {
		b := NewBoard(DefaultPolicy(), nil)
		b.Set(trunks)
		for range 17 {
			b.Joined(address(1))
		}
		var all sync.WaitGroup
		for i := range 4 {
			all.Go(func() {
				for range 3 {
					b.Parted(address(1), time.Minute, true)
				}
				if i == 0 {
					for range 5 {
						b.Parted(address(1), time.Minute, false)
					}
				}
			})
		}
		all.Wait()
		if n := b.Counts().Masses; n != 0 {
			t.Fatal("five of seventeen were called a mass")
		}
		all.Go(func() { b.Parted(address(1), time.Minute, true) })
		all.Go(func() { b.Joined(address(1)) })
		all.Wait()
		if n := b.entry(address(1)).legs.Load(); n > 1 || n < 0 {
			t.Fatalf("%d legs stand", n)
		}
	}
}
