package statuspage_test

import (
	"testing"
	"time"

	"wissel"
	"wissel/internal/statuspage"
)

var began = time.Date(2026, 6, 3, 12, 0, 0, 0, time.UTC)

func at(min int) time.Time { return began.Add(time.Duration(min) * time.Minute) }

// said is a message of minute live, the nth of its group.
func said(n, live int, with ...func(*wissel.Message)) wissel.Message {
	m := wissel.Message{
		Row: wissel.Row{ID: string(rune('a' + n)), Generation: uint64(n + 1)}, Group: "support", Live: at(live), Next: at(live + 30),
		Said: []wissel.Said{{Lang: "en", Sound: "en.wav"}, {Lang: "nl", Text: "Er is een storing.", Sound: "nl.wav"}},
	}
	for _, f := range with {
		f(&m)
	}
	return m
}

func until(min int) func(*wissel.Message) { return func(m *wissel.Message) { m.Until = at(min) } }
func ended(min int) func(*wissel.Message) { return func(m *wissel.Message) { m.Ended = at(min) } }

func TestWhatWasTheMatter(t *testing.T) {
	type want struct {
		updates     string // of each, newest first
		ended       int    // minute; -1: it goes on
		heard       bool
		until, next int // minutes; -1: none
	}
	for _, row := range []struct {
		name string
		all  []wissel.Message
		now  int
		want []want
	}{
		{"nothing", nil, 5, nil},
		{"a message", []wissel.Message{said(0, 0, until(60))}, 5, []want{{"a", -1, true, 60, 30}}},
		{"its next update is overdue", []wissel.Message{said(0, 0)}, 31, []want{{"a", -1, true, -1, -1}}},
		{"its end has passed", []wissel.Message{said(0, 0, until(60))}, 61, []want{{"a", -1, false, -1, -1}}},
		{"a second one, which another order of rows does not change", []wissel.Message{said(1, 20), said(0, 0)}, 25, []want{{"ba", -1, true, -1, 50}}},
		{"ended", []wissel.Message{said(0, 0), said(1, 20, ended(40))}, 45, []want{{"ba", 40, false, -1, -1}}},
		{"another after one that was ended", []wissel.Message{said(0, 0, ended(40)), said(1, 50)}, 55, []want{{"b", -1, true, -1, 80}, {"a", 40, false, -1, -1}}},
		{"one soon after an end that passed goes on with it", []wissel.Message{said(0, 0, until(60)), said(1, 90)}, 95, []want{{"ba", -1, true, -1, 120}}},
		{"one long after an end that passed is another", []wissel.Message{said(0, 0, until(60)), said(1, 60+13*60)}, 60 + 13*60, []want{{"b", -1, true, -1, 870}, {"a", 60, false, -1, -1}}},
		{"ended more than a week ago", []wissel.Message{said(0, 0, ended(40))}, 41 + 7*24*60, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := statuspage.Incidents(row.all, at(row.now))
			if len(got) != len(row.want) {
				t.Fatalf("%+v", got)
			}
			minute := func(t time.Time) int {
				if t.IsZero() {
					return -1
				}
				return int(t.Sub(began) / time.Minute)
			}
			for i, one := range got {
				ids := ""
				for _, u := range one.Updates {
					ids += u.ID
				}
				if is := (want{ids, minute(one.Ended), one.Heard, minute(one.Until), minute(one.Next)}); is != row.want[i] {
					t.Errorf("%+v, want %+v", is, row.want[i])
				}
			}
		})
	}
}

func TestAPageStaysSmall(t *testing.T) {
	var all []wissel.Message
	for i := range 500 {
		all = append(all, said(i, i))
	}
	if got := statuspage.Incidents(all, at(500)); len(got) != 1 || len(got[0].Updates) != 20 || !got[0].Updates[0].At.Equal(at(499)) {
		t.Errorf("%d incidents, of which the first has %d updates", len(got), len(got[0].Updates))
	}
	all = nil
	for i := range 100 {
		all = append(all, said(i, 2*i, ended(2*i+1)))
	}
	if got := statuspage.Incidents(all, at(500)); len(got) != 5 || !got[0].Began.Equal(at(198)) {
		t.Errorf("%d incidents", len(got))
	}
}
