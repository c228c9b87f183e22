package peers

import (
	"bytes"
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
