package peers

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// edge are settings with one more carrier, at .5, that is not believed.
var edge = []string{"  platform: {role", `  edge:     {role: carrier,  to: ["sip:NET.5:5060"], probe: {off: true}, headers: {trusted: false}}
  platform: {role`}

// claims are all the ways to say who calls.
const claims = "P-Asserted-Identity: \"Claim\" <sip:+31201111101@x.example>\r\nP-Asserted-Identity: <tel:+31201111102>\r\n" +
	"P-Preferred-Identity: <sip:+31201111103@x.example>\r\nRemote-Party-ID: <sip:+31201111104@x.example>;party=calling;screen=yes\r\n" +
	"Diversion: <sip:+31201111105@x.example>;reason=unconditional\r\nHistory-Info: <sip:+31201111106@x.example>;index=1\r\n" +
	"Identity: eyJhbGciOiJFUzI1NiJ9..+31201111107;info=<https://x.example/cert>\r\nP-Charging-Vector: icid-value=+31201111108\r\n"

// A17: who calls is believed of trusted trunks only, is hidden where he wants to be, and opens no door.
func TestClaimsOfIdentity(t *testing.T) {
	t.Parallel()
	s := serve(t, edge...)
	carrier, untrusted, platform := s.raw(s.carrier(), nil), s.raw(s.net+".5", nil), s.raw(s.platform(), accepts)
	stranger := s.raw(s.net+".66", nil)
	s.health("platform", "up")
	call := func(p *rawPeer, from, extra string) string {
		t.Helper()
		r := p.invite()
		r.from, r.extra = strings.Replace(r.from, "<sip:+31612345678@", from, 1), extra
		p.send(r.String())
		ok := p.next(5*time.Second, "200", status(200, "INVITE", r.callID))
		p.send(r.within("ACK", ok).String())
		far := platform.next(5*time.Second, "the INVITE", asks("INVITE"))
		p.bye(r, ok)
		return far
	}
	const open, hidden = `"Eve" <sip:+31612345679@`, `"Anonymous" <sip:anonymous@`

	if far := call(untrusted, open, claims+"Privacy: none\r\n"); strings.Contains(far, "2011111") || strings.Contains(far, "612345679") || strings.Contains(far, "Eve") || strings.Contains(far, "Claim") {
		t.Errorf("the platform was told what nobody believes:\n%s", far)
	}
	if far := call(carrier, open, ""); !strings.Contains(header(far, "From"), "+31612345679") {
		t.Errorf("the caller of a trusted carrier is not shown:\n%s", far)
	}
	far := call(carrier, open, claims)
	if !strings.Contains(header(far, "From"), "+31201111101") || !strings.Contains(header(far, "P-Asserted-Identity"), "+31201111101") {
		t.Errorf("the asserted caller of a trusted carrier is not shown:\n%s", far)
	}
	for _, n := range []string{"103", "104", "106", "107", "108"} {
		if strings.Contains(far, "+31201111"+n) {
			t.Errorf("claim %s went through:\n%s", n, far)
		}
	}
	// A hidden caller: only a target that is told to hide him is told who he is.
	for _, c := range []struct{ from, extra string }{{open, "Privacy: id\r\n"}, {hidden, ""}, {hidden, "Privacy: user;id\r\nP-Asserted-Identity: <sip:+31612345679@x.example>\r\n"}} {
		far := call(carrier, c.from, c.extra)
		if !strings.Contains(header(far, "From"), "anonymous") || strings.Contains(far, "Eve") {
			t.Errorf("a hidden caller is shown:\n%s", far)
		}
		if strings.Contains(far, "+31612345679") && (!strings.Contains(header(far, "Privacy"), "id") || !strings.Contains(header(far, "P-Asserted-Identity"), "+31612345679")) {
			t.Errorf("a hidden caller's number goes out without the wish to hide it:\n%s", far)
		}
	}
	// It authorises nothing: a stranger who claims to be our own number, carrier or platform stays one.
	before := platform.count(asks("INVITE"))
	for _, from := range []string{"<sip:" + number + "@", "<sip:carrier@", "<sip:platform@"} {
		r := stranger.invite()
		r.from, r.extra = strings.Replace(r.from, "<sip:+31612345678@", from, 1), claims+"X-Wissel-Call: 1\r\nVia: SIP/2.0/UDP "+carrier.addr+";branch=z9hG4bKx\r\n"
		r.via = carrier.addr
		stranger.send(r.String())
	}
	r := carrier.invite() // a fence
	r.method = "OPTIONS"
	carrier.send(r.String())
	carrier.next(5*time.Second, "200 to OPTIONS", status(200, "OPTIONS", r.callID))
	if n := platform.count(asks("INVITE")); n != before || len(stranger.all()) != 0 {
		t.Errorf("a stranger's claims opened the door: %d INVITEs, %d answers", n-before, len(stranger.all()))
	}
	s.well()
	cdrs, _ := s.records()
	for _, c := range cdrs {
		if c.Trunk == "edge" && c.From != "" {
			t.Errorf("the record of an untrusted call has a caller, %s", c.From)
		}
	}
	if log := s.out.String(); strings.Contains(log, "612345679") || strings.Contains(log, "2011111") {
		t.Error("a caller's number is in the log")
	}
	row(t, "A17", "PAI, PPI, RPID, Diversion, History-Info, Identity: of an untrusted trunk none reaches the far leg or the record; of a trusted one PAI and Diversion alone; a hidden caller in 3 forms is anonymous, his number only beside Privacy: id; claims of a stranger: silence")
}

// A18: the far leg's headers are those that we write, whatever came.
func TestNothingIsSmuggledIntoTheFarLeg(t *testing.T) {
	t.Parallel()
	s := serve(t)
	carrier, platform := s.raw(s.carrier(), nil), s.raw(s.platform(), accepts)
	s.health("platform", "up")
	allowed := []string{
		"Allow", "CSeq", "Call-ID", "Contact", "Content-Length", "Content-Type", "Diversion", "From", "Max-Forwards", "Min-SE", "P-Asserted-Identity",
		"Privacy", "Session-Expires", "Supported", "To", "Via", "X-Wissel-Call",
	}
	passed := []struct{ name, extra string }{
		{"headers of our own, from outside", "X-Wissel-Call: evil\r\nx-wissel-call: evil\r\nX-Wissel-Node: evil\r\n"},
		{"white space before the colon", "X-Wissel-Call : evil\r\nP-Asserted-Identity : <sip:evil@x>\r\nX-A : evil\r\n"},
		{"other cases", "p-asserted-identity: <sip:evil@x>\r\nP-ASSERTED-IDENTITY: <sip:evil2@x>\r\nRoUtE: <sip:evil@x;lr>\r\n"},
		{"folded lines", "X-A: one\r\n X-Wissel-Call: evil\r\nSubject: a\r\n\tRoute: <sip:evil>\r\n"},
		{"headers that steer proxies", "Route: <sip:evil@x;lr>\r\nPath: <sip:evil>\r\nService-Route: <sip:evil>\r\nReplaces: evil\r\nReferred-By: <sip:evil@x>\r\nCall-Info: <http://evil>\r\nAlert-Info: <http://evil>\r\nP-Asserted-Service: evil\r\n"},
		{"credentials of the caller", "Authorization: Digest username=\"evil\"\r\nProxy-Authorization: Digest username=\"evil\"\r\n"},
		{"a Diversion with more in it than a number", "Diversion: <sip:+31201111105@evil.example;x=evil>;reason=\"evil\";evil=evil\r\n"},
		{"a name with a header in it", "P-Asserted-Identity: \"evil>;tag=1, <sip:evil@x>\\\" X\" <sip:+31201111101@evil.example>\r\n"},
		{"percent escapes", "P-Asserted-Identity: <sip:+31201111101%0d%0aX-Wissel-Call:%20evil@x>\r\n"},
		{"User-Agent, Server, Subject, Organization", "User-Agent: evil\r\nServer: evil\r\nSubject: evil\r\nOrganization: evil\r\n"},
	}
	for _, c := range passed {
		r := carrier.invite()
		r.extra, r.contact = c.extra, "<sip:evil@"+carrier.addr+";evil=1>"
		r.callID, r.from = "evil"+r.callID, strings.Replace(r.from, "tag=", "tag=evil", 1)
		carrier.send(r.String())
		ok := carrier.next(5*time.Second, c.name+": 200", status(200, "INVITE", r.callID))
		a := r
		a.extra = ""
		carrier.send(a.within("ACK", ok).String())
		carrier.bye(a, ok)
		far := platform.next(5*time.Second, "the INVITE", asks("INVITE"))
		head, body, _ := strings.Cut(far, "\r\n\r\n")
		for i, line := range strings.Split(head, "\r\n") {
			name, _, _ := strings.Cut(line, ": ")
			if i > 0 && !slices.Contains(allowed, name) {
				t.Errorf("%s: the far leg has a line %q", c.name, line)
			}
			for _, b := range []byte(line) {
				if b < ' ' || b == 0x7f {
					t.Errorf("%s: a control character in %q", c.name, line)
				}
			}
			// A display name is the caller's own text; it stands in quotes that it cannot leave.
			if lower := strings.ToLower(line); strings.Contains(lower, "evil") && !(name == "From" || name == "P-Asserted-Identity") {
				t.Errorf("%s: the far leg has %q", c.name, line)
			} else if strings.Count(line, `"`) > 2 || strings.Contains(lower, "sip:evil") || strings.Contains(lower, "evil.example") {
				t.Errorf("%s: the far leg has %q", c.name, line)
			}
		}
		if strings.Count(head, "X-Wissel-Call: ") != 1 || !strings.HasPrefix(body, "v=0\r\n") {
			t.Errorf("%s: the far leg received\n%s", c.name, far)
		}
	}
	refused := []struct{ name, extra string }{
		{"a bare LF", "Subject: a\nX-Wissel-Call: evil\r\n"},
		{"a bare CR", "Subject: a\rX-Wissel-Call: evil\r\n"},
		{"NUL", "Subject: a\x00X-Wissel-Call: evil\r\n"},
		{"ESC", "Subject: \x1b]0;evil\x07\r\n"},
		{"DEL", "Subject: a\x7f\r\n"},
		{"a NUL in a display name", "P-Asserted-Identity: \"a\x00b\" <sip:+31201111101@x>\r\n"},
		{"two To", "To: <sip:evil@x>\r\n"},
		{"two From", "f: <sip:evil@x>;tag=evil\r\n"},
		{"two Call-IDs", "i: evil\r\n"},
		{"two Max-Forwards", "Max-Forwards: 71\r\n"},
		{"two lengths", "l: 1\r\n"},
	}
	before := platform.count(asks("INVITE"))
	for _, c := range refused {
		r := carrier.invite()
		r.extra = c.extra
		carrier.send(r.String())
		carrier.next(5*time.Second, c.name+": 400", func(m string) bool { return strings.HasPrefix(m, "SIP/2.0 400 ") && strings.Contains(m, r.branch) })
	}
	if n := platform.count(asks("INVITE")) - before; n != 0 {
		t.Errorf("the platform was asked %d times by what is refused", n)
	}
	s.well()
	row(t, "A18", "what the far leg receives, byte by byte: of %d ways to smuggle a header 0 arrive, its lines are of %d known names; bare LF, CR, NUL, ESC, DEL and doubled fields (%d): 400", len(passed), len(allowed), len(refused))
}

// A20: what callers and operators write cannot write on a screen or into a log but as text.
func TestTextFromOutsideIsOnlyText(t *testing.T) {
	t.Parallel()
	s := serve(t)
	carrier, platform := s.raw(s.carrier(), nil), s.raw(s.platform(), accepts)
	s.health("platform", "up")
	const turn = "\u202eevil\u2066\u200b\u0085\u009b31m%s%n%!d(x)=cmd|'/c calc'!A1"
	seen := map[string]string{}
	look := func() {
		t.Helper()
		seen["wissel calls"] += s.wisselCLI("calls")
		seen["wissel calls -o json"] += s.wisselCLI("calls", "-o", "json")
		seen["wissel status"] += s.wisselCLI("status")
		seen["wissel carriers"] += s.wisselCLI("carriers")
		seen["wissel audit"] += s.wisselCLI("audit")
		seen["wissel audit -o json"] += s.wisselCLI("audit", "-o", "json")
	}
	r := carrier.invite()
	r.from = strings.Replace(r.from, "<sip:", `"`+turn+`" <sip:`, 1)
	r.extra = "User-Agent: " + turn + "\r\nSubject: " + turn + "\r\nP-Asserted-Identity: \"" + turn + "\" <sip:+31612345678@x>\r\n"
	carrier.send(r.String())
	ok := carrier.next(5*time.Second, "200", status(200, "INVITE", r.callID))
	a := r
	a.extra = ""
	carrier.send(a.within("ACK", ok).String())
	far := platform.next(5*time.Second, "the INVITE", asks("INVITE"))
	seen["the far leg"] = strings.ReplaceAll(far, "\r", "")
	look()
	bye := a.within("BYE", ok)
	bye.extra = "Reason: Q.850;cause=16;text=\"" + turn + "\"\r\nReason: " + turn + "\r\nWarning: 399 x \"" + turn + "\"\r\n"
	carrier.send(bye.String())
	carrier.next(5*time.Second, "200 to BYE", status(200, "BYE", r.callID))
	seen["the far leg"] += strings.ReplaceAll(platform.next(5*time.Second, "the BYE", asks("BYE")), "\r", "")
	// A refusal of a platform, its phrase and Reason; numbers and keys that are none; and what cannot be parsed.
	refuse := func(p *rawPeer, m string) {
		if asks("INVITE")(m) {
			p.send(strings.Replace(respond(m, 486, "far", "Reason: Q.850;cause=17;text=\""+turn+"\"\r\nRetry-After: 1 ("+turn+")\r\n", ""), " Test\r\n", " "+turn+"\r\n", 1))
			return
		}
		accepts(p, m)
	}
	platform.answer.Store(&refuse)
	r2, ok2 := carrier.talk()
	info := r2.within("INFO", ok2)
	text := strings.Replace(info.String(), "Content-Length: 0\r\n\r\n", fmt.Sprintf("Content-Type: application/dtmf-relay\r\nContent-Length: %d\r\n\r\nSignal=%s\r\nDuration=1\r\n", len("Signal=\r\nDuration=1\r\n")+len(turn), turn), 1)
	carrier.send(text)
	carrier.next(5*time.Second, "an answer to INFO", func(m string) bool { return strings.HasSuffix(header(m, "CSeq"), "INFO") })
	look()
	r2.cseq++
	carrier.bye(r2, ok2)
	for _, extra := range []string{"Subject: \x1b[2J\r\n", "Subject: a\nlevel=ERROR msg=forged\r\n", "Require: " + turn + "\r\n", "Content-Encoding: " + turn + "\r\n"} {
		q := carrier.invite()
		q.extra = extra
		carrier.send(q.String())
		carrier.next(5*time.Second, "a refusal", func(m string) bool { return strings.Contains(m, q.branch) && !strings.HasPrefix(m, "SIP/2.0 100") })
	}
	// What an operator types is shown to the next one.
	s.wisselCLI("switch", "support", "--plan", "storing", "--reason", "\x1b[2J\x1b]0;x\x07\r\n2026-01-01 00:00:00  root  forged"+turn)
	look()
	seen["wissel why"] = s.wisselCLI("why", number)
	s.well()
	seen["the log"] = s.out.String()
	forged := 0
	for _, where := range slices.Sorted(maps.Keys(seen)) {
		what := seen[where]
		if !utf8.ValidString(what) {
			t.Errorf("%s is not text", where)
		}
		for i, r := range what {
			if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
				t.Errorf("%s has %U: %q", where, r, what[max(0, i-60):min(len(what), i+40)])
				break
			}
		}
		for line := range strings.SplitSeq(what, "\n") {
			if strings.HasPrefix(line, "2026-01-01 00:00:00  root") || strings.HasPrefix(line, "level=ERROR msg=forged") {
				forged++
			}
		}
	}
	if forged != 0 {
		t.Errorf("%d forged lines", forged)
	}
	row(t, "A20", "ESC, CR, LF, C1, BiDi, zero-width and format strings in From, PAI, User-Agent, Reason, phrases, INFO and an operator's reason: in %d places (log, calls, status, carriers, why, audit as table and JSON, far leg) 0 control or format characters, 0 forged lines", len(seen))
}
