package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"wissel"
	"wissel/configs"
	"wissel/internal/message"
	"wissel/internal/number"
	"wissel/internal/sms"
	"wissel/internal/sms/smpp"
	"wissel/internal/sms/webtext"
	"wissel/internal/texts"
)

// The pace at which it is looked who is to have a text: at once when something changed, and otherwise each second.
const (
	textsEvery  = time.Second
	textsChunk  = 500                // texts that are written together: news to ten thousand leaves room for other rows
	textsBefore = 7 * 24 * time.Hour // wishes that a start reads
	wishesHeld  = 10_000             // that come while those are read; more are read once they are
)

// texter joins the texts with what callers asked for, with the messages of groups and with how their calls fare.
type texter struct {
	app   *App
	texts *texts.Texts
	wake  chan struct{} // holds one when there may be something to write

	mu       sync.Mutex
	audience *sms.Audience
	learned  bool
	pending  []wissel.Wish
	well     map[wissel.GroupID]time.Time // since when nothing is the matter
	told     map[wissel.GroupID]string    // state of the message that was looked at last
	since    map[wissel.GroupID]time.Time // of that
	asker    asker                        // its run's
	lost     uint64                       // wishes that found no room
	handlers map[string]*webtext.Provider
}

func newTexter(a *App) *texter {
	t := &texter{
		app: a, wake: make(chan struct{}, 1), audience: sms.NewAudience(), well: map[wissel.GroupID]time.Time{}, told: map[wissel.GroupID]string{},
		since: map[wissel.GroupID]time.Time{}, handlers: map[string]*webtext.Provider{},
	}
	t.asker.app = a
	a.openInbox(t)
	t.texts = texts.New(texts.Options{
		Store: a.store, Log: a.log, Limits: a.caps, Refusals: a.inbox, Incoming: a.inbox,
		Parse: func(written string) (wissel.Number, bool) {
			n, err := number.Parse(written, a.routing.Snapshot().Country)
			return n, err == nil
		},
	})
	t.texts.Listen(t.wrote)
	a.drops = append(a.drops, t.forget)
	t.texts.Listen(a.inbox.Wrote)
	t.texts.Listen(a.caps.Wrote)
	return t
}

// forget drops what is to be sent to somebody, and asks no more for him: he was erased, or objects.
func (t *texter) forget(n wissel.Number, why string) {
	t.mu.Lock()
	for _, g := range t.audience.Groups() {
		t.audience.Leave(g, n)
	}
	t.mu.Unlock()
	t.texts.Drop(func(l sms.Letter) bool { return l.To == n }, why)
}

// wrote notes a text that is on disk.
func (t *texter) wrote(e sms.Entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.audience.Wrote(e)
}

func (t *texter) poke() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// Wished is told of a wish that is on disk. It does not block.
func (t *texter) Wished(w wissel.Wish) {
	if w.Kind == wissel.WishCallback {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.learned && !t.audience.Wish(w):
		t.lost++
	case !t.learned && len(t.pending) < wishesHeld:
		t.pending = append(t.pending, w)
	}
	t.poke()
}

// Changed is told that the message of a group is another.
func (t *texter) Changed() { t.poke() }

// set puts the texts of other settings in force.
func (t *texter) set(f *configs.File) {
	s := texts.Settings{Groups: map[wissel.GroupID]*texts.Group{}}
	handlers := map[string]*webtext.Provider{}
	t.mu.Lock()
	for _, p := range f.Texts.Providers {
		line, web, err := makeLine(p)
		if err != nil {
			t.app.log.Error("a provider of texts cannot be used", "provider", p.Name, "error", err)
			continue
		}
		if web != nil {
			handlers[p.Name] = web
			if old := t.handlers[p.Name]; old != nil && t.texts.Mark(p.Name) == p.Mark {
				handlers[p.Name] = old // the one that serves goes on
			}
		}
		s.Lines = append(s.Lines, line)
	}
	t.handlers = handlers
	t.mu.Unlock()
	for id, g := range f.Texts.Groups {
		s.Groups[id] = &g.Group
	}
	t.texts.Set(s)
	t.poke()
}

// makeLine makes a provider of its settings.
func makeLine(p configs.TextProvider) (texts.Line, *webtext.Provider, error) {
	line := texts.Line{Name: p.Name, Lane: p.Lane, Tariffs: p.Tariffs, Mark: p.Mark}
	if p.SMPP != nil {
		line.Provider = smpp.New(*p.SMPP)
		return line, nil, nil
	}
	web, err := webtext.New(p.Description, *p.Web)
	line.Provider = web
	return line, web, err
}

// run reads who asked before the start, and then writes what is due until ctx ends.
func (t *texter) run(ctx context.Context) {
	for len(t.app.settings.Load().file.Texts.Groups) == 0 { // nothing is read for nobody
		select {
		case <-ctx.Done():
			return
		case <-t.wake:
		}
	}
	for !t.learn(ctx) {
		if !wait(ctx, learnAgain) {
			return
		}
	}
	tick := time.NewTicker(textsEvery)
	defer tick.Stop()
	for {
		t.look(ctx, time.Now())
		select {
		case <-ctx.Done():
			return
		case <-t.wake:
		case <-tick.C:
		}
	}
}

func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// learn reads the wishes of before the start; false: they cannot be read yet.
func (t *texter) learn(ctx context.Context) bool {
	wishes, err := t.app.store.Wishes(ctx, time.Now().Add(-textsBefore))
	if err != nil {
		if ctx.Err() == nil {
			t.app.log.Warn("who asked for texts before the start is not known yet: nobody is sent one", "error", err)
		}
		return false
	}
	written, err := t.app.store.Outbox(ctx)
	if err != nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, w := range slices.Concat(wishes, t.pending) {
		if !t.audience.Wish(w) {
			t.lost++
		}
	}
	for _, e := range written {
		t.audience.Wrote(e)
		if e.Purpose == sms.News && (t.since[e.Group].IsZero() || t.told[e.Group] != e.Cause) { // oldest first: the last cause counts
			t.told[e.Group], t.since[e.Group] = e.Cause, e.At
		}
	}
	t.pending, t.learned = nil, true
	return true
}

// look writes the texts that are due now.
func (t *texter) look(ctx context.Context, now time.Time) {
	if !t.texts.Learned() || !t.app.keeper.Learned() {
		return
	}
	s := t.app.routing.Snapshot()
	t.mu.Lock()
	groups := t.audience.Groups()
	t.mu.Unlock()
	for _, g := range groups {
		if t.texts.Group(g) == nil || s.Groups[g] == nil {
			continue
		}
		trouble := t.trouble(s, s.Groups[g], now)
		if trouble.Over {
			t.texts.Drop(func(l sms.Letter) bool { return l.Group == g && l.Purpose == sms.News }, "the outage is over")
		}
		t.mu.Lock()
		due := t.audience.Due(g, trouble, t.texts.Find, now)
		t.mu.Unlock()
		for some := range slices.Chunk(due, textsChunk) {
			t.write(ctx, some)
		}
	}
	t.asker.look(ctx, now)
}

// write writes some of them. What cannot be written now is due again.
func (t *texter) write(ctx context.Context, due []sms.Due) {
	all := make([]texts.Wanted, len(due))
	for i, d := range due {
		all[i] = texts.Wanted{
			Purpose: d.Purpose, Cause: d.Cause, Group: d.Wanter.Group, To: d.Wanter.To, Hidden: d.Wanter.Hidden, Language: d.Wanter.Language, Asked: d.Wanter.Asked,
			Facts: t.app.textFacts(d.Wanter.Group, d.Wanter.Language, d.Wanter.To, d.Wanter.Both),
		}
	}
	_, errs := t.texts.SendAll(ctx, all)
	for i, err := range errs {
		switch {
		case err == nil, errors.Is(err, texts.ErrTwice):
			if err != nil {
				t.mu.Lock()
				t.audience.Wrote(sms.Entry{Letter: sms.Letter{
					Purpose: due[i].Purpose, Group: due[i].Wanter.Group, To: due[i].Wanter.To, Cause: due[i].Cause, At: time.Now(),
					Key: sms.KeyOf(due[i].Purpose, due[i].Wanter.Group, due[i].Wanter.To, due[i].Cause),
				}})
				t.mu.Unlock()
			}
		case errors.Is(err, texts.ErrNoPhone), errors.Is(err, texts.ErrUnwanted), errors.Is(err, texts.ErrNoTexts):
			t.mu.Lock()
			t.audience.Leave(due[i].Wanter.Group, due[i].Wanter.To)
			t.mu.Unlock()
			t.app.log.Info("somebody who asked for texts gets none", "group", due[i].Wanter.Group, "to", due[i].Wanter.To.Masked(), "why", err)
		default:
			t.mu.Lock()
			t.audience.Again(due[i])
			t.mu.Unlock()
			t.app.alarms.set("texts/"+string(due[i].Wanter.Group), fmt.Sprintf("%s: a text (%s) cannot be written, and is tried again: %v", due[i].Wanter.Group, due[i].Purpose, err))
		}
	}
}

// trouble is how a group fares, as its texts tell of it.
func (t *texter) trouble(s *wissel.Snapshot, g *wissel.Group, now time.Time) sms.Trouble {
	m := t.app.messages.of(g.ID)
	state := message.StateOf(m, now)
	out := sms.Trouble{On: state == message.Live || state == message.Lapsed || astray(s, g, now), Calm: t.app.settings.Load().file.Texts.Calm}
	t.mu.Lock()
	defer t.mu.Unlock()
	if out.On {
		delete(t.well, g.ID)
	} else if t.well[g.ID].IsZero() {
		t.well[g.ID] = now
	}
	out.Over = !out.On && now.Sub(t.well[g.ID]) >= out.Calm
	if state != message.Live {
		return out
	}
	if out.Message = reads(m); out.Message != "" && t.told[g.ID] != out.Message {
		t.told[g.ID], t.since[g.ID] = out.Message, now
	}
	out.Since = t.since[g.ID]
	return out
}

// reads names what a message says: the same as long as people would read the same. Empty: there is nothing to read.
func reads(m wissel.Message) string {
	text := ""
	for _, s := range m.Said {
		text += s.Lang + " " + s.Text + "\n"
		if s.Text == "" {
			text = text[:len(text)-len(s.Lang)-2]
		}
	}
	if text == "" && m.Until.IsZero() {
		return ""
	}
	return m.ID + "-" + sumOfSound([]byte(text + m.Until.UTC().Format(time.RFC3339)))[:8]
}

// astray reports whether the calls of a group go elsewhere than its settings say.
func astray(s *wissel.Snapshot, g *wissel.Group, now time.Time) bool {
	if c, ok := s.Active[g.ID]; ok && c.Plan != g.Active {
		return true
	}
	if _, led := s.Lead(g); led {
		return true
	}
	targets := s.Plan(g).Targets
	if len(targets) == 0 {
		return false
	}
	if pin := s.Pins[g.ID]; pin.Live(now) && pin.Target != targets[0] {
		return true
	}
	return targets[0].Flow == "" && best(s, targets[0]) == "down"
}

// textFacts are what a text to somebody may say.
func (a *App) textFacts(g wissel.GroupID, lang string, to wissel.Number, called bool) sms.Data {
	group := a.settings.Load().file.Texts.Groups[g]
	if group == nil {
		return sms.Data{}
	}
	d := sms.Data{Group: group.Name, Number: group.Number, Hours: group.Hours[lang], Status: group.Status}
	now := time.Now()
	if m := a.messages.of(g); message.StateOf(m, now) == message.Live {
		in, _ := m.In(lang)
		d.Message = in.Text
		if !m.Until.IsZero() {
			d.Until = &m.Until
		}
		if m.Next.After(now) {
			d.Next = &m.Next
		}
	}
	if called && a.promises != nil {
		place, turn := a.promises.Place(g, to)
		if d.Place = place; !turn.IsZero() {
			d.Turn = &turn
		}
	}
	return d
}

// wished tells both the promises and the texts of a wish.
type wished struct {
	*promises
	texts *texter
}

// Wished implements queue.
func (w wished) Wished(one wissel.Wish) {
	w.promises.Wished(one)
	w.texts.Wished(one)
}
