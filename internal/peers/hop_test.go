package peers

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// A hop is a border controller between a telephone and wissel, as carriers have: it passes SIP on, says whose number a caller
// hides, and where keys are not events takes those out of what is offered, and makes of keys what its network makes of them:
// INFO, or nothing.
type hop struct {
	conn          *net.UDPConn
	phone, wissel netip.AddrPort
	hides         string // the caller's number; empty: it is not given
	events        bool   // are left as they are

	mu     sync.Mutex
	invite string // as it went out
	answer string // the 200 to it
	cseq   int
	oks    int // 200 to an INFO
	faults []string
	done   chan struct{}
}

func startHop(t *testing.T, at, phone, wissel, hides string, events bool) *hop {
	t.Helper()
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(at+":5060")))
	if err != nil {
		t.Fatal(err)
	}
	h := &hop{conn: conn, phone: netip.MustParseAddrPort(phone + ":5060"), wissel: netip.MustParseAddrPort(wissel + ":5060"), hides: hides, events: events, done: make(chan struct{})}
	go func() {
		defer close(h.done)
		h.pass()
	}()
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
		<-h.done
		for _, f := range h.faults {
			t.Error(f)
		}
	})
	return h
}

// pass passes messages on until the socket is closed.
func (h *hop) pass() {
	buf := make([]byte, 65536)
	for {
		n, from, err := h.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		text, to := string(buf[:n]), h.phone
		if from.Addr().Unmap() != h.wissel.Addr() {
			text, to = h.out(text), h.wissel
		} else if h.answered(text) {
			continue
		}
		if _, err := h.conn.WriteToUDPAddrPort([]byte(text), to); errors.Is(err, net.ErrClosed) {
			return // the walk ended between the two
		} else if err != nil {
			h.fault("pass a message on to %s: %v", to, err)
		}
	}
}

func (h *hop) fault(format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.faults = append(h.faults, fmt.Sprintf(format, args...))
}

var (
	routeLine  = regexp.MustCompile(`(?m)^Route:.*\r\n`)
	eventLines = regexp.MustCompile(`(?m)^a=(rtpmap|fmtp):101 .*\r\n`)
	audioLine  = regexp.MustCompile(`(?m)^(m=audio .*) 101(\s)`)
	lengthLine = regexp.MustCompile(`(?m)^Content-Length:.*\r\n`)
	cseqLine   = regexp.MustCompile(`(?m)^CSeq: *(\d+) (\w+)`)
)

// out is a message of the telephone's as it goes on.
func (h *hop) out(text string) string {
	text = routeLine.ReplaceAllString(text, "")
	if !strings.HasPrefix(text, "INVITE ") {
		return text
	}
	head, body, _ := strings.Cut(text, "\r\n\r\n")
	if h.hides != "" { // RFC 3325 §9.1, RFC 3323 §4.2
		head += "\r\nP-Asserted-Identity: <sip:" + h.hides + "@" + h.phone.Addr().String() + ">\r\nPrivacy: id"
	}
	if !h.events {
		body = audioLine.ReplaceAllString(eventLines.ReplaceAllString(body, ""), "$1$2")
	}
	text = lengthLine.ReplaceAllString(head+"\r\n", fmt.Sprintf("Content-Length: %d\r\n", len(body))) + "\r\n" + body
	h.mu.Lock()
	defer h.mu.Unlock()
	h.invite = text
	if m := cseqLine.FindStringSubmatch(text); m != nil {
		h.cseq, _ = strconv.Atoi(m[1])
	}
	return text
}

// answered takes note of a response of wissel's, and reports whether it was to a request of the hop's own.
func (h *hop) answered(text string) bool {
	m := cseqLine.FindStringSubmatch(text)
	if m == nil || !strings.HasPrefix(text, "SIP/2.0 ") {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	switch ok := strings.HasPrefix(text, "SIP/2.0 200 "); {
	case m[2] == "INFO" && ok:
		h.oks++
	case m[2] == "INFO":
		line, _, _ := strings.Cut(text, "\r\n")
		h.faults = append(h.faults, "an INFO with a key was answered with "+line)
	case m[2] == "INVITE" && ok:
		h.answer = text
	}
	return m[2] == "INFO"
}

// info tells wissel of a key within the telephone's dialog (application/dtmf-relay).
func (h *hop) info(key byte) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	field := func(text, name string) string {
		for line := range strings.Lines(text) {
			if value, ok := strings.CutPrefix(line, name+":"); ok {
				return strings.TrimSpace(value)
			}
		}
		return ""
	}
	target := strings.Trim(field(h.answer, "Contact"), "<>")
	if target, _, _ = strings.Cut(target, ">"); target == "" {
		return fmt.Errorf("there is no dialog to send key %c in", key)
	}
	h.cseq++
	body := fmt.Sprintf("Signal=%c\r\nDuration=160\r\n", key)
	text := strings.Join([]string{
		"INFO " + target + " SIP/2.0", fmt.Sprintf("Via: SIP/2.0/UDP %s;branch=z9hG4bKhop%d;rport", h.conn.LocalAddr(), h.cseq), "Max-Forwards: 70",
		"From: " + field(h.invite, "From"), "To: " + field(h.answer, "To"), "Call-ID: " + field(h.invite, "Call-ID"), fmt.Sprintf("CSeq: %d INFO", h.cseq),
		"Content-Type: application/dtmf-relay", fmt.Sprintf("Content-Length: %d", len(body)), "", body,
	}, "\r\n")
	_, err := h.conn.WriteToUDPAddrPort([]byte(text), h.wissel)
	return err
}
