package sip

import (
	"bytes"

	"wissel/sip/transport"
)

// retryAfter goes with a 503: so long we ask to be left alone while starting, draining or overloaded.
const retryAfter = "Retry-After: 5"

// retrySoon goes with the 503 of a carrier's trunk that is full: a caller of its leaves any moment, and a carrier that has another way
// to us, or a copy of us, takes that one meanwhile (docs/decisions/0021).
const retrySoon = "Retry-After: 1"

// starts reports whether data is a request that would start something new: an INVITE, OPTIONS or the like without a To
// tag. Only so much is read as that needs.
func starts(data []byte) bool {
	for _, method := range [][]byte{[]byte("SIP/2.0 "), []byte("ACK "), []byte("BYE "), []byte("CANCEL ")} {
		if bytes.HasPrefix(data, method) {
			return false
		}
	}
	rest := data
	for {
		line, after, ok := headerLine(rest)
		if !ok || len(line) == 0 {
			return true
		}
		if name, value, ok := cutField(line); ok && idOf(name) == fieldTo {
			return tagOf(value) == nil
		}
		rest = after
	}
}

// shed answers 503 by hand, on the reader's goroutine and without a transaction: what is refused must cost little.
func (s *Server) shed(p transport.Packet) {
	var h head
	if !h.scan(p.Data) || !s.allow.source(p.Path.Peer) {
		return
	}
	e := echoOf(&h, p.Path)
	_ = s.set.Send(replyPath(&h, p.Path), e.response(503, s.tag, false, message{extra: lines([]string{retryAfter})}))
}
