package peers

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"wissel/internal/audio"
	"wissel/internal/web"
	"wissel/sip/sim"
)

// A past is what was before a walk's caller rings: others who asked for a callback, calls and wishes of his own, a message that
// went live since, and a time at which callbacks are expected to be made. live is the sound of that message, by the name of the
// clip that it is heard in place of.
func past(t *testing.T, s *server, w walk) (live map[string][]int16) {
	t.Helper()
	if w.calls == 0 && w.place < 2 {
		return nil
	}
	earlier := newActor(t, "earlier", s.net+".5", sim.Refuse(480))
	for i := range w.place - 1 {
		wants(t, s, earlier, fmt.Sprintf("+3161234600%d", i), "callback")
	}
	for i := range w.calls {
		wishes := w.asked[min(i, len(w.asked)):]
		if i < w.calls-1 { // what remains is asked for in the last
			wishes = wishes[:min(1, len(wishes))]
		}
		wants(t, s, earlier, w.from, wishes...)
	}
	if w.turn {
		at := time.Now().In(w.zone())
		at = time.Date(at.Year(), at.Month(), at.Day()+1, 10, 0, 0, 0, at.Location())
		if _, err := s.client.SetTurn(t.Context(), web.TurnRequest{Group: "support", At: at, Reason: "the desk is back then"}); err != nil {
			t.Fatal(err)
		}
	}
	if w.changed {
		return changes(t, s)
	}
	return nil
}

// wants rings, asks for wishes one after another, and hangs up when each is promised.
func wants(t *testing.T, s *server, from *actor, number string, wishes ...string) {
	t.Helper()
	keys := map[string]string{"text": "11", "callback": "21"}
	d := sim.Dial{From: number}
	for i, wish := range wishes { // the next once the one before is promised
		d.Keys = append(d.Keys, sim.Keys{After: 300*time.Millisecond + time.Duration(i)*8*time.Second, Digits: keys[wish]})
	}
	c := s.rings(from, d)
	answered(t, c)
	for _, wish := range wishes {
		eventually(t, 20*time.Second, "a promise of "+wish, func() bool { return c.ear.heard(clip(t, wish+".done")) })
	}
	c.Hangup("")
	over(t, c, 5*time.Second)
}

// changes puts a message live, in each language the standing wording backwards: as long and as loud, so that all else of a
// transcript stays, and another sound.
func changes(t *testing.T, s *server) map[string][]int16 {
	t.Helper()
	live := map[string][]int16{}
	var drafts []string
	for _, lang := range []string{"nl", "en"} {
		backwards := slices.Clone(shippedPCM(t, lang+"/outage.message"))
		slices.Reverse(backwards)
		var wav bytes.Buffer
		if err := audio.WriteWAV(&wav, backwards, 8000); err != nil {
			t.Fatal(err)
		}
		d, err := s.client.DraftMessage(t.Context(), "support", lang, &wav)
		if err != nil {
			t.Fatal(err)
		}
		drafts = append(drafts, d.ID)
	}
	done, err := s.client.LiveMessage(t.Context(), web.MessageRequest{Group: "support", Drafts: drafts, Reason: "ticket 4711"})
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []string{"nl", "en"} {
		sound, err := s.client.MessageSound(t.Context(), done.Message.ID, lang)
		if err != nil {
			t.Fatal(err)
		}
		pcm, rate, err := audio.ReadWAV(bytes.NewReader(sound))
		if err != nil {
			t.Fatal(err)
		}
		live[lang+"/outage.message"] = audio.Resample(pcm, rate, 8000)
		if d := len(live[lang+"/outage.message"]) - len(shippedPCM(t, lang+"/outage.message")); d < -800 || d > 800 {
			t.Errorf("the message in %s is %d ms longer than the standing wording: transcripts no longer fit it", lang, d/perMs)
		}
	}
	return live
}

// triesFor is how long a platform without a free colleague takes to say so, by the transcripts.
const triesFor = 2 * time.Second

// returns lets the platform be there again. busy: it takes nobody.
func returns(t *testing.T, s *server, busy bool) {
	t.Helper()
	does := sim.Answer(0)
	if busy {
		does = sim.Behaviour{Replies: []sim.Reply{{After: triesFor, Status: 480}}}
	}
	newActor(t, "platform", s.platform(), does)
	s.health("platform", "up")
}

// zone is where the desk of a walk's group is: where it is not midnight while he calls, so that tomorrow stays tomorrow.
func (w walk) zone() *time.Location {
	for _, name := range []string{"Europe/Amsterdam", "Asia/Tokyo"} {
		if zone, err := time.LoadLocation(name); err == nil && time.Now().In(zone).Hour() < 23 {
			return zone
		}
	}
	panic("the zones of Amsterdam and Tokyo are not known here")
}
