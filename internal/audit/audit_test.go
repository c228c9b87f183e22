package audit

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wissel"
)

var noon = time.Date(2026, 11, 29, 15, 0, 0, 120, time.UTC)

// The hashes are those that Python's json and hashlib give for the same text: others can check a chain without our code.
func TestTheCanonicalFormIsWrittenDown(t *testing.T) {
	row := wissel.AuditRow{
		Row: wissel.Row{ID: "01a", Node: "node1", Generation: 7}, At: noon.In(time.FixedZone("CET", 3600)), Who: "anna", From: "socket uid 1000 pid 2",
		What: "switch", Object: "support", Why: "a \"reason\" with <tags> & é, a tab\t", Before: "plan a", After: "plan b",
	}
	want := `{"id":"01a","node":"node1","generation":7,"at":"2026-11-29T15:00:00.000000120Z","who":"anna","from":"socket uid 1000 pid 2","what":"switch","object":"support","why":"a \"reason\" with <tags> & é, a tab\t","before":"plan a","after":"plan b"}`
	if got := string(Canonical(row)); got != want {
		t.Errorf("canonical form\n got %s\nwant %s", got, want)
	}
	first, end := End{}.Link(row)
	if first.Seq != 1 || first.Prev != "" || first.Hash != "178f1a4d989da4afdb658ac594bb958482650f260e5e50bd628bd07e2ab896e6" {
		t.Errorf("the first row: %+v", first)
	}
	second, _ := end.Link(row)
	if second.Seq != 2 || second.Prev != first.Hash || second.Hash != "cd49aecaa216a4126237d8f66ff73985bd20e98be32b1dfdf9d0c5f6a79e2440" {
		t.Errorf("the second row: %+v", second)
	}
}

// written gives a chain of n rows and its end.
func written(n int) (rows []wissel.AuditRow, end End) {
	for i := range n {
		row := wissel.AuditRow{Row: wissel.Row{ID: fmt.Sprintf("id-%d", i+1), Node: "node1"}, At: noon, Who: "anna", What: "switch", Why: fmt.Sprint("reason ", i+1)}
		row, end = end.Link(row)
		rows = append(rows, row)
	}
	return rows, end
}

func each(rows []wissel.AuditRow) iter.Seq2[wissel.AuditRow, error] {
	return func(yield func(wissel.AuditRow, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func TestWhereAChainIsNotWhatWasWritten(t *testing.T) {
	_, sealed := written(6)
	for _, c := range []struct {
		name  string
		alter func(rows []wissel.AuditRow) []wissel.AuditRow
		seq   uint64 // 0 with no word: nothing is found
		word  string
	}{
		{"as it was written", func(r []wissel.AuditRow) []wissel.AuditRow { return r }, 0, ""},
		{"grown since it was sealed", func([]wissel.AuditRow) []wissel.AuditRow { r, _ := written(9); return r }, 0, ""},
		{"one row changed", func(r []wissel.AuditRow) []wissel.AuditRow { r[2].Why = "none of my doing"; return r }, 3, "changed after it was written"},
		{"one row's time changed", func(r []wissel.AuditRow) []wissel.AuditRow { r[2].At = noon.Add(1); return r }, 3, "changed after it was written"},
		{"one row changed, with its hash", func(r []wissel.AuditRow) []wissel.AuditRow {
			r[2].Why = "none of my doing"
			r[2].Hash = Hash(r[2].Prev, r[2])
			return r
		}, 4, "that one was replaced"},
		{"the last row changed, with its hash", func(r []wissel.AuditRow) []wissel.AuditRow {
			r[5].Why = "none of my doing"
			r[5].Hash = Hash(r[5].Prev, r[5])
			return r
		}, 6, "not the row that was there when it was sealed"},
		{"all rows written anew", func(r []wissel.AuditRow) []wissel.AuditRow {
			var end End
			for i := range r {
				r[i].Who = "nobody"
				r[i], end = end.Link(r[i])
			}
			return r
		}, 6, "those before it may have been"},
		{"one row taken out", func(r []wissel.AuditRow) []wissel.AuditRow { return slices.Delete(r, 2, 3) }, 4, "row 3 is missing before it"},
		{"two rows taken out", func(r []wissel.AuditRow) []wissel.AuditRow { return slices.Delete(r, 1, 3) }, 4, "rows 2 to 3 are missing before it"},
		{"one row taken out and the rest renumbered", func(r []wissel.AuditRow) []wissel.AuditRow {
			r = slices.Delete(r, 2, 3)
			for i := range r {
				r[i].Seq = uint64(i + 1)
			}
			return r
		}, 3, "one between them was taken out"},
		{"the first row taken out", func(r []wissel.AuditRow) []wissel.AuditRow { return r[1:] }, 2, "row 1 is missing before it"},
		{"two rows moved", func(r []wissel.AuditRow) []wissel.AuditRow {
			r[2], r[3] = r[3], r[2]
			r[2].Seq, r[3].Seq = r[3].Seq, r[2].Seq
			return r
		}, 3, "in another order"},
		{"the last row moved to the front", func(r []wissel.AuditRow) []wissel.AuditRow {
			r = append([]wissel.AuditRow{r[5]}, r[:5]...)
			for i := range r {
				r[i].Seq = uint64(i + 1)
			}
			return r
		}, 1, "in another order"},
		{"the last row taken away", func(r []wissel.AuditRow) []wissel.AuditRow { return r[:5] }, 5, "row 6 is missing behind it, at the end"},
		{"three rows taken away", func(r []wissel.AuditRow) []wissel.AuditRow { return r[:3] }, 3, "rows 4 to 6 are missing behind it, at the end: there were 6 when it was sealed"},
		{"every row taken away", func(r []wissel.AuditRow) []wissel.AuditRow { return nil }, 0, "rows 1 to 6 are missing: there were 6"},
		{"a row put in beside the chain", func(r []wissel.AuditRow) []wissel.AuditRow {
			return append([]wissel.AuditRow{{Row: wissel.Row{ID: "id-x"}, Who: "anna"}}, r...)
		}, 0, "outside the chain"},
		{"a row put in with a number that is taken", func(r []wissel.AuditRow) []wissel.AuditRow {
			false_, _ := End{Rows: 2, Hash: r[1].Hash}.Link(wissel.AuditRow{Row: wissel.Row{ID: "id-x"}})
			return slices.Insert(r, 3, false_)
		}, 3, "has the number of the row before it"},
		{"a break that was found at a start", func(r []wissel.AuditRow) []wissel.AuditRow {
			row, _ := sealed.Link(wissel.AuditRow{Row: wissel.Row{ID: "id-7"}, What: Broken, Why: "found at a start: there were 9"})
			return append(r, row)
		}, 7, "found at a start: there were 9"},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows, _ := written(6)
			report, err := Check("node1", each(c.alter(rows)), 0, Head{Node: "node1", End: sealed, At: noon})
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case c.word == "" && report.Fault != nil:
				t.Errorf("found %v", report.Fault)
			case c.word != "" && (report.Fault == nil || report.Fault.Seq != c.seq || !strings.Contains(report.Fault.Error(), c.word)):
				t.Errorf("found %+v, want row %d: %s", report.Fault, c.seq, c.word)
			}
		})
	}
}

func TestAChainWhoseBeginningIsKnownToBeGone(t *testing.T) {
	rows, end := written(9)
	if report, err := Check("node1", each(rows[4:]), 5, Head{End: end}); err != nil || report.Fault != nil || report.Rows != 5 {
		t.Errorf("rows 5 to 9 from 5: %+v, %v", report, err)
	}
	rows[7].Who = "nobody"
	if report, err := Check("node1", each(rows), 5, Head{End: end}); err != nil || report.Fault == nil || report.Fault.Seq != 8 {
		t.Errorf("row 8 changed, from 5: %+v, %v", report, err)
	}
	unread := errors.New("the disk is gone")
	if _, err := Check("node1", func(yield func(wissel.AuditRow, error) bool) { yield(wissel.AuditRow{}, unread) }, 0); !errors.Is(err, unread) {
		t.Errorf("rows that cannot be read: %v", err)
	}
}

// Rows that were too old are gone for good, and a row further on says so.
func TestAChainWhoseBeginningWasCut(t *testing.T) {
	cut := func(upTo int, before string) []wissel.AuditRow {
		rows, end := written(9)
		row, _ := end.Link(wissel.AuditRow{Row: wissel.Row{ID: "id-10", Node: "node1"}, What: Cut, Before: before})
		return append(rows[upTo:], row)
	}
	rows, _ := written(9)
	fourth := End{Rows: 4, Hash: rows[3].Hash}
	for _, c := range []struct {
		name string
		rows []wissel.AuditRow
		want string
	}{
		{"as the row says", cut(4, fourth.String()), ""},
		{"nothing is gone, whatever a row says", cut(0, fourth.String()), ""},
		{"one more is gone", cut(5, fourth.String()), "rows 1 to 5 are missing before it"},
		{"no row says so", cut(4, "")[:5], "rows 1 to 4 are missing before it"},
		{"a row says so of another", cut(4, End{Rows: 4, Hash: rows[4].Hash}.String()), "rows 1 to 4 are missing before it"},
	} {
		report, err := Check("node1", each(c.rows), 0)
		switch {
		case err != nil:
			t.Fatal(err)
		case c.want == "" && (report.Fault != nil || report.Cut.Rows > 0 && report.Cut != fourth):
			t.Errorf("%s: %v, %+v", c.name, report.Fault, report.Cut)
		case c.want != "" && (report.Fault == nil || !strings.Contains(report.Fault.Error(), c.want) || report.Fault.Seq != c.rows[0].Seq):
			t.Errorf("%s: %v, want %s", c.name, report.Fault, c.want)
		}
	}
}

// Whatever one row's fields hold, and whichever of them is changed, the change is found at that row.
func TestNoChangeGoesUnseen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		some := func(name string) string { return rapid.String().Draw(t, name) }
		n := rapid.IntRange(1, 5).Draw(t, "rows")
		var rows []wissel.AuditRow
		var end End
		for range n {
			row := Clean(wissel.AuditRow{
				Row: wissel.Row{ID: some("id"), Node: some("node"), Generation: rapid.Uint64().Draw(t, "generation")}, At: time.Unix(0, rapid.Int64().Draw(t, "at")),
				Who: some("who"), From: some("from"), What: "switch", Object: some("object"), Why: some("why"), Before: some("before"), After: some("after"),
			})
			row, end = end.Link(row)
			rows = append(rows, row)
		}
		if report, err := Check("node1", each(rows), 0, Head{End: end}); err != nil || report.Fault != nil {
			t.Fatalf("untouched: %v, %v", report.Fault, err)
		}
		i := rapid.IntRange(0, n-1).Draw(t, "which")
		texts := []*string{&rows[i].ID, &rows[i].Node, &rows[i].Who, &rows[i].From, &rows[i].What, &rows[i].Object, &rows[i].Why, &rows[i].Before, &rows[i].After, &rows[i].Hash}
		*rapid.SampledFrom(texts).Draw(t, "field") += "x"
		if report, err := Check("node1", each(rows), 0, Head{End: end}); err != nil || report.Fault == nil || report.Fault.Seq != uint64(i+1) {
			t.Fatalf("row %d changed: %v, %v", i+1, report.Fault, err)
		}
	})
}

func TestAHeadIsSigned(t *testing.T) {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	public := key.Public().(ed25519.PublicKey)
	_, end := written(3)
	head := Seal("node1", end, noon, key)
	if err := head.Verify(public); err != nil {
		t.Error(err)
	}
	other := ed25519.NewKeyFromSeed([]byte(strings.Repeat("x", ed25519.SeedSize)))
	for name, forged := range map[string]Head{
		"another node":    {Node: "node2", End: head.End, At: head.At, Key: head.Key, Signature: head.Signature},
		"fewer rows":      {Node: head.Node, End: End{Rows: 2, Hash: head.Hash}, At: head.At, Key: head.Key, Signature: head.Signature},
		"another hash":    {Node: head.Node, End: End{Rows: 3, Hash: strings.Repeat("0", 64)}, At: head.At, Key: head.Key, Signature: head.Signature},
		"another time":    {Node: head.Node, End: head.End, At: head.At.Add(1), Key: head.Key, Signature: head.Signature},
		"another's key":   Seal("node1", end, noon, other),
		"no signature":    {Node: head.Node, End: head.End, At: head.At, Key: head.Key},
		"a broken base64": {Node: head.Node, End: head.End, At: head.At, Key: head.Key, Signature: "!"},
	} {
		if err := forged.Verify(public); !errors.Is(err, ErrForged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAHeadIsReadAsTheLogHasIt(t *testing.T) {
	_, end := written(3)
	if got, err := ParseEnd(end.String()); err != nil || got != end {
		t.Errorf("%v, %v", got, err)
	}
	for _, text := range []string{"", "3", "3:", ":" + end.Hash, "0:" + end.Hash, "-3:" + end.Hash, "3:" + end.Hash[1:] + "g", end.String() + "0"} {
		if _, err := ParseEnd(text); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}
