package peers

import (
	"os"
	"syscall"
	"testing"
	"time"
)

// fault is a row of docs/health.md: one thing that befalls the primary, or us, while callers ring.
type fault struct {
	name  string // as it stands in the table
	row   string // its row in the table of faults
	meet  func(t *testing.T) finding
	bound bound
	alone bool // it does not run beside others
}

// steady is the load of most faults, in calls a second, and meanwhile how long it lasts.
const (
	steady    = 20
	meanwhile = 12 * time.Second
)

// faults are the rows, the longest first: they run side by side.
var faults = []fault{
	{"it flaps: silent for 4 s, well for 4 s, for two minutes", "F2", flapping,
		bound{Down: 2 * time.Second, Falls: 6, Waited: 20, Switches: 2, Shown: "OPTIONS without an answer"}, false},
	{"wissel itself is stopped for 60 s, at 10 calls a second", "F30", paused(time.Minute, 10, 5*time.Second), bound{Never: true, Waited: 60}, false},
	{"1 % of its packets are lost, each way", "F3", lossOf(0.01), bound{Never: true, Waited: 5}, false},
	{"5 % of its packets are lost, each way", "F3", lossOf(0.05), bound{Never: true, Waited: 20}, false},
	{"20 % of its packets are lost, each way", "F3", lossOf(0.20), bound{Falls: 6, Waited: 100, P99: 4 * time.Second, Switches: 10}, false},
	{"50 % of its packets are lost, each way", "F3", lossOf(0.50), bound{Down: 10 * time.Second, Falls: 6, Waited: 100, Switches: 10}, false},
	{"killed: its port is closed", "F1", killed,
		bound{Down: time.Second, Tried: 10, Waited: 3, Switches: 1, Shown: "refused"}, false},
	{"stopped: it says nothing", "F2", stopped,
		bound{Down: 2 * time.Second, Tried: 40, Waited: 5, Switches: 1, Shown: "without an answer"}, false},
	{"it answers 503", "F5", frontSays("refuse", "refuse"),
		bound{Down: time.Second, Tried: 20, Switches: 1, Shown: "503"}, false},
	{"it answers slowly: 100 at once, 180 after 6 s, OPTIONS after 3 s", "F4", slowly,
		bound{Down: 10 * time.Second, Tried: 200, Waited: 200, Switches: 1}, false},
	{"it answers OPTIONS, and no calls", "", frontSays("silent", "answer"),
		bound{Down: 5 * time.Second, Tried: 130, Waited: 100, Switches: 1, Shown: "without an answer"}, false},
	{"wissel itself is stopped for 2 s, at 100 calls a second", "F30", paused(2*time.Second, 100, time.Second), bound{Never: true, Waited: 400}, true},
	{"wissel itself is stopped for 10 s, at 100 calls a second", "F30", paused(10*time.Second, 100, 5*time.Second), bound{Never: true, Waited: 1500}, true},
	{"all that our own interface sends and receives is lost for 30 s", "F40", cutOff, bound{Never: true, Waited: 400}, false},
	{"it takes calls and sends no audio", "F7", mute,
		bound{Down: 5 * time.Second, Tried: 60, Switches: 1, Shown: "without audio"}, false},
	{"its certificate expired", "F26", expired,
		bound{Down: 5 * time.Second, Tried: 60, Waited: 40, Switches: 1, Shown: "expired"}, false},
	{"killed, and back again refusing three calls in ten", "F41", comesBackWorse,
		bound{Down: time.Second, Falls: 3, Tried: 10, Waited: 3, Switches: 1, Shown: "refused"}, false},
	{"killed, and back again well, while the reserve refuses three calls in ten", "F41", comesBackToPoorReserve,
		bound{Down: time.Second, Falls: 3, Tried: 10, Waited: 3, Switches: 1, Shown: "refused"}, false},
	{"it refuses OPTIONS, and one call in ten, while the reserve refuses three in ten", "F41", staysBeforePoorReserve,
		bound{Never: true, Waited: 3, Shown: "OPTIONS"}, false},
	{"its name gone from DNS: SERVFAIL", "F25", nameSays(dnsServfail), bound{Never: true, Waited: 3, Shown: "DNS"}, false},
	{"its name gone from DNS: no answer", "F25", nameSays(dnsSilent), bound{Never: true, Waited: 3, Shown: "DNS"}, false},
	{"its name gone from DNS: an empty answer", "F25", nameSays(dnsEmpty), bound{Never: true, Waited: 3, Shown: "DNS"}, false},
	{"its name poisoned: an address in another network", "F25", nameSays(dnsPoisoned), bound{Never: true, Waited: 3, Shown: "192.0.2.66"}, false},
	{"its name with a TTL of 0", "F25", nameSays(dnsTTL0), bound{Never: true, Waited: 3}, false},
}

// pair starts the platform and the reserve as sipp, and wissel between them.
func pair(t *testing.T, platform string, replace ...string) (w *world, primary, reserve *process) {
	t.Helper()
	w = newWorld(t, append([]string{`to: ["sip:NET.3:5060"]`, `to: ["sip:NET.3:5060"], timers: {ring: 8s}`}, replace...)...)
	primary = w.answers(w.platform(), platform, nil)
	reserve = w.answers(w.reserve(), "uas.xml", nil)
	w.begin("platform", "reserve")
	return w, primary, reserve
}

func nothing() {}

func killed(t *testing.T) finding {
	w, primary, reserve := pair(t, "uas.xml")
	f := w.strike("uac.xml", steady, meanwhile, primary.kill, nothing)
	settleBut(t, reserve, f.Calls/50)
	return f
}

func stopped(t *testing.T) finding {
	w, primary, reserve := pair(t, "uas.xml")
	f := w.strike("uac.xml", steady, meanwhile, func() { primary.signal(syscall.SIGSTOP) }, func() { primary.signal(syscall.SIGCONT) })
	settleBut(t, reserve, f.Calls/50)
	settleBut(t, primary, f.Tried+steady) // on waking it is told of those who left meanwhile
	return f
}

// flapping stops the primary for 4 s of each 8.
func flapping(t *testing.T) finding {
	const half, all = 4 * time.Second, 2 * time.Minute
	w, primary, reserve := pair(t, "uas.xml")
	f := w.strike("uac.xml", steady, all+2*time.Second, func() {
		tick := time.NewTicker(half)
		defer tick.Stop()
		for range all / half / 2 {
			primary.signal(syscall.SIGSTOP)
			<-tick.C
			primary.signal(syscall.SIGCONT)
			<-tick.C
		}
	}, nothing)
	settleBut(t, reserve, f.Calls/50)
	settleBut(t, primary, f.Calls)
	return f
}

// behindFront starts Kamailio before a platform of sipp's, with another platform behind it at .9, the reserve, and wissel.
func behindFront(t *testing.T, other string) (*world, *front, *process) {
	t.Helper()
	w := newWorld(t, `to: ["sip:NET.3:5060"]`, `to: ["sip:NET.3:5060"], timers: {ring: 8s}`)
	w.answers(w.net+".8", "uas.xml", nil)
	if other != "" {
		w.answers(w.net+".9", other, nil)
	}
	f := w.front(w.platform(), w.net+".8")
	reserve := w.answers(w.reserve(), "uas.xml", nil)
	w.begin("platform", "reserve")
	return w, f, reserve
}

// frontSays makes the platform's front do something else with calls and with OPTIONS.
func frontSays(calls, options string) func(t *testing.T) finding {
	return func(t *testing.T) finding {
		w, front, reserve := behindFront(t, "")
		f := w.strike("uac.xml", steady, meanwhile, func() {
			front.does("calls", calls)
			front.does("options", options)
		}, nothing)
		settleBut(t, reserve, f.Calls/50)
		return f
	}
}

// slowly lets the front lead to a platform that takes its time.
func slowly(t *testing.T) finding {
	w, front, reserve := behindFront(t, "slow.xml")
	f := w.strike("uac.xml", steady, meanwhile, func() {
		front.does("next", "sip:"+w.net+".9:5060")
		front.does("options", "next")
	}, nothing)
	settleBut(t, reserve, f.Calls/50)
	if rung := twice(w); rung != 0 {
		t.Errorf("%d callers were rung at two places", rung)
	}
	return f
}

// twice counts callers for whom two targets rang.
func twice(w *world) (n int) {
	cdrs, _ := w.records()
	for _, c := range cdrs {
		rang := 0
		for _, a := range c.Attempts {
			if a.Rang {
				rang++
			}
		}
		if rang > 1 {
			n++
		}
	}
	return n
}

// lossOf drops a part of all packets from and to the primary: for a minute, and for ten with FULL=1.
func lossOf(part float64) func(t *testing.T) finding {
	return func(t *testing.T) finding {
		times := 1
		if os.Getenv("FULL") != "" {
			times = 10
		}
		w, _, reserve := pair(t, "uas.xml")
		f := w.strike("uac.xml", steady, time.Duration(times)*time.Minute, func() { w.loses(part, w.platform()) }, nothing)
		f.Times = times
		settleBut(t, reserve, f.Calls/50)
		return f
	}
}
