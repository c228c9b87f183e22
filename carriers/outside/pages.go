package outside

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"wissel"
	"wissel/carriers/health"
)

// askAtOnce is how many questions are under way at one time.
const askAtOnce = 4

// Pages keeps the word of each trunk's status page. All methods are safe for concurrent use.
type Pages struct {
	again   time.Duration
	observe func(wissel.Address, health.Observation)
	log     *slog.Logger
	client  *http.Client
	wake    chan struct{}
	asked   atomic.Uint64
	failed  atomic.Uint64

	mu    sync.Mutex
	pages map[wissel.TrunkID]*page
}

// page is the status page of one trunk.
type page struct {
	trunk     wissel.TrunkID
	of        wissel.StatusPage
	addresses []wissel.Address
	busy      bool      // a question is under way
	asked     time.Time // when the last question was put; zero: never
	told      time.Time // when health was last told of word
	word      Word      // of the last answer
	known     bool      // word holds: there was an answer, and no failure since
	tag       string    // ETag of that answer
	err       error     // why the last question gave no word
}

// New makes Pages without trunks. A word stands until the page is asked again, and health forgets a doubt of which it hears
// nothing: observe is told of each word when it comes, and each again until the next. It may not block.
func New(again time.Duration, observe func(wissel.Address, health.Observation), log *slog.Logger) *Pages {
	return &Pages{
		again: max(again, time.Second), observe: observe, log: log, client: newClient(), wake: make(chan struct{}, 1),
		pages: map[wissel.TrunkID]*page{},
	}
}

// Set gives the trunks whose pages are asked, in place of those there were. The word of a page that stays is kept, and told
// to addresses that are new.
func (p *Pages) Set(trunks map[wissel.TrunkID]*wissel.Trunk) {
	p.mu.Lock()
	next := make(map[wissel.TrunkID]*page, len(p.pages))
	for id, t := range trunks {
		if t.Status.URL == "" {
			continue
		}
		one := p.pages[id]
		if one == nil || !same(one.of, t.Status) {
			one = &page{trunk: id, of: t.Status}
		}
		if !slices.Equal(one.addresses, t.Addresses) {
			one.addresses, one.told = t.Addresses, time.Time{}
		}
		next[id] = one
	}
	p.pages = next
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default: // Run is to wake already
	}
}

func same(a, b wissel.StatusPage) bool {
	return a.URL == b.URL && a.Form == b.Form && a.Path == b.Path && a.Component == b.Component && a.Every == b.Every && slices.Equal(a.Good, b.Good)
}

// Run asks until ctx ends, and returns after its last question has.
func (p *Pages) Run(ctx context.Context) error {
	var asking errgroup.Group
	asking.SetLimit(askAtOnce)
	defer asking.Wait() //nolint:errcheck // no question returns an error: learn keeps it
	for {
		due, wait := p.due(time.Now())
		for _, one := range due {
			asking.Go(func() error { // waits while askAtOnce are under way, each for askTimeout at most
				p.question(ctx, one)
				return nil
			})
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-p.wake:
			timer.Stop()
		case <-timer.C:
		}
	}
}

// idle is how long Run sleeps when no page is to be asked; Set wakes it.
const idle = time.Hour

// due takes the pages that are to be asked now, tells the words that are to be told again, and says how long nothing more is
// to be done.
func (p *Pages) due(now time.Time) (ask []*page, wait time.Duration) {
	var tell []report
	p.mu.Lock()
	wait = idle
	for _, id := range slices.Sorted(maps.Keys(p.pages)) {
		one := p.pages[id]
		if !one.busy && (one.asked.IsZero() || now.Sub(one.asked) >= one.of.Every) {
			one.busy, one.asked = true, now
			ask = append(ask, one)
		}
		if !one.busy {
			wait = min(wait, one.of.Every-now.Sub(one.asked))
		}
		if one.known {
			if now.Sub(one.told) >= p.again {
				one.told = now
				tell = append(tell, one.report())
			}
			wait = min(wait, p.again-now.Sub(one.told))
		}
	}
	p.mu.Unlock()
	for _, r := range tell {
		p.tell(r)
	}
	return ask, max(wait, 10*time.Millisecond)
}

// question asks one page and takes in what it says.
func (p *Pages) question(ctx context.Context, one *page) {
	p.mu.Lock()
	of, last, tag := one.of, one.word, one.tag
	p.mu.Unlock()
	word, tag, err := ask(ctx, p.client, of, last, tag)
	if ctx.Err() != nil {
		return // we are stopping: not an answer
	}
	p.asked.Add(1)
	if err != nil {
		p.failed.Add(1)
	}
	p.learn(one, word, tag, err, time.Now())
}

// learn takes in what one question gave, and lets Run look again.
func (p *Pages) learn(one *page, word Word, tag string, err error, now time.Time) {
	p.mu.Lock()
	before, knew, failing := one.word, one.known, one.err != nil
	one.busy, one.word, one.known, one.tag, one.err = false, word, err == nil, tag, err
	current := p.pages[one.trunk] == one // else it was taken out of the settings while we asked
	if one.told = now; !current {
		one.addresses = nil
	}
	r := one.report()
	p.mu.Unlock()
	switch {
	case !current:
		return
	case err != nil && !failing:
		p.log.Warn("a status page cannot be asked; it says nothing then", "trunk", one.trunk, "err", err)
	case err == nil && (!knew || before != word):
		p.log.Info("a status page has a new word", "trunk", one.trunk, "well", word.Well, "says", word.Says)
	}
	p.tell(r)
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// report is what health is told of one page.
type report struct {
	addresses   []wissel.Address
	observation health.Observation
}

// report makes the observation of a page's word, or of its failure. p.mu is held.
func (one *page) report() report {
	o := health.Observation{Layer: health.Outside, Status: http.StatusOK}
	switch {
	case !one.known:
		o = health.Observation{Layer: health.Outside, Unable: one.err}
	case !one.word.Well:
		o.Status, o.Why = http.StatusServiceUnavailable, `it says "`+one.word.Says+`"`
	}
	return report{one.addresses, o}
}

func (p *Pages) tell(r report) {
	for _, a := range r.addresses {
		p.observe(a, r.observation)
	}
}

// Standing is what is known of a trunk's page now.
type Standing struct {
	Word  Word
	Known bool      // Word holds; else Err says why not, or nothing was asked yet
	Asked time.Time // the last question
	Err   error
}

// Standings gives what is known of each page.
func (p *Pages) Standings() map[wissel.TrunkID]Standing {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make(map[wissel.TrunkID]Standing, len(p.pages))
	for id, one := range p.pages {
		out[id] = Standing{Word: one.word, Known: one.known, Asked: one.asked, Err: one.err}
	}
	return out
}

// Asked and Failed count the questions that were put since the start, and those that gave no word.
func (p *Pages) Asked() uint64  { return p.asked.Load() }
func (p *Pages) Failed() uint64 { return p.failed.Load() }
