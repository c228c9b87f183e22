package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"wissel"
	"wissel/internal/access"
	"wissel/internal/store/sqlite"
	"wissel/internal/web"
)

// order is something that was asked for and may take two persons.
type order struct {
	what   string // the word of its command, of deeds
	group  wissel.GroupID
	words  string // what it does: "plan storing"
	reason string
	alone  bool // break the glass
	body   any  // what was asked, exactly
}

// deed is how an order is carried out once it may be.
type deed struct {
	needs access.Permission
	do    func(ctx context.Context, body json.RawMessage, by web.Actor) (web.Switched, error)
}

// deeds are all that can be proposed. What takes two persons goes through ordered, and has a line here.
func (a *App) deeds() map[string]deed {
	return map[string]deed{
		"switch":   {access.Switch, deedOf(a.switchNow)},
		"handback": {access.Switch, deedOf(a.handbackNow)},
	}
}

// deedOf reads a body back for what carries it out.
func deedOf[Q any](f func(context.Context, Q, web.Actor) (web.Switched, error)) func(context.Context, json.RawMessage, web.Actor) (web.Switched, error) {
	return func(ctx context.Context, body json.RawMessage, by web.Actor) (web.Switched, error) {
		var q Q
		if err := json.Unmarshal(body, &q); err != nil {
			return web.Switched{}, fmt.Errorf("read what was proposed: %w", err)
		}
		return f(ctx, q, by)
	}
}

// ordered carries an order out, or keeps it for a second person where the group or the permission asks for four eyes. It
// is the one gate: every change that may take two persons comes through here, when it could be carried out now.
func (a *App) ordered(ctx context.Context, o order, by web.Actor) (web.Switched, error) {
	d := a.deeds()[o.what]
	s := a.routing.Snapshot()
	group := s.Groups[o.group]
	two := access.TakesTwo(d.needs) || group != nil && group.FourEyes
	body, err := json.Marshal(o.body)
	if err != nil {
		return web.Switched{}, fmt.Errorf("encode what was asked: %w", err)
	}
	switch {
	case o.alone && !two:
		return web.Switched{}, web.Faultf(http.StatusBadRequest, o.what+" "+string(o.group), "nothing here takes a second person, so there is no glass to break: leave --break-glass out")
	case o.alone:
		return a.breakGlass(ctx, o, body, by)
	case two:
		return a.propose(ctx, o, d.needs, body, by)
	}
	return d.do(ctx, body, by)
}

// propose keeps an order for a second person. Nothing is changed.
func (a *App) propose(ctx context.Context, o order, needs access.Permission, body json.RawMessage, by web.Actor) (web.Switched, error) {
	now := time.Now()
	hash, words := basis(a.routing.Snapshot(), o.group, now)
	p := access.Proposal{
		Row: sqlite.NewID(), What: o.what, Needs: needs, Group: string(o.group), Words: o.words, Order: body, Reason: o.reason,
		By: by.Person(), From: by.From, At: now, Until: now.Add(proposalFor), Basis: hash, Before: words, State: access.Open,
	}
	if err := a.eyes.add(&p, now); err != nil {
		return web.Switched{}, web.Faultf(http.StatusTooManyRequests, o.what+" "+string(o.group), "%v", err)
	}
	done := web.Switched{ID: p.ID, Before: words, After: words, Until: p.Until, Proposal: new(shown(p))}
	done.Notes = a.keepProposal(ctx, p)
	if err := a.audit(ctx, by, "propose", p.Group, o.reason, words, fmt.Sprintf("proposal %s: %s, until %s", p.ID, o.words, p.Until.Format(time.RFC3339))); err != nil {
		done.Notes = append(done.Notes, "the audit row could not be written ("+err.Error()+")")
	}
	a.proposalDecided(p, by.Who, "proposed: "+p.Words, p.Reason)
	return done, nil
}

// breakGlass carries an order out alone, at once, and shouts it: in the log, in the audit, and as an alarm for a day, with what
// came of it. It waits for the store only after the change, as every change does.
func (a *App) breakGlass(ctx context.Context, o order, body json.RawMessage, by web.Actor) (web.Switched, error) {
	_, before := basis(a.routing.Snapshot(), o.group, time.Now())
	a.log.Warn("THE GLASS IS BROKEN: one person changes alone what takes two", "what", o.what, "group", o.group, "change", o.words, "who", by.Who, "from", by.From, "why", o.reason)
	row := rowOf(by, glassBroken, string(o.group), o.reason, before, o.what+": "+o.words+", WITHOUT A SECOND PERSON")
	done, err := a.deeds()[o.what].do(ctx, body, by)
	if err != nil {
		row.After = "nothing was changed: " + o.what + ": " + o.words + " was tried without a second person and failed: " + err.Error()
	}
	a.eyes.shout(row)
	a.auditSoon(row, nil)
	return done, err
}

// Proposals lists the open ones and those that ended in the last day, oldest first.
func (a *App) Proposals() (all []web.Proposal) {
	for _, p := range a.eyes.list(time.Now()) {
		all = append(all, shown(p))
	}
	return all
}

// Approve carries out what another has proposed, exactly as it was proposed. When what it was proposed against has changed
// meanwhile it is refused, and stays open, unless v.Anyway.
func (a *App) Approve(ctx context.Context, v web.Verdict, by web.Actor) (web.Switched, error) {
	what, now := "approve "+v.ID, time.Now()
	if err := giveReason(what, v.Reason, ""); err != nil {
		return web.Switched{}, err
	}
	s := a.routing.Snapshot()
	p, err := a.eyes.move(v.ID, now, func(p access.Proposal) (access.Proposal, error) {
		if !access.Allows(by.Roles, p.Needs) {
			return p, web.Faultf(http.StatusForbidden, what, "to approve it takes the role %s, and %s has %s", access.Needs(p.Needs), by.Who, access.Has(by.Roles))
		}
		next, err := p.Approve(by.Person(), v.Reason, now)
		if err != nil {
			return p, judged(what, err)
		}
		if hash, words := basis(s, wissel.GroupID(p.Group), now); hash != p.Basis && !v.Anyway {
			return p, web.Faultf(http.StatusConflict, what, "%s; nothing was changed. If it is still right, say `wissel approve %s --anyway`", moved(p, words), p.ID)
		}
		return next, nil
	})
	if err != nil {
		return web.Switched{}, found(what, err)
	}
	as := by
	as.Who = p.By.Name + ", approved by " + by.Who
	a.auditSoon(rowOf(by, "approve", p.Group, v.Reason, fmt.Sprintf("proposal %s of %s: %s", p.ID, p.By.Name, p.Reason), p.What+": "+p.Words), nil)
	done, err := a.deeds()[p.What].do(ctx, p.Order, as)
	end := func(p access.Proposal) (access.Proposal, error) { p.State = access.Done; return p, nil }
	if err != nil {
		end = func(p access.Proposal) (access.Proposal, error) { return p.Reopen(), nil }
	}
	p, merr := a.eyes.move(v.ID, now, end)
	if err != nil || merr != nil {
		return done, errors.Join(err, merr)
	}
	done.Notes = append(done.Notes, a.keepProposal(ctx, p)...)
	a.proposalDecided(p, by.Who, "approved: "+p.Words, v.Reason)
	return done, nil
}

// Reject ends a proposal without carrying it out.
func (a *App) Reject(ctx context.Context, v web.Verdict, by web.Actor) (web.Proposal, error) {
	what, now := "reject "+v.ID, time.Now()
	if err := giveReason(what, v.Reason, ""); err != nil {
		return web.Proposal{}, err
	}
	p, err := a.eyes.move(v.ID, now, func(p access.Proposal) (access.Proposal, error) {
		next, err := p.Reject(by.Person(), v.Reason, now)
		if err != nil {
			return p, judged(what, err)
		}
		return next, nil
	})
	if err != nil {
		return web.Proposal{}, found(what, err)
	}
	after := p.What + ": " + p.Words + ", not done"
	_ = a.audit(ctx, by, "reject", p.Group, v.Reason, fmt.Sprintf("proposal %s of %s: %s", p.ID, p.By.Name, p.Reason), after) // one that is not on disk is an alarm
	for _, note := range a.keepProposal(ctx, p) {
		a.log.Error("a rejected proposal", "proposal", p.ID, "error", note)
	}
	a.proposalDecided(p, by.Who, "rejected: "+p.Words, v.Reason)
	return shown(p), nil
}

// proposalDecided keeps the record of what became of a proposal.
func (a *App) proposalDecided(p access.Proposal, who, after, why string) {
	a.decided(wissel.Decision{
		Kind: wissel.DecidedProposal, Group: wissel.GroupID(p.Group), Object: "proposal " + p.ID, Before: p.Before, After: after,
		Evidence: []string{p.What + " proposed by " + p.By.Name + ": " + p.Reason}, Actor: who, Why: why,
	})
}

// found makes a fault of a proposal that is not there.
func found(what string, err error) error {
	if errors.Is(err, errNoProposal) {
		return web.Faultf(http.StatusNotFound, what, "%v", err)
	}
	return err
}

// judged makes a fault of a refusal by package access.
func judged(what string, err error) error {
	if errors.Is(err, access.ErrSamePerson) {
		return web.Faultf(http.StatusForbidden, what, "%v; when nobody else can be reached, the command that proposed it takes --break-glass", err)
	}
	return web.Faultf(http.StatusConflict, what, "%v", err)
}

// basis is what a proposal for a group is made against: a hash of all that it would change, and the same in words.
func basis(s *wissel.Snapshot, id wissel.GroupID, now time.Time) (hash, words string) {
	g := s.Groups[id]
	if g == nil {
		return "", ""
	}
	lead, _ := s.Lead(g)
	against := struct {
		Plans  map[wissel.PlanID]wissel.Plan
		Active wissel.PlanID
		Pin    string
		Lead   wissel.Target
	}{Plans: g.Plans, Active: s.Plan(g).ID, Lead: lead.Target}
	if pin := s.Pins[id]; pin.Live(now) {
		against.Pin = pin.ID
	}
	words = inForce(s, id, now)
	if against.Lead != (wissel.Target{}) {
		words += ", " + against.Lead.String() + " leads"
	}
	text, err := json.Marshal(against)
	if err != nil {
		panic("app: a plan cannot be encoded: " + err.Error()) // it always can
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), words
}

// moved says what has changed since a proposal was made.
func moved(p access.Proposal, words string) string {
	if words == p.Before {
		return "the plans of the group have changed since it was proposed (or were changed and changed back)"
	}
	return fmt.Sprintf("when it was proposed: %s; now: %s", p.Before, words)
}

// shown is a proposal as people see it.
func shown(p access.Proposal) web.Proposal {
	w := web.Proposal{
		ID: p.ID, What: p.What, Group: wissel.GroupID(p.Group), Change: p.Words, Before: p.Before, Reason: p.Reason, Who: p.By.Name, From: p.From,
		At: p.At, Until: p.Until, State: p.State, Note: p.Note, Needs: access.Needs(p.Needs),
	}
	if p.Second != nil {
		w.Second = p.Second.Name
	}
	return w
}
