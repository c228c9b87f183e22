package lead

import (
	"sync"
	"time"

	"wissel"
)

// again is how long the single call of a way back may take to show something; after it another may try.
const again = time.Minute

// Claims gives out the single call with which a way back begins: one for each stage, and another only when nothing came of
// it for a minute (its caller hung up before anybody answered). It is safe for concurrent use and never blocks for long.
type Claims struct {
	mu    sync.Mutex
	taken map[wissel.GroupID]claim
}

type claim struct{ stage, at time.Time }

// Take takes the single call of the stage of g that began at stage, and reports whether it was there to take.
func (c *Claims) Take(g wissel.GroupID, stage, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old, ok := c.taken[g]; ok && old.stage.Equal(stage) && now.Sub(old.at) < again {
		return false
	}
	if c.taken == nil {
		c.taken = map[wissel.GroupID]claim{}
	}
	c.taken[g] = claim{stage, now}
	return true
}
