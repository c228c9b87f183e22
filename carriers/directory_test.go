package carriers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"wissel"
	"wissel/internal/virtual"
)

// zone is a Resolver with records of its own; a name mapped to broken cannot be asked for.
type zone struct {
	mu     sync.Mutex
	srv    map[string][]*net.SRV // "_sip._udp.host"
	ip     map[string][]string
	broken map[string]bool
	asked  int
}

var errServfail = &net.DNSError{Err: "server misbehaving", IsTemporary: true}

func (z *zone) LookupSRV(_ context.Context, service, proto, name string) (string, []*net.SRV, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.asked++
	if z.broken[name] {
		return "", nil, errServfail
	}
	if r := z.srv["_"+service+"._"+proto+"."+name]; r != nil {
		return name, r, nil
	}
	return "", nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

func (z *zone) LookupNetIP(_ context.Context, _, host string) (out []netip.Addr, _ error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.asked++
	if z.broken[host] {
		return nil, errServfail
	}
	for _, s := range z.ip[host] {
		out = append(out, netip.MustParseAddr(s))
	}
	if out == nil {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return out, nil
}

func (z *zone) set(f func()) {
	z.mu.Lock()
	defer z.mu.Unlock()
	f()
}

func list(found []Found) (out []string) {
	for _, f := range found {
		out = append(out, strings.TrimSuffix(fmt.Sprintf("%s %s:%d", f.Address, f.Host.Name, f.Host.Port), ":0"))
	}
	return out
}

func TestResolve(t *testing.T) {
	z := &zone{
		srv: map[string][]*net.SRV{
			"_sip._udp.sbc.example":   {{Target: "a.sbc.example.", Port: 5070}, {Target: "b.sbc.example.", Port: 5080}},
			"_sip._tcp.tcponly.nl":    {{Target: "a.sbc.example.", Port: 5062}},
			"_sips._tcp.sbc.example":  {{Target: "a.sbc.example.", Port: 5071}},
			"_sip._udp.none.example":  {{Target: ".", Port: 0}},
			"_sip._udp.half.example":  {{Target: "nowhere.example.", Port: 1}, {Target: "b.sbc.example.", Port: 2}},
			"_sip._udp.empty.example": {},
		},
		ip: map[string][]string{
			"a.sbc.example": {"192.0.2.1", "2001:db8::1", "192.0.2.1"},
			"b.sbc.example": {"::ffff:192.0.2.2"},
			"plain.example": {"198.51.100.7"}, "empty.example": {"198.51.100.8"},
			"poisoned.example": {"0.0.0.0", "224.0.0.1"},
		},
		broken: map[string]bool{"broken.example": true},
	}
	for _, c := range []struct {
		name, uri string
		want      []string
		err       string
	}{
		{"an address", "sip:192.0.2.9", []string{"udp:192.0.2.9:5060 192.0.2.9"}, ""},
		{"an address over TLS has another port", "sip:192.0.2.9;transport=tls", []string{"tls:192.0.2.9:5061 192.0.2.9"}, ""},
		{"sips is TLS", "sips:192.0.2.9:5070", []string{"tls:192.0.2.9:5070 192.0.2.9:5070"}, ""},
		{"an IPv6 address", "sip:[2001:db8::5]:5062;transport=TCP", []string{"tcp:[2001:db8::5]:5062 2001:db8::5:5062"}, ""},
		{"a port means no SRV", "sip:a.sbc.example:5099", []string{"udp:192.0.2.1:5099 a.sbc.example:5099", "udp:[2001:db8::1]:5099 a.sbc.example:5099"}, ""},
		{"SRV in order, with ports that no URI shows", "sip:SBC.example.", []string{"udp:192.0.2.1:5070 sbc.example", "udp:[2001:db8::1]:5070 sbc.example", "udp:192.0.2.2:5080 sbc.example"}, ""},
		{"SRV of tcp when there is none of udp", "sip:tcponly.nl", []string{"tcp:192.0.2.1:5062 tcponly.nl", "tcp:[2001:db8::1]:5062 tcponly.nl"}, ""},
		{"SRV of sips when TLS is asked for", "sip:sbc.example;transport=tls", []string{"tls:192.0.2.1:5071 sbc.example", "tls:[2001:db8::1]:5071 sbc.example"}, ""},
		{"no SRV", "sip:plain.example", []string{"udp:198.51.100.7:5060 plain.example"}, ""},
		{"an empty SRV answer", "sip:empty.example", []string{"udp:198.51.100.8:5060 empty.example"}, ""},
		{"no SRV of the transport written", "sip:plain.example;transport=tcp", []string{"tcp:198.51.100.7:5060 plain.example"}, ""},
		{"one of two hosts unknown", "sip:half.example", []string{"udp:192.0.2.2:2 half.example"}, ""},
		{"SRV says no", "sip:none.example", nil, "does not offer SIP over udp"},
		{"DNS broken", "sip:broken.example", nil, "server misbehaving"},
		{"unknown", "sip:unknown.example", nil, "no such host"},
		{"an answer that is nobody's address", "sip:poisoned.example", nil, "no address"},
	} {
		found, err := Resolve(t.Context(), z, c.uri)
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.err)
		}
		if d := cmp.Diff(c.want, list(found)); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

func TestURIsThatATrunkHasNoUseFor(t *testing.T) {
	for _, c := range []struct{ uri, want string }{
		{"sbc.example", "is no SIP URI"},
		{"tel:+31201234567", "is no SIP URI"},
		{"sip:", "neither a host name nor"},
		{"sip:+31201234567@sbc.example", "holds a user"},
		{"sip:sbc.example?subject=x", "holds headers"},
		{"sip:sbc.example;lr", `parameter "lr"`},
		{"sip:sbc.example;transport=sctp", `transport "sctp"`},
		{"sips:sbc.example;transport=udp", "does not exist"},
		{"sip:sbc.example:0", "outside 1 to 65535"},
		{"sip:sbc.example:", "missing"},
		{"sip:sbc.example:99999", "outside 1 to 65535"},
		{"sip:2001:db8::1", "in brackets"},
		{"sip:[2001:db8::1", "in brackets"},
		{"sip:[192.0.2.1]", "no IPv6 address"},
		{"sip:192.0.2.999", "neither a host name nor"},
		{"sip:0.0.0.0", "no address of one peer"},
		{"sip:224.0.0.1", "no address of one peer"},
		{"sip:-x.example", "neither a host name nor"},
	} {
		if _, err := parseURI(c.uri); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.uri, err, c.want)
		}
	}
}

// watched is a Directory whose published trunks a test reads.
type watched struct {
	*Directory
	mu   sync.Mutex
	last map[wissel.TrunkID]*wissel.Trunk
	n    int
}

func watch(z Resolver) *watched {
	w := &watched{}
	w.Directory = NewDirectory(z, slog.New(slog.DiscardHandler), func(m map[wissel.TrunkID]*wissel.Trunk) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.last, w.n = m, w.n+1
	})
	return w
}

func (w *watched) addresses(id wissel.TrunkID) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for _, a := range w.last[id].Addresses {
		out = append(out, a.AddrPort.Addr().String())
	}
	return strings.Join(out, " ")
}

func TestDirectoryKeepsTheLastGoodAnswer(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		z := &zone{ip: map[string][]string{"sbc.example": {"192.0.2.1", "192.0.2.2"}}, broken: map[string]bool{}}
		w := watch(z)
		s := DefaultSettings(wissel.Carrier)
		s.To = []string{"sip:sbc.example:5060", "sip:198.51.100.1"}
		w.Set(map[wissel.TrunkID]Settings{"kpn": s})
		if got := w.addresses("kpn"); got != "198.51.100.1" {
			t.Fatalf("before DNS has answered, literals are there: %q", got)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- w.Run(ctx) }()
		synctest.Wait()
		if got := w.addresses("kpn"); got != "192.0.2.1 192.0.2.2 198.51.100.1" {
			t.Fatalf("first answer: %q", got)
		}
		published := w.n

		z.set(func() { z.ip["sbc.example"] = []string{"192.0.2.2", "192.0.2.1"} })
		<-time.After(againEvery + time.Second)
		if w.n != published {
			t.Fatal("another order of the same addresses was published")
		}

		z.set(func() { z.broken["sbc.example"] = true })
		<-time.After(time.Hour)
		if got := w.addresses("kpn"); got != "192.0.2.1 192.0.2.2 198.51.100.1" {
			t.Fatalf("DNS was down for an hour and the addresses became %q", got)
		}
		u := w.Unable()
		if len(u) != 1 || u[0].Trunk != "kpn" || u[0].Good.IsZero() || !errors.Is(u[0].Err, errServfail) || !strings.Contains(u[0].String(), "stays in use") {
			t.Fatalf("unable: %v", u)
		}
		if text := u[0].String(); time.Since(u[0].Since) < 59*time.Minute || !strings.HasPrefix(text, "trunk kpn: DNS fails since ") ||
			!strings.Contains(text, "(udp:192.0.2.1:5060, udp:192.0.2.2:5060)") || !strings.Contains(text, "Repair DNS") {
			t.Errorf("the alarm is %q", text)
		}

		z.set(func() { z.broken["sbc.example"] = false; z.ip["sbc.example"] = []string{"192.0.2.3", "192.0.2.1"} })
		<-time.After(againFailed + time.Second)
		if got := w.addresses("kpn"); got != "192.0.2.3 192.0.2.1 198.51.100.1" {
			t.Fatalf("after DNS came back: %q", got)
		}
		if p := w.last["kpn"].Previous; len(p) != 1 || p[0].AddrPort.Addr().String() != "192.0.2.2" {
			t.Fatalf("the address that went is still believed as a source: %v", p)
		}
		if len(w.Unable()) != 0 {
			t.Fatalf("still unable: %v", w.Unable())
		}

		s.To = []string{"sip:sbc.example:5060"}
		w.Set(map[wissel.TrunkID]Settings{"kpn": s, "in": {Role: wissel.Carrier}})
		if got := w.addresses("kpn"); got != "192.0.2.3 192.0.2.1" {
			t.Fatalf("a reload forgot what was learnt: %q", got)
		}
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	})
}

func TestDirectoryForgetsOnlyTheOldestAddresses(t *testing.T) {
	var previous []wissel.Address
	now := []Found{}
	for i := range 200 {
		next := []Found{{wissel.Address{Transport: wissel.UDP, AddrPort: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), 5060)}, wissel.Host{Name: "x"}}}
		previous, now = remember(previous, now, next), next
	}
	if len(previous) != maxPrevious || previous[0].AddrPort.Addr().String() != "10.0.0.198" {
		t.Fatalf("%d remembered, newest %v", len(previous), previous[0])
	}
}

func TestDirectoryNeverWaitsForDNSInSet(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		w := watch(stuck{})
		s := DefaultSettings(wissel.Platform)
		s.To = []string{"sip:slow.example"}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- w.Run(ctx) }()
		began := time.Now()
		w.Set(map[wissel.TrunkID]Settings{"slow": s})
		s.To = append(s.To, "sip:192.0.2.1")
		w.Set(map[wissel.TrunkID]Settings{"slow": s})
		if time.Since(began) != 0 || w.addresses("slow") != "192.0.2.1" {
			t.Fatalf("Set took %v and gave %q", time.Since(began), w.addresses("slow"))
		}
		<-time.After(askTimeout + time.Second)
		if u := w.Unable(); len(u) != 1 || !strings.Contains(u[0].String(), "no address yet") {
			t.Fatalf("unable: %v", u)
		}
		cancel()
		<-done
	})
}

// stuck is a DNS that never answers.
type stuck struct{}

func (stuck) LookupSRV(ctx context.Context, _, _, _ string) (string, []*net.SRV, error) {
	<-ctx.Done()
	return "", nil, ctx.Err()
}

func (stuck) LookupNetIP(ctx context.Context, _, _ string) ([]netip.Addr, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func FuzzURI(f *testing.F) {
	for _, s := range []string{"sip:a.example", "sips:[::1]:5061", "sip:1.2.3.4;transport=tcp", "sip:;", "SIP:x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := parseURI(s)
		if err == nil && u.host == "" {
			t.Fatalf("%q has no host and no error", s)
		}
	})
}

func TestReplacePublishesOnceAndNothingBetween(t *testing.T) {
	var usual, once int
	d := NewDirectory(&zone{}, slog.New(slog.DiscardHandler), func(map[wissel.TrunkID]*wissel.Trunk) { usual++ })
	s := DefaultSettings(wissel.Carrier)
	s.To = []string{"sip:192.0.2.1"}
	d.Replace(map[wissel.TrunkID]Settings{"kpn": s}, func(trunks map[wissel.TrunkID]*wissel.Trunk) {
		once++
		if len(trunks) != 1 || len(trunks["kpn"].Addresses) != 1 {
			t.Errorf("%+v", trunks)
		}
		if d.turn.TryLock() {
			t.Error("other trunks could be published meanwhile")
		}
	})
	if usual != 0 || once != 1 {
		t.Fatalf("published %d times as usual and %d times as asked", usual, once)
	}
}
