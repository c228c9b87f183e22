package smpp

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"io"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"wissel/internal/sms/smstest"
)

// library is where .ci/tools puts npm's smpp.
const library = "../../../out/npm"

const password = "s3cret-pass"

// smsc is the program in testdata/smsc.js: the server side of npm's smpp, which is not ours.
type smsc struct {
	t    *testing.T
	port int

	mu    sync.Mutex
	in    io.Writer
	calls int
	wait  map[int]chan bool
	parts []part
	seen  map[string]int // how often each event was told
}

// part is one submit_sm as the SMSC read it.
type part struct {
	ID, From, To, Body, Valid string
	UDH                       []string
	Coding, Receipts          int
}

func startSMSC(t *testing.T, more ...string) *smsc {
	t.Helper()
	if out, err := exec.Command("node", "-e", "require(require('path').resolve('"+library+"/node_modules/smpp'))").CombinedOutput(); err != nil {
		t.Fatalf("npm's smpp is not in out/npm: run .ci/tools test in the root of the repository (%v)\n%.300s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), "node", append([]string{"testdata/smsc.js", "../../../../out/npm", password}, more...)...)
	cmd.Args[2] = absolute(t, library)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &smsc{t: t, in: in, wait: map[int]chan bool{}, seen: map[string]int{}}
	listening := make(chan int, 1)
	var reading sync.WaitGroup
	reading.Go(func() { s.read(out, listening) })
	t.Cleanup(func() {
		_ = in.Close() // it ends with its stdin
		reading.Wait()
		_ = cmd.Wait()
	})
	select {
	case s.port = <-listening:
	case <-time.After(20 * time.Second):
		t.Fatal("the SMSC does not listen after 20 s")
	}
	return s
}

func (s *smsc) read(out io.Reader, listening chan<- int) {
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var e struct {
			part
			Event string
			Port  int
			N     int
			OK    bool
		}
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			s.t.Errorf("the SMSC says %s", lines.Bytes())
			continue
		}
		s.mu.Lock()
		s.seen[e.Event]++
		switch e.Event {
		case "listening":
			listening <- e.Port
		case "taken":
			s.parts = append(s.parts, e.part)
		case "done":
			s.wait[e.N] <- e.OK
			delete(s.wait, e.N)
		}
		s.mu.Unlock()
	}
}

// do gives a command, and whether it was done well. Whoever hears that has also heard all that the SMSC took before it.
func (s *smsc) do(command map[string]any) bool {
	s.t.Helper()
	s.mu.Lock()
	s.calls++
	n, done := s.calls, make(chan bool, 1)
	s.wait[n] = done
	command["n"] = n
	line, err := json.Marshal(command)
	if err == nil {
		_, err = s.in.Write(append(line, '\n'))
	}
	s.mu.Unlock()
	if err != nil {
		s.t.Fatalf("the SMSC takes no command: %v", err)
	}
	select {
	case ok := <-done:
		return ok
	case <-time.After(10 * time.Second):
		s.t.Fatalf("the SMSC does not finish %v", command)
		return false
	}
}

func (s *smsc) Behave(m smstest.Manner) { s.do(map[string]any{"do": "behave", "manner": m}) }
func (s *smsc) Release()                { s.do(map[string]any{"do": "release"}) }
func (s *smsc) Cut()                    { s.do(map[string]any{"do": "cut"}) }
func (s *smsc) Down()                   { s.do(map[string]any{"do": "down"}) }
func (s *smsc) Up()                     { s.do(map[string]any{"do": "up"}) }
func (s *smsc) Receipt(id string, delivered bool) bool {
	return s.do(map[string]any{"do": "receipt", "id": id, "delivered": delivered})
}

func (s *smsc) Incoming(from, to, body string) bool {
	return s.do(map[string]any{"do": "incoming", "from": from, "to": to, "body": body})
}

func (s *smsc) events(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen[name]
}

func (s *smsc) all() []part {
	s.do(map[string]any{"do": "nothing"})
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.parts)
}

func (s *smsc) IDs(to string) (ids []string) {
	for _, p := range s.all() {
		if p.To == to {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

// Taken joins parts by their headers, as a phone does (TS 23.040 §9.2.3.24.1).
func (s *smsc) Taken() (all []smstest.Taken) {
	type of struct{ to, ref string }
	bodies, left := map[of]map[int]string{}, map[of]int{}
	for _, p := range s.all() {
		if len(p.UDH) == 0 {
			all = append(all, smstest.Taken{From: p.From, To: p.To, Body: p.Body})
			continue
		}
		h, err := hex.DecodeString(p.UDH[0])
		if err != nil || len(h) != 5 || h[0] != 0 || h[1] != 3 {
			s.t.Errorf("a part with the header %q", p.UDH)
			continue
		}
		at := of{p.To, strconv.Itoa(int(h[2]))}
		if bodies[at] == nil {
			bodies[at], left[at] = map[int]string{}, int(h[3])
		}
		bodies[at][int(h[4])] = p.Body
		if left[at]--; left[at] == 0 {
			whole := ""
			for i := range int(h[3]) {
				whole += bodies[at][i+1]
			}
			all = append(all, smstest.Taken{From: p.From, To: p.To, Body: whole})
		}
	}
	return all
}
