package app

import (
	"bytes"
	"log/slog"
	"slices"
	"testing"
	"time"

	"wissel"
	"wissel/internal/audio"
	"wissel/internal/message"
	"wissel/internal/virtual"
	"wissel/sip"
)

// spokenMessage is a message of the group support in Dutch, of so long.
func spokenMessage(gen uint64, long time.Duration, until time.Time) *onAir {
	m := wissel.Message{
		Row: wissel.Row{ID: "m", Generation: gen}, Group: "support", Live: time.Now(), Until: until, Next: time.Now().Add(30 * time.Minute),
		Said: []wissel.Said{{Lang: "nl", Sound: "m.nl.wav", Length: long}},
	}
	clip := audio.MakeClip("message", audio.Tone(long, 8000, -20, 300+100*float64(gen)), 8000)
	return &onAir{m, map[string]*audio.Clip{"nl": clip}}
}

// another is one more caller of the same server.
func another(t *testing.T, a *attendant, from wissel.Number) *host {
	t.Helper()
	h := &host{wakes: map[int]time.Time{}, posted: make(chan func(), 8)}
	var err error
	if h.x, err = a.Attend(sip.AttendedCall{Call: aCall, Group: "support", Flow: "storing", From: from, Rung: "+31201234567"}, h); err != nil {
		t.Fatal(err)
	}
	return h
}

// One listens, the message changes, and he hears the former to its end; the next caller hears the new one, and when its end has
// passed the standing wording; one in a language without a sound hears that at once.
func TestTheMessageChangesWhileItBurns(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		first, a := attendIn(t, &slowStore{})
		a.messages = newMessages(t.TempDir(), slog.New(slog.DiscardHandler))
		old := spokenMessage(1, 6*time.Second, time.Time{})
		a.messages.put(old)
		was := bytes.Clone(old.clips["nl"].Bytes[audio.ALaw])
		first.x.Begin()
		first.hears(t, "message")
		if slices.Contains(first.heard, "nl/outage.message") || !slices.Contains(first.heard, "nl/outage.welcome") {
			t.Fatalf("heard %v", first.heard)
		}
		until := time.Now().Add(10 * time.Minute)
		young := spokenMessage(2, 4*time.Second, until)
		a.messages.put(young) // he is in the middle of the old one
		if last := first.clips[len(first.clips)-1]; last != old.clips["nl"] || !bytes.Equal(last.Bytes[audio.ALaw], was) {
			t.Error("what he hears changed under him")
		}
		played, began := len(first.clips), time.Now()
		first.next() // the clips are out
		if len(first.clips) == played || time.Since(began) < old.clips["nl"].Duration() {
			t.Errorf("he heard %v of %v", time.Since(began), old.clips["nl"].Duration())
		}
		first.hears(t, "nl/menu.text")
		first.x.Digit('3') // again
		if last := first.clips[len(first.clips)-1]; last != young.clips["nl"] {
			t.Errorf("he who asks to hear it again hears %s", last.Name)
		}

		second := another(t, a, "+31612345679")
		second.x.Begin()
		second.hears(t, "message")
		if last := second.clips[len(second.clips)-1]; last != young.clips["nl"] {
			t.Error("the next caller does not hear the new one")
		}
		english := another(t, a, "+447700900123")
		english.x.Begin()
		english.hears(t, "en/outage.message")

		<-time.After(time.Until(until))
		third := another(t, a, "+31612345670")
		third.x.Begin()
		third.hears(t, "nl/outage.message")
		for _, h := range []*host{first, second, english, third} {
			h.x.Hangup()
		}
	})
}

// In a crowd a message follows the short wording, when both are said in 15 s.
func TestAMessageInACrowd(t *testing.T) {
	for _, row := range []struct {
		name  string
		long  time.Duration
		heard bool
	}{
		{"short enough", 4 * time.Second, true},
		{"too long: the short wording alone", 12 * time.Second, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			virtual.Time(t, func(t *testing.T) {
				_, a := attendIn(t, &slowStore{})
				a.messages = newMessages(t.TempDir(), slog.New(slog.DiscardHandler))
				a.messages.put(spokenMessage(1, row.long, time.Time{}))
				a.crowd = func() bool { return true }
				h := another(t, a, "+31612345678")
				h.x.Begin()
				h.hears(t, "nl/menu.text")
				var all time.Duration
				for _, c := range h.clips[:slices.Index(h.heard, "nl/menu.text")] {
					all += c.Duration()
				}
				if got := slices.Contains(h.heard, "message"); got != row.heard || !slices.Contains(h.heard, "nl/outage.short") || all > message.Briefly {
					t.Errorf("heard %v until the choice, %v", all, h.heard)
				}
				h.x.Hangup()
			})
		})
	}
}

func TestWhatAFlowMayAskOfAMessage(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		m := newMessages(t.TempDir(), slog.New(slog.DiscardHandler))
		if f := m.facts("support", "nl", time.Now()); f.Live || f.Age != 0 || !f.Since.IsZero() {
			t.Errorf("before there was one: %+v", f)
		}
		began := time.Now()
		m.put(spokenMessage(1, time.Second, began.Add(time.Hour)))
		<-time.After(12*time.Minute + time.Second)
		if f := m.facts("support", "nl", time.Now()); !f.Live || f.Age != 12 || !f.Since.Equal(began) {
			t.Errorf("live: %+v", f)
		}
		if f := m.facts("support", "en", time.Now()); f.Live || !f.Since.IsZero() {
			t.Errorf("in a language without a sound: %+v", f)
		}
		<-time.After(time.Hour)
		if f := m.facts("support", "nl", time.Now()); f.Live || f.Age != 0 || !f.Since.Equal(began.Add(time.Hour)) {
			t.Errorf("past its end: %+v", f)
		}
		var none *messages
		if f := none.facts("support", "nl", time.Now()); f.Live {
			t.Errorf("none: %+v", f)
		}
	})
}

func TestDraftsAreBounded(t *testing.T) {
	now := time.Now()
	var d drafts
	for i := range mostDrafts + 1 {
		d.add(&Draft{ID: string(rune('a' + i)), made: now})
	}
	if d.find("a", now) != nil || d.find("b", now) == nil || len(d.all) != mostDrafts {
		t.Errorf("%d drafts; the oldest must go", len(d.all))
	}
	if d.find("b", now.Add(draftFor)) != nil {
		t.Error("one is found that nobody came back for")
	}
	d.drop([]*Draft{d.find("b", now)}, now)
	if d.find("b", now) != nil || len(d.all) != mostDrafts-1 {
		t.Errorf("%d drafts", len(d.all))
	}
	d.drop(nil, now.Add(draftFor))
	if len(d.all) != 0 {
		t.Errorf("%d drafts after their time", len(d.all))
	}
}
