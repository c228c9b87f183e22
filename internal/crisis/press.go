package crisis

import (
	"strconv"
	"time"

	"wissel/ivr"
)

func itoa(n int) string { return strconv.Itoa(n) }

// pageOf is how many choices a menu has at most; 9 leads to the others.
const pageOf = 5

// key acts on a key where keys are awaited; nothing plays and no timer runs.
func (m *machine) key(d byte) {
	switch m.s.Phase {
	case AskPIN, AskCode, AskStaff, AskOwn, AskEnd:
		m.entry(d)
		return
	case Telling:
		m.tellingKey(d)
		return
	case Briefing, Briefed:
		m.briefingKey(d)
		return
	case Fresh, Checking, Looking, Working, ReadingBack, Hearing, Inviting, Speaking, Leaving, Over,
		Other, Menu, Groups, Plans, Proposals, Confirming, Messages, Reviewing, Others, Logging:
	}
	switch {
	case d == '0':
		m.again()
	case d == '*':
		m.back()
	case d == '9':
		m.nine()
	default:
		m.choice(d)
	}
}

// nine is the other language, in the menu of the message too, since that is recorded in his; or the next page of a list.
func (m *machine) nine() {
	switch {
	case m.s.Phase == Menu || m.s.Phase == Other || m.s.Phase == Messages && len(m.l.Languages) > 1:
		m.setLanguage()
		if m.s.Phase == Other { // he chose how he is to be asked
			m.enter(AskPIN)
			return
		}
		m.enter(m.s.Phase)
	case m.more():
		m.s.Page++
		m.enter(m.s.Phase)
	case m.s.Page > 0:
		m.s.Page = 0
		m.enter(m.s.Phase)
	default:
		m.wrongKey()
	}
}

// choice acts on 1 to 8 and #.
func (m *machine) choice(d byte) {
	n := int(d) - '0'
	switch m.s.Phase {
	case Other:
		if d == '1' {
			m.staff()
			return
		}
		if d == '2' && m.l.Codes {
			m.enter(AskOwn)
			return
		}
	case Menu:
		if m.mainKey(d) {
			return
		}
	case Groups:
		if i := m.s.Page*pageOf + n - 1; n >= 1 && n <= pageOf && i < len(m.s.View.Groups) {
			m.choose(m.s.View.Groups[i].ID)
			m.chosen()
			return
		}
	case Plans:
		if m.planKey(n) {
			return
		}
	case Proposals:
		if m.proposalKey(d) {
			return
		}
	case Confirming:
		if m.confirmKey(d) {
			return
		}
	case Messages:
		if m.messageKey(d) {
			return
		}
	case Reviewing:
		if m.reviewKey(d) {
			return
		}
	case Others:
		if m.othersKey(d) {
			return
		}
	case Logging:
		if m.logKey(d) {
			return
		}
	case Fresh, AskPIN, AskCode, AskStaff, AskOwn, Checking, Looking, Telling, ReadingBack, Working, Hearing, Inviting, Speaking, AskEnd, Briefing, Briefed,
		Leaving, Over:
	}
	m.wrongKey()
}

// back leads out of where he is, without anything done.
func (m *machine) back() {
	switch {
	case m.s.Phase == Other:
		m.enter(AskPIN)
	case m.s.Phase == Menu || m.s.Phase == Logging: // he came in for nothing else
		m.again()
	default:
		m.s.Deed = noDeed
		m.look(Menu)
	}
}

// entry takes the keys of a PIN, a code or a time, up to the hash key.
func (m *machine) entry(d byte) {
	switch {
	case d == '#':
		m.entered()
	case d == '*' && m.s.Keyed != "": // he mistyped
		m.again()
	case d == '*':
		m.leaveEntry()
	case d > '9': // A to D are on no telephone of his
		m.wait(forNext)
	default:
		if len(m.s.Keyed) < maxKeys {
			m.s.Keyed += Keys(d)
		}
		m.wait(forNext)
	}
}

// leaveEntry is the star before any other key.
func (m *machine) leaveEntry() {
	switch {
	case m.s.Phase == AskPIN:
		m.enter(Other)
	case m.s.Phase == AskEnd:
		m.back()
	default:
		m.s.PIN = ""
		m.enter(AskPIN)
	}
}

// entered acts on what was keyed. A PIN is never judged by itself: whatever it is, the code is asked for too.
func (m *machine) entered() {
	keyed := m.s.Keyed
	m.s.Keyed = ""
	switch {
	case m.s.Phase == AskPIN:
		m.s.PIN = keyed
		m.enter(AskCode)
	case m.s.Phase == AskCode:
		pin := m.s.PIN
		m.s.PIN = ""
		m.check(Login{PIN: pin, Code: keyed})
	case m.s.Phase == AskStaff:
		m.check(Login{Staff: true, Code: keyed})
	case m.s.Phase == AskOwn:
		m.check(Login{Own: true, Code: keyed})
	default:
		m.ends(keyed)
	}
}

// tellingKey is for while the state is told: star leads out, 0 says the group again, all else goes on.
func (m *machine) tellingKey(d byte) {
	switch d {
	case '*':
		m.look(Menu)
	case '0':
		m.again()
	default:
		m.nextGroup()
	}
}

func (m *machine) briefingKey(d byte) {
	switch {
	case d == '0' || d == '*':
		m.look(Briefing)
	case m.s.Phase == Briefing:
		m.nextGroup()
	default:
		m.wrongKey()
	}
}

// nextAt is the next time at which a clock in now's zone shows HHMM.
func nextAt(keyed string, now time.Time) (time.Time, bool) {
	if len(keyed) != 4 {
		return time.Time{}, false
	}
	n, err := strconv.Atoi(keyed)
	if err != nil || n/100 > 23 || n%100 > 59 {
		return time.Time{}, false
	}
	at := time.Date(now.Year(), now.Month(), now.Day(), n/100, n%100, 0, 0, now.Location())
	if !at.After(now) {
		at = time.Date(now.Year(), now.Month(), now.Day()+1, n/100, n%100, 0, 0, now.Location())
	}
	return at, true
}

// clock is a time as it is said.
func (m *machine) clock(t time.Time) []ivr.Prompt {
	t = t.In(m.l.Zone)
	said := []ivr.Prompt{{Lang: m.s.Lang, As: ivr.AsClock, At: t}}
	if now := m.now.In(m.l.Zone); t.YearDay() != now.YearDay() || t.Year() != now.Year() {
		said = append([]ivr.Prompt{{Lang: m.s.Lang, As: ivr.AsDate, At: t}}, said...)
	}
	return said
}
