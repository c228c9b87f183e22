package wissel

import "time"

// Schedule says when a desk is open. It is never changed, and asking it takes no lock; internal/hours makes it from the
// settings. The zero Override is none.
type Schedule interface {
	// At says whether the desk is open at t, until when, and what decides that.
	At(t time.Time, o Override) Opening
	// Open is At(t, o).Open, without looking for the next change: that may be a year away, and calls ask often.
	Open(t time.Time, o Override) bool
	// Next is the first moment from t on at which the desk is open; zero: none within a year.
	Next(t time.Time, o Override) time.Time
	// EndOfNextDay is when the desk closes on the next day that it opens after the one under way; zero: none within a year.
	EndOfNextDay(t time.Time, o Override) time.Time
}

// Opening is the answer to whether a desk is open.
type Opening struct {
	Open  bool
	Until time.Time   // the next change; zero: none within a year
	By    OpeningRule // what decides
	Why   string      // the rule as written, the holiday's name, the exception's or the override's reason
}

// OpeningRule is what decides whether a desk is open.
type OpeningRule string

// A group without hours is always open; a rule of the settings, a public holiday, an exception for a date, an operator's
// override.
const (
	ByNothing   OpeningRule = "always"
	ByRule      OpeningRule = "rule"
	ByHoliday   OpeningRule = "holiday"
	ByException OpeningRule = "exception"
	ByOverride  OpeningRule = "override"
)

// Override is an operator's word that a desk is open, or closed, until an end, whatever its hours say: "we are open tonight
// because of the outage". The zero Override is none.
type Override struct {
	ID         string // UUIDv7
	Group      GroupID
	Open       bool
	Reason     string
	Who        string
	Since      time.Time
	Until      time.Time
	Node       string
	Generation uint64
}

// Live reports whether the override holds at t.
func (o Override) Live(t time.Time) bool {
	return o.ID != "" && !t.Before(o.Since) && t.Before(o.Until)
}
