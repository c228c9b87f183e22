package prompts

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
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

func shortSum(data []byte) string {
	sum := sha256.Sum256(data)
	return fmt.Sprintf("%x", sum[:8])
}

// disagreements compares texts, MANIFEST and sound of the shipped languages: each text has its two files, made from just
// that text and not changed since, and no file is left over.
func disagreements(t *testing.T, archive fs.FS) (found []string) {
	t.Helper()
	read := func(path string) string {
		data, err := fs.ReadFile(archive, path)
		if err != nil {
			found = append(found, path+" is missing")
		}
		return string(data)
	}
	dirs, err := fs.ReadDir(archive, "languages")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range dirs {
		at := "languages/" + d.Name() + "/"
		texts, err := ParseTexts(d.Name(), read(at+textsFile))
		if err != nil {
			t.Fatal(err)
		}
		lines, files := map[string]bool{}, map[string]bool{textsFile: true, grammarFile: true, toneFile: true, "MANIFEST": true}
		for line := range strings.Lines(read(at + "MANIFEST")) {
			lines[strings.TrimSpace(line)] = true
		}
		for _, id := range texts.ids {
			text, _ := texts.Text(id)
			line := id + " " + shortSum([]byte(text.Voice+"|"+strings.Trim(text.Text, "+"))) + " " + shortSum([]byte(read(at+id+".wav"))) + " " + shortSum([]byte(read(at+id+".g722")))
			if !lines[line] {
				found = append(found, at+"MANIFEST has not the line "+line)
			}
			delete(lines, line)
			files[id+".wav"], files[id+".g722"] = true, true
		}
		for line := range lines {
			found = append(found, at+"MANIFEST has a line for nothing: "+line)
		}
		there, err := fs.ReadDir(archive, "languages/"+d.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range there {
			if !files[f.Name()] {
				found = append(found, at+f.Name()+" belongs to no prompt")
			}
		}
	}
	return found
}

func TestSoundIsMadeFromTheTexts(t *testing.T) {
	for _, one := range disagreements(t, shipped) {
		t.Errorf("%s; run prompts/render.sh", one)
	}
	total := int64(0)
	for path, f := range archive(t) {
		if strings.HasSuffix(path, ".wav") || strings.HasSuffix(path, ".g722") {
			total += int64(len(f.Data))
		}
	}
	// It is in the binary, and was held to 20 MiB. Each of callbacks, the crisis line, colleagues and last calls brought a few sentences
	// that cannot be put together of others; a MiB more is room for as many again.
	if t.Logf("%d bytes of sound", total); total > 21<<20 {
		t.Errorf("the sound takes %d bytes, more than 21 MiB", total)
	}
}

// exchange swaps two shipped clips, both of their files.
func exchange(m fstest.MapFS, a, b string) {
	for _, kind := range []string{".wav", ".g722"} {
		a, b := "languages/"+a+kind, "languages/"+b+kind
		m[a], m[b] = m[b], m[a]
	}
}

func exchangeLanguages(m fstest.MapFS, a, b string) {
	for path := range maps.Clone(m) {
		clip, isWAV := strings.CutSuffix(strings.TrimPrefix(path, "languages/"+a+"/"), ".wav")
		if isWAV && m["languages/"+b+"/"+clip+".wav"] != nil && !strings.HasPrefix(clip, "languages/") {
			exchange(m, a+"/"+clip, b+"/"+clip)
		}
	}
}

// A swap is seen by the files themselves; TestClipsSayTheirTexts hears it, should MANIFEST have been made anew as well.
func TestSwappedSoundDisagreesWithTheManifest(t *testing.T) {
	for _, row := range []struct {
		name string
		swap func(fstest.MapFS)
		want string
	}{
		{"12 and 21", func(m fstest.MapFS) { exchange(m, "nl/number.12", "nl/number.21") }, "languages/nl/MANIFEST has not the line number.12 "},
		{"the same number in nl and en", func(m fstest.MapFS) { exchange(m, "nl/number.12", "en/number.12") }, "languages/en/MANIFEST has not the line number.12 "},
		{"nl and en", func(m fstest.MapFS) { exchangeLanguages(m, "nl", "en") }, "languages/nl/MANIFEST has not the line goodbye "},
		{"half a clip", func(m fstest.MapFS) {
			f := m["languages/nl/number.12.g722"]
			f.Data = f.Data[:len(f.Data)/2]
		}, "languages/nl/MANIFEST has not the line number.12 "},
	} {
		t.Run(row.name, func(t *testing.T) {
			m := archive(t)
			row.swap(m)
			found := disagreements(t, m)
			if !slices.ContainsFunc(found, func(s string) bool { return strings.HasPrefix(s, row.want) }) {
				t.Errorf("found %q", found)
			}
		})
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
	for _, id := range s.IDs(lang) {
		c := s.clip(lang, id)
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
	for len(again) < rate { // render.sh repeats it longer; by a second it comes to the same
		again = append(again, pcm...)
	}
	if l := audio.Loudness(again, rate); math.Abs(l-audio.PromptLoudness) > 1 {
		t.Errorf("%s: %.1f LUFS", name, l)
	}
	// Whatever stands beside it, a joint cannot click: both ends are faded to nothing.
	for _, end := range [][]int16{pcm[:rate/500], pcm[len(pcm)-rate/500:]} {
		for _, v := range end {
			if v > quietEnd || v < -quietEnd {
				t.Errorf("%s: a sample of %d within 2 ms of its end", name, v)
				break
			}
		}
	}
}

// quietEnd is the most that a sample may be within 2 ms of a clip's ends: -50 dBFS, below the noise of a telephone line.
const quietEnd = 104

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
		if _, err := open(shipped); err != nil {
			b.Fatal(err)
		}
	}
}

// The wording for a crowd stands before a live message, which may name a time, so it says nothing of how long it takes; and who
// listens knows by its first word which wording it is.
func TestTheWordingForACrowdIsTimeless(t *testing.T) {
	s := store(t)
	for _, lang := range []string{"nl", "en"} {
		short, _ := s.Text(lang, "outage.short")
		whole, _ := s.Text(lang, "outage.welcome")
		first := func(text string) string { word, _, _ := strings.Cut(text, " "); return word }
		if first(short.Text) == first(whole.Text) {
			t.Errorf("%s: both begin with %q", lang, first(whole.Text))
		}
		for _, word := range []string{"hoe lang", "wanneer", "how long", "when ", "nog niet", "yet"} {
			if strings.Contains(short.Text, word) {
				t.Errorf("%s: %q says %q", lang, short.Text, word)
			}
		}
		a, b := s.Clip(lang, "outage.short").Bytes[audio.ALaw], s.Clip(lang, "outage.welcome").Bytes[audio.ALaw]
		if slices.Equal(a[:9600], b[:9600]) {
			t.Errorf("%s: the first 1.2 s are the same", lang)
		}
	}
}
