package configs

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"wissel/internal/sms"
)

type textLimitsShape struct {
	To       []string `yaml:"to" doc:"the beginnings of numbers that texts go to, mobile ranges alone; +31 61 to 65 and 68 by default"`
	Soon     string   `yaml:"soon" doc:"confirmations to one number; 1 per 10m"`
	Day      string   `yaml:"day" doc:"the same, over longer; 3 per 24h"`
	Range    string   `yaml:"range" doc:"new numbers that ask for texts, of those with the same first 7 digits; 50 per 1h"`
	All      string   `yaml:"all" doc:"new numbers that ask for texts, all together; 20000 per 1h"`
	Provider string   `yaml:"provider" doc:"confirmations and answers by one provider; 20000 per 1h"`
	Money    string   `yaml:"money" doc:"what confirmations and answers may cost in a day, in the currency of the tariffs; then callers are promised none, and an alarm says so; 2000, 0 for no cap"`
	Spend    string   `yaml:"spend" doc:"what all texts may cost in a day, news too; 0 by default, for no cap"`
	News     string   `yaml:"news" doc:"news to one person; 1 per 20m"`
	Outage   int      `yaml:"outage" doc:"news to one person in one outage; 12"`
	Answers  string   `yaml:"answers" doc:"answers to texts of one number; 5 per 24h"`
	Puzzled  string   `yaml:"puzzled" doc:"those among them to texts that were not understood; 1 per 24h"`
}

// textLimits reads how many texts may go out; what is left out is as shipped.
func (l *loader) textLimits(s textLimitsShape) sms.Limits {
	const at = "texts.limits"
	out := sms.DefaultLimits()
	if s.To != nil {
		out.To = s.To
	}
	for _, one := range []struct {
		key, written string
		to           *sms.Limit
	}{
		{"soon", s.Soon, &out.Soon}, {"day", s.Day, &out.Day}, {"range", s.Range, &out.Range}, {"all", s.All, &out.All}, {"provider", s.Provider, &out.Provider},
		{"news", s.News, &out.News}, {"answers", s.Answers, &out.Answers}, {"puzzled", s.Puzzled, &out.Puzzled},
	} {
		if one.written == "" {
			continue
		}
		limit, err := perTime(one.written)
		if err != nil {
			l.doc.problem(at+"."+one.key, "%v", err)
			continue
		}
		*one.to = limit
	}
	for _, one := range []struct {
		key, written string
		to           *sms.Money
	}{{"money", s.Money, &out.Money}, {"spend", s.Spend, &out.Spend}} {
		if one.written == "" {
			continue
		}
		m, err := money(one.written)
		if err != nil {
			l.doc.problem(at+"."+one.key, "%v", err)
			continue
		}
		*one.to = m
	}
	if s.Outage != 0 {
		out.Outage = s.Outage
	}
	l.doc.take(out.Check(at))
	return out
}

// perTime reads how often something may happen: "50 per 1h".
func perTime(s string) (sms.Limit, error) {
	fault := fmt.Errorf("%q is no limit; \"50 per 1h\" would be right", s)
	most, per, ok := strings.Cut(s, " per ")
	if !ok {
		return sms.Limit{}, fault
	}
	n, err1 := strconv.Atoi(strings.TrimSpace(most))
	d, err2 := time.ParseDuration(strings.TrimSpace(per))
	if err1 != nil || err2 != nil {
		return sms.Limit{}, fault
	}
	return sms.Limit{Most: n, Per: d}, nil
}
