package sqlite

import (
	"testing"
	"time"

	"wissel"
)

func TestWhenARecordingWasHeardAndRemoved(t *testing.T) {
	s, stop := start(t, t.TempDir())
	defer stop()
	for _, w := range []wissel.Wish{{Row: wissel.Row{ID: "a"}, Recording: "a.wav", Length: 4 * time.Second}, {Row: wissel.Row{ID: "b"}, Recording: "b.wav"}, {Row: wissel.Row{ID: "c"}}} {
		done := make(chan error, 1)
		s.Wish(w, func(err error) { done <- err })
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	at := time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)
	for _, err := range []error{s.Heard(t.Context(), "a", at), s.Heard(t.Context(), "a", at.Add(time.Hour)), s.Removed(t.Context(), "a", at.Add(2*time.Hour)), s.Removed(t.Context(), "a", at.Add(3*time.Hour))} {
		if err != nil {
			t.Fatal(err)
		}
	}
	all, err := s.Spoken(t.Context(), 10)
	if err != nil || len(all) != 2 || all[0].ID != "b" || !all[0].Heard.IsZero() || !all[1].Heard.Equal(at) || !all[1].Removed.Equal(at.Add(2*time.Hour)) || all[1].Length != 4*time.Second {
		t.Errorf("%+v, %v", all, err)
	}
	if names, err := s.Recordings(t.Context()); err != nil || len(names) != 1 || !names["b.wav"] {
		t.Errorf("%v, %v", names, err)
	}
	if w, found, err := s.SpokenOf(t.Context(), "b"); !found || err != nil || w.Recording != "b.wav" {
		t.Errorf("%+v, %v, %v", w, found, err)
	}
	if _, found, err := s.SpokenOf(t.Context(), "c"); found || err != nil {
		t.Errorf("a wish without a sound: %v, %v", found, err)
	}
}
