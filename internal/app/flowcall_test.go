package app

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"wissel"
	"wissel/internal/store/sqlite"
	"wissel/internal/virtual"
	"wissel/ivr"
)

// rehearsed lets somebody hear the shipped flow, with a store that stands so.
func rehearsed(t *testing.T, stored error) (*host, *rehearsal) {
	t.Helper()
	h, a := attendIn(t, &slowStore{err: sqlite.ErrUnavailable})
	r := &rehearsal{
		pending: &pending{lines: make(chan string, 32)}, stored: func() error { return stored },
		caller: ivr.Caller{Call: aCall, From: "+31612345678", Rung: "+31201234567", Group: "support", Flow: "storing"},
	}
	h.x = r.attend(a, a.programs()["storing"], h)
	return h, r
}

func TestWhatIsHeardOfAWishThatIsNone(t *testing.T) {
	for _, row := range []struct {
		name   string
		stored error
		hears  string
		told   string
		wishes []string
	}{
		{"noted, and nowhere", nil, "nl/callback.done", "nothing is written", []string{"callback +316****5678"}},
		{"what a caller would hear while nothing can be written", sqlite.ErrUnavailable, "nl/wish.failed", "cannot be noted", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			virtual.Time(t, func(t *testing.T) {
				h, r := rehearsed(t, row.stored)
				wish(t, h)
				h.hears(t, row.hears)
				h.x.Hangup()
				if line := <-r.lines; !strings.Contains(line, row.told) || !slices.Equal(r.wishes, row.wishes) {
					t.Errorf("told %q, asked for %q", line, r.wishes)
				}
			})
		})
	}
}

func TestARehearsalRingsNoColleague(t *testing.T) {
	h, r := rehearsed(t, nil)
	h.x.(*attending).do(ivr.Dial{Target: wissel.Target{Trunk: "colleagues"}})
	if h.ended == "" || !strings.Contains(<-r.lines, "put through to colleagues") {
		t.Errorf("ended %q", h.ended)
	}
}

// A telephone may be named as its trunk names it; nothing is looked up for that.
func TestWhichTrunkASIPAddressNames(t *testing.T) {
	address := func(s string) wissel.Address {
		return wissel.Address{Transport: wissel.UDP, AddrPort: netip.MustParseAddrPort(s)}
	}
	snap := &wissel.Snapshot{Country: "NL", Lines: map[wissel.Number]wissel.Line{"+31201234567": {}}, Trunks: map[wissel.TrunkID]*wissel.Trunk{
		"desks": {
			Addresses: []wissel.Address{address("10.0.0.5:5060"), address("10.0.0.6:5070")},
			Hosts:     []wissel.Host{{Name: "pbx.example"}, {Name: "pbx.example", Port: 5070}},
		},
		"kpn":   {Addresses: []wissel.Address{address("198.51.100.7:5060")}, Hosts: []wissel.Host{{Name: "sbc.kpn.example"}}},
		"later": {},
	}}
	for _, row := range []struct {
		text  string
		to    wissel.Number
		trunk wissel.TrunkID
		at    string
		why   string
	}{
		{"sip:anna@10.0.0.5", "anna", "desks", "10.0.0.5:5060", ""},
		{"sip:anna@10.0.0.6:5070", "anna", "desks", "10.0.0.6:5070", ""},
		{"sip:anna@10.0.0.6", "", "", "", "the address of no trunk"},
		{"sip:anna@pbx.example", "anna", "desks", "10.0.0.5:5060", ""},
		{"sip:anna@PBX.example:5070", "anna", "desks", "10.0.0.6:5070", ""},
		{"sip:anna@pbx.example:5080", "", "", "", "the address of no trunk"},
		{"sip:+31612345678@sbc.kpn.example", "+31612345678", "kpn", "198.51.100.7:5060", ""},
		{"sip:anna@sbc.kpn.example", "", "", "", "not a telephone number"},
		{"sip:+31612345678@kpn.example", "", "", "", "the address of no trunk"},
		{"sip:+31612345678@evil.sbc.kpn.example", "", "", "", "the address of no trunk"},
		{"sip:anna@10.0.0.5:99999", "", "", "", "port"},
		{"sip:anna@pbx.example:99999", "", "", "", "out of range"},
		{"sip:anna@pbx.example;maddr=198.51.100.7", "", "", "", "no SIP address"},
		{"sip:anna@[::1", "", "", "", "no SIP address"},
	} {
		to, trunk, at, err := addressed(snap, "flow call", row.text)
		if row.why != "" {
			if err == nil || !strings.Contains(err.Error(), row.why) {
				t.Errorf("%s: %v, want %q", row.text, err, row.why)
			}
			continue
		}
		if err != nil || to != row.to || trunk != row.trunk || at.AddrPort.String() != row.at {
			t.Errorf("%s: %s over %s at %s, %v", row.text, to, trunk, at.AddrPort, err)
		}
	}
}
