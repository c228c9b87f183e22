package sip_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"wissel/internal/audio"
	"wissel/internal/web"
	"wissel/sip/sim"
	"wissel/sip/sim/simtest"
)

// flowCall rings somebody with the shipped flow.
func flowCall(n *simtest.Net, q web.FlowCall) (web.FlowCalled, []string, error) {
	var lines []string
	if q.Flow == "" {
		q.Flow = "storing"
	}
	r, err := n.Operator().CallFlow(n.T.Context(), q, web.Actor{Who: "anna", From: "test"}, func(line string) { lines = append(lines, line) })
	return r, lines, err
}

// A lead asks for a callback in it: she hears that it is noted, and nothing is on disk.
func TestLadderFlowCall(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		north := n.Trunk("north", sim.RingThenAnswer(100*time.Millisecond, time.Second).Pressing(3*time.Second, "2").Pressing(13*time.Second, "1").HangupAfter(40*time.Second))
		r, lines, err := flowCall(n, web.FlowCall{Over: "north", Number: "06 12345678", Show: number})
		if err != nil || !r.Answered || r.Trunk != "north" || r.Keys != 2 || strings.Contains(r.To, "12345678") {
			t.Errorf("%+v, %v\n%s", r, err, strings.Join(lines, "\n"))
		}
		if len(r.Wishes) != 1 || !strings.HasPrefix(r.Wishes[0], "callback +31") || !slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, "nothing is written") }) {
			t.Errorf("asked for %q\n%s", r.Wishes, strings.Join(lines, "\n"))
		}
		if !n.Lost() && !strings.Contains(strings.Join(lines, "\n"), "as callers of support hear it") {
			t.Errorf("told %q", lines)
		}
		cdrs := n.CDRs()
		if len(cdrs) != 1 || !cdrs[0].Test || cdrs[0].Group != "" || cdrs[0].Actor != "anna" || len(n.Wishes()) != 0 {
			t.Errorf("records %+v, wishes %+v", cdrs, n.Wishes())
		}
		if calls := north.Ledger().Calls; len(calls) != 1 || calls[0].To != "+31612345678" || calls[0].From != number {
			t.Errorf("rang %+v", calls)
		}
		n.Ladder(t, "testdata/flow-call.ladder")
		n.Lossy()
	})
}

// A telephone that is not answered says nothing of the trunk that it was rung over, whatever it says.
func TestAFlowCallIsNoEvidence(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		n.Trunk("north", sim.Refuse(503).WithRetryAfter(60))
		n.Start()
		for range 4 {
			if r, _, err := flowCall(n, web.FlowCall{Over: "north", Number: "+31612345678"}); err != nil || r.Answered || r.Status != 503 || !strings.Contains(r.Why, "503") {
				t.Errorf("%+v, %v", r, err)
			}
		}
		if c, _ := n.Carrier("north"); c.State != "up" {
			t.Errorf("north is %s: %+v", c.State, c)
		}
	})
}

// Who says nothing is asked to speak; what he said is on no disk either. The language is the one that was asked for.
func TestAFlowCallThatIsSpokenInto(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		n.Trunk("north", sim.Answer(0).Tone(440).HangupAfter(70*time.Second))
		r, lines, err := flowCall(n, web.FlowCall{Over: "north", Number: "+31612345678", Lang: "en"})
		if err != nil || len(r.Wishes) != 1 || !strings.Contains(r.Wishes[0], "of his voice") || len(n.Wishes()) != 0 {
			t.Errorf("%+v, %v\n%s", r, err, strings.Join(lines, "\n"))
		}
		if files := n.Recordings(); len(files) != 0 {
			t.Errorf("on disk: %v", files)
		}
	})
}

func TestWhomAFlowCallMayRing(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		phone := n.Trunk("phone", sim.Answer(0).HangupAfter(time.Second), "test: {per_day: 2}")
		for _, row := range []struct {
			q    web.FlowCall
			code int
			why  string
		}{
			{web.FlowCall{}, http.StatusBadRequest, "whom to ring"},
			{web.FlowCall{To: "sip:anna@10.0.0.5", Over: "phone", Number: "+31612345678"}, http.StatusBadRequest, "whom to ring"},
			{web.FlowCall{Over: "phon", Number: "+31612345678"}, http.StatusNotFound, `did you mean "phone"`},
			{web.FlowCall{Over: "phone", Number: "112"}, http.StatusBadRequest, "emergency"},
			{web.FlowCall{Over: "phone", Number: "0900 1234"}, http.StatusForbidden, "premium"},
			{web.FlowCall{Over: "phone", Number: "+882 13 300655"}, http.StatusForbidden, "country"},
			{web.FlowCall{Over: "phone", Number: "+4420 7946 0958"}, http.StatusForbidden, "country"},
			{web.FlowCall{Over: "phone", Number: number}, http.StatusBadRequest, "a number of ours"},
			{web.FlowCall{Over: "phone", Number: "+31612345678", Show: "+31612345679"}, http.StatusBadRequest, "no number of ours"},
			{web.FlowCall{Over: "phone", Number: "+31612345678", Lang: "fr"}, http.StatusBadRequest, "it has nl, en"},
			{web.FlowCall{To: "sip:anna@198.51.100.77"}, http.StatusForbidden, "is the address of no trunk, and wissel rings no other"},
			{web.FlowCall{To: "sip:anna@evil.example"}, http.StatusForbidden, "is the address of no trunk, and wissel rings no other"},
			{web.FlowCall{To: "sip:anna@10.0.0.5;maddr=1.2.3.4"}, http.StatusBadRequest, "no SIP address"},
			{web.FlowCall{To: "sip:09001234@" + phone.Addr().String()}, http.StatusForbidden, "premium"},
			{web.FlowCall{To: "sip:anna@" + phone.Addr().String()}, http.StatusBadRequest, "not a telephone number"}, // it is not within our own walls
		} {
			_, lines, err := flowCall(n, row.q)
			var fault *web.Fault
			if !errors.As(err, &fault) || fault.Code != row.code || !strings.Contains(fault.Why, row.why) || len(lines) != 0 {
				t.Errorf("%+v: %v; told %q", row.q, err, lines)
			}
		}
		for i := range 3 {
			r, _, err := flowCall(n, web.FlowCall{To: "sip:+31612345678@" + phone.Addr().String()})
			if rung := err == nil && r.Answered; rung != (i < 2) || i == 2 && !strings.Contains(err.Error(), "test.per_day allows 2") {
				t.Errorf("call %d: %+v, %v", i, r, err)
			}
		}
		if calls := phone.Ledger().Calls; len(calls) != 2 {
			t.Errorf("it was rung %d times", len(calls))
		}
		if rows, err := n.Operator().Audit(t.Context(), time.Time{}, 0); err != nil || len(rows) != 2 || rows[0].What != "flow-call" || rows[0].Object != "storing" || rows[0].Who != "anna" ||
			strings.Contains(rows[0].After, "612345678") {
			t.Errorf("audit %+v, %v", rows, err)
		}
	})
}

// Whoever asked may call it off: the telephone is let go.
func TestAFlowCallEndsWithWhoAsked(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		north := n.Trunk("north", sim.Answer(0))
		n.Start()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		r, err := n.Operator().CallFlow(ctx, web.FlowCall{Flow: "storing", Over: "north", Number: "+31612345678"}, web.Actor{Who: "anna"}, func(string) {})
		if err != nil || !strings.Contains(r.Why, "has gone") || !r.Answered {
			t.Errorf("%+v, %v", r, err)
		}
		<-time.After(time.Second) // its BYE is on the way
		if calls := north.Ledger().Calls; len(calls) != 1 || calls[0].EndedBy != "them" {
			t.Errorf("%+v", calls)
		}
	})
}

// Who is rung is answered, so a flow that callers hear unanswered is heard whole; and it teaches nothing of the status that ends it.
func TestAFlowCallWithAFlowThatIsHeardUnanswered(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		n.Settings(`flows: ["testdata/early.yaml"]`)
		north := n.Trunk("north", sim.Answer(0))
		n.Phone("caller")
		n.Plan("north", "flow:zacht")
		r, lines, err := flowCall(n, web.FlowCall{Flow: "zacht", Over: "north", Number: "+31612345678"})
		if err != nil || !r.Answered || r.HeardMS < 10_000 || r.HeardMS > 11_500 || !strings.Contains(r.Why, "said") {
			t.Errorf("%+v, %v\n%s", r, err, strings.Join(lines, "\n"))
		}
		<-time.After(15 * time.Second)
		if calls := north.Ledger().Calls; len(calls) != 1 || calls[0].EndedBy != "them" {
			t.Errorf("north took %+v", calls)
		}
		if c, _ := n.Carrier("caller"); c.Ending != nil {
			t.Errorf("learnt %+v", c.Ending)
		}
	})
}

// Who is rung hears the message that is live now; and no place, though one waits with his number: it may be another's telephone.
func TestAFlowCallHearsTheMessageAndNobodysPlace(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		n.Settings(`flows: ["testdata/place.yaml"]`)
		north := n.Trunk("north", sim.Answer(0))
		n.Plan("flow:storing")
		n.Other("anders", "flow:plaats")
		n.Phone("caller").Call(number).Press(3*time.Second, "2").Press(13*time.Second, "1").For(40 * time.Second)
		if wishes := n.Wishes(); len(wishes) != 1 || wishes[0].Number != "+31612345678" {
			t.Fatalf("wishes %+v", wishes)
		}
		op := n.Operator()
		var sound bytes.Buffer
		if err := audio.WriteWAV(&sound, audio.Tone(3*time.Second, 8000, -10, 660), 8000); err != nil {
			t.Fatal(err)
		}
		d, err := op.DraftMessage(t.Context(), "support", "nl", &sound)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := op.LiveMessage(t.Context(), web.MessageRequest{Group: "support", Drafts: []string{d.ID}, Reason: "test"}, web.Actor{Who: "anna", From: "test"}); err != nil {
			t.Fatal(err)
		}
		r, lines, err := flowCall(n, web.FlowCall{Flow: "plaats", Over: "north", Number: "+31612345678"})
		if err != nil || !r.Answered || !strings.Contains(r.Why, "said") || r.HeardMS > 6000 { // the message, and goodbye
			t.Errorf("%+v, %v\n%s", r, err, strings.Join(lines, "\n"))
		}
		if calls := north.Ledger().Calls; len(calls) != 1 || !slices.Equal(calls[0].Tones(), []int{660}) {
			t.Errorf("north heard %+v", calls)
		}
	})
}
