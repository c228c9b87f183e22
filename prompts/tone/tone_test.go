package tone_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"wissel/prompts/tone"
)

func words(t *testing.T, lang string) tone.Words {
	t.Helper()
	data, err := os.ReadFile("../languages/" + lang + "/tone.txt")
	if err != nil {
		t.Fatal(err)
	}
	w, err := tone.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

var now = time.Date(2026, 6, 3, 16, 0, 0, 0, time.UTC) // a Wednesday

func TestMessages(t *testing.T) {
	const nlOffer, enOffer = "Voor nieuws per sms, toets 1.", "For news by text message, press 1."
	for _, row := range []struct {
		name, lang, before, offer string
		want                      string // in what is wrong; empty: nothing is
	}{
		{"what, until when, and what now", "nl", "Door een storing kunnen we niet opnemen. We werken aan het herstel, dat duurt tot 16.30 uur.", nlOffer, ""},
		{"the same in English", "en", "Because of a fault we cannot take your call. We are working on it until 16:30.", enOffer, ""},
		{"nobody knows, and it says so", "nl", "We werken aan een storing en weten nog niet hoe lang het duurt.", nlOffer, ""},
		{"news in half an hour", "en", "We are working on it. There is news in half an hour.", enOffer, ""},
		{"it does nothing", "nl", "Er is een storing tot 16.30 uur.", nlOffer, "what is being done"},
		{"no end in sight", "en", "We are working to fix a fault.", enOffer, "until when; say when there is news (in 30 minutes)"},
		{"nothing to do", "nl", "We werken aan een storing tot 16.30 uur.", "Dank u wel.", "what the caller can do now"},
		{"a time that is past", "nl", "We werken aan een storing tot 15.30 uur.", nlOffer, "15:30 on 3 June, which is past"},
		{"past by the English clock", "en", "We are working on it and expect to be back by 3 pm.", enOffer, "15:00 on 3 June, which is past"},
		{"five in the afternoon is to come", "en", "We are working on it until 5 pm.", enOffer, ""},
		{"past, and another to come", "nl", "Sinds 14.00 uur is er een storing. We werken aan het herstel tot 16.45 uur.", nlOffer, ""},
		{"tonight's two is tomorrow's", "nl", "We werken aan een storing tot 02.00 uur. Over een half uur is er nieuws.", nlOffer, ""},
		{"a date that is past", "nl", "We werken aan een storing tot 2 juni om 18.00 uur.", nlOffer, "18:00 on 2 June, which is past"},
		{"a date without a time", "en", "We are working on a fault until 1 june.", enOffer, "23:59 on 1 June, which is past"},
		{"tomorrow morning is not past", "nl", "We werken aan een storing tot morgen 10.00 uur. Elk half uur is er nieuws.", nlOffer, ""},
		{"news after an hour and a half", "nl", "We werken aan een storing. Over anderhalf uur is er nieuws.", nlOffer, "is 1h30m from now"},
		{"two hours in words", "en", "We are working on it. There is news within about two hours.", enOffer, "in 30 minutes, and at most 60 minutes"},
		{"an hour is not too long", "nl", "We werken aan een storing. Binnen 60 minuten is er nieuws.", nlOffer, ""},
		{"the end is far and the news is near", "nl", "We werken aan het herstel, dat duurt tot 20.00 uur. Elk half uur is er nieuws.", nlOffer, ""},
		{"an end alone that is far", "nl", "We werken aan het herstel, dat duurt tot 20.00 uur.", nlOffer, "is 4h0m from now"},
		{"what is done is said in plain words", "en", "We work on it until 16:30.", enOffer, ""},
		{"25 words", "en", "We are working on it until 16:30. " + strings.Repeat("word ", 18), enOffer, ""},
		{"26 words", "en", "We are working on it until 16:30. " + strings.Repeat("word ", 19), enOffer, "26 words until the first choice, with the greeting before it"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := words(t, row.lang).Message(row.before, row.offer, now)
			if row.want == "" && len(got) != 0 || row.want != "" && (len(got) != 1 || !strings.Contains(got[0], row.want)) {
				t.Errorf("%q\ngot  %q\nwant %q", row.before, got, row.want)
			}
		})
	}
}

func TestTexts(t *testing.T) {
	for _, row := range []struct{ name, lang, text, want string }{
		{"plain", "nl", "Kijk op voorbeeld.nl/storing voor nieuws.", ""},
		{"our word", "nl", "Er is een incident.", `"incident"`},
		{"any ending", "en", "We have escalated your call.", `"escalated"`},
		{"two words of ours", "en", "We look for the root cause.", `"root cause"`},
		{"a part of a word is no word", "nl", "De incidentele beller.", ""},
		{"a written address of four words", "en", "See www.example.com/news.", ""},
		{"a written address of five", "en", "See www.example.com/news/today for more.", "has 5 words"},
		{"a spoken address of three", "nl", "Kijk op voorbeeld punt nl slash nieuws.", ""},
		{"a spoken address of five", "nl", "Kijk op www punt voorbeeld punt nl slash nieuws streepje vandaag.", "has 5 words"},
		{"a time is no address", "nl", "Tot 15.00 uur, en daarna tot 17.30.", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := words(t, row.lang).Text(row.text)
			if row.want == "" && len(got) != 0 || row.want != "" && (len(got) != 1 || !strings.Contains(got[0], row.want)) {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

func TestApologies(t *testing.T) {
	for _, row := range []struct {
		name, lang, text string
		alone            bool
	}{
		{"alone", "nl", "Onze excuses voor het ongemak.", true},
		{"alone in English", "en", "We are sorry, all our lines are busy.", true},
		{"with what is done", "nl", "Onze excuses voor het ongemak. We werken aan het herstel.", false},
		{"with what he can do", "en", "We are sorry. Press 1 and we call you back.", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := words(t, row.lang).Together(row.text); (len(got) == 1) != row.alone {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestLanguageWithoutWords(t *testing.T) {
	var none tone.Words
	if got := none.Message(strings.Repeat("wurd ", 20), "", now); len(got) != 0 {
		t.Errorf("judged without words: %q", got)
	}
	if got := none.Message(strings.Repeat("wurd ", 26), "", now); len(got) != 1 {
		t.Errorf("26 words in any language are too many: %q", got)
	}
}

func TestToneThatCannotBeRead(t *testing.T) {
	for _, row := range []struct{ name, data, want string }{
		{"no list", "doen: werken aan\n", "line 1 of the tone: \"doen: werken aan\" is no list"},
		{"no list above", "\n  werken aan\n", "line 2 of the tone goes on"},
		{"no value", "minutes: uur\n", "has no value"},
		{"no word", "can: ...\n", "is no word"},
		{"eleven months", "months: a,b,c,d,e,f,g,h,i,j,k\n", "11 months"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if _, err := tone.Parse([]byte(row.data)); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %q", err, row.want)
			}
		})
	}
}

func FuzzTone(f *testing.F) {
	f.Add("can: press\n", "press 14.30 uur 3 juni www.a.nl/b over 9 uur")
	f.Fuzz(func(t *testing.T, data, text string) {
		w, err := tone.Parse([]byte(data))
		if err != nil {
			w = words(t, "nl")
		}
		w.Message(text, text, now)
		w.Text(text)
		w.Together(text)
	})
}
