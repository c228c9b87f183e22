package call

import (
	"bytes"
	"strconv"
)

// Direction is what a description says of the way media flows, seen from who wrote it (RFC 3264 §5.1). The zero
// Direction is both ways.
type Direction uint8

// The directions: sendrecv, sendonly, recvonly, inactive.
const (
	Both Direction = iota
	SendOnly
	RecvOnly
	NoMedia
)

func (d Direction) String() string {
	switch d {
	case SendOnly:
		return "sendonly"
	case RecvOnly:
		return "recvonly"
	case NoMedia:
		return "inactive"
	case Both:
	}
	return "sendrecv"
}

// lines walks over the lines of a description without their ends; yield returns false to stop.
func lines(sdp []byte, yield func(line []byte) bool) {
	for len(sdp) > 0 {
		line, rest, _ := bytes.Cut(sdp, []byte("\n"))
		sdp = rest
		if line = bytes.TrimSuffix(line, []byte("\r")); len(line) > 0 && !yield(line) {
			return
		}
	}
}

// originOf gives the o= line, nil when there is none.
func originOf(sdp []byte) (origin []byte) {
	lines(sdp, func(line []byte) bool {
		if bytes.HasPrefix(line, []byte("o=")) {
			origin = line
			return false
		}
		return true
	})
	return origin
}

// attribute gives the direction that an a= line names.
func attribute(line []byte) (Direction, bool) {
	for d := Both; d <= NoMedia; d++ {
		if len(line) > 2 && string(line[:2]) == "a=" && string(line[2:]) == d.String() {
			return d, true
		}
	}
	return Both, false
}

// directionOf gives the direction of the first stream that is in use. An address of 0.0.0.0 is the old way to hold
// (RFC 3264 §8.4): whoever gives it wants to hear nothing.
func directionOf(sdp []byte) Direction {
	session, stream := Both, Both
	own, mute, inStream := false, false, false
	lines(sdp, func(line []byte) bool {
		if bytes.HasPrefix(line, []byte("m=")) {
			if inStream {
				return false
			}
			f := bytes.Fields(line)
			inStream = len(f) > 1 && string(f[1]) != "0"
			own = false
			return true
		}
		if d, ok := attribute(line); ok {
			if inStream {
				stream, own = d, true
			} else {
				session = d
			}
		}
		if bytes.HasPrefix(line, []byte("c=")) {
			mute = bytes.Equal(bytes.TrimSpace(line), []byte("c=IN IP4 0.0.0.0"))
		}
		return true
	})
	if !own {
		stream = session
	}
	switch {
	case mute && stream == Both:
		return SendOnly
	case mute && stream == RecvOnly:
		return NoMedia
	}
	return stream
}

// Redirect gives a description of ours with another direction, on every stream; the rest stays byte by byte. The o= line
// stays too: its version is who wrote it's to raise.
func Redirect(sdp []byte, d Direction) []byte {
	out := make([]byte, 0, len(sdp)+32)
	inStream := false
	end := func() {
		if inStream {
			out = append(append(append(out, "a="...), d.String()...), "\r\n"...)
		}
	}
	lines(sdp, func(line []byte) bool {
		if _, ok := attribute(line); ok {
			return true
		}
		if bytes.HasPrefix(line, []byte("m=")) {
			end()
			inStream = true
		}
		out = append(append(out, line...), "\r\n"...)
		return true
	})
	end()
	return out
}

// Inactive answers an offer so that nothing flows: every m= line is kept with its formats and their maps, a=inactive, no
// address of anybody. It is the answer in the ACK of a call that nobody will talk in (RFC 3261 §13.2.1 asks for one). An
// offer that is no SDP gives nil.
func Inactive(offer []byte) []byte {
	if originOf(offer) == nil {
		return nil
	}
	out := make([]byte, 0, len(offer)+64)
	out = append(out, "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"...)
	inStream := false
	lines(offer, func(line []byte) bool {
		switch {
		case bytes.HasPrefix(line, []byte("m=")):
			if inStream {
				out = append(out, "a=inactive\r\n"...)
			}
			inStream = true
			out = appendStream(out, line)
		case inStream && (bytes.HasPrefix(line, []byte("a=rtpmap:")) || bytes.HasPrefix(line, []byte("a=fmtp:"))):
			out = append(append(out, line...), "\r\n"...)
		}
		return true
	})
	if inStream {
		out = append(out, "a=inactive\r\n"...)
	}
	return out
}

// appendStream writes an m= line with port 9 (discard), or 0 where the stream was refused or needs keys that we have not.
func appendStream(out, line []byte) []byte {
	f := bytes.Fields(line)
	if len(f) < 4 {
		return append(append(out, line...), "\r\n"...)
	}
	port := 9
	if string(f[1]) == "0" || bytes.Contains(f[2], []byte("SAVP")) {
		port = 0
	}
	out = append(append(out, f[0]...), ' ')
	out = strconv.AppendInt(out, int64(port), 10)
	for _, x := range f[2:] {
		out = append(append(out, ' '), x...)
	}
	return append(out, "\r\n"...)
}
