package media

import (
	"encoding/binary"
	"time"

	"wissel"
)

// telephoneEvent is the payload of RFC 4733 §2.3.
type telephoneEvent struct {
	digit    wissel.Digit
	end      bool
	duration uint16 // RTP clock units, 8000 a second
}

// eventSize is the least that a telephone-event takes; RFC 2198 and the like are not spoken.
const eventSize = 4

// parseEvent reads a telephone-event. It reports false when it is too short or no key of a telephone (flash, modem
// tones and the like).
func parseEvent(b []byte) (e telephoneEvent, ok bool) {
	if len(b) < eventSize || int(b[0]) >= len(eventKeys) {
		return e, false
	}
	return telephoneEvent{
		digit:    wissel.Digit(eventKeys[b[0]]),
		end:      b[1]&0x80 != 0,
		duration: binary.BigEndian.Uint16(b[2:]),
	}, true
}

// eventKeys are the keys by event number (RFC 4733 §3.2).
const eventKeys = "0123456789*#ABCD"

// straggle is how long a press may go on without a packet and still be the same one for gear that moves its timestamp.
const straggle = 100 * time.Millisecond

// stale is how long an older timestamp means a packet out of order, and not a clock that began anew.
const stale = 5 * time.Second

// presses turns telephone-events into presses: each once, at the first packet that tells of it, which may be any of
// them. The zero presses is ready. It allocates nothing.
type presses struct {
	any  bool
	ssrc uint32
	ts   uint32
	telephoneEvent
	at time.Time
}

// take is true when e begins a press not yet reported.
func (k *presses) take(e telephoneEvent, p *packet, now time.Time) bool {
	fresh := !k.any || p.ssrc != k.ssrc
	if !fresh {
		switch d := int32(p.ts - k.ts); {
		case d < 0 && now.Sub(k.at) < stale: // out of order: told of already, or lost for good
			return false
		case d == 0:
			k.end = k.end || e.end
			k.duration = max(k.duration, e.duration)
			k.at = now
			return false
		case d > 0 && k.goesOn(e, p, now):
			// the next segment of a press too long for one (§2.5.1.3), or gear that moves the timestamp
		default:
			fresh = true
		}
	}
	*k = presses{any: true, ssrc: p.ssrc, ts: p.ts, telephoneEvent: e, at: now}
	return fresh
}

// goesOn reports whether e, with a later timestamp, still tells of the press before.
func (k *presses) goesOn(e telephoneEvent, p *packet, now time.Time) bool {
	if e.digit != k.digit || k.end || p.marker {
		return false
	}
	if p.ts-k.ts == 0xFFFF {
		return true
	}
	return e.duration > k.duration && now.Sub(k.at) < straggle
}

// The presses of one leg that are reported: a burst as long as the call's queue, then as fast as a machine dials
// (FAULTS A21).
const (
	digitBurst = 32
	digitEvery = 50 * time.Millisecond
)

// throttle lets through digitBurst events at once and one each digitEvery after that.
type throttle struct{ full time.Time }

func (t *throttle) allow(now time.Time) bool {
	if t.full.Before(now) {
		t.full = now
	}
	if t.full.Sub(now) > (digitBurst-1)*digitEvery {
		return false
	}
	t.full = t.full.Add(digitEvery)
	return true
}
