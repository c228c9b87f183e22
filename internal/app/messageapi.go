package app

import (
	"context"
	"io"
	"net/http"
	"time"

	"wissel"
	"wissel/internal/message"
	"wissel/internal/web"
	"wissel/prompts"
)

// mostMessagesListed is how many messages a list holds.
const mostMessagesListed = 1000

// Messages lists the newest messages of a group (empty: of all), newest first.
func (a *App) Messages(ctx context.Context, group wissel.GroupID, limit int) ([]web.Message, error) {
	if limit <= 0 {
		limit = 100
	}
	all, err := a.store.Messages(ctx, group, mostMessagesListed)
	if err != nil {
		return nil, web.Faultf(http.StatusServiceUnavailable, "message list", "%v", err)
	}
	now := time.Now()
	out := []web.Message{}
	for _, m := range message.Told(all) {
		if on := a.messages.of(m.Group); on.ID == m.ID {
			m = on // a change of it may still be on its way to the disk
		}
		if out = append(out, a.webMessage(m, now)); len(out) == limit {
			break
		}
	}
	return out, nil
}

// DraftMessage makes a WAV file ready to go live, and keeps it for half an hour.
func (a *App) DraftMessage(_ context.Context, group wissel.GroupID, lang string, wav io.Reader) (web.Draft, error) {
	what := "message " + string(group)
	if err := a.messageFor(what, group, lang); err != nil {
		return web.Draft{}, err
	}
	rec, err := prompts.Read(wav)
	if err != nil {
		return web.Draft{}, web.Faultf(http.StatusUnprocessableEntity, what, "%v", err)
	}
	d, err := a.RecordMessage(group, lang, rec)
	if err != nil {
		return web.Draft{}, err
	}
	a.messages.drafts.drop(nil, time.Now())
	a.messages.drafts.add(d)
	return web.Draft{
		ID: d.ID, Group: group, Language: lang, LengthMS: d.Clip.Duration().Milliseconds(), Loudness: d.Sound.Loudness, Peak: d.Sound.Peak, Gain: d.Sound.Gain,
		BeforeMS: d.Sound.Before.Milliseconds(), AfterMS: d.Sound.After.Milliseconds(), Form: d.Form,
	}, nil
}

// LiveMessage puts drafts live, or only looks what there is to say of them.
func (a *App) LiveMessage(ctx context.Context, r web.MessageRequest, by web.Actor) (web.MessageSet, error) {
	what := "message live " + string(r.Group)
	o := LiveMessage{Group: r.Group, Texts: r.Texts, Keep: r.Keep, Of: a.messages.of(r.Group).ID, Until: r.Until, Next: time.Duration(r.Next) * time.Second, Reason: r.Reason}
	now := time.Now()
	for _, id := range r.Drafts {
		d := a.messages.drafts.find(id, now)
		if d == nil {
			return web.MessageSet{}, web.Faultf(http.StatusGone, what, "a recording is not here any more: one is kept for %v, and the last %d are; record it again", draftFor, mostDrafts)
		}
		o.Drafts = append(o.Drafts, d)
	}
	if !r.Check {
		return a.PutLive(ctx, o, by)
	}
	m, warnings, err := a.plannedMessage(o, by.Who, now)
	if err != nil {
		return web.MessageSet{}, err
	}
	zone := a.zoneOf(r.Group)
	return web.MessageSet{Message: a.webMessage(m, now), Before: messageWords(a.messages.of(r.Group), now, zone), After: messageWords(m, now, zone), Warnings: warnings}, nil
}

// MessageSound gives the sound of a message, live or of before.
func (a *App) MessageSound(ctx context.Context, id, lang string) ([]byte, error) {
	what := "message export " + id
	m, found, err := a.store.Message(ctx, id)
	if err != nil {
		return nil, web.Faultf(http.StatusServiceUnavailable, what, "%v", err)
	}
	s, sound := m.In(lang)
	if !found || !sound {
		return nil, web.Faultf(http.StatusNotFound, what, "there is no sound of it in language %q; `wissel message list` shows those there are", lang)
	}
	wav, err := a.messages.read(s)
	if err != nil {
		return nil, web.Faultf(http.StatusNotFound, what, "its file cannot be used: %v", err)
	}
	return wav, nil
}
