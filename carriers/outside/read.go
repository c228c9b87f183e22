package outside

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"wissel"
)

// Word is what a page says.
type Word struct {
	Well bool
	Says string // for people: "Major outage: Voice (EU)", one line without control characters, at most maxWords
}

// maxWords is how much of a page's own words is shown, in characters.
const maxWords = 120

// Read says what an answer of a page means: status is that of HTTP, body the whole body. An error says that it means
// nothing: it is not of the form that was promised, or the page itself is in trouble.
func Read(p wissel.StatusPage, status int, body []byte) (Word, error) {
	switch {
	case status == http.StatusTooManyRequests:
		return Word{}, errors.New("it says that we ask too often (429); a longer status.every would be right")
	case p.Form == wissel.StatusCode:
		return Word{Well: status/100 == 2, Says: strings.TrimSpace(strconv.Itoa(status) + " " + http.StatusText(status))}, nil
	case status != http.StatusOK:
		return Word{}, fmt.Errorf("it answers %d where 200 was expected", status)
	case p.Form == wissel.StatusJSON:
		return readJSON(p, body)
	}
	return readSummary(p.Component, body)
}

// summary is the part of a Statuspage v2 summary (/api/v2/summary.json) that matters here. status.json has no components.
type summary struct {
	Status *struct {
		Indicator   string `json:"indicator"` // none, minor, major, critical, maintenance
		Description string `json:"description"`
	} `json:"status"`
	Components []component `json:"components"`
	Incidents  []struct {  // those that are not resolved
		Name string `json:"name"`
	} `json:"incidents"`
}

type component struct {
	Name   string `json:"name"`
	Status string `json:"status"` // operational, degraded_performance, partial_outage, major_outage, under_maintenance
}

func readSummary(name string, body []byte) (Word, error) {
	var s summary
	if err := json.Unmarshal(body, &s); err != nil {
		return Word{}, fmt.Errorf("its answer is no Statuspage summary: %w", err)
	}
	if name != "" {
		return s.component(name)
	}
	if s.Status == nil || s.Status.Indicator == "" {
		return Word{}, errors.New("its answer is no Statuspage summary: status.indicator is missing")
	}
	says := s.Status.Description
	if says == "" {
		says = human(s.Status.Indicator)
	}
	if s.Status.Indicator == "none" {
		return Word{Well: true, Says: words(says)}, nil
	}
	if len(s.Incidents) > 0 && s.Incidents[0].Name != "" {
		says += ": " + s.Incidents[0].Name
	}
	return Word{Says: words(says)}, nil
}

// component is the word on one component; of several that have the name, the first that is not well.
func (s summary) component(name string) (Word, error) {
	var found *component
	for i, c := range s.Components {
		if c.Name == name && c.Status != "" && (found == nil || found.Status == operational) {
			found = &s.Components[i]
		}
	}
	if found == nil {
		var have []string
		for _, c := range s.Components[:min(len(s.Components), 10)] {
			have = append(have, words(c.Name))
		}
		return Word{}, fmt.Errorf("its answer has no component %q; there are: %s", name, strings.Join(have, ", "))
	}
	return Word{Well: found.Status == operational, Says: words(human(found.Status) + ": " + found.Name)}, nil
}

const operational = "operational"

// human writes a word of a protocol as people do: "major_outage" as "Major outage".
func human(s string) string {
	s = strings.ReplaceAll(s, "_", " ")
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// readJSON looks at one value in any JSON.
func readJSON(p wissel.StatusPage, body []byte) (Word, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var at any
	if err := dec.Decode(&at); err != nil {
		return Word{}, fmt.Errorf("its answer is no JSON: %w", err)
	}
	trail := ""
	for part := range strings.SplitSeq(p.Path, ".") {
		var ok bool
		switch v := at.(type) {
		case map[string]any:
			at, ok = v[part]
		case []any:
			if i, err := strconv.Atoi(part); err == nil && i >= 0 && i < len(v) {
				at, ok = v[i], true
			}
		}
		if trail = strings.TrimPrefix(trail+"."+part, "."); !ok {
			return Word{}, fmt.Errorf("its answer has no %s; see status.path", trail)
		}
	}
	var value string
	switch v := at.(type) {
	case string:
		value = v
	case json.Number:
		value = v.String()
	case bool:
		value = strconv.FormatBool(v)
	default:
		return Word{}, fmt.Errorf("its answer has no single value at %s; see status.path", trail)
	}
	return Word{Well: slices.Contains(p.Good, value), Says: words(p.Path + " is " + value)}, nil
}

// words makes what a page says fit for a line of a log and of a screen.
func words(s string) string { return clip(s, maxWords) }

// clip makes what somebody else wrote visible, one line, and not long.
func clip(s string, most int) string {
	var out []rune
	for _, r := range strings.Join(strings.Fields(s), " ") {
		if len(out) == most {
			return string(out) + "…"
		}
		if !unicode.IsPrint(r) {
			r = '·'
		}
		out = append(out, r)
	}
	return string(out)
}
