package callbacks

import (
	"maps"
	"slices"
	"time"

	"wissel"
)

// Forget takes every callback of a number out of the book, those that are closed too, and says how many of them were owed. Nothing is to
// be kept of it: no mark is made.
func (b *Book) Forget(n wissel.Number, now time.Time) (owed int) {
	if n == "" {
		return 0
	}
	for _, g := range slices.Sorted(maps.Keys(b.open)) {
		for _, c := range slices.Clone(b.open[g]) {
			if c.Number != n {
				continue
			}
			if _, ok := b.Close(c.ID, Cancelled, "", "", now); ok {
				owed++
			}
		}
	}
	b.closed = slices.DeleteFunc(b.closed, func(c Callback) bool { return c.Number == n })
	delete(b.rung, n)
	return owed
}

// Expire drops the callbacks that were closed before a moment: their rows are gone too.
func (b *Book) Expire(before time.Time) {
	b.closed = slices.DeleteFunc(b.closed, func(c Callback) bool { return c.Since.Before(before) })
}
