package prompts

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wissel/internal/audio"
	"wissel/ivr"
	"wissel/prompts/grammar"
)

// words says clips of a language in words.
func words(s *Store, lang string, ids []string) string {
	return grammar.Text(ids, func(id string) string {
		t, _ := s.Text(lang, id)
		return t.Text
	})
}

// inEach runs a test for each shipped language, with a check that every clip asked for is there with text and sound.
func inEach(t *testing.T, f func(t *testing.T, g grammar.Grammar, say func(ids []string) string)) {
	s := store(t)
	for _, lang := range s.Languages() {
		t.Run(lang, func(t *testing.T) {
			f(t, s.Grammar(lang), func(ids []string) string {
				for _, id := range ids {
					if _, ok := s.Text(lang, id); id != grammar.Pause && (!ok || s.clip(lang, id) == nil) {
						t.Fatalf("%v asks for %s, which has no text or no sound", ids, id)
					}
				}
				return words(s, lang, ids)
			})
		})
	}
}

// The spellings differ in what is not spoken: spaces, hyphens, commas, and accents that tell "één" from "een" or separate
// two vowels. All else is compared letter by letter.
var unspoken = strings.NewReplacer(" ", "", "-", "", ",", "", "é", "e", "ë", "e")

// Debian's python3-num2words is the independent list: nothing of it is ours.
func TestNumbersAreThoseOfAnIndependentList(t *testing.T) {
	const upTo = 9999
	script := fmt.Sprintf("from num2words import num2words\nfor lang in ('en', 'nl'):\n for n in list(range(%d)) + list(range(10000, 1000000, 997)) + [999999]:\n  print(lang, n, num2words(n, lang=lang))", upTo+1)
	cmd := exec.Command("/usr/bin/python3", "-c", script)
	cmd.Env = append(cmd.Environ(), "PYTHONIOENCODING=utf-8")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("python3-num2words gives no list (.ci/tools test installs it): %v", err)
	}
	s, compared := store(t), map[string]int{}
	for line := range bytes.Lines(out) {
		f := strings.SplitN(strings.TrimSpace(string(line)), " ", 3)
		n, err := strconv.Atoi(f[1])
		if err != nil {
			t.Fatal(err)
		}
		ours := words(s, f[0], s.Grammar(f[0]).Number(n))
		if unspoken.Replace(ours) != unspoken.Replace(f[2]) {
			t.Errorf("%s %d: %q here, %q there", f[0], n, ours, f[2])
		}
		compared[f[0]]++
	}
	if compared["en"] <= upTo || compared["nl"] <= upTo {
		t.Errorf("compared only %v", compared)
	}
}

// By hand, as a caller should hear it.
func TestWhatCallersHear(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.Parse("2006-01-02 15:04", s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	wednesday := at("2026-06-03 14:30")
	s := store(t)
	for _, row := range []struct {
		p      ivr.Prompt
		nl, en string
	}{
		{ivr.Prompt{As: ivr.AsNumber, Digits: "21"}, "eenentwintig", "twenty-one"},
		{ivr.Prompt{As: ivr.AsNumber, Digits: "2345"}, "tweeduizend driehonderdvijfenveertig", "two thousand three hundred and forty-five"},
		{ivr.Prompt{As: ivr.AsTime, At: wednesday}, "half drie 's middags", "half past two in the afternoon"},
		{ivr.Prompt{As: ivr.AsClock, At: wednesday}, "veertien uur dertig", "two thirty p.m."},
		{ivr.Prompt{As: ivr.AsTime, At: at("2026-06-03 08:20")}, "tien voor half negen 's ochtends", "twenty past eight in the morning"},
		{ivr.Prompt{As: ivr.AsTime, At: at("2026-06-03 23:47")}, "dertien voor twaalf 's avonds", "thirteen minutes to twelve at night"},
		{ivr.Prompt{As: ivr.AsTime, At: at("2026-06-03 00:00")}, "twaalf uur 's nachts", "midnight"},
		{ivr.Prompt{As: ivr.AsClock, At: at("2026-06-03 09:05")}, "negen uur vijf", "nine oh five a.m."},
		{ivr.Prompt{As: ivr.AsDate, At: wednesday}, "woensdag drie juni", "Wednesday the third of June"},
		{ivr.Prompt{As: ivr.AsFullDate, At: wednesday}, "woensdag drie juni tweeduizend zesentwintig", "Wednesday the third of June twenty twenty-six"},
		{ivr.Prompt{As: ivr.AsFullDate, At: at("1999-12-31 00:00")}, "vrijdag eenendertig december negentienhonderdnegenennegentig", "Friday the thirty-first of December nineteen ninety-nine"},
		{ivr.Prompt{As: ivr.AsDayPart, At: at("2026-06-03 17:00"), Now: wednesday}, "vanmiddag", "this afternoon"},
		{ivr.Prompt{As: ivr.AsDayPart, At: at("2026-06-04 09:00"), Now: wednesday}, "morgenochtend", "tomorrow morning"},
		{ivr.Prompt{As: ivr.AsDayPart, At: at("2026-06-04 02:00"), Now: wednesday}, "vannacht", "tonight"},
		{ivr.Prompt{As: ivr.AsDayPart, At: at("2026-06-06 19:00"), Now: wednesday}, "zaterdagavond", "Saturday evening"},
		{ivr.Prompt{As: ivr.AsDayPart, At: at("2026-06-13 13:00"), Now: wednesday}, "zaterdag dertien juni 's middags", "Saturday the thirteenth of June in the afternoon"},
		{ivr.Prompt{As: ivr.AsDuration, For: 150 * time.Minute}, "twee uur en dertig minuten", "two hours and thirty minutes"},
		{ivr.Prompt{As: ivr.AsDuration, For: time.Hour}, "één uur", "one hour"},
		{ivr.Prompt{As: ivr.AsDuration, For: 61 * time.Minute}, "één uur en één minuut", "one hour and one minute"},
		{ivr.Prompt{As: ivr.AsPhone, Digits: "0612345678"}, "nul zes, twaalf vierendertig zesenvijftig achtenzeventig", "zero six, one two, three four, five six, seven eight"},
		{ivr.Prompt{As: ivr.AsPhone, Digits: "0205051234"}, "nul twintig, vijf nul vijf, twaalf vierendertig", "zero two zero, five zero five, one two three four"},
		{ivr.Prompt{As: ivr.AsPhone, Digits: "0113123405"}, "nul één één drie, twaalf vierendertig nul vijf", "zero one one three, one two three, four zero five"},
		{ivr.Prompt{As: ivr.AsPhone, Digits: "08001234"}, "nul acht nul nul, twaalf vierendertig", "zero eight zero zero, one two three four"},
		{ivr.Prompt{As: ivr.AsPhone, Digits: "004930123"}, "nul nul vier negen drie nul één twee drie", "zero zero four nine three zero one two three"},
		{ivr.Prompt{Digits: "12"}, "één twee", "one two"},
	} {
		for lang, want := range map[string]string{"nl": row.nl, "en": row.en} {
			p := row.p
			p.Lang = lang
			if got := s.Say(p); got != want {
				t.Errorf("%s: got %q, want %q", lang, got, want)
			}
		}
	}
}

// distinct fails when two values have one text: a caller would take one for the other.
func distinct(t *testing.T, seen map[string]string, value, text string) {
	t.Helper()
	if text == "" || strings.Contains(text, "  ") {
		t.Fatalf("%s is said as %q", value, text)
	}
	if before, ok := seen[text]; ok && before != value {
		t.Fatalf("%s and %s are both %q", before, value, text)
	}
	seen[text] = value
}

func TestEveryNumberHasWordsOfItsOwn(t *testing.T) {
	inEach(t, func(t *testing.T, g grammar.Grammar, say func([]string) string) {
		seen := map[string]string{}
		for n := range 20_000 {
			distinct(t, seen, strconv.Itoa(n), say(g.Number(n)))
		}
		rapid.Check(t, func(r *rapid.T) {
			n := rapid.IntRange(-10, grammar.Largest+10).Draw(r, "n")
			ids := g.Number(n)
			distinct(t, seen, strconv.Itoa(max(n, -n)), say(ids)) // a sign is not said
			if n > 9 && n <= grammar.Largest && strings.Join(ids, " ") == strings.Join(grammar.Digits(strconv.Itoa(n)), " ") {
				t.Fatalf("%d has no words", n)
			}
		})
	})
}

func TestEveryMinuteOfTheDayHasWordsOfItsOwn(t *testing.T) {
	inEach(t, func(t *testing.T, g grammar.Grammar, say func([]string) string) {
		times, clocks := map[string]string{}, map[string]string{}
		for m := range 24 * 60 {
			at := time.Date(2026, 6, 3, m/60, m%60, 0, 0, time.UTC)
			distinct(t, times, at.Format("15:04"), say(g.Time(at)))
			distinct(t, clocks, at.Format("15:04"), say(g.Clock(at)))
		}
		if len(times) != 1440 || len(clocks) != 1440 {
			t.Errorf("%d times and %d clocks", len(times), len(clocks))
		}
	})
}

func TestEveryDayHasWordsOfItsOwn(t *testing.T) {
	inEach(t, func(t *testing.T, g grammar.Grammar, say func([]string) string) {
		short, full := map[string]string{}, map[string]string{}
		for day := time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC); day.Year() < 2029; day = day.AddDate(0, 0, 1) {
			distinct(t, short, day.Format("Mon 2 Jan"), say(g.Date(day)))
			distinct(t, full, day.Format(time.DateOnly), say(g.FullDate(day)))
		}
		if len(full) != 365+366 {
			t.Errorf("%d days", len(full))
		}
		for year := 1900; year < 2200; year++ {
			day := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
			distinct(t, full, day.Format(time.DateOnly), say(g.FullDate(day)))
		}
	})
}

func TestEveryPartOfTheComingDaysHasWordsOfItsOwn(t *testing.T) {
	inEach(t, func(t *testing.T, g grammar.Grammar, say func([]string) string) {
		rapid.Check(t, func(r *rapid.T) {
			now := time.Unix(1_780_000_000+rapid.Int64Range(0, 366*24*3600).Draw(r, "now"), 0).UTC()
			seen := map[string]string{}
			last := ""
			for h := range 20 * 24 {
				text := say(g.DayPart(now.Add(time.Duration(h)*time.Hour), now))
				if text != last { // a part lasts a while; once over it does not come again
					distinct(t, seen, fmt.Sprintf("part %d from %v", len(seen), now), text)
				}
				last = text
			}
			if len(seen) < 4*19 {
				t.Fatalf("only %d parts in 20 days", len(seen))
			}
		})
	})
}

func TestEveryDurationHasWordsOfItsOwn(t *testing.T) {
	inEach(t, func(t *testing.T, g grammar.Grammar, say func([]string) string) {
		seen := map[string]string{}
		for m := range 48*60 + 1 {
			distinct(t, seen, strconv.Itoa(m), say(g.Duration(time.Duration(m)*time.Minute)))
		}
	})
}

// The digits of a number that is read back are all there, in their order, and no two numbers sound alike.
func TestEveryTelephoneNumberIsSaidWhole(t *testing.T) {
	inEach(t, func(t *testing.T, g grammar.Grammar, say func([]string) string) {
		seen := map[string]string{}
		digit := rapid.StringMatching(`06[0-9]{8}|0[1-9][0-9]{8}|0[89]00[0-9]{4,7}|00[1-9][0-9]{5,14}|[0-9]{0,18}`)
		rapid.Check(t, func(r *rapid.T) {
			number := digit.Draw(r, "number")
			ids := g.Phone(number)
			if number != "" {
				distinct(t, seen, number, say(ids))
			}
			said := ""
			for _, id := range ids {
				_, n, _ := strings.Cut(id, ".")
				if id != grammar.Pause {
					said += n
				}
			}
			if said != number {
				t.Fatalf("%s is said as %v", number, ids)
			}
		})
	})
}

// Joined clips follow each other without a click, and within 60 ms.
func TestJointsHaveNoClickAndNoGap(t *testing.T) {
	s, known := store(t), map[*audio.Clip][3]clipEnds{}
	ends := func(c *audio.Clip) [3]clipEnds {
		if _, ok := known[c]; !ok {
			known[c] = [3]clipEnds{endsOf(c, audio.ALaw), endsOf(c, audio.MuLaw), endsOf(c, audio.G722)}
		}
		return known[c]
	}
	chance := rand.New(rand.NewPCG(1, 2))
	joints := 0
	for range 300 {
		p := ivr.Prompt{
			Lang: s.Languages()[chance.IntN(2)], As: []ivr.Form{ivr.AsNumber, ivr.AsTime, ivr.AsFullDate, ivr.AsDuration, ivr.Singly}[chance.IntN(5)],
			Digits: strconv.Itoa(100 + chance.IntN(900_000)), At: time.Unix(chance.Int64N(1<<31), 0).UTC(), For: time.Duration(chance.IntN(2880)) * time.Minute,
		}
		clips := s.Clips([]ivr.Prompt{p})
		for i := range len(clips) - 1 {
			for codec, left := range ends(clips[i]) {
				right := ends(clips[i+1])[codec]
				if step := right.first - left.last; step > 2*quietEnd || step < -2*quietEnd {
					t.Errorf("%s and %s in codec %d: a step of %d", clips[i].Name, clips[i+1].Name, codec, step)
				}
				if gap := left.after + right.before; gap > 60*time.Millisecond {
					t.Errorf("%s and %s in codec %d: %v of silence", clips[i].Name, clips[i+1].Name, codec, gap)
				}
			}
			joints++
		}
	}
	if joints < 500 {
		t.Errorf("only %d joints", joints)
	}
}

// clipEnds are a clip's first and last sample, and the silence at its ends.
type clipEnds struct {
	first, last   int
	before, after time.Duration
}

func endsOf(c *audio.Clip, codec audio.Codec) (e clipEnds) {
	pcm, rate := audio.Decode(c.Bytes[codec], codec)
	e.first, e.last = int(pcm[0]), int(pcm[len(pcm)-1])
	e.before, e.after = edges(pcm, rate)
	return e
}
