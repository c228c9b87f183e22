package ivr

import (
	"strconv"
	"time"
)

// mostPlace is how long a number and a part of the day may take to say.
const mostPlace = 5 * time.Second

// said is how a step is heard that asks nothing.
func (n Node) said() Say {
	if n.Place != nil {
		return Say{Next: n.Place.Next}
	}
	return *n.Say
}

// place says which one the caller's callback is, and the part of the day in which his turn comes; nothing when neither is known.
func (m *machine) place(p *Placing) []Prompt {
	f := m.facts.Place
	if f.Number < 1 {
		return nil
	}
	ps := append(m.say(p.Play), Prompt{Lang: m.s.Language, As: AsNumber, Digits: strconv.Itoa(f.Number)})
	if !f.Turn.IsZero() {
		ps = append(append(ps, m.say(p.Turn)...), Prompt{Lang: m.s.Language, As: AsDayPart, At: f.Turn, Now: m.now.In(f.Turn.Location())})
	}
	return ps
}
