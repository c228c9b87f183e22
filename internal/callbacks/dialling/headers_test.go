package dialling

import (
	"encoding/hex"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"wissel"
)

func TestWhatADeskIsTold(t *testing.T) {
	j := attempt(nil).Job
	j.Callback, j.Choices, j.Texts = "019200aa-0000-7000-8000-000000000000", []string{"menu=2", "language=nl"}, 1
	h := Headers(j)
	const all = "019200aa-0000-7000-8000-000000000000;tel=+31612345678;line=+31201234567;calls=3;lang=nl;asked=20260603T0130Z;voice=20;texts=1;group=support;attempt=1;choices=menu=2,language=nl"
	if h[Callback] != all {
		t.Errorf("%q", h[Callback])
	}
	text, coded := strings.CutSuffix(h[UserToUser], ";encoding=hex")
	raw, err := hex.DecodeString(text)
	if err != nil || !coded || raw[0] != ia5 || string(raw[1:]) != "id=019200aa-0000-7000-8000-000000000000;tel=+31612345678;line=+31201234567;calls=3;lang=nl;asked=20260603T0130Z;voice=20;texts=1" {
		t.Errorf("%q: %q, %v", h[UserToUser], raw, err)
	}
	j.Hidden = true
	if h := Headers(j); strings.Contains(h[Callback], "12345678") || strings.Contains(h[UserToUser], hex.EncodeToString([]byte("12345678"))) {
		t.Errorf("a hidden number is told: %v", h)
	}
}

// Whatever callers chose and settings name, a header stays one line that a network lets through.
func TestHeadersStayHeaders(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		j := wissel.CallbackJob{
			Callback: rapid.String().Draw(t, "id"), Number: wissel.Number(rapid.String().Draw(t, "number")), Group: wissel.GroupID(rapid.String().Draw(t, "group")),
			Language: rapid.String().Draw(t, "lang"), Choices: rapid.SliceOf(rapid.String()).Draw(t, "choices"), Calls: rapid.Int().Draw(t, "calls"),
		}
		h := Headers(j)
		raw, err := hex.DecodeString(strings.TrimSuffix(h[UserToUser], ";encoding=hex"))
		if err != nil || len(raw) > 1+uuiMost || len(h[Callback]) > 1200 && len(plain(j.Callback)) <= 36 {
			t.Fatalf("%q", h)
		}
		for _, v := range h {
			if strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r > '~' }) {
				t.Fatalf("%q", v)
			}
		}
	})
}
