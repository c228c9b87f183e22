// Package callbacks knows the promised calls: who waits for one, in which order, and when his turn may be named. It is pure:
// it reads no clock and keeps nothing on disk. internal/app feeds it what package store/sqlite has written.
//
// One number has one callback of a group at a time: what it asks for while that is open is added to it. Numbers that many
// people ring from, and callers who left a voice and no number, have one for each wish.
package callbacks

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"wissel"
)

// State is where a callback is. All are words for people.
type State string

// The states. A noted one was never tried, one that waits was; those by hand are left to people. The last four are closed: kept, given
// up after the last attempt, taken back, and not kept in time.
const (
	Noted           State = "noted"
	Waiting         State = "waiting"
	CallingAgent    State = "calling agent"
	CallingCustomer State = "calling customer"
	InTalk          State = "talking"
	Hand            State = "by hand"
	Done            State = "done"
	Missed          State = "missed"
	Cancelled       State = "cancelled"
	Expired         State = "expired"
)

// Open reports whether a callback in this state is still owed.
func (s State) Open() bool {
	return s != Done && s != Missed && s != Cancelled && s != Expired
}

// Flying reports whether a call for it is under way.
func (s State) Flying() bool { return s == CallingAgent || s == CallingCustomer || s == InTalk }

// Callback is one promised call.
type Callback struct {
	ID       string // of the wish that it began with
	Group    wissel.GroupID
	Number   wissel.Number // empty: he said it, and a person hears it
	Apart    bool          // it is one by itself, whoever else asks for that number
	Hidden   bool          // he hides the number from others, and let us call it back all the same
	ByHand   bool          // somebody is to hear what he said
	Language string
	At       time.Time     // when he first asked
	Latest   time.Time     // when he asked last
	Wishes   []string      // ids of all that were added to it, the first among them
	Rung     wissel.Number // the number of ours that he dialled first
	Progress
}

// Mark is what became of a callback. It names the wishes that were in it, so that the order in which rows are read back
// does not matter: one that is in no mark is owed.
type Mark struct {
	wissel.Row
	Callback string
	Group    wissel.GroupID
	State    State
	At       time.Time
	Who, Why string
	Wishes   []string
}

const (
	mostOpen   = 100_000 // more are on disk, and wait without a place
	mostClosed = 1_000   // those closed last that are kept to be looked at
	mostDone   = 50      // those done last of a group that its pace is measured by
	mostAdded  = 100     // wishes of one callback
)

// Book is all callbacks. The zero Book is not ready: NewBook makes one. It is not safe for use by several goroutines.
type Book struct {
	open    map[wissel.GroupID][]*Callback // in their order
	person  map[person]*Callback           // open ones that are not apart
	wish    map[string]*Callback           // open ones, by each of their wishes
	closed  []Callback                     // oldest first
	flying  map[wissel.GroupID]int
	lasts   map[wissel.GroupID]int // open ones that wait for their last call, or are in it
	ringing map[wissel.GroupID]int // of those: in it
	fronts  map[wissel.GroupID]int
	busy    map[wissel.Number]int          // in flight, of any group
	rung    map[wissel.Number][]time.Time  // within a day, oldest first
	done    map[wissel.GroupID][]time.Time // oldest first
	count   int
	over    int // wishes that found no room
}

type person struct {
	group  wissel.GroupID
	number wissel.Number
}

// NewBook makes an empty book.
func NewBook() *Book {
	return &Book{
		open: map[wissel.GroupID][]*Callback{}, person: map[person]*Callback{}, wish: map[string]*Callback{}, done: map[wissel.GroupID][]time.Time{},
		flying: map[wissel.GroupID]int{}, lasts: map[wissel.GroupID]int{}, ringing: map[wissel.GroupID]int{}, fronts: map[wissel.GroupID]int{}, busy: map[wissel.Number]int{}, rung: map[wissel.Number][]time.Time{},
	}
}

// Read makes a book of what is on disk: all wishes, all marks in the order of their times, and how far those are that were tried. An
// attempt that was under way is one whose end is not known.
func Read(wishes []wissel.Wish, marks []Mark, tried []Saved) *Book {
	b, marked, asked := NewBook(), map[string]bool{}, make(map[string]time.Time, len(wishes))
	last := map[string]Mark{} // of each callback
	for _, m := range marks {
		for _, id := range m.Wishes {
			marked[id] = !m.State.Open()
		}
		last[m.Callback] = m
		b.note(m)
	}
	wishes = slices.Clone(wishes)
	slices.SortStableFunc(wishes, func(x, y wissel.Wish) int { return order(x.At, x.ID, y.At, y.ID) })
	for _, w := range wishes {
		asked[w.ID] = w.At
	}
	for _, w := range wishes {
		m, was := last[w.ID]
		switch {
		case !marked[w.ID]:
			b.Wish(w)
		case was && !m.State.Open():
			c := callbackOf(w)
			c.Wishes = m.Wishes
			for _, id := range m.Wishes {
				c.Latest = later(c.Latest, asked[id])
			}
			c.Progress = Progress{State: m.State, Since: m.At, By: m.Who, Why: m.Why}
			b.closed = append(b.closed, *c)
		}
	}
	slices.SortStableFunc(b.closed, func(x, y Callback) int { return order(x.Since, x.ID, y.Since, y.ID) })
	b.closed = slices.Clone(b.closed[max(0, len(b.closed)-mostClosed):])
	for _, s := range tried {
		if c := b.wish[s.Callback]; c != nil && c.ID == s.Callback && s.Progress.State.Open() && !s.Progress.Since.Before(last[c.ID].At) {
			b.set(c, s.Progress)
		}
	}
	return b
}

// callbackOf is the callback that begins with a wish.
func callbackOf(w wissel.Wish) *Callback {
	return &Callback{
		ID: w.ID, Group: w.Group, Number: w.Number, Apart: w.Apart || w.Number == "", Hidden: w.Hidden, ByHand: w.ByHand, Language: w.Language, At: w.At, Latest: w.At,
		Wishes: []string{w.ID}, Rung: w.Rung, Progress: Progress{State: Noted, Since: w.At},
	}
}

func later(x, y time.Time) time.Time {
	if y.After(x) {
		return y
	}
	return x
}

func order(at time.Time, id string, at2 time.Time, id2 string) int {
	return cmp.Or(at.Compare(at2), cmp.Compare(id, id2))
}

// Wish takes a wish that is on disk. One for texts alone, and one that is here already, changes nothing.
func (b *Book) Wish(w wissel.Wish) {
	if w.Kind == wissel.WishText || w.ID == "" || b.wish[w.ID] != nil {
		return
	}
	apart := w.Apart || w.Number == ""
	if c := b.person[person{w.Group, w.Number}]; c != nil && !apart && len(c.Wishes) < mostAdded {
		c.Wishes = append(c.Wishes, w.ID)
		c.ByHand = c.ByHand || w.ByHand
		c.Hidden = c.Hidden && w.Hidden
		c.Latest = later(c.Latest, w.At)
		b.wish[w.ID] = c
		return
	}
	if b.count >= mostOpen {
		b.over++
		return
	}
	c := callbackOf(w)
	if w.Number == "" { // nobody can be rung
		c.State, c.Why = Hand, "he left a voice and no number"
	}
	b.insert(c)
}

// insert puts an open callback at its place.
func (b *Book) insert(c *Callback) {
	all := b.open[c.Group]
	at, _ := slices.BinarySearchFunc(all, c, compare)
	b.open[c.Group] = slices.Insert(all, at, c)
	b.count++
	for _, w := range c.Wishes {
		b.wish[w] = c
	}
	if !c.Apart {
		b.person[person{c.Group, c.Number}] = c
	}
}

func compare(x, y *Callback) int { return order(x.At, x.ID, y.At, y.ID) }

// Close takes an open callback off the list, and gives the mark to be kept; Row, Who and Why are the caller's to fill in
// before or after. false: none of this id is open.
func (b *Book) Close(id string, as State, who, why string, now time.Time) (Mark, bool) {
	c := b.wish[id]
	if c == nil || c.ID != id || as.Open() {
		return Mark{}, false
	}
	for _, w := range c.Wishes {
		delete(b.wish, w)
	}
	if key := (person{c.Group, c.Number}); b.person[key] == c {
		delete(b.person, key)
	}
	all := b.open[c.Group]
	if at, found := slices.BinarySearchFunc(all, c, compare); found {
		b.open[c.Group] = slices.Delete(all, at, at+1)
		b.count--
	}
	p := c.Progress
	p.enter(as, now)
	p.By, p.Why = who, why
	b.set(c, p)
	if b.closed = append(b.closed, *c); len(b.closed) > mostClosed {
		b.closed = slices.Delete(b.closed, 0, 1)
	}
	m := Mark{Callback: id, Group: c.Group, State: as, At: now, Who: who, Why: why, Wishes: c.Wishes}
	b.note(m)
	return m, true
}

// note counts what was done, for the pace.
func (b *Book) note(m Mark) {
	if m.State != Done {
		return
	}
	all := append(b.done[m.Group], m.At)
	b.done[m.Group] = all[max(0, len(all)-mostDone):]
}

// Place is which one a number's callback is in its group's order, from 1; 0: it has none. Those that are apart are never
// found by their number.
func (b *Book) Place(g wissel.GroupID, n wissel.Number) int { return b.place(b.person[person{g, n}]) }

// Owes reports whether a callback of a number is open, of any group; those that are apart are never found by their number.
func (b *Book) Owes(n wissel.Number) bool {
	for g := range b.open {
		if b.person[person{g, n}] != nil {
			return true
		}
	}
	return false
}

// PlaceOf is the same of the callback that a wish is in.
func (b *Book) PlaceOf(wish string) int { return b.place(b.wish[wish]) }

func (b *Book) place(c *Callback) int {
	if c == nil {
		return 0
	}
	at, found := slices.BinarySearchFunc(b.open[c.Group], c, compare)
	if !found {
		return 0
	}
	return at + 1
}

// Open gives the open callbacks of a group, in their order; an empty group means all.
func (b *Book) Open(g wissel.GroupID) (all []Callback) {
	all = make([]Callback, 0, b.count) // callers wait meanwhile
	for _, id := range slices.Sorted(maps.Keys(b.open)) {
		if g != "" && g != id {
			continue
		}
		for _, c := range b.open[id] {
			all = append(all, *c)
		}
	}
	return all
}

// Closed gives those closed last, oldest first.
func (b *Book) Closed() []Callback { return slices.Clone(b.closed) }

// Done gives those that were done since a time and are remembered, newest first.
func (b *Book) Done(since time.Time) (all []Callback) {
	for _, c := range slices.Backward(b.closed) {
		if c.Since.Before(since) {
			break
		}
		if c.State == Done {
			all = append(all, c)
		}
	}
	return all
}

// Count is how many are open, and how many more had no room in memory.
func (b *Book) Count() (open, over int) { return b.count, b.over }
