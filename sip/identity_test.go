package sip

import (
	"net/netip"
	"slices"
	"testing"

	sipgo "github.com/emiago/sipgo/sip"

	"wissel"
)

func TestIdentify(t *testing.T) {
	at := func(s string) wissel.Address {
		return wissel.Address{Transport: wissel.UDP, AddrPort: netip.MustParseAddrPort(s)}
	}
	snap := &wissel.Snapshot{Trunks: map[wissel.TrunkID]*wissel.Trunk{
		"wide":     {ID: "wide", From: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}},
		"narrow":   {ID: "narrow", From: []netip.Prefix{netip.MustParsePrefix("192.0.2.16/28")}},
		"address":  {ID: "address", Addresses: []wissel.Address{at("192.0.2.17:5060")}},
		"port":     {ID: "port", Addresses: []wissel.Address{at("192.0.2.17:5080")}},
		"previous": {ID: "previous", Previous: []wissel.Address{at("198.51.100.1:5060")}},
		"inside":   {ID: "inside", Listener: "udp://10.0.0.1:5060", From: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}},
		"outside":  {ID: "outside", From: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}},
		"user":     {ID: "user", Username: "account7", From: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}},
		"six":      {ID: "six", From: []netip.Prefix{netip.MustParsePrefix("2001:db8::/32")}},
	}}
	for _, row := range []struct{ name, src, listener, uri, want string }{
		{"a prefix", "192.0.2.200:5060", "udp://0.0.0.0:5060", "sip:x@y", "wide"},
		{"the narrower of two prefixes", "192.0.2.18:5060", "udp://0.0.0.0:5060", "sip:x@y", "narrow"},
		{"an address goes before a prefix", "192.0.2.17:9999", "udp://0.0.0.0:5060", "sip:x@y", "address"},
		{"an address with its port goes before one without", "192.0.2.17:5080", "udp://0.0.0.0:5060", "sip:x@y", "port"},
		{"an address resolved before", "198.51.100.1:1234", "udp://0.0.0.0:5060", "sip:x@y", "previous"},
		{"the listener tells two apart", "203.0.113.5:5060", "udp://10.0.0.1:5060", "sip:x@y", "inside"},
		{"another listener does too", "203.0.113.5:5060", "udp://0.0.0.0:5060", "sip:x@y", "outside"},
		{"the Request-URI tells two apart", "203.0.113.5:5060", "udp://0.0.0.0:5060", "sip:account7@y", "user"},
		{"IPv6", "[2001:db8::5]:5060", "udp://[::]:5060", "sip:x@y", "six"},
		{"IPv4 in IPv6", "[::ffff:192.0.2.200]:5060", "udp://0.0.0.0:5060", "sip:x@y", "wide"},
		{"a stranger", "10.9.9.9:5060", "udp://0.0.0.0:5060", "sip:x@y", ""},
	} {
		for range 5 { // the order of a map changes nothing
			got, ok := identify(snap, at(row.src), row.listener, request(t, "INVITE", row.uri))
			if ok != (row.want != "") || ok && string(got.ID) != row.want {
				t.Fatalf("%s: %v", row.name, got)
			}
		}
	}
}

func TestWhoCalls(t *testing.T) {
	trusted := &wissel.Trunk{Headers: wissel.HeaderPolicy{Trusted: true}}
	const number = wissel.Number("+31612345678")
	for _, row := range []struct {
		name   string
		trunk  *wissel.Trunk
		fields []string
		want   Caller
	}{
		{"From alone", trusted, nil, Caller{Number: number}},
		{"From with a name", trusted, []string{`From: "Jan \"de\" Wit" <sip:0612345678@x>;tag=1`}, Caller{Number: number, Display: "Jan de Wit"}},
		{"PAI goes before From", trusted, []string{`P-Asserted-Identity: "Firm" <sip:+31201111111@x>, <tel:+31202222222>`}, Caller{Number: "+31201111111", Display: "Firm"}},
		{"a PAI that is no number is passed over", trusted, []string{`P-Asserted-Identity: <sip:jan@x>, <tel:+31202222222>`}, Caller{Number: "+31202222222"}},
		{"hidden by Privacy", trusted, []string{"Privacy: id; critical;nonsense", `P-Asserted-Identity: "Jan" <sip:+31612345678@x>`}, Caller{Number: number, Withheld: true, Privacy: "id;critical"}},
		{"hidden by From", trusted, []string{`From: "Anonymous" <sip:anonymous@anonymous.invalid>;tag=1`}, Caller{Withheld: true}},
		{"hidden by From, known by PAI", trusted, []string{"From: <sip:anonymous@x>;tag=1", "P-Asserted-Identity: <tel:+31612345678>"}, Caller{Number: number, Withheld: true}},
		{"Privacy none hides nothing", trusted, []string{"Privacy: none"}, Caller{Number: number, Privacy: "none"}},
		{"diverted", trusted, []string{"Diversion: <sip:+31201111111@x>;reason=no-answer, <sip:+31202222222@x>"}, Caller{Number: number, Diverted: "+31201111111", Diversion: []string{"<sip:+31201111111@x>;reason=no-answer", "<sip:+31202222222@x>"}}},
		{"diverted by History-Info", trusted, []string{"History-Info: <sip:+31201111111@x?Reason=SIP%3Bcause%3D302>;index=1", "History-Info: <sip:+31201234567@x>;index=1.1"}, Caller{Number: number, Diverted: "+31201111111", History: []string{"<sip:+31201111111@x?Reason=SIP%3Bcause%3D302>;index=1", "<sip:+31201234567@x>;index=1.1"}}},
		{"signed", trusted, []string{"Identity: abc;info=<https://x/y>"}, Caller{Number: number, Identity: []string{"abc;info=<https://x/y>"}}},
		{"nothing is believed of a trunk that is not trusted (A17)", &wissel.Trunk{}, []string{"P-Asserted-Identity: <tel:+31201111111>", "Diversion: <sip:+31201111111@x>", "Identity: x"}, Caller{}},
		{"but that he hides is honoured", &wissel.Trunk{}, []string{"Privacy: id"}, Caller{Withheld: true, Privacy: "id"}},
		{"a name that turns and rings is cleaned (A20)", trusted, []string{"From: \"a\u202eb\u200bc<x>\" <sip:+31612345678@x>;tag=1"}, Caller{Number: number, Display: "abcx"}},
	} {
		got := callerOf(request(t, "INVITE", "sip:+31201234567@x", row.fields...), row.trunk, "NL")
		same := got.Number == row.want.Number && got.Display == row.want.Display && got.Withheld == row.want.Withheld &&
			got.Privacy == row.want.Privacy && got.Diverted == row.want.Diverted && slices.Equal(got.Diversion, row.want.Diversion) &&
			slices.Equal(got.History, row.want.History) && slices.Equal(got.Identity, row.want.Identity)
		if !same {
			t.Errorf("%s:\n\t%+v, not\n\t%+v", row.name, got, row.want)
		}
	}
}

func TestWhatWasDialled(t *testing.T) {
	for _, row := range []struct{ name, uri, to, want, via string }{
		{"E.164", "sip:+31201234567@x", "<sip:other@x>", "+31201234567", "ruri"},
		{"national", "sip:0201234567@x", "<sip:other@x>", "+31201234567", "ruri"},
		{"with 00", "sip:0031201234567@x;user=phone", "<sip:other@x>", "+31201234567", "ruri"},
		{"tel", "tel:+31-20-123-4567", "<sip:other@x>", "+31201234567", "ruri"},
		{"tel in a national context", "tel:0201234567;phone-context=+31", "<sip:other@x>", "+31201234567", "ruri"},
		{"with number portability parameters", "sip:+31201234567;npdi;rn=+3110@x", "<sip:other@x>", "+31201234567", "ruri"},
		{"escaped plus", "sip:%2B31201234567@x", "<sip:other@x>", "+31201234567", "ruri"},
		{"a registered user: the number is in To", "sip:account7@x", "<sip:+31201234567@x>", "+31201234567", "to"},
		{"a number that is none is not mended by To", "sip:09@x", "<sip:+31201234567@x>", "", ""},
		{"an emergency number is nobody's here", "sip:112@x", "<sip:+31201234567@x>", "", ""},
		{"a name and nothing more", "sip:a@x", "<sip:b@x>", "", ""},
	} {
		got, via := dialled(request(t, "INVITE", row.uri, "To: "+row.to), "NL")
		if string(got) != row.want || via != row.via {
			t.Errorf("%s: %q by %q, not %q by %q", row.name, got, via, row.want, row.via)
		}
	}
}

func TestNumberOfReadsOnlyNumbers(t *testing.T) {
	for _, u := range []sipgo.Uri{{}, {Scheme: "sip", Host: "+31201234567"}, {Scheme: "http", Host: "x"}} {
		if n := numberOf(&u, "NL"); n != "" {
			t.Errorf("%+v: %s", u, n)
		}
	}
}
