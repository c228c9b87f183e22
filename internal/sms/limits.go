package sms

import (
	"fmt"
	"strings"
	"time"

	"wissel"
	"wissel/internal/number"
)

// Limits is how many texts may go out, to whom, and for how much. A zero limit limits nothing.
type Limits struct {
	To []string // the beginnings of numbers that texts go to: mobile ranges of countries that are allowed

	Soon     Limit // confirmations to one number
	Day      Limit // the same, over longer
	Range    Limit // numbers not known before that ask for texts, of one range: their first digits
	All      Limit // the same, of all ranges
	Provider Limit // confirmations and answers that one provider is given
	Money    Money // what confirmations and answers may cost in a day; 0: no cap
	Spend    Money // what all texts together may cost in a day; 0: no cap

	News   Limit // news to one person
	Outage int   // news to one person in one outage; 0: no limit

	Answers Limit // to texts of one number
	Puzzled Limit // to those among them that were not understood
}

// DefaultLimits are those that are shipped. What a text costs is in the currency of the tariffs.
func DefaultLimits() Limits {
	return Limits{
		To:   []string{"+3161", "+3162", "+3163", "+3164", "+3165", "+3168"},
		Soon: Limit{Most: 1, Per: 10 * time.Minute}, Day: Limit{Most: 3, Per: 24 * time.Hour},
		Range: Limit{Most: 50, Per: time.Hour}, All: Limit{Most: 20_000, Per: time.Hour}, Provider: Limit{Most: 20_000, Per: time.Hour},
		Money: 2_000_000_000,
		News:  Limit{Most: 1, Per: 20 * time.Minute}, Outage: 12,
		Answers: Limit{Most: 5, Per: 24 * time.Hour}, Puzzled: Limit{Most: 1, Per: 24 * time.Hour},
	}
}

// rangeDigits is how much of a number is its range: of a Dutch one ten thousand numbers share them.
const rangeDigits = 7

// Unpriced is what a part is taken to cost for which there is no tariff: it is not free.
const Unpriced Money = 100_000

// Bound says which limit a charge is under.
type Bound string

// The bounds. They are words for people, and labels of metrics.
const (
	BoundNumber   Bound = "number"
	BoundRange    Bound = "range"
	BoundAll      Bound = "all"
	BoundProvider Bound = "provider"
	BoundMoney    Bound = "money"
	BoundNews     Bound = "news"
	BoundOutage   Bound = "outage"
	BoundAnswers  Bound = "answers"
	BoundTarget   Bound = "target" // no text goes to such a number at all
	boundKnown    Bound = "known"  // not refused: the number asked before
)

// Bounds are all that refuse.
var Bounds = []Bound{BoundNumber, BoundRange, BoundAll, BoundProvider, BoundMoney, BoundNews, BoundOutage, BoundAnswers, BoundTarget}

// Words says it for people.
func (b Bound) Words() string {
	switch b {
	case BoundNumber:
		return "this number had as many confirmations as one may"
	case BoundRange:
		return "as many numbers of its range asked for texts as may in an hour"
	case BoundAll:
		return "as many numbers asked for texts as may in an hour"
	case BoundProvider:
		return "the provider was given as many as it may in an hour"
	case BoundMoney:
		return "texts cost as much today as they may"
	case BoundNews:
		return "the last news to this person was a moment ago"
	case BoundOutage:
		return "this person had as much news of this outage as one may"
	case BoundAnswers:
		return "this number had as many answers as one may in a day"
	case BoundTarget:
		return "no texts go to such a number"
	case boundKnown:
	}
	return "a limit"
}

// Reaches reports whether texts may go to a number.
func (l Limits) Reaches(n wissel.Number) bool {
	for _, begin := range l.To {
		if strings.HasPrefix(string(n), begin) {
			return true
		}
	}
	return false
}

// Wish is what a number is charged for being promised texts, before anybody is told that it is. Known reports of a refusal
// whether it only says that the number asked before today: then it may be promised them again, and nothing is charged.
func (l Limits) Wish(n wissel.Number) []Charge {
	first := string(n)[:min(len(n), 1+rangeDigits)]
	return []Charge{
		{Key: "known:" + string(n), Limit: Limit{Most: 1, Per: 24 * time.Hour}, N: 1, Of: boundKnown},
		{Key: "range:" + first, Limit: l.Range, N: 1, Of: BoundRange},
		{Key: "all", Limit: l.All, N: 1, Of: BoundAll},
	}
}

// Known reports whether a refused charge of Wish says no more than that the number asked before.
func (c Charge) Known() bool { return c.Of == boundKnown }

// Confirm is what a confirmation is charged, as it is first offered to a provider.
func (l Limits) Confirm(n wissel.Number, provider string, cost Money) []Charge {
	return append([]Charge{
		{Key: "soon:" + string(n), Limit: l.Soon, N: 1, Of: BoundNumber},
		{Key: "day:" + string(n), Limit: l.Day, N: 1, Of: BoundNumber},
	}, l.asked(provider, cost)...)
}

// Answer is what an answer to somebody's text is charged.
func (l Limits) Answer(n wissel.Number, provider string, cost Money) []Charge {
	return append([]Charge{{Key: "answers:" + string(n), Limit: l.Answers, N: 1, Of: BoundAnswers}}, l.asked(provider, cost)...)
}

// Puzzle is what it is charged, beside that, that a text of somebody's was not understood and is to be answered.
func (l Limits) Puzzle(n wissel.Number) []Charge {
	return []Charge{{Key: "puzzled:" + string(n), Limit: l.Puzzled, N: 1, Of: BoundAnswers}}
}

// asked is what is charged for texts that somebody causes by himself.
func (l Limits) asked(provider string, cost Money) []Charge {
	return append([]Charge{{Key: "provider:" + provider, Limit: l.Provider, N: 1, Of: BoundProvider}, money("asked", l.Money, cost)}, l.spent(cost)...)
}

// spent is what is charged for every text.
func (l Limits) spent(cost Money) []Charge { return []Charge{money("spent", l.Spend, cost)} }

func money(key string, most, cost Money) Charge {
	return Charge{Key: "money:" + key, Limit: Limit{Most: int(most), Per: 24 * time.Hour}, N: int(cost), Of: BoundMoney}
}

// Tell is what news to a person who asked for it is charged. outage is what he asked about: with another one he is told anew.
func (l Limits) Tell(n wissel.Number, outage string, cost Money) []Charge {
	const rest = 30 * 24 * time.Hour // until one more comes back: longer than outages are
	return append([]Charge{
		{Key: "news:" + string(n), Limit: l.News, N: 1, Of: BoundNews},
		{Key: "outage:" + string(n) + ":" + outage, Limit: Limit{Most: l.Outage, Per: time.Duration(l.Outage) * rest, AtOnce: true}, N: 1, Of: BoundOutage},
	}, l.spent(cost)...)
}

// Other is what any other text to a person is charged: that he was not reached, whether he was helped.
func (l Limits) Other(cost Money) []Charge { return l.spent(cost) }

// Check reports every fault by key path.
func (l Limits) Check(at string) (ps []wissel.Problem) {
	fault := func(key, format string, args ...any) {
		ps = append(ps, wissel.Problem{Path: at + "." + key, Msg: fmt.Sprintf(format, args...)})
	}
	if len(l.To) == 0 {
		fault("to", "no text goes anywhere without ranges; [\"+3161\"] would be right")
	}
	for i, begin := range l.To {
		key := fmt.Sprintf("to[%d]", i)
		switch rest, plus := strings.CutPrefix(begin, "+"); {
		case !plus || !digits(rest) || len(rest) < 3 || len(rest) > 12:
			fault(key, "%q is no beginning of numbers: a plus and at least three digits, such as \"+3161\" or \"+324\"", begin)
		case strings.HasPrefix(rest, "31") && !number.Mobile(wissel.Number(begin+strings.Repeat("0", max(0, len("+31612345678")-len(begin))))):
			fault(key, "%s is no range of Dutch mobile numbers: those begin with +31 61 to 65 and 68", begin)
		}
	}
	for _, one := range []struct {
		key string
		Limit
		longest time.Duration
	}{
		{"soon", l.Soon, 24 * time.Hour}, {"day", l.Day, 31 * 24 * time.Hour}, {"range", l.Range, 24 * time.Hour}, {"all", l.All, 24 * time.Hour},
		{"provider", l.Provider, 24 * time.Hour}, {"news", l.News, 24 * time.Hour}, {"answers", l.Answers, 31 * 24 * time.Hour}, {"puzzled", l.Puzzled, 31 * 24 * time.Hour},
	} {
		if one.Most < 1 || one.Most > 10_000_000 || one.Per < time.Second || one.Per > one.longest {
			fault(one.key, "%d per %v is outside 1 to 10000000 per 1s to %v", one.Most, one.Per, one.longest)
		}
	}
	if l.Outage < 1 || l.Outage > 1000 {
		fault("outage", "%d is outside 1 to 1000", l.Outage)
	}
	const most = Money(10_000_000) * 1_000_000
	for key, m := range map[string]Money{"money": l.Money, "spend": l.Spend} {
		if m < 0 || m > most {
			fault(key, "%v is outside 0 to %v", m, most)
		}
	}
	return ps
}
