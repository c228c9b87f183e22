package plan

import (
	"slices"
	"strings"
	"testing"

	"wissel"
)

// People keep their place in a plan, whatever the trunks around them are, and a pin on them comes first.
func TestPeopleInAPlan(t *testing.T) {
	home := wissel.Target{People: "home"}
	at := func(s *wissel.Snapshot) (all []wissel.Target, d Decision) {
		g := *s.Groups["support"]
		g.Plans = map[wissel.PlanID]wissel.Plan{"normaal": {ID: "normaal", Targets: []wissel.Target{genesys, home, reserve, storing}}}
		s.Groups = map[wissel.GroupID]*wissel.Group{"support": &g}
		d = Route(s, Request{To: "+31201234567", Now: noon})
		for _, st := range d.Steps {
			if len(all) == 0 || all[len(all)-1] != st.Target {
				all = append(all, st.Target)
			}
		}
		return all, d
	}
	for _, row := range []struct {
		name   string
		change func(*wissel.Snapshot)
		want   []wissel.Target
	}{
		{"as it is written", func(*wissel.Snapshot) {}, []wissel.Target{genesys, home, reserve, storing}},
		{"the platform is down", func(s *wissel.Snapshot) { s.Health[genesys1], s.Health[genesys2] = down, down }, []wissel.Target{home, reserve, storing}},
		{"every trunk is down", func(s *wissel.Snapshot) {
			s.Health[genesys1], s.Health[genesys2], s.Health[reserve1] = down, down, down
		}, []wissel.Target{home, storing}},
		{"pinned", func(s *wissel.Snapshot) {
			s.Pins["support"] = wissel.Pin{ID: "p", Target: home, Until: noon.AddDate(0, 0, 1)}
		}, []wissel.Target{home, genesys, reserve, storing}},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, d := at(world(row.change))
			if !slices.Equal(got, row.want) || !strings.Contains(strings.Join(d.Reasons, "\n"), "people:home") {
				t.Errorf("%v, because\n%s", got, strings.Join(d.Reasons, "\n"))
			}
		})
	}
}
