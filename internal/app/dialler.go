package app

import (
	"context"
	"sync"
	"time"

	"wissel"
	"wissel/internal/audio"
	"wissel/internal/callbacks"
	"wissel/internal/callbacks/dialling"
	"wissel/internal/store/sqlite"
	"wissel/ivr"
	"wissel/sip"
)

// callbackFlow attends both sides of a callback. No flow of the settings can have such a name.
const callbackFlow wissel.FlowID = "callback:"

// heardLately is how long ago a side's voice may have come in last to be there: gear that sends nothing for silence sends comfort noise at
// least so often.
const heardLately = 2 * time.Second

// When an attempt is taken back, who is on the line hears so before he is let go; an attempt is never waited for longer than that.
const (
	lastWords  = 35 * time.Second
	afterWords = 2 * time.Second
	afterEnd   = 3 * time.Second // from when the server ends until that of each call is known
)

// dialler does callbacks (callbacks.Dialer): it joins what package dialling decides with the calls of package sip.
type dialler struct {
	app *App

	mu      sync.Mutex
	running map[wissel.CallID]*dial // by each of its two calls
	stopped bool                    // the server ends: no attempt begins
}

var _ callbacks.Dialer = (*dialler)(nil)

func newDialler(a *App) *dialler { return &dialler{app: a, running: map[wissel.CallID]*dial{}} }

// Dialer does callbacks.
func (a *App) Dialer() callbacks.Dialer { return a.dialler }

// dial is one attempt under way. Until its first call is placed it belongs to Dial, and from then on to the goroutine of its calls.
type dial struct {
	*dialler
	attempt *dialling.Attempt
	calls   [2]sip.Outgoing
	message *audio.Clip
	stages  chan wissel.CallbackStage // room for all of them
	over    chan struct{}

	state   dialling.State
	first   dialling.Side // who is rung first
	hosts   [2]sip.Host
	left    [2]bool // an INVITE went out
	legs    [2]wissel.CallbackLeg
	queue   []dialling.Event
	stepped bool

	result guarded
}

// guarded is what came of an attempt so far, for who looks before it is over.
type guarded struct {
	mu sync.Mutex
	r  wissel.CallbackResult
}

// Dial implements callbacks.Dialer.
func (d *dialler) Dial(ctx context.Context, job wissel.CallbackJob, at func(wissel.CallbackStage)) wissel.CallbackResult {
	x, refused := d.prepare(job)
	if refused != nil {
		return *refused
	}
	if !d.put(x, true) {
		return x.ends()
	}
	defer d.put(x, false)
	x.begin()
	gone, ending := ctx.Done(), d.app.ending
	var most, last <-chan time.Time
	for {
		select {
		case s := <-x.stages:
			at(s)
		case <-x.over:
			for len(x.stages) > 0 {
				at(<-x.stages)
			}
			return x.told()
		case <-gone:
			gone = nil
			x.takeBack()
			timer := time.NewTimer(lastWords)
			defer timer.Stop()
			most = timer.C
			if r := x.told(); r.Outcome == wissel.CallbackTalked { // they go on, and this waits for nobody
				return r
			}
		case <-ending: // each side has its BYE (sip.Server.Part), and what came of it is known in a moment
			ending = nil
			timer := time.NewTimer(afterEnd)
			defer timer.Stop()
			last = timer.C
		case <-last:
			return x.ends()
		case <-most:
			if r := x.told(); r.Outcome == wissel.CallbackTalked {
				return r
			}
			return x.breakOff()
		}
	}
}

// placed are the calls that it is made of: of a last call the customer's alone.
func (x *dial) placed() []sip.Outgoing {
	if x.attempt.Job.Last {
		return x.calls[dialling.Customer:]
	}
	return x.calls[:]
}

// put keeps an attempt where its calls find it, or takes it away. false: none is to begin any more.
func (d *dialler) put(x *dial, in bool) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if in && d.stopped {
		return false
	}
	for _, c := range x.placed() {
		if in {
			d.running[c.Call] = x
		} else {
			delete(d.running, c.Call)
		}
	}
	return true
}

// stop takes all attempts back, since the server ends, and lets none begin after it.
func (d *dialler) stop() {
	d.mu.Lock()
	d.stopped = true
	all := map[*dial]bool{}
	for _, x := range d.running {
		all[x] = true
	}
	d.mu.Unlock()
	for x := range all {
		x.takeBack()
	}
}

// ends is what came of an attempt so far, of which no more is waited for.
func (x *dial) ends() wissel.CallbackResult {
	r := x.told()
	if r.Outcome == "" {
		r.Outcome, r.Why = wissel.CallbackStopped, "the server ends"
	}
	return r
}

// takeBack tells the attempt that it is not wanted any more.
func (x *dial) takeBack() {
	for _, c := range x.placed() {
		x.app.server.Post(c.Call, func() { x.take(dialling.Event{Kind: dialling.Stop}) })
	}
}

// breakOff ends what is left of an attempt that does not end by itself.
func (x *dial) breakOff() wissel.CallbackResult {
	for _, c := range x.placed() {
		x.app.server.End(c.Call, "a callback that was taken back")
	}
	timer := time.NewTimer(afterWords)
	defer timer.Stop()
	select {
	case <-x.over:
	case <-timer.C:
	case <-x.app.ending:
	}
	r := x.told()
	if r.Outcome == "" {
		r.Outcome, r.Why = wissel.CallbackStopped, "taken back"
	}
	return r
}

// told is what came of it so far.
func (x *dial) told() wissel.CallbackResult {
	x.result.mu.Lock()
	defer x.result.mu.Unlock()
	return x.result.r
}

// attend lets one who answered hear his side of a callback.
func (d *dialler) attend(c sip.AttendedCall, h sip.Host) (sip.Attending, error) {
	d.mu.Lock()
	x := d.running[c.Call]
	d.mu.Unlock()
	if x == nil {
		return nil, errNobodyWaits
	}
	side := dialling.Desk
	if x.calls[dialling.Customer].Call == c.Call {
		side = dialling.Customer
	}
	x.hosts[side] = h
	return &dialled{x, side}, nil
}

// dialled is one side of a callback on its call. Its methods are called on the goroutine that both calls have.
type dialled struct {
	x    *dial
	side dialling.Side
}

func (y *dialled) Begin() { y.x.take(dialling.Event{Kind: dialling.Answered, Side: y.side}) }

func (y *dialled) Digit(d wissel.Digit) {
	y.x.take(dialling.Event{Kind: dialling.Digit, Side: y.side, Digit: d})
}

func (y *dialled) Played() { y.x.take(dialling.Event{Kind: dialling.Played, Side: y.side}) }

func (y *dialled) Wake(token int) {
	ev := dialling.Event{Kind: dialling.Woken, Side: y.side, Timer: token}
	since := time.Now().Add(-heardLately)
	ev.Both = true
	for _, h := range y.x.hosts {
		heard := h != nil && h.Heard().After(since)
		ev.Both = ev.Both && heard
	}
	y.x.take(ev)
}

// Hangup: the call's record says how it ended, and comes next.
func (y *dialled) Hangup() { y.x.hosts[y.side] = nil }

// take hands an event to the attempt and does what it says, one after another.
func (x *dial) take(ev dialling.Event) {
	if x.queue = append(x.queue, ev); x.stepped {
		return
	}
	x.stepped = true
	defer func() { x.stepped = false }() // also when this fails: that call ends then, and its end is still to be taken
	for len(x.queue) > 0 {
		next := x.queue[0]
		x.queue = x.queue[1:]
		var out []dialling.Effect
		was := x.state.Over
		x.state, out = x.attempt.Step(x.state, next, time.Now())
		for _, e := range out {
			x.do(e)
		}
		x.note()
		if x.state.Over && !was {
			close(x.over)
		}
	}
}

// note keeps what came of it where Dial can see it.
func (x *dial) note() {
	x.result.mu.Lock()
	defer x.result.mu.Unlock()
	s := &x.state
	x.result.r = wissel.CallbackResult{
		Outcome: s.Outcome, Why: s.Why, Key: s.Key, Talked: s.Talked, Rung: x.left[dialling.Customer], Desk: x.legs[dialling.Desk], Customer: x.legs[dialling.Customer],
	}
}

func (x *dial) do(e dialling.Effect) {
	switch e := e.(type) {
	case dialling.Stage:
		x.stages <- e.Stage
	case dialling.Place:
		x.place(e.Side)
	case dialling.Play:
		if h := x.hosts[e.Side]; h != nil {
			h.Play(append(x.clips(e.Prompts), sound(e.Then)...))
		}
	case dialling.Wake:
		if h := x.hosts[e.Side]; h != nil {
			h.Wake(e.Timer, e.After)
		}
	case dialling.Join:
		if a, b := x.hosts[dialling.Desk], x.hosts[dialling.Customer]; a != nil && b != nil {
			a.Join(b)
		}
	case dialling.Release:
		if h := x.hosts[e.Side]; h != nil {
			h.End(e.Why)
		} else {
			x.app.server.End(x.calls[e.Side].Call, e.Why)
		}
	}
}

// begin rings the first side. Once that call is placed, the attempt belongs to its goroutine.
func (x *dial) begin() {
	x.take(dialling.Event{Kind: dialling.Begin})
	if err := x.app.server.Place(x.calls[x.first]); err != nil {
		x.unplaced(x.first, err)
	}
}

// place rings a side: beside the one who is on the line. The first is placed by begin, as the last thing that it does.
func (x *dial) place(side dialling.Side) {
	x.calls[side].Tell = func(s sip.Step) { x.step(side, s) }
	x.legs[side].Call = x.calls[side].Call
	h := x.hosts[side.Other()]
	if h == nil {
		x.first = side
		return
	}
	if err := h.Place(x.calls[side]); err != nil {
		x.unplaced(side, err)
	}
}

func (x *dial) unplaced(side dialling.Side, err error) {
	x.take(dialling.Event{Kind: dialling.Ended, Side: side, End: dialling.End{Why: err.Error()}})
}

// step takes how a call gets on.
func (x *dial) step(side dialling.Side, s sip.Step) {
	switch s.Kind {
	case sip.StepDialled:
		x.left[side] = true
		x.note()
	case sip.StepOver:
		x.hosts[side] = nil
		x.legs[side] = legOf(s.CDR)
		x.take(dialling.Event{Kind: dialling.Ended, Side: side, End: endOf(s.CDR, x.left[side])})
	case sip.StepRings, sip.StepAnswered:
	}
}

// clips gives the sound of prompts; what the customer said is among them.
func (x *dial) clips(ps []ivr.Prompt) (all []*audio.Clip) {
	sounds := x.app.settings.Load().sounds
	for _, p := range ps {
		switch {
		case p.Sound == 0:
			all = append(all, sounds.Clips([]ivr.Prompt{p})...)
		case x.message != nil:
			all = append(all, x.message)
		}
	}
	return all
}

// sound is what follows words.
func sound(s dialling.Sound) []*audio.Clip {
	switch s {
	case dialling.Ringing:
		return ringing()
	case dialling.Patience:
		return patience()
	case dialling.Tail:
		return silentTail()
	case dialling.NoSound:
	}
	return nil
}

// silentTail is a moment of silence.
var silentTail = sync.OnceValue(func() []*audio.Clip {
	return []*audio.Clip{audio.MakeClip("tail", audio.Quiet(300*time.Millisecond, 8000), 8000)}
})

// patience is heard by one who waits for a person who is at his telephone: two soft beats, and words again after them.
var patience = sync.OnceValue(func() []*audio.Clip {
	const rate, period = 8000, 4 * time.Second
	pcm := audio.Tone(150*time.Millisecond, rate, -32, 350)
	pcm = append(pcm, make([]int16, int(period/time.Second)*rate-len(pcm))...)
	one := audio.MakeClip("patience", pcm, rate)
	return []*audio.Clip{one, one}
})

// legOf is a side's call, for the record of its callback.
func legOf(c wissel.CDR) wissel.CallbackLeg {
	l := wissel.CallbackLeg{Call: c.Call, Status: c.Status, Answered: c.Answered, Ended: c.Ended}
	for _, a := range c.Attempts {
		l.Trunk = a.Target.Trunk
	}
	return l
}

// endOf is how a side's call ended: of one that nobody answered, by the last attempt that somebody said something to.
func endOf(c wissel.CDR, left bool) dialling.End {
	e := dialling.End{Left: left, Fault: !c.Answered.IsZero() && c.Blame != wissel.BlameCallee, Why: c.EndedBy}
	for _, a := range c.Attempts {
		if a.Status >= 300 || a.Rang {
			e.Status, e.Rang = a.Status, a.Rang
		}
		if a.Why != "" && c.Answered.IsZero() {
			e.Why = a.Why
		}
	}
	if e.Status < 300 {
		e.Status = 0
	}
	return e
}

// newCallID names a call of ours.
func newCallID() wissel.CallID { return wissel.CallID(sqlite.NewID()) }
