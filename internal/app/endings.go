package app

import (
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"wissel"
	"wissel/carriers/unanswered"
	"wissel/internal/web"
)

// maxEndings is how many ends and beginnings of calls may wait for the next second. When one more comes it is counted, and what
// the calls of those seconds would have shown is not learnt.
const maxEndings = 4096

// endings learn which statuses carriers take for the end of a call that heard a flow unanswered (sip.Unanswered). Calls only
// leave a note; tick, once a second, makes of it what is known.
type endings struct {
	routing *routing
	keep    func(wissel.TrunkID, wissel.Ending)
	drop    func(wissel.TrunkID)
	hold    func(key, text string)
	clear   func(key string)
	log     *slog.Logger

	notes chan endingNote
	last  atomic.Int64  // when a call last ended so, in ns since 1970
	lost  atomic.Uint64 // notes

	mu    sync.Mutex // held by tick and by those who look, never by a call
	watch *unanswered.Watch
	kept  map[wissel.TrunkID]wissel.Ending
	told  uint64 // of lost
}

// endingNote is a call that ended with a status, or that began: 0.
type endingNote struct {
	call   unanswered.Call
	status int
}

func newEndings(r *routing, log *slog.Logger) *endings {
	return &endings{routing: r, log: log, notes: make(chan endingNote, maxEndings), watch: unanswered.NewWatch(nil), kept: map[wissel.TrunkID]wissel.Ending{}}
}

// restore goes on from what was known before a restart.
func (e *endings) restore(known map[wissel.TrunkID]wissel.Ending) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.watch = unanswered.NewWatch(known)
	for id, one := range known {
		e.kept[id] = one
		e.tell(id, one)
	}
}

// Ended implements sip.Unanswered.
func (e *endings) Ended(c unanswered.Call, status int) {
	e.last.Store(c.At.UnixNano())
	e.note(endingNote{c, status})
}

// Watches implements sip.Unanswered.
func (e *endings) Watches(now time.Time) bool {
	last := e.last.Load()
	return last != 0 && now.UnixNano()-last <= int64(unanswered.Quiet)
}

// Began implements sip.Unanswered.
func (e *endings) Began(c unanswered.Call) { e.note(endingNote{call: c}) }

func (e *endings) note(n endingNote) {
	if e.routing.Snapshot().Shared.Has(n.call.From) {
		n.call.From = "" // another of them may ring at any moment
	}
	select {
	case e.notes <- n:
	default:
		e.lost.Add(1)
	}
}

// tick makes of the notes what is known.
func (e *endings) tick(now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for range len(e.notes) {
		n := <-e.notes
		if n.status != 0 {
			e.watch.Ended(n.call, n.status)
		} else if again, ok := e.watch.Began(n.call); ok {
			e.log.Warn("a carrier tries a call again that we had ended", "trunk", again.Trunk, "status", again.Ending.Status, "after", again.Ending.Within, "over", n.call.Trunk)
			e.learnt(again.Trunk, again.Ending)
		}
	}
	if lost := e.lost.Load(); lost != e.told {
		e.told = lost
		e.watch.Lost()
	}
	for _, id := range e.watch.Only(e.statuses()) {
		delete(e.kept, id)
		e.drop(id)
		e.clear(endingAlarm(id))
	}
	for id, one := range e.watch.Settle(now) {
		e.learnt(id, one)
	}
}

// statuses are those that end calls now, by carriers' trunk.
func (e *endings) statuses() map[wissel.TrunkID]int {
	all := map[wissel.TrunkID]int{}
	for id, t := range e.routing.Snapshot().Trunks {
		if t.Role == wissel.Carrier {
			all[id] = t.Unanswered
		}
	}
	return all
}

// learnt keeps what is known of a trunk now, when it says something else than before, or is a while newer.
func (e *endings) learnt(id wissel.TrunkID, one wissel.Ending) {
	was := e.kept[id]
	if one.Proven() && was.Proven() && one.Again.Equal(was.Again) && one.At.Sub(was.At) < proofEvery {
		return
	}
	e.kept[id] = one
	e.keep(id, one)
	e.tell(id, one)
}

// tell raises the alarm of a carrier that tries calls again, or takes it back.
func (e *endings) tell(id wissel.TrunkID, one wissel.Ending) {
	if one.Again.IsZero() || one.Proven() {
		e.clear(endingAlarm(id))
		return
	}
	e.hold(endingAlarm(id), "carrier "+string(id)+" "+one.String()+"; until then callers may hear the message twice")
}

// endingAlarm is the key of a trunk's alarm.
func endingAlarm(id wissel.TrunkID) string { return "unanswered " + string(id) }

// endingOf is what is known of a carrier's trunk with the status that it has now, for people and programs.
func (a *App) endingOf(t *wissel.Trunk) web.Ending {
	e, ok := a.endings.of(t.ID)
	if !ok || e.Status != t.Unanswered {
		e = wissel.Ending{Status: t.Unanswered}
	}
	return web.Ending{
		Trunk: t.ID, Status: e.Status, Proven: e.Proven(), At: e.At, Call: e.Call, Again: e.Again, WithinMS: e.Within.Milliseconds(), Calm: e.Calm,
	}
}

// endingsOf are those of all carriers' trunks for a group whose plan in force has a flow that is heard unanswered.
func (a *App) endingsOf(s *wissel.Snapshot, g *wissel.Group) (all []web.Ending) {
	programs := *a.programs.Load()
	if !slices.ContainsFunc(s.Plan(g).Targets, func(t wissel.Target) bool { p := programs[t.Flow]; return p != nil && p.Early() }) {
		return nil
	}
	for _, id := range slices.Sorted(maps.Keys(s.Trunks)) {
		if t := s.Trunks[id]; t.Role == wissel.Carrier {
			all = append(all, a.endingOf(t))
		}
	}
	return all
}

// of is what is known of a trunk.
func (e *endings) of(id wissel.TrunkID) (wissel.Ending, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.watch.Of(id)
}
