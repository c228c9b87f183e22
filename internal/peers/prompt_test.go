package peers

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wissel/internal/audio"
	"wissel/sip/sim"
)

func TestAPromptThatIsLostIsNeverSilence(t *testing.T) {
	t.Parallel()
	s := &server{t: t, net: network(), dir: t.TempDir()}
	s.prepare(t, "store: DIR/store", "store: DIR/store\nprompts: DIR/prompts")
	folder := filepath.Join(s.dir, "prompts")
	if err := os.MkdirAll(filepath.Join(folder, "nl"), 0o700); err != nil {
		t.Fatal(err)
	}
	var tone bytes.Buffer
	if err := audio.WriteWAV(&tone, audio.Tone(2*time.Second, 8000, -10, 660), 8000); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, "nl"), "outage.welcome.wav", tone.String())
	write(t, filepath.Join(folder, "nl"), "outage.message.wav", "this is no sound")
	check := start(t, s.dir, binary, "check", s.file())
	if code := check.wait(15 * time.Second); code != 0 || !strings.Contains(check.out.String(), "outage.message") || strings.Contains(check.out.String(), "outage.welcome") {
		t.Errorf("check ended with %d and said %q; want a warning that names the file that is no sound, and not the other", code, check.out.String())
	}
	s.launch(binary, "serve", "--settings", s.file())
	if err := os.RemoveAll(folder); err != nil { // lost while the server runs
		t.Fatal(err)
	}
	carrier := newActor(t, "carrier", s.carrier(), sim.Refuse(480))
	c := s.rings(carrier, sim.Dial{From: "+31612345001"})
	message := clip(t, "outage.message")
	eventually(t, 20*time.Second, "the caller hears the sentence that could not be replaced", func() bool { return c.ear.heard(message) })
	r := c.Record()
	if tones := r.Tones(); len(tones) != 1 || tones[0] != 660 {
		t.Errorf("the caller heard the tones %v, want that of the file that was there at the start", tones)
	}
	if wait := c.ear.first.Sub(r.Answered); r.Gap > time.Second || wait > time.Second {
		t.Errorf("silence of %v, the first sound %v after the answer", r.Gap, wait)
	}
	c.Hangup("")
	over(t, c, 5*time.Second)
	clean(t, carrier)
	if code := s.stop(); code != 0 {
		t.Errorf("wissel ended with %d", code)
	}
	row(t, "F36", "a WAV that is no sound: check names it, the shipped sentence is heard; all files deleted at run time: the recording is heard on, longest gap %d ms", r.Gap.Milliseconds())
}

// Files that break or go while callers listen and the server takes changed prompts over by itself (F36).
func TestAPromptThatBreaksWhileItIsHeard(t *testing.T) {
	t.Parallel()
	s := &server{t: t, net: network(), dir: t.TempDir()}
	s.prepare(t, "store: DIR/store", "store: DIR/store\nprompts: DIR/prompts")
	folder := filepath.Join(s.dir, "prompts")
	if err := os.MkdirAll(filepath.Join(folder, "nl"), 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("nl", "outage.message.wav")
	records := func(hz int) {
		var tone bytes.Buffer
		if err := audio.WriteWAV(&tone, audio.Tone(4*time.Second, 8000, -10, float64(hz)), 8000); err != nil {
			t.Fatal(err)
		}
		write(t, folder, file, tone.String())
	}
	records(660)
	s.launch(binary, "serve", "--settings", s.file())
	carrier := newActor(t, "carrier", s.carrier(), sim.Refuse(480))
	welcome, message := clip(t, "outage.welcome"), clip(t, "outage.message")
	worst := time.Duration(0)
	ends := func(c talk, waited time.Duration) sim.Record {
		t.Helper()
		c.Hangup("")
		r := over(t, c, 5*time.Second)
		silence := max(r.Gap, c.ear.silence()-waited, c.ear.first.Sub(r.Answered))
		worst = max(worst, silence)
		if silence > time.Second {
			t.Errorf("%v of silence", silence)
		}
		return r
	}
	// hears rings until somebody hears it: the change is in force a moment after it is made. Nobody hears silence meanwhile.
	callers := 0
	hears := func(what string, it func(c talk) bool) {
		t.Helper()
		for began := time.Now(); ; {
			callers++
			c := s.rings(carrier, sim.Dial{From: fmt.Sprintf("+316123460%02d", callers)})
			eventually(t, 20*time.Second, "the caller is welcomed", func() bool { return c.ear.heard(welcome) })
			late := time.After(welcome.Duration() + clip(t, "menu.language").Duration() + 2*time.Second)
			heard := false
			for waiting := true; waiting && !heard; {
				select {
				case <-late:
					waiting = false
				case <-time.After(50 * time.Millisecond):
					heard = it(c)
				}
			}
			ends(c, 0)
			if heard {
				return
			}
			if time.Since(began) > 30*time.Second {
				t.Fatalf("%s is heard by nobody", what)
			}
		}
	}
	tone := func(hz int) func(talk) bool {
		return func(c talk) bool {
			r := c.Record()
			all := r.Tones()
			return len(all) > 0 && all[0] == hz
		}
	}
	shipped := func(c talk) bool { return c.ear.heard(message) }

	c := s.rings(carrier, sim.Dial{From: "+31612345001"})
	eventually(t, 20*time.Second, "the caller hears the recording", func() bool { return tone(660)(c) })
	write(t, folder, file, "this is no sound")
	hears("the shipped sentence, once the recording is broken", shipped)
	whole := time.Duration(0)
	for _, sound := range ends(c, 4*time.Second).Sounds { // he has been waited for in the menu
		if sound.Hz == 660 {
			whole = max(whole, sound.Until.Sub(sound.Since))
		}
	}
	if whole < 3800*time.Millisecond {
		t.Errorf("who was hearing the recording as it broke heard %v of its 4 s", whole)
	}

	records(880)
	hears("a recording that is whole again", tone(880))
	if err := os.RemoveAll(filepath.Join(folder, "nl")); err != nil { // the language is gone
		t.Fatal(err)
	}
	hears("the shipped sentence, or the recording that is in memory", func(c talk) bool { return shipped(c) || tone(880)(c) })
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	write(t, s.dir, "prompts", "no folder") // it can be read by nobody, not by root either
	hears("the shipped sentence, or the recording that is in memory", func(c talk) bool { return shipped(c) || tone(880)(c) })
	clean(t, carrier)
	if code := s.stop(); code != 0 {
		t.Errorf("wissel ended with %d", code)
	}
	row(t, "F36", "a recording overwritten with no sound while it is heard, mended, its language removed, its folder no folder: longest silence %d ms", worst.Milliseconds())
}
