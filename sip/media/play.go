package media

import (
	"net/netip"
	"sync"
	"time"

	"wissel"
	"wissel/internal/audio"
)

// playing is where a leg is in its clips.
type playing struct {
	clips  []*audio.Clip
	at     int // index of the clip
	off    int // bytes of it already sent
	active bool
	tell   bool // Played follows
	fresh  bool // no frame was sent just before
}

// Play plays clips one after another, without a gap between them, instead of what plays now; Played follows once they
// have all been sent and the last has sounded. What the other leg says is not heard meanwhile. The clips are not copied.
func (s *Session) Play(clips []*audio.Clip) { s.start(clips, true) }

func (s *Session) start(clips []*audio.Clip, tell bool) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	s.play = playing{clips: append([]*audio.Clip(nil), clips...), active: true, tell: tell, fresh: !s.onWheel}
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
	s.play = playing{}
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

// tick sends the frame that is due and says in how many milliseconds the next one is; 0 when nothing plays any more.
func (s *Session) tick(buf *[maxFrame]byte, now time.Time) int64 {
	frame, to, again, tell := s.frame(buf, now)
	if tell {
		s.emit(Played, 0)
	}
	if frame != nil {
		_, _ = s.pair.rtp.WriteToUDPAddrPort(frame, to) // a frame that cannot be sent is a frame lost: the clip goes on
	}
	return again
}

// frame is the packet that is due, in buf. While the peer wants nothing sent it is nil, and time runs on in silence. tell
// says that the clips are out and have sounded.
func (s *Session) frame(buf *[maxFrame]byte, now time.Time) (frame []byte, to netip.AddrPort, again int64, tell bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || !s.play.active {
		s.onWheel = false
		return nil, to, 0, false
	}
	ptime, codec := 20, audio.ALaw
	if s.terms != nil {
		ptime, codec = s.terms.ptime, s.terms.codec
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
		return nil, to, int64(ptime), false
	}
	for i := headerSize + n; i < len(frame); i++ {
		frame[i] = codec.Silence()
	}
	late := now.Sub(s.out.at) > time.Duration(ptime)*time.Millisecond+stall // the wheel lost its beat
	seq, ts, marker := s.out.next(uint32(8*ptime), s.play.fresh || late, now)
	putHeader(frame, s.terms.pt, marker, seq, ts, s.out.ssrc)
	s.play.fresh = false
	s.out.count(8 * ptime)
	s.stats.Sent++
	return frame, s.latch.to, int64(ptime), false
}

// keySounds are the keys as clips, made when first needed: for a peer that did not negotiate telephone-event.
var keySounds = sync.OnceValue(func() map[wissel.Digit]*audio.Clip {
	m := map[wissel.Digit]*audio.Clip{}
	for _, d := range eventKeys {
		digit := wissel.Digit(d)
		pcm := audio.KeyTone(digit, 100*time.Millisecond, 16000, -12)
		pcm = append(pcm, audio.Quiet(60*time.Millisecond, 16000)...)
		m[digit] = audio.MakeClip("key", pcm, 16000)
	}
	return m
})

// sound lets a peer hear keys pressed on the other leg, unless it is hearing something of ours.
func (s *Session) sound(pressed []wissel.Digit) {
	for _, d := range pressed {
		if c, ok := keySounds()[d]; ok && !s.Playing() {
			s.start([]*audio.Clip{c}, false)
		}
	}
}
