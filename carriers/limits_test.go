package carriers

import (
	"sync"
	"testing"
	"time"

	"wissel"
	"wissel/internal/virtual"
)

func TestLimitOfCalls(t *testing.T) {
	l := NewLimits()
	l.Set(map[wissel.TrunkID]wissel.Limits{"kpn": {Calls: 2}})
	for range 2 {
		if !l.Take("kpn") {
			t.Fatal("two calls fit in a limit of two")
		}
	}
	if l.Take("kpn") {
		t.Fatal("a third call got through a limit of two")
	}
	l.Give("kpn")
	if !l.Take("kpn") {
		t.Fatal("after one ended, another fits")
	}
	if c := l.Counts()["kpn"]; c.Calls != 2 || c.Taken != 3 || c.Full != 1 || c.Fast != 0 {
		t.Fatalf("counts %+v", c)
	}
}

func TestLimitOfCallsASecondIsExactInEveryWindow(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		l := NewLimits()
		l.Set(map[wissel.TrunkID]wissel.Limits{"kpn": {CPS: 30}})
		var starts []time.Time
		for range 2000 { // five times the limit, in steps of 6.7 ms
			if l.Take("kpn") {
				starts = append(starts, time.Now())
			}
			<-time.After(6700 * time.Microsecond)
		}
		for i := 30; i < len(starts); i++ {
			if d := starts[i].Sub(starts[i-30]); d < time.Second {
				t.Fatalf("31 calls began within %v", d)
			}
		}
		if want := 13*30 + 30; len(starts) < want-30 || len(starts) > want {
			t.Fatalf("%d calls in 13.4 s at 30 a second", len(starts))
		}
	})
}

func TestReloadKeepsTheCounts(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		l := NewLimits()
		l.Set(map[wissel.TrunkID]wissel.Limits{"kpn": {Calls: 10, CPS: 4}, "old": {Calls: 1}})
		for range 3 {
			l.Take("kpn")
		}
		l.Take("old")
		l.Set(map[wissel.TrunkID]wissel.Limits{"kpn": {Calls: 2, CPS: 2}})
		if c := l.Counts(); c["kpn"].Calls != 3 || c["old"].Calls != 1 {
			t.Fatalf("a reload lost calls: %+v", c)
		}
		if l.Take("kpn") {
			t.Fatal("three calls up, a limit of two, and another got through")
		}
		l.Give("kpn")
		l.Give("kpn")
		if l.Take("kpn") {
			t.Fatal("the two newest starts were forgotten at the reload")
		}
		l.Set(map[wissel.TrunkID]wissel.Limits{"kpn": {Calls: 2, CPS: 3}})
		if !l.Take("kpn") || l.Take("kpn") {
			t.Fatal("with a limit of three a second, one more fits after two")
		}
		l.Give("old")
		if _, ok := l.Counts()["old"]; ok {
			t.Fatal("a removed trunk is still counted after its last call")
		}
	})
}

func TestTrunkWithoutSettingsIsCountedNotRefused(t *testing.T) {
	l := NewLimits()
	if !l.Take("gone") || l.Counts()["gone"].Calls != 1 {
		t.Fatal("a call over a trunk just removed is counted")
	}
	l.Give("gone")
	l.Give("gone")
	if len(l.Counts()) != 0 {
		t.Fatal("and forgotten when it ends")
	}
}

func TestLimitsFromManyGoroutines(t *testing.T) {
	l := NewLimits()
	l.Set(map[wissel.TrunkID]wissel.Limits{"kpn": {Calls: 7}})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 1000 {
				if l.Take("kpn") {
					if c := l.Counts()["kpn"].Calls; c > 7 {
						t.Errorf("%d calls over a limit of 7", c)
					}
					l.Give("kpn")
				}
			}
		})
	}
	wg.Wait()
	if c := l.Counts()["kpn"]; c.Calls != 0 || c.Taken+c.Full != 8000 {
		t.Fatalf("counts do not add up: %+v", c)
	}
}

func TestTakeAllocatesNothing(t *testing.T) {
	l := NewLimits()
	l.Set(map[wissel.TrunkID]wissel.Limits{"kpn": {Calls: 7, CPS: 1000}})
	if n := testing.AllocsPerRun(100, func() {
		if l.Take("kpn") {
			l.Give("kpn")
		}
	}); n != 0 {
		t.Fatalf("Take and Give allocate %v times", n)
	}
}

func TestACallThatCountsPastTheLimit(t *testing.T) {
	l := NewLimits()
	l.Set(map[wissel.TrunkID]wissel.Limits{"kpn": {Calls: 1}})
	if !l.Take("kpn") {
		t.Fatal("one call fits in a limit of one")
	}
	l.Count("kpn")
	if c := l.Counts()["kpn"]; c.Calls != 2 || c.Full != 0 {
		t.Errorf("%+v", c)
	}
	l.Give("kpn")
	if l.Take("kpn") {
		t.Error("a call got the place of one that is up past the limit")
	}
	l.Give("kpn")
	if !l.Take("kpn") {
		t.Error("a place was not given back")
	}
}
