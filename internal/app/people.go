package app

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"wissel"
	"wissel/configs"
	"wissel/internal/callbacks"
	"wissel/internal/callbacks/dialling"
	"wissel/internal/web"
	"wissel/sip"
	"wissel/sip/call"
)

// staff is who of the people is logged on and in a call, for callbacks and for callers on a plan: nobody is rung for both. Its lock is held
// for a moment only, since calls wait for it.
type staff struct {
	mu    sync.Mutex
	all   *callbacks.Staffed
	freed func() // somebody may be rung again
}

func newStaff() *staff { return &staff{all: callbacks.NewStaffed(), freed: func() {}} }

// log notes that one was logged on or off, and gives what was so before.
func (s *staff) log(l callbacks.LogOn, phone wissel.Number) callbacks.LogOn {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.all.On(l.List, l.Name)
	s.all.Log(l, phone)
	return was
}

func (s *staff) on(list, name string) callbacks.LogOn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all.On(list, name)
}

func (s *staff) free(list string, people []callbacks.Person, but []wissel.Number, now time.Time) (next callbacks.Person, ok bool, there int, again time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all.Free(list, people, but, now)
}

func (s *staff) rings(phone wissel.Number, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all.Rings(phone, now)
}

// take takes who of a list is rung next, or says why there is nobody.
func (s *staff) take(list string, people []callbacks.Person, but []wissel.Number, now time.Time) (callbacks.Person, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next, ok, there, again := s.all.Free(list, people, but, now)
	switch {
	case ok:
		s.all.Rings(next.Phone, now)
		return next, ""
	case there > 0 && slices.ContainsFunc(people, func(p callbacks.Person) bool { return slices.Contains(but, p.Phone) }):
		return next, "nobody else of those who are logged on is free"
	}
	return next, noneFree(there, again)
}

// noneFree says why none of a list can be rung: there are so many who could take a call, were they not in one, and again is when one who did
// not take his last is rung again.
func noneFree(there int, again time.Time) string {
	switch {
	case there > 0:
		return "all who are logged on are in a call"
	case again.IsZero():
		return "nobody is logged on"
	}
	return "the last call to who is logged on came to nothing, and he is left in peace until " + wissel.Clock(again)
}

// done notes that one is free again; an empty phone is nobody's.
func (s *staff) done(phone wissel.Number, how callbacks.How, now time.Time) {
	if phone == "" {
		return
	}
	s.mu.Lock()
	s.all.Done(phone, how, now)
	s.mu.Unlock()
	s.freed()
}

// look counts who of a list is logged on, and who of them is in a call.
func (s *staff) look(list string, people []callbacks.Person, now time.Time) (on, busy int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range people {
		if !s.all.On(list, p.Name).Live(now) {
			continue
		}
		if on++; s.all.Busy(p.Phone) {
			busy++
		}
	}
	return on, busy
}

// colleagues are the people whom callers on a plan are brought to (sip.People).
type colleagues struct {
	staff    *staff
	settings func() *configs.File
	snapshot func() *wissel.Snapshot
}

// Next implements sip.People.
func (c *colleagues) Next(w sip.Wanted) (sip.Colleague, string) {
	f, s := c.settings(), c.snapshot()
	g := s.Groups[w.Group]
	if g == nil {
		return sip.Colleague{}, "there is no such group"
	}
	over := telephoneTrunks(s, g, f.Callbacks[w.Group].Over)
	if len(over) == 0 {
		return sip.Colleague{}, "no carrier brings calls of group " + string(g.ID) + " to telephones"
	}
	p, why := c.staff.take(w.List, f.People[w.List], w.Rung, time.Now())
	if why != "" {
		return sip.Colleague{}, why
	}
	return sip.Colleague{Name: p.Name, Phone: p.Phone, Ring: p.Ring, Over: over, Show: presented(s, g, lineRung(g, w.Line), over)}, ""
}

// Let implements sip.People.
func (c *colleagues) Let(p call.Person, how call.How) {
	c.staff.done(p.Phone, map[call.How]callbacks.How{call.Spared: callbacks.Spared, call.Passed: callbacks.Passed, call.Took: callbacks.Took}[how], time.Now())
}

// whispered is one of the people who has answered: he hears which line a caller has rung, and is asked to press 1, as the desk of a callback
// is (package dialling). Its methods are called on the goroutine of the caller's call.
type whispered struct {
	app     *App
	host    sip.Host
	attempt *dialling.Attempt
	state   dialling.State
}

// whisper asks one of the people whether he takes a call.
func (d *dialler) whisper(c sip.AttendedCall, h sip.Host) (sip.Attending, error) {
	g := d.app.routing.Snapshot().Groups[c.Group]
	if g == nil || len(g.Lines) == 0 {
		return nil, fmt.Errorf("there is no group %q with a number", c.Group)
	}
	job := wissel.CallbackJob{Group: c.Group, Rung: c.Rung, CustomerFirst: true}
	return &whispered{app: d.app, host: h, state: dialling.Live(), attempt: &dialling.Attempt{
		Job: job, Live: true, Lang: d.languages(g, ""), Says: d.app.settings.Load().sounds.Has, Number: keyed(lineRung(g, c.Rung)), Zone: d.app.zoneOf(g.ID),
	}}, nil
}

func (w *whispered) Begin()               { w.take(dialling.Event{Kind: dialling.Answered}) }
func (w *whispered) Digit(d wissel.Digit) { w.take(dialling.Event{Kind: dialling.Digit, Digit: d}) }
func (w *whispered) Played()              { w.take(dialling.Event{Kind: dialling.Played}) }
func (w *whispered) Wake(token int)       { w.take(dialling.Event{Kind: dialling.Woken, Timer: token}) }

// Hangup: he or the caller is gone, or they are connected.
func (w *whispered) Hangup() {}

func (w *whispered) take(ev dialling.Event) {
	var out []dialling.Effect
	w.state, out = w.attempt.Step(w.state, ev, time.Now())
	for _, e := range out {
		switch e := e.(type) {
		case dialling.Play:
			if e.Side == dialling.Desk {
				w.host.Play(append(w.app.settings.Load().sounds.Clips(e.Prompts), sound(e.Then)...))
			}
		case dialling.Wake:
			if e.Side == dialling.Desk {
				w.host.Wake(e.Timer, e.After)
			}
		case dialling.Join:
			w.host.Take()
		case dialling.Release:
			if e.Side == dialling.Desk {
				w.host.End(w.state.Why)
			}
		case dialling.Place, dialling.Stage: // the calls are package sip's
		}
	}
}

// peopleStatus says of people among the targets of a plan how many of them are logged on.
func (a *App) peopleStatus(targets []web.Target, now time.Time) {
	for i := range targets {
		list, ok := strings.CutPrefix(targets[i].Target, "people:")
		if !ok {
			continue
		}
		on, busy := a.calling.staff.look(list, a.settings.Load().file.People[list], now)
		switch {
		case on == 0:
			targets[i].State, targets[i].Evidence = "nobody", "nobody is logged on"
		case busy > 0:
			targets[i].Evidence = fmt.Sprintf("%d logged on, %d of them in a call", on, busy)
		default:
			targets[i].Evidence = fmt.Sprintf("%d logged on", on)
		}
	}
}
