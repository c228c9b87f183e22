package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"wissel"
	"wissel/configs"
	"wissel/internal/access"
	"wissel/internal/crisis"
	"wissel/internal/web"
	"wissel/sip"
)

const (
	crisisAtOnce = 5  // questions of crisis calls that are worked on at one time: as many as there are such calls
	crisisWaits  = 16 // that wait for their turn; one more is answered as if nothing came of it

	strangersAtOnce = 3 // calls from numbers that the settings do not have: they may not take every place

	crisisLock = "crisis lock/" // how the names of alarms about locks begin
)

// crisisDesk is the crisis line's side of the server: it keeps the one Door, and does what calls ask of it on goroutines of
// its own, since a call waits for no disk and no hash.
type crisisDesk struct {
	app  *App
	log  *slog.Logger
	jobs chan func(ctx context.Context)

	set       atomic.Pointer[configs.Crisis]
	calls     atomic.Int64
	strangers atomic.Int64  // of calls, those from numbers that the settings do not have
	shut      atomic.Uint64 // strangers who found no place, since start
	refused   atomic.Uint64 // logins, since start

	mu    sync.Mutex // guards all below; it is held while codes are hashed, so no call takes it
	door  *crisis.Door
	known bool // what was kept of the door has been read
}

func newCrisisDesk(a *App) *crisisDesk {
	d := &crisisDesk{app: a, log: a.log, jobs: make(chan func(context.Context), crisisWaits), door: crisis.NewDoor()}
	d.set.Store(&configs.Crisis{})
	return d
}

// put puts the settings of the crisis line in force; what is known of its people stays.
func (d *crisisDesk) put(set configs.Crisis) {
	people := make([]crisis.Person, len(set.Operators))
	for i, o := range set.Operators {
		people[i] = o.Person
	}
	d.set.Store(&set)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.door.Set(people)
}

// remember reads what was kept. When it cannot be read the line works all the same: printed codes are not known then, and codes
// of apps only from the next one on; it is read as soon as it can be.
func (d *crisisDesk) remember(ctx context.Context) {
	err := d.recall(ctx)
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.set.Load().Numbers) == 0 {
		return
	}
	if err != nil || d.app.store.Aside() != "" {
		d.door.Forgotten(time.Now())
	}
	if err != nil {
		d.log.Error("which codes of the crisis line were used cannot be read: printed codes do not let in until it can", "error", err)
		d.app.alarms.hold("crisis", "which codes of the crisis line were used could not be read: printed codes do not let in until the store is well")
	}
}

// recall reads what was kept, once.
func (d *crisisDesk) recall(ctx context.Context) error {
	d.mu.Lock()
	known := d.known
	d.mu.Unlock()
	if known {
		return nil
	}
	soon, cancel := context.WithTimeout(ctx, keepFor) // a disk that hangs keeps nobody out
	defer cancel()
	body, err := d.app.store.Door(soon)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.known { // another was quicker
		return nil
	}
	if body != nil {
		if err := d.door.Learn(body); err != nil {
			return err
		}
	}
	d.known = true
	d.app.alarms.clear("crisis")
	return nil
}

// run does what calls ask until ctx ends.
func (d *crisisDesk) run(ctx context.Context) {
	var g errgroup.Group
	g.SetLimit(crisisAtOnce)
	defer g.Wait() //nolint:errcheck // the jobs have no errors
	for {
		select {
		case job := <-d.jobs:
			g.Go(func() error { job(ctx); return nil })
		case <-ctx.Done():
			return
		}
	}
}

// later does a job soon, and reports false when too many wait.
func (d *crisisDesk) later(job func(ctx context.Context)) bool {
	select {
	case d.jobs <- job:
		return true
	default:
		return false
	}
}

// attend prepares the crisis line for a call.
func (d *crisisDesk) attend(c sip.AttendedCall, h sip.Host) (sip.Attending, error) {
	set := d.set.Load()
	if set.Zone == nil {
		return nil, errors.New("the settings no longer have a crisis line")
	}
	stranger := !slices.ContainsFunc(set.Operators, func(o configs.Operator) bool { return slices.Contains(o.Phones, c.From) })
	if stranger && d.strangers.Add(1) > strangersAtOnce {
		d.strangers.Add(-1)
		d.shut.Add(1)
		return nil, fmt.Errorf("%d calls from numbers that the settings do not know are on the crisis line already", strangersAtOnce)
	}
	d.calls.Add(1)
	sounds := d.app.settings.Load().sounds
	line := &crisis.Line{Languages: []string{set.Language}, Has: sounds.Has, Zone: set.Zone, StaffCode: !set.StaffCode.IsZero(), Codes: len(d.own()) > 0}
	for _, lang := range sounds.Languages() {
		if lang != set.Language && sounds.Has(lang, "crisis.pin") {
			line.Languages = append(line.Languages, lang)
		}
	}
	d.log.Info("the crisis line is called", "call", c.Call, "from", c.From.Masked())
	return &crisisCall{desk: d, host: h, line: line, call: c.Call, from: c.From, stranger: stranger, state: crisis.NewState(set.Language)}, nil
}

func (d *crisisDesk) left(stranger bool) {
	d.calls.Add(-1)
	if stranger {
		d.strangers.Add(-1)
	}
}

// try judges a login, and keeps what came of it. What lets in is on disk before the caller is told, unless the disk cannot be
// written: then it is in memory, on its way to disk, in the log, and an alarm. This line is for such a night.
func (d *crisisDesk) try(ctx context.Context, from wissel.Number, call wissel.CallID, l crisis.Login) (in crisis.In, wait time.Duration) {
	if err := d.recall(ctx); err != nil {
		d.log.Warn("what was kept of the crisis line still cannot be read", "error", err)
	}
	now := time.Now()
	v, whose, save := d.judge(from, l, now)
	d.tell(from, call, v, whose)
	if v.Person == crisis.Colleague {
		return d.colleague(whose, now), v.Wait
	}
	if v.Person == "" || v.Person == crisis.Staff {
		if v.Person == "" { // under a lock too: on a slow disk an answer without a row would tell that there is one
			d.app.eventually(ctx, save)
		}
		return crisis.In{Who: v.Person}, v.Wait
	}
	roles := d.rolesOf(v.Person)
	in = crisis.In{
		Who: v.Person, Left: -1, Switch: access.Allows(roles, access.Switch), Approve: access.Allows(roles, access.Approve),
		Messages: access.Allows(roles, access.Messages),
	}
	if v.By == crisis.ByList {
		in.Left = v.Left
	}
	keep, cancel := keeping(ctx)
	defer cancel()
	if err := save(keep); err != nil {
		in.Unsaved = true
		d.log.Error("somebody came in over the crisis line, and that the code was used is not on disk", "who", v.Person, "call", call, "error", err)
		d.app.alarms.set("crisis in "+v.Person, v.Person+" came in over the crisis line while nothing could be written: a restart would forget that the code was used")
	}
	return in, v.Wait
}

// judge asks the door, and gives how what it knows then is kept: in the order in which it was asked.
func (d *crisisDesk) judge(from wissel.Number, l crisis.Login, now time.Time) (v crisis.Verdict, whose []string, save func(ctx context.Context) error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case l.Own:
		v, whose = d.door.TryOwn(from, d.own(), l.Code, now)
	case l.Staff:
		v = d.door.TryStaff(from, d.set.Load().StaffCode, l.Code, now)
	default:
		v = d.door.Try(from, l.PIN, l.Code, now)
	}
	return v, whose, d.saving(now)
}

// saving gives how the door is kept as it is now. The lock is held.
func (d *crisisDesk) saving(now time.Time) func(ctx context.Context) error {
	body, err := d.door.Save()
	if !d.known { // what is on disk knows more; it is read before anything is written over it
		err = errors.Join(err, errors.New("what was kept before has not been read yet"))
	}
	row := d.app.store.Stamp(wissel.Row{})
	return func(ctx context.Context) error {
		if err != nil {
			return err
		}
		return d.app.store.KeepDoor(ctx, row.Generation, now, body)
	}
}

// eventually keeps a thing for which nobody waits.
func (a *App) eventually(ctx context.Context, save func(ctx context.Context) error) {
	keep, cancel := keeping(ctx)
	defer cancel()
	if err := save(keep); err != nil {
		a.log.Warn("what the crisis line must not forget is not on disk yet", "error", err)
	}
}

// tell has the log and the audit know of a login. An audit row tells of who came in, of a PIN that somebody has without a
// code, and of each lock; not of every wrong PIN: who knocks must not fill the store.
func (d *crisisDesk) tell(from wissel.Number, call wissel.CallID, v crisis.Verdict, whose []string) {
	by := web.Actor{Who: "nobody", From: crisisFrom(from)}
	if v.Person != "" {
		by.Who = v.Person
		after := "in, by a code of the " + string(v.By)
		switch v.Person {
		case crisis.Staff:
			after = "hears what colleagues hear"
		case crisis.Colleague:
			by.Who, after = nameOf(whose), "may log on and off, by a code of his own"
		}
		d.log.Info("somebody came in over the crisis line", "who", v.Person, "by", v.By, "call", call, "from", from.Masked())
		d.app.auditSoon(rowOf(by, "crisis-login", "crisis line", "", "", after), nil)
		return
	}
	d.refused.Add(1)
	d.log.Warn("a login on the crisis line was refused", "why", v.Why, "whose_pin", v.Meant, "call", call, "from", from.Masked())
	if v.Meant != "" && v.Why != "locked" {
		d.app.auditSoon(rowOf(by, "crisis-refused", v.Meant, "", "", v.Why), nil)
	}
	for _, what := range v.Locked {
		d.log.Warn("the crisis line is locked for some", "what", what)
		d.app.alarms.set(crisisLock+what, "crisis line: "+what)
		d.app.auditSoon(rowOf(by, "crisis-locked", "crisis line", "", "", what), nil)
	}
}

// crisisFrom is where an actor of the crisis line comes from, for the audit.
func crisisFrom(n wissel.Number) string {
	if n == "" {
		return "over the crisis line, from a hidden number"
	}
	return "over the crisis line, from " + n.Masked()
}

func (d *crisisDesk) rolesOf(name string) []access.Role {
	for _, o := range d.set.Load().Operators {
		if o.Name == name {
			return o.Roles
		}
	}
	return nil
}

// actor is a person of the crisis line. His name is his mark: with the same name on this machine, or on a token, he is the
// same person.
func (d *crisisDesk) actor(name string, from wissel.Number) web.Actor {
	return web.Actor{Who: name, From: crisisFrom(from), Roles: d.rolesOf(name), Marks: []string{"crisis:" + name, access.Named(name)}}
}
