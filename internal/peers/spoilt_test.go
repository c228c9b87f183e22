package peers

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wissel/internal/audio"
)

// A spoil is what a careless hand or a bad file could do to the prompts.
type spoil struct {
	name  string
	put   map[string]string // from the shipped clips: what is heard instead of what
	do    func([]int16) []int16
	wrong []string // must be told
}

var spoils = []spoil{
	{"12 and 21 swapped", map[string]string{"number.12": "nl/number.21", "number.21": "nl/number.12"}, nil, []string{"nl/number.12 is not heard", "nl/number.21 is not heard"}},
	{"nl and en swapped", map[string]string{"text.own": "en/text.own", "text.done": "en/text.done"}, nil, []string{"nl/text.own is not heard", "nl/text.done is not heard"}},
	{"a hole of 100 ms", map[string]string{"outage.message": "nl/outage.message"}, func(pcm []int16) []int16 {
		clear(pcm[len(pcm)/2 : len(pcm)/2+100*perMs])
		return pcm
	}, []string{"nl/outage.message, heard at", "is not whole"}},
	{"a tail cut by 150 ms", map[string]string{"menu.text": "nl/menu.text"}, func(pcm []int16) []int16 { return pcm[:len(pcm)-150*perMs] }, []string{"is cut by"}},
	{"a gap of 80 ms", map[string]string{"menu.text": "nl/menu.text"}, func(pcm []int16) []int16 { return append(pcm, make([]int16, 80*perMs)...) }, []string{"a gap of", "before nl/menu.callback"}},
}

// spoilt judges the ears of these tests: with spoilt prompts the same walk must not pass, and must say what is wrong.
func (b *booth) spoilt(t *testing.T, s spoil) {
	const both = "text-other-nl" // says twelve in one number and twenty-one in the other
	folder := filepath.Join(t.TempDir(), "prompts")
	if err := os.MkdirAll(filepath.Join(folder, "nl"), 0o700); err != nil {
		t.Fatal(err)
	}
	for id, instead := range s.put {
		pcm := append([]int16(nil), shippedPCM(t, instead)...)
		if s.do != nil {
			pcm = s.do(pcm)
		}
		var wav bytes.Buffer
		if err := audio.WriteWAV(&wav, pcm, 8000); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(folder, "nl"), id+".wav", wav.String())
	}
	h := b.walks(t, turn{walkNamed(t, both), audio.ALaw, events}, "store: DIR/store", "store: DIR/store\nprompts: "+folder)
	if len(h.faults) == 0 {
		t.Fatal("the walk passed")
	}
	holds(t, strings.Join(h.faults, "; "), s.wrong...)
}
