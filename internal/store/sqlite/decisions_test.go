package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wissel"
)

var when = time.Date(2026, 11, 21, 22, 0, 0, 5, time.UTC)

func decision(s *Store, g wissel.GroupID, after time.Duration, why string) wissel.Decision {
	return wissel.Decision{
		Row: s.Stamp(wissel.Row{}), At: when.Add(after), Kind: wissel.DecidedSwitch, Group: g, Object: "reserve", Before: "genesys leads", After: "reserve leads",
		Evidence: []string{"genesys is down: 3 OPTIONS without an answer"}, Thresholds: []string{"only a leader that is down is left"},
		Version: "abc", Actor: "wissel", Why: why,
	}
}

func TestDecisionsComeBackAsTheyWere(t *testing.T) {
	s, stop := start(t, t.TempDir())
	all := []wissel.Decision{
		decision(s, "support", 0, "first"), decision(s, "sales", time.Second, "second"), decision(s, "", 2*time.Second, "third"), decision(s, "support", time.Hour, "fourth"),
	}
	for _, d := range all {
		s.Decision(d)
		s.Decision(d) // copied twice is there once
	}
	stop()
	s, _ = start(t, s.set.Dir)
	for _, row := range []struct {
		name  string
		since time.Duration
		group wissel.GroupID
		limit int
		want  string
	}{
		{"all, oldest first", 0, "", 0, "[first second third fourth]"},
		{"since", time.Second, "", 0, "[second third fourth]"},
		{"of a group, with those of none", 0, "support", 0, "[first third fourth]"},
		{"the newest", 0, "", 2, "[third fourth]"},
		{"none", 2 * time.Hour, "", 0, "[]"},
	} {
		got, err := s.Decisions(t.Context(), when.Add(row.since), row.group, row.limit)
		var whys []string
		for _, d := range got {
			whys = append(whys, d.Why)
		}
		if err != nil || fmt.Sprint(whys) != row.want {
			t.Errorf("%s: %v, %v; want %s", row.name, whys, err, row.want)
		}
	}
	got, found, err := s.DecisionOf(t.Context(), all[1].ID)
	if diff := cmp.Diff(all[1], got); diff != "" || !found || err != nil {
		t.Errorf("found %v, %v:\n%s", found, err, diff)
	}
	if _, found, err := s.DecisionOf(t.Context(), "nothing"); found || err != nil {
		t.Errorf("one that is not there: found %v, %v", found, err)
	}
}

func TestLeadsAndProofsAreTheNewest(t *testing.T) {
	s, stop := start(t, t.TempDir())
	s.Lead("support", when, []byte(`1`))
	s.Lead("sales", when, []byte(`2`))
	s.Lead("support", when.Add(time.Second), []byte(`3`))
	s.Lead("support", when, []byte(`4`)) // it waited while the disk was full
	s.Proof("genesys", wissel.Proof{At: when, Call: "c1"})
	s.Proof("genesys", wissel.Proof{At: when.Add(time.Second), Test: true, Call: "c2"})
	s.Proof("genesys", wissel.Proof{At: when, Call: "c3"})
	s.Ending("kpn", wissel.Ending{Status: 480, Call: "c1", At: when, Again: when.Add(2 * time.Second), Within: time.Second, Calm: 3})
	s.Ending("kpn", wissel.Ending{Status: 480, At: when}) // it waited while the disk was full
	s.Ending("tele2", wissel.Ending{Status: 486, At: when})
	s.NoEnding("tele2")
	stop()
	s, _ = start(t, s.set.Dir)
	endings, err := s.Endings(t.Context())
	if diff := cmp.Diff(map[wissel.TrunkID]wissel.Ending{"kpn": {Status: 480, Call: "c1", At: when, Again: when.Add(2 * time.Second), Within: time.Second, Calm: 3}}, endings); diff != "" || err != nil {
		t.Errorf("endings: %v\n%s", err, diff)
	}
	leads, err := s.Leads(t.Context())
	if err != nil || len(leads) != 2 || string(leads["support"]) != "3" || string(leads["sales"]) != "2" {
		t.Errorf("leads %s, %v", leads, err)
	}
	proofs, err := s.Proofs(t.Context())
	if diff := cmp.Diff(map[wissel.TrunkID]wissel.Proof{"genesys": {At: when.Add(time.Second), Test: true, Call: "c2"}}, proofs); diff != "" || err != nil {
		t.Errorf("proofs: %v\n%s", err, diff)
	}
}

func TestARecordIsFoundByTheIdOfItsCall(t *testing.T) {
	s, stop := start(t, t.TempDir())
	now := time.Now()
	id, other, stepped := wissel.CallID(NewID()), wissel.CallID(NewID()), wissel.CallID(NewID())
	for call, began := range map[wissel.CallID]time.Time{id: now, other: now, stepped: now.Add(-time.Hour), "c3": now.Add(-time.Hour)} {
		s.CDR(wissel.CDR{Call: call, Began: began, Ended: now, To: "+31201234567", Version: string(call)})
	}
	stop()
	s, _ = start(t, s.set.Dir)
	if c, found, err := s.CDROf(t.Context(), id); !found || err != nil || c.Version != string(id) {
		t.Errorf("%+v, %v, %v", c, found, err)
	}
	if c, found, err := s.CDROf(t.Context(), stepped); !found || err != nil || c.Version != string(stepped) {
		t.Errorf("the clock was set back by an hour: %+v, %v, %v", c, found, err)
	}
	if _, found, err := s.CDROf(t.Context(), wissel.CallID(NewID())); found || err != nil {
		t.Errorf("a call that never was: %v, %v", found, err)
	}
	if _, _, err := s.CDROf(t.Context(), "c3"); err == nil {
		t.Error("no UUID, and no error")
	}
}

// TestARecordOfBeforeIsRead: one that was written before a record said who decided, and by which thresholds.
func TestARecordOfBeforeIsRead(t *testing.T) {
	s, stop := start(t, t.TempDir())
	c := wissel.CDR{Row: s.Stamp(wissel.Row{}), Call: wissel.CallID(NewID()), Began: time.Now(), Why: []string{"flow:storing: last, and always there"}, Version: "abc", Actor: "anna", Thresholds: []string{"up: 3 good ones"}}
	s.CDR(c)
	stop()
	s, stop = start(t, s.set.Dir)
	if now, found, err := s.CDROf(t.Context(), c.Call); !found || err != nil || now.Actor != "anna" || len(now.Thresholds) != 1 {
		t.Fatalf("as it is now: %+v, %v, %v", now, found, err)
	}
	whole := string(appendCDR(nil, &c))
	body := strings.Replace(whole, `,"Actor":"anna","Thresholds":["up: 3 good ones"]`, "", 1)
	if body == whole {
		t.Fatalf("the row does not have the new fields last: %s", whole)
	}
	stop()
	db, err := sql.Open("sqlite", filepath.Join(s.set.Dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), `UPDATE cdrs SET body = ? WHERE call = ?`, []byte(body), c.Call)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	s, _ = start(t, s.set.Dir)
	if old, found, err := s.CDROf(t.Context(), c.Call); !found || err != nil || old.Version != "abc" || len(old.Why) != 1 || old.Actor != "" || old.Thresholds != nil {
		t.Errorf("as it was: %+v, %v, %v", old, found, err)
	}
}
