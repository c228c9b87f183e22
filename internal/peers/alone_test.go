package peers

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wissel/sip/sim"
)

// insideEnv, when set, makes this test program a caller instead, in the network namespace that it was started in: it
// rings wissel at the first address from the second, asks to be called back, and prints what it heard.
const insideEnv = "WISSEL_PEERS_INSIDE"

// heardInside is what it prints.
type heardInside struct {
	Answer   time.Duration // from INVITE to 200
	Sound    time.Duration // from INVITE to the first packet of voice
	Promised bool
	Ended    bool
	Faults   []string
}

func inside() int {
	addresses := strings.Fields(os.Getenv(insideEnv))
	return tellOutside(ringInside(addresses[0], addresses[1]))
}

// tellOutside prints what came of it for runInside, and gives the exit code.
func tellOutside(out any, err error) int {
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(out)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// runInside runs this program in the network of another process, with words in a variable of its environment that say what it is
// there, and reads what it prints.
func runInside(t *testing.T, pid string, most time.Duration, out any, env string, words ...string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, folder, "env", within(pid, []string{"-n"}, "env", env+"="+strings.Join(words, " "), self)...)
	if code := p.wait(most); code != 0 {
		t.Fatalf("inside it ended with %d: %s", code, p.out.String())
	}
	if err := json.Unmarshal([]byte(p.out.String()), out); err != nil {
		t.Fatalf("inside it said %q: %v", p.out.String(), err)
	}
}

// oneVeth makes two networks that have nothing but a cable between them, each held by a process.
func oneVeth(t *testing.T, ours string, theirs ...string) (us, them string) {
	t.Helper()
	us, them = apart(t, "-n"), apart(t, "-n")
	ip := func(pid string, args ...string) {
		t.Helper()
		must(t, append([]string{"nsenter", "-t", pid, "-n", "ip"}, args...)...)
	}
	ip(us, "link", "set", "lo", "up")
	ip(us, "link", "add", "to-carrier", "type", "veth", "peer", "name", "to-wissel", "netns", them)
	ip(us, "addr", "add", ours+"/29", "dev", "to-carrier")
	ip(us, "link", "set", "to-carrier", "up")
	ip(them, "link", "set", "lo", "up") // a program there is told by its own address
	for _, host := range theirs {
		ip(them, "addr", "add", host+"/29", "dev", "to-wissel")
	}
	ip(them, "link", "set", "to-wissel", "up")
	return us, them
}

func ringInside(wissel, from string) (out heardInside, err error) {
	sounds, err := shipped()
	if err != nil {
		return out, err
	}
	a, err := openActor("carrier", from, sim.Refuse(480))
	if err != nil {
		return out, err
	}
	c, err := a.place(sim.Dial{From: "+31612345001", Keys: []sim.Keys{{After: 300 * time.Millisecond, Digits: "21"}}}, wissel)
	if err != nil {
		return out, err
	}
	done, deadline := sounds.Clip("nl", "callback.done"), time.After(20*time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !out.Promised {
		select {
		case <-tick.C:
			out.Promised = c.ear.heard(done)
		case <-deadline:
			return out, fmt.Errorf("no promise: %+v", c.Record())
		}
	}
	c.Hangup("")
	select {
	case <-c.Done():
		out.Ended = true
	case <-deadline:
	}
	r := c.Record()
	out.Answer, out.Sound, out.Faults = r.Answered.Sub(r.Placed), c.ear.first.Sub(r.Placed), a.Ledger().Complaints
	return out, a.leave()
}

func TestWisselAnswersWhenItIsAllThatIsLeft(t *testing.T) {
	t.Parallel()
	const ours, theirs = "10.231.7.1", "10.231.7.2"
	us, them := oneVeth(t, ours, theirs)
	s := &server{t: t, net: "10.231.7", dir: t.TempDir()}
	// The platform has a name that nobody can resolve any more, the reserve an address that no route leads to.
	s.prepare(t, "sip:NET.3:5060", "sip:platform.example", "sip:NET.4:5060", "sip:192.0.2.7:5060")
	s.launch(within(us, []string{"-n"}, binary, "serve", "--settings", s.file())...)
	var heard heardInside
	runInside(t, them, 40*time.Second, &heard, insideEnv, ours, theirs)
	if heard.Answer > time.Second || heard.Sound > 2*time.Second || !heard.Promised || !heard.Ended || len(heard.Faults) != 0 {
		t.Errorf("the caller: %+v; want an answer in 1 s, a promise and an end", heard)
	}
	if code := s.stop(); code != 0 {
		t.Errorf("wissel ended with %d", code)
	}
	must(t, "chmod", "-R", "a+rwX", filepath.Join(s.dir, "store"))
	if rows := s.wished(); len(rows) != 1 || rows["+31612345001"].Kind == "" {
		t.Errorf("wishes: %v", rows)
	}
	row(t, "F43", "a network namespace with one veth to the carrier and nothing else: the flow answers after %d ms, sound after %d ms, the callback is stored",
		heard.Answer.Milliseconds(), heard.Sound.Milliseconds())
}
