package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wissel/internal/app"
)

// withPrompts is begin with a folder of prompts, its files by name.
func withPrompts(t *testing.T, files map[string]string) app.Options {
	t.Helper()
	o := begin(t)
	dir := filepath.Join(filepath.Dir(o.File), "prompts")
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(t, o, settings+"prompts: "+dir+"\n")
	return o
}

func notesOf(t *testing.T, o app.Options) string {
	t.Helper()
	_, notes, err := app.Check(t.Context(), o.File, app.Checking{})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(notes, "\n")
}

func TestShippedTextsHaveTheRightTone(t *testing.T) {
	if notes := notesOf(t, begin(t)); strings.Contains(notes, "in language") {
		t.Errorf("warnings of the shipped texts:\n%s", notes)
	}
}

func TestToneOfTheOperatorsTexts(t *testing.T) {
	o := withPrompts(t, map[string]string{
		"nl/texts.txt": "outage.message: Onze excuses voor het ongemak.\nmenu.callback: Voor een ticket, toets 2.\n",
		"en/texts.txt": "outage.message: We are working to fix it. The next news is in two hours.\noutage.short: See www.example.com/news/today/now.\n",
	})
	notes := notesOf(t, o)
	for _, want := range []string{
		"flows.storing.steps.menu: in language nl: it does not say what is being done",
		"flows.storing.steps.menu: in language nl: it does not say until when",
		`prompts.nl/menu.callback: in language nl: "ticket" is a word of ours`,
		"flows.storing.steps.menu: in language en: the first that callers hear of is 2h0m from now",
		"prompts.en/outage.short: in language en: the web address www.example.com/news/today/now has 6 words",
	} {
		if !strings.Contains(notes, want) {
			t.Errorf("%q is not told:\n%s", want, notes)
		}
	}
}

// A prompt that a language has in words only is heard in another language: check and reload both say so.
func TestPromptsWithoutSoundAreTold(t *testing.T) {
	o := withPrompts(t, map[string]string{"fy/texts.txt": "frisian.hello: Goeie.\n"})
	flow := filepath.Join(filepath.Dir(o.File), "groet.yaml")
	if err := os.WriteFile(flow, []byte("flow: groet\nlanguages: [{id: fy, key: \"1\"}]\nstart: hello\nsteps:\n  hello:\n    end: {play: [frisian.hello], reason: said}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(o.File)
	if err != nil {
		t.Fatal(err)
	}
	const want = "prompts.fy/frisian.hello: there is no sound for it; callers hear "
	write(t, o, string(data)+"flows: ["+flow+"]\n")
	if notes := notesOf(t, o); strings.Contains(notes, want) {
		t.Errorf("no plan leads to the flow, and its prompts are told:\n%s", notes)
	}
	a, _ := run(t, o)
	write(t, o, strings.ReplaceAll(string(data), "flow:storing", "flow:groet")+"flows: ["+flow+"]\n")
	if notes := notesOf(t, o); strings.Count(notes, want) != 1 {
		t.Errorf("check does not tell it once:\n%s", notes)
	}
	done, err := a.Reload(t.Context(), anna)
	if err != nil || !strings.Contains(strings.Join(done.Notes, "\n"), want) {
		t.Errorf("reload does not tell it: %v\n%v", err, done.Notes)
	}
}
