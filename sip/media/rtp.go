package media

import (
	"encoding/binary"
	"time"
)

// headerSize is that of an RTP header without contributing sources and extension (RFC 3550 §5.1).
const headerSize = 12

// packet is the header of one RTP packet; its payload is the bytes from at to end of the datagram.
type packet struct {
	pt      uint8
	marker  bool
	seq     uint16
	ts      uint32
	ssrc    uint32
	at, end int
}

// parsePacket reads an RTP header (RFC 3550 §5.1, A.1). It reports false for anything malformed and for a packet without
// payload. It never reads past b and allocates nothing.
func parsePacket(b []byte) (p packet, ok bool) {
	if len(b) < headerSize || b[0]>>6 != 2 {
		return p, false
	}
	p = packet{
		pt: b[1] & 0x7F, marker: b[1]&0x80 != 0,
		seq:  binary.BigEndian.Uint16(b[2:]),
		ts:   binary.BigEndian.Uint32(b[4:]),
		ssrc: binary.BigEndian.Uint32(b[8:]),
		at:   headerSize + 4*int(b[0]&0x0F), end: len(b),
	}
	if b[0]&0x10 != 0 { // extension
		if len(b) < p.at+4 {
			return p, false
		}
		p.at += 4 + 4*int(binary.BigEndian.Uint16(b[p.at+2:]))
	}
	if b[0]&0x20 != 0 { // padding
		pad := int(b[len(b)-1])
		if pad == 0 {
			return p, false
		}
		p.end -= pad
	}
	return p, p.at < p.end
}

// putHeader writes an RTP header into the first bytes of b.
func putHeader(b []byte, pt uint8, marker bool, seq uint16, ts, ssrc uint32) {
	b[0], b[1] = 0x80, pt
	if marker {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[2:], seq)
	binary.BigEndian.PutUint32(b[4:], ts)
	binary.BigEndian.PutUint32(b[8:], ssrc)
}

// ticks is d in units of the RTP clock, 8000 a second for every codec here (RFC 3551 §4.5.2 for G.722).
func ticks(d time.Duration) uint32 { return uint32(d / (time.Second / 8000)) }

// source names where packets to a peer come from: a leg and its SSRC, or playing (the zero leg).
type source struct {
	leg  uint64
	ssrc uint32
}

// leap is how far a sequence number may move before it is taken for a new beginning (RFC 3550 A.1, MAX_DROPOUT).
const leap = 3000

// stream is what one peer gets from us: one SSRC, sequence numbers and timestamps that go on whatever the source.
type stream struct {
	ssrc uint32
	seq  uint16 // of the newest packet sent
	ts   uint32
	at   time.Time // when ts was sent for the first time
	sent bool

	from  source
	first uint16 // sequence number of the first packet from this source
	dseq  uint16
	dts   uint32

	packets, octets uint32 // for sender reports
}

// relay is what becomes of p's sequence number, timestamp and marker. It reports false for a straggler from before the
// source began, which would repeat a number already used.
func (o *stream) relay(from source, p *packet, now time.Time) (seq uint16, ts uint32, marker, ok bool) {
	marker = p.marker
	seq = p.seq + o.dseq
	if ahead := int16(seq - o.seq); from != o.from || ahead > leap || ahead < -leap {
		o.turn(from, now, 160)
		seq = o.seq + 1
		o.dseq, o.dts, o.first = seq-p.seq, o.ts-p.ts, seq
		marker = true // a new talkspurt: the peer's jitter buffer starts anew (RFC 3551 §4.1)
	}
	ts = p.ts + o.dts
	if int16(seq-o.first) < 0 {
		return seq, ts, marker, false
	}
	if int16(seq-o.seq) > 0 {
		o.seq = seq
		if ts != o.ts || !o.sent {
			o.ts, o.at = ts, now // not for the later packets of one key press, which share the time of its start
		}
		o.sent = true
	}
	if int16(o.seq-o.first) > 1<<14 {
		o.first = o.seq - 1<<13 // stays near, or it would come round
	}
	return seq, ts, marker, true
}

// next is the number and time of a frame of ours, size units of the clock long, after a pause in the beat; fresh when none
// was sent just before it.
func (o *stream) next(size uint32, pause time.Duration, fresh bool, now time.Time) (seq uint16, ts uint32, marker bool) {
	if fresh || o.from != (source{}) || !o.sent {
		o.turn(source{}, now, size)
		marker = true
	} else {
		o.ts += size + ticks(pause)
		marker = pause != 0
	}
	o.seq++
	o.at, o.sent = now, true
	return o.seq, o.ts, marker
}

// turn makes from the source: the timestamp moves on by the time that has passed since the newest packet, at least by
// one packet (RFC 3550 §5.1).
func (o *stream) turn(from source, now time.Time, least uint32) {
	if o.sent {
		o.ts += max(least, ticks(now.Sub(o.at)))
	}
	o.from = from
}

// count adds a sent packet to what sender reports say.
func (o *stream) count(payload int) {
	o.packets++
	o.octets += uint32(payload)
}
