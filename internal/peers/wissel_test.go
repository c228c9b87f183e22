package peers

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"wissel"
	"wissel/internal/store/sqlite"
	"wissel/internal/web"
)

// number is the support number of every test.
const number = "+31201234567"

// usual are settings with a carrier, a platform and a reserve, each on an address of its own in the test's network NET.
const usual = `
node: test
listen:
  sip:
    - {bind: "udp://NET.1:5060"}
    - {bind: "tcp://NET.1:5060"}
  media: {address: NET.1, ports: 20000-29999}
  control: unix://DIR/control.sock
store: DIR/store
drain: {max: 3s}
trunks:
  carrier:  {role: carrier,  to: ["sip:NET.2:5060"], probe: {off: true}}
  platform: {role: platform, to: ["sip:NET.3:5060"]}
  reserve:  {role: carrier,  to: ["sip:NET.4:5060"], number: "+31850000000"}
groups:
  support:
    numbers: ["+31201234567"]
    present: {reserve: "+31201234567"}
    media: anchored
    plans:
      normaal: [platform, reserve, flow:storing]
      storing: [flow:storing]
    active: normaal
`

// server is a running wissel.
type server struct {
	*process
	t      *testing.T
	net    string // see network: wissel is at .1, the carrier at .2, the platform at .3, the reserve at .4
	dir    string
	client *web.Client
	disk   string // the process in whose namespace its store's own disk is
	kept   string // where the store is found after the stop, when that is not its usual place
}

// serve starts wissel with the usual settings on an address of its own, and waits until it takes calls. replace are pairs
// of what to replace in the settings, before NET and DIR are.
func serve(t *testing.T, replace ...string) *server {
	t.Helper()
	s := &server{t: t, net: network(), dir: t.TempDir()}
	s.prepare(t, replace...)
	s.restart()
	return s
}

// prepare writes the settings.
func (s *server) prepare(t *testing.T, replace ...string) {
	t.Helper()
	text := strings.NewReplacer(replace...).Replace(usual)
	write(t, s.dir, "wissel.yaml", text, "NET", s.net, "DIR", s.dir)
	s.client = web.NewClient(s.control())
}

// restart starts the binary on its settings and store, for the first time or again.
func (s *server) restart() {
	s.t.Helper()
	s.launch(binary, "serve", "--settings", s.file())
}

// launch starts the server by a command line, and waits until it takes calls.
func (s *server) launch(args ...string) {
	s.t.Helper()
	s.process = start(s.t, s.dir, args[0], args[1:]...)
	eventually(s.t, 15*time.Second, "wissel serves", func() bool {
		status, err := s.client.Status(s.t.Context())
		return err == nil && status.State == "serving"
	})
}

// stop ends the server as a service manager does, and gives its exit code.
func (s *server) stop() int {
	s.t.Helper()
	s.signal(syscall.SIGTERM)
	return s.wait(15 * time.Second)
}

// The addresses of a test's parties.
func (s *server) wissel() string   { return s.net + ".1" }
func (s *server) carrier() string  { return s.net + ".2" }
func (s *server) platform() string { return s.net + ".3" }
func (s *server) reserve() string  { return s.net + ".4" }

// health waits until a trunk's health is what is wanted.
func (s *server) health(trunk string, want string) {
	s.t.Helper()
	eventually(s.t, 10*time.Second, trunk+" is "+want, func() bool {
		all, err := s.client.Carriers(s.t.Context())
		if err != nil {
			return false
		}
		for _, c := range all {
			if string(c.Trunk) == trunk {
				return c.State == want
			}
		}
		return false
	})
}

// records reads the call records and wishes of a store, once the server has stopped.
func (s *server) records() (cdrs []wissel.CDR, wishes []wissel.Wish) {
	s.t.Helper()
	s.inStore(func(ctx context.Context, store *sqlite.Store) error {
		var err1, err2 error
		cdrs, err1 = store.CDRs(ctx, time.Time{}, 0)
		wishes, err2 = store.Wishes(ctx, time.Time{})
		return errors.Join(err1, err2)
	})
	return cdrs, wishes
}

// decisions reads what was decided, once the server has stopped.
func (s *server) decisions() (all []wissel.Decision) {
	s.t.Helper()
	s.inStore(func(ctx context.Context, store *sqlite.Store) (err error) {
		all, err = store.Decisions(ctx, time.Time{}, "", 0)
		return err
	})
	return all
}

// inStore opens the store to read.
func (s *server) inStore(read func(ctx context.Context, store *sqlite.Store) error) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	folder := filepath.Join(s.dir, "store")
	if s.kept != "" {
		folder = s.kept
	}
	store, err := sqlite.Open(ctx, sqlite.DefaultSettings(folder), "reader", slog.New(slog.DiscardHandler))
	if err != nil {
		s.t.Fatal(err)
	}
	failed := read(ctx, store)
	cancel()
	if err := store.Run(ctx); failed != nil || err != nil { // Run closes it
		s.t.Fatal(failed, err)
	}
}

// ledger sums call records by outcome and target: "answered platform".
func ledger(cdrs []wissel.CDR) map[string]int {
	sums := map[string]int{}
	for _, c := range cdrs {
		key := string(c.Outcome)
		if c.Target != (wissel.Target{}) {
			key += " " + c.Target.String()
		}
		sums[key]++
	}
	return sums
}

// control is the address of the server's control socket.
func (s *server) control() string { return "unix://" + filepath.Join(s.dir, "control.sock") }

// at is the server's SIP address.
func (s *server) at() netip.AddrPort { return netip.MustParseAddrPort(s.wissel() + ":5060") }
