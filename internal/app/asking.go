package app

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"wissel"
	"wissel/internal/sms"
	"wissel/ivr"
)

// promisers say who may be promised texts (textLimits).
type promisers interface {
	// Promise may ask Redis, and answers within 200 ms.
	Promise(ctx context.Context, n wissel.Number) (sms.Bound, bool)
	// Alone goes by what this node counts itself, and waits for nothing.
	Alone(n wissel.Number) (sms.Bound, bool)
}

// How many wishes for texts wait for their limits, and how many are asked about at a time: as many as there are connections to Redis.
const (
	mostAsking = 256
	askers     = 8
)

// asking asks for calls whether somebody may be promised texts, so that no call waits for Redis. At most mostAsking wait; for one more,
// and for those that are left when the server ends, this node's own share decides at once: neither everybody nor nobody is promised.
type asking struct {
	limits promisers
	jobs   chan askingJob

	alone atomic.Uint64 // decided by the share of this node, because too many waited
}

type askingJob struct {
	number wissel.Number
	answer func(bound sms.Bound, ok bool)
}

func newAsking(limits promisers) *asking {
	return &asking{limits: limits, jobs: make(chan askingJob, mostAsking)}
}

// ask has answer told, on another goroutine, or at once when too many wait. It does not block.
func (a *asking) ask(n wissel.Number, answer func(bound sms.Bound, ok bool)) {
	select {
	case a.jobs <- askingJob{n, answer}:
	default:
		a.alone.Add(1)
		answer(a.limits.Alone(n))
	}
}

// run asks until ctx ends, and then decides about what still waits by this node's share. It must outlast the calls.
func (a *asking) run(ctx context.Context) {
	var all sync.WaitGroup
	for range askers {
		all.Go(func() {
			for {
				select {
				case job := <-a.jobs:
					job.answer(a.limits.Promise(ctx, job.number))
				case <-ctx.Done():
					return
				}
			}
		})
	}
	all.Wait()
	for {
		select {
		case job := <-a.jobs:
			job.answer(a.limits.Alone(job.number))
		default:
			return
		}
	}
}

// errNotNow is why a wish is not written that may not be promised now: nothing went wrong.
var errNotNow = errors.New("the limits of texts leave no room for it")

// errObjects is why a wish is not written of one who is never to be rung or sent a text: what he asks for later changes nothing in it.
var errObjects = errors.New("he objects to calls and texts of ours")

// bounded writes a wish, unless it is one for texts that may not be promised, or of one who objects. The call waits for nothing meanwhile.
func (x *attending) bounded(w wissel.Wish, e ivr.Commit, done func(error)) (withdraw func() bool) {
	if x.rehearsal == nil && x.objects != nil && x.objects(w.Number) {
		done(errObjects)
		return nil
	}
	write, why := x.writer(&w, e)
	switch {
	case write == nil && why == nil: // he said nothing
		return func() bool { return true }
	case write == nil:
		done(why)
		return nil
	case w.Kind == wissel.WishCallback || w.Number == "" || x.texts == nil || x.rehearsal != nil:
		return write(done)
	}
	p := &promise{}
	x.texts.ask(w.Number, func(bound sms.Bound, ok bool) {
		if !ok {
			p.settle(done, fmt.Errorf("%w: %s", errNotNow, bound.Words()))
			return
		}
		p.then(func() func() bool { return write(done) })
	})
	return p.withdraw
}
