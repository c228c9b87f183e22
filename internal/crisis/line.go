package crisis

import (
	"slices"
	"time"

	"wissel"
	"wissel/ivr"
)

// Line is what the crisis line speaks by. It is never changed once made.
type Line struct {
	Languages []string                   // those it can speak; key 9 leads to the next
	Has       func(lang, id string) bool // whether there is a clip for an id
	Zone      *time.Location             // in which times are said and keyed
	StaffCode bool                       // colleagues key a code
	Codes     bool                       // some have a code of their own, to log on and off
}

// How long is waited for a key, for the next one of an entry, and for what others do.
const (
	forKey    = 8 * time.Second
	forNext   = 6 * time.Second
	forAnswer = 30 * time.Second // the login: its Wait, and a disk that takes its time
	forView   = 5 * time.Second
	forDeed   = 20 * time.Second
	forVoice  = time.Second // between its end and Recorded

	voiceMost  = time.Minute
	voiceQuiet = 5 * time.Second
	voiceLeast = 2 * time.Second
)

// machine is one Step in the making.
type machine struct {
	l   *Line
	s   State
	now time.Time
	out []Effect
}

// Step returns the state after ev, and what to do now.
func (l *Line) Step(s State, ev Event, now time.Time) (State, []Effect) {
	m := &machine{l: l, s: s, now: now}
	switch {
	case s.Phase == Over:
	case ev.Kind == Hangup:
		m.s.Phase = Over
	default:
		m.take(ev)
	}
	if m.s.Phase == Over { // nothing secret stays
		m.s.Keyed, m.s.PIN = "", ""
	}
	return m.s, m.out
}

func (m *machine) take(ev Event) {
	switch ev.Kind {
	case Begin:
		if m.s.Phase == Fresh {
			m.s.Began = m.now
			if ev.View.Draining {
				m.leave("the server is being stopped", m.p("crisis.welcome"), m.p("crisis.closing"))
				return
			}
			m.say(AskPIN, m.p("crisis.welcome"))
		}
	case Digit:
		if ev.Digit.Valid() && m.s.Phase != Fresh {
			m.digit(byte(ev.Digit))
		}
	case Played:
		if m.s.Playing {
			m.s.Playing = false
			m.played()
		}
	case Timeout:
		if ev.Token != 0 && ev.Token == m.s.Waiting {
			m.s.Waiting = 0
			m.timeout()
		}
	case Judged:
		if m.s.Phase == Checking && ev.Token == m.s.Asked {
			m.judged(ev.In)
		}
	case Seen:
		if m.s.Phase == Looking && ev.Token == m.s.Asked {
			m.s.View = ev.View
			m.seen()
		}
	case Done:
		if m.s.Phase == Working && m.s.Next == Fresh && ev.Token == m.s.Asked {
			m.done(ev.Outcome)
		}
	case Recorded:
		if m.s.Phase == Speaking {
			m.recorded(ev.Length)
		}
	case Hangup:
	}
}

func (m *machine) do(e Effect) { m.out = append(m.out, e) }

// ask asks for something that takes a while; what comes for an earlier question is of no use any more.
func (m *machine) ask(e Effect) {
	m.s.Tokens++
	m.s.Asked = m.s.Tokens
	m.do(Ask{m.s.Asked, e})
}

// p is a prompt by its id, in the caller's language.
func (m *machine) p(id string) ivr.Prompt { return ivr.Prompt{Lang: m.s.Lang, ID: id} }

func (m *machine) number(n int) ivr.Prompt {
	return ivr.Prompt{Lang: m.s.Lang, As: ivr.AsNumber, Digits: itoa(n)}
}

// play plays prompts; what was awaited no longer is.
func (m *machine) play(ps []ivr.Prompt) {
	m.unwait()
	m.s.Playing = true
	m.do(Play{ps})
}

// hush stops what plays.
func (m *machine) hush() {
	if m.s.Playing {
		m.s.Playing = false
		m.do(StopPlay{})
	}
}

func (m *machine) wait(d time.Duration) {
	m.s.Tokens++
	m.s.Waiting = m.s.Tokens
	m.do(Wake{m.s.Waiting, d})
}

func (m *machine) unwait() {
	if m.s.Waiting != 0 {
		m.do(Wake{m.s.Waiting, 0})
		m.s.Waiting = 0
	}
}

// say leads to a place, with what is said before its own words.
func (m *machine) say(to Phase, first ...ivr.Prompt) {
	m.s.Walked++
	if m.s.Walked > maxWalk || m.now.Sub(m.s.Began) > m.stay() {
		m.leave("the call takes too long", m.p("crisis.bye"))
		return
	}
	m.s.Phase, m.s.Silent, m.s.Keyed, m.s.Ahead = to, 0, "", 0
	m.play(append(slices.Clip(first), m.words()...))
}

func (m *machine) enter(to Phase) { m.say(to) }

// stay is how long he may stay.
func (m *machine) stay() time.Duration {
	switch m.s.In.Who {
	case "":
		return stranger
	case Staff, Colleague:
		return briefest
	}
	return longest
}

// again says the words of a place once more.
func (m *machine) again(first ...ivr.Prompt) {
	silent := m.s.Silent
	m.say(m.s.Phase, first...)
	if m.s.Phase != Leaving {
		m.s.Silent = silent
	}
}

// leave tells him why, and lets him go.
func (m *machine) leave(why string, ps ...ivr.Prompt) {
	m.s.Phase, m.s.Why, m.s.Keyed, m.s.PIN = Leaving, why, "", ""
	m.play(ps)
}

// look asks how things are, and goes on to a place when they are known.
func (m *machine) look(then Phase) {
	m.hush()
	m.unwait()
	m.s.Phase, m.s.Then = Looking, then
	m.ask(Look{})
	m.wait(forView)
}

// seen goes on with what is known.
func (m *machine) seen() {
	m.unwait()
	m.s.At, m.s.Page = 0, 0
	if m.s.Then != Menu || m.s.Greeted {
		m.enter(m.s.Then)
		return
	}
	m.s.Greeted = true
	m.say(m.s.Then, m.greeting()...)
}

// played: what was said is out.
func (m *machine) played() {
	switch m.s.Phase {
	case Leaving:
		m.s.Phase = Over
		m.do(End{m.s.Why})
	case Telling, Briefing:
		m.nextGroup()
	case ReadingBack:
		m.readBack()
	case Inviting:
		m.speak()
	case Hearing:
		m.enter(Messages)
	case Working:
		if m.s.Next != Fresh {
			next := m.s.Next
			m.s.Next = Fresh
			m.look(next)
		}
	case Checking:
	case Fresh, Looking, Speaking, Over:
	case AskPIN, AskCode, AskStaff, AskOwn, Other, Menu, Groups, Plans, Proposals, Confirming, Messages, Reviewing, AskEnd, Others, Briefed, Logging:
		m.wait(forKey)
	}
}

// timeout: nothing came in time.
func (m *machine) timeout() {
	switch m.s.Phase {
	case Checking:
		m.judged(In{})
	case Looking: // what was known before must do
		m.seen()
	case Working:
		m.done(Unsure)
	case Speaking:
		m.recorded(0)
	case Fresh, Telling, Hearing, ReadingBack, Inviting, Briefing, Leaving, Over:
	case AskPIN, AskCode, AskStaff, AskOwn, AskEnd:
		if m.s.Keyed != "" { // he forgot the hash key
			m.key('#')
			return
		}
		m.silent()
	case Other, Menu, Groups, Plans, Proposals, Confirming, Messages, Reviewing, Others, Briefed, Logging:
		m.silent()
	}
}

// silent: no key came. He is asked again, and let go in the end.
func (m *machine) silent() {
	if m.s.Silent++; m.s.Silent >= maxSilent {
		m.leave("he pressed nothing", m.p("crisis.silent"))
		return
	}
	m.again(m.p("key.silent"))
}

// wrongKey: the key has no meaning here. It counts as silence does, so that one who leans on his telephone is let go.
func (m *machine) wrongKey() {
	if m.s.Silent++; m.s.Silent >= maxSilent {
		m.leave("he pressed wrong keys", m.p("crisis.bye"))
		return
	}
	m.again(m.p("key.wrong"))
}

// digit takes a key pressed now. Where keys are awaited it acts at once, whatever plays; where something is under way it
// means nothing.
func (m *machine) digit(d byte) {
	switch m.s.Phase {
	case Fresh, Checking, Looking, Working, Leaving, Over:
	case ReadingBack:
		switch d {
		case '*':
			m.hush()
			m.back()
		case '0':
			m.again()
		default:
			m.s.Ahead = d
		}
	case Inviting: // he need not hear it out
		m.hush()
		m.speak()
	case Speaking:
		m.unwait()
		m.do(StopRecord{})
		m.wait(forVoice)
	case Hearing:
		m.hush()
		m.enter(Messages)
	case AskPIN, AskCode, AskStaff, AskOwn, AskEnd, Other, Menu, Telling, Groups, Plans, Proposals, Confirming, Messages, Reviewing, Others, Briefing, Briefed, Logging:
		m.hush()
		m.unwait()
		m.key(d)
	}
}

func (m *machine) setLanguage() {
	i := slices.Index(m.l.Languages, m.s.Lang)
	m.s.Lang = m.l.Languages[(i+1)%len(m.l.Languages)]
}

// nextGroup goes on with the group after this one.
func (m *machine) nextGroup() {
	m.s.At++
	if m.s.At < len(m.s.View.Groups) {
		m.enter(m.s.Phase)
		return
	}
	m.s.At = 0
	if m.s.Phase == Briefing {
		m.enter(Briefed)
		return
	}
	m.look(Menu)
}

// at is the group he is at.
func (m *machine) at() (Group, bool) { return m.s.View.group(m.s.Group) }

func (m *machine) choose(g wissel.GroupID) { m.s.Group = g }
