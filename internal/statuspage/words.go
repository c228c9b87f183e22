package statuspage

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"wissel"
)

// Words are the sentences of the page in one language, by key. Parts between braces are put in when the page is made.
type Words map[string]string

// parts are the keys that a language must have, with the parts that each may have.
var parts = map[string][]string{
	"language": nil, "days": nil, "months": nil, "moment": {"day", "date", "month", "clock"}, "title": {"name"}, "updated": {"moment"},
	"all-well": nil, "some-trouble": nil, "some-outage": nil, "works": nil, "trouble": nil, "outage": nil, "standing": nil, "message": nil,
	"since": {"moment"}, "until": {"moment"}, "next": {"moment"}, "elsewhere": nil, "earlier": nil, "over": nil, "of": {"moment"},
	"do": nil, "call": {"number"}, "call-later": {"number"}, "callback": {"number"}, "text": {"number"},
	"open-until": {"moment"}, "closed-until": {"moment"}, "open": nil, "closed": nil, "channels": nil,
	"answers-until": {"moment"}, "answers-from": {"moment"}, "answers": nil, "no-answer": nil, "news-only": nil,
	"every": {"minutes"}, "data": nil, "languages": nil,
}

// longestSentence bounds what a page is made of.
const longestSentence = 500

// Check says what is wrong with the words of a language, by key.
func (w Words) Check(at string) (ps []wissel.Problem) {
	add := func(key, format string, args ...any) {
		ps = append(ps, wissel.Problem{Path: at + "." + key, Msg: fmt.Sprintf(format, args...)})
	}
	for _, key := range keysOf(parts) {
		switch text := w[key]; {
		case strings.TrimSpace(text) == "":
			add(key, "there are no words for it, and a language has all")
		case len(text) > longestSentence:
			add(key, "it has %d bytes, and may have %d", len(text), longestSentence)
		case key == "days" && len(strings.Fields(text)) != 7:
			add(key, "a week has seven days, and these are %d; Monday is the first", len(strings.Fields(text)))
		case key == "months" && len(strings.Fields(text)) != 12:
			add(key, "a year has twelve months, and these are %d", len(strings.Fields(text)))
		default:
			for _, part := range braces(text) {
				if !slices.Contains(parts[key], part) {
					add(key, "nothing is put in for {%s}; there may be %v", part, parts[key])
				}
			}
		}
	}
	for _, key := range keysOf(w) {
		if _, ok := parts[key]; !ok {
			add(key, "the page has no such sentence")
		}
	}
	return ps
}

func keysOf[V any](m map[string]V) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func braces(text string) (all []string) {
	for {
		_, rest, ok := strings.Cut(text, "{")
		if !ok {
			return all
		}
		part, after, _ := strings.Cut(rest, "}")
		all, text = append(all, part), after
	}
}

// say gives a sentence with its one part put in.
func (w Words) say(key string, value ...string) string {
	text := w[key]
	for i, part := range parts[key][:min(len(value), len(parts[key]))] {
		text = strings.ReplaceAll(text, "{"+part+"}", value[i])
	}
	return text
}

// moment writes a time of the page's zone.
func (w Words) moment(t time.Time, zone *time.Location) string {
	t = t.In(zone)
	days, months := strings.Fields(w["days"]), strings.Fields(w["months"])
	return w.say("moment", days[(int(t.Weekday())+6)%7], strconv.Itoa(t.Day()), months[t.Month()-1], t.Format("15:04"))
}
