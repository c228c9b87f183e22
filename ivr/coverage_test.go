package ivr_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/ivr"
)

// coverage is what all walks together came through, by language: each way on from each step, and each prompt of it.
type coverage struct {
	program *ivr.Program
	ways    map[string]string
	says    map[string][]string
	came    map[string]bool // "nl way-7", "nl menu says key.wrong"
}

func newCoverage(p *ivr.Program) *coverage {
	c := &coverage{says: p.Lists(), came: map[string]bool{}}
	c.program, c.ways = p.Edged()
	return c
}

// walk goes the walk once more and takes note.
func (c *coverage) walk(w ivr.Walk, keys string) {
	again := ivr.Walk{
		Program: c.program, State: ivr.NewState(w.State.Caller), Began: w.Began, Sound: w.Sound, Facts: w.Facts, Speaks: w.Speaks, Stored: w.Stored, Takes: w.Takes, Records: w.Records, Stuck: w.Stuck,
	}
	again.Tell = func(_ time.Duration, e ivr.Effect) {
		lang := again.State.Language + " "
		for _, choice := range again.State.Choices {
			if way, _ := strings.CutSuffix(choice, "=taken"); c.ways[way] != "" {
				c.came[lang+way] = true
			}
		}
		if p, ok := e.(ivr.Play); ok {
			for _, one := range p.Prompts {
				c.came[one.Lang+" "+again.State.Step+" says "+one.ID] = true
			}
		}
	}
	again.Follow(strings.Fields(keys), 10*time.Minute)
}

// unwalked are the ways and prompts that no walk comes to, each for a reason.
// Those that begin with a language, or a flow, are let out in that one only.
var unwalked = map[string]string{
	"premium: speak says speak.nothing":          oneTry,
	"premium: language says key.wrong":           oneTry,
	"premium: language says key.silent":          oneTry,
	"spoken: wish.after to silent":               "a caller comes there with a recording; only a change of the settings across a restart takes it away",
	"short-language says key.wrong":              oneTry,
	"short-language says key.silent":             oneTry,
	"en language: language.after to message":     unasked,
	"en language says key.wrong":                 unasked,
	"en language says key.silent":                unasked,
	"en short-language: language.after to short": unasked,
	"en short-text says text.own":                noneOwn,
	"text says text.refused":                     limited,
	"short-text says text.refused":               limited,
	"en short-text says number.own-right":        noneOwn,
}

const (
	limited = "only when the limits of texts say no, which package app tests"
	oneTry  = "one try is all there is, so nothing is asked again"
	unasked = "who has chosen no language is spoken to in Dutch"
	noneOwn = "in a crowd nobody with a Dutch number hears English: there is no key for it"
)

// check says which ways of the flow, and which of its prompts, no walk comes to.
func (c *coverage) check(t *testing.T, flow wissel.FlowID) {
	t.Helper()
	for _, lang := range c.program.Languages() {
		for _, way := range slices.Sorted(maps.Keys(c.ways)) {
			if !c.came[lang+" "+way] && !excused(flow, lang, c.ways[way]) {
				t.Errorf("flow %s: no walk in %s takes this way: %s", flow, lang, c.ways[way])
			}
		}
		for _, step := range slices.Sorted(maps.Keys(c.says)) {
			for _, id := range c.says[step] {
				if what := step + " says " + id; !c.came[lang+" "+what] && !excused(flow, lang, what) {
					t.Errorf("flow %s: no walk in %s hears this: %s", flow, lang, what)
				}
			}
		}
	}
}

func excused(flow wissel.FlowID, lang, what string) bool {
	return unwalked[what] != "" || unwalked[lang+" "+what] != "" || unwalked[string(flow)+": "+what] != ""
}
