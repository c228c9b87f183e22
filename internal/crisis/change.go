package crisis

import "wissel/ivr"

// more reports whether the list that he chooses from goes on after this page.
func (m *machine) more() bool {
	n := 0
	if m.s.Phase == Groups {
		n = len(m.s.View.Groups)
	} else if m.s.Phase == Plans {
		n = len(m.plans())
	}
	return (m.s.Page+1)*pageOf < n
}

// choiceOf is one line of the list of plans: a plan, or what the settings say.
type choiceOf struct {
	plan Plan
	auto bool
}

// plans are what the group can be put on: each of its plans, and, where an operator chose something, the settings' own.
func (m *machine) plans() (all []choiceOf) {
	g, ok := m.at()
	if !ok {
		return nil
	}
	if g.Pin != nil || g.Chosen {
		all = append(all, choiceOf{auto: true})
	}
	for _, p := range g.Plans {
		all = append(all, choiceOf{plan: p})
	}
	return all
}

func (m *machine) planKey(n int) bool {
	all := m.plans()
	i := m.s.Page*pageOf + n - 1
	if n < 1 || n > pageOf || i >= len(all) {
		return false
	}
	m.s.Plan, m.s.Auto = all[i].plan.ID, all[i].auto
	m.enter(ReadingBack)
	return true
}

// proposal is the one that he is at.
func (m *machine) proposal() (Proposal, bool) {
	if m.s.At >= len(m.s.View.Proposals) {
		return Proposal{}, false
	}
	return m.s.View.Proposals[m.s.At], true
}

// proposalKey: 1 goes to what approves it, 2 to what rejects it, # to the next.
func (m *machine) proposalKey(d byte) bool {
	p, ok := m.proposal()
	if !ok {
		m.look(Menu)
		return true
	}
	switch d {
	case '1':
		m.s.Group, m.s.Plan, m.s.Auto = p.Group, p.Plan, p.Auto
		m.enter(ReadingBack)
	case '#':
		m.s.At = (m.s.At + 1) % len(m.s.View.Proposals)
		m.enter(Proposals)
	default:
		return false
	}
	return true
}

// readBack: what he asked for has been said; a key that he pressed meanwhile counts now.
func (m *machine) readBack() {
	ahead := m.s.Ahead
	m.s.Ahead = 0
	m.s.Phase = Confirming
	if ahead != 0 && m.confirmKey(ahead) {
		return
	}
	m.enter(Confirming)
}

// two reports whether the group of what he is about to do takes two persons.
func (m *machine) two() bool {
	g, _ := m.at()
	return g.FourEyes && m.s.Deed == toSwitch
}

// confirmKey does what was read back: at 1, and alone, where it takes two, at 2.
func (m *machine) confirmKey(d byte) bool {
	if d != '1' && (d != '2' || !m.two() && m.s.Deed != toJudge) {
		return false
	}
	m.hush()
	switch m.s.Deed {
	case toSwitch:
		m.work(Switch{Group: m.s.Group, Plan: m.s.Plan, Auto: m.s.Auto, Alone: d == '2'})
	case toJudge:
		p, ok := m.proposal()
		if !ok {
			return false
		}
		m.work(Judge{ID: p.ID, No: d == '2'})
	case toPublish:
		p := Publish{Group: m.s.Group, Lang: m.s.Lang, Until: m.s.Until, Keep: m.s.Keep}
		if g, _ := m.at(); len(p.Keep) > 0 {
			p.Of = g.Message.ID
		}
		m.work(p)
	case toExtend:
		g, _ := m.at()
		if g.Message == nil {
			return false
		}
		m.work(Extend{Group: m.s.Group, Of: g.Message.ID, Until: m.s.Until})
	case toWithdraw:
		g, _ := m.at()
		if g.Message == nil {
			return false
		}
		m.work(Withdraw{Group: m.s.Group, Of: g.Message.ID})
	case toLog, noDeed: // a colleague's 1 is read elsewhere
		return false
	}
	return true
}

// work has a deed done; he hears what came of it.
func (m *machine) work(e Effect) {
	m.unwait()
	m.s.Phase, m.s.Next, m.s.Playing = Working, Fresh, false
	m.ask(e)
	m.wait(forDeed)
}

// done tells what came of it, and goes on in the main menu.
func (m *machine) done(o Outcome) {
	if m.s.Deed == toLog {
		m.logged(o)
		return
	}
	m.s.Next, m.s.Deed = Menu, noDeed
	m.play([]ivr.Prompt{m.p(map[Outcome]string{
		Carried: "crisis.done", Unsaved: "crisis.done-unsaved", Proposed: "crisis.proposed", Refused: "crisis.refused", Unfit: "crisis.unfit", Unsure: "crisis.unsure",
	}[o])})
}
