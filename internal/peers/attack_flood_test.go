package peers

import (
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// A4: who opens connections and says half of something takes no room from others, and does not stay.
func TestSlowLorisTakesNoRoom(t *testing.T) {
	t.Parallel()
	s := serve(t, `role: carrier,  to: ["sip:NET.2:5060"]`, `role: carrier,  to: ["sip:NET.2:5060"], from: ["NET.100/31", "NET.102/31", "NET.104/31", "NET.106/31", "NET.108/31"]`)
	carrier := s.raw(s.carrier(), nil)
	before := s.resident()
	const sources, each = 20, 250
	half := strings.Replace(carrier.invite().String(), "/UDP", "/TCP", 1)
	half = half[:len(half)/2]
	began := time.Now()
	var mu sync.Mutex
	var open []net.Conn
	var wg sync.WaitGroup
	for i := range sources { // .100 to .109 are the carrier's, the others nobody's
		wg.Add(1)
		go func() {
			defer wg.Done()
			for n := range each {
				c, err := s.halfRequest(fmt.Sprintf("%s.%d", s.net, 100+i), half, n)
				if err != nil {
					t.Errorf("half request %d: %v", n, err)
					return
				}
				mu.Lock()
				open = append(open, c)
				mu.Unlock()
			}
		}()
	}
	sent := make(chan struct{})
	go func() { wg.Wait(); close(sent) }()
	// Meanwhile others ask, over UDP and over a connection of their own, until all the half requests are over.
	var times []time.Duration
	most, held := 0.0, before
	var gone time.Duration
	for done := false; !done; {
		for _, ask := range []func() time.Duration{carrier.asksOptions, func() time.Duration { return s.asksOverTCP(carrier) }} {
			times = append(times, ask())
		}
		m := s.metrics()
		most, held = max(most, m["wissel_sip_connections"]), max(held, s.resident())
		select {
		case <-sent:
			gone = time.Since(began)
			done = m["wissel_sip_connections"] <= 1 || gone > 30*time.Second // one may be ours, on its way out
		default:
		}
	}
	slices.Sort(times)
	for _, c := range open {
		_ = c.Close() // most were closed by the server
	}
	if most > 10*20+2 {
		t.Errorf("%v connections at once, want at most 20 of each of the 10 sources that are known", most)
	}
	p50, p99 := times[len(times)/2], times[len(times)*99/100]
	if p50 > 50*time.Millisecond || p99 > time.Second {
		t.Errorf("others were answered in p50 %v, p99 %v", p50, p99)
	}
	if gone > 20*time.Second || held-before > 40 {
		t.Errorf("the last half request was gone after %v, and memory grew by %.1f MB", gone, held-before)
	}
	s.well()
	row(t, "A4", "%d half requests from %d addresses: at most %.0f connections held, strangers' closed at once, all gone %.1f s after the first; %d others answered meanwhile, p50 %.1f ms, p99 %.1f ms; memory +%.1f MB",
		len(open), sources, most, gone.Seconds(), len(times), ms(p50), ms(p99), held-before)
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// halfRequest connects from host and sends nothing, one byte or half a request.
func (s *server) halfRequest(host, half string, n int) (net.Conn, error) {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(host)}, Timeout: 10 * time.Second}
	c, err := d.DialContext(s.t.Context(), "tcp4", s.wissel()+":5060")
	if err != nil {
		return nil, err
	}
	if n%3 != 0 {
		_, _ = io.WriteString(c, half[:1+(n%3-1)*(len(half)-1)]) // it may be closed already
	}
	return c, nil
}

// asksOptions asks over UDP how wissel does, and gives how long the answer took.
func (p *rawPeer) asksOptions() time.Duration {
	p.t.Helper()
	f := p.fence("")
	began := time.Now()
	p.send(f.String())
	p.next(5*time.Second, "an answer to OPTIONS", status(200, "OPTIONS", f.callID))
	return time.Since(began)
}

// asksOverTCP does so over a connection of its own.
func (s *server) asksOverTCP(p *rawPeer) time.Duration {
	s.t.Helper()
	f := p.fence("")
	began := time.Now()
	c := s.connect(s.carrier())
	if _, err := io.WriteString(c, strings.Replace(f.String(), "/UDP", "/TCP", 1)); err != nil {
		s.t.Errorf("ask over TCP: %v", err)
	}
	_ = c.SetReadDeadline(began.Add(5 * time.Second))
	buf := make([]byte, 4096)
	n, err := c.Read(buf)
	took := time.Since(began)
	if err != nil || !strings.HasPrefix(string(buf[:n]), "SIP/2.0 200 ") {
		s.t.Errorf("asked over TCP: %q, %v", buf[:n], err)
	}
	if err := c.Close(); err != nil {
		s.t.Error(err)
	}
	return took
}

// A6: a flood from nobody, and one from a trunk that is over its limit, cost the calls beside it nothing. It measures, so
// it does not run beside others.
func TestAFloodCostsOthersNothing(t *testing.T) {
	s := serve(t, "  platform: {role", `  noisy:    {role: carrier,  to: ["sip:NET.6:5060"], probe: {off: true}, limits: {calls: 1}}
  platform: {role`)
	platform := uas(t, s.platform(), "u1", "answer.xml")
	s.health("platform", "up")
	noisy := s.raw(s.net+".6", nil)
	r, ok := noisy.talk() // the one call that its limit lets it have
	var strangers []*rawPeer
	for i := range 20 {
		strangers = append(strangers, s.raw(fmt.Sprintf("%s.%d:5060", s.net, 100+i), nil))
	}
	before := s.resident()
	const good, cps = 250, 50
	carrier := s.carries("u1", "uac.xml", good, cps, "-trace_rtt", "-rtt_freq", "1")
	junk, over := 0, map[string]bool{}
	began := time.Now()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for flooding := true; flooding; { // 3,000 a second from strangers, 200 from the trunk
		select {
		case <-carrier.done:
			flooding = false
		case <-tick.C:
			for ; float64(junk) < 3000*time.Since(began).Seconds(); junk++ {
				p := strangers[junk%len(strangers)]
				p.send(p.invite().String())
			}
			q := noisy.invite()
			over[q.callID] = true
			noisy.send(q.String())
		}
	}
	lasted := time.Since(began)
	grown := s.resident() - before
	answered := map[string]bool{}
	eventually(t, 10*time.Second, "every INVITE over the limit has its 503", func() bool {
		for _, m := range noisy.all() {
			if status(503, "INVITE", "")(m) {
				answered[header(m, "Call-ID")] = true
			}
		}
		return len(answered) == len(over)
	})
	times := setups(t, carrier)
	p99 := times[len(times)*99/100]
	if n := statistic(t, carrier, "SuccessfulCall(C)"); n != good || len(times) != good {
		t.Errorf("%d of %d good calls went well", n, good)
	}
	if p99 > 5*time.Second { // the goal is 50 ms on a machine of its own, where it is met; here others may run
		t.Errorf("set-up of good calls: p99 %v", p99)
	}
	for _, p := range strangers {
		if got := p.all(); len(got) != 0 {
			t.Errorf("%s received %d messages: %s", p.addr, len(got), got[0])
		}
	}
	m := s.metrics()
	if dropped := m["wissel_sip_sources_dropped_total"]; dropped < float64(junk)*0.9 || m["wissel_sip_parse_errors_total"] != 0 {
		t.Errorf("%v of %d junk messages were dropped before the parser", dropped, junk)
	}
	if grown > 50 {
		t.Errorf("memory grew by %.1f MB", grown)
	}
	noisy.bye(r, ok)
	s.idle(10 * time.Second)
	settle(t, platform)
	s.well()
	row(t, "A6", "%.0f junk INVITEs/s from 20 strangers: 0 answers, dropped before the parser; %d INVITEs of a trunk over its limit: 503 each; %d good calls beside them at %d CPS: 0 lost, set-up p99 %.0f ms, longest %.0f ms; memory +%.1f MB",
		float64(junk)/lasted.Seconds(), len(over), good, cps, ms(p99), ms(times[len(times)-1]), max(0, grown))
}
