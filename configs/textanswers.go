package configs

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"wissel"
	"wissel/internal/nearest"
	"wissel/internal/sms"
)

// ShippedAnswers are the words of answers in a language that come with wissel; nil: there are none.
func ShippedAnswers(lang string) map[string]string { return shippedWords("answers", lang) }

// answers reads and tries the words of a group's answers to texts that come in: the shipped ones of its languages, and those that it brings
// itself. A language that has none is answered in the group's first.
func (l *loader) answers(at string, out *TextGroup, s groupTextsShape) {
	out.Answers = map[sms.Answer]map[string]*sms.Template{}
	for _, a := range sms.Answers {
		out.Answers[a] = map[string]*sms.Template{}
	}
	for _, lang := range names(s.Answers) {
		where := at + ".answers." + lang
		if !slices.Contains(out.Languages, lang) {
			l.doc.problem(where, "the group has no texts in %q; there are %s", lang, strings.Join(out.Languages, ", "))
		}
		for _, name := range names(s.Answers[lang]) {
			if !slices.Contains(sms.Answers, sms.Answer(name)) {
				l.doc.problem(where+"."+name, "there is no answer %q%s", name, nearest.Suggest(name, answerNames()))
			}
		}
	}
	for _, lang := range out.Languages {
		ours, own := ShippedAnswers(lang), s.Answers[lang]
		if ours == nil && own == nil {
			continue
		}
		for _, a := range sms.Answers {
			source, brought := own[string(a)]
			if !brought {
				source = ours[string(a)]
			}
			if source == "" {
				l.doc.problem(at+".answers."+lang, "there is no answer for %s in %q; a language has all: %s", a, lang, strings.Join(answerNames(), ", "))
				continue
			}
			l.answer(at, out, a, lang, source, brought)
		}
	}
}

// answer tries one answer. It goes to somebody whose text reached us, so that it may ask for another.
func (l *loader) answer(at string, out *TextGroup, a sms.Answer, lang, source string, own bool) {
	rules := out.Rules
	rules.Reply = true
	where := at + ".answers." + lang + "." + string(a)
	tmpl, faults := sms.Parse(source, l.words(lang), rules, out.Sample(lang))
	for _, f := range faults {
		if own {
			l.doc.inside(placed(where, source, f))
		} else {
			l.doc.inside(wissel.Problem{Path: at, Msg: fmt.Sprintf("the shipped answer for %s in %q does not do here: %s", a, lang, f.Msg)})
		}
	}
	if tmpl == nil {
		return
	}
	out.Answers[a][lang] = tmpl
	if !own {
		return
	}
	for _, w := range strings.FieldsFunc(source, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if len(w) > 2 && w == strings.ToUpper(w) && w != "SMS" && sms.Understand(w).Word == sms.WordOther {
			l.doc.warn(where, "whoever texts %s back is not understood; STOP, NIETBELLEN, INFO, BEL, JA, NEE and HELP are (docs/texts.md)", w)
		}
	}
}

func answerNames() []string {
	all := make([]string, len(sms.Answers))
	for i, a := range sms.Answers {
		all[i] = string(a)
	}
	return all
}

// answerSizes are those of the longest of a group's answers in each language: they go to whoever texts, as often as limits let them.
func (g *TextGroup) answerSizes(id wissel.GroupID, tariffs sms.Tariffs, now time.Time) (all []TextSize) {
	for _, lang := range g.Languages {
		longest := TextSize{Group: id, Purpose: sms.Reply, Lang: lang}
		for _, a := range sms.Answers {
			tmpl := g.Answers[a][lang]
			if tmpl == nil {
				continue
			}
			text, err := tmpl.Text(g.Sample(lang), now.In(g.Zone))
			if err != nil {
				continue // it was tried
			}
			show := sms.Show(text, "+31612345678", tariffs)
			if was := longest.Size; show.Size.Parts > was.Parts || show.Size.Parts == was.Parts && show.Size.Units > was.Units {
				longest.Answer, longest.Size, longest.Cost, longest.Priced, longest.Text = a, show.Size, show.Cost, show.Priced, text
			}
		}
		if longest.Answer != "" {
			all = append(all, longest)
		}
	}
	return all
}
