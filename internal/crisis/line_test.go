package crisis

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wissel"
)

const login = annasPIN + "#55555555#"

// live gives support a message in two languages; past is one that nobody has moved.
func live(v *View) {
	v.Groups[1].Message = &Message{ID: "m1", Name: "a", Langs: []string{"en", "nl"}, Since: night.Add(-time.Hour), Until: night.Add(time.Hour)}
}

func past(v *View) {
	live(v)
	v.Groups[1].Message.Until, v.Groups[1].Message.Lapsed = night.Add(-10*time.Minute), true
}

func TestWhatIsHeard(t *testing.T) {
	for _, row := range []struct {
		name  string
		view  func(v *View)
		keys  string
		heard string // by the last Play
	}{
		{"the beginning", nil, "", "welcome pin no-pin"},
		{"the code is asked for, whatever the PIN was", nil, "1#", "code"},
		{"nothing tells what was wrong", nil, "1#2#", "denied pin no-pin"},
		{"the right PIN with a wrong code", nil, annasPIN + "#2#", "denied pin no-pin"},
		{"a wrong PIN with the right code", nil, "1#55555555#", "denied pin no-pin"},
		{"he is in, and hears the server's clock", nil, login, "in codes-left 7 clock 03:14 menu-state menu-switch menu-message menu.language"},
		{"nothing can be written", func(v *View) { v.Unwell = true }, login, "in codes-left 7 clock 03:14 unwell menu-state menu-switch menu-message menu.language"},
		{"the server stops", func(v *View) { v.Draining = true }, login, "in codes-left 7 clock 03:14 draining menu-state menu-switch menu-message menu.language"},
		{"star takes a mistyped PIN back", nil, "12345*" + login, "in codes-left 7 clock 03:14 menu-state menu-switch menu-message menu.language"},
		{"the state of a line by its number", nil, login + "1", "line 0207654321 on plan 1 to-platform calls 0"},
		{"and of one by its name", nil, login + "1#", "line group.support on plan 1 to-platform calls 12 wishes 3"},
		{"a pin, and what leads is down", func(v *View) {
			v.Groups[1].Pin, v.Groups[1].Since, v.Groups[1].Down = &Pin{To: Carrier, Until: night.Add(4 * time.Hour)}, night.Add(-3*time.Hour), true
		}, login + "1#", "line group.support pinned to-carrier until 07:14 since 00:14 first-down calls 12 wishes 3"},
		{"a pin for a part", func(v *View) { v.Groups[0].Pin = &Pin{To: Carrier, Until: night.Add(time.Hour), Share: true} }, login + "1",
			"line 0207654321 on plan 1 to-platform pinned-part calls 0"},
		{"a switch of wissel's own", func(v *View) {
			v.Groups[1].Away, v.Groups[1].First, v.Groups[1].Since = true, Carrier, night.Add(-time.Hour)
		}, login + "1#", "line group.support on plan 1 to-platform away to-carrier since 02:14 calls 12 wishes 3"},
		{"a message is live", func(v *View) {
			v.Groups[1].Message = &Message{Name: "a", Since: night.Add(-time.Hour), Until: night.Add(time.Hour)}
		}, login + "1#", "line group.support on plan 1 to-platform calls 12 wishes 3 message-since 02:14 expected 04:14"},
		{"lines to choose from", nil, login + "2", "press 1 for line 0207654321 press 2 for line group.support back"},
		{"plans to choose from", nil, login + "22", "line group.support on plan 1 to-platform press 1 for plan 1 to-platform press 2 for plan plan.storing to-flow back"},
		{"what is chosen can be let go", func(v *View) { v.Groups[1].Chosen, v.Groups[1].Plan = true, "storing" }, login + "22",
			"line group.support on plan plan.storing to-flow press 1 for-auto press 2 for plan 1 to-platform press 3 for plan plan.storing to-flow back"},
		{"it is read back", nil, login + "222", "you-set line group.support to plan plan.storing to-flow"},
		{"under a pin it says so", func(v *View) { v.Groups[1].Pin = &Pin{To: Carrier, Until: night.Add(time.Hour)} }, login + "223", "you-set line group.support to plan plan.storing to-flow pin-stays"},
		{"and asked", nil, login + "222,", "confirm"},
		{"two persons", func(v *View) { v.Groups[1].FourEyes = true }, login + "222,", "confirm-two"},
		{"a proposal of another", func(v *View) { v.Proposals = []Proposal{{ID: "4f7k2", Group: "support", Plan: "storing"}} }, login + "4", "proposal line group.support to plan plan.storing to-flow judge back"},
		{"the message, of which there is none", nil, login + "32", "line group.support message-none message-new menu.language back"},
		{"one that is live", live, login + "32", "line group.support message-since 02:14 expected 04:14 message-hear message-new message-end message-extend menu.language back"},
		{"one that is past its end", past, login + "32", "line group.support message-past 03:04 message-hear message-new message-end message-extend menu.language back"},
		{"one whose end is past, told", past, login + "1#", "line group.support on plan 1 to-platform calls 12 wishes 3 message-past 03:04"},
		{"one whose end is past, to colleagues", past, "*1#", "line group.support staff-usual"},
		{"the message in the other language", live, login + "329", "line group.support message-since 02:14 expected 04:14 message-hear message-new message-end message-extend menu.language back"},
		{"how to speak", nil, login + "322", "speak"},
		{"what he said is not used unseen", nil, login + "322,#", "review"},
		{"the time is asked for", nil, login + "322,#1", "ask-end"},
		{"it is read back with his own voice", nil, login + "322,#11430#", "you-publish line group.support will-hear (himself) expected 14:30 other-languages"},
		{"and without a time", nil, login + "322,#1#", "you-publish line group.support will-hear (himself) no-end other-languages"},
		{"a time that is none", nil, login + "322,#12530#", "bad-time ask-end"},
		{"callers of another language hear the message of before", live, login + "322,#1#", "others-now (a en) still-right"},
		{"none of his own language is asked about", live, login + "329" + "2,#1#", "others-now (a) still-right"},
		{"what is still right goes on", live, login + "322,#11430#1", "you-publish line group.support will-hear (himself) expected 14:30 others-keep"},
		{"what is not does not", live, login + "322,#11430#2", "you-publish line group.support will-hear (himself) expected 14:30 other-languages"},
		{"another key says neither", live, login + "322,#1#3", "key.wrong others-now (a en) still-right"},
		{"what is past its end is not asked about", past, login + "322,#1#", "you-publish line group.support will-hear (himself) no-end other-languages"},
		{"until when it is to hold", live, login + "324", "ask-extend same-end"},
		{"a longer time is read back", live, login + "3241800#", "you-extend line group.support goes-on expected 18:00"},
		{"its end as it is", live, login + "324#", "you-extend line group.support goes-on expected 04:14"},
		{"one without an end", func(v *View) { v.Groups[1].Message = &Message{ID: "m", Name: "a", Langs: []string{"nl"}, Since: night} }, login + "324#", "you-extend line group.support goes-on no-end"},
		{"what is past needs a time", past, login + "324#", "bad-time ask-extend"},
		{"of what is past it is not said that its end may stay", past, login + "324", "ask-extend"},
		{"and has one", past, login + "3240500#", "you-extend line group.support goes-on expected 05:00"},
		{"a time of tomorrow", nil, login + "322,#10200#", "you-publish line group.support will-hear (himself) expected 01-12 02:00 other-languages"},
		{"for colleagues", nil, "*1", "staff.text line 0207654321 staff-usual"},
		{"who hear what callers hear", func(v *View) { v.Groups[0].Message = &Message{Name: "a", Since: night, Until: night.Add(time.Hour)} }, "*1",
			"staff.text line 0207654321 staff-hear (a) expected 04:14"},
		{"and how to hear it again", nil, "*1##", "staff-again"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := begun(t)
			if row.view != nil {
				row.view(&w.view)
			}
			w.press(row.keys)
			if got := w.last(1); got != row.heard {
				t.Errorf("heard %q\nwant  %q", got, row.heard)
			}
		})
	}
}

func TestWhatIsDone(t *testing.T) {
	proposal := func(v *View) { v.Proposals = []Proposal{{ID: "4f7k2", Group: "support", Plan: "storing"}} }
	four := func(v *View) { v.Groups[1].FourEyes = true }
	storing := Switch{Group: "support", Plan: "storing"}
	half := time.Date(2026, 11, 30, 13, 30, 0, 0, time.UTC)
	for _, row := range []struct {
		name string
		view func(v *View)
		keys string
		deed Effect // nil: none
	}{
		{"a plan, after it was said and confirmed", nil, login + "222,1", storing},
		{"a yes that was pressed too early counts once all has been said", nil, login + "2221,", storing},
		{"and not before", nil, login + "2221", nil},
		{"a no", nil, login + "222,*", nil},
		{"a no while it is being said", nil, login + "222*,1", nil},
		{"another key", nil, login + "222,3", nil},
		{"alone, where nobody asks for two", nil, login + "222,2", nil},
		{"proposed", four, login + "222,1", storing},
		{"alone, where it takes two", four, login + "222,2", Switch{Group: "support", Plan: "storing", Alone: true}},
		{"let go", func(v *View) { v.Groups[1].Chosen = true }, login + "221,1", Switch{Group: "support", Auto: true}},
		{"approved", proposal, login + "41,1", Judge{ID: "4f7k2"}},
		{"rejected", proposal, login + "41,2", Judge{ID: "4f7k2", No: true}},
		{"published", nil, login + "322,#1#,1", Publish{Group: "support", Lang: "nl"}},
		{"published in English until a time", nil, login + "9322,#11430#,1", Publish{Group: "support", Lang: "en", Until: half}},
		{"published in English, chosen in the menu of the message", nil, login + "3292,#1#,1", Publish{Group: "support", Lang: "en"}},
		{"published, and the other language goes on", live, login + "322,#1#1,1", Publish{Group: "support", Lang: "nl", Keep: []string{"en"}, Of: "m1"}},
		{"published, and the other language does not", live, login + "322,#1#2,1", Publish{Group: "support", Lang: "nl"}},
		{"a star where he is asked about the other language", live, login + "322,#1#*,1", nil},
		{"extended", live, login + "3241430#,1", Extend{Group: "support", Of: "m1", Until: half}},
		{"extended without a time", live, login + "324#,1", Extend{Group: "support", Of: "m1"}},
		{"not extended", live, login + "3241430#,*", nil},
		{"nothing to extend", nil, login + "324", nil},
		{"ended", live, login + "323,1", Withdraw{Group: "support", Of: "m1"}},
		{"nothing without a login", nil, "2221,1" + "*12221,1", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := begun(t)
			if row.view != nil {
				row.view(&w.view)
			}
			w.press(row.keys)
			switch {
			case row.deed == nil && len(w.deeds) > 0, row.deed != nil && (len(w.deeds) != 1 || !cmp.Equal(w.deeds[0], row.deed)): // times by Equal
				t.Errorf("done %+v, want %+v; heard %s", w.deeds, row.deed, w.last(3))
			}
		})
	}
}

func TestWhatCameOfIt(t *testing.T) {
	for result, want := range map[Outcome]string{Carried: "done", Unsaved: "done-unsaved", Proposed: "proposed", Refused: "refused", Unfit: "unfit", Unsure: "unsure"} {
		w := begun(t)
		w.result = result
		w.press(login + "222,1")
		if got := w.last(1); got != want {
			t.Errorf("%d: %q, want %q", result, got, want)
		}
		w.press(",")
		if w.s.Phase != Menu || !strings.HasPrefix(w.last(1), "menu-state") {
			t.Errorf("he is in phase %d and hears %q", w.s.Phase, w.last(1))
		}
	}
}

func TestRightsBoundTheMenu(t *testing.T) {
	w := begun(t)
	w.judge = func(Login) In { return In{Who: "viewer", Left: -1} }
	w.view.Proposals = []Proposal{{ID: "x", Group: "support", Plan: "storing"}}
	w.press("1#1#")
	if got := w.last(1); got != "in clock 03:14 menu-state menu.language" {
		t.Errorf("heard %q", got)
	}
	w.press("2,1,1")
	w.press("3,1,1")
	w.press("4,1,1")
	if len(w.deeds) > 0 {
		t.Errorf("one without rights did %+v", w.deeds)
	}
}

func TestThreeWrongLoginsEndTheCall(t *testing.T) {
	w := begun(t)
	w.press("1#1#" + annasPIN + "#1#" + "1#55555555#")
	if w.s.Phase != Leaving || w.last(1) != "denied bye" {
		t.Fatalf("phase %d, %q", w.s.Phase, w.last(1))
	}
	w.press(login + ",")
	if !w.s.Over() || w.ended == "" || w.s.In.Who != "" {
		t.Errorf("he is still there: %+v", w.s)
	}
}

func TestOneLanguageHasNoOthers(t *testing.T) {
	w := begun(t)
	w.line.Languages = []string{"nl"}
	w.press(login + "322,#1#")
	if got := w.last(1); got != "you-publish line group.support will-hear (himself) no-end" {
		t.Error(got)
	}
}

func TestSomebodyForgetsTheHashKey(t *testing.T) {
	w := begun(t)
	for _, part := range []string{annasPIN, "55555555"} {
		w.press(part)
		w.next() // the time for the next key is over
	}
	w.press("")
	if w.s.In.Who != "anna" {
		t.Errorf("%d, %q", w.s.Phase, w.last(1))
	}
}

func TestAnAnswerThatComesTooLateIsOfNoUse(t *testing.T) {
	w := begun(t)
	w.hold = true
	w.press(login)
	first := w.late[0]
	for w.s.Phase == Checking {
		w.next()
	}
	w.late = nil
	w.press("1#1#")
	w.take(first) // of the login before
	if w.s.In.Who != "" || w.s.Phase != Checking {
		t.Errorf("he is in by the answer to another question: %+v", w.s)
	}
}

func TestAServerThatStopsSaysSoAndLetsGo(t *testing.T) {
	w := begun(t)
	w.s, w.heard, w.plays = NewState("nl"), nil, nil
	w.take(Event{Kind: Begin, View: View{Draining: true}})
	if w.last(1) != "welcome closing" {
		t.Errorf("heard %q", w.last(1))
	}
	if w.press(","); !w.s.Over() {
		t.Error("he is not let go")
	}
}

// Whatever is pressed, and if nothing is: the call ends, nothing secret is printed, and without a login nothing is done.
func TestTenThousandWalksEnd(t *testing.T) {
	walks := 10_000
	if testing.Short() {
		walks = 1000
	}
	r := rand.New(rand.NewPCG(1, 2))
	in, did := 0, 0
	for n := range walks {
		w := begun(t)
		w.hold = n%7 == 0
		w.view.Groups[1].FourEyes = n%3 == 0
		if n%5 == 0 {
			w.view.Proposals = []Proposal{{ID: "x", Group: "support", Plan: "storing"}, {ID: "y", Group: "gone", Auto: true}}
		}
		if n%3 == 1 {
			live(&w.view)
			w.view.Groups[1].Message.Lapsed = n%2 == 0
		}
		if n%4 == 0 {
			w.view = View{}
		}
		honest := n%2 == 0
		if honest {
			w.press(login)
		}
		for !w.s.Over() {
			switch {
			case len(w.late) > 0 && r.IntN(3) == 0:
				ev := w.late[0]
				w.late = w.late[1:]
				w.take(ev)
			case r.IntN(3) == 0:
				w.next()
			default:
				w.take(Event{Kind: Digit, Digit: wissel.Digit("0123456789*##111"[r.IntN(16)])})
			}
		}
		if w.ended == "" {
			t.Fatal("he was not let go")
		}
		if w.s.In.Who == "anna" {
			in++
		} else if len(w.deeds) > 0 || w.s.In.Who != "" && w.s.In.Who != Staff {
			t.Fatalf("without a login: %+v by %+v", w.deeds, w.s.In)
		}
		did += len(w.deeds)
		if text := fmt.Sprintf("%+v %#v", w.s, w.s); strings.Contains(text, annasPIN) {
			t.Fatalf("it prints the PIN: %s", text)
		}
	}
	if in < walks/10 || did < walks/100 {
		t.Errorf("%d came in and %d deeds were done: these walks show nothing", in, did)
	}
}

func TestKeysArePrintedByNobody(t *testing.T) {
	l := Ask{1, Login{PIN: annasPIN, Code: "55555555"}}
	for _, text := range []string{fmt.Sprintf("%v %+v %#v %v", l, l, l, l.What), fmt.Sprint(l.What.(Login).PIN)} {
		if strings.Contains(text, annasPIN) || strings.Contains(text, "5555") {
			t.Error(text)
		}
	}
}

func TestManyLinesHavePages(t *testing.T) {
	w := begun(t)
	w.view.Groups = nil
	for i := range 12 {
		w.view.Groups = append(w.view.Groups, Group{ID: wissel.GroupID(fmt.Sprint("g", i)), Said: fmt.Sprint(i), Plan: "a", Plans: []Plan{{ID: "a"}}})
	}
	w.press(login + "299")
	if got := w.last(1); got != "press 1 for line 10 press 2 for line 11 more back" {
		t.Errorf("heard %q", got)
	}
	if w.press("2"); w.s.Group != "g11" {
		t.Errorf("he chose %s", w.s.Group)
	}
	if phases := []Phase{Groups, Plans}; !slices.Contains(phases, w.s.Phase) {
		t.Errorf("phase %d", w.s.Phase)
	}
}

func TestWhatIsGoneMeanwhile(t *testing.T) {
	w := begun(t)
	w.view.Proposals = []Proposal{{ID: "x", Group: "support", Plan: "storing"}}
	w.press(login)
	w.view.Proposals = nil // another was quicker
	if w.press("4"); w.last(1) != "no-proposals back" {
		t.Errorf("heard %q", w.last(1))
	}
	w.press("1")
	w.view.Groups = nil // a reload took them away
	if w.press("2"); w.last(1) != "back" || len(w.deeds) > 0 {
		t.Errorf("heard %q, did %v", w.last(1), w.deeds)
	}
}

func TestOneWhoSaysTooLittle(t *testing.T) {
	w := begun(t)
	w.voice = time.Second
	if w.press(login + "322,#"); w.last(1) != "nothing speak" {
		t.Errorf("heard %q", w.last(1))
	}
	if w.press(",#,#,"); !w.s.Over() {
		t.Errorf("he is asked for ever: %d", w.s.Phase)
	}
}

// Where callers go first is said, to colleagues at their telephones too.
func TestCallersWhoGoToColleagues(t *testing.T) {
	w := begun(t)
	w.view.Groups[0].Plans[0].First = People
	if w.press(login + "1"); !strings.Contains(w.last(1), "to-people") {
		t.Errorf("heard %q", w.last(1))
	}
}

// Anybody may be a colleague where there is no code, and the places of strangers are few.
func TestAColleagueDoesNotStayForEver(t *testing.T) {
	w := begun(t)
	w.press("*1##")
	for i := 0; i < 1000 && !w.s.Over(); i++ {
		w.now = w.now.Add(5 * time.Second)
		w.press("0##,")
	}
	if stayed := w.now.Sub(night); !w.s.Over() || stayed < briefest || stayed > briefest+time.Minute || w.last(1) != "bye" {
		t.Errorf("he stayed %v, and heard %q", stayed, w.last(1))
	}
}

func TestACodeForColleagues(t *testing.T) {
	w := begun(t)
	w.line.StaffCode = true
	if w.press("*1"); w.last(1) != "staff-code" {
		t.Errorf("heard %q", w.last(1))
	}
	if w.press("1#"); w.last(1) != "denied pin no-pin" {
		t.Errorf("heard %q", w.last(1))
	}
	if w.press("*14711#"); w.s.In.Who != Staff || w.last(1) != "staff.text line 0207654321 staff-usual" {
		t.Errorf("heard %q", w.last(1))
	}
}

// It comes after the walks: no prompt is there for nothing.
func TestEveryPromptIsSaid(t *testing.T) {
	if only := flag.Lookup("test.run").Value.String(); only != "" && only != "." {
		return // some of the walks were not asked for
	}
	for _, id := range Prompts() {
		if !every[id] {
			t.Errorf("%s is never said", id)
		}
	}
}
