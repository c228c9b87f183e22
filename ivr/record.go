package ivr

import (
	"time"

	"wissel"
)

// A recording's keys, once it has been made: 1 keeps it, as does no key at all; 2 says it again; 3 records another.

const (
	spare    = 10 * time.Second // how much longer than its own limit a recording may take before we give it up
	handover = 3 * time.Second  // how long one that a key ended may take to be told of
)

// record begins to record after the tone.
func (m *machine) record() {
	r := m.node().Record
	tries := m.s.Tries
	m.phase(Speaking)
	m.s.Tries = tries // those in which nothing was said
	m.s.Tokens++
	m.s.Sound = m.s.Tokens
	m.do(Record{Token: m.s.Sound, Max: r.Longest, Silence: r.Quiet, Beep: true})
	m.wait(r.Longest + spare)
}

// recorded: the recording has ended by itself, by its limit, or by a key.
func (m *machine) recorded(ev Event) {
	if m.s.Phase != Speaking || ev.Token != m.s.Sound || ev.Token == 0 {
		return
	}
	m.unwait()
	r := m.node().Record
	switch {
	case !ev.OK:
		m.unrecorded()
	case ev.Length < r.Least:
		m.s.Sound = 0
		m.s.Phase = Inviting
		m.again(r.Silence, r.Tries, r.After)
	case len(r.Review) == 0:
		m.keep(r)
	default:
		m.phase(Reviewing)
		m.present()
	}
}

// unrecorded: it could not be made, and he hears so.
func (m *machine) unrecorded() {
	m.s.Sound = 0
	m.phase(Failed)
	m.present()
}

func (m *machine) keep(r *Recording) {
	m.choose(m.s.Step, "recorded")
	m.enter(r.Next)
}

func (m *machine) reviewKey(r *Recording, d byte) {
	switch d {
	case '1', '#':
		m.keep(r)
	case '2':
		m.present(heard)
	case '3':
		m.s.Sound = 0
		m.phase(Inviting)
		m.present()
	default:
		if m.s.Tries++; m.s.Tries >= r.Tries {
			m.keep(r) // what he said is worth more than the key he presses
			return
		}
		m.present(r.Wrong...)
	}
}

// heard stands for his own recording among the ids of prompts; no prompt has such an id.
const heard = "*"

// unkept gives the effect that keeps what a caller said who is gone: he has asked for something, if not by key. A commit
// that is under way goes on by itself.
func (m *machine) unkept() {
	if m.s.Sound == 0 || m.s.Commit != 0 {
		return
	}
	m.s.Tokens++
	c := Commit{Token: m.s.Tokens, Wish: m.byHand(), Sound: m.s.Sound}
	if r := m.node().Record; r != nil && m.s.Phase == Speaking {
		c.Least = r.Least
	}
	m.s.Sound = 0
	m.do(c)
}

// byHand is the wish that a recording is: a person hears it, and calls back.
func (m *machine) byHand() wissel.Wish {
	w := m.wish(wissel.WishCallback, "")
	w.ByHand = true
	if n, ok := m.p.promised(wissel.WishCallback, string(m.s.Caller.From)); ok {
		w.Number = n
	}
	return w
}
