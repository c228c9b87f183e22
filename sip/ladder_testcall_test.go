package sip_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"wissel/sip/sim"
	"wissel/sip/sim/simtest"
)

// tested makes a test call over north, which takes calls so, and holds what it showed against outcome and why.
func tested(t *testing.T, file, expect string, north sim.Behaviour, outcome, why string, extra ...string) {
	t.Helper()
	simtest.Run(t, func(n *simtest.Net) {
		n.Trunk("north", north, append(extra, "test: {number: \"+31881112233\", expect: "+expect+"}")...)
		r, lines := n.Test("north")
		if r.Outcome != outcome || !n.Lost() && !strings.Contains(r.Why, why) {
			t.Errorf("%s: %s, and not %s: %s\n%s", r.Outcome, r.Why, outcome, why, strings.Join(lines, "\n"))
		}
		n.Ladder(t, "testdata/"+file)
		n.Lossy()
	})
}

func TestLadderTestCall(t *testing.T) {
	tested(t, "test-digits.ladder", "digits", sim.RingThenAnswer(100*time.Millisecond, time.Second).Echoing(), "passed", "answered after 1.0 s, sound goes both ways, digits too")
}

func TestLadderTestCallThatIsOnlyAnswered(t *testing.T) {
	tested(t, "test-answer.ladder", "answer", sim.Answer(time.Second).WithoutRTP(), "passed", "answered after 1.0 s")
}

func TestLadderTestCallWithoutAnswer(t *testing.T) {
	tested(t, "test-ring.ladder", "audio", sim.Ring(), "unanswered", "it was not answered: rang for 10s", "timers: {ring: 10s}")
}

func TestLadderTestCallRefused(t *testing.T) {
	tested(t, "test-refused.ladder", "audio", sim.Refuse(404), "unanswered", "refused with 404")
}

func TestLadderTestCallWithoutTones(t *testing.T) {
	tested(t, "test-no-tone.ladder", "audio", sim.Answer(100*time.Millisecond).WithoutRTP(), "no tone", "answered after 0.1 s, but no tone came back within 8s")
}

func TestLadderTestCallWithoutDigits(t *testing.T) {
	tested(t, "test-no-digits.ladder", "digits", sim.Answer(100*time.Millisecond).Echoing().WithoutKeys(), "wrong digits", "none of the digits")
}

func TestLadderTestCallIsHungUp(t *testing.T) {
	tested(t, "test-hung-up.ladder", "audio", sim.Answer(100*time.Millisecond).WithoutRTP().HangupAfter(2*time.Second), "no tone", "it was hung up after 2.0 s, before a tone came back")
}

// A trunk that is down is tried all the same, a test that passes heals what only calls can heal, and tells so.
func TestTestCallOverATrunkThatIsDown(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		north := n.Trunk("north", sim.Answer(0).Echoing(), "test: {number: \"+31881112233\"}")
		caller := n.Phone("caller")
		n.Start()
		north.Behave(sim.Mute())
		caller.Call(number).For(time.Second)
		if c, _ := n.Carrier("north"); c.State != "down" {
			t.Fatalf("north is %s", c.State)
		}
		r, _ := n.Test("north")
		if r.Outcome != "unanswered" || !strings.Contains(r.Advice, "firewall") {
			t.Errorf("%+v", r)
		}
		c, alarms := n.Carrier("north")
		if !strings.Contains(strings.Join(c.Notes, "\n"), "it was not answered: silent") || !strings.Contains(strings.Join(alarms, "\n"), "the test call over north failed") {
			t.Errorf("notes %q, alarms %q", c.Notes, alarms)
		}
		north.Behave(sim.Answer(0).Echoing())
		if r, _ = n.Test("north"); !r.Passed {
			t.Errorf("%+v", r)
		}
		if c, alarms = n.Carrier("north"); strings.Contains(strings.Join(alarms, "\n"), "test call") || !strings.Contains(strings.Join(c.Notes, "\n"), "sound goes both ways") {
			t.Errorf("notes %q, alarms %q", c.Notes, alarms)
		}
	})
}

// The guard says what was made, and until when; the trunk's limit is taken, and one test of a trunk runs at a time.
func TestTestCallsThatAreNotMade(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		n.Trunk("north", sim.Answer(time.Second).Echoing(), "test: {number: \"+31881112233\", per_day: 2}", "limits: {calls: 1}")
		n.Trunk("south", sim.Answer(0))
		caller := n.Phone("caller").Call(number).Hangup(20 * time.Second).Go()
		<-time.After(5 * time.Second)
		if r, _ := n.Test("north"); r.Outcome != "not tried" || !strings.Contains(r.Why, "full") {
			t.Errorf("a trunk that is full: %+v", r)
		}
		caller.Wait()
		done := make(chan struct{})
		go func() {
			defer close(done)
			if r, _ := n.Test("north"); !r.Passed {
				t.Errorf("%+v", r)
			}
		}()
		<-time.After(500 * time.Millisecond)
		for trunk, why := range map[string]string{
			"north": "runs already", "south": "trunks.south.test.number", "noth": `did you mean "north"`,
		} {
			if err := n.TestRefused(trunk); err != nil && !strings.Contains(err.Error(), why) {
				t.Errorf("%s: %v", trunk, err)
			}
		}
		<-done
		n.Test("north")
		if err := n.TestRefused("north"); err != nil && !strings.Contains(err.Error(), "2 test calls were made over north today") {
			t.Errorf("%v", err)
		}
	})
}

// A stranger who rings a test line hears tones and is let go; one who rings it again and again is not answered.
func TestLadderTestLineAndAStranger(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		n.AddTestLine()
		n.Phone("caller").Call(simtest.TestLine).Wait()
		n.Ladder(t, "testdata/test-line.ladder")
		n.Lossy()
	})
}

func TestTestLineIsBounded(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		n.AddTestLine()
		var statuses []int
		for range 11 {
			statuses = append(statuses, n.Phone("caller").Call(simtest.TestLine).For(time.Second).Status)
		}
		if slices.Contains(statuses[:10], 480) || statuses[10] != 480 {
			t.Errorf("%v", statuses)
		}
	})
}

// Scheduled tests go by themselves, and each leaves a record.
func TestScheduledTestCalls(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		north := n.Trunk("north", sim.Answer(0).Echoing(), "test: {number: \"+31881112233\", every: 1h}")
		n.Start()
		<-time.After(6 * time.Hour)
		calls := north.Ledger().Calls
		if len(calls) < 4 || len(calls) > 7 {
			t.Errorf("%d test calls in six hours", len(calls))
		}
		for _, c := range n.CDRs() {
			if !c.Test || c.Group != "" || c.Trunk != "" || c.Target.Trunk != "north" {
				t.Errorf("record %+v", c)
			}
		}
	})
}

// Whenever wissel ends, in the middle of a test call too, all that it started ends with it.
func TestStopDuringATestCall(t *testing.T) {
	for after := 200 * time.Millisecond; after < 12*time.Second; after += 500 * time.Millisecond {
		t.Run(after.String(), func(t *testing.T) {
			simtest.Run(t, func(n *simtest.Net) {
				north := n.Trunk("north", sim.Answer(0).Echoing(), "test: {number: \"+31881112233\", every: 1h}")
				n.Start()
				for len(north.Ledger().Calls) == 0 {
					<-time.After(200 * time.Millisecond)
				}
				<-time.After(after)
				n.Stop()
			})
		})
	}
}
