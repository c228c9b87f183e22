package ivr

import (
	"slices"
	"strings"
	"time"

	"wissel"
)

// Step returns the caller's state after ev, and what to do now. Every event is legal in every state. now is written into
// wishes and decides nothing. s is not changed.
func (p *Program) Step(s State, ev Event, now time.Time) (State, []Effect) {
	if s.Phase == Over {
		return s, nil
	}
	// Appending to a slice of the old state must not write into it: both may be kept.
	s.Choices, s.Wished, s.Stack = slices.Clip(s.Choices), slices.Clip(s.Wished), slices.Clip(s.Stack)
	m := &machine{p: p, s: s, now: now, facts: ev.Facts}
	if ev.Kind != Hangup && !p.steps[s.Step].fits(s.Phase) {
		m.restart() // the settings changed across a restart of ours, and his place in the flow is gone
		return m.s, m.out
	}
	switch ev.Kind {
	case Begin:
		m.begin()
	case Digit:
		if ev.Digit.Valid() {
			m.digit(byte(ev.Digit))
		}
	case Played:
		if m.s.Playing && (ev.Token == 0 || ev.Token == m.s.Plays) {
			m.s.Playing = false
			m.played()
		}
	case Timeout:
		if ev.Token == m.s.Waiting && ev.Token != 0 {
			m.s.Waiting = 0
			m.timeout()
		}
	case Committed:
		m.committed(ev)
	case Recorded:
		m.recorded(ev)
	case Returned:
		m.returned()
	case Hangup:
		m.unkept()
		m.s.Phase, m.s.Playing, m.s.Waiting = Over, false, 0
	}
	return m.s, m.out
}

// machine is one Step under way.
type machine struct {
	p     *Program
	s     State
	now   time.Time
	facts Facts
	more  bool // the key is one of a burst
	out   []Effect
}

func (m *machine) do(e Effect)    { m.out = append(m.out, e) }
func (m *machine) node() Node     { return m.p.steps[m.s.Step] }
func (m *machine) phase(ph Phase) { m.s.Phase, m.s.Tries, m.s.Keyed, m.s.Not = ph, 0, "", false }

func (m *machine) begin() {
	if m.s.Phase != Fresh {
		m.stop()
		m.unwait()
		m.s.Queue, m.s.Keyed = "", ""
		if m.s.Phase == Away { // whom he was tried at is gone with our memory
			m.phase(Sorry)
		}
		if m.s.Phase == Speaking || m.s.Phase == Reviewing { // what he said went with our memory
			m.s.Sound = 0
			m.phase(Inviting)
		}
		m.present()
		return
	}
	m.s.Language = m.p.languages[0].ID
	if id, ok := m.p.tells(m.s.Caller); ok {
		m.s.Language = id
	}
	m.enter(m.p.start)
}

// restart leads to the first step, in his language if there still is one.
func (m *machine) restart() {
	m.stop()
	m.unwait()
	m.s.Queue, m.s.Commit, m.s.Stack = "", 0, nil
	if !slices.ContainsFunc(m.p.languages, func(l Language) bool { return l.ID == m.s.Language }) {
		m.s.Language = m.p.languages[0].ID
	}
	m.enter(m.p.start)
}

// fits reports whether a caller can be in this phase of this step.
func (n Node) fits(ph Phase) bool {
	switch ph {
	case Fresh, Over:
		return true
	case Saying:
		return n.Say != nil || n.Place != nil
	case Choosing:
		return n.Menu != nil || n.Language != nil
	case Keying:
		return n.Collect != nil || n.Wish != nil
	case Offering, ReadingUp, Confirm, Saving, Done:
		return n.Wish != nil
	case Failed:
		return n.Wish != nil || n.Record != nil
	case Inviting, Speaking, Reviewing:
		return n.Record != nil
	case Leaving:
		return n.Dial != nil || n.End != nil
	case Offered, Away, Sorry:
		return n.TransferBack != nil
	}
	return false
}

// tells gives the language in which a caller is spoken to first, and whether anything tells it.
func (p *Program) tells(c Caller) (id string, ok bool) {
	if slices.Contains(p.Languages(), c.Language) {
		return c.Language, true
	}
	return p.languageOf(c.From)
}

// languageOf gives the language of the longest prefix that n begins with.
func (p *Program) languageOf(n wissel.Number) (id string, ok bool) {
	longest := 0
	for _, l := range p.languages {
		for _, prefix := range l.Prefixes {
			if len(prefix) > longest && strings.HasPrefix(string(n), prefix) {
				id, longest = l.ID, len(prefix)
			}
		}
	}
	return id, longest > 0
}

// enter goes to a step, and on from it as long as steps say nothing. Compile has seen to it that those lead in no circle.
func (m *machine) enter(step string) {
	for range 2 * maxDepth * maxSilent {
		m.s.Step = step
		if step == m.p.short {
			m.s.Walked = max(m.s.Walked, maxWalk-shortWalk)
		}
		if next, on := m.pass(m.node()); on {
			step = next
			continue
		}
		m.s.Walked++
		if next, awaits := m.node().silent(); m.s.Walked > maxWalk && awaits {
			step = next // he goes round for the fun of it; the way of those who press nothing has an end
			continue
		}
		if m.offers() && m.node().TransferBack == nil {
			m.divert(0)
			return
		}
		m.arrive(m.node())
		m.present()
		return
	}
	panic("ivr: flow " + m.p.id + " goes in a circle at step " + step + "; Compile should have refused it")
}

// pass does what a step does that says nothing, and gives the one that follows; on is false at any other step.
func (m *machine) pass(n Node) (next string, on bool) {
	switch {
	case n.Goto != "":
		return n.Goto, true
	case n.When != nil:
		return m.holds(), true
	case n.Hours != nil && m.facts.Hours.Open:
		return n.Hours.Open, true
	case n.Hours != nil:
		return n.Hours.Closed, true
	case n.Set != nil:
		m.choose(n.Set.Name, n.Set.Value)
		return n.Set.Next, true
	case n.Call != nil && len(m.s.Stack) < maxDepth:
		m.s.Stack = append(m.s.Stack, n.Call.Next)
		return n.Call.Step, true
	case n.Call != nil: // the settings changed across a restart of ours, and his way here was another
		return n.Call.Next, true
	case n.Return != nil:
		return m.back(), true
	case n.Wish != nil && n.Wish.Kind == byHand && m.s.Sound == 0: // there is nothing to hear
		return n.Wish.After, true
	case n.Language != nil && n.Language.Ask == "other":
		m.setLanguage(m.p.after(m.s.Language))
		return n.Language.Next, true
	case n.Language != nil && n.Language.Ask == "unknown":
		_, known := m.p.tells(m.s.Caller)
		return n.Language.Next, known
	}
	return "", false
}

// back is where a return leads; without a call, or to a step that a change of the settings took away, to the beginning.
func (m *machine) back() string {
	last := len(m.s.Stack) - 1
	if last < 0 {
		return m.p.start
	}
	next := m.s.Stack[last]
	m.s.Stack = m.s.Stack[:last:last]
	if _, there := m.p.steps[next]; !there {
		m.s.Stack = nil
		return m.p.start
	}
	return next
}

// arrive begins the phase of a step that says something.
func (m *machine) arrive(n Node) {
	switch {
	case n.Language != nil, n.Menu != nil:
		m.phase(Choosing)
	case n.Say != nil, n.Place != nil:
		m.phase(Saying)
	case n.Collect != nil:
		m.phase(Keying)
	case n.Record != nil:
		m.phase(Inviting)
	case n.Wish != nil:
		m.startWish()
	default:
		m.phase(Leaving)
	}
}

// after gives the language that follows lang.
func (p *Program) after(lang string) string {
	for i, l := range p.languages {
		if l.ID == lang {
			return p.languages[(i+1)%len(p.languages)].ID
		}
	}
	return p.languages[0].ID
}

func (m *machine) setLanguage(id string) {
	m.s.Language = id
	m.choose("language", id)
}

func (m *machine) choose(what, how string) {
	m.s.Choices = append(m.s.Choices, what+"="+how)
	if over := len(m.s.Choices) - maxChoices; over > 0 {
		m.s.Choices = slices.Clone(m.s.Choices[over:])
	}
}

// present plays what belongs to the present step and phase, after a word on what went wrong. A key pressed ahead is
// taken instead where keys are awaited.
func (m *machine) present(before ...string) {
	if len(before) == 0 && m.s.Queue != "" && m.takeAhead() {
		return
	}
	ps, lead := m.text(), m.say(before)
	if len(lead) > 0 {
		ps = append(lead, ps...)
	}
	switch {
	case m.s.Phase == Saving:
		m.save()
	case len(ps) == 0: // only dial and end may say nothing
		m.played()
	default:
		m.s.Plays++
		m.s.Playing = true
		m.do(Play{Token: m.s.Plays, Prompts: ps, Barge: m.barge()})
	}
}

// takeAhead acts on a key pressed before its menu came, and reports whether it did.
func (m *machine) takeAhead() bool {
	switch m.s.Phase {
	case Choosing, Keying:
		for m.s.Queue != "" && (m.s.Phase == Choosing || m.s.Phase == Keying) {
			d, step, phase := m.s.Queue[0], m.s.Step, m.s.Phase
			m.s.Queue = m.s.Queue[1:]
			m.key(d)
			if m.s.Step != step || m.s.Phase != phase || m.s.Playing {
				return true
			}
		}
		return true
	case Saying:
		if !m.node().said().Whole {
			m.enter(m.node().said().Next)
			return true
		}
	case Fresh, Offering, ReadingUp, Confirm, Saving, Done, Failed, Leaving, Over, Inviting, Speaking, Reviewing, Offered, Away, Sorry:
		// A yes to a number that has not been said is no yes.
		m.s.Queue = ""
	}
	return false
}

// text gives the prompts of the present step and phase.
func (m *machine) text() []Prompt {
	n := m.node()
	switch m.s.Phase {
	case Saying:
		if n.Place != nil {
			return m.place(n.Place)
		}
		return m.say(n.Say.Play)
	case Choosing:
		if n.Menu != nil {
			return m.say(n.Menu.Play)
		}
		return m.inEach(n.Language.Play)
	case Keying:
		if n.Collect != nil {
			return m.say(n.Collect.Play)
		}
		return m.say(n.Wish.Ask)
	case Offering:
		return m.own(n.Wish)
	case ReadingUp:
		return slices.Concat(m.say(n.Wish.Readback), m.digits(m.s.Number))
	case Confirm:
		return m.say(n.Wish.Confirm)
	case Done:
		return m.say(n.Wish.Done)
	case Failed:
		if n.Record != nil {
			return m.say(n.Record.Failed)
		}
		if m.s.Not && len(n.Wish.Refused) > 0 {
			return m.say(n.Wish.Refused)
		}
		return m.say(n.Wish.Failed)
	case Inviting:
		return m.say(n.Record.Play)
	case Reviewing:
		return m.say(n.Record.Review)
	case Leaving:
		if n.Dial != nil {
			return m.say(n.Dial.Play)
		}
		return m.say(n.End.Play)
	case Offered:
		return m.say(n.TransferBack.Play)
	case Sorry:
		return m.say(n.TransferBack.Failed)
	case Saving, Fresh, Over, Speaking, Away:
	}
	return nil
}

func (m *machine) barge() bool {
	switch m.s.Phase {
	case ReadingUp, Leaving:
		return false
	case Saying:
		return !m.node().said().Whole
	case Fresh, Choosing, Keying, Offering, Confirm, Saving, Done, Failed, Over, Inviting, Speaking, Reviewing, Offered, Away, Sorry:
	}
	return true
}

func (m *machine) say(ids []string) []Prompt {
	ps := make([]Prompt, len(ids))
	for i, id := range ids {
		if ps[i] = (Prompt{Lang: m.s.Language, ID: id}); id == heard {
			ps[i] = Prompt{Lang: m.s.Language, Sound: m.s.Sound}
		}
	}
	return ps
}

// inEach says prompts in each language, the caller's own first.
func (m *machine) inEach(ids []string) []Prompt {
	var ps []Prompt
	lang := m.s.Language
	for range m.p.languages {
		for _, id := range ids {
			ps = append(ps, Prompt{Lang: lang, ID: id})
		}
		lang = m.p.after(lang)
	}
	return ps
}

func (m *machine) digits(n wissel.Number) []Prompt {
	return []Prompt{{Lang: m.s.Language, As: AsPhone, Digits: m.p.promise.spoken(n)}}
}

func (m *machine) stop() {
	if m.s.Playing {
		m.s.Playing = false
		m.do(StopPlay{})
	}
}

func (m *machine) wait(d time.Duration) {
	m.unwait()
	m.s.Tokens++
	m.s.Waiting = m.s.Tokens
	m.do(Wake{Token: m.s.Waiting, After: d})
}

func (m *machine) unwait() {
	if m.s.Waiting != 0 {
		m.do(Wake{Token: m.s.Waiting})
		m.s.Waiting = 0
	}
}
