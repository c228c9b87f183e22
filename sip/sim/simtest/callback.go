package simtest

import (
	"context"
	"time"

	"wissel"
)

// Callback does one attempt at a callback of the group support and gives what came of it, and the stages. What the job leaves open is
// filled in: a customer who rang three times, a quarter of an hour ago.
func (n *Net) Callback(ctx context.Context, job wissel.CallbackJob) (r wissel.CallbackResult, stages []wissel.CallbackStage) {
	n.T.Helper()
	n.Start()
	if job.Group == "" {
		job.Group = "support"
	}
	if job.Number == "" {
		job.Number = "+31612345678"
	}
	if job.Asked.IsZero() {
		job.Asked = time.Now().Add(-15 * time.Minute)
	}
	job.Callback, job.Attempt, job.Rung, job.Calls = "c1", 1, wissel.Number(n.number), 3
	r = n.wissel.app.Dialer().Dial(ctx, job, func(s wissel.CallbackStage) { stages = append(stages, s) })
	return r, stages
}
