package sip_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/internal/audio"
	"wissel/sip/sim"
	"wissel/sip/sim/simtest"
)

const (
	desk     = wissel.TrunkID("genesys")
	talkedTo = "+31612345678"
)

// tried does one callback: genesys is the desk's platform, kpn the carrier that the customer is rung over.
func tried(t *testing.T, file string, genesys, kpn sim.Behaviour, first bool, check func(n *simtest.Net, r wissel.CallbackResult, stages []wissel.CallbackStage), extra ...string) {
	t.Helper()
	simtest.Run(t, func(n *simtest.Net) {
		n.Trunk(string(desk), genesys)
		n.Phone("kpn", extra...).Behave(kpn)
		r, stages := n.Callback(n.T.Context(), wissel.CallbackJob{Desk: wissel.Desk{Trunk: desk, To: "7001"}, Over: []wissel.TrunkID{"kpn"}, CustomerFirst: first})
		check(n, r, stages)
		n.Ladder(n.T, "testdata/"+file)
	})
}

// came checks what came of it.
func came(outcome wissel.CallbackOutcome, stages ...wissel.CallbackStage) func(*simtest.Net, wissel.CallbackResult, []wissel.CallbackStage) {
	return func(n *simtest.Net, r wissel.CallbackResult, told []wissel.CallbackStage) {
		n.T.Helper()
		if r.Outcome != outcome || r.Why == "" || !slices.Equal(told, stages) {
			n.T.Errorf("%q (%s) through %q: %+v", r.Outcome, r.Why, told, r)
		}
	}
}

// taking is a desk that presses 1 after its whisper, and later keys.
func taking(after time.Duration) sim.Behaviour {
	return sim.RingThenAnswer(100*time.Millisecond, time.Second).Tone(440).Pressing(after, "1")
}

const (
	atDesk     = wissel.CallbackDesk
	atCustomer = wissel.CallbackCustomer
	atTalk     = wissel.CallbackTalking
	atEnd      = wissel.CallbackAfter
)

// A whole good callback: both press 1, hear each other, the customer hangs up, and the agent presses 1.
func TestLadderAGoodCallback(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		genesys := n.Trunk(string(desk), taking(5*time.Second).Pressing(62*time.Second, "1"))
		kpn := n.Phone("kpn")
		kpn.Behave(sim.RingThenAnswer(200*time.Millisecond, 3*time.Second).Tone(660).Pressing(12*time.Second, "1").HangupAfter(50 * time.Second))
		r, stages := n.Callback(t.Context(), wissel.CallbackJob{Desk: wissel.Desk{Trunk: desk, To: "7001"}, Over: []wissel.TrunkID{"kpn"}})
		came(wissel.CallbackTalked, atDesk, atCustomer, atTalk, atEnd, wissel.CallbackDone.Said())(n, r, stages)
		if r.Key != wissel.CallbackDone || r.Talked < 36*time.Second || r.Talked > 39*time.Second || !r.Rung || r.Desk.Trunk != desk || r.Customer.Trunk != "kpn" {
			t.Errorf("%+v", r)
		}
		a, c := genesys.Ledger().Calls[0], kpn.Ledger().Calls[0]
		if !slices.Contains(a.Tones(), 660) || !slices.Contains(c.Tones(), 440) {
			t.Errorf("the agent heard %v, the customer %v", a.Tones(), c.Tones())
		}
		if a.To != "7001" || a.From != talkedTo || c.To != talkedTo || c.From != number {
			t.Errorf("rang %s as %s, and %s as %s", a.To, a.From, c.To, c.From)
		}
		if v := a.Invite.Get("X-Wissel-Callback"); !strings.HasPrefix(v, "c1;tel="+talkedTo+";") {
			t.Errorf("the desk is told %q", v)
		}
		if !strings.HasSuffix(a.Invite.Get("User-to-User"), ";encoding=hex") || c.Invite.Get("User-to-User")+c.Invite.Get("X-Wissel-Callback")+c.Invite.Get("X-Wissel-Call") != "" {
			t.Errorf("the desk is told %q; the public network %+v", a.Invite.Get("User-to-User"), c.Invite)
		}
		cdrs := n.CDRs()
		if len(cdrs) != 2 {
			t.Fatalf("records %+v", cdrs)
		}
		for _, one := range cdrs {
			if one.Callback != "c1" || one.Test || one.Group != "support" || one.Trunk != "" || len(one.Why) == 0 || !strings.Contains(one.Why[0], "callback c1") {
				t.Errorf("record %+v", one)
			}
		}
		n.Ladder(t, "testdata/callback.ladder")
		n.Lossy()
	})
}

func TestLadderCallbackWithCustomerFirst(t *testing.T) {
	tried(t, "callback-customer-first.ladder", taking(5*time.Second).Pressing(40*time.Second, "3"), sim.Answer(time.Second).Tone(660).Pressing(3*time.Second, "1").HangupAfter(40*time.Second), true,
		func(n *simtest.Net, r wissel.CallbackResult, stages []wissel.CallbackStage) {
			came(wissel.CallbackTalked, atCustomer, atDesk, atTalk, atEnd, wissel.CallbackWrong.Said())(n, r, stages)
			if r.Key != wissel.CallbackWrong || r.Talked < 20*time.Second {
				n.T.Errorf("%+v", r)
			}
		})
}

// A platform that moves the call from its queue to an agent does so by re-INVITE: at the whisper and in the talk, which goes on after it.
func TestLadderCallbackOfADeskThatHolds(t *testing.T) {
	tried(t, "callback-desk-holds.ladder", taking(8*time.Second).HoldAfter(20*time.Second, 30*time.Second), sim.Answer(time.Second).Tone(660).Pressing(4*time.Second, "1").HangupAfter(60*time.Second), false,
		func(n *simtest.Net, r wissel.CallbackResult, stages []wissel.CallbackStage) {
			came(wissel.CallbackTalked, atDesk, atCustomer, atTalk, atEnd)(n, r, stages)
			if r.Talked < 40*time.Second || r.Talked > 52*time.Second {
				n.T.Errorf("%+v", r)
			}
		})
	tried(t, "callback-queue-holds.ladder", taking(12*time.Second).HoldAfter(3*time.Second, 6*time.Second), sim.Answer(time.Second).Tone(660).Pressing(4*time.Second, "1").HangupAfter(20*time.Second), false,
		came(wissel.CallbackTalked, atDesk, atCustomer, atTalk, atEnd))
}

// Every other way in which it goes, each with what the wire shows of it.
func TestLadderCallbacks(t *testing.T) {
	home := sim.Answer(time.Second).Tone(660)
	lost := taking(3 * time.Second).HangupAfter(30 * time.Second)
	lost.Reason = "SIP;cause=503"
	for _, row := range []struct {
		name    string
		genesys sim.Behaviour
		kpn     sim.Behaviour
		first   bool
		outcome wissel.CallbackOutcome
		stages  []wissel.CallbackStage
	}{
		{"queue-alone", sim.Answer(0).Tone(440), home, false, wissel.CallbackDeskNoKey, []wissel.CallbackStage{atDesk}},
		{"agent-busy", sim.Refuse(486), home, false, wissel.CallbackDeskBusy, []wissel.CallbackStage{atDesk}},
		{"agent-none", sim.Ring(), home, false, wissel.CallbackDeskNone, []wissel.CallbackStage{atDesk}},
		{"agent-failed", sim.Refuse(503), home, false, wissel.CallbackDeskFailed, []wissel.CallbackStage{atDesk}},
		{"agent-left", sim.Answer(0).HangupAfter(3 * time.Second), home, false, wissel.CallbackDeskLeft, []wissel.CallbackStage{atDesk}},
		{"agent-cannot", sim.Answer(0).Pressing(3*time.Second, "9"), home, false, wissel.CallbackDeskLeft, []wissel.CallbackStage{atDesk}},
		{"agent-gone", taking(3 * time.Second).HangupAfter(6 * time.Second), sim.Ring(), false, wissel.CallbackDeskGone, []wissel.CallbackStage{atDesk, atCustomer}},
		{"agent-gone-late", taking(3 * time.Second).HangupAfter(9 * time.Second), home, false, wissel.CallbackDeskGone, []wissel.CallbackStage{atDesk, atCustomer}},
		{"agent-hangs-up", taking(3 * time.Second).HangupAfter(30 * time.Second), home.Pressing(6*time.Second, "1"), false, wissel.CallbackTalked, []wissel.CallbackStage{atDesk, atCustomer, atTalk}},
		{"agent-lost", lost, home.Pressing(6*time.Second, "1"), false, wissel.CallbackTalked, []wissel.CallbackStage{atDesk, atCustomer, atTalk}},
		{"busy", taking(3 * time.Second), sim.RingThenRefuse(100*time.Millisecond, 200*time.Millisecond, 486), false, wissel.CallbackBusy, []wissel.CallbackStage{atDesk, atCustomer}},
		{"busy-everywhere", taking(3 * time.Second), sim.Refuse(600), false, wissel.CallbackBusy, []wissel.CallbackStage{atDesk, atCustomer}},
		{"rejected", taking(3 * time.Second), sim.RingThenRefuse(100*time.Millisecond, 2*time.Second, 603), false, wissel.CallbackRejected, []wissel.CallbackStage{atDesk, atCustomer}},
		{"no-answer", taking(3 * time.Second), sim.Ring(), false, wissel.CallbackNoAnswer, []wissel.CallbackStage{atDesk, atCustomer}},
		{"unknown", taking(3 * time.Second), sim.Refuse(404), false, wissel.CallbackUnknown, []wissel.CallbackStage{atDesk, atCustomer}},
		{"failed", taking(3 * time.Second), sim.Refuse(503), false, wissel.CallbackFailed, []wissel.CallbackStage{atDesk, atCustomer}},
		{"voicemail", taking(3 * time.Second), home, false, wissel.CallbackNoKey, []wissel.CallbackStage{atDesk, atCustomer}},
		{"left", taking(3 * time.Second), home.HangupAfter(4 * time.Second), false, wissel.CallbackLeft, []wissel.CallbackStage{atDesk, atCustomer}},
		{"cancelled", taking(3 * time.Second), home.Pressing(6*time.Second, "2"), false, wissel.CallbackCancelled, []wissel.CallbackStage{atDesk, atCustomer}},
		{"first-agent-none", sim.Refuse(480), home.Pressing(6*time.Second, "1"), true, wissel.CallbackDeskNone, []wissel.CallbackStage{atCustomer, atDesk}},
		{"first-agent-left", sim.Answer(0).HangupAfter(3 * time.Second), home.Pressing(6*time.Second, "1"), true, wissel.CallbackDeskLeft, []wissel.CallbackStage{atCustomer, atDesk}},
		{"first-gone", sim.Ring(), home.Pressing(6*time.Second, "1").HangupAfter(12 * time.Second), true, wissel.CallbackGone, []wissel.CallbackStage{atCustomer, atDesk}},
		{"first-gone-late", sim.Answer(0), home.Pressing(6*time.Second, "1").HangupAfter(12 * time.Second), true, wissel.CallbackGone, []wissel.CallbackStage{atCustomer, atDesk}},
		{"first-voicemail", taking(time.Second), home, true, wissel.CallbackNoKey, []wissel.CallbackStage{atCustomer}},
	} {
		t.Run(row.name, func(t *testing.T) {
			tried(t, "callback-"+row.name+".ladder", row.genesys, row.kpn, row.first, func(n *simtest.Net, r wissel.CallbackResult, stages []wissel.CallbackStage) {
				came(row.outcome, row.stages...)(n, r, stages)
				<-time.After(2 * time.Second) // the last BYE is on its way
				if r.Outcome == wissel.CallbackTalked {
					return
				}
				for _, p := range []string{"kpn"} {
					for _, c := range n.Phone(p).Ledger().Calls {
						if slices.Contains(c.Tones(), 440) {
							n.T.Errorf("the customer heard the agent, and nobody pressed for that")
						}
					}
				}
			})
		})
	}
}

// Whom no text reaches is rung once more, alone, and told that nobody could call him in time: twice, since a voicemail misses the
// beginning. It has a record of its own.
func TestLadderALastCall(t *testing.T) {
	for _, row := range []struct {
		file    string
		kpn     sim.Behaviour
		outcome wissel.CallbackOutcome
	}{
		{"callback-last.ladder", sim.RingThenAnswer(200*time.Millisecond, 3*time.Second).Tone(660), wissel.CallbackTold},
		{"callback-last-none.ladder", sim.Ring(), wissel.CallbackNoAnswer},
		{"callback-last-left.ladder", sim.Answer(time.Second).HangupAfter(3 * time.Second), wissel.CallbackLeft},
	} {
		simtest.Run(t, func(n *simtest.Net) {
			t := n.T
			n.Trunk(string(desk), sim.Answer(0))
			kpn := n.Phone("kpn")
			kpn.Behave(row.kpn)
			r, stages := n.Callback(t.Context(), wissel.CallbackJob{Last: true, Over: []wissel.TrunkID{"kpn"}})
			came(row.outcome, atCustomer)(n, r, stages)
			<-time.After(time.Second) // its BYE is on its way
			c := kpn.Ledger().Calls[0]
			if lasted := c.Ended.Sub(c.Answered); row.outcome == wissel.CallbackTold && (lasted < 20*time.Second || lasted > time.Minute || c.Gap > 500*time.Millisecond && !n.Lost()) {
				t.Errorf("he was told for %v, with a gap of %v", lasted, c.Gap)
			}
			if cdrs := n.CDRs(); len(cdrs) != 1 || cdrs[0].Callback != "c1" || cdrs[0].Test || cdrs[0].Group != "support" || r.Customer.Call != cdrs[0].Call || r.Desk.Call != "" {
				t.Errorf("records %+v of %+v", cdrs, r)
			}
			n.Ladder(t, "testdata/"+row.file)
			n.Lossy()
		})
	}
}

// One who waits is never in silence: from his answer to his end sound comes to him.
func TestWhoWaitsHearsSomething(t *testing.T) {
	for _, first := range []bool{false, true} {
		simtest.Run(t, func(n *simtest.Net) {
			genesys, kpn := n.Trunk(string(desk), taking(5*time.Second)), n.Phone("kpn")
			kpn.Behave(sim.Ring())
			if first {
				genesys.Behave(sim.Ring())
				kpn.Behave(sim.Answer(0).Pressing(5*time.Second, "1"))
			}
			n.Callback(n.T.Context(), wissel.CallbackJob{Desk: wissel.Desk{Trunk: desk, To: "7001"}, Over: []wissel.TrunkID{"kpn"}, CustomerFirst: first})
			who := genesys
			if first {
				who = kpn.Party
			}
			<-time.After(2 * time.Second) // its BYE is on its way
			c := who.Ledger().Calls[0]
			if c.Gap > 500*time.Millisecond || c.Ended.Sub(c.Answered) < 40*time.Second {
				n.T.Errorf("customer first %v: a gap of %v in %v", first, c.Gap, c.Ended.Sub(c.Answered))
			}
		})
	}
}

// Whoever asked takes it back: who is on the line is told, and who is only rung is let be.
func TestACallbackThatIsTakenBack(t *testing.T) {
	for _, row := range []struct {
		after   time.Duration
		outcome wissel.CallbackOutcome
	}{
		{500 * time.Millisecond, wissel.CallbackStopped}, // the desk rings
		{4 * time.Second, wissel.CallbackStopped},        // it hears the whisper
		{9 * time.Second, wissel.CallbackStopped},        // the customer hears who calls
		{40 * time.Second, wissel.CallbackTalked},        // they talk, and go on
	} {
		simtest.Run(t, func(n *simtest.Net) {
			t := n.T
			genesys, kpn := n.Trunk(string(desk), taking(5*time.Second)), n.Phone("kpn")
			kpn.Behave(sim.Answer(time.Second).Pressing(12*time.Second, "1").HangupAfter(70 * time.Second))
			n.Start()
			ctx, cancel := context.WithTimeout(t.Context(), row.after)
			defer cancel()
			began := time.Now()
			r, _ := n.Callback(ctx, wissel.CallbackJob{Desk: wissel.Desk{Trunk: desk, To: "7001"}, Over: []wissel.TrunkID{"kpn"}})
			if r.Outcome != row.outcome || time.Since(began) > row.after+12*time.Second {
				t.Errorf("after %v: %+v, %v later", row.after, r, time.Since(began)-row.after)
			}
			<-time.After(90 * time.Second)
			for _, c := range append(genesys.Ledger().Calls, kpn.Ledger().Calls...) {
				if c.Alive {
					t.Errorf("after %v a call is left: %+v", row.after, c)
				}
				if lasted := c.Ended.Sub(c.Answered); row.outcome == wissel.CallbackTalked && lasted < 60*time.Second {
					t.Errorf("they were cut off after %v", lasted)
				}
			}
		})
	}
}

// Whenever wissel ends, in the middle of a callback too, each side has its BYE or CANCEL at once, all that it started ends with it, and
// Dial returns with what came of it: that they talked, or that it was stopped.
func TestStopDuringACallback(t *testing.T) {
	for after := 300 * time.Millisecond; after < 30*time.Second; after += 1700 * time.Millisecond {
		simtest.Run(t, func(n *simtest.Net) {
			genesys, kpn := n.Trunk(string(desk), taking(5*time.Second).HangupAfter(time.Minute)), n.Phone("kpn")
			kpn.Behave(sim.Answer(time.Second).Pressing(12*time.Second, "1").HangupAfter(time.Minute))
			n.Start()
			done := make(chan wissel.CallbackResult, 1)
			go func() {
				r, _ := n.Callback(context.Background(), wissel.CallbackJob{Desk: wissel.Desk{Trunk: desk, To: "7001"}, Over: []wissel.TrunkID{"kpn"}})
				done <- r
			}()
			<-time.After(after)
			began := time.Now()
			n.Stop()
			if r := <-done; r.Outcome != wissel.CallbackStopped && r.Outcome != wissel.CallbackTalked || time.Since(began) > 2*time.Second {
				n.T.Errorf("after %v: %+v, %v later", after, r, time.Since(began))
			}
			<-time.After(time.Second)
			for _, c := range append(genesys.Ledger().Calls, kpn.Ledger().Calls...) {
				if c.Alive {
					n.T.Errorf("after %v a side is left: %+v", after, c)
				}
			}
		})
	}
}

// A drain that ends calls says the same of a callback: that it was stopped, and not that one of the two had hung up.
func TestDrainDuringACallback(t *testing.T) {
	for after := 300 * time.Millisecond; after < 30*time.Second; after += 3400 * time.Millisecond {
		simtest.Run(t, func(n *simtest.Net) {
			n.Trunk(string(desk), taking(5*time.Second).HangupAfter(time.Minute))
			n.Phone("kpn").Behave(sim.Answer(time.Second).Pressing(12*time.Second, "1").HangupAfter(time.Minute))
			n.Start()
			done := make(chan wissel.CallbackResult, 1)
			go func() {
				r, _ := n.Callback(context.Background(), wissel.CallbackJob{Desk: wissel.Desk{Trunk: desk, To: "7001"}, Over: []wissel.TrunkID{"kpn"}})
				done <- r
			}()
			<-time.After(after)
			n.Drain(true)
			if r := <-done; r.Outcome != wissel.CallbackStopped && r.Outcome != wissel.CallbackTalked {
				n.T.Errorf("after %v: %+v", after, r)
			}
		})
	}
}

// The same as the wire shows it, also where a BYE is lost: it is said again before the server is gone.
func TestLadderStopDuringACallback(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		n.Trunk(string(desk), taking(5*time.Second))
		n.Phone("kpn").Behave(sim.Answer(time.Second).Pressing(12*time.Second, "1"))
		n.Start()
		done := make(chan wissel.CallbackResult, 1)
		go func() {
			r, _ := n.Callback(context.Background(), wissel.CallbackJob{Desk: wissel.Desk{Trunk: desk, To: "7001"}, Over: []wissel.TrunkID{"kpn"}})
			done <- r
		}()
		<-time.After(25 * time.Second)
		n.Stop()
		if r := <-done; r.Outcome != wissel.CallbackTalked || r.Key != wissel.CallbackNone {
			n.T.Errorf("%+v", r)
		}
		n.Ladder(n.T, "testdata/callback-stopped.ladder")
		n.Lossy()
	})
}

// A customer's telephone that sends calls on to our own line is a loop: it hears the flow, and rings no desk.
func TestACallbackThatComesBackIsALoop(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		genesys, kpn := n.Trunk(string(desk), taking(2*time.Second)), n.Phone("kpn")
		kpn.Behave(sim.Ring())
		n.Start()
		done := make(chan struct{})
		go func() {
			defer close(done)
			n.Callback(t.Context(), wissel.CallbackJob{Desk: wissel.Desk{Trunk: desk, To: "7001"}, Over: []wissel.TrunkID{"kpn"}})
		}()
		<-time.After(6 * time.Second) // it rings there
		kpn.Call(number).With(func(d *sim.Dial) { d.From = number }).For(3 * time.Second)
		<-done
		if calls := genesys.Ledger().Calls; len(calls) != 1 {
			t.Errorf("the desk was rung %d times", len(calls))
		}
		kpn.Call(number).With(func(d *sim.Dial) { d.From = number }).For(3 * time.Second) // and now it is a caller as any other
		if calls := genesys.Ledger().Calls; len(calls) != 2 {
			t.Errorf("the platform was rung %d times", len(calls))
		}
	})
}

// What cannot be rung is not: no INVITE leaves.
func TestWhomACallbackNeverRings(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		genesys, kpn := n.Trunk(string(desk), taking(time.Second)), n.Phone("kpn")
		queue, over := wissel.Desk{Trunk: desk, To: "7001"}, []wissel.TrunkID{"kpn"}
		for _, row := range []struct {
			job wissel.CallbackJob
			as  wissel.CallbackOutcome
			why string
		}{
			{wissel.CallbackJob{Number: "+31112", Desk: queue, Over: over}, wissel.CallbackForbidden, "emergency"},
			{wissel.CallbackJob{Number: "112", Desk: queue, Over: over}, wissel.CallbackForbidden, "emergency"},
			{wissel.CallbackJob{Number: number, Desk: queue, Over: over}, wissel.CallbackForbidden, "a number of ours"},
			{wissel.CallbackJob{Number: "+319001234", Desk: queue, Over: over}, wissel.CallbackForbidden, "premium"},
			{wissel.CallbackJob{Number: "0612345678", Desk: queue, Over: over}, wissel.CallbackForbidden, "E.164"},
			{wissel.CallbackJob{Desk: wissel.Desk{To: "+31112"}, Over: over}, wissel.CallbackForbidden, "emergency"},
			{wissel.CallbackJob{Desk: wissel.Desk{To: number}, Over: over}, wissel.CallbackForbidden, "a number of ours"},
			{wissel.CallbackJob{Desk: wissel.Desk{Trunk: "kpn", To: "112"}, Over: over}, wissel.CallbackForbidden, "emergency"},
			{wissel.CallbackJob{Desk: wissel.Desk{Trunk: desk, To: number}, Over: over}, wissel.CallbackForbidden, "a number of ours"},
			{wissel.CallbackJob{Desk: wissel.Desk{Trunk: desk, To: "a@evil"}, Over: over}, wissel.CallbackForbidden, "no user"},
			{wissel.CallbackJob{Desk: wissel.Desk{Trunk: "genesis", To: "7001"}, Over: over}, wissel.CallbackForbidden, "there is not"},
			{wissel.CallbackJob{Group: "sales", Desk: queue, Over: over}, wissel.CallbackForbidden, "no group"},
			{wissel.CallbackJob{Desk: queue}, wissel.CallbackFull, "no carrier"},
		} {
			if r, stages := n.Callback(t.Context(), row.job); r.Outcome != row.as || !strings.Contains(r.Why, row.why) || len(stages) != 0 || strings.Contains(r.Why, "612345678") {
				t.Errorf("%+v: %q, %s; %q", row.job, r.Outcome, r.Why, stages)
			}
		}
		if a, b := len(genesys.Ledger().Calls), len(kpn.Ledger().Calls); a+b != 0 {
			t.Errorf("rang %d and %d times", a, b)
		}
	})
}

// The agent hears what the customer said, in the customer's own voice, and then the whisper again; one that is gone is said to be.
func TestAnAgentHearsTheMessage(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		genesys := n.Trunk(string(desk), sim.Answer(0).Tone(440).Pressing(4*time.Second, "2").Pressing(16*time.Second, "9"))
		n.Phone("kpn")
		job := wissel.CallbackJob{
			Desk: wissel.Desk{Trunk: desk, To: "7001"}, Over: []wissel.TrunkID{"kpn"}, Length: 6 * time.Second, Hidden: true,
			Message: n.Recording("said.wav", audio.Tone(6*time.Second, 8000, -12, 880)),
		}
		r, stages := n.Callback(t.Context(), job)
		came(wissel.CallbackDeskLeft, atDesk)(n, r, stages)
		job.Message = "gone.wav"
		n.Callback(t.Context(), job)
		calls := genesys.Ledger().Calls
		for i, heard := range []bool{true, false} {
			if c := calls[i]; slices.Contains(c.Tones(), 880) != heard || c.From != number || strings.Contains(c.Invite.Get("X-Wissel-Callback"), "612345678") {
				t.Errorf("call %d: heard %v, from %s, told %q", i, c.Tones(), c.From, c.Invite.Get("X-Wissel-Callback"))
			}
		}
	})
}

// A colleague's telephone is the desk: over the same carrier, as the group, told nothing in headers. The trunk's limit counts both.
func TestADeskThatIsATelephone(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		kpn := n.Phone("kpn", "limits: {calls: 1}")
		kpn.Behave(sim.Answer(time.Second).Pressing(3*time.Second, "1"))
		n.Trunk("east", sim.Answer(0))
		r, stages := n.Callback(t.Context(), wissel.CallbackJob{Desk: wissel.Desk{To: "+31687654321"}, Over: []wissel.TrunkID{"kpn"}})
		came(wissel.CallbackFull, atDesk, atCustomer)(n, r, stages)
		calls := kpn.Ledger().Calls
		if len(calls) != 1 || calls[0].To != "+31687654321" || calls[0].From != number || calls[0].Invite.Get("X-Wissel-Callback") != "" || r.Rung {
			t.Errorf("%+v, %+v", calls, r)
		}
	})
}

// A second carrier is tried when the first cannot be had, and not when the customer's telephone has rung. Health learns of a carrier that
// fails, and nothing from a person who does not answer.
func TestWhatACallbackTellsOfItsCarriers(t *testing.T) {
	job := wissel.CallbackJob{Desk: wissel.Desk{Trunk: desk, To: "7001"}, Over: []wissel.TrunkID{"kpn", "second"}}
	for _, row := range []struct {
		kpn     sim.Behaviour
		outcome wissel.CallbackOutcome
		second  int // calls
		up      bool
	}{
		{sim.Refuse(503), wissel.CallbackNoKey, 4, false},
		{sim.Mute(), wissel.CallbackNoKey, 4, false},
		{sim.Refuse(480), wissel.CallbackNoAnswer, 0, true},
		{sim.Refuse(608), wissel.CallbackRejected, 0, true},
		{sim.Refuse(486), wissel.CallbackBusy, 0, true},
		{sim.RingThenRefuse(50*time.Millisecond, time.Second, 500), wissel.CallbackFailed, 0, false},
	} {
		simtest.Run(t, func(n *simtest.Net) {
			t := n.T
			n.Trunk(string(desk), taking(time.Second))
			kpn, second := n.Phone("kpn"), n.Phone("second")
			second.Behave(sim.Answer(0))
			n.Start()
			kpn.Behave(row.kpn)
			for range 4 {
				if r, _ := n.Callback(t.Context(), job); r.Outcome != row.outcome {
					t.Errorf("%+v: %+v", row.kpn, r)
				}
			}
			if c, _ := n.Carrier("kpn"); len(second.Ledger().Calls) != row.second || (c.State == "up") != row.up {
				t.Errorf("%+v: the second was rung %d times, and kpn is %s", row.kpn, len(second.Ledger().Calls), c.State)
			}
		})
	}
}
