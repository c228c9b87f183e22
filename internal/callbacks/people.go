package callbacks

import (
	"slices"
	"strings"
	"time"

	"wissel"
)

// Attempt is one that is over, as it is kept.
type Attempt struct {
	wissel.Row
	Callback string
	Group    wissel.GroupID
	At       time.Time // when it began
	Ended    time.Time
	Result   wissel.CallbackResult
}

// LogOn is whether one of the people may be rung, as it is kept.
type LogOn struct {
	wissel.Row
	List, Name string
	On         bool
	At         time.Time
	Until      time.Time // logged off by itself then; zero: until he logs off
	Who        string    // who did it
	Why        string
}

// Live reports whether he is logged on at now.
func (l LogOn) Live(now time.Time) bool {
	return l.On && (l.Until.IsZero() || now.Before(l.Until))
}

// SplitPerson reads "list/name".
func SplitPerson(s string) (list, name string) {
	list, name, _ = strings.Cut(s, "/")
	return list, name
}

// How is what became of one who was rung.
type How uint8

// Spared: nothing that he could help. Passed: he did not take it. Took: he did.
const (
	Spared How = iota
	Passed
	Took
)

// Staffed are the people who may be rung, for callbacks and for callers: who is logged on, who is in a call, and who did not take his last
// ones. One at a time is rung, the one who has waited longest. Somebody on two lists has one telephone.
type Staffed struct {
	on     map[string]LogOn // by list and name
	phones map[wissel.Number]telephone
}

// telephone is what is known of one.
type telephone struct {
	busy  bool
	last  time.Time     // when it was rung last, or its call ended
	spare time.Time     // nobody took the call there: not before
	wait  time.Duration // for how long that was
}

// NewStaffed makes one of whom all are logged off.
func NewStaffed() *Staffed {
	return &Staffed{on: map[string]LogOn{}, phones: map[wissel.Number]telephone{}}
}

// Log notes that one was logged on or off; phone is his, if it is known.
func (s *Staffed) Log(l LogOn, phone wissel.Number) {
	s.on[l.List+"/"+l.Name] = l
	if t, ok := s.phones[phone]; ok {
		t.spare, t.wait = time.Time{}, 0
		s.phones[phone] = t
	}
}

// On gives who of a list was logged on or off last.
func (s *Staffed) On(list, name string) LogOn { return s.on[list+"/"+name] }

// Busy reports whether a telephone is rung or talked over.
func (s *Staffed) Busy(phone wissel.Number) bool { return s.phones[phone].busy }

// Free is who of a list is to be rung next, and how many could take a call now, those in one counted too; again is when one of them who
// did not answer may be rung again. Nobody is rung whose telephone is among but.
func (s *Staffed) Free(list string, staff []Person, but []wissel.Number, now time.Time) (next Person, ok bool, there int, again time.Time) {
	for _, p := range staff {
		t := s.phones[p.Phone]
		switch {
		case !s.on[list+"/"+p.Name].Live(now):
			continue
		case t.spare.After(now):
			again = earlier(again, t.spare)
			continue
		}
		there++
		if !t.busy && !slices.Contains(but, p.Phone) && (!ok || t.last.Before(s.phones[next.Phone].last)) {
			next, ok = p, true
		}
	}
	return next, ok, there, again
}

// Rings takes one who is to be rung; false: his telephone is in a call.
func (s *Staffed) Rings(phone wissel.Number, now time.Time) bool {
	t := s.phones[phone]
	if t.busy {
		return false
	}
	t.busy, t.last = true, now
	s.phones[phone] = t
	return true
}

const (
	spareShort = time.Minute // who did not take a call is left in peace for so long, doubled up to spareLong
	spareLong  = 15 * time.Minute
)

// Done notes that he is free again, and waits from now on.
func (s *Staffed) Done(phone wissel.Number, how How, now time.Time) {
	t := s.phones[phone]
	t.busy, t.last = false, now
	switch how {
	case Took:
		t.wait = 0
	case Passed:
		t.wait = min(max(2*t.wait, spareShort), spareLong)
		t.spare = now.Add(t.wait)
	case Spared:
	}
	s.phones[phone] = t
}
