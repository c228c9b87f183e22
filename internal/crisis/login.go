package crisis

import "wissel/ivr"

// check asks whether he may come in. What he hears until then, and how long that takes, is the same whatever he keyed.
func (m *machine) check(e Login) {
	m.s.Phase = Checking
	m.ask(e)
	m.play([]ivr.Prompt{m.p("crisis.moment")})
	m.wait(forAnswer)
}

// judged: he is in, or he is not.
func (m *machine) judged(in In) {
	m.hush()
	m.unwait()
	switch in.Who {
	case "":
		m.s.Wrong++
		if m.s.Wrong >= maxWrong {
			m.leave("three wrong logins", m.p("crisis.denied"), m.p("crisis.bye"))
			return
		}
		m.say(AskPIN, m.p("crisis.denied"))
	case Staff:
		m.s.In = In{Who: Staff}
		m.look(Briefing)
	case Colleague:
		m.s.In = In{Who: Colleague, Own: in.Own, Logged: in.Logged}
		m.enter(Logging)
	default:
		m.s.In = in
		m.look(Menu)
	}
}

// staff lets colleagues in, by their code if there is one.
func (m *machine) staff() {
	if m.l.StaffCode {
		m.enter(AskStaff)
		return
	}
	m.judged(In{Who: Staff})
}

// greeting is what he hears once, when he is in.
func (m *machine) greeting() []ivr.Prompt {
	ps := []ivr.Prompt{m.p("crisis.in")}
	if m.s.In.Left >= 0 {
		ps = append(ps, m.p("crisis.codes-left"), m.number(m.s.In.Left))
	}
	ps = append(ps, m.p("crisis.clock"), ivr.Prompt{Lang: m.s.Lang, As: ivr.AsClock, At: m.now.In(m.l.Zone)})
	if m.s.In.Unsaved || m.s.View.Unwell {
		ps = append(ps, m.p("crisis.unwell"))
	}
	if m.s.View.Draining {
		ps = append(ps, m.p("crisis.draining"))
	}
	return ps
}

// A draaiboek gets the key 5 of the main menu, once there is one to start.

// mainKey acts on a key of the main menu, and reports whether it has a meaning.
func (m *machine) mainKey(d byte) bool {
	switch {
	case d == '1':
		m.look(Telling)
	case d == '2' && m.s.In.Switch:
		m.s.Deed = toSwitch
		m.pick()
	case d == '3' && m.s.In.Messages:
		m.s.Deed = toPublish
		m.pick()
	case d == '4' && m.s.In.Approve && len(m.s.View.Proposals) > 0:
		m.s.Deed = toJudge
		m.look(Proposals)
	default:
		return false
	}
	return true
}

// pick asks for a group; where there is one, it is that.
func (m *machine) pick() {
	if len(m.s.View.Groups) == 1 {
		m.choose(m.s.View.Groups[0].ID)
		m.chosen()
		return
	}
	m.look(Groups)
}

// chosen goes on with the group that he chose.
func (m *machine) chosen() {
	if m.s.Deed == toSwitch {
		m.look(Plans)
		return
	}
	m.look(Messages)
}
