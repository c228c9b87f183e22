package app

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"wissel"
	"wissel/configs"
	"wissel/internal/nearest"
	"wissel/internal/number"
	"wissel/internal/sms"
	"wissel/internal/store/sqlite"
	"wissel/internal/texts"
	"wissel/internal/web"
)

// mostTextsListed is how many texts a list holds.
const mostTextsListed = 100_000

// serve sends until ctx ends.
func (t *texter) serve(ctx context.Context) error {
	if err := t.texts.Run(ctx); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

// openTexting opens the listener for what providers over HTTP tell.
func (a *App) openTexting(ctx context.Context, file *configs.File, opened *[]func() error) (err error) {
	l := file.Texts.Listen
	if !l.Bind.IsValid() {
		return nil
	}
	var certificate func() *tls.Certificate
	if l.Cert != nil {
		certificate = func() *tls.Certificate { // a reload brings a renewed one
			if renewed := a.settings.Load().file.Texts.Listen.Cert; renewed != nil {
				return renewed
			}
			return l.Cert
		}
	}
	if a.texting, err = web.ListenTexts(ctx, l.Bind, certificate); err != nil {
		return err
	}
	*opened = append(*opened, a.texting.Close)
	a.log.Info("providers of texts are listened to", "at", l.Bind, "tls", l.Cert != nil)
	return nil
}

// TextReceipts implements web.TextDoor.
func (t *texter) TextReceipts(provider string) http.Handler {
	t.mu.Lock()
	defer t.mu.Unlock()
	if p := t.handlers[provider]; p != nil {
		return p.ReceiptsHandler()
	}
	return nil
}

// TextIncoming implements web.TextDoor.
func (t *texter) TextIncoming(provider string) http.Handler {
	t.mu.Lock()
	defer t.mu.Unlock()
	if p := t.handlers[provider]; p != nil {
		return p.IncomingHandler()
	}
	return nil
}

// Texts lists the newest texts that a query chooses, oldest first; their numbers are shortened.
func (a *App) Texts(ctx context.Context, q web.TextQuery) ([]web.Text, error) {
	limit := q.Limit
	if limit == 0 {
		limit = 100
	}
	all, err := a.store.Texts(ctx, sqlite.TextFilter{
		Group: q.Group, Purpose: sms.Purpose(q.Purpose), Stage: sms.Stage(q.Stage), Since: q.Since, Limit: min(limit, mostTextsListed),
	})
	if err != nil {
		return nil, web.Faultf(http.StatusServiceUnavailable, "texts list", "%v", err)
	}
	out := make([]web.Text, 0, len(all))
	for _, e := range all {
		one := webText(a.newer(e))
		one.Body, one.Tried = "", nil
		if q.Stage == "" || one.Stage == q.Stage {
			out = append(out, one)
		}
	}
	return out, nil
}

// newer is a text as memory has it: a change of it may still be on its way to the disk.
func (a *App) newer(e sms.Entry) sms.Entry {
	if now, ok := a.texter.texts.Find(e.Key); ok && now.ID == e.ID && now.Changes >= e.Changes {
		return now
	}
	return e
}

// Text gives one text, with what was tried.
func (a *App) Text(ctx context.Context, id string) (web.Text, error) {
	what := "texts show " + id
	all, err := a.store.Texts(ctx, sqlite.TextFilter{ID: id, Limit: 1})
	if err != nil {
		return web.Text{}, web.Faultf(http.StatusServiceUnavailable, what, "%v", err)
	}
	if id == "" || len(all) == 0 {
		return web.Text{}, web.Faultf(http.StatusNotFound, what, "there is no text with this id; `wissel texts list` shows those that there are")
	}
	if all[0].Tried, err = a.store.TextTried(ctx, id); err != nil {
		return web.Text{}, web.Faultf(http.StatusServiceUnavailable, what, "%v", err)
	}
	return webText(a.newer(all[0])), nil
}

func webText(e sms.Entry) web.Text {
	out := web.Text{
		ID: e.ID, Group: e.Group, Purpose: string(e.Purpose), Number: e.To.Masked(), Language: e.Language, At: e.At, Until: e.Until, Stage: string(e.Stage),
		Since: e.Since, Why: e.Why, Cause: e.Cause, From: e.From, Parts: sms.Measure(e.Body).Parts, Body: e.Body,
	}
	if e.Hidden {
		out.Number = "hidden"
	}
	for _, a := range e.Tried {
		one := web.TextAttempt{Provider: a.Provider, At: a.At, Verdict: a.Outcome.Verdict.String(), Reason: a.Outcome.Reason, IDs: a.Outcome.IDs}
		for _, s := range a.States {
			one.States = append(one.States, s.String())
		}
		out.Tried = append(out.Tried, one)
	}
	return out
}

// TextState says how texts are: providers, broadcasts, what is held.
func (a *App) TextState(ctx context.Context) (web.TextState, error) {
	set, now := a.settings.Load().file.Texts, time.Now()
	out := web.TextState{Providers: []web.TextProvider{}, Broadcasts: []web.Broadcast{}, Paused: []string{}, Asked: map[string]int{}, Routes: map[string]time.Time{}}
	for _, l := range a.texter.texts.Lines() {
		out.Providers = append(out.Providers, providerState(l, set, now))
	}
	for _, p := range a.texter.texts.Progress() {
		out.Broadcasts = append(out.Broadcasts, web.Broadcast{
			Group: p.Group, Purpose: string(p.Purpose), Cause: p.Cause, Began: p.Began, All: p.All, Waiting: p.Waiting, Sent: p.Sent, Delivered: p.Arrived,
			Failed: p.Failed, Dropped: p.Dropped,
		})
	}
	for _, g := range a.texter.texts.Paused() {
		if g == "" {
			g = "all"
		}
		out.Paused = append(out.Paused, string(g))
	}
	a.texter.mu.Lock()
	for g := range set.Groups {
		out.Asked[string(g)] = a.texter.audience.Count(g)
	}
	a.texter.mu.Unlock()
	routes, err := a.store.TextRoutes(ctx)
	if err != nil {
		return out, web.Faultf(http.StatusServiceUnavailable, "texts providers", "%v", err)
	}
	for _, r := range routes {
		out.Routes[r.Number] = r.At
	}
	return out, nil
}

// providerState says how a provider is, in the words of trunks.
func providerState(l texts.LineInfo, set configs.Texts, now time.Time) web.TextProvider {
	out := web.TextProvider{
		Name: l.Name, State: "unknown", Why: "nothing was tried since the start", Pace: l.Lane.PerSecond, Real: l.Real, Tested: l.Tested, Receipt: l.Receipt, Came: l.Came,
		Accepted: l.Accepted, Failed: l.Failed, Groups: []string{},
	}
	for id, g := range set.Groups {
		if i := slices.Index(g.Providers, l.Name); i >= 0 {
			out.Groups = append(out.Groups, fmt.Sprintf("%s %d", id, i+1))
		}
	}
	slices.Sort(out.Groups)
	switch {
	case l.Fault != "":
		out.State, out.Why = "down", l.Fault
	case l.Breaker.Open(now):
		out.State, out.Why = "down", fmt.Sprintf("%d texts in a row were not taken: %s", l.Breaker.Failures, l.Outcome.Reason)
		if l.Breaker.Failures == 0 {
			out.State, out.Why = "suspect", "it asked for a pause: "+l.Outcome.Reason
		}
		at := l.Breaker.Opens()
		out.Retry = &at
	case l.Breaker.Failures > 0:
		out.State, out.Why = "suspect", fmt.Sprintf("%d texts in a row were not taken: %s", l.Breaker.Failures, l.Outcome.Reason)
	case !l.Last.IsZero():
		out.State, out.Why = "up", "it took its last text"
	}
	return out
}

// textGroup gives the texts of a group, or says what is wrong with it.
func (a *App) textGroup(what string, g wissel.GroupID) (*configs.TextGroup, error) {
	set := a.settings.Load().file.Texts
	if group := set.Groups[g]; group != nil {
		return group, nil
	}
	if s := a.routing.Snapshot(); s.Groups[g] == nil {
		return nil, web.Faultf(http.StatusNotFound, what, "there is no group %q%s", g, nearest.Suggest(string(g), keys(s.Groups)))
	}
	return nil, web.Faultf(http.StatusConflict, what, "group %s has no texts: the settings give them under groups.%[1]s.texts", g)
}

// PreviewText shows what a text would be now, with its parts and its cost.
func (a *App) PreviewText(_ context.Context, r web.TextPreviewRequest, _ web.Actor) (web.TextPreview, error) {
	what := "texts preview"
	g, err := a.textGroup(what, r.Group)
	if err != nil {
		return web.TextPreview{}, err
	}
	p := sms.Purpose(r.Purpose)
	if !slices.Contains(sms.Purposes, p) || p == sms.Reply || p == sms.Trial {
		return web.TextPreview{}, web.Faultf(http.StatusBadRequest, what, "there is no text for %q; there are confirmation, news, back, missed, solved", r.Purpose)
	}
	lang := r.Language
	if lang == "" {
		lang = g.Languages[0]
	}
	tmpl := g.Templates[p][lang]
	set := a.settings.Load()
	out := web.TextPreview{From: g.Sender, Currency: set.file.Texts.Currency}
	if r.Template != "" {
		var faults []sms.TemplateFault
		if tmpl, faults = sms.Parse(r.Template, set.sounds.Words(lang), g.Rules, g.Sample(lang)); len(faults) > 0 {
			for _, f := range faults {
				out.Faults = append(out.Faults, f.String())
			}
			return out, nil
		}
	}
	if tmpl == nil && p == sms.Solved && slices.Contains(g.Languages, lang) {
		return out, web.Faultf(http.StatusNotFound, what, "group %s asks nobody whether a callback helped: give solved: true under groups.%[1]s.texts", r.Group)
	}
	if tmpl == nil {
		return out, web.Faultf(http.StatusNotFound, what, "group %s has no text for %s in %q; there are %s", r.Group, p, lang, strings.Join(g.Languages, ", "))
	}
	text, err := tmpl.Text(a.textFacts(r.Group, lang, "", false), time.Now().In(g.Zone))
	if err != nil {
		return out, web.Faultf(http.StatusUnprocessableEntity, what, "%v", err)
	}
	out.Faults = g.Rules.Check(text)
	show := sms.Show(text, "+31612345678", a.texter.texts.Tariffs(g.Providers[0]))
	out.Text, out.Encoding, out.Units, out.Parts, out.Odd = text, show.Size.Encoding.String(), show.Size.Units, show.Size.Parts, string(show.Size.Odd)
	a.texter.mu.Lock()
	out.People = a.texter.audience.Count(r.Group)
	a.texter.mu.Unlock()
	if show.Priced {
		out.Cost, out.Total = show.Cost.String(), (show.Cost * sms.Money(out.People)).String()
	}
	return out, nil
}

// TestText sends a test text, with an audit row.
func (a *App) TestText(ctx context.Context, r web.TextTestRequest, by web.Actor) (web.Text, error) {
	what := "texts test"
	g, err := a.textGroup(what, r.Group)
	if err != nil {
		return web.Text{}, err
	}
	if err := giveReason(what, r.Reason, afterYou); err != nil {
		return web.Text{}, err
	}
	to, err := number.Parse(r.Number, a.routing.Snapshot().Country)
	if err != nil {
		return web.Text{}, web.Faultf(http.StatusBadRequest, what, "%v", err)
	}
	if r.Provider != "" && a.texter.texts.Mark(r.Provider) == "" {
		return web.Text{}, web.Faultf(http.StatusNotFound, what, "there is no provider %q; group %s has %s", r.Provider, r.Group, strings.Join(g.Providers, ", "))
	}
	if err := a.audit(ctx, by, "text-test", string(r.Group), r.Reason, "", to.Masked()); err != nil {
		return web.Text{}, web.Faultf(http.StatusServiceUnavailable, what, "the audit row could not be written, so nothing is sent: %v", err)
	}
	l, err := a.texter.texts.Send(ctx, texts.Wanted{
		Purpose: sms.Trial, Cause: sqlite.NewID(), Group: r.Group, To: to, Language: g.Languages[0], Provider: r.Provider, Lasts: 15 * time.Minute,
		Body: g.Name + ": test " + time.Now().In(g.Zone).Format("15:04"), Asked: time.Now(),
	})
	if err != nil {
		return web.Text{}, web.Faultf(http.StatusUnprocessableEntity, what, "%v", err)
	}
	e, _ := a.texter.texts.Find(l.Key)
	return webText(e), nil
}

// PauseTexts holds the texts of a group (empty: of all) but confirmations: at once, with an audit row, also over a restart.
func (a *App) PauseTexts(ctx context.Context, r web.TextPauseRequest, by web.Actor) (web.TextPaused, error) {
	return a.holdTexts(ctx, r, by, true)
}

// ResumeTexts lets them go again.
func (a *App) ResumeTexts(ctx context.Context, r web.TextPauseRequest, by web.Actor) (web.TextPaused, error) {
	return a.holdTexts(ctx, r, by, false)
}

func (a *App) holdTexts(ctx context.Context, r web.TextPauseRequest, by web.Actor, on bool) (web.TextPaused, error) {
	deed, before, after := "resume", "held", "going"
	if on {
		deed, before, after = "pause", "going", "held"
	}
	what := strings.TrimSpace("texts " + deed + " " + string(r.Group))
	if r.Group != "" {
		if _, err := a.textGroup(what, r.Group); err != nil {
			return web.TextPaused{}, err
		}
	}
	if err := giveReason(what, r.Reason, afterYou); err != nil {
		return web.TextPaused{}, err
	}
	if !on && len(a.texter.texts.Lines()) > 0 && !a.texter.texts.Learned() {
		return web.TextPaused{}, web.Faultf(http.StatusServiceUnavailable, what, "what is owed, and what was held before the start, is still being read: try again in a moment")
	}
	if held := slices.Contains(a.texter.texts.Paused(), r.Group); held == on {
		return web.TextPaused{}, web.Faultf(http.StatusConflict, what, "they are %s already", after)
	}
	if on {
		a.texter.texts.Pause(r.Group)
	} else {
		a.texter.texts.Resume(r.Group)
	}
	done := web.TextPaused{Group: r.Group, Waiting: a.texter.texts.Counts()[sms.Waiting]}
	keep, cancel := keeping(ctx)
	defer cancel()
	if err := a.store.TextPause(keep, r.Group, on, by.Who, r.Reason, time.Now()); err != nil {
		done.Notes = append(done.Notes, "in force, but not on disk: until the store is well, a restart would forget it ("+err.Error()+")")
	}
	object := string(r.Group)
	if object == "" {
		object = "all"
	}
	if err := a.audit(keep, by, "texts-"+deed, object, r.Reason, before, after); err != nil {
		done.Notes = append(done.Notes, "the audit row could not be written ("+err.Error()+")")
	}
	return done, nil
}
