package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"wissel"
	"wissel/internal/callbacks"
	"wissel/internal/number"
	"wissel/internal/sms"
	"wissel/internal/texts"
)

const (
	askWithin   = time.Hour   // after a callback was done its caller is asked whether it helped; a start looks back as far
	routesEvery = time.Minute // between two looks whether a text reached a sender
)

// asker asks those who were called back whether that helped, where the settings of their group want it. As with all texts it is not
// remembered who was asked but looked who has a question: a start that does not know how far the last run came asks nobody twice.
type asker struct {
	app    *App
	asked  map[string]bool // callbacks of the last hour that are settled
	routes map[string]bool // senders that a text to them reached us at
	looked time.Time       // when they were read
}

// look asks whoever is to be asked now. It is called each second, by one goroutine.
func (k *asker) look(ctx context.Context, now time.Time) {
	a := k.app
	groups := a.settings.Load().file.Texts.Groups
	a.promises.mu.Lock()
	done := a.promises.book.Done(now.Add(-askWithin))
	a.promises.mu.Unlock()
	asked := map[string]bool{}
	for _, one := range done {
		g := groups[one.Group]
		if g == nil || !g.Solved {
			continue
		}
		asked[one.ID] = k.asked[one.ID] || k.ask(ctx, one, g.Sender, now)
	}
	k.asked = asked
}

// ask writes the question to one, and reports whether that is settled: he has it, or is not to have it.
func (k *asker) ask(ctx context.Context, one callbacks.Callback, sender string, now time.Time) bool {
	a := k.app
	if one.Number == "" || one.Hidden || one.Apart || !a.canText(one) {
		return true
	}
	alarm := "texts-solved/" + string(one.Group)
	if !k.reaches(ctx, sender, now) {
		a.alarms.set(alarm, fmt.Sprintf("%s: nobody is asked whether a callback helped, since no text to %s was shown to reach us: send one to it from any telephone", one.Group, sender))
		return false
	}
	w := texts.Wanted{
		Purpose: sms.Solved, Cause: one.ID, Group: one.Group, To: one.Number, Language: one.Language, Asked: one.Latest, Answers: true,
		Facts: a.textFacts(one.Group, one.Language, one.Number, false),
	}
	switch _, err := a.texter.texts.Send(ctx, w); {
	case err == nil, errors.Is(err, texts.ErrTwice):
		a.alarms.clear(alarm)
	case errors.Is(err, texts.ErrUnwanted), errors.Is(err, texts.ErrNoPhone), errors.Is(err, texts.ErrNoTexts):
	default:
		a.alarms.set(alarm, fmt.Sprintf("%s: the question whether a callback helped cannot be written, and is tried again: %v", one.Group, err))
		return false
	}
	return true
}

// reaches reports whether a text to a sender was shown to reach us.
func (k *asker) reaches(ctx context.Context, sender string, now time.Time) bool {
	if n, err := number.Parse(sender, k.app.routing.Snapshot().Country); err == nil {
		sender = string(n)
	}
	if k.routes[sender] || now.Sub(k.looked) < routesEvery {
		return k.routes[sender]
	}
	all, err := k.app.store.TextRoutes(ctx)
	if err != nil {
		return false
	}
	k.looked, k.routes = now, map[string]bool{}
	for _, r := range all {
		k.routes[r.Number] = true
	}
	return k.routes[sender]
}

// unhelpedAlarm is the key of the alarm that callers of a group were not helped by a callback.
func unhelpedAlarm(g wissel.GroupID) string { return "callbacks-unhelped-" + string(g) }

// unhelpedWords tell the lead of callbacks that did not help. They stay until none of them is owed any more.
func unhelpedWords(g wissel.GroupID, ids ...string) string {
	const most = 3
	some := strings.Join(ids[:min(most, len(ids))], ", ")
	if len(ids) > most {
		some += " and more"
	}
	return fmt.Sprintf("%d callers of group %s texted that a callback did not help; they are owed another, before all others: %s (`wissel callbacks list %s`)", len(ids), g, some, g)
}
