package sms

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"wissel"
	"wissel/internal/number"
)

// Rules is what a text may hold.
type Rules struct {
	Country string          // of national numbers in it, ISO 3166
	Numbers []wissel.Number // telephone numbers that it may name: those that were verified
	Mine    []string        // the same as callers know them
	Links   []string        // scheme and host that it may lead to: "https://status.example"
	Reply   bool            // its sender is a number whose incoming texts were shown to reach us
}

// replies are words that texts of ours react to, as a text asks for them: in capitals and by themselves.
var replies = []string{"JA", "NEE", "STOP", "INFO", "BEL", "NIETBELLEN", "YES", "NO", "HELP", "CALL"}

// asks are the other ways in which a text asks for an answer, in the languages that are shipped.
var asks = regexp.MustCompile(`(?i)\b(antwoord (met|op)|beantwoord (dit|deze)|stuur .{0,30}\bterug|sms .{1,30}\bnaar\b|repl(y|ies)\b|text (us )?back|respond (to|with)|answer with)`)

// A link as phones make one of words: with a scheme, or what looks like a name of a host.
var links = regexp.MustCompile(`(?i)\b(?:[a-z][a-z0-9+.\-]*://[^\s]+|(?:[a-z0-9](?:[a-z0-9\-]*[a-z0-9])?\.)+[a-z]{2,}(?:[:/?#][^\s]*)?)`)

var (
	phones = regexp.MustCompile(`(?:\+|\b|\()[0-9](?:[ ()./\-]{0,2}[0-9]){4,}`)
	dates  = regexp.MustCompile(`^(?:\d{1,2}[-./]\d{1,2}[-./](?:\d{2}|\d{4})|\d{4}-\d{2}-\d{2}|\d{1,2}\.\d{2} ?- ?\d{1,2}\.\d{2}|[1-9]\d{0,2}(?:\.\d{3})+)$`) // and hours, and thousands
)

// Check says for people what a text holds that it may not.
func (r Rules) Check(text string) (faults []string) {
	rest := links.ReplaceAllStringFunc(text, func(link string) string {
		link = strings.TrimRight(link, ".,;:!?)'\"")
		if why := r.link(link); why != "" {
			faults = append(faults, fmt.Sprintf("the link %s: %s", link, why))
		}
		return " "
	})
	for _, n := range phones.FindAllString(rest, -1) {
		if !dates.MatchString(n) && !r.number(n) {
			faults = append(faults, fmt.Sprintf("the number %s is not among those that were verified", n))
		}
	}
	if r.Reply {
		return faults
	}
	for _, w := range strings.FieldsFunc(text, func(c rune) bool { return !unicode.IsLetter(c) }) {
		if slices.Contains(replies, w) {
			return append(faults, fmt.Sprintf("it asks for the answer %s, and no text to its sender was shown to reach us", w))
		}
	}
	if m := asks.FindString(text); m != "" {
		faults = append(faults, fmt.Sprintf("it asks for an answer (%q), and no text to its sender was shown to reach us", m))
	}
	return faults
}

func (r Rules) link(link string) string {
	u, err := url.Parse(link)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return "write it with https:// before it; phones make links of words like this"
	}
	if u.User != nil || !slices.Contains(r.Links, strings.ToLower(u.Scheme+"://"+u.Host)) {
		return "it leads to a place that is not on the list of those it may lead to"
	}
	return ""
}

func (r Rules) number(s string) bool {
	if slices.ContainsFunc(r.Mine, func(m string) bool { return m != "" && onlyDigits(m) == onlyDigits(s) }) {
		return true
	}
	n, err := number.Parse(s, r.Country)
	return err == nil && slices.Contains(r.Numbers, n)
}

func onlyDigits(s string) string {
	return strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' {
			return c
		}
		return -1
	}, s)
}

// Preview is what a text would be like.
type Preview struct {
	Text   string
	Size   Size
	Cost   Money
	Priced bool // there is a tariff for the number
}

// Show gives a text before it is sent.
func Show(text string, to wissel.Number, t Tariffs) Preview {
	p := Preview{Text: text, Size: Measure(text)}
	p.Cost, p.Priced = t.Cost(to, p.Size.Parts)
	return p
}
