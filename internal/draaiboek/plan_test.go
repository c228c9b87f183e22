package draaiboek

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"wissel"
)

// A plan goes by what is in force now, an operator's pin too, and each step by what the one before it left.
func TestWhatARunWouldChange(t *testing.T) {
	s := whole(t, plain(
		toPlan("out", "support", "storing"), toPlan("same", "support", "storing"),
		Step{Name: "live", Action: Action{Message: &Saying{Groups: []string{"support"}, Say: "down", For: time.Hour}}},
		Step{Name: "text", If: "crowd", Action: Action{Text: &Texting{Groups: []string{"support"}, Say: "down", To: "both"}}},
		Step{Name: "held", Action: Action{Callbacks: &Callbacks{Groups: []string{"support"}, Do: "pause"}}},
		Step{Name: "auto", Action: Action{Switch: &Switch{Groups: []string{"support"}, Auto: true}}},
		Step{Name: "end", Action: Action{Message: &Saying{Groups: []string{"support"}, End: true}}},
		Step{Name: "tell", Action: Action{Notify: &Notify{Teams: []string{"webcare"}, Say: "down"}}},
	))
	genesys, flow := wissel.Target{Trunk: "genesys"}, wissel.Target{Flow: "storing"}
	g := &wissel.Group{
		ID: "support", Lines: []wissel.Line{{Number: "+31201234568"}, {Number: "+31201234567"}}, Active: "normaal",
		Plans: map[wissel.PlanID]wissel.Plan{"normaal": {ID: "normaal", Targets: []wissel.Target{genesys, flow}}, "storing": {ID: "storing", Targets: []wissel.Target{flow}}},
	}
	v := View{
		Snapshot: &wissel.Snapshot{
			Groups: map[wissel.GroupID]*wissel.Group{"support": g},
			Pins:   map[wissel.GroupID]wissel.Pin{"support": {ID: "p", Group: "support", Target: wissel.Target{Trunk: "kpn"}, Who: "bob", Until: noon.Add(time.Hour)}},
		},
		Messages: map[wissel.GroupID]wissel.Message{"support": {Row: wissel.Row{ID: "m"}, Who: "carl", Live: noon.Add(-time.Hour)}},
		Asked:    map[wissel.GroupID]int{"support": 40}, Waiting: map[wissel.GroupID]int{"support": 2}, Counted: true, Now: noon,
	}
	var got []string
	for _, c := range s.Changes(v) {
		got = append(got, fmt.Sprintf("%s [%s] %s | %s | %s", c.Step, c.If, c.Object, c.Before, c.After))
	}
	const support = "group support (+31201234567, +31201234568)"
	want := []string{
		"out [] " + support + " | plan normaal (genesys, flow:storing), pinned to kpn until Wed 13:00 by bob | plan storing (flow:storing)",
		"live [] " + support + ` | callers hear the message of carl of Wed 11:00 | callers hear the message "down" until Wed 13:00, news at Wed 12:30`,
		"text [crowd] " + support + ` |  | the text "down" goes to 42 numbers`,
		"held [] " + support + " | 2 callbacks open | callbacks: held back",
		"auto [] " + support + " | plan storing (flow:storing) | plan normaal (genesys, flow:storing)",
		"end [] " + support + ` | callers hear the message "down" until Wed 13:00, news at Wed 12:30 | callers hear the standing wording`,
		`tell [] team webcare |  | is not told "down": the settings give no way`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestWhatPeopleAreSentAsAText(t *testing.T) {
	p := begun(t, whole(t, plain(asking("sure"))))
	q := p.r.Open[0]
	text := p.r.SMS(q, q.Asked[0].Code, "nl", time.UTC)
	want := "Sure?\n1 yes\n2 no\nAntwoord voor 12:10 met: " + q.Asked[0].Code + " en het cijfer. Zonder antwoord: yes."
	if text != want {
		t.Errorf("%q, want %q", text, want)
	}
	if code, answer, ok := ParseAnswer(q.Asked[0].Code + " 2"); !ok || code != q.Asked[0].Code || answer != "2" {
		t.Error("what the text asks for is not read")
	}
	if said := p.r.Said("down", "nl", Post, nil); said != "Uit." {
		t.Errorf("%q", said)
	}
}
