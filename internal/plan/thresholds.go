package plan

import (
	"slices"
	"strings"
	"time"

	"wissel"
)

// basis is what the targets of a decision were weighed by: parts of the snapshot, so that a call keeps no more of an old one
// alive than that. The zero basis: no target was weighed.
type basis struct {
	health map[wissel.Address]wissel.Verdict
	trunks map[wissel.TrunkID]*wissel.Trunk
	rules  string
}

// Thresholds says, for people, since when each trunk that was weighed had its verdict, and what that was held against: the rule
// of verdicts, each trunk's own figures, the plan's. Trunks of equal figures share a line. It is made when it is asked for, not
// for each call that is routed. nil: no trunk was weighed (a number that is not ours, a loop, a flow by pin or plan).
func (d *Decision) Thresholds() (all []string) {
	trunks := d.weighed()
	if len(trunks) == 0 {
		return nil
	}
	if d.by.rules != "" {
		all = append(all, d.by.rules)
	}
	for _, t := range trunks {
		all = append(all, string(t.ID)+": "+d.standing(t))
	}
	var names, rules []string // parallel
	for _, t := range trunks {
		rule := figures(t)
		if i := slices.Index(rules, rule); i >= 0 {
			names[i] += ", " + string(t.ID)
			continue
		}
		names, rules = append(names, string(t.ID)), append(rules, rule)
	}
	for i, rule := range rules {
		all = append(all, names[i]+": "+rule)
	}
	if p := d.Group.Plans[d.Plan]; p.Fresh > 0 {
		all = append(all, "plan "+string(p.ID)+": fresh "+wissel.Span(p.Fresh))
	}
	return all
}

// weighed are the trunks that were: those that are tried, in that order, then those of the plan that were passed over.
func (d *Decision) weighed() (all []*wissel.Trunk) {
	if d.Group == nil || d.by.trunks == nil {
		return nil
	}
	add := func(t wissel.Target) {
		if trunk := d.by.trunks[t.Trunk]; trunk != nil && len(trunk.Addresses) > 0 && !slices.Contains(all, trunk) {
			all = append(all, trunk)
		}
	}
	for i := range d.Steps {
		add(d.Steps[i].Target)
	}
	for _, t := range d.Group.Plans[d.Plan].Targets {
		if t.Flow != "" {
			break
		}
		add(t)
	}
	return all
}

// standing is "down since 2 Jan 12:00:05"; of a trunk whose addresses differ, each has its own.
func (d *Decision) standing(t *wissel.Trunk) string {
	words := func(v wissel.Verdict) string {
		if v.Since.IsZero() {
			return v.State.String()
		}
		return v.State.String() + " since " + wissel.Moment(v.Since)
	}
	all := make([]string, len(t.Addresses))
	same := true
	for i, a := range t.Addresses {
		all[i] = words(d.by.health[a])
		same = same && all[i] == all[0]
	}
	if same {
		return all[0]
	}
	for i, a := range t.Addresses {
		all[i] += " (" + a.String() + ")"
	}
	return strings.Join(all, ", ")
}

// figures are a trunk's own, in the words of the settings: when a call leaves it, and how it is asked after.
func figures(t *wissel.Trunk) string {
	x := t.Timers
	s := "quiet " + span(x.Quiet) + ", patience " + span(x.Patience) + ", progress " + span(x.Progress) + ", ring " + span(x.Ring)
	if t.Probe.Off {
		return s + "; no OPTIONS"
	}
	return s + "; OPTIONS every " + span(t.Probe.Every) + ", fast " + span(t.Probe.Fast) + ", timeout " + span(t.Probe.Timeout)
}

// span is a length of time as the settings have it: "500ms", "1m", "1m30s".
func span(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}
