package sim

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strings"
	"time"
)

// ptime is the length of a packet, and frame the samples in it.
const (
	ptime = 20 * time.Millisecond
	frame = 160
)

// stream is the media of one leg: one socket, one source.
type stream struct {
	conn    net.PacketConn
	local   netip.AddrPort
	session uint64 // of our o= line
	version uint64
	codecs  []Codec
	event   int // payload type of telephone-event in our description; -1: none
	dir     direction

	remote  description
	known   bool     // there is a remote description
	law     Codec    // what we send
	sendEv  int      // payload type of the events that we send
	mute    bool     // sends nothing, though it may
	plays   *Answers // how it sounds
	ssrc    uint32
	seq     uint16
	ts      uint32
	wave    []byte
	at      int // in wave
	dial    []press
	ticking bool // on the pacer's list

	rec     *Record
	hears   func(Heard)
	ear     listener
	peer    uint32 // SSRC last received
	heard   time.Time
	eventTS uint32
	eventOK bool
}

// press is one key on its way: an RFC 4733 event, two repeats of its end, and a pause; or sound, where events were not agreed.
type press struct {
	code byte
	hold int // packets until it is let go
	tick int
	ts   uint32
	said int // samples told of in segments that are full
}

const keys = "0123456789*#ABCD"

// describe is our description now. changed raises the version of its o= line.
func (s *stream) describe(dir direction, changed bool) []byte {
	if changed {
		s.version++
	}
	s.dir = dir
	return writeSDP(s.session, s.version, s.local, s.codecs, s.event, dir)
}

// learn takes the other side's description, an offer or an answer.
func (s *stream) learn(d description) error {
	law, err := d.choose()
	if err != nil {
		return err
	}
	s.remote, s.law, s.known = d, law, true
	s.sendEv = -1
	if s.event >= 0 {
		s.sendEv = d.event
	}
	s.rec.Held = d.direction != sendRecv
	return nil
}

// answer describes us as the answer to the offer learnt: its first codec that we speak, its number for events.
func (s *stream) answer(want direction) []byte {
	s.version++
	s.dir = s.remote.direction.answer(want)
	event := s.sendEv
	return writeSDP(s.session, s.version, s.local, []Codec{s.law}, event, s.dir)
}

func (s *stream) play(hz int) {
	s.wave, s.at = nil, 0
	if hz > 0 {
		s.wave = s.law.wave(hz)
	}
}

// tick sends the packet that is due, if any may go.
func (s *stream) tick() {
	s.ts += frame
	if s.mute || s.plays.Echo || !s.sends() {
		return
	}
	if len(s.dial) > 0 {
		s.tickKey()
		return
	}
	payload := make([]byte, frame)
	for i := range payload {
		if s.wave == nil {
			payload[i] = s.law.silence()
			continue
		}
		payload[i] = s.wave[s.at]
		s.at = (s.at + 1) % len(s.wave)
	}
	s.send(byte(s.law), false, s.ts, payload)
}

// sends reports whether the descriptions let anything be sent.
func (s *stream) sends() bool {
	return s.known && s.remote.addr.Port() != 0 && s.dir.sends() && s.remote.direction.receives() && !s.remote.addr.Addr().IsUnspecified()
}

// pressPause is the packets from the last of an event's ends to the next key, and pressEnds those ends.
const pressEnds, pressPause = 2, 3

func (s *stream) tickKey() {
	k := &s.dial[0]
	if k.tick == 0 {
		k.ts = s.ts
	}
	k.tick++
	switch {
	case s.sendEv < 0:
		s.send(byte(s.law), false, s.ts, s.keySound(k))
	case k.tick <= k.hold+pressEnds:
		long := min(k.tick, k.hold)*frame - k.said
		if long > 0xFFFF { // the segment is full: the next begins where it ends (RFC 4733 §2.5.1.3)
			s.keyEvent(k, 0xFFFF, false)
			k.ts, k.said, long = k.ts+0xFFFF, k.said+0xFFFF, long-0xFFFF
		}
		s.keyEvent(k, uint16(long), k.tick >= k.hold)
	}
	if k.tick == k.hold+pressEnds+pressPause {
		s.dial = s.dial[1:]
	}
}

// keyEvent sends one packet of a key.
func (s *stream) keyEvent(k *press, long uint16, end bool) {
	volume := byte(10)
	if end {
		volume |= 0x80
	}
	s.send(byte(s.sendEv), k.tick == 1, k.ts, binary.BigEndian.AppendUint16([]byte{k.code, volume}, long))
}

// keyHz are the tones of the keys (ITU-T Q.23), as keys has them.
var keyHz = [16][2]int{
	{941, 1336}, {697, 1209}, {697, 1336}, {697, 1477}, {770, 1209}, {770, 1336}, {770, 1477}, {852, 1209}, {852, 1336}, {852, 1477},
	{941, 1209}, {941, 1477}, {697, 1633}, {770, 1633}, {852, 1633}, {941, 1633},
}

// keySound is a packet of a key's tones, or of the silence after it.
func (s *stream) keySound(k *press) []byte {
	payload := make([]byte, frame)
	low, high := s.law.wave(keyHz[k.code][0]), s.law.wave(keyHz[k.code][1])
	for i := range payload {
		payload[i] = s.law.silence()
		if at := ((k.tick-1)*frame + i) % len(low); k.tick <= k.hold {
			payload[i] = s.law.encode((s.law.decode(low[at]) + s.law.decode(high[at])) / 2)
		}
	}
	return payload
}

func (s *stream) send(pt byte, marker bool, ts uint32, payload []byte) {
	if marker {
		pt |= 0x80
	}
	s.seq++
	b := binary.BigEndian.AppendUint16([]byte{0x80, pt}, s.seq)
	b = binary.BigEndian.AppendUint32(b, ts)
	b = binary.BigEndian.AppendUint32(b, s.ssrc)
	if _, err := s.conn.WriteTo(append(b, payload...), net.UDPAddrFromAddrPort(s.remote.addr)); err == nil {
		s.rec.Sent++
	}
}

// take is a packet that came.
func (s *stream) take(b []byte, now time.Time) {
	if len(b) < 12 || b[0]>>6 != 2 || b[0]&0x3f != 0 {
		return // the actors' peers send neither extensions nor contributing sources
	}
	pt, ts, ssrc, payload := int(b[1]&0x7f), binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:]), b[12:]
	if s.rec.Received++; s.rec.Received == 1 || ssrc != s.peer {
		s.rec.Sources++
		s.peer = ssrc
	}
	s.gap(now)
	s.heard = now
	if s.hears != nil {
		s.hears(Heard{At: now, Type: pt, Marker: b[1]&0x80 != 0, Seq: binary.BigEndian.Uint16(b[2:]), Time: ts, Payload: payload})
	}
	if s.plays.Echo && s.sends() && !(s.plays.NoKeys && pt == s.event) {
		s.send(byte(pt), b[1]&0x80 != 0, ts, payload)
	}
	switch {
	case pt == s.event:
		if len(payload) < 4 || int(payload[0]) >= len(keys) || s.eventOK && s.eventTS == ts {
			return // one key has one timestamp (RFC 4733 §2.5.1.2)
		}
		s.eventTS, s.eventOK = ts, true
		s.rec.Digits += keys[payload[0] : payload[0]+1]
	case pt == int(PCMA) || pt == int(PCMU):
		s.ear.hear(s.rec, Codec(pt), payload, now)
	}
}

// gap keeps the longest time without a packet.
func (s *stream) gap(now time.Time) {
	if !s.heard.IsZero() {
		s.rec.Gap = max(s.rec.Gap, now.Sub(s.heard))
	}
}

func (s *stream) key(k Keys) {
	for _, d := range k.Digits {
		if i := strings.IndexRune(keys, d); i >= 0 {
			s.dial = append(s.dial, press{code: byte(i), hold: max(5, int(k.Held/ptime))})
		}
	}
}
