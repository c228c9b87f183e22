package app

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/internal/store/sqlite"
)

// swept is a server's part that looks after recordings, with a store that runs.
func swept(t *testing.T) *App {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	dir := t.TempDir()
	store, err := sqlite.Open(t.Context(), sqlite.DefaultSettings(dir), "node1", log)
	if err != nil {
		t.Fatal(err)
	}
	a := &App{log: log, store: store, voices: newRecordings(dir, log)}
	runs(t, store.Run)
	runs(t, func(ctx context.Context) error { a.voices.run(ctx); return nil }) // it ends first
	return a
}

func TestARecordingThatNoWishTellsOfIsRemovedAfterADay(t *testing.T) {
	a := swept(t)
	for _, name := range []string{"kept.wav", "crash.wav", "crash.wav.part"} {
		done := make(chan error, 1)
		a.voices.keep(name, said(time.Second), func(err error) { done <- err })
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan error, 1)
	a.store.Wish(wissel.Wish{Row: wissel.Row{ID: "kept"}, Recording: "kept.wav"}, func(err error) { done <- err })
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	damaged := filepath.Join(filepath.Dir(a.voices.dir), sqlite.FileName+".corrupt-1")
	for _, row := range []struct {
		name    string
		after   time.Duration
		damaged bool
		orphans int64
		left    []string
	}{
		{"at once: its row may be on the way", 0, false, 0, []string{"crash.wav", "crash.wav.part", "kept.wav"}},
		{"after an hour they are counted", time.Hour, false, 2, []string{"crash.wav", "crash.wav.part", "kept.wav"}},
		{"after two days, and a damaged database may know them", 48 * time.Hour, true, 2, []string{"crash.wav", "crash.wav.part", "kept.wav"}},
		{"after two days", 48 * time.Hour, false, 0, []string{"kept.wav"}},
	} {
		if row.damaged {
			if err := os.WriteFile(damaged, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		} else if err := os.RemoveAll(damaged); err != nil {
			t.Fatal(err)
		}
		if err := a.sweep(t.Context(), time.Now().Add(row.after)); err != nil {
			t.Fatal(err)
		}
		a.voices.erase("none", func(err error) { done <- err }) // those before it are done then
		if err := <-done; err != nil {
			t.Error(err)
		}
		all, err := filepath.Glob(filepath.Join(a.voices.dir, "*"))
		for i := range all {
			all[i] = filepath.Base(all[i])
		}
		if told := a.alarms.texts(); len(told) != int(min(row.orphans, 1)) || len(told) > 0 && (!strings.Contains(told[0], "2 recordings") || strings.Contains(told[0], "damaged") != row.damaged) {
			t.Errorf("%s: the alarms are %q", row.name, told)
		}
		if err != nil || !slices.Equal(all, row.left) || a.voices.orphans.Load() != row.orphans {
			t.Errorf("%s: %v and %d orphans, %v", row.name, all, a.voices.orphans.Load(), err)
		}
	}
	if files, _ := a.voices.stock(); files != 1 || a.voices.swept.Load() != 2 {
		t.Errorf("%d files, %d removed", files, a.voices.swept.Load())
	}
}
