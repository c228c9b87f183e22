package access

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// TakesTwo reports whether a permission always takes two persons, whatever a group asks for: what it does cannot be
// undone, or hides what was done.
func TakesTwo(p Permission) bool {
	switch p {
	case EraseAll, TollRules, AuditRules:
		return true
	default:
		return false
	}
}

// State is what has become of a proposal.
type State string

// The states of a proposal. Open and Carrying are on their way, the others are final.
const (
	Open     State = "open"
	Carrying State = "carrying" // a second person has approved, and it is being carried out
	Done     State = "done"
	Rejected State = "rejected"
	Expired  State = "expired"
)

// Proposal is something that one person has asked for and another must approve.
type Proposal struct {
	Row    string          `json:"row"`   // of its record, UUIDv7
	ID     string          `json:"id"`    // short, so that it can be said over a telephone
	What   string          `json:"what"`  // the word of its command: "switch"
	Needs  Permission      `json:"needs"` // of who proposes
	Group  string          `json:"group,omitempty"`
	Words  string          `json:"words"` // what it would do: "plan storing"
	Order  json.RawMessage `json:"order"` // exactly what was asked
	Reason string          `json:"reason"`
	By     Person          `json:"by"`
	From   string          `json:"from"`
	At     time.Time       `json:"at"`
	Until  time.Time       `json:"until"`
	Basis  string          `json:"basis"`  // a hash of what it was proposed against
	Before string          `json:"before"` // the same, in words
	State  State           `json:"state"`
	Second *Person         `json:"second,omitempty"` // who approved or rejected it
	Note   string          `json:"note,omitempty"`   // his reason
}

// Why a proposal cannot be approved or rejected.
var (
	ErrSamePerson = errors.New("it takes a second person")
	ErrNotOpen    = errors.New("it is not open any more")
)

// Now gives the proposal as it is at now: an open one expires.
func (p Proposal) Now(now time.Time) Proposal {
	if p.State == Open && !now.Before(p.Until) {
		p.State = Expired
	}
	return p
}

// Approve gives the proposal on its way to be carried out. Its error is ErrNotOpen or ErrSamePerson, with words.
func (p Proposal) Approve(by Person, note string, now time.Time) (Proposal, error) {
	if err := p.open(now); err != nil {
		return p, err
	}
	if why := Same(p.By, by); why != "" {
		return p, fmt.Errorf("%w, and %s proposed it: %s", ErrSamePerson, p.By.Name, why)
	}
	p.State, p.Second, p.Note = Carrying, &by, note
	return p, nil
}

// Reject gives the proposal as rejected; who proposed it may do that too. Its error is ErrNotOpen, with words.
func (p Proposal) Reject(by Person, note string, now time.Time) (Proposal, error) {
	if err := p.open(now); err != nil {
		return p, err
	}
	p.State, p.Second, p.Note = Rejected, &by, note
	return p, nil
}

func (p Proposal) open(now time.Time) error {
	switch p = p.Now(now); {
	case p.State == Open:
		return nil
	case p.Second != nil:
		return fmt.Errorf("%w: %s by %s", ErrNotOpen, p.State, p.Second.Name)
	default:
		return fmt.Errorf("%w: it expired at %s", ErrNotOpen, p.Until.Format(time.RFC3339))
	}
}

// Reopen gives a proposal whose carrying out failed back for another try.
func (p Proposal) Reopen() Proposal {
	p.State, p.Second, p.Note = Open, nil, ""
	return p
}
