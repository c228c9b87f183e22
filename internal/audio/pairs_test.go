package audio

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// pairsIn feeds sound in packets of 20 ms and gives the pairs told of.
func pairsIn(pcm []int16) (all []Pair) {
	var d Pairs
	for chunk := range slices.Chunk(pcm, 160) {
		if p := d.Write(chunk); p != NoPair {
			all = append(all, p)
		}
	}
	return all
}

func TestPairsInSound(t *testing.T) {
	tone := func(p Pair, d time.Duration, level float64) []int16 { return PairTone(p, d, 8000, level) }
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
	noisy := func(pcm []int16) []int16 {
		r := rand.New(rand.NewPCG(1, 2))
		for i := range pcm {
			pcm[i] = clamp(float64(pcm[i]) + (r.Float64()*2-1)*math.Pow(10, -30.0/20)*32767)
		}
		return pcm
	}
	const s = time.Second
	both := []Pair{PairOut, PairBack}
	for _, row := range []struct {
		name string
		pcm  []int16
		want []Pair
	}{
		{"one pair is told of once", tone(PairOut, s, -15), []Pair{PairOut}},
		{"the other is another", tone(PairBack, s, -15), []Pair{PairBack}},
		{"one after the other", append(tone(PairOut, s/2, -15), tone(PairBack, s/2, -15)...), both},
		{"again after a pause", slices.Concat(tone(PairOut, s/5, -15), Quiet(s/5, 8000), tone(PairOut, s/5, -15)), []Pair{PairOut, PairOut}},
		{"over µ-law", law(append(tone(PairOut, s/2, -20), tone(PairBack, s/2, -20)...)), both},
		{"over G.722", wide(append(tone(PairOut, s/2, -15), tone(PairBack, s/2, -15)...)), both},
		{"in noise", noisy(append(tone(PairOut, s/2, -15), tone(PairBack, s/2, -15)...)), both},
		{"as quiet as a line at its worst", tone(PairOut, s, -34), []Pair{PairOut}},
		{"with a lost packet in it", slices.Concat(tone(PairOut, s/4, -15), Quiet(20*time.Millisecond, 8000), tone(PairOut, s/4, -15)), []Pair{PairOut}},
		{"what a line echoes of ours is no answer", tone(PairOut, s, -42), nil},
		{"too short", tone(PairOut, 60*time.Millisecond, -15), nil},
		{"one tone of it alone", Tone(s, 8000, -15, 540), nil},
		{"tones of both", Tone(s, 8000, -15, 540, 1560), nil},
		{"a dial tone, and that of no number", append(Tone(s, 8000, -15, 425), Tone(s, 8000, -15, 950)...), nil},
		{"every key", press(200*time.Millisecond, 50*time.Millisecond, -10, allKeys), nil},
		{"silence", Quiet(s, 8000), nil},
		{"noise", noisy(Quiet(10*s, 8000)), nil},
		{"no pair at all", PairTone(NoPair, s, 8000, -15), nil},
	} {
		if got := pairsIn(row.pcm); !slices.Equal(got, row.want) {
			t.Errorf("%s: heard %v, want %v", row.name, got, row.want)
		}
	}
}

// A detector of keys must not act on our tones.
func TestPairsAreNoKeys(t *testing.T) {
	for _, p := range []Pair{PairOut, PairBack} {
		for level := -30.0; level <= -6; level += 6 {
			if got := heard(PairTone(p, time.Second, 8000, level)); got != "" {
				t.Errorf("%s at %.0f dBFS sounds like %q", p, level, got)
			}
		}
	}
}

func TestListeningAllocatesNothing(t *testing.T) {
	var d Pairs
	pcm := PairTone(PairOut, 20*time.Millisecond, 8000, -15)
	if n := testing.AllocsPerRun(100, func() { d.Write(pcm) }); n != 0 {
		t.Errorf("%.0f allocations for each packet", n)
	}
}
