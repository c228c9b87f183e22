package transport

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

const options = "OPTIONS sip:a@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.2;branch=z9hG4bK1\r\nCall-ID: abc@192.0.2.2\r\nContent-Length: 4\r\n\r\nbody"

// cutAt feeds data to a Framer in two reads and gives what came out.
func cutAt(data []byte, at int) (frames []string, pings int, err error) {
	var f Framer
	for _, part := range [][]byte{data[:at], data[at:]} {
		for len(part) > 0 {
			n := copy(f.Space(), part)
			f.Filled(n)
			part = part[n:]
			for {
				fr, ok, err := f.Next()
				if err != nil {
					return frames, pings, err
				}
				if !ok {
					break
				}
				if fr.Ping {
					pings++
				} else {
					frames = append(frames, string(fr.Data))
				}
			}
		}
	}
	return frames, pings, nil
}

// H16: a message cut anywhere, folded headers included, comes out whole.
func TestFramesComeOutWholeWhereverTheStreamIsCut(t *testing.T) {
	folded := "OPTIONS sip:a@b SIP/2.0\r\nSubject: one\r\n two\r\n\tthree\r\nl :\r\n  3\r\n\r\nxyz"
	stream := "\r\n" + options + "\r\n\r\n" + folded + "\r\n" + options
	for at := range len(stream) + 1 {
		frames, pings, err := cutAt([]byte(stream), at)
		if err != nil {
			t.Fatalf("cut at %d: %v", at, err)
		}
		if len(frames) != 3 || frames[0] != options || frames[1] != folded || frames[2] != options || pings != 1 {
			t.Fatalf("cut at %d: %d pings and %q", at, pings, frames)
		}
	}
}

// FAULTS A3: lies about the length are found before anything is allocated for them.
func TestContentLengthLies(t *testing.T) {
	for _, row := range []struct {
		name, header string
		status       int
	}{
		{"four gigabytes", "Content-Length: 4294967296\r\n", 413},
		{"more digits than any number has", "Content-Length: 99999999999999999999999999\r\n", 413},
		{"a little over the most", "Content-Length: 65537\r\n", 413},
		{"the most, with its headers over it", "Content-Length: 65536\r\n", 413},
		{"negative", "Content-Length: -1\r\n", 400},
		{"a word", "Content-Length: four\r\n", 400},
		{"empty", "Content-Length:\r\n", 400},
		{"two that differ", "Content-Length: 3\r\nContent-Length: 4\r\n", 400},
		{"two that differ, one compact", "Content-Length: 3\r\nL: 4\r\n", 400},
		{"missing", "", 400},
		{"hexadecimal", "Content-Length: 0x4\r\n", 400},
	} {
		data := "OPTIONS sip:a@b SIP/2.0\r\nCall-ID: 1\r\n" + row.header + "\r\nbody"
		_, _, err := cutAt([]byte(data), len(data))
		fe := (*FrameError)(nil)
		if !errors.As(err, &fe) || fe.Status != row.status {
			t.Errorf("%s: %v, not %d", row.name, err, row.status)
		}
		var f Framer
		f.Filled(copy(f.Space(), data))
		if fr, _, _ := f.Next(); !bytes.HasPrefix(fr.Data, []byte("OPTIONS")) || !bytes.HasSuffix(fr.Data, []byte("\r\n\r\n")) {
			t.Errorf("%s: the header part is not handed over for an answer: %q", row.name, fr.Data)
		}
		if cap(f.buf) > 4096 {
			t.Errorf("%s: %d bytes are held for it", row.name, cap(f.buf))
		}
	}
	t.Log("ROW A3 11 lies about the length (4 GB, -1, two that differ, none): refused before anything is allocated for them")
}

func TestContentLengthForms(t *testing.T) {
	for _, header := range []string{"Content-Length: 4", "content-LENGTH : 4", "l:4", "L: 0004", "Content-Length: 4\r\nContent-Length: 4", "l:\r\n 4"} {
		data := "OPTIONS sip:a@b SIP/2.0\r\n" + header + "\r\n\r\nbody"
		frames, _, err := cutAt([]byte(data), 30)
		if err != nil || len(frames) != 1 || frames[0] != data {
			t.Errorf("%q: %q, %v", header, frames, err)
		}
	}
}

// FAULTS A2: bombs stop the stream long before they are large.
func TestFramerStopsBombs(t *testing.T) {
	for _, row := range []struct{ name, data string }{
		{"a line without end", strings.Repeat("a", 100_000)},
		{"a long line", "OPTIONS sip:a@b SIP/2.0\r\nX: " + strings.Repeat("a", MaxLine+1) + "\r\n"},
		{"4,000 headers", "OPTIONS sip:a@b SIP/2.0\r\n" + strings.Repeat("X: y\r\n", 4000)},
		{"2,000 folds", "OPTIONS sip:a@b SIP/2.0\r\nX: y\r\n" + strings.Repeat(" z\r\n", 2000)},
		{"a bare line feed", "OPTIONS sip:a@b SIP/2.0\nX: y\r\n"},
		{"an empty line of a bare line feed", "OPTIONS sip:a@b SIP/2.0\r\n\n"},
		{"long lines without the empty one", "OPTIONS sip:a@b SIP/2.0\r\n" + strings.Repeat("X: "+strings.Repeat("a", 8000)+"\r\n", 9)},
	} {
		_, _, err := cutAt([]byte(row.data), 10)
		if fe := (*FrameError)(nil); !errors.As(err, &fe) {
			t.Errorf("%s: %v", row.name, err)
		}
	}
}

func TestCallIDIsFoundWithoutAllocating(t *testing.T) {
	for _, row := range []struct{ name, header, want string }{
		{"the long form", "Call-ID: abc@host", "abc@host"},
		{"the compact form", "i:abc", "abc"},
		{"capitals and white space", "CALL-id  :\t abc ", "abc"},
		{"none", "Call-Info: abc", ""},
	} {
		data := []byte("OPTIONS sip:a@b SIP/2.0\r\nVia: x\r\n" + row.header + "\r\nTo: y\r\n\r\ni: body\r\n")
		if got := CallID(data); string(got) != row.want {
			t.Errorf("%s: %q", row.name, got)
		}
		if n := testing.AllocsPerRun(100, func() { CallID(data) }); n != 0 {
			t.Errorf("%s: %v allocations", row.name, n)
		}
	}
}

func FuzzFramer(f *testing.F) {
	f.Add([]byte(options), 3)
	f.Add([]byte("\r\n\r\nA b c\r\nl: 0\r\n\r\n"), 1)
	f.Add([]byte("X\r\nContent-Length: 9\r\nl: 9\r\n\r\n123456789"), 7)
	f.Fuzz(func(t *testing.T, data []byte, at int) {
		if at < 0 || at > len(data) {
			at = 0
		}
		a, pings, errA := cutAt(data, 0)
		b, pingsB, errB := cutAt(data, at)
		if fmt.Sprint(a, pings, errA != nil) != fmt.Sprint(b, pingsB, errB != nil) {
			t.Errorf("cut at %d: %q %d %v, whole: %q %d %v", at, b, pingsB, errB, a, pings, errA)
		}
		for _, m := range a {
			if len(m) > MaxMessage {
				t.Errorf("a message of %d bytes", len(m))
			}
		}
		CallID(data)
	})
}
