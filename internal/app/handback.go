package app

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"wissel"
	"wissel/internal/audio"
	"wissel/internal/lead"
	"wissel/internal/plan"
	"wissel/ivr"
	"wissel/sip"
)

// returns offers those who listen to a flow a colleague once a target of their group takes calls again: so many at a time as
// lead.Room has room for, and none while callbacks are due, since those asked first.
type returns struct {
	snapshot func() *wissel.Snapshot
	due      func(g wissel.GroupID) int // callbacks that are to be made now

	mu     sync.Mutex
	groups map[wissel.GroupID]*returning
}

type returning struct {
	room      lead.Room
	listeners int
}

func newReturns(snapshot func() *wissel.Snapshot, due func(wissel.GroupID) int) *returns {
	return &returns{snapshot: snapshot, due: due, groups: map[wissel.GroupID]*returning{}}
}

// group gives what is known of a group; r.mu is held.
func (r *returns) group(g wissel.GroupID) *returning {
	one := r.groups[g]
	if one == nil {
		one = &returning{}
		r.groups[g] = one
	}
	return one
}

// comes notes that a caller comes to a flow, and gives the last return of his group's target: he came after it, and it is no news to
// him. He is here because he was not taken, and is offered nothing before the next.
func (r *returns) comes(c ivr.Caller, now time.Time) int {
	v := r.view(c, now)
	r.mu.Lock()
	defer r.mu.Unlock()
	one := r.group(c.Group)
	one.listeners++
	one.room = one.room.Look(v, now)
	return one.room.Return
}

// leaves notes that one who came is gone.
func (r *returns) leaves(g wissel.GroupID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	one := r.group(g)
	if one.listeners = max(0, one.listeners-1); one.listeners == 0 && one.room == (lead.Room{}) {
		delete(r.groups, g)
	}
}

// ask takes an offer for a caller who was offered a colleague at return last, if there is room. It is given back by settle.
func (r *returns) ask(c ivr.Caller, last int, now time.Time) ivr.HandbackFacts {
	v := r.view(c, now)
	r.mu.Lock()
	defer r.mu.Unlock()
	one := r.group(c.Group)
	v.Listeners = one.listeners
	if one.room = one.room.Look(v, now); one.room.Return == last {
		return ivr.HandbackFacts{Return: last}
	}
	room, ok := one.room.Offer(v, now)
	one.room = room
	return ivr.HandbackFacts{Room: ok, Return: room.Return}
}

// settle says what became of an offer.
func (r *returns) settle(c ivr.Caller, how func(lead.Room, lead.RoomView, time.Time) lead.Room) {
	now := time.Now()
	v := r.view(c, now)
	r.mu.Lock()
	defer r.mu.Unlock()
	one := r.group(c.Group)
	v.Listeners = one.listeners
	one.room = how(one.room, v, now)
}

func unasked(r lead.Room, _ lead.RoomView, _ time.Time) lead.Room  { return r.Back() }
func refused(r lead.Room, _ lead.RoomView, _ time.Time) lead.Room  { return r.Refused() }
func taken(r lead.Room, _ lead.RoomView, _ time.Time) lead.Room    { return r.Well() }
func failed(r lead.Room, v lead.RoomView, now time.Time) lead.Room { return r.Failed(v, now) }

// view is where a new call of this caller would go now.
func (r *returns) view(c ivr.Caller, now time.Time) lead.RoomView {
	s := r.snapshot()
	g := s.Groups[c.Group]
	if g == nil {
		return lead.RoomView{}
	}
	v := lead.RoomView{Handback: g.Handback, Share: 1000, Due: r.due(c.Group)}
	from := cmp.Or(c.From, c.Hidden) // as sip.huntFor routes him
	d := plan.Route(s, plan.Request{To: c.Rung, From: from, Now: now})
	if pin := s.Pins[c.Group]; pin.Share > 0 && pin.Live(now) {
		v.Aside = wissel.InShare(c.Group, from, 0, pin.Share)
	}
	if d.Refuse != 0 || d.Steps[0].Target.Trunk == "" || d.Steps[0].Force || d.Steps[0].Retry {
		return v
	}
	verdict := s.Health[d.Steps[0].Address]
	v.Up, v.Since = verdict.State == wissel.Up, verdict.Since
	if l, away := s.Lead(g); away && l.Home == d.Steps[0].Target {
		v.Share = cmp.Or(l.Share, 1000)
	}
	return v
}

// ringing is what a caller hears while he is tried elsewhere: without it he would not know that his key did something. It is the ringing
// tone of Europe (ETSI TR 101 041-2), and outlasts every hunt.
var ringing = sync.OnceValue(func() []*audio.Clip {
	const rate, period, longest = 8000, 5 * time.Second, 5 * time.Minute
	pcm := audio.Tone(time.Second, rate, -22, 425)
	pcm = append(pcm, make([]int16, int(period/time.Second)*rate-len(pcm))...)
	return slices.Repeat([]*audio.Clip{audio.MakeClip("ringing", pcm, rate)}, int(longest/period))
})

// The caller is tried as a new call (sip.HeldAttending).
var _ sip.HeldAttending = (*attending)(nil)

// Took: a colleague has him. What he did so far counts as a call that ended.
func (x *attending) Took() {
	x.hunted(taken)
	x.Hangup()
}

// Resume: nobody could take him, and he is here again.
func (x *attending) Resume(h sip.Host) {
	x.hunted(failed)
	x.host, x.resumed = h, true
	x.sounds = time.Time{}
}

// hunted settles an offer that he took.
func (x *attending) hunted(how func(lead.Room, lead.RoomView, time.Time) lead.Room) {
	if x.offer {
		x.offer = false
		x.returns.settle(x.state.Caller, how)
	}
}

// room is whether he may be offered a colleague at the present event. Of a rehearsal nobody is.
func (x *attending) room(now time.Time) ivr.HandbackFacts {
	if x.rehearsal != nil || x.offer || !x.program.TakesBack() {
		return ivr.HandbackFacts{}
	}
	return x.returns.ask(x.state.Caller, x.state.Returned, now)
}

// offered settles what room has asked for, after the event: he was offered a colleague, or is to be no more.
func (x *attending) offered(asked ivr.HandbackFacts, before ivr.State) {
	switch {
	case asked.Room && x.state.Offers > before.Offers:
		x.offer = true
	case asked.Room:
		x.returns.settle(x.state.Caller, unasked)
	case x.offer && x.state.Phase != ivr.Offered && x.state.Phase != ivr.Away:
		x.offer = false
		x.returns.settle(x.state.Caller, refused)
	}
}
