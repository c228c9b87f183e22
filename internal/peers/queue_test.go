package peers

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/internal/audio"
	"wissel/internal/web"
)

// Twenty who are owed a callback ring again. The platform answers each at once, and plays music; they give up after a minute. That is twice
// as long as helps where people answer, and helps nobody in a queue.
func TestWhoGivesUpInAQueueIsStillCalledBack(t *testing.T) {
	t.Parallel()
	const waits = 20
	side := newSide(t, 2)
	for _, c := range []struct {
		name, trunk string
		left        int
	}{
		{"a queue that answers", `["sip:NET.3:5060"]`, waits},
		{"people who answer", `["sip:NET.3:5060"], person: true`, 0},
	} {
		side.run(c.name, func(t *testing.T) {
			s := &server{t: t, net: network(), dir: t.TempDir()}
			s.prepare(t, `["sip:NET.3:5060"]`, c.trunk, "    plans:\n", "    callbacks: {through: 30s}\n    plans:\n")
			wishes := make([]wissel.Wish, waits)
			for i := range wishes { // the first of callers.csv
				wishes[i] = wissel.Wish{Kind: wissel.WishCallback, Number: wissel.Number(fmt.Sprintf("+3161234%04d", i)), Group: "support", Language: "nl", At: time.Now().Add(-time.Hour)}
			}
			wishAll(t, filepath.Join(s.dir, "store"), wishes...)
			music := write(t, s.dir, "music.al", aLaw(t, audio.Tone(time.Second, 8000, -12, 440)))
			platform := uas(t, s.platform(), "u1", "answer.xml", `<recv request="ACK"/>`, `<recv request="ACK"/><nop><action><exec rtp_stream="`+music+`,-1,8"/></action></nop>`,
				"[media_port]", "[rtpstream_audio_port]")
			s.restart()
			s.health("platform", "up")
			callers := sipp(t, "uac_voice.xml", []string{"VOICE", music, `milliseconds="4000"`, `milliseconds="60000"`},
				s.wissel()+":5060", "-s", number, "-i", s.carrier(), "-p", "5060", "-t", "u1", "-inf", "callers.csv", "-m", fmt.Sprint(waits), "-l", fmt.Sprint(waits), "-r", "10", "-timeout", "110")
			callers.wait(100 * time.Second)
			if n := statistic(t, callers, "SuccessfulCall(C)"); n != waits {
				t.Errorf("%d of %d calls went as they should", n, waits)
			}
			s.idle(10 * time.Second)
			left := func() (n int) {
				all, err := s.client.Callbacks(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range all {
					if c.State == "noted" {
						n++
					}
				}
				return n
			}
			eventually(t, 5*time.Second, fmt.Sprintf("%d callbacks are left", c.left), func() bool { return left() == c.left })
			settle(t, platform)
			if code := s.stop(); code != 0 {
				t.Errorf("wissel ended with %d", code)
			}
			heard, short := 0, 0
			cdrs, _ := s.records()
			for _, r := range cdrs {
				if strings.HasPrefix(r.Target.String(), "platform") && r.Outcome == wissel.Answered {
					heard++
				}
				if r.Ended.Sub(r.Answered) < 59*time.Second {
					short++
				}
			}
			if heard != waits || short != 0 {
				t.Errorf("%d were answered by the platform, %d gave up before a minute", heard, short)
			}
		})
	}
	side.wait()
	row(t, "F38", "%d who are owed a callback ring again, sipp answers and plays music, they give up after 60 s: %d callbacks stay; where people answer 60 s cancel all", waits, waits)
}

// aLaw is a sound as sipp plays it.
func aLaw(t *testing.T, pcm []int16) string {
	t.Helper()
	law := make([]byte, len(pcm))
	if _, err := audio.EncodeALaw(law, pcm); err != nil {
		t.Fatal(err)
	}
	return string(law)
}

// A customer's voicemail answers, speaks, and presses nothing: the agent hears so, and no agent is connected. After the second time it is
// for people, and rings no more.
func voicemailTwice(t *testing.T) {
	s := &server{t: t, net: network(), dir: t.TempDir()}
	s.prepare(t, calling(s.net, ", gaps: [1m]")...)
	desk := s.rung(".5", "desk.xml", `"17"`, `"400"`, `timeout="400"`, `timeout="4000"`) // a patient one
	var greeting bytes.Buffer                                                            // longer than a call takes: at its end baresip hangs up
	if err := audio.WriteWAV(&greeting, audio.Tone(2*time.Minute, 8000, -12, 990), 8000); err != nil {
		t.Fatal(err)
	}
	mailbox := baresipWith(t, customer, s.net+".6", 990, "DIR/tone.wav", write(t, s.dir, "greeting.wav", greeting.String()))
	wishAll(t, filepath.Join(s.dir, "store"), wissel.Wish{Kind: wissel.WishCallback, Number: customer, Group: "support", Language: "nl", At: time.Now().Add(-time.Hour)})
	s.restart()
	state := func() string {
		all, err := s.client.Callbacks(t.Context())
		if err != nil || len(all) != 1 {
			t.Fatalf("%+v, %v", all, err)
		}
		return all[0].State
	}
	eventually(t, 4*time.Minute, "it is left to people", func() bool { return state() == "by hand" })
	all, err := s.client.Callbacks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var one web.CallbackShown
	eventually(t, 10*time.Second, "both attempts are on record", func() bool {
		one, err = s.client.Callback(t.Context(), all[0].ID)
		return err == nil && len(one.Attempts) > 1
	})
	if len(one.Attempts) != 2 || one.Attempts[0].Outcome != string(wissel.CallbackNoKey) || one.Attempts[1].Outcome != string(wissel.CallbackNoKey) {
		t.Errorf("%+v, %v", one, err)
	}
	s.idle(20 * time.Second)
	eventually(t, 10*time.Second, "the mailbox has had two calls", func() bool { return strings.Count(mailbox.events.String(), `"CALL_CLOSED"`) == 2 })
	eventually(t, 10*time.Second, "the desk was let go twice", func() bool { return strings.Count(s.wroteDown(desk), "desk released "+customer) == 2 })
	log := s.wroteDown(desk)
	if n := strings.Count(log, "desk rings "+customer); n != 2 {
		t.Errorf("the desk:\n%s", log)
	}
	if code := s.stop(); code != 0 {
		t.Errorf("wissel ended with %d", code)
	}
	row(t, "F38", "baresip is a customer's voicemail that speaks and presses no key: %q twice, a minute apart, and then it is for people", wissel.CallbackNoKey)
}

// rung starts a sipp that is called, for as long as the test runs, and writes down how its calls go.
func (s *server) rung(host, scenario string, replace ...string) *process {
	s.t.Helper()
	p := sipp(s.t, scenario, replace, "-i", s.net+host, "-p", "5060", "-t", "u1", "-inf", "callers.csv", "-infindex", "callers.csv", "0", "-trace_logs")
	listening(s.t, "udp", s.net+host+":5060")
	return p
}

// wroteDown is what such a sipp wrote down so far.
func (s *server) wroteDown(p *process) string {
	s.t.Helper()
	files, err := filepath.Glob(filepath.Join(p.cmd.Dir, "scenario_*_logs.log"))
	if err != nil || len(files) != 1 {
		s.t.Fatalf("what sipp wrote down: %v, %v", files, err)
	}
	log, err := os.ReadFile(files[0])
	if err != nil {
		s.t.Fatal(err)
	}
	return string(log)
}
