package peers

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// live is how many calls there are.
func (s *server) live() int {
	s.t.Helper()
	calls, err := s.client.Calls(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return len(calls)
}

var branchPattern = regexp.MustCompile(`;branch=z9hG4bK([^;,\s]+)`)

// A7: who knows the Call-ID of a live call, but not its tags, or does not speak from its side, changes nothing.
func TestGuessesAndSpoofsDoNotTouchALiveCall(t *testing.T) {
	t.Parallel()
	s := serve(t)
	carrier, platform := s.raw(s.carrier(), nil), s.raw(s.platform(), accepts)
	reserve := s.raw(s.reserve(), accepts) // a trunk too, so what comes from it is read
	stranger := s.raw(s.net+".66", nil)
	s.health("platform", "up")
	s.health("reserve", "up")
	r, ok := carrier.talk()
	far := platform.next(time.Second, "the INVITE", asks("INVITE"))
	before := len(platform.all())

	tried := 0
	for _, method := range []string{"BYE", "INVITE", "UPDATE", "INFO", "CANCEL"} {
		for i, guess := range []string{"1", strings.Repeat("0", 32), tag(r.from)} {
			q := r.within(method, ok)
			q.cseq, q.to = q.cseq+tried, "<sip:"+number+"@"+s.wissel()+">;tag="+guess
			if method == "CANCEL" { // of the INVITE that is long answered, with a branch that is not its own
				q.cseq, q.to = 1, r.to
			}
			if method == "INVITE" {
				q.body = sdp(s.net + ".66")
			}
			carrier.send(q.String())
			got := carrier.next(5*time.Second, "481 to a "+method+" with a guessed tag", func(m string) bool {
				return strings.HasPrefix(m, "SIP/2.0 ") && strings.Contains(header(m, "Via"), q.branch)
			})
			if !strings.HasPrefix(got, "SIP/2.0 481 ") {
				t.Errorf("%s with guess %d: %s", method, i, got)
			}
			if method == "INVITE" {
				a := q
				a.method, a.body = "ACK", ""
				carrier.send(a.String())
			}
			tried++
		}
		// With every tag right, but from elsewhere: a stranger hears nothing, another trunk 481.
		q := r.within(method, ok)
		q.via, q.cseq = stranger.addr+";rport", 50
		stranger.send(q.String())
		q = r.within(method, ok)
		q.via, q.cseq = reserve.addr+";rport", 51
		reserve.send(q.String())
		if method != "CANCEL" {
			reserve.next(5*time.Second, "481 to a spoofed "+method, status(481, method, r.callID))
		}
		tried += 2
	}
	// Responses to the far INVITE: with a guessed branch from its own side, with the right one from another's.
	guessed := strings.Replace(far, branchPattern.FindString(far), ";branch=z9hG4bK"+strings.Repeat("0", 32), 1)
	for _, code := range []int{180, 200, 302, 408, 486, 503, 603} {
		platform.send(respond(guessed, code, "spoof", "Contact: <sip:x@"+s.net+".66>\r\n", ""))
		reserve.send(respond(far, code, "spoof", "Contact: <sip:x@"+s.net+".66>\r\n", ""))
		stranger.send(respond(far, code, "spoof", "Contact: <sip:x@"+s.net+".66>\r\n", ""))
		tried += 3
	}
	// What looks like an ICMP error, with the datagram it quotes, is no error when it comes as a datagram.
	quote := "\x03\x03\x00\x00\x00\x00\x00\x00" + far
	for _, p := range []*rawPeer{platform, reserve, stranger} {
		p.send(quote)
		p.send(far) // our own INVITE, sent back to us
		tried += 2
	}
	carrier.send(r.within("OPTIONS", ok).String()) // a fence: all before it has been handled by now
	carrier.next(5*time.Second, "200 to OPTIONS", status(200, "OPTIONS", r.callID))
	r.cseq++
	if n := s.live(); n != 1 {
		t.Errorf("%d calls are up, want the one", n)
	}
	for _, m := range platform.all()[before:] {
		if asks("BYE")(m) || asks("INVITE")(m) || asks("CANCEL")(m) {
			t.Errorf("the platform received\n%s", m)
		}
	}
	if got := stranger.all(); len(got) != 0 {
		t.Errorf("the stranger received %d messages: %s", len(got), got[0])
	}
	carrier.bye(r, ok)
	platform.next(5*time.Second, "the BYE", asks("BYE"))
	s.well()
	row(t, "A7", "%d forged messages to a live call with its Call-ID (5 methods with guessed tags, or with all tags right from another trunk or a stranger; 7 statuses with a guessed branch or from another source; quoted ICMP): 481 or silence, the call stays up and its BYE ends both legs", tried)
}

// A7, while it is being set up: an answer for another's INVITE is nobody's.
func TestSpoofedAnswersDoNotEndAHunt(t *testing.T) {
	t.Parallel()
	s := serve(t)
	carrier, platform := s.raw(s.carrier(), nil), s.raw(s.platform(), waits)
	reserve, stranger := s.raw(s.reserve(), accepts), s.raw(s.net+".66", nil)
	s.health("platform", "up")
	s.health("reserve", "up")
	r := carrier.invite()
	carrier.send(r.String())
	far := platform.next(5*time.Second, "the INVITE", asks("INVITE"))
	carrier.next(5*time.Second, "180", status(180, "INVITE", r.callID))
	for _, code := range []int{200, 302, 404, 486, 500, 503, 603} {
		reserve.send(respond(far, code, "spoof", "Contact: <sip:x@"+s.net+".66>\r\n", sdp(s.net+".66")))
		stranger.send(respond(far, code, "spoof", "Contact: <sip:x@"+s.net+".66>\r\n", sdp(s.net+".66")))
	}
	q := r
	q.method, q.body, q.branch = "CANCEL", "", "z9hG4bKguess"
	carrier.send(q.String())
	carrier.next(5*time.Second, "481", status(481, "CANCEL", r.callID))
	q.branch = r.branch
	stranger.send(q.String()) // the branch is right, the source is not
	platform.send(respond(far, 200, "far"+tag(header(far, "From")), "Contact: <sip:far@"+platform.addr+">\r\n", sdp(s.platform())))
	ok := carrier.next(5*time.Second, "200", status(200, "INVITE", r.callID))
	carrier.send(r.within("ACK", ok).String())
	carrier.bye(r, ok)
	if n := reserve.count(asks("INVITE")); n != 0 || len(stranger.all()) != 0 {
		t.Errorf("the reserve received %d INVITEs, the stranger %d messages", n, len(stranger.all()))
	}
	s.well()
	row(t, "A7", "14 spoofed finals and 2 forged CANCELs while a call rings: it goes on ringing and its own 200 is the answer")
}

// A7: what may not be guessed has 128 bits, and none of it comes twice.
func TestTagsAndBranchesCannotBeGuessed(t *testing.T) {
	t.Parallel()
	s := serve(t)
	carrier, platform := s.raw(s.carrier(), nil), s.raw(s.platform(), accepts)
	s.health("platform", "up")
	const n = 50
	seen := map[string]bool{}
	word := regexp.MustCompile(`^[0-9a-f]{32}$`)
	note := func(what, v string) {
		if !word.MatchString(v) || seen[v] {
			t.Errorf("%s %q is no 128 bits of chance, or came before", what, v)
		}
		seen[v] = true
	}
	for range n {
		r, ok := carrier.talk()
		carrier.bye(r, ok)
		note("our tag to the caller", tag(header(ok, "To")))
		far := platform.next(5*time.Second, "the INVITE", asks("INVITE"))
		note("our tag to the platform", tag(header(far, "From")))
		note("our branch", branchPattern.FindStringSubmatch(far)[1])
		note("our Call-ID", header(far, "Call-ID")[:32])
	}
	s.well()
	row(t, "A7", "%d tags, branches and Call-IDs of %d calls: each 128 bits, none twice", len(seen), n)
}

// A25: the same request by two ways is one call.
func TestARequestThatComesByTwoWaysIsOneCall(t *testing.T) {
	t.Parallel()
	s := serve(t)
	carrier, platform := s.raw(s.carrier(), nil), s.raw(s.platform(), accepts)
	other := s.raw(s.carrier()+":5070", nil)
	s.health("platform", "up")
	r := carrier.invite()
	second := r
	second.branch, second.via = "z9hG4bK"+unique(), other.addr+";rport"
	carrier.send(r.String())
	other.send(second.String())
	other.next(5*time.Second, "482 for the second", status(482, "INVITE", r.callID))
	second.method, second.body = "ACK", ""
	other.send(second.String())
	ok := carrier.next(5*time.Second, "200 for the first", status(200, "INVITE", r.callID))
	carrier.send(r.within("ACK", ok).String())
	carrier.bye(r, ok)
	s.well()
	cdrs, _ := s.records()
	if n := platform.count(asks("INVITE")); n != 1 || len(cdrs) != 1 {
		t.Errorf("the platform received %d INVITEs and there are %d records, want 1 and 1", n, len(cdrs))
	}
	row(t, "A25", "one INVITE by two ways: 482 for the second, 1 leg B, 1 record")
}

// A26: a dialog that the other side leaves half done ends, on both legs.
// That a 200 without its ACK ends after 64 T1 is shown in package sip, in virtual time.
func TestHalfDialogsEnd(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		do   func(t *testing.T, s *server, carrier, platform *rawPeer, far string, r rawRequest) string // what was shown
	}{
		{"a 200 that crosses a CANCEL", func(t *testing.T, s *server, carrier, platform *rawPeer, far string, r rawRequest) string {
			q := r
			q.method, q.body = "CANCEL", ""
			platform.answer.Store(nil) // it answers with its 200, and never sees the CANCEL
			carrier.send(q.String())
			carrier.next(5*time.Second, "487", status(487, "INVITE", r.callID))
			q.method = "ACK"
			carrier.send(q.String())
			platform.next(5*time.Second, "CANCEL", asks("CANCEL"))
			platform.send(respond(far, 200, "far1", "Contact: <sip:far@"+platform.addr+">\r\n", sdp(s.platform())))
			platform.next(5*time.Second, "ACK", asks("ACK"))
			bye := platform.next(5*time.Second, "BYE", asks("BYE"))
			platform.send(respond(bye, 200, "", "", ""))
			return "200 crossing CANCEL: ACK and BYE"
		}},
		{"twenty 18x of eleven dialogs, then a 200", func(t *testing.T, s *server, carrier, platform *rawPeer, far string, r rawRequest) string {
			for i := range 20 {
				platform.send(respond(far, 180+3*(i%2), fmt.Sprintf("early%d", i%11), "Contact: <sip:far@"+platform.addr+">\r\n", ""))
			}
			platform.send(respond(far, 200, "far1", "Contact: <sip:far@"+platform.addr+">\r\n", sdp(s.platform())))
			ok := carrier.next(5*time.Second, "200", status(200, "INVITE", r.callID))
			carrier.send(r.within("ACK", ok).String())
			carrier.bye(r, ok)
			platform.next(5*time.Second, "BYE", asks("BYE"))
			return "20 18x of 11 dialogs, then 200: one call, BYE on both legs"
		}},
		{"a 200 of a second dialog behind the first", func(t *testing.T, s *server, carrier, platform *rawPeer, far string, r rawRequest) string {
			for _, name := range []string{"far1", "far2"} {
				platform.send(respond(far, 200, name, "Contact: <sip:far@"+platform.addr+">\r\n", sdp(s.platform())))
			}
			ok := carrier.next(5*time.Second, "200", status(200, "INVITE", r.callID))
			carrier.send(r.within("ACK", ok).String())
			platform.next(5*time.Second, "a BYE to the second", func(m string) bool { return asks("BYE")(m) && tag(header(m, "To")) == "far2" })
			carrier.bye(r, ok)
			platform.next(5*time.Second, "a BYE to the first", func(m string) bool { return asks("BYE")(m) && tag(header(m, "To")) == "far1" })
			return "a second 200 of another dialog: ACK and BYE"
		}},
		{"a caller who is gone when the platform hangs up", func(t *testing.T, s *server, carrier, platform *rawPeer, far string, r rawRequest) string {
			platform.send(respond(far, 200, "far1", "Contact: <sip:far@"+platform.addr+">\r\n", sdp(s.platform())))
			ok := carrier.next(5*time.Second, "200", status(200, "INVITE", r.callID))
			carrier.send(r.within("ACK", ok).String())
			platform.next(5*time.Second, "ACK", asks("ACK"))
			bye := rawRequest{
				method: "BYE", uri: strings.Trim(header(far, "Contact"), "<>"), callID: header(far, "Call-ID"), branch: "z9hG4bK" + unique(),
				via: platform.addr + ";rport", from: header(far, "To") + ";tag=far1", to: header(far, "From"), cseq: 1,
			}
			platform.send(bye.String())
			platform.next(5*time.Second, "200 to BYE", status(200, "BYE", header(far, "Call-ID")))
			carrier.next(5*time.Second, "BYE", asks("BYE")) // and it never answers
			return "a BYE that nobody answers: the call is over"
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			carrier, platform := s.raw(s.carrier(), nil), s.raw(s.platform(), waits)
			s.health("platform", "up")
			r := carrier.invite()
			carrier.send(r.String())
			far := platform.next(5*time.Second, "the INVITE", asks("INVITE"))
			shown := c.do(t, s, carrier, platform, far, r)
			s.well()
			cdrs, _ := s.records()
			if len(cdrs) != 1 || cdrs[0].Ended.IsZero() {
				t.Errorf("%d records, want one of a call that has ended", len(cdrs))
			}
			row(t, "A26", "%s; no call, no media left, 1 record", shown)
		})
	}
}
