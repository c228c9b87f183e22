package app

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"wissel"
	"wissel/carriers/health"
	"wissel/internal/nearest"
	"wissel/internal/store/sqlite"
	"wissel/internal/web"
)

// How long a pin lasts when nobody says, and at most (it is an override: it must have an end).
const (
	pinUsual = 8 * time.Hour
	pinMost  = 30 * 24 * time.Hour
)

// Switch changes where a group's calls go, or proposes that where the group asks for four eyes.
func (a *App) Switch(ctx context.Context, r web.SwitchRequest, by web.Actor) (web.Switched, error) {
	s := a.routing.Snapshot()
	c, err := changeOf(s, r, by.Who, time.Now())
	if err != nil {
		return web.Switched{}, err
	}
	if _, err := s.Apply(c); err != nil {
		return web.Switched{}, web.Faultf(http.StatusConflict, "switch "+string(r.Group), "%v", err)
	}
	o := order{what: "switch", group: r.Group, words: changeWords(r), reason: r.Reason, alone: r.BreakGlass, body: r}
	return a.ordered(ctx, o, by)
}

// changeWords says what a request asks for: "plan storing", "pin to reserve until 18:00", "no pin and the plan of the settings".
func changeWords(r web.SwitchRequest) string {
	switch {
	case r.Plan != "":
		return "plan " + string(r.Plan)
	case r.To != "" && r.Until.IsZero():
		return "pin to " + r.To + ofCallers(r.Share) + " for " + wissel.Span(pinUsual)
	case r.To != "":
		return "pin to " + r.To + ofCallers(r.Share) + " until " + r.Until.Format("2006-01-02 15:04")
	default:
		return "no pin, and the plan of the settings"
	}
}

// switchNow changes where a group's calls go: at once, with an audit row, for good (it survives a restart).
func (a *App) switchNow(ctx context.Context, r web.SwitchRequest, by web.Actor) (web.Switched, error) {
	now := time.Now()
	c, before, after, err := a.routing.change(func(s *wissel.Snapshot) (wissel.Change, error) {
		return changeOf(s, r, by.Who, now)
	})
	if err != nil {
		var fault *web.Fault
		if errors.As(err, &fault) {
			return web.Switched{}, err
		}
		return web.Switched{}, web.Faultf(http.StatusConflict, "switch "+string(r.Group), "%v", err)
	}
	done := web.Switched{ID: c.ID, Before: inForce(before, r.Group, now), After: inForce(after, r.Group, now)}
	if c.Pin != nil {
		done.Until = c.Pin.Until
	}
	done.Notes = remarks(after, r.Group, now)
	a.decided(choice(c, before.Pins[r.Group].Live(now), done))
	a.leads.Nudge()
	keep, cancel := keeping(ctx)
	defer cancel()
	if err := a.store.Change(keep, c); err != nil {
		done.Unsaved = true
		done.Notes = append(done.Notes, "in force, but not on disk: until the store is well, a restart would forget it ("+err.Error()+")")
	}
	if err := a.audit(keep, by, "switch", string(r.Group), r.Reason, done.Before, done.After); err != nil {
		done.Notes = append(done.Notes, "the audit row could not be written ("+err.Error()+")")
	}
	a.log.Info("switched", "group", r.Group, "before", done.Before, "after", done.After, "who", by.Who, "why", r.Reason, "change", c.ID)
	return done, nil
}

// changeOf makes the Change that a request asks for, or says what is wrong with it and what there is.
func changeOf(s *wissel.Snapshot, r web.SwitchRequest, who string, now time.Time) (wissel.Change, error) {
	what := "switch " + string(r.Group)
	g := s.Groups[r.Group]
	if g == nil {
		return wissel.Change{}, web.Faultf(http.StatusNotFound, what, "there is no group %q%s", r.Group, nearest.Suggest(string(r.Group), keys(s.Groups)))
	}
	if err := giveReason(what, r.Reason, afterYou); err != nil {
		return wissel.Change{}, err
	}
	c := wissel.Change{
		ID: sqlite.NewID(), Group: r.Group, Reason: r.Reason, Who: who, At: now, Node: s.Node, Generation: s.Generation + 1,
	}
	asked := 0
	for _, one := range []bool{r.Plan != "", r.To != "", r.Auto} {
		if one {
			asked++
		}
	}
	if asked != 1 {
		return c, web.Faultf(http.StatusBadRequest, what, "exactly one of --plan, --to and --auto is needed")
	}
	switch {
	case r.Share != 0 && r.To == "":
		return c, web.Faultf(http.StatusBadRequest, what, "--share goes with --to: a plan is for every caller")
	case r.Auto:
		c.Auto = true
	case r.Plan != "":
		if _, ok := g.Plans[r.Plan]; !ok {
			return c, web.Faultf(http.StatusNotFound, what, "the group has no plan %q%s", r.Plan, nearest.Suggest(string(r.Plan), keys(g.Plans)))
		}
		c.Plan = r.Plan
	default:
		pin, err := pinOf(s, g, r, c)
		if err != nil {
			return c, err
		}
		c.Pin = pin
	}
	return c, nil
}

// pinOf makes the pin of a change. A flow, or people, can be pinned when some plan of the group has them.
func pinOf(s *wissel.Snapshot, g *wissel.Group, r web.SwitchRequest, c wissel.Change) (*wissel.Pin, error) {
	what := "switch " + string(r.Group)
	target := wissel.Target{Trunk: wissel.TrunkID(r.To)}
	flow, isFlow := strings.CutPrefix(r.To, "flow:")
	list, isPeople := strings.CutPrefix(r.To, "people:")
	if isFlow || isPeople {
		if target = (wissel.Target{Flow: wissel.FlowID(flow)}); isPeople {
			target = wissel.Target{People: list}
		}
		var known []string
		for _, p := range g.Plans {
			for _, t := range p.Targets {
				if t.Trunk == "" {
					known = append(known, t.String())
				}
			}
		}
		if !slices.Contains(known, r.To) {
			return nil, web.Faultf(http.StatusNotFound, what, "no plan of the group has %s%s", r.To, nearest.Suggest(r.To, known))
		}
	} else if s.Trunks[target.Trunk] == nil {
		return nil, web.Faultf(http.StatusNotFound, what, "there is no trunk %q%s", r.To, nearest.Suggest(r.To, keys(s.Trunks)))
	}
	if r.Share < 0 || r.Share > 1000 {
		return nil, web.Faultf(http.StatusBadRequest, what, "--share is of every 1000 callers, 1 to 1000 (0: all): %d", r.Share)
	}
	until := r.Until
	if until.IsZero() {
		until = c.At.Add(pinUsual)
	}
	if !until.After(c.At) {
		return nil, web.Faultf(http.StatusBadRequest, what, "--until %s is in the past", until.Format(time.RFC3339))
	}
	if until.Sub(c.At) > pinMost {
		return nil, web.Faultf(http.StatusBadRequest, what, "--until %s is more than 30 days away: a pin is an override and must end; change the settings for what is to stay", until.Format(time.RFC3339))
	}
	return &wissel.Pin{
		ID: c.ID, Group: r.Group, Target: target, Reason: r.Reason, Who: c.Who, Since: c.At, Until: until, Node: c.Node, Generation: c.Generation,
		Share: r.Share % 1000, // all is 0
	}, nil
}

// inForce says in words what routes a group: "plan normaal", "plan storing (chosen)", "pinned to reserve, then plan normaal".
func inForce(s *wissel.Snapshot, id wissel.GroupID, now time.Time) string {
	g := s.Groups[id]
	p := s.Plan(g)
	text := "plan " + string(p.ID)
	if _, chosen := s.Active[id]; chosen {
		text += " (chosen)"
	}
	if pin := s.Pins[id]; pin.Live(now) {
		text = "pinned to " + pin.Target.String() + ofCallers(pin.Share) + " until " + pin.Until.Format("2006-01-02 15:04") + ", then " + text
	}
	return text
}

// ofCallers says for how many a pin is: "", or " for 10 % of the callers".
func ofCallers(share int) string {
	if share == 0 {
		return ""
	}
	return " for " + wissel.Percent(share) + " of the callers"
}

// choice is the record of an operator's change. It has the id of the change.
func choice(c wissel.Change, pinned bool, done web.Switched) wissel.Decision {
	d := wissel.Decision{
		Row: wissel.Row{ID: c.ID}, At: c.At, Kind: wissel.DecidedPlan, Group: c.Group, Object: string(c.Plan), Before: done.Before, After: done.After,
		Evidence: done.Notes, Actor: c.Who, Why: c.Reason,
	}
	switch {
	case c.Pin != nil:
		d.Kind, d.Object = wissel.DecidedPin, c.Pin.Target.String()
	case c.Auto && pinned:
		d.Kind, d.Object = wissel.DecidedPin, "none"
	case c.Auto:
		d.Object = "of the settings"
	}
	return d
}

// remarks are what an operator should know of what he has just put in force.
func remarks(s *wissel.Snapshot, id wissel.GroupID, now time.Time) (notes []string) {
	g := s.Groups[id]
	targets := s.Plan(g).Targets
	if l, ok := s.Lead(g); ok {
		notes = append(notes, l.Target.String()+" leads plan "+string(l.Plan)+" instead of "+l.Home.String()+" since "+wissel.Moment(l.Since)+
			", by a switch of wissel's own; the way back goes in stages, and `wissel handback "+string(id)+"` begins or completes it")
	}
	if pin := s.Pins[id]; pin.Live(now) {
		targets = []wissel.Target{pin.Target}
		if !inAPlan(g, pin.Target) {
			notes = append(notes, pin.Target.String()+" is in no plan of "+string(id)+": make sure that it takes calls for these numbers")
		}
	}
	for _, t := range targets {
		if trunk := s.Trunks[t.Trunk]; trunk != nil {
			v := health.TrunkVerdict(trunk, s.Health)
			switch {
			case v.State == wissel.Down || v.State == wissel.Suspect:
				notes = append(notes, string(t.Trunk)+" is "+v.State.String()+" now: "+v.Evidence)
			case v.Proven.IsZero():
				notes = append(notes, "no call was answered over "+string(t.Trunk)+" since this server started")
			}
		}
	}
	return notes
}

// inAPlan reports whether a plan of g has t.
func inAPlan(g *wissel.Group, t wissel.Target) bool {
	for _, p := range g.Plans {
		if slices.Contains(p.Targets, t) {
			return true
		}
	}
	return false
}

// keys of a map as texts, in order.
func keys[K ~string, V any](m map[K]V) []string {
	var all []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		all = append(all, string(k))
	}
	return all
}
