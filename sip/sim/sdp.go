package sim

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// direction of a stream, as its describer sees it (RFC 3264 §5.1).
type direction string

const (
	sendRecv direction = "sendrecv"
	sendOnly direction = "sendonly"
	recvOnly direction = "recvonly"
	inactive direction = "inactive"
)

func (d direction) sends() bool    { return d == sendRecv || d == sendOnly }
func (d direction) receives() bool { return d == sendRecv || d == recvOnly }

// answer is the direction that answers d (RFC 3264 §6.1) when we would like want.
func (d direction) answer(want direction) direction {
	send, recv := d.receives() && want.sends(), d.sends() && want.receives()
	switch {
	case send && recv:
		return sendRecv
	case send:
		return sendOnly
	case recv:
		return recvOnly
	}
	return inactive
}

// description is what the actors understand of an SDP body: its first audio stream.
type description struct {
	addr      netip.AddrPort // where it wants its RTP
	payloads  []int          // as listed, codecs we know and events
	event     int            // payload type of telephone-event at 8000 Hz; -1: none
	direction direction
	version   string // sess-version of the o= line
	lines     int    // number of m-lines
}

func readSDP(body []byte) (d description, err error) {
	d = description{event: -1, direction: sendRecv}
	host, audio := "", 0 // audio: 0 before it, 1 in it, 2 after it
	for line := range strings.SplitSeq(strings.TrimSpace(string(body)), "\n") {
		line = strings.TrimRight(line, "\r")
		kind, value, ok := strings.Cut(line, "=")
		if !ok || len(kind) != 1 {
			return d, fmt.Errorf("sdp line %q", line)
		}
		switch kind {
		case "o":
			if f := strings.Fields(value); len(f) == 6 {
				d.version = f[2]
			} else {
				return d, fmt.Errorf("sdp origin %q has no 6 fields", value)
			}
		case "m":
			d.lines++
			if audio == 1 {
				audio = 2
			}
			if audio == 0 && strings.HasPrefix(value, "audio ") {
				audio = 1
				if err := d.readMedia(value); err != nil {
					return d, err
				}
			}
		case "c":
			if f := strings.Fields(value); len(f) == 3 && audio != 2 {
				host = f[2]
			}
		case "a":
			if audio != 2 {
				d.readAttribute(value)
			}
		}
	}
	ip, perr := netip.ParseAddr(host)
	if audio == 0 || perr != nil {
		return d, fmt.Errorf("sdp without an audio stream or with connection address %q", host)
	}
	if ip.IsUnspecified() { // hold as in RFC 2543
		d.direction = inactive
	}
	d.addr = netip.AddrPortFrom(ip, d.addr.Port())
	return d, nil
}

func (d *description) readMedia(value string) error {
	f := strings.Fields(value)
	if len(f) < 4 || f[2] != "RTP/AVP" {
		return fmt.Errorf("sdp media line %q", value)
	}
	port, err := strconv.ParseUint(f[1], 10, 16)
	if err != nil {
		return fmt.Errorf("sdp media port %q", f[1])
	}
	d.addr = netip.AddrPortFrom(netip.Addr{}, uint16(port))
	for _, p := range f[3:] {
		pt, err := strconv.Atoi(p)
		if err != nil || pt < 0 || pt > 127 {
			return fmt.Errorf("sdp payload type %q", p)
		}
		d.payloads = append(d.payloads, pt)
	}
	return nil
}

func (d *description) readAttribute(value string) {
	switch direction(value) {
	case sendRecv, sendOnly, recvOnly, inactive:
		d.direction = direction(value)
	}
	if rest, ok := strings.CutPrefix(value, "rtpmap:"); ok {
		pt, name, _ := strings.Cut(rest, " ")
		if n, err := strconv.Atoi(pt); err == nil && strings.EqualFold(name, "telephone-event/8000") && slices.Contains(d.payloads, n) {
			d.event = n
		}
	}
}

// choose is the first codec of the description that we speak.
func (d description) choose() (Codec, error) {
	for _, pt := range d.payloads {
		if pt == int(PCMA) || pt == int(PCMU) {
			return Codec(pt), nil
		}
	}
	return 0, errors.New("no codec in common")
}

// writeSDP writes a description of one audio stream. event -1 leaves the events out.
func writeSDP(session, version uint64, at netip.AddrPort, codecs []Codec, event int, dir direction) []byte {
	family := "IP4"
	if at.Addr().Is6() {
		family = "IP6"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "v=0\r\no=- %d %d IN %s %s\r\ns=-\r\nc=IN %[3]s %[4]s\r\nt=0 0\r\nm=audio %d RTP/AVP", session, version, family, at.Addr(), at.Port())
	for _, c := range codecs {
		fmt.Fprintf(&b, " %d", c)
	}
	if event >= 0 {
		fmt.Fprintf(&b, " %d", event)
	}
	b.WriteString("\r\n")
	for _, c := range codecs {
		fmt.Fprintf(&b, "a=rtpmap:%d %s/8000\r\n", c, c)
	}
	if event >= 0 {
		fmt.Fprintf(&b, "a=rtpmap:%d telephone-event/8000\r\na=fmtp:%[1]d 0-15\r\n", event)
	}
	fmt.Fprintf(&b, "a=ptime:20\r\na=%s\r\n", dir)
	return []byte(b.String())
}
