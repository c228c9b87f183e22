package app

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"wissel"
	"wissel/internal/audio"
	"wissel/internal/message"
	"wissel/internal/nearest"
	"wissel/internal/store/sqlite"
	"wissel/internal/web"
	"wissel/prompts"
)

// mostText is how long the text of a message may be, in characters: four times what callers bear.
const mostText = 1000

// A Draft is what was recorded for a message of a group in a language, made ready; no caller hears it yet. It is never changed.
type Draft struct {
	ID    string
	Group wissel.GroupID
	Lang  string
	Form  string         // of what was recorded: "A-law, 8000 Hz, mono"
	Sound audio.Mastered // what was done to it
	Clip  *audio.Clip    // what callers would hear
	wav   []byte
	made  time.Time
}

// LiveMessage is a message that is to go live.
type LiveMessage struct {
	Group  wissel.GroupID
	Drafts []*Draft          // one for each language
	Keep   []string          // languages that go on with what they have of the message Of
	Of     string            // id of the message that counts now, for Keep
	Texts  map[string]string // what is said, by language; may be empty
	Until  time.Time         // its expected end; zero: none said
	Next   time.Duration     // until its next update is due; 0: half an hour
	Reason string
}

// RecordMessage makes a recording ready to go live: what somebody said on a telephone (audio.Sound's Recording), or a file
// (prompts.Read). Both are cut, levelled and judged alike, as a prompt is; the error says why it cannot be used. It takes about
// a second of a core for a minute of sound, and waits for others: never on a call's own goroutine.
func (a *App) RecordMessage(group wissel.GroupID, lang string, rec audio.Recording) (*Draft, error) {
	what := "message " + string(group)
	if err := a.messageFor(what, group, lang); err != nil {
		return nil, err
	}
	if d := rec.Duration(); d > prompts.MaxClip {
		return nil, web.Faultf(http.StatusUnprocessableEntity, what, "it lasts %v, and may last %v", d.Round(time.Second), prompts.MaxClip)
	}
	a.messages.drafts.made.Lock()
	defer a.messages.drafts.made.Unlock()
	m, wav, err := prompts.Ready(rec)
	if err != nil {
		return nil, web.Faultf(http.StatusUnprocessableEntity, what, "%v", err)
	}
	d := &Draft{ID: sqlite.NewID(), Group: group, Lang: lang, Form: rec.Form, Sound: m, wav: wav, made: time.Now()}
	d.Clip = audio.MakeClip("message/"+string(group)+"/"+lang, m.PCM, audio.PromptRate)
	d.Sound.PCM = nil // it is in the file
	return d, nil
}

// messageFor says what is wrong with a group, or with a language of its callers.
func (a *App) messageFor(what string, group wissel.GroupID, langs ...string) error {
	s := a.routing.Snapshot()
	if s.Groups[group] == nil {
		return web.Faultf(http.StatusNotFound, what, "there is no group %q%s", group, nearest.Suggest(string(group), keys(s.Groups)))
	}
	known := a.settings.Load().sounds.Languages()
	for _, l := range langs {
		if !slices.Contains(known, l) {
			return web.Faultf(http.StatusBadRequest, what, "%q is no language that callers hear; there are %s", l, strings.Join(known, ", "))
		}
	}
	return nil
}

// plannedMessage is a message that could go live now, and what there is to say of it.
func (a *App) plannedMessage(o LiveMessage, who string, now time.Time) (m wissel.Message, warnings []string, err error) {
	what := "message live " + string(o.Group)
	refuse := func(why string, args ...any) (wissel.Message, []string, error) {
		return m, nil, web.Faultf(http.StatusBadRequest, what, why, args...)
	}
	if err := a.messageFor(what, o.Group, slices.Sorted(maps.Keys(o.Texts))...); err != nil {
		return m, nil, err
	}
	if err := giveReason(what, o.Reason, afterYou); err != nil {
		return m, nil, err
	}
	if len(o.Drafts) == 0 {
		return refuse("it has no sound, so that nobody would hear it; record it in one language at least")
	}
	m = wissel.Message{Row: a.store.Stamp(wissel.Row{}), Group: o.Group, Until: o.Until, Who: who, Why: strings.TrimSpace(o.Reason), Live: now}
	if before := a.messages.of(o.Group); m.Generation <= before.Generation { // the clock was set back
		m.Generation = before.Generation + 1
	}
	said := map[string]wissel.Said{}
	for lang, text := range o.Texts {
		if n := utf8.RuneCountInString(text); n > mostText {
			return refuse("the text in %s has %d characters, and may have %d", lang, n, mostText)
		}
		if text = strings.TrimSpace(text); text != "" {
			said[lang] = wissel.Said{Lang: lang, Text: text}
		}
	}
	for _, d := range o.Drafts {
		one := said[d.Lang]
		switch {
		case d.Group != o.Group:
			return refuse("a recording was made for group %s", d.Group)
		case one.Sound != "":
			return refuse("it has two recordings in %s", d.Lang)
		}
		one.Lang, one.Sound, one.Sum, one.Length = d.Lang, m.ID+"."+d.Lang+".wav", sumOfSound(d.wav), d.Clip.Duration()
		said[d.Lang] = one
	}
	for _, lang := range o.Keep {
		before := a.messages.of(o.Group)
		one, sound := before.In(lang)
		switch {
		case before.ID != o.Of || !message.Heard(before, lang, now):
			return m, nil, web.Faultf(http.StatusConflict, what, "there is no message in %s that callers hear and that could go on, or another went live meanwhile; hear what there is now", lang)
		case !sound || said[lang].Sound != "":
			return refuse("it keeps what there is in %s, and has another recording for it", lang)
		}
		one.Since = message.Since(before, lang, now)
		said[lang] = one // the file is that of the message before: what a live message names is never removed
	}
	for _, lang := range slices.Sorted(maps.Keys(said)) {
		m.Said = append(m.Said, said[lang])
	}
	if m.Next, warnings, err = message.Plan(o.Until, o.Next, now); err != nil {
		return refuse("%v", err)
	}
	before := a.messages.of(o.Group)
	for _, lang := range o.Keep {
		warnings = append(warnings, a.contradicts(said[lang], before, m.Until)...)
	}
	return m, append(warnings, a.messageManners(m, now)...), nil
}

// contradicts warns of a text that stays, and speaks of a time that the new end of its message contradicts.
func (a *App) contradicts(s wissel.Said, before wissel.Message, until time.Time) []string {
	since := s.Since // of what was kept before
	if since.IsZero() {
		since = before.Live
	}
	if wrong := message.Contradicts(s, a.settings.Load().sounds.Tone(s.Lang), before.Until, until, since.In(a.zoneOf(before.Group))); wrong != "" {
		return []string{wrong}
	}
	return nil
}

// PutLive makes a message what the next caller of its group hears, for good (it survives a restart): its sound is on disk before
// its row, and its row before anybody hears it. When either cannot be written it is refused, and the former stays. Who hears the
// former now hears it to its end. It waits for the disk.
func (a *App) PutLive(ctx context.Context, o LiveMessage, by web.Actor) (web.MessageSet, error) {
	what := "message live " + string(o.Group)
	end, err := a.messages.begin(ctx, what)
	if err != nil {
		return web.MessageSet{}, err
	}
	defer end()
	now := time.Now()
	before := a.messages.of(o.Group)
	m, warnings, err := a.plannedMessage(o, by.Who, now)
	if err != nil {
		return web.MessageSet{}, err
	}
	on := &onAir{message: m, clips: map[string]*audio.Clip{}}
	for _, lang := range o.Keep {
		if c := a.messages.on(o.Group).clips[lang]; c != nil { // else its file was lost, with an alarm
			on.clips[lang] = c
		}
	}
	size := 0
	for _, d := range o.Drafts {
		on.clips[d.Lang] = d.Clip
		size += len(d.wav)
	}
	keep, cancel := keeping(ctx)
	defer cancel()
	a.messageRoom(keep, len(o.Drafts), int64(size))
	if err := a.keepMessage(keep, m, o.Drafts); err != nil {
		stays := "callers go on hearing the standing wording"
		if message.StateOf(before, now) == message.Live {
			stays = "the message of " + wissel.Moment(before.Live) + " stays live"
		}
		return web.MessageSet{}, web.Faultf(http.StatusInsufficientStorage, what, "it could not be written, so it is not live: %v; %s", err, stays)
	}
	a.messages.put(on)
	a.messages.drafts.drop(o.Drafts, now)
	return a.messageSet(keep, "live", before, m, warnings, by), nil
}

// keepMessage writes the sounds and then the row, or leaves nothing of either.
func (a *App) keepMessage(ctx context.Context, m wissel.Message, ds []*Draft) (err error) {
	defer func() {
		if err == nil {
			return
		}
		for _, d := range ds { // what is kept of the message before stays
			s, _ := m.In(d.Lang)
			if gone := a.messages.remove(s.Sound); gone != nil {
				a.log.Warn("the sound of a message that did not go live stays", "sound", s.Sound, "error", gone)
			}
		}
	}()
	for _, d := range ds {
		s, _ := m.In(d.Lang)
		if err := a.messages.write(s.Sound, d.wav); err != nil {
			return err
		}
	}
	return a.store.MessageLive(ctx, m)
}

// ExtendMessage moves the end of a message, or says that it still holds: when the next update is due begins anew. until zero
// leaves the end as it is.
func (a *App) ExtendMessage(ctx context.Context, r web.MessageRequest, by web.Actor) (web.MessageSet, error) {
	what := "message extend " + string(r.Group)
	return a.changeMessage(ctx, what, r, by, func(m wissel.Message, now time.Time) (wissel.Message, []string, error) {
		if !r.Until.IsZero() {
			if message.StateOf(m, now) == message.Lapsed {
				m.Again = now
			}
			m.Until = r.Until
		}
		var stale []string
		for _, s := range m.Said {
			stale = append(stale, a.contradicts(s, a.messages.of(r.Group), m.Until)...)
		}
		due, warnings, err := message.Plan(m.Until, time.Duration(r.Next)*time.Second, now)
		if err != nil {
			return m, nil, web.Faultf(http.StatusBadRequest, what, "%v", err)
		}
		m.Next = due
		return m, slices.Concat(stale, warnings, a.messageManners(m, now)), nil
	})
}

// EndMessage lets callers hear the standing wording again.
func (a *App) EndMessage(ctx context.Context, r web.MessageRequest, by web.Actor) (web.MessageSet, error) {
	return a.changeMessage(ctx, "message end "+string(r.Group), r, by, func(m wissel.Message, now time.Time) (wissel.Message, []string, error) {
		m.Ended, m.By = now, by.Who
		return m, nil, nil
	})
}

// changeMessage changes the message of a group: at once, and on disk as soon as it can be.
func (a *App) changeMessage(ctx context.Context, what string, r web.MessageRequest, by web.Actor, change func(wissel.Message, time.Time) (wissel.Message, []string, error)) (web.MessageSet, error) {
	if err := giveReason(what, r.Reason, afterYou); err != nil {
		return web.MessageSet{}, err
	}
	end, err := a.messages.begin(ctx, what)
	if err != nil {
		return web.MessageSet{}, err
	}
	defer end()
	now := time.Now()
	on := a.messages.on(r.Group)
	if on == nil || !on.message.Ended.IsZero() {
		if err := a.messageFor(what, r.Group); err != nil {
			return web.MessageSet{}, err
		}
		return web.MessageSet{}, web.Faultf(http.StatusConflict, what, "no message of this group is live")
	}
	if r.Of != "" && r.Of != on.message.ID {
		return web.MessageSet{}, web.Faultf(http.StatusConflict, what, "another message went live meanwhile; hear what there is now")
	}
	m, warnings, err := change(on.message, now)
	if err != nil {
		return web.MessageSet{}, err
	}
	m.Changes++
	a.messages.put(&onAir{message: m, clips: on.clips})
	keep, cancel := keeping(ctx)
	defer cancel()
	kept := a.store.MessageChanged(keep, m)
	m.Why = r.Reason // of this change, for its rows
	done := a.messageSet(keep, strings.Fields(what)[1], on.message, m, warnings, by)
	done.Message.Reason = on.message.Why
	if kept != nil {
		done.Notes = append(done.Notes, "in force, but not on disk: until the store is well, a restart would forget it ("+kept.Error()+")")
	}
	return done, nil
}

// messageSet tells what a change made of a group's message, in the audit log, among the decisions, and to who asked.
func (a *App) messageSet(ctx context.Context, deed string, before, m wissel.Message, warnings []string, by web.Actor) web.MessageSet {
	now := time.Now()
	done := web.MessageSet{Message: a.webMessage(m, now), Before: messageWords(before, now, a.zoneOf(m.Group)), After: messageWords(m, now, a.zoneOf(m.Group)), Warnings: warnings}
	a.decided(wissel.Decision{At: now, Kind: wissel.DecidedMessage, Group: m.Group, Object: m.ID, Before: done.Before, After: done.After, Actor: by.Who, Why: m.Why})
	if err := a.audit(ctx, by, "message-"+deed, string(m.Group), m.Why, done.Before, done.After); err != nil {
		done.Notes = append(done.Notes, "the audit row could not be written ("+err.Error()+")")
	}
	a.watchMessages(now)
	a.texter.Changed()
	a.statusPages.Changed()
	return done
}

// messageWords says what a message is without saying it: "live (019a…) until Wed 3 Jun 16:00: nl 12s 4f2a…, text of 80 characters 9c1d…".
func messageWords(m wissel.Message, now time.Time, zone *time.Location) string {
	if m.ID == "" {
		return "none"
	}
	var said []string
	for _, s := range m.Said {
		one := s.Lang
		if s.Sound != "" {
			one += fmt.Sprintf(" %v %.16s", s.Length.Round(100*time.Millisecond), s.Sum)
		}
		if s.Text != "" {
			one += fmt.Sprintf(", text of %d characters %.16s", utf8.RuneCountInString(s.Text), sumOfSound([]byte(s.Text)))
		}
		said = append(said, one)
	}
	text := string(message.StateOf(m, now)) + " (" + m.ID + ")"
	if !m.Until.IsZero() {
		text += " until " + m.Until.In(zone).Format("Mon 2 Jan 15:04")
	}
	return text + ": " + strings.Join(said, "; ")
}
