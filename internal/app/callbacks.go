package app

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"wissel"
	"wissel/internal/callbacks"
	"wissel/internal/hours"
	"wissel/internal/nearest"
	"wissel/internal/web"
)

const (
	paceFor     = 10 * time.Second // so long a measured pace is taken as it is
	fitsFor     = 2 * time.Second  // so long it holds that one more promise can be kept, or cannot
	mostPending = 10_000           // wishes that come while those of before the start are read
)

// promises are the callbacks that are owed, in memory: a caller's place is looked up in a moment, and the store never asked.
type promises struct {
	snapshot func() *wissel.Snapshot

	mu      sync.Mutex
	book    *callbacks.Book
	learned bool          // what is on disk from before is in it
	pending []wissel.Wish // came before that
	turns   map[wissel.GroupID]callbacks.Turn
	paces   map[wissel.GroupID]pace

	settings  func() map[wissel.GroupID]callbacks.Settings
	full      map[wissel.GroupID]fits
	wished    func()             // one more may be made; it must not block
	recovered []callbacks.Change // what the start made of attempts that were under way, not yet kept
}

type pace struct {
	each     time.Duration
	measured bool
	at       time.Time
}

func newPromises(snapshot func() *wissel.Snapshot) *promises {
	return &promises{
		snapshot: snapshot, book: callbacks.NewBook(), turns: map[wissel.GroupID]callbacks.Turn{}, paces: map[wissel.GroupID]pace{}, wished: func() {}, full: map[wissel.GroupID]fits{},
		settings: func() map[wissel.GroupID]callbacks.Settings { return nil },
	}
}

// fits is whether one more promise could be kept, and when that was reckoned.
type fits struct {
	full bool
	at   time.Time
}

// Full reports whether one more callback of a group could not be made in time. Until it is known how many there are, none is refused.
func (p *promises) Full(g wissel.GroupID) bool {
	now := time.Now()
	set, ok := p.settings()[g]
	p.mu.Lock()
	defer p.mu.Unlock()
	if !ok || !p.learned {
		return false
	}
	last, known := p.full[g]
	if !known || now.Sub(last.at) > fitsFor {
		last = fits{full: !p.book.Fits(g, set, p.desk(g), now), at: now}
		p.full[g] = last
	}
	return last.full
}

// promised are the rows that a start learns from.
type promised interface {
	CallbackWishes(ctx context.Context) ([]wissel.Wish, error)
	Marks(ctx context.Context) ([]callbacks.Mark, error)
	Turns(ctx context.Context) ([]callbacks.Turn, error)
	Tried(ctx context.Context) ([]callbacks.Saved, error)
}

// learn reads what is owed from before. Until it is done nobody's place is known.
func (p *promises) learn(ctx context.Context, from promised, made []callbacks.Attempt) error {
	marks, err := from.Marks(ctx)
	if err != nil {
		return fmt.Errorf("read which callbacks were made: %w", err)
	}
	wishes, err := from.CallbackWishes(ctx) // after the marks: one that is closed now is in neither, and is read as owed
	if err != nil {
		return fmt.Errorf("read who is to be called back: %w", err)
	}
	turns, err := from.Turns(ctx)
	if err != nil {
		return fmt.Errorf("read when callbacks are made: %w", err)
	}
	tried, err := from.Tried(ctx)
	if err != nil {
		return fmt.Errorf("read how far the callbacks are: %w", err)
	}
	book := callbacks.Read(wishes, marks, tried)
	recovered := rejoin(book, made, p.settings(), time.Now())
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range p.pending {
		book.Wish(w)
	}
	p.book, p.pending, p.learned, p.recovered = book, nil, true, recovered
	for _, t := range turns {
		p.turns[t.Group] = t
	}
	return nil
}

// learnAgain is how long after a failure what is on disk is read again.
const learnAgain = 10 * time.Second

// learnPromises reads what is owed from before, until that has gone well or ctx ends.
func (a *App) learnPromises(ctx context.Context) {
	for {
		made, err := a.calling.learn(ctx, a.store, time.Now())
		if err == nil {
			err = a.promises.learn(ctx, a.store, made)
		}
		if err == nil || ctx.Err() != nil {
			a.calling.nudge()
			return
		}
		a.log.Warn("who was promised a call before the start is not known yet: no caller hears a place", "error", err)
		select {
		case <-time.After(learnAgain):
		case <-ctx.Done():
			return
		}
	}
}

// Wished is told of a wish that is on disk.
func (p *promises) Wished(w wissel.Wish) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.learned {
		p.book.Wish(w)
		p.wished()
	} else if len(p.pending) < mostPending {
		p.pending = append(p.pending, w)
	}
}

// Place gives the place of a number's callback in a group, from 1, and when its turn comes; 0 and the zero time are not known.
func (p *promises) Place(g wissel.GroupID, n wissel.Number) (int, time.Time) {
	return p.look(g, func(b *callbacks.Book) int { return b.Place(g, n) })
}

// Owes reports whether a number is still to be called back, as far as is known: until what is on disk has been read, each is.
func (p *promises) Owes(n wissel.Number) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.learned || p.book.Owes(n)
}

// PlaceOf is the same of the callback that a wish is in.
func (p *promises) PlaceOf(g wissel.GroupID, wish string) (int, time.Time) {
	return p.look(g, func(b *callbacks.Book) int { return b.PlaceOf(wish) })
}

func (p *promises) look(g wissel.GroupID, find func(*callbacks.Book) int) (place int, turn time.Time) {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.learned {
		return 0, time.Time{}
	}
	if place = find(p.book); place == 0 {
		return 0, time.Time{}
	}
	desk := p.desk(g)
	last := p.pace(g, desk, now)
	return place, callbacks.When(place, p.turns[g], last.each, last.measured, desk, now)
}

// pace is how fast a group's callbacks are made; p.mu is held.
func (p *promises) pace(g wissel.GroupID, desk callbacks.Desk, now time.Time) pace {
	last, ok := p.paces[g]
	if !ok || now.Sub(last.at) > paceFor {
		last = pace{at: now}
		last.each, last.measured = p.book.Each(g, desk, now)
		p.paces[g] = last
	}
	return last
}

// expected are the turns of a group's places, in their order; fewer where the rest are too far away to be known.
func (p *promises) expected(g wissel.GroupID, places int) []time.Time {
	now := time.Now()
	p.mu.Lock()
	desk, set := p.desk(g), p.turns[g]
	last := p.pace(g, desk, now)
	p.mu.Unlock()
	return callbacks.Turns(places, set, last.each, last.measured, desk, now)
}

func (p *promises) desk(g wissel.GroupID) callbacks.Desk {
	s := p.snapshot()
	d := callbacks.Desk{Override: s.Overrides[g]}
	if group := s.Groups[g]; group != nil {
		if h, ok := group.Hours.(*hours.Hours); ok {
			d.Hours = h
		}
	}
	return d
}

// count is how many callbacks are owed.
func (p *promises) count() (open, over int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.book.Count()
}

// Callbacks lists the callbacks, of each group in their order, and then those closed last; their numbers are shortened.
func (a *App) Callbacks(context.Context) ([]web.Callback, error) { return a.owed(wissel.Number.Masked) }

// CallbackNumbers lists them with the whole numbers, after an audit row. What cannot be audited is not shown.
func (a *App) CallbackNumbers(ctx context.Context, r web.ReadRequest, by web.Actor) ([]web.Callback, error) {
	const what = "callbacks list --numbers"
	if err := giveReason(what, r.Reason, "these are people's numbers, and who looks is in the audit log"); err != nil {
		return nil, err
	}
	if err := a.audit(ctx, by, "read-numbers", "callbacks", r.Reason, "", ""); err != nil {
		return nil, web.Faultf(http.StatusServiceUnavailable, what, "the audit row could not be written, so no number is shown: %v", err)
	}
	return a.owed(func(n wissel.Number) string { return string(n) })
}

func (a *App) owed(shown func(wissel.Number) string) ([]web.Callback, error) {
	p := a.promises
	p.mu.Lock()
	learned, open, closed := p.learned, p.book.Open(""), p.book.Closed()
	p.mu.Unlock()
	if !learned {
		return nil, web.Faultf(http.StatusServiceUnavailable, "callbacks list", "those of before the start are still being read, or cannot be: `wissel status` tells of the store")
	}
	all := make([]web.Callback, 0, len(open)+len(closed))
	var turns []time.Time
	for i, c := range open {
		one := callbackOf(c, shown)
		if one.Place = 1; i > 0 && c.Group == open[i-1].Group {
			one.Place = all[i-1].Place + 1
		} else {
			turns = p.expected(c.Group, len(open)-i)
		}
		if one.Place <= len(turns) {
			one.Turn = turns[one.Place-1]
		}
		all = append(all, one)
	}
	for _, c := range closed {
		all = append(all, callbackOf(c, shown))
	}
	return all, nil
}

func callbackOf(c callbacks.Callback, shown func(wissel.Number) string) web.Callback {
	out := web.Callback{
		ID: c.ID, Group: c.Group, Number: "none", Hidden: c.Hidden, ByHand: c.ByHand, Apart: c.Apart, Again: c.Again, Language: c.Language, At: c.At, Wishes: len(c.Wishes),
		State: string(c.State), Since: c.Since, By: c.By, Why: c.Why,
	}
	if c.Number != "" {
		out.Number = shownAs(c.Number, c.Hidden, shown)
	}
	return out
}

// CloseCallback takes a callback off the list, because it was made or is not to be: at once, with an audit row, for good.
func (a *App) CloseCallback(ctx context.Context, id string, as callbacks.State, r web.ReadRequest, by web.Actor) (web.CallbackClosed, error) {
	what := "callbacks " + string(as) + " " + id
	if err := giveReason(what, r.Reason, afterYou); err != nil {
		return web.CallbackClosed{}, err
	}
	p := a.promises
	p.mu.Lock()
	before, _ := p.book.Get(id)
	m, ok := p.book.Close(id, as, by.Who, strings.TrimSpace(r.Reason), time.Now())
	var closed callbacks.Callback
	if all := p.book.Closed(); ok && len(all) > 0 {
		closed = all[len(all)-1]
	}
	delete(p.paces, m.Group)
	p.mu.Unlock()
	if before.State.Flying() && before.State != callbacks.InTalk { // who talks goes on talking
		a.calling.stop(id)
	}
	if !ok {
		return web.CallbackClosed{}, web.Faultf(http.StatusNotFound, what, "no callback with this id is open; `wissel callbacks list` shows those that are")
	}
	done := web.CallbackClosed{Callback: callbackOf(closed, wissel.Number.Masked)}
	keep, cancel := keeping(ctx)
	defer cancel()
	if err := a.store.Mark(keep, m); err == nil {
		a.store.Settled(id)
	} else {
		done.Notes = append(done.Notes, "off the list, but not on disk: until the store is well, a restart would put it back ("+err.Error()+")")
	}
	if err := a.audit(keep, by, "callback-"+string(as), id, r.Reason, string(before.State), string(as)); err != nil {
		done.Notes = append(done.Notes, "the audit row could not be written ("+err.Error()+")")
	}
	return done, nil
}

// SetTurn notes when the lead expects a group's callbacks to be made, or takes that back. Callers hear it as a part of the day.
func (a *App) SetTurn(ctx context.Context, r web.TurnRequest, by web.Actor) (web.TurnSet, error) {
	what, now := "callbacks turn "+string(r.Group), time.Now()
	s := a.routing.Snapshot()
	if s.Groups[r.Group] == nil {
		return web.TurnSet{}, web.Faultf(http.StatusNotFound, what, "there is no group %q%s", r.Group, nearest.Suggest(string(r.Group), keys(s.Groups)))
	}
	if err := giveReason(what, r.Reason, afterYou); err != nil {
		return web.TurnSet{}, err
	}
	p := a.promises
	p.mu.Lock()
	before := p.turns[r.Group]
	p.mu.Unlock()
	switch {
	case r.Clear == !r.At.IsZero():
		return web.TurnSet{}, web.Faultf(http.StatusBadRequest, what, "one of --at and --clear is needed")
	case r.Clear && !before.Live(now):
		return web.TurnSet{}, web.Faultf(http.StatusConflict, what, "no time is set that is still to come")
	case !r.Clear && !r.At.After(now):
		return web.TurnSet{}, web.Faultf(http.StatusBadRequest, what, "%s is past: callers would be promised a time that has been", r.At.In(a.zoneOf(r.Group)).Format("2006-01-02 15:04 MST"))
	case !r.Clear && r.At.Sub(now) > pinMost:
		return web.TurnSet{}, web.Faultf(http.StatusBadRequest, what, "%s is more than 30 days away", r.At.In(a.zoneOf(r.Group)).Format("2006-01-02 15:04 MST"))
	}
	t := callbacks.Turn{Group: r.Group, At: r.At, Set: now, Who: by.Who, Why: strings.TrimSpace(r.Reason)}
	t.Row = a.store.Stamp(t.Row)
	p.mu.Lock()
	p.turns[r.Group] = t
	p.mu.Unlock()
	done := web.TurnSet{Group: r.Group, Before: turnWords(before, now, a.zoneOf(r.Group)), After: turnWords(t, now, a.zoneOf(r.Group))}
	keep, cancel := keeping(ctx)
	defer cancel()
	if err := a.store.Turn(keep, t); err != nil {
		done.Notes = append(done.Notes, "in force, but not on disk: until the store is well, a restart would forget it ("+err.Error()+")")
	}
	if err := a.audit(keep, by, "callbacks-turn", string(r.Group), r.Reason, done.Before, done.After); err != nil {
		done.Notes = append(done.Notes, "the audit row could not be written ("+err.Error()+")")
	}
	return done, nil
}

// turnWords says for people which time is set, in the zone of the desk: that is the one in which it is given and heard.
func turnWords(t callbacks.Turn, now time.Time, zone *time.Location) string {
	if !t.Live(now) {
		return "no time"
	}
	return t.At.In(zone).Format("2006-01-02 15:04 MST")
}
