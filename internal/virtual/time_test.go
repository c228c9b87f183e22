package virtual_test

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"wissel/internal/virtual"
)

// With two processors the race detector dies of this within a hundred milliseconds.
func TestTimersThatRunOutTogether(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	virtual.Time(t, func(*testing.T) {
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				timer := time.NewTimer(time.Hour)
				for range 5_000 {
					timer.Reset(-1)
					<-timer.C
				}
			})
		}
		group.Wait()
	})
	if after := runtime.GOMAXPROCS(0); after != before {
		t.Errorf("%d processors before, %d after", before, after)
	}
}
