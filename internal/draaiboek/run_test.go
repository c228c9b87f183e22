package draaiboek

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestARunGoesToItsEnd(t *testing.T) {
	a := toPlan("storing", "support", "storing")
	a.Expect = &Expect{Observation: Observation{That: "plan.support == 'storing'"}}
	p := begun(t, whole(t, plain(a, asking("sure"), Step{Name: "told", Action: Action{Notify: &Notify{Teams: []string{"staff"}, Say: "down"}}})))
	p.did(Do, "storing/do.1", "plan normaal")
	p.send(Event{Kind: Looked, Key: p.want(Look, "storing/look.1").Key, Result: Yes, Said: "3 of 3"})
	p.send(Event{Kind: Answered, By: "bob", Via: "cli", Step: "sure", Choice: "2"})
	p.did(Do, "told/do.1", "")
	p.state(Finished)
	p.want(Over, "over")
	if p.r.Answers["sure"] != "no" || p.r.Steps[0].Evidence != "3 of 3" || p.r.Steps[1].Evidence != "bob said no" {
		t.Errorf("%+v", p.r)
	}
}

// Each who is asked has a code of his own; the first answer counts, the second hears whose that was, and so does one who is late.
func TestCodes(t *testing.T) {
	p := begun(t, whole(t, plain(asking("sure"), asking("more"))))
	anna := p.want(AskOne, "home/anna").Code
	p.pass(2 * time.Minute)
	bob := p.want(AskOne, "home/bob").Code
	if anna == bob || len(anna) != 6 {
		t.Fatalf("%q, %q", anna, bob)
	}
	forged := "123456"
	if forged == anna || forged == bob {
		forged = "654321"
	}
	p.send(Event{Kind: Answered, Via: ByText, By: "anna", Code: forged, Choice: "yes"}) // a sender's number proves nothing
	if len(p.r.Open) != 1 || p.r.Open[0].Wrong != 1 {
		t.Fatalf("a forged text counts: %+v", p.r.Open)
	}
	p.send(Event{Kind: Answered, Via: ByText, Code: bob, Choice: "perhaps"})
	if n := p.want(TellOne, "").Notice; n.Kind != NotOne || p.r.Answers["sure"] != "" {
		t.Fatalf("%+v", n)
	}
	p.send(Event{Kind: Answered, Via: ByText, Code: bob, Choice: "no"})
	second := p.want(AskOne, "home/anna").Code
	p.send(Event{Kind: Answered, Via: ByText, Code: anna, Choice: "yes"})
	if e := p.want(TellOne, ""); e.Person != "home/anna" || e.Notice.Kind != TookFirst || e.Notice.By != "bob" || e.Notice.Choice != "no" || p.r.Answers["sure"] != "no" {
		t.Fatalf("%+v", e)
	}
	p.send(Event{Kind: Answered, Via: ByText, Code: bob, Choice: "no"}) // it was good once
	if p.r.Answers["more"] != "" {
		t.Fatal("a code was good twice")
	}
	p.pass(10 * time.Minute)
	p.send(Event{Kind: Answered, Via: ByText, Code: second, Choice: "no"})
	if n := p.want(TellOne, "").Notice; n.Kind != TooLate || n.Choice != "yes" || p.r.Answers["more"] != "yes" {
		t.Fatalf("%+v", n)
	}
}

func TestWhoGuessesCodesIsHeardNoMore(t *testing.T) {
	p := begun(t, whole(t, plain(asking("sure"))))
	code := p.want(AskOne, "home/anna").Code
	for range mostWrong {
		p.send(Event{Kind: Answered, Via: ByText, Code: "guess", Choice: "yes"})
	}
	if len(p.r.Alarms) != 1 || p.want(TellOne, "").Notice.Kind != NoTexts {
		t.Fatalf("%v", p.r.Alarms)
	}
	p.send(Event{Kind: Answered, Via: ByText, Code: code, Choice: "no"})
	if p.state(Running); p.want(TellOne, "").Notice.Kind != NoTexts {
		t.Fatal("a text counts after all")
	}
	p.send(Event{Kind: Answered, By: "anna", Via: "cli", Choice: "no"})
	p.state(Finished)
}

func TestNobodyAnswers(t *testing.T) {
	p := begun(t, whole(t, plain(asking("sure"))))
	for range 12 {
		p.pass(time.Minute)
	}
	p.state(Finished)
	if p.r.Answers["sure"] != "yes" || p.r.Steps[0].Evidence != "nobody answered, so yes" {
		t.Errorf("%+v", p.r.Steps)
	}
}

func TestASecondPersonAgrees(t *testing.T) {
	s := plain(Step{Name: "a", Note: both("x")})
	s.Second = true
	s = whole(t, s)
	p := begun(t, s)
	p.state(Proposed)
	if p.want(AskOne, "").Person != "home/bob" {
		t.Fatal("he who starts it is asked")
	}
	p.send(Event{Kind: Answered, By: "anna", Via: "cli", Choice: Begin})
	if p.state(Proposed); p.want(TellOne, "").Notice.Kind != Another {
		t.Fatal("he agrees with himself")
	}
	p.send(Event{Kind: Answered, By: "bob", Via: "cli", Choice: Begin})
	p.state(Finished)

	nobody := begun(t, s)
	nobody.pass(15 * time.Minute)
	nobody.state(Refused)

	glass := begun(t, s, func(ev *Event) { ev.Glass = true })
	glass.state(Finished)

	trigger := begun(t, s, func(ev *Event) { ev.Proposed, ev.By = true, "trigger: genesys is down" })
	trigger.send(Event{Kind: Answered, By: "anna", Via: "cli", Choice: Begin})
	trigger.send(Event{Kind: Answered, By: "anna", Via: "cli", Choice: Begin})
	trigger.state(Proposed)
	trigger.send(Event{Kind: Answered, By: "bob", Via: "cli", Choice: Begin})
	trigger.state(Finished)
}

func TestNothingBeginsWithoutWhatItNeeds(t *testing.T) {
	s := plain(toPlan("a", "support", "storing"))
	s.Needs = []Observation{{That: "network", Why: both("no network")}}
	s = whole(t, s)
	p := begun(t, s)
	p.state(Waiting)
	p.none(Do)
	p.send(Event{Kind: Looked, Key: p.want(Look, "need.1").Key, Result: No, Said: "our network does not reach out"})
	p.state(Waiting)
	p.none(Do)
	p.pass(time.Minute)
	p.send(Event{Kind: Looked, Key: p.want(Look, "need.1").Key, Result: Yes})
	p.state(Running)
	p.want(Do, "a/do.1")

	late := begun(t, s)
	late.send(Event{Kind: Looked, Key: late.want(Look, "need.1").Key, Result: No, Said: "no network"})
	late.pass(time.Hour)
	if late.state(Refused); !strings.Contains(late.r.Why, "no network") {
		t.Errorf("%q", late.r.Why)
	}
	despite := begun(t, s)
	despite.send(Event{Kind: Skipping, By: "anna", Reason: "I see it"})
	despite.want(Do, "a/do.1")
}

func TestWhatIsNotSeenIsAskedAbout(t *testing.T) {
	a := toPlan("a", "support", "storing")
	a.Expect = &Expect{Observation: Observation{That: "plan.support == 'storing'"}}
	p := begun(t, whole(t, plain(a, Step{Name: "b", Note: both("x")})))
	p.did(Do, "a/do.1", "before")
	p.send(Event{Kind: Looked, Key: p.want(Look, "a/look.1").Key, Result: No, Said: "1 of 3"})
	p.pass(30 * time.Second)
	if q := p.r.Open[0]; q.For != ToMend || !strings.Contains(q.Why, "not seen within 30s: 1 of 3") {
		t.Fatalf("%+v", q)
	}
	p.send(Event{Kind: Answered, By: "anna", Via: "cli", Choice: Again})
	p.did(Do, "a/do.2", "later")
	p.send(Event{Kind: Looked, Key: "r1/a/look.1", Result: Yes}) // of the first try
	p.state(Running)
	p.pass(30 * time.Second)
	p.pass(10 * time.Minute)
	p.state(Stopped) // nobody answered
	p.send(Event{Kind: Reverted, By: "anna"})
	if e := p.want(Undoes, "a/undo.1"); fmt.Sprint(e.Of) != "[r1/a/do.1 r1/a/do.2]" || e.Before != "before" {
		t.Errorf("it goes back to how the second try found it: %+v", e)
	}
	p.did(Undoes, "", "")
	p.state(Undone)
}

// A first try of which nobody knows what came of it is undone with the second that failed.
func TestWhatMayHaveBeenDoneIsUndone(t *testing.T) {
	p := begun(t, whole(t, plain(toPlan("a", "support", "storing"))))
	p.pass(2 * time.Minute)
	p.send(Event{Kind: Recalled, Key: p.want(Recall, "a/do.1").Key, Result: Unknown})
	p.pass(30 * time.Second)
	p.send(Event{Kind: Answered, By: "anna", Via: "cli", Choice: Again})
	p.send(Event{Kind: Did, Key: p.want(Do, "a/do.2").Key, Result: No, Said: "refused"})
	p.send(Event{Kind: Reverted, By: "anna"})
	p.want(Undoes, "a/undo.1")
}

func TestWhatFailedChangedNothing(t *testing.T) {
	p := begun(t, whole(t, plain(toPlan("a", "support", "storing"))))
	p.send(Event{Kind: Did, Key: p.want(Do, "a/do.1").Key, Result: No, Said: "refused"})
	p.send(Event{Kind: Reverted, By: "anna"})
	p.none(Undoes)
	p.state(Undone)
}

func TestARestartAsksBeforeItRepeats(t *testing.T) {
	p := begun(t, whole(t, plain(toPlan("a", "support", "storing"), toPlan("b", "sales", "normaal"))))
	p.r = Fold(p.log)
	p.send(Event{Kind: Restarted})
	p.none(Do)
	key := p.want(Recall, "a/do.1").Key
	p.send(Event{Kind: Recalled, Key: key, Result: Unknown})
	p.none(Do)
	p.send(Event{Kind: Recalled, Key: key, Result: No})
	p.want(Do, "a/do.1") // under the same key
	p.send(Event{Kind: Restarted})
	p.send(Event{Kind: Recalled, Key: key, Result: Yes, Before: "x"})
	if p.want(Do, "b/do.1"); p.r.Steps[0].Before != "x" {
		t.Error("what it changed is forgotten")
	}
}

func TestStopIsSafeAndUndoRunsBackwards(t *testing.T) {
	told := toPlan("c", "sales", "normaal")
	told.Undo = &Undo{Action: Action{Notify: &Notify{Teams: []string{"staff"}, Say: "down"}}}
	kept := toPlan("b", "sales", "normaal")
	kept.Undo = &Undo{Keep: true}
	p := begun(t, whole(t, plain(toPlan("a", "support", "storing"), kept, told, asking("sure"))))
	p.did(Do, "a/do.1", "1")
	p.did(Do, "b/do.1", "2")
	p.send(Event{Kind: Halted, By: "anna", Reason: "wait"})
	p.state(Stopping)
	p.send(Event{Kind: Did, Key: "r1/c/do.1", Result: Yes, Before: "3"})
	p.state(Stopped)
	p.send(Event{Kind: Reverted, By: "anna", Reason: "wrong one"})
	if e := p.want(Undoes, "c/undo.1"); e.Restore || e.Action.Notify == nil {
		t.Errorf("%+v", e)
	}
	p.did(Undoes, "c/undo.1", "")
	if e := p.want(Undoes, "a/undo.1"); !e.Restore || e.Before != "1" || e.Action.Switch == nil {
		t.Errorf("%+v", e)
	}
	p.did(Undoes, "a/undo.1", "")
	p.state(Undone)
}

func TestAStopWaitsForWhatIsUnderWay(t *testing.T) {
	p := begun(t, whole(t, plain(toPlan("a", "support", "storing"), toPlan("b", "sales", "normaal"))))
	do := p.want(Do, "a/do.1")
	p.send(Event{Kind: Halted, By: "anna", Reason: "wait"})
	p.state(Stopping)
	p.send(Event{Kind: Did, Key: do.Key, Result: Yes, Before: "1"})
	p.state(Stopped)
	p.none(Do)
	p.send(Event{Kind: Continued, By: "anna"})
	p.did(Do, "b/do.1", "2")
	p.state(Finished)
}

func TestAnUndoThatFailsStopsThere(t *testing.T) {
	steps := func(t *testing.T) *play {
		p := begun(t, whole(t, plain(toPlan("a", "support", "storing"), toPlan("b", "sales", "normaal"), asking("sure"))))
		p.did(Do, "a/do.1", "1")
		p.did(Do, "b/do.1", "2")
		p.send(Event{Kind: Reverted, By: "anna", Reason: "wrong one"})
		p.send(Event{Kind: Did, Key: p.want(Undoes, "b/undo.1").Key, Result: No, Said: "bob changed it since"})
		p.state(Stuck)
		p.none(Undoes)
		if len(p.r.Alarms) != 1 || !strings.Contains(p.r.Why, "bob changed it since") {
			t.Fatalf("%q %v", p.r.Why, p.r.Alarms)
		}
		return p
	}
	again := steps(t)
	again.send(Event{Kind: Reverted, By: "anna"})
	again.did(Undoes, "b/undo.2", "")
	again.did(Undoes, "a/undo.1", "")
	again.state(Undone)

	skip := steps(t)
	skip.send(Event{Kind: Skipping, By: "anna"})
	skip.did(Undoes, "a/undo.1", "")
	skip.state(Undone)

	stop := steps(t)
	stop.send(Event{Kind: Halted, By: "anna"})
	stop.state(Stopped)
	stop.send(Event{Kind: Continued, By: "anna"}) // half undone it does not go forwards
	stop.state(Stopped)
	stop.send(Event{Kind: Reverted, By: "anna"})
	stop.want(Undoes, "b/undo.2")

	nobody := steps(t)
	for range 400 {
		if nobody.r.State.Over() {
			break
		}
		if e, ok := nobody.find(Undoes, ""); ok {
			nobody.send(Event{Kind: Did, Key: e.Key, Result: No, Said: "no"})
		}
		nobody.pass(time.Minute)
	}
	nobody.state(Left)
}

func TestARunThatNobodyAttends(t *testing.T) {
	s := plain(toPlan("a", "support", "storing"), Step{Name: "w", Until: &Until{Wait: 12 * time.Hour}})
	p := begun(t, whole(t, s))
	p.did(Do, "a/do.1", "1")
	p.pass(59 * time.Minute)
	p.none(AskOne)
	p.pass(time.Minute)
	code := p.want(AskOne, "home/anna").Code
	p.send(Event{Kind: Answered, Via: ByText, Code: code, Choice: "1"})
	p.pass(59 * time.Minute)
	p.none(AskOne)
	p.pass(2 * time.Minute)
	p.pass(15 * time.Minute)
	p.state(Undoing)
	p.did(Undoes, "a/undo.1", "")
	p.state(Undone)

	s.Attend.Then = Keep
	kept := begun(t, whole(t, s))
	kept.did(Do, "a/do.1", "1")
	kept.pass(time.Hour)
	kept.pass(15 * time.Minute)
	kept.state(Left)
	kept.none(Undoes)
	if len(kept.r.Alarms) != 1 {
		t.Error("nobody is told")
	}
}

func TestARunOfAnotherIsLeftOutWhole(t *testing.T) {
	child := plain(toPlan("a", "support", "storing"), asking("done", End), toPlan("b", "support", "normaal"))
	child.Name = "child"
	parent := plain(Step{Name: "x", Run: "child", If: "answers.sure == 'yes'"}, Step{Name: "y", Note: both("y")})
	parent.Steps = append([]Step{asking("sure")}, parent.Steps...)
	s := whole(t, parent, child)
	p := begun(t, s)
	p.send(Event{Kind: Answered, By: "anna", Via: "cli", Choice: "no"})
	p.send(Event{Kind: Looked, Key: p.want(Look, "x/if.0").Key, Result: No, Said: "the answer to sure is no"})
	p.state(Finished)
	p.none(Do)

	taken := begun(t, s)
	taken.send(Event{Kind: Answered, By: "anna", Via: "cli", Choice: "yes"})
	taken.send(Event{Kind: Looked, Key: taken.want(Look, "x/if.0").Key, Result: Yes})
	taken.did(Do, "x/a/do.1", "1")
	taken.send(Event{Kind: Answered, By: "anna", Via: "cli", Step: "x/done", Choice: "yes"}) // the end of the child alone
	taken.state(Finished)
	if i, _ := taken.r.index("y"); taken.r.Steps[i].Phase != Done || taken.r.Steps[i-1].Phase != LeftOut {
		t.Errorf("%+v", taken.r.Steps)
	}
}

func TestAClockThatIsSetBackLetsNothingHappenTwice(t *testing.T) {
	p := begun(t, whole(t, plain(Step{Name: "w", Until: &Until{Wait: 10 * time.Minute}}, asking("sure"))))
	p.pass(9 * time.Minute)
	p.pass(-time.Hour)
	p.pass(time.Minute)
	p.want(AskOne, "home/anna")
	p.pass(-time.Hour)
	p.none(AskOne)
	if wake := p.want(Wake, ""); wake.At.Before(p.r.Now) {
		t.Error("it is to be woken in the past")
	}
}

func TestTwoRunsOfOneGroup(t *testing.T) {
	support, sales := whole(t, plain(toPlan("a", "support", "storing"))), whole(t, plain(toPlan("a", "sales", "normaal")))
	p := begun(t, support)
	if why := Clash([]Run{p.r}, support, false); !strings.Contains(why, "group support") || !strings.Contains(why, "anna") {
		t.Errorf("%q", why)
	}
	if why := Clash([]Run{p.r}, sales, false); why != "" {
		t.Errorf("another group: %q", why)
	}
	if why := Clash([]Run{p.r}, support, true); why != "" {
		t.Errorf("a drill: %q", why)
	}
	p.did(Do, "a/do.1", "")
	if why := Clash([]Run{p.r}, support, false); why != "" {
		t.Errorf("it is over: %q", why)
	}
}

func TestParseAnswer(t *testing.T) {
	for text, want := range map[string]string{
		"123456 1": "123456|1|true", "ja 123456": "123456|ja|true", "Code:123456, ja.": "123456|Code: , ja|true", "123456": "123456||true",
		"1234567 ja": "||false", "ja": "||false", "123456 654321": "||false", "": "||false", "123456 17:30": "123456|17:30|true",
	} {
		code, answer, ok := ParseAnswer(text)
		if got := fmt.Sprintf("%s|%s|%v", code, answer, ok); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestAnswersInWords(t *testing.T) {
	for _, row := range []struct {
		form   Form
		answer string
		well   bool
	}{
		{Link, "https://www.example.nl/storing", true}, {Link, "http://www.example.nl", false}, {Link, "https://a@example.nl", false}, {Link, "javascript:alert(1)", false},
		{Clock, "17:30", true}, {Clock, "24:00", false}, {Clock, "5", false}, {Minutes, "90", true}, {Minutes, "-1", false}, {Minutes, "x", false},
		{Text, "a cable", true}, {Text, "a\ncable", false}, {Text, "", false}, {Text, strings.Repeat("x", 201), false},
	} {
		if got := row.form.Refuse(row.answer) == ""; got != row.well {
			t.Errorf("%s %q: %v", row.form, row.answer, got)
		}
	}
}
