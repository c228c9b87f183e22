package simtest

import (
	"strings"
	"time"

	"wissel"
	"wissel/sip/sim"
)

// patience is longer than any call of a scene.
const patience = 40 * time.Minute

// Phone is a caller, behind a carrier trunk of his own name.
type Phone struct {
	*sim.Party
	n *Net
}

// Phone adds a caller, or gives the one of that name. extra is more settings of its trunk.
func (n *Net) Phone(name string, extra ...string) *Phone {
	n.T.Helper()
	for _, p := range n.parties {
		if p.Name() == name {
			return &Phone{p.Party, n}
		}
	}
	p := n.add(name, "198.51.100", wissel.Carrier, sim.Behaviour{})
	p.extra = strings.Join(extra, ", ")
	return &Phone{p.Party, n}
}

// Call prepares a call from the phone; For, CancelAfter, Wait or Go place it.
func (p *Phone) Call(number string) *Call {
	return &Call{n: p.n, phone: p, dial: sim.Dial{To: number, From: "+31612345678", Via: wisselAt, Plays: sim.Answers{Hz: 660}}}
}

// Call is a call of a phone.
type Call struct {
	n     *Net
	phone *Phone
	dial  sim.Dial
	call  *sim.Call
}

// With changes what is dialled, before the call is placed.
func (c *Call) With(change func(d *sim.Dial)) *Call {
	change(&c.dial)
	return c
}

// Late leaves the offer out of the INVITE.
func (c *Call) Late() *Call {
	c.dial.Late = true
	return c
}

// Press sends keys that long after the answer.
func (c *Call) Press(after time.Duration, digits string) *Call {
	c.dial.Keys = append(c.dial.Keys, sim.Keys{After: after, Digits: digits})
	return c
}

// Hold holds from one time to another after the answer; resume 0 holds for good.
func (c *Call) Hold(hold, resume time.Duration) *Call {
	c.dial.Plays.Hold, c.dial.Plays.Resume = hold, resume
	return c
}

// Hangup hangs up that long after the answer.
func (c *Call) Hangup(after time.Duration) *Call {
	c.dial.Plays.Hangup = after
	return c
}

// For places the call, hangs up that long after the answer, and waits until it is over.
func (c *Call) For(d time.Duration) sim.Record {
	c.n.T.Helper()
	return c.Hangup(d).Wait()
}

// CancelAfter places the call, cancels it that long after the INVITE, and waits until it is over.
func (c *Call) CancelAfter(d time.Duration) sim.Record {
	c.n.T.Helper()
	c.dial.Cancel = d
	return c.Wait()
}

// Go places the call and returns at once.
func (c *Call) Go() *Call {
	c.n.T.Helper()
	c.n.Start()
	if c.call == nil {
		var err error
		if c.call, err = c.phone.Place(c.dial); err != nil {
			c.n.T.Fatal(err)
		}
	}
	return c
}

// Wait places the call if it was not, and waits until it is over.
func (c *Call) Wait() sim.Record {
	c.n.T.Helper()
	c.Go()
	select {
	case <-c.call.Done():
	case <-time.After(patience):
		c.n.T.Errorf("the call of %s is not over after %v", c.phone.Name(), patience)
	}
	return c.call.Record()
}

// Sim is the placed call itself, to hang up, hold or press keys at a moment of the test's own.
func (c *Call) Sim() *sim.Call { return c.call }
