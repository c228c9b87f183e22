package audio

import (
	"math"

	"wissel"
)

// The detector looks at blocks of 102 samples (12.75 ms at 8 kHz), as spandsp and Asterisk do: long enough to tell the
// rows apart, short enough for the 40 ms that ITU-T Q.24 asks to be recognised.
const (
	keyBlock = 102
	// minKey is the least energy of a tone in a block: about -50 dBFS.
	minKey = 2.7e7
	// twist is how much louder the higher tone of a key may be than the lower (6 dB), and antiTwist the other way (8 dB).
	twist, antiTwist = 4.0, 6.3
	// peak is how much a tone must stand above the others of its own group (8 dB), and share how much of the block's
	// energy both tones together must be.
	peak, share = 6.3, 0.8
)

var keyCoefficients = func() (k [8]float64) {
	for i := range 4 {
		k[i] = 2 * math.Cos(2*math.Pi*keyRows[i]/8000)
		k[4+i] = 2 * math.Cos(2*math.Pi*keyCols[i]/8000)
	}
	return k
}()

// Keys finds the keys of a telephone in sound (ITU-T Q.23, Q.24): each press once, when two blocks in a row agree. The
// zero Keys is ready. It is not safe for concurrent use, and allocates nothing.
type Keys struct {
	state   [8][2]float64
	total   float64
	n       int          // samples in the block so far
	last    wissel.Digit // what the block before held, 0 nothing
	pressed wissel.Digit // the key now held, already reported
	missed  int          // blocks since the pressed key was last heard
}

// Write takes the next samples (mono, 8000 a second) and appends to found the keys newly pressed in them.
func (k *Keys) Write(found []wissel.Digit, pcm []int16) []wissel.Digit {
	for _, v := range pcm {
		x := float64(v)
		for i := range k.state {
			s := &k.state[i]
			s[0], s[1] = x+keyCoefficients[i]*s[0]-s[1], s[0]
		}
		k.total += x * x
		if k.n++; k.n == keyBlock {
			if d := k.judge(k.block()); d != 0 {
				found = append(found, d)
			}
			k.state, k.total, k.n = [8][2]float64{}, 0, 0
		}
	}
	return found
}

// judge follows a press over the blocks and returns a key when it is newly pressed.
func (k *Keys) judge(d wissel.Digit) (pressed wissel.Digit) {
	defer func() { k.last = d }()
	if d == k.pressed && d != 0 {
		k.missed = 0
		return 0
	}
	if k.pressed != 0 {
		if k.missed++; k.missed < 3 && d == 0 { // a dropped packet is not the end of a press
			return 0
		}
	}
	if d == 0 {
		k.pressed = 0
		return 0
	}
	if d != k.last {
		return 0
	}
	k.pressed, k.missed = d, 0
	return d
}

// block is the key that the finished block holds, 0 for none.
func (k *Keys) block() wissel.Digit {
	var e [8]float64
	for i, s := range k.state {
		e[i] = s[0]*s[0] + s[1]*s[1] - keyCoefficients[i]*s[0]*s[1]
	}
	r, c := strongest(e[:4]), strongest(e[4:])
	row, col := e[r], e[4+c]
	if row < minKey || col < minKey || col > row*twist || row > col*antiTwist {
		return 0
	}
	for i := range 4 {
		if i != r && e[i]*peak > row || i != c && e[4+i]*peak > col {
			return 0
		}
	}
	if (row+col)*2/keyBlock < share*k.total {
		return 0
	}
	return keys[r][c]
}

func strongest(e []float64) int {
	best := 0
	for i := range e {
		if e[i] > e[best] {
			best = i
		}
	}
	return best
}
