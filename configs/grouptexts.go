package configs

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"wissel"
	"wissel/internal/hours"
	"wissel/internal/nearest"
	"wissel/internal/number"
	"wissel/internal/sms"
	"wissel/internal/texts"
)

// TextGroup is how the texts of a group are.
type TextGroup struct {
	texts.Group
	Name    string
	Number  string            // as callers know it
	Hours   map[string]string // in words, by language
	Status  string            // where the public page is that it is on; empty: nowhere
	Solved  bool
	Sources map[sms.Purpose]map[string]string
	Replied time.Time // when a text to its sender last reached us; zero: never, or nobody looked
}

// written are the purposes that have templates; others bring their words.
var written = []sms.Purpose{sms.Confirmation, sms.News, sms.Back, sms.Missed, sms.Solved}

// wordsOf are the languages that days are written in (package prompts).
type wordsOf interface {
	Words(lang string) sms.Words
}

func (l *loader) words(lang string) sms.Words {
	if w, ok := l.catalogue.(wordsOf); ok {
		return w.Words(lang)
	}
	return sms.Spoken{}
}

// groupTexts reads the texts of one group.
func (l *loader) groupTexts(at string, g *wissel.Group, s groupTextsShape) {
	out := &TextGroup{Name: s.Name, Hours: s.Hours, Solved: s.Solved, Sources: map[sms.Purpose]map[string]string{}}
	if out.Name == "" {
		out.Name = string(g.ID)
	}
	out.Zone = time.UTC
	if h, ok := g.Hours.(*hours.Hours); ok {
		out.Zone = h.Zone()
	} else if zone, ok := l.zone(at, ""); ok {
		out.Zone = zone
	}
	l.textRoute(at, out, s)
	out.Sender = s.Sender
	if !sms.Sender(s.Sender) {
		l.doc.problem(at+".sender", "%q is neither a number (+31..., or a short one) nor a name of at most 11 letters, digits and spaces", s.Sender)
	}
	out.Quiet.Zone = out.Zone
	if s.Quiet != "none" {
		var err error
		if out.Quiet.From, out.Quiet.To, err = quietHours(s.Quiet); err != nil {
			l.doc.problem(at+".quiet", "%v", err)
		}
	}
	if out.Lasts = s.Lasts; s.Lasts < 10*time.Minute || s.Lasts > 48*time.Hour {
		l.doc.problem(at+".lasts", "%v is outside 10m to 48h", s.Lasts)
	}
	out.Reaches = l.out.Texts.Limits.Reaches
	out.Rules = l.textRules(at, g, s)
	out.Status = l.out.StatusPage.addressFor(g.ID)
	if len(g.Lines) > 0 {
		if out.Number = g.Lines[0].Dialled; out.Number == "" {
			out.Number = string(g.Lines[0].Number)
		}
	}
	if l.o.Texted != nil {
		out.Replied = l.o.Texted[sameNumber(s.Sender, l.out.Country)]
		out.Rules.Reply = !out.Replied.IsZero()
	}
	l.templates(at, out, s)
	l.answers(at, out, s)
	l.out.Texts.Groups[g.ID] = out
}

func (l *loader) textRoute(at string, out *TextGroup, s groupTextsShape) {
	out.Providers, out.Again, out.Valid = s.Providers, 5*time.Second, s.Each // the breaker keeps texts from one that is down
	if s.Each < time.Minute || s.Each > 24*time.Hour {
		l.doc.problem(at+".each", "%v is outside 1m to 24h", s.Each)
	}
	known := make([]string, 0, len(l.out.Texts.Providers))
	for _, p := range l.out.Texts.Providers {
		known = append(known, p.Name)
	}
	for i, name := range s.Providers {
		key := at + ".providers[" + strconv.Itoa(i) + "]"
		if !slices.Contains(known, name) && !l.doc.lost("texts.providers."+name) {
			l.doc.problem(key, "there is no provider %q under texts.providers%s", name, nearest.Suggest(name, known))
		} else if slices.Index(s.Providers, name) != i {
			l.doc.problem(key, "%s stands here already", name)
		}
	}
	switch len(s.Providers) {
	case 0:
		l.doc.problem(at+".providers", "nobody sends its texts; name at least two of texts.providers")
	case 1:
		l.doc.warn(at+".providers", "%s alone sends its texts: while it is down callers get none; name a second behind it", s.Providers[0])
	}
}

func (l *loader) textRules(at string, g *wissel.Group, s groupTextsShape) sms.Rules {
	r := sms.Rules{Country: l.out.Country}
	for _, line := range g.Lines {
		r.Numbers = append(r.Numbers, line.Number)
		if line.Dialled != "" {
			r.Mine = append(r.Mine, line.Dialled)
		}
	}
	for i, n := range s.Numbers {
		if parsed, ok := l.number(at+".numbers["+strconv.Itoa(i)+"]", n); ok {
			r.Numbers, r.Mine = append(r.Numbers, parsed), append(r.Mine, n)
		}
	}
	if page := l.out.StatusPage.link(); page != "" {
		r.Links = append(r.Links, page)
	}
	for i, link := range s.Links {
		host, ok := strings.CutPrefix(link, "https://")
		if !ok || host == "" || strings.ContainsAny(host, "/?#@ ") || link != strings.ToLower(link) {
			l.doc.problem(at+".links["+strconv.Itoa(i)+"]", "%q is no scheme and host; https://status.example would be right", link)
		}
		r.Links = append(r.Links, link)
	}
	return r
}

// quietHours reads "21:00-08:00".
func quietHours(s string) (from, to int, err error) {
	a, b, ok := strings.Cut(s, "-")
	minutes := func(s string) int {
		at, e := time.Parse("15:04", s)
		if e != nil {
			err = fmt.Errorf("%q are no hours; 21:00-08:00 would be right, or none", s)
		}
		return at.Hour()*60 + at.Minute()
	}
	from, to = minutes(a), minutes(b)
	if !ok || from == to {
		err = fmt.Errorf("%q are no hours; 21:00-08:00 would be right, or none", s)
	}
	return from, to, err
}

// shippedWords are the texts of a sort ("words", "answers") in a language that come with wissel; nil: there are none.
func shippedWords(sort, lang string) map[string]string {
	file := path.Join("texts", sort, lang+".yaml")
	data, err := shipped.ReadFile(file)
	if err != nil {
		return nil
	}
	doc := &document{name: "shipped " + file, data: data, all: &report{}}
	var out map[string]string
	if doc.root = parseYAML(doc, ""); doc.root != nil {
		doc.decodeInto(doc.root, &out, "")
	}
	if faults, _ := doc.all.split(); len(faults) > 0 {
		panic("configs: " + (&Faults{Faults: faults}).Error()) // they are ours, and tested
	}
	return out
}

// templates reads and tries the words of a group: the shipped languages, and those that it brings itself.
func (l *loader) templates(at string, out *TextGroup, s groupTextsShape) {
	out.Templates = map[sms.Purpose]map[string]*sms.Template{}
	langs := []string{"nl", "en"}
	for _, lang := range names(s.Templates) {
		if !slices.Contains(langs, lang) {
			langs = append(langs, lang)
		}
		for _, purpose := range names(s.Templates[lang]) {
			if !slices.Contains(written, sms.Purpose(purpose)) {
				all := make([]string, len(written))
				for i, p := range written {
					all[i] = string(p)
				}
				l.doc.problem(at+".templates."+lang+"."+purpose, "there is no text for %q%s", purpose, nearest.Suggest(purpose, all))
			}
		}
	}
	out.Languages = langs
	for _, lang := range langs {
		ours := shippedWords("words", lang)
		for _, p := range written {
			source, own := s.Templates[lang][string(p)]
			if !own {
				source = ours[string(p)]
			}
			switch {
			case p == sms.Solved && !s.Solved && !own:
				continue
			case source == "" && !own:
				l.doc.problem(at+".templates."+lang, "there is no text for %s in %q; a language has all: %v", p, lang, written)
				continue
			}
			l.template(at, out, p, lang, source, own)
		}
	}
}

func (l *loader) template(at string, out *TextGroup, p sms.Purpose, lang, source string, own bool) {
	rules := out.Rules
	if l.o.Texted == nil { // nobody looked: whoever does is told
		rules.Reply = true
	}
	tmpl, faults := sms.Parse(source, l.words(lang), rules, out.Sample(lang))
	where := at + ".templates." + lang + "." + string(p)
	for _, f := range faults {
		if own {
			l.doc.inside(placed(where, source, f))
		} else {
			l.doc.inside(wissel.Problem{Path: at, Msg: fmt.Sprintf("the shipped text for %s in %q does not do here: %s", p, lang, f.Msg)})
		}
	}
	if tmpl == nil {
		return
	}
	if l.o.Texted == nil && !replyProven(source, l.words(lang), out, lang) {
		l.doc.warn(where, "it asks for an answer; whether texts to %s reach us is not known here: `wissel check` beside the running server tells", out.Sender)
	}
	if out.Templates[p] == nil {
		out.Templates[p], out.Sources[p] = map[string]*sms.Template{}, map[string]string{}
	}
	out.Templates[p][lang], out.Sources[p][lang] = tmpl, source
}

// placed is a fault of a template at its place in the settings.
func placed(where, source string, f sms.TemplateFault) wissel.Problem {
	problem := wissel.Problem{Path: where, Msg: f.Msg}
	lines := strings.SplitAfter(source, "\n")
	for _, line := range lines[:min(f.Line-1, len(lines))] {
		problem.Offset += utf8.RuneCountInString(line)
	}
	problem.Offset += f.Col - 1
	return problem
}

// replyProven reports whether a template does without an answer.
func replyProven(source string, w sms.Words, out *TextGroup, lang string) bool {
	strict := out.Rules
	strict.Reply = false
	_, faults := sms.Parse(source, w, strict, out.Sample(lang))
	return len(faults) == 0
}

// Sample is what templates are tried and measured with: as long as such things are.
func (g *TextGroup) Sample(lang string) sms.Data {
	message := map[string]string{
		"nl": "Door een storing bij onze telefooncentrale kunnen wij u nu niet te woord staan. Wij werken aan een oplossing.",
	}[lang]
	if message == "" {
		message = "Because of a fault in our telephone system we cannot take your call now. We are working on it."
	}
	return sms.Data{Group: g.Name, Number: g.Number, Hours: g.Hours[lang], Message: message, Status: g.Status, Place: 128}
}

// TextSize is how long a text of a group is at its longest, and what it costs.
type TextSize struct {
	Group   wissel.GroupID
	Purpose sms.Purpose
	Answer  sms.Answer // of a reply: which
	Lang    string
	Size    sms.Size
	Cost    sms.Money
	Priced  bool
	Text    string
}

// Sizes are those of all templates, and of the longest answers, by group; until is a time of the sort that they may say.
func (t Texts) Sizes(until time.Time) (all []TextSize) {
	for _, id := range names(t.Groups) {
		g := t.Groups[wissel.GroupID(id)]
		tariffs := sms.Tariffs{}
		for _, p := range t.Providers {
			if len(g.Providers) > 0 && p.Name == g.Providers[0] {
				tariffs = p.Tariffs
			}
		}
		for _, p := range written {
			for _, lang := range g.Languages {
				tmpl := g.Templates[p][lang]
				if tmpl == nil {
					continue
				}
				d := g.Sample(lang)
				d.Until, d.Next, d.Turn = &until, &until, &until
				text, err := tmpl.Text(d, until.Add(-3*time.Hour).In(g.Zone))
				if err != nil {
					continue // it was tried
				}
				show := sms.Show(text, "+31612345678", tariffs)
				all = append(all, TextSize{wissel.GroupID(id), p, "", lang, show.Size, show.Cost, show.Priced, text})
			}
		}
		all = append(all, g.answerSizes(wissel.GroupID(id), tariffs, until)...)
	}
	return all
}

// sameNumber is a sender as numbers are kept.
func sameNumber(sender, country string) string {
	if n, err := number.Parse(sender, country); err == nil {
		return string(n)
	}
	return sender
}
