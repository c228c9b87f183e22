package sqlite

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"wissel"
	"wissel/internal/callbacks"
)

func TestTheScheduleComesBackAfterARestart(t *testing.T) {
	dir := t.TempDir()
	s, stop := start(t, dir)
	at := time.Date(2026, 6, 3, 12, 0, 0, 0, time.UTC)
	first := callbacks.Saved{Callback: "a", Group: "support", Progress: callbacks.Progress{State: callbacks.CallingAgent, Since: at, Lease: at.Add(time.Minute), ID: "t1", Agent: "anna"}}
	last := first
	last.Progress = callbacks.Progress{State: callbacks.Waiting, Since: at.Add(time.Minute), Due: at.Add(time.Hour), Tries: 1, NoKeys: 1, Short: true, Why: "no key"}
	other := callbacks.Saved{Callback: "b", Group: "support", Progress: callbacks.Progress{State: callbacks.InTalk, Since: at, ID: "t2", Rung: true}}
	closed := callbacks.Saved{Callback: "c", Group: "support", Progress: callbacks.Progress{State: callbacks.InTalk, Since: at}}
	for _, p := range []callbacks.Saved{first, other, closed, last} {
		if err := s.Progress(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	s.Settled("c")
	made := callbacks.Attempt{Row: wissel.Row{ID: "t1"}, Callback: "a", Group: "support", At: at, Ended: at.Add(time.Minute),
		Result: wissel.CallbackResult{Outcome: wissel.CallbackNoKey, Why: "no key after two askings", Rung: true, Customer: wissel.CallbackLeg{Trunk: "kpn", Status: 200}}}
	s.Attempt(made)
	let := callbacks.Release{Group: "support", Paused: true, Left: -1, Who: "anna", Why: "ticket 1", At: at, Width: 8, Sent: 3}
	for _, r := range []callbacks.Release{{Group: "support", Who: "bob"}, let} {
		if err := s.Release(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	on := callbacks.LogOn{List: "home", Name: "anna", On: true, At: at, Until: at.Add(time.Hour), Who: "anna", Why: "by text"}
	for _, l := range []callbacks.LogOn{{List: "home", Name: "anna", At: at}, on} {
		if err := s.LogOn(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	s, stop = start(t, dir)
	defer stop()
	rows := cmpopts.IgnoreTypes(wissel.Row{})
	if tried, err := s.Tried(t.Context()); err != nil || cmp.Diff([]callbacks.Saved{last, other}, tried, rows) != "" {
		t.Errorf("%v: %s", err, cmp.Diff([]callbacks.Saved{last, other}, tried, rows))
	}
	if all, err := s.Attempts(t.Context(), "", at); err != nil || cmp.Diff([]callbacks.Attempt{made}, all, rows) != "" || all[0].ID != "t1" {
		t.Errorf("%+v, %v", all, err)
	}
	if all, err := s.Attempts(t.Context(), "b", at); err != nil || len(all) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
	if all, err := s.Releases(t.Context()); err != nil || cmp.Diff([]callbacks.Release{let.Restored()}, all, rows) != "" {
		t.Errorf("%+v, %v", all, err)
	}
	if all, err := s.LogOns(t.Context()); err != nil || cmp.Diff([]callbacks.LogOn{on}, all, rows) != "" {
		t.Errorf("%+v, %v", all, err)
	}
}

// A hundred attempts that begin in one moment share commits: a release of many does not wait for as many.
func TestAttemptsShareCommits(t *testing.T) {
	s, stop := start(t, t.TempDir())
	defer stop()
	const n = 100
	done := make(chan error, n)
	one := time.Duration(0)
	for i := range 3 { // what one alone takes
		b := time.Now()
		if err := s.Progress(t.Context(), callbacks.Saved{Callback: fmt.Sprint("one", i), Progress: callbacks.Progress{State: callbacks.CallingAgent}}); err != nil {
			t.Fatal(err)
		}
		one = max(one, time.Since(b))
	}
	began := time.Now()
	for i := range n {
		go func() {
			done <- s.Progress(t.Context(), callbacks.Saved{Callback: fmt.Sprint(i), Progress: callbacks.Progress{State: callbacks.CallingAgent}})
		}()
	}
	for range n {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(began); took > n*one/2 && took > time.Second {
		t.Errorf("%d took %v, one alone %v", n, took, one)
	}
	if all, err := s.Tried(t.Context()); err != nil || len(all) != n+3 {
		t.Errorf("%d, %v", len(all), err)
	}
}
