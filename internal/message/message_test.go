package message_test

import (
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/internal/message"
	"wissel/prompts"
)

var began = time.Date(2026, 6, 3, 14, 0, 0, 0, time.UTC)

func at(min int) time.Time { return began.Add(time.Duration(min) * time.Minute) }

// of a group, live since minute 0 in Dutch, with its next update due at minute 30.
func of(with func(*wissel.Message)) wissel.Message {
	m := wissel.Message{
		Row: wissel.Row{ID: "m", Generation: 1}, Group: "support", Live: began, Next: at(30), Who: "anna",
		Said: []wissel.Said{{Lang: "en", Text: "written only"}, {Lang: "nl", Sound: "m.nl.wav"}},
	}
	if with != nil {
		with(&m)
	}
	return m
}

func TestWhatCallersHear(t *testing.T) {
	const never = 1 << 20
	until := func(m *wissel.Message) { m.Until = at(60) }
	for _, row := range []struct {
		name  string
		m     wissel.Message
		lang  string
		min   int
		state message.State
		heard bool
		since int // minute
		age   int
	}{
		{"none at all", wissel.Message{}, "nl", 5, message.Ended, false, never, 0},
		{"live", of(nil), "nl", 12, message.Live, true, 0, 12},
		{"a language without a sound hears the standing wording", of(nil), "en", 12, message.Live, false, never, 0},
		{"a caller who has not chosen a language yet", of(nil), "", 12, message.Live, true, 0, 12},
		{"the minute before its end", of(until), "nl", 59, message.Live, true, 0, 59},
		{"at its end", of(until), "nl", 60, message.Lapsed, false, 60, 0},
		{"an hour after its end", of(until), "nl", 120, message.Lapsed, false, 60, 0},
		{"its end moved before it came", of(func(m *wissel.Message) { m.Until = at(90) }), "nl", 80, message.Live, true, 0, 80},
		{"its end moved when it had passed", of(func(m *wissel.Message) { m.Until, m.Again = at(90), at(70) }), "nl", 80, message.Live, true, 70, 80},
		{"ended", of(func(m *wissel.Message) { m.Ended = at(20) }), "nl", 25, message.Ended, false, 20, 0},
		{"ended before its end passed", of(func(m *wissel.Message) { until(m); m.Ended = at(20) }), "nl", 120, message.Ended, false, 20, 0},
		{"ended when its end had passed", of(func(m *wissel.Message) { until(m); m.Ended = at(90) }), "nl", 120, message.Ended, false, 60, 0},
		{"kept of the message before", of(func(m *wissel.Message) { m.Said[1].Since = at(-20) }), "nl", 10, message.Live, true, -20, 30},
		{"kept, for one who has not chosen a language yet", of(func(m *wissel.Message) { m.Said[1].Since = at(-20) }), "", 10, message.Live, true, 0, 10},
		{"the clock was set back", of(nil), "nl", -30, message.Live, true, 0, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			now, since := at(row.min), time.Time{}
			if row.since != never {
				since = at(row.since)
			}
			if got := message.StateOf(row.m, now); got != row.state {
				t.Errorf("state %v, want %v", got, row.state)
			}
			if got := message.Heard(row.m, row.lang, now); got != row.heard {
				t.Errorf("heard %v", got)
			}
			if got := message.Since(row.m, row.lang, now); !got.Equal(since) {
				t.Errorf("since %v, want %v", got, since)
			}
			if got := message.Age(row.m, row.lang, now); got != row.age {
				t.Errorf("age %d, want %d", got, row.age)
			}
		})
	}
}

func TestAlarms(t *testing.T) {
	zone := time.FixedZone("desk", 2*3600)
	for _, row := range []struct {
		name string
		m    wissel.Message
		min  int
		want string
	}{
		{"none at all", wissel.Message{}, 500, ""},
		{"fresh", of(nil), 29, ""},
		{"the next update is due", of(nil), 30, "were to hear more at Wed 3 Jun 16:30"},
		{"its end passes before the next update", of(func(m *wissel.Message) { m.Until = at(20) }), 20, "was to end at Wed 3 Jun 16:20"},
		{"both have passed: the graver of the two", of(func(m *wissel.Message) { m.Until = at(60) }), 61, "was to end at Wed 3 Jun 17:00"},
		{"ended", of(func(m *wissel.Message) { m.Until, m.Ended = at(60), at(50) }), 90, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := message.Alarm(row.m, at(row.min), zone)
			if row.want == "" && got != "" || !strings.Contains(got, row.want) {
				t.Errorf("%q, want %q", got, row.want)
			}
			if later := message.Alarm(row.m, at(row.min+100), zone); got != "" && strings.Contains(got, "was to end") && later != got {
				t.Errorf("it changes its words: %q, %q", got, later)
			}
		})
	}
}

func TestPlan(t *testing.T) {
	for _, row := range []struct {
		name  string
		until time.Time
		next  time.Duration
		due   int
		warns string
		err   string
	}{
		{"nothing said", time.Time{}, 0, 30, "", ""},
		{"an hour", at(120), time.Hour, 60, "", ""},
		{"more than an hour", at(120), 61 * time.Minute, 61, "1h01m away", ""},
		{"an end that is past", at(-1), 0, 0, "", "is past"},
		{"an end now", at(0), 0, 0, "", "is past"},
		{"an end in eight days", at(8 * 24 * 60), 0, 0, "", "more than 7 days"},
		{"a next update that is past", time.Time{}, -time.Minute, 0, "", "is past"},
		{"a next update in a month", time.Time{}, 30 * 24 * time.Hour, 0, "", "may be 7 days"},
	} {
		t.Run(row.name, func(t *testing.T) {
			due, warns, err := message.Plan(row.until, row.next, began)
			if row.err != "" {
				if err == nil || !strings.Contains(err.Error(), row.err) {
					t.Errorf("%v, want %q", err, row.err)
				}
				return
			}
			if text := strings.Join(warns, ", "); err != nil || !due.Equal(at(row.due)) || (row.warns == "") != (text == "") || !strings.Contains(text, row.warns) {
				t.Errorf("due %v, warned %q, %v", due, text, err)
			}
		})
	}
}

func TestTheNewestCounts(t *testing.T) {
	first := of(func(m *wissel.Message) { m.ID, m.Generation = "a", 7 })
	second := of(func(m *wissel.Message) { m.ID, m.Generation, m.Live, m.Who = "b", 8, at(-60), "bob" }) // the clock was set back
	other := of(func(m *wissel.Message) { m.ID, m.Generation, m.Group = "c", 1, "sales" })
	for _, all := range [][]wissel.Message{{first, second, other}, {other, second, first}} {
		if got := message.Newest(all); len(got) != 2 || got["support"].ID != "b" || got["sales"].ID != "c" {
			t.Errorf("%+v", got)
		}
		told := message.Told(all)
		if told[0].ID != "b" || !told[0].Ended.IsZero() || told[1].ID != "a" || !told[1].Ended.Equal(at(-60)) || told[1].By != "bob" || !told[2].Ended.IsZero() {
			t.Errorf("%+v", told)
		}
		if all[0].ID == "a" && !all[0].Ended.IsZero() {
			t.Error("what was given is changed")
		}
	}
}

func TestWhereItIsHeard(t *testing.T) {
	room := 5 * time.Second
	for _, row := range []struct {
		name, prompt string
		own, shipped time.Duration
		room         *time.Duration
		want         message.Place
	}{
		{"in the place of the standing wording", message.Standing, 40 * time.Second, 4 * time.Second, nil, message.Instead},
		{"no other prompt", "outage.welcome", time.Second, time.Second, nil, message.Nowhere},
		{"in a crowd, 15 s together", message.Brief, 8 * time.Second, 7 * time.Second, nil, message.Behind},
		{"in a crowd, more than 15 s", message.Brief, 8*time.Second + time.Millisecond, 7 * time.Second, nil, message.Nowhere},
		{"unanswered, with room for it", message.Standing, 9 * time.Second, 4 * time.Second, &room, message.Instead},
		{"unanswered, without", message.Standing, 10 * time.Second, 4 * time.Second, &room, message.Nowhere},
		{"unanswered in a crowd, without room", message.Brief, 6 * time.Second, 7 * time.Second, &room, message.Nowhere},
	} {
		if got := message.PlaceAt(row.prompt, row.own, row.shipped, row.room); got != row.want {
			t.Errorf("%s: %v, want %v", row.name, got, row.want)
		}
	}
}

// A text that stays while the end of its message moves: it is told of when it names the old end, or a time after the new one, and not when
// it names the new one, or a time at which there is news.
func TestATextThatANewEndContradicts(t *testing.T) {
	sounds, err := prompts.Open("")
	if err != nil {
		t.Fatal(err)
	}
	none := time.Time{}
	for _, row := range []struct {
		name, lang, text string
		was, is          time.Time
		want             string
	}{
		{"it names the old end", "nl", "We verwachten dat het om 15.00 uur klaar is.", at(60), at(150), `the text in nl stays, and speaks of Wed 3 Jun 15:00 ("We verwachten dat het om 15.00 uur klaar is."), though the end is now Wed 3 Jun 16:30`},
		{"in words", "nl", "We verwachten dat het om half drie klaar is.", at(30), at(90), "speaks of Wed 3 Jun 14:30"},
		{"as a length of time", "en", "We expect this to be solved within an hour.", at(60), at(150), "speaks of Wed 3 Jun 15:00"},
		{"and no end is given any more", "nl", "We verwachten dat het om 15.00 uur klaar is.", at(60), none, "though no end is given now"},
		{"a time after the new end", "nl", "We verwachten dat het om 17.00 uur klaar is.", none, at(60), "speaks of Wed 3 Jun 17:00"},
		{"the end stays", "nl", "We verwachten dat het om 15.00 uur klaar is.", at(60), at(60), ""},
		{"it names the new end", "nl", "We verwachten dat het om 16.30 uur klaar is.", at(60), at(150), ""},
		{"it names when there is news, and the end", "nl", "Om 15.00 uur is er nieuws, en om 16.30 uur is het klaar.", at(60), at(150), ""},
		{"it names when there is news before either", "nl", "Om 14.20 uur is er nieuws.", at(60), at(150), ""},
		{"it names no time", "nl", "We werken aan het herstel.", at(60), at(150), ""},
		{"a language of which nothing is known", "xx", "15.00", at(60), at(150), ""},
		{"only spoken", "nl", "", at(60), at(150), ""},
	} {
		got := message.Contradicts(wissel.Said{Lang: row.lang, Text: row.text}, sounds.Tone(row.lang), row.was, row.is, began)
		if !strings.Contains(got, row.want) || (got == "") != (row.want == "") {
			t.Errorf("%s: %q", row.name, got)
		}
	}
}
