package web

import (
	"context"
	"net/http"
	"testing"

	"wissel/internal/privacy"
)

func (b *board) PrivacyStatus(context.Context) (PrivacyStatus, error) {
	return PrivacyStatus{Kinds: []KeptKind{{Kind: privacy.Calls, Keep: "90d"}}}, nil
}
func (b *board) ShowPerson(_ context.Context, r PersonRequest, by Actor) (Person, error) {
	return Person{Mark: r.Number, Notes: []string{r.Reason, by.From}}, nil
}
func (b *board) ExportPerson(_ context.Context, r PersonRequest, _ Actor) ([]byte, error) {
	if r.Number == "none" {
		return nil, Faultf(http.StatusBadRequest, "export", "none is no number")
	}
	return []byte("PK of " + r.Number), nil
}
func (b *board) ErasePerson(_ context.Context, r PersonRequest, _ Actor) (Erased, error) {
	return Erased{Mark: r.Number}, nil
}
func (b *board) Object(_ context.Context, r PersonRequest, _ Actor) (Objected, error) {
	return Objected{Mark: r.Number, Objects: !r.Lift}, nil
}

func TestPersonsOverTheSocket(t *testing.T) {
	c, _, _ := serve(t)
	r := PersonRequest{Number: "+31612345678", Reason: "letter of 06-12345678"}
	if s, err := c.PrivacyStatus(t.Context()); err != nil || len(s.Kinds) != 1 {
		t.Errorf("%+v, %v", s, err)
	}
	if p, err := c.ShowPerson(t.Context(), r); err != nil || p.Mark != r.Number || p.Notes[0] != "letter of 0612**5678" {
		t.Errorf("%+v, %v: the number is asked for, and a number in the reason is shortened", p, err)
	}
	if file, err := c.ExportPerson(t.Context(), r); err != nil || string(file) != "PK of +31612345678" {
		t.Errorf("%q, %v", file, err)
	}
	if _, err := c.ExportPerson(t.Context(), PersonRequest{Number: "none"}); err == nil {
		t.Error("a fault was taken for a file")
	}
	if e, err := c.ErasePerson(t.Context(), r); err != nil || e.Mark != r.Number {
		t.Errorf("%+v, %v", e, err)
	}
	if o, err := c.Object(t.Context(), r); err != nil || !o.Objects {
		t.Errorf("%+v, %v", o, err)
	}
}
