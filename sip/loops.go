package sip

import (
	"sync"
	"time"

	"wissel"
)

// loops knows who is being hunted or bridged over a carrier trunk. One of them who comes in again on the same group was
// sent back to us by the public network (FAULTS A24).
type loops struct {
	mu        sync.Mutex
	out       map[loopKey]int
	attempts  map[wissel.GroupID]time.Time   // when a hidden caller was last sent out over a carrier, by group
	anonymous map[wissel.GroupID][]time.Time // when hidden callers came in since, within anonymousWindow
	told      map[wissel.TrunkID]time.Time   // when people were last told of a trunk
}

// loopKey is a caller on a group; the zero key is nobody.
type loopKey struct {
	group wissel.GroupID
	from  wissel.Number
}

// Hidden callers cannot be told apart: more than anonymousMost within anonymousWindow of an attempt of ours are a loop.
const (
	anonymousWindow = 2 * time.Second
	anonymousMost   = 3
)

func (l *loops) init() {
	l.out = map[loopKey]int{}
	l.attempts = map[wissel.GroupID]time.Time{}
	l.anonymous = map[wissel.GroupID][]time.Time{}
	l.told = map[wissel.TrunkID]time.Time{}
}

// toldWindow is how often people are told of one trunk: a loop is fast, and must not fill the log.
const toldWindow = 10 * time.Second

// tells reports whether people are to be told now that calls come back over a trunk.
func (l *loops) tells(t wissel.TrunkID, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if last, ok := l.told[t]; ok && now.Sub(last) < toldWindow {
		return false
	}
	l.told[t] = now
	return true
}

// enter notes that a call leaves over a carrier trunk; leave takes it back.
func (l *loops) enter(k loopKey, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if k.from == "" {
		if now.Sub(l.attempts[k.group]) > anonymousWindow {
			l.anonymous[k.group] = l.anonymous[k.group][:0]
		}
		l.attempts[k.group] = now
		return
	}
	l.out[k]++
}

func (l *loops) leave(k loopKey) {
	if k.from == "" {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.out[k]--; l.out[k] <= 0 {
		delete(l.out, k)
	}
}

// again reports whether a call that comes in is one of ours that came back.
func (l *loops) again(k loopKey, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if k.from != "" {
		return l.out[k] > 0
	}
	if last, ok := l.attempts[k.group]; !ok || now.Sub(last) > anonymousWindow {
		return false
	}
	recent := l.anonymous[k.group]
	for len(recent) > 0 && now.Sub(recent[0]) > anonymousWindow {
		recent = recent[1:]
	}
	recent = append(recent, now)
	l.anonymous[k.group] = recent
	return len(recent) > anonymousMost
}

// holds are addresses that asked with Retry-After to be left alone.
type holds struct {
	mu    sync.Mutex
	until map[wissel.Address]time.Time
}

// longestHold caps a Retry-After.
const longestHold = time.Minute

func (h *holds) set(a wissel.Address, d time.Duration, now time.Time) {
	if d <= 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.until == nil {
		h.until = map[wissel.Address]time.Time{}
	}
	h.until[a] = now.Add(min(d, longestHold))
}

// on reports whether a is to be left alone at now.
func (h *holds) on(a wissel.Address, now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	until, ok := h.until[a]
	if ok && !now.Before(until) {
		delete(h.until, a)
		return false
	}
	return ok
}

// names are the calls whose name a platform was told: one of them that comes in from a platform came back to us.
type names struct {
	mu sync.Mutex
	of map[wissel.CallID]struct{}
}

func (n *names) add(id wissel.CallID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.of == nil {
		n.of = map[wissel.CallID]struct{}{}
	}
	n.of[id] = struct{}{}
}

func (n *names) drop(id wissel.CallID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.of, id)
}

func (n *names) has(id wissel.CallID) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	_, ok := n.of[id]
	return ok
}
