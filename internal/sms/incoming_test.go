package sms

import (
	"strings"
	"testing"

	"wissel"
)

func TestWhatATextAsksFor(t *testing.T) {
	for _, c := range []struct {
		body string
		want Word
		lang string
	}{
		{"STOP", WordStop, ""}, {"stop", WordStop, ""}, {" Stop! ", WordStop, ""}, {"S T O P", WordStop, ""}, {"\"STOP\".", WordStop, ""}, {"Stop aub", WordStop, ""},
		{"stop a.u.b.", WordStop, ""}, {"STOP\r\n", WordStop, ""}, {"st\u200bop", WordStop, ""}, {"Stoppen svp", WordStop, "nl"}, {"unsubscribe please", WordStop, "en"},
		{"Stop met die berichten graag", WordStop, ""},
		{"NIETBELLEN", WordNoCall, "nl"}, {"niet bellen", WordNoCall, "nl"}, {"Niet-bellen, bedankt.", WordNoCall, "nl"}, {"bel mij niet", WordNoCall, "nl"}, {"stop met bellen", WordNoCall, "nl"},
		{"don't call", WordNoCall, "en"}, {"Don’t call me!", WordNoCall, "en"}, {"NO CALL", WordNoCall, "en"}, {"stop calling me", WordNoCall, "en"},
		{"INFO", WordInfo, ""}, {"info aub", WordInfo, ""}, {"news please", WordInfo, "en"},
		{"BEL", WordCall, "nl"}, {"Bel mij terug a.u.b.", WordCall, "nl"}, {"call me back", WordCall, "en"}, {"Call", WordCall, "en"},
		{"JA", WordYes, "nl"}, {"ja hoor", WordYes, "nl"}, {"Ja, dank u wel", WordOther, ""}, {"yes!", WordYes, "en"}, {"Ja graag", WordYes, "nl"},
		{"nee", WordNo, "nl"}, {"Nee, nog niet", WordNo, "nl"}, {"Nee het werkt nog steeds niet", WordNo, "nl"}, {"no", WordNo, "en"}, {"Not yet.", WordNo, "en"},
		{"HELP", WordHelp, ""}, {"hulp", WordHelp, "nl"},
		// What takes a promise back is not guessed.
		{"je hebt me niet gebeld", WordOther, ""}, {"jullie zouden bellen maar dat is niet gebeurd", WordOther, ""}, {"ik kan niet bellen", WordOther, ""},
		{"Ja maar het doet het nog steeds niet", WordOther, ""}, {"I am driving and will answer later", WordOther, ""}, {"Ik ben tot 3 juni afwezig.", WordOther, ""},
		{"Nee, ik heb gisteren ook al gebeld en toen zou het geregeld worden", WordOther, ""}, {"infox", WordOther, ""}, {"", WordOther, ""}, {"!!!", WordOther, ""}, {"👍", WordOther, ""},
		{strings.Repeat("STOP ", 1000), WordOther, ""},
	} {
		if got := Understand(c.body); got.Word != c.want || got.Language != c.lang {
			t.Errorf("%.60q is %s in %q, want %s in %q", c.body, got.Word, got.Language, c.want, c.lang)
		}
	}
}

func TestWhatIsDoneAboutAText(t *testing.T) {
	at := func(change func(s *Texter)) Texter {
		s := Texter{Reached: true, May: true}
		change(&s)
		return s
	}
	nothing := func(*Texter) {}
	for _, c := range []struct {
		name string
		s    Texter
		w    Word
		want Reaction
	}{
		{"STOP ends texts", at(func(s *Texter) { s.Wants = true }), WordStop, Reaction{Stop: true, Answer: AnswerStopped}},
		{"STOP leaves the callback, and says so", at(func(s *Texter) { s.Wants, s.Owed = true, true }), WordStop, Reaction{Stop: true, Answer: AnswerStoppedOwed}},
		{"STOP of one who has nothing", at(nothing), WordStop, Reaction{Stop: true, Answer: AnswerStopped, Puzzled: true}},
		{"NIETBELLEN takes the callback back", at(func(s *Texter) { s.Owed = true }), WordNoCall, Reaction{Cancel: true, Answer: AnswerNoCall}},
		{"NIETBELLEN leaves the texts, and says so", at(func(s *Texter) { s.Owed, s.Wants = true, true }), WordNoCall, Reaction{Cancel: true, Answer: AnswerNoCallNews}},
		{"NIETBELLEN of one who is not called", at(nothing), WordNoCall, Reaction{Answer: AnswerNotOwed}},
		{"INFO registers without a call", at(nothing), WordInfo, Reaction{Wish: wissel.WishText, Answer: AnswerInfo}},
		{"BEL registers without a call", at(nothing), WordCall, Reaction{Wish: wissel.WishCallback, Answer: AnswerCall}},
		{"BEL twice is one", at(func(s *Texter) { s.Owed = true }), WordCall, Reaction{Answer: AnswerCallOwed}},
		{"BEL when no more can be promised", at(func(s *Texter) { s.May = false }), WordCall, Reaction{Wish: wissel.WishText, Answer: AnswerNoMore}},
		{"JA to the question", at(func(s *Texter) { s.Asked = true }), WordYes, Reaction{Solved: true, Answer: AnswerThanks}},
		{"NEE to the question", at(func(s *Texter) { s.Asked = true }), WordNo, Reaction{Reopen: true, Answer: AnswerReopened}},
		{"JA to nothing", at(nothing), WordYes, Reaction{Answer: AnswerRead, Puzzled: true}},
		{"NEE to nothing, while he waits", at(func(s *Texter) { s.Owed = true }), WordNo, Reaction{Answer: AnswerReadOwed, Puzzled: true}},
		{"HELP", at(nothing), WordHelp, Reaction{Answer: AnswerHelp}},
		{"anything else", at(nothing), WordOther, Reaction{Answer: AnswerRead, Puzzled: true}},
		{"anything else of one who is to be called", at(func(s *Texter) { s.Owed = true }), WordOther, Reaction{Answer: AnswerReadOwed, Puzzled: true}},
		{"an objection outlasts INFO", at(func(s *Texter) { s.Objects = true }), WordInfo, Reaction{}},
		{"and BEL", at(func(s *Texter) { s.Objects = true }), WordCall, Reaction{}},
		{"and is no reason to call him after NIETBELLEN", at(func(s *Texter) { s.Objects, s.Owed = true, true }), WordNoCall, Reaction{Cancel: true}},
		{"a paid number gets no text", at(func(s *Texter) { s.Reached = false }), WordInfo, Reaction{}},
		{"nor an answer to anything", at(func(s *Texter) { s.Reached = false }), WordOther, Reaction{}},
	} {
		if got := c.s.React(c.w); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

// Whoever sends whatever: one word has one meaning, and an objector is sent nothing.
func TestOneWordHasOneMeaning(t *testing.T) {
	for _, w := range AllWords {
		for bits := range 64 {
			s := Texter{bits&1 > 0, bits&2 > 0, bits&4 > 0, bits&8 > 0, bits&16 > 0, bits&32 > 0}
			r := s.React(w)
			if (s.Objects || !s.Reached) && r.Answer != "" || s.Objects && r.Wish != "" {
				t.Errorf("%+v, %s: %+v", s, w, r)
			}
			if r.Cancel && w != WordNoCall || r.Stop != (w == WordStop) {
				t.Errorf("%+v, %s: %+v", s, w, r)
			}
		}
	}
}

func FuzzUnderstand(f *testing.F) {
	for _, s := range []string{"STOP", "niet bellen", "Ja, graag", "\xff", "bel\u0000", "’’"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Understand(s)
		if got.Word == "" || Understand(" "+strings.ToLower(s)+"! ").Word == WordNoCall && got.Word != WordNoCall && strings.EqualFold(strings.ToLower(s), s) {
			t.Errorf("%q: %+v", s, got)
		}
	})
}
