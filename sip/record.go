package sip

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"wissel"
	"wissel/internal/plan"
	"wissel/sip/call"
)

// doFinish ends a call for its caller: the record is completed and kept. Legs that were left live on until Forget.
func (s *shard) doFinish(c *live, e call.Finish) {
	if c.over {
		return
	}
	c.over = true
	c.leave()
	s.srv.live.Add(-1)
	if c.crisis {
		s.srv.crisis.Add(-1)
	}
	s.srv.named.drop(c.id)
	for _, k := range c.looped {
		s.srv.loops.leave(k)
	}
	cdr := s.cdr(c, e.Record)
	if s.srv.o.Ledger != nil {
		s.srv.o.Ledger.CDR(cdr)
	}
	c.ends(cdr)
	s.sweep(c)
}

// recordRefused keeps the record of a call that was refused before it was one, so that what carriers count and what we
// count agree. Its number may be none of ours, and then there is no group.
func (s *shard) recordRefused(trunk *wissel.Trunk, caller Caller, rung wissel.Number, d plan.Decision, status int, why string) {
	if s.srv.o.Ledger == nil {
		return
	}
	blame := wissel.BlameCarrier // it sent a number that is not ours, or more than was agreed
	if status == 503 && why != limitReached {
		blame = wissel.BlameWissel
	}
	id := s.chance.callID()
	cdr := wissel.CDR{
		Row: wissel.Row{ID: s.rowID(string(id)), Node: s.srv.o.Node, Generation: d.Generation}, Call: id, Group: d.Line.Group, Trunk: trunk.ID,
		From: caller.Number, To: rung, Began: s.now, Ended: s.now, Status: status, Outcome: wissel.Refused, Blame: blame,
		EndedBy: "wissel: " + why, Version: d.Version, Why: d.Reasons, Actor: d.Actor, Thresholds: d.Thresholds(),
	}
	if caller.Withheld {
		cdr.From = ""
	}
	s.srv.o.Ledger.CDR(cdr)
}

// rowID makes the id of a row; other is what it is when chance fails.
func (s *shard) rowID(other string) string {
	v, err := uuid.NewV7FromReader(s.chance.r)
	if err != nil {
		return other
	}
	return v.String()
}

// cdr makes the record of a call: as it is kept, or, while it is up, as it would be now.
func (s *shard) cdr(c *live, r call.Record) wissel.CDR {
	cdr := wissel.CDR{
		Row:  wissel.Row{ID: s.rowID(string(c.id)), Node: s.srv.o.Node, Generation: c.decision.Generation},
		Call: c.id, Group: c.decision.Line.Group, Trunk: c.came(), From: c.caller.Number, To: c.rung, Test: c.test(),
		Began: r.Began, Rung: r.Rung, Answered: r.Answered, Ended: r.Ended, Status: r.Status, Outcome: r.Outcome, Blame: r.Blame,
		EndedBy: r.EndedBy, Target: r.Target, Attempts: r.Attempts,
		Decision: c.decision.ID, Version: c.decision.Version, Why: c.decision.Reasons, Digits: c.digits,
		Actor: c.decision.Actor, Thresholds: c.decision.Thresholds(),
	}
	if c.caller.Withheld {
		cdr.From = ""
	}
	if c.back != nil {
		if cdr.Callback = c.back.Callback; !c.back.Desk { // what a desk is shown may be the customer's, who did not call here
			cdr.From = c.back.Show[c.target.Trunk]
		}
	}
	if first := earliest(r.Rung, r.Answered); !first.IsZero() {
		cdr.SetupMS = float64(first.Sub(r.Began)) / float64(time.Millisecond)
	}
	return cdr
}

// earliest is the first of two moments that came.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// list describes the calls of this shard.
func (s *shard) list() []CallInfo {
	all := make([]CallInfo, 0, len(s.calls))
	for _, c := range s.calls {
		if c.over {
			continue
		}
		info := CallInfo{
			ID: c.id, Group: c.decision.Line.Group, Trunk: c.came(), From: c.caller.Number, To: c.rung, Target: c.target, Began: c.began,
		}
		if c.caller.Withheld {
			info.From = ""
		}
		info.Answered, info.State = c.state.AnsweredAt, c.doing()
		all = append(all, info)
	}
	return all
}

// doing is the state of a live call, for people.
func (c *live) doing() string {
	switch l := c.callerLeg(); {
	case c.back != nil:
		return "callback"
	case c.outgoing != nil:
		return "test"
	case c.flow != nil && !c.flow.leg.personal:
		return "flow"
	case l != nil && l.own.confirmed:
		return "talking"
	}
	return "hunting"
}

// endBacks ends every call of a callback of this shard, the oldest first.
func (s *shard) endBacks(reason string) {
	var all []*live
	for _, c := range s.calls {
		if c.back != nil && !c.over {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(x, y *live) int { return x.began.Compare(y.began) })
	for _, c := range all {
		s.feed(c, call.Event{Kind: call.End, Leg: 0, Status: 480, Reason: reason})
	}
}

// endAll ends every call of this shard.
func (s *shard) endAll(reason string) {
	for _, c := range s.calls {
		if !c.over {
			s.feed(c, call.Event{Kind: call.End, Leg: 0, Status: 503, Reason: reason})
		}
	}
}
