package app

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"wissel"
	"wissel/configs"
	"wissel/ivr"
	"wissel/prompts"
)

// flowsHeard are the flows that callers can come to: those of the plans, and those that these dial. Flows that nobody comes to
// are nobody's concern yet.
func flowsHeard(file *configs.File) (flows []*ivr.Program) {
	return flowsOf(file, slices.Collect(maps.Keys(file.Groups))...)
}

// flowsOf are those of groups.
func flowsOf(file *configs.File, groups ...wissel.GroupID) (flows []*ivr.Program) {
	seen := map[wissel.FlowID]bool{}
	var todo []wissel.FlowID
	for _, id := range groups {
		g := file.Groups[id]
		if g == nil {
			continue
		}
		for _, p := range g.Plans {
			for _, t := range p.Targets {
				todo = append(todo, t.Flow)
			}
		}
	}
	for ; len(todo) > 0; todo = todo[1:] {
		p := file.Flows[todo[0]]
		if p == nil || seen[todo[0]] {
			continue
		}
		seen[todo[0]] = true
		flows = append(flows, p)
		for _, t := range p.Targets() {
			todo = append(todo, t.Flow)
		}
	}
	slices.SortFunc(flows, func(a, b *ivr.Program) int { return strings.Compare(string(a.ID()), string(b.ID())) })
	return flows
}

// inaudible are the prompts of flows in force that callers hear a substitute of, with the files that cannot be used.
func inaudible(file *configs.File, sounds *prompts.Store) []wissel.Problem {
	ps := sounds.Problems()
	said := map[string]bool{}
	for _, p := range ps {
		said[strings.TrimSuffix(p.Path, ".wav")] = true
	}
	for _, p := range flowsHeard(file) {
		for _, one := range sounds.Check(p.Languages(), p.Prompts()...) {
			if !said[strings.TrimSuffix(one.Path, ".wav")] {
				said[one.Path] = true
				ps = append(ps, one)
			}
		}
	}
	return ps
}

// manners is what the tone of flows in force leaves to be wished (package tone), at now.
func manners(file *configs.File, sounds *prompts.Store, now time.Time) (ps []wissel.Problem) {
	texts := map[string]bool{} // looked at
	for _, p := range flowsHeard(file) {
		flow := "flows." + string(p.ID()) + "."
		for _, lang := range p.Languages() {
			t := toneOf{sounds, lang}
			for _, id := range p.Prompts() {
				if path := "prompts." + lang + "/" + id; !texts[path] {
					texts[path] = true
					ps = t.add(ps, path, t.sounds.Tone(lang).Text(t.text(id)))
				}
			}
			for _, s := range p.Says() {
				ps = t.add(ps, flow+s.Path, t.sounds.Tone(lang).Together(t.text(s.Prompts...)))
			}
			for _, in := range p.Intros() {
				if before := t.text(in.Before...); before != "" { // else the flow has nothing to say, or its texts are not known
					ps = t.add(ps, flow+"steps."+in.Step, t.sounds.Tone(lang).Message(before, t.text(in.Choice...), now))
				}
			}
		}
	}
	return ps
}

type toneOf struct {
	sounds *prompts.Store
	lang   string
}

// text gives prompts in words; empty when one of them has none: what was only recorded cannot be judged. What is said in another
// language ("For English, press 9") is said to others, and is left out.
func (t toneOf) text(ids ...string) string {
	var all []string
	for _, id := range ids {
		text, ok := t.sounds.Text(t.lang, id)
		if !ok {
			return ""
		}
		if text.Voice == t.lang {
			all = append(all, text.Text)
		}
	}
	return strings.Join(all, " ")
}

func (t toneOf) add(ps []wissel.Problem, path string, wrong []string) []wissel.Problem {
	for _, w := range wrong {
		ps = append(ps, wissel.Problem{Path: path, Msg: fmt.Sprintf("in language %s: %s", t.lang, w)})
	}
	return ps
}

// inWords gives problems as people read them, each once.
func inWords(ps []wissel.Problem) (notes []string) {
	seen := map[string]bool{}
	for _, p := range ps {
		if s := p.String(); !seen[s] {
			seen[s] = true
			notes = append(notes, s)
		}
	}
	return notes
}
