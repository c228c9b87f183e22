package sms

import (
	"maps"
	"slices"
	"time"

	"wissel"
)

// Step is one thing to be done now: an offer, or (Offer false) the row of a text that ended.
type Step struct {
	Entry   Entry
	Offer   bool
	N       int // the attempt's place among Entry.Tried; it is not there yet
	Attempt Attempt
	Had     []string
	Ask     bool // limits are to be asked before it is written
}

// Steps decides what is done now, and when to ask again; zero: when something happens. Each offer is under way until Outcome,
// Held or Unwritten tells of it.
func (q *Queue) Steps(now time.Time) (steps []Step, wake time.Time) {
	for it := q.timers.peek(); it != nil && !it.due.After(now); it = q.timers.peek() {
		q.timers.next()
		if it.Stage == Sent {
			steps = append(steps, Step{Entry: q.close(it, Unconfirmed, "its provider never told what became of it", now)})
			continue
		}
		q.line(it)
	}
	if q.stirred || !q.walked.IsZero() && !now.Before(q.walked) {
		steps, q.walked = q.walkAll(steps, now)
		q.stirred = false
	}
	wake = q.walked
	if it := q.timers.peek(); it != nil {
		wake = sooner(wake, it.due)
	}
	return steps, wake
}

// walkAll takes from all ready texts what can go.
func (q *Queue) walkAll(steps []Step, now time.Time) (_ []Step, wake time.Time) {
	for _, lists := range q.ready {
		for _, g := range slices.Sorted(maps.Keys(lists)) {
			var at time.Time
			steps, at = q.walk(lists[g], steps, now)
			wake = sooner(wake, at)
			if lists[g].Len() == 0 {
				delete(lists, g)
			}
		}
	}
	return steps, wake
}

func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// walk takes from the ready texts of a group what can go.
func (q *Queue) walk(list *items, steps []Step, now time.Time) (_ []Step, wake time.Time) {
	var blocked []*item
	for len(blocked) < patient {
		it := list.next()
		if it == nil {
			break
		}
		step, at, done := q.step(it, now)
		switch {
		case step != nil:
			steps = append(steps, *step)
		case !done:
			blocked = append(blocked, it)
			wake = sooner(wake, at)
		}
	}
	for _, it := range blocked {
		q.line(it)
	}
	return steps, wake
}

// step looks at one ready text. done false: its provider has no room, until at (zero: until an offer ends).
func (q *Queue) step(it *item, now time.Time) (_ *Step, at time.Time, done bool) {
	if it.superseded != "" && !it.begun() {
		return &Step{Entry: q.close(it, Dropped, it.superseded, now)}, at, true
	}
	m, known := q.manners[it.Group]
	if !known && it.Until.After(now) {
		q.at(it, now.Add(unavailable))
		return nil, at, true
	}
	if it.Provider != "" {
		m.Providers = []string{it.Provider}
	}
	d := m.Next(it.Tried, q.breakers, it.Until, now)
	switch d.Do {
	case Close:
		return &Step{Entry: q.close(it, map[End]Stage{Taken: Sent, Useless: Nobody, Past: TooLate}[d.Ended], d.Why, now)}, at, true
	case Wait:
		it.Why = d.Why
		q.at(it, d.Until)
		return nil, at, true
	case Offer:
	}
	if why, until := q.holds(it, m, now); why != "" {
		if it.Why = why; until.IsZero() || until.After(it.Until) {
			until = it.Until
		}
		q.at(it, until)
		return nil, at, true
	}
	lane := q.lanes[d.Provider]
	if q.busy[d.Provider] >= max(lane.Window, 1) {
		return nil, at, false
	}
	if free := q.free[d.Provider]; free.After(now) {
		return nil, free, false
	}
	q.free[d.Provider] = later(q.free[d.Provider], now.Add(-catchUp)).Add(time.Second / time.Duration(max(lane.PerSecond, 1)))
	q.busy[d.Provider]++
	q.breakers[d.Provider] = q.breakers[d.Provider].Probe(now, OfferTakes)
	it.busy, it.Why = true, ""
	return &Step{
		Entry: it.entry(), Offer: true, N: len(it.Tried), Attempt: Attempt{Provider: d.Provider, At: now, Valid: d.Valid}, Had: d.Had, Ask: !it.allowed,
	}, at, true
}

// OfferTakes is how long an offer takes at most, from the limits to the answer.
const OfferTakes = 45 * time.Second

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// holds says why a text may not be offered yet, and until when; zero: until somebody lets it go.
func (q *Queue) holds(it *item, m Manner, now time.Time) (why string, until time.Time) {
	if it.notBefore.After(now) {
		return it.Why, it.notBefore
	}
	if it.Purpose.Prompt() {
		return "", until
	}
	if q.paused[it.Group] || q.paused[""] {
		return "it is held by an operator", until
	}
	if end := m.Quiet.Until(now); !end.IsZero() {
		return "it is night where it goes", end
	}
	return "", until
}

// Allowed notes that limits let a text go, and that its attempt is on disk: it is offered now.
func (q *Queue) Allowed(id string, a Attempt) {
	it := q.all[id]
	if it == nil || !it.busy {
		return
	}
	it.allowed = true
	it.Tried = append(it.Tried, a)
	q.index(it, len(it.Tried)-1)
}

// Held notes that limits did not let a text go: it is asked again later, or closed when it never will be.
func (q *Queue) Held(id, provider string, no Allowance, now time.Time) (closed *Entry) {
	it := q.all[id]
	if it == nil || !it.busy {
		return nil
	}
	q.idle(it, provider)
	if no.Again.IsZero() || !no.Again.Before(it.Until) {
		e := q.close(it, Dropped, no.Why, now)
		return &e
	}
	it.notBefore, it.Why = no.Again, no.Why
	q.wake(it, now)
	return nil
}

// Unwritten notes that an attempt could not be written, so that nothing was offered.
func (q *Queue) Unwritten(id, provider string, now time.Time) {
	if it := q.all[id]; it != nil && it.busy {
		q.idle(it, provider)
		q.at(it, now.Add(unwritten))
	}
}

func (q *Queue) idle(it *item, provider string) {
	it.busy, q.stirred = false, true
	q.busy[provider] = max(q.busy[provider]-1, 0)
}

// Outcome takes the outcome of the nth attempt, and gives it as it is to be written.
func (q *Queue) Outcome(id string, n int, o Outcome, now time.Time) (a Attempt, ok bool) {
	it := q.all[id]
	if it == nil || n >= len(it.Tried) || !it.busy {
		return a, false
	}
	q.idle(it, it.Tried[n].Provider)
	q.breakers[it.Tried[n].Provider] = q.breakers[it.Tried[n].Provider].Next(o, now)
	q.learn(it, n, o)
	q.wake(it, now)
	return it.Tried[n].clone(), true
}

// learn takes what an answer says, however late: an event that came before it is not undone.
func (q *Queue) learn(it *item, n int, o Outcome) {
	a := &it.Tried[n]
	if a.Outcome.Verdict == Accepted {
		return
	}
	for i, id := range a.Outcome.IDs { // receipts told of parts already
		if i < len(o.IDs) && o.IDs[i] == "" {
			o.IDs[i] = id
		}
	}
	if o.Verdict == Unknown && some(a.Outcome.IDs) {
		o.IDs = a.Outcome.IDs
	}
	a.Outcome = o
	if o.Verdict == Unknown && whole(o.IDs, parts(it.Body)) {
		a.Outcome.Verdict = Accepted
	}
	a.Changes++
	q.index(it, n)
}

func parts(body string) int { return Measure(body).Parts }

func whole(ids []string, n int) bool { return len(ids) == n && n > 0 && !slices.Contains(ids, "") }

// index makes an attempt found by what receipts may say.
func (q *Queue) index(it *item, n int) {
	a := it.Tried[n]
	for _, id := range a.Outcome.IDs {
		if id != "" {
			q.ids[part{a.Provider, id}] = it.ID
		}
	}
	at := ref{a.Provider, it.To, RefOf(it.Key, 0)}
	if a.Outcome.Verdict == Unknown && !slices.Contains(q.refs[at], it.ID) {
		q.refs[at] = append(q.refs[at], it.ID)
	}
	if a.Outcome.Verdict != Unknown {
		q.unref(it, a.Provider)
	}
}

func (q *Queue) unref(it *item, provider string) {
	at := ref{provider, it.To, RefOf(it.Key, 0)}
	q.refs[at] = slices.DeleteFunc(q.refs[at], func(id string) bool { return id == it.ID })
	if len(q.refs[at]) == 0 {
		delete(q.refs, at)
	}
}

// Changed is what an event changed: an attempt, and (closed) the text itself.
type Changed struct {
	Entry  Entry
	N      int
	Closed bool
}

// Heard takes a receipt, or an answer that came after its Send had given up. false: it tells nothing new, or of no text that is
// known.
func (q *Queue) Heard(provider string, e Event, now time.Time) (Changed, bool) {
	it, n := q.of(provider, e)
	if it == nil {
		return Changed{}, false
	}
	before := it.Tried[n].Changes
	switch e.Kind {
	case Answered:
		if it.Tried[n].Outcome.Verdict == Unknown && !it.busy {
			q.learn(it, n, e.Outcome)
		}
	case Receipt:
		q.receipt(it, n, e)
	case Incoming:
	}
	if it.Tried[n].Changes == before {
		return Changed{}, false
	}
	c := Changed{N: n}
	if stage, told := it.Tried[n].receipted(); told && stage != it.Stage && it.Stage != Arrived {
		q.end(it, stage, e.Reason, now)
		c.Closed = true
	} else if it.Stage == Waiting && !it.busy {
		q.wake(it, now)
	}
	c.Entry = it.entry()
	return c, true
}

// Known gives the text and the attempt that an event tells of, whether it tells anything new or not.
func (q *Queue) Known(provider string, e Event) (Changed, bool) {
	it, n := q.of(provider, e)
	if it == nil {
		return Changed{}, false
	}
	return Changed{Entry: it.entry(), N: n}, true
}

// of is nil when an event tells of no text that is known, or of none that the provider was offered.
func (q *Queue) of(provider string, e Event) (*item, int) {
	it := q.find(provider, e)
	if it == nil {
		return nil, 0
	}
	n := slices.IndexFunc(it.Tried, func(a Attempt) bool { return a.Provider == provider && slices.Contains(a.Outcome.IDs, e.ID) })
	if n < 0 || e.Kind == Answered {
		for n = len(it.Tried) - 1; n >= 0 && it.Tried[n].Provider != provider; n-- {
		}
	}
	if n < 0 {
		return nil, 0
	}
	return it, n
}

// end closes a text that a receipt tells of; one that was closed already (a receipt that came very late) is corrected.
func (q *Queue) end(it *item, as Stage, why string, now time.Time) {
	if it.Stage.Final() {
		it.Stage, it.Since, it.Why = as, now, why
		it.Changes++
		return
	}
	q.close(it, as, why, now)
}

func (q *Queue) find(provider string, e Event) *item {
	if e.ID != "" {
		if id, ok := q.ids[part{provider, e.ID}]; ok {
			return q.all[id]
		}
	}
	if e.Key != "" {
		return q.all[q.keys[e.Key]]
	}
	if e.Ref == 0 {
		return nil
	}
	if all := q.refs[ref{provider, wissel.Number(e.From), e.Ref &^ 0xf}]; len(all) == 1 {
		return q.all[all[0]]
	}
	return nil
}

// receipt notes what a receipt says of a part.
func (q *Queue) receipt(it *item, n int, e Event) {
	a := &it.Tried[n]
	total := parts(it.Body)
	at := slices.Index(a.Outcome.IDs, e.ID)
	if at < 0 { // of an answer that never came: by our key for the whole, or by the reference for a part
		if at = 0; e.Ref != 0 {
			at = int(e.Ref & 0xf)
		}
		if e.Ref == 0 && e.Key == "" || at >= total || a.Outcome.Verdict == Accepted && at < len(a.Outcome.IDs) && a.Outcome.IDs[at] != "" {
			return
		}
		if e.Ref == 0 {
			total = 1 // providers that give our key back count a text as one
		}
		for len(a.Outcome.IDs) < total {
			a.Outcome.IDs = append(a.Outcome.IDs, "")
		}
		a.Outcome.IDs[at] = e.ID
		if e.ID == "" {
			a.Outcome.IDs[at] = it.Key
		}
		a.Changes++
		if whole(a.Outcome.IDs, total) {
			a.Outcome.Verdict = Accepted
		}
	}
	for len(a.States) <= at {
		a.States = append(a.States, Underway)
	}
	if a.States[at] != e.State && a.States[at] != Delivered {
		a.States[at] = e.State
		a.Changes++
	}
	q.index(it, n)
}
