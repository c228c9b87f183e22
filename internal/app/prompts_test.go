package app

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/configs"
	"wissel/prompts"
)

func TestUsedPrompts(t *testing.T) {
	file, err := configs.Parse("wissel.yaml", configs.Demo(), configs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	all := used(file)
	if len(all) != 2 || all[0].Lang != "en" || all[1].Lang != "nl" || !slices.Contains(all[1].IDs, "outage.message") {
		t.Errorf("%v", all)
	}
	for _, g := range file.Groups {
		g.Plans = map[wissel.PlanID]wissel.Plan{}
	}
	if all := used(file); len(all) != 0 {
		t.Errorf("no plan names a flow, and yet: %v", all)
	}
}

func TestRender(t *testing.T) {
	own := t.TempDir()
	if err := os.Mkdir(filepath.Join(own, "fy"), 0o700); err != nil {
		t.Fatal(err)
	}
	texts := "goodbye: Oant sjen.\nmenu.text: Foar nijs, toets 1.\nnumber.right: Toets in stjerke.\ndigit.0: nul\n"
	if err := os.WriteFile(filepath.Join(own, "fy", "texts.txt"), []byte(texts), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := SoundsIn(own)
	if err != nil {
		t.Fatal(err)
	}
	speaks := filepath.Join(t.TempDir(), "speaks")
	sound := filepath.Join(t.TempDir(), "sound.wav")
	if err := os.WriteFile(sound, recording(t, "goodbye"), 0o600); err != nil {
		t.Fatal(err)
	}
	// It fails for one text, and makes no sound of another.
	script := "#!/bin/sh\nread -r text\ncase $text in *stjerke*) echo no such word >&2; exit 1 ;; nul) exit 0 ;; esac\ncp " + sound + " \"$1\"\n"
	if err := os.WriteFile(speaks, []byte(script), 0o700); err != nil { //nolint:gosec // it is a program
		t.Fatal(err)
	}
	put := func(id, by string) {
		t.Helper()
		text, _ := s.Store.Text("fy", id)
		f := bytes.NewReader(recording(t, "goodbye"))
		if _, err := prompts.Import(s.Dir, prompts.Order{Lang: "fy", ID: id, Text: text, Voice: prompts.Recorded, By: by, Sound: f}, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	put("goodbye", "Anna")
	if s, err = SoundsIn(s.Dir); err != nil {
		t.Fatal(err)
	}
	said := map[string]error{}
	r := Rendering{Langs: []string{"fy"}, With: speaks + " {out}"}
	err = s.Render(t.Context(), r, func(name string, done Rendered) { said[name] = done.Err })
	if err == nil || !strings.Contains(err.Error(), "could not be rendered") {
		t.Error(err)
	}
	if _, ok := said["fy/goodbye"]; ok {
		t.Error("what a person recorded was rendered")
	}
	if err := said["fy/number.right"]; err == nil || !strings.Contains(err.Error(), "no such word") {
		t.Errorf("a text that the program cannot say: %v", err)
	}
	if err := said["fy/digit.0"]; err == nil || !strings.Contains(err.Error(), "made no file") {
		t.Errorf("a program that makes nothing: %v", err)
	}
	if s, err = SoundsIn(s.Dir); err != nil {
		t.Fatal(err)
	}
	if s.Store.Voice("fy", "menu.text") != prompts.Rendered || s.Store.Voice("fy", "goodbye") != prompts.Recorded || s.Store.Voice("fy", "digit.0") != "" {
		t.Error("the voices are not told apart")
	}
	again := 0
	if err := s.Render(t.Context(), r, func(string, Rendered) { again++ }); err == nil || again != 2 {
		t.Errorf("%d of %d were rendered again, not 2: %v", again, len(said), err)
	}
	for with, why := range map[string]string{"espeak-ng {text}": "{out}", "no-such-program {out}": "cannot be started"} {
		if err := s.Render(t.Context(), Rendering{With: with}, nil); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v", with, err)
		}
	}
}
