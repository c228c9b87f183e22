package sip

import (
	"bytes"
	"strings"

	"wissel"
)

// Reached is told, once for each call, when the platform that a caller talks to says by the header of its settings (wissel.Trunk) that a
// person took the call: its own 200 proves nothing, since it answers before it queues. It is called on the goroutine that owns the call,
// and must not block.
type Reached func(call wissel.CallID, g wissel.GroupID, caller wissel.Number, trunk wissel.TrunkID)

// said looks in a message of a leg's peer for the word that a person took the call, and reports whether it is there. What is said before
// the caller talks to that leg counts once he does.
func (s *shard) said(l *leg, h *head) bool {
	if l.server || l.trunk == nil || l.trunk.Reached == "" || !says(h, l.trunk.Reached) {
		return false
	}
	l.person = true
	s.reached(l)
	return true
}

// reached tells of a caller whom a person took, once he talks to him.
func (s *shard) reached(l *leg) {
	c := l.call
	if !l.person || l.joined.IsZero() || c.reached || s.srv.o.Reached == nil {
		return
	}
	c.reached = true
	if c.caller.Number != "" && !c.caller.Withheld {
		s.srv.o.Reached(c.id, c.decision.Line.Group, c.caller.Number, l.trunk.ID)
	}
}

// says reports whether a message has a header, "X-Agent", or one with a value, "X-State: agent".
func says(h *head, wanted string) bool {
	name, value, valued := strings.Cut(wanted, ":")
	value = strings.TrimSpace(value)
	for i := range h.fields {
		f := &h.fields[i]
		n, _, _ := bytes.Cut(f.line, []byte(":"))
		if !strings.EqualFold(string(bytes.TrimRight(n, " \t")), name) {
			continue
		}
		if valued && strings.EqualFold(string(f.value), value) || !valued && len(f.value) > 0 {
			return true
		}
	}
	return false
}
