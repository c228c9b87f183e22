package web

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"wissel"
	"wissel/internal/audit"
	"wissel/internal/callbacks"
)

// board answers as a server does.
type board struct {
	mu sync.Mutex
	by Actor
}

func (b *board) Status(context.Context) Status { return Status{Node: "node1", PID: os.Getpid()} }
func (b *board) StatusPage(context.Context) (StatusPage, error) {
	return StatusPage{Address: "https://status.example", Places: []StatusPlace{}}, nil
}
func (b *board) StatusFile(_ context.Context, name string) (StatusFile, error) {
	return StatusFile{Name: name}, nil
}
func (b *board) PushStatusPage(context.Context, StatusPush, Actor) (StatusPage, error) {
	return StatusPage{Places: []StatusPlace{}}, nil
}
func (b *board) Why(_ context.Context, number, from string) (Why, error) {
	if number == "x" {
		return Why{}, Faultf(http.StatusBadRequest, "why x", "x is no number")
	}
	return Why{Number: number, Reasons: []string{"from " + from}}, nil
}
func (b *board) Switch(_ context.Context, r SwitchRequest, by Actor) (Switched, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.by = by
	return Switched{Before: "plan a", After: "plan " + string(r.Plan)}, nil
}
func (b *board) Calls() []Call       { return nil }
func (b *board) Carriers() []Carrier { return nil }
func (b *board) Carrier(trunk wissel.TrunkID) (CarrierHealth, error) {
	return CarrierHealth{Carrier: Carrier{Trunk: trunk}}, nil
}
func (b *board) TestCarrier(_ context.Context, trunk wissel.TrunkID, by Actor, say func(string)) (TestResult, error) {
	if trunk == "none" {
		return TestResult{}, Faultf(404, "test none", "there is no trunk \"none\"")
	}
	say("dialling")
	say("answered after 0.8 s")
	return TestResult{Trunk: trunk, Passed: true, Why: by.Who}, nil
}
func (b *board) CallFlow(_ context.Context, q FlowCall, by Actor, say func(string)) (FlowCalled, error) {
	if q.Flow == "none" {
		return FlowCalled{}, Faultf(404, "flow call none", "there is no flow \"none\"")
	}
	say("ringing " + q.Number)
	return FlowCalled{Flow: q.Flow, Answered: true, Why: by.Who}, nil
}
func (b *board) Recordings(context.Context) ([]Recording, error) { return []Recording{{ID: "a"}}, nil }
func (b *board) RecordingNumbers(_ context.Context, r ReadRequest, _ Actor) ([]Recording, error) {
	return []Recording{{ID: "a", Number: r.Reason}}, nil
}
func (b *board) ExportRecording(_ context.Context, id string, _ ReadRequest, _ Actor) ([]byte, error) {
	if id == "none" {
		return nil, Faultf(404, "recordings export none", "there is none")
	}
	return []byte("RIFF of " + id), nil
}
func (b *board) Callbacks(context.Context) ([]Callback, error) {
	return []Callback{{ID: "a", Place: 1, State: "noted"}}, nil
}

func (b *board) CallbackNumbers(_ context.Context, r ReadRequest, _ Actor) ([]Callback, error) {
	return []Callback{{ID: "a", Number: r.Reason}}, nil
}

func (b *board) CloseCallback(_ context.Context, id string, as callbacks.State, _ ReadRequest, _ Actor) (CallbackClosed, error) {
	if id == "none" {
		return CallbackClosed{}, Faultf(http.StatusNotFound, "close", "there is none")
	}
	return CallbackClosed{Callback: Callback{ID: id, State: string(as)}}, nil
}

func (b *board) SetTurn(_ context.Context, r TurnRequest, _ Actor) (TurnSet, error) {
	return TurnSet{Group: r.Group, After: r.At.UTC().Format(time.RFC3339)}, nil
}

func (b *board) RemoveRecording(_ context.Context, id string, _ ReadRequest, _ Actor) (Recording, error) {
	return Recording{ID: id, State: "removed"}, nil
}
func (b *board) Reload(context.Context, Actor) (Reloaded, error) { return Reloaded{Version: "v2"}, nil }
func (b *board) Drain(_ context.Context, end bool, _ Actor, progress func(int)) error {
	progress(2)
	progress(1)
	if end {
		return errors.New("1 of 2 calls did not end")
	}
	return nil
}
func (b *board) Audit(_ context.Context, _ time.Time, limit int) ([]wissel.AuditRow, error) {
	return make([]wissel.AuditRow, limit), nil
}
func (b *board) VerifyAudit(_ context.Context, from uint64, known audit.End) ([]audit.Report, error) {
	return []audit.Report{{Node: "node1", Rows: from, End: known}}, nil
}

// serve runs the API on a socket of its own until the test ends.
func serve(t *testing.T) (*Client, *board, string) {
	t.Helper()
	control := "unix://" + filepath.Join(t.TempDir(), "control.sock")
	l, err := Listen(t.Context(), control)
	if err != nil {
		t.Fatal(err)
	}
	b := &board{}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- NewControl(b, http.NotFoundHandler(), slog.New(slog.DiscardHandler)).Run(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return NewClient(control), b, control
}

func TestTheClientHearsWhatTheServerSays(t *testing.T) {
	c, b, _ := serve(t)
	ctx := t.Context()
	if s, err := c.Status(ctx); err != nil || s.Node != "node1" {
		t.Errorf("status: %+v, %v", s, err)
	}
	if w, err := c.Why(ctx, "+31201234567", "+31 6"); err != nil || w.Number != "+31201234567" || w.Reasons[0] != "from +31 6" {
		t.Errorf("why: %+v, %v", w, err)
	}
	if s, err := c.Switch(ctx, SwitchRequest{Group: "support", Plan: "b"}); err != nil || s.After != "plan b" {
		t.Errorf("switch: %+v, %v", s, err)
	}
	b.mu.Lock()
	if b.by.Who == "" || !strings.Contains(b.by.From, "socket uid") {
		t.Errorf("the kernel was not asked who switches: %+v", b.by)
	}
	b.mu.Unlock()
	if all, err := c.Calls(ctx); err != nil || all == nil {
		t.Errorf("calls: %v, %v; want an empty list", all, err)
	}
	if all, err := c.Audit(ctx, time.Now(), 3); err != nil || len(all) != 3 {
		t.Errorf("audit: %v, %v", all, err)
	}
	end := audit.End{Rows: 3, Hash: strings.Repeat("a", 64)}
	if all, err := c.VerifyAudit(ctx, 2, end); err != nil || len(all) != 1 || all[0].Rows != 2 || all[0].End != end {
		t.Errorf("audit verify: %v, %v", all, err)
	}
	if r, err := c.Reload(ctx); err != nil || r.Version != "v2" {
		t.Errorf("reload: %v, %v", r, err)
	}
}

func TestAFaultReachesTheClientInItsOwnWords(t *testing.T) {
	c, _, _ := serve(t)
	_, err := c.Why(t.Context(), "x", "")
	var fault *Fault
	if !errors.As(err, &fault) || fault.Code != http.StatusBadRequest || fault.Error() != "why x: x is no number" {
		t.Fatalf("%v", err)
	}
}

func TestADrainTellsHowItGoes(t *testing.T) {
	c, _, _ := serve(t)
	var left []int
	if err := c.Drain(t.Context(), false, func(n int) { left = append(left, n) }); err != nil || len(left) != 2 || left[0] != 2 {
		t.Fatalf("%v, %v", left, err)
	}
	if err := c.Drain(t.Context(), true, func(int) {}); err == nil || err.Error() != "1 of 2 calls did not end" {
		t.Fatalf("%v", err)
	}
}

func TestTheSocketIsItsOwnersAlone(t *testing.T) {
	_, _, control := serve(t)
	path, err := SocketPath(control)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v; want 0600", info.Mode(), err)
	}
}

func TestASecondServerIsToldWhoHoldsTheSocket(t *testing.T) {
	_, _, control := serve(t)
	_, err := Listen(t.Context(), control)
	if err == nil || !strings.Contains(err.Error(), "node node1 (pid ") {
		t.Fatalf("%v", err)
	}
}

func TestASocketOfADeadProcessIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "control.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Listen(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestNobodyServing(t *testing.T) {
	_, err := NewClient("unix://" + filepath.Join(t.TempDir(), "none.sock")).Status(t.Context())
	if !errors.Is(err, ErrNotServing) {
		t.Fatalf("%v", err)
	}
}

func TestAServerThatHangsIsGivenUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "control.sock")
	l, err := net.Listen("unix", path) // connections are accepted by the kernel, and nobody reads them
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}()
	c := NewClient("unix://" + path)
	c.patience = 20 * time.Millisecond
	if _, err := c.Status(t.Context()); err == nil || !strings.Contains(err.Error(), "gave no answer in 20ms") {
		t.Fatalf("%v", err)
	}
}
