package app

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"wissel"
	"wissel/internal/audio"
	"wissel/internal/message"
)

// restoreMessages puts on air what was live before the restart.
func (a *App) restoreMessages(ctx context.Context) {
	all, err := a.store.NewestMessages(ctx)
	if err != nil {
		a.log.Error("the messages of before the restart cannot be read; callers hear the standing wording", "error", err)
		a.alarms.set("messages", "the outage messages of before the restart could not be read, so callers hear the standing wording: put them live again")
		return
	}
	a.messages.count()
	for _, m := range message.Newest(all) {
		on := &onAir{message: m, clips: map[string]*audio.Clip{}}
		for _, s := range m.Said {
			if s.Sound == "" || !m.Ended.IsZero() {
				continue
			}
			clip, err := a.messages.load(m.Group, s)
			if err != nil {
				a.log.Error("the sound of a live message is lost; callers hear the standing wording", "group", m.Group, "language", s.Lang, "error", err)
				a.alarms.hold(messageAlarm(m.Group)+"/"+s.Lang, string(m.Group)+": the sound of its outage message in language "+s.Lang+" is lost, and callers hear the standing wording: put it live again ("+err.Error()+")")
				continue
			}
			on.clips[s.Lang] = clip
		}
		a.messages.put(on)
	}
	a.watchMessages(time.Now())
}

// load makes a sound ready to be played.
func (m *messages) load(g wissel.GroupID, s wissel.Said) (*audio.Clip, error) {
	wav, err := m.read(s)
	if err != nil {
		return nil, err
	}
	pcm, rate, err := audio.ReadWAV(bytes.NewReader(wav))
	if err != nil {
		return nil, err
	}
	return audio.MakeClip("message/"+string(g)+"/"+s.Lang, pcm, rate), nil
}

// count takes stock of the folder as it was left.
func (m *messages) count() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.files, m.bytes = 0, 0
	for _, info := range m.list() {
		m.files++
		m.bytes += info.Size()
	}
}

// list gives the sounds that there are, the oldest first.
func (m *messages) list() (all []os.FileInfo) {
	entries, err := os.ReadDir(m.dir)
	if err != nil {
		return nil // it is made with the first sound
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			all = append(all, info)
		}
	}
	slices.SortFunc(all, func(a, b os.FileInfo) int {
		return cmp.Or(a.ModTime().Compare(b.ModTime()), cmp.Compare(a.Name(), b.Name()))
	})
	return all
}

// messageRoom makes room for so many sounds and bytes more: the oldest that are not live go.
func (a *App) messageRoom(ctx context.Context, files int, size int64) {
	haveFiles, haveBytes := a.messages.stock()
	if haveFiles+files <= mostMessageSounds && haveBytes+size <= mostMessageBytes {
		return
	}
	live := map[string]bool{}
	for _, on := range *a.messages.air.Load() {
		for _, s := range on.message.Said {
			live[s.Sound] = on.message.Ended.IsZero()
		}
	}
	for _, info := range a.messages.list() {
		if haveFiles, haveBytes = a.messages.stock(); haveFiles+files <= mostMessageSounds && haveBytes+size <= mostMessageBytes || ctx.Err() != nil {
			return
		}
		if live[info.Name()] {
			continue
		}
		if err := a.messages.remove(info.Name()); err != nil {
			a.log.Warn("the sound of an old message cannot be removed", "sound", info.Name(), "error", err)
			continue
		}
		a.messages.gone.Add(1)
		a.log.Warn("the sound of an old message was removed, to make room", "sound", info.Name(), "written", info.ModTime())
	}
}

// messageLost reports whether the sound's file is not there any more.
func (a *App) messageLost(s wissel.Said) bool {
	if s.Sound == "" {
		return false
	}
	_, err := os.Stat(a.messages.path(s.Sound))
	return errors.Is(err, os.ErrNotExist)
}

// messagesEvery is how often it is looked whether an end has passed or an update is overdue.
const messagesEvery = 5 * time.Second

// runMessages looks after the messages that are live, until ctx ends.
func (a *App) runMessages(ctx context.Context) {
	if err := a.sweepMessages(ctx, time.Now()); err != nil && ctx.Err() == nil {
		a.log.Warn("the sounds of messages were not compared with their rows", "error", err)
	}
	tick := time.NewTicker(messagesEvery)
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			a.watchMessages(now)
		case <-ctx.Done():
			return
		}
	}
}

func messageAlarm(g wissel.GroupID) string { return "message/" + string(g) }

// watchMessages raises the alarms of messages that nobody looks after, and takes back those that somebody has.
func (a *App) watchMessages(now time.Time) {
	for g, on := range *a.messages.air.Load() {
		text := message.Alarm(on.message, now, a.zoneOf(g))
		if !a.messages.alarmed(g, text) {
			continue
		}
		if text == "" {
			a.alarms.clear(messageAlarm(g))
			continue
		}
		a.alarms.hold(messageAlarm(g), text)
		a.log.Warn("a message is not looked after", "group", g, "what", text)
		if m := on.message; message.StateOf(m, now) == message.Lapsed && now.Sub(m.Until) < 2*messagesEvery { // it has just passed
			a.decided(wissel.Decision{
				At: now, Kind: wissel.DecidedMessage, Group: g, Object: m.ID, Before: "live", After: "the standing wording", Actor: "wissel",
				Why: "its expected end passed, and nobody moved it or ended it",
			})
		}
	}
}

// alarmed notes what people are told of a group's message, and reports whether that is something else than before.
func (m *messages) alarmed(g wissel.GroupID, text string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.told[g] == text {
		return false
	}
	if m.told == nil {
		m.told = map[wissel.GroupID]string{}
	}
	m.told[g] = text
	return true
}

// sweepMessages removes the sounds that belong to no message: a crash came between the file and the row. While a damaged
// database lies beside the store it removes none: the rows may be in there.
func (a *App) sweepMessages(ctx context.Context, now time.Time) error {
	files := a.messages.list() // before the rows: a file that comes later has its row later
	if len(files) == 0 {
		return nil
	}
	all, err := a.store.Messages(ctx, "", -1)
	if err != nil {
		return err
	}
	if damaged, err := a.store.Damaged(); err != nil || damaged {
		return err
	}
	known := map[string]bool{}
	for _, m := range all {
		for _, s := range m.Said {
			known[s.Sound] = true
		}
	}
	for _, f := range files {
		if known[f.Name()] || now.Sub(f.ModTime()) < orphanFor {
			continue
		}
		if err := a.messages.remove(f.Name()); err != nil {
			return err
		}
		a.log.Warn("a sound that no message tells of was removed", "sound", f.Name(), "written", f.ModTime())
	}
	return nil
}
