package peers

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// binary is the wissel under test, built once.
var binary string

func TestMain(m *testing.M) {
	if os.Getenv(insideEnv) != "" { // this is a caller inside a network namespace, see alone_test.go
		os.Exit(inside())
	}
	if os.Getenv(crisisEnv) != "" { // an operator inside one, see crisis_test.go
		os.Exit(insideCrisis())
	}
	if os.Getenv(dnsEnv) != "" { // a name server, see health_dns_test.go
		os.Exit(nameServer())
	}
	if os.Getenv(orphanEnv) != "" { // this is a run of the tests that is about to be killed, see orphan_test.go
		os.Exit(orphaned())
	}
	if os.Getenv(witnessEnv) != "" { // a witness of the machine's own lateness, see witness_test.go
		os.Exit(witnessed())
	}
	flag.Parse()
	// Most tests here wait for others most of the time, so more of them than there are cores run side by side.
	if err := flag.Set("test.parallel", "6"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	// Kamailio and iptables live where an ordinary user's shell may not look.
	if err := os.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin:/sbin"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	dir, err := os.MkdirTemp("", "wissel-peers-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binary = filepath.Join(dir, "wissel")
	build := exec.Command("go", "build", "-o", binary, "wissel/cmd/wissel")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	code := 1
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build wissel: %v\n%s", err, out)
	} else {
		code = m.Run()
	}
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

// process is a program that a test started, and ends by its own id.
type process struct {
	t    *testing.T
	name string
	cmd  *exec.Cmd
	out  output
	done chan struct{}
	err  error // of Wait; read after done
}

// output collects what a program prints; safe for concurrent use.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// start runs a program in dir until the test ends or it ends by itself.
func start(t *testing.T, dir, name string, args ...string) *process {
	t.Helper()
	p := &process{t: t, name: filepath.Base(name), cmd: exec.Command(name, args...), done: make(chan struct{})}
	p.cmd.Dir = dir
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.out
	p.cmd.Env = append(os.Environ(), "TERM=dumb", "HOME="+dir)
	if err := fork(p.cmd); err != nil {
		t.Fatalf("start %s: %v", p.name, err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("%s printed:\n%s", p.name, last(p.out.String(), 2500))
			p.errors()
		}
	})
	return p
}

// errors logs what a sipp found wrong.
func (p *process) errors() {
	files, err := filepath.Glob(filepath.Join(p.cmd.Dir, "scenario_*_errors.log"))
	if err != nil {
		p.t.Error(err)
	}
	for _, f := range files {
		if text, err := os.ReadFile(f); err == nil {
			p.t.Logf("%s:\n%s", filepath.Base(f), last(string(text), 2500))
		}
	}
}

// last gives the end of a long text.
func last(s string, n int) string {
	if len(s) > n {
		return "…" + s[len(s)-n:]
	}
	return s
}

// signal sends a signal to the process and its children; one that has ended gets none.
func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	select {
	case <-p.done:
		return
	default:
	}
	err := syscall.Kill(-p.cmd.Process.Pid, s)
	if errors.Is(err, syscall.EPERM) { // it was started through sudo
		kill := asRoot("kill", "-"+strconv.Itoa(int(s)), "--", "-"+strconv.Itoa(p.cmd.Process.Pid))
		err = exec.Command(kill[0], kill[1:]...).Run()
	}
	if err != nil && !errors.Is(err, syscall.ESRCH) {
		p.t.Errorf("send %v to %s: %v", s, p.name, err)
	}
}

// kill ends the process at once (kill -9) and waits until it is gone.
func (p *process) kill() {
	p.signal(syscall.SIGKILL)
	<-p.done
}

// wait waits until the process ends by itself, and gives its exit code.
func (p *process) wait(most time.Duration) int {
	p.t.Helper()
	select {
	case <-p.done:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(most):
		p.t.Fatalf("%s did not end in %v", p.name, most)
		return -1
	}
}

// eventually waits until ok, for at most most.
func eventually(t *testing.T, most time.Duration, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(most)
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not in %v: %s", most, what)
		}
	}
}

// nets gives each test a loopback network of its own, so that no two meet on a port.
var nets atomic.Uint32

// network is the first three bytes of addresses that are one test's own: "127.77.1". The second byte is drawn by the
// process, so that two runs at once do not meet either.
func network() string {
	n := int(nets.Add(1))
	return fmt.Sprintf("127.%d.%d", 10+(os.Getpid()+n/250)%240, n%250+1)
}

// listening waits until something listens on an address over "udp" or "tcp". It looks and does not touch: to try the port
// by binding it could keep the one who is waited for from it.
func listening(t *testing.T, transport, addr string) {
	t.Helper()
	listeningIn(t, "self", transport, addr)
}

// listeningIn is listening in the network of a process.
func listeningIn(t *testing.T, pid, transport, addr string) {
	t.Helper()
	at := netip.MustParseAddrPort(addr)
	ip := at.Addr().As4()
	entry := fmt.Sprintf(" %02X%02X%02X%02X:%04X ", ip[3], ip[2], ip[1], ip[0], at.Port()) // as proc(5) writes it, the low byte first
	eventually(t, 20*time.Second, addr+" is listened on", func() bool {
		table, err := os.ReadFile("/proc/" + pid + "/net/" + transport)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(string(table), "\n") {
			local, _, _ := strings.Cut(strings.TrimLeft(line, " 0123456789"), "00000000:")
			if strings.Contains(local+" ", ":"+entry) {
				return true
			}
		}
		return false
	})
}

// side runs the parts of a test side by side, in the order in which they are given: those of t.Parallel start in any, and the
// longest would be left for the end.
type side struct {
	t     *testing.T
	slots chan struct{}
	wg    sync.WaitGroup
}

// newSide makes room for so many at a time.
func newSide(t *testing.T, most int) *side { return &side{t: t, slots: make(chan struct{}, most)} }

// run waits for room, and starts a part.
func (s *side) run(name string, part func(t *testing.T)) {
	s.slots <- struct{}{}
	s.wg.Go(func() {
		defer func() { <-s.slots }()
		s.t.Run(strings.ReplaceAll(name, " ", "_"), part)
	})
}

// wait waits until all have ended.
func (s *side) wait() { s.wg.Wait() }

// write puts a file into dir and gives its path.
func write(t *testing.T, dir, name, text string, replace ...string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(strings.NewReplacer(replace...).Replace(text)), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
