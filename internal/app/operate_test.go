package app_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/internal/app"
	"wissel/internal/web"
)

// eventually waits until ok, for at most ten seconds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(10 * time.Second)
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not in 10 s: %s", what)
		}
	}
}

// rewrite changes the settings file.
func rewrite(t *testing.T, o app.Options, old, with string) {
	t.Helper()
	text := strings.Replace(settings, old, with, 1)
	if text == settings {
		t.Fatalf("%q is not in the settings", old)
	}
	write(t, o, text)
}

// write replaces the settings file.
func write(t *testing.T, o app.Options, text string) {
	t.Helper()
	if err := os.WriteFile(o.File, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAChangedFileIsTakenOverByItself(t *testing.T) {
	o := begin(t)
	a, _ := run(t, o)
	before := a.Status(t.Context()).Settings.Version
	rewrite(t, o, "active: normaal", "active: nomaal")
	eventually(t, "the faulty file is told of", func() bool { return a.Status(t.Context()).Settings.Rejected != "" })
	if s := a.Status(t.Context()); s.Settings.Version != before || s.Groups[0].Plan != "normaal" {
		t.Fatalf("a faulty file was taken over: %+v", s)
	}
	rewrite(t, o, "active: normaal", "active: storing")
	eventually(t, "the good file is in force", func() bool { return a.Status(t.Context()).Groups[0].Plan == "storing" })
	if s := a.Status(t.Context()).Settings; s.Rejected != "" {
		t.Errorf("still told of: %s", s.Rejected)
	}
	var rows []wissel.AuditRow
	eventually(t, "the reload is in the audit log", func() (there bool) {
		var err error
		rows, err = a.Audit(t.Context(), time.Time{}, 0)
		return err == nil && len(rows) > 0
	})
	if len(rows) != 1 || rows[0].What != "reload" || rows[0].From != "file" || rows[0].Before != before || rows[0].After == before {
		t.Fatalf("audit: %+v", rows)
	}
}

func TestAReloadKeepsHealthAndPins(t *testing.T) {
	o := begin(t)
	a, _ := run(t, o)
	if _, err := a.Switch(t.Context(), web.SwitchRequest{Group: "support", To: "reserve", Reason: "x"}, anna); err != nil {
		t.Fatal(err)
	}
	platform := func() web.Address {
		all := a.Carriers()
		i := slices.IndexFunc(all, func(c web.Carrier) bool { return c.Trunk == "platform" })
		return all[i].Addresses[0]
	}
	rewrite(t, o, `to: ["sip:127.6.0.3:5060"], probe: {off: true}`, `to: ["sip:127.6.0.3:5060"]`)
	if _, err := a.Reload(t.Context(), anna); err != nil { // nobody is there: the probes find its port closed
		t.Fatal(err)
	}
	eventually(t, "the platform is down", func() bool { return platform().State == "down" })
	before := platform()
	rewrite(t, o, "max: 60s", "max: 50s")
	if _, err := a.Reload(t.Context(), anna); err != nil { // and now it is not even asked any more
		t.Fatal(err)
	}
	if after := platform(); after.State != "down" || !after.Since.Equal(before.Since) {
		t.Errorf("health before %+v, after %+v", before, after)
	}
	if pin := a.Status(t.Context()).Groups[0].Pin; pin == nil || pin.Target != "reserve" {
		t.Errorf("the pin after a reload: %+v", pin)
	}
}

func TestASwitchIsKeptWhenWhoAskedIsGone(t *testing.T) {
	o := begin(t)
	a, stop := run(t, o)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	done, err := a.Switch(gone, web.SwitchRequest{Group: "support", Plan: "storing", Reason: "x"}, anna)
	if err != nil || strings.Contains(strings.Join(done.Notes, " "), "not on disk") {
		t.Fatalf("%+v, %v", done, err)
	}
	stop()
	a, _ = run(t, o)
	if rows, err := a.Audit(t.Context(), time.Time{}, 0); err != nil || len(rows) != 1 || a.Status(t.Context()).Groups[0].Plan != "storing" {
		t.Fatalf("after a restart: audit %+v, %v", rows, err)
	}
}

func TestADrainStopsTheServerAndIsAudited(t *testing.T) {
	o := begin(t)
	a, err := app.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	ran := make(chan error, 1)
	go func() { ran <- a.Run(t.Context()) }()
	<-a.Ready()
	if err := a.Drain(t.Context(), false, anna, func(int) {}); err != nil {
		t.Fatal(err)
	}
	if err := <-ran; err != nil {
		t.Fatal(err)
	}
	if a.State() != "draining" {
		t.Errorf("state %q", a.State())
	}
	a, _ = run(t, o)
	rows, err := a.Audit(t.Context(), time.Time{}, 0)
	if err != nil || len(rows) != 1 || rows[0].What != "drain" || rows[0].Who != "anna" || rows[0].Before != "serving" || rows[0].After != "draining" {
		t.Fatalf("audit: %+v, %v", rows, err)
	}
}

func TestWhatFailsAtTheStartLeavesNothingOpen(t *testing.T) {
	o := begin(t)
	rewrite(t, o, "udp://127.6.0.1:5060", "udp://203.0.113.99:5060") // no address of this machine
	if _, err := app.New(t.Context(), o); err == nil || !strings.Contains(err.Error(), "203.0.113.99") {
		t.Fatalf("%v", err)
	}
	if err := os.WriteFile(o.File, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	a, _ := run(t, o) // the same store and sockets
	if !a.Status(t.Context()).Store.OK {
		t.Error("the store is not well")
	}
}

// metricsOf asks a server for its metrics.
func metricsOf(t *testing.T, o app.Options) string {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", filepath.Join(filepath.Dir(o.File), "control.sock"))
	}}}
	resp, err := client.Get("http://wissel/metrics")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestTheMetricsThatTheDocsNameAreThere(t *testing.T) {
	o := begin(t)
	a, _ := run(t, o)
	eventually(t, "it is ready", func() bool { return a.State() == "serving" })
	body := metricsOf(t, o)
	docs, err := os.ReadFile("../../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile("wissel_[a-z_]+").FindAllString(string(docs), -1)
	for _, name := range append(names, "wissel_ready 1", `wissel_trunk_state{trunk="platform"} 0`, "wissel_store_ok 1") {
		if !strings.Contains(body, "\n"+name) {
			t.Errorf("%s is not there", name)
		}
	}
	if len(names) < 5 || strings.Contains(body, "31201234567") {
		t.Errorf("the docs name %v; and no metric may carry a number:\n%s", names, body)
	}
}
