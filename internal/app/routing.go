package app

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"wissel"
)

// routing keeps the one Snapshot that calls are routed by. Calls read it without a lock; those who change it (a reload,
// DNS, health, an operator) come one at a time, each starting from what the one before made.
type routing struct {
	now atomic.Pointer[wissel.Snapshot]
	mu  sync.Mutex
}

// newRouting starts empty: no number is known yet.
func newRouting(node string) *routing {
	r := &routing{}
	r.now.Store(&wissel.Snapshot{Node: node})
	return r
}

// Snapshot is the routing in force; never nil, never changed.
func (r *routing) Snapshot() *wissel.Snapshot { return r.now.Load() }

// update puts f's result in force. f gets a copy that it may change field by field, never inside a map.
func (r *routing) update(f func(s *wissel.Snapshot)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	next := *r.now.Load()
	f(&next)
	r.now.Store(&next)
}

// setHealth is what health.Board publishes to: the verdicts, and why all that fails is taken for our own fault.
func (r *routing) setHealth(h map[wissel.Address]wissel.Verdict, ours string) {
	r.update(func(s *wissel.Snapshot) { s.Health, s.Ours = h, ours })
}

// answered reports whether anything was ever answered at an address: OPTIONS, or a call.
func (r *routing) answered(a wissel.Address) bool {
	v := r.Snapshot().Health[a]
	return v.Answered || !v.Proven.IsZero()
}

// setTrunks is what carriers.Directory publishes to.
func (r *routing) setTrunks(t map[wissel.TrunkID]*wissel.Trunk) {
	r.update(func(s *wissel.Snapshot) { s.Trunks = t })
}

// setSettings puts the routing of settings (configs.File.Snapshot) in force, all in one step: no call sees a plan that names a
// trunk which is not there. What was learnt and done is kept; pins, overrides and choices of plans that the settings no longer have
// are dropped, and it says which.
func (r *routing) setSettings(set *wissel.Snapshot) (dropped []string) {
	groups := set.Groups
	r.update(func(s *wissel.Snapshot) {
		s.Version, s.Country, s.Shared, s.Lines, s.Groups, s.Trunks = set.Version, set.Country, set.Shared, set.Lines, groups, set.Trunks
		s.Pins, s.Active, s.Overrides = maps.Clone(s.Pins), maps.Clone(s.Active), maps.Clone(s.Overrides)
		for id := range s.Overrides {
			if groups[id] == nil {
				delete(s.Overrides, id)
				dropped = append(dropped, fmt.Sprintf("the override of the hours of group %s is gone: the settings no longer have the group", id))
			}
		}
		for id, p := range s.Pins {
			if groups[id] == nil || !s.Has(groups[id], p.Target) {
				delete(s.Pins, id)
				dropped = append(dropped, fmt.Sprintf("the pin of group %s to %s is gone: the settings no longer have them", id, p.Target))
			}
		}
		for id, c := range s.Active {
			if groups[id] == nil || groups[id].Plans[c.Plan].ID == "" {
				delete(s.Active, id)
				dropped = append(dropped, fmt.Sprintf("plan %q of group %s is no longer in the settings: their own plan holds", c.Plan, id))
			}
		}
	})
	slices.Sort(dropped)
	return dropped
}

// outrank lets the next change have a higher generation than any that may be on a disk that cannot be read: one a
// millisecond since 1970 is more than people make.
func (r *routing) outrank(now time.Time) {
	r.update(func(s *wissel.Snapshot) { s.Generation = max(s.Generation, uint64(now.UnixMilli())) })
}

// change applies an operator's change. make is given the snapshot that the change will be applied to, under the lock.
func (r *routing) change(make func(s *wissel.Snapshot) (wissel.Change, error)) (c wissel.Change, before, after *wissel.Snapshot, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	before = r.now.Load()
	if c, err = make(before); err != nil {
		return c, before, before, err
	}
	if after, err = before.Apply(c); err != nil {
		return c, before, before, err
	}
	r.now.Store(after)
	return c, before, after, nil
}

// restore applies the changes kept in the store, in their order. One that the settings no longer allow is told and left
// out; its generation counts all the same, so that no later change can be taken for an older one.
func (r *routing) restore(changes []wissel.Change, log *slog.Logger) {
	for _, c := range changes {
		_, _, _, err := r.change(func(*wissel.Snapshot) (wissel.Change, error) { return c, nil })
		switch {
		case errors.Is(err, wissel.ErrStale):
			log.Debug("a change that a newer one has overtaken", "change", c.ID)
		case err != nil:
			log.Warn("a switch of before cannot be put in force again", "change", c.ID, "group", c.Group, "error", err)
			r.update(func(s *wissel.Snapshot) { s.Generation = max(s.Generation, c.Generation) })
		}
	}
}
