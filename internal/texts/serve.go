package texts

import (
	"context"
	"time"

	"wissel/internal/sms"
)

// The pauses of a provider whose Run ended by itself, which it should not.
const firstPause, lastPause = time.Second, time.Minute

// serve keeps a provider running until ctx ends, and then until its offers have.
func (t *Texts) serve(ctx context.Context, l *line) {
	defer close(l.ended)
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	go func() {
		<-ctx.Done()
		l.busy.Wait()
		stop()
	}()
	keep := func(e sms.Event) error { return t.heard(run, l, e) }
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		err := l.Provider.Run(run, keep)
		if ctx.Err() != nil {
			<-run.Done()
			return
		}
		t.Stats.Restarts.Add(1)
		t.o.Log.Error("a provider of texts ended by itself; it is started again", "provider", l.Name, "in", pause, "error", err)
		if !sleep(ctx, pause) {
			<-run.Done()
			return
		}
	}
}

// keepFor is how long an event may take to be on disk: a provider waits for our confirmation meanwhile.
const keepFor = 8 * time.Second

// heard keeps an event. An error leaves it with the provider, who offers it again.
func (t *Texts) heard(ctx context.Context, l *line, e sms.Event) error {
	ctx, cancel := context.WithTimeout(ctx, keepFor)
	defer cancel()
	now := time.Now()
	if e.Kind == sms.Incoming {
		return t.came(ctx, l, e, now)
	}
	t.mu.Lock()
	if e.Kind == sms.Receipt {
		l.info.Receipt = now
	}
	c, ok := t.queue.Heard(l.Name, e, now)
	if !ok {
		c, ok = t.queue.Known(l.Name, e)
		ok = ok && t.untold[c.Entry.ID]
	}
	if ok {
		t.untold[c.Entry.ID] = true
	}
	t.mu.Unlock()
	if !ok {
		t.Stats.Strays.Add(1)
		return nil // nothing new, or of no text of ours: it would never be
	}
	defer t.wake()
	if c.Closed {
		if c.Entry.Stage == sms.Arrived {
			t.Stats.Delivered.Add(1)
		} else {
			t.Stats.Failed.Add(1)
		}
		t.ended(c.Entry)
	}
	if err := t.o.Store.TextTold(ctx, c.Entry.ID, c.N, c.Entry.Tried[c.N]); err != nil {
		t.o.Log.Warn("what a provider told of a text is not on disk yet: it is to tell it again", "text", c.Entry.ID, "error", err)
		return err
	}
	t.mu.Lock()
	delete(t.untold, c.Entry.ID)
	t.mu.Unlock()
	return nil
}

// came hands over a text to us.
func (t *Texts) came(ctx context.Context, l *line, e sms.Event, now time.Time) error {
	r := sms.Received{Provider: l.Name, ID: e.ID, To: e.To, Body: e.Body, At: now}
	if n, ok := t.o.Parse(e.From); ok {
		r.From = n
	}
	t.mu.Lock()
	l.info.Came = now
	t.mu.Unlock()
	t.Stats.Came.Add(1)
	to := e.To
	if n, ok := t.o.Parse(e.To); ok {
		to = string(n)
	}
	if to != "" && len(to) <= 20 {
		t.o.Store.TextCame(to, l.Name, now)
	}
	if t.o.Incoming == nil {
		return nil
	}
	if err := t.o.Incoming.Came(ctx, r); err != nil {
		t.Stats.CameLost.Add(1)
		t.o.Log.Warn("a text to us could not be kept: its provider is to offer it again", "provider", l.Name, "from", r.From.Masked(), "error", err)
		return err
	}
	return nil
}
