package media

import (
	"time"

	"wissel/internal/audio"
)

// How a recording tells voice from a quiet line.
const (
	loud     = 107_000                // mean square of samples: about -40 dBFS. A line's own noise is below, a voice is above
	fewest   = 10                     // packets as loud, in all, before anybody has spoken: a click is no voice
	margin   = 300 * time.Millisecond // kept before the first word and after the last
	maxTake  = 2 * time.Minute        // the longest recording
	widest   = 2 * time.Second        // the longest gap of lost or unsent packets that is filled with silence
	perMilli = 8                      // bytes of a millisecond, in every codec
)

// taking is what a leg's peer says, as it is being recorded.
type taking struct {
	on     bool
	number uint32 // of the Record, the session's first being 1
	codec  audio.Codec
	data   []byte // its room was made when it began: nothing is allocated while packets come
	max    time.Duration
	quiet  time.Duration
	began  time.Time
	spoke  time.Time // when a packet with voice last came
	any    bool
	next   uint32 // RTP time of the next packet
	voiced int    // packets with voice
	first  int    // where in data the first of them begins, and the last ends
	last   int
}

// Record begins to record what the peer says, instead of a recording before it, until he has been silent for quiet or
// spoken for max (at most 2 minutes), or StopRecord. Recorded follows with the number of the Record.
func (s *Session) Record(max, quiet time.Duration) {
	max = min(max, maxTake)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	now := time.Now()
	s.taken = taking{
		on: true, number: s.taken.number + 1, data: make([]byte, 0, max.Milliseconds()*perMilli), max: max, quiet: quiet, began: now, spoke: now,
	}
}

// StopRecord ends the recording; Recorded follows, if it had not ended by itself.
func (s *Session) StopRecord() {
	s.mu.Lock()
	ended := s.taken.on
	s.taken.on = false
	number := s.taken.number
	s.mu.Unlock()
	if ended {
		s.tellRecorded(number)
	}
}

// Sound gives what was recorded, from shortly before the first word to shortly after the last, and forgets it; while it is
// still being recorded, that ends.
func (s *Session) Sound() audio.Sound {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.taken
	s.taken = taking{number: t.number}
	if t.voiced < fewest {
		return audio.Sound{}
	}
	room := int(margin.Milliseconds()) * perMilli
	return audio.Sound{
		Codec: t.codec, Bytes: t.data[max(t.first-room, 0):min(t.last+room, len(t.data))],
		Voice: time.Duration(t.last-t.first) * time.Millisecond / perMilli,
	}
}

// record adds a packet of the peer's to the recording. The lock is held.
func (t *taking) record(p *packet, codec audio.Codec, payload []byte, loudness float64, now time.Time) {
	if t.codec == audio.NoCodec {
		t.codec = codec
	}
	if codec != t.codec || len(payload) == 0 { // the peer changed its mind: what follows is not in the same file
		return
	}
	gap := int(int32(p.ts - t.next))
	switch {
	case !t.any, gap > int(widest.Milliseconds())*perMilli, gap < -int(widest.Milliseconds())*perMilli:
		gap = 0
	case gap < 0:
		return // late: its place is filled
	}
	if len(t.data)+gap+len(payload) > cap(t.data) {
		return
	}
	for range gap {
		t.data = append(t.data, codec.Silence())
	}
	if loudness > loud {
		if t.voiced == 0 {
			t.first = len(t.data)
		}
		t.voiced++
		t.spoke, t.last = now, len(t.data)+len(payload)
	}
	t.data = append(t.data, payload...)
	t.any, t.next = true, p.ts+uint32(len(payload))
}

// done reports, once, that the recording has ended by itself: the keeper asks. The lock is held.
func (t *taking) done(now time.Time) bool {
	if !t.on || now.Sub(t.spoke) < t.quiet && now.Sub(t.began) < t.max {
		return false
	}
	t.on = false
	return true
}

func (s *Session) tellRecorded(number uint32) {
	if s.events != nil {
		s.events(Event{Leg: s.at.Leg, Kind: Recorded, Play: number})
	}
}

// energy is the sum of the squares of samples.
func energy(pcm []int16) (e float64) {
	for _, v := range pcm {
		e += float64(v) * float64(v)
	}
	return e
}
