//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// moved is what one death of the primary did to new calls.
type moved struct {
	System, Death string
	Calls         int
	Delayed       int           // calls that rang more than 100 ms later than usual
	P50, Most     time.Duration // how much later these rang; without any, the most by which any call did
	Tried         int           // calls that tried the primary after its death; -1: could not be counted
	Until         time.Duration // from its death until the last new call tried it
	Lost          int           // calls that neither rang nor were answered
	Ringing       int           // calls that rang at the primary when it died, and were not answered within the trial
}

const delayed = 100 * time.Millisecond

// failover kills the primary under load, in two ways, for wissel and for Kamailio with tuned and with its sample's timers.
func (b *bench) failover(ctx context.Context) error {
	systems := []opener{
		func(ctx context.Context) (*system, error) {
			return b.kamailio(ctx, "Kamailio sample", "FR_TIMER=2000", "PING=60")
		},
		func(ctx context.Context) (*system, error) {
			return b.kamailio(ctx, "Kamailio tuned", "FR_TIMER=500", "PING=1", "THRESH=1", "MARK=1")
		},
		b.wisselServer,
	}
	for _, death := range []string{"closed port", "silent"} {
		for _, open := range systems {
			s, err := open(ctx)
			if err != nil {
				return err
			}
			m, err := b.strike(ctx, s, death)
			s.stop()
			if err != nil {
				return fmt.Errorf("%s, %s: %w", s.name, death, err)
			}
			b.say("%-15s %-11s: %d calls, lost %d, left ringing %d, delayed %d, by p50 %s most %s ms; %d calls tried it once dead, the last %s ms after",
				m.System, m.Death, m.Calls, m.Lost, m.Ringing, m.Delayed, ms(m.P50), ms(m.Most), m.Tried, ms(m.Until))
			b.report.moved = append(b.report.moved, m)
		}
	}
	return nil
}

// strike places calls and lets the primary die a third of the way.
func (b *bench) strike(ctx context.Context, s *system, death string) (m moved, err error) {
	m = moved{System: s.name, Death: death, Tried: -1}
	primary, err := b.answers(ctx, s, 3)
	if err != nil {
		return m, err
	}
	defer primary.stop(time.Second)
	backup, err := b.answers(ctx, s, 4)
	if err != nil {
		return m, err
	}
	defer backup.stop(time.Second)
	if err := s.up(ctx, "platform", "reserve"); err != nil {
		return m, err
	}
	if err := pause(ctx, 1500*time.Millisecond); err != nil { // Kamailio's first probes
		return m, err
	}
	watch, err := sniff(s.host(3))
	if err != nil {
		b.say("calls that try the dead primary cannot be counted: %v", err)
	}
	m.Calls = int(float64(b.failRate) * b.failFor.Seconds())
	uac, err := b.calls(s, b.failRate, m.Calls, "-trace_rtt", "-rtt_freq", "1")
	if err != nil {
		return m, err
	}
	defer uac.stop(time.Second)
	if err := pause(ctx, b.failFor/3); err != nil {
		return m, err
	}
	if death == "silent" {
		primary.signal(syscall.SIGSTOP)
	} else {
		primary.signal(syscall.SIGKILL)
		<-primary.done
	}
	at := now()
	if err := uac.wait(ctx, b.failFor*2/3+5*time.Second); err != nil && ctx.Err() != nil {
		return m, err
	}
	if watch != nil {
		m.Tried, m.Until = watch.after(at)
	}
	uac.stop(2 * time.Second)
	return m, m.read(uac)
}

// read fills in the delays. Calls that were up when the primary died end as they can: they are not what this counts.
func (m *moved) read(uac *process) error {
	text, err := sippFile(uac.dir, "uac_[0-9]*_rtt.csv")
	if err != nil {
		return err
	}
	answers, err1 := parseTimes(text, "2")
	rings, err2 := parseTimes(text, "1")
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	m.Lost = m.Calls - max(len(rings), len(answers))
	m.Ringing = max(0, len(rings)-len(answers))
	m.delays(took(rings))
	return nil
}

// delays fills in who waited, from sorted times.
func (m *moved) delays(times []time.Duration) {
	if len(times) == 0 {
		return
	}
	usual := quantile(times, 0.2) // of the third that came before it died
	first, _ := slices.BinarySearch(times, usual+delayed)
	m.Delayed = len(times) - first
	m.P50 = max(0, quantile(times[first:], 0.5)-usual)
	m.Most = times[len(times)-1] - usual
}

// sniffer watches what goes to one address on loopback.
type sniffer struct {
	fd   int
	ip   [4]byte
	done chan struct{}
	end  chan struct{}
	seen []tried
}

type tried struct {
	callID string
	at     time.Duration // since 1970
}

// sniff begins to note INVITEs to an address. It needs the right to read raw packets.
func sniff(ip string) (*sniffer, error) {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, int(swapped(unix.ETH_P_IP)))
	if err != nil {
		return nil, fmt.Errorf("listen to the loopback interface: %w", err)
	}
	timeout := unix.NsecToTimeval(int64(50 * time.Millisecond))
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &timeout); err != nil {
		return nil, errors.Join(fmt.Errorf("listen to the loopback interface: %w", err), unix.Close(fd))
	}
	s := &sniffer{fd: fd, done: make(chan struct{}), end: make(chan struct{})}
	if _, err := fmt.Sscanf(ip, "%d.%d.%d.%d", &s.ip[0], &s.ip[1], &s.ip[2], &s.ip[3]); err != nil {
		return nil, errors.Join(fmt.Errorf("%q is no address: %w", ip, err), unix.Close(fd))
	}
	go s.run()
	return s, nil
}

// swapped is a 16-bit number in network order.
func swapped(n uint16) uint16 { return n<<8 | n>>8 }

func (s *sniffer) run() {
	defer close(s.done)
	buf := make([]byte, 4096)
	for {
		select {
		case <-s.end:
			return
		default:
		}
		n, from, err := unix.Recvfrom(s.fd, buf, 0)
		if link, ok := from.(*unix.SockaddrLinklayer); err != nil || !ok || link.Pkttype == unix.PACKET_OUTGOING {
			continue // sent; it is seen again as it comes
		}
		if id, ok := inviteTo(buf[:n], s.ip); ok {
			s.seen = append(s.seen, tried{id, now()})
		}
	}
}

// inviteTo gives the Call-ID when an IPv4 packet carries an INVITE over UDP to ip.
func inviteTo(packet []byte, ip [4]byte) (string, bool) {
	if len(packet) < 20 || packet[0]>>4 != 4 || packet[9] != unix.IPPROTO_UDP || [4]byte(packet[16:20]) != ip {
		return "", false
	}
	head := int(packet[0]&15)*4 + 8
	if len(packet) < head || !strings.HasPrefix(string(packet[head:]), "INVITE ") {
		return "", false
	}
	return parseSIP(string(packet[head:])).head("call-id"), true
}

// after ends the watch and gives how many calls were new to the address after a moment, and how long after it the last
// of them first tried.
func (s *sniffer) after(at time.Duration) (n int, until time.Duration) {
	close(s.end)
	<-s.done
	_ = unix.Close(s.fd) // only read from
	known := map[string]bool{}
	for _, t := range s.seen {
		if known[t.callID] {
			continue
		}
		known[t.callID] = true
		if t.at >= at {
			n++
			until = t.at - at
		}
	}
	return n, until
}
