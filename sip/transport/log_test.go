package transport

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
)

// countLog is a slog.Handler that counts, and keeps the last record.
type countLog struct {
	n    atomic.Int64
	last atomic.Pointer[string]
}

func (c *countLog) Enabled(context.Context, slog.Level) bool { return true }

func (c *countLog) Handle(_ context.Context, r slog.Record) error {
	text := r.Message
	r.Attrs(func(a slog.Attr) bool {
		text += fmt.Sprintf(" %s=%v", a.Key, a.Value)
		return true
	})
	c.n.Add(1)
	c.last.Store(&text)
	return nil
}

func (c *countLog) WithAttrs([]slog.Attr) slog.Handler { return c }
func (c *countLog) WithGroup(string) slog.Handler      { return c }
