package peers

import (
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A forwarder is a carrier whose number is forwarded back to our own: each INVITE that it gets comes in again as a call of
// its own, and it passes on what becomes of that.
type forwarder struct {
	s      *server
	out    *rawPeer // takes our calls
	from   func(far string) string
	hops   func(n int) int // what it does to Max-Forwards
	legs   atomic.Int64
	back   atomic.Int64 // calls that came in again and were answered
	status atomic.Int64 // the last refusal
	most   int64
}

// forwards opens the reserve as one. from gives the From (without its tag) that the second leg shows.
func (s *server) forwards(from func(far string) string, hops func(n int) int) *forwarder {
	f := &forwarder{s: s, from: from, hops: hops, most: 20}
	f.out = s.raw(s.reserve(), f.answer)
	return f
}

func (f *forwarder) answer(p *rawPeer, m string) {
	switch {
	case asks("INVITE")(m):
		p.send(respond(m, 100, "", "", ""))
		if f.legs.Add(1) > f.most {
			p.send(respond(m, 503, "loop", "", ""))
			return
		}
		r := p.invite()
		r.callID, r.branch = "fwd-"+header(m, "Call-ID"), "z9hG4bKfwd"+header(m, "Call-ID")
		r.from = f.from(m) + ";tag=fwd" + tag(header(m, "From"))
		n, _ := strconv.Atoi(header(m, "Max-Forwards")) // wissel's own figure; 0 would be refused, which is seen
		r.extra = "X-Of: " + header(m, "Call-ID") + "\r\n"
		p.send(strings.Replace(r.String(), "Max-Forwards: 70", "Max-Forwards: "+strconv.Itoa(f.hops(n)), 1))
	case strings.HasPrefix(m, "SIP/2.0 ") && strings.HasSuffix(header(m, "CSeq"), "INVITE") && !strings.HasPrefix(m, "SIP/2.0 1"):
		f.final(p, m)
	case asks("BYE")(m) && strings.HasPrefix(header(m, "Call-ID"), "fwd-"), asks("OPTIONS")(m), asks("CANCEL")(m):
		p.send(respond(m, 200, "o", "", ""))
	case asks("BYE")(m): // the first leg is over: so is the second
		p.send(respond(m, 200, "o", "", ""))
		for _, x := range p.all() {
			if status(200, "INVITE", "fwd-"+header(m, "Call-ID"))(x) {
				r := rawRequest{callID: header(x, "Call-ID"), from: header(x, "From"), via: p.addr + ";rport", cseq: 1}
				p.send(r.within("BYE", x).String())
				return
			}
		}
	}
}

// final passes the outcome of a second leg on to the first.
func (f *forwarder) final(p *rawPeer, m string) {
	r := rawRequest{method: "ACK", callID: header(m, "Call-ID"), from: header(m, "From"), to: header(m, "To"), via: p.addr + ";rport", cseq: 1}
	first := ""
	for _, x := range p.all() {
		if asks("INVITE")(x) && "fwd-"+header(x, "Call-ID") == r.callID {
			first = x
		}
	}
	if strings.HasPrefix(m, "SIP/2.0 200 ") {
		f.back.Add(1)
		p.send(r.within("ACK", m).String())
		host, _, _ := strings.Cut(p.addr, ":")
		p.send(respond(first, 200, "loop", "Contact: <sip:loop@"+p.addr+">\r\n", sdp(host)))
		return
	}
	r.uri, r.branch = "sip:"+number+"@"+f.s.wissel(), "z9hG4bKfwd"+strings.TrimPrefix(r.callID, "fwd-")
	p.send(r.String())
	code, _ := strconv.Atoi(strings.Fields(m)[1])
	f.status.Store(int64(code))
	p.send(respond(first, code, "loop", "", ""))
}

// A24: a backup number that is forwarded back to us makes no storm, and its callers are served.
func TestABackupThatComesBackToUsIsNoLoop(t *testing.T) {
	t.Parallel()
	shown := func(v string) string { v, _, _ = strings.Cut(v, ";tag="); return v }
	keep := func(far string) string { return shown(header(far, "From")) }
	caller := func(string) string { return "<sip:+31612345678@x.example>" }
	hidden := func(string) string { return `"Anonymous" <sip:anonymous@anonymous.invalid>` }
	lower := func(n int) int { return n - 1 }
	for _, c := range []struct {
		name  string
		from  func(far string) string
		hops  func(n int) int
		most  int // legs over the reserve; a hidden caller is let through three times within 2 s
		alarm bool
		say   string
	}{
		{"the number we show is kept", keep, lower, 1, true, "the number shown there is kept"},
		{"the caller's number is kept", caller, lower, 1, true, "the caller's own number is kept"},
		{"it is withheld", hidden, lower, 5, true, "it is withheld"},
		{"Max-Forwards is started anew", keep, func(int) int { return 70 }, 1, true, "the number is kept, Max-Forwards anew"},
		{"no hop is left", hidden, func(int) int { return 0 }, 1, false, "Max-Forwards used up"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t) // no platform answers: the reserve is next
			f := s.forwards(c.from, c.hops)
			carrier := s.raw(s.carrier(), nil)
			s.health("platform", "down")
			s.health("reserve", "up")
			r, ok := carrier.talk() // somebody or something answers him
			far := f.out.count(asks("INVITE"))
			for _, m := range f.out.all() {
				if n, err := strconv.Atoi(header(m, "Max-Forwards")); asks("INVITE")(m) && (err != nil || n > 69) {
					t.Errorf("Max-Forwards %d went out, 70 came in", n)
				}
			}
			if far > c.most {
				t.Errorf("%d legs over the reserve, want at most %d", far, c.most)
			}
			pause(2500 * time.Millisecond) // a storm would go on
			if n := f.out.count(asks("INVITE")); n != far {
				t.Errorf("%d more legs later", n-far)
			}
			loops := s.metrics()["wissel_sip_loops_total"]
			alarmed := strings.Contains(s.out.String(), "came back to us") && strings.Contains(s.out.String(), "trunk=reserve")
			if alarmed != c.alarm || (loops > 0) != c.alarm {
				t.Errorf("alarm %v, %v loops counted, want %v", alarmed, loops, c.alarm)
			}
			if c.alarm {
				if status := s.wisselCLI("status"); !strings.Contains(status, "alarm") || !strings.Contains(status, "reserve") {
					t.Errorf("the status shows no alarm that names the trunk:\n%s", status)
				}
			} else if f.status.Load() != 483 {
				t.Errorf("a call without hops got %d, want 483", f.status.Load())
			}
			carrier.bye(r, ok)
			s.well()
			row(t, "A24", "a backup forwarded back to us, %s: %d leg(s) over it, then the flow (%s), the caller is answered", c.say, far, outcome(c.alarm))
		})
	}
}

func outcome(alarm bool) string {
	if alarm {
		return "an alarm names the trunk"
	}
	return fmt.Sprint(483)
}
