package app

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"wissel"
	"wissel/configs"
	"wissel/internal/message"
	"wissel/internal/metrics"
	"wissel/internal/plan"
	"wissel/internal/statuspage"
	"wissel/internal/statuspage/push"
	"wissel/internal/web"
)

// How often it is looked whether the page would say something else. A message that goes live is looked at once.
const pageEvery = time.Second

// mostPageMessages is how many messages of a group are read for its page.
const mostPageMessages = 100

// statusPages makes the public page of how things are, and has it brought to its places. What it reads is in memory; only what was said
// before is in the store, and what cannot be read there is left out of the page.
type statusPages struct {
	app    *App
	pusher *push.Pusher
	wake   chan struct{} // holds one when there may be something else to say
	asked  chan struct{} // holds one when somebody wants it brought everywhere again
	served atomic.Pointer[web.PublicPages]

	mu      sync.Mutex
	files   []statuspage.File
	page    statuspage.Page // the newest that was made
	says    string          // what tells one that says something else from one that is only newer
	since   time.Time       // when it last said something else
	fault   string
	history map[wissel.GroupID][]wissel.Message // what was said before, as read
	known   map[wissel.GroupID]string           // the message that counted then
}

func newStatusPages(a *App) *statusPages {
	return &statusPages{app: a, pusher: push.New(a.log), wake: make(chan struct{}, 1), asked: make(chan struct{}, 1), history: map[wissel.GroupID][]wissel.Message{}, known: map[wissel.GroupID]string{}}
}

// Changed is told that a message or the settings are other ones. It does not block.
func (p *statusPages) Changed() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// set puts the places of other settings in force.
func (p *statusPages) set(f *configs.File) {
	p.pusher.Set(f.StatusPage.Places)
	p.Changed()
}

// run makes the page whenever it says something else, and each status.every, until ctx ends.
func (p *statusPages) run(ctx context.Context) {
	tick := time.NewTicker(pageEvery)
	defer tick.Stop()
	asked := false
	for {
		p.look(ctx, time.Now(), asked)
		if asked {
			p.pusher.Again(time.Now())
		}
		p.watch(time.Now())
		asked = false
		select {
		case <-ctx.Done():
			return
		case <-p.asked:
			asked = true
		case <-p.wake:
		case <-tick.C:
		}
	}
}

// look makes the page of now, when it says something else than the newest, when that is old, or when somebody asks.
func (p *statusPages) look(ctx context.Context, now time.Time, asked bool) {
	set := p.app.settings.Load().file.StatusPage
	if set.Name == "" {
		p.served.Store(nil)
		return
	}
	p.learn(ctx, set)
	p.mu.Lock()
	defer p.mu.Unlock()
	page := p.app.publicPage(set, p.history, now)
	says, err := saying(page, set)
	differs := err == nil && says != p.says
	if err == nil && !differs && !asked && now.Sub(p.page.At) < set.Every && !now.Before(p.page.At) {
		return
	}
	var files []statuspage.File
	if err == nil {
		files, err = statuspage.Render(page, set.Words)
	}
	if err != nil {
		if p.fault != err.Error() {
			p.app.log.Error("the status page cannot be made; the one before stays", "error", err)
			p.app.alarms.hold("statuspage", "the status page cannot be made, and the one before stays: "+err.Error())
		}
		p.fault = err.Error()
		return
	}
	if p.fault != "" {
		p.app.alarms.clear("statuspage")
	}
	p.files, p.page, p.says, p.fault = files, page, says, ""
	if differs {
		p.since = now
	}
	p.served.Store(web.NewPublicPages(files))
	p.pusher.Publish(files, differs, now)
}

// saying tells pages apart that say something else; when they were made, they all say.
func saying(page statuspage.Page, set configs.StatusPage) (string, error) {
	page.At = time.Time{}
	text, err := json.Marshal(struct {
		Page  statuspage.Page
		Zone  string
		Words map[string]statuspage.Words
	}{page, page.Zone.String(), set.Words})
	return string(text), err
}

// learn reads what was said before, of each group whose message is another than when it was last read. A store that is not well is
// asked again each time, and never for long.
func (p *statusPages) learn(ctx context.Context, set configs.StatusPage) {
	for _, line := range set.Lines {
		id := p.app.messages.of(line.Group).ID
		if known, ok := p.known[line.Group]; ok && known == id { // run's goroutine alone touches it
			continue
		}
		soon, cancel := context.WithTimeout(ctx, pageEvery)
		all, err := p.app.store.Messages(soon, line.Group, mostPageMessages)
		cancel()
		if err != nil {
			return
		}
		p.mu.Lock()
		p.history[line.Group], p.known[line.Group] = all, id
		p.mu.Unlock()
	}
}

// publicPage is how everything is now, for those who call.
func (a *App) publicPage(set configs.StatusPage, history map[wissel.GroupID][]wissel.Message, now time.Time) statuspage.Page {
	s := a.routing.Snapshot()
	page := statuspage.Page{Name: set.Name, Address: set.Address, Zone: set.Zone, Languages: set.Languages, Every: set.Every, At: now}
	file := a.settings.Load().file
	for _, line := range set.Lines {
		g := s.Groups[line.Group]
		if g == nil {
			continue
		}
		m := a.messages.of(line.Group)
		one := statuspage.Group{ID: string(line.Group), Name: line.Name, Number: line.Number, Desk: openingOf(s, line.Group, now)}
		var flow wissel.FlowID
		one.State, flow = lineState(s, g, m, now)
		if p := file.Flows[flow]; p != nil {
			one.Text, one.Callback = p.Promises()
			one.Text = one.Text && file.Texts.Groups[line.Group] != nil
		}
		one.Incidents = statuspage.Incidents(withNewest(history[line.Group], m), now)
		page.Groups = append(page.Groups, one)
	}
	for _, c := range set.Channels {
		one := statuspage.Channel{Name: c.Name, Address: c.Address, NewsOnly: c.NewsOnly, Hours: statuspage.Opening{Always: true}}
		if c.Hours != nil {
			one.Hours = opening(c.Hours.At(now, wissel.Override{}))
		}
		page.Channels = append(page.Channels, one)
	}
	return page
}

// withNewest is what was read, with the message that counts as it is in memory: a change of it may be on its way to the disk still.
func withNewest(read []wissel.Message, newest wissel.Message) []wissel.Message {
	all := slices.DeleteFunc(slices.Clone(read), func(m wissel.Message) bool { return m.ID == newest.ID })
	if newest.ID != "" {
		all = append(all, newest)
	}
	return all
}

// lineState is how a line is for who calls it now, and which flow he may come to: calls that nothing but a flow takes are an outage,
// unless the settings' own plan has it so.
func lineState(s *wissel.Snapshot, g *wissel.Group, m wissel.Message, now time.Time) (statuspage.State, wissel.FlowID) {
	last, _ := s.Plan(g).Flow()
	d := plan.Route(s, plan.Request{To: g.Lines[0].Number, Now: now})
	usual := g.Plans[g.Active].Targets
	switch {
	case len(d.Steps) == 0, d.Steps[0].Target.Flow != "" && (len(usual) == 0 || usual[0] != d.Steps[0].Target):
		return statuspage.Outage, last.Flow
	case message.StateOf(m, now) != message.Ended:
		return statuspage.Trouble, last.Flow
	}
	return statuspage.Works, last.Flow
}

func openingOf(s *wissel.Snapshot, g wissel.GroupID, now time.Time) statuspage.Opening {
	return opening(s.Opening(g, now))
}

func opening(o wissel.Opening) statuspage.Opening {
	return statuspage.Opening{Always: o.By == wissel.ByNothing || o.Open && o.Until.IsZero(), Open: o.Open, Until: o.Until}
}

// pageBehind is how long a place may say what holds no more, or go without anything new, before people are told.
const pageBehind = time.Minute

// watch raises the alarms of places that are behind, and takes back those of places that are not.
func (p *statusPages) watch(now time.Time) {
	every := p.app.settings.Load().file.StatusPage.Every
	p.app.alarms.keepOnly("statusplace/", p.pusher.Alarms(every, pageBehind, now))
}

// openPublic opens the listener of the page, where the settings have one.
func (a *App) openPublic(ctx context.Context, file *configs.File, opened *[]func() error) (err error) {
	set := file.StatusPage
	if !set.Bind.IsValid() {
		return nil
	}
	var certificate func() *tls.Certificate
	if set.Cert != nil {
		certificate = func() *tls.Certificate { // a reload brings a renewed one
			if renewed := a.settings.Load().file.StatusPage.Cert; renewed != nil {
				return renewed
			}
			return set.Cert
		}
	}
	if a.public, err = web.ListenPublic(ctx, set.Bind, certificate); err != nil {
		return err
	}
	*opened = append(*opened, a.public.Close)
	a.log.Info("the status page is served", "at", set.Bind, "tls", set.Cert != nil)
	return nil
}

// StatusPage says how the public page is, and where it was brought to.
func (a *App) StatusPage(context.Context) (web.StatusPage, error) {
	set := a.settings.Load().file.StatusPage
	if set.Name == "" {
		return web.StatusPage{}, web.Faultf(404, "statuspage", "the settings have no public page; give one under status")
	}
	return a.pageStatus(set), nil
}

func (a *App) pageStatus(set configs.StatusPage) web.StatusPage {
	p := a.statusPages
	p.mu.Lock()
	defer p.mu.Unlock()
	out := web.StatusPage{Address: set.Address, Made: p.page.At, Since: p.since, Fault: p.fault, Places: []web.StatusPlace{}}
	if len(p.files) > 0 {
		out.State = string(p.page.Overall())
	}
	if a.public != nil {
		out.Served = a.public.Addr().String()
	}
	for _, one := range p.pusher.Places() {
		w := one.Way
		out.Places = append(out.Places, web.StatusPlace{
			Name: one.Name, Kind: one.Kind, Where: one.Where, State: string(w.State()), Put: w.Put, Behind: w.Behind, Since: w.Since, Fails: w.Fails,
			Open: w.Open(), Retry: w.Next, Why: w.Fault,
		})
	}
	return out
}

// StatusFile gives a file of the page as it is now.
func (a *App) StatusFile(ctx context.Context, name string) (web.StatusFile, error) {
	if _, err := a.StatusPage(ctx); err != nil {
		return web.StatusFile{}, err
	}
	p := a.statusPages
	p.mu.Lock()
	defer p.mu.Unlock()
	var names []string
	for _, f := range p.files {
		if f.Name == name {
			return web.StatusFile{Name: f.Name, Type: f.Type, Body: string(f.Body)}, nil
		}
		names = append(names, f.Name)
	}
	return web.StatusFile{}, web.Faultf(404, "statuspage show", "there is no file %q; there are %v", name, names)
}

// PushStatusPage makes the page anew and has every place tried at once.
func (a *App) PushStatusPage(ctx context.Context, _ web.StatusPush, by web.Actor) (web.StatusPage, error) {
	if _, err := a.StatusPage(ctx); err != nil {
		return web.StatusPage{}, err
	}
	a.log.Info("the status page is pushed", "who", by.Who)
	select {
	case a.statusPages.asked <- struct{}{}:
	default:
	}
	return a.StatusPage(ctx)
}

func (a *App) countPages() {
	m := a.metrics
	places := func(value func(push.Stand) float64) func() []metrics.Sample {
		return func() (all []metrics.Sample) {
			for _, one := range a.statusPages.pusher.Places() {
				all = append(all, metrics.Sample{Labels: []string{one.Name}, Value: value(one)})
			}
			return all
		}
	}
	since := func(t time.Time) float64 {
		if t.IsZero() {
			return 0
		}
		return max(0, time.Since(t).Seconds())
	}
	m.Gauges("status_place_ok", "1 when the newest status page is at a place.", []string{"place"}, places(func(s push.Stand) float64 {
		if s.Way.State() == push.Live {
			return 1
		}
		return 0
	}))
	m.Gauges("status_place_behind_seconds", "Since when a place says what holds no more; 0: it does not.", []string{"place"}, places(func(s push.Stand) float64 { return since(s.Way.Behind) }))
	m.Gauges("status_place_age_seconds", "Since when the status page is at a place as it is there.", []string{"place"}, places(func(s push.Stand) float64 { return since(s.Way.Put) }))
	m.Gauges("status_place_puts", "Times that the status page was brought to a place, since start.", []string{"place"}, places(func(s push.Stand) float64 { return float64(s.Puts) }))
	m.Gauges("status_place_failures", "Times that it could not be, since start.", []string{"place"}, places(func(s push.Stand) float64 { return float64(s.Fails) }))
}
