package media

import (
	"net/netip"
	"time"

	"wissel"
	"wissel/internal/audio"
)

// packet takes one datagram from the RTP socket: it is counted, looked at for keys, and relayed. data is used as the
// space for the packet that goes on.
func (s *Session) packet(data []byte, from netip.AddrPort) {
	now := time.Now()
	p, ok := parsePacket(data)
	s.mu.Lock()
	if !ok || len(data) == maxDatagram || s.closed || s.terms == nil {
		s.stats.Dropped++
		s.mu.Unlock()
		return
	}
	kind := s.terms.rx[p.pt]
	if kind == rxNone || kind == rxEvent && p.end-p.at < eventSize || !s.latch.admit(from, &p, now) {
		s.stats.Dropped++
		s.mu.Unlock()
		return
	}
	s.stats.Received++
	s.stats.LastReceived = now
	s.lost = false
	s.in.take(&p, now)
	peer, listening := s.peer, s.digits
	pressed := s.listen(kind, &p, data[p.at:p.end], now)
	s.mu.Unlock()

	if listening {
		for _, d := range pressed {
			s.emit(Digit, d)
		}
	}
	if peer == nil || listening && kind == rxEvent {
		return
	}
	peer.forward(s.id, kind, &p, data, pressed, now)
}

// listen is the keys newly pressed by a packet: of telephone-events always (the peer's peer may want them as sound), in
// the sound only when a flow listens and no telephone-event was negotiated. The lock is held; the result is valid until
// the next call, which the same goroutine makes.
func (s *Session) listen(kind uint8, p *packet, payload []byte, now time.Time) []wissel.Digit {
	found := s.found[:0]
	switch {
	case kind == rxEvent:
		if e, ok := parseEvent(payload); ok && s.presses.take(e, p, now) {
			found = append(found, e.digit)
		}
	case s.digits && s.terms.event < 0:
		found = s.hear(found, audio.Codec(kind), payload)
	}
	kept := found[:0]
	for _, d := range found {
		if s.flood.allow(now) {
			kept = append(kept, d)
		} else {
			s.stats.Dropped++
		}
	}
	return kept
}

// hear looks for keys in sound.
func (s *Session) hear(found []wissel.Digit, codec audio.Codec, payload []byte) []wissel.Digit {
	if codec == audio.G722 && s.wide == nil {
		s.wide = audio.NewWideband()
	}
	var pcm [160]int16
	for len(payload) > 0 && len(found) < cap(found) {
		n := min(len(pcm), len(payload))
		expand(pcm[:n], payload[:n], codec, s.wide)
		found = s.keys.Write(found, pcm[:n])
		payload = payload[n:]
	}
	return found
}

// expand decodes one piece; pcm and data are equally long.
func expand(pcm []int16, data []byte, codec audio.Codec, wide *audio.Wideband) {
	var err error
	switch codec {
	case audio.G722:
		_, err = wide.Decode(pcm, data)
	case audio.MuLaw:
		_, err = audio.DecodeMuLaw(pcm, data)
	default:
		_, err = audio.DecodeALaw(pcm, data)
	}
	if err != nil {
		panic("media: pieces of unequal length: " + err.Error())
	}
}

// forward sends what came from another leg on to this peer: own SSRC, sequence and time that go on, its payload types,
// its codec.
func (s *Session) forward(leg uint64, kind uint8, p *packet, data []byte, pressed []wissel.Digit, now time.Time) {
	s.mu.Lock()
	t := s.terms
	if s.closed || t == nil || !t.sends() || s.play.active {
		s.mu.Unlock()
		return
	}
	pt := t.pt
	if kind == rxEvent {
		if t.event < 0 {
			s.mu.Unlock()
			s.sound(pressed)
			return
		}
		pt = uint8(t.event)
	} else {
		s.convert(data[p.at:p.end], audio.Codec(kind), t.codec)
	}
	seq, ts, marker, ok := s.out.relay(source{leg, p.ssrc}, p, now)
	if !ok {
		s.mu.Unlock()
		return
	}
	s.out.count(p.end - p.at)
	s.stats.Sent++
	to, ssrc := s.latch.to, s.out.ssrc
	s.mu.Unlock()

	data = data[p.at-headerSize : p.end] // contributing sources and extensions stay behind
	putHeader(data, pt, marker, seq, ts, ssrc)
	_, _ = s.pair.rtp.WriteToUDPAddrPort(data, to) // a packet that cannot be sent is a packet lost: voice goes on
}

// convert changes data in place from one codec to another.
func (s *Session) convert(data []byte, from, to audio.Codec) {
	if audio.Recode(data, from, to) {
		return
	}
	if s.enc == nil {
		s.enc = newTranscoder()
	}
	s.enc.convert(data, from, to)
}

// transcoder changes G.722 to a law or back, for one direction. Two legs come to that only when one of them speaks
// nothing but G.722.
type transcoder struct {
	dec *audio.Wideband
	enc *audio.WidebandEncoder
	pcm [160]int16
}

func newTranscoder() *transcoder {
	return &transcoder{dec: audio.NewWideband(), enc: audio.NewWidebandEncoder()}
}

func (c *transcoder) convert(data []byte, from, to audio.Codec) {
	for len(data) > 0 {
		n := min(len(c.pcm), len(data))
		expand(c.pcm[:n], data[:n], from, c.dec)
		var err error
		switch to {
		case audio.G722:
			_, err = c.enc.Encode(data[:n], c.pcm[:n])
		case audio.MuLaw:
			_, err = audio.EncodeMuLaw(data[:n], c.pcm[:n])
		default:
			_, err = audio.EncodeALaw(data[:n], c.pcm[:n])
		}
		if err != nil {
			panic("media: pieces of unequal length: " + err.Error())
		}
		data = data[n:]
	}
}
