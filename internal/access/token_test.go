package access

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestATokenIsKnownByItsHashAlone(t *testing.T) {
	made, _ := NewToken("dan", []Role{Viewer}, time.Time{}, Person{Marks: []string{"token:4f"}, Makers: []string{"uid:1000"}}, noon)
	if why := Same(Person{Marks: []string{"uid:1000"}}, made.Person()); why == "" {
		t.Error("who made the token that made a token is a second person to it")
	}
	one, secret := NewToken("anna", []Role{Operator}, noon.Add(time.Hour), bob, noon)
	other, second := NewToken("carol", []Role{Viewer}, time.Time{}, bob, noon)
	if len(secret) != len("wissel_")+43 || secret == second || one.ID == other.ID {
		t.Errorf("secrets %q, %q", secret, second)
	}
	text, err := json.Marshal(one)
	if err != nil || strings.Contains(string(text), strings.TrimPrefix(secret, "wissel_")) {
		t.Errorf("the secret is in what is kept: %s, %v", text, err)
	}
	revoked := one
	revoked.Revoked = noon
	for _, c := range []struct {
		name   string
		all    []Token
		secret string
		at     time.Time
		want   int
	}{
		{"the first of two", []Token{one, other}, secret, noon, 0},
		{"the second of two", []Token{one, other}, second, noon, 1},
		{"a wrong one", []Token{one, other}, secret[:len(secret)-1] + "_", noon, -1},
		{"none at all", []Token{one, other}, "", noon, -1},
		{"its hash instead", []Token{one, other}, one.Hash, noon, -1},
		{"revoked", []Token{revoked, other}, secret, noon, -1},
		{"just before its end", []Token{one}, secret, noon.Add(time.Hour - 1), 0},
		{"at its end", []Token{one}, secret, noon.Add(time.Hour), -1},
		{"without an end, years later", []Token{other}, second, noon.AddDate(9, 0, 0), 0},
		{"no tokens", nil, secret, noon, -1},
	} {
		if at, ok := Find(c.all, c.secret, c.at); at != c.want || ok != (c.want >= 0) {
			t.Errorf("%s: %d, %v; want %d", c.name, at, ok, c.want)
		}
	}
}

func TestRolesOverTheSocket(t *testing.T) {
	rules := Rules{"anna": {Operator}, "uid:1001": {Viewer, Lead}, "group:ops": {Operator, Viewer}}
	for _, c := range []struct {
		name   string
		uid    uint32
		groups []string
		want   []Role
	}{
		{"anna", 1000, nil, []Role{Operator}},
		{"bob", 1001, nil, []Role{Viewer, Lead}},
		{"anna", 1001, []string{"ops", "users"}, []Role{Viewer, Operator, Lead}},
		{"eve", 1002, []string{"users"}, nil},
		{"group:ops", 1003, nil, []Role{Viewer, Operator}}, // no system has such a user name
		{"", 0, nil, nil},
	} {
		if got := rules.Of(c.name, c.uid, c.groups); !slices.Equal(got, c.want) {
			t.Errorf("%s, uid %d, %v: %v, want %v", c.name, c.uid, c.groups, got, c.want)
		}
	}
	for who, ok := range map[string]bool{
		"anna": true, "a.b@c-d_1": true, "uid:1001": true, "group:ops": true, "uid:": false, "uid:01": false, "uid:-1": false, "uid:4294967296": false,
		"group:": false, "role:admin": false, "": false, "../x": false, "a b": false, "a\x1b[2J": false, strings.Repeat("x", 65): false,
	} {
		if err := CheckWho(who); (err == nil) != ok {
			t.Errorf("%q: %v", who, err)
		}
	}
}

func TestWrongTokensAreSlowed(t *testing.T) {
	var s Slow
	from := netip.MustParseAddr("192.0.2.1")
	now := noon
	var waits []string
	for range 9 {
		s.Fail(from, now)
		wait := s.Wait(from, now)
		waits = append(waits, wait.String())
		if s.Wait(from, now.Add(wait-1)) == 0 || s.Wait(from, now.Add(wait)) != 0 {
			t.Errorf("after a wait of %v", wait)
		}
		now = now.Add(wait)
	}
	if got := strings.Join(waits, " "); got != "250ms 500ms 1s 2s 30s 1m0s 2m0s 4m0s 8m0s" {
		t.Errorf("the waits: %s", got)
	}
	for range 40 {
		s.Fail(from, now)
	}
	if wait := s.Wait(from, now); wait != longest {
		t.Errorf("the longest wait is %v", wait)
	}
	if s.Wait(netip.MustParseAddr("192.0.2.2"), now) != 0 {
		t.Error("another source waits as well")
	}
	if n := s.Fail(from, now.Add(forgotten+1)); n != 1 {
		t.Errorf("after an hour without a failure: %d", n)
	}
	s.Pass(from)
	if s.Wait(from, now) != 0 {
		t.Error("a right token did not end the wait")
	}
}

func TestSourcesAreCountedAsHosts(t *testing.T) {
	var s Slow
	for i := range 5 {
		s.Fail(netip.MustParseAddr(fmt.Sprintf("2001:db8::%x", i+1)), noon)
	}
	if s.Wait(netip.MustParseAddr("2001:db8::ffff"), noon) == 0 || s.Wait(netip.MustParseAddr("2001:db8:0:1::1"), noon) != 0 {
		t.Error("64 bits of an IPv6 address are one source, the next 64 another")
	}
	s.Fail(netip.MustParseAddr("::ffff:192.0.2.1"), noon)
	if s.Wait(netip.MustParseAddr("192.0.2.1"), noon) == 0 {
		t.Error("an IPv4 address is the same written as IPv6")
	}
	for i := range 3 * maxSources {
		s.Fail(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), noon.Add(time.Duration(i)*time.Millisecond))
	}
	if len(s.all) > maxSources {
		t.Errorf("%d sources are remembered", len(s.all))
	}
	if s.Wait(netip.AddrFrom4([4]byte{10, 0, 11, 255}), noon.Add(3*time.Second)) == 0 {
		t.Error("the last one that failed is forgotten")
	}
}
