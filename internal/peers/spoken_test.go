package peers

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wissel/sip/sim"
)

// spokenFlow asks each caller to speak, at once.
const spokenFlow = `
flow: spoken
start: speak
languages:
  - {id: nl, key: "1", prefixes: ["+31"]}
steps:
  speak:
    record: {play: [speak.ask], silence: [speak.nothing], review: [speak.review], wrong: [key.wrong], longest: 1m, tries: 2, after: goodbye, next: spoken, failed: [speak.failed], else: goodbye}
  spoken:
    wish: {kind: by-hand, saving: [wish.saving], done: [speak.done], next: goodbye, failed: [wish.failed], else: goodbye, after: goodbye}
  goodbye:
    end: {play: [goodbye.silent], reason: he is done}
`

// speaks is a caller who has said something for five seconds and ends it with a key, and presses none after that.
func (s *server) speaks(a *actor, from string) talk {
	s.t.Helper()
	begins := clip(s.t, "speak.ask").Duration() + 400*time.Millisecond // the tone
	return s.rings(a, sim.Dial{From: from, Plays: sim.Answers{Hz: 440}, Keys: []sim.Keys{{After: begins + 5*time.Second, Digits: "#"}}})
}

// told waits until a caller has heard what became of what he said.
func told(t *testing.T, c talk) (promised, refused bool) {
	t.Helper()
	done, failed := clip(t, "speak.done"), clip(t, "wish.failed")
	eventually(t, 40*time.Second, "the caller hears what became of what he said", func() bool {
		promised, refused = c.ear.heard(done), c.ear.heard(failed)
		return promised || refused
	})
	return promised, refused
}

// The disk fills up while two callers speak: once wholly, once so that half a recording would fit. Both hear the truth and
// nothing of them stays; others are taken; once there is room again, what is said is kept.
func TestADiskThatFillsUpDuringARecording(t *testing.T) {
	t.Parallel()
	s := &server{t: t, net: network(), dir: t.TempDir()}
	s.prepare(t, "store: DIR/store", "store: DIR/store\nflows: [DIR/spoken.yaml]", "normaal: [platform, reserve, flow:storing]", "normaal: [flow:spoken]")
	write(t, s.dir, "spoken.yaml", spokenFlow)
	store := filepath.Join(s.dir, "store")
	if err := os.Mkdir(store, 0o700); err != nil {
		t.Fatal(err)
	}
	holder := apart(t, "-m")
	run := func(args ...string) string {
		return must(t, append([]string{"nsenter", "-t", holder, "-m"}, args...)...)
	}
	run("mount", "-t", "tmpfs", "-o", "size=8m,mode=0777", "wissel-test", store)
	s.launch(within(holder, []string{"-m"}, binary, "serve", "--settings", s.file())...)
	carrier := newActor(t, "carrier", s.carrier(), sim.Refuse(480))
	files := func() []string { return strings.Fields(run("sh", "-c", "ls "+store+"/recordings 2>/dev/null; true")) }
	ask := clip(t, "speak.ask")
	for i, fill := range []string{"cat /dev/zero > " + store + "/filler 2>/dev/null; true", "cat /dev/zero > " + store + "/filler 2>/dev/null; truncate -s -48K " + store + "/filler"} {
		var both [2]talk
		for k := range both {
			both[k] = s.speaks(carrier, fmt.Sprintf("+316123450%d%d", i, k))
		}
		for _, c := range both {
			answered(t, c)
			eventually(t, 20*time.Second, "he speaks", func() bool { return time.Since(c.Record().Answered) > ask.Duration()+2*time.Second })
		}
		run("sh", "-c", fill)
		for k, c := range both {
			if promised, refused := told(t, c); promised || !refused {
				t.Errorf("disk %d, caller %d heard a promise: %v, the truth: %v", i, k, promised, refused)
			}
		}
		if left := files(); len(left) != 0 {
			t.Errorf("disk %d: left behind: %v", i, left)
		}
		other := s.rings(carrier, sim.Dial{From: "+31612345099"})
		eventually(t, 10*time.Second, "another caller is asked to speak", func() bool { return other.ear.heard(ask) })
		for _, c := range []talk{both[0], both[1], other} {
			c.Hangup("")
			over(t, c, 5*time.Second)
		}
		run("rm", store+"/filler")
		s.stored(true, 15*time.Second)
	}
	c := s.speaks(carrier, "+31612345020")
	if promised, _ := told(t, c); !promised {
		t.Error("no promise after there was room again")
	}
	c.Hangup("")
	over(t, c, 5*time.Second)
	left := files()
	all, err := s.client.Recordings(t.Context())
	if err != nil || len(all) != 1 || all[0].State != "waiting" || len(left) != 1 || left[0] != all[0].ID+".wav" {
		t.Errorf("files %v; recordings %+v, %v", left, all, err)
	}
	clean(t, carrier)
	if code := s.stop(); code != 0 {
		t.Errorf("wissel ended with %d", code)
	}
	row(t, "F19", "a tmpfs of 8 MB that fills up while callers speak, wholly and to 48 KB: 4 of 4 hear the truth, 0 files of theirs, others are asked to speak; room again: kept")
}
