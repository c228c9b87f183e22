package app

import (
	"fmt"
	"log/slog"
	"time"

	"wissel"
	"wissel/internal/audio"
	"wissel/internal/number"
	"wissel/ivr"
	"wissel/sip"
)

// clips finds the sound of prompts (package prompts).
type clips interface {
	Clips(ps []ivr.Prompt) []*audio.Clip
}

// wishes keeps wishes (package store/sqlite).
type wishes interface {
	Wish(w wissel.Wish, done func(error)) (withdraw func() bool)
}

// attendant answers callers with flows: it joins ivr's decisions with the sound of prompts and the store.
type attendant struct {
	programs func() map[wissel.FlowID]*ivr.Program
	sounds   func() clips
	store    wishes
	log      *slog.Logger
}

// Attend prepares a flow for a caller.
func (a *attendant) Attend(c sip.AttendedCall, h sip.Host) (sip.Attending, error) {
	program := a.programs()[c.Flow]
	if program == nil {
		return nil, fmt.Errorf("there is no flow %q", c.Flow)
	}
	from := c.From
	if c.Withheld {
		from = "" // a hidden number is never offered, read out or kept
	}
	return &attending{
		attendant: a, program: program, host: h,
		state: ivr.NewState(ivr.Caller{Call: c.Call, From: from, Rung: c.Rung, Group: c.Group, Flow: c.Flow}),
	}, nil
}

// attending is one caller in a flow. Its methods are called on the call's own goroutine.
type attending struct {
	*attendant
	program  *ivr.Program
	host     sip.Host
	state    ivr.State
	withdraw func() bool // of the wish being written; nil: none
}

func (x *attending) Begin()               { x.step(ivr.Event{Kind: ivr.Begin}) }
func (x *attending) Digit(d wissel.Digit) { x.step(ivr.Event{Kind: ivr.Digit, Digit: d}) }
func (x *attending) Played()              { x.step(ivr.Event{Kind: ivr.Played}) }
func (x *attending) Wake(token int)       { x.step(ivr.Event{Kind: ivr.Timeout, Token: token}) }
func (x *attending) Hangup()              { x.step(ivr.Event{Kind: ivr.Hangup}) }

// step decides and does. A wish that the caller was told has failed is taken back if it still waits.
func (x *attending) step(ev ivr.Event) {
	var effects []ivr.Effect
	x.state, effects = x.program.Step(x.state, ev, time.Now())
	if x.withdraw != nil && x.state.Commit == 0 {
		x.withdraw()
		x.withdraw = nil
	}
	for _, e := range effects {
		x.do(e)
	}
}

func (x *attending) do(e ivr.Effect) {
	switch e := e.(type) {
	case ivr.Play:
		x.host.Play(x.sounds().Clips(e.Prompts))
	case ivr.StopPlay:
		x.host.Stop()
	case ivr.Wake:
		x.host.Wake(e.Token, e.After)
	case ivr.Commit:
		x.withdraw = x.store.Wish(e.Wish, func(err error) {
			if err != nil {
				x.log.Error("a wish could not be written; the caller is told so", "call", e.Wish.Call, "error", err)
			}
			x.host.Post(func() { x.step(ivr.Event{Kind: ivr.Committed, Token: e.Token, OK: err == nil}) })
		})
	case ivr.Dial:
		x.host.Dial(e.Target)
	case ivr.End:
		x.host.End(e.Reason)
	default:
		panic(fmt.Sprintf("app: an effect of ivr that nobody carries out: %T", e))
	}
}

// numbering tells flows about telephone numbers: what a caller keyed, and which numbers are our own.
type numbering struct {
	country  string
	snapshot func() *wissel.Snapshot
}

func (n numbering) Parse(keyed string) (wissel.Number, wissel.Kind, bool) {
	e164, err := number.Parse(keyed, n.country)
	if err != nil {
		return "", wissel.KindUnknown, false
	}
	return e164, number.KindOf(e164), true
}

func (n numbering) Own(e164 wissel.Number) bool {
	_, ok := n.snapshot().Lines[e164]
	return ok
}
