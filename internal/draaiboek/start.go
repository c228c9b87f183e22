package draaiboek

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"wissel"
)

// Shift is one line of a duty list.
type Shift struct {
	People []string        // in the order in which they are asked: home/anna
	When   wissel.Schedule // nil: always
	From   string          // the first day, 2026-12-24; empty: any
	To     string          // and the last
}

// OnDuty gives who is on at a moment, the first to be asked first: those of the first line that holds, and behind them those of the lines
// after it, so that there always is a next one. zone is that of the dates.
func OnDuty(list []Shift, now time.Time, zone *time.Location) (all []string) {
	day := now.In(zone).Format(time.DateOnly)
	for _, s := range list {
		if s.From != "" && day < s.From || s.To != "" && day > s.To || s.When != nil && !s.When.Open(now, wissel.Override{}) {
			continue
		}
		for _, p := range s.People {
			if !slices.Contains(all, p) {
				all = append(all, p)
			}
		}
	}
	return all
}

// MayStart says why a scenario is not started now; empty: it may be. roles and who are of whoever asks; despite: he knows of blocked dates.
func (s Scenario) MayStart(who string, roles []string, drill, despite bool, now time.Time) string {
	if !slices.Contains(s.Starters, who) && !slices.ContainsFunc(roles, func(r string) bool { return slices.Contains(s.Starters, r) }) {
		return fmt.Sprintf("%s is started by %s, and %s is not one of them", s.Name, strings.Join(s.Starters, " or "), who)
	}
	day := now.Format(time.DateOnly)
	for _, b := range s.Blocked {
		last := max(b.Date, b.To)
		if day >= b.Date && day <= last && (drill || !b.Drills) && !despite {
			return fmt.Sprintf("%s is not started on %s: %s", s.Name, day, b.Why)
		}
	}
	return ""
}

// Clash says why a scenario cannot be started beside the runs there are: two that touch the same group would undo each other's steps. Empty:
// it can. A drill is for test callers alone, so it stands in the way of other drills and of nothing that is real.
func Clash(runs []Run, s Scenario, drill bool) string {
	for _, r := range runs {
		if r.State.Over() || r.State == Proposed || r.Drill != drill {
			continue
		}
		for _, g := range s.Touches() {
			if slices.Contains(r.Scenario.Touches(), g) {
				return fmt.Sprintf("%s touches group %s, and so does run %s of %s, which %s began at %s (%s): stop or undo that one first, or go on with it",
					s.Name, g, r.ID, r.Scenario.Name, orSomebody(r.By), r.Began.Format("15:04"), r.State)
			}
		}
	}
	return ""
}

func orSomebody(who string) string {
	if who == "" {
		return "somebody"
	}
	return who
}
