package ivr_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"wissel/ivr"
)

// A part of the day is said only where a turn is known, and nothing at all without a place.
func TestPlace(t *testing.T) {
	src := ivr.Source{
		Flow: "rij", Start: "place", Languages: []ivr.Language{{ID: "nl", Key: "1"}},
		Steps: map[string]ivr.Node{
			"place": {Place: &ivr.Placing{Play: []string{"callback.place"}, Turn: []string{"callback.turn"}, Next: "bye"}},
			"bye":   {End: &ivr.Ending{Play: []string{"goodbye"}}},
		},
	}
	p, problems := ivr.Compile(src, lasting{})
	if p == nil {
		t.Fatal(problems)
	}
	_, sounds := shipped(t)
	for _, row := range []struct {
		name  string
		facts ivr.PlaceFacts
		want  []string
	}{
		{"nothing is known", ivr.PlaceFacts{}, []string{"Dank u voor het bellen. Tot ziens."}},
		{"a turn without a place", ivr.PlaceFacts{Turn: monday}, []string{"Dank u voor het bellen. Tot ziens."}},
		{"a place, and no time", ivr.PlaceFacts{Number: 21}, []string{"Uw plaats in de rij is nummer eenentwintig", "Dank u voor het bellen. Tot ziens."}},
		{"a place and a turn", ivr.PlaceFacts{Number: 3, Turn: monday.Add(24 * time.Hour)}, []string{"Uw plaats in de rij is nummer drie We verwachten u te bellen: morgenmiddag", "Dank u voor het bellen. Tot ziens."}},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := ivr.Walk{
				Program: p, State: ivr.NewState(ivr.Caller{}), Began: monday, Sound: sound(sounds), Say: sounds.Say,
				Facts: func(time.Time) ivr.Facts { return ivr.Facts{Place: row.facts} },
			}
			if !w.Follow(nil, time.Minute) {
				t.Fatal("he is not let go")
			}
			var got []string
			for _, l := range w.Lines {
				if !strings.HasPrefix(l.What, "[") {
					got = append(got, l.What)
				}
			}
			if !slices.Equal(got, row.want) {
				t.Errorf("heard %q, want %q", got, row.want)
			}
		})
	}
}
