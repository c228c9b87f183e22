// Package push brings the files of the status page to where people read them outside our own network: buckets, folders, programs. Each
// place has a goroutine, a breaker and an age of its own, so that one that is dead or slow holds back no other. Of several changes a
// place gets the newest alone. Nothing here is on the way of a call. internal/app makes one Pusher, and tells it each change.
package push

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"wissel"
	"wissel/internal/statuspage"
)

// putter is a place.
type putter interface {
	// Put brings all files there, in their order. It may be cut off at any moment, by ctx too, and leaves each file whole.
	Put(ctx context.Context, files []statuspage.File) error
}

// Pusher brings the newest pages to every place. New makes one; Run runs it.
type Pusher struct {
	log     *slog.Logger
	make    func(Settings) putter
	changed chan struct{} // holds one when other places are wanted

	mu     sync.Mutex
	number uint64 // of the newest pages
	files  []statuspage.File
	want   []Settings
	places []*place // in the order of want
}

// place is one of them, with what its goroutine needs.
type place struct {
	Settings
	put  putter
	wake chan struct{} // holds one when there is something new
	stop context.CancelFunc
	done chan struct{} // closed when its goroutine has ended; nil: it has none

	way   Way // under the Pusher's lock, as the counts are
	puts  uint64
	fails uint64
}

// New makes a Pusher without places.
func New(log *slog.Logger) *Pusher {
	return &Pusher{log: log, make: makePutter, changed: make(chan struct{}, 1)}
}

// Set gives it other places. One that is as it was goes on, and keeps what is known of it.
func (p *Pusher) Set(want []Settings) {
	p.mu.Lock()
	p.want = slices.Clone(want[:min(len(want), MostPlaces)])
	p.mu.Unlock()
	poke(p.changed)
}

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Publish makes files the newest pages. differ is whether they say something else than those before: a place that does not get them is
// behind then. It does not block, and keeps the files, which must not be changed any more.
func (p *Pusher) Publish(files []statuspage.File, differ bool, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.number++
	p.files = files
	for _, one := range p.places {
		if differ {
			one.way = one.way.Changed(p.number, now)
		}
		poke(one.wake)
	}
}

// Again has every place tried at once, whatever its breaker says, and also where the newest pages are already.
func (p *Pusher) Again(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.number++
	for _, one := range p.places {
		one.way.Next = time.Time{}
		one.way = one.way.Changed(p.number, now)
		poke(one.wake)
	}
}

// Stand is how a place is, for people.
type Stand struct {
	Name, Kind, Where string
	Way               Way
	Puts, Fails       uint64 // since it was made
}

// Places gives how each is, in the order of the settings.
func (p *Pusher) Places() (all []Stand) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, one := range p.places {
		all = append(all, Stand{Name: one.Name, Kind: one.Kind(), Where: one.Where(), Way: one.way, Puts: one.puts, Fails: one.fails})
	}
	return all
}

// Alarms says for people which places are behind, by name: those that say for longer than a while what holds no more, and those
// to which nothing came for three times as long as pages are made anew.
func (p *Pusher) Alarms(every, while time.Duration, now time.Time) map[string]string {
	all := map[string]string{}
	for _, one := range p.Places() {
		w, why := one.Way, one.Way.Fault
		if why == "" {
			why = "it has not answered yet"
		}
		switch {
		case !w.Behind.IsZero() && now.Sub(w.Behind) >= while:
			all[one.Name] = fmt.Sprintf("the status page at %s says since %s what holds no more: %s; it is tried again by itself, `wissel statuspage push` does so now", one.Name, wissel.Clock(w.Behind), why)
		case w.Fails > 0 && now.Sub(w.Put) >= 3*every:
			all[one.Name] = fmt.Sprintf("nothing came to the status page at %s since %s, so that who reads it may think it is old: %s", one.Name, wissel.Clock(w.Put), why)
		}
	}
	return all
}

// Run serves until ctx ends, and returns after every goroutine of its places.
func (p *Pusher) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			p.mu.Lock()
			all := p.places
			p.mu.Unlock()
			for _, one := range all {
				one.end()
			}
			return nil
		case <-p.changed:
			p.replace(ctx)
		}
	}
}

// replace ends the places that are not wanted any more and begins those that are new.
func (p *Pusher) replace(ctx context.Context) {
	p.mu.Lock()
	old, next := p.places, make([]*place, 0, len(p.want))
	var begin []*place
	for _, s := range p.want {
		i := slices.IndexFunc(old, func(o *place) bool { return o.Name == s.Name && o.Mark == s.Mark })
		if i >= 0 {
			next = append(next, old[i])
			continue
		}
		one := &place{Settings: s, put: p.make(s), wake: make(chan struct{}, 1), done: make(chan struct{})}
		if p.number > 0 {
			one.way = one.way.Changed(p.number, time.Now())
		}
		next, begin = append(next, one), append(begin, one)
	}
	p.places = next
	p.mu.Unlock()
	for _, o := range old {
		if !slices.Contains(next, o) {
			o.end()
		}
	}
	for _, one := range begin {
		var run context.Context
		run, one.stop = context.WithCancel(ctx)
		go func() {
			defer close(one.done)
			p.serve(run, one)
		}()
	}
}

func makePutter(s Settings) putter {
	switch s.Kind() {
	case "s3":
		return newBucket(*s.S3)
	case "directory":
		return directory(s.Directory)
	}
	return command(s.Command)
}

// end ends its goroutine and waits for it.
func (one *place) end() {
	one.stop()
	<-one.done
}

// serve brings the newest pages to one place until ctx ends.
func (p *Pusher) serve(ctx context.Context, one *place) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		p.mu.Lock()
		at, due := one.way.When(p.number)
		number, files := p.number, p.files
		p.mu.Unlock()
		wait := time.Until(at)
		if due && wait <= 0 && len(files) > 0 {
			p.try(ctx, one, number, files)
			if ctx.Err() != nil {
				return
			}
			continue
		}
		var later <-chan time.Time
		if due && len(files) > 0 {
			timer.Reset(wait)
			later = timer.C
		}
		select {
		case <-ctx.Done():
			return
		case <-one.wake:
		case <-later:
		}
	}
}

// hang is how long, beyond what a try may take, is waited for a disk that does not answer.
const hang = 2 * time.Second

// try brings pages to one place, and notes what came of it. A disk that hangs cannot be called back: then nothing else is tried there
// until it answers, and a stop waits for it no longer than hang.
func (p *Pusher) try(ctx context.Context, one *place, number uint64, files []statuspage.File) {
	limited, cancel := context.WithTimeoutCause(ctx, one.Within, fmt.Errorf("it took more than %v", one.Within))
	defer cancel()
	came := make(chan error, 1)
	go func() { came <- one.put.Put(limited, files) }()
	select {
	case err := <-came:
		p.note(ctx, one, number, err)
		return
	case <-limited.Done():
	}
	late := time.NewTimer(hang)
	defer late.Stop()
	select {
	case err := <-came:
		p.note(ctx, one, number, err)
		return
	case <-late.C:
	}
	p.note(ctx, one, number, fmt.Errorf("it hangs: %w, and it cannot be broken off", context.Cause(limited)))
	select {
	case <-came:
	case <-ctx.Done():
	}
}

// note keeps what came of a try.
func (p *Pusher) note(ctx context.Context, one *place, number uint64, err error) {
	if err != nil && ctx.Err() != nil {
		return // it was broken off by our own stop
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if err == nil {
		if one.way.Fails > 0 {
			p.log.Info("the status page is taken again", "place", one.Name)
		}
		one.puts++
		one.way = one.way.Done(number, now)
		return
	}
	one.fails++
	one.way = one.way.Failed(err.Error(), rand.Float64(), now) //nolint:gosec // only so that places do not march in step
	if one.way.Fails == 1 || one.way.Fails == breaks {
		p.log.Warn("the status page could not be brought to a place, and is tried again", "place", one.Name, "kind", one.Kind(), "fails", one.way.Fails, "error", err)
	}
}
