package web

import (
	"context"
	"testing"
)

func (b *board) Crisis() Crisis { return Crisis{Numbers: []string{"+31201239990"}} }
func (b *board) EnrolCrisis(_ context.Context, r CrisisRequest, _ Actor) (CrisisKey, error) {
	return CrisisKey{Name: r.Name, Secret: "ABC"}, nil
}
func (b *board) CrisisCodes(_ context.Context, r CrisisRequest, _ Actor) (CrisisCodes, error) {
	return CrisisCodes{Name: r.Name, Codes: make([]string, r.Count)}, nil
}
func (b *board) UnlockCrisis(_ context.Context, r CrisisRequest, _ Actor) (Crisis, error) {
	return Crisis{Locked: []string{r.Name + " " + r.Reason}}, nil
}

func TestTheCrisisLineOverTheSocket(t *testing.T) {
	c, _, _ := serve(t)
	if x, err := c.Crisis(t.Context()); err != nil || len(x.Numbers) != 1 {
		t.Errorf("%+v, %v", x, err)
	}
	if k, err := c.EnrolCrisis(t.Context(), CrisisRequest{Name: "anna"}); err != nil || k.Name != "anna" || k.Secret != "ABC" {
		t.Errorf("%+v, %v", k, err)
	}
	if l, err := c.CrisisCodes(t.Context(), CrisisRequest{Name: "anna", Count: 3}); err != nil || len(l.Codes) != 3 {
		t.Errorf("%+v, %v", l, err)
	}
	if x, err := c.UnlockCrisis(t.Context(), CrisisRequest{Name: "anna", Reason: "x"}); err != nil || x.Locked[0] != "anna x" {
		t.Errorf("%+v, %v", x, err)
	}
}
