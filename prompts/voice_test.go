package prompts

import (
	"bytes"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"wissel/internal/audio"
	"wissel/prompts/grammar"
)

// A clip is compared with what espeak-ng says now, by neither name nor hash but by its sound: how strong each band of
// frequencies is, frame by frame, whatever the level, with the frames of one laid along those of the other.
const (
	bands = 12
	frame = 160 // samples at 8 kHz, 20 ms
)

// edgesOfBands are in steps of 50 Hz.
var edgesOfBands = [bands + 1]int{3, 5, 7, 10, 13, 17, 21, 26, 32, 39, 47, 57, 68}

type shape [][bands]float64

// shapeOf is a sound's shape, from its first to its last loud moment.
func shapeOf(pcm []int16, rate int) shape {
	pcm = audio.Resample(pcm, rate, 8000)
	var s shape
	top := 0.0
	for at := 0; at+frame <= len(pcm); at += frame / 2 {
		s = append(s, powers(pcm[at:at+frame]))
		top = max(top, slices.Max(s[len(s)-1][:]))
	}
	for i := range s {
		for b := range s[i] {
			s[i][b] = max(0, 4.2+math.Log10(s[i][b]/top+1e-9))
		}
	}
	silent := func(f [bands]float64) bool { return slices.Max(f[:]) < 0.6 }
	for len(s) > 1 && silent(s[0]) {
		s = s[1:]
	}
	for len(s) > 1 && silent(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

// powers are the powers of a frame's bands.
func powers(pcm []int16) (p [bands]float64) {
	var x [frame]float64
	for i, v := range pcm {
		x[i] = float64(v) * (0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/frame))
	}
	for b := range bands {
		for k := edgesOfBands[b]; k < edgesOfBands[b+1]; k++ { // Goertzel's algorithm
			c, s1, s2 := 2*math.Cos(2*math.Pi*float64(k)/frame), 0.0, 0.0
			for _, v := range x {
				s1, s2 = v+c*s1-s2, s1
			}
			p[b] += s1*s1 + s2*s2 - c*s1*s2
		}
	}
	return p
}

// unlike is the mean difference of two sounds, each frame beside that of the other which suits it best in their order
// (dynamic time warping, at most 24 half frames aside). Beyond limit it does not look further, and gives infinity.
func (s shape) unlike(o shape, limit float64) float64 {
	const aside = 24
	if len(s) == 0 || len(o) == 0 || abs(len(s)-len(o)) > aside {
		return math.Inf(1)
	}
	row := make([]float64, len(o)+1)
	for j := range row {
		row[j] = math.Inf(1)
	}
	row[0] = 0
	for i := range s {
		before := row[0]
		row[0] = math.Inf(1)
		for j := range o {
			best := min(before, row[j], row[j+1])
			before = row[j+1]
			if abs(i-j) > aside {
				row[j+1] = math.Inf(1)
				continue
			}
			d, x, y := 0.0, s[i], o[j]
			for b := range bands {
				d += (x[b] - y[b]) * (x[b] - y[b])
			}
			row[j+1] = best + math.Sqrt(d)
		}
		if slices.Min(row) > limit*float64(max(len(s), len(o))) {
			return math.Inf(1)
		}
	}
	return row[len(o)] / float64(max(len(s), len(o)))
}

func abs(n int) int { return max(n, -n) }

// espeak says a text as render.sh does.
func espeak(id string, text Text, path string) (shape, error) {
	name, speed := text.Voice, 150
	if text.Voice == "en" {
		name, speed = "en-gb", 155
	}
	if strings.HasPrefix(id, "digit.") {
		speed = 140
	}
	cmd := exec.Command("espeak-ng", "-v", name, "-s", strconv.Itoa(speed), "-w", path, "--", strings.Trim(text.Text, "+"))
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("espeak-ng (.ci/tools test installs it): %w: %s", err, out)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	pcm, rate, err := audio.ReadWAV(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return shapeOf(pcm, rate), nil
}

// spoken is a word that a grammar uses, and its sound as espeak-ng says it now.
type spoken struct {
	name  string // "nl/number.12"
	text  Text
	shape shape
}

func speak(t *testing.T) []spoken {
	t.Helper()
	s, dir := store(t), t.TempDir()
	var all []spoken
	for _, lang := range s.Languages() {
		for _, id := range s.Grammar(lang).Clips() {
			if text, ok := s.Text(lang, id); ok && id != grammar.Pause {
				all = append(all, spoken{name: lang + "/" + id, text: text})
			}
		}
	}
	var group sync.WaitGroup
	next := make(chan int)
	for range 4 {
		group.Go(func() {
			for i := range next {
				var err error
				if all[i].shape, err = espeak(filepath.Base(all[i].name), all[i].text, filepath.Join(dir, strconv.Itoa(i)+".wav")); err != nil {
					t.Errorf("%s: %v", all[i].name, err)
				}
			}
		})
	}
	for i := range all {
		next <- i
	}
	close(next)
	group.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return all
}

// misspoken are those of the clips named (none: all) that sound more like another word than like their own.
func misspoken(t *testing.T, archive fs.FS, words []spoken, names ...string) (wrong []string) {
	t.Helper()
	for _, w := range words {
		if len(names) > 0 && !slices.Contains(names, w.name) {
			continue
		}
		data, err := fs.ReadFile(archive, "languages/"+w.name+".wav")
		if err != nil {
			t.Fatal(err)
		}
		pcm, rate, err := audio.ReadWAV(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		heard := shapeOf(pcm, rate)
		own := heard.unlike(w.shape, math.Inf(1))
		least, best := own, w
		for _, other := range words {
			if d := heard.unlike(other.shape, least); d < least {
				least, best = d, other
			}
		}
		if best.text != w.text && least < 0.8*own {
			t.Logf("%s sounds like %s (off by %.3f), less like its own text (%.3f)", w.name, best.name, least, own)
			wrong = append(wrong, w.name)
		}
	}
	return wrong
}

// Of all words in all languages, each clip sounds most like its own. So it is heard when two clips are swapped, or two
// languages, even if MANIFEST was made anew as if that were right.
func TestClipsSayTheirTexts(t *testing.T) {
	words := speak(t)
	if wrong := misspoken(t, shipped, words); len(wrong) > 0 {
		t.Errorf("not what their text says: %v", wrong)
	}
	for _, row := range []struct {
		name  string
		swap  func(fstest.MapFS)
		clips []string // each must be heard to be wrong
	}{
		{"12 and 21", func(m fstest.MapFS) { exchange(m, "nl/number.12", "nl/number.21") }, []string{"nl/number.12", "nl/number.21"}},
		{"12 and 21 in English", func(m fstest.MapFS) { exchange(m, "en/number.12", "en/number.21") }, []string{"en/number.12", "en/number.21"}},
		{"two that differ in one sound", func(m fstest.MapFS) { exchange(m, "nl/number.63", "nl/number.73") }, []string{"nl/number.63", "nl/number.73"}},
		{"nl and en", func(m fstest.MapFS) { exchangeLanguages(m, "nl", "en") }, []string{"nl/digit.1", "nl/number.12", "nl/number.73", "en/digit.1", "en/number.12", "en/number.73"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			m := archive(t)
			row.swap(m)
			if wrong := misspoken(t, m, words, row.clips...); len(wrong) != len(row.clips) {
				t.Errorf("heard to be wrong: %v, want %v", wrong, row.clips)
			}
		})
	}
}
