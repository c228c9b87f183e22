// Package plan decides where a call goes: from the number that was dialled and the snapshot to an ordered list of steps,
// with the reasons that `wissel why` prints and the CDR carries. It is pure: no I/O, no clock, no goroutine, and its time
// does not depend on how many numbers, groups or trunks there are. Package sip calls it for each new call.
package plan

import (
	"time"

	"wissel"
)

// Request is what routing knows of a new call.
type Request struct {
	To    wissel.Number
	From  wissel.Number  // empty when withheld or unknown
	Trunk wissel.TrunkID // the trunk it came over; empty: a test or `why`
	Loop  bool           // this caller is already being hunted or bridged over a carrier trunk
	Spare bool           // the caller of Route holds the group's token (Tokens): all Down, and this call may try the least bad
	First bool           // the caller of Route holds the single call of a way back (lead.Claims): it tries the plan's first target first
	Now   time.Time

	Chance uint64 // any number of the call itself: it places callers who hide theirs (wissel.InShare)
}

// Step is one thing to try: one address of a trunk, a flow, or people. The addresses of one target follow each other.
type Step struct {
	Target  wissel.Target
	Address wissel.Address // zero for a flow
	Index   int            // of the address in the trunk's Addresses; 0 for a flow
	Force   bool           // pinned, or least bad: tried even when Down
	Retry   bool           // Down by its calls and its dwell is over: tried only by the call that gets health.Board.Claim
}

// Decision is where a call goes and why. Either Refuse is 0 and there is at least one step, or Refuse is the status that
// the caller gets: 404 for a number that is not ours, 480 when there is nowhere to go, 482 for a loop without a flow.
type Decision struct {
	ID         string // set by the caller of Route
	Line       wissel.Line
	Group      *wissel.Group
	Plan       wissel.PlanID
	Steps      []Step
	Refuse     int
	Reasons    []string // for people, in the order in which they were weighed
	Actor      string   // whose choice was followed: "wissel", or the operator whose pin or plan it was. His reason is among Reasons
	Version    string
	Generation uint64
	Single     bool // a way back waits for its one call: with it (Request.First) the plan's first target is tried first
	Least      bool // every address of the plan is Down: with the group's token (Request.Spare) the least bad is tried

	by basis // what Thresholds tells of
}
