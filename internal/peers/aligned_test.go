package peers

import (
	"fmt"
	"math"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"wissel/internal/audio"
)

// What a caller heard is judged on the time of the RTP timestamps, which is what a telephone plays by; each frame holds what
// baresip made of it. 8 samples are a millisecond.
const (
	perMs      = 8
	mostGap    = 60 * perMs
	leastAlike = 0.85 // correlation of the loudest piece of a clip
	pieceAlike = 0.7  // and of each other piece that is loud enough
	pieceLoud  = -42  // dBFS
	mostMissed = 10   // frames: what a telephone may take from the 200 to its first sound
	quiet      = -50  // dBFS: what is not to be heard
)

// hearing is the judgement of a walk.
type hearing struct {
	faults  []string
	clips   int           // found whole
	cut     int           // found up to the key that cut them short
	gap     time.Duration // the longest between two clips of one Play
	worst   float64       // the least likeness of a clip's loudest piece
	reacted time.Duration // the longest from a key to what it leads to
	late    time.Duration // the longest pause between two frames on the wire, where their timestamps have none
	sound   time.Duration
	missed  int // frames that came before the telephone listened; they are on the wire, and not in its recording
}

// listener goes through a transcript and a recording side by side.
type listener struct {
	hearing
	w       walk
	pcm     []int16   // on the line of time
	zero    time.Time // when its first sample went out
	said    []int16
	covered []bool // by 20 ms: something that belongs there
	began   int    // where the newest thing was found
	end     int    // and ends
	golden  time.Duration
	clipOf  func(name string) []int16
}

// judge compares what a caller heard with his transcript. pressed are the moments of his keys, and of his words; live are
// sounds that are heard in place of the shipped ones.
func judge(t *testing.T, w walk, all []packet, pcm []int16, rate int, pressed map[int]time.Time, said []int16, live map[string][]int16) hearing {
	t.Helper()
	l := &listener{w: w, said: said, clipOf: func(name string) []int16 {
		if pcm, ok := live[name]; ok {
			return pcm
		}
		return shippedPCM(t, name)
	}}
	l.worst = 1
	if len(all) == 0 {
		l.fault("nothing came")
		return l.hearing
	}
	if rate != 8000 {
		pcm = audio.Resample(pcm, rate, 8000)
	}
	l.lay(all, pcm)
	for i, h := range w.happens {
		switch {
		case len(h.heard) > 0:
			l.plays(i, h, pressed)
		case h.speaks:
			l.tone(h)
		case h.tried:
			l.rings(l.sample(pressed[i-1])) // the key that asked for it
		}
	}
	l.nothingElse()
	return l.hearing
}

func (l *listener) fault(format string, args ...any) {
	l.faults = append(l.faults, fmt.Sprintf(format, args...))
}

// lay puts each frame where its timestamp says.
func (l *listener) lay(all []packet, pcm []int16) {
	l.zero = all[0].at
	frames := 0
	for _, v := range all {
		frames += v.size
	}
	if lost := frames - len(pcm); lost >= 160 || lost < 0 {
		if l.missed = max(lost/160, 0); l.missed > mostMissed || lost < 0 {
			l.fault("the telephone wrote down %d samples of the %d that were sent to it", len(pcm), frames)
		}
		pcm = append(make([]int16, 160*l.missed), pcm...)
	}
	l.pcm = make([]int16, all[len(all)-1].pos+160+8000)
	l.covered = make([]bool, len(l.pcm)/160+1)
	at := 0
	for i, v := range all {
		if v.pos < 0 || v.pos+v.size > len(l.pcm) || i > 0 && int16(v.seq-all[i-1].seq) != 1 {
			l.fault("packet %d: number %d, time %d", i, v.seq, v.pos)
			return
		}
		if at < len(pcm) {
			copy(l.pcm[v.pos:v.pos+v.size], pcm[at:])
		}
		if at += v.size; i > 0 {
			step := time.Duration(v.pos-all[i-1].pos) * time.Second / 8000
			if step <= 40*time.Millisecond {
				l.late = max(l.late, v.at.Sub(all[i-1].at)-step)
			}
		}
	}
	l.sound = time.Duration(at) * time.Second / 8000
}

// sample is the place of a moment.
func (l *listener) sample(at time.Time) int { return int(at.Sub(l.zero).Seconds() * 8000) }

func (l *listener) seconds(at int) float64 { return float64(at) / 8000 }

// plays finds the clips of one Play, one behind the other.
func (l *listener) plays(i int, h happening, pressed map[int]time.Time) {
	from, to, key := l.window(i, h, pressed)
	cut := l.cutAt(i, h, pressed)
	if plays := l.w.plays(i); plays < l.w.lasts(h.heard) { // something else is said in its place, and nobody pressed a key
		cut = from + int(plays.Seconds()*8000) // from is 300 ms early: it begins a little later than told, and ends when told
	}
	at, pause, first := from, 0, true
	for _, name := range h.heard {
		if name == "pause" {
			pause += 160 * perMs
			continue
		}
		clip := l.clip(name)
		if !first {
			from, to = at+pause-200*perMs, at+pause+400*perMs
		}
		if cut > 0 && from > cut-100*perMs { // he pressed before it came
			break
		}
		place, alike := find(l.pcm, clip, max(from, 0), to, cut)
		if alike < leastAlike {
			l.fault("%s is not heard between %.2f and %.2f s: the likeness is %.2f at the most", name, l.seconds(from), l.seconds(to), alike)
			l.cover(from, to+len(clip))
			at, pause, first = max(from, 0)+len(clip)+200*perMs, 0, false
			continue
		}
		l.worst = min(l.worst, alike)
		if first {
			l.begins(h, place, key)
		} else {
			l.between(name, place-at-pause)
		}
		l.whole(name, clip, place, cut)
		if at, pause, first = place+len(clip), 0, false; name == "H" {
			pause = int(margin.Milliseconds()) * perMs
		}
	}
	l.end = at + pause
	if cut > 0 {
		l.end = min(l.end, cut)
		l.cover(cut, cut+500*perMs) // until the key is known for one
	}
}

func (l *listener) clip(name string) []int16 {
	if name == "H" {
		return l.said
	}
	return l.clipOf(name)
}

// window is where the first clip of a Play may begin. key is the place of the key that led to it, 0 when none did.
func (l *listener) window(i int, h happening, pressed map[int]time.Time) (from, to, key int) {
	for k := i - 1; k >= 0; k-- {
		before := l.w.happens[k]
		if before.key != 0 && h.at-before.at < 150*time.Millisecond {
			key = l.sample(pressed[k])
			return key - 20*perMs, key + 900*perMs, key
		}
		if len(before.heard) > 0 {
			break
		}
		if before.speaks { // when he fell silent is known to some tenths of a second
			at := l.began + int((h.at-l.golden).Seconds()*8000)
			return at - 500*perMs, at + 1200*perMs, 0
		}
	}
	if i == 0 {
		return -20 * perMs, 400 * perMs, 0
	}
	if before := l.w.happens[i-1]; before.key != 0 && l.w.stuck { // the store is waited for from there on
		at := l.sample(pressed[i-1]) + int((h.at-before.at).Seconds()*8000)
		return at - 300*perMs, at + 600*perMs, 0
	}
	at := l.began + int((h.at-l.golden).Seconds()*8000)
	return at - 300*perMs, at + 600*perMs, 0
}

// begins notes where a Play began.
func (l *listener) begins(h happening, place, key int) {
	l.began, l.golden = place, h.at
	if key != 0 {
		l.reacted = max(l.reacted, time.Duration(place-key)*time.Second/8000)
	}
}

// cutAt is where a key cuts a Play short, 0 when none does.
func (l *listener) cutAt(i int, h happening, pressed map[int]time.Time) int {
	for k := i + 1; k < len(l.w.happens); k++ {
		next := l.w.happens[k]
		switch {
		case len(next.heard) > 0 || next.speaks || next.tried || next.ends:
			return 0
		case next.hangs && next.at < h.at+l.w.lasts(h.heard)-50*time.Millisecond, next.key != 0 && l.w.cuts(k):
			return l.sample(pressed[k])
		}
	}
	return 0
}

// between looks at the gap before a clip.
func (l *listener) between(name string, gap int) {
	l.gap = max(l.gap, time.Duration(gap)*time.Second/8000)
	switch {
	case gap > mostGap:
		l.fault("a gap of %d ms before %s", gap/perMs, name)
	case gap < -10*perMs:
		l.fault("what comes before %s is cut by %d ms", name, -gap/perMs)
	}
}

// whole looks at each piece of a clip that was found, up to where it was cut.
func (l *listener) whole(name string, clip []int16, place, cut int) {
	const piece, slack = 50 * perMs, 3
	end := place + len(clip)
	if cut > 0 && end > cut-20*perMs {
		end = cut - 20*perMs
		l.cut++
	} else {
		l.clips++
	}
	l.cover(place, end)
	var lost []string
	for at := 0; at+piece <= len(clip) && place+at+piece+slack <= min(end+slack, len(l.pcm)); at += piece {
		part := clip[at : at+piece]
		if audio.Level(part) < pieceLoud || place+at < 160*l.missed {
			continue
		}
		best := -1.0
		for lag := -slack; lag <= slack; lag++ {
			if from := place + at + lag; from >= 0 {
				best = max(best, correlation(l.pcm[from:from+piece], part))
			}
		}
		if best < pieceAlike {
			lost = append(lost, fmt.Sprintf("%d ms (%.2f)", at/perMs, best))
		}
	}
	if len(lost) > 0 {
		l.fault("%s, heard at %.2f s, is not whole: %d pieces of 50 ms are something else, at %s", name, l.seconds(place), len(lost), strings.Join(lost[:min(len(lost), 4)], ", "))
	}
	if d := audio.Level(l.pcm[max(place, 0):max(place, 0, min(end, len(l.pcm)))]) - audio.Level(clip[:max(0, min(end-place, len(clip)))]); end-place > 200*perMs && math.Abs(d) > 3 {
		l.fault("%s, heard at %.2f s, is %.1f dB too loud", name, l.seconds(place), d)
	}
}

// find looks for the first loud piece of a clip, and so for the clip.
func find(pcm, clip []int16, from, to, cut int) (place int, alike float64) {
	const piece = 100 * perMs
	if len(clip) < piece {
		return from, 0
	}
	most := len(clip)
	if cut > 0 {
		most = min(most, max(cut-from, piece))
	}
	loud := 0
	for at := 0; at+piece <= most; at += piece / 2 {
		if energy(clip[at:at+piece]) > energy(clip[loud:loud+piece]) {
			loud = at
		}
	}
	want := clip[loud : loud+piece]
	for at := max(from, -loud); at <= to && at+loud+piece <= len(pcm); at++ {
		have := pcm[at+loud : at+loud+piece]
		if correlation(have[:piece/8], want[:piece/8]) < 0.4 {
			continue
		}
		if r := correlation(have, want); r > alike {
			place, alike = at, r
		}
	}
	return place, alike
}

// tone finds the tone after which he speaks.
func (l *listener) tone(h happening) {
	const block = 20 * perMs
	at := l.began + int((h.at-l.golden).Seconds()*8000)
	from, n := 0, 0
	for b := max(at-500*perMs, 0); b < at+1000*perMs && b+block <= len(l.pcm); b += block / 4 {
		if audio.Goertzel(l.pcm[b:b+block], 8000, 1000) > 0.8 {
			if n++; from == 0 {
				from = b
			}
		}
	}
	if d := n * 5; d < 360 || d > 440 {
		l.fault("the tone at %.2f s lasts %d ms, not 400", l.seconds(at), d)
	}
	if from != 0 {
		l.began, l.golden, l.end = from, h.at, from+400*perMs
		l.cover(from-20*perMs, from+420*perMs)
	}
}

// rings hears that it rings while he is tried at the platform: the ringing tone of Europe.
func (l *listener) rings(key int) {
	from, to := key+400*perMs, key+900*perMs
	if to > len(l.pcm) || audio.Goertzel(l.pcm[from:to], 8000, 425) < 0.8 {
		l.fault("at %.2f s he does not hear it ring", l.seconds(from))
	}
	l.cover(key, key+int(triesFor/time.Millisecond)*perMs)
}

// cover says that what is heard in between belongs there.
func (l *listener) cover(from, to int) {
	for b := max(0, (from-10*perMs)/160); b <= (to+10*perMs)/160 && b < len(l.covered); b++ {
		l.covered[b] = true
	}
}

// nothingElse: what belongs to nothing is silent.
func (l *listener) nothingElse() {
	for b := range l.covered {
		if l.covered[b] || (b+1)*160 > len(l.pcm) {
			continue
		}
		if level := audio.Level(l.pcm[b*160 : (b+1)*160]); level > quiet {
			l.fault("at %.2f s something is heard that belongs to nothing: %.0f dBFS", l.seconds(b*160), level)
			return
		}
	}
}

var wavs sync.Map

// shippedPCM is a clip ("nl/menu.text") as its file in the source has it, 8000 samples a second.
func shippedPCM(t *testing.T, name string) []int16 {
	t.Helper()
	if pcm, ok := wavs.Load(name); ok {
		return pcm.([]int16)
	}
	f, err := os.Open("../../prompts/languages/" + name + ".wav")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // only read from
	rec, err := audio.ReadRecording(f, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	pcm := audio.Resample(rec.PCM, rec.Rate, 8000)
	wavs.Store(name, pcm)
	return pcm
}
