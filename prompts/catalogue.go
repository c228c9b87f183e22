package prompts

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Text is a prompt in one language.
type Text struct {
	Voice string // whose voice says it: "nl"; most often that of its language
	Text  string // a plus at an end of a word of a number: written onto its neighbour there (grammar.Text)
}

// Texts are the texts of one language by id. They are never changed once parsed.
type Texts struct {
	ids   []string
	texts map[string]Text
}

var (
	idForm   = regexp.MustCompile(`^[a-z0-9]+([.-][a-z0-9]+)*$`)
	headForm = regexp.MustCompile(`^([^ :]+)(?: \(([a-z]{2})\))?:(.*)$`)
)

// ParseTexts reads the texts of a language as its texts.txt describes it. The error names the first line that cannot be
// read.
func ParseTexts(lang, data string) (*Texts, error) {
	t := &Texts{texts: map[string]Text{}}
	id := ""
	for i, line := range strings.Split(data, "\n") {
		fail := func(format string, args ...any) error {
			return fmt.Errorf("line %d of the texts: "+format, append([]any{i + 1}, args...)...)
		}
		switch {
		case strings.HasPrefix(line, "#"):
		case strings.TrimSpace(line) == "":
			id = ""
		case line[0] == ' ':
			if id == "" {
				return nil, fail("goes on with a text, but there is none above it")
			}
			more := t.texts[id]
			more.Text = strings.TrimSpace(more.Text + " " + strings.TrimSpace(line))
			t.texts[id] = more
		default:
			m := headForm.FindStringSubmatch(line)
			if m == nil || !idForm.MatchString(m[1]) || len(m[1]) > maxID {
				return nil, fail("%q is no prompt; write its id, a colon and its text: \"menu.text: …\", the id with a-z, 0-9, points and dashes", line)
			}
			id = m[1]
			if _, ok := t.texts[id]; ok {
				return nil, fail("%s is there already", id)
			}
			voice := lang
			if m[2] != "" {
				voice = m[2]
			}
			t.ids, t.texts[id] = append(t.ids, id), Text{Voice: voice, Text: strings.TrimSpace(m[3])}
		}
	}
	return t, nil
}

// over gives t with the texts of below that it has not.
func (t *Texts) over(below *Texts) *Texts {
	all := &Texts{texts: map[string]Text{}}
	for _, from := range []*Texts{below, t} {
		for _, id := range from.ids {
			if _, ok := all.texts[id]; !ok {
				all.ids = append(all.ids, id)
			}
			all.texts[id] = from.texts[id]
		}
	}
	return all
}

// IDs are all prompts with a text, in the order of the file.
func (t *Texts) IDs() []string { return slices.Clone(t.ids) }

// Text gives a prompt's text, and whether there is one.
func (t *Texts) Text(id string) (Text, bool) {
	text, ok := t.texts[id]
	return text, ok && text.Text != ""
}
