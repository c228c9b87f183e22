package callbacks

import (
	"fmt"
	"testing"
	"time"

	"wissel"
)

// nine is open from 9 to 17, and promises by the end of tomorrow.
type nine struct{ office }

func (nine) EndOfNextDay(t time.Time, _ wissel.Override) time.Time {
	return t.Truncate(24 * time.Hour).Add(41 * time.Hour)
}

// At noon the desk is open for 5 hours today and 8 tomorrow: 780 minutes.
func TestNothingIsPromisedThatCannotBeDone(t *testing.T) {
	for _, row := range []struct {
		name   string
		owed   int
		done   int // one each 10 minutes until now
		change func(*Settings)
		want   bool
	}{
		{"nobody waits", 0, 0, func(*Settings) {}, true},
		{"as many as two agents can do in 6 minutes each", 259, 0, func(*Settings) {}, true},
		{"one more", 260, 0, func(*Settings) {}, false},
		{"four agents do twice as many", 519, 0, func(s *Settings) { s.Agents = 4 }, true},
		{"measured, they are slower", 77, 6, func(*Settings) {}, true},
		{"measured, one more", 78, 6, func(*Settings) {}, false},
		{"a horizon of its own", 29, 0, func(s *Settings) { s.Horizon = 90 * time.Minute }, true},
		{"one more than that", 30, 0, func(s *Settings) { s.Horizon = 90 * time.Minute }, false},
		{"people may be rung until 15:00 alone, so for 9 hours", 179, 0, func(s *Settings) { s.Humane = humane(t, "Mo-Su 09:00-15:00") }, true},
		{"one more than in those", 180, 0, func(s *Settings) { s.Humane = humane(t, "Mo-Su 09:00-15:00") }, false},
		{"as many as both days may have", 199, 0, func(s *Settings) { s.PerDay = 100 }, true},
		{"one more than those", 200, 0, func(s *Settings) { s.PerDay = 100 }, false},
		{"people make them, and nothing is known", 5000, 0, func(s *Settings) { s.Trunk = "" }, true},
		{"people make them, and it was measured", 78, 6, func(s *Settings) { s.Trunk = "" }, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			b, set := NewBook(), DefaultSettings()
			set.Trunk = "genesys"
			row.change(&set)
			for i := range row.done {
				b.Wish(wish(fmt.Sprint("d", i), "", i))
				b.Close(fmt.Sprint("d", i), Done, "anna", "", noon.Add(time.Duration(i-row.done+1)*10*time.Minute))
			}
			for i := range row.owed {
				b.Wish(wish(fmt.Sprintf("w%05d", i), wissel.Number(fmt.Sprintf("+312%08d", i)), 0))
			}
			if got := b.Fits("support", set, Desk{Hours: nine{}}, noon); got != row.want {
				t.Errorf("%v", got)
			}
		})
	}
}
