package configs_test

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
	"wissel/internal/audio"
	"wissel/ivr"
	"wissel/prompts"
)

// Frisian says units before tens with its own words in between: no shipped language puts its numbers together so.
const frisian = `
[number n]
0..9: digit.{n}
n=10..99 n%10=0: {tens n/10}
10..99: {number n%10} en {tens n/10}

[tens n]
1..9: tens.{n}

[phone]
0 6, xx xx xx xx
`

const frisianWords = `
language.choose: Foar Frysk, toets 3.
digit.0: nul
digit.1: ien
digit.2: twa
digit.3: trije
digit.4: fjouwer
digit.5: fiif
digit.6: seis
digit.7: sân
digit.8: acht
digit.9: njoggen
en: +en+
tens.1: tsien
tens.2: tweintich
tens.3: tritich
tens.4: fjirtich
tens.5: fyftich
tens.6: sechstich
tens.7: santich
tens.8: tachtich
tens.9: njoggentich
`

// withFrisian makes a directory of settings: ours, the shipped flow with one more line, and the language's own directory.
func withFrisian(t *testing.T, grammar string) string {
	t.Helper()
	dir := t.TempDir()
	put := func(name string, data []byte) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	read := func(name string) string {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	put("wissel.yaml", []byte(strings.NewReplacer("# prompts: prompts ", "prompts: prompts", "# flows: [flows] ", "flows: [flows]").Replace(read("example.yaml"))))
	offered := strings.Replace(read("flows/storing.yaml"), "\nsteps:", "  - {id: fy, key: \"3\", prefixes: [\"+3162\"]}\n\nsteps:", 1)
	put("flows/storing.yaml", []byte(offered))

	words := frisianWords
	shipped, _ := storing(t)
	for _, id := range append(shipped.Prompts(), prompts.Generic) {
		if !strings.Contains(words, "\n"+id+":") {
			words += id + ": Frysk.\n"
		}
	}
	put("prompts/fy/texts.txt", []byte(words))
	if grammar != "" {
		put("prompts/fy/grammar.txt", []byte(grammar))
	}
	texts, err := prompts.ParseTexts("fy", words)
	if err != nil {
		t.Fatal(err)
	}
	for i, id := range texts.IDs() {
		var b bytes.Buffer
		if err := audio.WriteWAV(&b, audio.Tone(200*time.Millisecond, 8000, -20, pitch(i)), 8000); err != nil {
			t.Fatal(err)
		}
		put("prompts/fy/"+id+".wav", b.Bytes())
	}
	return filepath.Join(dir, "wissel.yaml")
}

// pitch of the i-th word, Hz: each word has its own tone.
func pitch(i int) float64 { return 400 + 25*float64(i) }

// A third language is its directory and a line in the flow; no code knows of it.
func TestAThirdLanguageIsADirectory(t *testing.T) {
	for _, row := range []struct{ name, grammar, number, said string }{
		{"with a grammar", frisian, "nul seis, twaentweintich santich njoggenenfyftich nul ien", "digit.0 digit.6 pause digit.2 en tens.2 tens.7 digit.9 en tens.5 digit.0 digit.1"},
		{"without one it speaks digits singly", "", "nul seis twa twa sân nul fiif njoggen nul ien", "digit.0 digit.6 digit.2 digit.2 digit.7 digit.0 digit.5 digit.9 digit.0 digit.1"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var store *prompts.Store
			f, err := configs.Load(withFrisian(t, row.grammar), configs.Options{Catalogue: func(dir string) (c ivr.Catalogue, err error) {
				store, err = prompts.Open(dir)
				return store, err
			}})
			if err != nil {
				t.Fatal(err)
			}
			p := f.Flows["storing"].With(mobiles{})
			if ps := store.Check([]string{"fy"}, p.Prompts()...); len(ps) > 0 {
				t.Fatal(wissel.Problems(ps))
			}
			if got := strings.Join(store.Languages(), " "); got != "en fy nl" {
				t.Errorf("languages %s", got)
			}
			heard := hear(t, p, store, "", "3")
			if offer := heard[0]; !slices.Contains(offer, "fy/language.choose") || !slices.Contains(offer, "nl/language.choose") {
				t.Errorf("one whose number is hidden is offered %v", offer)
			}
			if chosen := heard[1]; !slices.Equal(chosen, []string{"fy/outage.welcome", "fy/menu.language", "fy/outage.message"}) {
				t.Errorf("after his key he hears %v", chosen)
			}
			heard = hear(t, p, store, "+31622705901", "1")
			want := strings.Fields("text.own " + row.said + " number.own-right")
			for i := range want {
				if want[i] != "pause" {
					want[i] = "fy/" + want[i]
				}
			}
			if got := heard[len(heard)-1]; !slices.Equal(got, want) {
				t.Errorf("he hears %v, want %v", got, want)
			}
			if got := store.Say(ivr.Prompt{Lang: "fy", As: ivr.AsPhone, Digits: "0622705901"}); got != row.number {
				t.Errorf("in words %q, want %q", got, row.number)
			}
		})
	}
}

// mobiles takes each number for a mobile one, as package internal/number would.
type mobiles struct{}

func (mobiles) Parse(n string) (wissel.Number, wissel.Kind, bool) {
	return wissel.Number(n), wissel.KindMobile, true
}
func (mobiles) Own(wissel.Number) bool { return false }

// hear goes through the flow as a caller does who presses keys, each once what was said is out, and gives the
// clips of each Play. A Frisian clip must have the tone of its word.
func hear(t *testing.T, p *ivr.Program, store *prompts.Store, from wissel.Number, keys ...string) (heard [][]string) {
	t.Helper()
	ids := store.IDs("fy")
	s, effects := p.Step(ivr.NewState(ivr.Caller{From: from}), ivr.Event{Kind: ivr.Begin}, time.Now())
	for range 20 {
		for _, e := range effects {
			play, ok := e.(ivr.Play)
			if !ok {
				continue
			}
			var names []string
			for _, c := range store.Clips(play.Prompts) {
				names = append(names, c.Name)
				id, ours := strings.CutPrefix(c.Name, "fy/")
				if !ours {
					continue
				}
				pcm, rate := audio.Decode(c.Bytes[audio.ALaw], audio.ALaw)
				if share := audio.Goertzel(pcm, rate, pitch(slices.Index(ids, id))); share < 0.8 {
					t.Errorf("%s has not the tone of its word: %.2f", c.Name, share)
				}
			}
			heard = append(heard, names)
		}
		ev := ivr.Event{Kind: ivr.Played}
		switch {
		case s.Playing:
		case len(keys) > 0:
			ev, keys = ivr.Event{Kind: ivr.Digit, Digit: wissel.Digit(keys[0][0])}, keys[1:]
		default:
			return heard
		}
		s, effects = p.Step(s, ev, time.Now())
	}
	return heard
}

// slow is a catalogue with a message of three minutes.
type slow struct{ ivr.Catalogue }

func (s slow) Duration(lang, id string) time.Duration {
	if id == "outage.message" {
		return 3 * time.Minute
	}
	return s.Catalogue.Duration(lang, id)
}

func TestAMessageThatIsTooLongIsAWarning(t *testing.T) {
	f, err := configs.Load(withFrisian(t, frisian), configs.Options{Catalogue: func(dir string) (ivr.Catalogue, error) {
		s, err := prompts.Open(dir)
		return slow{s}, err
	}})
	if err != nil {
		t.Fatalf("wissel would not start: %v", err)
	}
	if !slices.ContainsFunc(f.Warnings, func(l configs.Located) bool {
		return l.Path == "steps.menu-fixed" && l.Line > 1 && strings.Contains(l.Msg, "3m") && strings.Contains(l.Msg, "until their first choice")
	}) {
		t.Errorf("warnings: %v", f.Warnings)
	}
}
