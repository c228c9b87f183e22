package sms

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestTextCheck(t *testing.T) {
	good := Text{Key: "wish-1.a_B", From: "Wissel", To: "+31612345678", Body: "Er is een storing.", Valid: time.Hour}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Text){
		"no key":               func(t *Text) { t.Key = "" },
		"a key with a newline": func(t *Text) { t.Key = "a\nb" },
		"a long key":           func(t *Text) { t.Key = strings.Repeat("k", 65) },
		"a long sender":        func(t *Text) { t.From = "Waterschappen" },
		"a sender with marks":  func(t *Text) { t.From = "Wissel!" },
		"no E.164":             func(t *Text) { t.To = "0612345678" },
		"a recipient too much": func(t *Text) { t.To = "+31612345678,+31612345679" },
		"no words":             func(t *Text) { t.Body = "" },
		"no time":              func(t *Text) { t.Valid = 0 },
	} {
		bad := good
		change(&bad)
		err := bad.Check()
		if err == nil {
			t.Errorf("%s is sent", name)
		} else if strings.Contains(err.Error(), "612345678") {
			t.Errorf("%s: the error names the recipient: %v", name, err)
		}
	}
	for _, s := range []string{"+31201234567", "1234", "Wissel", "A1 Storing"} {
		if !Sender(s) {
			t.Errorf("%s is no sender", s)
		}
	}
}

func FuzzBecause(f *testing.F) {
	f.Add("a\r\nb\xff")
	f.Add(strings.Repeat("é", 150))
	f.Fuzz(func(t *testing.T, s string) {
		if got := Because("%s", s); len(got) > 200 || !utf8.ValidString(got) || strings.ContainsAny(got, "\r\n") {
			t.Errorf("%q", got)
		}
	})
}
