package sip

import (
	"strings"
	"testing"

	sipgo "github.com/emiago/sipgo/sip"

	"wissel"
)

// request parses a request made of the usual fields and the ones given; a field given replaces the usual one.
func request(t testing.TB, method, uri string, fields ...string) *sipgo.Request {
	t.Helper()
	usual := []string{
		"Via: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK1", "Max-Forwards: 70", "From: <sip:+31612345678@192.0.2.2>;tag=1",
		"To: <sip:+31201234567@192.0.2.1>", "Call-ID: c1", "CSeq: 1 " + method, "Contact: <sip:him@192.0.2.2>",
	}
	for i, u := range usual {
		name, _, _ := strings.Cut(u, ":")
		for j, f := range fields {
			if strings.HasPrefix(f, name+":") {
				usual[i], fields[j] = f, ""
			}
		}
	}
	text := method + " " + uri + " SIP/2.0\r\n" + strings.Join(usual, "\r\n") + "\r\n"
	for _, f := range fields {
		if f != "" {
			text += f + "\r\n"
		}
	}
	msg, err := parse([]byte(text + "\r\n"))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return msg.(*sipgo.Request)
}

func TestAdmit(t *testing.T) {
	const uri = "sip:+31201234567@192.0.2.1"
	known := admission{Transport: wissel.UDP, Known: true}
	inside := admission{Transport: wissel.UDP, Known: true, Dialog: true}
	for _, row := range []struct {
		name   string
		req    *sipgo.Request
		in     admission
		want   int
		header string // of the answer
	}{
		{"a first INVITE", request(t, "INVITE", uri), known, 0, ""},
		{"an INVITE of a stranger", request(t, "INVITE", uri), admission{Transport: wissel.TLS}, 403, ""},
		{"a merged INVITE", request(t, "INVITE", uri), admission{Known: true, Merged: true}, 482, ""},
		{"an INVITE of our own", request(t, "INVITE", uri), admission{Known: true, Loop: true}, 482, ""},
		{"a CANCEL of an INVITE that is there", request(t, "CANCEL", uri), admission{Known: true, Matched: true}, 0, ""},
		{"a CANCEL of nothing", request(t, "CANCEL", uri), known, 481, ""},
		{"a BYE in its dialog", request(t, "BYE", uri, "To: <sip:a@b>;tag=x"), inside, 0, ""},
		{"a BYE in none", request(t, "BYE", uri, "To: <sip:a@b>;tag=x"), known, 481, ""},
		{"an INFO in none", request(t, "INFO", uri), known, 481, ""},
		{"a REFER in a dialog is the call's to decline", request(t, "REFER", uri, "To: <sip:a@b>;tag=x"), inside, 0, ""},
		{"a REFER in none", request(t, "REFER", uri), known, 405, "Allow: " + allow},
		{"a PRACK in a dialog", request(t, "PRACK", uri, "To: <sip:a@b>;tag=x"), inside, 405, "Allow: " + allow},
		{"a REGISTER", request(t, "REGISTER", uri), known, 405, "Allow: " + allow},
		{"a method of nobody's", request(t, "FROB", uri), known, 501, "Allow: " + allow},
		{"the last hop", request(t, "INVITE", uri, "Max-Forwards: 0"), known, 483, ""},
		{"the last hop of a re-INVITE", request(t, "INVITE", uri, "Max-Forwards: 0", "To: <sip:a@b>;tag=x"), inside, 0, ""},
		{"100rel required", request(t, "INVITE", uri, "Require: 100rel, timer"), known, 420, "Unsupported: 100rel"},
		{"two unknown extensions required", request(t, "INVITE", uri, "Require: a", "Require: b"), known, 420, "Unsupported: a, b"},
		{"an ACK is never refused for what it requires", request(t, "ACK", uri, "Require: a"), known, 0, ""},
		{"an INVITE that accepts SDP among others", request(t, "INVITE", uri, "Accept: text/plain, Application/SDP;q=0.5"), known, 0, ""},
		{"an INVITE that accepts anything", request(t, "INVITE", uri, "Accept: */*"), known, 0, ""},
		{"an INVITE that accepts no SDP", request(t, "INVITE", uri, "Accept: text/plain"), known, 406, ""},
		{"sips over TLS", request(t, "INVITE", "sips:+31201234567@192.0.2.1"), admission{Known: true, Transport: wissel.TLS}, 0, ""},
		{"an INVITE whose Contact is everybody", request(t, "INVITE", uri, "Contact: *"), known, 400, ""},
	} {
		r := admit(row.req, row.in)
		got := 0
		if r != nil {
			got = r.Status
		}
		if got != row.want {
			t.Errorf("%s: %d (%v), not %d", row.name, got, r, row.want)
		} else if row.header != "" && string(r.lines()) != row.header+"\r\n" {
			t.Errorf("%s: %q", row.name, r.lines())
		}
	}
}

func TestGuardAllocatesNothingForAMessageThatPasses(t *testing.T) {
	for _, m := range torments(t) {
		if m.name != "4475-semiuri" && m.name != "own-timer" && m.name != "4475-bcast" {
			continue
		}
		if n := testing.AllocsPerRun(100, func() { guard(m.data) }); n != 0 {
			t.Errorf("%s: %v allocations", m.name, n)
		}
	}
}

func TestTidyChangesOnlyWhiteSpaceThatMeansNothing(t *testing.T) {
	for _, row := range []struct{ in, want string }{
		{"To: \"a ; b = c\"  <sip:x@y ; z> ; tag = 1", "To: \"a ; b = c\" <sip:x@y ; z>;tag=1"},
		{"Via: SIP / 2.0 / UDP  a ; branch = b , SIP/2.0/TCP c", "Via: SIP/2.0/UDP a;branch=b,SIP/2.0/TCP c"},
		{"CSeq: 1\r\n\t INVITE", "CSeq: 1 INVITE"},
		{"Subject: a  ;  b", "Subject: a  ;  b"},
		{"From: \"\\\"; x\" <sip:a@b> ;tag=1", "From: \"\\\"; x\" <sip:a@b>;tag=1"},
	} {
		got := string(tidy([]byte("A b c\r\n" + row.in + "\r\n\r\nbody ; x")))
		if got != "A b c\r\n"+row.want+"\r\n\r\nbody ; x" {
			t.Errorf("%q became %q", row.in, got)
		}
	}
}
