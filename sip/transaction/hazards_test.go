package transaction

import (
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"
)

var wissel5062 = netip.MustParseAddrPort("192.0.2.1:5062")

// The hazards of DEPENDENCIES ("sipgo, as found") that are a transaction layer's, and the faults of FAULTS.

func TestH1CancelRightBehindItsInviteIsMatched(t *testing.T) {
	for i := range 2000 {
		f := newFilm(t)
		invite := f.receive(incoming("INVITE", udp))
		cancel := f.receive(incoming("CANCEL", udp))
		if cancel.Kind != Cancel || cancel.Invite != invite.ID || cancel.ID == invite.ID {
			t.Fatalf("try %d: %+v", i, cancel)
		}
	}
}

func TestH1CancelBeforeItsInviteIsRemembered(t *testing.T) {
	f := newFilm(t)
	cancel := f.receive(incoming("CANCEL", udp))
	if cancel.Kind != CancelUnmatched {
		t.Fatalf("%+v", cancel)
	}
	f.Respond(cancel.ID, 481, response("CANCEL", 481), f.now)
	f.drain()
	f.run(31 * time.Second)
	if v := f.receive(incoming("INVITE", udp)); v.Kind != Cancelled || v.ID == 0 {
		t.Errorf("the INVITE 31 s later is %+v", v)
	}
	f = newFilm(t)
	cancel = f.receive(incoming("CANCEL", udp))
	f.Respond(cancel.ID, 481, response("CANCEL", 481), f.now)
	f.drain()
	f.run(33 * time.Second)
	if v := f.receive(incoming("INVITE", udp)); v.Kind != New {
		t.Errorf("the INVITE 33 s later is %+v", v)
	}
}

func TestH1AMatchedCancelDoesNotCancelALaterInvite(t *testing.T) {
	f := newFilm(t)
	invite := f.receive(incoming("INVITE", udp))
	cancel := f.receive(incoming("CANCEL", udp))
	f.Respond(cancel.ID, 200, response("CANCEL", 200), f.now)
	f.respond(invite.ID, 487)
	f.receive(incoming("ACK", udp))
	f.run(6 * time.Second) // the INVITE is forgotten, its CANCEL is not
	if v := f.receive(incoming("INVITE", udp)); v.Kind != New {
		t.Errorf("%+v", v)
	}
}

func TestH10AnyNumberOfProvisionalsAndThenTheAnswer(t *testing.T) {
	f := newFilm(t)
	f.start("INVITE", udp)
	for i := range 50 {
		if a := f.answer("INVITE", 183, udp); !a.Deliver {
			t.Fatalf("183 number %d was not delivered", i)
		}
	}
	if a := f.answer("INVITE", 200, udp); !a.Deliver {
		t.Error("the 200 was not delivered")
	}
}

func TestH11TwoHundredThatCrossesCancelIsDelivered(t *testing.T) {
	f := newFilm(t)
	invite := f.start("INVITE", udp)
	f.answer("INVITE", 180, udp)
	if _, err := f.Start("CANCEL", "z9hG4bKc1", request("CANCEL"), udp, f.now); err != nil {
		t.Fatal(err)
	}
	f.drain()
	if a := f.answer("INVITE", 200, udp); !a.Deliver || a.ID != invite {
		t.Errorf("the crossing 200: %+v", a)
	}
	if a := f.answer("CANCEL", 200, udp); !a.Deliver || a.ID == invite {
		t.Errorf("the answer to the CANCEL: %+v", a)
	}
	if a := f.answer("INVITE", 200, udp); !a.Deliver {
		t.Errorf("a copy of the crossing 200: %+v", a)
	}
}

func TestH12LeavingASilentCalleeTakesNoTime(t *testing.T) {
	f := newFilm(t)
	id := f.start("INVITE", udp)
	f.run(500 * time.Millisecond)
	f.roll()
	f.Quit(id, f.now)
	f.drain()
	if n := f.Len(); n != 0 {
		t.Errorf("%d live after leaving", n)
	}
	f.run(20 * time.Second)
	if got := f.roll(); got != "" {
		t.Errorf("after leaving: %s", got)
	}
	if a := f.answer("INVITE", 486, udp); !a.Deliver || a.ID != id {
		t.Errorf("a late refusal: %+v", a)
	}
	if got := strip(f.roll()); got != "20.000 ACK" {
		t.Errorf("a late refusal gets %q", got)
	}
}

// TestH13 is also F12's storm: 486 x 3,000.
func TestH13RefusalRepeatedThreeThousandTimes(t *testing.T) {
	f := newFilm(t)
	before := runtime.NumGoroutine()
	f.start("INVITE", udp)
	f.roll()
	delivered := 0
	for range 3000 {
		if f.answer("INVITE", 486, udp).Deliver {
			delivered++
		}
	}
	if delivered != 1 || len(f.frames) != 3000 || f.frames[2999] != "0.000 ACK" {
		t.Errorf("%d delivered, %d ACKs", delivered, len(f.frames))
	}
	if n := runtime.NumGoroutine() - before; n > 0 { // fewer: another test's has ended meanwhile
		t.Errorf("%d goroutines more", n)
	}
}

func TestF12StormsAreAbsorbed(t *testing.T) {
	f := newFilm(t)
	invite := f.receive(incoming("INVITE", udp))
	for range 6 {
		if v := f.receive(incoming("INVITE", udp)); v.Kind != Absorbed || v.ID != invite.ID {
			t.Fatalf("a copy of the INVITE is %+v", v)
		}
	}
	f.start("INVITE", udp)
	for range 11 {
		if a := f.answer("INVITE", 200, udp); !a.Deliver {
			t.Fatal("a copy of a 200 was not delivered, so it is not ACKed")
		}
	}
	bye := incoming("BYE", udp)
	bye.Branch, bye.ToTag, bye.CSeq = "z9hG4bKs3", "ours", 8
	first := f.receive(bye)
	f.respond(first.ID, 200)
	f.roll()
	for range 9 {
		if v := f.receive(bye); v.Kind != Absorbed {
			t.Fatalf("a copy of the BYE is %+v", v)
		}
	}
	if len(f.frames) != 9 {
		t.Errorf("%d answers to 9 copies of the BYE", len(f.frames))
	}
}

func TestH14NobodyReadsTheResponses(t *testing.T) {
	f := newFilm(t)
	before := runtime.NumGoroutine()
	for i := range 200 {
		branch := fmt.Sprint("z9hG4bK", i)
		if _, err := f.Start("OPTIONS", branch, request("OPTIONS"), udp, f.now); err != nil {
			t.Fatal(err)
		}
		f.Match(Response{Branch: branch, CSeqMethod: "OPTIONS", Status: 200, Path: udp}, f.now)
	}
	f.run(40 * time.Second)
	f.empty()
	if n := runtime.NumGoroutine() - before; n > 0 { // fewer: another test's has ended meanwhile
		t.Errorf("%d goroutines more", n)
	}
}

func TestH23TheLimitHolds(t *testing.T) {
	table := NewTable(1000)
	kinds := map[Kind]int{}
	for i := range 30000 {
		r := incoming("INVITE", udp)
		r.Branch, r.CallID = fmt.Sprint("z9hG4bK", i), fmt.Sprint(i)
		kinds[table.Receive(r, start).Kind]++
	}
	if kinds[New] != 1000 || kinds[Full] != 29000 || table.Len() != 1000 {
		t.Errorf("%v, %d live", kinds, table.Len())
	}
	bye := incoming("BYE", udp)
	bye.ToTag = "ours"
	if v := table.Receive(bye, start); v.Kind != New {
		t.Errorf("a BYE when it is full is %+v", v)
	}
	cancel := incoming("CANCEL", udp)
	cancel.Branch, cancel.CallID = "z9hG4bK1", "1"
	if v := table.Receive(cancel, start); v.Kind != Cancel {
		t.Errorf("a CANCEL when it is full is %+v", v)
	}
}

func TestH23TombstonesAreBounded(t *testing.T) {
	table := NewTable(100)
	for i := range 30000 {
		r := incoming("MESSAGE", udp)
		r.Branch, r.CallID = fmt.Sprint("z9hG4bK", i), fmt.Sprint(i)
		if v := table.Receive(r, start); v.Kind == New {
			table.Respond(v.ID, 405, response("MESSAGE", 405), start)
		}
		for range table.Effects() {
		}
	}
	if s := table.Stats(); s.Tombs != 1600 || s.Full != 28400 {
		t.Errorf("%+v", s)
	}
}

// TestH24 is the UAS's half of F14: the time table of the 2xx is in TestTimeTables.
func TestH24MissingAckIsReportedOnce(t *testing.T) {
	f := newFilm(t)
	v := f.receive(incoming("INVITE", udp))
	f.respond(v.ID, 200)
	f.run(31900 * time.Millisecond)
	if s := f.roll(); strings.Contains(s, "no ack") {
		t.Errorf("too early: %s", s)
	}
	f.run(300 * time.Second)
	if got := f.roll(); got != "32.000 no ack, 32.000 gone" {
		t.Errorf("got %s", got)
	}
	f.empty()
}

func TestA25MergedRequestIsRefused(t *testing.T) {
	f := newFilm(t)
	first := f.receive(incoming("INVITE", udp))
	copied := incoming("INVITE", udp)
	copied.Branch = "z9hG4bKway2"
	second := f.receive(copied)
	if second.Kind != Merged || second.ID == first.ID || second.ID == 0 {
		t.Fatalf("the copy by another way is %+v", second)
	}
	f.respond(second.ID, 482)
	if v := f.receive(copied); v.Kind != Absorbed || v.ID != second.ID {
		t.Errorf("its retransmission is %+v", v)
	}
	ack := copied
	ack.Method = "ACK"
	if v := f.receive(ack); v.Kind != Ack || v.ID != second.ID {
		t.Errorf("its ACK is %+v", v)
	}
	f.respond(first.ID, 200)
	f.Acked(first.ID, f.now)
	f.run(31 * time.Second)
	copied.Branch = "z9hG4bKway3"
	if v := f.receive(copied); v.Kind != Merged {
		t.Errorf("a third way, 31 s later, is %+v", v)
	}
	for name, change := range map[string]func(*Request){
		"another CSeq":      func(r *Request) { r.CSeq++ },
		"another From tag":  func(r *Request) { r.FromTag = "b" },
		"another Call-ID":   func(r *Request) { r.CallID = "b" },
		"within a dialog":   func(r *Request) { r.ToTag = "b" },
		"another method":    func(r *Request) { r.Method = "MESSAGE" },
		"an OPTIONS at all": func(r *Request) { r.Method = "OPTIONS" },
	} {
		other := incoming("INVITE", udp)
		other.Branch = "z9hG4bK" + name
		change(&other)
		if v := f.receive(other); v.Kind != New {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

func TestCancelOnlyBetweenProvisionalAndFinal(t *testing.T) {
	rows := []struct {
		name    string
		answers []int
		want    error
	}{
		{"before a 1xx", nil, ErrCancel},
		{"after a 100", []int{100}, nil},
		{"after a 180", []int{180}, nil},
		{"after a 2xx", []int{180, 200}, ErrCancel},
		{"after a refusal", []int{100, 486}, ErrCancel},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			f := newFilm(t)
			f.start("INVITE", udp)
			for _, s := range row.answers {
				f.answer("INVITE", s, udp)
			}
			if _, err := f.Start("CANCEL", "z9hG4bKc1", request("CANCEL"), udp, f.now); !errors.Is(err, row.want) {
				t.Errorf("got %v, want %v", err, row.want)
			}
			f.drain()
			f.run(200 * time.Second) // whatever comes of it, it ends
			if len(row.answers) > 0 {
				f.empty()
			}
		})
	}
}

func TestStartRefuses(t *testing.T) {
	f := newFilm(t)
	f.start("OPTIONS", udp)
	if _, err := f.Start("BYE", "z9hG4bKc1", request("BYE"), udp, f.now); !errors.Is(err, ErrBranch) {
		t.Errorf("a branch in use: %v", err)
	}
	if _, err := f.Start("ACK", "z9hG4bKc2", request("ACK"), udp, f.now); !errors.Is(err, ErrMethod) {
		t.Errorf("an ACK: %v", err)
	}
	small := NewTable(1)
	var err error
	for i := range 10 {
		_, err = small.Start("OPTIONS", fmt.Sprint("z9hG4bK", i), request("OPTIONS"), udp, start)
	}
	if !errors.Is(err, ErrFull) {
		t.Errorf("the tenth of a table of one: %v", err)
	}
}

func TestByBranchFindsWhatAnICMPErrorQuotes(t *testing.T) {
	f := newFilm(t)
	id := f.start("INVITE", udp)
	if got, ok := f.ByBranch([]byte("z9hG4bKc1")); !ok || got != id {
		t.Errorf("%d %v", got, ok)
	}
	if _, ok := f.ByBranch([]byte("z9hG4bKc2")); ok {
		t.Error("found what is not there")
	}
}

func TestOldRequestsAreMatchedByTheRulesOfRFC2543(t *testing.T) {
	f := newFilm(t)
	invite := incoming("INVITE", udp)
	invite.Branch, invite.Old = "", true
	first := f.receive(invite)
	if again := f.receive(invite); again.Kind != Absorbed || again.ID != first.ID {
		t.Errorf("its retransmission: %+v", again)
	}
	cancel := invite
	cancel.Method = "CANCEL"
	if v := f.receive(cancel); v.Kind != Cancel || v.Invite != first.ID {
		t.Errorf("its CANCEL: %+v", v)
	}
	f.respond(first.ID, 487)
	ack := invite
	ack.Method, ack.ToTag = "ACK", "ours"
	if v := f.receive(ack); v.Kind != Ack || v.ID != first.ID {
		t.Errorf("its ACK: %+v", v)
	}
	next := invite
	next.CSeq++
	if v := f.receive(next); v.Kind != New {
		t.Errorf("the next request: %+v", v)
	}
}

func TestLateAdvanceSendsNoBurst(t *testing.T) {
	f := newFilm(t)
	f.start("OPTIONS", udp)
	f.roll()
	f.now = start.Add(10 * time.Second) // the process was stopped
	f.Advance(f.now)
	f.drain()
	if got := f.roll(); got != "10.000 OPTIONS" {
		t.Errorf("got %s", got)
	}
}

func TestTimeThatGoesBackIsTimeThatStands(t *testing.T) {
	f := newFilm(t)
	f.start("OPTIONS", udp)
	f.run(5 * time.Second)
	f.now = start
	f.Match(Response{Branch: "z9hG4bKc1", CSeqMethod: "OPTIONS", Status: 200, Path: udp}, f.now)
	f.Advance(f.now)
	f.roll()
	f.run(11 * time.Second)
	if got := f.roll(); got != "10.000 gone" {
		t.Errorf("got %s", got)
	}
}
