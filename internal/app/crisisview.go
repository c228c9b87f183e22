package app

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"wissel"
	"wissel/carriers/health"
	"wissel/internal/access"
	"wissel/internal/crisis"
	"wissel/internal/number"
	"wissel/internal/web"
)

// wishesOf is how far back the wishes are counted that the crisis line tells of.
const wishesOf = 24 * time.Hour

// view is what the crisis line has to tell somebody now. Counts that take too long are left out: the store may be the trouble.
func (d *crisisDesk) view(ctx context.Context, who string, from wissel.Number) crisis.View {
	a, s, now := d.app, d.app.routing.Snapshot(), time.Now()
	v := crisis.View{Draining: a.draining.Load(), Unwell: a.store.Status() != nil}
	calls := map[wissel.GroupID]int{}
	for _, c := range a.server.Calls() {
		calls[c.Group]++
	}
	brief, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	wishes, err := a.store.WishCounts(brief, now.Add(-wishesOf))
	for _, id := range slices.Sorted(maps.Keys(s.Groups)) {
		g := s.Groups[id]
		if g.Test {
			continue
		}
		told := crisisGroup(s, g, now)
		told.Calls, told.Wishes = calls[id], -1
		if err == nil {
			told.Wishes = wishes[id]
		}
		told.Message = d.messageOf(id, now)
		v.Groups = append(v.Groups, told)
	}
	if who != crisis.Staff {
		v.Proposals = proposalsFor(a.eyes.list(now), d.actor(who, from), s)
	}
	return v
}

// crisisGroup is how one group stands.
func crisisGroup(s *wissel.Snapshot, g *wissel.Group, now time.Time) crisis.Group {
	p := s.Plan(g)
	choice, chosen := s.Active[g.ID]
	out := crisis.Group{ID: g.ID, Plan: p.ID, Chosen: chosen, Since: choice.At, FourEyes: g.FourEyes}
	if len(g.Lines) > 0 {
		out.Said = keyed(g.Lines[0])
	}
	for _, id := range slices.Sorted(maps.Keys(g.Plans)) {
		out.Plans = append(out.Plans, crisis.Plan{ID: id, First: placeOf(s, g.Plans[id].Targets[0])})
	}
	first := p.Targets[0]
	if l, away := s.Lead(g); away {
		out.Away, out.Since, first = true, l.Since, l.Target
	}
	if pin := s.Pins[g.ID]; pin.Live(now) {
		out.Pin, out.Since = &crisis.Pin{To: placeOf(s, pin.Target), Until: pin.Until, Share: pin.Share != 0}, pin.Since
		if pin.Share == 0 {
			first = pin.Target
		}
	}
	out.First = placeOf(s, first)
	if t := s.Trunks[first.Trunk]; t != nil {
		out.Down = health.TrunkVerdict(t, s.Health).State == wissel.Down
	}
	return out
}

// placeOf says what kind of target it is.
func placeOf(s *wissel.Snapshot, t wissel.Target) crisis.Place {
	trunk := s.Trunks[t.Trunk]
	switch {
	case t.Flow != "":
		return crisis.Flow
	case t.People != "":
		return crisis.People
	case trunk != nil && trunk.Role == wissel.Platform:
		return crisis.Platform
	case trunk != nil:
		return crisis.Carrier
	}
	return crisis.Nowhere
}

// keyed is one of our numbers as people know it, in the digits that they key.
func keyed(l wissel.Line) string {
	if l.Dialled != "" {
		return strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, l.Dialled)
	}
	if code := number.CountryCode(l.Number); code != "" {
		return "0" + strings.TrimPrefix(string(l.Number), "+"+code)
	}
	return strings.TrimPrefix(string(l.Number), "+")
}

// proposalsFor are those that a person may approve and that the crisis line can say in words.
func proposalsFor(all []access.Proposal, me web.Actor, s *wissel.Snapshot) (out []crisis.Proposal) {
	for _, p := range all {
		if p.State != access.Open || p.What != "switch" || !access.Allows(me.Roles, p.Needs) || access.Same(p.By, me.Person()) != "" {
			continue
		}
		var q web.SwitchRequest
		if json.Unmarshal(p.Order, &q) != nil || q.To != "" || s.Groups[q.Group] == nil {
			continue
		}
		out = append(out, crisis.Proposal{ID: p.ID, Group: q.Group, Plan: q.Plan, Auto: q.Auto})
	}
	return out
}
