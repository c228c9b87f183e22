package media

import (
	"net/netip"
	"time"

	"wissel"
	"wissel/internal/audio"
)

// received is a packet that was taken: what it stands for, and what is to be done with it.
type received struct {
	packet
	kind    uint8          // a codec, or rxEvent
	peer    *Session       // to relay to, or nil
	report  bool           // its keys are reported
	first   bool           // the voice that was waited for
	pressed []wissel.Digit // valid until the next packet of the same leg
	tones   audio.Pair     // a pair that began in it
}

// packet takes one datagram from the RTP socket: it is counted, looked at for keys, and relayed. data is used as the
// space for the packet that goes on.
func (s *Session) packet(data []byte, from netip.AddrPort) {
	now := time.Now()
	p, ok := s.take(data, from, now)
	if !ok {
		return
	}
	if p.first {
		s.emit(Heard, 0)
	}
	if p.report {
		for _, d := range p.pressed {
			s.emit(Digit, d)
		}
	}
	if p.tones != audio.NoPair && s.events != nil {
		s.events(Event{Leg: s.at.Leg, Kind: Tones, Pair: p.tones})
	}
	if p.peer != nil && !(p.report && p.kind == rxEvent) {
		p.peer.forward(s.id, &p, data, now)
	}
}

// take reports whether a datagram is a packet of the peer's, and counts it.
func (s *Session) take(data []byte, from netip.AddrPort, now time.Time) (r received, ok bool) {
	r.packet, ok = parsePacket(data)
	s.mu.Lock()
	defer s.mu.Unlock()
	if ok && from == s.latch.from { // of a kind that we do not speak, perhaps: comfort noise
		s.wait.note(now)
	}
	if ok = ok && len(data) < maxDatagram && !s.closed && s.terms != nil; ok {
		r.kind = s.terms.rx[r.pt]
		ok = r.kind != rxNone && (r.kind != rxEvent || r.end-r.at >= eventSize) && s.latch.admit(from, &r.packet, now)
	}
	if !ok {
		s.stats.Dropped++
		return r, false
	}
	s.stats.Received++
	s.stats.LastReceived = now
	r.first = s.wait.voice(now)
	s.in.take(&r.packet, now)
	r.peer, r.report = s.peer, s.digits
	r.pressed, r.tones = s.listen(r.kind, &r.packet, data[r.at:r.end], now)
	if r.kind == rxEvent { // a press goes to one alone, though who takes it connects the two at its first packet
		if len(r.pressed) > 0 {
			s.kept = s.digits
		}
		r.report = r.report || s.kept
	}
	return r, true
}

// listen is the keys newly pressed by a packet: of telephone-events always (the peer's peer may want them as sound), in
// the sound only when a flow listens and no telephone-event was negotiated (but see Listen); and the test tones that begin
// in it. The lock is held; the result is valid until the next call, which the same goroutine makes.
func (s *Session) listen(kind uint8, p *packet, payload []byte, now time.Time) (pressed []wissel.Digit, tones audio.Pair) {
	found := s.found[:0]
	switch {
	case kind == rxEvent:
		if e, ok := parseEvent(payload); ok && s.presses.take(e, p, now) {
			found = append(found, e.digit)
		}
	case s.tones || s.taken.on || s.digits && s.terms.event < 0:
		var loudness float64
		found, tones, loudness = s.hear(found, audio.Codec(kind), payload)
		if s.taken.on {
			s.taken.record(p, audio.Codec(kind), payload, loudness, now)
		}
	}
	kept := found[:0]
	for _, d := range found {
		if s.flood.allow(now) {
			kept = append(kept, d)
		} else {
			s.stats.Dropped++
		}
	}
	return kept, tones
}

// hear looks for keys and test tones in sound, and says how loud it is: the mean square of its samples.
func (s *Session) hear(found []wissel.Digit, codec audio.Codec, payload []byte) (_ []wissel.Digit, tones audio.Pair, loudness float64) {
	size := float64(len(payload))
	keys := s.digits && (s.terms.event < 0 || s.tones && !s.presses.any)
	if codec == audio.G722 && s.wide == nil {
		s.wide = audio.NewWideband()
	}
	var pcm [160]int16
	for len(payload) > 0 && len(found) < cap(found) {
		n := min(len(pcm), len(payload))
		expand(pcm[:n], payload[:n], codec, s.wide)
		if keys {
			found = s.keys.Write(found, pcm[:n])
		}
		if s.taken.on {
			loudness += energy(pcm[:n]) / size
		}
		if s.tones {
			tones = max(tones, s.pairs.Write(pcm[:n]))
		}
		payload = payload[n:]
	}
	return found, tones, loudness
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

// forward sends what came from another leg on to this peer.
func (s *Session) forward(leg uint64, p *received, data []byte, now time.Time) {
	out, to, asSound := s.rewrite(leg, p, data, now)
	if asSound {
		s.sound(p.pressed)
	} else if out != nil {
		_, _ = s.pair.rtp.WriteToUDPAddrPort(out, to) // a packet that cannot be sent is a packet lost: voice goes on
	}
}

// rewrite makes of a packet from another leg one for this peer, in its own place: own SSRC, sequence and time that go on,
// its payload types, its codec. It is nil when nothing is to be sent; asSound when keys must become sound.
func (s *Session) rewrite(leg uint64, p *received, data []byte, now time.Time) (out []byte, to netip.AddrPort, asSound bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.terms
	if s.closed || t == nil || !t.sends() || s.play.active {
		return nil, to, false
	}
	pt := t.pt
	if p.kind == rxEvent {
		if t.event < 0 {
			return nil, to, true
		}
		pt = uint8(t.event)
	}
	seq, ts, marker, ok := s.out.relay(source{leg, p.ssrc}, &p.packet, now)
	if !ok {
		return nil, to, false
	}
	if p.kind != rxEvent {
		s.convert(data[p.at:p.end], audio.Codec(p.kind), t.codec)
	}
	s.out.count(p.end - p.at)
	s.stats.Sent++
	out = data[p.at-headerSize : p.end] // contributing sources and extensions stay behind
	putHeader(out, pt, marker, seq, ts, s.out.ssrc)
	return out, s.latch.to, false
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
