package app

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"wissel"
	"wissel/internal/callbacks"
)

// resumed are the rows that a start learns of how callbacks are made.
type resumed interface {
	Attempts(ctx context.Context, callback string, since time.Time) ([]callbacks.Attempt, error)
	Releases(context.Context) ([]callbacks.Release, error)
	LogOns(context.Context) ([]callbacks.LogOn, error)
}

// learn reads who is logged on, what was let go or paused, and who was rung within a day. It comes before the book is known.
func (c *calling) learn(ctx context.Context, from resumed, now time.Time) ([]callbacks.Attempt, error) {
	releases, err := from.Releases(ctx)
	if err != nil {
		return nil, fmt.Errorf("read how callbacks are let go: %w", err)
	}
	ons, err := from.LogOns(ctx)
	if err != nil {
		return nil, fmt.Errorf("read who is logged on: %w", err)
	}
	made, err := from.Attempts(ctx, "", now.Add(-24*time.Hour))
	if err != nil {
		return nil, fmt.Errorf("read who was called back: %w", err)
	}
	all := c.settings()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range releases {
		c.release[r.Group] = r.Restored()
	}
	for _, l := range ons {
		c.staff.log(l, "")
	}
	for _, a := range made {
		if set, ok := all[a.Group]; ok {
			c.release[a.Group] = c.release[a.Group].Made(set, a.At, now)
		}
	}
	return made, nil
}

// rejoin puts into a book that was read what is known of attempts before: whose telephones rang, and that those in flight are over.
func rejoin(book *callbacks.Book, made []callbacks.Attempt, all map[wissel.GroupID]callbacks.Settings, now time.Time) []callbacks.Change {
	for _, a := range made {
		if a.Result.Rung {
			book.Rang(a.Callback, a.At)
		}
	}
	for _, one := range book.Open("") {
		if one.State.Flying() {
			book.Rang(one.ID, one.Since)
		}
	}
	return book.Recover(func(g wissel.GroupID) callbacks.Settings {
		if set, ok := all[g]; ok {
			return set
		}
		return callbacks.DefaultSettings() // of a group that there is no more
	}, now)
}

// sweep looks at all promises: near their end, past it, not to be rung.
func (c *calling) sweep(_ context.Context, now time.Time) {
	s := c.snapshot()
	all := c.settings()
	for _, g := range slices.Sorted(maps.Keys(all)) {
		set, p := all[g], c.p
		p.mu.Lock()
		if !p.learned {
			p.mu.Unlock()
			return
		}
		desk, ends := p.desk(g), map[time.Time]time.Time{}
		look := callbacks.Look{Lines: lines{s, c.objects}, Tell: c.canTell, Until: func(asked time.Time) time.Time {
			asked = asked.Truncate(time.Minute) // hours are slow to ask for, and nobody's promise is kept to the second
			end, known := ends[asked]
			if !known {
				end = set.Ends(desk, asked)
				ends[asked] = end
			}
			return end
		}}
		changes := p.book.Sweep(g, set, look, now)
		_, hand, ending := p.book.Waits(g, now)
		unhelped := p.book.Unhelped(g)
		recovered := p.recovered
		p.recovered = nil
		p.mu.Unlock()
		for _, ch := range slices.Concat(recovered, changes) {
			if ch.Settles {
				c.agent(&begun{callback: ch.Callback}, ch, now)
			}
			c.keep(ch)
		}
		c.tellLead(g, set, hand, ending)
		if len(unhelped) > 0 {
			c.alarms.hold(unhelpedAlarm(g), unhelpedWords(g, unhelped...))
		} else {
			c.alarms.clear(unhelpedAlarm(g))
		}
	}
}

// canTell reports whether one could be told by text that nobody called.
func (c *calling) canTell(one callbacks.Callback) bool {
	return c.tell != nil && one.Number != "" && !one.Hidden && c.texts(one)
}

// tellLead raises and takes back what the lead is told of a group's callbacks. Where wissel dials nobody all of them are for people, which is no
// news; that the time of one is nearly over is.
func (c *calling) tellLead(g wissel.GroupID, set callbacks.Settings, hand, ending int) {
	for key, one := range map[string]struct {
		n    int
		told bool
		text string
	}{
		"callbacks-near-" + string(g): {ending, true, fmt.Sprintf("%d callbacks of group %s are promised within two hours, or were, and are not made: `wissel callbacks show %s`", ending, g, g)},
		"callbacks-hand-" + string(g): {hand, set.Dials(), fmt.Sprintf("%d callbacks of group %s wait for somebody to see to them: `wissel callbacks list %s --state \"by hand\"`", hand, g, g)},
	} {
		if one.n > 0 && one.told {
			c.alarms.hold(key, one.text)
		} else {
			c.alarms.clear(key)
		}
	}
}

// openCalling joins the callers-back to the rest.
func (a *App) openCalling() {
	c := newCalling(a.promises, a.store, a.log)
	c.dialer = a.Dialer()
	c.settings = func() map[wissel.GroupID]callbacks.Settings { return a.settings.Load().file.Callbacks }
	a.promises.settings = c.settings
	c.snapshot, c.alarms = a.routing.Snapshot, &a.alarms
	c.calls = func(n wissel.Number) int {
		f, _ := a.callers.before(n, time.Now())
		return f.Calls
	}
	c.person = func(t wissel.TrunkID) bool { return a.settings.Load().file.Trunks[t].Person }
	c.tell, c.texts = a.tellUncalled, a.canText
	c.draining, c.ready, c.objects = a.draining.Load, a.keeper.Learned, a.keeper.Objects
	a.calling = c
}

// callbacksDue is how many callbacks of a group could be made now.
func (a *App) callbacksDue(g wissel.GroupID) int { return a.calling.Due(g) }
