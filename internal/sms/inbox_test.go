package sms

import (
	"fmt"
	"testing"
	"time"

	"wissel"
)

// What comes is remembered, and never without end.
func TestTheInboxIsBounded(t *testing.T) {
	b, at := NewInbox(), time.Date(2026, 6, 3, 12, 0, 0, 0, time.UTC)
	n := func(i int) wissel.Number { return wissel.Number(fmt.Sprintf("+316%08d", i)) }
	for i := range mostSeen + 100 {
		b.Add(Inbound{Key: fmt.Sprint(i), Received: Received{From: n(i), At: at}, Done: true})
		b.Asked(n(i), Question{Callback: fmt.Sprint(i), At: at})
	}
	if len(b.seen) != mostSeen || len(b.keys) != mostSeen || len(b.asked) != mostAsked || len(b.whom) != mostAsked {
		t.Errorf("%d and %d seen, %d and %d asked", len(b.seen), len(b.keys), len(b.asked), len(b.whom))
	}
	if b.Seen([]string{"0"}) != nil || b.Seen([]string{"x", "200"}) == nil {
		t.Error("the oldest is not the one that goes")
	}
}

// A question has one answer, the newest question counts, and it is a question no more after a week.
func TestQuestions(t *testing.T) {
	b, at := NewInbox(), time.Date(2026, 6, 3, 12, 0, 0, 0, time.UTC)
	q := func(id string, after time.Duration) Question {
		return Question{Group: "support", Callback: id, At: at.Add(after)}
	}
	now := func() string {
		q, ok := b.Question("+31612345678", at.Add(2*time.Hour))
		return fmt.Sprint(q.Callback, ok)
	}
	b.Asked("+31612345678", q("b", time.Hour))
	b.Asked("+31612345678", q("a", 0)) // read later, asked before
	if now() != "btrue" {
		t.Errorf("asked is %s", now())
	}
	b.Told("+31612345678", at.Add(time.Minute)) // of the one before
	if now() != "btrue" {
		t.Errorf("an answer of before counts: %s", now())
	}
	b.Told("+31612345678", at.Add(90*time.Minute))
	b.Asked("+31612345678", q("b", time.Hour)) // its row, told of once more
	if now() != "bfalse" {
		t.Errorf("it is asked again: %s", now())
	}
	b.Asked("+31612345678", q("c", 100*time.Minute))
	if _, ok := b.Question("+31612345678", at.Add(8*24*time.Hour)); now() != "ctrue" || ok {
		t.Errorf("%s, and after a week %v", now(), ok)
	}
}
