// Package virtual runs tests in time that passes by itself.
package virtual

import (
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
)

var processors struct {
	sync.Mutex
	bubbles, before int
}

// Time runs f in a bubble of testing/synctest. Under the race detector one processor runs it: Go keeps one race context for all timers of a
// bubble (runtime/time.go, unlockAndRun), and two goroutines that receive at one moment from timers of theirs that have run out use it at
// once, on two processors. That overwrites the detector's stacks, and the process dies in it, seldom and without a test's name. One
// processor loses no race: the detector goes by what happens before what, not by what happens at once. See decision 0031.
func Time(t *testing.T, f func(*testing.T)) {
	t.Helper()
	if raced {
		take()
		defer giveBack()
	}
	synctest.Test(t, f)
}

// Raced is whether the race detector watches, which makes everything about ten times as slow.
const Raced = raced

func take() {
	processors.Lock()
	defer processors.Unlock()
	if processors.bubbles++; processors.bubbles == 1 {
		processors.before = runtime.GOMAXPROCS(1)
	}
}

func giveBack() {
	processors.Lock()
	defer processors.Unlock()
	if processors.bubbles--; processors.bubbles == 0 {
		runtime.GOMAXPROCS(processors.before)
	}
}
