package app

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"wissel"
	"wissel/internal/audio"
	"wissel/internal/callbacks/dialling"
	"wissel/internal/number"
	"wissel/sip"
)

var errNobodyWaits = errors.New("no callback waits for this call")

// deskForm is the user of a SIP address that a queue may have.
var deskForm = regexp.MustCompile(`^[A-Za-z0-9+*#][A-Za-z0-9+*#._-]{0,63}$`)

// prepare makes an attempt ready, or says at once what came of it. It reads the customer's voice from disk, so no call may be waiting.
func (d *dialler) prepare(job wissel.CallbackJob) (*dial, *wissel.CallbackResult) {
	s := d.app.routing.Snapshot()
	g := s.Groups[job.Group]
	no := func(o wissel.CallbackOutcome, format string, args ...any) (*dial, *wissel.CallbackResult) {
		return nil, &wissel.CallbackResult{Outcome: o, Why: fmt.Sprintf(format, args...)}
	}
	if g == nil || len(g.Lines) == 0 {
		return no(wissel.CallbackForbidden, "there is no group %q with a number", job.Group)
	}
	if why := forbidden(s, job.Number); why != "" {
		return no(wissel.CallbackForbidden, "%s %s", job.Number.Masked(), why)
	}
	over := telephoneTrunks(s, g, job.Over)
	if len(over) == 0 {
		return no(wissel.CallbackFull, "no carrier brings calls of group %s to telephones: put one into a plan of it, or under its present", g.ID)
	}
	line := lineRung(g, job.Rung)
	x := &dial{dialler: d, stages: make(chan wissel.CallbackStage, 8), over: make(chan struct{})}
	back := sip.Back{Callback: job.Callback, Group: g.ID, Show: presented(s, g, line, over)}
	x.calls[dialling.Customer] = outgoing(job.Number, over, back)
	var opening wissel.Opening
	if job.Last {
		desk := d.app.promises.desk(g.ID)
		opening = desk.At(time.Now())
	} else {
		desk, why := deskCall(s, job, over, back, line)
		if why != "" {
			return no(wissel.CallbackForbidden, "the desk %s", why)
		}
		x.calls[dialling.Desk] = desk
	}
	if job.Message != "" {
		if x.message = d.app.voices.clip(job.Message); x.message == nil {
			d.app.log.Warn("what a caller said cannot be read; the agent hears so", "callback", job.Callback, "recording", job.Message)
		}
	}
	sounds := d.app.settings.Load().sounds
	x.attempt = &dialling.Attempt{
		Job: job, Lang: d.languages(g, job.Language), Says: sounds.Has, Number: keyed(line), Message: x.message != nil, Zone: d.app.zoneOf(g.ID), Open: opening,
	}
	return x, nil
}

// languages are those of the desk and of the customer: the first of the flow that the group's callers hear, and the one he chose.
func (d *dialler) languages(g *wissel.Group, chosen string) [2]string {
	sounds := d.app.settings.Load().sounds
	speaks := func(lang string) bool { return sounds.Has(lang, "called.hello") && sounds.Has(lang, "desk.request") }
	own := "nl"
	if t, ok := d.app.routing.Snapshot().Plan(g).Flow(); ok {
		if p := (*d.app.programs.Load())[t.Flow]; p != nil && len(p.Languages()) > 0 && speaks(p.Languages()[0]) {
			own = p.Languages()[0]
		}
	}
	if speaks(chosen) {
		return [2]string{own, chosen}
	}
	return [2]string{own, own}
}

// forbidden says why a telephone is never rung, whatever the settings allow: empty when it may be.
func forbidden(s *wissel.Snapshot, n wissel.Number) string {
	if number.IsEmergency(string(n)) {
		return "is an emergency number"
	}
	clean, err := number.Parse(string(n), s.Country)
	if errors.Is(err, number.ErrEmergency) {
		return "is an emergency number"
	}
	if err != nil || clean != n {
		return "is no telephone number in E.164"
	}
	if _, ours := s.Lines[n]; ours {
		return "is a number of ours: the call would come back to us"
	}
	if number.KindOf(n) == wissel.Kind0900 {
		return "is a premium number"
	}
	return ""
}

// telephoneTrunks are the carriers that telephones are rung over: those that were named, else those of the group's plans, the active one
// first, and those that it has a number to show on.
func telephoneTrunks(s *wissel.Snapshot, g *wissel.Group, named []wissel.TrunkID) (over []wissel.TrunkID) {
	add := func(id wissel.TrunkID) {
		if t := s.Trunks[id]; t != nil && t.Role == wissel.Carrier && !slices.Contains(over, id) {
			over = append(over, id)
		}
	}
	for _, id := range named {
		add(id)
	}
	if len(named) > 0 {
		return over
	}
	plans := []wissel.Plan{s.Plan(g)}
	for _, id := range slices.Sorted(maps.Keys(g.Plans)) {
		plans = append(plans, g.Plans[id])
	}
	for _, p := range plans {
		for _, t := range p.Targets {
			add(t.Trunk)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(g.Present)) {
		add(id)
	}
	return over
}

// lineRung is the line that he rang, or the group's first.
func lineRung(g *wissel.Group, rung wissel.Number) wissel.Line {
	for _, l := range g.Lines {
		if l.Number == rung {
			return l
		}
	}
	return g.Lines[0]
}

// presented is the caller id on each trunk: what the group presents there, else the line itself where that may be shown.
func presented(s *wissel.Snapshot, g *wissel.Group, line wissel.Line, over []wissel.TrunkID) map[wissel.TrunkID]wissel.Number {
	all := map[wissel.TrunkID]wissel.Number{}
	for _, id := range over {
		n := g.Present[id]
		if n == "" && (!line.Kind.Service() || slices.Contains(s.Trunks[id].Present, line.Kind)) {
			n = line.Number
		}
		if n != "" {
			all[id] = n
		}
	}
	return all
}

// outgoing is one side's call.
func outgoing(to wissel.Number, over []wissel.TrunkID, back sip.Back) sip.Outgoing {
	return sip.Outgoing{Call: newCallID(), Trunk: over[0], Then: over[1:], To: to, Flow: callbackFlow, Actor: "wissel", Back: &back}
}

// deskCall is the call to who does the calling back, or why there can be none.
func deskCall(s *wissel.Snapshot, job wissel.CallbackJob, over []wissel.TrunkID, back sip.Back, line wissel.Line) (o sip.Outgoing, why string) {
	back.Desk = true
	t := s.Trunks[job.Desk.Trunk]
	if job.Desk.Trunk == "" || t != nil && t.Role == wissel.Carrier {
		if why := forbidden(s, job.Desk.To); why != "" {
			return o, job.Desk.To.Masked() + " " + why
		}
		if t != nil {
			over = []wissel.TrunkID{t.ID}
			back.Show = presented(s, s.Groups[job.Group], line, over)
		}
		return outgoing(job.Desk.To, over, back), ""
	}
	switch {
	case t == nil:
		return o, fmt.Sprintf("is on trunk %q, which there is not", job.Desk.Trunk)
	case !deskForm.MatchString(string(job.Desk.To)):
		return o, fmt.Sprintf("%q is no user of a SIP address", job.Desk.To)
	case number.IsEmergency(string(job.Desk.To)):
		return o, "is an emergency number"
	}
	if _, ours := s.Lines[job.Desk.To]; ours {
		return o, "is a number of ours: the call would come back to us"
	}
	back.Show = map[wissel.TrunkID]wissel.Number{t.ID: job.Number} // the agent's screen knows callers by their numbers
	if job.Hidden {
		back.Show[t.ID] = line.Number
	}
	for _, name := range []string{dialling.UserToUser, dialling.Callback} {
		back.Headers = append(back.Headers, sip.Header{Name: name, Value: dialling.Headers(job)[name]})
	}
	return outgoing(job.Desk.To, []wissel.TrunkID{t.ID}, back), ""
}

// clip is a recording made ready to be played, nil when it cannot be.
func (r *recordings) clip(name string) *audio.Clip {
	wav, _, err := r.read(name)
	if err != nil {
		return nil
	}
	pcm, rate, err := audio.ReadWAV(bytes.NewReader(wav))
	if err != nil {
		return nil
	}
	return audio.MakeClip(name, pcm, rate)
}
