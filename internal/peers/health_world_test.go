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
	pid   string   // of the process that holds the network
	mount string   // of one that holds files of wissel's own, if it has any
	far   string   // of one that holds the network of the others, if that is not wissel's
	voice string   // file of what callers say, where they say anything
	words []string // more to replace in their scenario, in pairs
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

// newFarWorld makes a world in which wissel is alone in its network: the others, and a router on the way, are behind one
// interface.
func newFarWorld(t *testing.T, replace ...string) *world {
	t.Helper()
	w := &world{server: &server{t: t, net: "10.231.9", dir: t.TempDir()}, pid: apart(t, "-n"), far: apart(t, "-n")}
	w.root("ip", "link", "set", "lo", "up")
	w.root("ip", "link", "add", "out", "type", "veth", "peer", "name", "in", "netns", w.far)
	w.root("ip", "addr", "add", w.wissel()+"/24", "dev", "out")
	w.root("ip", "link", "set", "out", "up")
	for _, host := range []string{w.carrier(), w.platform(), w.reserve(), w.router()} {
		must(t, "nsenter", "-t", w.far, "-n", "ip", "addr", "add", host+"/24", "dev", "in")
	}
	must(t, "nsenter", "-t", w.far, "-n", "ip", "link", "set", "in", "up")
	must(t, "nsenter", "-t", w.far, "-n", "ip", "link", "set", "lo", "up")
	w.root("ip", "route", "add", "default", "via", w.router())
	w.prepare(t, replace...)
	return w
}

// router is the way out of a far world.
func (w *world) router() string { return w.net + ".254" }

// others is the process that holds the network of everyone but wissel.
func (w *world) others() string {
	if w.far != "" {
		return w.far
	}
	return w.pid
}

// out is a command line that runs where everyone but wissel is, as ourselves.
func (w *world) out(args ...string) []string { return within(w.others(), []string{"-n"}, args...) }

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
	p := sippAt(w.t, w.out, scenario, replace, append([]string{"-i", host, "-p", "5060", "-t", "u1", "-watchdog_interval", "0"}, more...)...)
	listeningIn(w.t, w.others(), "udp", host+":5060")
	return p
}

// places starts a sipp as the carrier that places calls for so long, rate a second, each by a caller of his own.
func (w *world) places(scenario string, rate int, long time.Duration, more ...string) *process {
	w.t.Helper()
	n := fmt.Sprint(int(long.Seconds() * float64(rate)))
	args := []string{w.wissel() + ":5060", "-s", number, "-i", w.carrier(), "-p", "5060", "-t", "u1", "-inf", "callers.csv",
		"-m", n, "-l", n, "-r", fmt.Sprint(rate), "-recv_timeout", "60000", "-trace_rtt", "-rtt_freq", "1"}
	return sippAt(w.t, w.out, scenario, append([]string{"VOICE", w.voice}, w.words...), append(args, more...)...)
}

// front is a Kamailio before a platform.
type front struct {
	*process
	control string
}

// front starts Kamailio at a host of the world; what comes to it goes on to next. flags are more of its arguments; with
// WITH_TLS it has the certificate front.pem of the world's folder.
func (w *world) front(host, next string, flags ...string) *front {
	w.t.Helper()
	dir := filepath.Join(w.dir, "front")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		w.t.Fatal(err)
	}
	for _, name := range []string{"front.cfg", "tls.cfg"} {
		text, err := os.ReadFile("testdata/" + name)
		if err != nil {
			w.t.Fatal(err)
		}
		write(w.t, dir, name, string(text), "HOST", host, "DIR", w.dir, "NEXT", next)
	}
	line := w.out(append([]string{"kamailio", "-DD", "-E", "-f", dir + "/front.cfg", "-Y", dir, "-w", dir, "-m", "64", "-M", "8"}, flags...)...)
	f := &front{start(w.t, dir, line[0], line[1:]...), filepath.Join(dir, "ctl.sock")}
	listeningIn(w.t, w.others(), "udp", host+":5060")
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
