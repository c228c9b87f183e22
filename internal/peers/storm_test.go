package peers

import (
	"fmt"
	"testing"
	"time"
)

// atLeast waits until a peer has received so many messages that are ok.
func (p *rawPeer) atLeast(n int, what string, ok func(m string) bool) {
	p.t.Helper()
	eventually(p.t, 10*time.Second, fmt.Sprintf("%s has received %d %s", p.addr, n, what), func() bool { return p.count(ok) >= n })
}

func TestRepeatsAreAbsorbedAndEach200IsACKed(t *testing.T) {
	t.Parallel()
	const invites, answers, refusals, byes = 7, 11, 3000, 10
	s := serve(t)
	options := func(p *rawPeer, m string) {
		if asks("OPTIONS")(m) {
			p.send(respond(m, 200, "o", "", ""))
		}
	}
	platform, carrier := s.raw(s.platform(), options), s.raw(s.carrier(), options)
	s.health("platform", "up")
	before := s.metrics()["go_goroutines"]

	r := carrier.invite()
	for range invites {
		carrier.send(r.String())
	}
	far := platform.next(5*time.Second, "an INVITE", asks("INVITE"))
	for range answers {
		platform.send(respond(far, 200, "far", "Contact: <sip:far@"+platform.addr+">\r\n", sdp(s.platform())))
	}
	ok := carrier.next(5*time.Second, "a 200", status(200, "INVITE", r.callID))
	carrier.send(r.within("ACK", ok).String())
	platform.atLeast(answers, "ACKs", asks("ACK"))
	bye := r.within("BYE", ok)
	for range byes {
		carrier.send(bye.String())
	}
	carrier.atLeast(byes, "answers to BYE", status(200, "BYE", r.callID))
	platform.send(respond(platform.next(5*time.Second, "a BYE", asks("BYE")), 200, "", "", ""))
	s.idle(10 * time.Second)
	if n := platform.count(func(m string) bool { return asks("INVITE")(m) && header(m, "Call-ID") == header(far, "Call-ID") }); n != 1 {
		t.Errorf("the platform got %d INVITEs for %d of one call", n, invites)
	}

	q := carrier.invite()
	q.from = "<sip:+31612345679@" + s.carrier() + ">;tag=" + unique()
	carrier.send(q.String())
	far = platform.next(5*time.Second, "an INVITE", asks("INVITE"))
	busy := respond(far, 486, "busy", "", "")
	for range refusals {
		platform.send(busy)
	}
	ok = carrier.next(10*time.Second, "the 200 of the flow", status(200, "INVITE", q.callID))
	carrier.send(q.within("ACK", ok).String())
	acks := func(m string) bool { return asks("ACK")(m) && header(m, "Call-ID") == header(far, "Call-ID") }
	platform.atLeast(1, "ACKs to its 486", acks)
	more := s.metrics()["go_goroutines"] - before
	carrier.bye(q, ok)
	if n := platform.count(acks); n > refusals {
		t.Errorf("%d ACKs for %d repeats of a 486", n, refusals)
	}
	if before == 0 || more > 100 {
		t.Errorf("%v goroutines before, %v more in the storm", before, more)
	}
	s.idle(10 * time.Second)
	if code := s.stop(); code != 0 {
		t.Errorf("wissel ended with %d", code)
	}
	cdrs, _ := s.records()
	if sums := ledger(cdrs); sums["answered platform"] != 1 || sums["attended flow:storing"] != 1 || len(cdrs) != 2 {
		t.Errorf("records: %v", sums)
	}
	row(t, "F12", "INVITE x%d: one call; 200 x%d: %d ACKs; BYE x%d: each answered; 486 x%d: ACKed, the caller hears the flow; %.0f goroutines more", invites, answers, answers, byes, refusals, more)
}
