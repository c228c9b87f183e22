package media

import (
	"net/netip"
	"slices"
	"sync"
	"time"

	"wissel"
	"wissel/internal/audio"
)

// playing is where a leg is in its clips, or in its keys.
type playing struct {
	clips  []*audio.Clip
	keys   []wissel.Digit // instead of clips: pressed as telephone-events
	press  pressing
	at     int // index of the clip
	off    int // bytes of it already sent
	active bool
	tell   uint32        // the number of the Play that Played follows for; 0: none
	fresh  bool          // no frame was sent just before
	beat   time.Duration // how far the wheel had moved its beat at the newest frame
}

// Play plays clips one after another, without a gap between them, instead of what plays now; Played follows once they
// have all been sent and the last has sounded. What the other leg says is not heard meanwhile. The clips are not copied.
//
// Plays are counted, and Played says which one is out: it may be on its way while the next Play begins.
func (s *Session) Play(clips []*audio.Clip) { s.start(playing{clips: slices.Clone(clips)}, true) }

func (s *Session) start(play playing, tell bool) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	play.active, play.fresh, play.beat = true, !s.onWheel || s.play.keys != nil, s.play.beat
	if tell {
		s.plays++
		play.tell = s.plays
	}
	s.play = play
	add := !s.onWheel
	s.onWheel = true
	s.mu.Unlock()
	if add {
		s.wheel.add(s)
	}
}

// Stop ends what plays; no Played follows.
func (s *Session) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.play = playing{beat: s.play.beat} // the wheel still turns for it: a Play before it looks goes on in the same beat
}

// Playing reports whether something plays.
func (s *Session) Playing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.play.active
}

// fill copies the next bytes of the clips to b and returns how many: fewer than len(b) only at the end.
func (p *playing) fill(b []byte, codec audio.Codec) (n int) {
	for n < len(b) && p.at < len(p.clips) {
		var data []byte
		if c := p.clips[p.at]; c != nil {
			data = c.Bytes[codec]
		}
		if p.off >= len(data) {
			p.at, p.off = p.at+1, 0
			continue
		}
		m := copy(b[n:], data[p.off:])
		n, p.off = n+m, p.off+m
	}
	return n
}

// maxFrame is the longest packet of ours: 60 ms of 8 bytes each.
const maxFrame = headerSize + 60*8

// tick sends the frame that is due and says in how many milliseconds the next one is; 0 when nothing plays any more. beat
// is how far the wheel has moved its beat since it began.
func (s *Session) tick(buf *[maxFrame]byte, now time.Time, beat time.Duration) int64 {
	frame, to, again, tell := s.frame(buf, now, beat)
	if tell != 0 && s.events != nil {
		s.events(Event{Leg: s.at.Leg, Kind: Played, Play: tell})
	}
	if frame != nil {
		_, _ = s.pair.rtp.WriteToUDPAddrPort(frame, to) // a frame that cannot be sent is a frame lost: the clip goes on
	}
	return again
}

// frame is the packet that is due, in buf. While the peer wants nothing sent it is nil, and time runs on in silence. tell
// says that the clips of that Play are out and have sounded.
//
// No frame of a clip is ever left out. Its timestamp follows the wheel's beat, not the moment of sending: a frame that is
// late keeps its time, and when the wheel has moved its beat the pause is in the timestamps too, once (RFC 3550 §5.1).
func (s *Session) frame(buf *[maxFrame]byte, now time.Time, beat time.Duration) (frame []byte, to netip.AddrPort, again int64, tell uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || !s.play.active {
		s.onWheel = false
		return nil, to, 0, 0
	}
	ptime, codec := 20, audio.ALaw
	if s.terms != nil {
		ptime, codec = s.terms.ptime, s.terms.codec
	}
	if s.play.keys != nil {
		return s.key(buf, now, ptime)
	}
	frame = buf[:headerSize+8*ptime]
	n := s.play.fill(frame[headerSize:], codec)
	if n == 0 {
		tell = s.play.tell
		s.play, s.onWheel = playing{}, false
		return nil, to, 0, tell
	}
	if s.terms == nil || !s.terms.sends() {
		s.play.fresh = true
		return nil, to, int64(ptime), 0
	}
	for i := headerSize + n; i < len(frame); i++ {
		frame[i] = codec.Silence()
	}
	seq, ts, marker := s.out.next(uint32(8*ptime), beat-s.play.beat, s.play.fresh, now)
	s.play.beat = beat
	putHeader(frame, s.terms.pt, marker, seq, ts, s.out.ssrc)
	s.play.fresh = false
	s.out.count(8 * ptime)
	s.stats.Sent++
	return frame, s.latch.to, int64(ptime), 0
}

// keySounds are the keys as clips, made when first needed: for a peer that did not negotiate telephone-event.
var keySounds = sync.OnceValue(func() map[wissel.Digit]*audio.Clip {
	m := map[wissel.Digit]*audio.Clip{}
	for _, d := range eventKeys {
		digit := wissel.Digit(d)
		pcm := audio.KeyTone(digit, 100*time.Millisecond, 16000, -12)
		// Silence before it too: a G.722 decoder that still holds the key before would spoil the beginning of this one.
		pcm = slices.Concat(audio.Quiet(60*time.Millisecond, 16000), pcm, audio.Quiet(60*time.Millisecond, 16000))
		m[digit] = audio.MakeClip("key", pcm, 16000)
	}
	return m
})

// sound lets a peer hear keys pressed on the other leg, unless it is hearing something of ours.
func (s *Session) sound(pressed []wissel.Digit) {
	for _, d := range pressed {
		if c, ok := keySounds()[d]; ok && !s.Playing() {
			s.start(playing{clips: []*audio.Clip{c}}, false)
		}
	}
}
