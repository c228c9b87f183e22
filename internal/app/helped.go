package app

import (
	"context"
	"time"

	"wissel"
	"wissel/internal/store/sqlite"
	"wissel/internal/web"
)

// mostHelped bounds the calls that wait to be looked at; more are lost, and their callers are called back for nothing.
const mostHelped = 1024

// gotThrough is a caller whom a call of his helped.
type gotThrough struct {
	call   wissel.CallID
	group  wissel.GroupID
	number wissel.Number
	why    string
}

// helped is the store as the ledger of calls, with an eye on those that helped their callers.
type helped struct {
	*sqlite.Store
	see func(wissel.CDR)
}

// CDR implements sip.Ledger.
func (h helped) CDR(c wissel.CDR) {
	h.see(c)
	h.Store.CDR(c)
}

// record looks at a call that ended: one that was long enough, with a person, has helped its caller. It is called on the call's goroutine,
// and never blocks.
func (c *calling) record(cdr wissel.CDR) {
	if cdr.Outcome != wissel.Answered || cdr.From == "" || cdr.Test || cdr.Callback != "" || !c.person(cdr.Target.Trunk) && cdr.Target.People == "" {
		return
	}
	set, ok := c.settings()[cdr.Group]
	if !ok || talkedAtLeast(cdr, c.snapshot().Trunks[cdr.Target.Trunk]) < set.Through {
		return
	}
	c.help(gotThrough{cdr.Call, cdr.Group, cdr.From, "he got through by himself: he spoke with somebody over " + cdr.Target.String()})
}

// reached takes a platform's word that a person took a caller's call. It is called on the call's goroutine, and never blocks.
func (c *calling) reached(call wissel.CallID, g wissel.GroupID, caller wissel.Number, trunk wissel.TrunkID) {
	c.help(gotThrough{call, g, caller, "he got through by himself: " + string(trunk) + " says that a person took his call"})
}

func (c *calling) help(t gotThrough) {
	select {
	case c.helped <- t:
	default:
		c.log.Warn("a caller was helped, and his callback is not looked for: too many at one time", "call", t.call)
	}
}

// talkedAtLeast is how long a caller spoke with his last target: since he was answered, or, who heard a flow before, since it could have
// rung no longer.
func talkedAtLeast(cdr wissel.CDR, trunk *wissel.Trunk) time.Duration {
	for i := len(cdr.Attempts) - 1; i >= 0; i-- {
		a := cdr.Attempts[i]
		if a.Target != cdr.Target || a.Status != 200 {
			continue
		}
		if !cdr.Answered.Before(a.Began) {
			return cdr.Ended.Sub(cdr.Answered)
		}
		if trunk == nil {
			return 0
		}
		return cdr.Ended.Sub(a.Began) - trunk.Timers.Ring
	}
	return 0
}

// cancelHelped cancels the callbacks of callers who were helped meanwhile.
func (a *App) cancelHelped(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case t := <-a.calling.helped:
			by := web.Actor{Who: "wissel", From: "call " + string(t.call)}
			if n, _ := a.cancelOf(ctx, t.number, t.group, by, t.why); n > 0 {
				a.log.Info("a callback is cancelled: its caller got through by himself", "call", t.call, "group", t.group)
			}
		}
	}
}
