package configs_test

import (
	"os"
	"slices"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"wissel"
	"wissel/internal/callbacks/dialling"
	"wissel/internal/crisis"
	"wissel/ivr"
	"wissel/prompts"
)

func storing(t *testing.T) (*ivr.Program, *prompts.Store) {
	t.Helper()
	return shippedFlow(t, "storing")
}

func shippedFlow(t *testing.T, name string) (*ivr.Program, *prompts.Store) {
	t.Helper()
	data, err := os.ReadFile("flows/" + name + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	var src ivr.Source
	if err := yaml.UnmarshalWithOptions(data, &src, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	store, err := prompts.Open("")
	if err != nil {
		t.Fatal(err)
	}
	p, ps := ivr.Compile(src, store)
	if len(ps) > 0 {
		t.Fatal(wissel.Problems(ps))
	}
	return p, store
}

// The flow, the catalogue and the sound agree: every prompt of the flow can be heard in each of its languages, and no
// prompt is shipped for nothing.
func TestShippedFlowAndPromptsAgree(t *testing.T) {
	p, store := storing(t)
	paid, _ := shippedFlow(t, "premium")
	if ps := store.Check(p.Languages(), slices.Concat(p.Prompts(), paid.Prompts(), crisis.Prompts(), dialling.Prompts())...); len(ps) > 0 {
		t.Error(ps)
	}
	for _, lang := range store.Languages() {
		used := slices.Concat(p.Prompts(), paid.Prompts(), crisis.Prompts(), dialling.Prompts(), store.Grammar(lang).Clips(), []string{prompts.Generic})
		for _, id := range store.IDs(lang) {
			if !slices.Contains(used, id) {
				t.Errorf("prompt %s/%s is in no flow and in no grammar", lang, id)
			}
		}
	}
	if p.ID() != "storing" {
		t.Errorf("the flow is named %q", p.ID())
	}
}

// The flow for callers who pay by the minute keeps its own rules: nobody waits, the message comes within 15 s, the callback first.
func TestThePremiumFlowKeepsItsRules(t *testing.T) {
	p, store := shippedFlow(t, "premium")
	if wrong := p.Paid(store); len(wrong) > 0 {
		t.Error(wrong)
	}
	other, _ := storing(t)
	if len(other.Paid(store)) == 0 {
		t.Error("the ordinary flow is one too: the rules tell nothing")
	}
	if p.TakesBack() {
		t.Error("a platform may let them wait")
	}
}

// FIGURES: the first useful choice has been said 20 s after the answer, also to those who are first asked for their language.
func TestFirstChoiceComesSoon(t *testing.T) {
	p, store := storing(t)
	for _, row := range []struct {
		name string
		from wissel.Number
		keys string // pressed once the question for the language was said
	}{
		{"a Dutch caller", "+31612345678", ""},
		{"a British caller", "+447700900123", ""},
		{"a German caller who takes English", "+4915112345678", "2"},
		{"a hidden caller who takes Dutch", "", "1"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, effects := p.Step(ivr.NewState(ivr.Caller{From: row.from}), ivr.Event{Kind: ivr.Begin}, time.Now())
			heard, keys := time.Duration(0), row.keys
			for range 5 {
				for _, e := range effects {
					play, ok := e.(ivr.Play)
					if !ok {
						continue
					}
					for _, prompt := range play.Prompts {
						for _, c := range store.Clips([]ivr.Prompt{prompt}) {
							heard += c.Duration()
						}
						if prompt.ID == "menu.text" {
							t.Logf("said after %v", heard)
							if heard > 20*time.Second {
								t.Errorf("the first choice is said after %v", heard)
							}
							return
						}
					}
				}
				ev := ivr.Event{Kind: ivr.Played}
				if s.Step == "language" {
					ev, keys = ivr.Event{Kind: ivr.Digit, Digit: wissel.Digit(keys[0])}, keys[1:]
				}
				s, effects = p.Step(s, ev, time.Now())
			}
			t.Error("no choice was offered")
		})
	}
}
