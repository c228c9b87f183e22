package app

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"wissel"
	"wissel/internal/callbacks"
	"wissel/internal/nearest"
	"wissel/internal/number"
	"wissel/internal/privacy"
	"wissel/internal/store/sqlite"
	"wissel/internal/web"
)

// settingsOf are how a group's callbacks are made; its error names the group that there is not.
func (a *App) settingsOf(what string, g wissel.GroupID) (callbacks.Settings, error) {
	all := a.settings.Load().file.Callbacks
	set, ok := all[g]
	if !ok {
		return set, web.Faultf(http.StatusNotFound, what, "there is no group %q that calls back%s", g, nearest.Suggest(string(g), keys(all)))
	}
	return set, nil
}

// Release tells how a group's callbacks are let go.
func (a *App) Release(_ context.Context, g wissel.GroupID) (web.Release, error) {
	set, err := a.settingsOf("callbacks show "+string(g), g)
	if err != nil {
		return web.Release{}, err
	}
	return a.calling.look(g, set, time.Now()), nil
}

// look is how a group's callbacks are let go now.
func (c *calling) look(g wissel.GroupID, set callbacks.Settings, now time.Time) web.Release {
	p := c.p
	p.mu.Lock()
	defer p.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.release[g]
	out := web.Release{
		Group: g, Dials: set.Dials(), Paused: r.Paused, By: r.Who, Left: r.Left, Flying: p.book.Flying(g), Agents: set.Agents, Width: r.Width, Wave: r.Last.String(),
	}
	out.Open, out.Hand, out.Ending = p.book.Waits(g, now)
	y, m, d := now.In(set.Zone).Date()
	midnight := time.Date(y, m, d, 0, 0, 0, 0, set.Zone)
	for _, one := range p.book.Closed() {
		if one.Group == g && one.State == callbacks.Done && !one.Since.Before(midnight) {
			out.Done++
		}
	}
	view, _, _ := c.view(g, set, now)
	room, again, why := r.Room(set, view, out.Flying, now)
	if out.Going = room; !room {
		out.Why = why
		if !again.IsZero() {
			out.Why += ", until " + again.In(set.Zone).Format("2006-01-02 15:04:05")
		}
		return out
	}
	if _, found, later := p.book.Next(g, set, view, now); !found && out.Open > out.Hand+out.Flying {
		out.Going, out.Why = false, "nobody may be rung now"
		if !later.IsZero() {
			out.Why += ", until " + later.In(set.Zone).Format("2006-01-02 15:04:05")
		}
	}
	return out
}

// LetGo lets a group's callbacks go: all, or so many.
func (a *App) LetGo(ctx context.Context, r web.ReleaseRequest, by web.Actor) (web.Release, error) {
	most := cmp.Or(r.Most, -1)
	if r.Most < 0 {
		return web.Release{}, web.Faultf(http.StatusBadRequest, "callbacks release "+string(r.Group), "--most %d: 1 or more", r.Most)
	}
	return a.changeRelease(ctx, "release", r, by, func(one callbacks.Release) callbacks.Release {
		one.Paused, one.Left, one.Rest, one.Wait = false, most, time.Time{}, 0
		return one
	})
}

// Pause holds a group's callbacks: those in flight go on, and no more begin.
func (a *App) Pause(ctx context.Context, r web.ReleaseRequest, by web.Actor) (web.Release, error) {
	return a.changeRelease(ctx, "pause", r, by, func(one callbacks.Release) callbacks.Release {
		one.Paused = true
		return one
	})
}

// Resume lets paused ones go on.
func (a *App) Resume(ctx context.Context, r web.ReleaseRequest, by web.Actor) (web.Release, error) {
	return a.changeRelease(ctx, "resume", r, by, func(one callbacks.Release) callbacks.Release {
		one.Paused, one.Rest, one.Wait = false, time.Time{}, 0
		return one
	})
}

// changeRelease changes how a group's callbacks are let go, with an audit row. It is in force at once.
func (a *App) changeRelease(ctx context.Context, how string, r web.ReleaseRequest, by web.Actor, change func(callbacks.Release) callbacks.Release) (web.Release, error) {
	what := "callbacks " + how + " " + string(r.Group)
	set, err := a.settingsOf(what, r.Group)
	if err != nil {
		return web.Release{}, err
	}
	if err := giveReason(what, r.Reason, afterYou); err != nil {
		return web.Release{}, err
	}
	if !set.Dials() {
		return web.Release{}, web.Faultf(http.StatusConflict, what, "group %s has no desk, so people make its callbacks from `wissel callbacks list`; give groups.%s.desk in the settings", r.Group, r.Group)
	}
	c := a.calling
	c.mu.Lock()
	was := c.release[r.Group]
	next := change(was)
	next.Group, next.Who, next.Why, next.At = r.Group, by.Who, strings.TrimSpace(r.Reason), time.Now()
	c.release[r.Group] = next
	c.mu.Unlock()
	c.nudge()
	keep, cancel := keeping(ctx)
	defer cancel()
	var notes []string
	if err := a.store.Release(keep, next); err != nil {
		notes = append(notes, "in force, but not on disk: until the store is well, a restart would forget it ("+err.Error()+")")
	}
	if err := a.audit(keep, by, "callbacks-"+how, string(r.Group), r.Reason, releaseWords(was), releaseWords(next)); err != nil {
		notes = append(notes, "the audit row could not be written ("+err.Error()+")")
	}
	out := c.look(r.Group, set, time.Now())
	out.Notes = notes
	return out, nil
}

func releaseWords(r callbacks.Release) string {
	switch {
	case r.Paused:
		return "paused"
	case r.Left > 0:
		return strconv.Itoa(r.Left) + " go"
	case r.Left < 0:
		return "all go"
	}
	return "as the settings say"
}

// Callback shows one, its number shortened.
func (a *App) Callback(ctx context.Context, id string) (web.CallbackShown, error) {
	p := a.promises
	p.mu.Lock()
	one, ok := p.book.Get(id)
	place := p.book.PlaceOf(one.ID)
	p.mu.Unlock()
	if !ok {
		return web.CallbackShown{}, web.Faultf(http.StatusNotFound, "callbacks show "+id, "there is no callback with this id, or it was closed long ago; `wissel callbacks list --all` has those that are known")
	}
	all, err := a.show(ctx, []callbacks.Callback{one}, wissel.Number.Masked)
	if err != nil {
		return web.CallbackShown{}, web.Faultf(http.StatusServiceUnavailable, "callbacks show "+id, "%v", err)
	}
	all[0].Place = place
	for i, one := range all[0].Texts {
		all[0].Texts[i].Body = privacy.Hide(one.Body)
	}
	return all[0], nil
}

// show adds to callbacks what the store knows of them.
func (a *App) show(ctx context.Context, some []callbacks.Callback, shown func(wissel.Number) string) ([]web.CallbackShown, error) {
	var ids []string
	for _, one := range some {
		ids = append(ids, one.Wishes...)
	}
	wishes, err := a.store.WishesOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	by := make(map[string]wissel.Wish, len(wishes))
	for _, w := range wishes {
		by[w.ID] = w
	}
	texts, err := a.textsOf(ctx, some)
	if err != nil {
		return nil, err
	}
	attempts := map[string][]web.CallbackAttempt{}
	which := ""
	if len(some) == 1 {
		which = some[0].ID
	}
	made, err := a.store.Attempts(ctx, which, time.Time{})
	if err != nil {
		return nil, err
	}
	for _, m := range made {
		attempts[m.Callback] = append(attempts[m.Callback], web.CallbackAttempt{
			At: m.At, Ended: m.Ended, Outcome: string(m.Result.Outcome), Why: m.Result.Why, TalkedMS: m.Result.Talked.Milliseconds(), Rung: m.Result.Rung,
		})
	}
	all := make([]web.CallbackShown, 0, len(some))
	for _, one := range some {
		out := web.CallbackShown{
			Callback: callbackOf(one, shown), Rung: string(one.Rung), Due: one.Due, Until: one.Until, Tries: one.Tries, Attempts: notNone(attempts[one.ID]), Choices: []string{},
			Calls: a.calling.rang(one), Texts: texts[one.ID],
		}
		for _, id := range one.Wishes {
			w := by[id]
			if len(w.Choices) > 0 {
				out.Choices = w.Choices
			}
			if w.Recording != "" && w.Removed.IsZero() {
				out.Recording, out.LengthMS = w.Recording, w.Length.Milliseconds()
			}
		}
		all = append(all, out)
	}
	return all, nil
}

// mostTextsShown is how many texts of one who waits are shown, the newest.
const mostTextsShown = 20

// textsOf are the texts that came from those who wait, by callback.
func (a *App) textsOf(ctx context.Context, some []callbacks.Callback) (map[string][]web.CallbackText, error) {
	var numbers []wissel.Number
	var ids []string
	of := map[string]string{} // callbacks by their own id, and by their wishes'
	for _, one := range some {
		numbers = append(numbers, one.Number)
		for _, id := range append([]string{one.ID}, one.Wishes...) {
			ids = append(ids, id)
			of[id] = one.ID
		}
	}
	came, err := a.store.IncomingOf(ctx, numbers, ids, inboxMost)
	if err != nil {
		return nil, err
	}
	all := map[string][]web.CallbackText{}
	for _, in := range came {
		id := cmp.Or(of[in.Callback], of[in.Row.ID])
		its := append(all[id], web.CallbackText{At: in.At, Body: in.Body})
		all[id] = its[max(0, len(its)-mostTextsShown):]
	}
	return all, nil
}

func notNone[T any](all []T) []T {
	if all == nil {
		return []T{}
	}
	return all
}

// ExportCallbacks gives all open ones with their whole numbers, after an audit row: enough to call by hand, or to go on elsewhere.
func (a *App) ExportCallbacks(ctx context.Context, r web.ReadRequest, by web.Actor) ([]web.CallbackShown, error) {
	const what = "callbacks export"
	if err := giveReason(what, r.Reason, "these are people's numbers, and who takes them out is in the audit log"); err != nil {
		return nil, err
	}
	p := a.promises
	p.mu.Lock()
	learned, open := p.learned, p.book.Open("")
	p.mu.Unlock()
	if !learned {
		return nil, web.Faultf(http.StatusServiceUnavailable, what, "those of before the start are still being read, or cannot be: `wissel status` tells of the store")
	}
	if err := a.audit(ctx, by, "export-callbacks", strconv.Itoa(len(open)), r.Reason, "", ""); err != nil {
		return nil, web.Faultf(http.StatusServiceUnavailable, what, "the audit row could not be written, so no number is shown: %v", err)
	}
	all, err := a.show(ctx, open, func(n wissel.Number) string { return string(n) })
	if err != nil {
		return nil, web.Faultf(http.StatusServiceUnavailable, what, "%v", err)
	}
	place := map[wissel.GroupID]int{}
	for i := range all {
		place[all[i].Group]++
		all[i].Place = place[all[i].Group]
	}
	return all, nil
}

const mostImported = 10_000

// ImportCallbacks takes callbacks over that were exported elsewhere, or written down. A row with an id that is known is left as it is.
func (a *App) ImportCallbacks(ctx context.Context, r web.Import, by web.Actor) (web.Imported, error) {
	const what = "callbacks import"
	if err := giveReason(what, r.Reason, afterYou); err != nil {
		return web.Imported{}, err
	}
	if len(r.Rows) == 0 || len(r.Rows) > mostImported {
		return web.Imported{}, web.Faultf(http.StatusBadRequest, what, "there are %d rows; 1 to %d are taken at one time", len(r.Rows), mostImported)
	}
	out := web.Imported{Refused: []string{}}
	for i, row := range r.Rows {
		switch there, err := a.importOne(ctx, row); {
		case err != nil:
			out.Refused = append(out.Refused, fmt.Sprintf("row %d: %v", i+1, err))
		case there:
			out.There++
		default:
			out.Taken++
		}
	}
	if err := a.audit(ctx, by, "import-callbacks", strconv.Itoa(out.Taken), r.Reason, "", ""); err != nil {
		out.Refused = append(out.Refused, "the audit row could not be written: "+err.Error())
	}
	return out, nil
}

func (a *App) importOne(ctx context.Context, row web.CallbackShown) (there bool, err error) {
	s := a.routing.Snapshot()
	set, ok := a.settings.Load().file.Callbacks[row.Group]
	if !ok {
		return false, fmt.Errorf("there is no group %q that calls back%s", row.Group, nearest.Suggest(string(row.Group), keys(a.settings.Load().file.Callbacks)))
	}
	n, err := number.Parse(row.Number, s.Country)
	if err != nil {
		return false, err
	}
	if why := set.Refuse(n, lines{s, a.keeper.Objects}); why != "" {
		return false, fmt.Errorf("%s: %s", n.Masked(), why)
	}
	if row.At.IsZero() {
		row.At = time.Now()
	}
	if row.At.After(time.Now()) {
		return false, fmt.Errorf("asked at %s, which is yet to come", row.At.Format(time.RFC3339))
	}
	if row.ID != "" {
		known, err := a.store.WishesOf(ctx, []string{row.ID})
		if err != nil || len(known) > 0 {
			return true, err
		}
	}
	w := wissel.Wish{
		Row: a.store.Stamp(wissel.Row{ID: cmp.Or(row.ID, sqlite.NewID())}), Kind: wissel.WishCallback, Number: n, Rung: wissel.Number(row.Rung), Group: row.Group,
		Language: row.Language, Choices: row.Choices, At: row.At, Apart: row.Apart || s.Shared.Has(n), Hidden: row.Hidden,
	}
	told := make(chan error, 1)
	a.store.Wish(w, func(err error) { told <- err })
	if err := <-told; err != nil {
		return false, err
	}
	a.promises.Wished(w)
	return false, nil
}

// Through takes a platform's word that a caller was helped: his callbacks are cancelled.
func (a *App) Through(ctx context.Context, r web.ThroughRequest, by web.Actor) (web.ThroughDone, error) {
	const what = "callbacks through"
	if err := giveReason(what, r.Reason, afterYou); err != nil {
		return web.ThroughDone{}, err
	}
	n, err := number.Parse(r.Number, a.routing.Snapshot().Country)
	if err != nil {
		return web.ThroughDone{}, web.Faultf(http.StatusBadRequest, what, "%v", err)
	}
	if r.Group != "" {
		if _, err := a.settingsOf(what, r.Group); err != nil {
			return web.ThroughDone{}, err
		}
	}
	cancelled, notes := a.cancelOf(ctx, n, r.Group, by, strings.TrimSpace(r.Reason))
	return web.ThroughDone{Cancelled: cancelled, Notes: notes}, nil
}

// cancelOf cancels the callbacks of a number, of a group or (empty) of all: those of numbers that many people ring from are not his to
// cancel.
func (a *App) cancelOf(ctx context.Context, n wissel.Number, g wissel.GroupID, by web.Actor, why string) (done int, notes []string) {
	p := a.promises
	p.mu.Lock()
	ids := p.book.Of(n)
	p.mu.Unlock()
	for _, one := range ids {
		if g != "" && one.Group != g {
			continue
		}
		closed, err := a.CloseCallback(ctx, one.ID, callbacks.Cancelled, web.ReadRequest{Reason: why}, by)
		if err == nil {
			done++
		}
		notes = append(notes, closed.Notes...)
	}
	return done, notes
}

// People lists who may call back, and who is logged on.
func (a *App) People(context.Context) ([]web.Colleague, error) {
	now, c := time.Now(), a.calling
	all := []web.Colleague{}
	lists := a.settings.Load().file.People
	for _, list := range slices.Sorted(slices.Values(keys(lists))) {
		for _, p := range lists[list] {
			all = append(all, colleague(c.staff.on(list, p.Name), list, p, now))
		}
	}
	return all, nil
}

func colleague(l callbacks.LogOn, list string, p callbacks.Person, now time.Time) web.Colleague {
	out := web.Colleague{List: list, Name: p.Name, Phone: p.Phone.Masked(), On: l.Live(now), Since: l.At, By: l.Who, Why: l.Why}
	if out.On {
		out.Until = l.Until
	}
	return out
}

// LogPerson logs one of the people on or off, with an audit row: at once.
func (a *App) LogPerson(ctx context.Context, r web.LogRequest, by web.Actor) (web.Colleague, error) {
	word := map[bool]string{true: "on", false: "off"}[r.On]
	what := "people " + word + " " + r.List + "/" + r.Name
	lists := a.settings.Load().file.People
	staff, ok := lists[r.List]
	if !ok {
		return web.Colleague{}, web.Faultf(http.StatusNotFound, what, "there is no list of people %q%s", r.List, nearest.Suggest(r.List, keys(lists)))
	}
	at := slices.IndexFunc(staff, func(p callbacks.Person) bool { return p.Name == r.Name })
	if at < 0 {
		return web.Colleague{}, web.Faultf(http.StatusNotFound, what, "there is no %q in list %s; `wissel people list` has those that are", r.Name, r.List)
	}
	now := time.Now()
	if r.On && !r.Until.IsZero() && !r.Until.After(now) {
		return web.Colleague{}, web.Faultf(http.StatusBadRequest, what, "%s is past", r.Until.Format(time.RFC3339))
	}
	l := callbacks.LogOn{List: r.List, Name: r.Name, On: r.On, At: now, Until: r.Until, Who: by.Who, Why: strings.TrimSpace(r.Reason)}
	c := a.calling
	was := c.staff.log(l, staff[at].Phone).Live(now)
	c.nudge()
	out := colleague(l, r.List, staff[at], now)
	keep, cancel := keeping(ctx)
	defer cancel()
	if err := a.store.LogOn(keep, l); err != nil {
		out.Notes = append(out.Notes, "in force, but not on disk: until the store is well, a restart would forget it ("+err.Error()+")")
	}
	if err := a.audit(keep, by, "people-"+word, r.List+"/"+r.Name, r.Reason, map[bool]string{true: "on", false: "off"}[was], word); err != nil {
		out.Notes = append(out.Notes, "the audit row could not be written ("+err.Error()+")")
	}
	return out, nil
}
