package hours

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"wissel"
)

// rule is one rule of Open: the days it names, and the spans that open them. Of the rules that name a day the last holds.
type rule struct {
	dates    []dates // none: all
	weekdays [7]bool // by time.Weekday
	named    bool    // weekdays or holidays are named; otherwise all days are meant
	holidays bool    // PH
	firm     bool    // it names dates or says 24/7: a holiday does not change it unless a rule says so
	spans    []span  // none: off
	text     string  // as written
}

// dates is a range of days of any year, as 100*month+day; to before from runs over the turn of the year.
type dates struct{ from, to int }

// match reports whether the rule names d, and as what. holiday gives the name of the holiday that d is, or none.
func (r *rule) match(d date, holiday func() string) (bool, wissel.OpeningRule) {
	if len(r.dates) > 0 {
		_, m, n := d.at().Date()
		on := 100*int(m) + n
		if !slices.ContainsFunc(r.dates, func(w dates) bool {
			if w.from <= w.to {
				return w.from <= on && on <= w.to
			}
			return on >= w.from || on <= w.to
		}) {
			return false, ""
		}
	}
	switch {
	case !r.named || r.weekdays[d.weekday()]:
		return true, wissel.ByRule
	case r.holidays && holiday() != "":
		return true, wissel.ByHoliday
	}
	return false, ""
}

// fault is why a text is refused, and how many characters stand in front of the place.
type fault struct {
	col int
	msg string
}

// parser reads one text from the left; it stops at the first fault.
type parser struct {
	text  []rune
	at    int
	fault *fault
}

var weekdays = map[string]time.Weekday{
	"Mo": time.Monday, "Tu": time.Tuesday, "We": time.Wednesday, "Th": time.Thursday, "Fr": time.Friday, "Sa": time.Saturday, "Su": time.Sunday,
}

const weekdayNames = "Mo, Tu, We, Th, Fr, Sa, Su and PH (a public holiday)"

// months by their name, with how many days each may have.
var months = map[string]struct {
	number, days int
}{
	"Jan": {1, 31}, "Feb": {2, 29}, "Mar": {3, 31}, "Apr": {4, 30}, "May": {5, 31}, "Jun": {6, 30},
	"Jul": {7, 31}, "Aug": {8, 31}, "Sep": {9, 30}, "Oct": {10, 31}, "Nov": {11, 30}, "Dec": {12, 31},
}

// hints are words of OSM's language that this part of it has not, and what to write.
var hints = map[string]string{
	"SH": "school holidays are not known here; give them as exceptions", "closed": "off is the word for closed here",
	"open": "the times alone mean open", "unknown": "a desk is open or closed", "week": "weeks of the year are not read; give dates",
	"easter": "PH names the public holidays, and holidays says which count", "sunrise": "only times of the clock are read",
	"sunset": "only times of the clock are read", "dawn": "only times of the clock are read", "dusk": "only times of the clock are read",
}

// parseRules reads "Mo-Fr 08:00-18:00; Sa,PH off".
func parseRules(s string) ([]rule, *fault) {
	p := &parser{text: []rune(s)}
	if len(p.text) > maxText {
		return nil, &fault{maxText, fmt.Sprintf("this is longer than %d characters; dates of one year belong under exceptions", maxText)}
	}
	var out []rule
	for p.fault == nil {
		p.spaces()
		r, begin := rule{}, p.at
		p.rule(&r)
		end := p.at
		p.spaces()
		r.text = string(p.text[begin:end])
		out = append(out, r)
		if p.at == len(p.text) {
			break
		}
		if p.fault == nil && !p.take(";") {
			p.refuse(p.at, "%s does not go on so: a rule is days and then times, and ; stands between rules", p.here())
		}
	}
	return out, p.fault
}

// parseTimes reads "09:00-15:00,16:00-18:00" or "off".
func parseTimes(s string) ([]span, *fault) {
	p := &parser{text: []rune(s[:min(len(s), maxText)])}
	p.spaces()
	spans := p.times()
	p.spaces()
	if p.at < len(p.text) {
		p.refuse(p.at, "%s does not go on so: 09:00-15:00,16:00-18:00 or off would be right", p.here())
	}
	return spans, p.fault
}

// rule reads one rule: dates, weekdays, times, of which times must be there.
func (p *parser) rule(r *rule) {
	if p.at == len(p.text) || p.peek(";") {
		p.refuse(p.at, "a rule is missing here; Mo-Fr 09:00-17:00 is one")
		return
	}
	if p.take("24/7") {
		r.firm, r.spans = true, []span{{0, 24 * 60}}
		return
	}
	if w := p.word(); months[w].days > 0 {
		r.firm = true
		p.dates(r)
		p.gap()
	}
	if w := p.word(); p.fault == nil && w != "" && w != "off" {
		p.days(r)
		p.gap()
	}
	if p.fault == nil {
		r.spans = p.times()
	}
}

// gap wants white space and then more of the rule.
func (p *parser) gap() {
	if p.fault != nil {
		return
	}
	at := p.at
	switch p.spaces(); {
	case p.at == len(p.text) || p.peek(";"):
		p.refuse(p.at, "the times are missing; 09:00-17:00, 00:00-24:00 or off would be right")
	case p.at == at:
		p.refuse(at, "%s does not go on so: white space and then the times would be right", p.here())
	}
}

// dates reads "Dec 24", "Dec 24-26", "Dec 24-Jan 02", and several with commas.
func (p *parser) dates(r *rule) {
	for p.fault == nil {
		month, from := p.date(0)
		w := dates{from, from}
		if p.take("-") {
			_, w.to = p.date(month)
		}
		if r.dates = append(r.dates, w); !p.take(",") {
			return
		}
	}
}

// date reads "Dec 24", or "24" where a month is given, and gives the month and 100*month+day.
func (p *parser) date(given int) (month, day int) {
	at, name := p.at, p.word()
	m := months[name]
	switch {
	case m.days > 0:
		p.at += len(name)
		if !p.take(" ") {
			p.refuse(p.at, "the day of the month is missing; %s 01 would be right, and a whole month is %s 01-%02d", name, name, m.days)
			return 0, 0
		}
	case given == 0 || name != "":
		p.refuse(at, "%s is no month; Jan, Feb, Mar and so on are", p.here())
		return 0, 0
	default:
		for _, m = range months {
			if m.number == given {
				break
			}
		}
	}
	at = p.at
	day = p.digits(2, "a day of the month has two digits, such as 01")
	if p.fault == nil && (day < 1 || day > m.days) {
		p.refuse(at, "there is no such day in that month")
	}
	return m.number, 100*m.number + day
}

// days reads "Mo-Fr,PH".
func (p *parser) days(r *rule) {
	r.named = true
	for p.fault == nil {
		if p.take("PH") {
			r.holidays = true
			if p.peek("-") || p.peek(" -") || p.peek(" +") {
				p.refuse(p.at, "days before and after a holiday are not read; give them as exceptions")
			}
		} else {
			from, to := p.weekday(), time.Weekday(0)
			if to = from; p.take("-") {
				to = p.weekday()
			}
			for d := from; p.fault == nil; d = (d + 1) % 7 {
				if r.weekdays[d] = true; d == to {
					break
				}
			}
		}
		if p.peek("[") {
			p.refuse(p.at, "the first or last of a weekday in its month is not read; give dates, or exceptions")
		}
		if !p.take(",") {
			return
		}
	}
}

func (p *parser) weekday() time.Weekday {
	name := p.word()
	d, ok := weekdays[name]
	if !ok {
		if hint := hints[name]; hint != "" {
			p.refuse(p.at, "%s is not read here: %s", p.here(), hint)
		}
		p.refuse(p.at, "%s is no weekday; %s are", p.here(), weekdayNames)
	}
	p.at += len([]rune(name))
	return d
}

// times reads "09:00-12:00,13:00-17:00", or "off", which gives none.
func (p *parser) times() (out []span) {
	if p.word() == "off" {
		p.at += len("off")
		return nil
	}
	for p.fault == nil {
		at := p.at
		s := p.span()
		if n := len(out); p.fault == nil && n > 0 && s.from < out[n-1].to {
			p.refuse(at, "this begins before the one in front of it has ended; put them in order, without overlap")
		}
		if out = append(out, s); p.fault != nil || !p.take(",") {
			break
		}
		if p.peek(" ") {
			p.refuse(p.at, "no white space behind this comma: in OSM's language another rule begins there; a rule is set apart with ; here")
		}
	}
	return out
}

// span reads "22:00-02:00".
func (p *parser) span() (s span) {
	at := p.at
	s.from = p.time()
	if p.fault == nil && s.from == 24*60 {
		p.refuse(at, "24:00 ends a day; 00:00 begins one")
	}
	if p.fault == nil && !p.take("-") {
		p.refuse(p.at, "a span has an end: 09:00-17:00")
		return s
	}
	end := p.at
	if s.to = p.time(); p.fault != nil {
		return s
	}
	switch {
	case s.to == s.from:
		p.refuse(end, "this ends as it begins; a whole day is 00:00-24:00")
	case s.to < s.from:
		s.to += 24 * 60
	}
	return s
}

// time reads "09:00" to "24:00" as minutes.
func (p *parser) time() int {
	at := p.at
	const form = "a time has two digits, a colon and two digits, such as 09:00"
	hour := p.digits(2, form)
	if p.fault == nil && !p.take(":") {
		p.refuse(at, "%s", form)
	}
	minute := p.digits(2, form)
	switch {
	case p.fault != nil:
	case hour > 24 || hour == 24 && minute > 0:
		p.refuse(at, "a clock goes to 24:00; what ends after midnight is written as the clock shows it, such as 22:00-02:00")
	case minute > 59:
		p.refuse(at, "an hour has 60 minutes, from 00 to 59")
	}
	return 60*hour + minute
}

// digits reads so many digits; form says what would be right.
func (p *parser) digits(count int, form string) (n int) {
	begin := p.at
	for p.fault == nil && p.at < begin+count {
		if p.at == len(p.text) || p.text[p.at] < '0' || p.text[p.at] > '9' {
			p.refuseTime(begin, form)
			return 0
		}
		n = 10*n + int(p.text[p.at]-'0')
		p.at++
	}
	if p.fault == nil && p.at < len(p.text) && unicode.IsDigit(p.text[p.at]) {
		p.refuseTime(begin, form)
	}
	return n
}

// refuseTime refuses what should be digits at col, and knows what people write there instead.
func (p *parser) refuseTime(col int, form string) {
	p.at = col
	word := p.word()
	rest := string(p.text[col:min(len(p.text), col+4)])
	switch {
	case hints[word] != "":
		p.refuse(col, "%s is not read here: %s", p.here(), hints[word])
	case months[word].days > 0:
		p.refuse(col, "dates come before weekdays, and %s stands behind one", word)
	case len(rest) == 4 && strings.Trim(rest, "0123456789") == "":
		p.refuse(col, "years are not read here; a date of one year belongs under exceptions")
	case p.at == len(p.text) || p.peek(";"):
		p.refuse(col, "something is missing here: %s", form)
	default:
		p.refuse(col, "%s: %s", p.here(), form)
	}
}

func (p *parser) refuse(col int, format string, args ...any) {
	if p.fault == nil {
		p.fault = &fault{col, fmt.Sprintf(format, args...)}
	}
}

func (p *parser) spaces() {
	for p.peek(" ") {
		p.at++
	}
}

func (p *parser) peek(s string) bool {
	r := []rune(s)
	return len(p.text)-p.at >= len(r) && slices.Equal(p.text[p.at:p.at+len(r)], r)
}

func (p *parser) take(s string) bool {
	if !p.peek(s) {
		return false
	}
	p.at += len([]rune(s))
	return true
}

// word is the letters that begin here, not yet taken.
func (p *parser) word() string {
	end := p.at
	for end < len(p.text) && unicode.IsLetter(p.text[end]) {
		end++
	}
	return string(p.text[p.at:end])
}

// here is the word, or the character, that begins here, in quotes.
func (p *parser) here() string {
	if w := p.word(); w != "" {
		return fmt.Sprintf("%q", w)
	}
	if p.at < len(p.text) {
		return fmt.Sprintf("%q", string(p.text[p.at]))
	}
	return "the end"
}
