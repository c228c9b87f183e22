package web

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"wissel/internal/callbacks"
)

func TestCallbacksOverTheSocket(t *testing.T) {
	c, _, _ := serve(t)
	if all, err := c.Callbacks(t.Context()); err != nil || len(all) != 1 || all[0].Place != 1 {
		t.Errorf("%+v, %v", all, err)
	}
	if all, err := c.CallbackNumbers(t.Context(), ReadRequest{Reason: "why"}); err != nil || len(all) != 1 || all[0].Number != "why" {
		t.Errorf("%+v, %v", all, err)
	}
	for _, as := range []callbacks.State{callbacks.Done, callbacks.Cancelled} {
		if done, err := c.CloseCallback(t.Context(), "a/b", as, ReadRequest{}); err != nil || done.Callback.ID != "a/b" || done.Callback.State != string(as) {
			t.Errorf("%s: %+v, %v", as, done, err)
		}
	}
	var fault *Fault
	if _, err := c.CloseCallback(t.Context(), "none", callbacks.Done, ReadRequest{}); !errors.As(err, &fault) || fault.Code != http.StatusNotFound {
		t.Errorf("%v", err)
	}
	at := time.Date(2026, 6, 3, 10, 0, 0, 0, time.UTC)
	if done, err := c.SetTurn(t.Context(), TurnRequest{Group: "support", At: at}); err != nil || done.After != "2026-06-03T10:00:00Z" {
		t.Errorf("%+v, %v", done, err)
	}
}
