package app

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"wissel"
	"wissel/internal/callbacks"
	"wissel/internal/number"
	"wissel/internal/sms"
	"wissel/internal/store/sqlite"
)

const (
	sweepEach  = 30 * time.Second // between looks at all promises: near their end, past it
	idleMost   = 30 * time.Second // the longest between two looks at who may go
	writeMost  = 5 * time.Second  // an attempt that is not on disk by then is not made
	writeAgain = 10 * time.Second // after that nobody is rung for so long
	stopMost   = 45 * time.Second // attempts under way are waited for so long as wissel stops

	mostTextsTold = 99 // that a desk is told somebody sent
)

// scheduled are the rows that the callers-back write.
type scheduled interface {
	Progress(context.Context, callbacks.Saved) error
	Settled(callback string)
	Attempt(callbacks.Attempt)
	Mark(context.Context, callbacks.Mark) error
	WishesOf(ctx context.Context, ids []string) ([]wissel.Wish, error)
	IncomingOf(ctx context.Context, numbers []wissel.Number, ids []string, limit int) ([]sms.Inbound, error)
}

// calling makes the promised calls: it drives the schedule (internal/callbacks), has a Dialer do each attempt, and keeps what comes of
// it. Its own goroutine decides who goes; each attempt has one more, which Run waits for.
type calling struct {
	p        *promises
	store    scheduled
	dialer   callbacks.Dialer // nil: nobody is rung
	settings func() map[wissel.GroupID]callbacks.Settings
	snapshot func() *wissel.Snapshot
	calls    func(wissel.Number) int // how often a number rang lately
	draining func() bool             // wissel takes no new calls
	ready    func() bool             // who objects to be rung is known (keeper.Learned)
	objects  func(wissel.Number) bool
	alarms   *alarms
	log      *slog.Logger

	// tell sends word to one whose callback ended without a call, and reports whether he could be told; nil: nobody can. It is called again
	// for the same callback after a crash: who is told once is told once.
	tell  func(context.Context, callbacks.Callback, callbacks.Notice) (bool, error)
	texts func(callbacks.Callback) bool // he can be sent a text

	person func(wissel.TrunkID) bool // a person answers there, and no queue
	helped chan gotThrough           // callers whom a call helped

	wake chan struct{}
	jobs sync.WaitGroup

	mu      sync.Mutex // beside p.mu, which is taken first
	release map[wissel.GroupID]callbacks.Release
	staff   *staff
	cancels map[string]context.CancelFunc // by callback
	due     map[wissel.GroupID]bool       // one could be made now
	why     map[wissel.GroupID]string     // why none goes now; empty: they go
	broken  time.Time                     // the store did not take an attempt: nobody is rung before
}

func newCalling(p *promises, store scheduled, log *slog.Logger) *calling {
	c := &calling{
		p: p, store: store, log: log, wake: make(chan struct{}, 1), helped: make(chan gotThrough, mostHelped), release: map[wissel.GroupID]callbacks.Release{}, staff: newStaff(),
		cancels: map[string]context.CancelFunc{}, due: map[wissel.GroupID]bool{}, why: map[wissel.GroupID]string{},
		calls: func(wissel.Number) int { return 1 }, draining: func() bool { return false }, ready: func() bool { return true }, objects: func(wissel.Number) bool { return false }, texts: func(callbacks.Callback) bool { return true },
	}
	p.wished = c.nudge
	c.staff.freed = c.nudge
	return c
}

// nudge has it look again who may go.
func (c *calling) nudge() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Run makes callbacks until ctx ends, and returns once no attempt is left.
func (c *calling) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var swept time.Time
	for {
		select {
		case <-ctx.Done():
			c.jobs.Wait()
			return nil
		case <-timer.C:
		case <-c.wake:
		}
		now := time.Now()
		if now.Sub(swept) >= sweepEach {
			c.sweep(ctx, now)
			swept = now
		}
		next := c.round(ctx, now)
		wait := idleMost
		if !next.IsZero() {
			wait = min(wait, max(0, time.Until(next)))
		}
		timer.Reset(max(wait, 10*time.Millisecond)) // a moment that is past already is looked at once more, and not all the time
	}
}

// Due is how many callbacks of a group could be made now: those in a flow are offered a colleague after them (lead.RoomView).
func (c *calling) Due(g wissel.GroupID) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.due[g] {
		return 1
	}
	return 0
}

// lines is what a refusal needs to know of numbers.
type lines struct {
	s       *wissel.Snapshot
	objects func(wissel.Number) bool // he is never to be rung
}

func (l lines) Objects(n wissel.Number) bool     { return l.objects(n) }
func (l lines) Ours(n wissel.Number) bool        { _, ours := l.s.Lines[n]; return ours }
func (l lines) Country(n wissel.Number) string   { return number.Region(n) }
func (l lines) Kind(n wissel.Number) wissel.Kind { return number.KindOf(n) }
func (l lines) Costly(n wissel.Number) bool      { return number.Costly(n) }

// readyEach is how long nobody is rung before it is looked again whether somebody may be.
const readyEach = time.Second

// round begins all attempts that may begin, and gives when to look again; zero: once something happens.
func (c *calling) round(ctx context.Context, now time.Time) (again time.Time) {
	if !c.ready() {
		return now.Add(readyEach)
	}
	all := c.settings()
	for _, g := range slices.Sorted(maps.Keys(all)) {
		if !all[g].Dials() {
			continue
		}
		for {
			job, next, ok := c.take(ctx, g, all[g], now)
			if !ok {
				if !next.IsZero() && (again.IsZero() || next.Before(again)) {
					again = next
				}
				break
			}
			c.jobs.Go(func() { c.attempt(job, all[g]) })
		}
		for {
			job, next, ok := c.takeLast(ctx, g, all[g], now)
			if !ok {
				if !next.IsZero() && (again.IsZero() || next.Before(again)) {
					again = next
				}
				break
			}
			c.jobs.Go(func() { c.attempt(job, all[g]) })
		}
	}
	return again
}

// begun is an attempt that was taken.
type begun struct {
	callback callbacks.Callback
	saved    callbacks.Saved
	desk     wissel.Desk
	person   callbacks.Person // who is the desk; zero: a queue is
	last     bool             // he alone is rung, to be told that nobody could call
	at       time.Time

	work    context.Context // ends when it is to be broken off
	cancel  context.CancelFunc
	settled bool // it is known whether the agent took it; its own goroutine's
}

// take takes the next callback of a group, if one may go now.
func (c *calling) take(ctx context.Context, g wissel.GroupID, set callbacks.Settings, now time.Time) (b *begun, again time.Time, ok bool) {
	p := c.p
	p.mu.Lock()
	defer p.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !p.learned || c.dialer == nil {
		return b, again, false
	}
	if c.draining() {
		c.why[g] = "wissel is draining"
		return b, again, false
	}
	if now.Before(c.broken) {
		c.why[g] = "the store does not take what is to be kept of a call"
		return b, c.broken, false
	}
	view, person, back := c.view(g, set, now)
	room, again, why := c.release[g].Room(set, view, p.book.Flying(g), now)
	if again.IsZero() || !back.IsZero() && back.Before(again) {
		again = back
	}
	one, found, later := p.book.Next(g, set, view, now)
	c.due[g] = found && (room || p.book.Flying(g) > 0)
	switch {
	case !room:
		c.why[g] = why
		return b, again, false
	case !found:
		c.why[g] = ""
		return b, later, false
	}
	c.why[g] = ""
	b = &begun{callback: one, at: now, desk: wissel.Desk{Trunk: set.Trunk, To: set.Queue}}
	if set.People != "" {
		b.person, b.desk = person, wissel.Desk{To: person.Phone}
		if !c.staff.rings(person.Phone, now) { // a caller was quicker, and his call's end has us look again
			return b, again, false
		}
	}
	if b.saved, ok = p.book.Begin(one.ID, sqlite.NewID(), person.Name, set, now); !ok {
		c.staff.done(b.person.Phone, callbacks.Spared, now)
		return b, again, false
	}
	c.release[g] = c.release[g].Goes(set, view, now)
	b.work, b.cancel = context.WithCancel(ctx)
	c.cancels[one.ID] = b.cancel
	return b, again, true
}

// view is what is known of a group's desk now; both locks are held.
func (c *calling) view(g wissel.GroupID, set callbacks.Settings, now time.Time) (v callbacks.View, person callbacks.Person, again time.Time) {
	s := c.snapshot()
	v = callbacks.View{Desk: c.p.desk(g), Agents: set.Agents, Share: 1000, Up: true, Lines: lines{s, c.objects}, Zones: number.Zones}
	if set.People != "" {
		var free bool
		if person, free, v.Agents, again = c.staff.free(set.People, set.Staff, nil, now); !free {
			v.Nobody = noneFree(v.Agents, again)
			v.Agents = min(v.Agents, c.p.book.Flying(g)) // all of them are in a call
		}
		return v, person, again
	}
	v.Up, v.Share = reachable(s, g, set.Trunk, now)
	return v, person, again
}

// reachable reports whether a platform's queue may be rung now, and for how many of every 1000 calls the group's way back lets it: what
// keeps callers from it keeps callbacks too.
func reachable(s *wissel.Snapshot, g wissel.GroupID, trunk wissel.TrunkID, now time.Time) (up bool, share int) {
	group := s.Groups[g]
	target := wissel.Target{Trunk: trunk}
	if state := best(s, target); group == nil || s.Ours != "" || state == "down" || state == "suspect" {
		return false, 0
	}
	if pin := s.Pins[g]; pin.Live(now) && pin.Share == 0 && pin.Target != target && inSome(group, target) {
		return false, 0
	}
	if !slices.Contains(s.Plan(group).Targets, target) && inSome(group, target) {
		return false, 0 // an operator has made a plan active that goes past it
	}
	if l, away := s.Lead(group); away && l.Home == target {
		if l.Single {
			return true, 1
		}
		return l.Share > 0, l.Share
	}
	return true, 1000
}

// attempt makes one call, and keeps what came of it. The attempt is on disk before anybody is rung.
func (c *calling) attempt(b *begun, set callbacks.Settings) {
	defer b.cancel()
	result := wissel.CallbackResult{Outcome: wissel.CallbackStopped}
	job, err := c.job(b, set)
	if err == nil {
		err = c.write(b.saved)
	}
	if err == nil {
		result = c.dialer.Dial(b.work, job, func(s wissel.CallbackStage) { c.stage(b, s, set) })
	} else {
		result.Why = err.Error()
		c.log.Error("a callback is not made: how far it is cannot be kept", "callback", b.callback.ID, "error", err)
	}
	c.mu.Lock()
	delete(c.cancels, b.callback.ID)
	if err != nil {
		c.broken = time.Now().Add(writeAgain)
	}
	c.mu.Unlock()
	c.ended(b, result, set)
	c.nudge()
}

// write keeps how far a callback is, before anything is done that it tells of.
func (c *calling) write(s callbacks.Saved) error {
	ctx, cancel := context.WithTimeout(context.Background(), writeMost)
	defer cancel()
	return c.store.Progress(ctx, s)
}

// job is what the dialler must know of a callback.
func (c *calling) job(b *begun, set callbacks.Settings) (wissel.CallbackJob, error) {
	one := b.callback
	job := wissel.CallbackJob{
		Callback: one.ID, Attempt: one.Tries + one.Lost + one.Faults + 1, Group: one.Group, Number: one.Number, Rung: one.Rung, Asked: one.At,
		Calls: c.rang(one), Language: one.Language, Desk: b.desk, Hidden: one.Hidden, CustomerFirst: set.First == callbacks.FirstCustomer, Over: set.Over,
	}
	if job.Last = b.last; b.last {
		return job, nil
	}
	limited, cancel := context.WithTimeout(b.work, writeMost)
	defer cancel()
	wishes, err := c.store.WishesOf(limited, one.Wishes)
	if err != nil {
		return job, fmt.Errorf("read what was asked for: %w", err)
	}
	for _, w := range wishes { // the newest last
		job.Choices = w.Choices
		if w.Recording != "" && w.Removed.IsZero() {
			job.Message, job.Length = w.Recording, w.Length
		}
	}
	came, err := c.store.IncomingOf(limited, []wissel.Number{one.Number}, append([]string{one.ID}, one.Wishes...), mostTextsTold)
	if err != nil {
		return job, fmt.Errorf("read what he texted: %w", err)
	}
	job.Texts = len(came)
	return job, nil
}

// rang is how often one who waits rang, as far as is known; of others behind his number nothing is told.
func (c *calling) rang(one callbacks.Callback) int {
	if one.Apart {
		return 1
	}
	return max(1, len(one.Wishes), c.calls(one.Number))
}

// stage keeps how far an attempt is.
func (c *calling) stage(b *begun, s wissel.CallbackStage, set callbacks.Settings) {
	now := time.Now()
	c.p.mu.Lock()
	ch, ok := c.p.book.Stage(b.callback.ID, b.saved.Progress.ID, s, set, now)
	c.p.mu.Unlock()
	if !ok {
		return
	}
	c.agent(b, ch, now)
	if err := c.write(ch.Saved); err != nil {
		c.log.Warn("how far a callback is cannot be kept; a restart would take it for one that is not known", "callback", b.callback.ID, "error", err)
	}
}

// agent counts what is known of the agent of an attempt.
func (c *calling) agent(b *begun, ch callbacks.Change, now time.Time) {
	if b.settled || b.last || !ch.Took && !ch.Settles {
		return
	}
	b.settled = true
	c.mu.Lock()
	defer c.mu.Unlock()
	g := b.callback.Group
	c.release[g] = c.release[g].Agent(ch.Took || ch.Asked, ch.Took, now)
	c.nudge()
}

// ended keeps what came of an attempt.
func (c *calling) ended(b *begun, r wissel.CallbackResult, set callbacks.Settings) {
	now := time.Now()
	c.store.Attempt(callbacks.Attempt{Row: wissel.Row{ID: b.saved.Progress.ID}, Callback: b.callback.ID, Group: b.callback.Group, At: b.at, Ended: now, Result: r})
	c.p.mu.Lock()
	ch, ok := c.p.book.Result(b.callback.ID, b.saved.Progress.ID, r, set, now)
	delete(c.p.paces, b.callback.Group)
	c.p.mu.Unlock()
	how := callbacks.Took
	if r.Outcome.Desk() { // a carrier that fails counts too: else all who wait would be tried in vain, one a second
		how = callbacks.Passed
	}
	c.staff.done(b.person.Phone, how, now)
	if !ok { // it was closed meanwhile, by somebody else
		c.agent(b, callbacks.Change{Settles: true}, now)
		return
	}
	c.agent(b, ch, now)
	c.keep(ch)
}

// keep writes what became of a callback, and tells who must be told. Who is told of one that is closed is told before that is written:
// after a crash it is open still, and ends once more.
func (c *calling) keep(ch callbacks.Change) {
	ctx, cancel := context.WithTimeout(context.Background(), writeMost)
	defer cancel()
	one := ch.Callback
	if ch.Notice == callbacks.TellMissed || ch.Notice == callbacks.TellExpired {
		if told, err := c.told(ctx, one, ch.Notice); !told {
			c.log.Warn("a callback ended without a call, and he could not be told", "callback", one.ID, "group", one.Group, "state", one.State, "error", err)
			c.alarms.set("callbacks-untold-"+string(one.Group), fmt.Sprintf(
				"callbacks of group %s ended without a call, and nobody could be told by text: `wissel callbacks list %s --all`", one.Group, one.Group))
		}
	}
	var err error
	if ch.Closed {
		if err = c.store.Mark(ctx, ch.Mark); err == nil {
			c.store.Settled(one.ID)
		}
	} else {
		err = c.store.Progress(ctx, ch.Saved)
	}
	if err != nil {
		c.log.Error("what became of a callback is not on disk yet; it is written once the store is well", "callback", one.ID, "state", one.State, "error", err)
	}
}

func (c *calling) told(ctx context.Context, one callbacks.Callback, n callbacks.Notice) (bool, error) {
	if c.tell == nil || one.Number == "" {
		return false, nil
	}
	return c.tell(ctx, one, n)
}

// stop breaks off the attempt of a callback that was closed meanwhile.
func (c *calling) stop(callback string) {
	c.mu.Lock()
	cancel := c.cancels[callback]
	c.mu.Unlock()
	if cancel != nil {
		cancel()
	}
	c.nudge()
}

// inSome reports whether one of a group's plans leads to a target.
func inSome(g *wissel.Group, t wissel.Target) bool {
	for _, p := range g.Plans {
		if slices.Contains(p.Targets, t) {
			return true
		}
	}
	return false
}
