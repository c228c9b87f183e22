package app

import (
	"context"
	"testing"
)

// runs runs something until the test ends, which fails when it tells what went wrong.
func runs(t *testing.T, run func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// served is a server with the settings in a file, ready, until the test ends.
func served(t *testing.T, o Options) *App {
	t.Helper()
	a, err := New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	runs(t, a.Run)
	<-a.Ready()
	return a
}
