// Package smstest holds every provider of texts to the contract of sms.Provider, against the far side that it really talks
// to: a program of others, or a server that speaks the provider's protocol. It is for tests only.
package smstest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wissel"
	"wissel/internal/sms"
)

// Manner is how the far side treats the texts that it is offered from now on.
type Manner string

// The manners.
const (
	Well         Manner = "well"
	Slow         Manner = "slow"          // the answer takes 300 ms
	Hold         Manner = "hold"          // the text is taken, the answer waits for Release
	Throttle     Manner = "throttle"      // not taken: too fast
	BadNumber    Manner = "bad-number"    // not taken: this number is no good
	BadAccount   Manner = "bad-account"   // not taken: our sender or contract is no good
	CutBefore    Manner = "cut-before"    // not taken, and the connection ends
	CutAfter     Manner = "cut-after"     // taken, and the connection ends without an answer
	Twice        Manner = "twice"         // the answer comes twice
	ReceiptFirst Manner = "receipt-first" // the receipt is confirmed before the answer goes out
	Garbage      Manner = "garbage"       // an answer that cannot be read; the text was taken
)

// Taken is one text that the far side took, read by the far side and whole.
type Taken struct{ From, To, Body string }

// Far is the provider's side of the conversation.
type Far interface {
	Behave(m Manner)
	Release()       // answers what Hold held
	Taken() []Taken // in the order in which their last parts came
	IDs(to string) []string
	Receipt(id string, delivered bool) (confirmed bool) // tells what became of a part
	Incoming(from, to, body string) (confirmed bool)
	Cut()  // ends every connection
	Down() // likewise, and nobody listens any more
	Up()   // after Down
}

// Subject is a provider under test.
type Subject struct {
	Provider sms.Provider
	Far      Far
	Secrets  []string // that may be in no reason
}

type suite struct {
	*testing.T
	Subject
	mu     sync.Mutex
	events []sms.Event
	refuse bool // keep fails
	count  int
}

// Run holds the provider that start makes to the contract. start is called for each part of it, and registers its own end.
func Run(t *testing.T, start func(t *testing.T) Subject) {
	for name, test := range map[string]func(*suite){
		"takes what it is given": (*suite).takes, "slow": (*suite).slow, "throttled": (*suite).throttled,
		"refusals": (*suite).refusals, "the connection ends": (*suite).cut, "answers late": (*suite).late,
		"answers twice": (*suite).twice, "receipts": (*suite).receipts, "a receipt before the answer": (*suite).receiptFirst,
		"an event that cannot be kept": (*suite).notKept, "incoming": (*suite).incoming, "many at once": (*suite).many,
		"nobody listens": (*suite).down, "faults in any order": (*suite).mixed,
		"an answer that cannot be read": (*suite).garbage, "unfit texts": (*suite).unfit, "before and after": (*suite).outside,
	} {
		t.Run(name, func(t *testing.T) {
			s := &suite{T: t, Subject: start(t)}
			if name == "before and after" {
				test(s)
				return
			}
			stop := s.serve()
			defer stop()
			test(s)
		})
	}
}

// serve runs the provider until the returned function is called, and waits until it takes texts.
func (s *suite) serve() (stop func()) {
	ctx, cancel := context.WithCancel(s.Context())
	done := make(chan error, 1)
	go func() { done <- s.Provider.Run(ctx, s.keep) }()
	s.ready()
	return func() {
		cancel()
		select {
		case err := <-done:
			if err != nil && !errors.Is(err, context.Canceled) {
				s.Errorf("Run: %v", err)
			}
		case <-time.After(10 * time.Second):
			s.Error("Run does not return")
		}
	}
}

// ready offers nothing fit to be sent until the provider would have sent it: an ended ctx is Later in any case, so the far
// side is asked with a real text, and forgets it by its number.
func (s *suite) ready() {
	s.until("the provider takes texts", func() bool {
		return s.send(s.Context(), s.text("ready", probe)).Verdict == sms.Accepted
	})
}

const probe = "+31600000000"

func (s *suite) keep(e sms.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse {
		return errors.New("the disk is full")
	}
	s.events = append(s.events, e)
	return nil
}

func (s *suite) refuseEvents(yes bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = yes
}

func (s *suite) seen(ok func(sms.Event) bool) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, e := range s.events {
		if ok(e) {
			n++
		}
	}
	return n
}

// until waits for what is to be seen, asking every 5 ms for 10 s at most.
func (s *suite) until(what string, ok func() bool) {
	s.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(10 * time.Second); !ok(); <-tick.C {
		if time.Now().After(end) {
			s.Fatalf("not seen in 10 s: %s", what)
		}
	}
}

func (s *suite) text(body, to string) sms.Text {
	s.count++
	return sms.Text{Key: fmt.Sprintf("key-%d", s.count), From: "Wissel", To: wissel.Number(to), Body: body, Valid: time.Hour}
}

func (s *suite) send(ctx context.Context, t sms.Text) sms.Outcome {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return s.judge(t, s.Provider.Send(ctx, t))
}

// judge checks what holds for every outcome.
func (s *suite) judge(t sms.Text, o sms.Outcome) sms.Outcome {
	for _, secret := range append(s.Secrets, t.Body, string(t.To)[1:]) {
		if secret != "" && strings.Contains(o.Reason, secret) {
			s.Errorf("the reason tells what it may not: %s", o.Reason)
		}
	}
	if len(o.Reason) > 200 {
		s.Errorf("a reason of %d bytes", len(o.Reason))
	}
	if o.Verdict == sms.Accepted && (len(o.IDs) == 0 || slices.Contains(o.IDs, "")) {
		s.Errorf("accepted, with the ids %q", o.IDs)
	}
	if o.Verdict != sms.Accepted && o.Reason == "" {
		s.Errorf("%v, and nothing says why", o.Verdict)
	}
	return o
}

func (s *suite) want(what string, o sms.Outcome, v sms.Verdict) sms.Outcome {
	s.Helper()
	if o.Verdict != v {
		s.Fatalf("%s: %v (%s), want %v", what, o.Verdict, o.Reason, v)
	}
	return o
}

// to is the texts that the far side took for a number.
func (s *suite) to(number string) (all []Taken) {
	for _, t := range s.Far.Taken() {
		if t.To == number {
			all = append(all, t)
		}
	}
	return all
}

// well waits until texts are taken again, with the far side behaving.
func (s *suite) well() {
	s.Helper()
	s.Far.Behave(Well)
	s.ready()
}
