package health

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"wissel"
)

func TestStandingStill(t *testing.T) {
	base := time.Now()
	ms := func(n int) time.Time { return base.Add(time.Duration(n) * time.Millisecond) }
	rows := []struct {
		name         string
		due, wakes   int // when the loop meant to wake and when it did; -1: it has not
		began, ended int // of what met silence
		want         bool
	}{
		{"the loop wakes in time", 1000, 1000, 500, 1500, false},
		{"it wakes a little late", 1000, 1150, 500, 1500, false},
		{"it wakes too late while something was on its way", 1000, 1151, 500, 1500, true},
		{"something began after that, and ends at once", 1000, 1200, 1201, 1400, true},
		{"something began after that, and had time", 1000, 1200, 1201, 1501, false},
		{"it has not woken yet, and should have", 1000, -1, 500, 1151, true},
		{"it has not woken yet, and need not", 1000, -1, 500, 1100, false},
	}
	for _, row := range rows {
		p := pulse{base: base}
		p.arm(ms(row.due))
		if row.wakes >= 0 {
			p.look(ms(row.wakes))
			p.arm(ms(row.wakes + 2000))
		}
		if got := p.stood(ms(row.began), ms(row.ended)); got != row.want {
			t.Errorf("%s: %v", row.name, got)
		}
	}
	idle := pulse{base: base}
	if idle.stood(ms(0), ms(100_000)) {
		t.Error("a loop that does not run cannot be late")
	}
}

// overUDP is a Prober that sends a datagram and waits for its echo.
type overUDP struct{}

func (overUDP) Probe(ctx context.Context, _ *wissel.Trunk, a wissel.Address) Observation {
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(a.AddrPort))
	if err != nil {
		return Observation{Unable: err}
	}
	defer c.Close()
	if _, err := c.Write([]byte("OPTIONS")); err != nil {
		return Observation{Unable: err}
	}
	end, _ := ctx.Deadline()
	if err := c.SetReadDeadline(end); err != nil {
		return Observation{Unable: err}
	}
	if _, err := c.Read(make([]byte, 100)); err != nil {
		return Observation{}
	}
	return Observation{Status: 200}
}

// echo gives the address of a peer that answers all it hears 150 ms later, until the test ends.
func echo(t *testing.T) string {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var reads sync.WaitGroup
	reads.Go(func() {
		buf := make([]byte, 100)
		for {
			n, from, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			answer := bytes.Clone(buf[:n])
			time.AfterFunc(150*time.Millisecond, func() { _, _ = c.WriteTo(answer, from) })
		}
	})
	t.Cleanup(func() { c.Close(); reads.Wait() })
	return c.LocalAddr().String()
}

// pausedPeers is the variable that makes this test binary the process of TestAPauseOfOursMakesNobodyDown.
const pausedPeers = "WISSEL_PAUSED_PEERS"

// TestAPauseOfOursMakesNobodyDown stops a process with a Board in it, again and again, for longer than its timeouts; the
// two peers that it probes are here and answer always (FAULTS F30).
func TestAPauseOfOursMakesNobodyDown(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), pausedPeers+"="+echo(t)+" "+echo(t))
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	send := func(after time.Duration, what syscall.Signal) {
		<-time.After(after)
		if err := cmd.Process.Signal(what); err != nil {
			t.Fatal(err)
		}
	}
	for _, long := range []time.Duration{700, 700, 50, 700, 700, 250} {
		send(400*time.Millisecond, syscall.SIGSTOP)
		send(long*time.Millisecond, syscall.SIGCONT)
	}
	<-time.After(700 * time.Millisecond)
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, out.String())
	}
}

// paused probes peers and doubts one of them all the time, until SIGTERM. It gives 1 when anybody was ever Down, or when
// the pauses were not noticed.
func paused(peers []string) (code int) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	north := wissel.Address{Transport: wissel.UDP, AddrPort: netip.MustParseAddrPort(peers[0])}
	south := wissel.Address{Transport: wissel.UDP, AddrPort: netip.MustParseAddrPort(peers[1])}
	trunks := map[wissel.TrunkID]*wissel.Trunk{
		"north": {ID: "north", Addresses: []wissel.Address{north}, // probed by bursts alone
			Probe:  wissel.Probe{Every: time.Hour, Fast: 50 * time.Millisecond},
			Timers: wissel.Timers{Doubt: 250 * time.Millisecond, Quiet: 750 * time.Millisecond}},
		"south": {ID: "south", Addresses: []wissel.Address{south},
			Probe: wissel.Probe{Every: 50 * time.Millisecond, Fast: 50 * time.Millisecond, Timeout: 500 * time.Millisecond}},
	}
	var down atomic.Int32
	b := NewBoard(DefaultPolicy(), nil)
	b.Watch(func(c Transition) {
		fmt.Println(c.Before, c.After, c.Evidence)
		if c.After == wissel.Down {
			down.Add(1)
		}
	})
	b.Set(trunks)
	done := make(chan error)
	go func() { done <- b.Run(ctx, overUDP{}) }()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-tick.C:
			b.Doubt(north, time.Now())
		}
	}
	err := <-done
	fmt.Printf("Run ended with %v, %+v\n", err, b.Counts())
	if err != nil || down.Load() != 0 || b.Counts().Pauses < 4 {
		return 1
	}
	return 0
}
