package app_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/internal/app"
	"wissel/internal/store/sqlite"
)

// TestCheckKnowsWhatWasProven holds settings against the proofs of a store that nobody uses.
func TestCheckKnowsWhatWasProven(t *testing.T) {
	o, dir := begin(t), t.TempDir()
	check := func(store string) (string, error) {
		_, notes, err := app.Check(t.Context(), o.File, app.Checking{Store: store})
		return strings.Join(notes, "\n"), err
	}
	if _, err := check(dir); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("no store: %v", err)
	}
	older := t.TempDir()
	if err := os.WriteFile(filepath.Join(older, sqlite.FileName), nil, 0o600); err != nil { // a database without a table
		t.Fatal(err)
	}
	if _, err := check(older); err == nil || !strings.Contains(err.Error(), "holds no proofs") {
		t.Errorf("a store of before: %v", err)
	}
	store, err := sqlite.Open(t.Context(), sqlite.DefaultSettings(dir), "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- store.Run(ctx) }()
	if notes, err := check(dir); err != nil || !strings.Contains(notes, "no call over reserve is known that was answered and heard both ways") || strings.Contains(notes, "over platform") {
		t.Errorf("nothing proven, while a server uses the store: %v\n%s", err, notes)
	}
	store.Proof("reserve", wissel.Proof{At: time.Now(), Call: "x"})
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if notes, err := check(dir); err != nil || strings.Contains(notes, "no call over") {
		t.Errorf("the backup is proven: %v\n%s", err, notes)
	}
	if notes, err := check(""); err != nil || strings.Contains(notes, "no call over") {
		t.Errorf("nobody looked: %v\n%s", err, notes)
	}
}
