package sms

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"wissel"
)

func TestWhereTextsGo(t *testing.T) {
	l := DefaultLimits()
	for _, c := range []struct {
		n    wissel.Number
		want bool
	}{
		{"+31612345678", true}, {"+31652345678", true}, {"+31682345678", true},
		{"+31602345678", false}, {"+31662345678", false}, {"+31672345678", false}, {"+31692345678", false}, // pagers, not given out
		{"+31201234567", false}, {"+31881234567", false}, {"+31970123456789", false}, // landlines, companies, machines
		{"+319061234", false}, {"+319091234567", false}, {"+318001234", false}, // paid, free
		{"+32470123456", false}, {"+4477001234567", false}, {"+881612345678", false}, {"+883100012345", false}, {"+2526123456", false}, // abroad, satellites
		{"", false}, {"0612345678", false},
	} {
		if l.Reaches(c.n) != c.want {
			t.Errorf("%q is reached: %v, want %v", c.n, !c.want, c.want)
		}
	}
	l.To = append(l.To, "+324")
	if !l.Reaches("+32470123456") || l.Reaches("+3223456789") {
		t.Error("Belgian mobile numbers are allowed, and no others there")
	}
}

// What is charged for a deed, the narrow limits before the broad.
func TestCharges(t *testing.T) {
	l := DefaultLimits()
	keys := func(all []Charge) (s []string) {
		for _, c := range all {
			s = append(s, fmt.Sprintf("%s %s %d in %v, %d", c.Of, c.Key, c.Limit.Most, c.Limit.Per, c.N))
		}
		return s
	}
	const n = "+31612345678"
	for _, c := range []struct {
		name string
		got  []Charge
		want []string
	}{
		{"a wish", l.Wish(n), []string{"known known:+31612345678 1 in 24h0m0s, 1", "range range:+3161234 50 in 1h0m0s, 1", "all all 20000 in 1h0m0s, 1"}},
		{"a confirmation", l.Confirm(n, "north", 75_000), []string{
			"number soon:+31612345678 1 in 10m0s, 1", "number day:+31612345678 3 in 24h0m0s, 1", "provider provider:north 20000 in 1h0m0s, 1",
			"money money:asked 2000000000 in 24h0m0s, 75000", "money money:spent 0 in 24h0m0s, 75000",
		}},
		{"an answer", l.Answer(n, "north", 75_000), []string{
			"answers answers:+31612345678 5 in 24h0m0s, 1", "provider provider:north 20000 in 1h0m0s, 1",
			"money money:asked 2000000000 in 24h0m0s, 75000", "money money:spent 0 in 24h0m0s, 75000",
		}},
		{"news", l.Tell(n, "support", 75_000), []string{
			"news news:+31612345678 1 in 20m0s, 1", "outage outage:+31612345678:support 12 in 8640h0m0s, 1", "money money:spent 0 in 24h0m0s, 75000",
		}},
	} {
		if got := keys(c.got); !slices.Equal(got, c.want) {
			t.Errorf("%s is charged\n%s\nwant\n%s", c.name, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
	for _, c := range l.Confirm(n, "north", 0) {
		if c.Of.Words() == "a limit" {
			t.Errorf("%s has no words for people", c.Of)
		}
	}
}

func TestLimitsAreChecked(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(l *Limits)
		want   string // part of the one problem; empty: none
	}{
		{"as shipped", func(*Limits) {}, ""},
		{"Belgian ones too", func(l *Limits) { l.To = append(l.To, "+324") }, ""},
		{"one number alone", func(l *Limits) { l.To = []string{"+31612345678"} }, ""},
		{"nowhere", func(l *Limits) { l.To = nil }, "texts.limits.to"},
		{"everywhere", func(l *Limits) { l.To = []string{"+"} }, "texts.limits.to[0]"},
		{"all of a country", func(l *Limits) { l.To = []string{"+32"} }, "at least three digits"},
		{"without a plus", func(l *Limits) { l.To = []string{"316"} }, "no beginning of numbers"},
		{"Dutch paid numbers", func(l *Limits) { l.To = []string{"+3190"} }, "no range of Dutch mobile numbers"},
		{"all that begins with +316", func(l *Limits) { l.To = []string{"+316"} }, "no range of Dutch mobile numbers"},
		{"never one", func(l *Limits) { l.Soon = Limit{} }, "texts.limits.soon"},
		{"within no time", func(l *Limits) { l.Range.Per = 0 }, "texts.limits.range"},
		{"within years", func(l *Limits) { l.Range.Per = 90 * 24 * time.Hour }, "texts.limits.range"},
		{"no news at all", func(l *Limits) { l.Outage = 0 }, "texts.limits.outage"},
		{"money owed", func(l *Limits) { l.Money = -1 }, "texts.limits.money"},
	} {
		l := DefaultLimits()
		c.change(&l)
		ps := l.Check("texts.limits")
		text := fmt.Sprint(ps)
		if c.want == "" && len(ps) != 0 || c.want != "" && (len(ps) != 1 || !strings.Contains(text, c.want)) {
			t.Errorf("%s: %v, want %q", c.name, ps, c.want)
		}
	}
}
