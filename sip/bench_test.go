package sip

import (
	"bytes"
	"context"
	"net"
	"net/netip"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"wissel"
	"wissel/carriers"
	"wissel/carriers/health"
	"wissel/sip/transport"
)

// BenchmarkCall is one whole direct call: INVITE, 100, 180, 200, ACK and BYE on both legs, without sockets. It counts
// what wissel's side costs, and what it keeps of a call that ended; the two peers are templates that answer at once.
func BenchmarkCall(b *testing.B) {
	b.ReportAllocs()
	n := &memNet{conns: map[netip.AddrPort]*memConn{}}
	snap := testSnapshot(wissel.Direct)
	board := health.NewBoard(health.DefaultPolicy(), nil)
	board.Set(snap.Trunks)
	ls := transport.DefaultSettings()
	ls.Bind = "udp://" + ourAddr
	srv, err := New(Options{
		Listeners: []transport.Settings{ls}, ListenPacket: func(string) (net.PacketConn, error) { return n.listen(ourAddr), nil },
		Snapshot: func() *wissel.Snapshot { return snap }, Health: board, Limits: carriers.NewLimits(), Node: "node1", Shards: 1,
	})
	if err != nil {
		b.Fatal(err)
	}
	north, caller := n.listen(northAt), n.listen(callerAt)
	ctx, stop := context.WithCancel(b.Context())
	var group sync.WaitGroup
	group.Go(func() { _ = srv.Run(ctx) })
	group.Go(func() { benchFar(ctx, north) })
	srv.SetReady(true)
	p := &peer{conn: caller, tag: "bench", seq: 1}
	var h head
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range b.N {
		id := "bench" + strconv.Itoa(i)
		p.seq = 1
		p.invite(id, string(rungTest), testOffer)
		for done := false; !done; {
			d := <-caller.in
			if !h.scan(d.data) {
				b.Fatal("what is no message came")
			}
			switch {
			case h.is("INVITE") && h.status == 200:
				ok := &msg{head: h}
				p.within("ACK", ok, "")
				p.within("BYE", ok, "")
			case h.is("INVITE") && h.status >= 300:
				b.Fatalf("refused: %s", d.data)
			case h.is("BYE"):
				done = true
			}
		}
	}
	b.StopTimer()
	runtime.GC()
	var after runtime.MemStats
	runtime.ReadMemStats(&after)
	b.ReportMetric(max(0, float64(after.HeapAlloc)-float64(before.HeapAlloc))/float64(b.N), "kept-B/call")
	stop()
	group.Wait()
}

// benchFar answers INVITE with 100, 180 and 200, and BYE with 200.
func benchFar(ctx context.Context, c *memConn) {
	p := &peer{conn: c, tag: "far", seq: 1}
	var h head
	for {
		select {
		case <-ctx.Done():
			return
		case d := <-c.in:
			if !h.scan(bytes.Clone(d.data)) {
				continue
			}
			m := &msg{head: h}
			switch {
			case h.is("INVITE"):
				p.answer(m, 100, "")
				p.answer(m, 180, "")
				p.answer(m, 200, testOffer)
			case h.is("BYE"):
				p.answer(m, 200, "")
			}
		case <-time.After(time.Minute):
			return
		}
	}
}
