package tone

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The lists of a tone.txt.
const (
	doing    = "doing"
	until    = "until"
	can      = "can"
	sorry    = "sorry"
	jargon   = "jargon"
	joints   = "joints"
	within   = "within"
	unit     = "minutes" // lengths of time in minutes: "uur=60"
	numbers  = "numbers"
	oclock   = "oclock"
	before   = "am"
	after    = "pm"
	parts    = "parts"
	pastHour = "past"
	toHour   = "to"
	halfTo   = "half-to"
	halfPast = "half-past"
	atHour   = "at"
	articles = "articles"
	later    = "later"
	months   = "months"
)

var lists = []string{doing, until, can, sorry, jargon, joints, within, unit, numbers, oclock, before, after, parts, pastHour, toHour, halfTo, halfPast, atHour, articles, later, months}

// Words are what a language says things with. Of the zero Words only what needs no language is judged.
type Words struct {
	lists  map[string][][]string // phrases, word by word
	values map[string][]int      // of unit, numbers and parts, beside their phrases
}

// Parse reads a tone.txt; the English one explains its form. The error names the first line that cannot be read.
func Parse(data []byte) (Words, error) {
	w := Words{map[string][][]string{}, map[string][]int{}}
	list, n := "", 0
	for line := range bytes.Lines(data) {
		n++
		text := strings.TrimRight(string(line), "\r\n")
		switch {
		case strings.TrimSpace(text) == "" || text[0] == '#':
			continue
		case text[0] != ' ':
			name, rest, ok := strings.Cut(text, ":")
			if !ok || !slices.Contains(lists, name) {
				return Words{}, fmt.Errorf("line %d of the tone: %q is no list; write one of %s, a colon and phrases with commas", n, text, strings.Join(lists, ", "))
			}
			list, text = name, rest
		case list == "":
			return Words{}, fmt.Errorf("line %d of the tone goes on with a list, but there is none above it", n)
		}
		for phrase := range strings.SplitSeq(text, ",") {
			if phrase = strings.TrimSpace(phrase); phrase == "" {
				continue
			}
			if err := w.add(list, phrase); err != nil {
				return Words{}, fmt.Errorf("line %d of the tone: %w", n, err)
			}
		}
	}
	if n := len(w.lists[months]); n != 0 && n != 12 {
		return Words{}, fmt.Errorf("the tone has %d months", n)
	}
	return w, nil
}

func (w Words) add(list, phrase string) error {
	value := 0
	if list == unit || list == numbers || list == parts {
		name, number, ok := strings.Cut(phrase, "=")
		v, err := strconv.Atoi(strings.TrimSpace(number))
		if !ok || err != nil || v < 0 || v > 100_000 {
			return fmt.Errorf("%q has no value; write the word, = and a whole number", phrase)
		}
		phrase, value = name, v
	}
	ts := tokens(phrase)
	if len(ts) == 0 {
		return fmt.Errorf("%q is no word", phrase)
	}
	w.lists[list], w.values[list] = append(w.lists[list], ts), append(w.values[list], value)
	return nil
}
