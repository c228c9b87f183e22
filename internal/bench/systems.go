//go:build linux

package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"wissel/internal/audio"
	"wissel/internal/web"
)

//go:embed testdata/uac.xml
var uacXML string

//go:embed testdata/uas.xml
var uasXML string

//go:embed testdata/kamailio.cfg
var kamailioCfg string

//go:embed testdata/wissel.yaml
var wisselYAML string

// Numbers of testdata/wissel.yaml, one for each way a call can go.
const (
	numberDirect   = "+31201234567" // to the platform, voice past us
	numberAnchored = "+31201234568" // to the platform, voice through us
	numberOutage   = "+31201234569" // to the flow
)

// system is something that is measured, on a network of its own: it listens at .1, calls come from .2, the primary
// answers at .3 and the backup at .4, all on port 5060.
type system struct {
	name string
	net  string
	proc *process // nil: sipp talks to sipp
	idle int64    // bytes it holds before any load
	api  *web.Client
}

func (s *system) host(n int) string { return fmt.Sprintf("%s.%d", s.net, n) }

// target is where the load goes.
func (s *system) target() string {
	if s.proc == nil {
		return s.host(3)
	}
	return s.host(1)
}

func (s *system) cpu() time.Duration {
	if s.proc == nil {
		return 0
	}
	return s.proc.cpu()
}

func (s *system) memory() int64 {
	if s.proc == nil {
		return 0
	}
	return s.proc.memory()
}

func (s *system) stop() {
	if s.proc != nil {
		s.proc.stop(3 * time.Second)
	}
}

// direct is sipp talking to sipp: the ceiling.
func (b *bench) direct(context.Context) (*system, error) {
	return &system{name: "sipp to sipp", net: b.network()}, nil
}

// wisselServer starts the binary under test and waits until it serves.
func (b *bench) wisselServer(ctx context.Context) (*system, error) {
	return b.wisselWith(ctx, wisselYAML, nil)
}

// wisselWith starts it with settings, and with what prepare (nil: nothing) puts into its folder.
func (b *bench) wisselWith(ctx context.Context, settings string, prepare func(dir string) error) (*system, error) {
	s := &system{name: "wissel", net: b.network()}
	dir, err := b.folder("wissel")
	if err != nil {
		return nil, err
	}
	if prepare != nil {
		if err := prepare(dir); err != nil {
			return nil, err
		}
	}
	file, err := write(dir, "wissel.yaml", settings, "NET", s.net, "DIR", dir)
	if err != nil {
		return nil, err
	}
	if err := b.serve(ctx, s, dir, file); err != nil {
		return nil, err
	}
	return s, nil
}

// serve starts `wissel serve` in dir and waits until it takes calls.
func (b *bench) serve(ctx context.Context, s *system, dir, file string) (err error) {
	if s.proc, err = start(dir, b.wissel, "serve", "--settings", file, "--log", "error"); err != nil {
		return err
	}
	s.api = web.NewClient("unix://" + filepath.Join(dir, "control.sock"))
	err = eventually(ctx, 15*time.Second, "wissel serves", func() bool {
		status, err := s.api.Status(ctx)
		return err == nil && status.State == "serving"
	})
	if err != nil {
		defer s.stop()
		return fmt.Errorf("%w; it printed: %s", err, s.proc.printed())
	}
	s.idle = s.memory()
	return nil
}

// tale is the outage flow of listeners who are measured: one long sentence and no more. The shipped one asks things, waits, and is
// shorter in a crowd, so that what is sent would depend on the load.
const tale = `flow: storing
languages: [{id: nl, key: "1"}]
start: message
steps:
  message: {say: {play: [outage.message], next: bye}}
  bye: {end: {play: [goodbye], reason: said}}
`

// prompt gives the outage flow three minutes of sound, so that listeners hear it without a break while they are measured.
func prompt(dir string) error {
	if _, err := write(dir, "tale.yaml", tale); err != nil {
		return err
	}
	dir = filepath.Join(dir, "prompts", "nl")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make a folder for prompts: %w", err)
	}
	f, err := os.Create(filepath.Join(dir, "outage.message.wav"))
	if err != nil {
		return fmt.Errorf("make a prompt: %w", err)
	}
	const rate = 8000
	if err := audio.WriteWAV(f, audio.Tone(170*time.Second, rate, -19, 440), rate); err != nil {
		return fmt.Errorf("write a prompt: %w", err)
	}
	return f.Close()
}

// up waits until wissel finds a trunk up, so that no trial begins with its first probe.
func (s *system) up(ctx context.Context, trunks ...string) error {
	if s.api == nil {
		return nil
	}
	return eventually(ctx, 10*time.Second, strings.Join(trunks, " and ")+" are up", func() bool {
		all, err := s.api.Carriers(ctx)
		n := 0
		for _, c := range all {
			for _, name := range trunks {
				if string(c.Trunk) == name && c.State == "up" {
					n++
				}
			}
		}
		return err == nil && n == len(trunks)
	})
}

// kamailio starts the peer with the fast allocator. defines are its timers: "FR_TIMER=500".
func (b *bench) kamailio(ctx context.Context, name string, defines ...string) (*system, error) {
	s := &system{name: name, net: b.network()}
	dir, err := b.folder("kamailio")
	if err != nil {
		return nil, err
	}
	modules, err := filepath.Glob("/usr/lib/*/kamailio/modules")
	if err != nil || len(modules) == 0 {
		return nil, fmt.Errorf("find kamailio's modules below /usr/lib: %v", err)
	}
	list := fmt.Sprintf("1 sip:%s:5060 0 10\n1 sip:%s:5060 0 5\n", s.host(3), s.host(4))
	if _, err := write(dir, "dispatcher.list", list); err != nil {
		return nil, err
	}
	file, err := write(dir, "kamailio.cfg", kamailioCfg, "NET", s.net, "DIR", dir, "MODULES", modules[0]+"/")
	if err != nil {
		return nil, err
	}
	args := []string{"-DD", "-E", "-m", "3000", "-M", "16", "-x", "fm", "-X", "fm", "-f", file, "-Y", dir, "-P", filepath.Join(dir, "pid")}
	for _, d := range defines {
		args = append(args, "-A", d)
	}
	if s.proc, err = start(dir, "kamailio", args...); err != nil {
		return nil, err
	}
	if err := listening(ctx, s.host(1), 5060); err != nil {
		defer s.stop()
		return nil, fmt.Errorf("%w; it printed: %s", err, s.proc.printed())
	}
	s.idle = s.memory()
	return s, nil
}

// sippArgs are those that keep sipp fast and exact.
var sippArgs = []string{"-nostdin", "-timer_resol", "1", "-buff_size", "4194304", "-max_recv_loops", "2000", "-max_sched_loops", "2000",
	"-t", "u1", "-trace_stat", "-fd", "1"}

// answers starts sipp as the answering side at .n of the system's network.
func (b *bench) answers(ctx context.Context, s *system, n int) (*process, error) {
	dir, err := b.folder("uas")
	if err != nil {
		return nil, err
	}
	file, err := write(dir, "uas.xml", uasXML)
	if err != nil {
		return nil, err
	}
	p, err := start(dir, "sipp", append([]string{"-sf", file, "-i", s.host(n), "-p", "5060"}, sippArgs...)...)
	if err != nil {
		return nil, err
	}
	if err := listening(ctx, s.host(n), 5060); err != nil {
		defer p.stop(time.Second)
		return nil, fmt.Errorf("%w; it printed: %s", err, p.printed())
	}
	return p, nil
}

// calls starts sipp as the calling side: count calls, rate a second, each from a number of its own.
func (b *bench) calls(s *system, rate, count int, extra ...string) (*process, error) {
	dir, err := b.folder("uac")
	if err != nil {
		return nil, err
	}
	file, err := write(dir, "uac.xml", uacXML)
	if err != nil {
		return nil, err
	}
	if _, err := write(dir, "callers.csv", callers(50_000)); err != nil {
		return nil, err
	}
	args := append([]string{s.target() + ":5060", "-sf", file, "-inf", "callers.csv", "-i", s.host(2), "-p", "5060", "-s", numberDirect,
		"-r", strconv.Itoa(rate), "-m", strconv.Itoa(count), "-l", "100000"}, sippArgs...)
	return start(dir, "sipp", append(args, extra...)...)
}

// callers is sipp's list of who calls.
func callers(n int) string {
	var text strings.Builder
	text.WriteString("SEQUENTIAL\n")
	for i := range n {
		fmt.Fprintf(&text, "+316%08d\n", 10_000_000+i)
	}
	return text.String()
}
