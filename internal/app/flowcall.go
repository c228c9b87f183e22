package app

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"wissel"
	"wissel/internal/nearest"
	"wissel/internal/number"
	"wissel/internal/store/sqlite"
	"wissel/internal/web"
	"wissel/ivr"
	"wissel/sip"
)

// A flow on somebody's telephone: how long it may be heard, how long the call may take with its ringing, and how many there
// may be at one time.
const (
	flowLongest = 10 * time.Minute
	flowMost    = flowLongest + 2*time.Minute
	mostFlows   = 2
)

// rehearsal is a flow that somebody hears on his own telephone. What he asks for in it is told to him and to whoever
// looks on as it would be to a caller, and written nowhere.
type rehearsal struct {
	*pending
	caller ivr.Caller
	stored func() error // why a wish could not be written now; nil: it could

	mu     sync.Mutex
	left   bool // an INVITE did
	wishes []string
}

// rehearsal is the one that a call of ours was placed for; nil: it is none.
func (t *tester) rehearsal(id wissel.CallID) *rehearsal {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.flows[id]
}

// attend lets him into the flow: he hears of a wish what a caller would hear now, and is not remembered as one.
func (r *rehearsal) attend(a *attendant, p *ivr.Program, h sip.Host) sip.Attending {
	own := *a
	own.store, own.callers, own.queue = r, newCallers(), rehearsedQueue{a.queue}
	return &attending{attendant: &own, program: p, host: h, crowded: a.crowd(), rehearsal: r, state: ivr.NewState(r.caller)}
}

// rehearsedQueue is the queue as it is, of which nothing is told.
type rehearsedQueue struct{ queue }

func (rehearsedQueue) Wished(wissel.Wish) {}

// Wish implements wishes: it is not written.
func (r *rehearsal) Wish(w wissel.Wish, done func(error)) (withdraw func() bool) {
	err := r.stored()
	if err == nil {
		text := string(w.Kind) + " " + w.Number.Masked()
		if w.Recording != "" {
			text += fmt.Sprintf(", with %v of his voice", w.Length.Round(100*time.Millisecond))
		}
		r.mu.Lock()
		r.wishes = append(r.wishes, text)
		r.mu.Unlock()
		r.say("a caller would be noted: " + text + "; nothing is written")
	} else {
		r.say(fmt.Sprintf("he hears that it cannot be noted: %v", err))
	}
	done(err)
	return func() bool { return false }
}

// Status implements wishes: it is the store's.
func (r *rehearsal) Status() error { return r.stored() }

// told takes a step of the call, on its own goroutine.
func (r *rehearsal) told(s sip.Step) {
	if s.Kind == sip.StepDialled {
		r.mu.Lock()
		r.left = true
		r.mu.Unlock()
	}
	r.pending.told(s)
}

// CallFlow rings a telephone with a flow, with an audit row.
func (a *App) CallFlow(ctx context.Context, q web.FlowCall, by web.Actor, say func(line string)) (web.FlowCalled, error) {
	o, err := a.ringing(q)
	if err != nil {
		return web.FlowCalled{}, err
	}
	id := wissel.CallID(sqlite.NewID())
	o.Call, o.Flow, o.Longest, o.Private, o.Actor = id, q.Flow, flowLongest, true, by.Who
	r := &rehearsal{
		pending: &pending{began: time.Now(), lines: make(chan string, 32), over: make(chan wissel.CDR, 1)},
		caller:  ivr.Caller{Call: id, Flow: q.Flow, Language: q.Lang}, stored: a.store.Status,
	}
	if strings.HasPrefix(string(o.To), "+") {
		r.caller.From = o.To
	}
	r.caller.Rung, r.caller.Group = lineOf(a.routing.Snapshot(), q.Flow)
	o.Tell = r.told
	if err := a.tests.ring(r, o, a.routing.Snapshot().Trunks[o.Trunk].Test.PerDay); err != nil {
		return web.FlowCalled{}, err
	}
	say(fmt.Sprintf("ringing %s over %s with flow %s%s", shortened(o.To), o.Trunk, q.Flow, asCallers(r.caller)))
	cdr, broken := a.tests.follow(ctx, id, r.pending, flowMost, say)
	a.tests.rang(r, o)
	out := r.result(o, cdr, broken)
	_ = a.audit(ctx, by, "flow-call", string(q.Flow), "", "", fmt.Sprintf("%s over %s: %s (%s)", out.To, out.Trunk, out.Why, id)) // one that is not on disk is an alarm
	return out, nil
}

// lineOf is the number and group of ours that a caller of this flow would have rung: of the group whose plan in force leads
// there, else of one that has a plan that does. None may.
func lineOf(s *wissel.Snapshot, flow wissel.FlowID) (wissel.Number, wissel.GroupID) {
	leads := func(p wissel.Plan) bool { return slices.Contains(p.Targets, wissel.Target{Flow: flow}) }
	var other *wissel.Group
	for _, id := range slices.Sorted(maps.Keys(s.Groups)) {
		g := s.Groups[id]
		if len(g.Lines) == 0 {
			continue
		}
		if leads(s.Plan(g)) {
			return g.Lines[0].Number, id
		}
		if other == nil && slices.ContainsFunc(slices.Collect(maps.Values(g.Plans)), leads) {
			other = g
		}
	}
	if other == nil {
		return "", ""
	}
	return other.Lines[0].Number, other.ID
}

// asCallers says whose callers hear it so.
func asCallers(c ivr.Caller) string {
	if c.Group == "" {
		return ", which no plan leads to"
	}
	return ", as callers of " + string(c.Group) + " hear it"
}

// shortened is a number, or the user of a SIP address, for people.
func shortened(n wissel.Number) string {
	if strings.HasPrefix(string(n), "+") {
		return n.Masked()
	}
	return string(n)
}

// ring places the call, when no more than mostFlows run and the trunk's allowance of the day is not spent.
func (t *tester) ring(r *rehearsal, o sip.Outgoing, perDay int) error {
	what := "flow call " + string(o.Flow)
	t.mu.Lock()
	if len(t.flows) >= mostFlows {
		t.mu.Unlock()
		return web.Faultf(http.StatusTooManyRequests, what, "%d people hear a flow already, and no more may at one time; wait until one has hung up", mostFlows)
	}
	if err := t.guard.Take(o.Trunk, cmp.Or(perDay, 50), r.began); err != nil {
		t.mu.Unlock()
		return web.Faultf(http.StatusTooManyRequests, what, "%v", err)
	}
	t.flows[o.Call] = r
	t.mu.Unlock()
	if err := t.place(o); err != nil {
		t.rang(r, o)
		return web.Faultf(http.StatusServiceUnavailable, what, "%v", err)
	}
	return nil
}

// rang takes a call that is over off the list. One that never left has cost nothing.
func (t *tester) rang(r *rehearsal, o sip.Outgoing) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.flows, o.Call)
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.left {
		t.guard.Give(o.Trunk, r.began)
	}
}

// result is what came of it.
func (r *rehearsal) result(o sip.Outgoing, cdr wissel.CDR, broken string) web.FlowCalled {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := web.FlowCalled{
		Call: o.Call, Flow: o.Flow, Trunk: o.Trunk, To: shortened(o.To), At: r.began, Answered: !cdr.Answered.IsZero(), Status: cdr.Status,
		Keys: cdr.Digits, Wishes: append([]string{}, r.wishes...), Why: cmp.Or(broken, cdr.EndedBy),
	}
	switch n := len(cdr.Attempts); {
	case out.Answered:
		out.HeardMS = cdr.Ended.Sub(cdr.Answered).Milliseconds()
	case broken == "" && n > 0 && cdr.Attempts[n-1].Why != "":
		out.Why = "not answered: " + cdr.Attempts[n-1].Why
	case broken == "" && n == 0:
		out.Why = "no call could be placed over " + string(o.Trunk)
	}
	return out
}

// ringing is whom a flow call rings, and over which trunk; nobody but a telephone at a trunk, or a number that any phone may dial.
func (a *App) ringing(q web.FlowCall) (o sip.Outgoing, err error) {
	what, snap := "flow call "+string(q.Flow), a.routing.Snapshot()
	program := (*a.programs.Load())[q.Flow]
	switch {
	case program == nil:
		return o, web.Faultf(http.StatusNotFound, what, "there is no flow %q%s", q.Flow, nearest.Suggest(string(q.Flow), keys(*a.programs.Load())))
	case q.Lang != "" && !slices.Contains(program.Languages(), q.Lang):
		return o, web.Faultf(http.StatusBadRequest, what, "it has no language %q; it has %s", q.Lang, strings.Join(program.Languages(), ", "))
	case (q.To != "") == (q.Number != "" || q.Over != ""):
		return o, web.Faultf(http.StatusBadRequest, what, "say whom to ring: a SIP address (--to), or a number and the trunk to dial it over (--over TRUNK --number NUMBER)")
	}
	if q.Show != "" {
		if o.Show, err = number.Parse(q.Show, snap.Country); err != nil {
			return o, web.Faultf(http.StatusBadRequest, what, "the number to show: %v", err)
		}
		if _, ours := snap.Lines[o.Show]; !ours {
			return o, web.Faultf(http.StatusBadRequest, what, "%s is no number of ours, and no other may be shown", o.Show)
		}
	}
	if q.To != "" {
		o.To, o.Trunk, o.At, err = addressed(snap, what, q.To)
		return o, err
	}
	o.Trunk = q.Over
	if snap.Trunks[q.Over] == nil {
		return o, web.Faultf(http.StatusNotFound, what, "there is no trunk %q%s", q.Over, nearest.Suggest(string(q.Over), keys(snap.Trunks)))
	}
	o.To, err = dialable(snap, what, q.Number)
	return o, err
}

// dialable is a number that may be rung: no emergency or premium number, none of ours, and none abroad where we have none.
func dialable(s *wissel.Snapshot, what, text string) (wissel.Number, error) {
	n, err := number.Parse(text, s.Country)
	if err != nil {
		return "", web.Faultf(http.StatusBadRequest, what, "%v", err)
	}
	if _, ours := s.Lines[n]; ours {
		return "", web.Faultf(http.StatusBadRequest, what, "%s is a number of ours: two flows would speak to each other; give a telephone's", n)
	}
	home := false
	for line := range s.Lines {
		home = home || number.CountryCode(line) == number.CountryCode(n)
	}
	if number.KindOf(n) == wissel.Kind0900 || !home {
		return "", web.Faultf(http.StatusForbidden, what, "%s is a premium number, or one of a country in which we have no number; such are not rung", n.Masked())
	}
	return n, nil
}

// sipForm is a SIP address as it may be given: user, host as an IP address or a name, port.
var sipForm = regexp.MustCompile(`^sip:([A-Za-z0-9+][A-Za-z0-9+._-]{0,63})@(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9][A-Za-z0-9.-]{0,252})(?::([0-9]{1,5}))?$`)

// addressed is the user and the trunk of a SIP address. It must be one that a trunk has: nobody else is rung, whoever asks. On
// a trunk within our own walls any user may be rung, elsewhere a number alone.
func addressed(s *wissel.Snapshot, what, text string) (to wissel.Number, trunk wissel.TrunkID, at wissel.Address, err error) {
	parts := sipForm.FindStringSubmatch(text)
	if parts == nil {
		return "", "", at, web.Faultf(http.StatusBadRequest, what, "%q is no SIP address that can be rung; sip:anna@10.0.0.5:5060 would be one", text)
	}
	has, err := hostAt(parts[2], parts[3])
	if err != nil {
		return "", "", at, web.Faultf(http.StatusBadRequest, what, "%q: %v", text, err)
	}
	for _, id := range slices.Sorted(maps.Keys(s.Trunks)) {
		t := s.Trunks[id]
		for i, one := range t.Addresses {
			var host wissel.Host
			if i < len(t.Hosts) {
				host = t.Hosts[i]
			}
			if !has(one, host) {
				continue
			}
			if ip := one.AddrPort.Addr(); (ip.IsPrivate() || ip.IsLoopback()) && !strings.HasPrefix(parts[1], "+") {
				return wissel.Number(parts[1]), id, one, nil
			}
			to, err = dialable(s, what, parts[1])
			return to, id, one, err
		}
	}
	return "", "", at, web.Faultf(http.StatusForbidden, what,
		"%s is the address of no trunk, and wissel rings no other: add a trunk with this address to the settings, or ring a number (--over TRUNK --number NUMBER)", parts[2])
}

// hostAt tells whether an address of a trunk is the one that somebody named: by its IP address and port (5060 when left out), or by the name
// that the trunk has it from, and its port if he gave one. Names are never looked up for him: what the trunk has resolved stands.
func hostAt(host, port string) (func(wissel.Address, wissel.Host) bool, error) {
	if strings.HasPrefix(host, "[") || strings.Trim(host, "0123456789.") == "" {
		addr, err := netip.ParseAddrPort(host + ":" + cmp.Or(port, "5060"))
		return func(a wissel.Address, _ wissel.Host) bool { return a.AddrPort == addr }, err
	}
	number, err := strconv.ParseUint(cmp.Or(port, "0"), 10, 16)
	name := strings.ToLower(host)
	return func(a wissel.Address, h wissel.Host) bool {
		return h.Name == name && (number == 0 || a.AddrPort.Port() == uint16(number))
	}, err
}
