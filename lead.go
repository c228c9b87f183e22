package wissel

import (
	"hash/fnv"
	"time"
)

// PlanOf names a plan of a group.
type PlanOf struct {
	Group GroupID
	Plan  PlanID
}

// Lead is which target of a group's plan new calls try first, when that is not the first of the plan: a switch that
// wissel made by itself, and the way back from it. Pins and the active plan are the operator's and are kept apart from it.
// A group without a Lead tries its plan in order.
type Lead struct {
	Plan     PlanID    // the plan it belongs to; while another is active the Lead rests
	Home     Target    // the first target of the plan, which is to lead again
	Target   Target    // who leads meanwhile
	Since    time.Time // when it was switched to
	Decision string    // id of the Decision that made it so
	Share    int       // of every 1000 callers, how many try Home first, on the way back; 0: none, 1000 never stands here
	Single   bool      // the way back begins: one call, the next, tries Home first (Share is 0 then)
	Stage    time.Time // when the present stage began
	Held     string    // why it does not go back: "sticky: waiting for `wissel handback support`"; empty: it is on its way or not due
}

// HandbackMode says how a group goes back to the first target of its plan.
type HandbackMode string

// Auto goes back in stages, by itself; Sticky waits for an operator.
const (
	HandbackAuto   HandbackMode = "auto"
	HandbackSticky HandbackMode = "sticky"
)

// Handback is how a group returns to the first target of its plan.
type Handback struct {
	Mode    HandbackMode
	Calm    time.Duration // how long Home must be Up before a way back begins; 1 min
	Shares  []int         // of every 1000 callers, the stages after the single call; the last is 1000: {100, 500, 1000}
	Samples int           // calls that a stage must have seen to be judged; 20
	Longest time.Duration // the longest that the wait after an abort grows to; 1 h. It begins at Calm and doubles
}

// InShare reports whether a caller of a group is among the share (of 1000) that goes to the other side. It depends on the
// caller and the group alone, so that a repeat caller stays on one side while a share grows. Who hides his number is
// spread by chance: any number from the call itself.
func InShare(g GroupID, caller Number, chance uint64, share int) bool {
	h := fnv.New64a()
	_, _ = h.Write([]byte(g)) // never fails
	_, _ = h.Write([]byte{0})
	if caller != "" {
		_, _ = h.Write([]byte(caller))
	} else {
		for i := range 8 {
			_, _ = h.Write([]byte{byte(chance >> (8 * i))})
		}
	}
	x := h.Sum64()
	x ^= x >> 33 // FNV's low bits follow the last digits of a number: mix them
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return int(x%1000) < share
}
