package sip

import (
	"bytes"

	"wissel"
	"wissel/sip/call"
)

// infoCame takes an INFO within a dialog. A key for a flow that listens is the flow's; all else is passed on by the call.
func (s *shard) infoCame(l *leg, d *dialog, h *head, in incoming) {
	kind := mediaType(string(h.get(fieldContentType)))
	if f := l.call.flow; f != nil && f.leg == l {
		if digit, ok := infoDigit(kind, h.body); ok {
			s.replyIn(d, h, in, 200)
			s.digit(l, digit)
			return
		}
	}
	if l.asking != nil {
		s.replyIn(d, h, in, 491)
		return
	}
	l.asking = &waiting{id: in.id, method: "INFO", echo: echoOf(h, in.p.Path), dialog: d}
	s.feed(l.call, call.Event{Kind: call.Info, Leg: l.n, Type: kind, Body: h.body})
}

// infoDigit reads a key from the body of an INFO: "Signal=5" (application/dtmf-relay) or "5" (application/dtmf). 10 and
// 11 are the star and the hash, as some equipment has it.
func infoDigit(kind string, body []byte) (wissel.Digit, bool) {
	var v []byte
	switch kind {
	case "application/dtmf":
		v = bytes.TrimSpace(body)
	case "application/dtmf-relay":
		for _, l := range bytes.Split(body, []byte("\n")) {
			name, value, ok := bytes.Cut(l, []byte("="))
			if ok && bytes.EqualFold(bytes.TrimSpace(name), []byte("signal")) {
				v = bytes.TrimSpace(value)
				break
			}
		}
	}
	switch string(v) {
	case "10":
		return '*', true
	case "11":
		return '#', true
	}
	if len(v) != 1 {
		return 0, false
	}
	d := wissel.Digit(bytes.ToUpper(v)[0])
	return d, d.Valid()
}

// doSendInfo passes an INFO on.
func (s *shard) doSendInfo(l *leg, e call.SendInfo) {
	d := l.current()
	if d == nil || d.bye {
		s.feed(l.call, call.Event{Kind: call.InfoAnswer, Leg: l.n, Status: 481})
		return
	}
	if !printable(e.Type) {
		e.Type = "application/octet-stream"
	}
	if _, err := s.ask(d, "INFO", ownInfo, message{ctype: e.Type, body: e.Body}); err != nil {
		s.feed(l.call, call.Event{Kind: call.InfoAnswer, Leg: l.n, Status: 503})
	}
}

// doRespondInfo answers the peer's INFO.
func (s *shard) doRespondInfo(l *leg, e call.RespondInfo) {
	if w := l.asking; w != nil {
		l.asking = nil
		s.respond(w, e.Status, message{})
	}
}
