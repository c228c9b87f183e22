package app

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"wissel"
	"wissel/internal/audio"
	"wissel/internal/number"
	"wissel/ivr"
	"wissel/sip"
)

// clips finds the sound of prompts (package prompts).
type clips interface {
	Clips(ps []ivr.Prompt) []*audio.Clip
	Duration(lang, id string) time.Duration // 0: the language has no sound for it
}

// wishes keeps wishes (package store/sqlite).
type wishes interface {
	Wish(w wissel.Wish, done func(error)) (withdraw func() bool)
	Status() error // nil when they can be kept
}

// queue knows the places of callbacks (promises). 0 and the zero time are not known.
type queue interface {
	// Place gives the place of a number's callback in a group, from 1, and when its turn comes.
	Place(g wissel.GroupID, n wissel.Number) (place int, turn time.Time)
	// PlaceOf is the same of the callback that a wish is in.
	PlaceOf(g wissel.GroupID, wish string) (place int, turn time.Time)
	// Owes reports whether a number is still to be called back.
	Owes(n wissel.Number) bool
	// Full reports whether one more callback of a group could not be made in time.
	Full(g wissel.GroupID) bool
	// Wished is told of a wish that is on disk; it must not block.
	Wished(w wissel.Wish)
}

// attendant answers callers with flows: it joins ivr's decisions with the sound of prompts and the store.
type attendant struct {
	programs func() map[wissel.FlowID]*ivr.Program
	clips    func() clips
	store    wishes
	voices   *recordings
	messages *messages
	callers  *callers
	queue    queue
	objects  func(wissel.Number) bool // he is never to be rung or sent a text (keeper.Objects); nil: nobody objects
	texts    *asking                  // nil: anybody may be promised texts
	returns  *returns
	snapshot func() *wissel.Snapshot
	crowd    func() bool
	tests    *tester
	crisis   *crisisDesk
	dialler  *dialler
	log      *slog.Logger
}

// Attend prepares a flow for a caller.
func (a *attendant) Attend(c sip.AttendedCall, h sip.Host) (sip.Attending, error) {
	if c.Flow == testFlow || c.Flow == wissel.Responder {
		return a.tests.attend(c, h)
	}
	if c.Flow == wissel.CrisisLine {
		return a.crisis.attend(c, h)
	}
	if c.Flow == callbackFlow {
		return a.dialler.attend(c, h)
	}
	if c.Flow == wissel.Whisper {
		return a.dialler.whisper(c, h)
	}
	program := a.programs()[c.Flow]
	if program == nil {
		return nil, fmt.Errorf("there is no flow %q", c.Flow)
	}
	if c.Group == "" {
		if r := a.tests.rehearsal(c.Call); r != nil {
			return r.attend(a, program, h), nil
		}
	}
	from, hidden := c.From, wissel.Number("")
	if c.Withheld { // he may let us call it back, and that is all that it is for
		from, hidden = "", c.From
	}
	x := &attending{
		attendant: a, program: program, host: h, crowded: a.crowd(),
		state: ivr.NewState(ivr.Caller{Call: c.Call, From: from, Hidden: hidden, Rung: c.Rung, Group: c.Group, Flow: c.Flow}),
	}
	a.callers.came(from)
	x.state.Returned = a.returns.comes(x.state.Caller, time.Now())
	if !x.apart(from) {
		x.repeat, x.last = a.callers.before(from, time.Now())
	}
	return x, nil
}

// apart reports whether many people ring from a number.
func (x *attending) apart(n wissel.Number) bool {
	return x.snapshot().Shared.Has(n) || x.callers.often(n, time.Now())
}

// attending is one caller in a flow. Its methods are called on the call's own goroutine.
type attending struct {
	*attendant
	program   *ivr.Program
	host      sip.Host
	state     ivr.State
	sounds    time.Time   // until when the last Play sounds at the least
	withdraw  func() bool // of the wish being written; nil: none
	speech    speech
	asked     []ivr.Prompt    // what he heard last
	repeat    ivr.RepeatFacts // when he rang
	last      time.Time       // his call before this one ended; zero: there was none, or he is not told from others
	crowded   bool            // when he rang
	offer     bool            // he was offered a colleague, and that is not settled
	resumed   bool            // he was tried elsewhere, and is here again
	promise   string          // id of the last callback that he asked for in this call; empty: none
	addressed bool            // he was told where the public page is
	rehearsal *rehearsal      // it is no caller: somebody only hears what callers hear; nil: it is one
}

// Early reports whether the flow is heard unanswered (sip.EarlyAttending).
func (x *attending) Early() bool { return x.program.Early() }

// gone takes him off those who listen.
func (x *attending) gone() {
	x.hunted(refused)
	if x.rehearsal == nil {
		x.returns.leaves(x.state.Caller.Group)
	}
}

// early is how much sooner than its clips' own length a Play may be out: the last frame and its wheel.
const early = 100 * time.Millisecond

// Begin lets him hear the flow, or go on in it.
func (x *attending) Begin() {
	if x.resumed {
		x.resumed = false
		x.step(ivr.Event{Kind: ivr.Returned})
		return
	}
	x.step(ivr.Event{Kind: ivr.Begin})
}

func (x *attending) Digit(d wissel.Digit) { x.step(ivr.Event{Kind: ivr.Digit, Digit: d}) }
func (x *attending) Wake(token int)       { x.step(ivr.Event{Kind: ivr.Timeout, Token: token}) }

// Hangup: the caller is gone. What he said so far may be a wish.
func (x *attending) Hangup() {
	x.step(ivr.Event{Kind: ivr.Hangup})
	x.gone()
	x.forgetSpeech()
	x.callers.left(x.state.Caller.From)
	x.callers.called(x.state.Caller.From, time.Now())
}

// LetGo gives up what is held for the call (sip.HoldingAttending).
func (x *attending) LetGo() {
	x.gone()
	x.forgetSpeech()
	x.callers.left(x.state.Caller.From)
}

// Played: the clips are out. One that comes sooner than the clips can have sounded tells of the Play before, which ended
// while a key or a timer was already starting this one: its own is still to come.
func (x *attending) Played() {
	if time.Now().Before(x.sounds.Add(-early)) {
		return
	}
	if x.speech.toned() {
		return
	}
	x.step(ivr.Event{Kind: ivr.Played})
}

// step decides and does. A wish that the caller was told has failed is taken back if it still waits.
func (x *attending) step(ev ivr.Event) {
	var effects []ivr.Effect
	ev.Facts = x.facts()
	ev.Facts.Handback = x.room(time.Now())
	before := x.state
	x.state, effects = x.program.Step(x.state, ev, time.Now())
	x.offered(ev.Facts.Handback, before)
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
		x.asked = e.Prompts
		all := x.hear(e.Prompts)
		x.sounds = time.Now()
		for _, one := range all {
			x.sounds = x.sounds.Add(one.Duration())
		}
		x.host.Play(all)
	case ivr.StopPlay:
		x.host.Stop()
	case ivr.Wake:
		x.host.Wake(e.Token, e.After)
	case ivr.Commit:
		w := e.Wish
		w.ID, w.Apart, w.Consent = wishID(w, e.Token), x.apart(w.Number), x.consent(w)
		host := x.host // it may have another when the store answers
		x.withdraw = x.bounded(w, e, func(err error) {
			not := errors.Is(err, errNotNow)
			if not {
				x.log.Info("no texts are promised now; the caller is told so", "call", w.Call, "number", w.Number.Masked(), "why", err)
			} else if errors.Is(err, errObjects) {
				x.log.Info("nothing is noted for one who objects; the caller is told so", "call", w.Call, "number", w.Number.Masked())
			} else if err != nil {
				x.log.Error("a wish could not be written; the caller is told so", "call", w.Call, "error", err)
			}
			if err == nil {
				if !w.Hidden {
					x.callers.wished(w.Number, w.Kind, w.At)
				}
				x.queue.Wished(w)
			}
			host.Post(func() {
				if err == nil && w.Kind != wissel.WishText {
					x.promise = w.ID
				}
				if x.state.Commit == e.Token {
					x.withdraw = nil // there is nothing to take back any more
				}
				x.step(ivr.Event{Kind: ivr.Committed, Token: e.Token, OK: err == nil, Not: not})
			})
		})
	case ivr.Record:
		x.record(e)
	case ivr.StopRecord:
		x.stopRecord(e.Token)
	case ivr.Dial:
		if x.rehearsal != nil {
			x.rehearsal.say("here a caller would be put through to " + e.Target.String() + "; it ends instead")
			x.host.End("a rehearsal goes no further")
			return
		}
		x.host.Dial(e.Target)
	case ivr.Transfer:
		x.host.Play(ringing())
		x.host.Hunt()
	case ivr.End:
		x.host.End(e.Reason)
	default:
		panic(fmt.Sprintf("app: an effect of ivr that nobody carries out: %T", e))
	}
}

// wishID makes the id of a wish: the same for the same commit of the same call, however often it comes (after a restart it
// may come again), so that the store keeps it once. It is a UUIDv7 with the time of the call's own, and what would be
// chance there is a hash here.
func wishID(w wissel.Wish, token int) string {
	id, err := uuid.Parse(string(w.Call))
	if err != nil {
		return "" // the store gives one
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d %s %s", w.Call, token, w.Kind, w.Number))
	copy(id[6:], sum[:])
	id[6] = id[6]&0x0f | 0x70 // version 7
	id[8] = id[8]&0x3f | 0x80 // RFC 9562's variant
	return id.String()
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
