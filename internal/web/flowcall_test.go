package web

import (
	"errors"
	"net/http"
	"slices"
	"testing"
)

func TestAFlowCallTellsHowItGetsOn(t *testing.T) {
	c, _, _ := serve(t)
	var lines []string
	r, err := c.CallFlow(t.Context(), FlowCall{Flow: "storing", Over: "kpn", Number: "+31612345678"}, func(line string) { lines = append(lines, line) })
	if err != nil || !r.Answered || r.Flow != "storing" || r.Why == "" || !slices.Equal(lines, []string{"ringing +31612345678"}) {
		t.Errorf("%+v, %v; told %q", r, err, lines)
	}
	var fault *Fault
	if _, err := c.CallFlow(t.Context(), FlowCall{Flow: "none"}, func(string) {}); !errors.As(err, &fault) || fault.Code != http.StatusNotFound {
		t.Errorf("%v", err)
	}
}
