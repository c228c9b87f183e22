package peers

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wissel/internal/audio"
)

// A turn is a walk with the codec and the keys of its telephone.
type turn struct {
	walk
	codec audio.Codec
	way   way
}

func (tu turn) String() string {
	return fmt.Sprintf("%s over %s, keys by %s", tu.name, tu.codec, tu.way)
}

// together is how many callers walk at a time: what two cores carry, each caller being a server and a telephone. 36 take three
// quarters of one; of 64 a telephone now and then loses frames, and walks again.
const together = 64

// Telephones walk the transcripts of the shipped flows, in both languages.
// FULL=1 walks each transcript with every codec and every way; without it each has one of both.
func TestTelephonesHearWhatTheTranscriptsSay(t *testing.T) {
	b := newBooth(t)
	can, cannot := walkable(walks(t))
	turns := turnsOf(can, os.Getenv("FULL") != "")
	var sum hearing
	sum.worst = 1
	var mu sync.Mutex
	var again int
	side := newSide(t, together)
	side.run("a voicemail in a customer's place, twice", voicemailTwice) // it waits for three minutes, and needs next to nothing
	for _, s := range spoils {
		side.run(s.name, func(t *testing.T) { b.spoilt(t, s) })
	}
	for _, tu := range turns {
		side.run(tu.String(), func(t *testing.T) {
			h, tries := b.fairly(t, tu)
			for _, f := range h.faults {
				t.Error(f)
			}
			mu.Lock()
			defer mu.Unlock()
			sum.add(h)
			again += tries - 1
		})
	}
	side.wait()
	row(t, "IVR", "the walk fails, and says so, with the clips of 12 and 21 swapped, with nl and en swapped, with a hole of 100 ms, a tail cut, and a gap of 80 ms")
	row(t, "IVR", "%d of %d walks of the shipped flows by baresip, in nl and en over PCMA, PCMU and G722 with keys by RFC 4733, INFO and in-band: %d clips whole and in their place, %d cut by a key and nowhere else; longest gap between clips %d ms, longest pause on the wire %d ms, a key acts within %d ms, least likeness %.2f; at most %d frames came before a telephone listened; %.0f minutes of sound; %d walks done again; %d in the transcripts alone: %s",
		len(turns), len(can), sum.clips, sum.cut, sum.gap.Milliseconds(), sum.late.Milliseconds(), sum.reacted.Milliseconds(), sum.worst, sum.missed, sum.sound.Minutes(), again, len(cannot), strings.Join(cannot, ", "))
}

// walkable parts the walks from those that another test is for: of one whom a colleague takes.
func walkable(all []walk) (can []walk, cannot []string) {
	for _, w := range all {
		if w.beyond == "" {
			can = append(can, w)
		} else {
			cannot = append(cannot, w.name+" ("+w.beyond+")")
		}
	}
	return can, cannot
}

func (h *hearing) add(o hearing) {
	h.clips, h.cut, h.sound = h.clips+o.clips, h.cut+o.cut, h.sound+o.sound
	h.missed = max(h.missed, o.missed)
	h.gap, h.reacted, h.late, h.worst = max(h.gap, o.gap), max(h.reacted, o.reacted), max(h.late, o.late), min(h.worst, o.worst)
}

// turnsOf gives the walks codecs and ways: all of them, or one each, so that within a language all nine pairs come round.
func turnsOf(all []walk, full bool) (turns []turn) {
	codecs, ways := []audio.Codec{audio.ALaw, audio.MuLaw, audio.G722}, []way{events, info, inBand}
	keyed := map[string]int{}
	for _, w := range all {
		for !w.takes(ways[keyed[w.language()]/3%3]) {
			keyed[w.language()] += 3
		}
		pairs := keyed[w.language()]
		switch {
		case full && w.keyed():
			for i := range 9 {
				if w.takes(ways[i/3]) {
					turns = append(turns, turn{w, codecs[i%3], ways[i/3]})
				}
			}
		case full:
			for _, c := range codecs {
				turns = append(turns, turn{w, c, events})
			}
		case w.keyed():
			turns = append(turns, turn{w, codecs[pairs%3], ways[pairs/3%3]})
			keyed[w.language()]++
		default:
			turns = append(turns, turn{w, codecs[len(turns)%3], events})
		}
	}
	// The longest first, so that none is left walking alone at the end.
	slices.SortStableFunc(turns, func(a, b turn) int { return int(b.lastAt() - a.lastAt()) })
	return turns
}

// takes reports whether a walk can be walked with a way: the hop's INFO take numbers of the telephone's own, so its BYE would be
// an old request (RFC 3261 §12.2.2).
func (w walk) takes(by way) bool { return by != info || !w.happens[len(w.happens)-1].hangs }

func (w walk) lastAt() time.Duration { return w.happens[len(w.happens)-1].at }

func TestEachCodecMeetsEachWayOfKeys(t *testing.T) {
	can, _ := walkable(walks(t))
	met := map[string]int{}
	for _, tu := range turnsOf(can, false) {
		if tu.keyed() {
			met[fmt.Sprint(tu.language(), tu.codec, tu.way)]++
		}
	}
	for pair, n := range met {
		if n < 2 {
			t.Errorf("%s is walked %d times; want two at least: write another transcript", pair, n)
		}
	}
	if len(met) != 2*9 {
		t.Errorf("pairs: %v", met)
	}
}

// A booth is what all walks share.
type booth struct {
	tap     *tap
	tones   tones
	witness witness

	starting chan struct{} // few at a time, since that is work, and others are on the telephone
}

func newBooth(t *testing.T) *booth {
	t.Helper()
	return &booth{startTap(t), makeTones(t), startWitness(t), make(chan struct{}, 2)}
}

// mostLate is how late the machine may be in a walk that is to show gaps of 60 ms.
const mostLate = 25 * time.Millisecond

// fairly walks until nothing was wrong, three times at most: what wissel says wrongly it says so each time, and a telephone that had to
// wait for the machine loses frames anywhere. What cannot be the machine's or the telephone's, a pause on the wire while neither was
// late, is a fault the first time.
func (b *booth) fairly(t *testing.T, tu turn) (h hearing, tries int) {
	t.Helper()
	for tries = 1; ; tries++ {
		from := time.Now()
		h = b.walks(t, tu)
		late := b.witness.between(from, time.Now())
		ours := h.late > time.Duration(mostGap/perMs)*time.Millisecond && late < mostLate
		if len(h.faults) == 0 || tries == 3 || ours {
			return h, tries
		}
		t.Logf("%d frames were missed, the machine was %v late, and the longest pause on the wire %v, so again; it was heard: %s",
			h.missed, late.Round(time.Millisecond), h.late.Round(time.Millisecond), strings.Join(h.faults, "; "))
	}
}

// walks lets a telephone walk once, against a server of its own, and judges what it heard. replace are pairs to replace in
// the settings, as serve has it.
func (b *booth) walks(t *testing.T, tu turn, replace ...string) hearing {
	t.Helper()
	b.starting <- struct{}{}
	started := sync.OnceFunc(func() { <-b.starting })
	defer started()
	s, live := b.serve(t, tu.walk, replace...)
	c := places(t, s, b.tap, b.tones, tu.walk, tu.codec, tu.way)
	c.hang = s.hang
	c.goes(func() {
		started()
		if tu.room {
			returns(t, s, tu.busy)
		}
	})
	var pcm []int16
	var rate int
	all := c.wire.voices()
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); { // both are written in blocks
		all = c.wire.voices()
		if pcm, rate = c.heardPCM(); len(pcm)*8000/rate == 160*len(all) {
			break
		}
		<-time.After(100 * time.Millisecond)
	}
	h := judge(t, tu.walk, all, pcm, rate, c.pressed, b.tones.said(t), live)
	h.faults = append(h.faults, c.faults...)
	c.phone.kill()
	if code := s.stop(); code != 0 {
		h.faults = append(h.faults, fmt.Sprintf("wissel ended with %d", code))
	}
	h.faults = append(h.faults, b.wished(s, tu.walk)...)
	if files, err := filepath.Glob(filepath.Join(c.phone.cmd.Dir, "*.wav")); err == nil {
		for _, f := range files { // hundreds of them are gigabytes
			_ = os.Remove(f)
		}
	}
	return h
}

// serve starts a server in which it is as the walk wants it. live are the sounds of a message that is live, as past has it.
func (b *booth) serve(t *testing.T, w walk, replace ...string) (s *server, live map[string][]int16) {
	t.Helper()
	s = &server{t: t, net: network(), dir: t.TempDir()}
	active := "active: storing"
	if w.turn { // in a zone of its own choice
		active += `
    hours: {open: "Mo-Su 00:00-24:00", zone: ` + w.zone().String() + `}`
	}
	if w.full { // not one can be made within the ten minutes that they are promised in
		active += `
    desk: {trunk: platform, queue: "7001"}
    callbacks: {each: 4h, horizon: 10m}`
	}
	if w.room {
		active = "active: normaal\n    handback: {calm: 1s}"
	}
	replace = append(replace, "active: normaal", active)
	if w.flow != "" {
		replace = append(replace, "storing: [flow:storing]", "storing: [flow:"+w.flow+"]")
	}
	switch others := `to: ["sip:NET.2:5060", "sip:NET.5:5060"], probe: {off: true}`; {
	case w.room: // it is gone until he listens, and offers are quick
		replace = append(replace, "normaal: [platform, reserve, flow:storing]", "normaal: [platform, flow:"+cmp.Or(w.flow, "storing")+"]",
			"drain: {max: 3s}", "drain: {max: 3s}\nhealth: {rise: 2, dwell: 1s}")
	case w.crowd:
		replace = append(replace, `to: ["sip:NET.2:5060"], probe: {off: true}`, others+`, limits: {calls: 5, cps: 30}`)
	case w.calls > 0 || w.place > 1:
		replace = append(replace, `to: ["sip:NET.2:5060"], probe: {off: true}`, others)
	}
	s.prepare(t, replace...)
	command := []string{binary, "serve", "--settings", s.file()}
	switch {
	case w.lost:
		command = s.full(command)
	case w.stuck:
		command = s.ownDisk(command)
	}
	s.launch(command...)
	urgent(s.process)
	if w.crowd {
		crowds(t, s)
	}
	if w.room {
		s.health("platform", "down")
	}
	return s, past(t, s, w)
}

// full puts the store on a disk that is full, and gives the command line that sees it so.
func (s *server) full(args []string) []string {
	s.t.Helper()
	store := filepath.Join(s.dir, "store")
	if err := os.Mkdir(store, 0o700); err != nil {
		s.t.Fatal(err)
	}
	holder := apart(s.t, "-m")
	must(s.t, "nsenter", "-t", holder, "-m", "mount", "-t", "tmpfs", "-o", "size=8m,mode=0777", "wissel-test", store)
	must(s.t, "nsenter", "-t", holder, "-m", "sh", "-c", "cat /dev/zero > "+store+"/filler 2>/dev/null; true")
	return within(holder, []string{"-m"}, args...)
}

// ownDisk puts the store on a disk of its own, which can be made to hang, and gives the command line that sees it.
func (s *server) ownDisk(args []string) []string {
	s.t.Helper()
	store, disk := filepath.Join(s.dir, "store"), filepath.Join(s.dir, "disk")
	if err := os.Mkdir(store, 0o700); err != nil {
		s.t.Fatal(err)
	}
	must(s.t, "truncate", "-s", "16M", disk)
	must(s.t, "mkfs.ext4", "-q", disk)
	s.disk = apart(s.t, "-m")
	must(s.t, "nsenter", "-t", s.disk, "-m", "sh", "-c", "mount -o loop "+disk+" "+store+" && chmod 0777 "+store)
	return within(s.disk, []string{"-m"}, args...)
}

// hang lets each write to the store's own disk wait, from now on and for so long. The disk comes back by itself, whatever becomes of
// the test, since what waits for it cannot be killed.
func (s *server) hang(long time.Duration) {
	s.t.Helper()
	store := filepath.Join(s.dir, "store")
	must(s.t, "nsenter", "-t", s.disk, "-m", "sh", "-c", fmt.Sprintf("fsfreeze -f %s; (sleep %.1f; fsfreeze -u %s) </dev/null >/dev/null 2>&1 &", store, long.Seconds(), store))
}

// wished compares the wishes that are kept with the transcript's.
func (b *booth) wished(s *server, w walk) (faults []string) {
	if w.lost || w.stuck || w.crowd || w.calls > 0 || w.place > 1 { // nothing can be; others wished too
		return nil
	}
	cdrs, wishes := s.records()
	if text, err := json.Marshal(cdrs); err != nil || w.hides != "" && strings.Contains(string(text), w.hides[1:]) {
		faults = append(faults, fmt.Sprintf("the number that he hides is in the call records: %s, %v", text, err))
	}
	var all []string
	for _, one := range wishes {
		text := string(one.Kind)
		switch {
		case string(one.Number) == w.from && w.from != "":
			text += " own"
		case one.Number != "":
			text += " " + string(one.Number)
		}
		if one.ByHand {
			text += " by hand"
		}
		if one.Hidden {
			text += " hidden"
		}
		all = append(all, text)
	}
	if got := strings.Join(all, ", "); got != w.wish {
		faults = append(faults, fmt.Sprintf("the wishes kept are %q, not %q", got, w.wish))
	}
	return faults
}
