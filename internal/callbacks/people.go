package callbacks

import (
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

// Staffed are the people of a desk: who is logged on, who is in a call, and who did not take his last ones. One at a time is rung, the one
// who has waited longest.
type Staffed struct {
	on    map[string]LogOn
	busy  map[string]bool
	last  map[string]time.Time // when he was rung last
	spare map[string]time.Time // he did not answer: not before
	wait  map[string]time.Duration
}

// NewStaffed makes one of whom all are logged off.
func NewStaffed() *Staffed {
	return &Staffed{on: map[string]LogOn{}, busy: map[string]bool{}, last: map[string]time.Time{}, spare: map[string]time.Time{}, wait: map[string]time.Duration{}}
}

// Log notes that one was logged on or off.
func (s *Staffed) Log(l LogOn) {
	key := l.List + "/" + l.Name
	s.on[key] = l
	delete(s.spare, key)
	delete(s.wait, key)
}

// On gives who of a list was logged on or off last.
func (s *Staffed) On(list, name string) LogOn { return s.on[list+"/"+name] }

// Free is who of a list is to be rung next, and how many could take a call now, those in one counted too; again is when one of them who
// did not answer may be rung again.
func (s *Staffed) Free(list string, staff []Person, now time.Time) (next Person, ok bool, there int, again time.Time) {
	for _, p := range staff {
		key := list + "/" + p.Name
		switch {
		case !s.on[key].Live(now):
			continue
		case s.spare[key].After(now):
			again = earlier(again, s.spare[key])
			continue
		}
		there++
		if !s.busy[key] && (!ok || s.last[key].Before(s.last[list+"/"+next.Name])) {
			next, ok = p, true
		}
	}
	return next, ok, there, again
}

// Rings notes that one is rung.
func (s *Staffed) Rings(list, name string, now time.Time) {
	s.busy[list+"/"+name], s.last[list+"/"+name] = true, now
}

const (
	spareShort = time.Minute // who did not take a call is left in peace for so long, doubled up to spareLong
	spareLong  = 15 * time.Minute
)

// Done notes that he is free again; took: he took the call.
func (s *Staffed) Done(list, name string, took bool, now time.Time) {
	key := list + "/" + name
	delete(s.busy, key)
	if took {
		delete(s.wait, key)
		return
	}
	s.wait[key] = min(max(2*s.wait[key], spareShort), spareLong)
	s.spare[key] = now.Add(s.wait[key])
}
