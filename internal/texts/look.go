package texts

import (
	"slices"
	"time"

	"wissel"
	"wissel/internal/sms"
)

// Lines are the providers, by name.
func (t *Texts) Lines() (all []LineInfo) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for name, l := range t.lines {
		info := l.info
		info.Breaker, info.Lane = t.queue.Breaker(name), l.Lane
		if s, ok := l.Provider.(interface {
			State() (well bool, why string)
		}); ok {
			if well, why := s.State(); !well {
				info.Fault = why
			}
		}
		all = append(all, info)
	}
	slices.SortFunc(all, func(a, b LineInfo) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return all
}

// Group gives the settings of a group's texts; nil: it has none.
func (t *Texts) Group(id wissel.GroupID) *Group {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.groups[id]
}

// Tariffs are those of a provider.
func (t *Texts) Tariffs(provider string) sms.Tariffs {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l := t.lines[provider]; l != nil {
		return l.Tariffs
	}
	return nil
}

// Find gives a text by its key, as it is now.
func (t *Texts) Find(key string) (sms.Entry, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.queue.Entry(key)
}

// Progress is how far the texts of each cause that were news have come, newest first.
func (t *Texts) Progress() []sms.Progress {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.queue.Progress()
}

// Counts is how many texts are in each stage, of those that are kept in memory.
func (t *Texts) Counts() map[sms.Stage]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.queue.Counts()
}

// Paused are the groups whose texts are held; the empty one is all.
func (t *Texts) Paused() []wissel.GroupID {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.queue.Paused()
}

// Pause holds the texts of a group (empty: of all), but for those that answer what somebody did a moment ago.
func (t *Texts) Pause(g wissel.GroupID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.queue.Pause(g)
}

// Resume lets them go again.
func (t *Texts) Resume(g wissel.GroupID) {
	t.mu.Lock()
	t.queue.Resume(g, time.Now())
	t.mu.Unlock()
	t.wake()
}

// Drop takes back the texts that match and that no provider has: they are not wanted any more.
func (t *Texts) Drop(match func(sms.Letter) bool, why string) int {
	t.mu.Lock()
	all := t.queue.Drop(match, why, time.Now())
	t.mu.Unlock()
	for _, e := range all {
		t.ended(e)
	}
	t.wake()
	return len(all)
}

// Mark is that of a provider's settings; empty: there is no such provider.
func (t *Texts) Mark(provider string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l := t.lines[provider]; l != nil {
		return l.Mark
	}
	return ""
}
