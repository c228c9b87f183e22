package app_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/internal/app"
	"wissel/internal/audio"
	"wissel/internal/web"
	"wissel/prompts"
	"wissel/sip/sim/simtest"
)

// voice is a shipped sentence as a WAV of 16 kHz.
func voice(t *testing.T, id string) []byte {
	t.Helper()
	sounds, err := prompts.Open("")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := audio.WriteWAV(&b, audio.DecodeG722(sounds.Clip("nl", id).Bytes[audio.G722]), 16000); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// draft sends a sentence as the message of support in a language.
func draft(t *testing.T, op web.Messages, lang, of string) string {
	t.Helper()
	d, err := op.DraftMessage(t.Context(), "support", lang, bytes.NewReader(voice(t, of)))
	if err != nil || d.LengthMS < 500 || d.Loudness < -20 || d.Loudness > -18 {
		t.Fatalf("%+v, %v", d, err)
	}
	return d.ID
}

func codeOf(err error) int {
	var f *web.Fault
	if errors.As(err, &f) {
		return f.Code
	}
	return 0
}

// A message lives from its recording to its end: put live, changed, kept over restarts, moved, ended, and each of it audited
// without a word of it.
func TestAMessageLives(t *testing.T) {
	o := begin(t)
	a, stop := run(t, o)
	soon := time.Now().Add(time.Hour).Truncate(time.Second)
	text := "We werken aan het herstel. Toets 1."
	put := func(r web.MessageRequest) (web.MessageSet, error) {
		r.Group = "support"
		return a.LiveMessage(t.Context(), r, anna)
	}
	if _, err := put(web.MessageRequest{Reason: "x"}); codeOf(err) != http.StatusBadRequest {
		t.Errorf("without a sound: %v", err)
	}
	if _, err := put(web.MessageRequest{Drafts: []string{"none"}, Reason: "x"}); codeOf(err) != http.StatusGone {
		t.Errorf("a draft that is not there: %v", err)
	}
	first := draft(t, a, "nl", "goodbye")
	for why, r := range map[string]web.MessageRequest{
		"no reason":      {Drafts: []string{first}},
		"past":           {Drafts: []string{first}, Reason: "x", Until: time.Now().Add(-time.Minute)},
		"no language":    {Drafts: []string{first}, Reason: "x", Texts: map[string]string{"xx": "?"}},
		"two recordings": {Drafts: []string{first, first}, Reason: "x"},
		"a long text":    {Drafts: []string{first}, Reason: "x", Texts: map[string]string{"nl": strings.Repeat("a", 1001)}},
	} {
		if _, err := put(r); codeOf(err) != http.StatusBadRequest {
			t.Errorf("%s: %v", why, err)
		}
	}
	if _, err := a.EndMessage(t.Context(), web.MessageRequest{Group: "support", Reason: "x"}, anna); codeOf(err) != http.StatusConflict {
		t.Errorf("ending nothing: %v", err)
	}
	r := web.MessageRequest{Drafts: []string{first}, Texts: map[string]string{"nl": text}, Until: soon, Next: 3700, Reason: "ticket 1", Check: true}
	if s, err := put(r); err != nil || len(s.Warnings) == 0 {
		t.Errorf("%+v, %v", s, err)
	}
	if all, err := a.Messages(t.Context(), "support", 0); err != nil || len(all) != 0 {
		t.Errorf("only looked at, and there is %+v, %v", all, err)
	}
	r.Check = false
	one, err := put(r)
	if err != nil || one.Message.State != "live" || one.Before != "none" || len(one.Notes) > 0 {
		t.Fatalf("%+v, %v", one, err)
	}
	if all := strings.Join(one.Warnings, "\n"); !strings.Contains(all, "1h01m away") || !strings.Contains(all, "no sound in language en") || !strings.Contains(all, "in language nl: it does not say until when") {
		t.Errorf("warned of:\n%s", all)
	}
	two, err := put(web.MessageRequest{Drafts: []string{draft(t, a, "nl", "menu.text"), draft(t, a, "en", "goodbye")}, Until: soon, Reason: "ticket 2"})
	if err != nil || !strings.HasPrefix(two.Before, "live ("+one.Message.ID) {
		t.Fatalf("%+v, %v", two, err)
	}
	stop()

	a, stop = run(t, o)
	all, err := a.Messages(t.Context(), "support", 0)
	if err != nil || len(all) != 2 || all[0].ID != two.Message.ID || all[0].State != "live" || len(all[0].Said) != 2 || all[1].State != "ended" || all[1].By != "anna" || !all[1].Ended.Equal(all[0].Live) {
		t.Fatalf("after a restart: %+v, %v", all, err)
	}
	for _, m := range all {
		wav, err := a.MessageSound(t.Context(), m.ID, "nl")
		if pcm, rate, bad := audio.ReadWAV(bytes.NewReader(wav)); err != nil || bad != nil || rate != 16000 || int64(len(pcm)/16)-m.Said[len(m.Said)-1].LengthMS > 1 {
			t.Errorf("the sound of %s: %v, %v", m.ID, err, bad)
		}
	}
	if _, err := a.MessageSound(t.Context(), two.Message.ID, "fy"); codeOf(err) != http.StatusNotFound {
		t.Error(err)
	}
	later := soon.Add(time.Hour)
	if s, err := a.ExtendMessage(t.Context(), web.MessageRequest{Group: "support", Until: later, Reason: "ticket 2"}, anna); err != nil || !s.Message.Until.Equal(later) || s.Message.Reason != "ticket 2" {
		t.Errorf("%+v, %v", s, err)
	}
	if s, err := a.EndMessage(t.Context(), web.MessageRequest{Group: "support", Reason: "over"}, anna); err != nil || s.Message.State != "ended" {
		t.Errorf("%+v, %v", s, err)
	}
	stop()

	a, _ = run(t, o)
	if all, err := a.Messages(t.Context(), "", 1); err != nil || len(all) != 1 || all[0].State != "ended" || !all[0].Until.Equal(later) {
		t.Errorf("after another restart: %+v, %v", all, err)
	}
	rows, err := a.Audit(t.Context(), time.Time{}, 0)
	var did []string
	for _, r := range rows {
		did = append(did, strings.Join([]string{r.What, r.Who, r.Why, r.After}, " "))
	}
	log := strings.Join(did, "\n")
	for _, want := range []string{"message-live anna ticket 1 live (", "nl 2.6s ", "text of 35 characters", "message-extend anna ticket 2", "message-end anna over ended ("} {
		if err != nil || !strings.Contains(log, want) {
			t.Errorf("the audit log has no %q, %v:\n%s", want, err, log)
		}
	}
	if strings.Contains(log, "werken") {
		t.Errorf("the audit log says the message:\n%s", log)
	}
}

// What was said on a telephone goes the way of a file.
func TestOneRecordingPath(t *testing.T) {
	a, _ := run(t, begin(t))
	pcm, rate, err := audio.ReadWAV(bytes.NewReader(voice(t, "goodbye")))
	if err != nil {
		t.Fatal(err)
	}
	narrow := audio.Resample(pcm, rate, 8000)
	alaw := make([]byte, len(narrow))
	if _, err := audio.EncodeALaw(alaw, narrow); err != nil {
		t.Fatal(err)
	}
	mulaw := make([]byte, len(narrow))
	if _, err := audio.EncodeMuLaw(mulaw, narrow); err != nil {
		t.Fatal(err)
	}
	for _, s := range []audio.Sound{{Codec: audio.ALaw, Bytes: alaw}, {Codec: audio.MuLaw, Bytes: mulaw}, {Codec: audio.G722, Bytes: audio.EncodeG722(pcm)}} {
		d, err := a.RecordMessage("support", "nl", s.Recording())
		if err != nil || d.Sound.Loudness < -20 || d.Sound.Loudness > -18 || d.Sound.Peak > -3 || d.Clip.Duration() < time.Second {
			t.Errorf("codec %v: %+v, %v", s.Codec, d, err)
		}
	}
	for name, s := range map[string]audio.Sound{"nothing": {}, "silence": {Codec: audio.ALaw, Bytes: bytes.Repeat([]byte{0xd5}, 16000)}} {
		if _, err := a.RecordMessage("support", "nl", s.Recording()); codeOf(err) != http.StatusUnprocessableEntity || !strings.Contains(err.Error(), "silence") {
			t.Errorf("%s: %v", name, err)
		}
	}
	loud := audio.Tone(2*time.Second, 8000, 3, 300) // past what A-law can hold
	if _, err := audio.EncodeALaw(alaw[:8000], loud[:8000]); err != nil {
		t.Fatal(err)
	}
	if _, err := a.RecordMessage("support", "nl", audio.Sound{Codec: audio.ALaw, Bytes: alaw[:8000]}.Recording()); err == nil || !strings.Contains(err.Error(), "clipped") {
		t.Errorf("a clipped voice: %v", err)
	}
	if _, err := a.RecordMessage("suport", "nl", audio.Recording{Rate: 8000}); codeOf(err) != http.StatusNotFound {
		t.Error(err)
	}
	if _, err := a.RecordMessage("support", "nl", audio.Recording{Rate: 8000, PCM: make([]int16, 8000*200)}); err == nil || !strings.Contains(err.Error(), "3m0s") {
		t.Error(err)
	}
}

// A sound that was lost or altered on disk is not played: callers hear the standing wording, and people are told.
func TestAMessageWithoutItsSound(t *testing.T) {
	o := begin(t)
	a, stop := run(t, o)
	done, err := a.LiveMessage(t.Context(), web.MessageRequest{Group: "support", Drafts: []string{draft(t, a, "nl", "goodbye")}, Reason: "x"}, anna)
	if err != nil {
		t.Fatal(err)
	}
	stop()
	file := filepath.Join(filepath.Dir(o.File), "store", "messages", done.Message.ID+".nl.wav")
	wav, err := os.ReadFile(file)
	if err != nil || hex.EncodeToString(wav[:4]) != "52494646" {
		t.Fatal(err)
	}
	wav[5000]++
	if err := os.WriteFile(file, wav, 0o600); err != nil {
		t.Fatal(err)
	}
	a, _ = run(t, o)
	if all := strings.Join(a.Status(t.Context()).Alarms, "\n"); !strings.Contains(all, "is lost, and callers hear the standing wording") {
		t.Errorf("alarms:\n%s", all)
	}
}

// Nobody looks after a message: people are told, and no more once somebody has.
func TestAMessageThatNobodyLooksAfter(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		n.Plan("flow:storing")
		n.Phone("caller")
		n.Start()
		op, by := n.Operator(), web.Actor{Who: "anna", From: "test"}
		alarm := func(want string) {
			t.Helper()
			<-time.After(10 * time.Second)
			all := strings.Join(op.Status(t.Context()).Alarms, "\n")
			for _, one := range []string{"was to end at", "were to hear more at"} {
				if strings.Contains(all, one) != (one == want) {
					t.Errorf("want %q, the alarms are:\n%s", want, all)
				}
			}
		}
		state := func(want string) {
			t.Helper()
			if all, err := op.Messages(t.Context(), "support", 1); err != nil || all[0].State != want {
				t.Errorf("%+v, %v; want %s", all, err, want)
			}
		}
		put := func(until time.Time) {
			t.Helper()
			if _, err := op.LiveMessage(t.Context(), web.MessageRequest{Group: "support", Drafts: []string{draft(t, op, "nl", "goodbye")}, Until: until, Reason: "x"}, by); err != nil {
				t.Fatal(err)
			}
		}
		extend := func(until time.Time) error {
			_, err := op.ExtendMessage(t.Context(), web.MessageRequest{Group: "support", Until: until, Reason: "it takes longer"}, by)
			return err
		}
		put(time.Now().Add(time.Hour))
		alarm("")
		<-time.After(30 * time.Minute)
		alarm("were to hear more at")
		state("live")
		if err := extend(time.Time{}); err != nil { // it still holds
			t.Error(err)
		}
		alarm("")
		<-time.After(30 * time.Minute)
		alarm("was to end at")
		state("lapsed")
		if err := extend(time.Time{}); codeOf(err) != http.StatusBadRequest {
			t.Errorf("one whose end has passed, without another: %v", err)
		}
		if err := extend(time.Now().Add(20 * time.Minute)); err != nil {
			t.Error(err)
		}
		alarm("")
		state("live")
		<-time.After(20 * time.Minute)
		alarm("was to end at")
		put(time.Time{}) // a new one
		alarm("")
		<-time.After(31 * time.Minute)
		alarm("were to hear more at")
		if _, err := op.EndMessage(t.Context(), web.MessageRequest{Group: "support", Reason: "over"}, by); err != nil {
			t.Error(err)
		}
		alarm("")
		line, err := op.Timeline(t.Context(), time.Time{}, "support", 0)
		if err != nil {
			t.Fatal(err)
		}
		lapsed := 0
		for _, e := range line.Moments {
			if e.Kind == string(wissel.DecidedMessage) && strings.Contains(e.Why, "its expected end passed") {
				lapsed++
			}
		}
		if lapsed != 2 {
			t.Errorf("%d of 2 ends that passed are in the timeline: %+v", lapsed, line.Moments)
		}
	})
}

var _ web.Messages = (*app.App)(nil)

// A text that is kept, or stays while the end moves, is told of at the act when it speaks of the old end, with its words and both times.
func TestAKeptTextAndANewEnd(t *testing.T) {
	o := begin(t)
	a, stop := run(t, o)
	defer stop()
	soon, later := time.Now().Add(time.Hour), time.Now().Add(3*time.Hour)
	put := func(r web.MessageRequest) []string {
		t.Helper()
		r.Group, r.Reason = "support", "ticket 1"
		s, err := a.LiveMessage(t.Context(), r, anna)
		if err != nil {
			t.Fatal(err)
		}
		return s.Warnings
	}
	tells := func(warnings []string) bool {
		return slices.ContainsFunc(warnings, func(w string) bool {
			return strings.HasPrefix(w, "the text in nl stays, and speaks of ") && strings.Contains(w, `("We verwachten dat het binnen een uur is opgelost. Toets 1.")`) && strings.Contains(w, "though the end is now ")
		})
	}
	text := map[string]string{"nl": "We verwachten dat het binnen een uur is opgelost. Toets 1."}
	if w := put(web.MessageRequest{Drafts: []string{draft(t, a, "nl", "goodbye")}, Texts: text, Until: soon}); tells(w) {
		t.Errorf("as it goes live it is warned of %q", w)
	}
	if w := put(web.MessageRequest{Drafts: []string{draft(t, a, "en", "goodbye")}, Keep: []string{"nl"}, Until: soon}); tells(w) {
		t.Errorf("with the same end it is warned of %q", w)
	}
	if w := put(web.MessageRequest{Drafts: []string{draft(t, a, "en", "goodbye")}, Keep: []string{"nl"}, Until: later}); !tells(w) {
		t.Errorf("with another end it is warned of %q", w)
	}
	if s, err := a.ExtendMessage(t.Context(), web.MessageRequest{Group: "support", Until: soon, Reason: "sooner"}, anna); err != nil || tells(s.Warnings) {
		t.Errorf("as the end is again what it says: %q, %v", s.Warnings, err)
	}
	if s, err := a.ExtendMessage(t.Context(), web.MessageRequest{Group: "support", Until: later, Reason: "longer"}, anna); err != nil || !tells(s.Warnings) {
		t.Errorf("as the end moves it is warned of %q, %v", s.Warnings, err)
	}
}
