package ivr_test

import (
	"strings"
	"testing"

	"wissel/ivr"
)

func TestFlowsHeardUnanswered(t *testing.T) {
	for _, row := range []struct {
		name string
		edit func(*ivr.Source)
		want string // in the one problem; empty: none
	}{
		{"30 s without a key", func(*ivr.Source) {}, ""},
		{"more than 30 s", func(s *ivr.Source) { s.Steps["bye"].End.Play = []string{"10.1s"} }, "30.1s of an unanswered call"},
		{"a menu", func(s *ivr.Source) { s.Steps["hello"], s.Steps["menu"] = say("2s", "menu"), crowdFlow().Steps["menu"] }, "steps.menu: needs a call that is answered"},
		{"somebody is rung", func(s *ivr.Source) { s.Steps["bye"] = ivr.Node{Dial: &ivr.Dialling{Target: "desk"}} }, "steps.bye: needs a call that is answered"},
		{"a word that is none", func(s *ivr.Source) { s.Answer = "late" }, `answer: "late" is neither true`},
		{"answered, and longer", func(s *ivr.Source) { s.Answer, s.Steps["bye"].End.Play = "true", []string{"60s"} }, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			src := ivr.Source{
				Flow: "zacht", Answer: "early", Start: "hello", Languages: []ivr.Language{{ID: "nl", Key: "1"}},
				Steps: map[string]ivr.Node{"hello": say("20s", "bye"), "bye": {End: &ivr.Ending{Play: []string{"10s"}}}},
			}
			row.edit(&src)
			if src.Steps["menu"].Menu != nil { // with what it leads to
				src.Steps["text"] = ivr.Node{Goto: "bye"}
			}
			p, problems := ivr.Compile(src, lasting{})
			if row.want == "" && len(problems) > 0 || row.want != "" && (len(problems) != 1 || !strings.Contains(problems[0].String(), row.want)) {
				t.Errorf("got %v, want %q", problems, row.want)
			}
			if p != nil && p.Early() != (src.Answer == "early") {
				t.Errorf("early: %v", p.Early())
			}
		})
	}
}

func say(id, next string) ivr.Node { return ivr.Node{Say: &ivr.Say{Play: []string{id}, Next: next}} }
