package texts

import (
	"context"
	"time"

	"wissel/internal/sms"
)

// written is how long the row of an attempt may take: later the offer would be told a validity that is past.
const written = 10 * time.Second

// offer carries out one step of the queue: it asks the limits, writes the attempt, and only then offers the text.
func (t *Texts) offer(s sms.Step) {
	ctx, cancel := context.WithTimeout(context.Background(), sms.OfferTakes-time.Second)
	defer cancel()
	defer t.wake()
	l, a := s.Entry.Letter, s.Attempt
	t.mu.Lock()
	line := t.lines[a.Provider]
	var tariffs sms.Tariffs
	if line != nil {
		tariffs = line.Tariffs
		line.busy.Add(1)
		defer line.busy.Done()
	}
	t.mu.Unlock()
	if line == nil { // the settings were changed in this moment
		t.unwritten(l.ID, a.Provider)
		return
	}
	if no := t.refuses(ctx, s, tariffs); !no.OK {
		t.Stats.Held.Add(1)
		t.mu.Lock()
		closed := t.queue.Held(l.ID, a.Provider, no, time.Now())
		t.mu.Unlock()
		if closed != nil {
			t.ended(*closed)
		}
		return
	}
	write, stop := context.WithTimeout(ctx, written)
	a.At = time.Now()
	err := t.o.Store.TextAttempt(write, l.ID, s.N, a)
	stop()
	if err != nil {
		t.Stats.Unwritten.Add(1)
		t.o.Log.Warn("an attempt could not be written, so the text is not offered", "text", l.ID, "error", err)
		t.unwritten(l.ID, a.Provider)
		return
	}
	t.mu.Lock()
	t.queue.Allowed(l.ID, a)
	t.mu.Unlock()
	t.Stats.Offered.Add(1)
	o := line.Provider.Send(ctx, sms.Text{Key: l.Key, From: l.From, To: l.To, Body: l.Body, Valid: a.Valid, Had: s.Had})
	t.outcome(line, s, o)
}

func (t *Texts) unwritten(id, provider string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.queue.Unwritten(id, provider, time.Now())
}

// refuses asks whether a text may go now.
func (t *Texts) refuses(ctx context.Context, s sms.Step, tariffs sms.Tariffs) sms.Allowance {
	l := s.Entry.Letter
	if t.o.Refusals != nil {
		if why := t.o.Refusals.Refuses(l); why != "" {
			return sms.Allowance{Why: why}
		}
	}
	if !s.Ask || t.o.Limits == nil {
		return sms.Allowance{OK: true}
	}
	ask := sms.Ask{Letter: l, Provider: s.Attempt.Provider, Parts: sms.Measure(l.Body).Parts}
	ask.Cost, ask.Priced = tariffs.Cost(l.To, ask.Parts)
	if l.Purpose.Prompt() {
		return t.o.Limits.Request(ctx, ask)
	}
	return t.o.Limits.News(ctx, ask)
}

// outcome notes what came of an offer.
func (t *Texts) outcome(line *line, s sms.Step, o sms.Outcome) {
	now := time.Now()
	t.mu.Lock()
	a, ok := t.queue.Outcome(s.Entry.ID, s.N, o, now)
	line.info.Last, line.info.Outcome = now, o
	if o.Verdict == sms.Accepted {
		line.info.Accepted++
		if s.Entry.Purpose == sms.Trial {
			line.info.Tested = now
		} else {
			line.info.Real = now
		}
	} else {
		line.info.Failed++
	}
	t.mu.Unlock()
	if ok {
		t.o.Store.TextAttemptChanged(s.Entry.ID, s.N, a)
	}
	switch o.Verdict {
	case sms.Accepted:
		t.Stats.Accepted.Add(1)
		return
	case sms.Refused:
		t.Stats.Refused.Add(1)
	case sms.Later:
		t.Stats.Later.Add(1)
	case sms.Unknown:
		t.Stats.Unknown.Add(1)
	}
	t.o.Log.Debug("a provider did not take a text", "text", s.Entry.ID, "provider", line.Name, "verdict", o.Verdict, "reason", o.Reason)
}
