package app

import (
	"net/netip"
	"testing"
	"time"

	"wissel"
	"wissel/ivr"
)

func TestFactsOfACaller(t *testing.T) {
	at := time.Date(2026, 6, 3, 14, 30, 0, 0, time.UTC)
	for _, row := range []struct {
		from    wissel.Number
		kind    string
		country string
	}{
		{"+31612345678", "mobile", "31"}, {"+31201112233", "fixed", "31"}, {"+31851234567", "company", "31"}, {"+318001234", "other", "31"},
		{"+447700900123", "foreign", "44"}, {"+12025550123", "foreign", "1"}, {"", "hidden", ""},
	} {
		got := FactsOf(row.from, at, ivr.Facts{})
		if got.Caller != (ivr.CallerFacts{Known: row.from != "", Kind: row.kind, Country: row.country}) {
			t.Errorf("%s: %+v", row.from, got.Caller)
		}
		if got.Time != (ivr.TimeFacts{Weekday: "wednesday", Hour: 14, Minute: 30, Date: "2026-06-03"}) {
			t.Errorf("%+v", got.Time)
		}
	}
}

func TestFactsOfHealth(t *testing.T) {
	addr := func(last byte) wissel.Address {
		return wissel.Address{Transport: wissel.UDP, AddrPort: netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, last}), 5060)}
	}
	group := &wissel.Group{ID: "support", Active: "normaal", Plans: map[wissel.PlanID]wissel.Plan{
		"normaal": {ID: "normaal", Targets: []wissel.Target{{Trunk: "platform"}, {Trunk: "reserve"}, {Flow: "storing"}}},
	}}
	for _, row := range []struct {
		name            string
		one, two, other wissel.State
		want            ivr.HealthFacts
	}{
		{"all is well", wissel.Up, wissel.Up, wissel.Up, ivr.HealthFacts{Primary: "up", Active: "up"}},
		{"a trunk is as well as its best address", wissel.Down, wissel.Suspect, wissel.Up, ivr.HealthFacts{Primary: "suspect", Active: "suspect"}},
		{"nothing is known yet", wissel.Unknown, wissel.Unknown, wissel.Up, ivr.HealthFacts{Primary: "unknown", Active: "unknown"}},
		{"the first is down", wissel.Down, wissel.Down, wissel.Up, ivr.HealthFacts{Primary: "down", Active: "up"}},
		{"all are down but the flow", wissel.Down, wissel.Down, wissel.Down, ivr.HealthFacts{Primary: "down", Active: "up"}},
	} {
		s := &wissel.Snapshot{
			Trunks: map[wissel.TrunkID]*wissel.Trunk{"platform": {Addresses: []wissel.Address{addr(1), addr(2)}}, "reserve": {Addresses: []wissel.Address{addr(3)}}},
			Health: map[wissel.Address]wissel.Verdict{addr(1): {State: row.one}, addr(2): {State: row.two}, addr(3): {State: row.other}},
		}
		if got := healthFacts(s, group); got != row.want {
			t.Errorf("%s: %+v, want %+v", row.name, got, row.want)
		}
	}
	if got := healthFacts(&wissel.Snapshot{}, &wissel.Group{}); got != (ivr.HealthFacts{Primary: "unknown", Active: "unknown"}) {
		t.Errorf("a group without a plan: %+v", got)
	}
}
