package draaiboek

import (
	"fmt"
	"strings"
	"time"

	"wissel"
)

// Line is one line of a scenario as people look at it.
type Line struct {
	Step string
	Deep int    // of how many run steps it is part
	Kind string // as the file names it
	What string // in words
	Who  string
	Long time.Duration // how long it may take; 0: no time at all
}

// Outline gives the steps of a whole scenario, in a language, each with who does it and how long it may take, and with what is looked for
// and taken back under it.
func (s Scenario) Outline(lang string) (all []Line) {
	for _, step := range s.Steps {
		l := Line{Step: step.Name, Deep: strings.Count(step.Name, "/"), Kind: step.Kind(), Who: "wissel", Long: step.Max}
		l.What = step.words(lang)
		switch {
		case step.Ask != nil:
			l.Who, l.Long = step.Ask.Duty, step.Ask.Deadline
		case step.Until != nil:
			l.Long = max(step.Until.Deadline, step.Until.Wait)
		case step.Note != nil:
			l.Who = step.Who
		}
		if step.Expect != nil {
			l.Long += step.Expect.Within
		}
		all = append(all, l)
	}
	return all
}

// words say what a step does.
func (s Step) words(lang string) string {
	what := s.Action.words(lang)
	switch {
	case s.Ask != nil:
		var titles []string
		for _, c := range s.Ask.Choices {
			titles = append(titles, c.Title.In(lang))
		}
		answers := strings.Join(titles, " / ")
		if s.Ask.Form != "" {
			answers = string(s.Ask.Form)
		}
		what = fmt.Sprintf("%s [%s; %s]", s.Ask.Text.In(lang), answers, of(lang, "zonder antwoord: ", "without an answer: ")+s.Ask.Default)
	case s.Until != nil && s.Until.Wait > 0:
		what = of(lang, "wacht ", "wait ") + span(s.Until.Wait)
	case s.Until != nil:
		what = of(lang, "wacht tot ", "wait until ") + s.Until.words(lang)
	case s.Note != nil:
		return s.Note.In(lang)
	case s.Run != "":
		what = of(lang, "voer uit: ", "run: ") + s.Run
	}
	if t := s.Title.In(lang); t != "" {
		what = t + " — " + what
	}
	return what
}

// Conditions and expectations of a step, for people: one line each.
func (s Step) around(lang string) (before, after []string) {
	if s.If != "" {
		before = append(before, of(lang, "alleen als ", "only if ")+s.If)
	}
	if s.Expect != nil {
		after = append(after, fmt.Sprintf(of(lang, "verwacht binnen %s: %s", "expect within %s: %s"), span(s.Expect.Within), s.Expect.words(lang)))
	}
	if s.acts() || s.Until != nil && s.Until.Wait == 0 {
		after = append(after, of(lang, "anders: ", "otherwise: ")+s.otherwise(lang))
	}
	switch {
	case s.Undo != nil && s.Undo.Keep:
		after = append(after, of(lang, "blijft bij terugdraaien", "stays when all is undone"))
	case s.Undo != nil:
		after = append(after, of(lang, "terugdraaien: ", "undo: ")+s.Undo.words(lang))
	}
	return before, after
}

func (s Step) otherwise(lang string) string {
	if s.Else == Asks {
		return fmt.Sprintf(of(lang, "vraag het, zonder antwoord %s", "ask, without an answer %s"), builtIn[string(s.Silent)].In(lang))
	}
	if w := builtIn[string(s.Else)]; w != nil {
		return w.In(lang)
	}
	return string(s.Else)
}

func (o Observation) words(lang string) (what string) {
	switch {
	case o.That != "":
		what = o.That
	case o.Test != "":
		what = of(lang, "een testgesprek slaagt over ", "a test call passes over ") + o.Test
	case o.Gives != nil:
		what = fmt.Sprintf(of(lang, "een oproep aan %s gaat naar %s", "a call to %s goes to %s"), strings.Join(o.Gives.Groups, ", "), o.Gives.To)
	case o.Heard != nil:
		what = fmt.Sprintf(of(lang, "%d testbellers van %s horen de melding", "%d test callers of %s hear the message"), o.Heard.Callers, strings.Join(o.Heard.Groups, ", "))
	}
	if o.For > 0 {
		what += of(lang, ", en dat ", ", for ") + span(o.For) + of(lang, " lang", "")
	}
	return what
}

// words say what an action does.
func (a Action) words(lang string) string {
	groups := strings.Join(a.Groups(), ", ")
	switch {
	case a.Switch != nil:
		return groups + " → " + a.Switch.words(lang)
	case a.Flow != nil:
		return fmt.Sprintf("%s → flow:%s, %s", groups, a.Flow.Flow, of(lang, "voor ", "for ")+span(a.Flow.For))
	case a.Message != nil && a.Message.End:
		return groups + ": " + of(lang, "de melding eindigt", "the message ends")
	case a.Message != nil:
		return fmt.Sprintf("%s: %s “%s”, %s %s", groups, of(lang, "melding", "message"), a.Message.Say, of(lang, "volgende bericht over", "next update in"), span(a.Message.Next))
	case a.Text != nil:
		to := map[string]string{"asked": of(lang, "wie om nieuws vroeg", "those who asked for news"), "waiting": of(lang, "wie op een telefoontje wacht", "those who wait for a call"),
			"both": of(lang, "wie om nieuws vroeg of op een telefoontje wacht", "those who asked for news or wait for a call")}[a.Text.To]
		return fmt.Sprintf("%s: sms “%s” %s %s", groups, a.Text.Say, of(lang, "aan", "to"), to)
	case a.Callbacks != nil:
		return groups + ": " + of(lang, "terugbelverzoeken: ", "callbacks: ") + a.Callbacks.words(lang)
	case a.Notify != nil:
		return fmt.Sprintf("%s %s: “%s”", of(lang, "bericht aan", "tell"), strings.Join(a.Notify.Teams, ", "), a.Notify.Say)
	}
	return ""
}

func (s Switch) words(lang string) string {
	switch {
	case s.Plan != "":
		return "plan " + s.Plan
	case s.Auto:
		return of(lang, "automatisch, het plan van de instellingen", "automatic, the plan of the settings")
	}
	share := ""
	if s.Share != "" {
		share = s.Share + " → "
	}
	return share + s.To + ", " + of(lang, "voor ", "for ") + span(s.For)
}

func (k Callbacks) words(lang string) string {
	switch k.Do {
	case "pause":
		return of(lang, "wachten", "held back")
	case "resume":
		return of(lang, "gaan weer", "go again")
	case "agents":
		return fmt.Sprintf(of(lang, "%d tegelijk", "%d at a time"), k.Agents)
	}
	if k.Most > 0 {
		return fmt.Sprintf(of(lang, "%d vrijgeven", "release %d"), k.Most)
	}
	return of(lang, "alle vrijgeven", "release all")
}

// Draw gives the outline as text for a terminal, with the head of the scenario.
func (s Scenario) Draw(lang string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s  (%s)\n", s.Name, s.Title.In(lang), s.Version())
	if about := s.About.In(lang); about != "" {
		fmt.Fprintf(&b, "%s\n", strings.TrimSpace(about))
	}
	fmt.Fprintf(&b, "%s %s; %s %s; %s %s", of(lang, "eigenaar", "owner"), s.Owner, of(lang, "dienst", "duty"), s.Duty, of(lang, "begonnen door", "started by"), strings.Join(s.Starters, ", "))
	if s.Second {
		b.WriteString(of(lang, ", en een tweede persoon", ", and a second person"))
	}
	b.WriteString("\n")
	for _, t := range s.Trigger {
		fmt.Fprintf(&b, "%s %s\n", of(lang, "voorgesteld als", "proposed when"), t.words(lang))
	}
	for _, n := range s.Needs {
		fmt.Fprintf(&b, "%s %s (%s)\n", of(lang, "nodig:", "needs:"), n.words(lang), n.Why.In(lang))
	}
	then := of(lang, "alles teruggedraaid", "all is undone")
	if s.Attend.Then == Keep {
		then = of(lang, "de run voorbij, en blijft alles", "the run is over, and all stays")
	}
	fmt.Fprintf(&b, of(lang, "%s zonder dat iemand iets doet: gevraagd, en na %s %s\n\n", "%s without an act of anybody: asked, and after %s %s\n\n"), span(s.Attend.Every), span(s.Attend.Answer), then)
	total := time.Duration(0)
	lines := s.Outline(lang)
	for i, l := range lines {
		long := ""
		if l.Long > 0 {
			long = of(lang, "hoogstens ", "at most ") + span(l.Long)
		}
		total += l.Long
		pad := strings.Repeat("   ", l.Deep)
		before, after := s.Steps[i].around(lang)
		fmt.Fprintf(&b, "%3d %s%s  %s\n", i+1, pad, l.Step, note(l.Who, long))
		for _, t := range before {
			fmt.Fprintf(&b, "      %s%s\n", pad, t)
		}
		fmt.Fprintf(&b, "      %s%s\n", pad, l.What)
		for _, t := range after {
			fmt.Fprintf(&b, "      %s  %s\n", pad, t)
		}
	}
	fmt.Fprintf(&b, "\n%s, %s %s\n", fmt.Sprintf(of(lang, "%d stappen", "%d steps"), len(lines)), of(lang, "alles bij elkaar hoogstens", "all together at most"), span(total))
	return b.String()
}

// span is a length of time without what is nought in it: "30m", "12h".
func span(d time.Duration) string {
	s := wissel.Span(d)
	if short, ok := strings.CutSuffix(s, "m0s"); ok {
		return short + "m"
	}
	if short, ok := strings.CutSuffix(s, "h00m"); ok {
		return short + "h"
	}
	return s
}

// note is what stands behind a step's name.
func note(all ...string) string {
	var has []string
	for _, t := range all {
		if t != "" {
			has = append(has, t)
		}
	}
	if len(has) == 0 {
		return ""
	}
	return "(" + strings.Join(has, ", ") + ")"
}
