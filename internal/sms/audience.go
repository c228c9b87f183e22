package sms

import (
	"cmp"
	"slices"
	"time"

	"wissel"
)

// Audience is who asked for texts, by group, and which of them are due to whom. It is pure; it is not safe for use by several
// goroutines. NewAudience makes one.
type Audience struct {
	groups map[wissel.GroupID]map[wissel.Number]*Wanter
	count  int
}

// Wanter is one who asked for texts of a group.
type Wanter struct {
	Group    wissel.GroupID
	To       wissel.Number
	Language string
	Hidden   bool
	Wish     string    // id of his last
	First    time.Time // when he first asked
	Asked    time.Time // when he last did
	Both     bool      // he is to be called back too
	fresh    []wissel.Wish
	news     string // state of the message that he last had
	back     string // key of the text that told him that the outage is over; empty: none did
}

// Trouble is how a group fares, as its texts tell of it.
type Trouble struct {
	On      bool      // something is the matter
	Over    bool      // nothing is, and long enough to say so
	Message string    // state of the message: what it says, by a name; empty: there is none to be told
	Since   time.Time // of that state
	Calm    time.Duration
}

// Due is a text that somebody is to have now.
type Due struct {
	Purpose Purpose
	Cause   string
	Wanter  Wanter
}

const (
	mostWanters = 100_000
	mostFresh   = 8                  // wishes of one person that wait for their confirmation
	wantFor     = 7 * 24 * time.Hour // so long after he asked somebody is told news
	confirmFor  = 12 * time.Hour     // later than that a wish is not confirmed: it was read after a long stop
)

// NewAudience makes an empty one.
func NewAudience() *Audience {
	return &Audience{groups: map[wissel.GroupID]map[wissel.Number]*Wanter{}}
}

// Wish takes a wish that is on disk. One for no texts, or without a number, changes nothing; false: there is no room.
func (a *Audience) Wish(w wissel.Wish) bool {
	if w.Kind == wissel.WishCallback || w.Number == "" || w.ID == "" {
		return true
	}
	one := a.groups[w.Group][w.Number]
	if one == nil {
		if a.count >= mostWanters {
			return false
		}
		if a.groups[w.Group] == nil {
			a.groups[w.Group] = map[wissel.Number]*Wanter{}
		}
		one = &Wanter{Group: w.Group, To: w.Number, First: w.At}
		a.groups[w.Group][w.Number] = one
		a.count++
	}
	if w.ID == one.Wish || slices.ContainsFunc(one.fresh, func(f wissel.Wish) bool { return f.ID == w.ID }) {
		return true
	}
	if !w.At.Before(one.Asked) {
		one.Wish, one.Asked, one.Language, one.Hidden, one.Both = w.ID, w.At, w.Language, w.Hidden, w.Kind == wissel.WishBoth
	}
	if one.back != "" && w.At.After(one.First) { // he asks anew
		one.First, one.back, one.news = w.At, "", ""
	}
	if len(one.fresh) < mostFresh {
		one.fresh = append(one.fresh, w)
	}
	return true
}

// Wrote notes a text that is written, also by an earlier run of the server.
func (a *Audience) Wrote(e Entry) {
	one := a.groups[e.Group][e.To]
	if one == nil {
		return
	}
	switch {
	case e.Purpose == News:
		one.news = e.Cause
	case e.Purpose == Back && !e.At.Before(one.Asked) && e.Stage != Dropped:
		one.back = e.Key
	}
}

// Leave forgets somebody: nothing more of that group is for him.
func (a *Audience) Leave(g wissel.GroupID, to wissel.Number) {
	if a.groups[g][to] != nil {
		delete(a.groups[g], to)
		a.count--
	}
}

// Count is how many asked for texts of a group; of an empty group: of all.
func (a *Audience) Count(g wissel.GroupID) int {
	if g == "" {
		return a.count
	}
	return len(a.groups[g])
}

// Groups are those of which somebody asked for texts.
func (a *Audience) Groups() (all []wissel.GroupID) {
	for g, people := range a.groups {
		if len(people) > 0 {
			all = append(all, g)
		}
	}
	slices.Sort(all)
	return all
}

// Due gives the texts that are due in a group and were not written, in the order in which people asked. tell looks a text up by
// its key.
func (a *Audience) Due(g wissel.GroupID, t Trouble, tell func(key string) (Entry, bool), now time.Time) (all []Due) {
	for to, one := range a.groups[g] {
		if now.Sub(one.Asked) > wantFor {
			a.Leave(g, to)
			continue
		}
		for _, w := range one.fresh {
			if _, written := tell(KeyOf(Confirmation, g, to, w.ID)); !written && now.Sub(w.At) <= confirmFor {
				all = append(all, Due{Confirmation, w.ID, *one})
			}
		}
		one.fresh = nil
		if d, ok := one.due(t, tell, now); ok {
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(x, y Due) int {
		return cmp.Or(x.Wanter.First.Compare(y.Wanter.First), cmp.Compare(x.Wanter.To, y.Wanter.To), cmp.Compare(x.Cause, y.Cause))
	})
	return all
}

// due is the news for one person, or that the outage is over.
func (w *Wanter) due(t Trouble, tell func(key string) (Entry, bool), now time.Time) (Due, bool) {
	told := false
	if w.back != "" {
		e, known := tell(w.back)
		told = !known || e.Stage != Dropped && (e.Stage != Waiting || len(e.Tried) > 0)
		if known && e.Stage == Dropped {
			w.back = ""
		}
	}
	switch {
	case told:
	case t.On && t.Message != "" && t.Message != w.news && w.First.Before(t.Since):
		if _, written := tell(KeyOf(News, w.Group, w.To, t.Message)); !written {
			return Due{News, t.Message, *w}, true
		}
	case t.Over && w.back == "" && now.Sub(w.Asked) >= t.Calm:
		cause := w.Wish + "/" + w.news
		if _, written := tell(KeyOf(Back, w.Group, w.To, cause)); !written {
			return Due{Back, cause, *w}, true
		}
	}
	return Due{}, false
}

// Again has a text asked for once more that could not be written.
func (a *Audience) Again(d Due) {
	one := a.groups[d.Wanter.Group][d.Wanter.To]
	if one != nil && d.Purpose == Confirmation && len(one.fresh) < mostFresh {
		one.fresh = append(one.fresh, wissel.Wish{Row: wissel.Row{ID: d.Cause}, At: d.Wanter.Asked})
	}
}
