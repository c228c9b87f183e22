package ivr

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wissel"
)

// spoken is a flow for those who press no keys: he speaks, and that is his wish.
func spoken() Source {
	return Source{
		Flow:      "spoken",
		Languages: []Language{{ID: "nl", Key: "1"}},
		Start:     "menu",
		Steps: map[string]Node{
			"menu": {Menu: &Menu{Asking: Asking{Play: []string{"menu"}, Wrong: []string{"wrong"}, Silence: []string{"silent"}, Tries: 2, After: "speak"}, Keys: map[string]string{"1": "callback"}}},
			"speak": {Record: &Recording{
				Play: []string{"speak"}, Silence: []string{"nothing"}, Review: []string{"review"}, Wrong: []string{"wrong"}, After: "bye", Next: "note", Failed: []string{"deaf"}, Else: "menu2",
			}},
			"note":  {Wish: &WishStep{Kind: "by-hand", Saving: []string{"saving"}, Done: []string{"noted"}, Failed: []string{"failed"}, Next: "bye", Else: "menu2", After: "bye"}},
			"menu2": {Menu: &Menu{Asking: Asking{Play: []string{"menu2"}, Wrong: []string{"wrong"}, Silence: []string{"silent"}, Tries: 1, After: "bye"}, Keys: map[string]string{"1": "callback", "2": "note"}}},
			"callback": {Wish: &WishStep{
				Kind: "both", Own: []string{"own"}, OwnAsk: []string{"own-ask"}, Ask: []string{"ask"}, Invalid: []string{"invalid"}, Readback: []string{"heard"},
				Confirm: []string{"right"}, Wrong: []string{"wrong"}, Silence: []string{"silent"}, Saving: []string{"saving"},
				Done: []string{"done"}, Failed: []string{"failed"}, Back: "menu", After: "bye", Next: "bye", Else: "bye",
			}},
			"bye": {End: &Ending{Play: []string{"bye"}}},
		},
	}
}

func speaks(t testing.TB, from wissel.Number) *caller {
	t.Helper()
	p, ps := Compile(spoken(), everything{})
	if len(ps) > 0 {
		t.Fatal(wissel.Problems(ps))
	}
	c := &caller{t: t, p: p.With(plan{own: ours}), s: NewState(Caller{Call: "c1", From: from, Rung: ours, Group: "support", Flow: "spoken"})}
	c.event(Event{Kind: Begin})
	return c
}

// In a script: "r" he spoke for 5 s, "q" he said nothing, "x" it could not be recorded.
func TestOneWhoSpeaks(t *testing.T) {
	for _, row := range []struct {
		name   string
		from   wissel.Number
		script string
		want   string
	}{
		{"silent twice, he is asked to speak", hidden, ".~.~", "wait 6s, play nl/speak"},
		{"and recorded after the tone", hidden, ".~.~.", "play nl/speak, record 1m0s 4s tone, wait 1m10s"},
		{"a key is enough of the question", hidden, ".~.~5", "stop, record 1m0s 4s tone, wait 1m10s"},
		{"he may hear it", hidden, ".~.~.r", "wait 1m10s, unwait, play nl/review"},
		{"no key keeps it", hidden, ".~.~.r.~", "play nl/review, wait 4s, commit by hand, wait 700ms"},
		{"noted, and only then said", hidden, ".~.~.r.~+", "wait 700ms, unwait, play nl/noted"},
		{"a landline is the number to call", fixed, ".~.~.r.~", "wait 4s, commit by hand +31201112233, wait 700ms"},
		{"a foreign number is not", german, ".~.~.r.~", "wait 4s, commit by hand, wait 700ms"},
		{"1 keeps it", hidden, ".~.~.r1", "stop, commit by hand, wait 700ms"},
		{"a hash keeps it", hidden, ".~.~.r#", "stop, commit by hand, wait 700ms"},
		{"2 says it again", hidden, ".~.~.r2", "stop, play nl:himself nl/review"},
		{"3 makes another", hidden, ".~.~.r3.", "play nl/speak, record 1m0s 4s tone, wait 1m10s"},
		{"a wrong key says so", hidden, ".~.~.r9", "stop, play nl/wrong nl/review"},
		{"two wrong keys lose nothing", hidden, ".~.~.r99", "stop, commit by hand, wait 700ms"},
		{"a key ends it", hidden, ".~.~.5", "wait 1m10s, unwait, stop recording, wait 3s"},
		{"and what he said is there", hidden, ".~.~.5r", "wait 3s, unwait, play nl/review"},
		{"nothing said, asked once more", hidden, ".~.~.q", "unwait, play nl/nothing nl/speak"},
		{"nothing said again", hidden, ".~.~.q.q", "wait 1m10s, unwait, play nl/bye"},
		{"it could not be recorded", hidden, ".~.~.x", "unwait, play nl/deaf"},
		{"and on to what works", hidden, ".~.~.x.", "play nl/deaf, play nl/menu2"},
		{"nobody tells of its end", hidden, ".~.~.~", "wait 1m10s, stop recording, play nl/deaf"},
		{"not written, said honestly", hidden, ".~.~.r.~-", "unwait, play nl/failed"},
		{"and tried again", hidden, ".~.~.r.~-.2", "stop, commit by hand, wait 700ms"},
		{"the store is slow", hidden, ".~.~.r.~~", "wait 700ms, play nl/saving, wait 4.3s"},
		{"what was noted is not noted again", hidden, ".~.~.r.~+.", "play nl/noted, play nl/bye"},
		{"gone while he speaks", hidden, ".~.~.!", "wait 1m10s, commit by hand of 2s"},
		{"gone while he is asked", hidden, ".~.~!", "wait 6s, play nl/speak"},
		{"gone while he may hear it", hidden, ".~.~.r!", "play nl/review, commit by hand"},
		{"gone while it is written", hidden, ".~.~.r.~!", "commit by hand, wait 700ms"},
		{"gone once it is noted", hidden, ".~.~.r.~+!", "unwait, play nl/noted"},
		{"after a restart he speaks anew", hidden, ".~.~.@", "unwait, play nl/speak"},
		{"both at once, on a mobile number", mobile, "11", "stop, commit both +31612345678, wait 700ms"},
		{"both need a mobile number", fixed, "1", "stop, play nl/ask"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := speaks(t, row.from)
			c.do(row.script)
			if got := c.tail(strings.Count(row.want, ", ") + 1); got != row.want {
				t.Errorf("got  %s\nwant %s\nall: %s", got, row.want, strings.Join(c.log, "\n     "))
			}
		})
	}
}

// Each order of events leaves at most one wish for a recording, and none for one that was replaced.
func TestARecordingIsOneWish(t *testing.T) {
	for _, script := range []string{".~.~.r.~+.!", ".~.~.r1+!", ".~.~.r3.r1+!", ".~.~.r3.r!", ".~.~.r1!", ".~.~.5r2.~+!"} {
		c := speaks(t, fixed)
		c.do(script)
		if n := strings.Count(strings.Join(c.log, ","), "commit"); n != 1 {
			t.Errorf("%s: %d wishes\n%s", script, n, strings.Join(c.log, "\n"))
		}
	}
	c := speaks(t, fixed)
	c.do(".~.~.r1")
	want := wissel.Wish{
		Call: "c1", Kind: wissel.WishCallback, Number: fixed, Rung: ours, Group: "support", Flow: "spoken", Language: "nl", At: noon.Add(c.past), Choices: []string{"speak=recorded"}, ByHand: true,
	}
	if diff := cmp.Diff(want, c.wish); diff != "" {
		t.Error(diff)
	}
}

func TestRecordingsThatAreRefused(t *testing.T) {
	for _, row := range []struct {
		edit func(*Source)
		path string
		says string
	}{
		{func(s *Source) { s.Steps["speak"].Record.Longest = time.Hour }, "steps.speak.record.longest", "outside 10s to 2m0s"},
		{func(s *Source) { s.Steps["speak"].Record.Quiet = time.Minute }, "steps.speak.record.quiet", "outside 2s to 15s"},
		{func(s *Source) { s.Steps["speak"].Record.Silence = nil }, "steps.speak.record.silence", "is missing"},
		{func(s *Source) { s.Steps["speak"].Record.Wrong = nil }, "steps.speak.record.wrong", "is missing"},
		{func(s *Source) { s.Steps["speak"].Record.Failed = nil }, "steps.speak.record.failed", "is missing"},
		{func(s *Source) { s.Steps["speak"].Record.After = "" }, "steps.speak.record.after", "is missing"},
		{func(s *Source) { s.Steps["speak"].Record.Next = "speak" }, "steps.speak", "dead end"},
		{func(s *Source) { s.Steps["note"].Wish.Done = nil }, "steps.note.wish.done", "is missing"},
		{func(s *Source) { s.Steps["note"].Wish.Next = "menu" }, "steps.menu", "dead end"},
	} {
		src := spoken()
		row.edit(&src)
		if _, ps := Compile(src, everything{}); !slices.ContainsFunc(ps, func(p wissel.Problem) bool { return p.Path == row.path && strings.Contains(p.Msg, row.says) }) {
			t.Errorf("got %v, want %s: … %s …", ps, row.path, row.says)
		}
	}
	src := spoken()
	src.Steps["speak"].Record.Review, src.Steps["speak"].Record.Wrong = nil, nil
	if _, ps := Compile(src, everything{}); len(ps) > 0 {
		t.Error(ps)
	}
}
