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
	ear     listener
	peer    uint32 // SSRC last received
	heard   time.Time
	eventTS uint32
	eventOK bool
}

// press is one key on its way: an RFC 4733 event of five packets, two repeats of its end, and a pause.
type press struct {
	code byte
	tick int
	ts   uint32
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
	if len(s.dial) > 0 && s.sendEv >= 0 {
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

func (s *stream) tickKey() {
	k := &s.dial[0]
	if k.tick == 0 {
		k.ts = s.ts
	}
	k.tick++
	if k.tick <= 7 {
		duration := uint16(min(k.tick, 5) * frame)
		end := byte(10) // volume
		if k.tick >= 5 {
			end |= 0x80
		}
		s.send(byte(s.sendEv), k.tick == 1, k.ts, binary.BigEndian.AppendUint16([]byte{k.code, end}, duration))
	}
	if k.tick == 10 {
		s.dial = s.dial[1:]
	}
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

func (s *stream) key(digits string) {
	for _, d := range digits {
		if i := strings.IndexRune(keys, d); i >= 0 {
			s.dial = append(s.dial, press{code: byte(i)})
		}
	}
}
