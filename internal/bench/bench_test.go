//go:build linux

package main

import (
	"encoding/binary"
	"errors"
	"flag"
	"io"
	"math"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestFlags(t *testing.T) {
	stderr := os.Stderr
	t.Cleanup(func() { os.Stderr = stderr })
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	os.Stderr = null // where package flag prints its usage
	s, err := parse([]string{"-only", "relay,ivr", "-relays", "10, 20", "-long"})
	if err != nil || !slices.Equal(s.only, []string{"relay", "ivr"}) || !slices.Equal(s.relays, []int{10, 20}) || !s.long {
		t.Errorf("%+v, %v", s, err)
	}
	for _, args := range [][]string{{"-only", "rely"}, {"-relays", "0"}, {"-rates", "many"}, {"more"}, {"-rounds", "0"}, {"-nonsense"}} {
		if _, err := parse(args); err == nil {
			t.Errorf("%v is accepted", args)
		}
	}
	if _, err := parse([]string{"-h"}); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("-h gives %v", err)
	}
	if err := null.Close(); err != nil {
		t.Error(err)
	}
}

func TestATrialIsClean(t *testing.T) {
	good := trial{Calls: 6000, Retransmitted: 59, Wanted: 4 * time.Second, Elapsed: 5 * time.Second}
	for _, row := range []struct {
		name  string
		spoil func(*trial)
		want  bool
	}{
		{"all well", func(*trial) {}, true},
		{"a call failed", func(t *trial) { t.Failed = 1 }, false},
		{"one in a hundred retransmitted", func(t *trial) { t.Retransmitted = 60 }, false},
		{"the rate was not held", func(t *trial) { t.Elapsed = 6 * time.Second }, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			tr := good
			row.spoil(&tr)
			if tr.clean() != row.want {
				t.Errorf("clean: %v, want %v", tr.clean(), row.want)
			}
		})
	}
}

func TestDelays(t *testing.T) {
	var times []time.Duration
	for range 950 {
		times = append(times, 2*time.Millisecond)
	}
	for i := range 50 {
		times = append(times, time.Duration(402+i)*time.Millisecond)
	}
	var m moved
	m.delays(times)
	if m.Delayed != 50 || m.P50 != 424*time.Millisecond || m.Most != 449*time.Millisecond {
		t.Errorf("%+v", m)
	}
	m = moved{}
	m.delays([]time.Duration{time.Millisecond, 3 * time.Millisecond})
	if m.Delayed != 0 || m.P50 != 0 || m.Most != 2*time.Millisecond {
		t.Errorf("nobody waited, and it says %+v", m)
	}
	m.delays(nil)
}

func TestAnInviteIsKnownOnTheWire(t *testing.T) {
	packet := make([]byte, 28)
	packet[0], packet[9] = 0x45, 17
	copy(packet[16:], []byte{127, 61, 2, 3})
	packet = append(packet, "INVITE sip:x SIP/2.0\r\ni: abc\r\n\r\n"...)
	if id, ok := inviteTo(packet, [4]byte{127, 61, 2, 3}); !ok || id != "abc" {
		t.Errorf("%q, %v", id, ok)
	}
	if _, ok := inviteTo(packet, [4]byte{127, 61, 2, 4}); ok {
		t.Error("one to another address counts too")
	}
	for n := range packet[:40] {
		inviteTo(packet[:n], [4]byte{127, 61, 2, 3}) // cut anywhere, it is no reason to panic
	}
}

func TestAMessageIsRead(t *testing.T) {
	m := parseSIP("SIP/2.0 200 OK\r\nv: a\r\nVia: b\r\nRecord-Route: <sip:p>\r\nFrom: <sip:+31612345678@h>;tag=1\r\nt: <sip:x>;tag=2\r\n" +
		"Contact: <sip:y@z:1>;q=1\r\nCall-ID: id\r\nCSeq: 1 INVITE\r\n\r\nv=0\r\nc=IN IP4 127.0.0.9\r\nm=audio 4000 RTP/AVP 8\r\n")
	if m.status != 200 || m.method != "" || len(m.vias) != 2 || len(m.routes) != 1 || m.head("to") != "<sip:x>;tag=2" {
		t.Errorf("%+v", m)
	}
	if got := m.media(); got != netip.MustParseAddrPort("127.0.0.9:4000") {
		t.Errorf("voice is wanted at %v", got)
	}
	if uriOf(m.head("contact")) != "sip:y@z:1" || userOf(m.head("from")) != "+31612345678" {
		t.Errorf("%q, %q", uriOf(m.head("contact")), userOf(m.head("from")))
	}
	if r := m.reply("200 OK", "mine", "", ""); !strings.Contains(r, "To: <sip:x>;tag=2\r\n") || !strings.HasSuffix(r, "Content-Length: 0\r\n\r\n") {
		t.Errorf("reply: %q", r)
	}
	if mediaOf("m=audio 99999 RTP/AVP 8\nc=IN IP4 127.0.0.1\n").IsValid() || mediaOf("").IsValid() {
		t.Error("an address is read where none is")
	}
}

func TestBencodedTextIsFound(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"in its place", "d6:result2:ok3:sdp5:v=0\r\ne", "v=0\r\n"},
		{"missing", "d6:result5:errore", ""},
		{"cut short", "d3:sdp50:v=0", "v=0"},
		{"with no length", "d3:sdpx", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := bencoded(row.text, "sdp"); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

func TestAParentIsRead(t *testing.T) {
	if ppid, ok := parentOf("12 (a) b (c)) S 7 12 12"); !ok || ppid != 7 {
		t.Errorf("%d, %v", ppid, ok)
	}
	if _, ok := parentOf("12"); ok {
		t.Error("a parent is read where none is")
	}
}

func TestVoiceIsHeardOnceAndInTime(t *testing.T) {
	a, err := open("127.0.0.1", 0)
	if err != nil {
		t.Fatal(err)
	}
	var e ear
	var m metronome
	a.receive(func(d datagram) { e.hear(d); m.hear(d, 1) })
	b, err := open("127.0.0.1", 0)
	if err != nil {
		t.Fatal(err)
	}
	sent := speak([]stream{{to: a.addr, from: b}}, 200*time.Millisecond)
	var all histogram
	for range 500 { // what was sent is in the socket's buffer: it is only a matter of being scheduled
		speak(nil, time.Millisecond)
	}
	a.close()
	b.close()
	all.merge(e.times)
	if sent < 2 || sent > 10 || e.got != sent || e.other != 0 { // a busy machine speaks less often: what was not said cannot be heard
		t.Errorf("sent %d, heard %d and %d others", sent, e.got, e.other)
	}
	if m.gaps.total != sent-1 || m.gaps.quantile(0.5) < 10*time.Millisecond {
		t.Errorf("%d gaps, the median %v", m.gaps.total, m.gaps.quantile(0.5))
	}
	e.hear(datagram{data: make([]byte, 3)})
	e.hear(datagram{data: binary.BigEndian.AppendUint64(make([]byte, 12), 5)})
	if e.other != 2 {
		t.Errorf("%d packets are none of ours, want 2", e.other)
	}
}

func TestReport(t *testing.T) {
	r := report{machine: "machine", args: []string{"-rounds", "1"}, faults: []string{"relay: not here"}}
	for _, system := range []string{"sipp to sipp", "Kamailio", "wissel"} {
		cpu := map[string]time.Duration{"Kamailio": 1700, "wissel": 1500}[system] * time.Millisecond
		ring := map[string]time.Duration{"sipp to sipp": 100, "Kamailio": 450, "wissel": 700}[system] * time.Microsecond
		r.trials = append(r.trials, trial{System: system, Rate: 500, Calls: 2000, CPU: cpu, UAS: time.Second, Ring: []time.Duration{ring}, Memory: 90 << 20})
		r.greatest = append(r.greatest, greatest{System: system, Rate: 2500})
	}
	r.moved = []moved{{System: "wissel", Death: "silent", Calls: 1000, Delayed: 40, Tried: -1}}
	r.relayed = []relayed{{System: "rtpengine", Calls: 100, CPU: 0.2}, {System: "wissel", Calls: 100, CPU: 0.1, P99: 4 * time.Millisecond}}
	r.played = []played{{Calls: 1000, P3: 21 * time.Millisecond}}
	r.loaded = []loaded{{Numbers: 100_000, Load: time.Second}}
	r.starts = []time.Duration{100 * time.Millisecond}
	text := r.markdown("raw lines\n")
	for _, want := range []string{
		"| CPU per call at 500 calls a second | 1.7 xUAS | 1.50 xUAS | reached |",
		"| added to the time to 180, p50 at 500 calls a second | 0.5 ms | 0.60 ms | **not reached** |",
		"| greatest clean rate | 3000 calls a second | 2500 calls a second | **not reached** |",
		"| failover, silent: until no new call tries it | 500 ms | - ms | not shown |",
		"wissel / Kamailio = 0.88", "wissel / rtpengine = 0.50", "Not measured: relay: not here", "go run ./internal/bench -rounds 1", "raw lines\n```\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the report does not hold %q:\n%s", want, text)
		}
	}
	if !strings.Contains(r.summary(), "not reached  greatest clean rate") {
		t.Errorf("summary:\n%s", r.summary())
	}
	if _, err := io.WriteString(io.Discard, new(report).markdown("")); err != nil || len(new(report).ratios()) != 0 {
		t.Error("an empty run has ratios")
	}
	if !math.IsNaN(ratio(time.Second, 0)) {
		t.Error("a ratio to nothing is a number")
	}
}
