package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/internal/audit"
	"wissel/internal/callbacks"
	"wissel/internal/privacy"
	"wissel/internal/sms"
)

const day = 24 * time.Hour

// tables are those of the store, with their columns.
func tables(t *testing.T, s *Store) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	_, err := query(t.Context(), s, `SELECT m.name, c.name FROM sqlite_schema AS m, pragma_table_info(m.name) AS c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'`, func(r *sql.Rows) (_ struct{}, err error) {
		var table, column string
		err = r.Scan(&table, &column)
		all[table] = append(all[table], column)
		return struct{}{}, err
	})
	if err != nil || len(all) < 10 {
		t.Fatalf("%d tables, %v", len(all), err)
	}
	return all
}

// number's are the columns that by their names may hold one.
var numberLike = regexp.MustCompile(`(?i)number|phone|msisdn|caller|callee|recipient|sender|^(from|to|rung|who_to|peer|party)$`)

// Whoever adds a table says here (covers) what it holds of people: else nothing would ever be deleted from it, given to whom it
// is of, or erased.
func TestEachTableIsCovered(t *testing.T) {
	s, _ := start(t, t.TempDir())
	found := tables(t, s)
	for table, columns := range found {
		i := slices.IndexFunc(covers, func(c cover) bool { return c.table == table })
		if i < 0 {
			t.Errorf("table %s has no cover: put it in the list, and say there what it holds of people, when that is over and how a person is taken out", table)
			continue
		}
		c := covers[i]
		for _, column := range slices.Concat(c.numbers, c.within, c.ours, []string{c.key}) {
			if !slices.Contains(columns, column) {
				t.Errorf("the cover of %s names a column %q that is not there: %q", table, column, columns)
			}
		}
		for _, column := range columns {
			if numberLike.MatchString(column) && !slices.Contains(slices.Concat(c.numbers, c.within, c.ours), column) && c.nobody == "" {
				t.Errorf("%s.%s looks like a number's: name it in numbers, or in ours", table, column)
			}
			if (column == "body" || column == "text") && c.nobody == "" && !slices.Contains(c.within, column) {
				t.Errorf("%s.%s may hold numbers among other things: name it in within", table, column)
			}
		}
		if (c.holds() == "") != (c.nobody != "") {
			t.Errorf("%s: either it holds numbers, or it says why nobody's are there", table)
		}
		if table != "wishes" && table != "callbacks" && !c.owner && c.nobody == "" && len(c.over) == 0 {
			t.Errorf("%s: it is never over", table)
		}
		for _, o := range c.over {
			if _, ok := privacy.Of(o.kind); !ok {
				t.Errorf("%s: %q is no kind with a time", table, o.kind)
			}
		}
	}
	for _, c := range covers {
		if found[c.table] == nil {
			t.Errorf("there is no table %s", c.table)
		}
	}
}

// fill puts a row into each table that may hold a person's number, with it in every column that may. The rows of other people, who
// must keep theirs, are made alike.
func fill(t *testing.T, s *Store, id string, n wissel.Number, at time.Time) {
	t.Helper()
	for _, c := range covers {
		if c.holds() == "" || c.owner {
			continue
		}
		info, err := query(t.Context(), s, `SELECT name, type FROM pragma_table_info(?)`, func(r *sql.Rows) (v [2]string, err error) {
			return v, r.Scan(&v[0], &v[1])
		}, c.table)
		if err != nil {
			t.Fatal(err)
		}
		var columns, marks []string
		var args []any
		for _, v := range info {
			var value any = ""
			switch {
			case slices.Contains(c.numbers, v[0]):
				value = string(n)
			case slices.Contains(c.within, v[0]) && v[1] == "BLOB":
				value = []byte(`{"From":"` + n + `","Why":["rang from ` + n + `"]}`)
			case slices.Contains(c.within, v[0]):
				value = "he of " + string(n) + " said so"
			case v[0] == c.key:
				value = id
			case slices.Contains([]string{"callback", "wishes", "wish", "key"}, v[0]):
				value = id
			case slices.Contains([]string{"at", "began", "ended", "sent", "received", "due", "final"}, v[0]):
				value = stamp(at)
			case v[0] == "state":
				value = string(callbacks.Done)
			case v[0] == "kind" && c.table == "wishes":
				value = string(wissel.WishCallback)
			case v[1] == "INTEGER":
				value = 1
			case v[1] == "BLOB":
				value = []byte("{}")
			}
			columns, marks, args = append(columns, quoted(v[0])), append(marks, "?"), append(args, value)
		}
		if err := s.step(t.Context(), job{tx: func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `INSERT INTO `+quoted(c.table)+` (`+strings.Join(columns, ", ")+`) VALUES (`+strings.Join(marks, ", ")+`)`, args...)
			return err
		}}); err != nil {
			t.Fatalf("%s: %v", c.table, err)
		}
	}
}

// standing looks for a text in every column of every table.
func standing(t *testing.T, s *Store, text string) (where []string) {
	t.Helper()
	for table, columns := range tables(t, s) {
		for _, column := range columns {
			n, err := query(t.Context(), s, `SELECT count(*) FROM `+quoted(table)+` WHERE instr(CAST(`+quoted(column)+` AS TEXT), ?) > 0`,
				func(r *sql.Rows) (n int, err error) { return n, r.Scan(&n) }, text)
			if err != nil {
				t.Fatal(err)
			}
			if n[0] > 0 {
				where = append(where, fmt.Sprintf("%s.%s (%d)", table, column, n[0]))
			}
		}
	}
	slices.Sort(where)
	return where
}

// inFiles looks for a text in every file of a folder, as it stands and with SQLite's log.
func inFiles(t *testing.T, dir, text string) (where []string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(data), text); n > 0 {
			where = append(where, fmt.Sprintf("%s (%d)", f.Name(), n))
		}
	}
	return where
}

// After it no table matches, no file holds the number, and the others' rows are as they were.
func TestWhoIsForgottenIsNowhere(t *testing.T) {
	dir := t.TempDir()
	s, _ := start(t, dir)
	now := time.Now()
	const other = wissel.Number("+31687654321")
	for i := range 150 { // so that pages split and merge
		fill(t, s, fmt.Sprintf("other-%03d", i), other, now)
		if i%3 == 0 {
			fill(t, s, fmt.Sprintf("his-%03d", i), "+31612345678", now)
		}
	}
	before := standing(t, s, string(other))
	found, err := s.Found(t.Context(), "+31612345678")
	if err != nil || len(found) < 3 {
		t.Fatalf("found in %d tables, and it stands in %v, %v", len(found), standing(t, s, "+31612345678"), err)
	}
	for _, f := range found {
		if len(f.Rows) != 50 {
			t.Errorf("%s: %d rows, want 50", f.Table, len(f.Rows))
		}
	}
	done, err := s.Forget(t.Context(), "+31612345678")
	if err != nil || done["wishes"] != 50 || done["cdrs"] != 50 {
		t.Fatalf("%v, %v", done, err)
	}
	if where := standing(t, s, "+31612345678"); len(where) > 0 {
		t.Errorf("it still stands in %v", where)
	}
	if again, err := s.Found(t.Context(), "+31612345678"); err != nil || len(again) > 0 {
		t.Errorf("%v, %v", again, err)
	}
	if after := standing(t, s, string(other)); !slices.Equal(before, after) {
		t.Errorf("another's rows were %v and are %v", before, after)
	}
	if emptied, err := s.Shrink(t.Context()); err != nil || !emptied {
		t.Fatalf("the log was not emptied: %v", err)
	}
	if where := inFiles(t, dir, "+31612345678"); len(where) > 0 {
		t.Errorf("it still stands in %v", where)
	}
	if where := inFiles(t, dir, string(other)); len(where) == 0 {
		t.Error("the files do not hold the number of another either: this test sees nothing")
	}
	if cdrs, err := s.keys(t.Context(), covers[2], `"from" = ''`); err != nil || len(cdrs) != 50 {
		t.Errorf("call records without a number: %d, %v", len(cdrs), err)
	}
}

// What is over goes, by its own time; what is not over stays.
func TestWhatIsOverGoes(t *testing.T) {
	dir := t.TempDir()
	s, _ := start(t, dir)
	now := time.Now()
	set := privacy.DefaultSettings()
	at := func(d time.Duration) time.Time { return now.Add(-d) }
	for i := range 450 { // more than two steps
		s.CDR(wissel.CDR{Call: wissel.CallID(fmt.Sprint("old-", i)), From: wissel.Number(fmt.Sprintf("+3161111%04d", i)), Began: at(91 * day)})
	}
	s.CDR(wissel.CDR{Call: "new", From: "+31622222222", Began: at(89 * day)})
	wish := func(w wissel.Wish) {
		t.Helper()
		if err := commit(s, w); err != nil {
			t.Fatal(err)
		}
	}
	wish(wissel.Wish{Row: wissel.Row{ID: "open"}, Kind: wissel.WishCallback, Number: "+31633333331", At: at(300 * day)})
	wish(wissel.Wish{Row: wissel.Row{ID: "done-long-ago"}, Kind: wissel.WishCallback, Number: "+31633333332", At: at(300 * day)})
	wish(wissel.Wish{Row: wissel.Row{ID: "done-lately"}, Kind: wissel.WishCallback, Number: "+31633333333", At: at(300 * day)})
	wish(wissel.Wish{Row: wissel.Row{ID: "reopened"}, Kind: wissel.WishCallback, Number: "+31633333334", At: at(300 * day)})
	wish(wissel.Wish{Row: wissel.Row{ID: "spoken"}, Kind: wissel.WishCallback, Number: "+31633333335", At: at(300 * day), Recording: "spoken.wav"})
	wish(wissel.Wish{Row: wissel.Row{ID: "text-old"}, Kind: wissel.WishText, Number: "+31633333336", At: at(31 * day)})
	wish(wissel.Wish{Row: wissel.Row{ID: "text-new"}, Kind: wissel.WishText, Number: "+31633333337", At: at(29 * day)})
	for _, m := range []callbacks.Mark{
		{Callback: "done-long-ago", State: callbacks.Done, At: at(31 * day), Wishes: []string{"done-long-ago"}},
		{Callback: "done-lately", State: callbacks.Done, At: at(29 * day), Wishes: []string{"done-lately"}},
		{Callback: "reopened", State: callbacks.Done, At: at(40 * day), Wishes: []string{"reopened"}},
		{Callback: "reopened", State: callbacks.Noted, At: at(39 * day), Wishes: []string{"reopened"}},
		{Callback: "spoken", State: callbacks.Cancelled, At: at(31 * day), Wishes: []string{"spoken"}},
	} {
		if err := s.Mark(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	s.Decision(wissel.Decision{Row: s.Stamp(wissel.Row{}), At: at(731 * day), Kind: wissel.DecidedTest})
	s.Decision(wissel.Decision{Row: s.Stamp(wissel.Row{}), At: at(700 * day), Kind: wissel.DecidedTest})
	if err := s.Proposal(t.Context(), "p", at(731*day), []byte("{}")); err != nil {
		t.Fatal(err)
	}
	done, err := s.Overdue(t.Context(), set, now)
	if err != nil || done[privacy.Calls] != 450 || done[privacy.Callbacks] != 3 || done[privacy.Decisions] != 1 || done[privacy.Audit] != 1 {
		t.Fatalf("%v, %v", done, err)
	}
	left := func() string {
		t.Helper()
		all, err := query(t.Context(), s, `SELECT id FROM wishes ORDER BY id`, scanText)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(all, " ")
	}
	if got := left(); got != "done-lately open reopened spoken text-new" {
		t.Errorf("wishes left: %s", got)
	}
	due, err := s.OverdueVoices(t.Context(), set.Cut(privacy.Voices, now), 10)
	if err != nil || len(due) != 1 || due[0].ID != "spoken" {
		t.Fatalf("%+v, %v", due, err)
	}
	if err := s.Removed(t.Context(), "spoken", now); err != nil {
		t.Fatal(err)
	}
	if done, err := s.Overdue(t.Context(), set, now); err != nil || done[privacy.Callbacks] != 2 || left() != "done-lately open reopened text-new" {
		t.Errorf("once its sound is gone: %v, %v, left %s", done, err, left())
	}
	if again, err := s.Overdue(t.Context(), set, now); err != nil || again[privacy.Callbacks]+again[privacy.Calls]+again[privacy.Audit] != 0 {
		t.Errorf("again: %v, %v", again, err)
	}
	if emptied, err := s.Shrink(t.Context()); err != nil || !emptied {
		t.Fatal(emptied, err)
	}
	for _, gone := range []string{"+3161111", "+31633333332", "+31633333335", "+31633333336"} {
		if where := inFiles(t, dir, gone); len(where) > 0 {
			t.Errorf("%s still stands in %v", gone, where)
		}
	}
}

// The words of a text go sooner than that it was sent; what is on its way stays whole.
func TestWordsOfTextsGoFirst(t *testing.T) {
	dir := t.TempDir()
	s, _ := start(t, dir)
	now := time.Now()
	for id, age := range map[string]time.Duration{"new": 6 * day, "old": 8 * day, "older": 91 * day, "waiting": 91 * day} {
		l := sms.Letter{Row: wissel.Row{ID: id, Node: "node1"}, Key: id, Purpose: sms.News, Group: "support", To: "+31612345678", Body: "words of " + id, At: now.Add(-age)}
		if errs := s.Letters(t.Context(), []sms.Letter{l}); errs[0] != nil {
			t.Fatal(errs[0])
		}
		if id != "waiting" {
			s.TextChanged(sms.Entry{Letter: l, Stage: sms.Arrived, Since: l.At, Changes: 1})
		}
	}
	eventually(t, "three texts have arrived", func() bool {
		got, err := query(t.Context(), s, `SELECT id FROM texts WHERE stage = 'delivered'`, scanText)
		return err == nil && len(got) == 3
	})
	done, err := s.Overdue(t.Context(), privacy.DefaultSettings(), now)
	if err != nil || done[privacy.Texts] != 1 || done[privacy.Receipts] != 1 {
		t.Fatalf("%v, %v", done, err)
	}
	if again, err := s.Overdue(t.Context(), privacy.DefaultSettings(), now); err != nil || again[privacy.Texts]+again[privacy.Receipts] != 0 {
		t.Errorf("again: %v, %v", again, err)
	}
	left, err := query(t.Context(), s, `SELECT id || ': ' || json_extract(CAST(body AS TEXT), '$.Body') FROM texts ORDER BY id`, scanText)
	if want := []string{"new: words of new", "old: ", "waiting: words of waiting"}; err != nil || !slices.Equal(left, want) {
		t.Errorf("%q, %v; want %q", left, err, want)
	}
	if emptied, err := s.Shrink(t.Context()); err != nil || !emptied {
		t.Fatal(emptied, err)
	}
	if where := inFiles(t, dir, "words of old"); len(where) > 0 {
		t.Errorf("words that are over still stand in %v", where)
	}
}

// A caller's wish that comes while much is deleted waits for a step at the most.
func TestAPromiseWaitsForAStepAtTheMost(t *testing.T) {
	s, _ := start(t, t.TempDir())
	now := time.Now()
	for i := range 5000 {
		s.CDR(wissel.CDR{Call: wissel.CallID(fmt.Sprint(i)), Began: now.Add(-100 * day), Why: []string{strings.Repeat("x", 1000)}})
	}
	if err := commit(s, wissel.Wish{Number: "+31612345678", At: now}); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		done, err := s.Overdue(context.Background(), privacy.DefaultSettings(), now)
		if err == nil && done[privacy.Calls] != 5000 {
			err = fmt.Errorf("%v were deleted", done)
		}
		ended <- err
	}()
	var worst time.Duration
	for between := 0; ; between++ {
		select {
		case err := <-ended:
			if err != nil || between < 5 {
				t.Errorf("%d wishes in between, %v", between, err)
			}
			t.Logf("%d wishes came in between, the slowest in %v", between, worst)
			if worst > time.Second {
				t.Errorf("a wish waited %v", worst)
			}
			return
		default:
			began := time.Now()
			if err := commit(s, wissel.Wish{Number: "+31612345678", At: now}); err != nil {
				t.Fatal(err)
			}
			worst = max(worst, time.Since(began))
		}
	}
}

// Old audit rows go, and what is left can still be checked: also from outside, and also when somebody takes one more.
func TestTheAuditChainIsCut(t *testing.T) {
	dir := t.TempDir()
	s, stop := start(t, dir)
	now := time.Now()
	for i := range 5 {
		if err := kept(s, wissel.AuditRow{At: now.Add(-time.Duration(800-i) * day), Who: "anna", What: "switch", Why: fmt.Sprint("old ", i+1)}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 3 {
		if err := kept(s, wissel.AuditRow{At: now, Who: "anna", What: "switch", Why: fmt.Sprint("new ", i+1)}); err != nil {
			t.Fatal(err)
		}
	}
	head := s.Head()
	done, err := s.Overdue(t.Context(), privacy.DefaultSettings(), now)
	if err != nil || done[privacy.Audit] != 5 {
		t.Fatalf("%v, %v", done, err)
	}
	rows, err := s.AuditRows(t.Context(), time.Time{}, 0)
	if err != nil || len(rows) != 4 || rows[0].Seq != 6 || rows[3].What != audit.Cut || !strings.HasPrefix(rows[3].Before, "5:") {
		t.Fatalf("%+v, %v", rows, err)
	}
	if err := kept(s, wissel.AuditRow{At: now, Who: "anna", What: "switch", Why: "after it"}); err != nil {
		t.Fatal(err)
	}
	if err := s.step(t.Context(), job{tx: func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM audit`)
		return err
	}}); err == nil {
		t.Error("the trigger that keeps rows was not put back")
	}
	whole := func(when string, want string) {
		t.Helper()
		all, err := VerifyAudit(t.Context(), dir, 0, head.End)
		if err != nil || len(all) != 1 {
			t.Fatalf("%s: %+v, %v", when, all, err)
		}
		switch f := all[0].Fault; {
		case want == "" && (f != nil || all[0].Cut.Rows != 5):
			t.Errorf("%s: %v, cut at %+v", when, f, all[0].Cut)
		case want != "" && (f == nil || !strings.Contains(f.Error(), want)):
			t.Errorf("%s: %v, want %s", when, f, want)
		}
	}
	whole("beside the server", "")
	stop()
	whole("without it", "")
	s, stop = start(t, dir)
	if s.AuditFault() != "" {
		t.Error(s.AuditFault())
	}
	stop()
	edit(t, dir, `DELETE FROM audit WHERE seq = 6`)
	whole("one more taken from the front", "rows 1 to 6 are missing before it")
}

// Objections outlast a restart, are held by marks alone, and are lifted.
func TestObjections(t *testing.T) {
	dir := t.TempDir()
	s, stop := start(t, dir)
	key, err := s.MarkKey(t.Context())
	if err != nil || len(key) != 32 {
		t.Fatal(key, err)
	}
	for range 2 { // twice is once
		if err := s.Object(t.Context(), privacy.Objection{Mark: key.Mark("+31612345678"), At: time.Now(), Who: "anna", Why: "letter of 1 November"}); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	if where := inFiles(t, dir, "12345678"); len(where) > 0 {
		t.Errorf("the number stands in %v", where)
	}
	s, _ = start(t, dir)
	again, err := s.MarkKey(t.Context())
	all, errAll := s.Objections(t.Context())
	if err := errors.Join(err, errAll); err != nil || string(again) != string(key) || len(all) != 1 || all[0].Mark != key.Mark("+31612345678") || all[0].Who != "anna" {
		t.Fatalf("%+v, %v", all, err)
	}
	if err := s.Lift(t.Context(), all[0].Mark); err != nil {
		t.Fatal(err)
	}
	if all, err := s.Objections(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
}
