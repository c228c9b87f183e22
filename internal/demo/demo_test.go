package demo

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"wissel"
	"wissel/sip/sim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTheStoryEndsWithoutALostCall(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	d, err := New(ctx, Options{AnyPorts: true, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	folder := d.Addresses().Folder
	began := time.Now()
	sum, err := d.Run(ctx, false)
	for _, a := range d.View().Acts {
		t.Logf("%s: %s", a.Title, a.Finding)
	}
	data, jerr := json.Marshal(sum)
	if jerr != nil {
		t.Fatal(jerr)
	}
	t.Logf("%s after %v", data, time.Since(began))
	if err != nil {
		t.Fatal(err)
	}
	if sum.Lost != 0 || sum.Answered != sum.Calls || sum.ToPrimary < 9 || sum.ToBackup < 5 || sum.ToIVR < 3 || sum.Wishes != 3 ||
		sum.ToPrimary+sum.ToBackup+sum.ToIVR != sum.Calls || sum.SetupMS.P50 <= 0 || sum.SetupMS.P99 < sum.SetupMS.P50 {
		t.Errorf("%s", data)
	}
	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Errorf("the folder %s is still there: %v", folder, err)
	}
}

func TestAnInterruptedDemoLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	d, err := New(ctx, Options{AnyPorts: true})
	if err != nil {
		t.Fatal(err)
	}
	go func() { // Ctrl-C while the platform is silent
		for d.View().Act < 2 && ctx.Err() == nil {
			if wait(ctx, look) != nil {
				return
			}
		}
		cancel()
	}()
	sum, err := d.Run(ctx, true)
	if !errors.Is(err, context.Canceled) || sum.Lost != 0 || sum.Calls == 0 {
		t.Errorf("%+v, %v", sum, err)
	}
	if _, err := os.Stat(d.Addresses().Folder); !os.IsNotExist(err) {
		t.Errorf("the demo's folder is still there: %v", err)
	}
}

func TestDifferencesAreTold(t *testing.T) {
	at := time.Now()
	lived := func(change func(*caller)) *caller {
		c := &caller{from: "+31612000001", place: Platform, over: true, rec: sim.Record{Placed: at, Answered: at.Add(3 * time.Millisecond)}}
		change(c)
		return c
	}
	wrote := wissel.CDR{
		Trunk: carrierTrunk, From: "+31612000001", Answered: at, Outcome: wissel.Answered, Target: Platform.target(), SetupMS: 2.5,
	}
	wish := wissel.Wish{Number: "+31612000001", Kind: wissel.WishText}
	for _, c := range []struct {
		name   string
		caller *caller
		cdrs   []wissel.CDR
		kept   []wissel.Wish
		want   string
	}{
		{"all agree", lived(func(*caller) {}), []wissel.CDR{wrote}, nil, ""},
		{"a call that was broken off by us", lived(func(c *caller) { c.cut = true }), nil, nil, ""},
		{"no record", lived(func(*caller) {}), nil, nil, "number of calls: he lived 1, the server's record says 0"},
		{"two records", lived(func(*caller) {}), []wissel.CDR{wrote, wrote}, nil, "record says 2"},
		{"another target", lived(func(c *caller) { c.place = Backup }), []wissel.CDR{wrote}, nil, "talked to: he lived backup"},
		{"never answered", lived(func(c *caller) { c.rec.Answered = time.Time{} }), []wissel.CDR{wrote}, nil, "answered: he lived false"},
		{"a setup that cannot be", lived(func(c *caller) { c.rec.Answered = at.Add(time.Millisecond) }), []wissel.CDR{wrote}, nil, "setup in ms"},
		{"a wish nobody heard confirmed", lived(func(*caller) {}), []wissel.CDR{wrote}, []wissel.Wish{wish}, "wish confirmed"},
		{"a confirmation of nothing", lived(func(c *caller) { c.confirmed = wissel.WishText }), []wissel.CDR{wrote}, nil, "wish confirmed"},
		{"another wish than confirmed", lived(func(c *caller) { c.confirmed = wissel.WishCallback }), []wissel.CDR{wrote}, []wissel.Wish{wish}, "wish confirmed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := errors.Join(compare([]*caller{c.caller}, c.cdrs, c.kept)...)
			if c.want == "" && got != nil || c.want != "" && (got == nil || !strings.Contains(got.Error(), c.want)) {
				t.Errorf("%v, want %q", got, c.want)
			}
		})
	}
	if errs := compare(nil, []wissel.CDR{wrote}, nil); len(errs) != 1 {
		t.Errorf("a record of a call that nobody placed: %v", errs)
	}
}
