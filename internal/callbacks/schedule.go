package callbacks

import (
	"maps"
	"slices"
	"time"

	"wissel"
)

// Saved is how far a callback is, as it is kept.
type Saved struct {
	wissel.Row
	Callback string
	Group    wissel.GroupID
	Progress Progress
}

// View is what is known of a group as one of its callbacks may be made.
type View struct {
	Desk   Desk
	Up     bool   // the desk can be rung: its trunk takes calls, the way back to it has begun
	Agents int    // how many could take a call now, those in one not counted out; of a queue: as many as the settings say
	Nobody string // why no agent could take a call, where that is known
	Share  int    // of every 1000 calls, how many the group's way back lets through; 1000: all
	Lines  Lines
	Zones  func(wissel.Number) []*time.Location // where a number may be
}

// set puts a callback's progress in place of what it was, and counts what that changes.
func (b *Book) set(c *Callback, p Progress) {
	count := func(m map[wissel.GroupID]int, was, is bool) {
		switch {
		case is && !was:
			m[c.Group]++
		case was && !is:
			if m[c.Group]--; m[c.Group] == 0 {
				delete(m, c.Group)
			}
		}
	}
	count(b.flying, c.State.Flying() && !c.Last, p.State.Flying() && !p.Last)
	count(b.ringing, c.State.Flying() && c.Last, p.State.Flying() && p.Last)
	count(b.lasts, c.State.Open() && c.Last, p.State.Open() && p.Last)
	count(b.fronts, c.Front && c.State.Open(), p.Front && p.State.Open())
	switch was, is := c.State.Flying(), p.State.Flying(); {
	case is && !was:
		b.busy[c.Number]++
	case was && !is:
		if b.busy[c.Number]--; b.busy[c.Number] == 0 {
			delete(b.busy, c.Number)
		}
	}
	c.Progress = p
}

// Flying is how many callbacks of a group are in flight, and Ringing how many last calls: of those no agent knows.
func (b *Book) Flying(g wissel.GroupID) int  { return b.flying[g] }
func (b *Book) Ringing(g wissel.GroupID) int { return b.ringing[g] }

// Get gives a callback by its id or by that of one of its wishes: an open one, else one of those closed last.
func (b *Book) Get(id string) (Callback, bool) {
	if c := b.wish[id]; c != nil {
		return *c, true
	}
	for _, c := range slices.Backward(b.closed) {
		if c.ID == id || slices.Contains(c.Wishes, id) {
			return c, true
		}
	}
	return Callback{}, false
}

// Of gives the open callbacks of a number, of any group; those that are apart are never found by their number.
func (b *Book) Of(n wissel.Number) (all []Callback) {
	for _, g := range slices.Sorted(maps.Keys(b.open)) {
		if c := b.person[person{g, n}]; c != nil && n != "" {
			all = append(all, *c)
		}
	}
	return all
}

// Next is the callback of a group that is to be made now, or else when to look again; zero: only once something happens. Whether
// the desk has room for one Release.Room says.
func (b *Book) Next(g wissel.GroupID, set Settings, v View, now time.Time) (c Callback, ok bool, again time.Time) {
	return b.next(g, set, v, false, now)
}

// NextLast is the same of those who are only rung to be told that nobody could call. Whether there is room Release.RoomForLast says.
func (b *Book) NextLast(g wissel.GroupID, set Settings, v View, now time.Time) (c Callback, ok bool, again time.Time) {
	if b.lasts[g] == 0 {
		return c, false, again
	}
	return b.next(g, set, v, true, now)
}

func (b *Book) next(g wissel.GroupID, set Settings, v View, last bool, now time.Time) (c Callback, ok bool, again time.Time) {
	ask := hoursAsked{set, now, map[*time.Location]wissel.Opening{}}
	if open, next := ask.at(set.Zone); !open {
		return Callback{}, false, next
	}
	for _, one := range b.open[g] {
		if one.State != Noted && one.State != Waiting || one.Number == "" || one.Last != last || ok && !one.Front {
			continue
		}
		at := b.ready(one, set, v, ask, now)
		switch {
		case at.IsZero():
		case at.After(now):
			again = earlier(again, at)
		default:
			if c, ok = *one, true; last || b.fronts[g] == 0 || one.Front {
				return c, true, time.Time{}
			}
		}
	}
	return c, ok, again
}

func earlier(x, y time.Time) time.Time {
	if x.IsZero() || !y.IsZero() && y.Before(x) {
		return y
	}
	return x
}

// ready is when a callback may be made: now or before, or later; zero: once something happens.
func (b *Book) ready(c *Callback, set Settings, v View, ask hoursAsked, now time.Time) time.Time {
	switch {
	case c.Due.After(now):
		return c.Due
	case b.busy[c.Number] > 0, set.Refuse(c.Number, v.Lines) != "": // people see to such a number once it is swept
		return time.Time{}
	}
	if rung := b.within(c.Number, now); len(rung) >= set.PerNumber {
		return rung[len(rung)-set.PerNumber].Add(day)
	}
	for _, zone := range v.Zones(c.Number) {
		if open, next := ask.at(zone); !open {
			return next
		}
	}
	return now
}

const day = 24 * time.Hour

// within are the times at which a number was rung within the last day.
func (b *Book) within(n wissel.Number, now time.Time) []time.Time {
	all := b.rung[n]
	for len(all) > 0 && now.Sub(all[0]) >= day {
		all = all[1:]
	}
	if len(all) == 0 {
		delete(b.rung, n)
	} else {
		b.rung[n] = all
	}
	return all
}

// hoursAsked are answers to whether people may be rung in a zone, each asked for once: hours are slow to ask for.
type hoursAsked struct {
	set     Settings
	now     time.Time
	answers map[*time.Location]wissel.Opening
}

// at says whether people may be rung in a zone now, and if not, when again; zero: not within a year.
func (a hoursAsked) at(zone *time.Location) (open bool, next time.Time) {
	if a.set.Humane == nil {
		return true, time.Time{}
	}
	o, asked := a.answers[zone]
	if !asked {
		o = a.set.Humane(zone).At(a.now, wissel.Override{})
		a.answers[zone] = o
	}
	return o.Open, o.Until
}

// Begin puts a callback into flight under the id of an attempt. What it gives is to be on disk before anybody is rung.
func (b *Book) Begin(id, attempt, agent string, set Settings, now time.Time) (Saved, bool) {
	c := b.wish[id]
	if c == nil || c.ID != id || c.State != Noted && c.State != Waiting || c.Number == "" || b.busy[c.Number] > 0 {
		return Saved{}, false
	}
	p := c.Progress
	p.Why, p.Due = "", time.Time{}
	if set.First == FirstCustomer || p.Last {
		p.Rung, p.Front = true, false
		p.enter(CallingCustomer, now)
	} else {
		p.enter(CallingAgent, now)
	}
	p.ID, p.Agent = attempt, agent
	b.set(c, p)
	if p.Rung {
		b.rings(c.Number, now)
	}
	return Saved{Callback: c.ID, Group: c.Group, Progress: p}, true
}

// rings notes that a number is rung.
func (b *Book) rings(n wissel.Number, now time.Time) { b.rung[n] = append(b.within(n, now), now) }

// Rang is the same of one before a restart.
func (b *Book) Rang(id string, at time.Time) {
	if c, ok := b.Get(id); ok && c.Number != "" {
		all := append(b.rung[c.Number], at)
		slices.SortFunc(all, time.Time.Compare)
		b.rung[c.Number] = all[max(0, len(all)-mostRung):]
	}
}

const mostRung = 20

// Notice is what somebody must be told of a callback.
type Notice uint8

// What is told: him, that nobody reached him or that the promise was not kept in time; the lead, that a promise is near its end or that
// people must see to one.
const (
	NoNotice Notice = iota
	TellMissed
	TellExpired
	TellNear
	TellHand
)

// Change is what an event did to a callback: what is to be kept of it, what became of it if it is closed now, and who must be told.
// Who is told of a closed one is told before the mark is written: after a crash he is told once more, under the same key, and no
// promise ends without a word.
type Change struct {
	Callback Callback
	Saved    Saved
	Closed   bool
	Mark     Mark // of a closed one
	Notice   Notice

	Took    bool // an agent took it just now
	Settles bool // it is over, and no agent had taken it before
	Asked   bool // of one that settles: an agent was rung
}

// Stage notes how far an attempt is. One that is no longer in flight changes nothing.
func (b *Book) Stage(id, attempt string, s wissel.CallbackStage, set Settings, now time.Time) (Change, bool) {
	c := b.flyer(id, attempt)
	if c == nil {
		return Change{}, false
	}
	p := c.Progress.Stage(s, now)
	took := s == wissel.CallbackTalking || s == wissel.CallbackCustomer && set.First != FirstCustomer && !c.Last
	ch := Change{Took: took && !p.Agreed}
	p.Agreed = p.Agreed || took
	if p == c.Progress {
		return Change{}, false
	}
	if p.Rung && !c.Progress.Rung {
		b.rings(c.Number, now)
	}
	b.set(c, p)
	ch.Callback, ch.Saved = *c, Saved{Callback: c.ID, Group: c.Group, Progress: p}
	return ch, true
}

// Result notes what came of an attempt. One that is no longer in flight changes nothing.
func (b *Book) Result(id, attempt string, r wissel.CallbackResult, set Settings, now time.Time) (Change, bool) {
	c := b.flyer(id, attempt)
	if c == nil {
		return Change{}, false
	}
	if r.Rung && !c.Progress.Rung {
		b.rings(c.Number, now)
	}
	agreed, who, last := c.Agreed, c.Agent, c.Last
	ch := b.became(c, c.Progress.Result(r, set, now), who, now)
	if last { // no agent is in it
		return ch, true
	}
	ch.Settles = !agreed
	ch.Took = !agreed && r.Outcome == wissel.CallbackTalked
	ch.Asked = ch.Took || r.Outcome.Desk() && r.Outcome != wissel.CallbackDeskFailed && r.Outcome != wissel.CallbackDeskFull
	return ch, true
}

// flyer is a callback whose attempt in flight is this one.
func (b *Book) flyer(id, attempt string) *Callback {
	c := b.wish[id]
	if c == nil || c.ID != id || !c.State.Flying() || c.Progress.ID != attempt {
		return nil
	}
	return c
}

// became puts a callback's progress in force, and closes it where that is its end.
func (b *Book) became(c *Callback, p Progress, who string, now time.Time) Change {
	was := c.State
	b.set(c, p)
	ch := Change{Callback: *c, Saved: Saved{Callback: c.ID, Group: c.Group, Progress: p}}
	switch {
	case p.State == Missed:
		ch.Notice = TellMissed
	case p.State == Expired && !p.Last: // else he was told
		ch.Notice = TellExpired
	case p.State == Hand && was != Hand:
		ch.Notice = TellHand
	}
	if !p.State.Open() {
		if who == "" {
			who = "wissel"
		}
		ch.Mark, ch.Closed = b.Close(c.ID, p.State, who, p.Why, now)
		ch.Callback = b.closed[len(b.closed)-1]
	}
	return ch
}

// near is how long before its end the lead is told of a promise.
const near = 2 * time.Hour

// Look is what a sweep must know.
type Look struct {
	Lines Lines
	Until func(asked time.Time) time.Time // by when a promise of a moment is to be kept; zero: not known
	Tell  func(Callback) bool             // whether he could be told that nobody called; nil: nobody can
}

// Sweep looks at all open callbacks of a group: attempts of which nothing was heard for too long, numbers that may not be rung,
// promises near their end or past it. One past it ends with a word to him: a text, or else a last call; who cannot be told stays, for
// people to see to. Where wissel dials nobody none ends.
func (b *Book) Sweep(g wissel.GroupID, set Settings, look Look, now time.Time) (all []Change) {
	for _, c := range slices.Clone(b.open[g]) {
		p := c.Progress
		if p.Until.IsZero() {
			p.Until = look.Until(c.At)
		}
		quiet := p // what is not kept: by when it was promised is known again
		b.overdue(c, &p, set, look, now)
		told := p.Told
		p.Told = p.Told || p.State.Open() && !p.Until.IsZero() && p.Until.Sub(now) <= near
		if p == quiet {
			b.set(c, p)
			continue
		}
		lost := c.State.Flying() && !c.Agreed && !c.Last
		ch := b.became(c, p, "", now)
		ch.Settles = lost && !p.State.Flying()
		if p.Told && !told && ch.Notice == NoNotice {
			ch.Notice = TellNear
		}
		all = append(all, ch)
	}
	return all
}

// overdue is what time alone makes of a callback.
func (b *Book) overdue(c *Callback, p *Progress, set Settings, look Look, now time.Time) {
	switch {
	case p.State.Flying():
		if p.Lease.Before(now) {
			*p = p.Vanish(set, "nothing was heard of the call any more", now)
		}
	case !set.Dials() || p.State == Hand:
	case set.Refuse(c.Number, look.Lines) != "":
		p.byHand("it is not rung by itself: "+set.Refuse(c.Number, look.Lines), now)
	case p.Until.IsZero() || now.Before(p.Until):
	case look.Tell != nil && look.Tell(*c):
		p.enter(Expired, now)
		p.Why, p.Last = "it was promised by "+p.Until.In(set.Zone).Format("2006-01-02 15:04")+", and nobody could call", false
	case c.Apart || now.Sub(p.Until) > lastWithin: // who is told at a switchboard is not he
		p.byHand("it was promised by "+p.Until.In(set.Zone).Format("2006-01-02 15:04")+", nobody could call, and he cannot be told by text", now)
	case !p.Last:
		p.again(0, "it was promised by "+p.Until.In(set.Zone).Format("2006-01-02 15:04")+", nobody could call, and he is rung once more to be told so", now)
		p.Last, p.Front, p.Faults = true, false, 0
	}
}

// Waits counts the open callbacks of a group: all, those by hand, and those whose promise is near its end or past it.
func (b *Book) Waits(g wissel.GroupID, now time.Time) (open, hand, ending int) {
	for _, c := range b.open[g] {
		open++
		if c.State == Hand {
			hand++
		}
		if !c.Until.IsZero() && c.Until.Sub(now) <= near {
			ending++
		}
	}
	return open, hand, ending
}

// Unhelped are the open callbacks of a group that were done and did not help, by id.
func (b *Book) Unhelped(g wissel.GroupID) (ids []string) {
	for _, c := range b.open[g] {
		if c.Again {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// Recover takes all attempts that were in flight before a restart for ones whose end is not known. set gives the settings of a group.
func (b *Book) Recover(set func(wissel.GroupID) Settings, now time.Time) (all []Change) {
	for g, open := range b.open {
		if b.flying[g]+b.ringing[g] == 0 {
			continue
		}
		for _, c := range slices.Clone(open) {
			if c.State.Flying() {
				all = append(all, b.became(c, c.Progress.Vanish(set(c.Group), "wissel stopped during the call", now), "", now))
			}
		}
	}
	return all
}

// ByHand leaves an open callback that is not in flight to people.
func (b *Book) ByHand(id, why string, now time.Time) (Change, bool) {
	c := b.wish[id]
	if c == nil || c.ID != id || c.State.Flying() || c.State == Hand {
		return Change{}, false
	}
	p := c.Progress
	p.byHand(why, now)
	return b.became(c, p, "", now), true
}

// Reopen owes a closed callback once more: it goes before all others. The mark and the progress are to be kept.
func (b *Book) Reopen(id, who, why string, now time.Time) (Mark, Saved, bool) {
	at := slices.IndexFunc(b.closed, func(c Callback) bool { return c.ID == id })
	if at < 0 || b.count >= mostOpen {
		return Mark{}, Saved{}, false
	}
	c := b.closed[at]
	if !c.Apart && b.person[person{c.Group, c.Number}] != nil {
		return Mark{}, Saved{}, false // he has asked again meanwhile
	}
	b.closed = slices.Delete(b.closed, at, at+1)
	p := Progress{State: Hand, Since: now, Why: why}
	if c.Number != "" {
		p.State, p.Front = Waiting, true
	}
	p.Again = true
	c.Progress = Progress{State: Noted}
	b.insert(&c)
	b.set(&c, p)
	m := Mark{Callback: id, Group: c.Group, State: Noted, At: now, Who: who, Why: why, Wishes: c.Wishes}
	return m, Saved{Callback: id, Group: c.Group, Progress: p}, true
}
