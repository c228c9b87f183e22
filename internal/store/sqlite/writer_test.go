package sqlite

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/internal/virtual"
)

// Calls that end in the same moment: their records come to the writer together, and do not wait for a later one.
func TestRecordsThatComeAtOnceAreWrittenSoon(t *testing.T) {
	dir := t.TempDir()
	virtual.Time(t, func(t *testing.T) {
		s, err := Open(t.Context(), DefaultSettings(dir), "test", slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		const calls = 20
		for range calls {
			s.CDR(wissel.CDR{Began: time.Now(), Status: 200})
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()
		<-time.After(5 * time.Second)
		if got, err := s.CDRs(ctx, time.Time{}, 0); err != nil || len(got) != calls {
			t.Errorf("%d records of %d are written, %v", len(got), calls, err)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// A commit that does not end is the disk's: status says so, and who asks for something is told at once. A short one is nothing.
func TestWhileTheDiskHangsPromisesAreRefusedAtOnce(t *testing.T) {
	dir := t.TempDir()
	virtual.Time(t, func(t *testing.T) {
		s, err := Open(t.Context(), DefaultSettings(dir), "test", slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close() //nolint:errcheck // nothing was written
		s.since.Store(time.Now().UnixNano())
		<-time.After(time.Second)
		if err := s.Status(); err != nil {
			t.Errorf("after a second: %v", err)
		}
		<-time.After(time.Second)
		if err := s.Status(); err == nil || !strings.Contains(err.Error(), "has not answered for 2s") {
			t.Errorf("after two: %v", err)
		}
		var told error
		s.Wish(wissel.Wish{}, func(err error) { told = err })
		if !errors.Is(told, ErrUnavailable) || s.Waiting() != 0 {
			t.Errorf("who asks is told %v, and %d wait", told, s.Waiting())
		}
		s.since.Store(0)
		if err := s.Status(); err != nil {
			t.Errorf("once it has ended: %v", err)
		}
	})
}
