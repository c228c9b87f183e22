// Package web is how people and programs talk to a running wissel: an HTTP API with JSON on the control socket, and the
// client that the command line uses. It decides nothing: internal/app answers through Switchboard. Callers' numbers are
// shortened in every answer.
package web

import (
	"context"
	"fmt"
	"time"

	"wissel"
	"wissel/internal/access"
	"wissel/internal/audit"
)

// Switchboard is what the API needs of the running server.
type Switchboard interface {
	Eyes
	Tokens
	Personal
	Desks
	CrisisLine
	Status(ctx context.Context) Status
	Why(ctx context.Context, number, from string) (Why, error)
	Switch(ctx context.Context, r SwitchRequest, by Actor) (Switched, error)
	Handback(ctx context.Context, r HandbackRequest, by Actor) (Switched, error)
	WhatIf(ctx context.Context, r WhatIfRequest, by Actor) (WhatIf, error)
	Timeline(ctx context.Context, since time.Time, group wissel.GroupID, limit int) (Timeline, error)
	Calls() []Call
	Carriers() []Carrier
	Carrier(trunk wissel.TrunkID) (CarrierHealth, error)
	// TestCarrier makes a test call over a trunk, and tells say line by line how it gets on. An error says why none was made;
	// a test that failed is none.
	TestCarrier(ctx context.Context, trunk wissel.TrunkID, by Actor, say func(line string)) (TestResult, error)
	FlowCaller
	Recordings
	Kept
	Promised
	Releases
	Texting
	Messages
	StatusPages
	Reload(ctx context.Context, by Actor) (Reloaded, error)
	// Drain stops taking new calls and calls progress with the number of calls left, until none is or the time is up. With
	// endCalls it ends them at once.
	Drain(ctx context.Context, endCalls bool, by Actor, progress func(left int)) error
	Audit(ctx context.Context, since time.Time, limit int) ([]wissel.AuditRow, error)
	// VerifyAudit checks the chain of audit rows, from row from on (0: all), and against an end that it is known to have had.
	VerifyAudit(ctx context.Context, from uint64, known audit.End) ([]audit.Report, error)
}

// Actor is who asks, as the operating system or his token says it.
type Actor struct {
	Who    string // user name, else "uid 1000"
	From   string // "socket uid 1000 pid 4242"
	Roles  []access.Role
	Marks  []string // what was proven of him (access.Person)
	Makers []string // of who made his token
}

// Person is by what we know who asks.
func (a Actor) Person() access.Person {
	return access.Person{Name: a.Who, Marks: a.Marks, Makers: a.Makers}
}

// Fault is an error that the API tells as it is. Code is an HTTP status.
type Fault struct {
	Code int    `json:"status"`
	What string `json:"title"`            // what was tried
	Why  string `json:"detail,omitempty"` // what came back, and what to do
}

func (f *Fault) Error() string {
	if f.Why == "" {
		return f.What
	}
	return f.What + ": " + f.Why
}

// Faultf makes a Fault.
func Faultf(code int, what, why string, args ...any) *Fault {
	return &Fault{Code: code, What: what, Why: fmt.Sprintf(why, args...)}
}

// Status is the answer of `wissel status`.
type Status struct {
	Node     string      `json:"node"`
	Version  string      `json:"version"`
	State    string      `json:"state"` // starting, serving, draining
	Since    time.Time   `json:"since"`
	PID      int         `json:"pid"`
	Settings Settings    `json:"settings"`
	Store    Store       `json:"store"`
	Calls    Calls       `json:"calls"`
	Groups   []Group     `json:"groups"`
	Page     *StatusPage `json:"status_page,omitempty"` // nil: there is none
	Alarms   []string    `json:"alarms"`                // sentences: what is wrong, what to do
}

// Settings says which settings are in force.
type Settings struct {
	File     string    `json:"file"`
	Version  string    `json:"version"`
	LoadedAt time.Time `json:"loaded_at"`
	Rejected string    `json:"rejected,omitempty"` // why the newest file is not in force
}

// Store says whether promises can be kept.
type Store struct {
	Dir     string `json:"dir"`
	OK      bool   `json:"ok"`
	Fault   string `json:"fault,omitempty"`
	Aside   string `json:"aside,omitempty"` // where a damaged database was moved to
	Waiting int    `json:"waiting"`
	Dropped uint64 `json:"dropped"`
}

// Calls counts calls since start.
type Calls struct {
	Now   int    `json:"now"`
	Total uint64 `json:"total"`
}

// Group is one support line and where its calls go.
type Group struct {
	ID      wissel.GroupID `json:"id"`
	Numbers []string       `json:"numbers"`
	Plan    wissel.PlanID  `json:"plan"`
	Chosen  bool           `json:"chosen"` // the plan was made active by an operator
	Pin     *Pin           `json:"pin,omitempty"`
	Lead    *Lead          `json:"lead,omitempty"` // a switch that wissel made by itself
	Targets []Target       `json:"targets"`
	Proofs  []Proof        `json:"proofs"` // of every trunk of every plan, the stalest first

	Endings []Ending `json:"endings,omitempty"` // of every carrier's trunk, when a flow of the plan in force is heard unanswered

	Message  *Message  `json:"message,omitempty"`  // about its outage, live or past its end
	Override *Override `json:"override,omitempty"` // of its hours, in force or to come
}

// Pin is an operator's override.
type Pin struct {
	Target string    `json:"target"`
	Reason string    `json:"reason"`
	Who    string    `json:"who"`
	Since  time.Time `json:"since"`
	Until  time.Time `json:"until"`
	Share  int       `json:"share,omitempty"` // of 1000 callers, how many it is for; 0: all
}

// Target is one target of a plan with its health.
type Target struct {
	Target   string    `json:"target"`
	State    string    `json:"state"` // unknown, up, suspect, down; "ready" for a flow
	Since    time.Time `json:"since,omitzero"`
	Evidence string    `json:"evidence,omitempty"`
	Proven   time.Time `json:"proven,omitzero"`
}

// Carrier is a trunk and its addresses.
type Carrier struct {
	Trunk     wissel.TrunkID `json:"trunk"`
	Role      wissel.Role    `json:"role"`
	State     string         `json:"state"`
	Calls     int            `json:"calls"`
	Limit     int            `json:"limit"` // 0: none
	Addresses []Address      `json:"addresses"`
	Proof     *Proof         `json:"proof,omitempty"`  // of the trunk, kept over restarts; nil: none is known
	Ending    *Ending        `json:"ending,omitempty"` // of a carrier's; nil: no call has shown it
	Notes     []string       `json:"notes,omitempty"`  // why there is no address, or an old one: "it only brings calls in", "sip:x: no such host"
}

// Address is one address of a trunk and its health.
type Address struct {
	Address  string    `json:"address"`
	State    string    `json:"state"`
	Since    time.Time `json:"since,omitzero"`
	Evidence string    `json:"evidence,omitempty"`
	Seen     time.Time `json:"seen,omitzero"`
	Proven   time.Time `json:"proven,omitzero"`
}

// Call is a live call.
type Call struct {
	ID     wissel.CallID  `json:"id"`
	Group  wissel.GroupID `json:"group"`
	From   string         `json:"from"` // shortened
	To     string         `json:"to"`
	State  string         `json:"state"` // hunting, ringing, talking, flow, ending
	Target string         `json:"target,omitempty"`
	Since  time.Time      `json:"since"`
}

// Why says what would happen to a call to a number now, and why; or what became of a call; or what was decided.
type Why struct {
	Call       *CallWhy         `json:"call,omitempty"`
	Decision   *wissel.Decision `json:"decision,omitempty"`
	Number     string           `json:"number"`
	Group      wissel.GroupID   `json:"group,omitempty"`
	Plan       wissel.PlanID    `json:"plan,omitempty"`
	Refused    int              `json:"refused,omitempty"` // the SIP status the caller would get
	Steps      []WhyStep        `json:"steps"`
	Reasons    []string         `json:"reasons"`
	Settings   string           `json:"settings"`
	Generation uint64           `json:"generation"`
	Actor      string           `json:"actor,omitempty"`      // whose choice is followed: "wissel", or an operator
	Thresholds []string         `json:"thresholds,omitempty"` // since when each target has its verdict, and what that is held against
}

// WhyStep is one attempt, in order.
type WhyStep struct {
	Target  string `json:"target"`
	Address string `json:"address,omitempty"`
	State   string `json:"state"`
}

// SwitchRequest asks for another plan, a pin, or neither any more. Exactly one of Plan, To and Auto is set.
type SwitchRequest struct {
	Group  wissel.GroupID `json:"group"`
	Plan   wissel.PlanID  `json:"plan,omitempty"`
	To     string         `json:"to,omitempty"` // a trunk, or flow:NAME
	Auto   bool           `json:"auto,omitempty"`
	Reason string         `json:"reason"`
	Until  time.Time      `json:"until,omitzero"`  // of a pin; zero: 8 hours
	Share  int            `json:"share,omitempty"` // of a pin: of 1000 callers, how many it is for; 0: all

	BreakGlass bool `json:"break_glass,omitempty"` // alone, though the group asks for four eyes
}

// Switched tells what a switch changed.
type Switched struct {
	ID     string    `json:"id"`
	Before string    `json:"before"`
	After  string    `json:"after"`
	Until  time.Time `json:"until,omitzero"`
	Notes  []string  `json:"notes,omitempty"` // what the operator should know: "genesys is down now"

	Proposal *Proposal `json:"proposal,omitempty"` // nothing was changed: this waits for a second person
	Unsaved  bool      `json:"unsaved,omitempty"`  // it is in force, and not on disk yet
}

// Reloaded tells which settings are in force after a reload.
type Reloaded struct {
	Before  string   `json:"before"`
	Version string   `json:"version"`
	Notes   []string `json:"notes,omitempty"`
}

// Progress is one line of the answer of a drain.
type Progress struct {
	Left  int    `json:"left"`
	Done  bool   `json:"done,omitempty"`
	Error string `json:"error,omitempty"`
}
