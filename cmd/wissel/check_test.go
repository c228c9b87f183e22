package main

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/internal/store/sqlite"
)

// TestCheckAsksTheRunningServer when its trunks were last proved; where it was named and does not answer, it says so.
func TestCheckAsksTheRunningServer(t *testing.T) {
	const unproven = "no call over reserve is known that was answered and heard both ways"
	settings := strings.NewReplacer(
		"groups:", "  reserve: {role: platform, to: [\"sip:127.6.3.4:5060\"], probe: {off: true}}\ngroups:", "[platform, flow:", "[platform, reserve, flow:",
	).Replace(served)
	s := servingWith(t, settings)
	check := func(s *server) string {
		code, out, stderr := s.wissel("check", s.file)
		if code != exitWell {
			t.Fatalf("exit %d\n%s%s", code, out, stderr)
		}
		return out
	}
	if out := check(s); !strings.Contains(out, unproven) {
		t.Errorf("nothing is proved:\n%s", out)
	}
	s.send(stopSignals[0])
	s.ends()
	if out := check(s); strings.Contains(out, unproven) || !strings.Contains(out, "which trunks are proved is not known: control socket") {
		t.Errorf("nobody serves:\n%s", out)
	}
	store, err := sqlite.Open(t.Context(), sqlite.DefaultSettings(filepath.Join(filepath.Dir(s.file), "store")), "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	store.Proof("reserve", wissel.Proof{At: time.Now(), Call: "x"})
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := store.Run(ended); err != nil {
		t.Fatal(err)
	}
	s.start()
	if out := check(s); strings.Contains(out, "reserve") || strings.Contains(out, "not known") {
		t.Errorf("it is proved:\n%s", out)
	}
	s.send(stopSignals[0])
	s.ends()
}
