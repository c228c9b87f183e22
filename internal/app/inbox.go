package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"wissel"
	"wissel/internal/sms"
	"wissel/internal/texts"
)

// inbound are the rows of texts that come to us (package store/sqlite).
type inbound interface {
	Stamp(r wissel.Row) wissel.Row
	Inbound(ctx context.Context, a sms.Inbound) error
	InboundDone(ctx context.Context, key, answered string) error
	Incoming(ctx context.Context, since time.Time, limit int) ([]sms.Inbound, error)
	Stop(ctx context.Context, id string, n wissel.Number, at time.Time) error
	Stops(ctx context.Context) (map[wissel.Number]time.Time, error)
	Wish(w wissel.Wish, done func(error)) (withdraw func() bool)
}

// outward is what a text that comes in may bring about (package texts).
type outward interface {
	Send(ctx context.Context, w texts.Wanted) (sms.Letter, error)
	Drop(match func(sms.Letter) bool, why string) int
}

// owing is what is known of callbacks, and what may be done with them.
type owing interface {
	Person(g wissel.GroupID, n wissel.Number) (id, language string, owed bool)
	May(g wissel.GroupID, n wissel.Number) bool
	TakeBack(ctx context.Context, groups []wissel.GroupID, n wissel.Number, why string) error
	OweAgain(ctx context.Context, id, why string) (bool, error)
}

// inbox takes texts that come to us: each is on disk before its provider is told that we have it, and what package sms decides about
// it is done once.
type inbox struct {
	store    inbound
	out      outward
	owing    owing
	limits   *textLimits
	objects  func(wissel.Number) bool
	objected <-chan struct{} // closed once it is known who objects
	wants    func(wissel.GroupID, wissel.Number) (language string, wants bool)
	groups   func(to string) []wissel.GroupID // whose texts show this sender
	rung     func(wissel.GroupID) wissel.Number
	wished   func(wissel.Wish)
	facts    func(g wissel.GroupID, language string) sms.Data // what answers may say
	logs     *logging                                         // nil: nobody logs on by text
	alarms   *alarms
	log      *slog.Logger

	mu      sync.Mutex
	book    *sms.Inbox
	busy    map[string]bool // keys of those that are being taken
	learned bool

	known chan struct{} // closed once it is known who wants no texts
}

const (
	inboxBack  = 7 * 24 * time.Hour // texts that a start reads: so long a question waits for its answer
	inboxMost  = 50_000
	answersFor = time.Hour // later an answer makes no sense
)

var errBusy = errors.New("the same text is being kept at this moment, or those of before the start are not known yet")

// learn reads what came before the start. questions are the texts that asked whether somebody was helped.
func (b *inbox) learn(ctx context.Context, questions []sms.Entry, now time.Time) error {
	stops, err := b.store.Stops(ctx)
	if err != nil {
		return fmt.Errorf("read who wants no texts: %w", err)
	}
	all, err := b.store.Incoming(ctx, now.Add(-inboxBack), inboxMost)
	if err != nil {
		return fmt.Errorf("read which texts came: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for n, at := range stops {
		b.book.Stop(n, at)
	}
	for _, q := range questions {
		b.asked(q)
	}
	for _, in := range all {
		b.book.Add(in)
		b.logs.learn(in)
	}
	b.learned = true
	return nil
}

// Wrote is told of a text of ours that is on disk.
func (b *inbox) Wrote(e sms.Entry) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked(e)
}

func (b *inbox) asked(e sms.Entry) {
	if e.Purpose == sms.Solved {
		b.book.Asked(e.To, sms.Question{Group: e.Group, Callback: e.Cause, At: e.At})
	}
}

// Refuses says why somebody is not to have a text (texts.Refusals).
func (b *inbox) Refuses(l sms.Letter) string {
	if b.objects(l.To) {
		return "an objection of this person was entered"
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if at, stopped := b.book.Stopped(l.To, l.Asked); stopped {
		return "STOP was texted on " + wissel.Moment(at)
	}
	return ""
}

// Known is closed once it is known who texted STOP before the start, and who objects (texts.Refusals).
func (b *inbox) Known() <-chan struct{} { return b.known }

// Came takes a text (texts.Incoming). With an error its provider is to bring it again.
func (b *inbox) Came(ctx context.Context, r sms.Received) error {
	r, own := b.logs.read(r)
	keys := sms.KeysOf(r)
	if own != nil { // what is kept has no code
		r.Body = own.Masked()
	}
	b.mu.Lock()
	seen, learned := b.book.Seen(keys), b.learned
	b.mu.Unlock()
	switch {
	case seen != nil && seen.Done:
		return nil
	case !learned:
		return errBusy
	case seen != nil:
		return b.alone(seen.Key, func() error { return b.act(ctx, *seen) })
	}
	return b.alone(keys[0], func() error {
		var in sms.Inbound
		if own != nil {
			in = b.logs.judge(r, keys[0], *own, b.groups(r.To))
			in.Row = b.store.Stamp(in.Row)
		} else {
			in = b.decide(r, keys[0])
		}
		if err := b.store.Inbound(ctx, in); err != nil {
			return fmt.Errorf("keep a text that came: %w", err)
		}
		b.mu.Lock()
		b.book.Add(in)
		b.mu.Unlock()
		return b.act(ctx, in)
	})
}

// alone does something about a text unless something is being done about it already.
func (b *inbox) alone(key string, do func() error) error {
	b.mu.Lock()
	if b.busy[key] {
		b.mu.Unlock()
		return errBusy
	}
	b.busy[key] = true
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.busy, key)
	}()
	return do()
}

// decide makes the row of a text: what it asks for, of which group, and what is to be done.
func (b *inbox) decide(r sms.Received, key string) sms.Inbound {
	u := sms.Understand(r.Body)
	in := sms.Inbound{Received: r, Key: key, Word: u.Word, Language: u.Language}
	in.Row = b.store.Stamp(in.Row)
	if r.From == "" { // it came from no telephone: a person reads it
		return in
	}
	s := sms.Texter{Objects: b.objects(r.From), Reached: b.limits.limits().Reaches(r.From)}
	b.mu.Lock()
	q, asked := b.book.Question(r.From, r.At)
	b.mu.Unlock()
	for _, g := range b.groups(r.To) {
		id, spoke, owed := b.owing.Person(g, r.From)
		reads, wants := b.wants(g, r.From)
		here := asked && q.Group == g
		if in.Group == "" || owed && !s.Owed || (wants || here) && !s.Owed && !s.Wants { // the line that he is most to do with
			in.Group = g
		}
		if owed {
			in.Callback = id
		}
		s.Owed, s.Wants, s.Asked = s.Owed || owed, s.Wants || wants, s.Asked || here
		for _, lang := range []string{spoke, reads} {
			if in.Language == "" {
				in.Language = lang
			}
		}
	}
	if here := q.Group; s.Asked && (u.Word == sms.WordYes || u.Word == sms.WordNo) {
		in.Group, in.Callback = here, q.Callback
	}
	s.May = in.Group != "" && b.owing.May(in.Group, r.From)
	in.Reaction = s.React(u.Word)
	return in
}

// act does what was decided about a text, and keeps that it is done. Each part may be done before, when it was interrupted.
func (b *inbox) act(ctx context.Context, in sms.Inbound) error {
	r := in.Reaction
	if r.Stop {
		if err := b.stop(ctx, in); err != nil {
			return err
		}
	}
	if r.Cancel {
		if err := b.owing.TakeBack(ctx, b.groups(in.To), in.From, "NIETBELLEN was texted"); err != nil {
			return fmt.Errorf("take a callback back: %w", err)
		}
	}
	if err := b.logs.act(ctx, in); err != nil {
		return err
	}
	answered, err := b.promise(ctx, in)
	if err != nil {
		return err
	}
	if err := b.store.InboundDone(ctx, in.Key, answered); err != nil {
		return fmt.Errorf("keep what became of a text: %w", err)
	}
	in.Done, in.Answered = true, answered
	b.mu.Lock()
	b.book.Add(in)
	b.mu.Unlock()
	b.log.Info("a text came", "from", in.From.Masked(), "group", in.Group, "word", in.Word, "answered", answered)
	return nil
}

// stop ends the texts to a person; those that a provider has cannot be taken back.
func (b *inbox) stop(ctx context.Context, in sms.Inbound) error {
	if err := b.store.Stop(ctx, in.Row.ID, in.From, in.At); err != nil {
		return fmt.Errorf("keep that somebody wants no texts: %w", err)
	}
	b.mu.Lock()
	room := b.book.Stop(in.From, in.At)
	b.mu.Unlock()
	if !room {
		b.alarms.set("stops", "more people texted STOP than can be remembered: some may get texts still")
	}
	b.out.Drop(func(l sms.Letter) bool { return l.To == in.From && l.Asked.Before(in.At) }, "STOP was texted")
	return nil
}

// promise does what a text asks for that is owed to him from then on, and writes the answer. It gives the key of that, or why there
// is none.
func (b *inbox) promise(ctx context.Context, in sms.Inbound) (answered string, err error) {
	r := in.Reaction
	if r.Reopen {
		if r.Wish, err = b.reopen(ctx, in); err != nil {
			return "", err
		}
	}
	if r.Wish == wissel.WishText || r.Wish == wissel.WishBoth {
		if bound, ok := b.limits.Promise(ctx, in.From); !ok {
			return "not noted: " + bound.Words(), nil // a text that says so is one more
		}
	}
	cause := in.Row.ID
	if r.Wish != "" && in.Group != "" {
		w := wissel.Wish{
			Row: wissel.Row{ID: in.Row.ID}, Kind: r.Wish, Number: in.From, Rung: b.rung(in.Group), Group: in.Group, Language: b.language(in), Choices: []string{"text=" + string(in.Word)}, At: in.At,
		}
		if err := b.keep(ctx, w); err != nil {
			return "", err
		}
		defer b.wished(w) // after the answer: it is the confirmation
		answered, err = b.answer(ctx, in, sms.Confirmation, cause)
		return answered, err
	}
	return b.answer(ctx, in, sms.Reply, cause)
}

// reopen owes a callback once more, before all others, and tells the lead. Where it cannot be found any more a wish is noted.
func (b *inbox) reopen(ctx context.Context, in sms.Inbound) (wissel.WishKind, error) {
	again, err := b.owing.OweAgain(ctx, in.Callback, "NEE was texted: the question is not answered")
	if err != nil {
		return "", fmt.Errorf("owe a callback once more: %w", err)
	}
	if again {
		b.alarms.hold(unhelpedAlarm(in.Group), unhelpedWords(in.Group, in.Callback))
		return "", nil
	}
	b.alarms.set("unhelped/"+in.Callback, fmt.Sprintf("%s: %s texted that a callback of days ago (%s) did not help; he is owed another", in.Group, in.From.Masked(), in.Callback))
	return wissel.WishCallback, nil
}

// keep writes a wish, and returns once it is on disk.
func (b *inbox) keep(ctx context.Context, w wissel.Wish) error {
	done := make(chan error, 1)
	withdraw := b.store.Wish(w, func(err error) { done <- err })
	var err error
	select {
	case err = <-done:
	case <-ctx.Done():
		if err = ctx.Err(); !withdraw() {
			err = <-done
		}
	}
	if err != nil {
		return fmt.Errorf("keep a wish that was texted: %w", err)
	}
	return nil
}

// answer writes the answer to a text, if there is one.
func (b *inbox) answer(ctx context.Context, in sms.Inbound, p sms.Purpose, cause string) (string, error) {
	r := in.Reaction
	switch {
	case r.Answer == "":
		return "no answer", nil
	case in.Group == "":
		return "no answer: no line of ours has this sender", nil
	}
	if r.Puzzled {
		charges := b.limits.limits().Puzzle(in.From)
		if no, after := b.limits.count.Take(ctx, charges); no >= 0 {
			b.limits.refused(charges[no].Of, after)
			return "no answer: one was sent to this number today", nil
		}
	}
	l, err := b.out.Send(ctx, texts.Wanted{
		Purpose: p, Cause: cause, Group: in.Group, To: in.From, Language: b.language(in), Answer: r.Answer, Facts: b.facts(in.Group, b.language(in)), Asked: in.At, Lasts: answersFor,
	})
	switch {
	case err == nil, errors.Is(err, texts.ErrTwice):
		return l.Key, nil
	case errors.Is(err, texts.ErrUnwanted), errors.Is(err, texts.ErrNoPhone), errors.Is(err, texts.ErrNoTexts):
		return "no answer: " + err.Error(), nil
	}
	return "", fmt.Errorf("answer a text: %w", err)
}

// language is the one that he wrote in, or chose; a group without it answers in its first.
func (b *inbox) language(in sms.Inbound) string { return cmp.Or(in.Language, "nl") }

// run reads what came before the start, lets texts go once that and the objections are known, and does what was interrupted, until ctx ends.
func (b *inbox) run(ctx context.Context, questions func(context.Context) ([]sms.Entry, error)) {
	for {
		asked, err := questions(ctx)
		if err == nil {
			err = b.learn(ctx, asked, time.Now())
		}
		if err == nil {
			break
		}
		b.log.Warn("which texts came before the start is not known yet: none is sent, and providers are to bring new ones again", "error", err)
		b.alarms.hold("texts-unread", "who wants no texts cannot be read from the store, so that none is sent to anybody: "+err.Error())
		select {
		case <-ctx.Done():
			return
		case <-time.After(learnAgain):
		}
	}
	b.alarms.clear("texts-unread")
	objected := b.objected
	tick := time.NewTicker(learnAgain)
	defer tick.Stop()
	for {
		b.mu.Lock()
		all := b.book.Undone()
		b.mu.Unlock()
		for _, in := range all {
			if err := b.alone(in.Key, func() error { return b.act(ctx, in) }); err != nil && ctx.Err() == nil && !errors.Is(err, errBusy) {
				b.log.Warn("a text that came is not done with, and is looked at again", "from", in.From.Masked(), "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-objected:
			close(b.known)
			objected = nil
		case <-tick.C:
		}
	}
}
