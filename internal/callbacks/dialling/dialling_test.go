package dialling

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wissel"
	"wissel/ivr"
)

var zone = time.FixedZone("CET", 3600)

// noon is a day on which somebody rang at half past two in the morning.
var noon = time.Date(2026, 6, 3, 12, 0, 0, 0, zone)

func attempt(change func(*Attempt)) *Attempt {
	a := &Attempt{
		Job: wissel.CallbackJob{
			Callback: "c1", Attempt: 1, Group: "support", Number: "+31612345678", Rung: "+31201234567", Asked: noon.Add(-9*time.Hour - 30*time.Minute), Calls: 3, Language: "nl",
			Message: "x.wav", Length: 20 * time.Second, Desk: wissel.Desk{Trunk: "genesys", To: "7001"},
		},
		Lang: [2]string{"nl", "nl"}, Says: func(string, string) bool { return false }, Number: "0201234567", Message: true, Zone: zone,
	}
	if change != nil {
		change(a)
	}
	return a
}

// walk feeds events written as people would say them, and gives what was done, a line each.
func walk(t *testing.T, a *Attempt, events ...string) (State, []string) {
	t.Helper()
	s, now, done := State{}, noon, []string{}
	s, out := a.Step(s, Event{Kind: Begin}, now)
	done = append(done, lines(out)...)
	for _, e := range events {
		now = now.Add(time.Second)
		s, out = a.Step(s, parse(t, e), now)
		done = append(done, "> "+e)
		done = append(done, lines(out)...)
	}
	return s, done
}

func parse(t *testing.T, e string) Event {
	f := strings.Fields(e)
	ev := Event{}
	if f[0] == "customer" {
		ev.Side = Customer
	}
	switch f[1] {
	case "answers":
		ev.Kind = Answered
	case "presses":
		ev.Kind, ev.Digit = Digit, wissel.Digit(f[2][0])
	case "heard":
		ev.Kind = Played
	case "silent":
		ev.Kind, ev.Timer = Woken, wait
	case "late":
		ev.Kind, ev.Timer = Woken, deadline
	case "talks":
		ev.Kind, ev.Timer, ev.Both = Woken, talk, true
	case "mute":
		ev.Kind, ev.Timer = Woken, talk
	case "gone":
		ev.Kind = Ended
	case "lost":
		ev.Kind, ev.End.Fault = Ended, true
	case "stop":
		ev.Kind = Stop
	case "refused":
		ev.Kind, ev.End.Left = Ended, true
		if _, err := fmt.Sscan(f[2], &ev.End.Status); err != nil {
			t.Fatal(err)
		}
	case "full":
		ev.Kind = Ended
	default:
		t.Fatalf("no event %q", e)
	}
	return ev
}

// lines say effects, but for timers that are taken back or set for the next word.
func lines(out []Effect) (all []string) {
	for _, e := range out {
		switch e := e.(type) {
		case Place:
			all = append(all, "ring the "+e.Side.String())
		case Play:
			all = append(all, e.Side.String()+" hears "+said(e.Prompts)+[]string{"", "…ringing", "…patience", ""}[e.Then])
		case Join:
			all = append(all, "join")
		case Release:
			all = append(all, "release the "+e.Side.String())
		case Stage:
			all = append(all, "stage "+string(e.Stage))
		case Wake:
		}
	}
	return all
}

func said(ps []ivr.Prompt) string {
	var all []string
	for _, p := range ps {
		switch {
		case p.ID != "":
			all = append(all, p.ID)
		case p.Sound != 0:
			all = append(all, "<message>")
		case p.As == ivr.AsTime:
			all = append(all, "<"+p.At.Format("15:04")+">")
		case p.As == ivr.AsDate:
			all = append(all, "<"+p.At.Format("2 Jan")+">")
		case p.As == ivr.AsDuration:
			all = append(all, "<"+p.For.String()+">")
		default:
			all = append(all, "<"+p.Digits+">")
		}
	}
	return strings.Join(all, " ")
}

const (
	whisper  = "desk.request <3> desk.times desk.message <20> desk.seconds desk.take desk.hear desk.decline"
	announce = "called.hello called.number <0201234567> called.rang called.today <02:30> called.press called.private"
)

func TestAGoodCallback(t *testing.T) {
	s, done := walk(t, attempt(nil),
		"desk answers", "desk presses 2", "desk heard", "desk presses 1", "customer answers", "customer presses 1", "desk talks", "desk talks", "desk mute", "desk talks",
		"customer gone", "desk heard", "desk presses 1", "desk heard", "desk gone")
	want := []string{
		"stage calling agent", "ring the agent",
		"> desk answers", "agent hears " + whisper,
		"> desk presses 2", "agent hears <message>",
		"> desk heard", "agent hears " + whisper,
		"> desk presses 1", "agent hears desk.ringing…ringing", "stage calling customer", "ring the customer",
		"> customer answers", "customer hears " + announce, "agent hears desk.moment…patience",
		"> customer presses 1", "join", "stage talking",
		"> desk talks", "> desk talks", "> desk mute", "> desk talks",
		"> customer gone", "stage after", "agent hears desk.after",
		"> desk heard", "> desk presses 1", "stage after: done", "agent hears desk.noted",
		"> desk heard", "release the agent",
		"> desk gone",
	}
	if !slices.Equal(done, want) {
		t.Errorf("\n%s\nand not\n%s", strings.Join(done, "\n"), strings.Join(want, "\n"))
	}
	if !s.Over || s.Outcome != wissel.CallbackTalked || s.Key != wissel.CallbackDone || s.Talked != 3*time.Second {
		t.Errorf("%+v", s)
	}
}

// Each row is one way in which it does not come to a talk, or ends otherwise: what came of it, and the last words that each heard.
func TestWhateverHappensWhoRemainsHearsTheTruth(t *testing.T) {
	first := func(a *Attempt) { a.Job.CustomerFirst = true }
	taken := "desk answers, desk presses 1, "
	came := "customer answers, customer presses 1, "
	for _, row := range []struct {
		name     string
		change   func(*Attempt)
		events   string
		outcome  wissel.CallbackOutcome
		desk     string // last words
		customer string
	}{
		{"a queue that answers and never presses a key", nil, "desk answers, desk heard, desk silent, desk heard, desk late, desk gone", wissel.CallbackDeskNoKey, whisper, ""},
		{"an agent who hangs up at the whisper", nil, "desk answers, desk gone", wissel.CallbackDeskLeft, whisper, ""},
		{"an agent who cannot now", nil, "desk answers, desk presses 9, desk heard, desk gone", wissel.CallbackDeskLeft, "desk.bye", ""},
		{"a busy agent", nil, "desk refused 486", wissel.CallbackDeskBusy, "", ""},
		{"an agent who declines", nil, "desk refused 603", wissel.CallbackDeskNo, "", ""},
		{"an agent who is not there", nil, "desk refused 480", wissel.CallbackDeskNone, "", ""},
		{"a desk whose trunk fails", nil, "desk refused 503", wissel.CallbackDeskFailed, "", ""},
		{"a desk whose trunk is full", nil, "desk full", wissel.CallbackDeskFull, "", ""},
		{"a busy customer", nil, taken + "customer refused 486, desk heard, desk gone", wissel.CallbackBusy, "desk.busy", ""},
		{"a customer who is busy everywhere", nil, taken + "customer refused 600, desk heard, desk gone", wissel.CallbackBusy, "desk.busy", ""},
		{"a customer who rejects", nil, taken + "customer refused 603, desk heard, desk gone", wissel.CallbackRejected, "desk.rejected", ""},
		{"a number that rejects", nil, taken + "customer refused 608, desk heard, desk gone", wissel.CallbackRejected, "desk.rejected", ""},
		{"nobody at home", nil, taken + "customer refused 408, desk heard, desk gone", wissel.CallbackNoAnswer, "desk.no-answer", ""},
		{"a number that is no more", nil, taken + "customer refused 404, desk heard, desk gone", wissel.CallbackUnknown, "desk.unknown", ""},
		{"carriers that fail", nil, taken + "customer refused 503, desk heard, desk gone", wissel.CallbackFailed, "desk.failed", ""},
		{"carriers that are full", nil, taken + "customer full, desk heard, desk gone", wissel.CallbackFull, "desk.failed", ""},
		{
			"a voicemail", nil, taken + "customer answers, customer heard, customer silent, customer heard, customer silent, customer heard, customer gone, desk heard, desk gone",
			wissel.CallbackNoKey, "desk.no-key", "called.no-key",
		},
		{"a customer who hangs up at once", nil, taken + "customer answers, customer gone, desk heard, desk gone", wissel.CallbackLeft, "desk.left", announce},
		{"a customer who presses it away", nil, taken + "customer answers, customer presses 2, customer heard, customer gone, desk heard, desk gone", wissel.CallbackCancelled, "desk.cancelled", "called.cancelled"},
		{"an agent who is gone while it rings", nil, taken + "desk gone, customer refused 487", wissel.CallbackDeskGone, "desk.ringing…ringing", ""},
		{"an agent who is gone while the customer listens", nil, taken + "customer answers, desk gone, customer heard, customer gone", wissel.CallbackDeskGone, "desk.moment…patience", "called.none"},
		{"an agent who hangs up after the talk", nil, taken + came + "desk gone, customer gone", wissel.CallbackTalked, "desk.moment…patience", announce},
		{"an agent who is lost in the talk", nil, taken + came + "desk lost, customer heard, customer gone", wissel.CallbackTalked, "desk.moment…patience", "called.lost"},
		{"no word of what came of it", nil, taken + came + "customer gone, desk heard, desk silent, desk heard, desk silent, desk heard, desk gone", wissel.CallbackTalked, "desk.bye", announce},
		{"taken back while the desk is rung", nil, "desk stop, desk gone", wissel.CallbackStopped, "", ""},
		{"taken back while the agent listens", nil, "desk answers, desk stop, desk heard, desk gone", wissel.CallbackStopped, "desk.stopped", ""},
		{"taken back while both listen", nil, taken + "customer answers, desk stop, desk heard, customer heard, desk gone, customer gone", wissel.CallbackStopped, "desk.stopped", "called.stopped"},
		{"taken back while they talk", nil, taken + came + "desk stop, customer gone, desk gone", wissel.CallbackTalked, "desk.after", announce},

		{"customer first", first, came + "desk answers, desk presses 1, customer gone, desk presses 2, desk heard, desk gone", wissel.CallbackTalked, "desk.noted", "called.seeking…patience"},
		{"customer first, and he is busy", first, "customer refused 486", wissel.CallbackBusy, "", ""},
		{"customer first, a voicemail", first, "customer answers, customer heard, customer silent, customer heard, customer silent, customer heard, customer gone", wissel.CallbackNoKey, "", "called.no-key"},
		{"customer first, and no agent answers", first, came + "desk refused 480, customer heard, customer gone", wissel.CallbackDeskNone, "", "called.none"},
		{"customer first, and the agent hangs up", first, came + "desk answers, desk gone, customer heard, customer gone", wissel.CallbackDeskLeft, firstWhisper, "called.none"},
		{"customer first, and only a queue answers", first, came + "desk answers, desk late, desk gone, customer heard, customer gone", wissel.CallbackDeskNoKey, firstWhisper, "called.none"},
		{"customer first, and he is gone while it rings", first, came + "customer gone, desk refused 487", wissel.CallbackGone, "", "called.seeking…patience"},
		{"customer first, and he is gone at the whisper", first, came + "desk answers, customer gone, desk heard, desk gone", wissel.CallbackGone, "desk.left", "called.seeking…patience"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, done := walk(t, attempt(row.change), strings.Split(row.events, ", ")...)
			var last [2]string
			for _, l := range done {
				if who, words, ok := strings.Cut(l, " hears "); ok && who == "agent" {
					last[Desk] = words
				} else if ok {
					last[Customer] = words
				}
			}
			if !s.Over || s.Outcome != row.outcome || s.Why == "" || last != [2]string{row.desk, row.customer} {
				t.Errorf("over %v, %q (%s); the agent heard last %q, the customer %q\n%s", s.Over, s.Outcome, s.Why, last[Desk], last[Customer], strings.Join(done, "\n"))
			}
		})
	}
}

const firstWhisper = "desk.request <3> desk.times desk.message <20> desk.seconds desk.waits desk.hear desk.decline"

func TestWhatIsWhispered(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(*Attempt)
		want   string
	}{
		{"he rang once, and said nothing", func(a *Attempt) { a.Job.Calls, a.Job.Message = 1, "" }, "desk.request desk.take desk.decline"},
		{"a long message", func(a *Attempt) { a.Job.Length = 2*time.Minute + 10*time.Second }, "desk.request <3> desk.times desk.message <2m0s> desk.take desk.hear desk.decline"},
		{
			"an English customer of a group with a name", func(a *Attempt) {
				a.Job.Language, a.Job.Message = "en", ""
				a.Says = func(_, id string) bool { return id == "group.support" || id == "desk.in-en" }
			}, "desk.request group.support <3> desk.times desk.in-en desk.take desk.decline",
		},
	} {
		if _, done := walk(t, attempt(row.change), "desk answers"); done[len(done)-1] != "agent hears "+row.want {
			t.Errorf("%s: %s", row.name, done[len(done)-1])
		}
	}
	a := attempt(func(a *Attempt) { a.Job.Asked = noon.AddDate(0, 0, -1) })
	if _, done := walk(t, a, "desk answers", "desk presses 1", "customer answers"); !slices.Contains(done,
		"customer hears called.hello called.number <0201234567> called.rang <2 Jun> called.at <12:00> called.press called.private") {
		t.Errorf("of yesterday: %q", done)
	}
}

// A last call rings him alone, says twice that nobody could call and when somebody is there, whatever he presses, and lets him go.
func TestALastCall(t *testing.T) {
	const says = "called.hello called.number <0201234567> called.rang called.today <02:30> called.late"
	for _, row := range []struct {
		name    string
		open    wissel.Opening
		events  string
		outcome wissel.CallbackOutcome
		hours   string
	}{
		{"he hears it twice", wissel.Opening{Open: true, Until: noon.Add(5 * time.Hour)}, "customer answers, customer presses 1, customer heard, customer heard, customer heard, customer gone", wissel.CallbackTold, " called.until <17:00>"},
		{"a desk that opens tomorrow", wissel.Opening{Until: noon.Add(20 * time.Hour)}, "customer answers, customer heard, customer gone", wissel.CallbackTold, " called.open <4 Jun> called.at <08:00>"},
		{"a desk that opens today", wissel.Opening{Until: noon.Add(time.Hour)}, "customer answers, customer heard, customer gone", wissel.CallbackTold, " called.open called.today <13:00>"},
		{"a desk that is always open", wissel.Opening{Open: true}, "customer answers, customer gone", wissel.CallbackLeft, ""},
		{"a busy telephone", wissel.Opening{}, "customer refused 486", wissel.CallbackBusy, ""},
		{"carriers that are full", wissel.Opening{}, "customer full", wissel.CallbackFull, ""},
	} {
		s, done := walk(t, attempt(func(a *Attempt) { a.Job.Last, a.Open = true, row.open }), strings.Split(row.events, ", ")...)
		text := strings.Join(done, "\n")
		if !s.Over || s.Outcome != row.outcome || strings.Contains(text, "agent") {
			t.Errorf("%s: %+v\n%s", row.name, s, text)
		}
		if strings.Contains(row.events, "answers") && !strings.Contains(text, "customer hears "+says+row.hours+"\n") {
			t.Errorf("%s: he hears\n%s", row.name, text)
		}
	}
}

// Every prompt that any walk plays is among Prompts, which settings are checked for.
func TestAllPromptsAreListed(t *testing.T) {
	listed := append(Prompts(), lost)
	rapid.Check(t, func(t *rapid.T) {
		random(t, func(_ Event, _ State, out []Effect) {
			for _, e := range out {
				if p, ok := e.(Play); ok {
					for _, one := range p.Prompts {
						if one.ID != "" && !slices.Contains(listed, one.ID) {
							t.Fatalf("%s is not listed", one.ID)
						}
					}
				}
			}
		})
	})
}

// random walks an attempt through any events at all, and then ends it.
func random(t *rapid.T, look func(ev Event, s State, out []Effect)) State {
	a := attempt(func(a *Attempt) {
		a.Job.CustomerFirst = rapid.Bool().Draw(t, "customer first")
		a.Job.Last = rapid.IntRange(0, 3).Draw(t, "last call") == 0
		a.Open = wissel.Opening{Open: rapid.Bool().Draw(t, "open"), Until: noon.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "hours")) * time.Hour)}
		a.Message = rapid.Bool().Draw(t, "message")
	})
	s, now := State{}, noon
	take := func(ev Event) {
		now = now.Add(time.Second)
		var out []Effect
		s, out = a.Step(s, ev, now)
		look(ev, s, out)
	}
	take(Event{Kind: Begin})
	for range rapid.IntRange(0, 60).Draw(t, "events") {
		ev := Event{
			Kind: Kind(rapid.IntRange(int(Begin), int(Stop)).Draw(t, "kind")), Side: Side(rapid.IntRange(0, 1).Draw(t, "side")),
			Digit: wissel.Digit(rapid.SampledFrom([]byte("123459*#")).Draw(t, "digit")), Timer: rapid.IntRange(0, 4).Draw(t, "timer"), Both: rapid.Bool().Draw(t, "both"),
			End: End{Left: rapid.Bool().Draw(t, "left"), Rang: rapid.Bool().Draw(t, "rang"), Status: rapid.SampledFrom([]int{0, 200, 404, 480, 486, 503, 603, 608}).Draw(t, "status"), Fault: rapid.Bool().Draw(t, "fault")},
		}
		if ev.Kind == Stop && rapid.IntRange(0, 9).Draw(t, "stop") > 0 {
			continue
		}
		if p := s.Legs[ev.Side].Phase; (p == Idle || p == Gone) && ev.Kind != Begin && ev.Kind != Stop {
			continue // no call is there that it could come from
		}
		take(ev)
	}
	take(Event{Kind: Ended, Side: Customer})
	take(Event{Kind: Ended, Side: Desk})
	for _, side := range []Side{Customer, Desk} { // one that was placed because the other ended
		if s.Legs[side].Phase != Gone && s.Legs[side].Phase != Idle {
			take(Event{Kind: Ended, Side: side})
		}
	}
	return s
}

func TestInAnyOrderOfEvents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var timers, pressed, placed [2]bool
		s := random(t, func(ev Event, s State, out []Effect) {
			pressed[ev.Side] = pressed[ev.Side] || ev.Kind == Digit && ev.Digit == '1'
			for _, e := range out {
				switch e := e.(type) {
				case Place:
					if placed[e.Side] {
						t.Fatalf("the %s is rung twice", e.Side)
					}
					placed[e.Side] = true
				case Join:
					if pressed != [2]bool{true, true} || s.Legs[Desk].Phase != Talking || s.Legs[Customer].Phase != Talking {
						t.Fatalf("connected without a key of each: %v, %+v", pressed, s)
					}
				case Wake:
					if e.Timer == wait {
						timers[e.Side] = e.After > 0
					}
				default:
				}
			}
			for _, side := range []Side{Desk, Customer} {
				l := s.Legs[side]
				switch l.Phase {
				case Waiting, Leaving, Rating, Asking, Hearing: // never silence for long, and never for good
					if !l.Playing && !timers[side] {
						t.Fatalf("the %s is in phase %d, and hears nothing more", side, l.Phase)
					}
				default:
				}
			}
			if s.Over && (s.Outcome == "" || s.Why == "") {
				t.Fatalf("over without an outcome: %+v", s)
			}
		})
		if !s.Over {
			t.Fatalf("not over though both are gone: %+v", s)
		}
	})
}

// One of the people is asked whether he takes a caller who is on the line: only his 1 connects, keys give him no more time, and nobody is
// rung by us or told anything but him.
func TestACallerOnTheLine(t *testing.T) {
	const asked = "agent hears desk.caller <0201234567> desk.waits desk.decline"
	for _, row := range []struct {
		name   string
		events []string
		want   []string
	}{
		{"he presses 1", []string{"desk answers", "desk presses 1"}, []string{"> desk answers", asked, "> desk presses 1", "join", "stage talking"}},
		{"he is asked again", []string{"desk answers", "desk heard", "desk silent", "desk presses 5"},
			[]string{"> desk answers", asked, "> desk heard", "> desk silent", asked, "> desk presses 5", asked}},
		{"a voicemail", []string{"desk answers", "desk heard", "desk late"}, []string{"> desk answers", asked, "> desk heard", "> desk late", "release the agent", "customer hears called.none"}},
		{"he presses it away", []string{"desk answers", "desk presses 9", "desk heard"},
			[]string{"> desk answers", asked, "> desk presses 9", "agent hears desk.bye", "customer hears called.none", "> desk heard", "release the agent"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := attempt(func(a *Attempt) { a.Live, a.Job.Message = true, "" })
			s, now := Live(), noon
			var done []string
			waits := 0
			for _, e := range row.events {
				now = now.Add(time.Second)
				var out []Effect
				s, out = a.Step(s, parse(t, e), now)
				for _, one := range out {
					if w, ok := one.(Wake); ok && w.Timer == deadline && w.After > 0 {
						if waits++; w.After != liveWait || waits > 1 {
							t.Errorf("after %q he has %v", e, w.After)
						}
					}
				}
				done = append(append(done, "> "+e), lines(out)...)
			}
			if !slices.Equal(done, row.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(done, "\n"), strings.Join(row.want, "\n"))
			}
		})
	}
}
