package app

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"wissel"
	"wissel/carriers/testcall"
	"wissel/sip"
)

// TestATestLineGetsEachPlaceBack: however a call to it ends, a panic of ours in it included.
func TestATestLineGetsEachPlaceBack(t *testing.T) {
	for name, end := range map[string]func(x sip.Attending){
		"he hangs up":         func(x sip.Attending) { x.Hangup() },
		"a panic in the call": func(x sip.Attending) { x.(sip.HoldingAttending).LetGo() },
		"a panic when he hangs up": func(x sip.Attending) {
			defer func() {
				if recover() == nil {
					panic("it was no panic")
				}
			}()
			x.(*testEnd).script = func(testcall.Event, time.Time) []testcall.Effect { panic("for the test") }
			x.Hangup()
		},
	} {
		line := newTester(func() *wissel.Snapshot { return &wissel.Snapshot{} }, rand.Reader, slog.New(slog.DiscardHandler))
		for i := range 100 {
			from := wissel.Number(fmt.Sprintf("+3120123%04d", i))
			x, err := line.attend(sip.AttendedCall{Call: aCall, Claimed: from}, &host{posted: make(chan func(), 1), wakes: map[int]time.Time{}})
			if err != nil {
				t.Errorf("%s: call %d: %v", name, i+1, errors.Unwrap(err))
				break
			}
			end(x)
		}
	}
}
