package crisis

import (
	"crypto/sha256"
	"crypto/subtle"
	"time"

	"wissel"
)

// Colleague is who comes in with a code of his own and no PIN: he may log himself on and off, and hears nothing else. No person can have
// this name.
const Colleague = "colleague:"

// Own is one of the people who may log himself on and off.
type Own struct {
	Name  string // "home/anna"
	Phone wissel.Number
	Code  wissel.Secret
}

// Log logs on or off who came in as a Colleague; Done follows.
type Log struct {
	Who []string // In.Own
	On  bool
}

func (Log) effect() {}

// TryOwn tries a code of one of the people; whose it is is told. It counts as a PIN does. Somebody's telephone has more tries.
func (d *Door) TryOwn(from wissel.Number, people []Own, code Keys, now time.Time) (v Verdict, whose []string) {
	known := d.knows(from)
	given := sha256.Sum256([]byte(code))
	for _, p := range people {
		known = known || from != "" && p.Phone == from
		want := sha256.Sum256([]byte(p.Code.Reveal()))
		if subtle.ConstantTimeCompare(given[:], want[:]) == 1 && !p.Code.IsZero() {
			whose = append(whose, p.Name)
		}
	}
	v.Wait = d.Tally.wait(from, known, now)
	switch {
	case d.Tally.locked(from, known, "", now):
		v.Why, whose = "locked", nil
	case len(whose) > 0:
		v.Person = Colleague
	default:
		v.Why = "wrong code of a colleague"
		v.Locked = d.Tally.wrong(from, known, "", now)
	}
	return v, whose
}

// logKey is 1 where he hears whether he is logged on: it changes that.
func (m *machine) logKey(d byte) bool {
	if d != '1' {
		return false
	}
	m.s.Deed = toLog
	m.work(Log{Who: m.s.In.Own, On: !m.s.In.Logged})
	return true
}

// logged tells what came of it: what is so now.
func (m *machine) logged(o Outcome) {
	m.s.Deed = noDeed
	m.unwait()
	switch o {
	case Carried:
		m.s.In.Logged = !m.s.In.Logged
		m.enter(Logging)
	case Unsaved:
		m.s.In.Logged = !m.s.In.Logged
		m.say(Logging, m.p("crisis.done-unsaved"))
	case Unsure, Proposed, Refused, Unfit:
		m.say(Logging, m.p("crisis.refused"))
	}
}
