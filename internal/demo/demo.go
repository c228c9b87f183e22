// Package demo is wissel's main job as a story that anybody can run: the real server with an embedded store, and around it,
// in the same process but over real UDP sockets of this machine, a carrier whose callers ring the support number, a
// platform and a backup. The platform dies, the backup dies, callers hear the outage IVR and leave wishes, the platform
// comes back. What callers hear is judged from the audio they received; in the end every figure of theirs is compared with
// the server's own records. cmd/wissel shows it; nothing here writes to a terminal.
package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"wissel"
)

// Options of a Demo.
type Options struct {
	Version  string
	Log      *slog.Logger // of the server; nil: none
	AnyPorts bool         // take free ports at once, instead of those that are easy to remember
	// Reading is how long each act lasts at least, so that people can follow; 0: as short as its conditions allow.
	Reading time.Duration
}

// Demo is one run of the story. Make it with New, run it once with Run.
type Demo struct {
	stage *stage
	o     Options

	changing sync.Mutex // held while something is done to a party
	placing  sync.Mutex // held while a call is placed, and while the gate moves

	mu      sync.Mutex
	callers []*caller
	open    bool // new calls are placed
	every   time.Duration
	talk    time.Duration
	wishes  []wissel.WishKind // of the callers to come
	act     int
	acts    []Act
	free    bool // the story is over, and the demo goes on
	muted   bool // the platform is silent
	closed  bool // the backup's port is closed
	changed chan struct{}

	calls sync.WaitGroup
}

// Act is one part of the story, as told.
type Act struct {
	Title   string
	Tells   string  // what happens and what to notice
	Done    float64 // 0 to 1
	Finding string  // with figures, once it is over
}

// New opens the sockets, the store and the control socket; nothing runs yet. Run must follow.
func New(ctx context.Context, o Options) (*Demo, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s, err := set(ctx, o)
	if err != nil {
		return nil, err
	}
	d := &Demo{stage: s, o: o, changed: make(chan struct{}, 1), every: 350 * time.Millisecond, talk: 1500 * time.Millisecond}
	for _, a := range story {
		d.acts = append(d.acts, Act{Title: a.title, Tells: a.tells})
	}
	return d, nil
}

// Run tells the story. With stay it then goes on until ctx ends; else it ends at once. The Summary is what the parties
// counted; the error says which call was lost, or where the server's records differ. A Demo that was interrupted gives what
// it had. It returns after all that it started, and leaves nothing behind.
func (d *Demo) Run(ctx context.Context, stay bool) (sum Summary, err error) {
	defer func() {
		if serr := d.stage.strike(ctx); serr != nil {
			err = errors.Join(err, serr)
		}
	}()
	if err := d.stage.run(ctx); err != nil {
		return sum, err
	}
	callCtx, hangUp := context.WithCancel(ctx)
	defer hangUp()
	pacer := make(chan error, 1)
	go func() { pacer <- d.pace(callCtx) }()
	told := d.tell(ctx)
	if told == nil && stay {
		d.goOn()
		select {
		case <-ctx.Done():
		case <-d.stage.served: // somebody drained it
		}
	}
	if told == nil && ctx.Err() == nil {
		d.gate(false) // those who talk finish
		d.calls.Wait()
	}
	hangUp()
	err = <-pacer
	d.calls.Wait()
	if err = errors.Join(err, d.stage.close(ctx)); err != nil {
		return d.sum(), errors.Join(withoutCancel(told), err)
	}
	sum, err = d.judge(ctx) // of an interrupted story too: it holds for the calls that were not broken off
	if err != nil {
		return sum, errors.Join(err, withoutCancel(told))
	}
	return sum, told
}

// withoutCancel is err unless it only says that the story was interrupted.
func withoutCancel(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// pace places calls at the present rate while the gate is open.
func (d *Demo) pace(ctx context.Context) error {
	for n := 1; ; {
		placed, every, err := d.ring(ctx, n)
		if err != nil {
			return err
		}
		if placed {
			n++
		}
		if wait(ctx, every) != nil {
			return nil
		}
	}
}

// ring places the n-th call, unless the gate is closed, and lets its caller live. every is when the next is due.
func (d *Demo) ring(ctx context.Context, n int) (placed bool, every time.Duration, err error) {
	d.placing.Lock()
	defer d.placing.Unlock()
	d.mu.Lock()
	open, every := d.open, d.every
	c := &caller{from: fmt.Sprintf("+3161200%04d", n), talk: d.talk}
	if open && len(d.wishes) > 0 {
		c.wants, d.wishes = d.wishes[0], d.wishes[1:]
	}
	d.mu.Unlock()
	if !open || d.stage.app.State() != "serving" {
		return false, every, nil
	}
	if err := d.stage.place(c); err != nil {
		return false, every, err
	}
	d.update(func() { d.callers = append(d.callers, c) })
	d.calls.Go(func() { d.live(ctx, c) })
	return true, every, nil
}

// update changes a caller, and wakes who waits for a change.
func (d *Demo) update(f func()) {
	d.mu.Lock()
	f()
	d.mu.Unlock()
	select {
	case d.changed <- struct{}{}:
	default:
	}
}

// gate lets calls be placed or not. Once it is closed, every call that was placed is on the list.
func (d *Demo) gate(open bool) {
	d.placing.Lock()
	defer d.placing.Unlock()
	d.update(func() { d.open = open })
}

// goOn is the gentle rate after the story.
func (d *Demo) goOn() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open, d.free, d.every, d.talk = true, true, 2*time.Second, 6*time.Second
}

// wait is a pause that ends with ctx.
func wait(ctx context.Context, t time.Duration) error {
	timer := time.NewTimer(t)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// until waits for a condition on the callers or the server, and says what it waited for when limit is over.
func (d *Demo) until(ctx context.Context, what string, limit time.Duration, is func() bool) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("waited %v in vain until %s", limit, what))
	defer cancel()
	tick := time.NewTicker(look)
	defer tick.Stop()
	for !is() {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-d.changed:
		case <-tick.C:
		}
	}
	return nil
}

// health of a trunk, as the server's status tells it.
func (d *Demo) health(trunk wissel.TrunkID) (state string, since time.Time) {
	for _, c := range d.stage.app.Carriers() {
		if c.Trunk == trunk && len(c.Addresses) > 0 {
			return c.State, c.Addresses[0].Since
		}
	}
	return wissel.Unknown.String(), time.Time{}
}
