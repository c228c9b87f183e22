package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/internal/store/sqlite"
)

// status, carriers and check tell whether a carrier takes the status that ends a call which heard a flow unanswered.
func TestTheStatusThatACarrierTakesIsTold(t *testing.T) {
	s := servingWith(t, served)
	flow := `flow: zacht
answer: early
languages: [{id: nl, key: "1", prefixes: ["+31"]}]
start: bye
steps:
  bye: {end: {play: [goodbye], reason: said}}
`
	if err := os.WriteFile(filepath.Join(filepath.Dir(s.file), "zacht.yaml"), []byte(flow), 0o600); err != nil {
		t.Fatal(err)
	}
	s.write("flows: zacht.yaml\n" + strings.Replace(served, "platform, flow:storing", "platform, flow:zacht", 1))
	tells := func(want string, args ...string) {
		t.Helper()
		if code, out, stderr := s.wissel(args...); code != exitWell || !strings.Contains(out, want) {
			t.Errorf("%v: exit %d, want %q\n%s%s", args, code, want, out, stderr)
		}
	}
	known := func(e wissel.Ending) {
		t.Helper()
		s.send(stopSignals[0])
		s.ends()
		store, err := sqlite.Open(t.Context(), sqlite.DefaultSettings(filepath.Join(filepath.Dir(s.file), "store")), "test", slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		store.Ending("carrier", e)
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if err := store.Run(ended); err != nil {
			t.Fatal(err)
		}
		s.start()
	}
	tells("carrier carrier is not known to take 480", "check", s.file)
	at := time.Now().Add(-time.Hour)
	known(wissel.Ending{Status: 480, At: at, Calm: 1})
	tells("480: proven 1h0", "carriers")
	tells("carrier  480              proven 1h00m ago", "status")
	tells("480: proven 1h0", "carriers", "carrier")
	if _, out, _ := s.wissel("check", s.file); strings.Contains(out, "480") {
		t.Errorf("it is proven:\n%s", out)
	}
	known(wissel.Ending{Status: 480, At: at, Again: at.Add(time.Minute), Within: 50 * time.Millisecond})
	tells("carrier carrier tries a call again after our 480 (50ms after one", "check", s.file)
	tells("no: a call came again 50ms after it", "carriers")
	tells("carrier carrier tries a call again after our 480", "status")
	s.send(stopSignals[0])
	s.ends()
}
