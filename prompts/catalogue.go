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
	Text  string
}

// Catalogue holds the texts of prompts by id and language. It is never changed once parsed.
type Catalogue struct {
	ids       []string
	languages []string
	texts     map[string]map[string]Text // by id, by language
}

var (
	idForm   = regexp.MustCompile(`^[a-z0-9]+([.-][a-z0-9]+)*$`)
	headForm = regexp.MustCompile(`^([a-z]{2})(?: \(([a-z]{2})\))?: *(.*)$`)
)

// Parse reads a catalogue as catalogue.txt describes it. The error names the first line that cannot be read.
func Parse(data string) (*Catalogue, error) {
	c := &Catalogue{texts: map[string]map[string]Text{}}
	id, lang := "", ""
	for i, line := range strings.Split(data, "\n") {
		fail := func(format string, args ...any) error {
			return fmt.Errorf("line %d of the catalogue of prompts: "+format, append([]any{i + 1}, args...)...)
		}
		switch {
		case strings.HasPrefix(line, "#"):
		case strings.TrimSpace(line) == "":
			lang = ""
		case line[0] == '[':
			name, closed := strings.CutSuffix(line[1:], "]")
			id, lang = name, ""
			if !closed || !idForm.MatchString(id) || len(id) > 64 {
				return nil, fail("%q is no id; write [menu.text], with a-z, 0-9, points and dashes", line)
			}
			if c.texts[id] != nil {
				return nil, fail("%s is there already", id)
			}
			c.ids, c.texts[id] = append(c.ids, id), map[string]Text{}
		case line[0] == ' ':
			if lang == "" {
				return nil, fail("goes on with a text, but there is none above it")
			}
			t := c.texts[id][lang]
			t.Text += " " + strings.TrimSpace(line)
			c.texts[id][lang] = t
		default:
			m := headForm.FindStringSubmatch(line)
			if m == nil || id == "" {
				return nil, fail("%q is no text; write \"nl: …\" under an id", line)
			}
			lang = m[1]
			if _, ok := c.texts[id][lang]; ok {
				return nil, fail("%s has a text in %s already", id, lang)
			}
			t := Text{Voice: lang, Text: m[3]}
			if m[2] != "" {
				t.Voice = m[2]
			}
			c.texts[id][lang] = t
			if !slices.Contains(c.languages, lang) {
				c.languages = append(c.languages, lang)
			}
		}
	}
	return c, nil
}

// IDs are all prompts, in the order of the file.
func (c *Catalogue) IDs() []string { return slices.Clone(c.ids) }

// Languages are all languages, in the order in which they first occur.
func (c *Catalogue) Languages() []string { return slices.Clone(c.languages) }

// Text gives a prompt's text in a language, and whether there is one.
func (c *Catalogue) Text(lang, id string) (Text, bool) {
	t, ok := c.texts[id][lang]
	return t, ok && t.Text != ""
}
