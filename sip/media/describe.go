package media

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"wissel/internal/audio"
)

// offer is what we last offered.
type offer struct {
	lines    []stub
	index    int
	payloads []payload
	dir      direction
}

func (o *offer) has(c audio.Codec) bool {
	for _, p := range o.payloads {
		if p.codec == c {
			return true
		}
	}
	return false
}

// event is the payload type offered for telephone-event, -1: none.
func (o *offer) event() int {
	for _, p := range o.payloads {
		if p.codec == audio.NoCodec {
			return int(p.pt)
		}
	}
	return -1
}

// hint is what an offer to one leg takes over from the other.
type hint struct {
	codec audio.Codec
	event int
	peer  direction
}

// hint is what s has settled on, or will with the offer described.
func (s *Session) hint() (h hint, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.next
	if t == nil {
		t = s.terms
	}
	if t == nil {
		return h, false
	}
	return hint{t.codec, t.event, t.peer}, true
}

// Offer writes a description of ours as an offer. When like is not nil, the codec in use there comes first, keys go as
// they do there, and a leg that is on hold there is put on hold here.
func (s *Session) Offer(like *Session) ([]byte, error) {
	h := hint{event: eventType}
	if like != nil {
		if other, ok := like.hint(); ok {
			h = other
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, fmt.Errorf("offer media of leg %d: %w", s.at.Leg, ErrClosed)
	}
	o := &offer{lines: []stub{{kind: "audio", proto: "RTP/AVP"}}, dir: h.peer}
	if s.terms != nil { // the lines of a session stay as many and in the same order (RFC 3264 §8)
		o.lines, o.index = s.terms.lines, s.terms.index
	}
	codecs := []audio.Codec{h.codec, audio.ALaw, audio.MuLaw}
	for i, c := range codecs {
		if c != audio.NoCodec && (i == 0 || c != h.codec) {
			o.payloads = append(o.payloads, payload{s.typeOf(c), c})
		}
	}
	if h.event >= 0 {
		o.payloads = append(o.payloads, payload{s.typeOfEvent(h.event), audio.NoCodec})
	}
	s.offered, s.next = o, nil
	ptime := 20
	if s.terms != nil {
		ptime = s.terms.ptime
	}
	return s.describe(o.lines, o.index, o.payloads, ptime, o.dir), nil
}

// typeOf is the payload type for c: the one it has had in this session (RFC 3264 §8.3.2), else the static one.
func (s *Session) typeOf(c audio.Codec) uint8 {
	if s.terms != nil && s.terms.codec == c {
		return s.terms.pt
	}
	return c.Static()
}

// eventType is the payload type that telephone-event is offered on, unless the session or the other leg has another.
const eventType = 101

func (s *Session) typeOfEvent(like int) uint8 {
	if s.terms != nil && s.terms.event >= 0 {
		return uint8(s.terms.event)
	}
	if like >= 96 && (s.terms == nil || s.terms.rx[like] == rxNone) {
		return uint8(like)
	}
	return eventType
}

// errNothing is ours: the caller of this package asked for what cannot be.
var errNothing = errors.New("there is nothing to answer")

// Describe takes the peer's offer now; Answer(nil) answers it later. Errors are *BodyError.
func (s *Session) Describe(body []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var now audio.Codec
	if s.terms != nil {
		now = s.terms.codec
	}
	t, err := settle(body, &s.engine.guard, now, nil)
	if err != nil {
		return err
	}
	s.next = t
	return nil
}

// Answer takes the peer's offer, or with nil the one described before, and writes the answer. The same offer gets the
// same answer. Errors are *BodyError where the peer is to be told.
func (s *Session) Answer(body []byte) ([]byte, error) {
	if body != nil {
		if err := s.Describe(body); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, fmt.Errorf("answer media of leg %d: %w", s.at.Leg, ErrClosed)
	}
	if s.next == nil {
		if s.local != nil && s.offered == nil && body == nil {
			return bytes.Clone(s.local), nil // answered before: the same again
		}
		return nil, fmt.Errorf("answer media of leg %d: %w", s.at.Leg, errNothing)
	}
	t := s.next
	s.next, s.offered = nil, nil
	s.apply(t)
	chosen := []payload{{t.pt, t.codec}}
	if t.event >= 0 {
		chosen = append(chosen, payload{uint8(t.event), audio.NoCodec})
	}
	return s.describe(t.lines, t.index, chosen, t.ptime, t.peer.mirrored()), nil
}

// Accept takes the peer's answer to our last offer; several may come, of several far dialogs. Errors are *BodyError
// where the peer is to be told.
func (s *Session) Accept(body []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.offered == nil {
		return fmt.Errorf("accept media of leg %d: %w", s.at.Leg, errNothing)
	}
	t, err := settle(body, &s.engine.guard, audio.NoCodec, s.offered)
	if err != nil {
		return err
	}
	s.apply(t)
	return nil
}

// Local is the description last sent, nil before the first.
func (s *Session) Local() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.Clone(s.local)
}

// describe writes our description and remembers it. The version in its o= line grows only when the rest has changed
// (RFC 3264 §8).
func (s *Session) describe(lines []stub, index int, payloads []payload, ptime int, dir direction) []byte {
	addr := s.pool.face.advertised()
	family := "IP4 "
	if addr.Is6() {
		family = "IP6 "
	}
	host := "IN " + family + addr.String() + "\r\n"
	b := append(make([]byte, 0, 512), "s=-\r\nc="...)
	b = append(b, host...)
	b = append(b, "t=0 0\r\n"...)
	for i, l := range lines {
		if i != index {
			b = append(b, "m="+l.kind+" 0 "+l.proto+" "+l.formats+"\r\n"...)
			continue
		}
		b = append(b, "m=audio "+strconv.Itoa(s.pair.port)+" "+l.proto...)
		for _, p := range payloads {
			b = strconv.AppendInt(append(b, ' '), int64(p.pt), 10)
		}
		b = append(b, "\r\n"...)
		for _, p := range payloads {
			b = p.attributes(b)
		}
		b = append(b, "a=ptime:"+strconv.Itoa(ptime)+"\r\na="+dir.String()+"\r\n"...)
	}
	if s.local == nil || !bytes.Equal(b, s.rest) {
		s.version++
		s.rest = b
		s.local = append([]byte("v=0\r\no=- "+strconv.FormatUint(s.number, 10)+" "+strconv.FormatUint(s.version, 10)+" "+host), b...)
	}
	return bytes.Clone(s.local)
}

// attributes writes what belongs to one payload type.
func (p payload) attributes(b []byte) []byte {
	pt := strconv.Itoa(int(p.pt))
	if p.codec == audio.NoCodec {
		return append(b, "a=rtpmap:"+pt+" telephone-event/8000\r\na=fmtp:"+pt+" 0-15\r\n"...)
	}
	return append(b, "a=rtpmap:"+pt+" "+p.codec.String()+"/8000\r\n"...)
}
