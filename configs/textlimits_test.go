package configs

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"wissel/internal/sms"
)

func TestTextLimits(t *testing.T) {
	parse := func(limits string) (*File, error) {
		return Parse("wissel.yaml", []byte("texts: {limits: "+limits+"}\n"+bare), quiet())
	}
	f, err := parse(`{to: ["+3161", "+324"], soon: 2 per 5m, day: 4 per 48h, range: 30 per 30m, all: 100 per 1h, provider: 200 per 2h, money: 12.50, spend: "300", news: 1 per 1h,
  outage: 6, answers: 3 per 12h, puzzled: 2 per 24h}`)
	want := sms.Limits{
		To: []string{"+3161", "+324"}, Soon: sms.Limit{Most: 2, Per: 5 * time.Minute}, Day: sms.Limit{Most: 4, Per: 48 * time.Hour}, Range: sms.Limit{Most: 30, Per: 30 * time.Minute},
		All: sms.Limit{Most: 100, Per: time.Hour}, Provider: sms.Limit{Most: 200, Per: 2 * time.Hour}, Money: 12_500_000, Spend: 300_000_000, News: sms.Limit{Most: 1, Per: time.Hour},
		Outage: 6, Answers: sms.Limit{Most: 3, Per: 12 * time.Hour}, Puzzled: sms.Limit{Most: 2, Per: 24 * time.Hour},
	}
	if err != nil || !reflect.DeepEqual(f.Texts.Limits, want) {
		t.Errorf("%+v, %v", f, err)
	}
	if f, err := parse(`{}`); err != nil || !reflect.DeepEqual(f.Texts.Limits, sms.DefaultLimits()) {
		t.Errorf("without any: %v", err)
	}
	for limits, words := range map[string]string{
		`{soon: often}`: `"50 per 1h" would be right`, `{range: 50 per day}`: `"50 per 1h" would be right`, `{news: 0 per 20m}`: "texts.limits.news: 0 per 20m0s is outside",
		`{to: ["+3190"]}`: "no range of Dutch mobile numbers", `{to: []}`: "no text goes anywhere", `{money: much}`: "texts.limits.money", `{money: "-1"}`: "texts.limits.money",
		`{outage: 5000}`: "texts.limits.outage", `{daily: 3 per 24h}`: "no such key",
	} {
		_, err := parse(limits)
		var faults *Faults
		if !errors.As(err, &faults) || !strings.Contains(fmt.Sprint(err), words) {
			t.Errorf("%s: %v, want %q", limits, err, words)
		}
	}
}
