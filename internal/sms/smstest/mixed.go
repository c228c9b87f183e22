package smstest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"wissel/internal/sms"
)

// down: nothing was taken where nobody listens, so that the text may go elsewhere at once; afterwards it is taken again.
func (s *suite) down() {
	s.Far.Down()
	t := s.text("down", "+31611111111")
	s.until("it is noticed that nobody listens", func() bool { return s.send(s.Context(), t).Verdict == sms.Later })
	if got := s.to("+31611111111"); len(got) != 0 {
		s.Errorf("nobody listened, and the far side took %q", got)
	}
	s.Far.Up()
	s.until("taken again", func() bool { return s.send(s.Context(), t).Verdict == sms.Accepted })
	if got := s.to("+31611111111"); len(got) != 1 {
		s.Errorf("the far side took %q", got)
	}
}

// mixed has the far side go from one fault to another while texts are under way, as a provider does that is about to fail. Whatever
// is said of a text is true: accepted is taken once and by that name, later and refused is not taken, unknown is taken once at most.
func (s *suite) mixed() {
	chance := rand.New(rand.NewPCG(37, 2))
	gentle := []Manner{Well, Well, Slow, Throttle, BadNumber, BadAccount, Twice, ReceiptFirst, Hold}
	rough := map[int]Manner{7: CutBefore, 14: CutAfter, 21: Garbage} // each costs a connection, and the pause before the next
	said, texts := map[string]sms.Outcome{}, 0
	for round := range 28 {
		m, cuts := rough[round]
		if !cuts {
			m = gentle[chance.IntN(len(gentle))]
		}
		s.Far.Behave(m)
		var wait sync.WaitGroup
		var mu sync.Mutex
		for range 8 {
			to := fmt.Sprintf("+3162222%04d", texts)
			texts++
			t := s.text("mixed", to)
			wait.Go(func() {
				ctx, cancel := context.WithTimeout(s.Context(), 700*time.Millisecond)
				defer cancel()
				o := s.judge(t, s.Provider.Send(ctx, t))
				mu.Lock()
				defer mu.Unlock()
				said[to] = o
			})
		}
		wait.Wait()
		s.Far.Release()
		if cuts {
			s.well()
		}
	}
	count := map[sms.Verdict]int{}
	for to, o := range said {
		count[o.Verdict]++
		took := s.to(to)
		switch {
		case len(took) > 1, o.Verdict == sms.Accepted && len(took) != 1, (o.Verdict == sms.Later || o.Verdict == sms.Refused) && len(took) != 0:
			s.Errorf("%v (%s), and the far side took %q", o.Verdict, o.Reason, took)
		case o.Verdict == sms.Accepted && !slices.Equal(o.IDs, s.Far.IDs(to)):
			s.Errorf("the far side named it %q, Send says %q", s.Far.IDs(to), o.IDs)
		}
	}
	for _, v := range []sms.Verdict{sms.Accepted, sms.Later, sms.Refused, sms.Unknown} {
		if count[v] < 8 {
			s.Errorf("of %d texts only %d are %v: the faults are too few", texts, count[v], v)
		}
	}
}
