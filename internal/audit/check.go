package audit

import (
	"fmt"
	"iter"
	"time"

	"wissel"
)

// Report is what a check of one node's chain found.
type Report struct {
	Node   string    `json:"node"`
	Rows   uint64    `json:"rows"`            // that were read
	End    End       `json:"end"`             // of what was read
	Sealed time.Time `json:"sealed,omitzero"` // of the newest head that the chain was held against
	Key    string    `json:"key,omitempty"`   // that it was signed with
	Cut    End       `json:"cut,omitzero"`    // the rows up to here were deleted as they were too old, which a row says
	Fault  *Fault    `json:"fault,omitempty"` // the first; nil: the chain is whole
}

// Fault is the first place where a chain is not what was written.
type Fault struct {
	Seq  uint64    `json:"seq"` // of the row in question, or of the last one before what is missing at the end; 0: no row is left
	ID   string    `json:"id"`
	At   time.Time `json:"at"`
	What string    `json:"what"` // a sentence
}

func (f *Fault) Error() string {
	if f.ID == "" {
		return f.What
	}
	return fmt.Sprintf("row %d (%s, %s): %s", f.Seq, f.ID, f.At.UTC().Format(time.RFC3339), f.What)
}

// Check reads the rows of one node in the order of their numbers and says where they are first not those that were
// written. heads are ends that the chain is known to have had. What lies before row from is not looked at (0 and 1: all
// is), for a chain whose beginning is known to be gone. The error is that of reading the rows.
func Check(node string, rows iter.Seq2[wissel.AuditRow, error], from uint64, heads ...Head) (Report, error) {
	c := checking{report: Report{Node: node}, from: max(from, 1), heads: heads}
	for _, h := range heads {
		if h.At.After(c.report.Sealed) {
			c.report.Sealed, c.report.Key = h.At, h.Key
		}
	}
	for r, err := range rows {
		if err != nil {
			return c.report, err
		}
		c.row(r)
	}
	c.end()
	return c.report, nil
}

type checking struct {
	report Report
	from   uint64
	heads  []Head
	last   wissel.AuditRow
	wanted string // the hash that a row names as the one before it, while we look whether that row is further on
	gone   End    // what lies before the first row: a row has to say that it was deleted; zero: all are there, or known to be gone
	first  wissel.AuditRow
}

func (c *checking) row(r wissel.AuditRow) {
	c.report.Rows++
	if c.wanted != "" && r.Hash == c.wanted {
		c.report.Fault.What = "it does not follow the row before it: the rows are in another order than they were written in"
		c.wanted = ""
	}
	if c.report.Fault == nil && (r.Seq == 0 || r.Seq >= c.from) {
		if what := c.judge(r); what != "" {
			c.report.Fault = &Fault{Seq: r.Seq, ID: r.ID, At: r.At, What: what}
		}
	}
	if r.Seq > 0 {
		c.last = r
		c.report.End = End{Rows: r.Seq, Hash: r.Hash}
	}
}

// judge says what is wrong with r, if anything.
func (c *checking) judge(r wissel.AuditRow) string {
	next, first := c.last.Seq+1, c.last.Seq == 0
	known := first && c.from > 1 // what lies before is known to be gone
	if first && !known && r.Seq > 1 && r.Prev != "" {
		c.gone, c.first = End{Rows: r.Seq - 1, Hash: r.Prev}, r
		known = true // unless no row says so: see end
	}
	if r.What == Cut && r.Before == c.gone.String() {
		c.report.Cut = c.gone
	}
	switch {
	case r.Seq == 0 || r.Hash == "":
		return "it stands outside the chain: it was put there by something other than wissel"
	case !first && r.Seq == c.last.Seq:
		return fmt.Sprintf("it has the number of the row before it (%s)", place(c.last))
	case Hash(r.Prev, r) != r.Hash:
		return "it was changed after it was written"
	case r.Seq > next && !known:
		return missing(next, r.Seq-1) + " before it"
	case r.Prev != c.last.Hash && !known:
		c.wanted = r.Prev
		return fmt.Sprintf("it does not follow the row before it (%s): that one was replaced, or one between them was taken out", place(c.last))
	case r.What == Broken && !known:
		return r.Why
	}
	for _, h := range c.heads {
		if h.Rows == r.Seq && h.Hash != r.Hash {
			return fmt.Sprintf("it is not the row that was there %s: it was written anew, and those before it may have been", when(h))
		}
	}
	return ""
}

// end looks for rows that the heads count and the table has not, and for a row that says why the first ones are not there.
func (c *checking) end() {
	if c.gone.Rows > 0 && c.report.Cut != c.gone && (c.report.Fault == nil || c.report.Fault.Seq >= c.first.Seq) {
		c.report.Fault = &Fault{Seq: c.first.Seq, ID: c.first.ID, At: c.first.At, What: missing(1, c.gone.Rows) + " before it"}
	}
	for _, h := range c.heads {
		if h.Rows <= c.last.Seq || c.report.Fault != nil {
			continue
		}
		what := missing(c.last.Seq+1, h.Rows)
		if c.last.Seq > 0 {
			what += " behind it, at the end"
		}
		c.report.Fault = &Fault{
			Seq: c.last.Seq, ID: c.last.ID, At: c.last.At,
			What: fmt.Sprintf("%s: there were %d %s", what, h.Rows, when(h)),
		}
	}
}

// when says since when a head is known.
func when(h Head) string {
	if h.At.IsZero() {
		return "by the head that was given"
	}
	return "when it was sealed at " + h.At.UTC().Format(time.RFC3339)
}

func missing(first, last uint64) string {
	if first == last {
		return fmt.Sprintf("row %d is missing", first)
	}
	return fmt.Sprintf("rows %d to %d are missing", first, last)
}
