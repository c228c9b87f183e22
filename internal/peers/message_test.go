package peers

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wissel/internal/audio"
	"wissel/internal/web"
	"wissel/sip/sim"
)

// whole reports whether all of a clip has come, without a gap or anything between.
func (e *ear) whole(clip *audio.Clip) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return bytes.Contains(e.voice, clip.Bytes[audio.ALaw])
}

// saying is a recording of sentences one after another.
func saying(t *testing.T, ids ...string) []byte {
	t.Helper()
	var pcm []int16
	for _, id := range ids {
		pcm = append(pcm, audio.DecodeG722(clip(t, id).Bytes[audio.G722])...)
	}
	var b bytes.Buffer
	if err := audio.WriteWAV(&b, pcm, 16000); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// goesLive puts a recording live and gives its sound as callers get it.
func (s *server) goesLive(wav []byte) (*audio.Clip, error) {
	s.t.Helper()
	d, err := s.client.DraftMessage(s.t.Context(), "support", "nl", bytes.NewReader(wav))
	if err != nil {
		s.t.Fatal(err)
	}
	done, err := s.client.LiveMessage(s.t.Context(), web.MessageRequest{Group: "support", Drafts: []string{d.ID}, Reason: "ticket 4711"})
	if err != nil {
		return nil, err
	}
	sound, err := s.client.MessageSound(s.t.Context(), done.Message.ID, "nl")
	if err != nil {
		s.t.Fatal(err)
	}
	pcm, rate, err := audio.ReadWAV(bytes.NewReader(sound))
	if err != nil {
		s.t.Fatal(err)
	}
	return audio.MakeClip("message", pcm, rate), nil
}

// TestTheMessageChangesWhileCallersListen: who listens hears the former whole, the next caller the new one; one that the disk has no
// room for is refused, and the former stays; what was live is live after a kill -9; and past its end callers hear the standing wording.
func TestTheMessageChangesWhileCallersListen(t *testing.T) {
	t.Parallel()
	s := &server{t: t, net: network(), dir: t.TempDir()}
	s.prepare(t, "normaal: [platform, reserve, flow:storing]", "normaal: [flow:storing]")
	store := filepath.Join(s.dir, "store")
	if err := os.Mkdir(store, 0o700); err != nil {
		t.Fatal(err)
	}
	holder := apart(t, "-m")
	run := func(args ...string) string {
		return must(t, append([]string{"nsenter", "-t", holder, "-m"}, args...)...)
	}
	run("mount", "-t", "tmpfs", "-o", "size=8m,mode=0777", "wissel-test", store)
	serve := func() { s.launch(within(holder, []string{"-m"}, binary, "serve", "--settings", s.file())...) }
	serve()
	carrier := newActor(t, "carrier", s.carrier(), sim.Refuse(480))
	standing := clip(t, "outage.message")
	hears := func(from string, what string, one *audio.Clip, others ...*audio.Clip) talk {
		t.Helper()
		c := s.rings(carrier, sim.Dial{From: from})
		eventually(t, 40*time.Second, from+" hears "+what+" whole", func() bool { return c.ear.whole(one) })
		for _, other := range others {
			if c.ear.heard(other) {
				t.Errorf("%s heard something else as well", from)
			}
		}
		c.Hangup("")
		over(t, c, 5*time.Second)
		return c
	}

	former, err := s.goesLive(saying(t, "callback.ask", "text.invalid", "goodbye.silent"))
	if err != nil {
		t.Fatal(err)
	}
	listens := s.rings(carrier, sim.Dial{From: "+31612345001"})
	eventually(t, 20*time.Second, "he hears the former begin", func() bool { return listens.ear.heard(former) })
	now, err := s.goesLive(saying(t, "speak.nothing", "text.done"))
	if err != nil {
		t.Fatal(err)
	}
	if listens.ear.whole(former) {
		t.Error("the former was out before the new one was live: nothing is proved")
	}
	eventually(t, 40*time.Second, "he hears the former to its end", func() bool { return listens.ear.whole(former) })
	if listens.ear.heard(now) || listens.ear.heard(standing) {
		t.Error("he who listened heard something else too")
	}
	hears("+31612345002", "the new one", now, former, standing)

	run("sh", "-c", "cat /dev/zero > "+store+"/filler 2>/dev/null; true")
	_, err = s.goesLive(saying(t, "callback.ask"))
	var fault *web.Fault
	if !errors.As(err, &fault) || fault.Code != http.StatusInsufficientStorage || !strings.Contains(fault.Why, "no space left") || !strings.Contains(fault.Why, "stays live") {
		t.Errorf("on a full disk: %v", err)
	}
	hears("+31612345003", "the new one still", now, former, standing)
	run("rm", store+"/filler")
	s.stored(true, 15*time.Second)
	if left := strings.Fields(run("ls", store+"/messages")); len(left) != 2 {
		t.Errorf("sounds on disk: %v, want those of the two that were live", left)
	}

	listens.Hangup("")
	over(t, listens, 5*time.Second)
	s.kill()
	serve()
	hears("+31612345004", "what was live before the kill", now, former, standing)
	end := time.Now().Add(2 * time.Second)
	if _, err := s.client.ExtendMessage(t.Context(), web.MessageRequest{Group: "support", Until: end, Reason: "nearly over"}); err != nil {
		t.Fatal(err)
	}
	eventually(t, 20*time.Second, "people are told that its end has passed", func() bool {
		st, err := s.client.Status(t.Context())
		return err == nil && strings.Contains(strings.Join(st.Alarms, "\n"), "was to end at")
	})
	hears("+31612345005", "the standing wording", standing, now)
	clean(t, carrier)
	if code := s.stop(); code != 0 {
		t.Errorf("wissel ended with %d", code)
	}
	row(t, "F36", "a message changed while a caller listens: he hears the former whole, the next the new one, all bytes in order; on a full disk the change is refused and the old one stays; live after kill -9; past its end the standing wording")
}
