package peers

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// connect opens a TCP connection to wissel from host.
func (s *server) connect(host string) *net.TCPConn {
	s.t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(host)}, Timeout: 5 * time.Second}
	c, err := d.DialContext(s.t.Context(), "tcp4", s.wissel()+":5060")
	if err != nil {
		s.t.Fatalf("connect from %s: %v", host, err)
	}
	return c.(*net.TCPConn)
}

// drainTo reads until the other side closes or most is over, and gives what came.
func drainTo(c net.Conn, most time.Duration) (string, bool) {
	_ = c.SetReadDeadline(time.Now().Add(most)) // a closed one says so at the read
	text, err := io.ReadAll(c)
	return string(text), !errors.Is(err, os.ErrDeadlineExceeded)
}

// A8: whoever belongs to no trunk hears the same of every number, of every method: nothing.
func TestStrangersLearnNothing(t *testing.T) {
	t.Parallel()
	s := serve(t)
	stranger := s.raw(s.net+".66", nil)
	carrier := s.raw(s.carrier(), nil)
	asked := 0
	for _, method := range []string{"OPTIONS", "REGISTER", "INVITE", "SUBSCRIBE", "MESSAGE", "ACK", "BYE", "CANCEL", "DANCE"} {
		for _, user := range []string{number, "0201234567", "+31201234568", "100", "1000", "admin", "", "'or''='"} {
			r := stranger.invite()
			r.method, r.uri, r.to = method, "sip:"+user+"@"+s.wissel(), "<sip:"+user+"@"+s.wissel()+">"
			r.extra = "User-Agent: friendly-scanner\r\nAuthorization: Digest username=\"100\",realm=\"x\",nonce=\"y\",uri=\"sip:x\",response=\"z\"\r\n"
			if asked%2 == 1 { // and what cannot be read is not answered either
				r.extra += "Content-Length: -1\r\n"
			}
			stranger.send(r.String())
			asked++
		}
	}
	stranger.send("garbage\r\n\r\n")
	stranger.send("\r\n\r\n")
	// Over TCP the connection is closed before anything is read.
	for range 5 {
		c := s.connect(s.net + ".66")
		r := stranger.invite()
		r.method = "OPTIONS"
		_, _ = io.WriteString(c, r.String()) // it may be closed already
		if text, closed := drainTo(c, 5*time.Second); text != "" || !closed {
			t.Errorf("a stranger's connection received %q, closed: %v", text, closed)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	// A carrier who asks for extensions gets one answer for all of them.
	answers := map[string]int{}
	for _, user := range []string{number, "100", "1000", "admin"} {
		r := carrier.invite()
		r.method, r.to = "REGISTER", "<sip:"+user+"@"+s.wissel()+">"
		carrier.send(r.String())
		line, _, _ := strings.Cut(carrier.next(5*time.Second, "an answer to REGISTER", func(m string) bool { return header(m, "Call-ID") == r.callID }), "\r\n")
		answers[line]++
	}
	if len(answers) != 1 {
		t.Errorf("REGISTER of four names got %v", answers)
	}
	if got := stranger.all(); len(got) != 0 {
		t.Errorf("the stranger received %d messages: %s", len(got), got[0])
	}
	if m := s.metrics(); m["wissel_sip_parse_errors_total"] != 0 || m["wissel_sip_sources_dropped_total"] < float64(asked) {
		t.Errorf("%v dropped before the parser, %v came to it", m["wissel_sip_sources_dropped_total"], m["wissel_sip_parse_errors_total"])
	}
	s.well()
	row(t, "A8", "%d requests of a scanner (9 methods x 8 names) over UDP and 5 connections: 0 answers, 0 bytes, none came to the parser; a carrier's REGISTER of 4 names: one answer", asked)
}

// A19: where an answer goes is never read from a message but its port.
func TestAnswersGoToTheSourceAndNowhereElse(t *testing.T) {
	t.Parallel()
	s := serve(t)
	k := s.canary()
	carrier := s.raw(s.carrier(), nil)
	other := s.raw(s.carrier()+":5090", nil)
	asked := 0
	for _, via := range []string{
		k + ":5060", k + ":5060;rport", k + ";maddr=" + k, k + ":5060;received=" + k, k + ":5060;rport=5060;received=" + k,
		k + ":5060;maddr=" + k + ";ttl=255;rport", "x.invalid;maddr=" + k + ";received=" + k + ";rport",
	} {
		for _, method := range []string{"OPTIONS", "INVITE", "REGISTER", "BYE"} {
			r := carrier.invite()
			r.method, r.via, r.contact = method, via, "<sip:"+k+">"
			r.uri = "sip:+31201111111@" + s.wissel() // 404: no dialog, so nothing may ever go to the Contact
			r.extra = "Route: <sip:" + k + ";lr>\r\nRecord-Route: <sip:" + k + ";lr>\r\nVia: SIP/2.0/UDP " + k + ":5060;branch=z9hG4bKk\r\n"
			carrier.send(r.String())
			got := carrier.next(5*time.Second, method+" with Via "+via+" answered", func(m string) bool {
				return header(m, "Call-ID") == r.callID && !strings.HasPrefix(m, "SIP/2.0 100 ")
			})
			if method == "INVITE" { // the ACK ends the retransmissions
				r.method, r.to, r.body, r.extra = "ACK", header(got, "To"), "", ""
				carrier.send(r.String())
			}
			asked++
		}
	}
	r := carrier.invite()
	r.method, r.via = "OPTIONS", k+":5090" // without rport: the Via's port, at the packet's own address
	carrier.send(r.String())
	other.next(5*time.Second, "an answer at the Via's port", status(200, "OPTIONS", r.callID))
	if len(other.all()) != 1 {
		t.Errorf("port 5090 received %d answers", len(other.all()))
	}
	// A whole message, then RST: nobody dials the Via to get rid of the answer.
	const resets = 100
	for i := range resets {
		c := s.connect(s.carrier())
		r := carrier.invite()
		r.via, r.contact = k+":5060", "<sip:"+k+";transport=tcp>"
		r.uri = "sip:+31201111111@" + s.wissel()
		if i%2 == 0 {
			r.method = "OPTIONS"
		}
		if _, err := io.WriteString(c, strings.Replace(r.String(), "/UDP", "/TCP", 1)); err != nil {
			t.Error(err)
		}
		if err := errors.Join(c.SetLinger(0), c.Close()); err != nil {
			t.Error(err)
		}
	}
	eventually(t, 10*time.Second, "the connections that were reset are gone", func() bool { return s.metrics()["wissel_sip_connections"] == 0 })
	r = carrier.invite()
	r.method = "OPTIONS"
	carrier.send(r.String())
	carrier.next(5*time.Second, "an answer after it all", status(200, "OPTIONS", r.callID))
	s.well()
	row(t, "A19", "%d requests with 7 forms of Via, maddr, received, Route and Record-Route to a canary: each answer to its source; %d whole messages over TCP, then RST: nothing is dialled; the canary received 0 packets, 0 connections", asked+1, resets)
}

// describe is an SDP with these lines in place of the usual ones.
func describe(host, port, attributes string) string {
	return "v=0\r\no=- 1 1 IN IP4 " + host + "\r\ns=-\r\nc=IN IP4 " + host + "\r\nt=0 0\r\nm=audio " + port + " RTP/AVP 8\r\n" + attributes
}

// A15: what a description asks for is done only where it harms nobody.
func TestHostileDescriptions(t *testing.T) {
	t.Parallel()
	s := serve(t)
	carrier, platform := s.raw(s.carrier(), nil), s.raw(s.platform(), accepts)
	s.health("platform", "up")
	host := s.carrier()
	rows := []struct {
		name, body string
		want       []int
	}{
		{"our own SIP port", describe(s.wissel(), "5060", ""), []int{488}},
		{"a media port of ours", describe(s.wissel(), "20000", ""), []int{488}},
		{"multicast", describe("239.1.2.3", "40000", ""), []int{488}},
		{"broadcast", describe("255.255.255.255", "40000", ""), []int{488}},
		{"reserved", describe("240.0.0.1", "40000", ""), []int{488}},
		{"link-local, where clouds keep secrets", describe("169.254.169.254", "40000", ""), []int{488}},
		{"a host name", describe("localhost", "40000", ""), []int{488}},
		{"a host name that would be looked up", describe("canary.invalid", "40000", ""), []int{488}},
		{"a service's port", describe(host, "53", ""), []int{488}},
		{"1,000 media lines", describe(host, "40000", strings.Repeat("m=audio 40000 RTP/AVP 8\r\n", 999)), []int{488}},
		{"ptime 0", describe(host, "40000", "a=ptime:0\r\n"), []int{400}},
		{"a payload type of 33 bits", strings.Replace(describe(host, "40000", ""), "AVP 8", "AVP 4294967296", 1), []int{400}},
		{"keys at rate 0", strings.Replace(describe(host, "40000", "a=rtpmap:101 telephone-event/0\r\n"), "AVP 8", "AVP 8 101", 1), []int{400}},
		{"no description at all", "hello", []int{400}},
		{"escape sequences", describe(host, "40000", "a=x:\x1b[2J\r\n"), []int{400}},
	}
	refused := 0
	for _, c := range rows {
		r := carrier.invite()
		r.body = c.body
		began := time.Now()
		carrier.send(r.String())
		got := carrier.next(5*time.Second, c.name+" is answered", func(m string) bool {
			return header(m, "Call-ID") == r.callID && !strings.HasPrefix(m, "SIP/2.0 100 ") && strings.HasSuffix(header(m, "CSeq"), "INVITE")
		})
		a := r
		a.method, a.to, a.body = "ACK", header(got, "To"), ""
		carrier.send(a.String())
		if !strings.HasPrefix(got, fmt.Sprintf("SIP/2.0 %d ", c.want[0])) {
			t.Errorf("%s: %.30q, want %d", c.name, got, c.want[0])
			if strings.HasPrefix(got, "SIP/2.0 200 ") {
				carrier.bye(r, got)
			}
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("%s took %v: was a name looked up?", c.name, took)
		}
		refused++
	}
	if n := platform.count(asks("INVITE")); n != 0 {
		t.Errorf("the platform was asked %d times", n)
	}
	// A far end is not believed more: its call is taken back, and the caller is served by the next target.
	far := 0
	for _, c := range rows {
		bad := c.body
		answer := func(p *rawPeer, m string) {
			if asks("INVITE")(m) {
				p.send(respond(m, 200, "far", "Contact: <sip:far@"+p.addr+">\r\n", bad))
				return
			}
			accepts(p, m)
		}
		platform.answer.Store(&answer)
		r, ok := carrier.talk() // the flow
		carrier.bye(r, ok)
		platform.next(5*time.Second, c.name+" in an answer: ACK", asks("ACK"))
		platform.next(5*time.Second, c.name+" in an answer: BYE", asks("BYE"))
		eventually(t, 5*time.Second, "the call is over: while it is up, the same caller is a loop", func() bool { return s.live() == 0 })
		far++
	}
	// In a call that is up it changes nothing.
	var plain = accepts
	platform.answer.Store(&plain)
	r, ok := carrier.talk()
	q := r.within("INVITE", ok)
	q.body = describe("239.1.2.3", "40000", "")
	carrier.send(q.String())
	carrier.next(5*time.Second, "488 to a re-INVITE", status(488, "INVITE", r.callID))
	q.method, q.body = "ACK", ""
	carrier.send(q.String())
	r.cseq = q.cseq
	if n := s.live(); n != 1 {
		t.Errorf("%d calls are up, want the one", n)
	}
	carrier.bye(r, ok)
	s.well()
	row(t, "A15", "%d hostile offers (own ports, multicast, broadcast, names, 1,000 lines, ptime 0, 33-bit types): 488 or 400 within 2 s, no leg B; %d hostile answers: ACK, BYE and the flow; a hostile re-INVITE: 488, the call stays up", refused, far)
}
