package hours

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"wissel"
)

// Settings are the hours of one desk as written.
type Settings struct {
	Open       string             // "Mo-Fr 08:00-18:00; Sa 09:00-13:00"
	Zone       *time.Location     // where the desk is
	Holidays   map[string]Observe // by the name of the holiday; one that is not here does what it usually does
	NoHolidays bool               // none closes by itself: the desk is in no country whose holidays we know
	Exceptions []Exception
}

// Exception is other hours on a date, or on each day from one to another.
type Exception struct {
	Date string // "2026-12-24"
	To   string // the last day; empty: Date itself
	Open string // times as in a rule, "09:00-15:00,16:00-18:00", or "off"
	Why  string // for people: "kerstavond"
}

// What settings may hold at most; a desk's calendar of years has room.
const (
	maxText       = 1000 // characters of Open
	maxExceptions = 400
	maxDays       = 366 // of one exception
)

// exception is an Exception, read.
type exception struct {
	from, to date // both included
	spans    []span
	why      string
}

// New reads the hours of a desk. at is the key path that they stand under; each problem tells its place in the value
// (wissel.Problem.Offset). The Hours are nil when there is one.
func New(s Settings, at string) (*Hours, []wissel.Problem) {
	h := &Hours{zone: s.Zone}
	var ps []wissel.Problem
	rules, fault := parseRules(s.Open)
	if fault != nil {
		ps = append(ps, wissel.Problem{Path: at + ".open", Offset: fault.col, Msg: fault.msg})
	}
	h.rules = rules
	h.named = slices.ContainsFunc(rules, func(r rule) bool { return r.holidays })
	var more []wissel.Problem
	h.holidays, more = observe(s.Holidays, s.NoHolidays, at+".holidays")
	ps = append(ps, more...)
	h.exceptions, more = readExceptions(s.Exceptions, at+".exceptions")
	if ps = append(ps, more...); len(ps) > 0 {
		return nil, ps
	}
	return h, nil
}

// Always are the hours of a desk that has none: it is always open, but for an override.
func Always(zone *time.Location) *Hours {
	return &Hours{zone: zone, rules: []rule{{firm: true, spans: []span{{0, 24 * 60}}}}, always: true}
}

func readExceptions(written []Exception, at string) (out []exception, ps []wissel.Problem) {
	if len(written) > maxExceptions {
		return nil, []wissel.Problem{{Path: at, Msg: fmt.Sprintf("these are %d exceptions; at most %d are read: leave out those that are past", len(written), maxExceptions)}}
	}
	place := map[date]int{} // of each exception by its first day
	for i, w := range written {
		e, bad := w.read(at + "[" + strconv.Itoa(i) + "]")
		if ps = append(ps, bad...); len(bad) == 0 {
			if first, twice := place[e.from]; twice {
				ps = append(ps, wissel.Problem{Path: at + "[" + strconv.Itoa(i) + "].date", Msg: fmt.Sprintf("%s is in exception %d already; a date has one", e.from, first+1)})
				continue
			}
			place[e.from] = i
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b exception) int { return cmp.Compare(a.from, b.from) })
	for i := 1; i < len(out); i++ {
		if before := out[i-1]; out[i].from <= before.to {
			ps = append(ps, wissel.Problem{Path: at + "[" + strconv.Itoa(place[out[i].from]) + "].date",
				Msg: fmt.Sprintf("%s is in exception %d already, which lasts until %s; a date has one", out[i].from, place[before.from]+1, before.to)})
		}
	}
	return out, ps
}

// read reads one exception; at is its key path.
func (w Exception) read(at string) (e exception, ps []wissel.Problem) {
	say := func(key string, into int, format string, args ...any) {
		ps = append(ps, wissel.Problem{Path: at + key, Offset: into, Msg: fmt.Sprintf(format, args...)})
	}
	var ok bool
	if e.from, ok = readDate(w.Date); !ok {
		say(".date", 0, "%q is no date; 2026-12-24 is one", w.Date)
	}
	e.to = e.from
	if w.To != "" {
		switch last, sound := readDate(w.To); {
		case !sound:
			say(".to", 0, "%q is no date; 2026-12-26 is one", w.To)
		case ok && last <= e.from:
			say(".to", 0, "%s does not come after %s; leave it out for a single day", last, e.from)
		case ok && last-e.from >= maxDays:
			say(".to", 0, "%s to %s are more than %d days; what lasts longer belongs in open", e.from, last, maxDays)
		default:
			e.to = last
		}
	}
	spans, fault := parseTimes(w.Open)
	if fault != nil {
		say(".open", fault.col, "%s", fault.msg)
	}
	e.spans = spans
	if e.why = strings.TrimSpace(w.Why); e.why == "" {
		say(".why", 0, "whoever reads this later must know why; a word such as kerstavond will do")
	}
	return e, ps
}

func readDate(s string) (date, bool) {
	t, err := time.Parse(time.DateOnly, s)
	return dateOf(t), err == nil
}
