package configs

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wissel"
)

func TestCarriersWhoseStatusIsNotProven(t *testing.T) {
	at := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	flow := strings.Replace(ownFlow, "flow: %s", "flow: zacht\nanswer: early", 1)
	early := "flows: zacht.yaml\n" + strings.Replace(bare, "[flow:storing]", "[flow:zacht]", 1)
	for _, row := range []struct {
		name     string
		settings string
		known    map[wissel.TrunkID]wissel.Ending
		want     string
	}{
		{"nobody looked", early, nil, ""},
		{"no flow is heard unanswered", bare, map[wissel.TrunkID]wissel.Ending{}, ""},
		{"nothing is known", early, map[wissel.TrunkID]wissel.Ending{}, "flow zacht is heard unanswered, and carrier kpn is not known to take 480 for the end of an unanswered call: none has ended with it yet; hear such a flow"},
		{"proven", early, map[wissel.TrunkID]wissel.Ending{"kpn": {Status: 480, At: at}}, ""},
		{"another is proven", early, map[wissel.TrunkID]wissel.Ending{"kpn": {Status: 486, At: at}}, "not known to take 480"},
		{"it tries again", early, map[wissel.TrunkID]wissel.Ending{"kpn": {Status: 480, At: at, Again: at, Within: 52 * time.Millisecond}}, "carrier kpn tries a call again after our 480 (50ms after one, at "},
	} {
		t.Run(row.name, func(t *testing.T) {
			dir := t.TempDir()
			put(t, filepath.Join(dir, "zacht.yaml"), flow)
			o := quiet()
			o.Endings = row.known
			f, err := Parse(filepath.Join(dir, "wissel.yaml"), []byte(row.settings), o)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, w := range f.Warnings {
				if s := w.String(); strings.Contains(s, "unanswered") {
					got = append(got, s)
				}
			}
			if row.want == "" && len(got) > 0 || row.want != "" && (len(got) != 1 || !strings.Contains(got[0], row.want)) {
				t.Errorf("%q, want %q", got, row.want)
			}
		})
	}
}
