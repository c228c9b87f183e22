package app

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"wissel"
	"wissel/internal/sms"
)

// counter counts what happened, over all nodes (package store/redis). It answers within 200 ms, whatever becomes of Redis.
type counter interface {
	Take(ctx context.Context, charges []sms.Charge) (refused int, after time.Duration)
	// Own is Take off this node's share alone, in memory: it asks nobody.
	Own(charges []sms.Charge) (refused int, after time.Duration)
}

// textLimits are the limits of texts: who may be promised them, and which may go now.
type textLimits struct {
	limits func() sms.Limits // in force
	count  counter
	on     func() bool // texts are sent at all; nil: they are
	alarms *alarms
	log    *slog.Logger

	began    time.Time
	shared   bool // Redis remembers what was counted before a restart
	outages  outages
	refusals map[sms.Bound]*atomic.Uint64 // how often each limit said no
	dear     atomic.Int64                 // until when texts cost as much as they may; ns since 1970
}

func newTextLimits(limits func() sms.Limits, count counter, alarms *alarms, log *slog.Logger) *textLimits {
	t := &textLimits{limits: limits, count: count, alarms: alarms, log: log, began: time.Now(), refusals: map[sms.Bound]*atomic.Uint64{}}
	for _, b := range sms.Bounds {
		t.refusals[b] = new(atomic.Uint64)
	}
	return t
}

// refused counts a refusal, and tells people of those that they are to know of.
func (t *textLimits) refused(b sms.Bound, after time.Duration) {
	t.refusals[b].Add(1)
	switch b {
	case sms.BoundMoney:
		t.dear.Store(time.Now().Add(after).UnixNano())
		t.alarms.set("text-money", "texts cost as much in a day as they may: until there is room again callers are promised none, and are offered a call back; is somebody pumping? "+
			"`wissel texts` shows which, texts.limits.money is the cap")
	case sms.BoundRange:
		t.alarms.set("text-range", "as many numbers of one range asked for texts as may in an hour: others of it are refused, which is what pumping looks like")
	case sms.BoundAll:
		t.alarms.set("text-all", "as many numbers asked for texts as may in an hour: others are refused (texts.limits.all)")
	case sms.BoundNumber, sms.BoundProvider, sms.BoundNews, sms.BoundOutage, sms.BoundAnswers, sms.BoundTarget:
	}
}

// Promise says whether a number may be promised texts, before anybody is told that it is. A number that was today may be again,
// and nothing more is counted for it.
func (t *textLimits) Promise(ctx context.Context, n wissel.Number) (sms.Bound, bool) {
	return t.promise(n, func(charges []sms.Charge) (int, time.Duration) { return t.count.Take(ctx, charges) })
}

// Alone is Promise by what this node counts itself: it waits for nothing.
func (t *textLimits) Alone(n wissel.Number) (sms.Bound, bool) { return t.promise(n, t.count.Own) }

func (t *textLimits) promise(n wissel.Number, take func([]sms.Charge) (int, time.Duration)) (sms.Bound, bool) {
	if t.on != nil && !t.on() {
		return "", true
	}
	l := t.limits()
	if !l.Reaches(n) {
		t.refused(sms.BoundTarget, 0)
		return sms.BoundTarget, false
	}
	charges := l.Wish(n)
	if time.Now().UnixNano() < t.dear.Load() {
		t.refused(sms.BoundMoney, time.Until(time.Unix(0, t.dear.Load())))
		return sms.BoundMoney, false
	}
	no, after := take(charges)
	if no < 0 || charges[no].Known() {
		return "", true
	}
	t.refused(charges[no].Of, after)
	return charges[no].Of, false
}

// Wrote is told of a text that is on disk, those of before the start too. What was sent then counts now, as if it were sent now; Redis
// has it counted, where there is one, so that nobody is asked.
func (t *textLimits) Wrote(e sms.Entry) {
	t.outages.Wrote(e)
	if t.shared || !e.At.Before(t.began) || t.began.Sub(e.At) > 24*time.Hour || len(e.Tried) == 0 {
		return
	}
	l := t.limits()
	provider, cost := e.Tried[0].Provider, sms.Unpriced*sms.Money(max(1, sms.Measure(e.Body).Parts))
	charges := l.Other(cost)
	switch e.Purpose {
	case sms.Confirmation:
		t.count.Own(l.Wish(e.To))
		charges = l.Confirm(e.To, provider, cost)
	case sms.Reply:
		charges = l.Answer(e.To, provider, cost)
	case sms.News:
		charges = l.Tell(e.To, t.outages.name(e.Group), cost)
	case sms.Back, sms.Missed, sms.Solved, sms.Trial:
	}
	for _, c := range charges { // each by itself: what is full is full
		t.count.Own([]sms.Charge{c})
	}
}

// Request says whether a text may go that somebody caused himself (texts.Limits).
func (t *textLimits) Request(ctx context.Context, a sms.Ask) sms.Allowance {
	l, to := t.limits(), a.Letter.To
	switch a.Letter.Purpose {
	case sms.Confirmation:
		return t.allow(ctx, to, l.Confirm(to, a.Provider, costOf(a)))
	case sms.Reply:
		return t.allow(ctx, to, l.Answer(to, a.Provider, costOf(a)))
	case sms.Trial, sms.News, sms.Back, sms.Missed, sms.Solved:
	}
	return t.allow(ctx, to, l.Other(costOf(a)))
}

// News says whether a text may go that somebody asked for (texts.Limits).
func (t *textLimits) News(ctx context.Context, a sms.Ask) sms.Allowance {
	l, to := t.limits(), a.Letter.To
	if a.Letter.Purpose == sms.News {
		return t.allow(ctx, to, l.Tell(to, t.outages.name(a.Letter.Group), costOf(a)))
	}
	return t.allow(ctx, to, l.Other(costOf(a)))
}

// costOf is what a text costs, as far as is known.
func costOf(a sms.Ask) sms.Money {
	if a.Priced {
		return a.Cost
	}
	return sms.Unpriced * sms.Money(max(a.Parts, 1))
}

func (t *textLimits) allow(ctx context.Context, to wissel.Number, charges []sms.Charge) sms.Allowance {
	if !t.limits().Reaches(to) {
		t.refused(sms.BoundTarget, 0)
		return sms.Allowance{Why: sms.BoundTarget.Words()}
	}
	no, after := t.count.Take(ctx, charges)
	if no < 0 {
		return sms.Allowance{OK: true}
	}
	bound := charges[no].Of
	t.refused(bound, after)
	out := sms.Allowance{Why: bound.Words(), Again: time.Now().Add(after)}
	if bound == sms.BoundNumber || bound == sms.BoundAnswers || bound == sms.BoundOutage { // it makes no sense later
		out.Again = time.Time{}
	}
	return out
}

// outages tell one outage of a group from the next: after people were told that one is over, what follows is another.
type outages struct {
	mu   sync.Mutex
	over map[wissel.GroupID]time.Time // when the first was told of the last end
	last map[wissel.GroupID]time.Time // when the last was
}

// sameEnd is how long telling everybody that an outage is over may pause.
const sameEnd = time.Hour

// Wrote is told of a text of ours that is on disk.
func (o *outages) Wrote(e sms.Entry) {
	if e.Purpose != sms.Back {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.over == nil {
		o.over, o.last = map[wissel.GroupID]time.Time{}, map[wissel.GroupID]time.Time{}
	}
	if e.At.Sub(o.last[e.Group]) > sameEnd {
		o.over[e.Group] = e.At
	}
	if e.At.After(o.last[e.Group]) {
		o.last[e.Group] = e.At
	}
}

// name is of the outage that a group is in, if it is.
func (o *outages) name(g wissel.GroupID) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return fmt.Sprintf("%s %d", g, o.over[g].Unix())
}
