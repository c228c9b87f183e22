package peers

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"wissel"
	wisseld "wissel/internal/app"
	"wissel/internal/audio"
)

// callbackSettings replace the usual ones: a platform with a queue for each part of the test, and carriers whose telephones differ.
var callbackSettings = []string{
	`  carrier:  {role: carrier,  to: ["sip:NET.2:5060"], probe: {off: true}}
  platform: {role: platform, to: ["sip:NET.3:5060"]}
  reserve:  {role: carrier,  to: ["sip:NET.4:5060"], number: "+31850000000"}
`, `  alone:    {role: platform, to: ["sip:NET.3:5060"], probe: {off: true}}
  whisper:  {role: platform, to: ["sip:NET.4:5060"], probe: {off: true}}
  asks:     {role: platform, to: ["sip:NET.5:5060"], probe: {off: true}}
  talks:    {role: platform, to: ["sip:NET.6:5060"], probe: {off: true}}
  good:     {role: carrier,  to: ["sip:NET.7:5060"], probe: {off: true}}
  busy:     {role: carrier,  to: ["sip:NET.8:5060"], probe: {off: true}}
  mailbox:  {role: carrier,  to: ["sip:NET.9:5060"], probe: {off: true}}
  seeks:    {role: platform, to: ["sip:NET.10:5060"], probe: {off: true}}
  waits:    {role: carrier,  to: ["sip:NET.11:5060"], probe: {off: true}}
  leaves:   {role: platform, to: ["sip:NET.12:5060"], probe: {off: true}}
  stays:    {role: carrier,  to: ["sip:NET.13:5060"], probe: {off: true}}
`,
	`present: {reserve: "+31201234567"}`, `present: {good: "+31201234568"}`,
	`numbers: ["+31201234567"]`, `numbers: ["+31201234567", "+31201234568"]`,
	"[platform, reserve, flow:storing]", "[alone, good, flow:storing]",
}

// The users that the desks' and the customers' telephones have.
const (
	queue     = "7001"
	customer  = "+31612345001"
	colleague = "+31687654321"
)

// callsBack runs wissel in this process, on real sockets, for what no command of the binary asks for: one attempt at a callback. stop ends
// it without a drain.
func callsBack(t *testing.T) (s *server, dial func(job wissel.CallbackJob) (wissel.CallbackResult, []wissel.CallbackStage), stop func()) {
	t.Helper()
	s = &server{t: t, net: network(), dir: t.TempDir()}
	s.prepare(t, callbackSettings...)
	ctx, cancel := context.WithCancel(t.Context())
	a, err := wisseld.New(ctx, wisseld.Options{File: s.file()})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil && ctx.Err() == nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	<-a.Ready()
	return s, func(job wissel.CallbackJob) (r wissel.CallbackResult, stages []wissel.CallbackStage) {
		job.Callback, job.Attempt, job.Group, job.Rung, job.Calls, job.Language = "c-"+string(job.Desk.Trunk), 1, "support", number, 3, "nl"
		job.Number, job.Asked = customer, time.Now().Add(-20*time.Minute)
		if job.Desk.To == "" {
			job.Desk.To = queue
		}
		r = a.Dialer().Dial(ctx, job, func(s wissel.CallbackStage) { stages = append(stages, s) })
		return r, stages
	}, stop
}

// sounds waits until a telephone has heard a prompt.
func (p *softphone) sounds(id string) float64 {
	p.t.Helper()
	prompt, share := pcm(p.t, id), 0.0
	eventually(p.t, 30*time.Second, "a telephone hears "+id, func() bool {
		all := p.heard()
		if len(all) >= len(prompt) {
			share = likeness(all, prompt)
		}
		return share > 0.9
	})
	return share
}

// hears waits until a second of a tone alone was heard, and gives its share of the sound.
func (p *softphone) hears(hz float64) (share float64) {
	p.t.Helper()
	const second = 8000
	eventually(p.t, 15*time.Second, "the other is heard", func() bool {
		if all := p.heard(); len(all) > 2*second {
			share = audio.Goertzel(all[len(all)-2*second:], second, hz)
		}
		return share > 0.9
	})
	return share
}

// Seven callbacks at one time to real telephones and platforms: two come to a talk, and the others do not, each for a reason that is told.
func TestCallbacksToRealTelephones(t *testing.T) {
	t.Parallel()
	s, dial, _ := callsBack(t)
	host := func(n string) string { return s.net + n }
	alone := uas(t, host(".3"), "u1", "answer.xml") // a queue that says 200, whoever is there
	uas(t, host(".8"), "u1", "refuse.xml", "STATUS", "486 Busy Here")
	mailbox := baresip(t, colleague, host(".9"), 990) // answers everything with its greeting
	left := baresip(t, queue, host(".4"), 330)
	asks := baresip(t, queue, host(".5"), 440)
	talks := baresip(t, queue, host(".6"), 550)
	calls := baresip(t, customer, host(".7"), 660)
	seeks, waits := baresip(t, queue, host(".10"), 550), baresip(t, customer, host(".11"), 660)
	leaves, stays := baresip(t, queue, host(".12"), 550), baresip(t, customer, host(".13"), 660)
	begin := func(job wissel.CallbackJob) (wait func() (wissel.CallbackResult, []wissel.CallbackStage)) {
		var r wissel.CallbackResult
		var stages []wissel.CallbackStage
		done := make(chan struct{})
		go func() {
			defer close(done)
			r, stages = dial(job)
		}()
		return func() (wissel.CallbackResult, []wissel.CallbackStage) {
			<-done
			return r, stages
		}
	}
	part := func(name string, do func(t *testing.T), phones ...*softphone) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, p := range phones {
				p.t = t
			}
			do(t)
		})
	}

	part("a queue that answers and presses no key", func(t *testing.T) {
		r, _ := dial(wissel.CallbackJob{Desk: wissel.Desk{Trunk: "alone", Wait: 12 * time.Second}, Over: []wissel.TrunkID{"good"}})
		if r.Outcome != wissel.CallbackDeskNoKey || r.Rung || r.Desk.Status != 200 {
			t.Errorf("%+v", r)
		}
		settle(t, alone)
		row(t, "callback/queue", "sipp is a queue that answers and never connects: %q after 12 s, and the customer was not rung", r.Outcome)
	})
	part("a voicemail in a colleague's place", func(t *testing.T) {
		r, _ := dial(wissel.CallbackJob{Desk: wissel.Desk{To: colleague, Wait: 12 * time.Second}, Over: []wissel.TrunkID{"mailbox"}})
		if r.Outcome != wissel.CallbackDeskNoKey || r.Rung {
			t.Errorf("%+v", r)
		}
		mailbox.tells("CALL_CLOSED")
		row(t, "callback/voicemail", "baresip answers with a greeting and no key: %q, and the customer was not rung", r.Outcome)
	}, mailbox)
	part("an agent who hangs up at the whisper", func(t *testing.T) {
		wait := begin(wissel.CallbackJob{Desk: wissel.Desk{Trunk: "whisper"}, Over: []wissel.TrunkID{"good"}})
		left.sounds("desk.request")
		left.command("hangup", "")
		r, stages := wait()
		if r.Outcome != wissel.CallbackDeskLeft || r.Rung || len(stages) != 1 {
			t.Errorf("%+v through %q", r, stages)
		}
		row(t, "callback/whisper", "baresip hears the whisper and hangs up: %q, and the customer was not rung", r.Outcome)
	}, left)
	part("a busy customer", func(t *testing.T) {
		wait := begin(wissel.CallbackJob{Desk: wissel.Desk{Trunk: "asks"}, Over: []wissel.TrunkID{"busy"}})
		asks.sounds("desk.request")
		asks.command("sndcode", "1")
		r, _ := wait()
		heard := asks.sounds("desk.busy")
		if r.Outcome != wissel.CallbackBusy || !r.Rung || r.Customer.Status != 486 {
			t.Errorf("%+v", r)
		}
		row(t, "callback/busy", "sipp is busy: the agent hears so (%.2f), %q", heard, r.Outcome)
	}, asks)
	part("a good one", func(t *testing.T) {
		wait := begin(wissel.CallbackJob{Desk: wissel.Desk{Trunk: "talks"}, Over: []wissel.TrunkID{"good"}})
		whisper := talks.sounds("desk.times")
		talks.command("sndcode", "1")
		hello := calls.sounds("called.rang")
		calls.command("sndcode", "1")
		there, here := calls.hears(550), talks.hears(660)
		calls.command("hangup", "")
		after := talks.sounds("desk.after")
		talks.command("sndcode", "1")
		r, stages := wait()
		if r.Outcome != wissel.CallbackTalked || r.Key != wissel.CallbackDone || r.Talked < time.Second || len(stages) != 5 {
			t.Errorf("%+v through %q", r, stages)
		}
		row(t, "callback/good", "two baresip: whisper %.2f, key 1, announcement %.2f, key 1, sound both ways (550 Hz %.2f, 660 Hz %.2f), %.0f s of it counted, hang-up, %.2f, key 1: %q",
			whisper, hello, there, here, r.Talked.Seconds(), after, r.Key)
	}, talks, calls)
	part("a customer who is rung first", func(t *testing.T) {
		wait := begin(wissel.CallbackJob{CustomerFirst: true, Desk: wissel.Desk{Trunk: "seeks"}, Over: []wissel.TrunkID{"waits"}})
		hello := waits.sounds("called.rang")
		waits.command("sndcode", "1")
		seeking, whisper := waits.sounds("called.seeking"), seeks.sounds("desk.waits")
		seeks.command("sndcode", "1")
		there, here := waits.hears(550), seeks.hears(660)
		seeks.command("hangup", "")
		waits.tells("CALL_CLOSED")
		r, stages := wait()
		if r.Outcome != wissel.CallbackTalked || r.Talked < time.Second || !slices.Equal(stages, []wissel.CallbackStage{wissel.CallbackCustomer, wissel.CallbackDesk, wissel.CallbackTalking}) {
			t.Errorf("%+v through %q", r, stages)
		}
		row(t, "callback/first", "two baresip, the customer first: announcement %.2f, key 1, that an agent is sought %.2f, the whisper that he waits %.2f, key 1, sound both ways (550 Hz %.2f, 660 Hz %.2f): %q",
			hello, seeking, whisper, there, here, r.Outcome)
	}, seeks, waits)
	part("an agent who hangs up at the whisper while the customer waits", func(t *testing.T) {
		wait := begin(wissel.CallbackJob{CustomerFirst: true, Desk: wissel.Desk{Trunk: "leaves"}, Over: []wissel.TrunkID{"stays"}})
		stays.sounds("called.rang")
		stays.command("sndcode", "1")
		leaves.sounds("desk.request")
		leaves.command("hangup", "")
		none := stays.sounds("called.none")
		stays.tells("CALL_CLOSED")
		r, stages := wait()
		if r.Outcome != wissel.CallbackDeskLeft || !r.Rung || len(stages) != 2 {
			t.Errorf("%+v through %q", r, stages)
		}
		row(t, "callback/first-left", "baresip hears the whisper and hangs up while the customer waits: he hears that nobody is there (%.2f), %q", none, r.Outcome)
	}, leaves, stays)
}

// A stop without a drain while the customer hears who calls: both telephones are hung up on, and it is told that it was stopped.
func TestAStopEndsACallbackOfRealTelephones(t *testing.T) {
	t.Parallel()
	s, dial, stop := callsBack(t)
	talks, calls := baresip(t, queue, s.net+".6", 550), baresip(t, customer, s.net+".7", 660)
	var r wissel.CallbackResult
	done := make(chan struct{})
	go func() {
		defer close(done)
		r, _ = dial(wissel.CallbackJob{Desk: wissel.Desk{Trunk: "talks"}, Over: []wissel.TrunkID{"good"}})
	}()
	talks.sounds("desk.request")
	talks.command("sndcode", "1")
	calls.sounds("called.hello")
	began := time.Now()
	stop()
	took := time.Since(began)
	<-done
	talks.tells("CALL_CLOSED")
	calls.tells("CALL_CLOSED")
	if r.Outcome != wissel.CallbackStopped || !r.Rung || took > 5*time.Second {
		t.Errorf("%+v after %v", r, took)
	}
	row(t, "callback/stop", "two baresip, and wissel stops without a drain while one hears who calls: both have their BYE, %q, gone after %.1f s", r.Outcome, took.Seconds())
}
