package app

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"wissel"
	"wissel/internal/number"
	"wissel/internal/plan"
	"wissel/internal/web"
)

// Why says what would happen to a call to a number now, or, for an id, why a call or a decision went as it did.
func (a *App) Why(ctx context.Context, what, from string) (web.Why, error) {
	if _, err := uuid.Parse(what); err == nil {
		return a.whyID(ctx, strings.ToLower(what))
	}
	return a.whyNumber(what, from)
}

func (a *App) whyNumber(to, from string) (web.Why, error) {
	s := a.routing.Snapshot()
	country := a.settings.Load().file.Country
	e164, err := number.Parse(to, country)
	if err != nil {
		return web.Why{}, web.Faultf(http.StatusBadRequest, "why "+to, "%v; give a number of ours, or the whole id of a call or a decision", err)
	}
	var caller wissel.Number
	if from != "" {
		if caller, err = number.Parse(from, country); err != nil {
			return web.Why{}, web.Faultf(http.StatusBadRequest, "why "+to+" --from "+from, "%v", err)
		}
	}
	d := plan.Route(s, plan.Request{To: e164, From: caller, Now: time.Now()})
	why := web.Why{
		Number: string(e164), Plan: d.Plan, Refused: d.Refuse, Reasons: d.Reasons, Settings: d.Version, Generation: d.Generation,
		Actor: d.Actor, Thresholds: d.Thresholds(),
		Steps: []web.WhyStep{},
	}
	if d.Group != nil {
		why.Group = d.Group.ID
	}
	for _, step := range d.Steps {
		w := web.WhyStep{Target: step.Target.String(), State: "ready"}
		if !step.Address.IsZero() {
			w.Address, w.State = step.Address.String(), s.Health[step.Address].State.String()
		}
		why.Steps = append(why.Steps, w)
	}
	return why, nil
}

// whyID finds out whether an id is of a call that is up, one that has ended, or a decision.
func (a *App) whyID(ctx context.Context, id string) (web.Why, error) {
	if now, state := a.server.Call(wissel.CallID(id)); state != "" {
		why := a.whyCall(now)
		why.State = state
		return web.Why{Call: why}, nil
	}
	d, found, err := a.store.DecisionOf(ctx, id)
	if found {
		return web.Why{Decision: &d}, nil
	}
	if err == nil {
		var cdr wissel.CDR
		if cdr, found, err = a.store.CDROf(ctx, wissel.CallID(id)); found {
			return web.Why{Call: a.whyCall(cdr)}, nil
		}
	}
	if err != nil {
		return web.Why{}, web.Faultf(http.StatusServiceUnavailable, "why "+id, "%v", err)
	}
	return web.Why{}, web.Faultf(http.StatusNotFound, "why "+id, "there is no call and no decision with this id; `wissel calls` and `wissel timeline` show those there are")
}

// whyCall tells what became of a call, or, of one that is up, what has so far; the caller's number is shortened.
func (a *App) whyCall(c wissel.CDR) *web.CallWhy {
	w := &web.CallWhy{
		ID: c.Call, Group: c.Group, Trunk: c.Trunk, From: c.From.Masked(), To: a.dialled(c.To, c.Trunk), Began: c.Began, Answered: c.Answered, Ended: c.Ended,
		State: string(c.Outcome), Status: c.Status, Blame: c.Blame, EndedBy: c.EndedBy, Attempts: c.Attempts, Reasons: c.Why, Settings: c.Version,
		Actor: c.Actor, Thresholds: c.Thresholds,
	}
	if c.From == "" {
		w.From = "withheld"
	}
	if c.Target != (wissel.Target{}) {
		w.Target = c.Target.String()
	}
	return w
}
