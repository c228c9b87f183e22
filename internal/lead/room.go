package lead

import (
	"time"

	"wissel"
)

// Room decides who of those that listen to a group's flow is offered a colleague once a target takes calls again. They go back
// as new calls do, in stages: one caller, and then the shares of the group's handback, of those who listen as the stage begins. So
// a thousand listeners do not fall upon a platform that has just risen. It is a value; the zero Room has seen nothing yet.
//
// An offer is settled once: he refused it or did not answer, a colleague took him, or nobody could.
type Room struct {
	Return  int  // how often the target came back; 0: not yet, and nobody is offered anything
	gone    bool // at the last look
	stage   int  // 1: one caller; 2 and on: the shares
	base    int  // who listened as the stage began
	made    int  // offers of the stage
	open    int  // offers that are not settled
	well    int  // callers of the stage whom a colleague took
	wait    time.Duration
	blocked time.Time // after one whom nobody could take: no offers before
}

// RoomView is what is known of a group as a caller is about to be offered a colleague.
type RoomView struct {
	Aside     bool            // an operator leads a share of the callers elsewhere, this one among them: what holds for him tells nothing of the others
	Up        bool            // a new call of this caller would first be tried at a trunk that is Up
	Since     time.Time       // since when that is so
	Handback  wissel.Handback // Calm, Shares and Longest hold here too
	Share     int             // of every 1000 callers, how many may go there by the group's own way back; 1000: all
	Listeners int
	Due       int // callbacks that are due: they go first
}

// Look takes notice of a target that went or came back.
func (r Room) Look(v RoomView, now time.Time) Room {
	switch {
	case v.Aside:
	case !v.Up:
		r.gone = true
	case r.gone && now.Sub(v.Since) >= v.Handback.Calm:
		r = Room{Return: r.Return + 1, open: r.open}
		r.begin(1, v)
	}
	return r
}

func (r *Room) begin(stage int, v RoomView) {
	r.stage, r.base, r.made, r.well = stage, v.Listeners, 0, 0
}

// Offer takes one offer, if there is room for it.
func (r Room) Offer(v RoomView, now time.Time) (Room, bool) {
	r = r.Look(v, now)
	if r.Return == 0 || r.gone || v.Aside || !v.Up || v.Due > 0 || now.Before(r.blocked) {
		return r, false
	}
	if r.open == 0 && r.made >= r.most(v) { // all that the stage had
		switch {
		case r.well == 0: // nobody wanted to, which says nothing of the target
			r.begin(r.stage, v)
		default:
			r.begin(r.stage+1, v)
		}
	}
	if r.made >= r.most(v) {
		return r, false
	}
	r.made++
	r.open++
	return r, true
}

// most is how many offers the stage has.
func (r Room) most(v RoomView) int {
	if r.stage <= 1 {
		return 1
	}
	share := 1000
	if i := r.stage - 2; i < len(v.Handback.Shares) {
		share = v.Handback.Shares[i]
	}
	return max(1, r.base*min(share, v.Share)/1000)
}

// Back takes an offer back that was not made after all.
func (r Room) Back() Room {
	r.made, r.open = max(0, r.made-1), max(0, r.open-1)
	return r
}

// Refused: he did not want to, did not answer, or is gone.
func (r Room) Refused() Room {
	r.open = max(0, r.open-1)
	return r
}

// Well: a colleague took him.
func (r Room) Well() Room {
	r = r.Refused()
	r.well++
	return r
}

// Failed: nobody could take him. The others are left in peace for a while, and it begins with one caller again.
func (r Room) Failed(v RoomView, now time.Time) Room {
	r = r.Refused()
	r.wait = min(max(2*r.wait, v.Handback.Calm, time.Second), max(v.Handback.Longest, v.Handback.Calm, time.Second))
	r.blocked = now.Add(r.wait)
	r.begin(1, v)
	return r
}
