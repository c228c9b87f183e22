package app

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"wissel"
	"wissel/internal/sms"
	"wissel/internal/store/sqlite"
	"wissel/internal/virtual"
)

// brittle is a store that fails at a step.
type brittle struct {
	inbound
	fail string // the step that fails, once
}

var errDisk = errors.New("no space left on device")

func (b *brittle) at(step string) error {
	if b.fail == step {
		b.fail = ""
		return errDisk
	}
	return nil
}

func (b *brittle) Inbound(ctx context.Context, a sms.Inbound) error {
	if err := b.at("row"); err != nil {
		return err
	}
	return b.inbound.Inbound(ctx, a)
}

func (b *brittle) InboundDone(ctx context.Context, key, answered string) error {
	if err := b.at("done"); err != nil {
		return err
	}
	return b.inbound.InboundDone(ctx, key, answered)
}

func (b *brittle) Stop(ctx context.Context, id string, n wissel.Number, at time.Time) error {
	if err := b.at("stop"); err != nil {
		return err
	}
	return b.inbound.Stop(ctx, id, n, at)
}

func (b *brittle) Wish(one wissel.Wish, done func(error)) func() bool {
	if err := b.at("wish"); err != nil {
		done(err)
		return func() bool { return false }
	}
	return b.inbound.Wish(one, done)
}

// Wherever the disk fails, the provider is not told that we have it, brings it again, and all is done once. So it is where the
// server dies there instead: the next does what is left.
func TestATextIsKeptBeforeItIsConfirmed(t *testing.T) {
	for _, again := range []string{"the provider brings it again", "the server starts again"} {
		for _, step := range []string{"row", "stop", "wish", "done"} {
			t.Run(step+", "+again, func(t *testing.T) {
				b := &brittle{}
				w := mailbox(t, t.TempDir(), func(s inbound) inbound { b.inbound = s; return b })
				w.wish(wissel.WishBoth, anna)
				b.fail = step
				body := map[string]string{"stop": "STOP", "wish": "INFO"}[step]
				from := map[string]string{"stop": anna, "wish": bob}[step]
				if body == "" {
					from, body = bob, "INFO"
				}
				if err := w.text(from, body); err == nil {
					t.Fatal("a text that is not kept is confirmed")
				}
				if again == "the server starts again" {
					if step == "row" { // nothing is on disk: only the provider has it
						return
					}
					w.stop()
					w = mailbox(t, w.dir, nil)
					ctx, cancel := context.WithCancel(t.Context())
					done := make(chan struct{})
					go func() {
						defer close(done)
						w.in.run(ctx, func(ctx context.Context) ([]sms.Entry, error) { return nil, nil })
					}()
					defer func() { cancel(); <-done }()
				} else if err := w.text(from, body); err != nil {
					t.Fatal(err)
				}
				sent := func() int {
					all, err := w.store.Texts(t.Context(), sqlite.TextFilter{To: wissel.Number(from)})
					if err != nil {
						t.Fatal(err)
					}
					return len(all)
				}
				for range 300 {
					all, err := w.store.Incoming(t.Context(), time.Time{}, 10)
					if err == nil && len(all) == 1 && all[0].Done {
						break
					}
					<-time.After(10 * time.Millisecond)
				}
				all, err := w.store.Incoming(t.Context(), time.Time{}, 10)
				if err != nil || len(all) != 1 || !all[0].Done || sent() != 1 {
					t.Errorf("%+v, %v; %d answers", all, err, sent())
				}
				if _, stopped := w.in.book.Stopped(anna, time.Now().Add(-time.Hour)); stopped != (body == "STOP") {
					t.Errorf("stopped: %v", stopped)
				}
			})
		}
	}
}

// unread is a store whose STOPs cannot be read for a while.
type unread struct {
	inbound
	fails int
}

func (u *unread) Stops(context.Context) (map[wissel.Number]time.Time, error) {
	if u.fails--; u.fails >= 0 {
		return nil, errors.New("the disk does not answer")
	}
	return map[wissel.Number]time.Time{"+31612345678": time.Now()}, nil
}

func (u *unread) Incoming(context.Context, time.Time, int) ([]sms.Inbound, error) { return nil, nil }

// As long as either the STOPs or the objections of before the start cannot be read it is not known who wants no texts, and people are told so.
func TestWhoWantsNoTextsIsKnownOnceBothAreRead(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		objected, told := make(chan struct{}), &alarms{}
		b := &inbox{
			store: &unread{fails: 3}, objects: func(wissel.Number) bool { return false }, objected: objected, known: make(chan struct{}), alarms: told,
			log: slog.New(slog.DiscardHandler), book: sms.NewInbox(), busy: map[string]bool{},
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			b.run(ctx, func(context.Context) ([]sms.Entry, error) { return nil, nil })
		}()
		known := func() bool {
			select {
			case <-b.Known():
				return true
			default:
				return false
			}
		}
		synctest.Wait()
		if all := strings.Join(told.texts(), " "); known() || !strings.Contains(all, "none is sent to anybody: read who wants no texts: the disk does not answer") {
			t.Errorf("known: %v; people are told %q", known(), all)
		}
		<-time.After(time.Minute)
		synctest.Wait()
		if all := told.texts(); known() || len(all) != 0 {
			t.Errorf("STOPs are read and objections are not: known %v, people are told %q", known(), all)
		}
		close(objected)
		synctest.Wait()
		if !known() || b.Refuses(sms.Letter{To: "+31612345678"}) == "" {
			t.Error("both are read, and it is not known who wants none")
		}
		cancel()
		<-done
	})
}
