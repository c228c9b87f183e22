package media

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"slices"
	"time"

	"wissel"
	"wissel/internal/audio"
)

// How a key is pressed as telephone-events (RFC 4733 §2.5.1.2): packets in the rhythm of the voice for pressFor, the end
// told three times, and a pause that detectors of any kind can tell from the press.
const (
	pressFor   = 100 * time.Millisecond
	pressEnds  = 3
	pressPause = 80 * time.Millisecond
	pressLevel = 10 // dB below 0 dBm0
)

// pressing is where a leg is in pressing one of its keys.
type pressing struct {
	key   int           // index in playing.keys
	told  time.Duration // how long it has been pressed
	ends  int           // packets that told of its end
	quiet time.Duration // since then
}

// Press presses keys, one after another, instead of what plays now: as telephone-events where they were negotiated, else
// as sound (ITU-T Q.23). It is counted as a Play, and Played follows once the last key is out. What is no key is left out.
func (s *Session) Press(keys []wissel.Digit) {
	keys = slices.DeleteFunc(slices.Clone(keys), func(d wissel.Digit) bool { return !d.Valid() })
	s.mu.Lock()
	events := s.terms != nil && s.terms.event >= 0
	s.mu.Unlock()
	if events {
		s.start(playing{keys: keys}, true)
		return
	}
	clips := make([]*audio.Clip, len(keys))
	for i, d := range keys {
		clips[i] = keySounds()[d]
	}
	s.start(playing{clips: clips}, true)
}

// key is the packet of a key that is due, as frame is of a clip. While the peer wants nothing sent nothing is pressed. The
// lock is held.
func (s *Session) key(buf *[maxFrame]byte, now time.Time, ptime int) (frame []byte, to netip.AddrPort, again int64, tell uint32) {
	p := &s.play
	if p.press.key >= len(p.keys) || s.terms.event < 0 { // all out, or not spoken any more
		tell = p.tell
		s.play, s.onWheel = playing{}, false
		return nil, to, 0, tell
	}
	if !s.terms.sends() {
		return nil, to, int64(ptime), 0
	}
	step := time.Duration(ptime) * time.Millisecond
	if p.press.ends == pressEnds {
		if p.press.quiet += step; p.press.quiet >= pressPause {
			p.press = pressing{key: p.press.key + 1}
		}
		return nil, to, int64(ptime), 0
	}
	fresh := p.press.told == 0
	if p.press.ends == 0 {
		p.press.told += step
	}
	code := bytes.IndexByte([]byte(eventKeys), byte(p.keys[p.press.key]))
	volume := byte(pressLevel)
	if p.press.told >= pressFor {
		p.press.ends++
		volume |= 0x80 // the end
	}
	seq, ts := s.out.press(fresh, now)
	frame = buf[:headerSize+eventSize]
	putHeader(frame, uint8(s.terms.event), fresh, seq, ts, s.out.ssrc)
	frame[headerSize], frame[headerSize+1] = byte(code), volume
	binary.BigEndian.PutUint16(frame[headerSize+2:], uint16(ticks(p.press.told)))
	s.out.count(eventSize)
	s.stats.Sent++
	return frame, s.latch.to, int64(ptime), 0
}

// press is the number and time of a packet that tells of a key: all of one press have the time of its start.
func (o *stream) press(fresh bool, now time.Time) (seq uint16, ts uint32) {
	if fresh {
		o.turn(source{}, now, ticks(20*time.Millisecond))
		o.at, o.sent = now, true
	}
	o.seq++
	return o.seq, o.ts
}
