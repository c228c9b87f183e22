package web

import (
	"errors"
	"net/http"
	"testing"
)

func TestRecordingsOverTheSocket(t *testing.T) {
	c, _, _ := serve(t)
	if all, err := c.Recordings(t.Context()); err != nil || len(all) != 1 || all[0].ID != "a" {
		t.Errorf("%+v, %v", all, err)
	}
	if all, err := c.RecordingNumbers(t.Context(), ReadRequest{Reason: "why"}); err != nil || len(all) != 1 || all[0].Number != "why" {
		t.Errorf("%+v, %v", all, err)
	}
	if sound, err := c.ExportRecording(t.Context(), "a/b", ReadRequest{}); err != nil || string(sound) != "RIFF of a/b" {
		t.Errorf("%q, %v", sound, err)
	}
	var fault *Fault
	if _, err := c.ExportRecording(t.Context(), "none", ReadRequest{}); !errors.As(err, &fault) || fault.Code != http.StatusNotFound {
		t.Errorf("%v", err)
	}
	if r, err := c.RemoveRecording(t.Context(), "a", ReadRequest{}); err != nil || r.State != "removed" {
		t.Errorf("%+v, %v", r, err)
	}
}
