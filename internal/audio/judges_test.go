package audio

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// sox and ffmpeg (apt-get install sox ffmpeg) judge what this package makes and measures.

func judge(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

func written(t *testing.T, name string, pcm []int16, rate int) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteWAV(&b, pcm, rate); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name+".wav")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func readBack(t *testing.T, path string) Recording {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // only read from
	rec, err := ReadRecording(f, time.Minute)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return rec
}

var ebur128 = regexp.MustCompile(`(?s)Summary:.*I: +(-?[0-9.]+|-inf) LUFS.*Peak: +(-?[0-9.]+|-inf) dBFS`)

// measured is the loudness and the true peak by ffmpeg.
func measured(t *testing.T, path string) (loudness, peak float64) {
	t.Helper()
	out := judge(t, "ffmpeg", "-hide_banner", "-nostats", "-i", path, "-af", "ebur128=peak=true", "-f", "null", "-")
	m := ebur128.FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("ffmpeg measured nothing:\n%s", out)
	}
	loudness, _ = strconv.ParseFloat(m[1], 64)
	peak, _ = strconv.ParseFloat(m[2], 64)
	return loudness, peak
}

func TestLoudnessAgreesWithFFmpeg(t *testing.T) {
	worstLoud, worstPeak := 0.0, 0.0
	compare := func(name string, pcm []int16, rate int) {
		if n := len(pcm); n < 3*rate {
			pcm = slices.Repeat(pcm, 1+3*rate/n)
		}
		loud, peak := measured(t, written(t, "x", pcm, rate))
		dl, dp := math.Abs(Spoken(pcm, rate)-loud), math.Abs(Peak(pcm, rate)-peak)
		worstLoud, worstPeak = max(worstLoud, dl), max(worstPeak, dp)
		if dl > 0.3 || dp > 0.4 {
			t.Errorf("%s: %.2f LUFS and %.2f dBTP, by ffmpeg %.1f and %.1f", name, Spoken(pcm, rate), Peak(pcm, rate), loud, peak)
		}
	}
	for _, rate := range []int{8000, 44100} {
		compare(fmt.Sprintf("a tone at %d Hz", rate), Tone(3*time.Second, rate, -20, 997), rate)
		compare(fmt.Sprintf("speech at %d Hz", rate), speech(3*time.Second, rate, -3), rate)
		compare(fmt.Sprintf("noise at %d Hz", rate), hiss(Quiet(3*time.Second, rate), -20), rate)
		compare(fmt.Sprintf("a word at %d Hz", rate), speech(300*time.Millisecond, rate, -3), rate)
	}
	clips, err := filepath.Glob("../../prompts/languages/*/*.wav")
	if err != nil || len(clips) < 20 {
		t.Fatalf("%d shipped clips, %v", len(clips), err)
	}
	for i := 0; i < len(clips); i += len(clips) / 4 {
		rec := readBack(t, clips[i])
		compare(clips[i], rec.PCM, rec.Rate)
	}
	t.Logf("at most %.2f LU and %.2f dB apart", worstLoud, worstPeak)
}

func TestMasteredAsFFmpegMeasures(t *testing.T) {
	for name, pcm := range map[string][]int16{
		"a sentence": speech(4*time.Second, 48000, -20), "a word": speech(300*time.Millisecond, 48000, -3), "loud": speech(2*time.Second, 48000, 0),
	} {
		m, err := Master(recording(pcm, 48000))
		if err != nil {
			t.Fatal(err)
		}
		for rate, pcm := range map[int][]int16{16000: m.PCM, 8000: Resample(m.PCM, 16000, 8000)} {
			loud, peak := measured(t, written(t, "x", slices.Repeat(pcm, 1+3*rate/len(pcm)), rate))
			if math.Abs(loud-PromptLoudness) > 1 || peak > PromptPeak {
				t.Errorf("%s at %d Hz: %.1f LUFS, %.1f dBTP", name, rate, loud, peak)
			}
		}
	}
}

// apart is how far b is from a, in dB below a, with their edges left out.
func apart(a, b []int16) float64 {
	n := min(len(a), len(b))
	signal, noise := 0.0, 0.0
	for i := n / 20; i < n-n/20; i++ {
		d := float64(a[i]) - float64(b[i])
		signal, noise = signal+float64(a[i])*float64(a[i]), noise+d*d
	}
	return 10 * math.Log10(signal/noise)
}

func TestResampleAgreesWithSox(t *testing.T) {
	for _, row := range []struct{ from, to int }{
		{48000, 16000}, {44100, 16000}, {44100, 8000}, {22050, 8000}, {192000, 16000}, {16000, 8000}, {8000, 16000}, {11025, 16000}, {44101, 16000},
	} {
		half := min(row.from, row.to) / 2
		dir := t.TempDir()
		in, out := filepath.Join(dir, "in.wav"), filepath.Join(dir, "out.wav")
		rate := strconv.Itoa(row.from)
		sweep := func(from, to int) []int16 {
			judge(t, "sox", "-D", "-R", "-r", rate, "-n", "-b", "16", "-c", "1", in, "synth", "3", "sine", fmt.Sprintf("%d-%d", from, to), "gain", "-6")
			return Resample(readBack(t, in).PCM, row.from, row.to)
		}
		ours := sweep(60, half*82/100)
		judge(t, "sox", "-D", in, "-b", "16", out, "rate", "-v", strconv.Itoa(row.to))
		if snr := apart(readBack(t, out).PCM, ours); snr < 65 {
			t.Errorf("%d to %d Hz: a sweep up to %d Hz is %.1f dB from sox's", row.from, row.to, half*82/100, snr)
		} else {
			t.Logf("%d to %d Hz: %.1f dB", row.from, row.to, snr)
		}
		if row.from < row.to*5/4 {
			continue
		}
		high := sweep(half*103/100, row.from/2*95/100)
		edge := len(high) / 20 // a sweep that begins at full strength holds every frequency at that moment
		if l := Level(high[edge : len(high)-edge]); l > -80 {
			t.Errorf("%d to %d Hz: what lies above %d Hz folds back at %.1f dBFS", row.from, row.to, half, l)
		}
	}
}

// Every form that a recorder writes, as sox writes it, is what sox reads in it.
func TestFormsThatSoxWrites(t *testing.T) {
	dir := t.TempDir()
	for _, form := range [][]string{
		{"-b", "8", "-e", "unsigned-integer"}, {"-b", "16"}, {"-b", "24"}, {"-e", "a-law"}, {"-e", "mu-law"},
	} {
		for _, rate := range []string{"8000", "22050", "44100", "192000"} {
			for _, channels := range []string{"1", "2"} {
				name := fmt.Sprint(form, " ", rate, " Hz, channels ", channels)
				in, plain := filepath.Join(dir, "in.wav"), filepath.Join(dir, "plain.wav")
				judge(t, "sox", slices.Concat([]string{"-D", "-R", "-r", rate, "-n", "-c", channels}, form, []string{in, "synth", "0.5", "sine", "300-1500", "gain", "-6"})...)
				judge(t, "sox", "-D", in, "-b", "16", "-e", "signed-integer", plain)
				got, want := readBack(t, in), readBack(t, plain)
				if strconv.Itoa(got.Rate) != rate || len(got.PCM) != len(want.PCM) || got.Stereo != (channels == "2") {
					t.Errorf("%s: %d samples at %d Hz, not %d", name, len(got.PCM), got.Rate, len(want.PCM))
					continue
				}
				if snr := apart(want.PCM, got.PCM); snr < 75 { // sox rounds 24 bits, we cut them
					t.Errorf("%s: %.1f dB from what sox reads", name, snr)
				}
			}
		}
	}
}

func TestClippedAsSoxClips(t *testing.T) {
	in := written(t, "in", speech(2*time.Second, 48000, -1), 48000)
	for _, row := range []struct {
		gain string
		args []string
		want bool
	}{
		{"0", []string{"-b", "16"}, false}, {"10", []string{"-b", "16"}, true}, {"10", []string{"-b", "24"}, true}, {"10", []string{"-b", "8"}, true},
		{"0", []string{"-b", "8"}, false}, {"0", []string{"-r", "8000", "-e", "a-law"}, false}, {"0", []string{"-r", "8000", "-e", "mu-law"}, false},
	} {
		out := filepath.Join(t.TempDir(), "out.wav")
		judge(t, "sox", slices.Concat([]string{"-D", in}, row.args, []string{out, "gain", row.gain})...)
		if rec := readBack(t, out); (rec.Clipped > tolerated) != row.want {
			t.Errorf("%s dB, %v: clipped in %d places", row.gain, row.args, rec.Clipped)
		}
	}
}
