// Package texts sends the texts that are owed: it keeps each on disk before anything is offered, and carries out what package sms
// decides. It decides nothing itself about which text goes next, or where. internal/app gives it the providers, the store, and
// what its neighbours know: limits, who wants no texts, and who takes those that come in. No call waits on it.
package texts

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"wissel"
	"wissel/internal/sms"
)

// Store keeps texts on disk (package store/sqlite).
type Store interface {
	Stamp(r wissel.Row) wissel.Row
	// Letters returns once each is on disk or known not to be, with errors in their order.
	Letters(ctx context.Context, all []sms.Letter) []error
	// TextAttempt writes an attempt before it is made: with an error it is not there, and never will be.
	TextAttempt(ctx context.Context, id string, n int, a sms.Attempt) error
	// TextTold returns once what became of an attempt is on disk; TextAttemptChanged waits for nothing.
	TextTold(ctx context.Context, id string, n int, a sms.Attempt) error
	TextAttemptChanged(id string, n int, a sms.Attempt)
	TextChanged(e sms.Entry)
	TextCame(number, provider string, at time.Time)
	Outbox(ctx context.Context) ([]sms.Entry, error)
	TextPauses(ctx context.Context) ([]wissel.GroupID, error)
}

// Limits say whether a text may go now. They are asked once for each text, before its first offer, on a goroutine of its own; they
// fail to a local share, and return within a second.
type Limits interface {
	// Request is asked for what a person caused himself, and who need not have been known before: confirmations, replies, tests.
	Request(ctx context.Context, a sms.Ask) sms.Allowance
	// News is asked for all else, which goes to those who asked for it.
	News(ctx context.Context, a sms.Ask) sms.Allowance
}

// Refusals know who wants no texts. They answer from memory.
type Refusals interface {
	// Refuses says why somebody is not to have a text; empty: he may.
	Refuses(l sms.Letter) (why string)
	// Known is closed once it is known who wanted none before the start: until then no text is offered to anybody.
	Known() <-chan struct{}
}

// Incoming takes texts that come to us. It returns once what must be kept is on disk: with an error the provider offers the text
// again, so that the same may come more than once.
type Incoming interface {
	Came(ctx context.Context, r sms.Received) error
}

// Line is one provider, with what it is given.
type Line struct {
	Name     string
	Provider sms.Provider
	Lane     sms.Lane
	Tariffs  sms.Tariffs
	Mark     string // the same for the same settings: such a line stays as it is
}

// Group is how the texts of a group are.
type Group struct {
	sms.Manner
	Sender    string
	Lasts     time.Duration // how long a text makes sense
	Zone      *time.Location
	Languages []string // that there are templates in; the first is for those of another
	Templates map[sms.Purpose]map[string]*sms.Template
	Answers   map[sms.Answer]map[string]*sms.Template // to texts that come in
	Rules     sms.Rules                               // what its texts may hold
	Reaches   func(n wissel.Number) bool              // it is a number that texts may go to
}

// Settings are what is in force.
type Settings struct {
	Lines  []Line
	Groups map[wissel.GroupID]*Group
}

// Options of a Texts.
type Options struct {
	Store    Store
	Limits   Limits   // nil: none
	Refusals Refusals // nil: nobody refuses
	Incoming Incoming // nil: what comes in is dropped
	Parse    func(written string) (wissel.Number, bool)
	Log      *slog.Logger
}

// Texts sends texts. New makes one; it does nothing before Run.
type Texts struct {
	o    Options
	poke chan struct{} // holds one when there may be something to do

	mu      sync.Mutex
	queue   *sms.Queue
	groups  map[wissel.GroupID]*Group
	lines   map[string]*line
	learned bool
	untold  map[string]bool // texts of which an event may not be on disk
	running *sync.WaitGroup // of the lines' Run; nil: Run does not run
	ctx     context.Context // of the lines, while Run runs
	hear    []func(sms.Entry)

	offers sync.WaitGroup
	Stats  Stats
}

// Stats counts, since the start.
type Stats struct {
	Written, Offered, Accepted, Refused, Later, Unknown atomic.Uint64
	Held, Unwritten                                     atomic.Uint64 // by limits; because the store could not be written
	Delivered, Failed, Strays                           atomic.Uint64 // by receipts; receipts of no text that is known
	Came, CameLost                                      atomic.Uint64 // texts to us; those that could not be kept, and come again
	Restarts                                            atomic.Uint64 // of a provider's connection that ended by itself
}

// line is a Line that is served.
type line struct {
	Line
	stop  context.CancelFunc // nil: not served yet
	ended chan struct{}
	busy  sync.WaitGroup // Sends
	info  LineInfo       // under Texts.mu
}

// LineInfo is how a provider is.
type LineInfo struct {
	Name     string
	Breaker  sms.Breaker
	Lane     sms.Lane
	Real     time.Time // the last text that it took, that was no test
	Tested   time.Time // the last test that it took
	Last     time.Time // the last outcome
	Outcome  sms.Outcome
	Receipt  time.Time // the last one
	Came     time.Time // the last text to us
	Fault    string    // why it is not served; empty: it is
	Accepted uint64
	Failed   uint64 // all else
}

// New makes a Texts without settings.
func New(o Options) *Texts {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Texts{o: o, poke: make(chan struct{}, 1), queue: sms.NewQueue(), lines: map[string]*line{}, untold: map[string]bool{}}
}

// Listen has f told of each text that is written or ended, on whatever goroutine that is; it must not block. Before Run.
func (t *Texts) Listen(f func(sms.Entry)) { t.hear = append(t.hear, f) }

func (t *Texts) tell(e sms.Entry) {
	for _, f := range t.hear {
		f(e)
	}
}

func (t *Texts) wake() {
	select {
	case t.poke <- struct{}{}:
	default:
	}
}

// Set puts settings in force. A line whose Mark is the same goes on; one that is gone ends once its offers have.
func (t *Texts) Set(s Settings) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	manners, lanes, lines := map[wissel.GroupID]sms.Manner{}, map[string]sms.Lane{}, map[string]*line{}
	for id, g := range s.Groups {
		manners[id] = g.Manner
	}
	for _, l := range s.Lines {
		lanes[l.Name] = l.Lane
		one := t.lines[l.Name]
		if one == nil || one.Mark != l.Mark {
			next := &line{Line: l, info: LineInfo{Name: l.Name}}
			if one != nil {
				next.info = one.info
			}
			one = next
		}
		one.Lane, one.Tariffs = l.Lane, l.Tariffs
		lines[l.Name] = one
	}
	for name, old := range t.lines {
		if lines[name] != old && old.stop != nil {
			old.stop()
		}
	}
	t.groups, t.lines = s.Groups, lines
	t.queue.Set(manners, lanes, now)
	t.serveAll()
	t.wake()
}

// serveAll begins to serve the lines that are not served; it holds mu.
func (t *Texts) serveAll() {
	if t.running == nil {
		return
	}
	for _, l := range t.lines {
		if l.stop == nil {
			var ctx context.Context
			ctx, l.stop = context.WithCancel(t.ctx)
			l.ended = make(chan struct{})
			t.running.Go(func() { t.serve(ctx, l) })
		}
	}
}

// Run sends until ctx ends. What is under way then is given a few seconds to be answered.
func (t *Texts) Run(ctx context.Context) error {
	lines, stopLines := context.WithCancel(context.WithoutCancel(ctx))
	defer stopLines()
	var running sync.WaitGroup
	t.mu.Lock()
	t.ctx, t.running = lines, &running
	t.mu.Unlock()
	if t.needed(ctx) && t.learn(ctx) {
		t.mu.Lock()
		t.serveAll() // only now: a receipt finds its text
		t.mu.Unlock()
		if t.refusalsKnown(ctx) {
			t.dispatch(ctx)
		}
	}
	t.mu.Lock()
	t.running = nil
	t.mu.Unlock()
	t.finish()
	stopLines()
	running.Wait()
	return ctx.Err()
}

const (
	learnAgain = 5 * time.Second // until what is on disk is read again after a failure
	goodbye    = 5 * time.Second // for offers that are under way when the server ends
)

// needed waits until somebody has texts; false: ctx ended.
func (t *Texts) needed(ctx context.Context) bool {
	for {
		t.mu.Lock()
		needed := len(t.lines) > 0
		t.mu.Unlock()
		if needed {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-t.poke:
		}
	}
}

// refusalsKnown waits until it is known who wants no texts; false: ctx ended. Receipts, and texts to us, are taken meanwhile.
func (t *Texts) refusalsKnown(ctx context.Context) bool {
	if t.o.Refusals == nil {
		return true
	}
	select {
	case <-ctx.Done():
		return false
	case <-t.o.Refusals.Known():
		return true
	}
}

// learn reads what is owed from before, until that went well; false: ctx ended.
func (t *Texts) learn(ctx context.Context) bool {
	for {
		all, err := t.o.Store.Outbox(ctx)
		var paused []wissel.GroupID
		if err == nil {
			paused, err = t.o.Store.TextPauses(ctx)
		}
		if err == nil {
			t.mu.Lock()
			late := t.queue.Read(all, time.Now())
			for _, g := range paused {
				t.queue.Pause(g)
			}
			for _, e := range all {
				t.remember(e)
			}
			t.learned = true
			t.mu.Unlock()
			for _, e := range late {
				t.o.Store.TextChanged(e)
			}
			for _, e := range all {
				t.tell(e)
			}
			return true
		}
		t.o.Log.Warn("which texts are owed cannot be read yet: none is sent", "error", err)
		if !sleep(ctx, learnAgain) {
			return false
		}
	}
}

// remember notes when lines last took a text, by what is on disk; it holds mu.
func (t *Texts) remember(e sms.Entry) {
	for _, a := range e.Tried {
		l := t.lines[a.Provider]
		if l == nil || a.Outcome.Verdict != sms.Accepted {
			continue
		}
		if at := &l.info.Real; e.Purpose != sms.Trial && a.At.After(*at) {
			*at = a.At
		}
		if at := &l.info.Tested; e.Purpose == sms.Trial && a.At.After(*at) {
			*at = a.At
		}
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// Learned reports whether what is owed from before is known.
func (t *Texts) Learned() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.learned
}

// dispatch starts what is due, until ctx ends. Each offer is a goroutine; there are never more than the windows of the lines.
func (t *Texts) dispatch(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		t.mu.Lock()
		steps, wake := t.queue.Steps(time.Now())
		t.mu.Unlock()
		for _, s := range steps {
			if !s.Offer {
				t.ended(s.Entry)
				continue
			}
			t.offers.Go(func() { t.offer(s) })
		}
		if len(steps) > 0 {
			continue // what that opened
		}
		timer.Stop()
		if !wake.IsZero() {
			timer.Reset(max(time.Until(wake), time.Millisecond))
		}
		select {
		case <-ctx.Done():
			return
		case <-t.poke:
		case <-timer.C:
		}
	}
}

// ended writes how a text ended, and tells.
func (t *Texts) ended(e sms.Entry) {
	t.o.Store.TextChanged(e)
	t.tell(e)
	switch e.Stage {
	case sms.Waiting, sms.Sent, sms.Arrived:
	default:
		t.o.Log.Info("a text ended without arriving", "text", e.ID, "purpose", e.Purpose, "group", e.Group, "to", e.To.Masked(), "as", e.Stage, "why", e.Why)
	}
}

// finish waits for the offers that are under way, and then cuts them off.
func (t *Texts) finish() {
	all := make(chan struct{})
	go func() {
		t.offers.Wait()
		close(all)
	}()
	timer := time.NewTimer(goodbye)
	defer timer.Stop()
	select {
	case <-all:
		return
	case <-timer.C:
	}
	t.mu.Lock()
	for _, l := range t.lines {
		if l.stop != nil {
			l.stop()
		}
	}
	t.mu.Unlock()
	<-all // an offer lasts no longer than OfferTakes
}
