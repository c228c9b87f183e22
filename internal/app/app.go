// Package app joins the parts of wissel into a running server: it reads the settings, opens the sockets, the store and
// the control socket, gives each part what it needs of the others, and stops them in reverse. It is the only package
// that knows them all; it decides nothing about calls. cmd/wissel, the demo and tests start it.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"wissel"
	"wissel/carriers"
	"wissel/carriers/health"
	"wissel/carriers/outside"
	"wissel/configs"
	"wissel/internal/metrics"
	"wissel/internal/sealed"
	"wissel/internal/store/redis"
	"wissel/internal/store/sqlite"
	"wissel/internal/web"
	"wissel/ivr"
	"wissel/prompts"
	"wissel/sip"
	"wissel/sip/media"
)

// Options of an App. File or Settings is needed; the rest may be left out.
type Options struct {
	File     string        // settings file, read again on reload
	Settings *configs.File // instead of File: there is nothing to reload then
	StoreDir string        // instead of the settings' store
	Control  string        // instead of the settings' listen.control; "none": no control socket
	Version  string        // of this build, for status
	Log      *slog.Logger  // nil: nothing is logged

	// The rest is for tests and the demo.
	ListenPacket func(bind string) (net.PacketConn, error)       // SIP sockets
	ListenMedia  func(at netip.AddrPort) (net.PacketConn, error) // RTP sockets
	Dial         func(context.Context, wissel.Address) (net.Conn, error)
	ListenStream func(bind string) (net.Listener, error)
	Random       func(shard int) io.Reader
	Resolver     carriers.Resolver // nil: the system's
	Shards       int
	MediaRest    time.Duration // how long RTP ports rest; 0: 30 s
}

func (o Options) storeDir() string {
	if o.StoreDir != "" || o.Settings == nil {
		return o.StoreDir
	}
	return o.Settings.Store
}

// App is the server. Make it with New, run it with Run.
type App struct {
	options     Options
	log         *slog.Logger
	began       time.Time
	routing     *routing
	settings    atomic.Pointer[inUse]
	programs    atomic.Pointer[map[wissel.FlowID]*ivr.Program]
	board       *health.Board
	pages       *outside.Pages
	tests       *tester
	limits      *carriers.Limits
	names       *carriers.Directory
	store       *sqlite.Store
	voices      *recordings
	messages    *messages
	callers     *callers
	promises    *promises
	calling     *calling
	keeper      *keeper
	drops       []func(n wissel.Number, why string) // of those who hold what is to be sent to somebody: it is dropped. Set before Run
	texter      *texter
	inbox       *inbox
	counted     *redis.Limiter // counts texts
	caps        *textLimits
	asking      *asking
	crisis      *crisisDesk
	dialler     *dialler
	media       *media.Engine
	server      *sip.Server
	metrics     *metrics.Registry
	control     net.Listener // nil: none
	lock        *os.File     // of the store's folder
	alarms      alarms
	certs       certificates
	eyes        eyes
	rows        auditRows
	observers   observers // of attempts
	leads       *leads
	proofs      proofs
	endings     *endings
	keys        keyring
	refused     atomic.Int64 // when the last audit row of wrong tokens was asked for, in ns since 1970
	api         *web.Control
	network     net.Listener // of the control API; nil: none
	statusPages *statusPages
	public      net.Listener // of the status page; nil: none
	texting     net.Listener // for what providers of texts tell over HTTP; nil: none
	draining    atomic.Bool
	running     atomic.Bool
	stop        chan struct{} // closed when a drain is done and the server is to end
	stopOnce    sync.Once
	ending      chan struct{} // closed when Run begins to end
	reloads     sync.Mutex    // one reload at a time
	ready       chan struct{}
}

// inUse is the settings in force.
type inUse struct {
	file     *configs.File
	sounds   *prompts.Store
	at       time.Time
	rejected string // why the newest file is not in force
}

// New reads the settings and opens what they name: sockets, store, control socket. What arrives meanwhile waits; nothing
// runs before Run. A store that cannot be used is no error (promises are refused then, and status says so); a socket or
// a store that somebody else holds is, and the error names him.
func New(ctx context.Context, o Options) (a *App, err error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	set, err := load(o)
	if err != nil {
		return nil, err
	}
	file := set.file
	if o.StoreDir == "" {
		o.StoreDir = file.Store
	}
	a = &App{
		options: o, log: o.Log, began: time.Now(), routing: newRouting(file.Node), limits: carriers.NewLimits(),
		metrics: metrics.New(), stop: make(chan struct{}), ending: make(chan struct{}), ready: make(chan struct{}),
	}
	a.board = health.NewBoard(file.Health, func(m map[wissel.Address]wissel.Verdict) { a.routing.setHealth(m, a.board.Ours()) })
	a.routing.update(func(s *wissel.Snapshot) { s.Rules = file.Health.Rule() })
	a.openHealth()
	a.openPages(file)
	a.observers = observers{a.board.Tried}
	a.openTests()
	a.openLeads()
	a.crisis = newCrisisDesk(a)
	a.dialler = newDialler(a)
	a.statusPages = newStatusPages(a)
	// Each step that opens something registers its closing, for the case that a later step fails.
	var opened []func() error
	defer func() {
		if err != nil {
			for i := len(opened) - 1; i >= 0; i-- {
				err = errors.Join(err, opened[i]())
			}
			a = nil
		}
	}()
	a.openLimits(file)
	opened = append(opened, a.counted.Close)
	if err := a.openStore(ctx, file.Node, &opened); err != nil {
		return a, err
	}
	if err := a.openControl(ctx, file, &opened); err != nil {
		return a, err
	}
	if err := a.openTexting(ctx, file, &opened); err != nil {
		return a, err
	}
	if err := a.openPublic(ctx, file, &opened); err != nil {
		return a, err
	}
	if err := a.openMedia(file); err != nil {
		return a, err
	}
	a.names = carriers.NewDirectory(a.resolver(), o.Log, a.adoptTrunks)
	a.names.Believe(a.routing.answered)
	a.adopt(set)
	a.restoreChanges(ctx)
	a.restoreMessages(ctx)
	a.restoreTests(ctx)
	a.restoreEyes(ctx)
	a.restoreDecided(ctx)
	a.crisis.remember(ctx)
	if err := a.learnObjections(ctx); err != nil {
		a.log.Error("who objects to calls and texts cannot be read", "error", err)
	}
	a.openCalling()
	if err := a.openSIP(file); err != nil {
		return a, err
	}
	a.countAll()
	return a, nil
}

func (a *App) resolver() carriers.Resolver {
	if a.options.Resolver != nil {
		return a.options.Resolver
	}
	return net.DefaultResolver
}

// openStore opens the database, after a lock on its folder that keeps a second server out.
func (a *App) openStore(ctx context.Context, node string, opened *[]func() error) (err error) {
	if a.lock, err = lockFolder(a.options.StoreDir); err != nil {
		return err
	}
	if a.lock != nil {
		*opened = append(*opened, a.lock.Close)
	}
	a.callers = newCallers()
	a.keeper = newKeeper()
	a.promises = newPromises(a.routing.Snapshot)
	a.voices = newRecordings(a.options.StoreDir, a.log)
	a.voices.ring = func() sealed.Ring { return a.settings.Load().file.Privacy.Voice }
	a.messages = newMessages(a.options.StoreDir, a.log)
	a.store, err = sqlite.Open(ctx, sqlite.DefaultSettings(a.options.StoreDir), node, a.log)
	if err != nil {
		return fmt.Errorf("open the store: %w", err)
	}
	*opened = append(*opened, a.store.Close)
	a.texter = newTexter(a)
	a.inbox.out = a.texter.texts
	return nil
}

func (a *App) openMedia(file *configs.File) (err error) {
	set := media.DefaultSettings()
	face := media.Face{Bind: file.Media.Address, Advertise: file.Media.Advertise}
	set.V4, set.V6 = media.Face{}, media.Face{}
	if face.Bind.Is4() {
		set.V4 = face
	} else {
		set.V6 = face
	}
	set.First, set.Last = file.Media.Low, file.Media.High
	set.Listen, set.Log = a.options.ListenMedia, a.log
	set.Loopback = face.Bind.IsLoopback() // then peers can only be there too
	set.SIP = signalling(file)
	if a.options.MediaRest != 0 {
		set.Rest = a.options.MediaRest
	}
	if a.media, err = media.New(set); err != nil {
		return fmt.Errorf("start media: %w", err)
	}
	return nil
}

// signalling lists our own SIP sockets, as bound and as advertised: no voice is ever sent there.
func signalling(file *configs.File) (all []netip.AddrPort) {
	for _, l := range file.Listeners {
		_, host, _ := strings.Cut(l.Bind, "://")
		bound, err := netip.ParseAddrPort(host)
		if err != nil {
			continue // a name is no address that a session description could carry
		}
		all = append(all, bound)
		if told, err := netip.ParseAddrPort(l.Advertise); err == nil {
			all = append(all, told)
		} else if ip, err := netip.ParseAddr(l.Advertise); err == nil {
			all = append(all, netip.AddrPortFrom(ip, bound.Port()))
		}
	}
	return all
}

// restoreChanges puts the operators' switches of before the restart in force again.
func (a *App) restoreChanges(ctx context.Context) {
	changes, err := a.store.Changes(ctx)
	if err != nil {
		a.log.Error("the switches of before the restart cannot be read; the plans of the settings hold", "error", err)
		a.alarms.set("changes", "the switches made before the restart could not be read: check `wissel status` and switch again where needed")
		a.routing.outrank(time.Now())
		return
	}
	a.routing.restore(changes, a.log)
}

func (a *App) openSIP(file *configs.File) (err error) {
	a.server, err = sip.New(sip.Options{
		Listeners: file.Listeners, ListenPacket: a.options.ListenPacket, ListenStream: a.options.ListenStream, Dial: a.options.Dial,
		Snapshot: a.routing.Snapshot, Single: a.leads.Single, Proved: a.proved, Reached: a.calling.reached, Unanswered: a.endings, Health: a.board, Limits: a.limits, Media: joined{a.media},
		People: &colleagues{staff: a.calling.staff, settings: func() *configs.File { return a.settings.Load().file }, snapshot: a.routing.Snapshot},
		Attendant: &attendant{
			programs: func() map[wissel.FlowID]*ivr.Program { return *a.programs.Load() },
			clips:    func() clips { return a.settings.Load().sounds }, store: a.store, voices: a.voices, messages: a.messages, callers: a.callers, queue: wished{a.promises, a.texter}, objects: a.keeper.Objects, texts: a.asking, returns: newReturns(a.routing.Snapshot, a.callbacksDue), snapshot: a.routing.Snapshot, crowd: a.crowd, tests: a.tests, crisis: a.crisis, dialler: a.dialler, log: a.log,
		},
		Ledger: helped{a.store, a.calling.record}, Observer: &a.observers, Certificate: a.certs.seen, Alarm: a.alarm, Node: file.Node, Shards: a.options.Shards, Random: a.options.Random, Log: a.log,
	})
	return err
}

// Run serves until ctx ends or a drain is done, and returns after all that it started.
func (a *App) Run(ctx context.Context) error {
	if !a.running.CompareAndSwap(false, true) {
		return errors.New("Run was called twice")
	}
	// The store outlives all that writes to it, so it has a context that ends last.
	storeCtx, stopStore := context.WithCancel(context.WithoutCancel(ctx))
	stored := make(chan error, 1)
	go func() { stored <- a.store.Run(storeCtx) }()

	// What callers said is written before the wishes that tell of it.
	voiceCtx, stopVoices := context.WithCancel(context.WithoutCancel(ctx))
	voiced := make(chan struct{})
	go func() {
		defer close(voiced)
		a.voices.run(voiceCtx)
	}()

	askCtx, stopAsking := context.WithCancel(context.WithoutCancel(ctx))
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		a.asking.run(askCtx)
	}()

	ctx, cancel := context.WithCancel(ctx)
	g, ctx := errgroup.WithContext(ctx)
	serving, stopServing := context.WithCancel(context.WithoutCancel(ctx)) // whose callbacks end has a wire for his BYE
	g.Go(func() error { return a.server.Run(serving) })
	g.Go(func() error { return a.media.Run(serving) })
	g.Go(func() error { return a.runHealth(ctx) })
	g.Go(func() error { return a.names.Run(ctx) })
	g.Go(func() error { a.watchCertificates(ctx); return nil })
	g.Go(func() error { return a.tests.run(ctx) })
	g.Go(func() error {
		if err := a.callers.learn(ctx, a.store); err != nil && ctx.Err() == nil {
			a.log.Warn("who called before the start is not known to flows", "error", err)
		}
		return nil
	})
	g.Go(func() error { a.learnPromises(ctx); return nil })
	g.Go(func() error {
		<-a.ready // a callback that is begun before calls can be placed would wait for a minute
		return a.calling.Run(ctx)
	})
	g.Go(func() error { a.cancelHelped(ctx); return nil })
	g.Go(func() error { return a.texter.serve(ctx) })
	g.Go(func() error { return a.runLimits(ctx) })
	g.Go(func() error { a.runInbox(ctx); return nil })
	g.Go(func() error { a.texter.run(ctx); return nil })
	g.Go(func() error { a.sweepRecordings(ctx); return nil })
	g.Go(func() error { a.runKeeper(ctx); return nil })
	g.Go(func() error { a.runMessages(ctx); return nil })
	g.Go(func() error { a.crisis.run(ctx); return nil })
	g.Go(func() error { return a.leads.Run(ctx) })
	g.Go(func() error { return a.pages.Run(ctx) })
	if a.control != nil {
		g.Go(func() error { return a.api.Run(ctx, a.control) })
	}
	if a.network != nil {
		g.Go(func() error { return a.api.Run(ctx, a.network) })
	}
	g.Go(func() error { return a.statusPages.pusher.Run(ctx) })
	g.Go(func() error { a.statusPages.run(ctx); return nil })
	if a.public != nil {
		g.Go(func() error { return web.ServePublic(ctx, a.public, a.statusPages.served.Load, a.log) })
	}
	if a.texting != nil {
		g.Go(func() error { return web.ServeTexts(ctx, a.texting, a.texter, a.log) })
	}
	g.Go(func() error { return a.keepKeys(ctx) })
	if a.options.File != "" {
		g.Go(func() error {
			if err := a.watch(ctx); err != nil { // no reason to stop serving
				a.log.Error("changes of the settings file will not be noticed: use `wissel reload`", "error", err)
			}
			return nil
		})
	}
	g.Go(func() error {
		defer stopServing()
		select {
		case <-ctx.Done():
		case <-a.stop:
			cancel()
		}
		a.dialler.stop()
		close(a.ending)
		a.server.Part("the server ends")
		return nil
	})
	a.server.SetReady(true)
	close(a.ready)
	a.log.Info("serving", "node", a.routing.Snapshot().Node, "settings", a.routing.Snapshot().Version)
	err := g.Wait()
	cancel()
	a.proofs.publish() // what the last second has proved
	a.endings.tick(time.Now())
	stopAsking()
	<-asked
	err = errors.Join(err, a.counted.Close())
	stopVoices()
	<-voiced
	stopStore()
	err = errors.Join(err, <-stored)
	if a.lock != nil {
		err = errors.Join(err, a.lock.Close())
	}
	return err
}

// Ready is closed once calls can be taken.
func (a *App) Ready() <-chan struct{} { return a.ready }

// State is "starting", "serving" or "draining".
func (a *App) State() string {
	select {
	case <-a.ready:
	default:
		return "starting"
	}
	if a.draining.Load() {
		return "draining"
	}
	return "serving"
}

// Drain takes no new calls, lets the live ones finish for at most the settings' drain.max (or ends them at once), and
// then lets Run end. progress is told how many calls are left, each 5 s. It cannot be called off: who asked may go, and
// ctx may end with him, but his going is no reason to end calls.
func (a *App) Drain(ctx context.Context, endCalls bool, by web.Actor, progress func(left int)) error {
	a.draining.Store(true)
	what := "let calls finish"
	if endCalls {
		what = "end calls"
	}
	a.auditSoon(rowOf(by, "drain", a.routing.Snapshot().Node, what, "serving", "draining"), nil)
	most := a.settings.Load().file.Drain
	a.log.Info("no new calls are taken", "who", by.Who, "what", what, "calls", a.server.Live(), "at_most", most)
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), most)
	var ended sync.WaitGroup
	ended.Go(func() {
		select {
		case <-a.ending:
			cancel()
		case <-limited.Done():
		}
	})
	if endCalls {
		a.dialler.stop()
	} else {
		ended.Go(func() { // who is being called back late in the drain hears that it does not go on, before his call is ended
			soon := time.NewTimer(most - lastWords)
			defer soon.Stop()
			select {
			case <-soon.C:
				a.dialler.stop()
			case <-limited.Done():
			}
		})
	}
	err := a.server.Drain(limited, endCalls, progress)
	cancel()
	ended.Wait()
	a.log.Info("the server ends", "calls", a.server.Live())
	a.stopOnce.Do(func() { close(a.stop) })
	return err
}

// CDRs gives the records of calls that began since.
func (a *App) CDRs(ctx context.Context, since time.Time) ([]wissel.CDR, error) {
	return a.store.CDRs(ctx, since, 0)
}

// Wishes gives the wishes noted since.
func (a *App) Wishes(ctx context.Context, since time.Time) ([]wissel.Wish, error) {
	return a.store.Wishes(ctx, since)
}

// Server is the SIP side, for those who look at what it counts.
func (a *App) Server() *sip.Server { return a.server }
