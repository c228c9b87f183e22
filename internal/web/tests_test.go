package web

import (
	"errors"
	"net/http"
	"slices"
	"testing"
)

func TestATestCallTellsHowItGetsOn(t *testing.T) {
	c, _, _ := serve(t)
	var lines []string
	r, err := c.TestCarrier(t.Context(), "kpn", func(line string) { lines = append(lines, line) })
	if err != nil || !r.Passed || r.Trunk != "kpn" || r.Why == "" {
		t.Errorf("%+v, %v", r, err)
	}
	if want := []string{"dialling", "answered after 0.8 s"}; !slices.Equal(lines, want) {
		t.Errorf("told %q, want %q", lines, want)
	}
}

func TestATestCallThatIsNotMadeIsAProblem(t *testing.T) {
	c, _, _ := serve(t)
	_, err := c.TestCarrier(t.Context(), "none", func(string) { t.Error("it tells how it gets on") })
	var fault *Fault
	if !errors.As(err, &fault) || fault.Code != http.StatusNotFound || fault.Error() != `test none: there is no trunk "none"` {
		t.Errorf("%v", err)
	}
}
