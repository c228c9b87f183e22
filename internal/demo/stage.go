package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sync/errgroup"

	"wissel"
	"wissel/configs"
	"wissel/internal/app"
	"wissel/internal/web"
	"wissel/prompts"
	"wissel/sip/sim"
)

// The trunks of the demo's settings, the number that is rung, and the flow behind it all.
const (
	carrierTrunk  = wissel.TrunkID("carrier")
	platformTrunk = wissel.TrunkID("platform")
	backupTrunk   = wissel.TrunkID("reserve")
	phoneTrunk    = wissel.TrunkID("softphone")
	outage        = wissel.FlowID("storing")
	Number        = "+31201234567"
)

// The tone that each party plays, in Hz: what a caller hears says who he talks to.
const (
	carrierHz  = 330
	platformHz = 440
	backupHz   = 660
)

// stage is the server and the parties around it, over real sockets of this machine.
type stage struct {
	dir      string // temporary: settings, store, control socket
	control  string // unix://…
	wissel   netip.AddrPort
	phone    bool // softphones have a trunk of their own
	notes    []string
	app      *app.App
	carrier  *sim.Party
	platform *sim.Party
	backup   *sim.Party
	ears     ears
	clips    *prompts.Store

	stopParties context.CancelFunc
	parties     *errgroup.Group
	stopServer  context.CancelFunc
	served      chan struct{} // closed when the server has ended
	serveErr    error
}

// The addresses of the demo's settings. Each party has an IP of its own, so that a softphone of this machine (127.0.0.1)
// is none of them; where only 127.0.0.1 exists they share it.
var (
	wisselAt = netip.MustParseAddrPort("127.0.0.1:15060")
	places   = map[string]netip.AddrPort{
		"carrier":  netip.MustParseAddrPort("127.0.0.2:15070"),
		"platform": netip.MustParseAddrPort("127.0.0.3:15080"),
		"backup":   netip.MustParseAddrPort("127.0.0.4:15090"),
	}
)

// answering is how a party takes calls while all is well.
func answering(hz int) sim.Behaviour { return sim.Answer(0).Tone(hz) }

// set opens every socket and file; nothing runs yet.
func set(ctx context.Context, o Options) (s *stage, err error) {
	s = &stage{served: make(chan struct{})}
	if s.clips, err = prompts.Open(""); err != nil {
		return nil, fmt.Errorf("load the prompts: %w", err)
	}
	if s.dir, err = os.MkdirTemp("", "wissel-demo-"); err != nil {
		return nil, fmt.Errorf("make a folder for the demo: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.strike(ctx))
		}
	}()
	s.control = "unix://" + filepath.Join(s.dir, "control.sock")
	for _, p := range []struct {
		name  string
		into  **sim.Party
		plays int
	}{{"carrier", &s.carrier, carrierHz}, {"platform", &s.platform, platformHz}, {"backup", &s.backup, backupHz}} {
		if *p.into, err = s.party(p.name, p.plays, o.AnyPorts); err != nil {
			return s, err
		}
	}
	return s, s.server(ctx, o)
}

// party opens a party at its place, or at another when that is taken.
func (s *stage) party(name string, hz int, anywhere bool) (p *sim.Party, err error) {
	want := places[name]
	tries := []netip.AddrPort{want, netip.AddrPortFrom(want.Addr(), 0), netip.AddrPortFrom(wisselAt.Addr(), 0)}
	if anywhere {
		tries = tries[1:]
	}
	listen := sim.ListenUDP
	if name == "carrier" {
		listen = s.ears.listen
	}
	for i, at := range tries {
		p, err = sim.New(sim.Options{
			Name: name, Listen: listen, At: at, Behave: answering(hz), Seed: uint64(os.Getpid()), Tones: []int{carrierHz, platformHz, backupHz},
		})
		if err == nil {
			if i > 0 && !anywhere {
				s.notes = append(s.notes, fmt.Sprintf("%s is taken, so the %s is at %s", want, name, p.Addr()))
			}
			return p, nil
		}
	}
	return nil, fmt.Errorf("no UDP socket for the %s: %w", name, err)
}

// server makes the server on its place, or on another when that is taken.
func (s *stage) server(ctx context.Context, o Options) (err error) {
	const tries = 5 // a port that was free may be taken before we open it
	for i := range tries {
		s.wissel = wisselAt
		if o.AnyPorts || i > 0 {
			if s.wissel, err = free(wisselAt.Addr()); err != nil {
				return err
			}
		}
		file := filepath.Join(s.dir, "wissel.yaml")
		if err = os.WriteFile(file, []byte(s.settings()), 0o600); err != nil {
			return fmt.Errorf("write the demo's settings: %w", err)
		}
		s.app, err = app.New(ctx, app.Options{File: file, StoreDir: s.store(), Control: s.control, Version: o.Version, Log: o.Log})
		if err == nil || !errors.Is(err, syscall.EADDRINUSE) {
			break
		}
		if !o.AnyPorts {
			s.notes = append(s.notes, fmt.Sprintf("%v; another port is used", err))
		}
	}
	if err != nil {
		return fmt.Errorf("start the server: %w", err)
	}
	return nil
}

func (s *stage) store() string { return filepath.Join(s.dir, "store") }

// settings are those of configs, with the addresses that were free and a trunk for softphones.
func (s *stage) settings() string {
	s.phone = true
	for _, p := range []*sim.Party{s.carrier, s.platform, s.backup} {
		s.phone = s.phone && p.Addr().Addr() != wisselAt.Addr()
	}
	trunks := "\ntrunks:\n"
	if s.phone {
		trunks += "  " + string(phoneTrunk) + ":   # any telephone on this machine\n    role: carrier\n    from: [" + strings.Join(own(), ", ") + "]\n"
	}
	return strings.NewReplacer(
		wisselAt.String(), s.wissel.String(), "127.0.0.1:15070", s.carrier.Addr().String(), "127.0.0.1:15080", s.platform.Addr().String(),
		"127.0.0.1:15090", s.backup.Addr().String(), "\ntrunks:\n", trunks,
	).Replace(string(configs.Demo()))
}

// own are the addresses that a telephone on this machine calls from: many take that of the network card.
func own() []string {
	all := []string{wisselAt.Addr().String() + "/32"}
	faces, err := net.InterfaceAddrs()
	if err != nil {
		return all // 127.0.0.1 does for most
	}
	for _, f := range faces {
		if n, ok := f.(*net.IPNet); ok && n.IP.To4() != nil && n.IP.IsGlobalUnicast() {
			all = append(all, n.IP.String()+"/32")
		}
	}
	return all
}

// free is a UDP port of a host that nobody holds now.
func free(host netip.Addr) (netip.AddrPort, error) {
	c, err := sim.ListenUDP(netip.AddrPortFrom(host, 0))
	if err != nil {
		return netip.AddrPort{}, err
	}
	local, ok := c.LocalAddr().(*net.UDPAddr)
	if !ok {
		panic("demo: a UDP socket without a UDP address")
	}
	if err := c.Close(); err != nil {
		return netip.AddrPort{}, fmt.Errorf("close a socket: %w", err)
	}
	return netip.AddrPortFrom(host, local.AddrPort().Port()), nil
}

// run starts all. The server and the parties outlive ctx: they end by close, in their order.
func (s *stage) run(ctx context.Context) error {
	base := context.WithoutCancel(ctx)
	partyCtx, stopParties := context.WithCancel(base)
	s.stopParties = stopParties
	s.parties, partyCtx = errgroup.WithContext(partyCtx)
	for _, p := range []*sim.Party{s.carrier, s.platform, s.backup} {
		s.parties.Go(func() error { return p.Run(partyCtx) })
	}
	serverCtx, stopServer := context.WithCancel(base)
	s.stopServer = stopServer
	go func() {
		defer close(s.served)
		s.serveErr = s.app.Run(serverCtx)
	}()
	select {
	case <-s.app.Ready():
		return nil
	case <-s.served:
		return fmt.Errorf("the server ended while starting: %w", s.serveErr)
	}
}

// close lets calls finish, then ends the server, so that all it knows is on disk. The parties stay: their ledgers are read.
func (s *stage) close(ctx context.Context) error {
	// Parties that are dead still owe answers to BYE, and the server waits for those: let them speak.
	s.platform.Behave(answering(platformHz))
	err := s.backup.Revive()
	derr := s.app.Drain(context.WithoutCancel(ctx), true, web.Actor{Who: "demo", From: "demo"}, func(int) {})
	if derr != nil {
		err = errors.Join(err, fmt.Errorf("end the calls: %w", derr))
	}
	s.stopServer()
	<-s.served
	if s.serveErr != nil && !errors.Is(s.serveErr, context.Canceled) {
		err = errors.Join(err, fmt.Errorf("the server: %w", s.serveErr))
	}
	return err
}

// strike ends the parties and takes away what was put on this machine.
func (s *stage) strike(ctx context.Context) error {
	var err error
	if s.stopParties != nil {
		s.stopParties()
		err = s.parties.Wait()
	} else {
		err = s.unopened(ctx)
	}
	if rerr := os.RemoveAll(s.dir); rerr != nil {
		err = errors.Join(err, fmt.Errorf("remove the demo's folder: %w", rerr))
	}
	return err
}

// unopened closes the sockets of parties that never ran: a party closes them at the end of its Run.
func (s *stage) unopened(ctx context.Context) (err error) {
	over, cancel := context.WithCancel(context.WithoutCancel(ctx))
	cancel()
	for _, p := range []*sim.Party{s.carrier, s.platform, s.backup} {
		if p != nil {
			err = errors.Join(err, p.Run(over))
		}
	}
	return err
}
