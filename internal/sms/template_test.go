package sms

import (
	"os"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wissel"
	"wissel/prompts/grammar"
)

// language reads the grammar and the words of a shipped language as they are.
func language(t testing.TB, lang string) Spoken {
	t.Helper()
	folder := "../../prompts/languages/" + lang + "/"
	rules, err := os.ReadFile(folder + "grammar.txt")
	if err != nil {
		t.Fatal(err)
	}
	g, err := grammar.Parse(rules)
	if err != nil {
		t.Fatal(err)
	}
	list, err := os.ReadFile(folder + "texts.txt")
	if err != nil {
		t.Fatal(err)
	}
	clips := map[string]string{}
	for line := range strings.Lines(string(list)) {
		if id, text, ok := strings.Cut(line, ": "); ok {
			clips[id] = strings.TrimSpace(text)
		}
	}
	return Spoken{g, func(id string) string { return clips[id] }}
}

var amsterdam = func() *time.Location {
	l, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		panic(err)
	}
	return l
}()

var rules = Rules{Country: "NL", Numbers: []wissel.Number{"+31201234567"}, Links: []string{"https://status.example"}}

func TestTemplateText(t *testing.T) {
	now := time.Date(2026, 6, 3, 9, 0, 0, 0, amsterdam)
	until := time.Date(2026, 6, 3, 12, 30, 0, 0, time.UTC)
	full := Data{Group: "Klantenservice", Number: "0800-1234", Hours: "8 tot 17 uur", Message: "Er is een storing.", Place: 3, Until: &until, Turn: &until}
	for _, c := range []struct{ lang, source, full, bare string }{
		{"nl", "{{.Group}}: {{.Message}}{{if .Until}} We verwachten dat die {{daypart .Until}} om {{clock .Until}} uur voorbij is.{{end}}",
			"Klantenservice: Er is een storing. We verwachten dat die vanmiddag om 14:30 uur voorbij is.", "Klantenservice:"},
		{"nl", "{{if .Turn}}We bellen u terug op {{date .Turn}}.{{else}}We bellen u terug.{{end}} U bent nummer {{.Place}}.",
			"We bellen u terug op woensdag 3 juni. U bent nummer 3.", "We bellen u terug. U bent nummer 0."},
		{"en", "{{if and .Turn (gt .Place 1)}}We call you back on {{date .Turn}}.{{else}}You are next.{{end}}",
			"We call you back on Wednesday the third of June.", "You are next."},
		{"nl", "{{if not .Message}}Bel {{.Number}}.{{end}}\n\n\n\n{{.Hours}}  ", "8 tot 17 uur", "Bel 0800-1234.\n\n8 tot 17 uur"},
	} {
		tpl, faults := Parse(c.source, language(t, c.lang), rules)
		if len(faults) > 0 {
			t.Errorf("%s: %v", c.source, faults)
			continue
		}
		bare := Data{Group: full.Group, Number: full.Number, Hours: full.Hours}
		for want, d := range map[string]Data{c.full: full, c.bare: bare} {
			if got, err := tpl.Text(d, now); err != nil || got != want {
				t.Errorf("%s\n gives %q (%v)\n want  %q", c.source, got, err, want)
			}
		}
	}
	if got := (Spoken{}).Date(until) + (Spoken{}).DayPart(until, now); got != "2026-06-032026-06-03" {
		t.Errorf("a language without a grammar: %s", got)
	}
}

func TestTemplateFaults(t *testing.T) {
	for _, c := range []struct{ name, source, want string }{
		{"a field that there is not", "Hallo,\nu belde {{.Caller}}.", "2:11: there is no .Caller"},
		{"in a branch that is not taken too", "Hallo {{if .Place}}{{if not .Place}}{{.Caller}}{{end}}{{end}}", "1:39: there is no .Caller"},
		{"a field of a field", "{{.Group.Name}}", "1:9: there is no .Group.Name"},
		{"a function that there is not", "Hallo {{upper .Group}}", "1:9: there is no function upper"},
		{"one of the library's", `{{printf "%99999999d" 1}}`, "1:3: there is no function printf"},
		{"a time as it is", "tot {{.Until}}", "a time is written by clock"},
		{"a time that may be unknown", "é tot {{clock .Until}} uur", "1:"},
		{"an unknown time beside a known one", "x{{if .Until}}{{clock .Turn}}{{end}}", "may be unknown"},
		{"no time", "x{{clock .Group}}", "clock does not take .Group"},
		{"true", "x{{eq .Place 1}}", "is for {{if}}"},
		{"a loop", "{{range .Group}}x{{end}}", "a text has fields"},
		{"a variable", "{{$x := .Group}}{{$x}}", "no variables"},
		{"a pipe", "{{.Until | clock}}", "no |"},
		{"a template within", `{{define "a"}}x{{end}}y`, "within a template"},
		{"no end", "Hallo\n{{if .Place}}", "2:"},
		{"nothing at all", "{{if .Place}}x{{end}}", ErrEmpty.Error()},
		{"too long", strings.Repeat("Er is een storing. ", 100), ErrTooLong.Error()},
		{"a strange number", "Bel 020-7654321", "the number 020-7654321 is not"},
		{"a strange link", "Zie https://other.example/x", "the link https://other.example/x"},
		{"an answer", "Opgelost? Sms JA of NEE.", "asks for the answer JA"},
	} {
		_, faults := Parse(c.source, language(t, "nl"), rules)
		all := ""
		for _, f := range faults {
			all += f.String() + "\n"
		}
		if !strings.Contains(all, c.want) {
			t.Errorf("%s: %q, want %q", c.name, all, c.want)
		}
	}
}

func TestRules(t *testing.T) {
	for _, c := range []struct {
		name, text string
		faults     int
	}{
		{"a verified number, as people write it", "Bel (020) 123 45 67, of +31 20 1234567.", 0},
		{"one of nobody's", "Bel 0900-1234567.", 1},
		{"a premium one beside a good one", "Bel 020-1234567 of 0906 12 34.", 1},
		{"dates, times and money are no numbers", "Op 03-06-2026 om 14:30 uur, € 12,50, in 2026, van 8:00-17:00, 8.30-17.00 en 8-17 uur, voor 10.000 klanten.", 0},
		{"a municipality's, which is short", "Bel 14 020", 1},
		{"a link that may be", "Zie https://status.example/nu. Dank!", 0},
		{"the same in capitals", "Zie HTTPS://STATUS.EXAMPLE/nu", 0},
		{"without a lock", "Zie http://status.example", 1},
		{"a longer host", "Zie https://status.example.evil.example", 1},
		{"a host behind a name", "Zie https://status.example@evil.example/", 1},
		{"a name before the host", "Zie https://status.example:x@status.example/", 1},
		{"another port", "Zie https://status.example:8443/", 1},
		{"what a phone makes a link of", "Zie evil.example/x", 1},
		{"a word that is no link", "De storing duurt nog even.", 0},
		{"digits in a link are no number", "Zie https://status.example/0612345678", 0},
		{"an answer by a word", "Stuur STOP om te stoppen", 1},
		{"the same word as a word", "Wij stoppen nu, ja. Nee, info volgt.", 0},
		{"an answer by a phrase", "Antwoord met uw postcode", 1},
		{"in English", "Reply with your postcode", 1},
	} {
		if got := rules.Check(c.text); len(got) != c.faults {
			t.Errorf("%s: %q", c.name, got)
		}
	}
	open := rules
	open.Reply = true
	if got := open.Check("Opgelost? Sms JA of NEE."); len(got) != 0 {
		t.Errorf("the sender has a way in: %q", got)
	}
}

// Whatever a caller's data are, a template that was let through gives a text.
func TestATemplateThatPassedRuns(t *testing.T) {
	nl := language(t, "nl")
	rapid.Check(t, func(t *rapid.T) {
		pieces := rapid.SampledFrom([]string{
			"x", "{{.Group}}", "{{.Number}}", "{{.Message}}", "{{.Place}}", "{{clock .Until}}", "{{if .Until}}{{clock .Until}}{{end}}",
			"{{if or .Until .Next}}{{date .Next}}{{end}}", "{{if and .Until .Turn}}{{daypart .Turn}}{{else}}y{{end}}", "{{if gt .Place 3}}", "{{end}}", "{{else}}", "\n",
		})
		source := strings.Join(rapid.SliceOfN(pieces, 1, 8).Draw(t, "pieces"), "")
		tpl, faults := Parse(source, nl, rules)
		if len(faults) > 0 {
			return
		}
		at := func(name string) *time.Time {
			if rapid.Bool().Draw(t, name) {
				return nil
			}
			v := start.Add(time.Duration(rapid.IntRange(0, 1e6).Draw(t, name)) * time.Minute)
			return &v
		}
		d := Data{Group: "G", Number: "0800-1234", Place: rapid.IntRange(0, 9).Draw(t, "place"), Until: at("until"), Next: at("next"), Turn: at("turn")}
		if _, err := tpl.Text(d, start.In(amsterdam)); err != nil {
			t.Fatalf("%s: %v", source, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add("{{if .Until}}{{clock .Until}}{{end}} {{.Group}}")
	f.Add(`{{template "text" .}}`)
	nl := language(f, "nl")
	f.Fuzz(func(_ *testing.T, source string) { _, _ = Parse(source, nl, rules) })
}

func TestShow(t *testing.T) {
	p := Show("België "+strings.Repeat("a", 70), "+31612345678", Tariffs{"+31": 75000})
	if p.Size.Encoding != UCS2 || p.Size.Parts != 2 || p.Cost.String() != "0.15" || !p.Priced || string(p.Size.Odd) != "ë" {
		t.Errorf("%+v", p)
	}
}
