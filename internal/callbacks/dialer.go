package callbacks

import (
	"context"

	"wissel"
)

// Dialer does one callback: it rings the desk and the customer, connects them once both have pressed 1, and tells what came of
// it. It keeps nothing: whoever calls it has the attempt on disk before, and its outcome after.
type Dialer interface {
	// Dial returns once the attempt is over, and nothing of it is left. It always has an outcome: what cannot be begun is one too. When ctx
	// ends it is broken off (CallbackStopped, or CallbackTalked when they did), each who is on the line hearing so. at is told of each
	// stage, in order, on Dial's own goroutine: the calls do not wait for it.
	Dial(ctx context.Context, job wissel.CallbackJob, at func(wissel.CallbackStage)) wissel.CallbackResult
}
