package number

import (
	"testing"

	"wissel"
)

// Examples of each kind, from the numbering plans of their countries.
func TestWhatMayBeRungBack(t *testing.T) {
	for n, want := range map[wissel.Number]struct {
		region string
		costly bool
		zone   string
	}{
		"+31201234567":   {"NL", false, "Europe/Amsterdam"},
		"+31612345678":   {"NL", false, "Europe/Amsterdam"},
		"+31882345678":   {"NL", false, "Europe/Amsterdam"},
		"+319001234":     {"NL", true, "Europe/Amsterdam"},
		"+31970123456":   {"NL", true, "Europe/Amsterdam"}, // no number of a person
		"+31112":         {"NL", true, "Europe/Amsterdam"},
		"+3225011111":    {"BE", false, "Europe/Brussels"},
		"+32470123456":   {"BE", false, "Europe/Brussels"},
		"+3290012345":    {"BE", true, "Europe/Brussels"}, // premium
		"+12125550123":   {"US", false, "America/New_York"},
		"+18765230123":   {"JM", false, "America/Jamaica"}, // the same calling code, and another country
		"+19002345678":   {"", true, ""},                   // premium
		"+447012345678":  {"GB", true, ""},                 // personal
		"+881612345678":  {"", true, ""},                   // satellite
		"+870773111632":  {"", true, ""},
		"+979123456789":  {"", true, ""}, // international premium
		"+999123456789":  {"", true, ""},
		"":               {"", true, ""},
		"+4915123456789": {"DE", false, "Europe/Berlin"},
	} {
		if got := Region(n); got != want.region && !(want.region == "" && Costly(n)) {
			t.Errorf("%s is of %q, want %q", n, got, want.region)
		}
		if got := Costly(n); got != want.costly {
			t.Errorf("%s: costly %v", n, got)
		}
		all := Zones(n)
		if len(all) == 0 || want.zone != "" && all[0].String() != want.zone {
			t.Errorf("%s is in %v, want %s", n, all, want.zone)
		}
	}
	if a, b := Zones("+12125550123"), Zones("+12125550124"); a[0] != b[0] {
		t.Error("a zone is two values")
	}
}
