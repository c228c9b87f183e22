package app

import (
	"context"
	"time"

	"wissel"
	"wissel/internal/callbacks"
	"wissel/internal/number"
	"wissel/internal/store/sqlite"
)

// takeLast takes the next of a group who is only rung to be told that nobody could call him in time, if one may be rung now. No agent has
// a part in it: that the desk is closed, or its platform down, holds none up.
func (c *calling) takeLast(ctx context.Context, g wissel.GroupID, set callbacks.Settings, now time.Time) (b *begun, again time.Time, ok bool) {
	p := c.p
	p.mu.Lock()
	defer p.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !p.learned || c.dialer == nil || c.draining():
		return b, again, false
	case now.Before(c.broken):
		return b, c.broken, false
	}
	one, found, later := p.book.NextLast(g, set, callbacks.View{Lines: lines{c.snapshot(), c.objects}, Zones: number.Zones}, now)
	if !found {
		return b, later, false
	}
	if room, again := c.release[g].RoomForLast(set, p.book.Ringing(g), now); !room {
		return b, again, false
	}
	b = &begun{callback: one, last: true, at: now}
	if b.saved, ok = p.book.Begin(one.ID, sqlite.NewID(), "", set, now); !ok {
		return b, again, false
	}
	c.release[g] = c.release[g].LastGoes(set, now)
	b.work, b.cancel = context.WithCancel(ctx)
	c.cancels[one.ID] = b.cancel
	return b, again, true
}
