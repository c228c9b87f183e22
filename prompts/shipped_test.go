package prompts

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"wissel/internal/audio"
)

func store(t *testing.T) *Store {
	t.Helper()
	s, err := Open("")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Catalogue and sound agree: each text has its two files, made from just that text, and no file is left over.
func TestSoundIsMadeFromTheTexts(t *testing.T) {
	manifest, err := os.ReadFile("audio/MANIFEST")
	if err != nil {
		t.Fatal(err)
	}
	s := store(t)
	var want []string
	files := map[string]bool{"MANIFEST": true}
	for _, id := range s.texts.IDs() {
		for _, lang := range []string{"nl", "en"} {
			text, ok := s.texts.Text(lang, id)
			if !ok {
				t.Errorf("%s has no text in %s", id, lang)
				continue
			}
			sum := sha256.Sum256([]byte(text.Voice + "|" + text.Text))
			want = append(want, fmt.Sprintf("%s/%s %x", lang, id, sum[:8]))
			files[lang+"/"+id+".wav"], files[lang+"/"+id+".g722"] = true, true
		}
	}
	got := strings.Split(strings.TrimSpace(string(manifest)), "\n")
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Error("audio/MANIFEST does not belong to catalogue.txt; run prompts/render.sh")
	}
	total := int64(0)
	err = fs.WalkDir(os.DirFS("audio"), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if !files[path] {
			t.Errorf("audio/%s belongs to no prompt", path)
		}
		delete(files, path)
		info, err := d.Info()
		total += info.Size()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for path := range files {
		t.Errorf("audio/%s is missing; run prompts/render.sh", path)
	}
	if total > 6<<20 {
		t.Errorf("the sound takes %d bytes, more than 6 MiB", total)
	}
}

// FIGURES: -19 LUFS ±1, true peak at most -3 dBTP, at most 60 ms between joined clips.
func TestShippedSoundIsLoudEnoughAndCutClose(t *testing.T) {
	s := store(t)
	if ps := s.Problems(); len(ps) != 0 {
		t.Fatal(ps)
	}
	for _, lang := range s.Languages() {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			checkLanguage(t, s, lang)
		})
	}
}

func checkLanguage(t *testing.T, s *Store, lang string) {
	for _, id := range s.texts.IDs() {
		c := s.clips[lang][id]
		if c == nil {
			t.Errorf("%s/%s is not there", lang, id)
			continue
		}
		if len(c.Bytes[audio.ALaw]) != len(c.Bytes[audio.G722]) || len(c.Bytes[audio.ALaw]) != len(c.Bytes[audio.MuLaw]) {
			t.Errorf("%s is not equally long in each codec", c.Name)
		}
		for _, codec := range []audio.Codec{audio.ALaw, audio.G722} { // µ-law is made from A-law
			pcm, rate := audio.Decode(c.Bytes[codec], codec)
			check(t, c.Name+" in "+codec.String(), pcm, rate)
		}
	}
}

func check(t *testing.T, name string, pcm []int16, rate int) {
	t.Helper()
	if rate > 8000 { // the same sound at 8 kHz has no higher peaks, and this takes long
		if peak := audio.Peak(pcm, rate); peak > audio.PromptPeak {
			t.Errorf("%s: true peak %.2f dBTP", name, peak)
		}
	}
	if before, after := edges(pcm, rate); before > 30*time.Millisecond || after > 30*time.Millisecond {
		t.Errorf("%s: %v of silence before and %v after it", name, before, after)
	}
	again := slices.Clone(pcm)
	for len(again) < 3*rate { // as render.sh measures it
		again = append(again, pcm...)
	}
	if l := audio.Loudness(again, rate); math.Abs(l-audio.PromptLoudness) > 1 {
		t.Errorf("%s: %.1f LUFS", name, l)
	}
}

// edges measures the silence at both ends: all that is under 1 % of full scale.
func edges(pcm []int16, rate int) (before, after time.Duration) {
	loud := func(v int16) bool { return v > 327 || v < -327 }
	first := slices.IndexFunc(pcm, loud)
	last := len(pcm) - 1
	for last >= 0 && !loud(pcm[last]) {
		last--
	}
	one := time.Second / time.Duration(rate)
	return time.Duration(first) * one, time.Duration(len(pcm)-1-last) * one
}

// A start after a kill is to take 300 ms in all; the prompts may take a part of that.
func BenchmarkOpen(b *testing.B) {
	for b.Loop() {
		if _, err := Open(""); err != nil {
			b.Fatal(err)
		}
	}
}
