package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/internal/callbacks"
	"wissel/internal/privacy"
)

// keeping91 is a server's part that keeps and deletes, with a store that runs.
func keeping91(t *testing.T) (a *App, log *bytes.Buffer) {
	t.Helper()
	a = swept(t)
	log = &bytes.Buffer{}
	a.log = slog.New(slog.NewTextHandler(log, nil))
	a.promises, a.callers, a.keeper = newPromises(func() *wissel.Snapshot { return &wissel.Snapshot{} }), newCallers(), newKeeper()
	a.crisis = newCrisisDesk(a)
	return a, log
}

// 91 days later: the rows are gone, the sound with its callback, the numbers in no file; what is not over stays, and how many went is
// told in the log and in the status.
func TestWhatWasKeptLongEnoughIsDeleted(t *testing.T) {
	a, log := keeping91(t)
	ctx, set, began := t.Context(), privacy.DefaultSettings(), time.Now()
	later := func(d time.Duration) time.Time { return began.Add(d * 24 * time.Hour) }
	heardAndDone := a.spoke(t, "spoken", time.Second)
	waiting := a.spoke(t, "waiting", time.Second)
	a.store.CDR(wissel.CDR{Call: "c", From: "+31699999999", Began: began})
	if err := a.store.Mark(ctx, callbacks.Mark{Callback: "spoken", State: callbacks.Done, At: began, Wishes: []string{"spoken"}}); err != nil {
		t.Fatal(err)
	}
	if err := a.promises.learn(ctx, a.store, nil); err != nil {
		t.Fatal(err)
	}
	there := func(file string) bool {
		_, err := os.Stat(file)
		return err == nil
	}
	wishes := func() int {
		t.Helper()
		all, err := a.store.Wishes(ctx, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	a.keepOnly(ctx, set, later(29))
	if !there(heardAndDone) || wishes() != 2 || log.Len() > 0 {
		t.Fatalf("after 29 days something is gone:\n%s", log)
	}
	a.keepOnly(ctx, set, later(31))
	if there(heardAndDone) || !there(waiting) || wishes() != 1 {
		t.Errorf("after 31 days: the sound is there: %v, the other's: %v; %d wishes", there(heardAndDone), there(waiting), wishes())
	}
	if text := log.String(); !strings.Contains(text, "callbacks=2") || !strings.Contains(text, "voices=1") || strings.Contains(text, "calls=") || strings.Contains(text, "12345678") {
		t.Errorf("the log says\n%s", text)
	}
	a.keepOnly(ctx, set, later(91))
	if calls, err := a.store.CDRs(ctx, time.Time{}, 0); err != nil || len(calls) != 0 {
		t.Errorf("after 91 days: %+v, %v", calls, err)
	}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(a.voices.dir), "wissel.db*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		if data, err := os.ReadFile(f); err != nil || bytes.Contains(data, []byte("+31699999999")) {
			t.Errorf("%s holds the number of a call of 91 days ago, %v", filepath.Base(f), err)
		}
	}
	a.keeper.mu.Lock()
	got := fmt.Sprint(a.keeper.deleted[privacy.Calls], a.keeper.deleted[privacy.Callbacks], a.keeper.deleted[privacy.Voices], a.keeper.emptied, a.keeper.fault)
	a.keeper.mu.Unlock()
	if got != "1 2 1 true" && got != "1 2 1 true " {
		t.Errorf("counted %q", got)
	}
	if !there(waiting) || wishes() != 1 || !a.promises.Owes("+31612345678") {
		t.Error("who still waits for his call is forgotten")
	}
}

// What cannot be deleted is an alarm until it can.
func TestWhatCannotBeDeletedIsAnAlarm(t *testing.T) {
	a, log := keeping91(t)
	a.spoke(t, "spoken", time.Second)
	if err := a.store.Mark(t.Context(), callbacks.Mark{Callback: "spoken", State: callbacks.Done, At: time.Now(), Wishes: []string{"spoken"}}); err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(31 * 24 * time.Hour)
	kept := a.voices.dir
	if err := errors.Join(os.Rename(kept, kept+".away"), os.MkdirAll(filepath.Join(kept, "spoken.wav", "x"), 0o700)); err != nil { // no file, and not to be removed
		t.Fatal(err)
	}
	a.keepOnly(t.Context(), privacy.DefaultSettings(), later)
	if told := a.alarms.texts(); len(told) != 1 || !strings.Contains(told[0], "privacy status") || !strings.Contains(log.String(), "could not be deleted") {
		t.Errorf("%q\n%s", told, log)
	}
	if err := errors.Join(os.RemoveAll(kept), os.Rename(kept+".away", kept)); err != nil {
		t.Fatal(err)
	}
	a.keepOnly(t.Context(), privacy.DefaultSettings(), later)
	if all, err := a.store.Wishes(t.Context(), time.Time{}); err != nil || len(all) != 0 || len(a.alarms.texts()) != 0 {
		t.Errorf("once it can: %d wishes, alarms %q, %v", len(all), a.alarms.texts(), err)
	}
}

// Nobody objects who is not on the list, and the list is read again after a start.
func TestObjectsIsAPureQuestion(t *testing.T) {
	a, _ := keeping91(t)
	ctx := context.Background()
	if a.keeper.Learned() || a.keeper.Objects("+31612345678") {
		t.Error("before it is read")
	}
	key, err := a.markKey(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.store.Object(ctx, privacy.Objection{Mark: key.Mark("+31612345678"), At: time.Now(), Who: "anna", Why: "letter"}); err != nil {
		t.Fatal(err)
	}
	a.keeper = newKeeper()
	if err := a.learnObjections(ctx); err != nil || !a.keeper.Learned() || !a.keeper.Objects("+31612345678") || a.keeper.Objects("+31612345679") || a.keeper.Objects("") {
		t.Errorf("%v", err)
	}
}
