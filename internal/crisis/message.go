package crisis

import (
	"slices"
	"time"
)

// messageKey acts on a key of the menu of the outage message.
func (m *machine) messageKey(d byte) bool {
	g, ok := m.at()
	there := ok && g.Message != nil
	switch {
	case d == '1' && there && g.Message.Name != "":
		m.enter(Hearing)
	case d == '2' && ok:
		m.s.Deed = toPublish
		m.enter(Inviting)
	case d == '3' && there:
		m.s.Deed = toWithdraw
		m.enter(ReadingBack)
	case d == '4' && there:
		m.s.Deed = toExtend
		m.enter(AskEnd)
	default:
		return false
	}
	return true
}

// ends takes the time at which it will be over: HHMM, or nothing when he does not know, or when that stays as it is.
func (m *machine) ends(keyed Keys) {
	m.s.Until = time.Time{}
	if keyed != "" {
		m.s.Until, _ = nextAt(string(keyed), m.now.In(m.l.Zone))
	}
	g, _ := m.at()
	past := m.s.Deed == toExtend && g.Message != nil && g.Message.Lapsed // what is past needs a time to come
	if m.s.Until.IsZero() && (keyed != "" || past) {
		if m.s.Silent++; m.s.Silent >= maxSilent {
			m.leave("no time was keyed", m.p("crisis.bye"))
			return
		}
		m.again(m.p("crisis.bad-time"))
		return
	}
	m.s.Keep, m.s.Asks = nil, 0
	m.others()
}

// foreign are the languages, but for his own, in which callers hear a message now.
func (m *machine) foreign() (all []string) {
	g, _ := m.at()
	if m.s.Deed != toPublish || !g.Message.heard() {
		return nil
	}
	for _, l := range g.Message.Langs {
		if l != m.s.Lang {
			all = append(all, l)
		}
	}
	return all
}

// others asks about the next of those: what he recorded takes the place of the whole message, and only he knows what still holds.
func (m *machine) others() {
	if m.s.Asks < len(m.foreign()) {
		m.enter(Others)
		return
	}
	m.enter(ReadingBack)
}

// othersKey: 1 is that it is still right, 2 that it is not.
func (m *machine) othersKey(d byte) bool {
	all := m.foreign()
	if d != '1' && d != '2' || m.s.Asks >= len(all) {
		return false
	}
	if d == '1' {
		m.s.Keep = append(slices.Clip(m.s.Keep), all[m.s.Asks])
	}
	m.s.Asks++
	m.others()
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
