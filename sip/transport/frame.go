package transport

import (
	"bytes"
	"fmt"
)

// Limits of one message, held before anything is allocated for it (FAULTS A2, A3).
const (
	MaxMessage = 64 << 10 // bytes
	MaxLine    = 8 << 10  // bytes of one line
	MaxLines   = 200      // lines of headers
)

// FrameError is a stream that cannot be cut into messages any more.
type FrameError struct {
	Status int // 400, or 413 when the body is too long
	Why    string
}

func (e *FrameError) Error() string { return e.Why }

// A Frame is what a Framer found: a message, or (Data nil) a keep-alive.
type Frame struct {
	Data []byte // a copy, owned by the receiver
	Ping bool   // CRLF CRLF: answer with CRLF (RFC 5626 §4.4.1)
}

// Framer cuts a stream into SIP messages: up to the empty line, then Content-Length bytes (RFC 3261 §18.3), which must be
// there. The zero Framer is ready. Its buffer grows with what was received, never with what was announced.
type Framer struct {
	buf   []byte
	n     int // bytes of buf that are filled
	line  int // start of the line being scanned
	at    int // scanned up to here
	lines int
	head  int // length of the header part, once the empty line was found
	need  int // length of the whole message, then
}

// Space is where the next bytes are to be read into; Filled says how many were.
func (f *Framer) Space() []byte {
	if f.n == len(f.buf) {
		f.buf = append(f.buf, make([]byte, max(2048, len(f.buf)))...)
	}
	return f.buf[f.n:]
}

// Filled says that n bytes were read into Space.
func (f *Framer) Filled(n int) { f.n += n }

// Empty reports whether no part of a message waits; line ends alone are none.
func (f *Framer) Empty() bool { return len(bytes.TrimLeft(f.buf[:f.n], "\r\n")) == 0 }

// Next gives the next frame; ok is false when more bytes are needed. On a *FrameError the frame holds the header part if
// that is whole, and the stream is of no more use.
func (f *Framer) Next() (fr Frame, ok bool, err error) {
	if f.head == 0 {
		if ping, skipped := f.skip(); skipped {
			return Frame{Ping: ping}, ping, nil
		}
		if done, err := f.scan(); !done {
			return Frame{}, false, err
		}
		length, err := contentLength(f.buf[:f.head])
		if err != nil {
			return Frame{Data: bytes.Clone(f.buf[:f.head])}, false, err
		}
		if f.need = f.head + length; f.need > MaxMessage {
			return Frame{Data: bytes.Clone(f.buf[:f.head])}, false, &FrameError{413, fmt.Sprintf("a message of %d bytes; at most %d are taken", f.need, MaxMessage)}
		}
	}
	if f.n < f.need {
		return Frame{}, false, nil
	}
	fr.Data = bytes.Clone(f.buf[:f.need])
	f.drop(f.need)
	f.head, f.need = 0, 0
	return fr, true, nil
}

// skip takes line ends in front of a message. It reports a double one (a ping), and whether there is nothing else yet.
func (f *Framer) skip() (ping, only bool) {
	for f.n >= 2 && f.buf[0] == '\r' && f.buf[1] == '\n' {
		if f.n >= 4 && f.buf[2] == '\r' && f.buf[3] == '\n' {
			f.drop(4)
			return true, true
		}
		if f.n == 3 && f.buf[2] == '\r' || f.n == 2 {
			return false, true // half a ping perhaps; a lone CRLF is dropped with what follows it
		}
		f.drop(2)
	}
	return false, f.n == 0 || f.n == 1 && f.buf[0] == '\r'
}

// scan looks for the empty line, going on where it stopped. done is false while it has not come.
func (f *Framer) scan() (done bool, err error) {
	for f.at < f.n {
		i := bytes.IndexByte(f.buf[f.at:f.n], '\n')
		if i < 0 {
			f.at = f.n
			break
		}
		end := f.at + i // of the line, at its LF
		f.at = end + 1
		if end == f.line || f.buf[end-1] != '\r' {
			return false, &FrameError{400, "a line feed without its carriage return"}
		}
		if end-f.line > MaxLine {
			return false, &FrameError{400, "a line that is too long"}
		}
		if end-1 == f.line {
			f.head = end + 1
			f.line, f.at, f.lines = 0, 0, 0
			return true, nil
		}
		if f.lines++; f.lines > MaxLines {
			return false, &FrameError{400, "too many header lines"}
		}
		f.line = end + 1
	}
	if f.n-f.line > MaxLine {
		return false, &FrameError{400, "a line that is too long"}
	}
	if f.n > MaxMessage {
		return false, &FrameError{413, "a header part that is too long"}
	}
	return false, nil
}

func (f *Framer) drop(n int) {
	copy(f.buf, f.buf[n:f.n])
	f.n -= n
	if f.n == 0 && len(f.buf) > 8<<10 {
		f.buf = nil // a long message must not keep its room for ever
	}
}

// contentLength reads the one Content-Length of a header part. Absent, twice with different values, not a number, or
// larger than any message may be: a *FrameError.
func contentLength(head []byte) (int, error) {
	length := -1
	for rest := head; ; {
		name, value, next, ok := header(rest)
		if !ok {
			break
		}
		rest = next
		if !nameIs(name, "content-length", 'l') {
			continue
		}
		n := 0
		for _, c := range value {
			if c < '0' || c > '9' {
				return 0, &FrameError{400, "a Content-Length that is not a number"}
			}
			if n = n*10 + int(c-'0'); n > MaxMessage {
				return 0, &FrameError{413, fmt.Sprintf("a Content-Length over %d", MaxMessage)}
			}
		}
		if len(value) == 0 || length >= 0 && length != n {
			return 0, &FrameError{400, "a Content-Length that is empty, or not one"}
		}
		length = n
	}
	if length < 0 {
		return 0, &FrameError{400, "no Content-Length on a stream"}
	}
	return length, nil
}

// header cuts the next header off data: its name and value without the white space around them, folds still inside.
// The first line (request or status line) counts as one with a name that no header has. ok is false at the empty line.
func header(data []byte) (name, value, rest []byte, ok bool) {
	end := 0
	for {
		i := bytes.IndexByte(data[end:], '\n')
		if i < 0 {
			end = len(data)
			break
		}
		end += i + 1
		if end >= len(data) || data[end] != ' ' && data[end] != '\t' {
			break
		}
	}
	line := bytes.TrimRight(data[:end], "\r\n")
	if len(line) == 0 {
		return nil, nil, nil, false
	}
	name, value, _ = bytes.Cut(line, []byte{':'})
	return bytes.TrimRight(name, " \t"), bytes.Trim(value, " \t\r\n"), data[end:], true
}

// nameIs compares a header name with its long form (in small letters) and its compact letter.
func nameIs(name []byte, long string, short byte) bool {
	if len(name) == 1 {
		return name[0]|0x20 == short
	}
	if len(name) != len(long) {
		return false
	}
	for i := range name {
		c := name[i]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != long[i] {
			return false
		}
	}
	return true
}

// CallID finds the value of the Call-ID header (or its compact form i) in a raw message, nil when there is none. It
// allocates nothing and believes nothing: it serves to choose a shard.
func CallID(data []byte) []byte {
	for rest := data; len(rest) > 0; {
		name, value, next, ok := header(rest)
		if !ok {
			return nil
		}
		if nameIs(name, "call-id", 'i') {
			return value
		}
		rest = next
	}
	return nil
}
