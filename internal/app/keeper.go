package app

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"wissel"
	"wissel/internal/privacy"
	"wissel/internal/web"
)

const (
	keepEvery   = time.Hour        // between two runs that delete what is over
	keepSoon    = time.Minute      // the first comes so long after the start
	keepWithin  = 20 * time.Minute // a run that takes longer goes on with the next
	voicesAMove = 100              // sounds that are removed before it is looked again
	emptyTries  = 20               // to empty the database's log, 100 ms apart: readers may hold it
)

// keeper sees to it that what is kept of people goes when its time is over, and knows who is never to be rung or sent a text.
type keeper struct {
	mu      sync.Mutex
	key     privacy.Key // nil: not read yet, or none was made
	objects map[string]privacy.Objection
	known   chan struct{}           // closed once the objections of before the start are
	deleted map[privacy.Kind]uint64 // since the start
	last    map[privacy.Kind]int
	ran     time.Time
	took    time.Duration
	fault   string
	emptied bool
}

func newKeeper() *keeper {
	return &keeper{objects: map[string]privacy.Objection{}, known: make(chan struct{}), deleted: map[privacy.Kind]uint64{}, last: map[privacy.Kind]int{}}
}

// Objects reports whether a number is never to be rung or sent a text by us: somebody with the privacy role entered that, and it outlasts
// whatever the person asked for before or after. Until the list has been read (Learned) nobody objects.
func (k *keeper) Objects(n wissel.Number) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.objects) == 0 || n == "" {
		return false
	}
	_, objects := k.objects[k.key.Mark(n)]
	return objects
}

// Learned reports whether the objections of before the start are known: who rings or sends by himself waits for that.
func (k *keeper) Learned() bool {
	select {
	case <-k.known:
		return true
	default:
		return false
	}
}

func (k *keeper) keyNow() privacy.Key {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.key
}

// learnObjections reads the list. It is called before anybody is served, and again until it has gone well.
func (a *App) learnObjections(ctx context.Context) error {
	all, err := a.store.Objections(ctx)
	if err != nil {
		return err
	}
	key, err := a.store.MarkKeyThere(ctx)
	if err != nil {
		return err
	}
	k := a.keeper
	k.mu.Lock()
	defer k.mu.Unlock()
	if key != nil {
		k.key = key
	}
	for _, o := range all {
		k.objects[o.Mark] = o
	}
	if !k.Learned() { // under mu, so that it is closed once
		close(k.known)
	}
	return nil
}

// markKey gives the key of marks, and makes it when there is none.
func (a *App) markKey(ctx context.Context) (privacy.Key, error) {
	if key := a.keeper.keyNow(); key != nil {
		return key, nil
	}
	key, err := a.store.MarkKey(ctx)
	if err != nil {
		return nil, err
	}
	a.keeper.mu.Lock()
	defer a.keeper.mu.Unlock()
	a.keeper.key = key
	return key, nil
}

// runKeeper learns who objects, and deletes what is over each hour, until ctx ends.
func (a *App) runKeeper(ctx context.Context) {
	for !a.keeper.Learned() {
		if err := a.learnObjections(ctx); err == nil {
			break
		} else if ctx.Err() == nil {
			a.log.Warn("who objects to calls and texts is not known yet", "error", err)
		}
		select {
		case <-time.After(learnAgain):
		case <-ctx.Done():
			return
		}
	}
	next := time.NewTimer(keepSoon)
	defer next.Stop()
	for {
		select {
		case <-next.C:
		case <-ctx.Done():
			return
		}
		a.keepOnly(ctx, a.settings.Load().file.Privacy.Settings, time.Now())
		next.Reset(keepEvery)
	}
}

// keepOnly deletes what is over at now by the settings, in steps, and tells how many rows of each kind went.
func (a *App) keepOnly(ctx context.Context, set privacy.Settings, now time.Time) {
	const alarm = "privacy"
	began := time.Now()
	limited, cancel := context.WithTimeout(ctx, keepWithin)
	defer cancel()
	voices, err := a.dropVoices(limited, set.Cut(privacy.Voices, now))
	done := map[privacy.Kind]int{}
	if err == nil {
		done, err = a.store.Overdue(limited, set, now)
	}
	done[privacy.Voices] = voices
	a.promises.expire(set.Cut(privacy.Callbacks, now))
	a.crisis.fade(limited, now)
	sum := 0
	for _, n := range done {
		sum += n
	}
	emptied := true
	if sum > 0 {
		emptied = a.emptyLog(limited)
	}
	k := a.keeper
	k.mu.Lock()
	for kind, n := range done {
		k.deleted[kind] += uint64(n)
	}
	k.last, k.ran, k.took, k.emptied, k.fault = done, time.Now(), time.Since(began), emptied, ""
	if err != nil {
		k.fault = err.Error()
	}
	k.mu.Unlock()
	if sum > 0 {
		args := []any{"took", time.Since(began)}
		for _, kind := range slices.Sorted(maps.Keys(done)) {
			if done[kind] > 0 {
				args = append(args, string(kind), done[kind])
			}
		}
		a.log.Info("what was kept long enough was deleted", args...)
	}
	switch {
	case err == nil:
		a.alarms.clear(alarm)
	case ctx.Err() == nil:
		a.log.Error("what was kept long enough could not be deleted", "error", err)
		a.alarms.hold(alarm, "what was kept of people for long enough could not be deleted ("+err.Error()+"): see `wissel privacy status`; it is tried again each hour")
	}
}

// dropVoices removes the sounds whose callbacks were closed before cut, and says how many.
func (a *App) dropVoices(ctx context.Context, cut time.Time) (n int, err error) {
	for {
		due, err := a.store.OverdueVoices(ctx, cut, voicesAMove)
		if err != nil || len(due) == 0 {
			return n, err
		}
		for _, w := range due {
			if err := a.dropVoice(ctx, w); err != nil {
				return n, fmt.Errorf("remove the recording of wish %s: %w", w.ID, err)
			}
			n++
		}
	}
}

// dropVoice removes a sound, and notes that it is gone.
func (a *App) dropVoice(ctx context.Context, w wissel.Wish) error {
	gone := make(chan error, 1)
	a.voices.erase(filepath.Base(w.Recording), func(err error) { gone <- err })
	select {
	case err := <-gone:
		if err != nil {
			return err
		}
	case <-ctx.Done():
		return ctx.Err()
	}
	return a.store.Removed(ctx, w.ID, time.Now())
}

// emptyLog empties the database's log, and reports whether that was possible: what was deleted is in no file then.
func (a *App) emptyLog(ctx context.Context) bool {
	for range emptyTries {
		emptied, err := a.store.Shrink(ctx)
		if err != nil {
			a.log.Warn("the database's log could not be emptied", "error", err)
			return false
		}
		if emptied {
			return true
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return false
		}
	}
	return false
}

// expire drops what is known of callbacks that were closed before a moment.
func (p *promises) expire(before time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.book.Expire(before)
}

// forget drops all that is known of a number's callbacks, and says how many were owed.
func (p *promises) forget(n wissel.Number) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pending = slices.DeleteFunc(p.pending, func(w wissel.Wish) bool { return w.Number == n })
	clear(p.paces)
	return p.book.Forget(n, time.Now())
}

// forget drops what is known of a number's calls, but for those that go on.
func (c *callers) forget(n wissel.Number) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if k := c.known[n]; k != nil && k.here == 0 {
		delete(c.known, n)
	} else if k != nil {
		c.known[n] = &caller{here: k.here}
	}
}

// fade takes numbers out of the wrong tries of which nothing counts any more.
func (d *crisisDesk) fade(ctx context.Context, now time.Time) {
	if err := d.change(ctx, func() bool { return d.door.Fade(now) }); err != nil && ctx.Err() == nil {
		d.log.Warn("numbers of old wrong tries are not off the disk yet", "error", err)
	}
}

// forget takes a number out of the wrong tries. The error says that it may be on disk yet.
func (d *crisisDesk) forget(ctx context.Context, n wissel.Number) error {
	return d.change(ctx, func() bool { return d.door.Forget(n) })
}

// change keeps the door when f changed it.
func (d *crisisDesk) change(ctx context.Context, f func() bool) error {
	if err := d.recall(ctx); err != nil {
		return err
	}
	d.mu.Lock()
	changed := f()
	save := d.saving(time.Now())
	d.mu.Unlock()
	if !changed {
		return nil
	}
	return save(ctx)
}

// PrivacyStatus says how long things are kept, and how the deleting goes.
func (a *App) PrivacyStatus(context.Context) (web.PrivacyStatus, error) {
	file, k := a.settings.Load().file, a.keeper
	k.mu.Lock()
	defer k.mu.Unlock()
	s := web.PrivacyStatus{Ran: k.ran, TookMS: k.took.Milliseconds(), Fault: k.fault, Emptied: k.emptied, Objections: len(k.objects), Keys: []string{}}
	if !k.ran.IsZero() {
		s.Next = k.ran.Add(keepEvery)
	} else {
		s.Next = a.began.Add(keepSoon)
	}
	for _, one := range privacy.All {
		s.Kinds = append(s.Kinds, web.KeptKind{Kind: one.Kind, Keep: privacy.Days(file.Privacy.Keep[one.Kind]), Deleted: k.deleted[one.Kind], Last: k.last[one.Kind]})
	}
	for _, key := range file.Privacy.Voice {
		s.Keys = append(s.Keys, key.ID())
	}
	if w := file.Unsealed(); w != "" {
		s.Notes = append(s.Notes, w)
	}
	if !k.Learned() {
		s.Notes = append(s.Notes, "who objects to calls and texts has not been read yet")
	}
	return s, a.beside(&s.Notes)
}

// beside notes the damaged databases that lie beside the store: what is in them is out of reach.
func (a *App) beside(notes *[]string) error {
	damaged, err := a.store.Damaged()
	if err == nil && damaged {
		*notes = append(*notes, "a damaged database lies beside the store ("+strings.TrimSuffix(a.options.StoreDir, "/")+"/*.corrupt-*): what it holds of people is neither shown nor deleted; remove it once it is of no more use")
	}
	return err
}
