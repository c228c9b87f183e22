package tone_test

import (
	"strings"
	"testing"
	"time"
)

// A time is read as people say it, and where it is nearest to now: of what is past somebody is told.
func TestTimesInWords(t *testing.T) {
	for _, row := range []struct {
		lang, says string
		now        string
		past       string // empty: it is to come
	}{
		{"nl", "om half drie", "14:45", "14:30"},
		{"nl", "om half drie", "14:15", ""},
		{"nl", "tot half een", "13:00", "12:30"},
		{"nl", "om kwart voor drie", "14:50", "14:45"},
		{"nl", "om kwart voor drie", "14:40", ""},
		{"nl", "rond kwart over drie", "15:20", "15:15"},
		{"nl", "om tien over drie", "15:20", "15:10"},
		{"nl", "om vijf voor half drie", "14:30", "14:25"},
		{"nl", "om vijf over half drie", "14:40", "14:35"},
		{"nl", "om vijf over half drie", "14:30", ""},
		{"nl", "om vijf voor één", "13:00", "12:55"},
		{"nl", "om veertien uur dertig", "14:45", "14:30"},
		{"nl", "om veertien uur dertig", "14:15", ""},
		{"nl", "tot drie uur", "14:30", ""},
		{"nl", "tot drie uur", "15:30", "15:00"},
		{"nl", "tot drie uur 's nachts", "02:30", ""},
		{"nl", "om half drie 's middags", "14:45", "14:30"},
		{"nl", "om half drie 's nachts", "14:45", ""},
		{"nl", "om half elf vanavond", "23:00", "22:30"},
		{"nl", "om half één", "00:45", "00:30"},
		{"en", "at half past two", "14:45", "14:30"},
		{"en", "at half past two", "14:15", ""},
		{"en", "by half two", "14:45", "14:30"},
		{"en", "at a quarter to three", "14:50", "14:45"},
		{"en", "by quarter past three", "15:20", "15:15"},
		{"en", "by quarter past three", "15:10", ""},
		{"en", "until ten past two", "14:15", "14:10"},
		{"en", "until twenty-five to three", "14:40", "14:35"},
		{"en", "at two thirty", "14:45", "14:30"},
		{"en", "at two thirty in the afternoon", "14:45", "14:30"},
		{"en", "at two thirty", "14:15", ""},
		{"en", "until three o'clock", "15:30", "15:00"},
		{"en", "until three o'clock", "14:30", ""},
		{"en", "at twelve thirty", "12:45", "12:30"},
	} {
		at, err := time.Parse("2006-01-02 15:04", "2026-06-03 "+row.now)
		if err != nil {
			t.Fatal(err)
		}
		text := map[string]string{"nl": "We werken aan het herstel, en zijn klaar ", "en": "We are working on it, and will be ready "}[row.lang] + row.says + "."
		offer := map[string]string{"nl": "Toets 1.", "en": "Press 1."}[row.lang]
		got := strings.Join(words(t, row.lang).Message(text, offer, at), "; ")
		want := "it speaks of " + row.past + " on"
		if strings.Contains(got, "past") != (row.past != "") || row.past != "" && !strings.Contains(got, want) || strings.Contains(got, "until when") {
			t.Errorf("%s: %q at %s gives %q, want past %q", row.lang, row.says, row.now, got, row.past)
		}
	}
}

func TestWordsThatAreNoTimes(t *testing.T) {
	for _, row := range []struct{ lang, says string }{
		{"nl", "We werken met vijf voor een team van tien mensen."},
		{"nl", "We werken eraan, en een half uur is nodig."},
		{"nl", "De helft is klaar, vijf over."},
		{"nl", "Drie monteurs werken aan twee kabels."},
		{"en", "We are working on it, which takes two to three hours."},
		{"en", "It takes half an hour, and three engineers are on it."},
		{"en", "Ten to"},
		{"en", "Half"},
	} {
		for hour := range 24 {
			at := time.Date(2026, 6, 3, hour, 50, 0, 0, time.UTC)
			for _, wrong := range words(t, row.lang).Message(row.says, "", at) {
				if strings.Contains(wrong, "past") || strings.Contains(wrong, "from now") {
					t.Errorf("%s: %q at %d: %s", row.lang, row.says, hour, wrong)
				}
			}
		}
	}
}
