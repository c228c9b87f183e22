package peers

import (
	"testing"
	"time"

	"wissel/internal/audio"
)

// mute lets the front lead to a platform that answers calls as ever and sends no voice, while callers speak.
func mute(t *testing.T) finding {
	w := newWorld(t)
	pcm := make([]int16, 8000)
	for i := range pcm {
		pcm[i] = int16(i%40*400 - 8000)
	}
	law := make([]byte, len(pcm))
	if _, err := audio.EncodeALaw(law, pcm); err != nil {
		t.Fatal(err)
	}
	w.voice = write(t, w.dir, "voice.al", string(law))
	w.answers(w.net+".8", "uas.xml", nil, "-rtp_echo")
	w.answers(w.net+".9", "uas.xml", nil)
	front := w.front(w.platform(), w.net+".8")
	reserve := w.answers(w.reserve(), "uas.xml", nil, "-rtp_echo")
	w.begin("platform", "reserve")
	f := w.strike("uac_voice.xml", 8, 16*time.Second, func() { front.does("next", "sip:"+w.net+".9:5060") }, nothing)
	settleBut(t, reserve, f.Calls/50)
	return f
}
