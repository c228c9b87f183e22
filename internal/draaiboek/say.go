package draaiboek

import (
	"fmt"
	"strings"
	"time"
)

// In gives a text in a language, or in the first there is.
func (w Words) In(lang string) string {
	if t := w[lang]; t != "" {
		return t
	}
	for _, l := range []string{"en", "nl"} {
		if t := w[l]; t != "" {
			return t
		}
	}
	for _, t := range w {
		return t
	}
	return ""
}

// of gives one of two wordings.
func of(lang, nl, en string) string {
	if lang == "nl" {
		return nl
	}
	return en
}

// Titles of the answers that no file writes.
var builtIn = map[string]Words{
	Begin: {"nl": "beginnen", "en": "start"}, Refuse: {"nl": "niet beginnen", "en": "do not start"}, Here: {"nl": "ik ben er", "en": "I am here"},
	Again: {"nl": "opnieuw proberen", "en": "try again"}, Skip: {"nl": "overslaan", "en": "skip"}, Leave: {"nl": "laten zoals het is", "en": "leave it as it is"},
	string(On): {"nl": "doorgaan", "en": "go on"}, string(Stop): {"nl": "stoppen", "en": "stop"}, string(Back): {"nl": "alles terugdraaien", "en": "undo all"},
}

// Text is what a question asks, in a language, without its choices.
func (r Run) Text(q Question, lang string) string {
	title, step := r.Scenario.Title.In(lang), ""
	if q.Step >= 0 {
		if step = r.Scenario.Steps[q.Step].Title.In(lang); step == "" {
			step = r.Scenario.Steps[q.Step].Name
		}
	}
	switch q.For {
	case ToAnswer:
		s := r.Scenario.Steps[q.Step]
		return Fill(s.Ask.Text.In(lang), r.values(s.In))
	case ToBegin:
		return fmt.Sprintf(of(lang, "Draaiboek “%s” wordt voorgesteld: %s. Beginnen?", "Draaiboek “%s” is proposed: %s. Start it?"), title, r.Reason)
	case ToAgree:
		return fmt.Sprintf(of(lang, "%[2]s wil draaiboek “%[1]s” beginnen: %[3]s. Gaat u akkoord?", "%[2]s wants to start draaiboek “%[1]s”: %[3]s. Do you agree?"), title, r.By, r.Reason)
	case ToMend:
		return fmt.Sprintf(of(lang, "Stap “%s” lukte niet: %s. Wat nu?", "Step “%s” did not work: %s. What now?"), step, q.Why)
	case ToAttend:
		return fmt.Sprintf(of(lang, "Draaiboek “%s” loopt, en er is al een tijd niemand bij. Bent u er?", "Draaiboek “%s” is running, and nobody has looked after it for a while. Are you there?"), title)
	case ToUndo:
		return fmt.Sprintf(of(lang, "Stap “%s” kon niet worden teruggedraaid: %s. Wat nu?", "Step “%s” could not be undone: %s. What now?"), step, q.Why)
	}
	return ""
}

// values are what fields are filled with, of the scenario whose steps have the prefix in. internal/app adds times and links of its own.
func (r Run) values(in string) map[string]string {
	all := map[string]string{}
	for name, answer := range r.Answers {
		if own, ok := strings.CutPrefix(name, in); ok && !strings.Contains(own, "/") {
			all[own] = answer
		}
	}
	return all
}

// Said is one form of a message of the run's scenario, with what is known filled in; more are fields that the run does not know: until, next,
// status. name is as the whole scenario has it.
func (r Run) Said(name, lang, form string, more map[string]string) string {
	values := r.values(name[:strings.LastIndexByte(name, '/')+1])
	for k, v := range more {
		if values[k] == "" {
			values[k] = v
		}
	}
	return Fill(r.Scenario.Messages[name][lang].In(form), values)
}

// Titles are the choices of a question, in a language.
func (r Run) Titles(q Question, lang string) (all []string) {
	for _, c := range q.Choices {
		title := builtIn[c].In(lang)
		if q.For == ToAnswer {
			for _, one := range r.Scenario.Steps[q.Step].Ask.Choices {
				if one.Name == c {
					title = one.Title.In(lang)
				}
			}
		}
		all = append(all, title)
	}
	return all
}

// SMS is a question as a text to somebody: what is asked, the choices by number, and how to answer with the code.
func (r Run) SMS(q Question, code, lang string, zone *time.Location) string {
	var b strings.Builder
	b.WriteString(r.Text(q, lang))
	for i, t := range r.Titles(q, lang) {
		fmt.Fprintf(&b, "\n%d %s", i+1, t)
	}
	until := q.Deadline.In(zone).Format("15:04")
	switch {
	case q.Form != "":
		fmt.Fprintf(&b, of(lang, "\nAntwoord voor %s met: %s en uw antwoord.", "\nAnswer before %s with: %s and your answer."), until, code)
	default:
		fmt.Fprintf(&b, of(lang, "\nAntwoord voor %s met: %s en het cijfer.", "\nAnswer before %s with: %s and the digit."), until, code)
	}
	if q.Default != "" && q.Default != None {
		taken := q.Default
		for i, c := range q.Choices {
			if c == q.Default {
				taken = r.Titles(q, lang)[i]
			}
		}
		fmt.Fprintf(&b, of(lang, " Zonder antwoord: %s.", " Without an answer: %s."), taken)
	}
	return b.String()
}

// In is what somebody is told, in a language.
func (n Notice) In(lang string, zone *time.Location) string {
	at := n.When.In(zone).Format("15:04")
	switch n.Kind {
	case TookFirst:
		return fmt.Sprintf(of(lang, "%s was u voor: %s, om %s. Uw antwoord telt niet meer.", "%s was before you: %s, at %s. Your answer does not count any more."), n.By, n.Choice, at)
	case Stands:
		return fmt.Sprintf(of(lang, "U antwoordde al: %s, om %s. Dat blijft zo.", "You answered already: %s, at %s. That stands."), n.Choice, at)
	case TooLate:
		return fmt.Sprintf(of(lang, "Te laat: om %s was er geen antwoord, en is gekozen: %s.", "Too late: at %s there was no answer, and this was taken: %s."), at, n.Choice)
	case NotOne:
		return fmt.Sprintf(of(lang, "Dat is geen antwoord (%s). Stuur de code nog eens, met uw antwoord.", "That is no answer (%s). Send the code again, with your answer."), n.Why)
	case Another:
		return of(lang, "Wie het voorstelde of al akkoord was kan dit niet zelf goedkeuren: een ander moet dat doen.", "Who proposed it or has agreed already cannot approve it: another person has to.")
	case NoneOpen:
		return of(lang, "Er wordt u nu niets gevraagd: de vraag is vervallen.", "Nothing is asked of you now: the question has gone.")
	case NoTexts:
		return of(lang, "Er kwamen te veel foute codes. Antwoorden per sms tellen niet meer: gebruik de crisislijn of `wissel draaiboek confirm`.",
			"Too many wrong codes came. Answers by text do not count any more: use the crisis line or `wissel draaiboek confirm`.")
	}
	return ""
}
