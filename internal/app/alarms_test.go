package app

import (
	"slices"
	"testing"
	"time"

	"wissel/internal/virtual"
)

func TestAlarmsLastAnHourOrAsLongAsTheirCause(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		var a alarms
		a.set("loop", "a caller came back to us")
		a.hold("ours", "it is us")
		if got := a.texts(); len(got) != 2 {
			t.Errorf("at once: %q", got)
		}
		<-time.After(61 * time.Minute)
		if got := a.texts(); !slices.Equal(got, []string{"00:00:00 it is us"}) {
			t.Errorf("an hour later: %q", got)
		}
		a.clear("ours")
		if got := a.texts(); len(got) != 0 {
			t.Errorf("when it is over: %q", got)
		}
	})
}
