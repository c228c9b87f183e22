package health

import (
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/internal/virtual"
)

// calls plays attempts over address 1 of a Board that nobody runs, in virtual time.
type calls struct {
	b     *Board
	talks time.Duration
	rings time.Duration // until 18x
}

func (c calls) answered(n int) {
	for range n {
		pass(10 * time.Second)
		c.b.Tried(wissel.Tried{Address: address(1), Status: 180, Well: true, Delay: c.rings})
		pass(5 * time.Second)
		c.b.Joined(address(1))
		pass(c.talks)
		c.b.Parted(address(1), c.talks, true)
	}
}

// rung plays calls that ring and are not answered.
func (c calls) rung(n int) {
	for range n {
		pass(30 * time.Second)
		c.b.Tried(wissel.Tried{Address: address(1), Status: 180, Well: true, Delay: c.rings})
	}
}

func (c calls) refused(n, status int, well bool) {
	for range n {
		pass(10 * time.Second)
		c.b.Tried(wissel.Tried{Address: address(1), Status: status, Well: well, Delay: c.rings})
	}
}

// stands lets the process stand still, as the loop would notice it.
func (c calls) stands(d time.Duration) {
	c.b.pulse.arm(time.Now())
	pass(d)
	c.b.look(time.Now())
	c.b.pulse.arm(time.Now().Add(10_000 * time.Hour))
}

func TestQualityAgainstItsOwnPast(t *testing.T) {
	usual := func(c calls) {
		for range 60 {
			c.answered(4)
			c.refused(1, 486, true)
		}
	}
	rows := []struct {
		name string
		now  func(c calls)
		want string // evidence; empty: none against it
	}{
		{"as usual", usual, ""},
		{"it refuses most calls", func(c calls) { c.refused(40, 404, false) }, "answers"},
		{"nobody answers", func(c calls) { c.rung(45) }, "answers"},
		{"all are busy", func(c calls) { c.refused(45, 486, true) }, "answers"},
		{"calls are short", func(c calls) { c.talks = 4 * time.Second; c.answered(40) }, "ended within 10s, usually 0 %"},
		{"it takes long to ring", func(c calls) { c.rings = 5 * time.Second; c.answered(45) }, "rang after 5.27s or more, usually 410ms"},
		{"calls ring late because we stood still", func(c calls) {
			for range 45 {
				pass(30 * time.Second)
				c.stands(5 * time.Second)
				c.b.Tried(wissel.Tried{Address: address(1), Status: 180, Well: true, Delay: 5 * time.Second})
				pass(time.Second)
				c.b.Tried(wissel.Tried{Address: address(1), Status: 180, Well: true, Delay: 900 * time.Millisecond}) // it had waited
			}
		}, ""},
		{"calls are given up because we stood still", func(c calls) {
			for range 45 {
				pass(30 * time.Second)
				c.stands(5 * time.Second)
				c.b.Tried(wissel.Tried{Address: address(1), Status: 480, Delay: 5 * time.Second})
			}
		}, ""},
		{"calls rang while we stood still for a minute", func(c calls) {
			for range 45 {
				pass(100 * time.Millisecond)
				c.b.Tried(wissel.Tried{Address: address(1), Status: 180, Well: true, Delay: c.rings})
			}
			c.stands(time.Minute)
			c.b.Joined(address(1))
			pass(3 * time.Second)
			c.b.Joined(address(1))
		}, ""},
		{"calls are short because we stood still", func(c calls) {
			for range 45 {
				pass(30 * time.Second)
				c.b.Joined(address(1))
				c.stands(4 * time.Second)
				c.b.Parted(address(1), 4*time.Second, true)
			}
		}, ""},
		{"we stood still, and long after that it takes long to ring", func(c calls) {
			c.stands(5 * time.Second)
			pass(time.Minute)
			c.rings = 5 * time.Second
			c.answered(45)
		}, "rang after 5.27s or more, usually 410ms"},
		{"test calls do not count", func(c calls) {
			for range 100 {
				c.b.Tried(wissel.Tried{Address: address(1), Status: 500, Test: true})
			}
		}, ""},
		{"calls of others do not count", func(c calls) {
			for range 100 {
				c.b.Tried(wissel.Tried{Address: address(2), Status: 500})
				c.b.Joined(address(3))
				c.b.Parted(address(3), time.Second, true)
			}
		}, ""},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			virtual.Time(t, func(t *testing.T) {
				b := NewBoard(DefaultPolicy(), nil)
				b.Set(map[wissel.TrunkID]*wissel.Trunk{
					"a": {ID: "a", Addresses: []wissel.Address{address(1)}}, "b": {ID: "b", Addresses: []wissel.Address{address(2)}}})
				c := calls{b: b, talks: time.Minute, rings: 400 * time.Millisecond}
				usual(c)
				if v := b.Verdicts()[address(1)]; v.State > wissel.Up {
					t.Fatalf("usual calls, and it is %s: %s", v.State, v.Evidence)
				}
				row.now(c)
				v := b.Verdicts()[address(1)]
				if (v.State == wissel.Suspect) != (row.want != "") || row.want != "" && !strings.Contains(v.Evidence, row.want) {
					t.Errorf("it is %s: %q", v.State, v.Evidence)
				}
				usual(c)
				if v := b.Verdicts()[address(1)]; v.State > wissel.Up {
					t.Errorf("all is as usual again, and it is %s: %s", v.State, v.Evidence)
				}
			})
		})
	}
}

func TestRinging(t *testing.T) {
	s := time.Second
	var r ringing
	for range 3 {
		r.push(10 * s)
	}
	r.push(12 * s)
	if !r.pop() || r.over(40*s, 50*s) != 0 {
		t.Error("one was answered, and the others still ring")
	}
	if n := r.over(61*s, 50*s); n != 2 {
		t.Errorf("%d rang for too long", n)
	}
	if !r.pop() || r.pop() {
		t.Error("one still rang")
	}
	if n := r.over(100_000*s, 50*s); n != 0 || r.pop() {
		t.Errorf("a day later %d ring", n)
	}
	r.push(100_000 * s)
	if !r.pop() {
		t.Error("a new one does not ring")
	}
	for i := range 1000 { // longer than it has room for
		r.over(time.Duration(200_000+i)*s, time.Hour)
		r.push(time.Duration(200_000+i) * s)
	}
	n := 0
	for r.pop() {
		n++
	}
	if n != ringSlots {
		t.Errorf("%d ring", n)
	}
}

func TestWhatCallsTellAllocatesNothing(t *testing.T) {
	b := NewBoard(DefaultPolicy(), nil)
	b.Set(map[wissel.TrunkID]*wissel.Trunk{"a": {ID: "a", Addresses: []wissel.Address{address(1)}}})
	call := func() {
		b.Tried(wissel.Tried{Address: address(1), Status: 180, Well: true, Delay: 300 * time.Millisecond})
		b.Joined(address(1))
		b.Parted(address(1), time.Minute, true)
	}
	for range 1000 {
		call()
	}
	if n := testing.AllocsPerRun(1000, call); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkCall(b *testing.B) {
	board := NewBoard(DefaultPolicy(), nil)
	board.Set(map[wissel.TrunkID]*wissel.Trunk{"a": {ID: "a", Addresses: []wissel.Address{address(1)}}})
	b.ReportAllocs()
	for b.Loop() {
		board.Tried(wissel.Tried{Address: address(1), Status: 180, Well: true, Delay: 300 * time.Millisecond})
		board.Joined(address(1))
		board.Parted(address(1), time.Minute, true)
	}
}

func TestCallsThatPeersEndWhileWeStandStillAreNoMass(t *testing.T) {
	for _, row := range []struct {
		name  string
		still time.Duration
		later time.Duration // until the ends are read
		want  uint64
	}{
		{"in a pause", 10 * time.Second, 0, 0},
		{"right after it", 10 * time.Second, time.Second, 0},
		{"long after it", 10 * time.Second, 3 * time.Second, 1},
		{"a moment is no pause", 100 * time.Millisecond, 0, 1},
	} {
		virtual.Time(t, func(t *testing.T) {
			b := NewBoard(DefaultPolicy(), nil)
			b.Set(map[wissel.TrunkID]*wissel.Trunk{"a": {ID: "a", Addresses: []wissel.Address{address(1)}}})
			pass(time.Minute)
			for range 10 {
				b.Joined(address(1))
			}
			calls{b: b}.stands(row.still)
			pass(row.later)
			for range 10 {
				b.Parted(address(1), time.Minute, false)
			}
			if n := b.Counts().Masses; n != row.want {
				t.Errorf("%s: %d masses, want %d", row.name, n, row.want)
			}
		})
	}
}
