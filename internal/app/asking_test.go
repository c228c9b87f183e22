package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"wissel"
	"wissel/internal/audio"
	"wissel/internal/sms"
	"wissel/internal/virtual"
	"wissel/ivr"
	"wissel/sip"
)

// asks asks limits until the test ends.
func asks(t *testing.T, limits promisers) *asking {
	t.Helper()
	a, done := newAsking(limits), make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer close(done)
		a.run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return a
}

// waiting are limits that answer once told to, as behind a Redis that stalls; alone they say no.
type waiting struct {
	tell  chan struct{}
	alone atomic.Int64
}

func (w *waiting) Promise(context.Context, wissel.Number) (sms.Bound, bool) {
	<-w.tell
	return "", true
}

func (w *waiting) Alone(wissel.Number) (sms.Bound, bool) {
	w.alone.Add(1)
	return sms.BoundRange, false
}

// wishing is a caller whose wishes for texts are asked about.
func wishing(t *testing.T, a *attendant) *attending {
	t.Helper()
	x, err := a.Attend(sip.AttendedCall{Call: aCall, Group: "support", Flow: "storing", From: "+31612345678"}, &host{})
	if err != nil {
		t.Fatal(err)
	}
	return x.(*attending)
}

var texted1 = wissel.Wish{Row: wissel.Row{ID: "w1"}, Kind: wissel.WishText, Number: "+31612345678"}

// While the limits do not answer no call waits, whether it brings what he said or not. The wish of one who is gone before they have
// answered is written all the same; one that is taken back is not, and nothing of what he said is.
func TestAWishWaitsForItsLimitsAndTheCallDoesNot(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoke bool
		stop  bool
		want  int
	}{
		{"left alone", false, false, 1}, {"taken back", false, true, 0}, {"with what he said", true, false, 1}, {"with what he said, taken back", true, true, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			virtual.Time(t, func(t *testing.T) {
				store := &slowStore{}
				_, a := attendIn(t, store)
				ctx, cancel := context.WithCancel(t.Context())
				written := make(chan struct{})
				go func() {
					defer close(written)
					a.voices.run(ctx)
				}()
				slow := &waiting{tell: make(chan struct{})}
				a.texts = asks(t, slow)
				x, began := wishing(t, a), time.Now()
				commit := ivr.Commit{}
				if c.spoke {
					commit.Sound, x.speech = 7, speech{token: 7, sound: audio.Sound{Codec: audio.ALaw, Bytes: make([]byte, 8000), Voice: time.Second}}
				}
				told := make(chan error, 1)
				withdraw := x.bounded(texted1, commit, func(err error) { told <- err })
				if took := time.Since(began); took != 0 {
					t.Errorf("the call waited %v", took)
				}
				if c.stop && !withdraw() {
					t.Error("it cannot be taken back")
				}
				close(slow.tell)
				synctest.Wait()
				if len(store.ids) != c.want || len(told) != c.want {
					t.Errorf("%d were written, %d told of", len(store.ids), len(told))
				}
				if files, err := os.ReadDir(a.voices.dir); c.spoke && c.want != len(files) {
					t.Errorf("%d recordings are there, %v", len(files), err)
				}
				cancel()
				<-written
			})
		})
	}
}

// More wishes than may wait while Redis stalls: those beyond are decided by this node's share at once, and none waits for ever or is lost.
// What still waits when the server ends is decided likewise.
func TestMoreWishesThanMayWaitAreDecidedAlone(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		store := &slowStore{}
		_, a := attendIn(t, store)
		slow := &waiting{tell: make(chan struct{})}
		a.texts = newAsking(slow)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			a.texts.run(ctx)
		}()
		const all = mostAsking + askers + 100
		refused, told, began := 0, make(chan error, all), time.Now()
		x := wishing(t, a)
		for i := range all {
			x.bounded(wissel.Wish{Row: wissel.Row{ID: fmt.Sprint("w", i)}, Kind: wissel.WishText, Number: "+31612345678"}, ivr.Commit{}, func(err error) { told <- err })
			synctest.Wait()
		}
		if n := int(a.texts.alone.Load()); n != 100 || len(told) != 100 || time.Since(began) != 0 {
			t.Errorf("%d were decided alone and %d are told of, after %v", n, len(told), time.Since(began))
		}
		cancel()
		close(slow.tell)
		<-done
		synctest.Wait()
		for range len(told) {
			if errors.Is(<-told, errNotNow) {
				refused++
			}
		}
		if refused+len(store.ids) != all || len(store.ids) < askers || slow.alone.Load() != int64(refused) {
			t.Errorf("of %d, %d were written and %d refused, %d of them alone", all, len(store.ids), refused, slow.alone.Load())
		}
	})
}

// With too many waiting, the share of this node is what is promised: neither everybody nor nobody.
func TestAloneIsNeitherOpenNorShut(t *testing.T) {
	l, promised := bounds(nil), 0
	for i := range 200 {
		if _, ok := l.Alone(wissel.Number(fmt.Sprintf("+3161234%04d", i))); ok {
			promised++
		}
	}
	if promised != 50 {
		t.Errorf("%d of one range were promised texts", promised)
	}
}
