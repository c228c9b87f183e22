package sms

import (
	"container/heap"
	"errors"
	"slices"
	"time"

	"wissel"
)

// Manner is how the texts of a group go.
type Manner struct {
	Route
	Quiet Quiet
}

// Lane is what one provider is given.
type Lane struct {
	PerSecond int // texts a second, all groups together
	Window    int // offers under way at a time
}

// The bounds of the queue.
const (
	mostOwed    = 100_000               // more are refused
	mostKept    = 20_000                // of those that are final, the last ones
	mostKeys    = 200_000               // of those before them: a text with such a key is not written again
	catchUp     = 50 * time.Millisecond // how far a provider's pace may lag behind and still be made up for
	patient     = 4                     // texts of one group that are looked past because their provider has no room
	unwritten   = 5 * time.Second       // until a text is tried again whose attempt could not be written
	unavailable = time.Minute           // until a group is looked at again that the settings do not have
)

// ErrFull says that too many texts are owed already.
var ErrFull = errors.New("too many texts are owed already")

// Queue is all texts that are owed, and decides which goes next: prompt ones before others, each in the order in which they were
// written, as far as the pace of the providers, quiet hours and operators let them. It is pure; it is not safe for use by several
// goroutines. NewQueue makes one.
type Queue struct {
	manners  map[wissel.GroupID]Manner
	lanes    map[string]Lane
	breakers map[string]Breaker
	free     map[string]time.Time // from when on a provider's pace lets the next text go
	busy     map[string]int       // offers under way
	paused   map[wissel.GroupID]bool

	all     map[string]*item             // by id
	keys    map[string]string            // ids by key
	ids     map[part]string              // ids of texts by those that providers gave their parts
	refs    map[ref][]string             // ids of texts of which an answer may be missing
	person  map[person]map[string]bool   // passing ones that were never offered, by whom they are for
	timers  items                        // by due
	ready   [2]map[wissel.GroupID]*items // by number: prompt ones, and the others
	closed  []string                     // ids, oldest first
	stirred bool                         // something may go that could not when the ready ones were last walked
	walked  time.Time                    // until when walking them again is of no use, unless something stirs; zero: until then
	old     []string                     // keys of those that are not kept any more, oldest first
	number  int
}

type part struct{ provider, id string }

type ref struct {
	provider string
	to       wissel.Number
	ref      uint16 // without the part
}

type person struct {
	group wissel.GroupID
	to    wissel.Number
}

// item is an Entry in the queue.
type item struct {
	Entry
	number     int       // its place in the order
	due        time.Time // when it is looked at again
	notBefore  time.Time // by limits
	written    bool      // it is on disk
	busy       bool      // an attempt is under way
	allowed    bool      // limits let it go
	superseded string    // why it is dropped once no provider can have it
	place      int       // changes whenever it moves; what the heaps hold of before counts no more
}

type spot struct {
	key   int64
	place int
	it    *item
}

type items []spot

func (s items) Len() int           { return len(s) }
func (s items) Less(i, j int) bool { return s[i].key < s[j].key }
func (s items) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }
func (s *items) Push(x any)        { *s = append(*s, x.(spot)) }
func (s *items) Pop() any {
	old := *s
	last := old[len(old)-1]
	*s = old[:len(old)-1]
	return last
}

// next takes the first that still counts, if there is one; peek leaves it there.
func (s *items) next() *item {
	it := s.peek()
	if it != nil {
		heap.Pop(s)
	}
	return it
}

func (s *items) peek() *item {
	for len(*s) > 0 {
		if first := (*s)[0]; first.place == first.it.place {
			return first.it
		}
		heap.Pop(s)
	}
	return nil
}

// NewQueue makes an empty queue.
func NewQueue() *Queue {
	return &Queue{
		breakers: map[string]Breaker{}, free: map[string]time.Time{}, busy: map[string]int{}, paused: map[wissel.GroupID]bool{},
		all: map[string]*item{}, keys: map[string]string{}, ids: map[part]string{}, refs: map[ref][]string{}, person: map[person]map[string]bool{},
		ready: [2]map[wissel.GroupID]*items{{}, {}},
	}
}

// Set puts other settings in force. What is learnt of the providers stays.
func (q *Queue) Set(manners map[wissel.GroupID]Manner, lanes map[string]Lane, now time.Time) {
	q.manners, q.lanes = manners, lanes
	q.again(now)
}

// again looks at every waiting text anew.
func (q *Queue) again(now time.Time) {
	for _, it := range q.all {
		if it.Stage == Waiting && it.written && !it.busy {
			q.wake(it, now)
		}
	}
}

// Read takes what is on disk from before. An attempt without an outcome stays Unknown. It gives those whose end is not on disk yet.
func (q *Queue) Read(all []Entry, now time.Time) (late []Entry) {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b Entry) int { return order(a.Letter, b.Letter) })
	for _, e := range all {
		if _, known := q.keys[e.Key]; known {
			continue
		}
		it := q.put(e)
		it.written, it.allowed = true, len(e.Tried) > 0
		for n := range e.Tried {
			q.index(it, n)
		}
		stage, told := e.receipted()
		switch {
		case e.Stage.Final():
			q.retire(it)
		case told: // the receipt was kept, and we died before the text's own row was
			late = append(late, q.close(it, stage, e.Why, now))
		case e.Stage == Sent:
			q.expect(it)
		default:
			q.wake(it, now)
		}
	}
	return late
}

// receipted is what receipts say of a text.
func (e Entry) receipted() (Stage, bool) {
	for _, a := range e.Tried {
		if stage, told := a.receipted(); told {
			return stage, true
		}
	}
	return "", false
}

func order(a, b Letter) int {
	if c := a.At.Compare(b.At); c != 0 {
		return c
	}
	if a.ID < b.ID {
		return -1
	}
	return 1
}

func (q *Queue) put(e Entry) *item {
	q.number++
	it := &item{Entry: e, number: q.number}
	q.all[e.ID], q.keys[e.Key] = it, e.ID
	if e.Purpose.passing() && e.Stage == Waiting {
		key := person{e.Group, e.To}
		if q.person[key] == nil {
			q.person[key] = map[string]bool{}
		}
		q.person[key][e.ID] = true
	}
	return it
}

// Has reports whether a text with this key was written before.
func (q *Queue) Has(key string) bool {
	_, has := q.keys[key]
	return has
}

// Entry gives a text by its key, as it is now.
func (q *Queue) Entry(key string) (Entry, bool) {
	if it := q.all[q.keys[key]]; it != nil {
		return it.entry(), true
	}
	return Entry{Letter: Letter{Key: key}, Stage: Unconfirmed}, q.Has(key) // one that is not kept any more
}

// Add takes a text that is about to be written; it waits for Written. false: one with its key is there already.
func (q *Queue) Add(l Letter) (bool, error) {
	if q.Has(l.Key) {
		return false, nil
	}
	if len(q.all)-len(q.closed) >= mostOwed {
		return false, ErrFull
	}
	q.put(Entry{Letter: l, Stage: Waiting, Since: l.At})
	return true, nil
}

// Forget takes back a text that could not be written.
func (q *Queue) Forget(id string) {
	if it := q.all[id]; it != nil && !it.written {
		q.gone(it)
	}
}

func (q *Queue) gone(it *item) {
	it.place++
	delete(q.all, it.ID)
	delete(q.keys, it.Key)
	q.settled(it)
}

// settled: it is no longer one that a newer could take the place of.
func (q *Queue) settled(it *item) {
	key := person{it.Group, it.To}
	delete(q.person[key], it.ID)
	if len(q.person[key]) == 0 {
		delete(q.person, key)
	}
}

// Written tells that a text is on disk. It gives those that it took the place of: older news for the same person that no
// provider can have.
func (q *Queue) Written(id string, now time.Time) (replaced []Entry) {
	it := q.all[id]
	if it == nil || it.written {
		return nil
	}
	it.written = true
	q.wake(it, now)
	if !it.Purpose.passing() {
		return nil
	}
	for old := range q.person[person{it.Group, it.To}] {
		if o := q.all[old]; o != nil && o.number < it.number && o.written {
			replaced = q.drop(replaced, o, "something newer took its place", now)
		}
	}
	return replaced
}

// Drop closes those texts of a group that match and that no provider can have; one that is under way goes once that is known.
func (q *Queue) Drop(match func(Letter) bool, why string, now time.Time) (dropped []Entry) {
	for _, it := range q.all {
		if it.Stage == Waiting && it.written && match(it.Letter) {
			dropped = q.drop(dropped, it, why, now)
		}
	}
	return dropped
}

func (q *Queue) drop(all []Entry, it *item, why string, now time.Time) []Entry {
	if it.busy || it.begun() {
		it.superseded = why
		return all
	}
	return append(all, q.close(it, Dropped, why, now))
}

// begun reports whether a provider has it, or a part of it: half a text is worse than an old one.
func (it *item) begun() bool {
	return slices.ContainsFunc(it.Tried, func(a Attempt) bool { return a.Outcome.Verdict == Accepted || some(a.Outcome.IDs) })
}

func (q *Queue) close(it *item, as Stage, why string, now time.Time) Entry {
	it.Stage, it.Since, it.Why = as, now, why
	it.Changes++
	if as.Final() {
		q.retire(it)
	} else {
		q.settled(it)
		q.expect(it)
	}
	return it.entry()
}

// expect waits for the receipt of a text that a provider has.
func (q *Queue) expect(it *item) {
	end := it.Since
	for _, a := range it.Tried {
		if a.ends().After(end) {
			end = a.ends()
		}
	}
	q.at(it, end.Add(receiptsAfter))
}

// retire keeps a text that is final to be looked at, and lets the oldest of those go; their keys stay.
func (q *Queue) retire(it *item) {
	it.place++
	q.settled(it)
	q.closed = append(q.closed, it.ID)
	if len(q.closed) <= mostKept {
		return
	}
	if old := q.all[q.closed[0]]; old != nil {
		for _, a := range old.Tried {
			for _, id := range a.Outcome.IDs {
				delete(q.ids, part{a.Provider, id})
			}
			q.unref(old, a.Provider)
		}
		delete(q.all, old.ID)
		q.old = append(q.old, old.Key)
	}
	q.closed = q.closed[1:]
	if len(q.old) > mostKeys {
		delete(q.keys, q.old[0])
		q.old = q.old[1:]
	}
}

func (it *item) entry() Entry {
	e := it.Entry
	e.Tried = make([]Attempt, len(it.Tried))
	for i, a := range it.Tried {
		e.Tried[i] = a.clone()
	}
	return e
}

// at has a text looked at again at a time.
func (q *Queue) at(it *item, due time.Time) {
	it.place++
	it.due = due
	heap.Push(&q.timers, spot{due.UnixNano(), it.place, it})
}

// wake has a waiting text looked at now.
func (q *Queue) wake(it *item, now time.Time) {
	if it.Stage == Waiting {
		q.at(it, now)
	}
}

func (q *Queue) line(it *item) {
	class := 1
	if it.Purpose.Prompt() {
		class = 0
	}
	lists := q.ready[class]
	if lists[it.Group] == nil {
		lists[it.Group] = &items{}
	}
	it.place++
	q.stirred = true
	heap.Push(lists[it.Group], spot{int64(it.number), it.place, it})
}

// Pause holds the texts of a group, but for prompt ones; an empty group holds those of all.
func (q *Queue) Pause(g wissel.GroupID) { q.paused[g] = true }

// Resume lets them go again.
func (q *Queue) Resume(g wissel.GroupID, now time.Time) {
	delete(q.paused, g)
	q.again(now)
}

// Paused are the groups that are held; the empty one is all.
func (q *Queue) Paused() (all []wissel.GroupID) {
	for g := range q.paused {
		all = append(all, g)
	}
	slices.Sort(all)
	return all
}
