package app

import (
	"log/slog"
	"slices"
	"testing"
	"time"

	"wissel/internal/audio"
	"wissel/internal/virtual"
	"wissel/ivr"
)

// withAddress are clips in which the operator has said where the public page is, in Dutch.
type withAddress struct {
	clips
	long time.Duration
}

func (w withAddress) Duration(lang, id string) time.Duration {
	if id == PageAddress && lang == "nl" {
		return w.long
	}
	return w.clips.Duration(lang, id)
}

func (w withAddress) Clips(ps []ivr.Prompt) []*audio.Clip {
	if len(ps) == 1 && ps[0].ID == PageAddress {
		return []*audio.Clip{audio.MakeClip("address", audio.Tone(w.long, 8000, -20, 500), 8000)}
	}
	return w.clips.Clips(ps)
}

func TestWhereThePageIsIsSaidOnceInACall(t *testing.T) {
	for _, row := range []struct {
		name    string
		live    bool
		long    time.Duration
		behind  string // what it is heard behind; empty: it is not heard
		another string // what he hears when he asks to hear it again
	}{
		{"behind the standing wording", false, 4 * time.Second, "nl/outage.message", "nl/outage.message"},
		{"behind a message", true, 4 * time.Second, "message", "message"},
		{"nobody recorded it", true, 0, "", "message"},
		{"a long speech", true, 11 * time.Second, "", "message"},
	} {
		t.Run(row.name, func(t *testing.T) {
			virtual.Time(t, func(t *testing.T) {
				h, a := attendIn(t, &slowStore{})
				shipped := a.clips
				a.clips = func() clips { return withAddress{shipped(), row.long} }
				a.messages = newMessages(t.TempDir(), slog.New(slog.DiscardHandler))
				if row.live {
					a.messages.put(spokenMessage(1, 6*time.Second, time.Time{}))
				}
				h.x.Begin()
				h.hears(t, "nl/menu.text")
				at := slices.Index(h.heard, "address")
				if (at > 0) != (row.behind != "") || at > 0 && h.heard[at-1] != row.behind {
					t.Errorf("heard %v", h.heard)
				}
				h.x.Digit('3') // again
				if last := h.heard[len(h.heard)-1]; last != row.another {
					t.Errorf("he who asks to hear it again hears %v", h.heard)
				}
			})
		})
	}
}
