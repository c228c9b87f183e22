package app

import (
	"context"
	"fmt"
	"time"

	"wissel"
	"wissel/internal/audio"
	"wissel/internal/crisis"
	"wissel/ivr"
	"wissel/sip"
)

// crisisCall is one caller of the crisis line. Its methods are called on the call's own goroutine. Nothing of the keys that
// he presses is logged or kept.
type crisisCall struct {
	desk  *crisisDesk
	host  sip.Host
	line  *crisis.Line
	call  wissel.CallID
	from  wissel.Number
	state crisis.State

	stranger bool      // his number is not in the settings
	sounds   time.Time // until when the last Play sounds at the least
	toned    func()    // begins to record, once the tone is out; nil: no tone plays
	said     audio.Sound
}

// Begin lets him hear the line, or, while the server is being stopped, that it is.
func (x *crisisCall) Begin() {
	x.step(crisis.Event{Kind: crisis.Begin, View: crisis.View{Draining: x.desk.app.draining.Load()}})
}

func (x *crisisCall) Digit(d wissel.Digit) { x.step(crisis.Event{Kind: crisis.Digit, Digit: d}) }
func (x *crisisCall) Wake(token int)       { x.step(crisis.Event{Kind: crisis.Timeout, Token: token}) }

// Hangup: he is gone, whoever ended the call.
func (x *crisisCall) Hangup() {
	x.step(crisis.Event{Kind: crisis.Hangup})
	x.LetGo()
}

// LetGo implements sip.HoldingAttending.
func (x *crisisCall) LetGo() {
	x.said = audio.Sound{}
	x.desk.left(x.stranger)
}

// Played: the clips of the last Play are out; see attending.Played.
func (x *crisisCall) Played() {
	if time.Now().Before(x.sounds.Add(-early)) {
		return
	}
	if begin := x.toned; begin != nil {
		x.toned = nil
		begin()
		return
	}
	x.step(crisis.Event{Kind: crisis.Played})
}

// Recorded implements sip.RecordAttending.
func (x *crisisCall) Recorded() {
	x.said = x.host.Sound()
	x.step(crisis.Event{Kind: crisis.Recorded, Length: x.said.Voice})
}

func (x *crisisCall) step(ev crisis.Event) {
	var effects []crisis.Effect
	x.state, effects = x.line.Step(x.state, ev, time.Now())
	for _, e := range effects {
		x.do(e)
	}
}

func (x *crisisCall) do(e crisis.Effect) {
	switch e := e.(type) {
	case crisis.Play:
		x.play(x.clips(e.Prompts))
	case crisis.StopPlay:
		x.host.Stop()
	case crisis.Wake:
		x.host.Wake(e.Token, e.After)
	case crisis.Ask:
		x.ask(e)
	case crisis.Record:
		x.said = audio.Sound{}
		x.toned = func() { x.host.Record(e.Max, e.Quiet) }
		x.play([]*audio.Clip{recordTone()})
	case crisis.StopRecord:
		if x.toned != nil { // he ends it before it began
			x.toned = nil
			x.host.Stop()
			x.host.Post(func() { x.step(crisis.Event{Kind: crisis.Recorded}) })
			return
		}
		x.host.StopRecord()
	case crisis.End:
		x.host.End(e.Reason)
	default:
		panic(fmt.Sprintf("app: an effect of the crisis line that nobody carries out: %T", e))
	}
}

func (x *crisisCall) play(all []*audio.Clip) {
	x.sounds = time.Now()
	for _, one := range all {
		x.sounds = x.sounds.Add(one.Duration())
	}
	x.host.Play(all)
}

// clips gives the sound of prompts; his own voice and live messages are among them.
func (x *crisisCall) clips(ps []ivr.Prompt) (all []*audio.Clip) {
	sounds := x.desk.app.settings.Load().sounds
	for _, p := range ps {
		switch {
		case p.Sound != 0 && len(x.said.Bytes) > 0:
			all = append(all, x.said.Clip("himself"))
		case p.ID == crisis.Live:
			all = append(all, x.desk.live(p.Digits, p.Lang)...)
		case p.Sound == 0:
			all = append(all, sounds.Clips([]ivr.Prompt{p})...)
		}
	}
	if len(all) == 0 {
		return sounds.Clips(nil)
	}
	return all
}

// ask has a question answered, or a deed done, away from the call; what comes of it is posted.
func (x *crisisCall) ask(e crisis.Ask) {
	answer := x.question(e)
	if !x.desk.later(func(ctx context.Context) {
		ev := answer(ctx)
		x.host.Post(func() { x.step(ev) })
	}) {
		x.desk.log.Error("too much is asked of the crisis line at once", "call", x.call)
		x.host.Post(func() {
			x.step(crisis.Event{Kind: kindOf(e), Token: e.Token, View: x.state.View, Outcome: crisis.Refused})
		})
	}
}

// kindOf is the event that answers an Ask.
func kindOf(e crisis.Ask) crisis.EventKind {
	switch e.What.(type) {
	case crisis.Login:
		return crisis.Judged
	case crisis.Look:
		return crisis.Seen
	}
	return crisis.Done
}

// question takes what a job needs of the call along, since the job may not touch it.
func (x *crisisCall) question(e crisis.Ask) func(ctx context.Context) crisis.Event {
	d, who, from, call, said := x.desk, x.state.In.Who, x.from, x.call, x.said
	ev := crisis.Event{Kind: kindOf(e), Token: e.Token}
	return func(ctx context.Context) crisis.Event {
		switch what := e.What.(type) {
		case crisis.Login:
			began := time.Now()
			in, wait := d.try(ctx, from, call, what)
			pause(ctx, time.Until(began.Add(wait)))
			ev.In = in
		case crisis.Look:
			ev.View = d.view(ctx, who, from)
		default:
			ev.Outcome = d.deed(ctx, what, d.actor(who, from), said)
		}
		return ev
	}
}

// pause lets d pass, or ctx end.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
