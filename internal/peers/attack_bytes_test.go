package peers

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// torment is one message of package sip's corpus, as it goes to a running server.
type torment struct {
	name, want string // the status that the corpus gives it; see package sip's torture_test.go
	text       string // LF for line ends, escapes not yet resolved, every address the canary
}

var (
	firstBranch = regexp.MustCompile(`z9hG4bK(\w)`)
	callIDLine  = regexp.MustCompile(`(?mi)^((?:call-id|i)[ \t]*:[ \t]*)(\S+)`)
	anyAddress  = regexp.MustCompile(`192\.0\.2\.\d+|198\.51\.100\.\d+|203\.0\.113\.\d+`)
	hexByte     = regexp.MustCompile(`\\x[0-9a-fA-F]{2}|\\\\`)
)

// corpus reads it. All addresses in it become the canary's.
func corpus(t *testing.T, canary string) (all []torment) {
	t.Helper()
	files, err := filepath.Glob("../../sip/testdata/torture/*.txt")
	if err != nil || len(files) < 80 {
		t.Fatalf("%d messages, %v", len(files), err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		top, text, _ := strings.Cut(string(raw), "\n\n")
		want, _, _ := strings.Cut(top, "\n")
		all = append(all, torment{
			name: strings.TrimSuffix(filepath.Base(f), ".txt"), want: strings.TrimPrefix(want, "want: "),
			// Without rport the answer goes to the Via's port: the one that this peer has.
			text: strings.ReplaceAll(anyAddress.ReplaceAllString(text, canary), ":19823", ":5060"),
		})
	}
	return all
}

// bytes is the message for the wire, with a text of its own in its branch and Call-ID by which answers are known, and its
// Call-ID ("" when it has none).
func (m torment) bytes() (data []byte, callID, id string) {
	id = unique()
	text := firstBranch.ReplaceAllString(m.text, "z9hG4bK"+id+"$1")
	text = callIDLine.ReplaceAllString(text, "${1}"+id+"$2")
	plain := func(s string) string {
		return hexByte.ReplaceAllStringFunc(strings.ReplaceAll(s, "\n", "\r\n"), func(e string) string {
			if e == `\\` {
				return `\`
			}
			n, _ := strconv.ParseUint(e[2:], 16, 8) // the pattern holds two hexadecimal digits
			return string([]byte{byte(n)})
		})
	}
	head, body, _ := strings.Cut(text, "\n\n")
	body = plain(body)
	if found := callIDLine.FindStringSubmatch(head); found != nil {
		callID = found[2]
	}
	return []byte(plain(strings.ReplaceAll(head, "{len}", strconv.Itoa(len(body)))) + "\r\n\r\n" + body), callID, id
}

// right reports whether the server may answer so ("" is silence) to a message of which the corpus wants this.
func (m torment) right(got string, reliable bool) bool {
	method, _, _ := strings.Cut(m.text, " ")
	switch m.want {
	case "ok", "drop":
		return got == ""
	case "200": // it may go on: to a number that is nobody's here
		return got == map[string]string{"INVITE": "404", "OPTIONS": "200", "ACK": ""}[method]
	case "400": // "dropped or 400" (issue 2, section 9)
		return got == "400" || got == "" || reliable && got == "413" // a length over the most
	case "416":
		return got == "416" || reliable && got == "404"
	case "513": // or dropped (A2); on a stream the frame is refused before it is read
		return got == "513" || got == "" || reliable && (got == "400" || got == "413")
	case "414":
		return got == "414" || reliable && got == ""
	case "413":
		return got == "413" || reliable && got == "513"
	}
	return got == m.want
}

// fence is a request that is answered behind all that its call's shard got before.
func (p *rawPeer) fence(callID string) rawRequest {
	r := p.invite()
	r.method, r.cseq, r.body, r.contact = "OPTIONS", 9000, "", ""
	if callID != "" {
		r.callID = callID
	}
	return r
}

// A1, over UDP: every message of the corpus gets its answer, where it came from.
func (p *rawPeer) torture(all []torment) (answered, silent int) {
	p.t.Helper()
	for _, m := range all {
		data, callID, id := m.bytes()
		p.send(string(data))
		f := p.fence(callID)
		p.send(f.String())
		got, seen := "", map[string]bool{}
		p.next(5*time.Second, "an answer behind "+m.name, func(r string) bool {
			if strings.Contains(r, f.branch) && status(200, "OPTIONS", "")(r) {
				return true
			}
			if !seen[r] && strings.Contains(r, id) && strings.HasPrefix(r, "SIP/2.0 ") && !strings.HasPrefix(r, "SIP/2.0 100 ") {
				seen[r] = true // a refusal of an INVITE comes again until its ACK
				got += strings.Fields(r)[1]
			}
			return false
		})
		if !m.right(got, false) {
			p.t.Errorf("%s over UDP: answered %q, want %s", m.name, got, m.want)
		}
		if got == "" {
			silent++
		} else {
			answered++
		}
	}
	return answered, silent
}

// overTCP sends a message in two parts, cut at this place, and a fence behind it. It gives the statuses that came before
// the fence's, "wait" when the server waits for more, and "closed" when it closed the connection. It stops early at what
// is expected, where that is an answer before the end.
func (s *server) overTCP(p *rawPeer, m torment, cut int, patience time.Duration, expected string) string {
	s.t.Helper()
	data, callID, _ := m.bytes()
	cut = min(cut, len(data))
	f := p.fence(callID)
	fence := strings.Replace(f.String(), "/UDP", "/TCP", 1)
	c := s.connect(s.carrier())
	defer func() {
		if err := errors.Join(c.SetLinger(0), c.Close()); err != nil && !errors.Is(err, net.ErrClosed) {
			s.t.Error(err)
		}
	}()
	if cut > 0 && cut < len(data) {
		_, _ = c.Write(data[:cut])    // the server may close at any byte; what it said is read below
		pause(500 * time.Microsecond) // so that the parts are two reads there
		_, _ = c.Write(data[cut:])
	} else {
		_, _ = c.Write(data)
	}
	_, _ = io.WriteString(c, fence)
	_ = c.SetReadDeadline(time.Now().Add(patience))
	var text []byte
	buf := make([]byte, 65536)
	for {
		n, err := c.Read(buf)
		text = append(text, buf[:n]...)
		if i := bytes.Index(text, []byte(f.branch)); i >= 0 { // the fence's answer: what stands before it counts
			return statuses(string(text[:bytes.LastIndex(text[:i], []byte("SIP/2.0 200 "))]))
		}
		if sofar := statuses(string(text)); sofar != "" && sofar+"closed" == expected {
			return expected
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return statuses(string(text)) + "wait"
		}
		if err != nil {
			return statuses(string(text)) + "closed"
		}
	}
}

var statusLine = regexp.MustCompile(`(?m)^SIP/2\.0 ([2-6]\d\d) `)

func statuses(text string) (all string) {
	for _, m := range statusLine.FindAllStringSubmatch(text, -1) {
		all += m[1]
	}
	return all
}

func TestMalformedMessagesKillNothing(t *testing.T) {
	t.Parallel()
	s := serve(t, number, "+31207654321") // the corpus rings numbers that are nobody's: no message makes a call
	k := s.canary()
	carrier := s.raw(s.carrier(), nil)
	all := corpus(t, k)
	carrier.torture(all) // once before the memory is looked at
	before := s.resident()
	answered, silent := carrier.torture(all)

	// The same over TCP, in two parts wherever they may be cut: the answer does not depend on it.
	cuts := 0
	for _, m := range all {
		data, _, _ := m.bytes()
		whole := s.overTCP(carrier, m, 0, 400*time.Millisecond, "")
		if first := strings.TrimSuffix(strings.TrimSuffix(whole, "closed"), "wait"); !m.right(first[:min(3, len(first))], true) && !strings.HasSuffix(whole, "wait") && whole != "400closed" {
			t.Errorf("%s over TCP: %s, want %s", m.name, whole, m.want)
		}
		places := []int{1, len(data) / 5, bytes.Index(data, []byte("\r\n")) + 1, len(data) / 2, bytes.Index(data, []byte("\r\n\r\n")) + 2, len(data) * 4 / 5, len(data) - 1}
		if slices.Contains([]string{"4475-wsinv", "own-tel", "own-two-to"}, m.name) {
			places = places[:0]
			for i := 1; i < len(data); i += 1 + len(data)/600 {
				places = append(places, i)
			}
		}
		patience := 5 * time.Second
		if strings.HasSuffix(whole, "wait") {
			patience = 20 * time.Millisecond
		}
		for _, at := range places {
			if got := s.overTCP(carrier, m, at, patience, whole); got != whole && !strings.HasSuffix(whole, "wait") {
				t.Errorf("%s over TCP, cut at %d of %d: %q, and whole %q", m.name, at, len(data), got, whole)
			}
			cuts++
		}
	}
	for range 3 {
		carrier.torture(all)
	}
	grown := s.resident() - before
	if grown > 40 {
		t.Errorf("memory grew by %.1f MB", grown)
	}
	eventually(t, 15*time.Second, "no connection is left", func() bool { return s.metrics()["wissel_sip_connections"] == 0 })
	if got := s.wisselCLI("calls", "-o", "json"); strings.TrimSpace(got) != "[]" {
		t.Errorf("calls are left: %s", got)
	}
	s.well()
	row(t, "A1", "%d messages (RFC 4475, RFC 5118, own) x 5 over UDP: %d answered as they should, %d dropped; over TCP cut at %d places: the same answer as whole; canary in every Via, Contact, Route and c=: 0 packets; memory +%.1f MB",
		len(all), answered, silent, cuts, max(0, grown))
}

// A2: what is large and deep costs next to nothing.
func TestBombsCostLittle(t *testing.T) {
	t.Parallel()
	s := serve(t)
	carrier := s.raw(s.carrier(), nil)
	const n = 1000
	nested := strings.Repeat("(", 5000)
	for _, b := range []struct {
		name string
		make func(r *rawRequest)
	}{
		{"4,000 headers", func(r *rawRequest) { r.extra = strings.Repeat("A: b\r\n", 4000) }},
		{"a line of 60 KB", func(r *rawRequest) { r.extra = "Subject: " + strings.Repeat("x", 60<<10) + "\r\n" }},
		{"5,000 parameters", func(r *rawRequest) { r.contact += strings.Repeat(";a=b", 5000) }},
		{"500 Vias", func(r *rawRequest) {
			r.extra = strings.Repeat("Via: SIP/2.0/UDP x.invalid;branch=z9hG4bKb\r\n", 500)
		}},
		{"500 Vias in one line", func(r *rawRequest) { r.via += strings.Repeat(",SIP/2.0/UDP x.invalid", 500) }},
		{"2,000 folds", func(r *rawRequest) { r.extra = "Subject: a" + strings.Repeat("\r\n b", 2000) + "\r\n" }},
		{"5,000 brackets", func(r *rawRequest) { r.extra = "User-Agent: " + nested + "\r\n" }},
		{"5,000 brackets in From", func(r *rawRequest) { r.from = nested + r.from }},
		{"5,000 quotes", func(r *rawRequest) { r.from = strings.Repeat(`"`, 5000) + r.from }},
		{"5,000 percent escapes", func(r *rawRequest) { r.uri = "sip:" + strings.Repeat("%41", 5000) + "@" + s.wissel() }},
		{"a description of 1,000 lines", func(r *rawRequest) {
			r.uri = "sip:" + number + "@" + s.wissel()
			r.body += strings.Repeat("m=audio 40000 RTP/AVP 8\r\n", 1000)
		}},
	} {
		base := carrier.invite()
		base.uri = "sip:+31201111111@" + s.wissel() // nobody's: what is let through makes no call
		began := s.cpu()
		answers := map[string]bool{}
		for i := range n {
			r := base
			r.branch, r.callID, r.from = fmt.Sprintf("%sx%d", base.branch, i), base.callID, fmt.Sprintf("%sx%d", base.from, i)
			b.make(&r)
			carrier.send(r.String())
			if i%10 == 9 { // so many at a time that no socket's buffer runs over
				f := carrier.fence(base.callID)
				carrier.send(f.String())
				carrier.next(10*time.Second, "an answer behind "+b.name, func(m string) bool {
					if !strings.HasPrefix(m, "SIP/2.0 100 ") && strings.HasSuffix(header(m, "CSeq"), "INVITE") {
						answers[strings.Fields(m)[1]] = true
					}
					return strings.Contains(m, f.branch)
				})
			}
		}
		each := (s.cpu() - began) / n
		for code := range answers {
			if !slices.Contains([]string{"400", "404", "413", "414", "488", "513"}, code) {
				t.Errorf("%s is answered with %s", b.name, code)
			}
		}
		if each > 2*time.Millisecond {
			t.Errorf("%s costs %v each", b.name, each)
		}
		row(t, "A2", "%s x %d: %v of CPU each, answered %s", b.name, n, each.Round(10*time.Microsecond), list(answers))
	}
	if grown := s.resident(); grown > 250 {
		t.Errorf("%.0f MB are held", grown)
	}
	s.well()
}

func list(set map[string]bool) string {
	var all []string
	for k := range set {
		all = append(all, k)
	}
	slices.Sort(all)
	if len(all) == 0 {
		return "never"
	}
	return strings.Join(all, ", ")
}
