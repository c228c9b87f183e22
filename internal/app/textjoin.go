package app

import (
	"context"
	"net/http"
	"slices"
	"time"

	"wissel"
	"wissel/configs"
	"wissel/internal/callbacks"
	"wissel/internal/metrics"
	"wissel/internal/number"
	"wissel/internal/privacy"
	"wissel/internal/sms"
	"wissel/internal/store/redis"
	"wissel/internal/store/sqlite"
	"wissel/internal/web"
)

// openLimits makes what counts texts, alone or with other nodes.
func (a *App) openLimits(file *configs.File) {
	a.counted = redis.New(file.Redis, a.log)
	a.caps = newTextLimits(func() sms.Limits {
		if set := a.settings.Load(); set != nil {
			return set.file.Texts.Limits
		}
		return sms.DefaultLimits()
	}, a.counted, &a.alarms, a.log)
	a.caps.shared = file.Redis.Address != ""
	a.caps.on = func() bool {
		set := a.settings.Load()
		return set != nil && len(set.file.Texts.Providers) > 0
	}
	a.asking = newAsking(a.caps)
}

// runLimits looks after Redis, where there is one.
func (a *App) runLimits(ctx context.Context) error { return a.counted.Run(ctx) }

// openInbox makes what takes texts that come to us.
func (a *App) openInbox(t *texter) {
	all := func() map[wissel.GroupID]callbacks.Settings { return a.settings.Load().file.Callbacks }
	a.inbox = &inbox{
		store: a.store, limits: a.caps, objects: a.keeper.Objects, objected: a.keeper.known, alarms: &a.alarms, log: a.log, book: sms.NewInbox(), busy: map[string]bool{},
		known: make(chan struct{}),
		owing: &texted{
			p: a.promises, store: a.store, settings: all, objects: a.keeper.Objects, stop: func(id string) { a.calling.stop(id) }, owed: map[wissel.Number][]callbacks.Mark{},
		},
		wants: func(g wissel.GroupID, n wissel.Number) (string, bool) {
			t.mu.Lock()
			defer t.mu.Unlock()
			return t.audience.Wants(g, n)
		},
		groups: a.textedLines,
		facts:  func(g wissel.GroupID, language string) sms.Data { return a.textFacts(g, language, "", false) },
		logs:   newLogging(func() *configs.File { return a.settings.Load().file }, func(list, name string) callbacks.LogOn { return a.calling.staff.on(list, name) }, a.LogPerson, &a.alarms, a.log),
		rung: func(g wissel.GroupID) wissel.Number {
			if group := a.routing.Snapshot().Groups[g]; group != nil && len(group.Lines) > 0 {
				return group.Lines[0].Number
			}
			return ""
		},
		wished: func(w wissel.Wish) {
			a.callers.wished(w.Number, w.Kind, w.At)
			wished{a.promises, t}.Wished(w)
		},
	}
}

// textedLines are the groups whose texts show a sender: those that a text to it is for.
func (a *App) textedLines(to string) (all []wissel.GroupID) {
	file := a.settings.Load().file
	same := func(s string) string {
		if n, err := number.Parse(s, file.Country); err == nil {
			return string(n)
		}
		return s
	}
	for id, g := range file.Texts.Groups {
		if same(g.Sender) == same(to) {
			all = append(all, id)
		}
	}
	slices.Sort(all)
	return all
}

// runInbox does what was left undone about texts that came, until ctx ends.
func (a *App) runInbox(ctx context.Context) {
	a.inbox.run(ctx, func(ctx context.Context) ([]sms.Entry, error) {
		return a.store.Texts(ctx, sqlite.TextFilter{Purpose: sms.Solved, Since: time.Now().Add(-inboxBack)})
	})
}

// mostIncoming is how many texts that came are listed, the newest.
const mostIncoming = 500

// IncomingTexts lists the texts that came to us, oldest first; numbers are shortened, in their words too.
func (a *App) IncomingTexts(ctx context.Context) ([]web.IncomingText, error) {
	all, err := a.store.Incoming(ctx, time.Time{}, mostIncoming)
	if err != nil {
		return nil, web.Faultf(http.StatusServiceUnavailable, "texts incoming", "%v", err)
	}
	out := make([]web.IncomingText, 0, len(all))
	for _, in := range all {
		one := web.IncomingText{
			ID: in.Row.ID, At: in.At, Group: in.Group, Number: "none", Word: string(in.Word), Body: privacy.Hide(in.Body), Callback: in.Callback, Answered: in.Answered, Done: in.Done,
		}
		if in.From != "" {
			one.Number = in.From.Masked()
		}
		out = append(out, one)
	}
	return out, nil
}

// limitAlarms are what people are to know of who counts texts.
func (a *App) limitAlarms() []string {
	if err := a.counted.Status(); err != nil {
		return []string{err.Error()}
	}
	return nil
}

// countLimits names the metrics of limits and of texts that came.
func (a *App) countLimits() {
	a.metrics.Gauges("text_limits_refused", "How often each limit of texts said no, since the start.", []string{"limit"}, func() (all []metrics.Sample) {
		for _, b := range sms.Bounds {
			all = append(all, metrics.Sample{Labels: []string{string(b)}, Value: float64(a.caps.refusals[b].Load())})
		}
		return all
	})
	a.metrics.Gauge("text_limits_asking", "Wishes for texts that wait until it is known whether they may be promised.", nil, func() float64 { return float64(len(a.asking.jobs)) })
	a.metrics.Counter("text_limits_alone_total", "Wishes for texts that this node's share alone decided about, because too many waited.", nil, a.asking.alone.Load)
}

// sameRedis reports whether two settings lead to the same Redis in the same way.
func sameRedis(x, y redis.Settings) bool {
	return x.Address == y.Address && x.User == y.User && x.Password.Reveal() == y.Password.Reveal() && x.TLS == y.TLS && x.Nodes == y.Nodes
}
