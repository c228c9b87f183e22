package app

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/internal/audio"
	"wissel/internal/crisis"
	"wissel/sip"
)

const crisisSettings = `
node: test
listen:
  sip: [{bind: "udp://127.6.44.1:5060"}]
  media: {address: 127.6.44.1, ports: 20000-20099}
  control: unix://control.sock
store: store
trunks:
  carrier:  {role: carrier,  to: ["sip:127.6.44.2:5060"], probe: {off: true}}
  platform: {role: platform, to: ["sip:127.6.44.3:5060"], probe: {off: true}}
groups:
  support:
    numbers: ["+31201234567"]
    plans: {normaal: [platform, flow:storing], storing: [flow:storing]}
    active: normaal
  two:
    numbers: ["+31201234568"]
    plans: {normaal: [platform, flow:storing], storing: [flow:storing]}
    active: normaal
    four_eyes: true
crisis:
  numbers: ["+31201239990"]
  operators:
    - {name: anna, phones: ["+31612345678"], pin: "file:anna.pin", role: operator}
    - {name: bob, pin: "file:bob.pin", role: operator}
    - {name: carl, pin: "file:carl.pin", role: viewer}
`

// crisisServer is a server with a crisis line, until the test ends.
func crisisServer(t *testing.T) *App {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"wissel.yaml": crisisSettings, "anna.pin": "274913", "bob.pin": "830561", "carl.pin": "593028"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return served(t, Options{File: filepath.Join(dir, "wissel.yaml")})
}

func TestDeedsOverTheCrisisLineAreThoseOfTheCommands(t *testing.T) {
	a := crisisServer(t)
	d := a.crisis
	do := func(who string, e crisis.Effect) crisis.Outcome {
		return d.deed(t.Context(), e, d.actor(who, "+31612345678"), audio.Sound{})
	}
	plan := func(g string) string {
		s := a.routing.Snapshot()
		return string(s.Plan(s.Groups[wissel.GroupID(g)]).ID)
	}
	look := func(who, g string) crisis.Group {
		for _, one := range d.view(t.Context(), who, "").Groups {
			if string(one.ID) == g {
				return one
			}
		}
		t.Fatalf("there is no %s", g)
		return crisis.Group{}
	}
	if g := look("anna", "support"); g.Said != "0201234567" || g.Plan != "normaal" || g.First != crisis.Platform || g.Wishes != 0 || g.Chosen || len(g.Plans) != 2 || g.Plans[1].First != crisis.Flow {
		t.Errorf("%+v", g)
	}
	if got := do("anna", crisis.Switch{Group: "support", Plan: "storing"}); got != crisis.Carried || plan("support") != "storing" {
		t.Errorf("%d, plan %s", got, plan("support"))
	}
	if g := look("anna", "support"); !g.Chosen || g.First != crisis.Flow || time.Since(g.Since) > time.Minute {
		t.Errorf("%+v", g)
	}
	if got := do("anna", crisis.Switch{Group: "support", Auto: true}); got != crisis.Carried || plan("support") != "normaal" {
		t.Errorf("%d, plan %s", got, plan("support"))
	}
	for _, e := range []crisis.Effect{crisis.Switch{Group: "none", Plan: "storing"}, crisis.Switch{Group: "support", Plan: "none"}, crisis.Switch{Group: "support", Plan: "storing", Alone: true},
		crisis.Judge{ID: "none"}, crisis.Withdraw{Group: "support"}} {
		if got := do("anna", e); got != crisis.Refused || plan("support") != "normaal" {
			t.Errorf("%+v: %d", e, got)
		}
	}
	for _, e := range []crisis.Effect{crisis.Switch{Group: "support", Plan: "storing"}, crisis.Publish{Group: "support", Lang: "nl"}, crisis.Judge{ID: "none", No: true}} {
		if got := do("carl", e); got != crisis.Refused || plan("support") != "normaal" {
			t.Errorf("carl, who may only look, at %+v: %d", e, got)
		}
	}
	if got := do("anna", crisis.Publish{Group: "support", Lang: "nl"}); got != crisis.Unfit {
		t.Errorf("a message of nothing: %d", got)
	}

	// Four eyes: proposed, and approved by another, or done alone with an alarm.
	if got := do("anna", crisis.Switch{Group: "two", Plan: "storing"}); got != crisis.Proposed || plan("two") != "normaal" {
		t.Fatalf("%d, plan %s", got, plan("two"))
	}
	for who, n := range map[string]int{"anna": 0, "bob": 1, "carl": 0, crisis.Staff: 0} {
		if all := d.view(t.Context(), who, "").Proposals; len(all) != n {
			t.Errorf("%s may approve %+v", who, all)
		}
	}
	p := d.view(t.Context(), "bob", "").Proposals[0]
	if p.Group != "two" || p.Plan != "storing" || do("anna", crisis.Judge{ID: p.ID}) != crisis.Refused || plan("two") != "normaal" {
		t.Errorf("%+v: anna approved what she proposed", p)
	}
	if got := do("bob", crisis.Judge{ID: p.ID}); got != crisis.Carried || plan("two") != "storing" {
		t.Errorf("%d, plan %s", got, plan("two"))
	}
	if got := do("anna", crisis.Switch{Group: "two", Plan: "normaal", Alone: true}); got != crisis.Carried || plan("two") != "normaal" {
		t.Errorf("%d, plan %s", got, plan("two"))
	}
	if alarms := strings.Join(a.Status(t.Context()).Alarms, "\n"); !strings.Contains(alarms, "anna broke the glass for two") {
		t.Errorf("alarms: %s", alarms)
	}
}

// What cannot be written is not live: nobody hears it, and he who recorded it is told so.
func TestAMessageThatCannotBeWrittenIsHeardByNobody(t *testing.T) {
	a := crisisServer(t)
	d := a.crisis
	said := audio.Sound{Codec: audio.ALaw, Bytes: a.settings.Load().sounds.Clip("nl", "goodbye.silent").Bytes[audio.ALaw], Voice: 3 * time.Second}
	publish := func() crisis.Outcome {
		return d.deed(t.Context(), crisis.Publish{Group: "support", Lang: "nl"}, d.actor("anna", ""), said)
	}
	if err := os.WriteFile(a.messages.dir, nil, 0o600); err != nil { // where the folder should be
		t.Fatal(err)
	}
	if got := publish(); got != crisis.Refused || a.messages.of("support").ID != "" || d.messageOf("support", time.Now()) != nil {
		t.Errorf("%d, and %+v is live", got, a.messages.of("support"))
	}
	if err := os.Remove(a.messages.dir); err != nil {
		t.Fatal(err)
	}
	if got := publish(); got != crisis.Carried || d.messageOf("support", time.Now()) == nil || len(d.live("support", "en")) != 1 {
		t.Errorf("%d, and %+v is live", got, a.messages.of("support"))
	}
}

// A message that is recorded in one language takes the place of what is there in that one. What the operator found right in another
// goes on as it is; what he did not, is the standing wording; and nothing that he did not hear goes on.
func TestAMessageInOneLanguageLeavesTheOthersAsHeSays(t *testing.T) {
	a := crisisServer(t)
	d, now := a.crisis, time.Now()
	speaks := func(clip string) audio.Sound {
		return audio.Sound{Codec: audio.ALaw, Bytes: a.settings.Load().sounds.Clip("nl", clip).Bytes[audio.ALaw], Voice: 3 * time.Second}
	}
	first, second := speaks("goodbye.silent"), speaks("speak.done")
	publish := func(e crisis.Publish, said audio.Sound) crisis.Outcome {
		return d.deed(t.Context(), e, d.actor("anna", "+31612345678"), said)
	}
	heard := func(lang string) *audio.Clip { return a.messages.on("support").clip(lang, time.Now()) }
	if publish(crisis.Publish{Group: "support", Lang: "en"}, first) != crisis.Carried || heard("nl") != nil || heard("en") == nil {
		t.Fatal("the English message is not live by itself")
	}
	english, told := heard("en"), d.messageOf("support", now)
	if e := (crisis.Publish{Group: "support", Lang: "nl", Keep: []string{"nl"}, Of: told.ID}); publish(e, second) != crisis.Refused {
		t.Error("he kept what there is not")
	}
	if publish(crisis.Publish{Group: "support", Lang: "nl", Keep: []string{"en"}, Of: told.ID}, second) != crisis.Carried || heard("en") != english || heard("nl") == nil {
		t.Fatal("what he found right does not go on")
	}
	both := d.messageOf("support", now)
	if strings.Join(both.Langs, " ") != "en nl" || both.ID == told.ID {
		t.Errorf("%+v", both)
	}
	if s, _ := a.messages.of("support").In("en"); s.Since.IsZero() || s.Since.After(a.messages.of("support").Live) {
		t.Errorf("English is heard since %v: who called before would be told that it is new", s.Since)
	}
	if got := publish(crisis.Publish{Group: "support", Lang: "nl", Keep: []string{"en"}, Of: told.ID}, first); got != crisis.Refused || d.messageOf("support", now).ID != both.ID {
		t.Errorf("%d: another message went live since he heard it, and goes on by his word", got)
	}
	unwritten := a.messages.of("support") // one whose Dutch sound cannot be written takes no English one with it
	unwritten.Said = slices.Clone(unwritten.Said)
	unwritten.Said[1].Sound = "folder.nl.wav"
	draft, err := a.RecordMessage("support", "nl", first.Recording())
	if err == nil {
		err = os.Mkdir(a.messages.path("folder.nl.wav"), 0o700)
	}
	if err != nil {
		t.Fatal(err)
	}
	if a.keepMessage(t.Context(), unwritten, []*Draft{draft}) == nil || a.messageLost(unwritten.Said[0]) {
		t.Error("it was written, or took the sound that goes on with it")
	}
	if publish(crisis.Publish{Group: "support", Lang: "nl"}, first) != crisis.Carried || heard("en") != nil {
		t.Error("what he did not find right is heard")
	}
}

// The end of a message moves by telephone as it does by command, with an audit row, and only of the message that he heard of.
func TestAMessageIsExtendedOverTheCrisisLine(t *testing.T) {
	a := crisisServer(t)
	d := a.crisis
	by := d.actor("anna", "+31612345678")
	said := audio.Sound{Codec: audio.ALaw, Bytes: a.settings.Load().sounds.Clip("nl", "goodbye.silent").Bytes[audio.ALaw], Voice: 3 * time.Second}
	soon, later := time.Now().Add(time.Minute), time.Now().Add(2*time.Hour)
	if got := d.deed(t.Context(), crisis.Publish{Group: "support", Lang: "nl", Until: soon}, by, said); got != crisis.Carried {
		t.Fatal(got)
	}
	told := d.messageOf("support", soon.Add(time.Second))
	if told == nil || !told.Lapsed {
		t.Fatalf("past its end it is told as %+v", told)
	}
	for _, row := range []struct {
		name string
		e    crisis.Extend
		want crisis.Outcome
	}{
		{"another message", crisis.Extend{Group: "support", Of: "none", Until: later}, crisis.Refused},
		{"a time that is past", crisis.Extend{Group: "support", Of: told.ID, Until: time.Now().Add(-time.Hour)}, crisis.Refused},
		{"a line without one", crisis.Extend{Group: "two", Until: later}, crisis.Refused},
		{"a time to come", crisis.Extend{Group: "support", Of: told.ID, Until: later}, crisis.Carried},
		{"as it is", crisis.Extend{Group: "support", Of: told.ID}, crisis.Carried},
	} {
		if got := d.deed(t.Context(), row.e, by, audio.Sound{}); got != row.want {
			t.Errorf("%s: %d, want %d", row.name, got, row.want)
		}
	}
	if got := d.deed(t.Context(), crisis.Extend{Group: "support", Of: told.ID, Until: later}, d.actor("carl", ""), audio.Sound{}); got != crisis.Refused {
		t.Errorf("carl, who may only look: %d", got)
	}
	if got := d.deed(t.Context(), crisis.Withdraw{Group: "support", Of: "none"}, by, audio.Sound{}); got != crisis.Refused {
		t.Errorf("the end of a message that another replaced: %d", got)
	}
	if now := d.messageOf("support", time.Now()); now == nil || now.Lapsed || !now.Until.Equal(later) {
		t.Errorf("%+v, want an end at %v", now, later)
	}
	rows, err := a.Audit(t.Context(), time.Time{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	extended := 0
	for _, r := range rows {
		if r.What == "message-extend" && r.Who == "anna" && r.From == "over the crisis line, from +316****5678" && r.Why == overCrisis {
			extended++
		}
	}
	if extended != 2 {
		t.Errorf("%d rows of the audit tell of 2 changes", extended)
	}
}

// Strangers may not take every place of the line.
func TestStrangersLeavePlacesForOthers(t *testing.T) {
	d := crisisServer(t).crisis
	rings := func(from wissel.Number) error {
		_, err := d.attend(sip.AttendedCall{Call: "x", From: from}, nil)
		return err
	}
	for range strangersAtOnce {
		if err := rings(""); err != nil {
			t.Fatal(err)
		}
	}
	if rings("+31699999999") == nil || rings("+31612345678") != nil || d.shut.Load() != 1 {
		t.Errorf("%d strangers on the line, %d found no place", d.strangers.Load(), d.shut.Load())
	}
	if d.left(true); rings("") != nil {
		t.Error("a place that is free again is not given")
	}
}

// A disk that hangs under one message takes nobody else with it: the others are refused, and their places on the line are free.
func TestAChangeThatHangsHoldsNobodyElse(t *testing.T) {
	a := crisisServer(t)
	end, err := a.messages.begin(t.Context(), "message live two")
	if err != nil {
		t.Fatal(err)
	}
	brief, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	d := a.crisis
	if got := d.deed(brief, crisis.Withdraw{Group: "support"}, d.actor("anna", ""), audio.Sound{}); got != crisis.Refused {
		t.Errorf("%d", got)
	}
	if end(); brief.Err() == nil {
		t.Error("he did not wait at all")
	}
	if end, err = a.messages.begin(t.Context(), "message end support"); err != nil {
		t.Fatal(err)
	}
	end()
}
