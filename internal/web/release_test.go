package web

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"wissel"
)

func (b *board) Callback(_ context.Context, id string) (CallbackShown, error) {
	if id == "none" {
		return CallbackShown{}, Faultf(http.StatusNotFound, "show", "there is none")
	}
	return CallbackShown{Callback: Callback{ID: id}}, nil
}
func (b *board) ExportCallbacks(_ context.Context, r ReadRequest, _ Actor) ([]CallbackShown, error) {
	return []CallbackShown{{Rung: r.Reason}}, nil
}
func (b *board) ImportCallbacks(_ context.Context, r Import, _ Actor) (Imported, error) {
	return Imported{Taken: len(r.Rows)}, nil
}
func (b *board) Release(_ context.Context, g wissel.GroupID) (Release, error) {
	return Release{Group: g}, nil
}
func (b *board) LetGo(_ context.Context, r ReleaseRequest, _ Actor) (Release, error) {
	return Release{Group: r.Group, Left: r.Most}, nil
}
func (b *board) Pause(_ context.Context, r ReleaseRequest, _ Actor) (Release, error) {
	return Release{Group: r.Group, Paused: true}, nil
}
func (b *board) Resume(_ context.Context, r ReleaseRequest, _ Actor) (Release, error) {
	return Release{Group: r.Group, Going: true}, nil
}
func (b *board) Through(_ context.Context, r ThroughRequest, _ Actor) (ThroughDone, error) {
	return ThroughDone{Cancelled: len(r.Number)}, nil
}
func (b *board) People(context.Context) ([]Colleague, error) {
	return []Colleague{{Name: "anna"}}, nil
}
func (b *board) LogPerson(_ context.Context, r LogRequest, _ Actor) (Colleague, error) {
	return Colleague{List: r.List, Name: r.Name, On: r.On}, nil
}

func TestReleasesOverTheSocket(t *testing.T) {
	c, _, _ := serve(t)
	ctx := t.Context()
	if one, err := c.Callback(ctx, "a/b"); err != nil || one.ID != "a/b" {
		t.Errorf("%+v, %v", one, err)
	}
	var fault *Fault
	if _, err := c.Callback(ctx, "none"); !errors.As(err, &fault) || fault.Code != http.StatusNotFound {
		t.Errorf("one that is not there: %v", err)
	}
	if all, err := c.ExportCallbacks(ctx, ReadRequest{Reason: "why"}); err != nil || all[0].Rung != "why" {
		t.Errorf("%+v, %v", all, err)
	}
	if done, err := c.ImportCallbacks(ctx, Import{Rows: make([]CallbackShown, 3)}); err != nil || done.Taken != 3 {
		t.Errorf("%+v, %v", done, err)
	}
	if r, err := c.Release(ctx, "a b"); err != nil || r.Group != "a b" {
		t.Errorf("%+v, %v", r, err)
	}
	q := ReleaseRequest{Group: "support", Most: 7}
	let, err1 := c.LetGo(ctx, q)
	held, err2 := c.Pause(ctx, q)
	on, err3 := c.Resume(ctx, q)
	if err := errors.Join(err1, err2, err3); err != nil || let.Left != 7 || !held.Paused || !on.Going {
		t.Errorf("%+v, %+v, %+v, %v", let, held, on, err)
	}
	if done, err := c.Through(ctx, ThroughRequest{Number: "12"}); err != nil || done.Cancelled != 2 {
		t.Errorf("%+v, %v", done, err)
	}
	if all, err := c.People(ctx); err != nil || all[0].Name != "anna" {
		t.Errorf("%+v, %v", all, err)
	}
	if one, err := c.LogPerson(ctx, LogRequest{List: "home", Name: "anna", On: true}); err != nil || !one.On || one.List != "home" {
		t.Errorf("%+v, %v", one, err)
	}
}
