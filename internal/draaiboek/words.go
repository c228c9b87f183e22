package draaiboek

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// piece is a part of a template: words, or a field; those of one option are left out together.
type piece struct {
	text   string
	field  string
	option int // 0: it always stands there
}

// parseWords takes a template apart.
func parseWords(text string) (all []piece, err error) {
	option, options := 0, 0
	for text != "" {
		at := strings.IndexAny(text, "[]{}")
		if at < 0 {
			at = len(text)
		}
		if at > 0 {
			all = append(all, piece{text: text[:at], option: option})
			if text = text[at:]; text == "" {
				break
			}
		}
		switch text[0] {
		case '[':
			if option != 0 {
				return nil, fmt.Errorf("one square bracket stands within another; close the first before")
			}
			options++
			option = options
		case ']':
			if option == 0 {
				return nil, fmt.Errorf("a square bracket is closed that was not opened")
			}
			option = 0
		case '}':
			return nil, fmt.Errorf("a brace is closed that was not opened")
		case '{':
			end := strings.IndexByte(text, '}')
			if end < 2 {
				return nil, fmt.Errorf("a brace is not closed, or has no name in it: {link} would be right")
			}
			all = append(all, piece{field: text[1:end], option: option})
			text = text[end:]
		}
		text = text[1:]
	}
	if option != 0 {
		return nil, fmt.Errorf("a square bracket is not closed")
	}
	return all, nil
}

// Fill puts values in the place of fields, and leaves out what is in square brackets with a field that has none. White space that is
// left over goes too.
func Fill(text string, values map[string]string) string {
	all, err := parseWords(text)
	if err != nil {
		return text
	}
	out := map[int]bool{}
	for _, p := range all {
		if p.field != "" && values[p.field] == "" {
			out[p.option] = p.option != 0
		}
	}
	var b strings.Builder
	for _, p := range all {
		if !out[p.option] {
			b.WriteString(p.text + values[p.field])
		}
	}
	lines := strings.Split(b.String(), "\n")
	for i, l := range lines {
		lines[i] = strings.Join(strings.Fields(l), " ")
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// Forms of messages by their name.
const (
	Voice  = "voice"
	SMS    = "text"
	Status = "status"
	Post   = "post"
	Mail   = "mail"
	Chat   = "chat"
	Staff  = "staff"
)

// In gives one form of a message, as written.
func (f Forms) In(form string) string { return f.all()[form] }

func (f Forms) all() map[string]string {
	return map[string]string{Voice: f.Voice, SMS: f.Text, Status: f.Status, Post: f.Post, Mail: f.Mail, Chat: f.Chat, Staff: f.Staff}
}

// The most that some forms may be, in characters, with all fields filled in.
const (
	mostPost = 280
	mostText = 306 // two parts of GSM 7 bit
	mostWord = 4000
)

var most = map[string]int{Post: mostPost, SMS: mostText}

// usual is what a field may be long, so that a template can be measured.
var usual = map[Form]string{Link: strings.Repeat("x", 40), Clock: "23:59", Minutes: "999", Text: strings.Repeat("x", 40)}

// given are the fields that a message always may have, none of which is sure to be known.
var given = map[string]Form{"until": Clock, "next": Clock, "status": Link}

// fields are those of a scenario's messages: the form of each, and whether it is sure to be known.
func (s Scenario) fields() (forms map[string]Form, sure map[string]bool) {
	forms, sure = maps.Clone(given), map[string]bool{}
	for _, step := range s.Steps {
		if step.Ask != nil && step.Ask.Form != "" {
			forms[step.Name] = step.Ask.Form
			sure[step.Name] = step.If == "" && step.Ask.Default != None && step.Ask.Default != ""
		}
	}
	return forms, sure
}

// wrongWords says what is wrong with one template; empty: nothing.
func (s Scenario) wrongWords(form, text string) string {
	pieces, err := parseWords(text)
	if err != nil {
		return err.Error()
	}
	forms, sure := s.fields()
	sample := map[string]string{}
	for _, p := range pieces {
		if p.field == "" {
			continue
		}
		f, known := forms[p.field]
		switch {
		case !known:
			return fmt.Sprintf("there is no field {%s}; there are %s, and every ask with a form", p.field, strings.Join(slices.Sorted(maps.Keys(forms)), ", "))
		case p.option == 0 && !sure[p.field]:
			return fmt.Sprintf("{%s} may not be known: put what is to be left out then in square brackets, [More on {%[1]s}.]", p.field)
		}
		sample[p.field] = usual[f]
	}
	limit := most[form]
	if limit == 0 {
		limit = mostWord
	}
	if n := utf8.RuneCountInString(Fill(text, sample)); n > limit {
		return fmt.Sprintf("it is up to %d characters long, and may be %d", n, limit)
	}
	return ""
}
