package peers

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// world is a network namespace of a test's own, with a wissel in it, its platform, and the reserve that it falls back on.
// Every program in it is started through nsenter; its files and its control socket are ours.
type world struct {
	*server
	pid   string // of the process that holds the network
	mount string // of one that holds files of wissel's own, if it has any
}

// newWorld makes a world with wissel's settings and an interface lo, and nothing in it that runs. replace are pairs of what
// to replace in the usual settings.
func newWorld(t *testing.T, replace ...string) *world {
	t.Helper()
	w := &world{server: &server{t: t, net: network(), dir: t.TempDir()}}
	w.pid = apart(t, "-n")
	w.root("ip", "link", "set", "lo", "up")
	w.prepare(t, replace...)
	return w
}

// in is a command line that runs in the world as ourselves.
func (w *world) in(args ...string) []string { return within(w.pid, []string{"-n"}, args...) }

// root runs a command in the world, as root, to its end.
func (w *world) root(args ...string) string {
	w.t.Helper()
	return must(w.t, append([]string{"nsenter", "-t", w.pid, "-n"}, args...)...)
}

// iptables changes the world's packet filter.
func (w *world) iptables(args ...string) {
	w.t.Helper()
	w.root(append([]string{"iptables", "-w"}, args...)...)
}

// loses drops a part of all packets from and to a host, from now on.
func (w *world) loses(part float64, host string) {
	w.t.Helper()
	for _, way := range []string{"-s", "-d"} {
		w.iptables("-A", "INPUT", way, host, "-m", "statistic", "--mode", "random", "--probability", fmt.Sprint(part), "-j", "DROP")
	}
}

// begin starts wissel and waits until it takes calls and finds the trunks up.
func (w *world) begin(up ...string) {
	w.t.Helper()
	line := []string{binary, "serve", "--settings", w.file()}
	if w.mount != "" {
		w.launch(within(w.mount, []string{"-n", "-m"}, line...)...)
	} else {
		w.launch(w.in(line...)...)
	}
	for _, trunk := range up {
		w.health(trunk, "up")
	}
}

// answers starts a sipp that takes calls at a host of the world until the test ends; more are arguments for sipp.
func (w *world) answers(host, scenario string, replace []string, more ...string) *process {
	w.t.Helper()
	p := sippAt(w.t, w.in, scenario, replace, append([]string{"-i", host, "-p", "5060", "-t", "u1", "-watchdog_interval", "0"}, more...)...)
	listeningIn(w.t, w.pid, "udp", host+":5060")
	return p
}

// places starts a sipp as the carrier that places calls for so long, rate a second, each by a caller of his own.
func (w *world) places(scenario string, rate int, long time.Duration, more ...string) *process {
	w.t.Helper()
	n := fmt.Sprint(int(long.Seconds() * float64(rate)))
	args := []string{w.wissel() + ":5060", "-s", number, "-i", w.carrier(), "-p", "5060", "-t", "u1", "-inf", "callers.csv",
		"-m", n, "-l", n, "-r", fmt.Sprint(rate), "-recv_timeout", "60000", "-trace_rtt", "-rtt_freq", "1"}
	return sippAt(w.t, w.in, scenario, nil, append(args, more...)...)
}

// front is a Kamailio before a platform.
type front struct {
	*process
	control string
}

// front starts Kamailio at a host of the world; what comes to it goes on to next. flags are more of its arguments.
func (w *world) front(host, next string, flags ...string) *front {
	w.t.Helper()
	dir := filepath.Join(w.dir, "front")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		w.t.Fatal(err)
	}
	text, err := os.ReadFile("testdata/front.cfg")
	if err != nil {
		w.t.Fatal(err)
	}
	write(w.t, dir, "front.cfg", string(text), "HOST", host, "DIR", w.dir, "NEXT", next)
	line := w.in(append([]string{"kamailio", "-DD", "-E", "-f", dir + "/front.cfg", "-Y", dir, "-w", dir, "-m", "64", "-M", "8"}, flags...)...)
	f := &front{start(w.t, dir, line[0], line[1:]...), filepath.Join(dir, "ctl.sock")}
	listeningIn(w.t, w.pid, "udp", host+":5060")
	eventually(w.t, 10*time.Second, "Kamailio takes commands", func() bool { return exec.Command("kamcmd", "-s", "unix:"+f.control, "core.uptime").Run() == nil })
	return f
}

// does tells the front what to do with "calls" or "options", or what its "next" is, from now on.
func (f *front) does(what, value string) {
	f.t.Helper()
	f.command("pv.shvSet", what, "str", value)
}

// command has the front carry out a command of its own.
func (f *front) command(args ...string) {
	f.t.Helper()
	if out, err := exec.Command("kamcmd", append([]string{"-s", "unix:" + f.control}, args...)...).CombinedOutput(); err != nil {
		f.t.Fatalf("kamcmd %v: %v\n%s", args, err, out)
	}
}
