package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// served are settings whose own address, 127.6.3.1, becomes the server's (server.host).
const served = `node: test
listen:
  sip:
    - {bind: "udp://127.6.3.1:5060"}
  media: {address: 127.6.3.1, ports: 20000-20099}
  control: unix://control.sock
store: store
trunks:
  carrier:  {role: carrier,  to: ["sip:127.6.3.2:5060"], probe: {off: true}}
  platform: {role: platform, to: ["sip:127.6.3.3:5060"], probe: {off: true}}
groups:
  support:
    numbers: ["+31201234567"]
    plans:
      normaal: [platform, flow:storing]
      storing: [flow:storing]
    active: normaal
`

// asWissel, when set, makes this test program be wissel itself.
const asWissel = "WISSEL_TEST_AS_WISSEL"

func TestMain(m *testing.M) {
	if os.Getenv(asWissel) != "" {
		main()
	}
	os.Exit(m.Run())
}

// eventually waits until ok, for at most ten seconds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(10 * time.Second)
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not in 10 s: %s", what)
		}
	}
}

// server is a `wissel serve` in a process of its own.
type server struct {
	t       *testing.T
	process *exec.Cmd
	control string
	host    string // its own address
	file    string // its settings
	log     string // file with what it says
}

// serving starts one, and waits until it serves.
func serving(t *testing.T) *server {
	t.Helper()
	return servingWith(t, served)
}

// servingWith starts one with settings of its own.
func servingWith(t *testing.T, settings string) *server {
	t.Helper()
	dir := t.TempDir()
	s := &server{t: t, host: freeHost(t), file: filepath.Join(dir, "wissel.yaml"), log: filepath.Join(dir, "log"), control: "--control=unix://" + filepath.Join(dir, "control.sock")}
	s.write(settings)
	t.Cleanup(func() {
		if s.process != nil && s.process.Process != nil && s.process.ProcessState == nil { // a test that failed did not end it
			_ = s.process.Process.Kill()
			_ = s.process.Wait()
		}
		if t.Failed() {
			t.Logf("the server said:\n%s", s.said())
		}
	})
	s.start()
	return s
}

// start starts it, and waits until it serves.
func (s *server) start() {
	s.t.Helper()
	log, err := os.Create(s.log)
	if err != nil {
		s.t.Fatal(err)
	}
	s.process = exec.Command(os.Args[0], "serve", "--settings", s.file)
	s.process.Env = append(os.Environ(), asWissel+"=1")
	s.process.Stdout, s.process.Stderr = log, log
	if err := errors.Join(s.process.Start(), log.Close()); err != nil {
		s.t.Fatal(err)
	}
	eventually(s.t, "it serves", func() bool {
		code, out, _ := s.wissel("status")
		return code == exitWell && strings.HasPrefix(out, "serving")
	})
}

// wissel runs another command against it.
func (s *server) wissel(args ...string) (code int, stdout, stderr string) {
	var out, err strings.Builder
	code = run(s.t.Context(), append([]string{"wissel", args[0], s.control}, args[1:]...), &out, &err)
	return code, out.String(), err.String()
}

// freeHost finds an address of loopback that nobody uses, so that tests run side by side.
func freeHost(t *testing.T) string {
	t.Helper()
	for range 100 {
		host := fmt.Sprintf("127.%d.%d.%d", 64+rand.IntN(64), rand.IntN(256), 1+rand.IntN(254))
		conn, err := net.ListenPacket("udp", host+":5060")
		if err != nil {
			continue
		}
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
		return host
	}
	t.Fatal("no address of loopback is free")
	return ""
}

// write replaces its settings.
func (s *server) write(settings string) {
	s.t.Helper()
	settings = strings.ReplaceAll(settings, "127.6.3.1", s.host)
	if err := os.WriteFile(s.file, []byte(settings), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// said is its log.
func (s *server) said() string {
	text, err := os.ReadFile(s.log)
	if err != nil {
		s.t.Error(err)
	}
	return string(text)
}

// send sends it a signal.
func (s *server) send(sig os.Signal) {
	s.t.Helper()
	if err := s.process.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

// ends waits for its end, which is to be a good one.
func (s *server) ends() {
	s.t.Helper()
	if err := s.process.Wait(); err != nil {
		s.t.Errorf("serve: %v\n%s", err, s.said())
	}
}

func TestEveryCommandOfAServer(t *testing.T) {
	s := serving(t)
	for _, c := range []struct {
		args   string // words, apart by |
		code   int
		stdout string
		stderr string
		keys   string // of the JSON answer, or of its first item
	}{
		{"status", exitWell, "platform", "", "node version state since pid settings store calls groups alarms"},
		{"carriers", exitWell, "udp:127.6.3.3:5060", "", "trunk role state calls limit addresses"},
		{"carriers|platform", exitWell, "what would change it", "", "trunk role state calls limit addresses health"},
		{"carriers|platfrom", exitFailed, "", "no trunk of that name", ""},
		{"carriers|platform|kpn", exitUsage, "", "the name of one trunk, or none", ""},
		{"calls", exitWell, "no calls now", "", ""},
		{"calls|--numbers", exitUsage, "", "needs --reason", ""},
		{"calls|--numbers|--reason|ticket 0", exitWell, "no calls now", "", ""},
		{"why|020 123 45 67", exitWell, "because", "", "number group plan steps reasons settings generation actor thresholds"},
		{"why|+31205550000", exitWell, "gets 404", "", "number refused steps reasons settings generation actor"},
		{"why|112", exitFailed, "", "emergency", ""},
		{"switch|support|--to|platform|--reason|ticket 1", exitWell, "pinned to platform", "", "id before after until notes"},
		{"switch|support|--plan|storing|--reason|ticket 2", exitWell, "then plan storing (chosen)", "", "id before after notes"},
		{"switch|support|--auto|--reason|over", exitWell, "is:  plan normaal", "", "id before after notes"},
		{"switch|support|--to|platform|--share|10%|--reason|ticket 3", exitWell, "pinned to platform for 10 % of the callers until", "", "id before after until notes"},
		{"switch|support|--auto|--reason|over again", exitWell, "is:  plan normaal", "", "id before after notes"},
		{"switch|support|--to|platform|--share|10|--reason|x", exitUsage, "", "give a part of the callers such as 10%", ""},
		{"switch|support|--plan|storing|--share|10%|--reason|x", exitUsage, "", "--share goes with --to", ""},
		{"timeline", exitWell, "ticket 3", "", "moments"},
		{"timeline|--group|suport", exitFailed, "", `did you mean "support"?`, ""},
		{"what-if|platform=down", exitWell, "nothing but flow:storing would be left", "", "groups settings"},
		{"what-if|udp:127.6.3.3:5060=up", exitWell, "nothing changes for 1 of 1 groups", "", "groups settings"},
		{"what-if|platfrom=down", exitFailed, "", `did you mean "platform"?`, ""},
		{"what-if|platform=dwon", exitFailed, "", `did you mean "down"?`, ""},
		{"what-if|platform", exitUsage, "", "give a trunk and a state", ""},
		{"what-if", exitUsage, "", "at least one trunk", ""},
		{"what-if|platform=down|platform=up", exitUsage, "", "platform cannot be down and up at once", ""},
		{"why|platform", exitFailed, "", "give a number of ours, or the whole id of a call or a decision", ""},
		{"handback|support|--reason|x", exitFailed, "", "nothing was switched by itself: plan normaal is tried in its own order", ""},
		{"handback|suport|--reason|x", exitFailed, "", `did you mean "support"?`, ""},
		{"handback|support", exitUsage, "", "needs --reason", ""},
		{"hours|support", exitWell, "support is open", "", "group zone at open by end_of_next_day"},
		{"hours|support|--close-until|2h|--reason|fire drill", exitWell, "is:  closed until", "", "id before after hours"},
		{"hours|support|--open-until|2h|--reason|ticket 4", exitWell, "because: an override: ticket 4", "", "id before after hours"},
		{"hours|support|--at|3h", exitWell, "so it is always open", "", "group zone at open by end_of_next_day"},
		{"hours|support|--load|--days|7", exitWell, "nobody called in that time", "", "group zone since until days calls wishes calls_closed wishes_closed cells"},
		{"hours|support|--load|--days|400", exitFailed, "", "400 days are outside 1 to 366", ""},
		{"hours|support|--open-until|yesterday|--reason|x", exitUsage, "", `--open-until "yesterday": give a time`, ""},
		{"hours|support|--open-until|60d|--reason|x", exitUsage, "", "give a time", ""},
		{"hours|support|--open-until|2000h|--reason|x", exitFailed, "", "more than 30 days away", ""},
		{"hours|support|--open-until|-2h|--reason|x", exitFailed, "", "is past", ""},
		{"hours|support|--open-until|2h", exitUsage, "", "needs --reason", ""},
		{"hours|support|--open-until|2h|--clear|--reason|x", exitUsage, "", "at a time", ""},
		{"hours|support|--reason|x", exitUsage, "", "--reason goes with", ""},
		{"hours|suport", exitFailed, "", `did you mean "support"?`, ""},
		{"flow|call|storing", exitUsage, "", "needs whom to ring", ""},
		{"flow|call|stroing|--over|platform|--number|0612345678", exitFailed, "", `did you mean "storing"?`, ""},
		{"flow|call|storing|--over|platform|--number|0900 1234", exitFailed, "", "premium", ""},
		{"flow|call|storing|--to|sip:anna@192.0.2.1", exitFailed, "", "is the address of no trunk, and wissel rings no other", ""},
		{"flow|call|storing|--over|platform|--number|0612345678", exitFailed, "not heard  storing", "it was not answered", ""},
		{"recordings|list", exitWell, "nobody has said anything", "", ""},
		{"recordings|list|--numbers", exitUsage, "", "needs --reason", ""},
		{"recordings|list|--numbers|--reason|ticket 0", exitWell, "nobody has said anything", "", ""},
		{"recordings|export|01890a5d", exitUsage, "", "needs --out", ""},
		{"recordings|export|01890a5d|--out|/nowhere/a.wav", exitFailed, "", "make the file", ""},
		{"recordings|remove|01890a5d|--reason|x", exitFailed, "", "there is no recording with this id", ""},
		{"callbacks", exitUsage, "", "wissel callbacks list", ""},
		{"callbacks|list|suport", exitFailed, "", "wissel: callbacks show suport: there is no group \"suport\" that calls back; did you mean \"support\"?", ""},
		{"callbacks|lst", exitUsage, "", `did you mean "list"?`, ""},
		{"callbacks|list", exitWell, "nobody waits to be called back", "", ""},
		{"callbacks|list|suport", exitFailed, "", `did you mean "support"?`, ""},
		{"callbacks|list|--numbers", exitUsage, "", "needs --reason", ""},
		{"callbacks|done|01890a5d|--reason|x", exitFailed, "", "no callback with this id is open", ""},
		{"callbacks|cancel|01890a5d", exitUsage, "", "needs --reason", ""},
		{"callbacks|turn|support|--reason|x", exitUsage, "", "one of --at and --clear", ""},
		{"callbacks|turn|support|--at|-2h|--reason|x", exitFailed, "", "is past", ""},
		{"callbacks|turn|support|--clear|--reason|x", exitFailed, "", "no time is set", ""},
		{"callbacks|turn|support|--at|2h|--reason|x", exitWell, "are expected: ", "", "group before after"},
		{"why|01890a5d-ac96-774b-bcce-b302099a8057", exitFailed, "", "there is no call and no decision with this id", ""},
		{"switch|suport|--auto|--reason|x", exitFailed, "", `did you mean "support"?`, ""},
		{"switch|support|--plan|nomaal|--reason|x", exitFailed, "", `did you mean "normaal"?`, ""},
		{"switch|support|--to|platfrom|--reason|x", exitFailed, "", `did you mean "platform"?`, ""},
		{"reload", exitWell, "have not changed", "", "before version"},
		{"audit", exitWell, "read-numbers", "", "ID Node Generation At Who From What Object Why Before After Seq Prev Hash"},
		{"audit|verify", exitWell, "none changed, taken out, moved or cut off", "", "node rows end sealed key"},
	} {
		args := strings.Split(c.args, "|")
		code, stdout, stderr := s.wissel(args...)
		if code != c.code || !strings.Contains(stdout, c.stdout) || !strings.Contains(stderr, c.stderr) || strings.Contains(stdout, "\x1b") {
			t.Errorf("%s: exit %d\n%s%s", c.args, code, stdout, stderr)
		}
		if c.code != exitWell {
			continue
		}
		code, stdout, stderr = s.wissel(append(args, "-o", "json")...)
		if err := hasKeys(stdout, c.keys); code != exitWell || err != nil {
			t.Errorf("%s -o json: exit %d, %v\n%s%s", c.args, code, err, stdout, stderr)
		}
	}
	if code, stdout, stderr := s.wissel("drain", "--end-calls"); code != exitWell || !strings.Contains(stdout, "the server stops") {
		t.Errorf("drain: exit %d\n%s%s", code, stdout, stderr)
	}
	s.ends()
}

// hasKeys reports what is wrong with a JSON answer that should have just these keys, in any order ("": an empty list).
func hasKeys(text, keys string) error {
	var one map[string]any
	if err := json.Unmarshal([]byte(text), &one); err != nil {
		var list []map[string]any
		if err := json.Unmarshal([]byte(text), &list); err != nil {
			return err
		}
		if len(list) > 0 {
			one = list[0]
		}
	}
	want := strings.Fields(keys)
	for _, key := range want {
		if _, ok := one[key]; !ok {
			return fmt.Errorf("there is no %q", key)
		}
	}
	if len(one) != len(want) {
		return fmt.Errorf("there are %d keys, want %q", len(one), keys)
	}
	return nil
}

func TestAPinSurvivesKill9(t *testing.T) {
	s := serving(t)
	if code, _, stderr := s.wissel("switch", "support", "--to", "platform", "--until", "2h", "--reason", "ticket 1"); code != exitWell {
		t.Fatal(stderr)
	}
	s.send(syscall.SIGKILL)
	_ = s.process.Wait() // it was killed: that is its error
	s.start()
	if _, stdout, stderr := s.wissel("status"); !strings.Contains(stdout, "pinned to platform until") || !strings.Contains(stdout, "ticket 1") {
		t.Errorf("after kill -9:\n%s%s", stdout, stderr)
	}
	s.send(syscall.SIGTERM)
	s.ends()
}

func TestServeObeysSignals(t *testing.T) {
	s := serving(t)
	s.write(strings.Replace(served, "active: normaal", "active: nomaal", 1))
	s.send(syscall.SIGHUP)
	eventually(t, "SIGHUP tells what is wrong", func() bool { return strings.Contains(s.said(), "msg=reload") })
	s.write(strings.Replace(served, "active: normaal", "active: storing", 1))
	s.send(syscall.SIGHUP)
	eventually(t, "SIGHUP takes good settings over", func() bool { _, out, _ := s.wissel("status"); return strings.Contains(out, "plan storing") })
	s.send(syscall.SIGTERM)
	s.ends()
	if code, _, stderr := s.wissel("status"); code != exitFailed || !strings.Contains(stderr, "is `wissel serve` running") {
		t.Errorf("status after the end: exit %d, %s", code, stderr)
	}
}
