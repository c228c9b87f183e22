package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"wissel"
	"wissel/internal/access"
	"wissel/internal/audio"
	"wissel/internal/crisis"
	"wissel/internal/message"
	"wissel/internal/web"
)

// overCrisis is the reason that the audit has of what was done over the crisis line: nobody can type one there.
const overCrisis = "over the crisis line"

// deed does what was read back and confirmed, by the same functions as the commands.
func (d *crisisDesk) deed(ctx context.Context, e crisis.Effect, by web.Actor, said audio.Sound) crisis.Outcome {
	var done web.Switched
	var err error
	if l, ok := e.(crisis.Log); ok { // his code is all that it takes
		return d.logs(ctx, l, by)
	}
	if need := needOf(e); !access.Allows(by.Roles, need) { // a reload may have taken it from him since he came in
		d.log.Warn("what was asked over the crisis line was not done", "who", by.Who, "error", "it takes the role "+access.Needs(need)+", and he has "+access.Has(by.Roles))
		return crisis.Refused
	}
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
		err = d.publish(ctx, e, by, said)
	case crisis.Extend:
		var set web.MessageSet
		set, err = d.app.ExtendMessage(ctx, web.MessageRequest{Group: e.Group, Of: e.Of, Until: e.Until, Reason: overCrisis}, by)
		done.Unsaved = len(set.Notes) > 0
	case crisis.Withdraw:
		var set web.MessageSet
		set, err = d.app.EndMessage(ctx, web.MessageRequest{Group: e.Group, Of: e.Of, Reason: overCrisis}, by)
		done.Unsaved = len(set.Notes) > 0
	default:
		err = errors.New("the crisis line asked for something that nobody does")
	}
	switch {
	case errors.Is(err, errUnfit):
		d.log.Info("a message recorded over the crisis line is not fit for callers", "who", by.Who, "error", err)
		return crisis.Unfit
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

// needOf is what a deed takes.
func needOf(e crisis.Effect) access.Permission {
	switch e.(type) {
	case crisis.Judge:
		return access.Approve
	case crisis.Publish, crisis.Extend, crisis.Withdraw:
		return access.Messages
	}
	return access.Switch
}

// messageOf is the outage message of a group that nobody has ended; nil: there is none.
func (d *crisisDesk) messageOf(g wissel.GroupID, now time.Time) *crisis.Message {
	on := d.app.messages.on(g)
	if on == nil || message.StateOf(on.message, now) == message.Ended || len(on.clips) == 0 {
		return nil // one whose sound is lost is heard by nobody
	}
	since := on.message.Live
	if on.message.Again.After(since) {
		since = on.message.Again
	}
	return &crisis.Message{
		ID: on.message.ID, Name: string(g), Langs: slices.Sorted(maps.Keys(on.clips)), Since: since, Until: on.message.Until,
		Lapsed: message.StateOf(on.message, now) == message.Lapsed,
	}
}

// live is the sound of a group's message: in a language, else in one that it has.
func (d *crisisDesk) live(name, lang string) []*audio.Clip {
	on := d.app.messages.on(wissel.GroupID(name))
	if on == nil {
		return nil
	}
	for _, l := range append([]string{lang}, slices.Sorted(maps.Keys(on.clips))...) {
		if c := on.clips[l]; c != nil {
			return []*audio.Clip{c}
		}
	}
	return nil
}

// errUnfit says that what was recorded cannot be used.
var errUnfit = errors.New("the recording cannot be used")

// publish makes what was recorded ready, and puts it live.
func (d *crisisDesk) publish(ctx context.Context, e crisis.Publish, by web.Actor, said audio.Sound) error {
	draft, err := d.app.RecordMessage(e.Group, e.Lang, said.Recording())
	var fault *web.Fault
	if errors.As(err, &fault) && fault.Code == http.StatusUnprocessableEntity {
		return fmt.Errorf("%w: %w", errUnfit, err)
	}
	if err != nil {
		return err
	}
	_, err = d.app.PutLive(ctx, LiveMessage{Group: e.Group, Drafts: []*Draft{draft}, Keep: e.Keep, Of: e.Of, Until: e.Until, Reason: overCrisis}, by)
	return err
}
