package ivr

import "time"

const (
	mostOffers = 3               // of a colleague in one call
	offerWait  = 5 * time.Second // for the key
)

// TransferBack offers a colleague to those who are still in the flow when a platform takes calls again. There is one such step
// at the most, and no other leads to it: wherever he is, a caller hears it between two things that are said, once for each time
// that the platform comes back, and never while he keys or speaks. Key 1 has him tried as a new call would be; any other is a key
// for where he was. One who presses nothing goes on there, and so does one whom no colleague could take.
type TransferBack struct {
	Play   []string      `yaml:"play"`   // offers it, and says that 1 takes it
	Wait   time.Duration `yaml:"wait"`   // for a key after Play; 5 s
	Failed []string      `yaml:"failed"` // said when nobody could take him, before he goes on where he was
}

// TakesBack reports whether the flow has a transfer-back.
func (p *Program) TakesBack() bool { return p.back != "" }

// offers reports whether a caller who is about to hear a step is to be offered a colleague first.
func (m *machine) offers() bool {
	h := m.facts.Handback
	return m.p.back != "" && h.Room && h.Return != m.s.Returned && m.s.Offers < mostOffers &&
		m.s.Walked > 1 && m.s.Walked < maxWalk-shortWalk && m.s.Queue == "" && m.s.Sound == 0
}

// divert offers it before the present step, of which tries were used up.
func (m *machine) divert(tries int) {
	m.s.Resume, m.s.ResumeTries = m.s.Step, tries
	m.s.Returned, m.s.Offers = m.facts.Handback.Return, m.s.Offers+1
	m.s.Step = m.p.back
	m.phase(Offered)
	m.present()
}

// resume goes on where he was.
func (m *machine) resume() {
	step, tries := m.s.Resume, m.s.ResumeTries
	m.s.Resume, m.s.ResumeTries = "", 0
	if _, ok := m.p.steps[step]; !ok { // the settings changed across a restart of ours
		m.restart()
		return
	}
	m.s.Step = step
	m.arrive(m.node())
	m.s.Tries = tries
	m.present()
}

// backKey acts on a key during the offer.
func (m *machine) backKey(d byte) {
	if d != '1' {
		m.choose(m.s.Step, "no")
		m.ahead(d)
		m.resume()
		return
	}
	m.choose(m.s.Step, "1")
	m.phase(Away)
	m.do(Transfer{})
}

// returned: no colleague could take him.
func (m *machine) returned() {
	if m.s.Phase != Away {
		return
	}
	m.phase(Sorry)
	m.present()
}
