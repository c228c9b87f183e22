package configs

import "wissel"

// endings warns of carriers that are not known to take the status for the end that ends a call which heard a flow unanswered, when
// there is such a flow in a plan. Calls of every group may come over every carrier's trunk.
func (l *loader) endings() {
	flow := l.early()
	if l.o.Endings == nil || flow == "" {
		return
	}
	for _, id := range names(l.out.Trunks) {
		t := l.out.Trunks[wissel.TrunkID(id)]
		if t.Role != wissel.Carrier {
			continue
		}
		e := l.o.Endings[wissel.TrunkID(id)]
		if e.Status != t.Unanswered {
			e = wissel.Ending{Status: t.Unanswered}
		}
		if e.Proven() {
			continue
		}
		todo := ""
		if e.Again.IsZero() {
			todo = "; hear such a flow to its end once, over this carrier and with your number shown: 10 s later `wissel carriers` tells"
		}
		l.doc.warn("trunks."+id, "flow %s is heard unanswered, and carrier %s %s%s", flow, id, e, todo)
	}
}

// early is a flow of a plan that is heard unanswered; empty: there is none.
func (l *loader) early() wissel.FlowID {
	for _, id := range names(l.out.Groups) {
		for _, flow := range l.flowsOf(l.out.Groups[wissel.GroupID(id)]) {
			if l.out.Flows[flow].Early() {
				return flow
			}
		}
	}
	return ""
}
