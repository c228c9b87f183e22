package app

import (
	"context"
	"fmt"
	"sync"
	"time"

	"wissel"
	"wissel/internal/callbacks"
)

// marked are the rows of callbacks that end, or are owed again (package store/sqlite).
type marked interface {
	Mark(ctx context.Context, m callbacks.Mark) error
	Progress(ctx context.Context, p callbacks.Saved) error
	Settled(callback string)
}

// texted is what texts that come in may do about callbacks.
type texted struct {
	p        *promises
	store    marked
	settings func() map[wissel.GroupID]callbacks.Settings
	objects  func(wissel.Number) bool
	stop     func(callback string) // ends an attempt that is under way

	mu   sync.Mutex
	owed map[wissel.Number][]callbacks.Mark // taken back in memory, and not on disk yet
}

// hisOwn is who takes a callback back by a text.
const hisOwn = "the caller"

// Person gives the open callback of a number in a group, and the language in which he asked.
func (t *texted) Person(g wissel.GroupID, n wissel.Number) (id, language string, owed bool) {
	t.p.mu.Lock()
	defer t.p.mu.Unlock()
	c, owed := t.p.book.Person(g, n)
	return c.ID, c.Language, owed
}

// May reports whether a number may be promised a callback of a group now.
func (t *texted) May(g wissel.GroupID, n wissel.Number) bool {
	set, ok := t.settings()[g]
	if !ok {
		set = callbacks.DefaultSettings()
	}
	if set.Refuse(n, lines{t.p.snapshot(), t.objects}) != "" {
		return false
	}
	t.p.mu.Lock()
	defer t.p.mu.Unlock()
	return t.p.learned && t.p.book.Fits(g, set, t.p.desk(g), time.Now())
}

// TakeBack takes a person's callbacks of some groups back. With an error they are off the list, and it is to be called again.
func (t *texted) TakeBack(ctx context.Context, groups []wissel.GroupID, n wissel.Number, why string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, g := range groups {
		t.p.mu.Lock()
		c, owed := t.p.book.Person(g, n)
		var m callbacks.Mark
		if owed {
			m, owed = t.p.book.Close(c.ID, callbacks.Cancelled, hisOwn, why, time.Now())
			delete(t.p.paces, g)
		}
		t.p.mu.Unlock()
		if !owed {
			continue
		}
		if c.State.Flying() && c.State != callbacks.InTalk { // who talks goes on talking
			t.stop(c.ID)
		}
		t.owed[n] = append(t.owed[n], m)
	}
	for len(t.owed[n]) > 0 {
		m := t.owed[n][0]
		if err := t.store.Mark(ctx, m); err != nil {
			return fmt.Errorf("keep that a callback was taken back: %w", err)
		}
		t.store.Settled(m.Callback)
		t.owed[n] = t.owed[n][1:]
	}
	delete(t.owed, n)
	return nil
}

// OweAgain owes a callback that was closed once more, before all others; false: it is not known any more, or is owed already.
func (t *texted) OweAgain(ctx context.Context, id, why string) (bool, error) {
	t.p.mu.Lock()
	m, saved, ok := t.p.book.Reopen(id, hisOwn, why, time.Now())
	t.p.mu.Unlock()
	if !ok {
		return false, nil
	}
	if err := t.store.Progress(ctx, saved); err != nil { // before the mark: who is owed again by it goes before all others
		return false, fmt.Errorf("keep how far a callback is: %w", err)
	}
	if err := t.store.Mark(ctx, m); err != nil {
		return false, fmt.Errorf("keep that a callback is owed again: %w", err)
	}
	return true, nil
}
