package audio

import (
	"math"
	"time"
)

// Pair is one of the two pairs of tones by which a test call shows that sound goes both ways.
type Pair uint8

// The pairs. PairOut is what who calls sends; PairBack what who answers sends in return. They are no keys of a telephone,
// no tones of an exchange, a fax or a modem (425, 950, 1100, 1300, 1400, 1800, 2100 Hz), and no multiples of each other,
// so that no gear on the way takes them for something that it must act on, and narrow codecs let them pass.
const (
	NoPair   Pair = iota
	PairOut       // 540 and 1020 Hz
	PairBack      // 640 and 1560 Hz
)

var pairTones = [...][2]float64{PairOut: {540, 1020}, PairBack: {640, 1560}}

func (p Pair) String() string {
	switch p {
	case PairOut:
		return "540 and 1020 Hz"
	case PairBack:
		return "640 and 1560 Hz"
	case NoPair:
	}
	return "no tones"
}

// PairTone is the sound of a pair, each of its two tones at level dBFS. NoPair is silence.
func PairTone(p Pair, d time.Duration, rate int, level float64) []int16 {
	if p == NoPair || int(p) >= len(pairTones) {
		return Quiet(d, rate)
	}
	return Tone(d, rate, level, pairTones[p][0], pairTones[p][1])
}

// The detector looks at blocks of 20 ms: its width is 50 Hz, and the nearest tones are 100 Hz apart.
const (
	pairBlock = 160
	// minPair is the least energy of a tone in a block: -36 dBFS. What a telephone line echoes of our own is weaker.
	minPair = 1.7e9
	// pairTwist is how much louder one tone may be than the other (10 dB), pairShare how much of a block's energy both
	// together must be: a narrow codec spoils some of it.
	pairTwist, pairShare = 10.0, 0.6
	// pairBlocks in a row begin a tone, pairGap without it end it.
	pairBlocks, pairGap = 4, 3
)

var pairCoefficients = func() (k [4]float64) {
	for i, p := range []Pair{PairOut, PairBack} {
		for j, f := range pairTones[p] {
			k[2*i+j] = 2 * math.Cos(2*math.Pi*f/8000)
		}
	}
	return k
}()

// Pairs finds the pairs in sound, each once as long as it lasts: after 80 ms of it. The zero Pairs is ready. It is not safe
// for concurrent use, and allocates nothing.
type Pairs struct {
	state [4][2]float64
	total float64
	n     int  // samples in the block so far
	last  Pair // what the block before held
	run   int  // blocks in a row that held it
	held  Pair // the pair that sounds now, already told
	gap   int  // blocks in a row without it
}

// Write takes the next samples (mono, 8000 a second) and returns the pair that began in them; NoPair when none did.
func (d *Pairs) Write(pcm []int16) (began Pair) {
	for _, v := range pcm {
		x := float64(v)
		for i := range d.state {
			s := &d.state[i]
			s[0], s[1] = x+pairCoefficients[i]*s[0]-s[1], s[0]
		}
		d.total += x * x
		if d.n++; d.n == pairBlock {
			if p := d.judge(d.block()); p != NoPair {
				began = p
			}
			d.state, d.total, d.n = [4][2]float64{}, 0, 0
		}
	}
	return began
}

// judge follows a pair over the blocks and returns it when it has just begun.
func (d *Pairs) judge(p Pair) Pair {
	if p == d.last {
		d.run++
	} else {
		d.last, d.run = p, 1
	}
	if p == d.held {
		d.gap = 0
		return NoPair
	}
	if d.gap++; d.gap >= pairGap {
		d.held = NoPair
	}
	if p == NoPair || d.run < pairBlocks {
		return NoPair
	}
	d.held, d.gap = p, 0
	return p
}

// block is the pair that the finished block holds.
func (d *Pairs) block() Pair {
	var e [4]float64
	for i, s := range d.state {
		e[i] = s[0]*s[0] + s[1]*s[1] - pairCoefficients[i]*s[0]*s[1]
	}
	for i, p := range [...]Pair{PairOut, PairBack} {
		low, high := e[2*i], e[2*i+1]
		if low < minPair || high < minPair || low > high*pairTwist || high > low*pairTwist {
			continue
		}
		if (low+high)*2/pairBlock >= pairShare*d.total {
			return p
		}
	}
	return NoPair
}
