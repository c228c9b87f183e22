package audio

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// speech is a sound with the peaks and pauses of speech: bursts of tones under a syllable's envelope. level is its peak in
// dBFS.
func speech(d time.Duration, rate int, level float64) []int16 {
	x := make([]float64, int(d.Seconds()*float64(rate)))
	top := 0.0
	for i := range x {
		at := float64(i) / float64(rate)
		env := math.Pow(math.Abs(math.Sin(2*math.Pi*2*at)), 2)
		for _, f := range []float64{140, 280, 420, 700, 980, 1540, 2240, 2800} {
			x[i] += env * math.Sin(2*math.Pi*f*at+f) / math.Sqrt(f)
		}
		top = max(top, math.Abs(x[i]))
	}
	return samples(x, ratio(level)*32767/top)
}

func recording(pcm []int16, rate int) Recording {
	f := format{tag: tagPCM, channels: 1, bits: 16, rate: rate}
	data := make([]byte, 0, 2*len(pcm))
	for _, v := range pcm {
		data = append(data, byte(v), byte(uint16(v)>>8))
	}
	r := Recording{PCM: pcm, Rate: rate}
	r.Clipped, r.FirstClipped = f.clipped(data)
	return r
}

func hiss(pcm []int16, level float64) []int16 {
	random := rand.New(rand.NewPCG(1, 2))
	for i := range pcm {
		pcm[i] = clamp(float64(pcm[i]) + random.NormFloat64()*ratio(level)*32768)
	}
	return pcm
}

func TestMaster(t *testing.T) {
	knock := func(pcm []int16) []int16 { pcm[len(pcm)/2] = 32767; return pcm }
	around := func(before, after time.Duration, pcm []int16, rate int) []int16 {
		return slices.Concat(Quiet(before, rate), pcm, Quiet(after, rate))
	}
	for _, row := range []struct {
		name          string
		pcm           []int16
		rate          int
		before, after time.Duration
	}{
		{"soft", speech(2*time.Second, 16000, -30), 16000, 0, 0},
		{"loud", speech(2*time.Second, 48000, -0.1), 48000, 0, 0},
		{"a word", speech(250*time.Millisecond, 44100, -12), 44100, 0, 0},
		{"soft with a knock", knock(speech(4*time.Second, 16000, -24)), 16000, 0, 0},
		{"silence around it", around(time.Second, 600*time.Millisecond, speech(time.Second, 22050, -10), 22050), 22050, time.Second, 600 * time.Millisecond},
		{"a noisy room around it", hiss(around(time.Second, 500*time.Millisecond, speech(2*time.Second, 48000, -10), 48000), -52), 48000, time.Second, 500 * time.Millisecond},
		{"of a telephone", speech(3*time.Second, 8000, -6), 8000, 0, 0},
		{"at 192 kHz", speech(time.Second, 192000, -6), 192000, 0, 0},
		{"at an odd rate", speech(time.Second, 44101, -6), 44101, 0, 0},
	} {
		m, err := Master(recording(row.pcm, row.rate))
		if err != nil {
			t.Errorf("%s: %v", row.name, err)
			continue
		}
		// What is measured here is what goes out.
		loud, top := Heard(MakeClip("", m.PCM, PromptRate))
		if math.Abs(loud-PromptLoudness) > 1 || math.Abs(m.Loudness-PromptLoudness) > 0.5 {
			t.Errorf("%s: %0.2f LUFS, heard at %0.2f", row.name, m.Loudness, loud)
		}
		if m.Peak > PromptPeak || top > PromptPeak+0.5 { // G.711 rounds upwards, too
			t.Errorf("%s: its peak is %0.2f dBTP, heard at %0.2f", row.name, m.Peak, top)
		}
		if d := m.Before - row.before; d < -30*time.Millisecond || d > 60*time.Millisecond {
			t.Errorf("%s: %v were cut off before it, of %v", row.name, m.Before, row.before)
		}
		if d := m.After - row.after; d < -30*time.Millisecond || d > 60*time.Millisecond {
			t.Errorf("%s: %v were cut off after it, of %v", row.name, m.After, row.after)
		}
		if m.PCM[0] != 0 || m.PCM[len(m.PCM)-1] != 0 {
			t.Errorf("%s: it begins at %d and ends at %d, which clicks", row.name, m.PCM[0], m.PCM[len(m.PCM)-1])
		}
	}
}

func TestRecordingsThatAreRefused(t *testing.T) {
	over := func(db float64) []int16 { return samples(floats(speech(2*time.Second, 48000, -1)), 32768*ratio(db)) }
	softer := over(12)
	for i := range softer {
		softer[i] /= 3
	}
	dot := Quiet(time.Second, 16000)
	dot[8000] = 20000
	for _, row := range []struct {
		name string
		rec  Recording
		want error
	}{
		{"clipped", recording(over(12), 48000), ErrClipped},
		{"clipped by a little", recording(over(4), 48000), ErrClipped},
		{"clipped and turned down later", recording(softer, 48000), ErrClipped},
		{"silence", recording(Quiet(time.Second, 8000), 8000), ErrSilent},
		{"no samples", Recording{Rate: 8000}, ErrSilent},
		{"the noise of a room", recording(hiss(Quiet(time.Second, 8000), -65), 8000), ErrSilent},
		{"a click and no voice", recording(dot, 16000), ErrSilent},
		{"too far away", recording(speech(time.Second, 16000, -46), 16000), ErrQuiet},
	} {
		if _, err := Master(row.rec); !errors.Is(err, row.want) {
			t.Errorf("%s: %v, want %v", row.name, err, row.want)
		}
	}
}

// Tones at full scale are loud and not clipped, in every form of WAV.
func TestFullScaleIsNotClipped(t *testing.T) {
	for _, rate := range []int{8000, 16000, 44100, 48000, 192000} {
		for _, freq := range []float64{200, 440, 1000, 3000} {
			pcm := Tone(time.Second, rate, 0, freq)
			bytes := map[format][]byte{
				{tagPCM, 1, 8, rate}: make([]byte, len(pcm)), {tagPCM, 1, 16, rate}: nil,
				{tagALaw, 1, 8, rate}: make([]byte, len(pcm)), {tagMuLaw, 1, 8, rate}: make([]byte, len(pcm)),
			}
			for f, data := range bytes {
				switch {
				case f.tag == tagALaw:
					must(EncodeALaw(data, pcm))
				case f.tag == tagMuLaw:
					must(EncodeMuLaw(data, pcm))
				case f.bits == 8:
					for i, v := range pcm {
						data[i] = byte(int(v)>>8 + 128)
					}
				default:
					for _, v := range pcm {
						data = append(data, byte(v), byte(uint16(v)>>8))
					}
				}
				if n, at := f.clipped(data); n > tolerated {
					t.Errorf("%v, %v Hz: clipped in %d places, first at sample %d", f, freq, n, at)
				}
			}
		}
	}
}
