package sip

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"
	"testing"

	sipgo "github.com/emiago/sipgo/sip"

	"wissel"
)

const (
	ourNumber    = wissel.Number("+31201234567")
	callerNumber = wissel.Number("+31612345678")
	shownNumber  = wissel.Number("+31880000000")
)

func testFar(c Caller, role wissel.Role, policy wissel.HeaderPolicy) farLeg {
	return farLeg{
		Trunk: &wissel.Trunk{ID: "t", Role: role, Headers: policy}, Host: wissel.Host{Name: "sbc.example"},
		Address: wissel.Address{Transport: wissel.UDP, AddrPort: netip.MustParseAddrPort("192.0.2.9:5060")},
		Own:     "203.0.113.10:5060", Branch: "z9hG4bKour", Contact: "<sip:wissel@203.0.113.10:5060>",
		CallID: "far1", FromTag: "ours", CSeq: 1, Hops: 69, Call: "0190", Caller: c, Rung: ourNumber, Present: shownNumber,
		Session: appendSession(nil, sessionFrom([]byte("1800"), []byte("90"), true, true), true),
		Type:    "application/sdp", Body: []byte("v=0\r\n"),
	}
}

// allowed are the headers of a far leg's INVITE: no others, whatever the caller sent.
var allowed = []string{
	"Via", "Max-Forwards", "From", "To", "Call-ID", "CSeq", "Contact", "Allow", "Supported", "Session-Expires", "Min-SE",
	"P-Asserted-Identity", "Privacy", "Diversion", "History-Info", "Identity", "X-Wissel-Call", "Content-Type", "Content-Length",
}

// checkFar holds a far leg's INVITE, byte by byte, against the allow-list.
func checkFar(t *testing.T, req *sipgo.Request) {
	t.Helper()
	data := []byte(req.String())
	if r := guard(data); r != nil {
		t.Errorf("our own guard refuses it: %v\n%q", r, data)
	}
	top, _, _ := bytes.Cut(data, []byte("\r\n\r\n"))
	for _, line := range strings.Split(string(top), "\r\n")[1:] {
		name, _, _ := strings.Cut(line, ":")
		if !slices.Contains(allowed, name) {
			t.Errorf("%q is not on the list", line)
		}
	}
}

// header gives the values of one header of a request, as they are written.
func header(req *sipgo.Request, name string) (vs []string) {
	for _, h := range req.GetHeaders(name) {
		vs = append(vs, h.Value())
	}
	return vs
}

func TestWhoTheTargetSees(t *testing.T) {
	all := wissel.HeaderPolicy{PAI: true, Privacy: true, Diversion: true, History: true, Identity: true}
	open := Caller{
		Number: callerNumber, Display: "Jan", Diversion: []string{"<sip:+31201111111@x>;reason=No-Answer;counter=2;limit=5;evil=1"},
		History: []string{"<sip:+31201111111@x>;index=1", "<sip:+31201234567@x>;index=1.1"}, Identity: []string{"abc;info=<https://x>;alg=ES256"},
	}
	hidden := open
	hidden.Withheld, hidden.Privacy = true, "header"
	contradicting := hidden
	contradicting.Privacy = "none"
	private := open
	private.Privacy = "history"
	const (
		jan   = `"Jan" <sip:+31612345678@203.0.113.10:5060>`
		group = `<sip:+31880000000@203.0.113.10:5060>`
		anon  = `"Anonymous" <sip:anonymous@anonymous.invalid>`
		ours  = `<sip:+31201234567@203.0.113.10:5060>;reason=unconditional;counter=1`
		his   = `<sip:+31201111111@203.0.113.10:5060>;reason=no-answer;counter=2`
	)
	for _, row := range []struct {
		name      string
		caller    Caller
		role      wissel.Role
		policy    wissel.HeaderPolicy
		forward   bool
		from      string
		pai       string
		privacy   string
		diversion []string
		history   int
		identity  int
	}{
		{"a platform sees the caller", open, wissel.Platform, all, false, jan, jan, "", []string{his}, 2, 1},
		{"a platform sees a hidden caller through PAI alone", hidden, wissel.Platform, all, false, anon, `<sip:+31612345678@203.0.113.10:5060>`, "header;id", nil, 0, 0},
		{"a trunk that cannot hide him does not get his number", hidden, wissel.Platform, wissel.HeaderPolicy{PAI: true}, false, anon, "", "", nil, 0, 0},
		{"a trunk without policy gets From alone", open, wissel.Platform, wissel.HeaderPolicy{}, false, jan, "", "", nil, 0, 0},
		{"a carrier sees the group's number, and who diverted", open, wissel.Carrier, all, false, group, group, "", []string{ours}, 2, 0},
		{"a carrier that allows it sees the caller", open, wissel.Carrier, all, true, jan, jan, "", []string{ours, his}, 2, 1},
		{"a caller without a number is anonymous", Caller{}, wissel.Platform, all, false, anon, "", "", nil, 0, 0},
		{"a hidden caller towards a carrier is the group's number", hidden, wissel.Carrier, all, false, group, group, "", []string{ours}, 0, 0},
		{"who hides in a From without a number, and asks for no Privacy, is hidden", contradicting, wissel.Platform, all, false, anon, `<sip:+31612345678@203.0.113.10:5060>`, "id", nil, 0, 0},
		{"a history that is to be kept private is", private, wissel.Platform, all, false, jan, jan, "history", []string{his}, 0, 1},
	} {
		row.caller.Display = strings.Repeat(row.caller.Display, b2i(!row.caller.Withheld))
		f := testFar(row.caller, row.role, row.policy)
		f.Trunk.Forward = row.forward
		req := farInvite(f)
		checkFar(t, req)
		if got := header(req, "from"); len(got) != 1 || got[0] != row.from+";tag=ours" {
			t.Errorf("%s: From %q", row.name, got)
		}
		if got := strings.Join(header(req, "p-asserted-identity"), "|"); got != row.pai {
			t.Errorf("%s: PAI %q", row.name, got)
		}
		if got := strings.Join(header(req, "privacy"), "|"); got != row.privacy {
			t.Errorf("%s: Privacy %q", row.name, got)
		}
		if got := header(req, "diversion"); !slices.Equal(got, row.diversion) {
			t.Errorf("%s: Diversion %q", row.name, got)
		}
		if got := header(req, "history-info"); len(got) != row.history {
			t.Errorf("%s: History-Info %q", row.name, got)
		}
		if got := header(req, "identity"); len(got) != row.identity {
			t.Errorf("%s: Identity %q", row.name, got)
		}
		if got := header(req, "x-wissel-call"); (len(got) == 1) != (row.role == wissel.Platform) {
			t.Errorf("%s: X-Wissel-Call %q", row.name, got)
		}
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestTheFarInvite(t *testing.T) {
	f := testFar(Caller{Number: callerNumber}, wissel.Carrier, wissel.HeaderPolicy{})
	f.Trunk.Number = "+31850000000"
	f.Address = wissel.Address{Transport: wissel.TLS, AddrPort: netip.MustParseAddrPort("[2001:db8::9]:5062")}
	f.Host.Port = 5062
	f.Own = "[2001:db8::1]:5061"
	req := farInvite(f)
	for _, want := range []string{
		"INVITE sip:+31850000000@sbc.example:5062;transport=tls SIP/2.0\r\n",
		"Via: SIP/2.0/TLS [2001:db8::1]:5061;rport;branch=z9hG4bKour\r\n",
		"Max-Forwards: 69\r\n", "CSeq: 1 INVITE\r\n", "Call-ID: far1\r\n", "Session-Expires: 1800;refresher=uas\r\n",
		"To: <sip:+31850000000@sbc.example:5062;transport=tls>\r\n", "Content-Length: 5\r\n\r\nv=0\r\n",
	} {
		if !strings.Contains(req.String(), want) {
			t.Errorf("no %q in\n%s", want, req.String())
		}
	}
	// Sent once more, it has another branch and the next CSeq (H18: nothing is shared with what was sent before).
	before := req.String()
	req.Via().Params.Add("branch", "z9hG4bKnext")
	req.CSeq().SeqNo = 2
	if s := req.String(); !strings.Contains(s, "branch=z9hG4bKnext\r\n") || !strings.Contains(s, "CSeq: 2 INVITE") || strings.Contains(before, "next") {
		t.Errorf("%s", s)
	}
}

// FAULTS A18: what a caller puts into his headers never becomes a header of ours.
func TestNothingIsSmuggledIntoTheFarLeg(t *testing.T) {
	for name, evil := range map[string]string{
		"a display name with quotes": `x" <sip:+31900@evil>;x="`, "a display name that ends the line": "x\r\nX-Evil: 1", "a display name that turns": "abc\u202edef",
	} {
		c := Caller{Number: callerNumber, Display: clean(evil, 64), Diversion: []string{evil}, History: []string{"<sip:x@y>\r\nX-Evil: 1"}, Identity: []string{"\x00"}}
		req := farInvite(testFar(c, wissel.Platform, wissel.HeaderPolicy{PAI: true, Diversion: true, History: true, Identity: true}))
		checkFar(t, req)
		if from := req.From(); from == nil || from.Address.User != string(callerNumber) {
			t.Errorf("%s: %s", name, req.String())
		}
		if strings.Contains(req.String(), "X-Evil: 1\r\n") || strings.Contains(req.String(), "\u202e") {
			t.Errorf("%s: %q", name, req.String())
		}
	}
}
