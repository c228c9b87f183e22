package health

import (
	"context"
)

// Network is what a check of our own network found. Neither Well nor Failed: it could not be told.
type Network struct {
	Checked  []string // what was asked: "gateway 192.0.2.1"; empty: nothing is configured to be asked
	Well     bool     // something beyond our own host answered: who is silent is silent himself
	Failed   bool     // nothing answered: it is us
	Evidence []string // a sentence for each of Checked
}

// Self gives the Board a check of our own network. It is run when all who used to answer fall silent within one window, on
// a goroutine of its own, one at a time, and has 5 s. It is set before Run. Without one, and when it cannot tell, such a
// silence makes Suspect at most.
func (b *Board) Self(check func(ctx context.Context) Network) { b.check = check }

// Ours is why all that fails is taken for our own fault; empty: it is not. It is current when publish runs.
func (b *Board) Ours() string {
	if s := b.ours.Load(); s != nil {
		return *s
	}
	return ""
}
