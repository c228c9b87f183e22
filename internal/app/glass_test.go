package app

import (
	"bytes"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"wissel"
	"wissel/internal/access"
	"wissel/internal/store/sqlite"
	"wissel/internal/virtual"
	"wissel/internal/web"
)

// stuck gives a server that asks for four eyes, whose store takes rows and never writes one: its writer does not run. log
// is what it has logged.
func stuck(t *testing.T) (a *App, log *bytes.Buffer) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "wissel.yaml")
	text := `
node: test
listen:
  sip:
    - {bind: "udp://127.6.0.1:5060"}
  media: {address: 127.6.0.1, ports: 20000-20099}
store: store
trunks:
  platform: {role: platform, to: ["sip:127.6.0.3:5060"], probe: {off: true}}
groups:
  support:
    numbers: ["+31201234567"]
    plans:
      normaal: [platform, flow:storing]
      storing: [flow:storing]
    active: normaal
    four_eyes: true
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	log = new(bytes.Buffer)
	listen := func(string) (net.PacketConn, error) {
		conn, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err == nil {
			t.Cleanup(func() { conn.Close() })
		}
		return conn, err
	}
	a, err := New(t.Context(), Options{File: file, Control: "none", Log: slog.New(slog.NewTextHandler(log, nil)), ListenPacket: listen})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.store.Close(); err != nil {
			t.Error(err)
		}
	})
	return a, log
}

var ann = web.Actor{Who: "ann", From: "test", Marks: []string{"uid:1000"}}

func TestBrokenGlassDoesNotWaitForTheStore(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		a, log := stuck(t)
		began := time.Now()
		done := make(chan error, 1)
		go func() {
			_, err := a.Switch(t.Context(), web.SwitchRequest{Group: "support", Plan: "storing", Reason: "nobody answers", BreakGlass: true}, ann)
			done <- err
		}()
		synctest.Wait()
		if plan := a.Status(t.Context()).Groups[0].Plan; plan != "storing" || time.Since(began) != 0 {
			t.Errorf("plan %s after %v", plan, time.Since(began))
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		<-time.After(keepFor)
		a.tellOverdue(time.Now())
		alarms := strings.Join(a.Status(t.Context()).Alarms, "\n")
		for _, want := range []string{
			"ann broke the glass for support (switch: plan storing, WITHOUT A SECOND PERSON): nobody answers",
			"audit rows that are not on disk: 2, the oldest of them ", " switch support by ann; ",
		} {
			if !strings.Contains(alarms, want) {
				t.Errorf("no %q in the alarms:\n%s", want, alarms)
			}
		}
		if n := a.rows.failures(); n != 2 {
			t.Errorf("%d failures are counted", n)
		}
		for _, want := range []string{"THE GLASS IS BROKEN", `msg="an audit row is not on disk yet"`, "who=ann", "what=break-glass", "object=support", `why="nobody answers"`, `before="plan normaal"`} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("no %s in the log:\n%s", want, log)
			}
		}
	})
}

func TestTheAlarmOfBrokenGlassSaysThatItFailed(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		a, _ := stuck(t)
		o := order{what: "switch", group: "support", words: "plan gone", reason: "nobody answers", alone: true, body: web.SwitchRequest{Group: "support", Plan: "gone", Reason: "x"}}
		if _, err := a.ordered(t.Context(), o, ann); err == nil {
			t.Fatal("a plan that there is not was put in force")
		}
		alarms := strings.Join(a.Status(t.Context()).Alarms, "\n")
		if !strings.Contains(alarms, "nothing was changed: switch: plan gone was tried without a second person and failed: ") || !strings.Contains(alarms, `no plan "gone"`) {
			t.Errorf("%s", alarms)
		}
	})
}

// TestTheRowsOfTokensAreMissedToo: those of a token that was made, and of a wrong one, which nobody waits for.
func TestTheRowsOfTokensAreMissedToo(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		a, _ := stuck(t)
		began := time.Now()
		a.Refused(netip.MustParseAddr("192.0.2.1"), 1)
		if time.Since(began) != 0 {
			t.Errorf("who knocks made us wait for %v", time.Since(began))
		}
		a.tellOfToken(t.Context(), ann, "token-add", access.Token{ID: "1", Name: "anna"}, "operator")
		if text := strings.Join(a.Status(t.Context()).Alarms, "\n"); !strings.Contains(text, "audit rows that are not on disk: 2") {
			t.Errorf("%s", text)
		}
	})
}

func TestWhatBecomesOfAnAuditRow(t *testing.T) {
	at := time.Date(2026, 3, 1, 2, 14, 7, 0, time.Local)
	row := wissel.AuditRow{Row: wissel.Row{ID: "1"}, At: at, Who: "ann", What: "switch", Object: "support"}
	for _, c := range []struct {
		name     string
		told     []error
		after    time.Duration
		alarm    string
		failures uint64
	}{
		{"on disk at once", []error{nil}, time.Minute, "", 0},
		{"not yet told of", nil, time.Second, "", 0},
		{"not told of in time", nil, keepFor, "not on disk: 1, the oldest of them 02:14:07 switch support by ann", 0},
		{"it waits", []error{sqlite.ErrUnavailable}, 0, "not on disk: 1", 1},
		{"on disk after all", []error{sqlite.ErrUnavailable, nil}, time.Minute, "", 1},
		{"lost", []error{sqlite.ErrUnavailable, sqlite.ErrLost}, time.Hour, "an audit row is lost: 02:14:07 switch support by ann", 1},
		{"lost long ago", []error{sqlite.ErrLost}, 25 * time.Hour, "", 1},
	} {
		var l auditRows
		l.add(row)
		for _, err := range c.told {
			l.told("1", err)
		}
		got := strings.Join(l.alarms(at.Add(c.after)), "\n")
		if (c.alarm == "") != (got == "") || !strings.Contains(got, c.alarm) || l.failures() != c.failures {
			t.Errorf("%s: %q, %d failures", c.name, got, l.failures())
		}
	}
}
