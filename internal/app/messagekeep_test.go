package app

import (
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"wissel"
	"wissel/internal/audio"
	"wissel/internal/store/sqlite"
)

// aged puts a sound into the folder of messages, written so long ago.
func aged(t *testing.T, m *messages, name string, ago time.Duration) {
	t.Helper()
	if err := m.write(name, []byte("sound")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(m.path(name), time.Now().Add(-ago), time.Now().Add(-ago)); err != nil {
		t.Fatal(err)
	}
}

func there(m *messages, name string) bool {
	_, err := os.Stat(m.path(name))
	return err == nil
}

// The sounds are bounded: the oldest that is not live makes room.
func TestTheOldestSoundMakesRoom(t *testing.T) {
	a := &App{log: slog.New(slog.DiscardHandler)}
	a.messages = newMessages(t.TempDir(), a.log)
	aged(t, a.messages, "live.nl.wav", 5*time.Hour)
	aged(t, a.messages, "old.nl.wav", 4*time.Hour)
	for i := range mostMessageSounds - 2 {
		aged(t, a.messages, fmt.Sprint(i, ".nl.wav"), time.Hour)
	}
	on := &onAir{message: wissel.Message{Row: wissel.Row{ID: "live"}, Group: "support", Said: []wissel.Said{{Lang: "nl", Sound: "live.nl.wav"}}}, clips: map[string]*audio.Clip{}}
	a.messages.put(on)
	a.messageRoom(t.Context(), 0, 100)
	if files, _ := a.messages.stock(); files != mostMessageSounds {
		t.Fatalf("%d files though there is room", files)
	}
	a.messageRoom(t.Context(), 1, 100)
	if files, bytes := a.messages.stock(); files != mostMessageSounds-1 || bytes != 5*int64(files) || a.messages.gone.Load() != 1 {
		t.Errorf("%d files of %d bytes, %d removed", files, bytes, a.messages.gone.Load())
	}
	if !there(a.messages, "live.nl.wav") || there(a.messages, "old.nl.wav") {
		t.Error("the oldest that is not live should have gone, and no other")
	}
	a.messages.count()
	if files, bytes := a.messages.stock(); files != mostMessageSounds-1 || bytes != 5*int64(files) {
		t.Errorf("counted again: %d files of %d bytes", files, bytes)
	}
}

// A crash between a sound and its row leaves a file that nobody would ever look for.
func TestASoundWithoutAMessageIsRemoved(t *testing.T) {
	dir := t.TempDir()
	log := slog.New(slog.DiscardHandler)
	store, err := sqlite.Open(t.Context(), sqlite.DefaultSettings(dir), "node1", log)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}()
	a := &App{log: log, store: store, messages: newMessages(dir, log)}
	aged(t, a.messages, "lost.nl.wav", 25*time.Hour)
	aged(t, a.messages, "half.nl.wav.part", 25*time.Hour)
	aged(t, a.messages, "young.nl.wav", time.Hour)
	aside := dir + "/" + sqlite.FileName + ".corrupt-1"
	if err := os.WriteFile(aside, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := a.sweepMessages(t.Context(), time.Now()); err != nil || !there(a.messages, "lost.nl.wav") {
		t.Errorf("its row may be in the damaged database: %v", err)
	}
	if err := os.Remove(aside); err != nil {
		t.Fatal(err)
	}
	if err := a.sweepMessages(t.Context(), time.Now()); err != nil || there(a.messages, "lost.nl.wav") || there(a.messages, "half.nl.wav.part") || !there(a.messages, "young.nl.wav") {
		t.Errorf("the two old ones should be gone, the young one not: %v", err)
	}
}
