package carriers

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"wissel"
)

// How often names are asked for again, how soon after a failure, how long one question may take, how many at one time.
const (
	againEvery  = 30 * time.Second
	againFailed = 5 * time.Second
	askTimeout  = 5 * time.Second
	askAtOnce   = 8
)

// maxPrevious bounds the addresses of earlier answers that a URI's trunk still believes as sources, newest first: a
// carrier moves between a few, a poisoned or spinning DNS would fill memory.
const maxPrevious = 64

// Directory knows what the URIs of all trunks stand for now. The last good answer to each is kept until there is another:
// a DNS that is down changes nothing (promise 4), and no call waits for it.
type Directory struct {
	resolver Resolver
	log      *slog.Logger
	publish  func(map[wissel.TrunkID]*wissel.Trunk)
	wake     chan struct{}
	answered func(wissel.Address) bool // see Believe; nil: DNS is believed

	turn sync.Mutex // held while publish runs, so that trunks are published in order; never taken under mu

	mu     sync.Mutex
	trunks map[wissel.TrunkID]Settings
	names  map[string]*name // by URI as written
}

// name is what one URI stands for.
type name struct {
	found    []Found
	doubted  []Found // the newest answer, while nothing of it has answered and found has
	previous []wissel.Address
	asked    time.Time
	good     time.Time // of the last good answer
	err      error     // of the last question; nil when it was good
	failing  time.Time // since when it is not
	literal  bool
}

// Unable says that a URI cannot be resolved now, or that its newest answer is doubted: for `wissel status`. It is no
// evidence about the trunk.
type Unable struct {
	Trunk wissel.TrunkID
	URI   string
	Err   error
	Since time.Time        // of the first question in a row that failed; zero: it was answered, and the answer is doubted
	Good  time.Time        // of the answer still in use; zero: there is none
	Use   []wissel.Address // that answer
}

// NewDirectory gives a Directory without trunks. publish is called with all trunks after each change of their addresses or
// settings, one call at a time; the map and the trunks are never changed afterwards.
func NewDirectory(r Resolver, log *slog.Logger, publish func(map[wissel.TrunkID]*wissel.Trunk)) *Directory {
	return &Directory{
		resolver: r, log: log, publish: publish, wake: make(chan struct{}, 1),
		trunks: map[wissel.TrunkID]Settings{}, names: map[string]*name{},
	}
}

// Set puts trunks in place of those there were, and publishes them before it returns: literal addresses at once, names with
// what was learnt of them before. Names never asked for are asked for by Run, or by Refresh.
func (d *Directory) Set(trunks map[wissel.TrunkID]Settings) { d.Replace(trunks, d.publish) }

// Replace is Set for who puts more than the trunks in force: these trunks are published through publish this once, and no
// other ones are published meanwhile, so that plans and the trunks they name change as one.
func (d *Directory) Replace(trunks map[wissel.TrunkID]Settings, publish func(map[wissel.TrunkID]*wissel.Trunk)) {
	d.turn.Lock()
	d.put(trunks)
	publish(d.Trunks())
	d.turn.Unlock()
	select {
	case d.wake <- struct{}{}:
	default: // Run is to wake already
	}
}

// put takes trunks in, with what is known of their names.
func (d *Directory) put(trunks map[wissel.TrunkID]Settings) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.trunks = maps.Clone(trunks)
	names := map[string]*name{}
	for _, s := range trunks {
		for _, uri := range s.To {
			switch old := d.names[uri]; {
			case old != nil:
				names[uri] = old
			case names[uri] == nil:
				names[uri] = newName(uri)
			}
		}
	}
	d.names = names
}

func newName(uri string) *name {
	t, err := parseURI(uri)
	if err != nil || !t.ip.IsValid() {
		return &name{err: err}
	}
	return &name{literal: true, found: []Found{t.found(t.ip, t.port, t.plain())}}
}

// Run keeps the addresses fresh until ctx ends.
func (d *Directory) Run(ctx context.Context) error {
	for {
		d.Refresh(ctx)
		if d.settle() {
			d.tell()
		}
		timer := time.NewTimer(d.pause())
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-d.wake:
			timer.Stop()
		case <-timer.C:
		}
	}
}

// Refresh asks for every name that is due, and returns when all have been answered or ctx has ended. app calls it once
// before the listeners open, so that the first call finds addresses.
func (d *Directory) Refresh(ctx context.Context) {
	due := d.due(time.Now())
	var changed bool
	var mu sync.Mutex
	var g errgroup.Group
	g.SetLimit(askAtOnce)
	for _, uri := range due {
		g.Go(func() error {
			ask, cancel := context.WithTimeout(ctx, askTimeout)
			defer cancel()
			found, err := Resolve(ask, d.resolver, uri)
			if ctx.Err() != nil {
				return nil // we are stopping: not an answer
			}
			if d.learn(uri, found, err) {
				mu.Lock()
				changed = true
				mu.Unlock()
			}
			return nil
		})
	}
	_ = g.Wait() // no question returns an error: learn keeps it
	if changed {
		d.tell()
	}
}

// due lists the names to ask for now, in a steady order.
func (d *Directory) due(now time.Time) (uris []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for uri, n := range d.names {
		if !n.literal && !now.Before(n.next()) {
			uris = append(uris, uri)
		}
	}
	slices.Sort(uris)
	return uris
}

// pause is the time until the next name is due.
func (d *Directory) pause() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	now, wait := time.Now(), againEvery
	for _, n := range d.names {
		if !n.literal {
			wait = min(wait, n.next().Sub(now))
		}
		if n.doubted != nil {
			wait = min(wait, lookAgain)
		}
	}
	return max(wait, 10*time.Millisecond)
}

func (n *name) next() time.Time {
	switch {
	case n.asked.IsZero():
		return time.Time{}
	case n.err != nil:
		return n.asked.Add(againFailed)
	}
	return n.asked.Add(againEvery)
}

// learn takes an answer in and reports whether the addresses have changed. The same addresses in another order are no
// change: DNS shuffles them on every question, and calls keep the order they have.
func (d *Directory) learn(uri string, found []Found, err error) (changed bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	old := d.names[uri]
	if old == nil {
		return false // removed from the settings while we asked
	}
	n := *old
	n.asked = time.Now()
	if err != nil {
		if n.err == nil {
			n.failing = n.asked
			d.log.Warn("cannot resolve a trunk's name; the last good answer stays", "uri", uri, "addresses", len(n.found), "err", err)
		}
		n.err = err
		d.names[uri] = &n
		return false
	}
	n.err, n.failing = nil, time.Time{}
	if changed = d.take(uri, &n, found); n.doubted == nil {
		n.good = n.asked
	}
	d.names[uri] = &n
	return changed
}

func sameSet(a, b []Found) bool {
	if len(a) != len(b) {
		return false
	}
	for _, f := range a {
		if !slices.Contains(b, f) {
			return false
		}
	}
	return true
}

// remember puts the addresses that went in front of those that went before, without what is in use again.
func remember(previous []wissel.Address, old, now []Found) []wissel.Address {
	var out []wissel.Address
	add := func(a wissel.Address) {
		used := slices.ContainsFunc(now, func(f Found) bool { return f.Address == a })
		if !used && !slices.Contains(out, a) && len(out) < maxPrevious {
			out = append(out, a)
		}
	}
	for _, f := range old {
		add(f.Address)
	}
	for _, a := range previous {
		add(a)
	}
	return out
}

// tell publishes the trunks as they are now.
func (d *Directory) tell() {
	d.turn.Lock()
	defer d.turn.Unlock()
	d.publish(d.Trunks())
}

// Trunks builds all trunks from the settings and the addresses known now.
func (d *Directory) Trunks() map[wissel.TrunkID]*wissel.Trunk {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make(map[wissel.TrunkID]*wissel.Trunk, len(d.trunks))
	for id, s := range d.trunks {
		var found []Found
		var previous []wissel.Address
		for _, uri := range s.To {
			n := d.names[uri]
			found = append(append(found, n.found...), n.doubted...)
			previous = append(previous, n.previous...)
		}
		out[id] = s.Trunk(id, unique(found), previous)
	}
	return out
}

// Unable lists what cannot be resolved now or is doubted, by trunk.
func (d *Directory) Unable() (out []Unable) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(d.trunks)) {
		for _, uri := range d.trunks[id].To {
			if n := d.names[uri]; n.err != nil {
				out = append(out, Unable{id, uri, n.err, n.failing, n.good, addressesOf(n.found)})
			} else if n.doubted != nil {
				out = append(out, Unable{id, uri, n.doubt(uri), time.Time{}, n.good, addressesOf(n.found)})
			}
		}
	}
	return out
}

func addressesOf(found []Found) (all []wissel.Address) {
	for _, f := range found {
		all = append(all, f.Address)
	}
	return all
}

// String is the alarm: which trunk, since when, what stays in use, what to do.
func (u Unable) String() string {
	var use []string
	for _, a := range u.Use {
		use = append(use, a.String())
	}
	switch in := strings.Join(use, ", "); {
	case u.Since.IsZero():
		return fmt.Sprintf("trunk %s: %v; the answer of %s stays in use (%s). If the peer has moved, ask it why it does not answer there; if not, look who changed DNS",
			u.Trunk, u.Err, u.Good.Format(time.DateTime), in)
	case u.Good.IsZero():
		return fmt.Sprintf("trunk %s: DNS fails since %s: %v; it has no address yet, so no call goes there. Repair DNS, or write an IP address into trunks.%s.to",
			u.Trunk, u.Since.Format(time.TimeOnly), u.Err, u.Trunk)
	default:
		return fmt.Sprintf("trunk %s: DNS fails since %s: %v; the answer of %s stays in use (%s), and no call waits. Repair DNS before the peer moves",
			u.Trunk, u.Since.Format(time.TimeOnly), u.Err, u.Good.Format(time.DateTime), in)
	}
}
