package media

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"wissel/internal/audio"
)

// onLoopback is an engine on real sockets of 127.0.0.1, and the end of it.
func onLoopback(tb testing.TB, first, last int) (*Engine, func()) {
	tb.Helper()
	s := DefaultSettings()
	s.V4 = Face{Bind: netip.MustParseAddr("127.0.0.1")}
	s.First, s.Last, s.Loopback = first, last, true
	e, err := New(s)
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- e.Run(ctx) }()
	return e, func() {
		cancel()
		if err := <-done; err != nil {
			tb.Error(err)
		}
	}
}

// peer is a real socket, and a leg of e answered to it.
func peer(tb testing.TB, e *Engine, events func(Event)) (*Session, *net.UDPConn, *net.UDPAddr) {
	tb.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		tb.Fatal(err)
	}
	s, err := e.Open(At{Leg: 1, Peer: netip.MustParseAddr("127.0.0.1")}, false, events)
	if err != nil {
		tb.Fatal(err)
	}
	offer := fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %d RTP/AVP 8\r\n", c.LocalAddr().(*net.UDPAddr).Port)
	if _, err := s.Answer([]byte(offer)); err != nil {
		tb.Fatal(err)
	}
	return s, c, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: s.pair.port}
}

// The whole path once over real sockets: a clip is heard, a packet crosses, and the ports are free after.
func TestRealSockets(t *testing.T) {
	e, end := onLoopback(t, 12000, 12199)
	played := make(chan struct{})
	a, north, _ := peer(t, e, func(ev Event) {
		if ev.Kind == Played {
			close(played)
		}
	})
	defer north.Close()
	c, south, to := peer(t, e, nil)
	defer south.Close()
	a.Play([]*audio.Clip{clip700(200 * time.Millisecond)})
	var data []byte
	buf := make([]byte, 2048)
	if err := north.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	for len(data) < 1600 {
		n, err := north.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		data = append(data, buf[headerSize:n]...)
	}
	if string(data) != string(clip700(200 * time.Millisecond).Bytes[audio.ALaw]) {
		t.Error("what was heard is not the clip")
	}
	<-played
	a.Connect(c)
	out := make([]byte, headerSize+160)
	putHeader(out, 8, true, 1, 1, 1)
	out[20] = 0x42
	if _, err := south.WriteTo(out, to); err != nil {
		t.Fatal(err)
	}
	n, err := north.Read(buf)
	if err != nil || n != len(out) || buf[20] != 0x42 {
		t.Errorf("%d bytes crossed, %v", n, err)
	}
	end()
	for _, port := range []int{a.pair.port, a.pair.port + 1, c.pair.port} {
		again, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
		if err != nil {
			t.Errorf("port %d is not free: %v", port, err)
			continue
		}
		again.Close()
	}
}

// BenchmarkLoopbackRelay is a packet in through one real socket and out through another.
func BenchmarkLoopbackRelay(b *testing.B) {
	e, end := onLoopback(b, 12000, 12199)
	defer end()
	a, north, to := peer(b, e, nil)
	defer north.Close()
	c, south, _ := peer(b, e, nil)
	defer south.Close()
	a.Connect(c)
	data, buf := make([]byte, headerSize+160), make([]byte, 2048)
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		putHeader(data, 8, false, uint16(i), uint32(i)*160, 9)
		if _, err := north.WriteTo(data, to); err != nil {
			b.Fatal(err)
		}
		if _, err := south.Read(buf); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "packets/s")
}

// BenchmarkRelayCalls relays two-way calls at full pace for two seconds: 50 packets a second each way. It says how many
// packets crossed, how many were lost on the way, and what CPU time each cost, the senders' included.
func BenchmarkRelayCalls(b *testing.B) {
	for _, n := range []int{100, 500} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for range b.N {
				e, end := onLoopback(b, 12000, 19999)
				sender, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
				if err != nil {
					b.Fatal(err)
				}
				port := sender.LocalAddr().(*net.UDPAddr).Port
				offer := fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %d RTP/AVP 8\r\n", port)
				var to []netip.AddrPort
				for i := range n {
					var legs [2]*Session
					for k := range legs {
						if legs[k], err = e.Open(At{Leg: i}, true, nil); err != nil {
							b.Fatal(err)
						}
						if _, err := legs[k].Answer([]byte(offer)); err != nil {
							b.Fatal(err)
						}
						to = append(to, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(legs[k].pair.port)))
					}
					legs[0].Connect(legs[1])
				}
				began, cpu := time.Now(), spent()
				data := make([]byte, headerSize+160)
				beat := time.NewTicker(20 * time.Millisecond)
				for round := range 100 {
					putHeader(data, 8, false, uint16(round), uint32(round)*160, 9)
					for _, at := range to {
						if _, err := sender.WriteToUDPAddrPort(data, at); err != nil {
							b.Fatal(err)
						}
					}
					<-beat.C
				}
				beat.Stop()
				sum := e.Stats()
				b.ReportMetric(float64(sum.Sent)/time.Since(began).Seconds(), "packets/s")
				b.ReportMetric(float64(200*n)-float64(sum.Sent), "lost")
				b.ReportMetric(float64(spent()-cpu)/float64(sum.Sent), "cpu-ns/packet")
				end()
				sender.Close()
			}
		})
	}
}

// inUse is the memory that lives: heap and stacks.
func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

// spent is the CPU time of this process.
func spent() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkPlay plays to many listeners over real sockets for two seconds, and says how late frames left.
func BenchmarkPlay(b *testing.B) {
	for _, n := range []int{100, 1000, 3000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for range b.N {
				e, end := onLoopback(b, 12000, 19999)
				sink, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
				if err != nil {
					b.Fatal(err)
				}
				port := sink.LocalAddr().(*net.UDPAddr).Port
				offer := fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %d RTP/AVP 8\r\n", port)
				clip := clip700(2 * time.Second)
				var left atomic.Int64
				left.Store(int64(n))
				done := make(chan struct{})
				sessions := make([]*Session, n)
				before := inUse()
				for i := range sessions {
					s, err := e.Open(At{Leg: i}, true, func(ev Event) {
						if ev.Kind == Played && left.Add(-1) == 0 {
							close(done)
						}
					})
					if err != nil {
						b.Fatal(err)
					}
					if _, err := s.Answer([]byte(offer)); err != nil {
						b.Fatal(err)
					}
					sessions[i] = s
				}
				b.ReportMetric(float64(inUse()-before)/float64(n), "B/session")
				began, cpu := time.Now(), spent()
				for _, s := range sessions {
					s.Play([]*audio.Clip{clip})
				}
				<-done
				b.ReportMetric((spent()-cpu).Seconds()/time.Since(began).Seconds()/float64(n)*100, "cores/100")
				late := e.Stats().Late
				b.ReportMetric(float64(late.P50)/1e6, "ms-p50")
				b.ReportMetric(float64(late.P99)/1e6, "ms-p99")
				b.ReportMetric(float64(late.Top)/1e6, "ms-p99.9")
				end()
				sink.Close()
			}
		})
	}
}
