package configs

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wissel/internal/draaiboek"
)

// rehearsed walks a whole scenario to its end, in a world where every step works: asks are answered as given (nobody answers the others), what is
// waited for comes, what is expected is seen. It gives a line for each step as it ends: "storing", "-storing" when it was left out, "where=outage".
func rehearsed(t *testing.T, s draaiboek.Scenario, answers map[string]string) (lines []string, r draaiboek.Run) {
	t.Helper()
	on := map[string][]string{"crisis": {"home/anna", "home/bob"}}
	var hand []draaiboek.Effect
	done := map[string]bool{}
	send := func(ev draaiboek.Event) {
		if ev.On = on; ev.At.IsZero() {
			ev.At = r.Now
		}
		var out []draaiboek.Effect
		r, out = draaiboek.Next(r, ev)
		hand = append(hand, out...)
		for i, st := range r.Steps {
			name := s.Steps[i].Name
			if st.Phase == draaiboek.ToDo || st.Ended.IsZero() || done[name] {
				continue
			}
			done[name] = true
			switch {
			case st.Phase == draaiboek.LeftOut:
				lines = append(lines, "-"+name)
			case st.Phase != draaiboek.Done:
				lines = append(lines, name+" "+string(st.Phase))
			case s.Steps[i].Ask != nil:
				lines = append(lines, name+"="+r.Answers[name])
			default:
				lines = append(lines, name)
			}
		}
	}
	send(draaiboek.Event{Kind: draaiboek.Started, At: time.Date(2026, 6, 3, 12, 0, 0, 0, time.UTC), Run: "r", Scenario: &s, Seed: []byte("x"), By: "anna", Reason: "a rehearsal", Glass: true})
	var wake time.Time
	for n := 0; !r.State.Over() && n < 5000; n++ {
		if len(hand) == 0 {
			send(draaiboek.Event{Kind: draaiboek.Ticked, At: wake})
			continue
		}
		e := hand[0]
		hand = hand[1:]
		switch e.Kind {
		case draaiboek.Wake:
			wake = e.At
		case draaiboek.Do, draaiboek.Undoes, draaiboek.TellOne:
			send(draaiboek.Event{Kind: draaiboek.Did, Key: e.Key, Result: draaiboek.Yes})
		case draaiboek.AskOne:
			send(draaiboek.Event{Kind: draaiboek.Did, Key: e.Key, Result: draaiboek.Yes})
			answer, given := answers[e.Step]
			if strings.Contains(e.Question, string(draaiboek.ToAttend)) {
				answer, given = draaiboek.Here, true
			}
			if given {
				send(draaiboek.Event{Kind: draaiboek.Answered, Via: draaiboek.ByText, Code: e.Code, Choice: answer})
			}
		case draaiboek.Look:
			send(draaiboek.Event{Kind: draaiboek.Looked, Key: e.Key, Result: judged(t, s, e, r.Answers)})
		case draaiboek.Recall, draaiboek.Over:
		}
	}
	return lines, r
}

// judged says yes to all but conditions on answers, which are judged.
func judged(t *testing.T, s draaiboek.Scenario, e draaiboek.Effect, answers map[string]string) draaiboek.Result {
	if !strings.Contains(e.Key, "/if.") {
		return draaiboek.Yes
	}
	i := slices.IndexFunc(s.Steps, func(one draaiboek.Step) bool { return one.Name == e.Step })
	holds, _, err := s.Holds(e.Observation.That, s.Steps[i].In, draaiboek.Facts{Answers: answers}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return map[bool]draaiboek.Result{true: draaiboek.Yes, false: draaiboek.No}[holds]
}

// back is what fail-back does, behind the step that runs it.
const back = "return return/go=now return/proof return/auto return/calm return/message return/callbacks return/staff return/world return/learn"

// Each shipped draaiboek goes to its end over the steps that were written down by hand.
func TestShippedDraaiboeken(t *testing.T) {
	f := load(t, string(Example()))
	const link = "https://status.example/storing"
	for _, row := range []struct {
		name    string
		answers string
		want    string
		ends    draaiboek.State
	}{
		{"fail-back", "go=now", "go=now proof auto calm message callbacks staff world learn", draaiboek.Finished},
		{"platform-down", "where=outage back=17:30 link=" + link + " return/go=now", "where=outage storing staff callbacks back=17:30 link=" + link + " message world texts rhythm well " + back, draaiboek.Finished},
		{"platform-down", "where=backup return/go=now", "where=backup -storing staff callbacks back= link= message world texts rhythm well " + back, draaiboek.Finished},
		{"carrier-down", "divert=done link=" + link + " undivert=ended", "proof staff divert=done link=" + link + " world texts well undivert=ended loop over", draaiboek.Finished},
		{"carrier-down", "divert=cannot", "proof staff divert=cannot link= world texts well -undivert loop over", draaiboek.Finished},
		{"own-internet", "divert=done undivert=ended return/go=now", "see divert=done callbacks link= staff world well undivert=ended " + back, draaiboek.Finished},
		{"on-battery", "minutes=40 link=" + link + " return/go=now", "minutes=40 away staff people fewer link=" + link + " message world empty well " + back, draaiboek.Finished},
		{"mobile-down", "sure=several over=yes return/go=now", "sure=several desk texts hold link= page message over=yes resume " + back, draaiboek.Finished},
		{"mobile-down", "sure=none", "sure=none -desk -texts -hold -link -page -message -over -resume -return -return/go -return/proof -return/auto -return/calm -return/message -return/callbacks -return/staff -return/world -return/learn", draaiboek.Finished},
		{"ddos", "link=" + link + " reach=gone over=yes return/go=now", "link=" + link + " staff world message reach=gone outage texts over=yes " + back, draaiboek.Finished},
		{"compromised", "link=" + link + " words=yes", "cut plan callbacks staff keys link=" + link + " words=yes message world look stay", draaiboek.Finished},
		{"compromised", "", "cut plan callbacks staff keys link= words=staff -message -world look stay", draaiboek.Finished},
		{"maintenance", "back=06:00 go=go done=yes return/go=now", "back=06:00 link= staff world tested go=go tenth sees away message done=yes " + back, draaiboek.Finished},
		{"maintenance", "", "back= link= staff world tested go=cancel", draaiboek.Undone},
		{"evacuation", "home=home ready=yes return/go=now", "away staff callbacks message counted link= world home=home homework ready=yes " + back, draaiboek.Finished},
		{"national", "ours=country link=" + link + " return/go=now", "ours=country most staff link=" + link + " message world promises texts thinner callbacks " + back, draaiboek.Finished},
		{"national", "ours=own", "ours=own -most -staff -link -message -world -promises -texts -thinner -callbacks -return -return/go -return/proof -return/auto -return/calm -return/message -return/callbacks -return/staff -return/world -return/learn", draaiboek.Finished},
	} {
		t.Run(row.name+" "+row.answers, func(t *testing.T) {
			d, ok := f.Draaiboeken.All[row.name]
			if !ok || len(d.Missing) > 0 {
				t.Fatalf("it cannot be started: %v", d.Missing)
			}
			answers := map[string]string{}
			for _, one := range strings.Fields(row.answers) {
				step, answer, _ := strings.Cut(one, "=")
				answers[step] = answer
			}
			lines, r := rehearsed(t, d.Scenario, answers)
			if r.State != row.ends || len(r.Alarms) > 0 {
				t.Errorf("it is %s: %s %v", r.State, r.Why, r.Alarms)
			}
			if d := cmp.Diff(strings.Fields(row.want), lines); d != "" {
				t.Errorf("%s", d)
			}
		})
	}
	if n := len(f.Draaiboeken.All); n != 11 {
		t.Errorf("%d draaiboeken are shipped", n)
	}
}

// In every shipped draaiboek webcare, mail, chat and staff are told, in both languages, and the link is asked for.
func TestEachShippedDraaiboekTellsEverybody(t *testing.T) {
	for name, d := range load(t, string(Example())).Draaiboeken.All {
		told, link := map[string]bool{}, false
		for _, s := range d.Steps {
			link = link || s.Ask != nil && s.Ask.Form == draaiboek.Link
			if s.Notify == nil {
				continue
			}
			for _, team := range s.Notify.Teams {
				told[team] = true
				form := map[string]string{"webcare": draaiboek.Post, "mail": draaiboek.Mail, "chat": draaiboek.Chat, "staff": draaiboek.Staff}[team]
				for _, lang := range []string{"nl", "en"} {
					if d.Messages[s.Notify.Say][lang].In(form) == "" {
						t.Errorf("%s: %s is told nothing in %s by %s", name, team, lang, s.Name)
					}
				}
			}
		}
		if len(told) != 4 || !link && name != "fail-back" {
			t.Errorf("%s tells %v, asks for the link: %v", name, told, link)
		}
	}
}

// The platform that was cut off is never handed back, neither by a step nor by an undo nor by nobody being there.
func TestWhatIsCutOffStaysSo(t *testing.T) {
	d := load(t, string(Example())).Draaiboeken.All["compromised"]
	if d.Attend.Then != draaiboek.Keep || !d.Second {
		t.Errorf("%+v", d.Attend)
	}
	for _, s := range d.Steps {
		if s.Run != "" || s.Switch != nil && s.Switch.Auto || (s.Switch != nil || s.Flow != nil) && (s.Undo == nil || !s.Undo.Keep) {
			t.Errorf("step %s hands it back", s.Name)
		}
	}
}

// Who has not given the names of the shipped ones has settings without a fault, and draaiboeken that say what they lack.
func TestDraaiboekenWithoutNames(t *testing.T) {
	f := load(t, bare)
	d := f.Draaiboeken.All["on-battery"]
	if got := strings.Join(d.Missing, " "); got != "backup chat duty lead lines mail platform staff ups webcare" {
		t.Errorf("missing %s", got)
	}
	if !strings.Contains(d.Draw("nl"), "$lines → $backup") {
		t.Error("its names are not shown")
	}
}

func TestFaultsOfDraaiboeken(t *testing.T) {
	base := string(Example())
	for _, row := range []struct{ name, from, to, want string }{
		{"a trunk that is not there, said once", "platform: genesys,", "platform: gensys,", `example.yaml:LINE: draaiboeken.names.platform: there is no trunk "gensys"; did you mean "genesys"?`},
		{"a name that nobody uses", "ups: ups,", "ups: ups, plaform: genesys,", `warning: draaiboeken.names.plaform: no draaiboek uses it; did you mean "platform"?`},
		{"somebody who is not there", "people: [home/bob], from", "people: [home/bop], from", `draaiboeken.duty.crisis[0].people[0]: there is no person "home/bop"; did you mean "home/bob"?`},
		{"hours that cannot be read", `open: "Mo-Fr 08:00-18:00"}`, `open: "Mo-Fr 08:00-25:00"}`, "draaiboeken.duty.crisis[1].open: "},
		{"a webhook to ourselves", "https://hooks.example/webcare", "https://127.0.0.1/hook", "draaiboeken.teams.webcare.webhook: 127.0.0.1 is in a network of ours"},
		{"a webhook into our network", "https://hooks.example/webcare", "https://[fd00::1]/hook", "is in a network of ours"},
		{"a webhook to where clouds tell secrets", "https://hooks.example/webcare", "https://169.254.169.254/", "is in a network of ours"},
		{"a command of no whole path", "/usr/local/bin/ups-state", "ups-state", "draaiboeken.commands.ups.run: "},
		{"a team that nobody can tell", "{reads: chat, mail: [chat@support.example]}", "{reads: chat}", "draaiboeken.teams.chat: there is no way"},
	} {
		t.Run(row.name, func(t *testing.T) {
			yaml := strings.Replace(base, row.from, row.to, 1)
			if yaml == base {
				t.Fatal("nothing was changed")
			}
			f, err := Parse("example.yaml", []byte(yaml), quiet())
			got := fmt.Sprint(err)
			if f != nil {
				got = fmt.Sprint(f.Warnings)
			}
			for _, part := range strings.Split(row.want, "LINE: ") {
				if !strings.Contains(got, part) {
					t.Errorf("want %q in\n%s", part, got)
				}
			}
			if strings.Count(got, "there is no trunk") > 1 {
				t.Errorf("it is said more than once:\n%s", got)
			}
		})
	}
}

// What people see of a shipped draaiboek, and what it would change, is held by a file that they can read.
func TestDrawnDraaiboeken(t *testing.T) {
	f := load(t, string(Example()))
	ways := map[string][]string{}
	for id, team := range f.Draaiboeken.Teams {
		ways[id] = team.Ways()
	}
	for _, row := range []struct{ name, lang string }{{"platform-down", "nl"}, {"compromised", "en"}, {"on-battery", "en"}} {
		d := f.Draaiboeken.All[row.name]
		got := d.Draw(row.lang) + "\n"
		for _, c := range d.Changes(draaiboek.View{Snapshot: f.Snapshot(nil), Teams: ways, Now: time.Date(2026, 6, 3, 14, 0, 0, 0, f.Draaiboeken.Zone)}) {
			got += fmt.Sprintf("%s: %s: %s => %s [%s]\n", c.Step, c.Object, c.Before, c.After, c.If)
		}
		golden := "testdata/drawn/" + row.name + ".txt"
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), got); d != "" {
			t.Errorf("%s: %s", row.name, d)
		}
	}
}
