package crisis

import "time"

// messageKey acts on a key of the menu of the outage message.
func (m *machine) messageKey(d byte) bool {
	g, ok := m.at()
	live := ok && g.Message != nil
	switch {
	case d == '1' && live && g.Message.Name != "":
		m.enter(Hearing)
	case d == '2' && ok:
		m.s.Deed = toPublish
		m.enter(Inviting)
	case d == '3' && live:
		m.s.Deed = toWithdraw
		m.enter(ReadingBack)
	default:
		return false
	}
	return true
}

// speak records him.
func (m *machine) speak() {
	m.unwait()
	m.s.Phase, m.s.Playing = Speaking, false
	m.do(Record{Max: voiceMost, Quiet: voiceQuiet})
	m.wait(voiceMost + voiceQuiet + 5*time.Second)
}

// recorded: he may hear what he said, and then keep it.
func (m *machine) recorded(length time.Duration) {
	m.unwait()
	if length >= voiceLeast {
		m.enter(Reviewing)
		return
	}
	if m.s.Silent++; m.s.Silent >= maxSilent {
		m.leave("he said nothing", m.p("crisis.bye"))
		return
	}
	silent := m.s.Silent
	m.say(Inviting, m.p("crisis.nothing"))
	m.s.Silent = silent
}

// reviewKey: 1 keeps it, 2 plays it, 3 is another try.
func (m *machine) reviewKey(d byte) bool {
	switch d {
	case '1':
		m.enter(AskEnd)
	case '2':
		m.again(m.sound())
	case '3':
		m.enter(Inviting)
	default:
		return false
	}
	return true
}
