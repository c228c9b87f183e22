package app

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"wissel/internal/crisis"
)

// give makes a printed list for a person. It counts only once it is on disk.
func (d *crisisDesk) give(ctx context.Context, name, by string, n int) (codes []string, void int, err error) {
	if err := d.recall(ctx); err != nil {
		return nil, 0, fmt.Errorf("what was kept of the crisis line cannot be read: %w", err)
	}
	now := time.Now()
	list, codes, err := crisis.NewList(n, by, now, rand.Reader)
	if err != nil {
		return nil, 0, err
	}
	d.mu.Lock()
	for _, p := range d.door.People(now) {
		if p.Name == name {
			void = p.Codes
		}
	}
	before, had := d.door.Lists[name]
	if err = d.door.Give(name, list); err != nil {
		d.mu.Unlock()
		return nil, 0, err
	}
	save := d.saving(now)
	d.mu.Unlock()
	keep, cancel := keeping(ctx)
	defer cancel()
	if err := save(keep); err != nil {
		d.takeBack(ctx, name, before, had)
		return nil, 0, fmt.Errorf("the list could not be kept, so none was made: %w", err)
	}
	return codes, void, nil
}

// takeBack puts the list of before in force again. The row with the new one may be on its way to disk for when that is well, so
// one with a later generation goes after it: else what people hold would be void after a restart.
func (d *crisisDesk) takeBack(ctx context.Context, name string, before crisis.List, had bool) {
	d.mu.Lock()
	if delete(d.door.Lists, name); had {
		d.door.Lists[name] = before
	}
	save := d.saving(time.Now())
	d.mu.Unlock()
	d.app.eventually(ctx, save)
}
