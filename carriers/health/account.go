package health

import (
	"time"

	"wissel"
)

// Account is all that people are told of one address.
type Account struct {
	Trunk    wissel.TrunkID
	Address  wissel.Address
	State    wissel.State
	Since    time.Time
	Evidence string
	Change   string    // what would change State, for people; empty when it is Up
	Flaps    int       // falls to Down that have not been forgotten
	Seen     time.Time // when anything last arrived from it; zero: never
	Proven   time.Time // when a real call was last answered over it; zero: never since start
	Layers   []LayerAccount
}

// LayerAccount is one layer of an Account. Layers of which nothing is known are in it too.
type LayerAccount struct {
	Layer    Layer
	State    wissel.State
	Since    time.Time
	Bad      int // bad observations in a row
	Good     int // good ones in a row
	Evidence string
	Stale    bool   // nothing was heard of it for so long that it no longer counts
	Change   string // what would change State, for people; empty when it is Up or Unknown
}

// Account gives the account of a; false: no trunk has it.
func (b *Board) Account(a wissel.Address) (Account, bool) {
	e := b.entry(a)
	if e == nil {
		return Account{}, false
	}
	now := time.Now()
	e.mu.Lock()
	h, trunk := e.health, e.trunk.ID
	e.mu.Unlock()
	c := b.policy.Account(h, now)
	c.Trunk, c.Address, c.Seen = trunk, a, b.lastHeard(e)
	return c, true
}

// Account puts h at now into words. Trunk, Address and Seen are left to the Board.
func (p Policy) Account(h Health, now time.Time) Account {
	v := p.Verdict(h, now)
	c := Account{State: v.State, Since: v.Since, Evidence: v.Evidence, Proven: v.Proven}
	for i := range h.Layers {
		l := &h.Layers[i]
		c.Flaps = max(c.Flaps, l.Flaps)
		one := LayerAccount{
			Layer: Layer(i), State: l.State, Since: l.Since, Bad: l.Bad, Good: l.Good,
			Evidence: "nothing is known yet", Stale: p.stale(l, now),
		}
		if l.State != wissel.Unknown {
			one.Evidence = line(Layer(i), l, h.Answered)
		}
		c.Layers = append(c.Layers, one)
	}
	return c
}

// String is the layer's name for people and metrics.
func (l Layer) String() string {
	if l >= layers {
		return "none"
	}
	return [layers]string{"transport", "probe", "calls", "media", "ends", "quality", "test", "outside"}[l]
}
