package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"wissel"
	"wissel/carriers/health"
	"wissel/internal/virtual"
)

// ward is one group, of plan normaal: genesys, reserve, flow:storing, and who leads it, in a bubble of virtual time.
type ward struct {
	t    *testing.T
	r    *routing
	l    *leads
	stop func()
	kept map[wissel.GroupID][]byte
	calm int

	mu    sync.Mutex
	told  []wissel.Decision
	ticks int
}

func at(id wissel.TrunkID) wissel.Address {
	n := map[wissel.TrunkID]byte{"genesys": 1, "reserve": 2}[id]
	return wissel.Address{Transport: wissel.UDP, AddrPort: netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, n}), 5060)}
}

// watched runs f with a ward whose both trunks are up.
func watched(t *testing.T, f func(w *ward)) {
	virtual.Time(t, func(t *testing.T) {
		w := &ward{t: t, r: newRouting("node1"), kept: map[wissel.GroupID][]byte{}}
		w.adopt("normaal", "genesys reserve flow:storing")
		w.r.setHealth(map[wissel.Address]wissel.Verdict{at("genesys"): {State: wissel.Up}, at("reserve"): {State: wissel.Up}}, "")
		w.start()
		f(w)
		w.stop()
	})
}

// adopt puts settings with one plan in force.
func (w *ward) adopt(plan wissel.PlanID, targets string) {
	g := group(map[wissel.PlanID]string{plan: targets, "stil": "flow:nacht"})
	g["support"].Active = plan
	g["support"].Handback = wissel.Handback{Mode: wissel.HandbackAuto, Calm: time.Minute, Shares: []int{100, 1000}, Samples: 5, Longest: time.Hour}
	all := trunks("genesys", "reserve")
	for id := range all {
		all[id].Addresses = []wissel.Address{at(id)}
	}
	w.r.setSettings(&wissel.Snapshot{Version: "v1", Country: "NL", Groups: g, Trunks: all})
}

// start begins as a server does, from what was kept.
func (w *ward) start() {
	w.l = newLeads(w.r, slog.New(slog.DiscardHandler))
	w.l.keep = func(g wissel.GroupID, _ time.Time, body []byte) { w.kept[g] = body }
	w.l.calm = func(wissel.GroupID) { w.calm++ }
	w.l.tick = func(time.Time) { w.ticks++ }
	w.l.decided = func(d wissel.Decision) wissel.Decision {
		w.mu.Lock()
		defer w.mu.Unlock()
		d.ID = fmt.Sprint("d", len(w.told))
		w.told = append(w.told, d)
		return d
	}
	w.l.restore(w.kept)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.l.Run(ctx) }()
	w.stop = func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Error(err)
		}
	}
}

// becomes changes a verdict, as the Board does: published, then told.
func (w *ward) becomes(id wissel.TrunkID, state wissel.State) {
	before := w.r.Snapshot().Health[at(id)].State
	h := map[wissel.Address]wissel.Verdict{}
	for a, v := range w.r.Snapshot().Health {
		h[a] = v
	}
	h[at(id)] = wissel.Verdict{State: state, Since: time.Now(), Evidence: "so it is said"}
	w.r.setHealth(h, w.r.Snapshot().Ours)
	w.l.Changed(health.Transition{Trunk: id, Address: at(id), Before: before, After: state, At: time.Now(), Evidence: []string{"so it is said"}})
	synctest.Wait()
}

func (w *ward) calls(id wissel.TrunkID, well, all int) {
	for i := range all {
		w.l.Tried(wissel.Tried{Group: "support", Trunk: id, Well: i < well, At: time.Now()})
	}
	synctest.Wait()
}

func (w *ward) lead() wissel.Lead {
	return w.r.Snapshot().Leads[wissel.PlanOf{Group: "support", Plan: "normaal"}]
}

// story is what was decided but for the verdicts: "switch, handback".
func (w *ward) story() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var kinds []string
	for _, d := range w.told {
		if d.Kind != wissel.DecidedVerdict {
			kinds = append(kinds, string(d.Kind))
		}
	}
	return strings.Join(kinds, ", ")
}

func (w *ward) wants(story string, lead wissel.Lead) {
	w.t.Helper()
	if got := w.story(); got != story {
		w.t.Errorf("decided %q, want %q", got, story)
	}
	if l := w.lead(); l.Target != lead.Target || l.Share != lead.Share || l.Single != lead.Single {
		w.t.Errorf("the lead is %+v, want %+v", l, lead)
	}
}

var reserveLeads = wissel.Lead{Target: wissel.Target{Trunk: "reserve"}}

func TestThePrimaryGoesDownAndComesBack(t *testing.T) {
	watched(t, func(w *ward) {
		w.becomes("genesys", wissel.Down)
		w.wants("switch", reserveLeads)
		if l := w.lead(); l.Decision != "d1" || l.Plan != "normaal" {
			t.Errorf("the lead does not name its decision: %+v", l)
		}
		<-time.After(time.Hour)
		w.wants("switch", reserveLeads)
		w.becomes("genesys", wissel.Up)
		<-time.After(59 * time.Second)
		w.wants("switch", reserveLeads)
		<-time.After(2 * time.Second)
		w.wants("switch, handback", wissel.Lead{Target: reserveLeads.Target, Single: true})
		stage := w.lead().Stage
		if !w.l.Single("support", stage, time.Now()) || w.l.Single("support", stage, time.Now()) {
			t.Error("the single call is not given exactly once")
		}
		w.l.Tried(wissel.Tried{Group: "support", Trunk: "genesys", Test: true})
		synctest.Wait()
		w.wants("switch, handback", wissel.Lead{Target: reserveLeads.Target, Single: true})
		w.calls("genesys", 1, 1)
		w.wants("switch, handback, handback", wissel.Lead{Target: reserveLeads.Target, Share: 100})
		w.calls("reserve", 45, 45)
		w.calls("genesys", 5, 5)
		w.wants("switch, handback, handback, handback", wissel.Lead{})
		w.calls("genesys", 5, 5)
		w.wants("switch, handback, handback, handback, handback", wissel.Lead{})
		if len(w.told) != 7 || w.told[0].Kind != wissel.DecidedVerdict || w.told[0].Object != "genesys udp:192.0.2.1:5060" {
			t.Errorf("the verdicts are no decisions: %+v", w.told)
		}
	})
}

func TestARestartInTheMiddleGoesOn(t *testing.T) {
	watched(t, func(w *ward) {
		w.becomes("genesys", wissel.Down)
		w.becomes("genesys", wissel.Up)
		<-time.After(61 * time.Second)
		w.calls("genesys", 1, 1)
		w.wants("switch, handback, handback", wissel.Lead{Target: reserveLeads.Target, Share: 100})
		w.calls("reserve", 5, 5)
		w.calls("genesys", 4, 4) // one short of what the stage is judged by
		w.stop()
		// The next process knows nothing of health yet, and the same group.
		w.r = newRouting("node1")
		w.adopt("normaal", "genesys reserve flow:storing")
		w.start()
		<-time.After(time.Minute)
		w.wants("switch, handback, handback", wissel.Lead{Target: reserveLeads.Target, Share: 100})
		w.r.setHealth(map[wissel.Address]wissel.Verdict{at("genesys"): {State: wissel.Up}, at("reserve"): {State: wissel.Up}}, "")
		w.calls("reserve", 45, 45)
		w.calls("genesys", 4, 4) // what was counted before is not counted again: the stage has begun again
		w.wants("switch, handback, handback", wissel.Lead{Target: reserveLeads.Target, Share: 100})
		w.calls("genesys", 1, 1)
		w.wants("switch, handback, handback, handback", wissel.Lead{})
	})
}

// TestAPauseOfOursBreaksNoWayBackOff: what failed while we stood still is our own doing.
func TestAPauseOfOursBreaksNoWayBackOff(t *testing.T) {
	watched(t, func(w *ward) {
		w.becomes("genesys", wissel.Down)
		w.becomes("genesys", wissel.Up)
		<-time.After(61 * time.Second)
		w.stop()
		stopped := time.Now()
		w.start()
		w.l.disturbed = func(began time.Time) bool { return !began.After(stopped) }
		<-time.After(time.Second)
		failed := wissel.Tried{Group: "support", Trunk: "genesys", Delay: 500 * time.Millisecond, At: time.Now()}
		during := failed
		during.Delay = 2 * time.Second
		w.l.Tried(during)
		synctest.Wait()
		w.wants("switch, handback", wissel.Lead{Target: reserveLeads.Target, Single: true})
		w.l.Tried(failed)
		synctest.Wait()
		w.wants("switch, handback, abort", reserveLeads)
	})
}

// choose makes a plan active, as an operator does; empty: the settings' own.
func (w *ward) choose(plan wissel.PlanID) {
	w.t.Helper()
	_, _, after, err := w.r.change(func(s *wissel.Snapshot) (wissel.Change, error) {
		return wissel.Change{Group: "support", Plan: plan, Auto: plan == "", Generation: s.Generation + 1}, nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if _, led := after.Lead(after.Groups["support"]); led != (plan == "") { // the first call after it goes by it already
		w.t.Errorf("plan %q is in force, another leads: %v", plan, led)
	}
	w.l.Nudge()
	synctest.Wait()
}

func TestAPlanThatIsChosenAgainIsLedAsItWasLeft(t *testing.T) {
	watched(t, func(w *ward) {
		w.becomes("genesys", wissel.Down)
		w.becomes("genesys", wissel.Up)
		<-time.After(61 * time.Second)
		w.calls("genesys", 1, 1)
		w.wants("switch, handback, handback", wissel.Lead{Target: reserveLeads.Target, Share: 100})
		decision := w.lead().Decision
		w.choose("stil")
		w.wants("switch, handback, handback, handback", reserveLeads)
		w.stop() // and a restart while it rests
		w.start()
		<-time.After(time.Hour + time.Second/2)
		w.wants("switch, handback, handback, handback", reserveLeads)
		w.choose("")
		w.wants("switch, handback, handback, handback, handback", wissel.Lead{Target: reserveLeads.Target, Single: true})
		if d := w.lead().Decision; d != decision || d == "" {
			t.Errorf("the lead is by decision %q, was by %q", d, decision)
		}
		w.calls("genesys", 1, 1)
		w.calls("reserve", 45, 45)
		w.calls("genesys", 5, 5)
		w.calls("genesys", 5, 5)
		w.wants("switch, handback, handback, handback, handback, handback, handback, handback", wissel.Lead{})
	})
}

// TestARowOfBeforeThereWereBooksIsRead: what was remembered was one state, of the plan that its lead named.
func TestARowOfBeforeThereWereBooksIsRead(t *testing.T) {
	watched(t, func(w *ward) {
		w.becomes("genesys", wissel.Down)
		for name, row := range map[string]struct {
			body string
			lead wissel.Lead
		}{
			"away":       {`{"Lead":{"Plan":"normaal","Home":{"Trunk":"genesys"},"Target":{"Trunk":"reserve"},"Decision":"d1","Share":100},"Stage":2,"Wait":60000000000}`, wissel.Lead{Target: reserveLeads.Target, Share: 100}},
			"at home":    {`{"Lead":{"Plan":""},"Stage":0,"Wait":120000000000}`, wissel.Lead{}},
			"unreadable": {`{`, wissel.Lead{}},
		} {
			w.stop()
			w.r = newRouting("node1")
			w.adopt("normaal", "genesys reserve flow:storing")
			w.kept = map[wissel.GroupID][]byte{"support": []byte(row.body), "gone": []byte(row.body)}
			w.start()
			synctest.Wait()
			if l := w.lead(); l.Target != row.lead.Target || l.Share != row.lead.Share || len(w.l.books) > 1 {
				t.Errorf("%s: the lead is %+v, of %v", name, l, w.l.books)
			}
			if want := 2 * time.Minute; name == "at home" && w.l.books["support"]["normaal"].Wait != want {
				t.Errorf("%s: the wait is forgotten: %+v", name, w.l.books)
			}
		}
	})
}

func TestFlappingIsOneSwitch(t *testing.T) {
	watched(t, func(w *ward) {
		for range 15 {
			w.becomes("genesys", wissel.Down)
			<-time.After(4 * time.Second)
			w.becomes("genesys", wissel.Up)
			<-time.After(4 * time.Second)
		}
		w.wants("switch", reserveLeads)
	})
}

func TestWhenItIsUsNothingIsSwitched(t *testing.T) {
	watched(t, func(w *ward) {
		w.r.setHealth(w.r.Snapshot().Health, "the gateway does not answer")
		w.l.Changed(health.Transition{Ours: true, At: time.Now()})
		w.becomes("genesys", wissel.Down)
		w.becomes("reserve", wissel.Down)
		<-time.After(time.Hour + time.Second/2)
		w.wants("ours, stay", wissel.Lead{})
		w.r.setHealth(w.r.Snapshot().Health, "")
		w.l.Changed(health.Transition{At: time.Now()})
		synctest.Wait()
		w.becomes("reserve", wissel.Up)
		w.wants("ours, stay, ours, stay, switch", reserveLeads)
	})
}

// TestAStayIsOverWhenItsReasonIs: an alarm that nothing is better must not outlast the outage.
func TestAStayIsOverWhenItsReasonIs(t *testing.T) {
	watched(t, func(w *ward) {
		w.becomes("reserve", wissel.Down)
		w.becomes("genesys", wissel.Down)
		<-time.After(time.Minute + time.Second/2)
		if w.story() != "stay" || w.calm != 0 {
			t.Errorf("both are down: %q, called off %d times", w.story(), w.calm)
		}
		w.stop()
		w.start()
		<-time.After(time.Second + time.Second/2)
		if w.story() != "stay, stay" || w.calm != 0 {
			t.Errorf("after a restart: %q, called off %d times", w.story(), w.calm)
		}
		w.becomes("genesys", wissel.Up)
		<-time.After(time.Minute + time.Second/2)
		if w.story() != "stay, stay" || w.calm != 1 {
			t.Errorf("the first is up again: %q, called off %d times", w.story(), w.calm)
		}
	})
}

func TestAReloadKeepsALeadWhoseTargetsItHas(t *testing.T) {
	watched(t, func(w *ward) {
		w.becomes("genesys", wissel.Down)
		w.adopt("normaal", "genesys reserve flow:nacht")
		w.l.Nudge()
		synctest.Wait()
		w.wants("switch", reserveLeads)
		w.adopt("normaal", "genesys flow:storing")
		w.l.Nudge()
		synctest.Wait()
		w.wants("switch, handback, stay", wissel.Lead{})
		w.r.setSettings(&wissel.Snapshot{Version: "v2", Country: "NL"})
		<-time.After(2 * time.Second)
		synctest.Wait()
		if len(w.l.books) != 0 || len(w.r.Snapshot().Leads) != 0 {
			t.Errorf("a group that is gone is remembered: %v, %v", w.l.books, w.r.Snapshot().Leads)
		}
	})
}

func TestAnOperatorGoesBack(t *testing.T) {
	watched(t, func(w *ward) {
		back := func(all bool) string {
			done, err := w.l.Handback(w.t.Context(), ask{group: "support", all: all, actor: "anna", reason: "ticket 1"})
			if err != nil {
				t.Fatal(err)
			}
			if done.err != nil {
				return done.err.Error()
			}
			return done.after
		}
		if got := back(false); !strings.Contains(got, "nothing was switched by itself") {
			t.Error(got)
		}
		w.becomes("genesys", wissel.Down)
		if got := back(true); !strings.Contains(got, "genesys is down") {
			t.Error(got)
		}
		w.becomes("genesys", wissel.Up)
		if got := back(false); got != "one call tries genesys first" {
			t.Error(got)
		}
		w.wants("switch, handback", wissel.Lead{Target: reserveLeads.Target, Single: true})
		if got := back(true); got != "genesys leads again, as the plan says" {
			t.Error(got)
		}
		w.wants("switch, handback, handback", wissel.Lead{})
	})
}

func TestTooMuchIsLostAndCounted(t *testing.T) {
	l := newLeads(newRouting("node1"), slog.New(slog.DiscardHandler)) // nobody runs it
	for range maxTried + 3 {
		l.Tried(wissel.Tried{Group: "support"})
	}
	for range maxChanges + 2 {
		l.Changed(health.Transition{})
	}
	l.Nudge()
	l.Nudge()
	if l.lost.Load() != 5 {
		t.Errorf("%d were lost", l.lost.Load())
	}
}

func TestProofsAreKeptOfTrunksThatThereAre(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		r, kept := routed(), map[wissel.TrunkID][]wissel.Proof{}
		p := &proofs{routing: r, keep: func(id wissel.TrunkID, proof wissel.Proof) { kept[id] = append(kept[id], proof) }}
		for second := range 25 { // a call each second, for 25 seconds
			p.note("genesys", wissel.Proof{At: time.Now(), Call: wissel.CallID(fmt.Sprint(second))})
			p.note("gone", wissel.Proof{At: time.Now()})
			p.publish()
			<-time.After(time.Second)
		}
		if len(kept["genesys"]) != 3 || len(kept) != 1 || len(p.fresh) != 1 {
			t.Errorf("kept %v, %d wait", kept, len(p.fresh))
		}
		if s := r.Snapshot(); len(s.Proofs) != 1 || s.Proofs["genesys"].Call != "20" {
			t.Errorf("in force: %+v", s.Proofs)
		}
		p.note("genesys", wissel.Proof{At: time.Now().Add(-time.Hour), Test: true})
		p.publish()
		if s := r.Snapshot(); s.Proofs["genesys"].Test {
			t.Error("an older proof took the place of a newer one")
		}
	})
}
