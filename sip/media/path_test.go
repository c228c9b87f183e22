package media

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"wissel/internal/audio"
)

// nowhere is a socket that takes what is sent and never has anything to read.
type nowhere struct {
	gone chan struct{}
	sent int
}

func (n *nowhere) ReadFromUDPAddrPort([]byte) (int, netip.AddrPort, error) {
	<-n.gone
	return 0, netip.AddrPort{}, context.Canceled
}

func (n *nowhere) WriteToUDPAddrPort(b []byte, _ netip.AddrPort) (int, error) {
	n.sent++
	return len(b), nil
}

func (n *nowhere) Close() error { return nil }

// bare is a session without goroutines, answered to an offer from 192.0.2.1:4000.
func bare(tb testing.TB, e *Engine, payloads, more string) (*Session, *nowhere) {
	tb.Helper()
	n := &nowhere{}
	s := newSession(e, At{Leg: 1}, e.v4, pair{port: 20000, rtp: n, rtcp: n}, func(Event) {})
	if _, err := s.Answer([]byte(head + "m=audio 4000 RTP/AVP " + payloads + "\r\n" + more)); err != nil {
		tb.Fatal(err)
	}
	return s, n
}

var peerAt = netip.MustParseAddrPort("192.0.2.1:4000")

// allocations counts those of one packet.
func allocations(t *testing.T, name string, f func()) {
	t.Helper()
	if n := testing.AllocsPerRun(200, f); n != 0 {
		t.Errorf("%s: %v allocations", name, n)
	}
}

func TestPacketPathAllocatesNothing(t *testing.T) {
	e, err := New(settings(newLAN()))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ name, from, to, more string }{
		{"relay", "8", "8", ""},
		{"relay with transcoding", "8", "0", ""},
		{"relay from G.722", "9", "8", ""},
	} {
		a, _ := bare(t, e, row.from, row.more)
		c, sent := bare(t, e, row.to, row.more)
		a.Connect(c)
		data := make([]byte, headerSize+160)
		seq, ts := uint16(1), uint32(0)
		pt := a.terms.pt
		relay := func() {
			putHeader(data, pt, false, seq, ts, 9)
			seq, ts = seq+1, ts+160
			a.packet(data, peerAt)
		}
		relay() // what is made once, is made now
		allocations(t, row.name, relay)
		if sent.sent < 200 {
			t.Errorf("%s: %d packets went on", row.name, sent.sent)
		}
	}

	a, _ := bare(t, e, "8 101", withEvents)
	c, _ := bare(t, e, "8 101", withEvents)
	a.Connect(c)
	event := make([]byte, headerSize+4)
	ts := uint32(0)
	press := func() {
		putHeader(event, 101, true, 1, ts, 9)
		event[headerSize] = 5
		ts += 160
		a.packet(event, peerAt)
	}
	allocations(t, "a key passed on", press)
	a.Digits(true)
	allocations(t, "a key reported", press)

	d, _ := bare(t, e, "0", "")
	d.Digits(true)
	data, seq := make([]byte, headerSize+160), uint16(0)
	allocations(t, "keys in sound", func() {
		putHeader(data, 0, false, seq, uint32(seq)*160, 9)
		seq++
		d.packet(data, peerAt)
	})

	p, sent := bare(t, e, "8", "")
	p.play = playing{clips: []*audio.Clip{clip700(10 * time.Second)}, active: true}
	var buf [maxFrame]byte
	now := time.Now()
	allocations(t, "playing", func() {
		now = now.Add(20 * time.Millisecond)
		p.tick(&buf, now, 0)
	})
	if sent.sent < 200 {
		t.Errorf("%d frames were played", sent.sent)
	}
}

func BenchmarkRelay(b *testing.B) {
	e, err := New(settings(newLAN()))
	if err != nil {
		b.Fatal(err)
	}
	for _, row := range []struct{ name, from, to string }{{"same", "8", "8"}, {"laws", "8", "0"}} {
		b.Run(row.name, func(b *testing.B) {
			a, _ := bare(b, e, row.from, "")
			c, _ := bare(b, e, row.to, "")
			a.Connect(c)
			data := make([]byte, headerSize+160)
			b.ReportAllocs()
			for i := range b.N {
				putHeader(data, 8, false, uint16(i), uint32(i)*160, 9)
				a.packet(data, peerAt)
			}
		})
	}
}
