package configs

import (
	"strconv"
	"strings"

	"wissel"
)

// charge reads what callers of a number pay.
func (l *loader) charge(path string, kind wissel.Kind, written string) wissel.Charge {
	switch c := wissel.Charge(written); c {
	case "":
		return kind.Charge()
	case wissel.ChargeFree, wissel.ChargeNormal, wissel.ChargePremium:
		return c
	}
	l.doc.problem(path, "%q is none of free, normal, premium", written)
	return kind.Charge()
}

// paid warns of flows that cost the callers of premium numbers more than they must: one warning for each flow of a group, at
// its first such number.
func (l *loader) paid() {
	for _, id := range names(l.out.Groups) {
		g := l.out.Groups[wissel.GroupID(id)]
		for i, line := range g.Lines {
			if line.Charge != wissel.ChargePremium {
				continue
			}
			for _, flow := range l.flowsOf(g) {
				if wrong := l.out.Flows[flow].Paid(l.catalogue); len(wrong) > 0 {
					l.doc.warn("groups."+id+".numbers["+strconv.Itoa(i)+"]", "callers pay for this number by the minute, and flow %s keeps them longer than it must: %s", flow, strings.Join(wrong, "; "))
				}
			}
			break
		}
	}
}

// flowsOf gives the flows that the group's plans end with.
func (l *loader) flowsOf(g *wissel.Group) (flows []wissel.FlowID) {
	seen := map[wissel.FlowID]bool{}
	for _, id := range names(g.Plans) {
		for _, t := range g.Plans[wissel.PlanID(id)].Targets {
			if l.out.Flows[t.Flow] != nil && !seen[t.Flow] {
				seen[t.Flow] = true
				flows = append(flows, t.Flow)
			}
		}
	}
	return flows
}
