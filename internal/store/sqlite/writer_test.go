package sqlite

import (
	"context"
	"log/slog"
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
