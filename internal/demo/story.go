package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"wissel"
	"wissel/sip/sim"
)

// act is one part of the story: what it does, and when it is over. play returns what was found, with figures.
type act struct {
	title, tells string
	play         func(ctx context.Context, d *Demo) (finding string, err error)
}

// patient bounds each wait of the story; on a machine that is not overloaded each takes a tenth of it.
const patient = 30 * time.Second

var story = []act{
	{
		"calls flow",
		"Callers ring the support number over their carrier; wissel hands each to the contact platform. They hear its tone.",
		flows,
	},
	{
		"the platform goes silent",
		"It drops everything and answers nothing, as a host whose power is gone. Watch the next caller: SIP alone would let him wait 32 s.",
		silence,
	},
	{
		"callers go to the backup",
		"Wissel now knows. New callers no longer wait for the platform at all; they hear the backup's tone at once.",
		backup,
	},
	{
		"the backup's port closes",
		"Nobody is left to take a call. The closed port says so by ICMP, and the same caller goes on to the recorded outage IVR.",
		closing,
	},
	{
		"callers press keys",
		"They hear what is being done, and ask for a text or to be called back. Each confirmation is spoken only after the wish is on disk.",
		wishes,
	},
	{
		"the platform returns",
		"It answers again, but nobody is sent there on one answer alone: it must answer for a while, then take one call well.",
		returns,
	},
	{
		"calls go back",
		"Callers hear the platform's tone again, and the backup's port is open too.",
		back,
	},
}

// tell plays every act.
func (d *Demo) tell(ctx context.Context) error {
	for i, a := range story {
		began := time.Now()
		d.update(func() { d.act = i })
		finding, err := a.play(ctx, d)
		if err != nil {
			return fmt.Errorf("%s: %w", a.title, err)
		}
		d.update(func() { d.acts[i].Finding, d.acts[i].Done = finding, 1 })
		if err := wait(ctx, max(0, d.o.Reading-time.Since(began))); err != nil {
			return err
		}
	}
	d.update(func() { d.act = len(story) })
	return nil
}

// count gives how many callers who began after since are at a place, and notes the act's progress towards want.
func (d *Demo) reached(since time.Time, at Place, want int, more ...func(*caller) bool) func() bool {
	return func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		n := 0
		for _, c := range d.callers {
			if c.placed.After(since) && c.place == at && !slices.ContainsFunc(more, func(is func(*caller) bool) bool { return !is(c) }) {
				n++
			}
		}
		if d.act < len(d.acts) {
			d.acts[d.act].Done = max(d.acts[d.act].Done, min(1, float64(n)/float64(want)))
		}
		return n >= want
	}
}

// calm stops new calls, and waits until every caller has heard something or has gone: what happens next to the parties
// then happens between calls, and not to one that is half set up.
func (d *Demo) calm(ctx context.Context) error {
	d.gate(false)
	return d.until(ctx, "every caller had heard somebody", patient, func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		for _, c := range d.callers {
			if !c.over && c.place == Nobody {
				return false
			}
		}
		return true
	})
}

// firstAfter is the first caller after a moment who is somewhere.
func (d *Demo) firstAfter(since time.Time, at Place) (c caller) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.callers {
		if c.placed.After(since) && c.place == at {
			return *c
		}
	}
	return caller{}
}

func flows(ctx context.Context, d *Demo) (string, error) {
	for _, trunk := range []wissel.TrunkID{platformTrunk, backupTrunk} {
		if err := d.until(ctx, string(trunk)+" is up", patient, d.is(trunk, wissel.Up)); err != nil {
			return "", err
		}
	}
	began := time.Now()
	d.gate(true)
	if err := d.until(ctx, "five callers hear the platform", patient, d.reached(began, Platform, 5)); err != nil {
		return "", err
	}
	return "a call is set up in " + millis(d.median(began, Platform)) + " (median)", nil
}

func silence(ctx context.Context, d *Demo) (string, error) {
	began, err := d.Mute(ctx, true)
	if err != nil {
		return "", err
	}
	if err := d.until(ctx, "a caller hears the backup", patient, d.reached(began, Backup, 1)); err != nil {
		return "", err
	}
	if err := d.until(ctx, "the platform is down", patient, d.is(platformTrunk, wissel.Down)); err != nil {
		return "", err
	}
	first := d.firstAfter(began, Backup)
	_, since := d.health(platformTrunk)
	return fmt.Sprintf("the next caller was on the backup after %s; the platform was known to be down after %s",
		millis(first.rec.Setup()), millis(since.Sub(first.placed))), nil
}

func backup(ctx context.Context, d *Demo) (string, error) {
	began := time.Now()
	if err := d.until(ctx, "four more callers hear the backup", patient, d.reached(began, Backup, 4)); err != nil {
		return "", err
	}
	return "a call is set up in " + millis(d.median(began, Backup)) + " (median)", nil
}

func closing(ctx context.Context, d *Demo) (string, error) {
	began, err := d.Close(ctx, true)
	if err != nil {
		return "", err
	}
	d.update(func() { d.wishes = []wissel.WishKind{wissel.WishText, wissel.WishCallback, wissel.WishText} })
	if err := d.until(ctx, "a caller hears the outage message", patient, d.reached(began, IVR, 1)); err != nil {
		return "", err
	}
	first := d.firstAfter(began, IVR)
	return fmt.Sprintf("the next caller was in the outage IVR after %s", millis(first.rec.Setup())), nil
}

func wishes(ctx context.Context, d *Demo) (string, error) {
	confirmed := func(c *caller) bool { return c.confirmed != "" }
	if err := d.until(ctx, "three callers hear their wish confirmed", patient, d.reached(time.Time{}, IVR, 3, confirmed)); err != nil {
		return "", err
	}
	sum := d.sum()
	return fmt.Sprintf("%d wishes confirmed to callers, and on disk", sum.Wishes), nil
}

func returns(ctx context.Context, d *Demo) (string, error) {
	began, err := d.Mute(ctx, false)
	if err != nil {
		return "", err
	}
	if err := d.until(ctx, "a caller hears the platform again", patient, d.reached(began, Platform, 1)); err != nil {
		return "", err
	}
	first := d.firstAfter(began, Platform)
	return fmt.Sprintf("the first caller was on the platform %s after its return; those before him had the IVR", seconds(first.placed.Sub(began))), nil
}

func back(ctx context.Context, d *Demo) (string, error) {
	began, err := d.Close(ctx, false)
	if err != nil {
		return "", err
	}
	if err := d.until(ctx, "the platform is up", patient, d.is(platformTrunk, wissel.Up)); err != nil {
		return "", err
	}
	if err := d.until(ctx, "four callers hear the platform", patient, d.reached(began, Platform, 4)); err != nil {
		return "", err
	}
	sum := d.sum()
	return fmt.Sprintf("%d calls, %d lost", sum.Calls, sum.Lost), nil
}

// is makes the condition that a trunk is in a state, as status says it.
func (d *Demo) is(trunk wissel.TrunkID, state wissel.State) func() bool {
	return func() bool {
		now, _ := d.health(trunk)
		return now == state.String()
	}
}

// median setup of the callers since a moment at a place.
func (d *Demo) median(since time.Time, at Place) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []time.Duration
	for _, c := range d.callers {
		if c.placed.After(since) && c.place == at {
			all = append(all, c.rec.Setup())
		}
	}
	return percentile(all, 0.5)
}

// Mute makes the platform drop everything, or take calls again, at a moment when no call is half set up; it says when.
func (d *Demo) Mute(ctx context.Context, on bool) (at time.Time, err error) {
	return d.between(ctx, func() error {
		b := answering(platformHz)
		if on {
			b = sim.Mute()
		}
		d.stage.platform.Behave(b)
		d.update(func() { d.muted = on })
		return nil
	})
}

// Close closes the backup's port, or opens it again, at a moment when no call is half set up; it says when.
func (d *Demo) Close(ctx context.Context, on bool) (at time.Time, err error) {
	return d.between(ctx, func() error {
		if on {
			d.stage.backup.Kill()
		} else if err := d.stage.backup.Revive(); err != nil {
			return fmt.Errorf("open the backup's port again: %w", err)
		}
		d.update(func() { d.closed = on })
		return nil
	})
}

// between does something to a party between two calls. A call that is half set up when its party dies is a matter for the
// tests of package sip; here each caller must be able to say whom he talked to.
func (d *Demo) between(ctx context.Context, do func() error) (at time.Time, err error) {
	d.changing.Lock()
	defer d.changing.Unlock()
	if err := d.calm(ctx); err != nil {
		return at, err
	}
	at = time.Now()
	if err := do(); err != nil {
		return at, err
	}
	d.gate(true)
	return at, nil
}

func millis(t time.Duration) string {
	if t < 100*time.Millisecond {
		return fmt.Sprintf("%.1f ms", float64(t)/float64(time.Millisecond))
	}
	return fmt.Sprintf("%d ms", t.Milliseconds())
}

func seconds(t time.Duration) string { return fmt.Sprintf("%.1f s", t.Seconds()) }
