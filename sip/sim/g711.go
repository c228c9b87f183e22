package sim

import (
	"math"
	"sync"
)

// Codec is a payload type of RFC 3551 that the actors speak.
type Codec uint8

// PCMU and PCMA, by their static payload types.
const (
	PCMU Codec = 0
	PCMA Codec = 8
)

func (c Codec) String() string {
	if c == PCMU {
		return "PCMU"
	}
	return "PCMA"
}

// decode gives the linear value of one byte (ITU-T G.711, tables 1a and 2a).
func (c Codec) decode(b byte) int {
	if c == PCMU {
		b = ^b
		v := (int(b&0x0f)<<3 + 0x84) << (b >> 4 & 7)
		if b&0x80 != 0 {
			return 0x84 - v
		}
		return v - 0x84
	}
	b ^= 0x55
	v := int(b&0x0f)<<4 + 8
	if seg := b >> 4 & 7; seg > 0 {
		v = (v + 0x100) << (seg - 1)
	}
	if b&0x80 == 0 {
		return -v
	}
	return v
}

// encode gives the byte whose linear value is nearest to v. It searches all 256: it is used for tables only.
func (c Codec) encode(v int) byte {
	best, least := byte(0), math.MaxInt
	for i := range 256 {
		d := c.decode(byte(i)) - v
		if d < 0 {
			d = -d
		}
		if d < least {
			best, least = byte(i), d
		}
	}
	return best
}

// silence is the byte of no sound.
func (c Codec) silence() byte {
	if c == PCMU {
		return 0xff
	}
	return 0xd5
}

// waves keeps what wave made: legs by the thousand play the same few tones.
var waves sync.Map

// wave is one second of a tone, encoded; whole Hz repeat without a click. Nobody writes to it.
func (c Codec) wave(hz int) []byte {
	type key struct {
		c  Codec
		hz int
	}
	if w, ok := waves.Load(key{c, hz}); ok {
		return w.([]byte)
	}
	w := c.makeWave(hz)
	waves.Store(key{c, hz}, w)
	return w
}

func (c Codec) makeWave(hz int) []byte {
	out := make([]byte, 8000)
	near := map[int]byte{}
	for i := range out {
		n := int(8000 * math.Sin(2*math.Pi*float64(hz)*float64(i)/8000))
		b, ok := near[n]
		if !ok {
			b = c.encode(n)
			near[n] = b
		}
		out[i] = b
	}
	return out
}

// goertzel is the share (0 to 1) of the frame's energy that lies at hz.
func goertzel(frame []int, hz int) float64 {
	w := 2 * math.Cos(2*math.Pi*float64(hz)/8000)
	var s1, s2, energy float64
	for _, v := range frame {
		s1, s2 = float64(v)+w*s1-s2, s1
		energy += float64(v) * float64(v)
	}
	if energy == 0 {
		return 0
	}
	return 2 * (s1*s1 + s2*s2 - w*s1*s2) / (energy * float64(len(frame)))
}
