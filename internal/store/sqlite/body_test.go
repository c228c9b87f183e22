package sqlite

import (
	"encoding/json"
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wissel"
)

// Whatever a record holds, its body is what encoding/json makes of it, byte for byte.
func TestARecordsBodyIsItsJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		some := func(name string) string { return rapid.String().Draw(t, name) }
		at := func(name string) time.Time {
			return time.Unix(rapid.Int64Range(-6e10, 2e11).Draw(t, name), rapid.Int64Range(0, 999999999).Draw(t, "ns")).UTC()
		}
		c := wissel.CDR{
			Row:  wissel.Row{ID: some("id"), Node: some("node"), Generation: rapid.Uint64().Draw(t, "generation")},
			Call: wissel.CallID(some("call")), Group: wissel.GroupID(some("group")), Trunk: wissel.TrunkID(some("trunk")),
			From: wissel.Number(some("from")), To: wissel.Number(some("to")), Began: at("began"), Answered: at("answered"),
			Status: rapid.Int().Draw(t, "status"), Outcome: wissel.Outcome(some("outcome")), Blame: wissel.Blame(some("blame")),
			EndedBy: some("by"), Target: wissel.Target{Trunk: wissel.TrunkID(some("target")), People: some("people")}, Decision: some("decision"), Version: some("version"),
			SetupMS: float64(rapid.Int64Range(0, 1e15).Draw(t, "setup")) / 1e6, Digits: rapid.IntRange(0, 99).Draw(t, "digits"),
			Actor: some("actor"), Callback: rapid.SampledFrom([]string{"", "01920000-0000-7000-8000-000000000000", "a\"b"}).Draw(t, "callback"),
		}
		for range rapid.IntRange(0, 3).Draw(t, "reasons") {
			c.Why = append(c.Why, some("why"))
		}
		for range rapid.IntRange(0, 3).Draw(t, "rules") {
			c.Thresholds = append(c.Thresholds, some("threshold"))
		}
		places := []netip.AddrPort{{}, netip.MustParseAddrPort("192.0.2.1:5060"), netip.MustParseAddrPort("[2001:db8::1]:5061"), netip.MustParseAddrPort("[fe80::1%eth0]:5060")}
		for i := range rapid.IntRange(0, 3).Draw(t, "attempts") {
			c.Attempts = append(c.Attempts, wissel.Attempt{
				Leg: i, Target: wissel.Target{Flow: wissel.FlowID(some("flow"))}, Began: at("left"), Status: 486, Why: some("left for"), Rang: i == 1,
				Person: some("person"), Over: wissel.TrunkID(some("over")),
				Address: wissel.Address{Transport: wissel.TCP, AddrPort: rapid.SampledFrom(places).Draw(t, "place")},
			})
		}
		want, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		if got := appendCDR(nil, &c); string(got) != string(want) {
			t.Fatalf("\n got %s\nwant %s", got, want)
		}
	})
}
