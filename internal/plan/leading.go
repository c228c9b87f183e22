package plan

import "wissel"

// leading is who comes first by wissel's own switch, and who after him; zero Targets: the plan's own order. On the way back
// some callers try the first of the plan before the one who leads meanwhile.
func (w *walk) leading(g *wissel.Group, p wissel.Plan) (first, second wissel.Target) {
	l, ok := w.s.Leads[wissel.PlanOf{Group: g.ID, Plan: p.ID}]
	if !ok || len(p.Targets) == 0 || p.Targets[0] != l.Home {
		return first, second
	}
	w.because(l.Target.String() + " leads instead of " + l.Home.String() + " since " + wissel.Moment(l.Since) + " (decision " + l.Decision + ")")
	switch home := l.Home.String(); {
	case l.Single && w.open(l.Home):
		w.d.Single = !w.whole
		if w.r.First {
			w.because("the way back begins with one call, this one: " + home + " first")
			return l.Home, l.Target
		}
		w.because("the way back to " + home + " begins with one call: this one tries it first only if no other has")
	case l.Share > 0 && w.in(l.Share):
		w.because("this caller is among the " + wissel.Percent(l.Share) + " who go back to " + home)
		return l.Home, l.Target
	case l.Share > 0:
		w.because(wissel.Percent(l.Share) + " of the callers go back to " + home + ", this one does not")
	case l.Held != "":
		w.because(l.Held)
	case w.retries(l.Home): // else nobody would ever find out that it takes calls again
		return l.Home, l.Target
	}
	return l.Target, wissel.Target{}
}

// open reports whether some address of a trunk may be tried.
func (w *walk) open(t wissel.Target) bool {
	trunk := w.s.Trunks[t.Trunk]
	return trunk != nil && len(trunk.Addresses) > 0 && (!w.allDown(trunk) || w.retries(t))
}

// retries reports whether a trunk is Down as a whole, and one call may find out whether it takes calls again.
func (w *walk) retries(t wissel.Target) bool {
	trunk := w.s.Trunks[t.Trunk]
	if trunk == nil || !w.allDown(trunk) {
		return false
	}
	for _, a := range trunk.Addresses {
		if w.s.Health[a].Retry {
			return true
		}
	}
	return false
}
