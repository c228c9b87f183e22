package peers

import (
	bytesof "encoding/binary"
	"fmt"
	"io"
	"net/netip"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// A tap is what servers of this run sent, as the kernel saw it leave: tcpdump on the loopback. It tells our lateness from a
// telephone's, whose own recording knows no time.
type tap struct {
	mu    sync.Mutex
	hosts map[netip.Addr]*wire
}

// wire is the sound that one host was sent. Times are the kernel's.
type wire struct {
	mu   sync.Mutex
	all  []packet
	zero uint32 // timestamp of the first
}

// packet is one packet of sound.
type packet struct {
	at   time.Time
	pos  int // samples at 8000 a second since the first, by its timestamp
	size int // bytes
	seq  uint16
}

// startTap listens from now to the end of the test to what goes from the .1 of each network of this run (see network) to a
// telephone's ports of SIP and RTP.
func startTap(t *testing.T) *tap {
	t.Helper()
	args := asRoot("tcpdump", "-i", "lo", "-Q", "in", "-n", "-U", "--immediate-mode", "-B", "16384", "-s", "2000", "-w", "-",
		"udp and ip[12] = 127 and ip[15] = 1 and dst portrange 40000-49999")
	r, w := io.Pipe()
	p := &process{t: t, name: "tcpdump", cmd: exec.Command(args[0], args[1:]...), done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = w, &p.out
	if err := fork(p.cmd); err != nil {
		t.Fatalf("start tcpdump: %v", err)
	}
	go func() {
		p.err = p.cmd.Wait()
		_ = w.Close()
		close(p.done)
	}()
	tp := &tap{hosts: map[netip.Addr]*wire{}}
	read := make(chan error, 1)
	go func() { read <- tp.read(r) }()
	t.Cleanup(func() {
		p.kill()
		if err := <-read; err != nil {
			t.Errorf("what tcpdump wrote: %v; it printed %s", err, p.out.String())
		}
	})
	eventually(t, 15*time.Second, "tcpdump listens", func() bool { return strings.Contains(p.out.String(), "listening on lo") })
	urgent(p)
	return tp
}

// to begins to keep what a host is sent.
func (tp *tap) to(host string) *wire {
	w := &wire{}
	tp.mu.Lock()
	defer tp.mu.Unlock()
	tp.hosts[netip.MustParseAddr(host)] = w
	return w
}

// read takes in a pcap file (as tcpdump writes it on this machine) until it ends.
func (tp *tap) read(r io.Reader) error {
	const ethernet, ip, udp = 14, 20, 8
	var head [24]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return fmt.Errorf("its head: %w", err)
	}
	if magic := bytesof.NativeEndian.Uint32(head[:]); magic != 0xa1b2c3d4 {
		return fmt.Errorf("its head is that of another format: %#x", magic)
	}
	for {
		var h [16]byte
		if _, err := io.ReadFull(r, h[:]); err != nil {
			return nil // its end, perhaps in the middle
		}
		data := make([]byte, bytesof.NativeEndian.Uint32(h[8:]))
		if _, err := io.ReadFull(r, data); err != nil {
			return nil
		}
		if len(data) < ethernet+ip+udp {
			continue
		}
		at := time.Unix(int64(bytesof.NativeEndian.Uint32(h[0:])), 1000*int64(bytesof.NativeEndian.Uint32(h[4:])))
		to := netip.AddrFrom4([4]byte(data[ethernet+16:]))
		tp.mu.Lock()
		w := tp.hosts[to]
		tp.mu.Unlock()
		if w == nil {
			continue
		}
		if bytesof.BigEndian.Uint16(data[ethernet+ip+2:])%2 == 0 { // the odd ports are RTCP's
			w.take(at, data[ethernet+ip+udp:])
		}
	}
}

// take adds a datagram that is sound of ours.
func (w *wire) take(at time.Time, rtp []byte) {
	if len(rtp) < 12 || rtp[0] != 0x80 {
		return
	}
	if pt := rtp[1] & 0x7f; pt != 0 && pt != 8 && pt != 9 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	ts := bytesof.BigEndian.Uint32(rtp[4:])
	if len(w.all) == 0 {
		w.zero = ts
	}
	w.all = append(w.all, packet{at, int(int32(ts - w.zero)), len(rtp) - 12, bytesof.BigEndian.Uint16(rtp[2:])})
}

// voices are the packets of sound so far.
func (w *wire) voices() []packet {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.all[:len(w.all):len(w.all)]
}
