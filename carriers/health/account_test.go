package health

import (
	"testing"
	"time"

	"wissel"
)

func TestWhatWouldChangeItInWords(t *testing.T) {
	up := probe(200)
	down := []event{up, probe(0), probe(0), probe(0)} // at 12:00:04
	rows := []struct {
		name   string
		events []event
		after  time.Duration
		layer  Layer
		want   string
	}{
		{"nothing known", nil, 0, Calls, "1 call that rings or is answered makes it up"},
		{"answers OPTIONS", []event{up}, 0, Probe, "3 lost or refused OPTIONS make it down"},
		{"never answered OPTIONS", []event{probe(0)}, 0, Probe,
			"3 answered OPTIONS in a row make it up; without news it counts until 12:01:01"},
		{"one lost", []event{up, probe(0)}, 0, Probe,
			"3 answered OPTIONS in a row make it up; without news it counts until 12:01:02; 2 lost or refused OPTIONS make it down"},
		{"down", down, 0, Probe, "3 answered OPTIONS in a row, from 12:00:09 on, make it up"},
		{"down, and answers again", append(down[:4:4], up, up), 0, Probe, "1 answered OPTIONS, from 12:00:09 on, makes it up"},
		{"down, its hold-down over", down, time.Minute, Probe, "3 answered OPTIONS in a row make it up"},
		{"silent calls", []event{up, called(0)}, 0, Calls,
			"1 call that rings or is answered or 1 test call that passes, from 12:00:07 on, makes it suspect; a call is offered at 12:00:07"},
		{"silent calls, a call is due", []event{up, called(0)}, time.Minute, Calls,
			"1 call that rings or is answered or 1 test call that passes makes it suspect; a call is offered now"},
		{"silent calls and lost OPTIONS", append(down[:4:4], called(0)), 0, Calls,
			"1 call that rings or is answered or 1 test call that passes, from 12:00:10 on, makes it suspect"},
		{"on trial", []event{up, called(0).in(2), called(180).in(8)}, 0, Calls,
			"2 calls that ring or are answered in a row or 2 test calls that pass make it up; without news it counts until 12:01:08; 1 call that meets silence makes it down"},
		{"failing test calls", []event{tested(0), tested(0), tested(0)}, 0, Test, "1 test call that passes, from 12:00:08 on, makes it suspect"},
		{"worse than usual", []event{up, worse()}, 0, Quality,
			"3 calls that go as usual in a row or 3 test calls that pass make it up; without news it counts until 12:10:02"},
		{"its status page is well", []event{{o: Observation{Layer: Outside, Status: 200}}}, 0, Outside, "1 bad word of its status page makes it suspect"},
		{"a mass hang-up", []event{up, mass()}, 0, Ends,
			"3 calls that end as calls do in a row or 3 test calls that pass make it up; without news it counts until 12:01:02; 1 mass hang-up makes it down"},
	}
	for _, row := range rows {
		h, now := play(DefaultPolicy(), row.events...)
		if got := DefaultPolicy().Account(h, now.Add(row.after)).Layers[row.layer].Change; got != row.want {
			t.Errorf("%s:\n got %s\nwant %s", row.name, got, row.want)
		}
	}
}

func TestTheAccountOfAnAddress(t *testing.T) {
	b := NewBoard(DefaultPolicy(), nil)
	b.Set(map[wissel.TrunkID]*wissel.Trunk{"a": {ID: "a", Addresses: []wissel.Address{address(1)}, Probe: wissel.Probe{Every: 7 * time.Second}}})
	at := time.Now()
	b.Heard(address(1), at)
	b.Observe(address(1), Observation{Layer: Probe, Status: 200, At: at})
	for range 2 {
		b.Observe(address(1), Observation{Layer: Transport, Unreachable: true, Why: "connection refused", At: at})
	}
	a, ok := b.Account(address(1))
	if !ok || a.Trunk != "a" || a.Address != address(1) || a.State != wissel.Down || a.Flaps != 1 || a.Hold != 5*time.Second ||
		!a.Seen.Equal(at) || a.Probed != 500*time.Millisecond || len(a.Layers) != int(layers) {
		t.Errorf("%+v", a)
	}
	want := "3 messages from it in a row, from " + wissel.Clock(at.Add(5*time.Second)) + " on, make it up"
	if a.Change != want || a.Layers[Transport].Change != want || a.Layers[Probe].State != wissel.Up {
		t.Errorf("it would change by %q", a.Change)
	}
	if a, _ := b.Account(address(1)); a.Evidence != "unreachable (connection refused) since "+wissel.Clock(at) {
		t.Errorf("evidence %q", a.Evidence)
	}
	if _, ok := b.Account(address(2)); ok {
		t.Error("an address that no trunk has")
	}
	b.Set(map[wissel.TrunkID]*wissel.Trunk{"a": {ID: "a", Addresses: []wissel.Address{address(1)}, Probe: wissel.Probe{Off: true}}})
	if a, _ := b.Account(address(1)); a.Probed != 0 {
		t.Errorf("it is not probed, and asked each %v", a.Probed)
	}
}
