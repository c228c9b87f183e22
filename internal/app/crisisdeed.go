package app

import (
	"context"
	"errors"
	"net/http"
	"time"

	"wissel"
	"wissel/internal/audio"
	"wissel/internal/crisis"
	"wissel/internal/web"
)

// overCrisis is the reason that the audit has of what was done over the crisis line: nobody can type one there.
const overCrisis = "over the crisis line"

// deed does what was read back and confirmed, by the same functions as the commands.
func (d *crisisDesk) deed(ctx context.Context, e crisis.Effect, by web.Actor, said audio.Sound) crisis.Outcome {
	var done web.Switched
	var err error
	switch e := e.(type) {
	case crisis.Switch:
		done, err = d.app.Switch(ctx, web.SwitchRequest{Group: e.Group, Plan: e.Plan, Auto: e.Auto, Reason: overCrisis, BreakGlass: e.Alone}, by)
	case crisis.Judge:
		if v := (web.Verdict{ID: e.ID, Reason: overCrisis}); e.No {
			_, err = d.app.Reject(ctx, v, by)
		} else {
			done, err = d.app.Approve(ctx, v, by)
		}
	case crisis.Publish:
		done.Unsaved, err = d.publish(ctx, e, by, said)
	case crisis.Withdraw:
		err = d.withdraw(ctx, e, by)
	default:
		err = errors.New("the crisis line asked for something that nobody does")
	}
	switch {
	case err != nil:
		d.log.Warn("what was asked over the crisis line was not done", "who", by.Who, "error", err)
		return crisis.Refused
	case done.Proposal != nil:
		return crisis.Proposed
	case done.Unsaved:
		return crisis.Unsaved
	}
	return crisis.Carried
}

// Outage messages: none can be recorded so far.

var errNoMessages = web.Faultf(http.StatusNotImplemented, "message", "there are no outage messages yet")

func (d *crisisDesk) canRecord() bool { return false }

func (d *crisisDesk) messageOf(wissel.GroupID, time.Time) *crisis.Message { return nil }

func (d *crisisDesk) live(name, lang string) []*audio.Clip { return nil }

func (d *crisisDesk) publish(context.Context, crisis.Publish, web.Actor, audio.Sound) (unsaved bool, err error) {
	return false, errNoMessages
}

func (d *crisisDesk) withdraw(context.Context, crisis.Withdraw, web.Actor) error {
	return errNoMessages
}
