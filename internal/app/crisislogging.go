package app

import (
	"context"
	"slices"
	"time"

	"wissel/internal/callbacks"
	"wissel/internal/crisis"
	"wissel/internal/web"
)

// own are the people who have a code, and may log themselves on and off.
func (d *crisisDesk) own() (all []crisis.Own) {
	lists := d.app.settings.Load().file.People
	names := keys(lists)
	slices.Sort(names)
	for _, list := range names {
		for _, p := range lists[list] {
			if !p.Code.IsZero() {
				all = append(all, crisis.Own{Name: list + "/" + p.Name, Phone: p.Phone, Code: p.Code})
			}
		}
	}
	return all
}

// colleague is one who came in with his own code: logged on where he is on all his lists.
func (d *crisisDesk) colleague(whose []string, now time.Time) crisis.In {
	in := crisis.In{Who: crisis.Colleague, Own: whose, Logged: true}
	for _, who := range whose {
		in.Logged = in.Logged && d.app.calling.staff.on(callbacks.SplitPerson(who)).Live(now)
	}
	return in
}

func nameOf(whose []string) string {
	_, name := callbacks.SplitPerson(whose[0])
	return name
}

// logs logs a colleague on or off, by the function of the command.
func (d *crisisDesk) logs(ctx context.Context, l crisis.Log, by web.Actor) crisis.Outcome {
	out := crisis.Carried
	for _, who := range l.Who {
		list, name := callbacks.SplitPerson(who)
		done, err := d.app.LogPerson(ctx, web.LogRequest{List: list, Name: name, On: l.On, Reason: overCrisis}, web.Actor{Who: name, From: by.From})
		switch {
		case err != nil:
			d.log.Warn("what was asked over the crisis line was not done", "who", name, "error", err)
			return crisis.Refused
		case len(done.Notes) > 0:
			out = crisis.Unsaved
		}
	}
	return out
}
