package app_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	"wissel/internal/app"
	"wissel/internal/web"
)

// srvZone is what the name server of TestEachTargetOfAnSRVNameIsAsked knows: records of a name and a type (RFC 1035 §3.2.2).
type srvZone map[string]map[uint16][][]byte

const (
	typeA   = 1
	typeSRV = 33
)

// wire writes a name as DNS does (RFC 1035 §3.1).
func wire(name string) (b []byte) {
	for label := range strings.SplitSeq(name, ".") {
		b = append(append(b, byte(len(label))), label...)
	}
	return append(b, 0)
}

// srvTo is a record of a target, to be tried before those with a higher priority.
func srvTo(priority, port uint16, target string) []byte {
	b := binary.BigEndian.AppendUint16(nil, priority)
	b = binary.BigEndian.AppendUint16(b, 10) // its weight
	return append(binary.BigEndian.AppendUint16(b, port), wire(target)...)
}

// answer answers a question; nil: it is none.
func (z srvZone) answer(q []byte) []byte {
	end := 12
	var labels []string
	for end < len(q) && q[end] != 0 {
		next := end + 1 + int(q[end])
		if next >= len(q) {
			return nil
		}
		labels = append(labels, strings.ToLower(string(q[end+1:next])))
		end = next
	}
	if end+5 > len(q) {
		return nil
	}
	records, known := z[strings.Join(labels, ".")]
	a := bytes.Clone(q[:end+5]) // header, name, type, class
	a[2], a[3] = 0x85, 0x80     // an answer with authority; recursion was asked for and is there
	if !known {
		a[3] |= 3 // there is no such name
	}
	kind := binary.BigEndian.Uint16(q[end+1:])
	copy(a[4:12], []byte{0, 1, 0, byte(len(records[kind])), 0, 0, 0, 0})
	for _, data := range records[kind] {
		a = append(a, 0xc0, 12, byte(kind>>8), byte(kind), 0, 1, 0, 0, 0, 60) // the name of the question, IN, for a minute
		a = append(binary.BigEndian.AppendUint16(a, uint16(len(data))), data...)
	}
	return a
}

// datagrams answers what comes to an address until it is closed, at the end of the test at the latest.
func datagrams(t *testing.T, at string, answer func([]byte) []byte) (closed func()) {
	t.Helper()
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(at)))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		in := make([]byte, 4096)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(in)
			if err != nil {
				return
			}
			if out := answer(in[:n]); out != nil {
				if _, err := conn.WriteToUDPAddrPort(out, from); err != nil && !errors.Is(err, net.ErrClosed) {
					t.Error(err)
				}
			}
		}
	}()
	closed = sync.OnceFunc(func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
		<-done
	})
	t.Cleanup(closed)
	return closed
}

// asked is a target that answers OPTIONS, and notes for whom they were.
type asked struct {
	mu   sync.Mutex
	uris map[string]int // by Request-URI
}

func (a *asked) answer(in []byte) []byte {
	text := string(in)
	line, rest, _ := strings.Cut(text, "\r\n")
	method, uri, _ := strings.Cut(line, " ")
	uri, _, _ = strings.Cut(uri, " ")
	if method != "OPTIONS" {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.uris == nil {
		a.uris = map[string]int{}
	}
	a.uris[uri]++
	out := "SIP/2.0 200 OK\r\n"
	for header := range strings.SplitSeq(rest, "\r\n") {
		switch name, _, _ := strings.Cut(header, ":"); name {
		case "Via", "From", "Call-ID", "CSeq":
			out += header + "\r\n"
		case "To":
			out += header + ";tag=x\r\n"
		}
	}
	return []byte(out + "Content-Length: 0\r\n\r\n")
}

// whom are the Request-URIs of the OPTIONS that have come.
func (a *asked) whom() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Sorted(maps.Keys(a.uris))
}

// A trunk whose name has two SRV targets: each is asked for the trunk's name and has its own verdict; when one dies, the trunk is
// as healthy as the other.
func TestEachTargetOfAnSRVNameIsAsked(t *testing.T) {
	zone := srvZone{
		"_sip._udp.platform.example": {typeSRV: {srvTo(1, 5070, "one.platform.example"), srvTo(2, 5080, "two.platform.example")}},
		"one.platform.example":       {typeA: {{127, 6, 0, 3}}},
		"two.platform.example":       {typeA: {{127, 6, 0, 5}}},
	}
	datagrams(t, "127.6.0.53:5353", zone.answer)
	var one, two asked
	closeOne := datagrams(t, "127.6.0.3:5070", one.answer)
	datagrams(t, "127.6.0.5:5080", two.answer)

	o := begin(t)
	rewrite(t, o, `to: ["sip:127.6.0.3:5060"], probe: {off: true}`, `to: ["sip:platform.example"], probe: {every: 500ms, fast: 200ms, timeout: 200ms}`)
	o.Resolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", "127.6.0.53:5353")
	}}
	a, _ := run(t, o)
	eventually(t, "both targets are up", func() bool { return platformIs(a, "up", "up", "up") })
	if x, y := one.whom(), two.whom(); !slices.Equal(x, []string{"sip:platform.example"}) || !slices.Equal(y, x) { // no port of a record (RFC 3263 §4)
		t.Errorf("the first target was asked for %v and the second for %v", x, y)
	}
	closeOne()
	eventually(t, "the first target is down, and the trunk up by the second", func() bool { return platformIs(a, "up", "down", "up") })
}

// platformIs reports whether the trunk and its two targets are found to be so.
func platformIs(a *app.App, trunk, first, second string) bool {
	for _, c := range a.Carriers() {
		if c.Trunk == "platform" {
			return c.State == trunk && stateAt(c, "127.6.0.3:5070") == first && stateAt(c, "127.6.0.5:5080") == second && len(c.Addresses) == 2
		}
	}
	return false
}

// stateAt is the state of the address of a trunk at a host and port; empty: it has none.
func stateAt(c web.Carrier, at string) string {
	for _, one := range c.Addresses {
		if strings.HasSuffix(one.Address, at) {
			return one.State
		}
	}
	return ""
}
