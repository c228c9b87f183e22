package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"wissel"
	"wissel/internal/audio"
	"wissel/internal/message"
	"wissel/internal/web"
	"wissel/ivr"
)

// The sounds of outage messages in the store's folder, and how much of them there may be. When there is more, the oldest that is
// not live goes: a new message matters more than the sound of an old one, whose row stays.
const (
	messagesFolder    = "messages"
	mostMessageSounds = 1000
	mostMessageBytes  = 1 << 30
)

// messages is what the callers of each group hear about its outage, from memory. Whoever changes it holds change while disks are
// waited for; callers read what is on air and wait for nothing.
type messages struct {
	dir    string
	log    *slog.Logger
	change chan struct{}                             // holds one while somebody changes something
	air    atomic.Pointer[map[wissel.GroupID]*onAir] // replaced whole, never changed
	drafts drafts
	gone   atomic.Uint64 // sounds of old messages that had to make room

	mu    sync.Mutex
	files int
	bytes int64
	told  map[wissel.GroupID]string // what people are told of a group's message now
}

// onAir is the message of a group that counts, live or not, with its sound by language.
type onAir struct {
	message wissel.Message
	clips   map[string]*audio.Clip
}

func newMessages(store string, log *slog.Logger) *messages {
	m := &messages{dir: filepath.Join(store, messagesFolder), log: log, change: make(chan struct{}, 1)}
	m.air.Store(&map[wissel.GroupID]*onAir{})
	return m
}

// begin waits until nobody else changes a message, and gives what ends the change. It waits no longer than for a disk: whoever has
// it may be held by one that hangs, and would take everybody who comes after with him.
func (m *messages) begin(ctx context.Context, what string) (end func(), err error) {
	soon, cancel := context.WithTimeout(ctx, keepFor)
	defer cancel()
	select {
	case m.change <- struct{}{}:
		return func() { <-m.change }, nil
	case <-soon.Done():
		return nil, web.Faultf(http.StatusServiceUnavailable, what, "another change of a message is not on disk yet, and is waited for; nothing was changed: try again, and look whether the disk hangs")
	}
}

// of gives the message of a group that counts; its id is empty when there never was one.
func (m *messages) of(g wissel.GroupID) wissel.Message {
	if on := m.on(g); on != nil {
		return on.message
	}
	return wissel.Message{}
}

// on is nil where there never was a message; a nil messages has none.
func (m *messages) on(g wissel.GroupID) *onAir {
	if m == nil {
		return nil
	}
	return (*m.air.Load())[g]
}

// put makes a message the one that counts in its group. Who hears the former hears it to its end: no clip is ever changed.
func (m *messages) put(on *onAir) {
	next := maps.Clone(*m.air.Load())
	next[on.message.Group] = on
	m.air.Store(&next)
}

// clip is what callers hear now in the place of the standing wording; nil: the standing wording.
func (on *onAir) clip(lang string, now time.Time) *audio.Clip {
	if on == nil || lang == "" || !message.Heard(on.message, lang, now) {
		return nil
	}
	return on.clips[lang]
}

// facts are what flows may ask of it.
func (m *messages) facts(g wissel.GroupID, lang string, now time.Time) ivr.MessageFacts {
	one := m.of(g)
	return ivr.MessageFacts{Live: message.Heard(one, lang, now), Age: message.Age(one, lang, now), Since: message.Since(one, lang, now)}
}

// stock is how many sounds there are, and their bytes.
func (m *messages) stock() (files int, bytes int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.files, m.bytes
}

// path of a sound; its name is one of our own making, and never leads out of the folder.
func (m *messages) path(name string) string { return filepath.Join(m.dir, filepath.Base(name)) }

// write puts a sound on disk whole, or not at all.
func (m *messages) write(name string, wav []byte) error {
	if err := os.MkdirAll(m.dir, 0o700); err != nil {
		return fmt.Errorf("make the folder of messages: %w", err)
	}
	err := writeWhole(m.path(name), func(f *os.File) error {
		_, err := f.Write(wav)
		return err
	})
	if err != nil {
		return fmt.Errorf("write the sound: %w", err)
	}
	m.mu.Lock()
	m.files, m.bytes = m.files+1, m.bytes+int64(len(wav))
	m.mu.Unlock()
	return nil
}

// remove takes a sound away; one that is gone already is as well.
func (m *messages) remove(name string) error {
	info, err := os.Stat(m.path(name))
	if err == nil {
		err = os.Remove(m.path(name))
	}
	if err == nil {
		m.mu.Lock()
		m.files, m.bytes = m.files-1, m.bytes-info.Size()
		m.mu.Unlock()
	}
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// read gives a sound, if it is still the one that was written.
func (m *messages) read(s wissel.Said) ([]byte, error) {
	wav, err := os.ReadFile(m.path(s.Sound))
	if err != nil {
		return nil, err
	}
	if sumOfSound(wav) != s.Sum {
		return nil, fmt.Errorf("%s is not what was recorded", s.Sound)
	}
	return wav, nil
}

func sumOfSound(wav []byte) string {
	sum := sha256.Sum256(wav)
	return hex.EncodeToString(sum[:])
}

// drafts are the sounds that wait to go live. The oldest goes when there are too many.
type drafts struct {
	mu   sync.Mutex
	all  []*Draft
	made sync.Mutex // one recording is made ready at a time: it takes a core and memory
}

const (
	mostDrafts = 8
	draftFor   = 30 * time.Minute
)

func (d *drafts) add(one *Draft) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all = append(d.all, one)
	d.all = d.all[max(0, len(d.all)-mostDrafts):]
}

func (d *drafts) find(id string, now time.Time) *Draft {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, one := range d.all {
		if one.ID == id && now.Sub(one.made) < draftFor {
			return one
		}
	}
	return nil
}

// drop forgets drafts that are live now, and those that nobody came back for.
func (d *drafts) drop(used []*Draft, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var left []*Draft
	for _, one := range d.all {
		live := false
		for _, u := range used {
			live = live || u == one
		}
		if !live && now.Sub(one.made) < draftFor {
			left = append(left, one)
		}
	}
	d.all = left
}
