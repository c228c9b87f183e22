package peers

import (
	"strings"
	"testing"
	"time"

	"wissel"
)

// backSoon are settings with a way back that begins soon, and is judged by few calls.
const backSoon = "    active: normaal\n    handback: {calm: 2s, shares: [50%, 100%], samples: 10}"

// comesBackWorse kills the primary, and lets it come back such that it answers OPTIONS and refuses three calls in ten. The way
// back to it must be broken off by its own measure, and the reserve, which takes every call, must go on leading.
func comesBackWorse(t *testing.T) finding {
	w, primary, reserve := pair(t, "uas.xml", "    active: normaal", backSoon)
	f := w.strike("uac.xml", steady, 30*time.Second, func() {
		primary.kill()
		w.health("platform", "down")
		w.answers(w.platform(), "third.xml", threeInTen)
	}, nothing)
	settleBut(t, reserve, f.Calls/50)
	if f.Stages == 0 || f.Aborts == 0 {
		t.Errorf("%d stages of a way back and %d broken off, want both", f.Stages, f.Aborts)
	}
	return f
}

// threeInTen makes third.xml refuse three calls in ten.
var threeInTen = []string{"CHANCE", "0.3"}

// poorPair is pair with a way back that begins soon, and a reserve that refuses three calls in ten.
func poorPair(t *testing.T) (w *world, primary, reserve *process) {
	t.Helper()
	w = newWorld(t, "    active: normaal", backSoon)
	primary = w.answers(w.platform(), "uas.xml", nil)
	reserve = w.answers(w.reserve(), "third.xml", threeInTen)
	w.begin("platform", "reserve")
	return w, primary, reserve
}

// comesBackToPoorReserve kills the primary, and lets it come back well, while the reserve refuses three calls in ten. What the
// reserve fails to do must not break off the way back: it is judged against that.
func comesBackToPoorReserve(t *testing.T) finding {
	w, primary, reserve := poorPair(t)
	f := w.strike("uac.xml", steady, 25*time.Second, func() {
		primary.kill()
		w.health("platform", "down")
		primary = w.answers(w.platform(), "uas.xml", nil)
	}, nothing)
	settleBut(t, primary, f.Calls/50)
	settleBut(t, reserve, f.Calls/50)
	refusedSome(t, reserve)
	back := false
	for _, d := range w.decisions() {
		back = back || d.Kind == wissel.DecidedHandback && strings.Contains(d.After, "leads again")
		if d.Kind == wissel.DecidedAbort && strings.Contains(d.Why, "does worse") {
			t.Errorf("a way back to one that is well was broken off: %s: %q", d.Why, d.Evidence)
		}
	}
	if !back {
		t.Errorf("the primary does not lead again after %d stages, %d broken off", f.Stages, f.Aborts)
	}
	return f
}

// staysBeforePoorReserve has a primary that is no more than Suspect: it refuses OPTIONS, and takes calls, all but one in ten.
// Those go on to the reserve, which refuses three in ten. The primary must go on leading.
func staysBeforePoorReserve(t *testing.T) finding {
	w := newWorld(t)
	w.answers(w.net+".8", "third.xml", []string{"CHANCE", "0.1"})
	front := w.front(w.platform(), w.net+".8")
	reserve := w.answers(w.reserve(), "third.xml", threeInTen)
	w.begin("platform", "reserve")
	f := w.strike("uac.xml", steady, meanwhile, func() { front.does("options", "refuse") }, nothing)
	settleBut(t, reserve, f.Calls/50)
	refusedSome(t, reserve)
	if f.Suspect < 0 {
		t.Error("the primary was never Suspect")
	}
	return f
}

// refusedSome requires that a sipp refused calls: without that its fault was none.
func refusedSome(t *testing.T, p *process) {
	t.Helper()
	if counted(t, p, "480_Sent") == 0 {
		t.Error("the reserve refused no call")
	}
}
