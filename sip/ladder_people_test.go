package sip_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/internal/web"
	"wissel/sip/sim"
	"wissel/sip/sim/simtest"
)

// The telephones of those who may be rung, and a trunk that is no telephone.
const (
	annas = "+31611111111"
	bobs  = "+31622222222"
)

// house is a scene with people: anna and bob, whose telephones kpn rings as the group's number.
type house struct {
	*simtest.Net
	kpn *simtest.Phone
}

// people makes one; the plan's targets come before its flow.
func people(n *simtest.Net, targets ...string) *house { return peopled(n, "", targets...) }

// peopled is people with more settings of their group.
func peopled(n *simtest.Net, group string, targets ...string) *house {
	n.Phone("caller")
	h := &house{n, n.Phone("kpn")}
	n.Plan(append(targets, "flow:storing")...)
	n.Settings(`    present: {kpn: "` + number + `"}` + group + `
people:
  home: [{name: anna, phone: "` + annas + `", ring: 10s}, {name: bob, phone: "` + bobs + `", ring: 10s}]`)
	return h
}

// on logs people on, in this order of their turns.
func (h *house) on(names ...string) *house {
	h.T.Helper()
	for _, name := range names {
		if _, err := h.Operator().LogPerson(h.T.Context(), web.LogRequest{List: "home", Name: name, On: true}, web.Actor{Who: "lead"}); err != nil {
			h.T.Fatal(err)
		}
	}
	return h
}

// rung are the numbers that kpn was called for.
func (h *house) rung() (all []string) {
	for _, c := range h.kpn.Ledger().Calls {
		if !c.Outgoing {
			all = append(all, c.To)
		}
	}
	return all
}

// takes is one who answers, and presses 1.
func takes(hz int) sim.Behaviour {
	return sim.RingThenAnswer(200*time.Millisecond, 2*time.Second).Tone(hz).Pressing(6*time.Second, "1")
}

// Anna is rung as the group, hears what it is about, and presses 1; only then is the caller answered, and they hear each other.
func TestLadderPeople(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		h := people(n, "people:home").on("anna")
		h.kpn.BehaveTo(annas, takes(440))
		r := n.Phone("caller").Call(number).For(20 * time.Second)
		anna := h.kpn.Ledger().Calls[0]
		if r.Status != 200 || r.Answered.Before(anna.Answered.Add(5*time.Second)) || r.Rang.IsZero() && !n.Lost() || !slices.Contains(r.Tones(), 440) || !slices.Contains(anna.Tones(), 660) {
			t.Errorf("he: %+v\nanna: %+v", r, anna)
		}
		if anna.From != number || strings.Contains(string(anna.Invite.Bytes()), "612345678") || anna.Invite.Get("X-Wissel-Call") != "" {
			t.Errorf("her telephone is told\n%s", anna.Invite.Bytes())
		}
		cdrs := n.CDRs()
		if len(cdrs) != 1 || cdrs[0].Target != (wissel.Target{People: "home"}) || cdrs[0].Digits != 0 || len(cdrs[0].Attempts) != 1 || cdrs[0].Attempts[0].Person != "anna" || cdrs[0].Attempts[0].Over != "kpn" {
			t.Errorf("%+v", cdrs)
		}
		n.Ladder(t, "testdata/people.ladder")
		n.Lossy()
	})
}

// Whoever does not take the call leaves it to the next, and the flow answers once nobody is left.
func TestLadderPeopleWhoDoNotTakeIt(t *testing.T) {
	voicemail := sim.RingThenAnswer(200*time.Millisecond, 2*time.Second).Tone(880)
	for _, row := range []struct {
		name  string
		anna  sim.Behaviour
		bob   sim.Behaviour
		rings []string
		hears int // the caller; 0: the flow
	}{
		{"voicemail", voicemail, takes(550), []string{annas, bobs}, 550},
		{"voicemails", voicemail, voicemail, []string{annas, bobs}, 0},
		{"busy", sim.Refuse(486), takes(550), []string{annas, bobs}, 550},
		{"declined", sim.RingThenRefuse(200*time.Millisecond, 2*time.Second, 603), takes(550), []string{annas, bobs}, 550},
		{"silent", sim.Ring(), takes(550), []string{annas, bobs}, 550},
		{"away", sim.Ring(), sim.Refuse(480), []string{annas, bobs}, 0},
		{"pressed-away", sim.Answer(time.Second).Pressing(4*time.Second, "9"), takes(550), []string{annas, bobs}, 550},
		{"hung-up", sim.Answer(time.Second).HangupAfter(3 * time.Second), takes(550), []string{annas, bobs}, 550},
		{"early-media", sim.EarlyMedia(300*time.Millisecond, 2*time.Second).Tone(880), takes(550), []string{annas, bobs}, 550},
	} {
		t.Run(row.name, func(t *testing.T) {
			simtest.Run(t, func(n *simtest.Net) {
				t := n.T
				h := people(n, "people:home").on("anna", "bob")
				h.kpn.BehaveTo(annas, row.anna)
				h.kpn.BehaveTo(bobs, row.bob)
				r := n.Phone("caller").Call(number).For(20 * time.Second)
				if got := h.rung(); !slices.Equal(got, row.rings) || r.Status != 200 || slices.Contains(r.Tones(), 880) || row.hears != 0 && !slices.Contains(r.Tones(), row.hears) {
					t.Errorf("rung were %v, and he heard %v: %+v", got, r.Tones(), r)
				}
				for _, c := range h.kpn.Ledger().Calls {
					if slices.Contains(c.Tones(), 660) != (row.hears != 0 && c.To == bobs) {
						t.Errorf("%s heard %v", c.To, c.Tones())
					}
				}
				n.Ladder(t, "testdata/people-"+row.name+".ladder")
				n.Lossy()
			})
		})
	}
}

// Who hangs up ends the ring, and the whisper.
func TestLadderPeopleAndACallerWhoHangsUp(t *testing.T) {
	for _, row := range []struct {
		name  string
		after time.Duration
	}{{"cancel", time.Second}, {"cancel-whisper", 4 * time.Second}} {
		t.Run(row.name, func(t *testing.T) {
			simtest.Run(t, func(n *simtest.Net) {
				h := people(n, "people:home").on("anna", "bob")
				h.kpn.BehaveTo(annas, takes(440))
				n.Phone("caller").Call(number).CancelAfter(row.after)
				<-time.After(20 * time.Second)
				if got := h.rung(); !slices.Equal(got, []string{annas}) {
					n.T.Errorf("rung were %v", got)
				}
				n.Ladder(n.T, "testdata/people-"+row.name+".ladder")
				n.Lossy()
			})
		})
	}
}

// Nobody is logged on: the next target of the plan, at once.
func TestLadderPeopleOfWhomNobodyIsLoggedOn(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		n.Trunk("genesys", sim.Answer(100*time.Millisecond).Tone(550))
		h := people(n, "people:home", "genesys")
		r := n.Phone("caller").Call(number).For(5 * time.Second)
		if !slices.Contains(r.Tones(), 550) || len(h.rung()) != 0 {
			n.T.Errorf("%+v", r)
		}
		n.Ladder(n.T, "testdata/people-nobody.ladder")
		n.Lossy()
	})
}

// A platform that takes no calls: people. In a direct group too, and after a late offer.
func TestLadderPeopleBehindAPlatform(t *testing.T) {
	for _, row := range []struct {
		name         string
		direct, late bool
	}{{"people-behind", false, false}, {"people-direct", true, false}, {"people-late", false, true}, {"people-direct-late", true, true}} {
		t.Run(row.name, func(t *testing.T) {
			simtest.Run(t, func(n *simtest.Net) {
				n.Trunk("genesys", sim.Refuse(503))
				if row.direct {
					n.Direct()
				}
				h := people(n, "genesys", "people:home").on("anna")
				h.kpn.BehaveTo(annas, takes(440))
				c := n.Phone("caller").Call(number)
				if row.late {
					c.Late()
				}
				r := c.For(10 * time.Second)
				if !slices.Contains(r.Tones(), 440) || !slices.Contains(h.kpn.Ledger().Calls[0].Tones(), 660) {
					n.T.Errorf("%+v", r)
				}
				n.Ladder(n.T, "testdata/"+row.name+".ladder")
				n.Lossy()
			})
		})
	}
}

// Somebody is in one call at a time: a second caller is brought to somebody else, a third hears the flow, and a callback rings neither.
func TestPeopleAreInOneCall(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		h := people(n, "people:home")
		h.on("anna", "bob")
		h.kpn.BehaveTo(annas, takes(440))
		h.kpn.BehaveTo(bobs, takes(550))
		var heard [3]chan []int
		for i := range heard {
			heard[i] = make(chan []int, 1)
			go func() {
				r := n.Phone("caller").Call(number).With(func(d *sim.Dial) { d.From = "+3161234567" + string(rune('0'+i)) }).For(30 * time.Second)
				heard[i] <- r.Tones()
			}()
			<-time.After(3 * time.Second)
		}
		<-time.After(10 * time.Second)
		if on, err := n.Operator().People(t.Context()); err != nil || len(on) != 2 {
			t.Errorf("%+v, %v", on, err)
		}
		if got := h.rung(); !slices.Equal(got, []string{annas, bobs}) {
			t.Errorf("rung were %v", got)
		}
		targets := n.Operator().Status(t.Context()).Groups[0].Targets
		if targets[0].Evidence != "2 logged on, 2 of them in a call" {
			t.Errorf("%+v", targets)
		}
		for i, hz := range []int{440, 550, 0} {
			if got := <-heard[i]; hz != 0 && !slices.Contains(got, hz) || hz == 0 && (slices.Contains(got, 440) || slices.Contains(got, 550)) {
				t.Errorf("caller %d heard %v", i, got)
			}
		}
		n.Phone("caller").Call(number).For(10 * time.Second) // anna has waited longest since
		if got := h.rung(); len(got) != 3 || got[2] != annas {
			t.Errorf("rung were %v", got)
		}
	})
}

// Health learns of a carrier that fails, and nothing from a person who does not answer. A second carrier is tried when the first cannot be
// had, and nobody's telephone is rung twice.
func TestWhatPeopleTellOfTheirCarrier(t *testing.T) {
	for _, row := range []struct {
		anna   sim.Behaviour
		second int
		up     bool
	}{
		{sim.Refuse(503), 4, false},
		{sim.Refuse(480), 0, true},
		{sim.Refuse(486), 0, true},
		{sim.Refuse(608), 0, true},
		{sim.RingThenRefuse(50*time.Millisecond, time.Second, 500), 0, false},
	} {
		simtest.Run(t, func(n *simtest.Net) {
			second := n.Phone("second")
			h := peopled(n, "\n    callbacks: {over: [kpn, second]}", "people:home")
			second.Behave(sim.Answer(0))
			h.kpn.BehaveTo(annas, row.anna)
			for range 4 {
				h.on("anna") // and she is left in peace no longer
				n.Phone("caller").Call(number).For(5 * time.Second)
			}
			if got := len(second.Ledger().Calls); got != row.second {
				n.T.Errorf("%+v: the second was rung %d times", row.anna, got)
			}
			if c, _ := n.Carrier("kpn"); (c.State == "up") != row.up {
				n.T.Errorf("%+v: kpn is %s", row.anna, c.State)
			}
		})
	}
}

// A telephone that is sent on to our own line is a loop: that caller hears the flow, and rings nobody.
func TestATelephoneThatIsSentBackIsALoop(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		h := people(n, "people:home").on("anna", "bob")
		h.kpn.BehaveTo(annas, sim.Ring())
		h.kpn.BehaveTo(bobs, sim.Ring())
		n.Phone("caller").Call(number).Hangup(3 * time.Second).Go()
		<-time.After(3 * time.Second) // it rings there
		h.kpn.Call(number).With(func(d *sim.Dial) { d.From = number }).For(3 * time.Second)
		if got := h.rung(); !slices.Equal(got, []string{annas}) {
			n.T.Errorf("rung were %v", got)
		}
		<-time.After(time.Minute)
	})
}
