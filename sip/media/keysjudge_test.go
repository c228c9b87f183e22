package media

import (
	"bytes"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/internal/audio"
)

var multimonLine = regexp.MustCompile(`DTMF: *([0-9A-D*#])`)

// What we send where no telephone-event was negotiated, multimon-ng (apt-get install multimon-ng sox) reads as the keys that
// were pressed, in each codec.
func TestMultimonReadsOurKeys(t *testing.T) {
	const all = "1234567890*#ABCD1122"
	for _, codec := range []audio.Codec{audio.ALaw, audio.MuLaw, audio.G722} {
		var sent []byte
		for _, d := range all {
			c, ok := keySounds()[wissel.Digit(d)]
			if !ok {
				t.Fatalf("no sound for %c", d)
			}
			sent = append(sent, c.Bytes[codec]...)
		}
		pcm, rate := audio.Decode(sent, codec)
		pcm = append(pcm, audio.Quiet(200*time.Millisecond, rate)...)
		var wav, raw bytes.Buffer
		if err := audio.WriteWAV(&wav, pcm, rate); err != nil {
			t.Fatal(err)
		}
		sox := exec.CommandContext(t.Context(), "sox", "-t", "wav", "-", "-t", "raw", "-r", "22050", "-e", "signed-integer", "-b", "16", "-c", "1", "-")
		sox.Stdin, sox.Stdout = &wav, &raw
		if err := sox.Run(); err != nil {
			t.Fatalf("sox: %v", err)
		}
		multimon := exec.CommandContext(t.Context(), "multimon-ng", "-q", "-a", "DTMF", "-t", "raw", "-")
		multimon.Stdin = &raw
		out, err := multimon.CombinedOutput()
		if err != nil {
			t.Fatalf("multimon-ng: %v\n%s", err, out)
		}
		var got strings.Builder
		for _, m := range multimonLine.FindAllStringSubmatch(string(out), -1) {
			got.WriteString(m[1])
		}
		if got.String() != all {
			t.Errorf("%s: multimon-ng reads %q, we sent %q", codec, got.String(), all)
		}
	}
}
