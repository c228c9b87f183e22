package audio

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"wissel"
)

func TestGoertzelTellsTonesApart(t *testing.T) {
	pcm := Tone(100*time.Millisecond, 8000, -20, 440)
	if g := Goertzel(pcm, 8000, 440); g < 0.9 {
		t.Errorf("its own tone: %0.2f", g)
	}
	if g := Goertzel(pcm, 8000, 620); g > 0.05 {
		t.Errorf("another tone: %0.2f", g)
	}
	if g := Goertzel(make([]int16, 800), 8000, 440); g != 0 {
		t.Errorf("silence: %0.2f", g)
	}
	if l := Level(pcm); math.Abs(l+20) > 0.5 {
		t.Errorf("a tone at -20 dBFS is %0.1f", l)
	}
	if l := Level(make([]int16, 8)); !math.IsInf(l, -1) {
		t.Errorf("silence is %0.1f dBFS", l)
	}
}

const allKeys = "1234567890*#ABCD"

func press(press, pause time.Duration, level float64, digits string) (pcm []int16) {
	for _, d := range digits {
		pcm = append(pcm, KeyTone(wissel.Digit(d), press, 8000, level)...)
		pcm = append(pcm, Quiet(pause, 8000)...)
	}
	return pcm
}

func heard(pcm []int16) string {
	var k Keys
	var found []wissel.Digit
	for len(pcm) > 0 {
		n := min(160, len(pcm))
		found = k.Write(found, pcm[:n])
		pcm = pcm[n:]
	}
	return string(digits(found))
}

func digits(d []wissel.Digit) (out []byte) {
	for _, v := range d {
		out = append(out, byte(v))
	}
	return out
}

func TestKeysInSound(t *testing.T) {
	noise := func(level float64, pcm []int16) []int16 {
		r := rand.New(rand.NewPCG(1, 2))
		for i := range pcm {
			pcm[i] = clamp(float64(pcm[i]) + (r.Float64()*2-1)*math.Pow(10, level/20)*32767)
		}
		return pcm
	}
	law := func(pcm []int16) []int16 {
		b := make([]byte, len(pcm))
		must(EncodeMuLaw(b, pcm))
		must(DecodeMuLaw(pcm, b))
		return pcm
	}
	wide := func(pcm []int16) []int16 {
		w, out := NewWideband(), make([]int16, len(pcm))
		must(w.Decode(out, EncodeG722(Resample(pcm, 8000, 16000))))
		return out
	}
	shift := func(factor float64) []int16 { // the key 5 from a telephone that is off its frequencies
		return Tone(80*time.Millisecond, 8000, -10, 770*factor, 1336*factor)
	}
	for _, row := range []struct {
		name string
		pcm  []int16
		want string
	}{
		{"each key", press(80*time.Millisecond, 80*time.Millisecond, -10, allKeys), allKeys},
		{"short presses", press(45*time.Millisecond, 60*time.Millisecond, -10, allKeys), allKeys},
		{"the same key again", press(60*time.Millisecond, 60*time.Millisecond, -10, "5555"), "5555"},
		{"one long press", press(3*time.Second, time.Second, -10, "7"), "7"},
		{"quiet keys", press(80*time.Millisecond, 80*time.Millisecond, -30, allKeys), allKeys},
		{"keys in noise", noise(-30, press(80*time.Millisecond, 80*time.Millisecond, -12, allKeys)), allKeys},
		{"keys over µ-law", law(press(60*time.Millisecond, 60*time.Millisecond, -20, allKeys)), allKeys},
		{"keys over G.722", wide(press(80*time.Millisecond, 80*time.Millisecond, -12, allKeys)), allKeys},
		{"a press with a lost packet in it", append(press(60*time.Millisecond, 0, -10, "3"), press(60*time.Millisecond, 60*time.Millisecond, -10, "3")[70:]...), "3"},
		{"off by 1.5 %", shift(1.015), "5"},
		{"off by 4 %, which is no key", shift(1.04), ""},
		{"too short to be a key", press(15*time.Millisecond, 80*time.Millisecond, -10, "123"), ""},
		{"silence", Quiet(time.Second, 8000), ""},
		{"noise", noise(-10, Quiet(10*time.Second, 8000)), ""},
		{"one tone alone", Tone(time.Second, 8000, -10, 770), ""},
		{"a dial tone", Tone(time.Second, 8000, -10, 350, 440), ""},
		{"ringing and busy tone", Tone(time.Second, 8000, -10, 425), ""},
	} {
		if got := heard(row.pcm); got != row.want {
			t.Errorf("%s: heard %q, want %q", row.name, got, row.want)
		}
	}
}

func TestKeyToneOfNoKey(t *testing.T) {
	for _, v := range KeyTone('x', 20*time.Millisecond, 8000, -10) {
		if v != 0 {
			t.Fatal("a digit that is no key sounds")
		}
	}
}
