// Package tone judges how a message sounds to a caller: whether it says what is being done, until when, and what he can do
// now; whether it only apologises, speaks in jargon, or takes too long. What it looks for in a language is data: tone.txt in
// the language's directory, explained at the top of the English one. It is pure; package prompts reads the data and
// internal/app holds the texts of flows against it.
package tone

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// What is asked of every message.
const (
	NextUpdate    = 30 * time.Minute // when a caller hears more, where nothing speaks for another time
	LongestUpdate = 60 * time.Minute
	mostWords     = 25 // until the first choice
	mostNames     = 4  // of a web address; points and strokes are not counted
)

// Text gives what is wrong with one text wherever it is heard: jargon, and web addresses that nobody keeps in mind.
func (w Words) Text(text string) (wrong []string) {
	ts := tokens(text)
	for _, phrase := range w.lists[jargon] {
		if at := find(ts, phrase); at >= 0 {
			wrong = append(wrong, fmt.Sprintf("%q is a word of ours; say it as a caller would", strings.Join(ts[at:at+len(phrase)], " ")))
		}
	}
	for _, a := range w.addresses(text) {
		if a.names > mostNames {
			wrong = append(wrong, fmt.Sprintf("the web address %s has %d words; a caller keeps at most %d in mind", a.text, a.names, mostNames))
		}
	}
	return wrong
}

// Moments gives the moments that a text speaks of: lengths of time from now, and times of the day, each where it is nearest to now or on
// the date that is said. now is when it was said, in the zone of its times.
func (w Words) Moments(text string, now time.Time) []time.Time {
	if w.lists == nil {
		return nil // nothing is known of the language
	}
	return w.moments(tokens(text), now)
}

// Together gives what is wrong with texts that are heard as one: an apology in which nothing is done.
func (w Words) Together(text string) (wrong []string) {
	ts := tokens(text)
	if at, phrase := w.has(ts, sorry); at >= 0 && !w.any(ts, doing, can) {
		wrong = append(wrong, fmt.Sprintf("%q alone helps nobody; say what is being done, and what the caller can do now", phrase))
	}
	return wrong
}

// Message gives what is wrong with all that a caller hears until his first choice, and then with the offer of it. now is in
// the zone of the message's times.
func (w Words) Message(before, offer string, now time.Time) (wrong []string) {
	ts := tokens(before)
	all := append(slices.Clip(ts), tokens(offer)...)
	if n := len(ts); n > mostWords {
		wrong = append(wrong, fmt.Sprintf("%d words until the first choice, with the greeting before it; say it in at most %d", n, mostWords))
	}
	if w.lists == nil {
		return wrong // nothing is known of the language
	}
	if !w.any(ts, doing) {
		wrong = append(wrong, "it does not say what is being done")
	}
	if !w.any(all, can) {
		wrong = append(wrong, "it does not say what the caller can do now")
	}
	moments := w.moments(ts, now)
	switch last := slices.MaxFunc(append(moments, now.Add(-week)), time.Time.Compare); {
	case len(moments) > 0 && last.Before(now):
		wrong = append(wrong, fmt.Sprintf("it speaks of %s, which is past", last.Format("15:04 on 2 January")))
	case len(moments) > 0:
		next := slices.MinFunc(moments, func(a, b time.Time) int { return future(a, now).Compare(future(b, now)) })
		if in := next.Sub(now); in > LongestUpdate {
			wrong = append(wrong, fmt.Sprintf("the first that callers hear of is %s from now; say when there is news sooner: in %s, and at most %s",
				hours(in), minutes(NextUpdate), minutes(LongestUpdate)))
		}
	case !w.any(ts, until):
		wrong = append(wrong, fmt.Sprintf("it does not say until when; say when there is news (in %s), or that nobody knows yet", minutes(NextUpdate)))
	}
	return wrong
}

const week = 7 * 24 * time.Hour

// future puts what is past behind all that is to come.
func future(t, now time.Time) time.Time {
	if t.Before(now) {
		return now.Add(100 * week)
	}
	return t
}

// hours is a length of time to the minute: "1h30m".
func hours(d time.Duration) string { return strings.TrimSuffix(d.Round(time.Minute).String(), "0s") }

func minutes(d time.Duration) string { return fmt.Sprintf("%d minutes", int(d.Minutes())) }

var tokenForm = regexp.MustCompile(`[\p{L}\p{M}0-9]+(?:[.:'’/-][\p{L}\p{M}0-9]+)*\*?`)

// tokens are the words of a text in small letters: "14.30" and "o'clock" are one each.
func tokens(text string) []string {
	return tokenForm.FindAllString(strings.ReplaceAll(strings.ToLower(text), "’", "'"), -1)
}

// find gives where a phrase begins among the words, -1 when it does not. "escalat*" is every word that begins so.
func find(ts, phrase []string) int {
	for at := range len(ts) - len(phrase) + 1 {
		if begins(ts[at:], phrase) {
			return at
		}
	}
	return -1
}

func begins(ts, phrase []string) bool {
	if len(ts) < len(phrase) {
		return false
	}
	for i, p := range phrase {
		stem, open := strings.CutSuffix(p, "*")
		if ts[i] != p && (!open || !strings.HasPrefix(ts[i], stem)) {
			return false
		}
	}
	return true
}

// has gives the first phrase of a list among the words; at is -1 when there is none.
func (w Words) has(ts []string, list string) (at int, phrase string) {
	for _, p := range w.lists[list] {
		if at := find(ts, p); at >= 0 {
			return at, strings.Join(p, " ")
		}
	}
	return -1, ""
}

func (w Words) any(ts []string, lists ...string) bool {
	return slices.ContainsFunc(lists, func(list string) bool { at, _ := w.has(ts, list); return at >= 0 })
}

type address struct {
	text  string
	names int
}

var addressForm = regexp.MustCompile(`(?i)[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?:/[a-z0-9./_-]*)?`)

// addresses finds web addresses as they are written, "example.nl/news", and as they are spoken, "example punt nl".
func (w Words) addresses(text string) (all []address) {
	for _, a := range addressForm.FindAllString(text, -1) {
		a = strings.TrimRight(a, "./_-") // the end of the sentence
		all = append(all, address{a, len(strings.FieldsFunc(a, func(r rune) bool { return strings.ContainsRune("./_-", r) }))})
	}
	ts := tokens(text)
	for i := 0; i+2 < len(ts); i++ {
		a := address{ts[i], 1}
		end := i
		for end+2 < len(ts) && w.any(ts[end+1:end+2], joints) {
			a.text += " " + ts[end+1] + " " + ts[end+2]
			a.names++
			end += 2
		}
		if a.names > 1 {
			all = append(all, a)
			i = end
		}
	}
	return all
}
