package web

import (
	"context"
	"testing"
)

func (b *board) Proposals() []Proposal { return []Proposal{{ID: "4f7k2"}} }
func (b *board) Approve(_ context.Context, v Verdict, _ Actor) (Switched, error) {
	return Switched{After: v.ID + " " + v.Reason}, nil
}
func (b *board) Reject(_ context.Context, v Verdict, _ Actor) (Proposal, error) {
	return Proposal{ID: v.ID, Note: v.Reason}, nil
}

func TestASecondPersonIsHeard(t *testing.T) {
	c, _, _ := serve(t)
	ctx := t.Context()
	if all, err := c.Proposals(ctx); err != nil || len(all) != 1 || all[0].ID != "4f7k2" {
		t.Errorf("proposals: %v, %v", all, err)
	}
	if s, err := c.Approve(ctx, Verdict{ID: "4f7k2", Reason: "yes"}); err != nil || s.After != "4f7k2 yes" {
		t.Errorf("approve: %v, %v", s, err)
	}
	if p, err := c.Reject(ctx, Verdict{ID: "4f7k2", Reason: "no"}); err != nil || p.Note != "no" {
		t.Errorf("reject: %v, %v", p, err)
	}
}
