package smstest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"wissel/internal/sms"
)

func (s *suite) takes() {
	for i, body := range []string{
		"Er is een storing. U hoort van ons.", "€ 12,50 [nu] {straks} ~ ^ | \\ à la carte", "België: geïnformeerd 🚧",
		strings.Repeat("De storing duurt nog even. ", 30), strings.Repeat("Geïnd: 🚧 €5 ", 20), "@", "regel een\nregel twee",
		"@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCXYZÄÖÑÜ§¿abcxyzäöñüà€[]{}\\^~|",
	} {
		to := fmt.Sprintf("+316100000%02d", i)
		t := s.text(body, to)
		if i == 1 {
			t.From = "+31201234567"
		}
		s.want(body, s.send(s.Context(), t), sms.Accepted)
		if got, want := s.to(to), (Taken{t.From, to, body}); len(got) != 1 || got[0] != want {
			s.Errorf("the far side took %q, want %q", got, want)
		}
	}
}

func (s *suite) slow() {
	s.Far.Behave(Slow)
	s.want("slow", s.send(s.Context(), s.text("slow", "+31611111111")), sms.Accepted)
}

func (s *suite) throttled() {
	s.Far.Behave(Throttle)
	t := s.text("too fast", "+31611111111")
	o := s.want("throttled", s.send(s.Context(), t), sms.Later)
	if o.After <= 0 || o.After > 5*time.Minute {
		s.Errorf("throttled: again after %v", o.After)
	}
	if got := s.to("+31611111111"); len(got) != 0 {
		s.Errorf("Later, and the far side took %q", got)
	}
	s.Far.Behave(Well)
	s.until("taken after the throttling", func() bool { return s.send(s.Context(), t).Verdict == sms.Accepted })
	if got := s.to("+31611111111"); len(got) != 1 {
		s.Errorf("the far side took %q", got)
	}
}

func (s *suite) refusals() {
	s.Far.Behave(BadNumber)
	if o := s.want("a bad number", s.send(s.Context(), s.text("no words for a reason", "+31611111111")), sms.Refused); o.Fault != sms.OfText {
		s.Errorf("a bad number is the fault of the %v", o.Fault)
	}
	s.Far.Behave(BadAccount)
	if o := s.want("a bad account", s.send(s.Context(), s.text("no words for a reason", "+31611111111")), sms.Refused); o.Fault != sms.OfProvider {
		s.Errorf("a bad account is the fault of the %v", o.Fault)
	}
	if got := s.to("+31611111111"); len(got) != 0 {
		s.Errorf("refused, and the far side took %q", got)
	}
}

// cut is the crash between submit and answer: from here taken and not taken look the same, so both are Unknown.
func (s *suite) cut() {
	for _, m := range []Manner{CutBefore, CutAfter} {
		s.Far.Behave(m)
		t := s.text("cut", "+31611111111")
		s.want(string(m), s.send(s.Context(), t), sms.Unknown)
		s.well()
	}
	if got := s.to("+31611111111"); len(got) != 1 {
		s.Errorf("the far side took %q, want the one of cut-after", got)
	}
	s.Far.Cut() // while nothing is under way: nothing is lost
	s.until("taken after a cut", func() bool {
		o := s.send(s.Context(), s.text("after", "+31622222222"))
		if o.Verdict != sms.Later && o.Verdict != sms.Accepted && o.Verdict != sms.Unknown {
			s.Fatalf("after a cut: %v (%s)", o.Verdict, o.Reason)
		}
		return o.Verdict == sms.Accepted
	})
}

// late is the answer after we gave up. The Send is Unknown; afterwards an event can close it: by its key, or by an id that an
// event tied to the key.
func (s *suite) late() {
	s.Far.Behave(Hold)
	t := s.text("late", "+31611111111")
	ctx, cancel := context.WithTimeout(s.Context(), 300*time.Millisecond)
	defer cancel()
	began := time.Now()
	s.want("late", s.judge(t, s.Provider.Send(ctx, t)), sms.Unknown)
	if took := time.Since(began); took > 3*time.Second {
		s.Errorf("Send returns %v after its time", took)
	}
	s.Far.Release()
	s.Far.Behave(Well)
	for _, id := range s.Far.IDs("+31611111111") {
		s.Far.Receipt(id, true)
	}
	s.until("an event with the key", func() bool {
		return s.seen(func(e sms.Event) bool {
			return e.Key == t.Key && (e.Kind == sms.Receipt || e.Kind == sms.Answered && e.Outcome.Verdict == sms.Accepted)
		}) > 0
	})
	s.want("after a late answer", s.send(s.Context(), s.text("next", "+31622222222")), sms.Accepted)
}

// twice: the second answer belongs to nobody, least of all to the next text.
func (s *suite) twice() {
	s.Far.Behave(Twice)
	for i := range 5 {
		to := fmt.Sprintf("+3161111111%d", i)
		o := s.want("twice", s.send(s.Context(), s.text("twice", to)), sms.Accepted)
		if got := s.Far.IDs(to); !slices.Equal(got, o.IDs) {
			s.Errorf("the far side named it %q, Send says %q", got, o.IDs)
		}
	}
}

// receipts come in any order and more than once; each reaches us with the id of its text.
func (s *suite) receipts() {
	var ids []string
	for i := range 3 {
		o := s.want("well", s.send(s.Context(), s.text("receipts", fmt.Sprintf("+3161111111%d", i))), sms.Accepted)
		ids = append(ids, o.IDs...)
	}
	for _, i := range []int{2, 0, 2, 1} {
		if !s.Far.Receipt(ids[i], i != 1) {
			s.Errorf("the receipt of %s is not confirmed", ids[i])
		}
	}
	for i, id := range ids {
		state := map[bool]sms.State{true: sms.Delivered, false: sms.Undelivered}[i != 1]
		if n := s.seen(func(e sms.Event) bool { return e.Kind == sms.Receipt && e.ID == id && e.State == state }); n == 0 {
			s.Errorf("no receipt of %s says %v", id, state)
		}
	}
	if !s.Far.Receipt("of-somebody-else", true) {
		s.Error("a receipt that we know nothing of is not confirmed: it would come for ever")
	}
}

func (s *suite) receiptFirst() {
	s.Far.Behave(ReceiptFirst)
	o := s.want("receipt first", s.send(s.Context(), s.text("first", "+31611111111")), sms.Accepted)
	if n := s.seen(func(e sms.Event) bool { return e.Kind == sms.Receipt && e.ID == o.IDs[0] && e.State == sms.Delivered }); n == 0 {
		s.Error("the receipt that came before the answer is lost")
	}
}

func (s *suite) notKept() {
	o := s.want("well", s.send(s.Context(), s.text("kept", "+31611111111")), sms.Accepted)
	s.refuseEvents(true)
	if s.Far.Receipt(o.IDs[0], true) || s.Far.Incoming("+31612345678", "+31687654321", "STOP") {
		s.Error("confirmed, and not kept")
	}
	s.refuseEvents(false)
	if !s.Far.Receipt(o.IDs[0], true) {
		s.Error("a receipt offered again is not confirmed")
	}
}

func (s *suite) incoming() {
	for _, body := range []string{"STOP", "Bel mij: ik hóór niets € ë🚧"} {
		if !s.Far.Incoming("+31612345678", "+31687654321", body) {
			s.Errorf("%q is not confirmed", body)
		}
		if n := s.seen(func(e sms.Event) bool {
			return e.Kind == sms.Incoming && e.Body == body && strings.HasSuffix(e.From, "31612345678") && strings.HasSuffix(e.To, "31687654321")
		}); n != 1 {
			s.Errorf("%q came %d times", body, n)
		}
	}
}

func (s *suite) many() {
	var wait sync.WaitGroup
	var texts []sms.Text
	for i := range 200 {
		texts = append(texts, s.text("many", fmt.Sprintf("+31611111%03d", i)))
	}
	work := make(chan sms.Text)
	for range 25 {
		wait.Go(func() {
			for t := range work {
				o := s.send(s.Context(), t)
				if got := s.Far.IDs(string(t.To)); o.Verdict != sms.Accepted || !slices.Equal(got, o.IDs) {
					s.Errorf("%s: %v (%s), named %q and not %q", t.Key, o.Verdict, o.Reason, got, o.IDs)
				}
			}
		})
	}
	for _, t := range texts {
		work <- t
	}
	close(work)
	wait.Wait()
}

func (s *suite) garbage() {
	s.Far.Behave(Garbage)
	ctx, cancel := context.WithTimeout(s.Context(), time.Second)
	defer cancel()
	t := s.text("garbage", "+31611111111")
	s.want("garbage", s.judge(t, s.Provider.Send(ctx, t)), sms.Unknown)
	s.well()
}

func (s *suite) unfit() {
	t := s.text("no words for a reason", "+31611111111")
	t.Body = ""
	if o := s.want("no words", s.send(s.Context(), t), sms.Refused); o.Fault != sms.OfText {
		s.Errorf("an empty text is the fault of the %v", o.Fault)
	}
	ended, cancel := context.WithCancel(s.Context())
	cancel()
	late := s.text("no words for a reason", "+31611111111")
	s.want("no time left", s.judge(late, s.Provider.Send(ended, late)), sms.Later)
	if got := s.to("+31611111111"); len(got) != 0 {
		s.Errorf("the far side took %q", got)
	}
}

func (s *suite) outside() {
	s.want("before Run", s.send(s.Context(), s.text("no words for a reason", "+31611111111")), sms.Later)
	s.serve()()
	s.want("after Run", s.send(s.Context(), s.text("no words for a reason", "+31611111111")), sms.Later)
	if got := s.to("+31611111111"); len(got) != 0 {
		s.Errorf("the far side took %q", got)
	}
}
