package app_test

import (
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/internal/app"
	"wissel/internal/web"
)

// beginWithHours gives the options of a server whose desk is open on weekdays.
func beginWithHours(t *testing.T) app.Options {
	t.Helper()
	o := begin(t)
	write(t, o, strings.Replace(settings, "    active: normaal\n", "    active: normaal\n    hours: {open: \"Mo-Fr 08:00-18:00\"}\n", 1))
	return o
}

func TestAnOverrideOfTheHoursIsKept(t *testing.T) {
	o := beginWithHours(t)
	a, stop := run(t, o)
	until := time.Now().Add(3 * time.Hour).Truncate(time.Second)
	for _, r := range []web.HoursRequest{
		{Group: "support", Open: true, Until: until},
		{Group: "support", Open: true, Reason: "x"},
		{Group: "support", Open: true, Until: time.Now(), Reason: "x"},
		{Group: "support", Open: true, Until: time.Now().Add(31 * 24 * time.Hour), Reason: "x"},
		{Group: "support", Clear: true, Reason: "there is nothing to take back"},
		{Group: "support", Clear: true, Open: true, Until: until, Reason: "both"},
		{Group: "suport", Open: true, Until: until, Reason: "x"},
	} {
		if done, err := a.SetHours(t.Context(), r, anna); err == nil {
			t.Errorf("%+v was taken: %+v", r, done)
		}
	}
	done, err := a.SetHours(t.Context(), web.HoursRequest{Group: "support", Open: true, Until: until, Reason: "we are open tonight because of the outage"}, anna)
	if err != nil || done.Before != "as written" || !strings.HasPrefix(done.After, "open until ") || len(done.Notes) > 0 {
		t.Fatalf("%+v, %v", done, err)
	}
	inForce := func(when string) {
		t.Helper()
		h, err := a.Hours("support", time.Now())
		if err != nil || !h.Open || h.By != wissel.ByOverride || h.Why != "we are open tonight because of the outage" || h.Until.Before(until) || h.Override.Who != "anna" {
			t.Fatalf("%s: %+v, %v", when, h, err)
		}
		if h, err := a.Hours("support", done.Hours.At.Add(-time.Hour)); err != nil || h.By == wissel.ByOverride {
			t.Errorf("%s, an hour before it was made: %+v, %v", when, h, err)
		}
	}
	inForce("at once")
	write(t, o, strings.Replace(settings, "    active: normaal\n", "    active: normaal\n    hours: {open: \"Mo-Fr 09:00-18:00\"}\n", 1))
	if _, err := a.Reload(t.Context(), anna); err != nil {
		t.Fatal(err)
	}
	inForce("after a reload")
	if _, err := a.Switch(t.Context(), web.SwitchRequest{Group: "support", Auto: true, Reason: "x"}, anna); err != nil {
		t.Fatal(err)
	}
	inForce("after --auto, which is of the routing")
	stop()
	a, stop = run(t, o)
	inForce("after a restart")
	if _, err := a.SetHours(t.Context(), web.HoursRequest{Group: "support", Clear: true, Reason: "it is over"}, anna); err != nil {
		t.Fatal(err)
	}
	stop()
	a, _ = run(t, o)
	if h, err := a.Hours("support", time.Now()); err != nil || h.By == wissel.ByOverride || h.Override != nil {
		t.Errorf("after it was taken back, and a restart: %+v, %v", h, err)
	}
	rows, err := a.Audit(t.Context(), time.Time{}, 0)
	var hours []wissel.AuditRow
	for _, r := range rows {
		if r.What == "hours" {
			hours = append(hours, r)
		}
	}
	if err != nil || len(hours) != 2 || hours[0].Who != "anna" || hours[0].Object != "support" || hours[0].After != done.After || hours[1].Why != "it is over" || hours[1].After != "as written" {
		t.Errorf("audit: %+v, %v", hours, err)
	}
}

func TestHoursAtATime(t *testing.T) {
	a, _ := run(t, beginWithHours(t))
	at := time.Date(2026, 4, 27, 10, 0, 0, 0, time.UTC)
	h, err := a.Hours("support", at)
	if err != nil || h.Open || h.By != wissel.ByHoliday || h.Why != "Koningsdag" || h.Zone != "Europe/Amsterdam" || h.Until.Format(time.RFC3339) != "2026-04-28T08:00:00+02:00" ||
		h.EndOfNextDay.Format(time.RFC3339) != "2026-04-28T18:00:00+02:00" {
		t.Errorf("%+v, %v", h, err)
	}
}
