package transport

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"
)

// FAULTS A4: 5,000 half requests from 20 addresses; the others are answered meanwhile.
func TestHalfRequestsHoldUpNobody(t *testing.T) {
	ls := settings("tcp://0.0.0.0:0")
	s, in := run(t, Options{Listeners: []Settings{ls}})
	to := fmt.Sprintf("127.0.0.1:%d", s.Listener(0).Bind.Port())
	dial := func(from string) (net.Conn, error) {
		d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.MustParseAddrPort(from + ":0"))}
		return d.Dial("tcp4", to)
	}
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc + m.StackInuse
	}
	before := heap()
	var wg sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	for i := range 20 {
		wg.Go(func() {
			for range 250 {
				c, err := dial(fmt.Sprintf("127.0.1.%d", i+1))
				if err != nil {
					continue // refused and closed at once, or no port left: both are its own trouble
				}
				_, _ = c.Write([]byte(options[:40])) // over the cap it is closed already
				mu.Lock()
				open = append(open, c)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	worst := time.Duration(0)
	for range 20 {
		began := time.Now()
		c, err := dial("127.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write([]byte(options)); err != nil {
			t.Fatal(err)
		}
		p := in.packet(t)
		if err := s.Send(p.Path, []byte("SIP/2.0 200 OK\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
		_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
		b := make([]byte, 64)
		if n, err := c.Read(b); err != nil || !bytes.HasPrefix(b[:n], []byte("SIP/2.0 200")) {
			t.Fatalf("%q, %v", b[:n], err)
		}
		worst = max(worst, time.Since(began))
		_ = c.Close()
	}
	if n := s.Stats().Connections; n > 20*ls.PerSource+20 {
		t.Errorf("%d connections are open", n)
	}
	if grown := int64(heap()) - int64(before); grown > 40<<20 {
		t.Errorf("%d bytes are held", grown)
	}
	if worst > time.Second { // the figure is 50 ms on a machine of its own; here others work too
		t.Errorf("the slowest answer took %s", worst)
	}
	for _, c := range open {
		_ = c.Close()
	}
}

// FAULTS F32: without file descriptors new connections are refused at once, UDP goes on, and all recovers. The limit is
// of a whole process, so it is another one that lives through it.
func TestWithoutDescriptorsTheListenersLive(t *testing.T) {
	if os.Getenv("WISSEL_TEST_DESCRIPTORS") == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestWithoutDescriptorsTheListenersLive$", "-test.v")
		cmd.Env = append(os.Environ(), "WISSEL_TEST_DESCRIPTORS=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	ls := settings("tcp://127.0.0.1:0")
	ls.PerSource = 1000
	s, in := run(t, Options{Listeners: []Settings{ls, settings("udp://127.0.0.1:0")}})
	peer := listenUDP(t, "127.0.0.1:0")
	var callers []int
	for range 5 {
		fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
		if err != nil {
			t.Fatal(err)
		}
		callers = append(callers, fd)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 64, Max: 64}); err != nil {
		t.Fatal(err)
	}
	var taken []*os.File
	for {
		f, err := os.Open(os.DevNull)
		if err != nil {
			if !errors.Is(err, syscall.EMFILE) {
				t.Fatal(err)
			}
			break
		}
		taken = append(taken, f)
	}
	at := s.Listener(0).Bind
	for _, fd := range callers {
		if err := syscall.Connect(fd, &syscall.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()}); err != nil {
			t.Fatal(err)
		}
	}
	// There is no descriptor for our ends of these: the reserve refuses them, one after another.
	for until := time.Now().Add(20 * time.Second); s.Stats().Refused < 5; {
		if time.Now().After(until) {
			t.Fatalf("nothing was refused: %+v", s.Stats())
		}
		runtime.Gosched()
	}
	if _, err := peer.WriteToUDPAddrPort([]byte("UDP goes on"), s.Listener(1).Bind); err != nil {
		t.Fatal(err)
	}
	if p := in.packet(t); string(p.Data) != "UDP goes on" {
		t.Errorf("%q", p.Data)
	}
	for _, f := range taken {
		_ = f.Close()
	}
	deadline := time.Now().Add(20 * time.Second)
	for {
		c, err := net.Dial("tcp4", s.Listener(0).Bind.String())
		if err == nil {
			if _, err = c.Write([]byte(options)); err == nil {
				break
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("it does not recover: %v", err)
		}
		runtime.Gosched()
	}
	for p := in.packet(t); string(p.Data) != options; p = in.packet(t) {
	}
	if s.Stats().AcceptErrors == 0 || s.Stats().Restarts != 0 {
		t.Errorf("%+v", s.Stats())
	}
}
