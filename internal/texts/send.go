package texts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"wissel"
	"wissel/internal/sms"
)

// Errors of Send.
var (
	ErrNoTexts   = errors.New("the settings have no texts for it")
	ErrNoPhone   = errors.New("no mobile telephone of a country that texts may go to")
	ErrUnwanted  = errors.New("he wants no texts")
	ErrNotYet    = errors.New("which texts are owed from before is still being read")
	ErrTwice     = errors.New("it was written before")
	errNoWords   = errors.New("there is no template of this purpose")
	errForbidden = errors.New("it holds what it may not")
)

// Wanted is a text that is to be sent.
type Wanted struct {
	Purpose  sms.Purpose
	Cause    string // id of what brings it about: the same cause, purpose and person give one text
	Group    wissel.GroupID
	To       wissel.Number
	Hidden   bool
	Language string
	Facts    sms.Data   // that its template says
	Body     string     // instead of a template; it must keep the group's rules
	Answer   sms.Answer // it answers a text of his in these words; empty: it does not
	Answers  bool       // texts to the sender are known to reach us
	Asked    time.Time
	Lasts    time.Duration // how long it makes sense; 0: as the group's do
	Provider string        // the only one that it goes to; empty: as the group has them
}

// Send writes a text, and returns it once it is on disk: then it is sent whatever becomes of this process, once. Errors: those above.
func (t *Texts) Send(ctx context.Context, w Wanted) (sms.Letter, error) {
	all, errs := t.SendAll(ctx, []Wanted{w})
	return all[0], errs[0]
}

// SendAll is Send for many, in their order.
func (t *Texts) SendAll(ctx context.Context, all []Wanted) ([]sms.Letter, []error) {
	letters, errs := make([]sms.Letter, len(all)), make([]error, len(all))
	var write []sms.Letter
	var at []int
	for i, w := range all {
		if letters[i], errs[i] = t.admit(w, time.Now()); errs[i] == nil {
			write, at = append(write, letters[i]), append(at, i)
		}
	}
	if len(write) == 0 {
		return letters, errs
	}
	kept := t.o.Store.Letters(ctx, write)
	now := time.Now()
	var ended, told []sms.Entry
	t.mu.Lock()
	for n, i := range at {
		if kept[n] != nil {
			t.queue.Forget(write[n].ID)
			errs[i] = fmt.Errorf("write a text: %w", kept[n])
			t.Stats.Unwritten.Add(1)
			continue
		}
		t.Stats.Written.Add(1)
		ended = append(ended, t.queue.Written(write[n].ID, now)...)
		told = append(told, sms.Entry{Letter: write[n], Stage: sms.Waiting, Since: write[n].At})
	}
	t.mu.Unlock()
	for _, e := range told {
		t.tell(e)
	}
	for _, e := range ended {
		t.ended(e)
	}
	t.wake()
	return letters, errs
}

// admit makes the letter, and has the queue keep its place.
func (t *Texts) admit(w Wanted, now time.Time) (l sms.Letter, err error) {
	t.mu.Lock()
	g, learned := t.groups[w.Group], t.learned
	t.mu.Unlock()
	switch {
	case g == nil:
		return l, ErrNoTexts
	case !learned:
		return l, ErrNotYet
	case !g.Reaches(w.To):
		return l, ErrNoPhone
	}
	if l, err = g.letter(w, now); err != nil {
		return l, err
	}
	if t.o.Refusals != nil {
		if why := t.o.Refusals.Refuses(l); why != "" {
			return l, fmt.Errorf("%w: %s", ErrUnwanted, why)
		}
	}
	l.Row = t.o.Store.Stamp(l.Row)
	t.mu.Lock()
	defer t.mu.Unlock()
	if added, err := t.queue.Add(l); err != nil {
		return l, err
	} else if !added {
		return l, ErrTwice
	}
	return l, nil
}

// template is that of a text; nil: there is none.
func (g *Group) template(w Wanted) *sms.Template {
	if w.Answer == "" {
		return g.Templates[w.Purpose][w.Language]
	}
	if tmpl := g.Answers[w.Answer][w.Language]; tmpl != nil || len(g.Languages) == 0 {
		return tmpl
	}
	return g.Answers[w.Answer][g.Languages[0]]
}

// letter is the text as it would be sent.
func (g *Group) letter(w Wanted, now time.Time) (l sms.Letter, err error) {
	if !slices.Contains(g.Languages, w.Language) && len(g.Languages) > 0 {
		w.Language = g.Languages[0]
	}
	body := w.Body
	if body == "" {
		tmpl := g.template(w)
		if tmpl == nil {
			return l, fmt.Errorf("%s in %q: %w", w.Purpose, w.Language, errNoWords)
		}
		if body, err = tmpl.Text(w.Facts, now.In(g.Zone)); err != nil {
			return l, fmt.Errorf("write the words of a text: %w", err)
		}
	}
	rules := g.Rules
	rules.Reply = rules.Reply || w.Answers || w.Answer != ""
	rules.Mine = append(slices.Clone(rules.Mine), w.Facts.Number)
	if faults := rules.Check(body); len(faults) > 0 {
		return l, fmt.Errorf("%w: %s", errForbidden, faults[0])
	}
	lasts := w.Lasts
	if lasts == 0 {
		lasts = g.Lasts
	}
	from := now
	if end := g.Quiet.Until(now); !w.Purpose.Prompt() && !end.IsZero() {
		from = end // what waits for the morning is not too late by then
	}
	l = sms.Letter{
		Key: sms.KeyOf(w.Purpose, w.Group, w.To, w.Cause), Purpose: w.Purpose, Cause: w.Cause, Group: w.Group, To: w.To, Hidden: w.Hidden,
		Language: w.Language, From: g.Sender, Body: body, At: now, Asked: w.Asked, Until: from.Add(lasts), Provider: w.Provider,
	}
	return l, sms.Text{Key: l.Key, From: l.From, To: l.To, Body: l.Body, Valid: time.Hour}.Check()
}
