package metrics

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestWhatIsShown(t *testing.T) {
	r := New()
	n := uint64(3)
	r.Counter("calls_total", "INVITEs that became a call.", nil, func() uint64 { return n })
	r.Gauge("ready", "1 when calls can be taken.", Labels{"node": "one"}, func() float64 { return 1 })
	trunks := []Sample{{[]string{"kpn"}, 2}, {[]string{"genesys"}, 1}}
	r.Gauges("trunk_calls", "Calls on a trunk now.", []string{"trunk"}, func() []Sample { return trunks })
	shown := func() string {
		w := httptest.NewRecorder()
		r.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
		return w.Body.String()
	}
	for _, line := range []string{
		"# HELP wissel_calls_total INVITEs that became a call.", "# TYPE wissel_calls_total counter", "wissel_calls_total 3",
		`wissel_ready{node="one"} 1`, `wissel_trunk_calls{trunk="kpn"} 2`, `wissel_trunk_calls{trunk="genesys"} 1`, "go_goroutines",
	} {
		if !strings.Contains(shown(), line) {
			t.Errorf("%q is not shown", line)
		}
	}
	n, trunks = 4, trunks[:1] // read when asked, and what is gone from the settings is gone here
	if text := shown(); !strings.Contains(text, "wissel_calls_total 4") || strings.Contains(text, "genesys") {
		t.Error("the metrics are not read anew")
	}
}
