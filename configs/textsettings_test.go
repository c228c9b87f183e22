package configs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wissel/internal/sms"
)

// texted are settings with texts, over two providers, whose secrets are in dir.
func texted(t *testing.T) (yaml, dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, name := range []string{"north", "cm", "proof"} {
		if err := os.WriteFile(filepath.Join(dir, name+".secret"), []byte("s3cret-"+name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return strings.Replace(bare, "numbers: [0201234567], ", `numbers: [0201234567], texts: {providers: [north, cm], sender: Support, name: Klantenservice}, `, 1) + `
texts:
  listen: {bind: "127.0.0.1:8480", public: "https://texts.example/"}
  providers:
    north:
      smpp: {address: "smsc.example:3550", system_id: wissel, password: "file:north.secret"}
      tariffs: {"+31": 0.075}
    cm:
      file: cm
      pace: 100
      values: {base: "https://gateway.cm.example"}
      secrets: {token: "file:cm.secret", proof: "file:proof.secret"}
`, dir
}

func TestTextsAreRead(t *testing.T) {
	yaml, dir := texted(t)
	f, err := Parse(filepath.Join(dir, "wissel.yaml"), []byte(yaml), quiet())
	if err != nil {
		t.Fatal(err)
	}
	ps := f.Texts.Providers
	if len(ps) != 2 || ps[0].Name != "cm" || ps[0].Lane != (sms.Lane{PerSecond: 100, Window: 10}) || ps[0].Web.Receipts != "https://texts.example/texts/cm/receipts" ||
		ps[1].SMPP.Password.Reveal() != "s3cret-north" || ps[1].Tariffs["+31"] != 75_000 || ps[0].Mark == ps[1].Mark {
		t.Errorf("%+v", ps)
	}
	g := f.Texts.Groups["support"]
	if g == nil || g.Name != "Klantenservice" || g.Lasts != 12*time.Hour || g.Quiet.From != 21*60 || g.Quiet.To != 8*60 || len(g.Languages) != 2 {
		t.Fatalf("%+v", g)
	}
	for _, p := range []sms.Purpose{sms.Confirmation, sms.News, sms.Back, sms.Missed} {
		for _, lang := range g.Languages {
			if g.Templates[p][lang] == nil {
				t.Errorf("no %s in %s", p, lang)
			}
		}
	}
	sizes := f.Texts.Sizes(quiet().Now())
	if len(sizes) != 10 || sizes[8].Purpose != sms.Reply || sizes[8].Size.Parts != 1 || sizes[0].Size.Encoding != sms.GSM7 || !sizes[0].Priced && g.Providers[0] == "north" {
		t.Errorf("%+v", sizes)
	}
	if f.Texts.Listen.Public != "https://texts.example" {
		t.Errorf("%+v", f.Texts.Listen)
	}
}

func TestFaultsOfTextsAreNamedWithTheirPlace(t *testing.T) {
	yaml, dir := texted(t)
	for _, c := range []struct{ name, from, to, want string }{
		{"a provider that there is not", "providers: [north, cm]", "providers: [north, cmm]", `groups.support.texts.providers[1]: there is no provider "cmm" under texts.providers; did you mean "cm"?`},
		{"the same twice", "providers: [north, cm]", "providers: [cm, cm]", "cm stands here already"},
		{"a long sender", "sender: Support", "sender: Klantenservice", "neither a number"},
		{"a link to elsewhere", "name: Klantenservice", `name: K, templates: {nl: {news: "Kijk op https://evil.example"}}`, "groups.support.texts.templates.nl.news: the link https://evil.example"},
		{"a field that there is not", "name: Klantenservice", `name: K, templates: {nl: {news: "{{.Groep}} is er"}}`, "there is no .Groep"},
		{"a purpose that there is not", "name: Klantenservice", `name: K, templates: {nl: {nieuws: "x"}}`, `there is no text for "nieuws"`},
		{"a language with one text", "name: Klantenservice", `name: K, templates: {de: {news: "Es dauert noch."}}`, `there is no text for confirmation in "de"`},
		{"an answer that there is not", "name: Klantenservice", `name: K, answers: {nl: {hulp: "x"}}`, `there is no answer "hulp"; did you mean "help"?`},
		{"an answer with a link to elsewhere", "name: Klantenservice", `name: K, answers: {nl: {help: "Kijk op https://evil.example"}}`, "groups.support.texts.answers.nl.help: the link https://evil.example"},
		{"an answer that says nothing", "name: Klantenservice", `name: K, answers: {en: {help: ""}}`, `there is no answer for help in "en"`},
		{"answers in a language without texts", "name: Klantenservice", `name: K, answers: {de: {help: "Hilfe"}}`, `the group has no texts in "de"; there are nl, en`},
		{"hours that are none", "name: Klantenservice", "name: K, quiet: 21-8", "are no hours"},
		{"a time that is none", "name: Klantenservice", "name: K, lasts: 1m", "outside 10m to 48h"},
		{"both", "file: cm", "file: cm, smpp: {address: \"a.example:1\", system_id: x, password: \"file:cm.secret\"}", ""},
		{"a secret in the open", `"file:cm.secret"`, `"hunter2"`, "a secret is not written here"},
		{"a need that is not met", ", proof: \"file:proof.secret\"", "", `needs a value for "proof"`},
		{"a value that nobody needs", "values: {base", "values: {bases: x, base", `needs no bases; did you mean "base"?`},
		{"a pace that is none", "pace: 100", "pace: 0", "outside 1 to 10000"},
		{"an address that is none", "smsc.example:3550", "smsc.example", "texts.providers.north.smpp.address"},
		{"an open door", "127.0.0.1:8480", "192.0.2.1:8480", "can be reached by others"},
		{"a price that is none", "0.075", "cheap", "no price of a part"},
	} {
		bad := strings.Replace(yaml, c.from, c.to, 1)
		if bad == yaml {
			t.Fatalf("%s: nothing was replaced", c.name)
		}
		_, err := Parse(filepath.Join(dir, "wissel.yaml"), []byte(bad), quiet())
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "^") {
			t.Errorf("%s: %v", c.name, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: it shows the secret", c.name)
		}
	}
}

// A template that asks for an answer is refused unless a text to its sender was shown to reach us.
func TestATextMayAskOnlyWhereAnswersArrive(t *testing.T) {
	yaml, dir := texted(t)
	yaml = strings.Replace(yaml, "sender: Support", `sender: "+3197010240000", solved: true`, 1)
	at := quiet().Now().Add(-72 * time.Hour)
	for _, c := range []struct {
		name string
		seen map[string]time.Time
		bad  bool
		warn bool
	}{
		{"nobody looked", nil, false, true},
		{"none came", map[string]time.Time{}, true, false},
		{"one to another number came", map[string]time.Time{"+3197010240001": at}, true, false},
		{"one came", map[string]time.Time{"+3197010240000": at}, false, false},
	} {
		o := quiet()
		o.Texted = c.seen
		f, err := Parse(filepath.Join(dir, "wissel.yaml"), []byte(yaml), o)
		if (err != nil) != c.bad || err != nil && !strings.Contains(err.Error(), "no text to its sender was shown to reach us") {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if err != nil {
			continue
		}
		warned := false
		for _, w := range f.Warnings {
			warned = warned || strings.Contains(w.Msg, "asks for an answer")
		}
		if warned != c.warn {
			t.Errorf("%s: %v", c.name, f.Warnings)
		}
		if c.seen != nil && !f.Texts.Groups["support"].Replied.Equal(at) {
			t.Errorf("%s: %v", c.name, f.Texts.Groups["support"].Replied)
		}
	}
}

// Every shipped answer is one part, and every word that it asks for is understood when it comes.
func TestShippedAnswersAreWhole(t *testing.T) {
	yaml, dir := texted(t)
	f, err := Parse(filepath.Join(dir, "wissel.yaml"), []byte(yaml), quiet())
	if err != nil {
		t.Fatal(err)
	}
	g := f.Texts.Groups["support"]
	for _, lang := range []string{"nl", "en"} {
		if n := len(ShippedAnswers(lang)); n != len(sms.Answers) {
			t.Errorf("%s has %d answers of %d", lang, n, len(sms.Answers))
		}
		for _, a := range sms.Answers {
			text, err := g.Answers[a][lang].Text(g.Sample(lang), quiet().Now())
			if s := sms.Measure(text); err != nil || s.Parts != 1 || s.Encoding != sms.GSM7 {
				t.Errorf("%s %s is %d parts in %v, %v", lang, a, s.Parts, s.Encoding, err)
			}
			for _, w := range strings.FieldsFunc(text, func(r rune) bool { return r < 'A' || r > 'Z' }) {
				if len(w) > 2 && sms.Understand(w).Word == sms.WordOther {
					t.Errorf("%s %s asks for %s, which is not understood", lang, a, w)
				}
			}
		}
	}
}

// A house has its own words; one that asks for what is not understood is warned of.
func TestAnswersOfAHouse(t *testing.T) {
	yaml, dir := texted(t)
	yaml = strings.Replace(yaml, "name: Klantenservice", `name: Klantenservice, answers: {nl: {help: "{{.Group}}: sms INFO of EINDE."}}`, 1)
	f, err := Parse(filepath.Join(dir, "wissel.yaml"), []byte(yaml), quiet())
	if err != nil {
		t.Fatal(err)
	}
	g := f.Texts.Groups["support"]
	if text, err := g.Answers[sms.AnswerHelp]["nl"].Text(g.Sample("nl"), quiet().Now()); err != nil || text != "Klantenservice: sms INFO of EINDE." {
		t.Errorf("%q, %v", text, err)
	}
	if text, err := g.Answers[sms.AnswerInfo]["nl"].Text(g.Sample("nl"), quiet().Now()); err != nil || text == "" {
		t.Errorf("what is left out is not as shipped: %q, %v", text, err)
	}
	for _, w := range f.Warnings {
		if strings.Contains(w.Msg, "whoever texts EINDE back") && w.Line > 0 {
			return
		}
	}
	t.Error(f.Warnings)
}

func TestOneProviderAloneIsWarnedOf(t *testing.T) {
	yaml, dir := texted(t)
	f, err := Parse(filepath.Join(dir, "wissel.yaml"), []byte(strings.Replace(yaml, "[north, cm]", "[cm]", 1)), quiet())
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range f.Warnings {
		if strings.Contains(w.Msg, "cm alone sends its texts") && w.Line > 0 {
			return
		}
	}
	t.Error(f.Warnings)
}
