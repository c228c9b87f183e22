package simtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"wissel"
	"wissel/configs"
	"wissel/internal/app"
	"wissel/internal/store/sqlite"
	"wissel/internal/web"
	"wissel/sip/transport"
)

// instance is the wissel of a scene.
type instance struct {
	app   *app.App
	store string // folder of the database
	stop  context.CancelFunc
	ended chan struct{} // closed when Run has returned
	err   error         // what it returned
}

// launch starts wissel with the scene's settings and waits until it is ready.
func (n *Net) launch() *instance {
	n.T.Helper()
	var store string
	if n.wissel != nil { // it comes back
		store = n.wissel.store
	} else {
		store = storeDir(n.T)
	}
	settings := n.yaml(store)
	file, err := configs.Parse("scene.yaml", []byte(settings), configs.Options{
		Getenv:   func(name string) (string, bool) { v, ok := n.Env[name]; return v, ok },
		Hostname: func() (string, error) { return "test", nil },
	})
	if err != nil {
		n.T.Fatalf("%v\nsettings:\n%s", err, settings)
	}
	level := slog.LevelDebug
	if n.Quiet {
		level = slog.LevelWarn
	}
	log := n.T.Output()
	if n.Log != nil {
		log, level = io.MultiWriter(n.Log, log), slog.LevelDebug
	}
	a, err := app.New(n.ctx, app.Options{
		Settings: file, StoreDir: store, Control: "none", ListenPacket: n.listenSIP, ListenMedia: n.listenMedia, Shards: max(n.Shards, 1),
		Random: func(shard int) io.Reader { return &chance{source: rand.NewChaCha8([32]byte{byte(shard)})} },
		Log:    slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: level})),
	})
	if err != nil {
		n.T.Fatalf("%v\nsettings:\n%s", err, settings)
	}
	ctx, stop := context.WithCancel(n.ctx)
	w := &instance{app: a, store: store, stop: stop, ended: make(chan struct{})}
	go func() {
		w.err = a.Run(ctx)
		close(w.ended)
	}()
	select {
	case <-a.Ready():
	case <-w.ended:
		n.T.Fatalf("wissel ended while starting: %v", w.err)
	case <-time.After(time.Minute):
		n.T.Fatal("wissel is not ready after a minute")
	}
	return w
}

// storeDir gives a directory for the scene's database, in memory where the system has such a place: a scene tests no disk,
// and waiting for one is most of the time that the many plays of a ladder take.
func storeDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "wissel-scene-")
	if err != nil {
		dir = t.TempDir()
	} else {
		t.Cleanup(func() {
			if err := os.RemoveAll(dir); err != nil {
				t.Error(err)
			}
		})
	}
	empty, err := emptyDatabase()
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, sqlite.FileName), empty, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// emptyDatabase is the file of a database without rows. It is made once: to run all migrations is a third of the time of a short scene.
var emptyDatabase = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "wissel-empty-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	store, err := sqlite.Open(context.Background(), sqlite.DefaultSettings(dir), "test", slog.New(slog.DiscardHandler))
	if err == nil {
		err = errors.Join(store.Status(), store.Close())
	}
	if err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(dir, sqlite.FileName))
})

// Health is what wissel makes of a trunk's first address now, and why: "down", "3 OPTIONS without an answer since 02:14:07".
func (n *Net) Health(trunk string) (state, evidence string) {
	n.T.Helper()
	n.Start()
	for _, c := range n.wissel.app.Carriers() {
		if string(c.Trunk) == trunk && len(c.Addresses) > 0 {
			return c.Addresses[0].State, c.Addresses[0].Evidence
		}
	}
	n.T.Fatalf("there is no trunk %s with an address", trunk)
	return "", ""
}

// Drain drains wissel as SIGTERM does, or, with endCalls, as `wissel drain --end-calls` does, and waits until it is done.
func (n *Net) Drain(endCalls bool) {
	n.T.Helper()
	n.Start()
	if err := n.wissel.app.Drain(n.ctx, endCalls, web.Actor{Who: "test"}, func(int) {}); err != nil {
		n.T.Logf("drain: %v", err)
	}
}

// close ends wissel and waits for all that it started.
func (w *instance) close(t *testing.T) {
	t.Helper()
	w.stop()
	select {
	case <-w.ended:
		if w.err != nil && !errors.Is(w.err, context.Canceled) {
			t.Errorf("wissel ended with: %v", w.err)
		}
	case <-time.After(10 * time.Minute):
		t.Error("wissel does not end")
	}
}

// rows reads the records and the wishes of the scene, in the order in which the calls began. When wissel has ended they
// are read from the disk, as the next start would.
func (w *instance) rows(t *testing.T) (cdrs []wissel.CDR, wishes []wissel.Wish) {
	t.Helper()
	records, promises := w.app.CDRs, w.app.Wishes
	select {
	case <-w.ended:
		s, err := sqlite.Open(t.Context(), sqlite.DefaultSettings(w.store), "test", slog.New(slog.DiscardHandler))
		if err != nil {
			t.Error(err)
			return nil, nil
		}
		defer func() {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := s.Run(ctx); err != nil { // it closes the file
				t.Error(err)
			}
		}()
		records = func(ctx context.Context, since time.Time) ([]wissel.CDR, error) { return s.CDRs(ctx, since, 0) }
		promises = s.Wishes
	default:
	}
	cdrs, err := records(t.Context(), time.Time{})
	if err != nil {
		t.Error(err)
	}
	if wishes, err = promises(t.Context(), time.Time{}); err != nil {
		t.Error(err)
	}
	return cdrs, wishes
}

// listenSIP opens wissel's SIP socket. A closed port answers as the kernel's error queue does.
func (n *Net) listenSIP(bind string) (net.PacketConn, error) {
	at, err := netip.ParseAddrPort(strings.TrimPrefix(bind, "udp://"))
	if err != nil {
		return nil, fmt.Errorf("the scene has no address %s: %w", bind, err)
	}
	c, err := n.Sim.Open(at)
	if err != nil {
		return nil, err
	}
	c.Refused(func(peer netip.AddrPort, quoted []byte) error {
		return &transport.ICMPError{Peer: peer, Quoted: quoted, Err: syscall.ECONNREFUSED}
	})
	return c, nil
}

func (n *Net) listenMedia(at netip.AddrPort) (net.PacketConn, error) { return n.Sim.Listen(at) }

// chance is the chance of a scene: the same each time.
type chance struct {
	mu     sync.Mutex
	source *rand.ChaCha8
}

func (c *chance) Read(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.source.Read(b)
}
