package sip

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"wissel"
	"wissel/internal/audio"
)

// steps collects what is told of a call of ours.
type steps struct {
	mu  sync.Mutex
	all []Step
}

func (s *steps) tell(one Step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, one)
}

// text is the steps as words, and the record of the last.
func (s *steps) text() (string, wissel.CDR) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var words []string
	var cdr wissel.CDR
	for _, one := range s.all {
		words = append(words, map[StepKind]string{StepDialled: "dialled", StepRings: "rings", StepAnswered: "answered", StepOver: "over"}[one.Kind])
		cdr = one.CDR
	}
	return strings.Join(words, " "), cdr
}

// placing is a test call over north, which has a number of its own that is not to be dialled.
func (h *house) placing(id wissel.CallID, s *steps) Outgoing {
	return Outgoing{Call: id, Trunk: "north", To: "+31881112233", Show: "+31201234567", Flow: "test:", Longest: time.Minute, Tell: s.tell}
}

func (h *house) place(o Outgoing) {
	h.t.Helper()
	if err := h.srv.Place(o); err != nil {
		h.t.Fatal(err)
	}
}

func TestPlacedCallIsAttendedAndRecorded(t *testing.T) {
	inHouse(t, wissel.Direct, func(h *house) {
		north, s := h.peer(northAt), &steps{}
		h.snap.Trunks["north"].Number = "+31850000000"
		h.place(h.placing("call-1", s))
		inv := north.request("INVITE")
		if !strings.Contains(inv.raw, "INVITE sip:+31881112233@north.example") || !strings.Contains(inv.raw, "From: <sip:+31201234567@") ||
			inv.value(fieldWisselCall) != "call-1" || !strings.Contains(inv.raw, "m=audio 20000") {
			t.Errorf("the INVITE:\n%s", inv.raw)
		}
		north.answer(inv, 180, "")
		north.answer(inv, 200, testOffer)
		north.request("ACK")
		synctest.Wait()
		if h.attend.began != 1 {
			t.Fatalf("the flow began %d times", h.attend.began)
		}
		media := h.media.leg(1)
		media.events(MediaEvent{Leg: 1, Kind: MediaTones, Pair: audio.PairBack})
		media.events(MediaEvent{Leg: 1, Kind: MediaDigit, Digit: '7'})
		synctest.Wait()
		if h.attend.heard != "b7" {
			t.Errorf("the flow heard %q", h.attend.heard)
		}
		if list := h.srv.Calls(); len(list) != 1 || list[0].State != "test" || list[0].Trunk != "" || list[0].Target.Trunk != "north" {
			t.Errorf("calls: %+v", list)
		}
		media.events(MediaEvent{Leg: 1, Kind: MediaDigit, Digit: '#'})
		north.answer(north.request("BYE"), 200, "")
		synctest.Wait()
		words, cdr := s.text()
		if words != "dialled rings answered over" {
			t.Errorf("told: %s", words)
		}
		if !cdr.Test || cdr.Call != "call-1" || cdr.Group != "" || cdr.Trunk != "" || cdr.Target.Trunk != "north" || cdr.Status != 200 ||
			cdr.From != "+31201234567" || cdr.To != "+31881112233" || cdr.Rung.IsZero() || cdr.EndedBy != "wissel: the flow ended, he is done" {
			t.Errorf("record %+v", cdr)
		}
		if h.srv.Live() != 0 || len(h.cdrs) != 1 || h.attend.gone != 1 {
			t.Errorf("%d calls live, %d records, dismissed %d times", h.srv.Live(), len(h.cdrs), h.attend.gone)
		}
		if v := h.board.Verdicts()[wissel.Address{Transport: wissel.UDP, AddrPort: h.snap.Trunks["north"].Addresses[0].AddrPort}]; !v.Proven.IsZero() {
			t.Errorf("a test call that was answered proves no real one: %+v", v)
		}
	})
}

// What a test call meets is told to health as a test call, and moves no other layer.
func TestPlacedCallThatFailsIsATestForHealth(t *testing.T) {
	inHouse(t, wissel.Anchored, func(h *house) {
		north, s := h.peer(northAt), &steps{}
		at := h.snap.Trunks["north"].Addresses[0]
		for range 3 {
			h.place(h.placing("call", s))
			inv := north.request("INVITE")
			north.answer(inv, 500, "")
			north.request("ACK")
			synctest.Wait()
		}
		v := h.board.Verdicts()[at]
		if v.State != wissel.Down || !strings.Contains(v.Evidence, "3 test calls") || strings.Contains(v.Evidence, "3 calls") {
			t.Errorf("verdict %+v", v)
		}
		h.place(h.placing("call", s)) // a trunk that is down is tried: that is what a test is for
		north.answer(north.request("INVITE"), 404, "")
		north.request("ACK")
		synctest.Wait()
		if e := h.board.Verdicts()[at].Evidence; !strings.Contains(e, "3 test calls failed with 500") {
			t.Errorf("a number that is not known says nothing of the trunk: %s", e)
		}
		if _, cdr := s.text(); cdr.Status != 404 || len(cdr.Attempts) != 1 || cdr.Outcome != wissel.Refused {
			t.Errorf("record %+v", cdr)
		}
	})
}

func TestPlacedCallWithoutANumberToShow(t *testing.T) {
	inHouse(t, wissel.Anchored, func(h *house) {
		north, s := h.peer(northAt), &steps{}
		o := h.placing("call", s)
		o.Show = ""
		h.place(o)
		inv := north.request("INVITE")
		if !strings.Contains(inv.raw, "anonymous.invalid") || strings.Contains(inv.raw, "P-Asserted-Identity") {
			t.Errorf("the INVITE:\n%s", inv.raw)
		}
		h.srv.End("call", "the test is called off")
		north.answer(inv, 100, "")
		north.answer(north.request("CANCEL"), 200, "")
		north.answer(inv, 487, "")
		north.request("ACK")
		if words, cdr := s.text(); words != "dialled over" || cdr.EndedBy != "wissel: ended, the test is called off" {
			t.Errorf("told %s, record %+v", words, cdr)
		}
	})
}

func TestPlacedCallsAreBounded(t *testing.T) {
	inHouse(t, wissel.Anchored, func(h *house) {
		s := &steps{}
		north := h.peer(northAt)
		for i := range mostPlaced {
			h.place(h.placing(wissel.CallID(fmt.Sprintf("test-%d", i)), s))
		}
		if err := h.srv.Place(h.placing("more", s)); !errors.Is(err, ErrTooMany) {
			t.Errorf("one more: %v", err)
		}
		o := h.placing("nowhere", s)
		o.Trunk = "nowhere"
		if err := h.srv.Place(o); !errors.Is(err, ErrNoAddress) {
			t.Errorf("over a trunk that there is not: %v", err)
		}
		for range mostPlaced {
			north.answer(north.request("INVITE"), 480, "")
		}
		<-time.After(time.Second)
		h.place(h.placing("again", s))
		h.srv.SetReady(false)
		if err := h.srv.Place(h.placing("late", s)); !errors.Is(err, ErrNotTaking) {
			t.Errorf("not ready: %v", err)
		}
	})
}

// A call to a test line is no loop, however often it comes back, and its flow is told what a test needs.
func TestTestLineTakesOurOwnCallsBackIn(t *testing.T) {
	inHouse(t, wissel.Anchored, func(h *house) {
		g := &wissel.Group{ID: "tests", Media: wissel.Anchored, Test: true, Active: "responder", Plans: map[wissel.PlanID]wissel.Plan{
			"responder": {ID: "responder", Targets: []wissel.Target{{Flow: wissel.Responder}}},
		}}
		h.snap.Groups["tests"] = g
		h.snap.Lines["+31881112233"] = wissel.Line{Number: "+31881112233", Group: "tests"}
		h.snap.Trunks["carrier"].Headers.Trusted = false
		north, caller, s := h.peer(northAt), h.peer(callerAt), &steps{}
		h.place(h.placing("call-1", s))
		north.request("INVITE")
		caller.invite("back", "+31881112233", testOffer, "X-Wissel-Call: call-1")
		caller.within("ACK", caller.response(200), "")
		synctest.Wait()
		if n := h.srv.Stats().Loops.Load(); n != 0 {
			t.Errorf("%d loops", n)
		}
		who := h.attend.last
		if who.Named != "call-1" || who.Trunk != "carrier" || who.Claimed != hisNumber || who.From != "" || who.Flow != wissel.Responder {
			t.Errorf("its flow is told %+v", who)
		}
	})
}
