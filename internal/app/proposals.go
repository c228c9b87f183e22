package app

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"wissel"
	"wissel/internal/access"
	"wissel/internal/nearest"
)

const (
	proposalFor  = 15 * time.Minute // how long a proposal waits for a second person
	proposalKept = 24 * time.Hour   // how long one that ended is still told of, and a broken glass an alarm
	maxOpen      = 50               // proposals that wait at one time; more are refused
	maxEnded     = 100              // that are told of; the oldest go first
	glassBroken  = "break-glass"    // of audit rows
)

// eyes keeps what waits for a second person. Safe for concurrent use; its lock is never held over a change or a write.
type eyes struct {
	mu    sync.Mutex
	all   map[string]access.Proposal
	glass []wissel.AuditRow // of the last day, oldest first
}

// errNoProposal says that no proposal has an id.
var errNoProposal = errors.New("there is no such proposal; `wissel proposals` lists them")

// keepProposal writes the state of a proposal, and gives what people should know when that fails.
func (a *App) keepProposal(ctx context.Context, p access.Proposal) []string {
	keep, cancel := keeping(ctx)
	defer cancel()
	body, err := json.Marshal(p)
	if err == nil {
		err = a.store.Proposal(keep, p.Row, p.At, body)
	}
	if err != nil {
		return []string{"the proposal is not on disk: a restart would forget it (" + err.Error() + ")"}
	}
	return nil
}

// restoreEyes takes over what waited for a second person before a restart, and the glass that was broken in the last day.
func (a *App) restoreEyes(ctx context.Context) {
	since := time.Now().Add(-proposalKept)
	bodies, err := a.store.Proposals(ctx, since)
	if err != nil {
		a.log.Error("what was proposed before the restart cannot be read", "error", err)
	}
	for _, body := range bodies {
		var p access.Proposal
		if err := json.Unmarshal(body, &p); err != nil {
			a.log.Error("a proposal of before the restart cannot be read", "error", err)
			continue
		}
		a.eyes.put(p)
	}
	rows, err := a.store.AuditRows(ctx, since, 0)
	if err != nil {
		a.log.Error("whether glass was broken before the restart cannot be read", "error", err)
	}
	for _, row := range rows {
		if row.What == glassBroken {
			a.eyes.shout(row)
		}
	}
}

// add gives p an id and keeps it.
func (e *eyes) add(p *access.Proposal, now time.Time) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.tidy(now)
	open := 0
	for _, one := range e.all {
		if one.Now(now).State == access.Open {
			open++
		}
	}
	if open >= maxOpen {
		return fmt.Errorf("%d proposals wait for a second person already; approve or reject some (`wissel proposals`)", open)
	}
	if e.all == nil {
		e.all = map[string]access.Proposal{}
	}
	for p.ID == "" || e.all[p.ID].ID != "" {
		p.ID = strings.ToLower(rand.Text()[:5])
	}
	e.all[p.ID] = *p
	return nil
}

func (e *eyes) put(p access.Proposal) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.all == nil {
		e.all = map[string]access.Proposal{}
	}
	e.all[p.ID] = p
}

// move takes a proposal one step on: of two who come at once the second finds what the first has made of it.
func (e *eyes) move(id string, now time.Time, step func(access.Proposal) (access.Proposal, error)) (access.Proposal, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	p, ok := e.all[strings.ToLower(id)]
	if !ok {
		return p, fmt.Errorf("%w%s", errNoProposal, nearest.Suggest(id, slices.Collect(maps.Keys(e.all))))
	}
	next, err := step(p.Now(now))
	if err == nil {
		e.all[p.ID] = next
	}
	return next, err
}

// list gives them as they are at now, oldest first.
func (e *eyes) list(now time.Time) (all []access.Proposal) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.tidy(now)
	for _, p := range e.all {
		all = append(all, p.Now(now))
	}
	slices.SortFunc(all, func(x, y access.Proposal) int { return x.At.Compare(y.At) })
	return all
}

// tidy forgets what ended long ago, or too many ago.
func (e *eyes) tidy(now time.Time) {
	var ended []access.Proposal
	for id, p := range e.all {
		switch p = p.Now(now); {
		case now.Sub(p.At) > proposalKept && p.State != access.Carrying:
			delete(e.all, id)
		case p.State != access.Open && p.State != access.Carrying:
			ended = append(ended, p)
		}
	}
	slices.SortFunc(ended, func(x, y access.Proposal) int { return x.At.Compare(y.At) })
	for ; len(ended) > maxEnded; ended = ended[1:] {
		delete(e.all, ended[0].ID)
	}
}

// shout keeps a broken glass for alarms.
func (e *eyes) shout(row wissel.AuditRow) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.glass = append(e.glass, row); len(e.glass) > maxAlarms {
		e.glass = e.glass[1:]
	}
}

// alarms are the sentences of glass that was broken in the day before now.
func (e *eyes) alarms(now time.Time) (all []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.glass = slices.DeleteFunc(e.glass, func(r wissel.AuditRow) bool { return now.Sub(r.At) > proposalKept })
	for _, r := range e.glass {
		all = append(all, fmt.Sprintf("%s %s broke the glass for %s (%s): %s", wissel.Clock(r.At), r.Who, r.Object, r.After, r.Why))
	}
	return all
}
