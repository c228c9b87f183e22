package privacy

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wissel"
)

func TestTheDefaultsAreRight(t *testing.T) {
	if ps := DefaultSettings().Check("privacy"); len(ps) > 0 {
		t.Error(ps)
	}
	for kind, want := range map[Kind]string{Calls: "90d", Callbacks: "30d", Voices: "30d", Texts: "7d", Receipts: "90d", Decisions: "730d", Audit: "730d"} {
		if got := Days(DefaultSettings().Keep[kind]); got != want {
			t.Errorf("%s is kept %s, want %s", kind, got, want)
		}
	}
}

func TestWhatCannotBe(t *testing.T) {
	for name, c := range map[string]struct {
		kind Kind
		keep time.Duration
		word string
	}{
		"for ever":                    {Calls, 20 * 365 * day, "privacy.keep.calls: 7300d is outside 1d to 730d"},
		"not at all":                  {Callbacks, 0, "privacy.keep.callbacks: 0s is outside 1d to 365d"},
		"a voice beyond its callback": {Voices, 60 * day, "privacy.keep.voices: a voice is kept no longer than its callback: 60d is more than 30d"},
		"words beyond their receipt":  {Receipts, 2 * day, "privacy.keep.texts: the words of a text are kept no longer than that it was sent: 7d is more than 2d"},
		"an audit of a month":         {Audit, 30 * day, "privacy.keep.audit: 30d is outside 365d to 3650d"},
	} {
		s := DefaultSettings()
		s.Keep[c.kind] = c.keep
		ps := s.Check("privacy")
		if len(ps) == 0 || !strings.HasPrefix(ps[0].Path+": "+ps[0].Msg, c.word) {
			t.Errorf("%s: %v, want %s", name, ps, c.word)
		}
	}
}

func TestNumbersInWhatPeopleWriteAreHidden(t *testing.T) {
	for text, want := range map[string]string{
		"+31612345678 klaagt":           "+316****5678 klaagt",
		"bel 06-12345678 terug":         "bel 0612**5678 terug",
		"bel 06 12 34 56 78.":           "bel 0612**5678.",
		"0031 6 12345678":               "0031*****5678",
		"(+31 (0)6 12345678)":           "(+310*****5678)",
		"ticket 4711":                   "ticket 4711",
		"INC0012345678901 van 11:30":    "INC0012345678901 van 11:30",
		"2026-11-30 06:07:35":           "2026-11-30 06:07:35",
		"019aa1b2-0612-7345-8678-0a1b2": "019aa1b2-0612-7345-8678-0a1b2",
	} {
		if got := Hide(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// Whatever number, and however it is spaced: it cannot be read out of what is kept.
func TestNoNumberIsLeft(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.StringMatching(`[1-9][0-9]{8,12}`).Draw(t, "digits")
		spaced := "+"
		for _, d := range digits {
			spaced += string(d) + rapid.SampledFrom([]string{"", "", " ", "-", "."}).Draw(t, "between")
		}
		got := Hide("van " + strings.TrimRight(spaced, " -.") + " weer")
		bare := strings.NewReplacer(" ", "", "-", "", ".", "").Replace(got)
		if strings.Contains(bare, digits) || !strings.HasPrefix(got, "van ") || !strings.HasSuffix(got, " weer") {
			t.Fatalf("%q is left of %q", got, spaced)
		}
	})
}

func TestAMarkTellsNumbersApartAndNothingElse(t *testing.T) {
	a, b := Key("one store"), Key("another")
	n := wissel.Number("+31612345678")
	switch {
	case a.Mark(n) != Key("one store").Mark(n), a.Mark(n) == a.Mark("+31612345679"), a.Mark(n) == b.Mark(n), len(a.Mark(n)) != 64:
		t.Error("a mark is of one number in one store")
	case strings.Contains(a.Short(n), "12345678") || !strings.HasPrefix(a.Short(n), "number "):
		t.Error(a.Short(n))
	}
}
