package app_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"wissel"
	"wissel/internal/app"
	"wissel/internal/web"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const settings = `
node: test
drain: {max: 60s}
listen:
  sip:
    - {bind: "udp://127.6.0.1:5060"}
  media: {address: 127.6.0.1, ports: 20000-20099}
  control: unix://control.sock
store: store
trunks:
  carrier:  {role: carrier,  to: ["sip:127.6.0.2:5060"], probe: {off: true}}
  platform: {role: platform, to: ["sip:127.6.0.3:5060"], probe: {off: true}}
  reserve:  {role: carrier,  to: ["sip:127.6.0.4:5060"], number: "+31850000000", probe: {off: true}}
groups:
  support:
    numbers: ["+31201234567"]
    present: {reserve: "+31201234567"}
    plans:
      normaal: [platform, reserve, flow:storing]
      storing: [flow:storing]
    active: normaal
`

// begin writes settings into a folder and gives the options of a server on them.
func begin(t *testing.T) app.Options {
	t.Helper()
	file := filepath.Join(t.TempDir(), "wissel.yaml")
	if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	return app.Options{File: file, Log: slog.New(slog.DiscardHandler)}
}

// run serves until the test ends, or stop is called.
func run(t *testing.T, o app.Options) (*app.App, func()) {
	t.Helper()
	a, err := app.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	<-a.Ready()
	stopped := false
	stop := func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	}
	t.Cleanup(stop)
	return a, stop
}

var anna = web.Actor{Who: "anna", From: "test"}

func TestASwitchIsInForceAtOnceAndAfterARestart(t *testing.T) {
	o := begin(t)
	a, stop := run(t, o)
	done, err := a.Switch(t.Context(), web.SwitchRequest{Group: "support", To: "reserve", Reason: "ticket 1"}, anna)
	if err != nil {
		t.Fatal(err)
	}
	if done.Before != "plan normaal" || !strings.HasPrefix(done.After, "pinned to reserve until ") || time.Until(done.Until) < 7*time.Hour {
		t.Errorf("%+v", done)
	}
	if _, err := a.Switch(t.Context(), web.SwitchRequest{Group: "support", Plan: "storing", Reason: "ticket 2"}, anna); err != nil {
		t.Fatal(err)
	}
	stop()
	a, _ = run(t, o)
	group := a.Status(t.Context()).Groups[0]
	if group.Plan != "storing" || !group.Chosen || group.Pin == nil || group.Pin.Target != "reserve" || group.Pin.Who != "anna" {
		t.Fatalf("after the restart: %+v, pin %+v", group, group.Pin)
	}
	why, err := a.Why(t.Context(), "020 123 45 67", "")
	if err != nil || why.Group != "support" || len(why.Steps) != 2 || why.Steps[0].Target != "reserve" || why.Steps[1].Target != "flow:storing" {
		t.Fatalf("why: %+v, %v", why, err)
	}
	if _, err := a.Switch(t.Context(), web.SwitchRequest{Group: "support", Auto: true, Reason: "over"}, anna); err != nil {
		t.Fatal(err)
	}
	if group := a.Status(t.Context()).Groups[0]; group.Plan != "normaal" || group.Pin != nil || group.Chosen {
		t.Fatalf("after --auto: %+v", group)
	}
	rows, err := a.Audit(t.Context(), time.Time{}, 0)
	if err != nil || len(rows) != 3 || rows[0].Who != "anna" || rows[0].Why != "ticket 1" || rows[0].Before != "plan normaal" || rows[2].After != "plan normaal" {
		t.Fatalf("audit: %+v, %v", rows, err)
	}
}

func TestASwitchThatCannotBeIsRefusedInWords(t *testing.T) {
	a, _ := run(t, begin(t))
	for name, c := range map[string]struct {
		req  web.SwitchRequest
		want string
	}{
		"a group that is nearly right": {web.SwitchRequest{Group: "suport", Auto: true, Reason: "x"}, `there is no group "suport"; did you mean "support"?`},
		"a plan that is nearly right":  {web.SwitchRequest{Group: "support", Plan: "normal", Reason: "x"}, `did you mean "normaal"?`},
		"a trunk that is nearly right": {web.SwitchRequest{Group: "support", To: "platfrom", Reason: "x"}, `did you mean "platform"?`},
		"a flow of no plan":            {web.SwitchRequest{Group: "support", To: "flow:x", Reason: "x"}, "no plan of the group has flow:x"},
		"no reason":                    {web.SwitchRequest{Group: "support", Auto: true, Reason: " "}, "a reason is needed"},
		"a reason as long as a page":   {web.SwitchRequest{Group: "support", Auto: true, Reason: strings.Repeat("é", 501)}, "the reason has 501 characters, and may have 500"},
		"two at once":                  {web.SwitchRequest{Group: "support", Auto: true, Plan: "storing", Reason: "x"}, "exactly one of"},
		"an end in the past":           {web.SwitchRequest{Group: "support", To: "reserve", Reason: "x", Until: time.Unix(1, 0)}, "is in the past"},
		"a pin for ever":               {web.SwitchRequest{Group: "support", To: "reserve", Reason: "x", Until: time.Now().AddDate(1, 0, 0)}, "must end"},
	} {
		_, err := a.Switch(t.Context(), c.req, anna)
		var fault *web.Fault
		if !errors.As(err, &fault) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
	}
}

func TestAPinToATrunkOfNoPlanIsRemarkedUpon(t *testing.T) {
	a, _ := run(t, begin(t))
	for to, want := range map[string]bool{"carrier": true, "reserve": false, "flow:storing": false} {
		done, err := a.Switch(t.Context(), web.SwitchRequest{Group: "support", To: to, Reason: "x"}, anna)
		if got := strings.Contains(strings.Join(done.Notes, "\n"), to+" is in no plan of support"); err != nil || got != want {
			t.Errorf("a pin to %s: notes %q, %v", to, done.Notes, err)
		}
	}
}

// A reload that keeps audit rows for a shorter time is told of where everybody sees it; one that keeps them longer is not.
func TestAReloadThatKeepsAuditRowsForLessIsTold(t *testing.T) {
	o := begin(t)
	a, _ := run(t, o)
	reload := func(days string) web.Reloaded {
		t.Helper()
		if err := os.WriteFile(o.File, []byte(settings+"privacy: {keep: {audit: "+days+"}}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		done, err := a.Reload(t.Context(), anna)
		if err != nil {
			t.Fatal(err)
		}
		return done
	}
	told := func(all []string) bool {
		return strings.Contains(strings.Join(all, "\n"), "audit rows are kept for 365d now, and were for 900d")
	}
	if done := reload("900d"); strings.Contains(strings.Join(done.Notes, "\n"), "privacy.keep.audit") {
		t.Errorf("for longer: %q", done.Notes)
	}
	reload("365d")
	if alarms := a.Status(t.Context()).Alarms; !told(alarms) {
		t.Errorf("the alarms are %q", alarms)
	}
	for range 200 { // its row does not wait for the answer
		rows, err := a.Audit(t.Context(), time.Time{}, 0)
		if err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(rows, func(r wissel.AuditRow) bool { return r.What == "audit-keep" && r.Before == "900d" && r.After == "365d" }) {
			return
		}
		<-time.After(10 * time.Millisecond)
	}
	t.Error("there is no row of it")
}

func TestAReloadTakesOverFaultlessSettingsOnly(t *testing.T) {
	o := begin(t)
	a, _ := run(t, o)
	before := a.Status(t.Context()).Settings.Version
	if err := os.WriteFile(o.File, []byte(strings.Replace(settings, "active: normaal", "active: nomaal", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := a.Reload(t.Context(), anna)
	if err == nil || !strings.Contains(err.Error(), `did you mean "normaal"?`) || !strings.Contains(err.Error(), "stay as they are") {
		t.Fatalf("a faulty file: %v", err)
	}
	status := a.Status(t.Context()).Settings
	if status.Version != before || status.Rejected == "" {
		t.Fatalf("after a faulty file: %+v", status)
	}
	if err := os.WriteFile(o.File, []byte(strings.Replace(settings, "active: normaal", "active: storing", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Reload(t.Context(), anna); err != nil {
		t.Fatal(err)
	}
	now := a.Status(t.Context())
	if now.Settings.Version == before || now.Settings.Rejected != "" || now.Groups[0].Plan != "storing" {
		t.Fatalf("after a good file: %+v", now)
	}
}

func TestASecondServerOnTheSameStoreIsToldWhoHoldsIt(t *testing.T) {
	o := begin(t)
	run(t, o)
	o.Control = "none"
	_, err := app.New(t.Context(), o)
	if err == nil || !strings.Contains(err.Error(), "is locked by process") {
		t.Fatalf("%v", err)
	}
}

func TestAStoreThatCannotBeUsedDoesNotStopTheServer(t *testing.T) {
	o := begin(t)
	o.StoreDir = filepath.Join(o.File, "store") // below a file: it can never be made
	a, _ := run(t, o)
	status := a.Status(t.Context())
	if status.Store.OK || status.Store.Fault == "" || status.State != "serving" {
		t.Fatalf("%+v", status)
	}
	done, err := a.Switch(t.Context(), web.SwitchRequest{Group: "support", Plan: "storing", Reason: "x"}, anna)
	if err != nil || !strings.Contains(strings.Join(done.Notes, "\n"), "a restart would forget it") {
		t.Fatalf("a switch without a store: %+v, %v", done, err)
	}
}
