package peers

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A rawPeer is a SIP party whose every byte a test writes itself: one UDP socket that keeps all it receives.
type rawPeer struct {
	t      *testing.T
	s      *server
	conn   *net.UDPConn
	addr   string
	in     chan string
	mu     sync.Mutex
	got    []string
	answer atomic.Pointer[func(p *rawPeer, m string)] // nil: it says nothing by itself
}

// raw opens a socket at host, or host:port, for a party that answers by itself with answer, or not at all (nil).
func (s *server) raw(host string, answer func(p *rawPeer, m string)) *rawPeer {
	s.t.Helper()
	if !strings.Contains(host, ":") {
		host += ":5060"
	}
	at, err := net.ResolveUDPAddr("udp4", host)
	if err != nil {
		s.t.Fatal(err)
	}
	conn, err := net.ListenUDP("udp4", at)
	if err != nil {
		s.t.Fatalf("open the socket of a test's peer: %v", err)
	}
	_ = conn.SetReadBuffer(4 << 20) // as much as the system gives
	p := &rawPeer{t: s.t, s: s, conn: conn, addr: host, in: make(chan string, 1<<14)}
	if answer != nil {
		p.answer.Store(&answer)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.read()
	}()
	s.t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			s.t.Error(err)
		}
		<-done
	})
	return p
}

func (p *rawPeer) read() {
	buf := make([]byte, 65536)
	for {
		n, _, err := p.conn.ReadFromUDP(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // an ICMP error of what we sent
			continue
		}
		m := string(buf[:n])
		if answer := p.answer.Load(); answer != nil { // before the test sees m, and may tell it to answer no more
			(*answer)(p, m)
		}
		p.mu.Lock()
		p.got = append(p.got, m)
		p.mu.Unlock()
		select {
		case p.in <- m:
		default:
		}
	}
}

// all is what came so far.
func (p *rawPeer) all() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.got...)
}

// count is how many of what came are ok.
func (p *rawPeer) count(ok func(m string) bool) (n int) {
	for _, m := range p.all() {
		if ok(m) {
			n++
		}
	}
	return n
}

// send writes a datagram to wissel.
func (p *rawPeer) send(text string) {
	to := &net.UDPAddr{IP: net.ParseIP(p.s.wissel()), Port: 5060}
	if _, err := p.conn.WriteToUDP([]byte(text), to); err != nil && !strings.Contains(err.Error(), "refused") {
		p.t.Errorf("send from %s: %v", p.addr, err)
	}
}

// next gives the next message that is ok; others are passed over.
func (p *rawPeer) next(most time.Duration, what string, ok func(m string) bool) string {
	p.t.Helper()
	deadline := time.NewTimer(most)
	defer deadline.Stop()
	for {
		select {
		case m := <-p.in:
			if ok(m) {
				return m
			}
		case <-deadline.C:
			p.t.Fatalf("%s: not in %v: %s; it received\n%s", p.addr, most, what, last(strings.Join(p.all(), "\n--\n"), 2000))
		}
	}
}

// pause waits for a while in which nothing must happen.
func pause(d time.Duration) { <-time.After(d) }

// status says that a message is a response with this code to this method of this call; empty strings are any.
func status(code int, method, callID string) func(m string) bool {
	return func(m string) bool {
		return strings.HasPrefix(m, fmt.Sprintf("SIP/2.0 %d ", code)) && strings.HasSuffix(header(m, "CSeq"), method) && (callID == "" || header(m, "Call-ID") == callID)
	}
}

// asks says that a message is a request with this method.
func asks(method string) func(m string) bool {
	return func(m string) bool { return strings.HasPrefix(m, method+" ") }
}

// header is the first value of a header in a message; wissel writes names as the RFC does.
func header(m, name string) string {
	for _, line := range strings.Split(m, "\r\n") {
		if line == "" {
			return ""
		}
		if v, ok := strings.CutPrefix(line, name+": "); ok {
			return v
		}
	}
	return ""
}

var tagPattern = regexp.MustCompile(`;tag=([^;>\s]+)`)

// tag is the tag of an address field.
func tag(v string) string {
	if m := tagPattern.FindStringSubmatch(v); m != nil {
		return m[1]
	}
	return ""
}

// sdp is a plain description of a party at host.
func sdp(host string) string {
	return "v=0\r\no=- 1 1 IN IP4 " + host + "\r\ns=-\r\nc=IN IP4 " + host + "\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
}

// rawRequest is a request in the usual form; a test changes what it is about.
type rawRequest struct {
	method, uri, callID, branch   string
	via, from, to, contact, extra string // extra: whole lines, each with its CRLF
	cseq                          int
	body                          string
}

var serial atomic.Uint64

// unique is a text that no other message of this run has.
func unique() string { return fmt.Sprintf("u%dx%d", os.Getpid(), serial.Add(1)) }

// invite is an INVITE of p to the support number.
func (p *rawPeer) invite() rawRequest {
	host, _, _ := strings.Cut(p.addr, ":")
	id := unique()
	return rawRequest{
		method: "INVITE", uri: "sip:" + number + "@" + p.s.wissel(), callID: id + "@" + host, branch: "z9hG4bK" + id,
		via: p.addr + ";rport", from: "<sip:+31612345678@" + host + ">;tag=" + id, to: "<sip:" + number + "@" + p.s.wissel() + ">",
		contact: "<sip:peer@" + p.addr + ">", cseq: 1, body: sdp(host),
	}
}

// within is a request of the caller in the dialog that ok, a response to r, made.
func (r rawRequest) within(method string, ok string) rawRequest {
	uri := header(ok, "Contact")
	r.method, r.uri, r.to, r.branch, r.body = method, strings.Trim(uri, "<>"), header(ok, "To"), "z9hG4bK"+unique(), ""
	if method != "ACK" {
		r.cseq++
	}
	return r
}

func (r rawRequest) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=%s\r\nMax-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\n",
		r.method, r.uri, r.via, r.branch, r.from, r.to, r.callID, r.cseq, r.method)
	if r.contact != "" {
		fmt.Fprintf(&b, "Contact: %s\r\n", r.contact)
	}
	b.WriteString(r.extra)
	if r.body != "" {
		b.WriteString("Content-Type: application/sdp\r\n")
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(r.body), r.body)
	return b.String()
}

// respond is a response to request m, with our To tag, in the order of its headers.
func respond(m string, code int, ourTag, extra, body string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "SIP/2.0 %d Test\r\n", code)
	for _, line := range strings.Split(m, "\r\n") {
		if line == "" {
			break
		}
		name, v, _ := strings.Cut(line, ": ")
		switch name {
		case "Via", "From", "Call-ID", "CSeq":
			b.WriteString(line + "\r\n")
		case "To":
			if tag(v) == "" && code > 100 {
				line += ";tag=" + ourTag
			}
			b.WriteString(line + "\r\n")
		}
	}
	b.WriteString(extra)
	if body != "" {
		b.WriteString("Content-Type: application/sdp\r\n")
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(body), body)
	return b.String()
}

// accepts is the answer of a platform that takes every call at once.
func accepts(p *rawPeer, m string) {
	host, _, _ := strings.Cut(p.addr, ":")
	switch {
	case asks("INVITE")(m):
		p.send(respond(m, 200, "far"+tag(header(m, "From")), "Contact: <sip:far@"+p.addr+">\r\n", sdp(host)))
	case asks("OPTIONS")(m), asks("BYE")(m), asks("CANCEL")(m):
		p.send(respond(m, 200, "o", "", ""))
	}
}

// waits is the answer of a platform that says no more to an INVITE than that it rings.
func waits(p *rawPeer, m string) {
	if asks("INVITE")(m) {
		p.send(respond(m, 180, "far"+tag(header(m, "From")), "Contact: <sip:far@"+p.addr+">\r\n", ""))
		return
	}
	accepts(p, m)
}

// talk sets up a call from caller, and gives its INVITE and the 200 that was ACKed.
func (p *rawPeer) talk() (rawRequest, string) {
	p.t.Helper()
	r := p.invite()
	p.send(r.String())
	ok := p.next(10*time.Second, "a 200", status(200, "INVITE", r.callID))
	p.send(r.within("ACK", ok).String())
	return r, ok
}

// bye ends a call that talk set up.
func (p *rawPeer) bye(r rawRequest, ok string) {
	p.t.Helper()
	p.send(r.within("BYE", ok).String())
	p.next(5*time.Second, "a 200 to BYE", status(200, "BYE", r.callID))
}

// canary opens sockets of UDP and TCP that nothing may ever reach; the test fails at its end when something did.
func (s *server) canary() string {
	s.t.Helper()
	host := s.net + ".250"
	udp := s.raw(host, nil)
	ln, err := net.Listen("tcp4", host+":5060")
	if err != nil {
		s.t.Fatal(err)
	}
	var dialled atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			dialled.Add(1)
			_ = c.Close() // it should never have been opened
		}
	}()
	s.t.Cleanup(func() {
		_ = ln.Close() // ends Accept
		<-done
		if got := udp.all(); len(got) != 0 || dialled.Load() != 0 {
			s.t.Errorf("the canary received %d packets and %d connections: %s", len(got), dialled.Load(), last(strings.Join(got, "\n"), 1000))
		}
	})
	return host
}

// metrics reads the counts of a running wissel, by name and labels.
func (s *server) metrics() map[string]float64 {
	s.t.Helper()
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", s.dir+"/control.sock")
	}}}
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "http://wissel/metrics", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := c.Do(req)
	if err != nil {
		s.t.Fatalf("read the metrics: %v", err)
	}
	all := map[string]float64{}
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if name, v, ok := strings.Cut(lines.Text(), " "); ok && name != "#" {
			if f, err := strconv.ParseFloat(v, 64); err == nil {
				all[name] = f
			}
		}
	}
	if err := resp.Body.Close(); err != nil {
		s.t.Error(err)
	}
	return all
}

// resident is how much memory the process holds, in MB.
func (s *server) resident() float64 {
	s.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, line := range strings.Split(string(text), "\n") {
		var kb float64
		if n, _ := fmt.Sscanf(line, "VmRSS: %f kB", &kb); n == 1 {
			return kb / 1024
		}
	}
	s.t.Fatal("the process has no VmRSS")
	return 0
}

// cpu is the processor time that the process has used, to 10 ms.
func (s *server) cpu() time.Duration {
	return time.Duration(s.metrics()["process_cpu_seconds_total"] * float64(time.Second))
}

// wisselCLI runs a command of the binary against this server and gives what it prints.
func (s *server) wisselCLI(args ...string) string {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), binary, args...)
	cmd.Env = append(os.Environ(), "WISSEL_CONTROL=unix://"+s.dir+"/control.sock")
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.t.Errorf("wissel %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// well ends the server, and holds that it stood everything: no panic, no call left behind, a clean end.
func (s *server) well() {
	s.t.Helper()
	s.idle(15 * time.Second)
	if m := s.metrics(); m["wissel_sip_panics_total"] != 0 || m["wissel_media_sessions"] != 0 {
		s.t.Errorf("%v panics, %v media sessions left", m["wissel_sip_panics_total"], m["wissel_media_sessions"])
	}
	if code := s.stop(); code != 0 {
		s.t.Errorf("wissel ended with %d", code)
	}
	if strings.Contains(s.out.String(), "panic") {
		s.t.Errorf("a panic is in the log")
	}
}
