package grammar

import (
	"strings"
	"testing"
	"time"
)

// A made-up language with every kind of rule, so that this package is tested without those we ship.
const small = `
# a language of few words
[number n]
0..9:       digit.{n}
10..99:     number.{n}
100..999:   {number n/100} hundred [number n%100]
n%1000=0:   {number n/1000} thousand
1000..:     {number n/1000} thousand {number n%1000}

[time hour minute]
minute=30: half {number hour+1}
minute=0..15: [number minute] {number hour+11%12+1}

[clock hour minute]
any: {number hour} {number minute}

[day-part days weekday day month hour]
days=0: today {number hour}
days=1..6 weekday=1..7: weekday.{weekday} {number hour}

[duration hours minutes]
any: {number hours} {number minutes}

[phone]
0 6, xx xx xx xx
0 10|13 , x x x, xxx
`

func parsed(t *testing.T, data string) Grammar {
	t.Helper()
	g, err := Parse([]byte(data))
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestWhatIsSaid(t *testing.T) {
	g := parsed(t, small)
	at := func(s string) time.Time {
		v, err := time.Parse("2006-01-02 15:04", s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	noon := at("2026-06-03 12:00") // a Wednesday
	for _, row := range []struct {
		name string
		got  []string
		want string
	}{
		{"a digit", g.Number(7), "digit.7"},
		{"a number with a clip of its own", g.Number(21), "number.21"},
		{"what is zero is left out", g.Number(300), "digit.3 hundred"},
		{"what is not zero is said", g.Number(321), "digit.3 hundred number.21"},
		{"a condition on a sum", g.Number(5000), "digit.5 thousand"},
		{"the largest", g.Number(Largest), "digit.9 hundred number.99 thousand digit.9 hundred number.99"},
		{"larger than that", g.Number(Largest + 1), "digit.1 digit.0 digit.0 digit.0 digit.0 digit.0 digit.0"},
		{"below zero", g.Number(-12), "digit.1 digit.2"},
		{"the smallest there is", g.Number(-1 << 63), strings.TrimSpace(strings.Join(Digits("9223372036854775808"), " "))},
		{"the hour before the half", g.Time(at("2026-06-03 14:30")), "half number.15"},
		{"sums from left to right", g.Time(at("2026-06-03 14:10")), "number.10 digit.2"},
		{"no line for it", g.Time(at("2026-06-03 14:31")), "digit.1 digit.4 digit.3 digit.1"},
		{"no rule for it", g.Date(noon), "digit.0 digit.3 digit.0 digit.6"},
		{"no rule for it, with its year", g.FullDate(noon), "digit.0 digit.3 digit.0 digit.6 digit.2 digit.0 digit.2 digit.6"},
		{"later today", g.DayPart(at("2026-06-03 15:00"), noon), "today number.15"},
		{"tomorrow", g.DayPart(at("2026-06-04 11:00"), noon), "weekday.4 number.11"},
		{"the coming night is today's", g.DayPart(at("2026-06-04 03:00"), noon), "today digit.3"},
		{"at night, the same night", g.DayPart(at("2026-06-03 05:00"), at("2026-06-03 01:00")), "today digit.5"},
		{"at night, the next night", g.DayPart(at("2026-06-04 01:00"), at("2026-06-03 01:00")), "weekday.3 digit.1"},
		{"at night, the day after it", g.DayPart(at("2026-06-03 10:00"), at("2026-06-03 01:00")), "today number.10"},
		{"a day that is past", g.DayPart(at("2026-06-01 15:00"), noon), "digit.0 digit.1 digit.0 digit.6 digit.1 digit.5"},
		{"a length of time", g.Duration(150 * time.Minute), "digit.2 number.30"},
		{"half a minute is one", g.Duration(30 * time.Second), "digit.0 digit.1"},
		{"less than nothing", g.Duration(-time.Hour), "digit.0 digit.0"},
		{"longer than there are words", g.Duration(1<<63 - 1), strings.Join(Digits("153722867"), " ")},
		{"a mobile number", g.Phone("0612045678"), "digit.0 digit.6 pause number.12 digit.0 digit.4 number.56 number.78"},
		{"one spelling of several", g.Phone("013123456"), "digit.0 number.13 pause digit.1 digit.2 digit.3 pause digit.4 hundred number.56"},
		{"none of them", g.Phone("014123456"), strings.Join(Digits("014123456"), " ")},
		{"too short for its pattern", g.Phone("061234567"), strings.Join(Digits("061234567"), " ")},
		{"signs in it", g.Phone("+31 6"), "digit.3 digit.1 digit.6"},
		{"nothing", g.Phone(""), ""},
	} {
		if got := strings.Join(row.got, " "); got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
}

func TestALanguageWithoutGrammarSpeaksDigits(t *testing.T) {
	var g Grammar
	at := time.Date(2026, 6, 3, 14, 30, 0, 0, time.UTC)
	for _, row := range []struct {
		name string
		got  []string
		want string
	}{
		{"number", g.Number(210), "210"},
		{"phone", g.Phone("0612345678"), "0612345678"},
		{"time", g.Time(at), "1430"},
		{"clock", g.Clock(at), "1430"},
		{"date", g.Date(at), "0306"},
		{"date with its year", g.FullDate(at), "03062026"},
		{"part of the day", g.DayPart(at, at), "030614"},
		{"duration", g.Duration(90 * time.Minute), "90"},
	} {
		if got := strings.ReplaceAll(strings.Join(row.got, ""), "digit.", ""); got != row.want || strings.Count(strings.Join(row.got, ""), "digit.") != len(row.want) {
			t.Errorf("%s: %v", row.name, row.got)
		}
	}
	if !g.Empty() || len(g.Clips()) != 10 {
		t.Error("the zero grammar is empty, and needs the ten digits")
	}
}

// Both lists by hand: the clips that there must be are known without saying a value.
func TestClipsThatAGrammarNeeds(t *testing.T) {
	g := parsed(t, "[number n]\n1..3: a.{n}\nn%10=0 n=10..30: c.{n}\nany: b [number n%2]\n[phone]\nx, xx\n")
	want := "a.1 a.2 a.3 b c.10 c.20 c.30 digit.0 digit.1 digit.2 digit.3 digit.4 digit.5 digit.6 digit.7 digit.8 digit.9 pause"
	if got := strings.Join(g.Clips(), " "); got != want {
		t.Errorf("got %s", got)
	}
	if g.Empty() {
		t.Error("it has rules")
	}
}

func TestFaultsOfAGrammarAreNamedWithTheirLine(t *testing.T) {
	for _, row := range []struct{ name, data, want string }{
		{"a line under no rule", "any: a", "line 1 of the grammar: stands under no rule"},
		{"a rule that is not there", "[number n]\nany: {nothing n}", "line 2 of the grammar: there is no rule [nothing]"},
		{"a rule twice", "[a n]\nany: b\n[a n]", "line 3 of the grammar: [a] is there already"},
		{"too few values", "[time hour]", "line 1 of the grammar: [time] takes 2 values, not 1"},
		{"too few values for another rule", "[a n m]\nany: x\n[b n]\nany: {a n}", "line 4 of the grammar: [a] takes 2 values, not 1"},
		{"a value that is not there", "[number n]\nany: {number m}", `there is no value "m" here; there are n`},
		{"two values of one name", "[a n n]", "each of another name"},
		{"a rule without values", "[a]", "needs one to 5 values"},
		{"a head that is not closed", "[number n", "begins no rule"},
		{"a line without a colon", "[number n]\nany", "says nothing; write when it holds"},
		{"a line that says nothing", "[number n]\nany:", "says nothing; name at least one clip"},
		{"a line without a condition", "[number n]\n: a", `write "any"`},
		{"a range from high to low", "[number n]\n9..0: a", "is no number and no range"},
		{"a range below zero", "[number n]\n-5..0: a", "is no number and no range"},
		{"a range of which value", "[time hour minute]\n5: a", "of which value? Write hour=5"},
		{"a range too high", "[number n]\n0..1000000: a", "is no number and no range up to 999999"},
		{"clips without bounds", "[number n]\nany: a.{n}", "which clips are a.{n}?"},
		{"clips with one bound", "[number n]\n5..: a.{n}", "which clips are a.{n}?"},
		{"more clips than anybody records", "[number n]\n0..999: a.{n} b.{n} c.{n} d.{n} e.{n} f.{n}", "more than 5000 clips"},
		{"a division by zero", "[number n]\nany: {number n/0}", "divides by something else than a number from 1"},
		{"a division by a value", "[time hour minute]\nany: {a hour/minute}", "divides by something else than a number from 1"},
		{"a sum with spaces", "[number n]\nany: {number n / 2}", "cannot be worked out"},
		{"a sum that begins with its sign", "[number n]\nany: {number -n}", "cannot be worked out"},
		{"brackets that do not match", "[number n]\nany: {number n", "brackets"},
		{"a call without values", "[number n]\nany: {number}", "names no rule and its values"},
		{"a clip that is no id", "[number n]\nany: Hundred", `"Hundred" is no clip`},
		{"a pattern with letters", "[phone]\n0 y", " is no group"},
		{"a group too long", "[phone]\nxxxx", " is no group"},
		{"spellings of two lengths", "[phone]\n10|123", " is no group"},
		{"a pattern of nothing", "[phone]\n,", "a pattern has 1 to 40 digits"},
		{"values of phone", "[phone n]", "[phone] has patterns, not values"},
		{"too many lines", strings.Repeat("\n", maxLines+1), "lines, more than 1000"},
		{"too many bytes", strings.Repeat("#", maxFile+1), "bytes, more than 65536"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if _, err := Parse([]byte(row.data)); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %q", err, row.want)
			}
		})
	}
}

func TestAGrammarThatGoesInACircleEnds(t *testing.T) {
	for _, data := range []string{
		"[number n]\nany: {number n}",
		"[number n]\nany: a {number n} {number n}",
		"[number n]\nany: {a n} {a n} {a n} {a n}\n[a n]\nany: [number n] [number n] [number n] [number n]",
		"[number n]\n0..: " + strings.Repeat("a ", maxPieces-1) + "{number n}",
	} {
		if got := strings.Join(parsed(t, data).Number(12), " "); got != "digit.1 digit.2" {
			t.Errorf("%q: %s", data, got)
		}
	}
}

func TestTextIsWrittenTogetherWhereAPlusIs(t *testing.T) {
	texts := map[string]string{"3": "drie", "h": "+honderd+", "t": "+duizend", "1": "één"}
	for _, row := range [][2]string{
		{"3 h 1", "driehonderdéén"}, {"3 t 3 h", "drieduizend driehonderd"}, {"h", "honderd"}, {"t 1", "duizend één"},
		{"1 pause 3", "één, drie"}, {"1 x", "één x"}, {"", ""},
	} {
		if got := Text(strings.Fields(row[0]), func(id string) string { return texts[id] }); got != row[1] {
			t.Errorf("%s: got %q, want %q", row[0], got, row[1])
		}
	}
}

// Whatever a grammar says, it parses or not, and no value makes it panic, go on for ever or ask for a clip that Clips
// does not name.
func FuzzGrammar(f *testing.F) {
	f.Add([]byte(small), 1234, "0612345678", int64(1780000000))
	f.Add([]byte("[number n]\n0..9: a.{n}\nany: {number n/10} {number n%10}"), 999999, "", int64(0))
	f.Add([]byte("[phone]\n0 6|7, xx xxx\n"), -1, "0671", int64(-1))
	f.Fuzz(func(t *testing.T, data []byte, n int, digits string, at int64) {
		g, err := Parse(data)
		if err != nil {
			return
		}
		known := map[string]bool{}
		for _, id := range g.Clips() {
			known[id] = true
		}
		when := time.Unix(at, 0).UTC()
		for _, ids := range [][]string{
			g.Number(n), g.Number(n & 0xffff), g.Phone(digits), g.Time(when), g.Clock(when), g.Date(when), g.FullDate(when),
			g.DayPart(when, time.Unix(int64(n), 0)), g.Duration(time.Duration(at)),
		} {
			if len(ids) > maxPieces*maxDigits {
				t.Fatalf("%d clips for one value", len(ids))
			}
			for _, id := range ids {
				if !known[id] {
					t.Fatalf("asks for %s, which is not among its clips", id)
				}
			}
		}
	})
}
