package app_test

import (
	"strings"
	"testing"
	"time"
)

func TestOneCarrierWithAllItsEvidence(t *testing.T) {
	o := begin(t)
	a, _ := run(t, o)
	rewrite(t, o, `to: ["sip:127.6.0.3:5060"], probe: {off: true}`, `to: ["sip:127.6.0.3:5060"]`)
	if _, err := a.Reload(t.Context(), anna); err != nil { // nobody is there: the probes find its port closed
		t.Fatal(err)
	}
	eventually(t, "the platform is down", func() bool {
		c, err := a.Carrier("platform")
		return err == nil && c.State == "down"
	})
	c, err := a.Carrier("platform")
	if err != nil || len(c.Health) != 1 || c.Ours != "" {
		t.Fatalf("%+v, %v", c, err)
	}
	h := c.Health[0]
	if h.Address != "udp:127.6.0.3:5060" || h.State != "down" || h.Probed != "500ms" || h.Hold != "5s" || h.Flaps != 1 || len(h.Layers) != 8 {
		t.Errorf("%+v", h)
	}
	l := h.Layers[0]
	if l.Layer != "transport" || l.State != "down" || !strings.Contains(l.Evidence, "unreachable") || time.Since(l.Since) > time.Minute ||
		!strings.HasPrefix(l.Change, "3 messages from it in a row, from ") || h.Change != l.Change {
		t.Errorf("%+v", l)
	}
	if _, err := a.Carrier("nobody"); err == nil || !strings.Contains(err.Error(), "`wissel carriers` lists them") {
		t.Errorf("a trunk that is not there: %v", err)
	}
	shown := metricsOf(t, o)
	for _, want := range []string{
		`wissel_trunk_layer_state{layer="transport",trunk="platform"} 3`, "wissel_ours 0", "wissel_health_hung 0", "wissel_health_given_up_total 0",
		"wissel_health_self_checks_total", "wissel_health_pauses_total", "wissel_health_mass_hangups_total 0", "wissel_health_changes_lost_total 0",
	} {
		if !strings.Contains(shown, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
}
