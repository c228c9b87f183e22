package demo

import (
	"encoding/binary"
	"testing"

	"wissel/internal/audio"
	"wissel/prompts"
)

// play sends a clip to an ear as wissel would, without the packets that lose drops, and with time lost before some.
func play(e *ear, ts *uint32, data []byte, lose func(n int) (lost bool, late uint32)) {
	for n := 0; len(data) > 0; n++ {
		frame := data[:min(160, len(data))]
		data = data[len(frame):]
		lost, late := lose(n)
		*ts += late
		if !lost {
			b := append([]byte{0x80, 8, 0, byte(n)}, 0, 0, 0, 0, 0, 0, 0, 7)
			binary.BigEndian.PutUint32(b[4:], *ts)
			e.take(append(b, frame...))
		}
		*ts += 160
	}
}

func TestSentencesAreToldApart(t *testing.T) {
	s, err := prompts.Open("")
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range s.IDs("nl") {
		e, ts := &ear{}, uint32(1<<32-800)
		play(e, &ts, s.Clip("nl", id).Bytes[audio.ALaw], func(int) (bool, uint32) { return false, 0 })
		for _, want := range []struct {
			id      string
			seconds float64
		}{{"outage.welcome", start}, {"text.own", start}, {"callback.own", start}, {"text.done", 0}, {"callback.done", 0}} {
			look := sentence(s.Clip("nl", want.id), want.seconds)
			if right := id == want.id; look.in(e) != right {
				t.Errorf("the search for %s found it in %s: %v", want.id, id, !right)
			}
		}
	}
}

func TestASentenceIsHeardWholeOrNot(t *testing.T) {
	s, err := prompts.Open("")
	if err != nil {
		t.Fatal(err)
	}
	clip := s.Clip("nl", "text.done")
	data := clip.Bytes[audio.ALaw]
	for _, c := range []struct {
		name string
		part float64
		lose func(n int) (bool, uint32)
		want bool
	}{
		{"all of it", 1, func(int) (bool, uint32) { return false, 0 }, true},
		{"one packet in twenty lost", 1, func(n int) (bool, uint32) { return n%20 == 7, 0 }, true},
		{"held up for 100 ms three times", 1, func(n int) (bool, uint32) {
			if n == 20 || n == 60 || n == 100 {
				return false, 800
			}
			return false, 0
		}, true},
		{"the first two thirds", 0.66, func(int) (bool, uint32) { return false, 0 }, false},
		{"one packet in three lost", 1, func(n int) (bool, uint32) { return n%3 == 0, 0 }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			look, e, ts := sentence(clip, 0), &ear{}, uint32(5)
			quiet := make([]byte, 4000)
			for i := range quiet {
				quiet[i] = 0xd5
			}
			play(e, &ts, quiet, func(int) (bool, uint32) { return false, 0 })
			play(e, &ts, data[:int(c.part*float64(len(data)))], c.lose)
			if got := look.in(e); got != c.want {
				t.Errorf("heard %v, hits %v of %d pieces", got, look.hits, len(look.pieces))
			}
		})
	}
}
