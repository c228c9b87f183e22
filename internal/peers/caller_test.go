package peers

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wissel/internal/audio"
	"wissel/sip/sim"
)

// way is how a telephone's keys reach us.
type way string

const (
	events way = "RFC 4733" // baresip's own
	info   way = "INFO"     // of a hop, whose telephone has its keys from a menu
	inBand way = "in-band"  // as sox makes them, in the voice; no telephone-event is offered
)

// tones are sounds for a telephone, made once: each key, what he says, and nothing. Silence follows each for longer than a walk
// takes: at the end of a file baresip hangs up.
type tones struct{ dir string }

const silence = 260 // s

func makeTones(t *testing.T) tones {
	t.Helper()
	tn := tones{t.TempDir()}
	sox := func(args ...string) {
		t.Helper()
		if out, err := exec.CommandContext(t.Context(), "sox", args...).CombinedOutput(); err != nil {
			t.Fatalf("sox %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	rows, cols := []string{"697", "770", "852", "941"}, []string{"1209", "1336", "1477"}
	for i, key := range "123456789*0#" {
		sox("-n", "-r", "8000", "-b", "16", tn.key(byte(key)), "synth", "0.1", "sine", rows[i/3], "sine", cols[i%3], "remix", "-", "gain", "-6", "pad", "0", fmt.Sprint(silence))
	}
	sox("-n", "-r", "8000", "-b", "16", "-c", "1", tn.quiet(), "trim", "0", fmt.Sprint(silence))
	var said bytes.Buffer
	if err := audio.WriteWAV(&said, append(tn.said(t), audio.Quiet(silence*time.Second, 8000)...), 8000); err != nil {
		t.Fatal(err)
	}
	write(t, tn.dir, "said.wav", said.String())
	return tn
}

func (tn tones) quiet() string { return filepath.Join(tn.dir, "quiet.wav") }
func (tn tones) key(k byte) string {
	return filepath.Join(tn.dir, "key-"+strings.NewReplacer("*", "star", "#", "hash").Replace(string(k))+".wav")
}

// said is what he says after the tone: six seconds of speech.
func (tn tones) said(t *testing.T) []int16 {
	t.Helper()
	return append(shippedPCM(t, "en/outage.welcome"), shippedPCM(t, "en/outage.message")...)[:6*8000]
}

// caller is one walk over real sockets.
type caller struct {
	t       *testing.T
	w       walk
	codec   audio.Codec
	way     way
	tones   tones
	phone   *softphone
	hop     *hop
	wire    *wire
	hang    func(time.Duration) // lets the disk hang for so long
	pressed map[int]time.Time   // by index in w.happens: keys, and when he began to speak
	faults  []string
}

// places starts a telephone for a walk, in front of a server.
func places(t *testing.T, s *server, tp *tap, tn tones, w walk, codec audio.Codec, by way) *caller {
	t.Helper()
	c := &caller{t: t, w: w, codec: codec, way: by, tones: tn, pressed: map[int]time.Time{}, wire: tp.to(s.carrier())}
	user := cmp.Or(w.from, "anonymous")
	account := fmt.Sprintf("audio_codecs=%s", codec)
	if by != events || w.hides != "" {
		c.hop = startHop(t, s.reserve(), s.carrier(), s.wissel(), w.hides, by == events)
		account += `;outbound="sip:` + s.reserve() + `:5060"`
	}
	c.phone = baresipWith(t, user, s.carrier(), 0, "audio_codecs=PCMA", account, "DIR/tone.wav", tn.quiet(), "module g711.so", "module g711.so\nmodule g722.so\njitter_buffer_delay 0-0")
	urgent(c.phone.process)
	return c
}

// play changes what the telephone sends.
func (c *caller) play(file string) { c.phone.command("ausrc", "aufile,"+file) }

func (c *caller) press(key byte) {
	switch c.way {
	case info:
		if err := c.hop.info(key); err != nil {
			c.faults = append(c.faults, err.Error())
		}
	case inBand:
		c.play(c.tones.key(key))
	case events:
		c.phone.command("sndcode", string(key))
	}
}

// goes rings, says when the call stands, and does what the transcript says, each thing as long after what it follows as it says there.
func (c *caller) goes(started func()) {
	c.phone.command("dial", "sip:"+number+"@"+c.wissel())
	c.phone.tells("CALL_ESTABLISHED")
	began := time.Now()
	started()
	f := follower{c: c}
	hangs, long := c.w.hangs()
	for i, h := range c.w.happens {
		switch {
		case len(h.heard) > 0:
			f.plays(h.at, frames(c.w.plays(i)))
		case h.speaks:
			f.plays(h.at, 20)
			f.packet(f.before + f.last - 1)
			if i == hangs {
				c.hang(long)
			}
			if c.w.speaks > 0 {
				c.play(filepath.Join(c.tones.dir, "said.wav"))
			}
		case h.tried: // it rings
			f.plays(h.at, int(triesFor/(20*time.Millisecond)))
		case h.key != 0:
			f.until(h.at)
			if i == hangs {
				c.hang(long)
			}
			c.pressed[i] = time.Now()
			f.keyed(h.at, c.w.cuts(i), func() { c.press(h.key) })
		case h.hangs:
			f.until(h.at)
			c.pressed[i] = time.Now()
			c.phone.command("hangup", "")
		}
	}
	left := c.w.happens[len(c.w.happens)-1].at + 20*time.Second - time.Since(began)
	eventually(c.t, max(left, 10*time.Second), "he is let go", func() bool { return strings.Contains(c.phone.events.String(), "CALL_CLOSED") })
}

func (c *caller) wissel() string {
	return strings.TrimSuffix(c.phone.ctrl.RemoteAddr().String(), ".2:4444") + ".1"
}

// follower knows by the packets that came where in the transcript the call is.
type follower struct {
	c       *caller
	base    int           // packets that had come at the newest key
	before  int           // packets since then of what has been said wholly
	last    int           // and of what is being said
	playing bool          // something was said since the newest key
	at      time.Duration // when that began, or the newest key was pressed, by the transcript
	pressed time.Time
}

func (f *follower) plays(at time.Duration, frames int) {
	f.before, f.last, f.at, f.playing = f.before+f.last, frames, at, true
}

// packet waits for the n-th packet since the newest key, and gives its time.
func (f *follower) packet(n int) time.Time {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for came, since := 0, time.Now(); ; <-tick.C {
		all := f.c.wire.voices()
		if len(all) > f.base+n {
			return all[f.base+n].at
		}
		if len(all) != came {
			came, since = len(all), time.Now()
		}
		if time.Since(since) > 15*time.Second { // longer than any wait for a key
			f.c.faults = append(f.c.faults, fmt.Sprintf("what begins at %.1f s of the transcript has not come: %d packets, not %d", f.at.Seconds(), came, f.base+n))
			return time.Now()
		}
	}
}

// until waits for a moment of the transcript.
func (f *follower) until(at time.Duration) {
	from := f.pressed
	if f.playing {
		from = f.packet(f.before)
	}
	timer := time.NewTimer(time.Until(from.Add(at - f.at)))
	defer timer.Stop()
	<-timer.C
}

// keyed: a key was pressed now; cut is whether it cut short what was being said.
func (f *follower) keyed(at time.Duration, cut bool, press func()) {
	came, now := len(f.c.wire.voices()), time.Now()
	press()
	if f.playing && !cut && f.base+f.before+f.last > came {
		return // it is heard out all the same
	}
	f.base, f.before, f.last, f.playing, f.at, f.pressed = came, 0, 0, false, at, now
	if cut {
		f.base += 2 // on their way
	}
}

// cuts reports whether the key of a line cuts short what is said.
func (w walk) cuts(key int) bool {
	began, ends := time.Duration(0), time.Duration(0)
	for _, h := range w.happens[:key] {
		if len(h.heard) > 0 {
			began = h.at
			ends = h.at + w.lasts(h.heard)
		}
	}
	if w.happens[key].at >= ends-50*time.Millisecond || began == 0 && ends == 0 {
		return false
	}
	for _, h := range w.happens[key+1:] {
		if len(h.heard) > 0 || h.speaks || h.tried || h.ends {
			return h.at < ends-50*time.Millisecond
		}
	}
	return false
}

// frames is how many packets of 20 ms something takes.
func frames(d time.Duration) int { return int((d + 20*time.Millisecond - 1) / (20 * time.Millisecond)) }

// lasts is how long clips take.
func (w walk) lasts(names []string) (d time.Duration) {
	sounds, err := shipped()
	if err != nil {
		panic(err)
	}
	for _, name := range names {
		switch lang, id, _ := strings.Cut(name, "/"); name {
		case "H":
			d += w.speaks + margin
		case "pause":
			d += sounds.Clip("", name).Duration()
		default:
			d += sounds.Duration(lang, id)
		}
	}
	return d
}

// margin is what a recording keeps before the first word and after the last.
const margin = 300 * time.Millisecond

// crowds lets others fill a server's trunk to where it is a crowd: 4 of 5 calls.
func crowds(t *testing.T, s *server) {
	t.Helper()
	others := newActor(t, "others", s.net+".5", sim.Refuse(480))
	for i := range 4 {
		answered(t, s.rings(others, sim.Dial{From: fmt.Sprintf("+3161234600%d", i)}))
	}
}

// heardPCM is what the telephone wrote down of what it heard, and its rate.
func (c *caller) heardPCM() (pcm []int16, rate int) {
	c.t.Helper()
	files, err := filepath.Glob(filepath.Join(c.phone.cmd.Dir, "dump-*-dec.wav"))
	if err != nil || len(files) != 1 {
		c.t.Fatalf("baresip's recordings: %v, %v", files, err)
	}
	f, err := os.Open(files[0])
	if err != nil {
		c.t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // only read from
	rec, err := audio.ReadRecording(f, 10*time.Minute)
	if err != nil {
		c.t.Fatal(err)
	}
	return rec.PCM, rec.Rate
}
