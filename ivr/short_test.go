package ivr_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"wissel/ivr"
)

// lasting is a catalogue in which every prompt lasts as long as its name says.
type lasting struct{}

func (lasting) Has(string, string) bool { return true }
func (lasting) Duration(_, id string) time.Duration {
	d, err := time.ParseDuration(id)
	if err != nil {
		return 0
	}
	return d
}

func crowdFlow() ivr.Source {
	return ivr.Source{
		Flow: "druk", Start: "hello", Short: "hello", Languages: []ivr.Language{{ID: "nl", Key: "1"}},
		Steps: map[string]ivr.Node{
			"hello": {Say: &ivr.Say{Play: []string{"12s"}, Next: "menu"}},
			"menu": {Menu: &ivr.Menu{
				Asking: ivr.Asking{Play: []string{"3s"}, Wrong: []string{"1s"}, Silence: []string{"2s"}, Wait: 4 * time.Second, Tries: 2, After: "bye"},
				Keys:   map[string]string{"1": "text"},
			}},
			"text": {Wish: &ivr.WishStep{
				Kind: "text", Own: []string{"1s"}, OwnAsk: []string{"1s"}, Ask: []string{"1s"}, Invalid: []string{"1s"}, Readback: []string{"1s"}, Confirm: []string{"1s"},
				Wrong: []string{"1s"}, Silence: []string{"1s"}, Saving: []string{"1s"}, Done: []string{"1s"}, Failed: []string{"1s"}, After: "bye", Back: "menu", Next: "bye", Else: "bye",
			}},
			"bye": {End: &ivr.Ending{Play: []string{"2s"}}},
		},
	}
}

func TestShortParts(t *testing.T) {
	for _, row := range []struct {
		name string
		edit func(*ivr.Source)
		want string // in the one problem; empty: none
	}{
		{"short enough", func(*ivr.Source) {}, ""},
		{"15 s of message", func(s *ivr.Source) { s.Steps["hello"].Say.Play = []string{"15s"} }, ""},
		{"more than 15 s of message", func(s *ivr.Source) { s.Steps["hello"].Say.Play = []string{"15.1s"} }, "hear 15.1s until their first choice"},
		{"no such step", func(s *ivr.Source) { s.Short = "nowhere" }, `there is no step "nowhere"`},
		{"key 1 is for calls", func(s *ivr.Source) { s.Steps["text"].Wish.Kind = "callback" }, "key 1 is for texts"},
		{"key 1 is for both", func(s *ivr.Source) { s.Steps["text"].Wish.Kind = "both" }, ""},
		{"a menu said four times", func(s *ivr.Source) { s.Steps["menu"].Menu.Tries = 4 }, "at most 3 times"},
		{"somebody is rung", func(s *ivr.Source) { s.Steps["bye"] = ivr.Node{Dial: &ivr.Dialling{Target: "desk"}} }, "longer than a crowd has"},
		{"85 s of silence", func(s *ivr.Source) { s.Steps["bye"].End.Play = []string{"57s"} }, ""}, // 12 + 2 * (3 + 4) + 2 + 57
		{"91 s of silence", func(s *ivr.Source) { s.Steps["bye"].End.Play = []string{"63s"} }, "stays 1m31s"},
		{"the long part may be long", func(s *ivr.Source) {
			s.Start = "long"
			s.Steps["long"] = ivr.Node{When: &ivr.When{Cases: []ivr.Case{{If: "crowd", Next: "hello"}}, Else: "speech"}}
			s.Steps["speech"] = ivr.Node{Say: &ivr.Say{Play: []string{"80s"}, Next: "adieu"}}
			s.Steps["adieu"] = ivr.Node{End: &ivr.Ending{Play: []string{"80s"}}}
		}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			src := crowdFlow()
			row.edit(&src)
			_, problems := ivr.Compile(src, lasting{})
			if row.want == "" && len(problems) > 0 || row.want != "" && (len(problems) != 1 || !strings.Contains(problems[0].Msg, row.want)) {
				t.Errorf("got %v, want %q", problems, row.want)
			}
		})
	}
}

// One who goes round in the short part is led out after eight steps.
func TestCrowdIsNotKeptByKeys(t *testing.T) {
	p, problems := ivr.Compile(crowdFlow(), lasting{})
	if p == nil {
		t.Fatal(problems)
	}
	w := ivr.Walk{
		Program: p.With(numbering{}), State: ivr.NewState(ivr.Caller{From: "+31612345678"}), Began: monday,
		Sound: func(ivr.Prompt) time.Duration { return time.Second },
	}
	keys := slices.Repeat([]string{"1", "*"}, 50) // the text, and back to the menu
	if !w.Follow(keys, 10*time.Minute) {
		t.Fatal("he is never let go")
	}
	if w.At > 90*time.Second {
		t.Errorf("he stayed %v", w.At)
	}
}

func TestPaidFlows(t *testing.T) {
	for _, row := range []struct {
		name string
		edit func(*ivr.Source)
		want string
	}{
		{"a callback first, and soon", func(s *ivr.Source) { s.Steps["text"].Wish.Kind = "callback" }, ""},
		{"texts first", func(*ivr.Source) {}, "step menu: the first key leads to no callback"},
		{"a callback by another key", func(s *ivr.Source) {
			call := *s.Steps["text"].Wish
			call.Kind = "callback"
			s.Steps["call"], s.Steps["menu"].Menu.Keys["2"] = ivr.Node{Wish: &call}, "call"
		}, "step menu: the first key leads to no callback"},
		{"late", func(s *ivr.Source) {
			s.Steps["text"].Wish.Kind, s.Steps["hello"].Say.Play = "callback", []string{"16s"}
		}, "step menu: they hear 16s in language nl"},
		{"he waits", func(s *ivr.Source) {
			s.Steps["text"].Wish.Kind, s.Steps["bye"] = "callback", ivr.Node{Dial: &ivr.Dialling{Target: "desk"}}
		}, "step bye: they are handed on to desk"},
	} {
		t.Run(row.name, func(t *testing.T) {
			src := crowdFlow()
			src.Short = ""
			row.edit(&src)
			p, problems := ivr.Compile(src, lasting{})
			if p == nil {
				t.Fatal(problems)
			}
			got := p.Paid(lasting{})
			if row.want == "" && len(got) > 0 || row.want != "" && (len(got) != 1 || !strings.Contains(got[0], row.want)) {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}
