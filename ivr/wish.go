package ivr

import (
	"slices"
	"strings"
	"time"

	"wissel"
)

// slowAfter is how long the store may take before the caller hears that we are busy with it: nobody hears a second of silence.
const slowAfter = 700 * time.Millisecond

// byHand is the kind of a wish that is a recording.
const byHand = "by-hand"

// startWish offers the number he rings from, when it may be promised what he asks for; otherwise he keys one in.
func (m *machine) startWish() {
	w := m.node().Wish
	m.s.Number = ""
	if w.Kind == byHand {
		m.commit(w)
		return
	}
	if n, ok := m.p.promised(wissel.WishKind(w.Kind), string(m.s.Caller.From)); ok {
		m.s.Number = n
		m.phase(Offering)
		return
	}
	if n, ok := m.p.promised(wissel.WishCallback, string(m.s.Caller.Hidden)); ok && len(w.Hidden) > 0 {
		m.s.Number = n
		m.phase(Offering)
		return
	}
	m.phase(Keying)
}

// lastDigits is how much of a hidden number is said: whoever else listens is not told it.
const lastDigits = 3

// own says the number that is offered: the one he rings from, or the end of the one that he hides.
func (m *machine) own(w *WishStep) []Prompt {
	if m.s.Caller.From != "" {
		return slices.Concat(m.say(w.Own), m.digits(m.s.Number), m.say(w.OwnAsk))
	}
	n := string(m.s.Number)
	end := Prompt{Lang: m.s.Language, Digits: n[max(0, len(n)-lastDigits):]}
	return slices.Concat(m.say(w.Hidden), []Prompt{end}, m.say(w.HidAsk))
}

// promised reads a number and reports whether it may be promised a text or a call (FAULTS, A22 and A23).
func (p *Program) promised(kind wissel.WishKind, keyed string) (wissel.Number, bool) {
	if keyed == "" || p.numbers == nil || len(keyed) > 20 || p.promise.never(keyed) {
		return "", false
	}
	n, k, ok := p.numbers.Parse(keyed)
	if !ok || n == "" || k.Service() || p.numbers.Own(n) || p.promise.never(p.promise.spoken(n)) || p.promise.never(strings.TrimPrefix(string(n), p.promise.Home)) {
		return "", false
	}
	begins := func(prefix string) bool { return strings.HasPrefix(string(n), prefix) }
	texts := k == wissel.KindMobile && slices.ContainsFunc(p.promise.Texts, begins)
	calls := (k == wissel.KindFixed || k == wissel.KindCompany || k == wissel.KindMobile) && slices.ContainsFunc(p.promise.Calls, begins)
	switch kind {
	case wissel.WishText:
		return n, texts
	case wissel.WishBoth:
		return n, texts && calls
	case wissel.WishCallback:
	}
	return n, calls
}

// never reports whether digits are on the list of what is never rung.
func (pr Promise) never(digits string) bool {
	return slices.ContainsFunc(pr.Never, func(rule string) bool {
		if prefix, ok := strings.CutSuffix(rule, "*"); ok {
			return strings.HasPrefix(digits, prefix)
		}
		return digits == rule
	})
}

// spoken gives the digits that people say: "0201234567" at home, "0049…" abroad.
func (pr Promise) spoken(n wissel.Number) string {
	if rest, ok := strings.CutPrefix(string(n), pr.Home); ok {
		return "0" + rest
	}
	return "00" + strings.TrimPrefix(string(n), "+")
}

func (m *machine) numberKey(w *WishStep, d byte) {
	switch {
	case d == '#' && m.s.Keyed == "":
		m.again(w.Wrong, w.Tries, w.After)
	case d == '#':
		m.keyed(w)
	case d == '*':
		m.s.Keyed = ""
		m.present()
	case d > '9': // A to D are on no caller's telephone
		m.wait(w.Pause)
	default:
		if len(m.s.Keyed) < maxKeys {
			m.s.Keyed += string(rune(d))
		}
		k, pr := m.s.Keyed, m.p.promise
		if len(k) == pr.National && k[0] == '0' && k[1] != '0' {
			m.keyed(w) // a national number is whole: no # is needed
			return
		}
		m.wait(w.Pause)
	}
}

// keyed: a number is complete. It is read back, or refused with what would do.
func (m *machine) keyed(w *WishStep) {
	n, ok := m.p.promised(wissel.WishKind(w.Kind), m.s.Keyed)
	m.s.Keyed = ""
	if !ok {
		m.again(w.Invalid, w.Tries, w.After)
		return
	}
	m.s.Number = n
	m.s.Queue = "" // what he pressed before he heard the number is no yes to it
	m.phase(ReadingUp)
	m.present()
}

// duringReadback: he may correct himself at once; a yes waits until the number has been said. A 1 among other keys is none: his
// number had more digits than we took, or a telephone keys for him.
func (m *machine) duringReadback(d byte) {
	switch d {
	case '1':
		m.s.Queue += "1"
	case '2', '*':
		m.stop()
		m.s.Queue = ""
		m.confirmKey(m.node().Wish, d)
	case '#': // it ends a number that was whole already
	default:
		m.s.Queue = "-"
	}
	m.s.Queue = m.s.Queue[:min(len(m.s.Queue), 2)]
}

func (m *machine) readUp(w *WishStep) {
	yes := m.s.Queue == "1"
	m.s.Queue = ""
	m.phase(Confirm)
	if yes {
		m.confirmKey(w, '1')
		return
	}
	m.present()
}

func (m *machine) confirmKey(w *WishStep, d byte) {
	switch d {
	case '1':
		m.yes(w)
	case '2':
		m.s.Number = ""
		m.phase(Keying)
		m.present()
	case '*':
		m.enter(w.Back)
	default:
		m.again(w.Wrong, w.Tries, w.After)
	}
}

// yes commits the wish. The same wish twice is one; too many different ones in one call are refused.
func (m *machine) yes(w *WishStep) {
	m.choose(m.s.Step, "1")
	m.commit(w)
	m.present()
}

// commit begins to write the wish, unless it is on disk already.
func (m *machine) commit(w *WishStep) {
	switch {
	case w.Kind != byHand && slices.Contains(m.s.Wished, wished(wissel.WishKind(w.Kind), m.s.Number)):
		m.phase(Done)
	case len(m.s.Wished) >= maxWishes:
		m.phase(Failed)
	default:
		m.phase(Saving)
		m.s.Tokens++
		m.s.Commit = m.s.Tokens
	}
}

func (m *machine) save() {
	w := m.node().Wish
	wish := m.wish(wissel.WishKind(w.Kind), m.s.Number)
	if w.Kind == byHand {
		wish = m.byHand()
	}
	m.do(Commit{Token: m.s.Commit, Wish: wish, Sound: m.s.Sound})
	m.s.Tries = 0
	m.wait(slowAfter)
}

func (m *machine) wish(kind wissel.WishKind, n wissel.Number) wissel.Wish {
	return wissel.Wish{
		Call: m.s.Caller.Call, Kind: kind, Number: n, Rung: m.s.Caller.Rung, Group: m.s.Caller.Group, Flow: wissel.FlowID(m.p.id),
		Language: m.s.Language, Choices: slices.Clone(m.s.Choices), At: m.now,
		Hidden: n != "" && n == m.s.Caller.Hidden,
	}
}

// slow: nothing from the store yet. First he hears that we are busy; when its time is over we promise nothing, and what
// the store says later changes nothing for him.
func (m *machine) slow(w *WishStep) {
	if m.s.Tries == 0 {
		m.s.Tries = 1
		m.sayAgain(w.Saving)
		m.wait(w.Patience - slowAfter)
		return
	}
	m.stop()
	m.s.Commit = 0
	m.phase(Failed)
	m.present()
}

func (m *machine) committed(ev Event) {
	if m.s.Phase != Saving || ev.Token != m.s.Commit || ev.Token == 0 {
		return
	}
	m.stop()
	m.unwait()
	m.s.Commit = 0
	if ev.OK {
		m.s.Sound = 0
		m.s.Wished = append(m.s.Wished, wished(wissel.WishKind(m.node().Wish.Kind), m.s.Number))
		m.phase(Done)
	} else {
		m.phase(Failed)
		m.s.Not = ev.Not
	}
	m.present()
}
