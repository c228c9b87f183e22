package app

import (
	"crypto/rand"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/configs"
	"wissel/internal/access"
	"wissel/internal/crisis"
	"wissel/internal/store/sqlite"
	"wissel/internal/web"
)

const (
	crisisPIN    = "274913"
	crisisSecret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
)

// crisisDeskIn is a crisis desk over a store in dir, with anna as its one operator.
func crisisDeskIn(t *testing.T, dir string) *crisisDesk {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	set := sqlite.DefaultSettings(dir)
	set.Retry, set.Patient = 10*time.Millisecond, 50*time.Millisecond
	store, err := sqlite.Open(t.Context(), set, "test", log)
	if err != nil {
		t.Fatal(err)
	}
	runs(t, store.Run)
	a := &App{log: log, store: store, routing: newRouting("test")}
	d := newCrisisDesk(a)
	d.put(configs.Crisis{Numbers: []wissel.Number{"+31201239990"}, Zone: time.UTC, Operators: []configs.Operator{{
		Person: crisis.Person{Name: "anna", PIN: wissel.NewSecret(crisisPIN), TOTP: wissel.NewSecret(crisisSecret)}, Roles: []access.Role{access.Operator},
	}}})
	d.remember(t.Context())
	return d
}

// code is what anna's app shows so many periods from now. Near the end of a period it is that of the next, which is good as well.
func code(t *testing.T, periods int) crisis.Keys {
	t.Helper()
	text, err := crisis.CodeAt(crisisSecret, time.Now().Add(time.Duration(periods)*30*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	return crisis.Keys(text)
}

func (d *crisisDesk) in(t *testing.T, code crisis.Keys) crisis.In {
	t.Helper()
	in, _ := d.try(t.Context(), "+31612345678", "call", crisis.Login{PIN: crisisPIN, Code: code})
	return in
}

// What was used before a restart is used after it; what may have been, is too.
func TestACodeOfTheCrisisLineIsUsedUpForGood(t *testing.T) {
	dir := t.TempDir()
	var codes []string
	t.Run("before", func(t *testing.T) {
		d := crisisDeskIn(t, dir)
		var err error
		if codes, _, err = d.give(t.Context(), "anna", "root", 2); err != nil {
			t.Fatal(err)
		}
		if in := d.in(t, crisis.Keys(codes[0])); in.Who != "anna" || in.Unsaved || in.Left != 1 || !in.Switch || !in.Messages {
			t.Errorf("%+v", in)
		}
	})
	t.Run("after", func(t *testing.T) {
		d := crisisDeskIn(t, dir)
		if in := d.in(t, crisis.Keys(codes[0])); in.Who != "" {
			t.Error("a used code opened after a restart")
		}
		if in := d.in(t, crisis.Keys(codes[1])); in.Who != "anna" || in.Left != 0 {
			t.Errorf("%+v", in)
		}
	})
}

// The night on which nothing can be written is the night of the crisis line: both kinds of codes let in, once, with an alarm.
func TestTheCrisisLineLetsInWhileNothingCanBeWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	if err := os.WriteFile(dir, []byte("a file where a folder should be"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := crisisDeskIn(t, dir)
	if in := d.in(t, code(t, 0)); in.Who != "" {
		t.Error("what was used before is not known, and the code opened all the same")
	}
	if in := d.in(t, code(t, 1)); in.Who != "" {
		t.Error("the code of the next period may have been used as well")
	}
	d.door = crisis.NewDoor() // as if the store had been well at the start
	d.put(*d.set.Load())
	d.known = true
	list, codes, err := crisis.NewList(2, "root", time.Now(), rand.Reader)
	if err == nil {
		err = d.door.Give("anna", list)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []crisis.Keys{code(t, 0), crisis.Keys(codes[0])} {
		if in := d.in(t, c); in.Who != "anna" || !in.Unsaved {
			t.Errorf("%+v", in)
		}
		if in := d.in(t, c); in.Who != "" {
			t.Error("the code opened twice")
		}
	}
	if texts := strings.Join(d.app.alarms.texts(), "\n"); !strings.Contains(texts, "anna came in over the crisis line while nothing could be written") {
		t.Errorf("alarms: %s", texts)
	}
	if _, _, err := d.give(t.Context(), "anna", "root", 5); err == nil {
		t.Error("a list was printed that a restart would forget")
	}
	if in := d.in(t, crisis.Keys(codes[1])); in.Who != "anna" {
		t.Error("the list before is gone with the one that could not be kept")
	}
}

// A list that could not be kept was not made, on the disk neither once that is well: what people hold still counts after a restart.
func TestAListThatWasNotMadeStaysUnmade(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	if err := os.WriteFile(dir, []byte("a file where a folder should be"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := crisisDeskIn(t, dir)
	d.known = true
	held, codes, err := crisis.NewList(1, "root", time.Now(), rand.Reader)
	if err == nil {
		err = d.door.Give("anna", held)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.give(t.Context(), "anna", "root", 2); err == nil {
		t.Fatal("a list was made that is nowhere")
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	tick, deadline := time.NewTicker(10*time.Millisecond), time.After(10*time.Second)
	defer tick.Stop()
	for {
		kept := crisis.NewDoor()
		kept.Set([]crisis.Person{{Name: "anna", PIN: wissel.NewSecret(crisisPIN)}})
		if body, err := d.app.store.Door(t.Context()); err == nil && body != nil {
			if err := kept.Learn(body); err != nil {
				t.Fatal(err)
			}
		}
		if kept.Try("", crisisPIN, crisis.Keys(codes[0]), time.Now()).Person == "anna" {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("on disk is the list that nobody has")
		}
	}
}

// Who unlocks has seen the alarm, and it is not true any more.
func TestAnUnlockTakesItsAlarmsAway(t *testing.T) {
	d := crisisDeskIn(t, t.TempDir())
	d.app.crisis = d
	for range 30 {
		d.try(t.Context(), "+31612345678", "call", crisis.Login{PIN: "000001", Code: "1"})
	}
	if all := d.app.alarms.texts(); len(all) != 1 || !strings.Contains(all[0], "wrong tries") {
		t.Fatalf("alarms: %v", all)
	}
	if _, err := d.app.UnlockCrisis(t.Context(), web.CrisisRequest{Name: "anna", Reason: "it was she"}, web.Actor{Who: "root"}); err != nil {
		t.Fatal(err)
	}
	if all := d.app.alarms.texts(); len(all) != 0 {
		t.Errorf("alarms: %v", all)
	}
}

// By name, four eyes know that it is one person who comes by telephone and by command.
func TestOnePersonIsNoSecondToHimself(t *testing.T) {
	d := crisisDeskIn(t, t.TempDir())
	byPhone := d.actor("anna", "+31612345678")
	onSocket := access.Person{Name: "Anna", Marks: []string{"uid:1000", access.Named("Anna")}}
	bob := access.Person{Name: "bob", Marks: []string{"uid:1001", access.Named("bob")}}
	if access.Same(byPhone.Person(), onSocket) == "" || access.Same(byPhone.Person(), bob) != "" {
		t.Errorf("%+v", byPhone)
	}
	if byPhone.From != "over the crisis line, from +316****5678" || !access.Allows(byPhone.Roles, access.Switch) {
		t.Errorf("%+v", byPhone)
	}
}

func TestNobodyGetsAListWhoIsNotThere(t *testing.T) {
	d := crisisDeskIn(t, t.TempDir())
	d.app.crisis = d
	_, err := d.app.CrisisCodes(t.Context(), web.CrisisRequest{Name: "ana"}, web.Actor{Who: "root"})
	var fault *web.Fault
	if !errors.As(err, &fault) || fault.Code != 404 || !strings.Contains(fault.Why, `did you mean "anna"`) {
		t.Errorf("%v", err)
	}
	if _, err := d.app.UnlockCrisis(t.Context(), web.CrisisRequest{Name: "anna"}, web.Actor{Who: "root"}); err == nil || !strings.Contains(err.Error(), "a reason is needed") {
		t.Errorf("%v", err)
	}
}
