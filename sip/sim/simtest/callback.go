package simtest

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"time"

	"wissel"
	"wissel/internal/audio"
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

// Recording puts what a caller said into wissel's folder of recordings, under a name, and gives that.
func (n *Net) Recording(name string, pcm []int16) string {
	n.T.Helper()
	n.Start()
	var wav bytes.Buffer
	if err := audio.WriteWAV(&wav, pcm, 8000); err != nil {
		n.T.Fatal(err)
	}
	dir := filepath.Join(n.wissel.store, "recordings")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		n.T.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), wav.Bytes(), 0o600); err != nil {
		n.T.Fatal(err)
	}
	return name
}
