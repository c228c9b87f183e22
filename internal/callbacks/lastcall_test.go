package callbacks

import (
	"fmt"
	"testing"
	"time"

	"wissel"
)

// Who can have no text is rung once more, alone, to be told that nobody could call; each row is what came of that call.
func TestALastCall(t *testing.T) {
	until := func(at time.Time) time.Time { return at.Add(time.Hour) }
	at := noon.Add(2 * time.Hour)
	for _, row := range []struct {
		name  string
		came  []wissel.CallbackResult // of one attempt after another; an empty outcome: wissel died in it
		state State
		again time.Duration // when the next may be made; 0: none
	}{
		{"he heard it", []wissel.CallbackResult{{Outcome: wissel.CallbackTold, Rung: true}}, Expired, 0},
		{"nobody answers", []wissel.CallbackResult{{Outcome: wissel.CallbackNoAnswer, Rung: true}}, Hand, 0},
		{"busy", []wissel.CallbackResult{{Outcome: wissel.CallbackBusy, Rung: true}}, Hand, 0},
		{"he hangs up before the end", []wissel.CallbackResult{{Outcome: wissel.CallbackLeft, Rung: true}}, Hand, 0},
		{"no trunk goes there, and then one does", []wissel.CallbackResult{{Outcome: wissel.CallbackFull}, {Outcome: wissel.CallbackTold, Rung: true}}, Expired, time.Minute},
		{"wissel dies in it, and he is rung once more", []wissel.CallbackResult{{}, {Outcome: wissel.CallbackTold, Rung: true}}, Expired, 0},
		{"wissel is stopped in it, and he is rung once more", []wissel.CallbackResult{{Outcome: wissel.CallbackStopped, Rung: true}, {Outcome: wissel.CallbackTold, Rung: true}}, Expired, 0},
		{"wissel dies in it twice", []wissel.CallbackResult{{}, {}}, Hand, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			b, set := NewBook(), DefaultSettings()
			set.Trunk, set.PerNumber = "genesys", 9
			view := View{Lines: plainLines{}, Zones: func(wissel.Number) []*time.Location { return nil }}
			one := wish("l", "+31201110002", 0)
			b.Wish(one)
			b.Sweep("support", set, Look{plainLines{}, until, nil}, at)
			if _, ok, _ := b.Next("support", set, view, at); ok {
				t.Error("it is made as a callback")
			}
			now := at
			for i, r := range row.came {
				c, ok, again := b.NextLast("support", set, view, now)
				if !ok && i > 0 && again.Equal(now.Add(row.again)) {
					now = again
					c, ok, _ = b.NextLast("support", set, view, now)
				}
				if !ok || c.ID != "l" {
					t.Fatalf("attempt %d is not made, and may be at %v", i, again)
				}
				saved, ok := b.Begin("l", fmt.Sprint("a", i), "", set, now)
				if !ok || !saved.Progress.Rung || b.Flying("support") != 0 || b.Ringing("support") != 1 {
					t.Fatalf("attempt %d: %+v, %v", i, saved, ok)
				}
				if r.Outcome == "" {
					b = Read([]wissel.Wish{one}, nil, []Saved{saved})
					if all := b.Recover(func(wissel.GroupID) Settings { return set }, now); len(all) != 1 || all[0].Took || all[0].Settles {
						t.Fatalf("%+v", all)
					}
					continue
				}
				ch, ok := b.Result("l", fmt.Sprint("a", i), r, set, now)
				if !ok || ch.Took || ch.Settles || ch.Asked || ch.Notice == TellExpired {
					t.Errorf("%+v, %v", ch, ok)
				}
			}
			if c, ok := b.Get("l"); !ok || c.State != row.state || b.Ringing("support") != 0 {
				t.Errorf("%+v", c)
			}
			if _, ok, again := b.NextLast("support", set, view, now.Add(time.Hour)); ok || !again.IsZero() {
				t.Errorf("he is rung again, at %v", again)
			}
		})
	}
	b, set := NewBook(), DefaultSettings()
	set.Trunk = "genesys"
	shared := wish("s", "+31201110002", 0)
	shared.Apart = true
	b.Wish(shared)
	b.Sweep("support", set, Look{plainLines{}, until, nil}, at)
	if c, _ := b.Get("s"); c.State != Hand {
		t.Errorf("a switchboard is told: %+v", c)
	}
}
