package ivr

import (
	"time"

	"wissel"
)

// burst is how soon after a key another is of the same go: he keys a number that is longer than we take, or leans on his telephone.
const burst = time.Second

// digit is a key pressed now. Where keys are awaited it acts at once, whatever plays; elsewhere it is kept for later.
func (m *machine) digit(d byte) {
	m.more = m.now.UnixMilli()-m.s.Pressed < burst.Milliseconds() && m.s.Phase != Keying
	m.s.Pressed = m.now.UnixMilli()
	switch m.s.Phase {
	case Saying:
		if m.ahead(d) && !m.node().said().Whole {
			m.stop()
			m.enter(m.node().said().Next)
		}
	case Choosing, Keying, Offering, Confirm, Reviewing, Offered:
		if d == '#' && m.wasWhole() {
			return
		}
		m.stop()
		m.unwait()
		m.key(d)
	case ReadingUp:
		m.duringReadback(d)
	case Done, Failed, Sorry:
		if m.ahead(d) {
			m.stop()
			m.played()
		}
	case Inviting: // he need not hear it out
		m.stop()
		m.record()
	case Speaking:
		m.unwait()
		m.do(StopRecord{Token: m.s.Sound})
		m.wait(handover)
	case Fresh, Saving, Leaving, Over, Away:
	}
}

// wasWhole reports whether a # ends a number that we took as whole without it: while he is asked to confirm that number, or hears
// what is wrong with it, which the # that we asked for must not cut off.
func (m *machine) wasWhole() bool {
	told := m.s.Phase == Keying && m.s.Playing && m.s.Tries > 0 && m.s.Keyed == ""
	return told || m.s.Phase == Offering || m.s.Phase == Confirm
}

// ahead keeps a key for the next step that awaits one, and reports whether it means anything: # only ends what was
// keyed before, and those who press it once more mean nothing by it.
func (m *machine) ahead(d byte) bool {
	if d == '#' || len(m.s.Queue) >= maxKeys {
		return false
	}
	m.s.Queue += string(rune(d))
	return true
}

// key acts on one key where keys are awaited; nothing plays and no timer runs.
func (m *machine) key(d byte) {
	n := m.node()
	switch m.s.Phase {
	case Choosing:
		if n.Menu != nil {
			m.menuKey(n.Menu, d)
		} else {
			m.languageKey(n.Language, d)
		}
	case Keying:
		if n.Collect != nil {
			m.collectKey(n.Collect, d)
		} else {
			m.numberKey(n.Wish, d)
		}
	case Offering, Confirm:
		m.confirmKey(n.Wish, d)
	case Reviewing:
		m.reviewKey(n.Record, d)
	case Offered:
		m.backKey(d)
	case Fresh, Saying, ReadingUp, Saving, Done, Failed, Leaving, Over, Inviting, Speaking, Away, Sorry:
	}
}

func (m *machine) menuKey(n *Menu, d byte) {
	to, ok := n.Keys[string(rune(d))]
	if !ok {
		m.again(n.Wrong, n.Tries, n.After)
		return
	}
	m.choose(m.s.Step, string(rune(d)))
	m.enter(to)
}

func (m *machine) languageKey(n *Choose, d byte) {
	for _, l := range m.p.languages {
		if l.Key == string(rune(d)) {
			m.setLanguage(l.ID)
			m.enter(n.Next)
			return
		}
	}
	m.again(n.Wrong, n.Tries, n.After)
}

func (m *machine) collectKey(n *Collect, d byte) {
	switch {
	case d == '#':
		m.collected(n)
	case d == '*':
		m.s.Keyed = ""
		m.present()
	case d > '9': // A to D are on no caller's telephone
		m.wait(n.Pause)
	default:
		m.s.Keyed += string(rune(d))
		if len(m.s.Keyed) >= n.Max {
			m.collected(n)
			return
		}
		m.wait(n.Pause)
	}
}

func (m *machine) collected(n *Collect) {
	if len(m.s.Keyed) < n.Min {
		m.s.Keyed = ""
		m.again(n.Wrong, n.Tries, n.After)
		return
	}
	m.choose(n.As, m.s.Keyed)
	m.enter(n.Next)
}

// again counts a try that came to nothing, says so and asks once more; the last one leads on. More keys of one go are one try.
func (m *machine) again(say []string, tries int, after string) {
	m.s.Queue = "" // keys pressed ahead were meant for another way
	if !m.more {
		m.s.Tries++
	}
	if m.s.Tries >= tries {
		m.enter(after)
		return
	}
	if n := m.node(); (n.Menu != nil || n.Language != nil) && m.offers() {
		m.divert(m.s.Tries)
		return
	}
	m.present(say...)
}

// played: the prompts are out.
func (m *machine) played() {
	n := m.node()
	switch m.s.Phase {
	case Saying:
		m.enter(n.said().Next)
	case Choosing:
		if n.Menu != nil {
			m.wait(n.Menu.Wait)
		} else {
			m.wait(n.Language.Wait)
		}
	case Keying:
		if n.Collect != nil {
			m.wait(n.Collect.Wait)
		} else {
			m.wait(n.Wish.Wait)
		}
	case Offering, Confirm:
		m.wait(n.Wish.Wait)
	case ReadingUp:
		m.readUp(n.Wish)
	case Saving: // still nothing from the store: he hears it once more, rather than silence
		m.sayAgain(n.Wish.Saving)
	case Done:
		m.enter(n.Wish.Next)
	case Failed:
		if n.Record != nil {
			m.enter(n.Record.Else)
		} else {
			m.enter(n.Wish.Else)
		}
	case Inviting:
		m.record()
	case Reviewing:
		m.wait(n.Record.Wait)
	case Offered:
		m.wait(n.TransferBack.Wait)
	case Sorry:
		m.resume()
	case Leaving:
		m.s.Phase = Over
		if n.Dial != nil {
			m.do(Dial{Target: target(n.Dial.Target)})
		} else {
			m.do(End{Reason: n.End.Reason})
		}
	case Fresh, Over, Speaking, Away:
	}
}

// timeout: the timer that was running rang.
func (m *machine) timeout() {
	n := m.node()
	switch m.s.Phase {
	case Choosing:
		if n.Menu != nil {
			m.again(n.Menu.Silence, n.Menu.Tries, n.Menu.After)
		} else {
			m.again(n.Language.Silence, n.Language.Tries, n.Language.After)
		}
	case Keying:
		m.keysEnd(n)
	case Offering, Confirm:
		m.again(n.Wish.Silence, n.Wish.Tries, n.Wish.After)
	case Saving:
		m.slow(n.Wish)
	case Speaking:
		m.do(StopRecord{Token: m.s.Sound})
		m.unrecorded()
	case Reviewing:
		m.keep(n.Record)
	case Offered:
		m.resume()
	case Fresh, Saying, ReadingUp, Done, Failed, Leaving, Over, Inviting, Away, Sorry:
	}
}

// keysEnd: no further key came.
func (m *machine) keysEnd(n Node) {
	switch {
	case m.s.Keyed == "" && n.Collect != nil:
		m.again(n.Collect.Silence, n.Collect.Tries, n.Collect.After)
	case m.s.Keyed == "":
		m.again(n.Wish.Silence, n.Wish.Tries, n.Wish.After)
	case n.Collect != nil:
		m.collected(n.Collect)
	default:
		m.keyed(n.Wish)
	}
}

// sayAgain plays prompts within a phase that goes on.
func (m *machine) sayAgain(ids []string) {
	m.s.Plays++
	m.s.Playing = true
	m.do(Play{Token: m.s.Plays, Prompts: m.say(ids)})
}

// A wish on this caller's list, as State.Wished writes it.
func wished(kind wissel.WishKind, n wissel.Number) string { return string(kind) + " " + string(n) }
