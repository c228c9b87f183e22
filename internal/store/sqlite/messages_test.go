package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"wissel"
)

func aMessage(id string, gen uint64, g wissel.GroupID) wissel.Message {
	live := time.Date(2026, 6, 3, 14, 0, 0, 0, time.UTC)
	return wissel.Message{
		Row: wissel.Row{ID: id, Node: "node1", Generation: gen}, Group: g, Live: live, Until: live.Add(time.Hour), Next: live.Add(30 * time.Minute), Who: "anna", Why: "ticket 1",
		Said: []wissel.Said{{Lang: "nl", Text: "We werken eraan.", Sound: id + ".nl.wav", Sum: "ab", Length: 3 * time.Second}},
	}
}

func TestMessagesAreKept(t *testing.T) {
	dir := t.TempDir()
	s, stop := start(t, dir)
	old, now, other := aMessage("a", 5, "support"), aMessage("b", 6, "support"), aMessage("c", 1, "sales")
	for _, m := range []wissel.Message{old, now, other} {
		if err := s.MessageLive(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	now.Ended, now.By, now.Changes = now.Live.Add(time.Minute), "bob", 2
	if err := s.MessageChanged(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	late := aMessage("b", 6, "support") // a state of before, which waited to be written
	late.Changes = 1
	if err := s.MessageChanged(t.Context(), late); err != nil {
		t.Fatal(err)
	}
	stop()
	s, _ = start(t, dir)
	newest, err := s.NewestMessages(t.Context())
	if err != nil || len(newest) != 2 {
		t.Fatalf("%+v, %v", newest, err)
	}
	for _, m := range newest {
		if want := map[wissel.GroupID]wissel.Message{"support": now, "sales": other}[m.Group]; !reflect.DeepEqual(m, want) {
			t.Errorf("%+v\nwant %+v", m, want)
		}
	}
	if all, err := s.Messages(t.Context(), "support", 10); err != nil || len(all) != 2 || all[0].ID != "b" || all[1].ID != "a" {
		t.Errorf("%+v, %v", all, err)
	}
	if all, err := s.Messages(t.Context(), "", 2); err != nil || len(all) != 2 || all[1].ID != "a" {
		t.Errorf("%+v, %v", all, err)
	}
	if m, found, err := s.Message(t.Context(), "a"); err != nil || !found || m.ID != "a" {
		t.Errorf("%+v, %v, %v", m, found, err)
	}
	if _, found, err := s.Message(t.Context(), "z"); err != nil || found {
		t.Errorf("%v, %v", found, err)
	}
}

// A message that was refused is not written later: what was said not to be live must not be after the next start.
func TestARefusedMessageIsNeverWritten(t *testing.T) {
	dir := t.TempDir()
	s, stop := start(t, dir)
	other, err := sql.Open("sqlite", filepath.Join(dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	other.SetMaxOpenConns(1)
	if _, err := other.Exec("BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	if err := s.MessageLive(t.Context(), aMessage("a", 5, "support")); !errors.Is(err, ErrUnavailable) {
		t.Errorf("while another holds the file: %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.MessageLive(gone, aMessage("b", 6, "support")); err == nil {
		t.Error("who asked is gone, and the file is held: it is said to be live")
	}
	changed := aMessage("c", 7, "sales")
	if err := s.MessageChanged(t.Context(), changed); err == nil {
		t.Error("a change while another holds the file")
	}
	if _, err := other.Exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	stop()
	s, _ = start(t, dir)
	if all, err := s.Messages(t.Context(), "", 10); err != nil || len(all) != 1 || all[0].ID != "c" {
		t.Errorf("%+v, %v: want the changed one alone", all, err)
	}
}
