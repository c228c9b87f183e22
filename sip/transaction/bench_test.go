package transaction

import (
	"fmt"
	"runtime"
	"strconv"
	"testing"
	"time"
)

func TestNoAllocationOnRetransmissions(t *testing.T) {
	table, now := NewTable(100), start
	invite := incoming("INVITE", udp)
	v := table.Receive(invite, now)
	table.Respond(v.ID, 180, response("INVITE", 180), now)
	if _, err := table.Start("INVITE", "z9hG4bKc1", request("INVITE"), udp, now); err != nil {
		t.Fatal(err)
	}
	refusal := Response{Branch: "z9hG4bKc1", CSeqMethod: "INVITE", Status: 486, Data: response("INVITE", 486), Path: udp}
	table.Match(refusal, now)
	stray := refusal
	stray.Branch = "z9hG4bKother"
	sink := 0
	drain := func() {
		for e := range table.Effects() {
			sink += len(e.Data)
		}
	}
	drain()
	for name, do := range map[string]func(){
		"a copy of an INVITE":     func() { table.Receive(invite, now) },
		"a copy of a refusal":     func() { table.Match(refusal, now) },
		"a response to nothing":   func() { table.Match(stray, now) },
		"time that passes":        func() { now = now.Add(time.Millisecond); table.Advance(now); table.Next() },
		"an ICMP error's look-up": func() { table.ByBranch([]byte("z9hG4bKc1")) },
	} {
		if n := testing.AllocsPerRun(1000, func() { do(); drain() }); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}

// BenchmarkCall is the four transactions of a call through a B2BUA's two sides (INVITE and BYE, server and client), with
// those of the last 32 s kept as tombstones.
func BenchmarkCall(b *testing.B) {
	table, now := NewTable(100_000), start
	data, answer := request("INVITE"), response("INVITE", 200)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		now = now.Add(time.Millisecond) // 1,000 calls a second
		s := strconv.Itoa(n)
		in, out := incoming("INVITE", udp), "z9hG4bKi"+s
		in.Branch, in.CallID = out, s
		v := table.Receive(in, now)
		table.Respond(v.ID, 100, answer, now)
		if _, err := table.Start("INVITE", out, data, udp, now); err != nil {
			b.Fatal(err)
		}
		table.Match(Response{Branch: out, CSeqMethod: "INVITE", Status: 180, Path: udp}, now)
		table.Respond(v.ID, 180, answer, now)
		table.Match(Response{Branch: out, CSeqMethod: "INVITE", Status: 200, Path: udp}, now)
		table.Respond(v.ID, 200, answer, now)
		table.Acked(v.ID, now)
		in.Method, in.ToTag, in.Branch = "BYE", "t", "z9hG4bKy"+s
		v = table.Receive(in, now)
		table.Respond(v.ID, 200, answer, now)
		if _, err := table.Start("BYE", "z9hG4bKb"+s, data, udp, now); err != nil {
			b.Fatal(err)
		}
		table.Match(Response{Branch: "z9hG4bKb" + s, CSeqMethod: "BYE", Status: 200, Path: udp}, now)
		table.Advance(now)
		for range table.Effects() {
		}
	}
	b.ReportMetric(4*float64(n)/b.Elapsed().Seconds(), "transactions/s")
	b.ReportMetric(float64(table.Stats().Tombs), "tombstones")
}

// BenchmarkMemory tells the bytes of one live transaction and of one tombstone (without the messages), and what a garbage
// collection costs with 100,000 of them.
func BenchmarkMemory(b *testing.B) {
	data := request("INVITE")
	for _, row := range []struct {
		name   string
		status int
	}{{"live", 180}, {"tombstone", 200}} {
		b.Run(row.name, func(b *testing.B) {
			const many = 100_000
			before := heapBytes()
			table := NewTable(many)
			for i := range many {
				branch := fmt.Sprint("z9hG4bK", i)
				if _, err := table.Start("INVITE", branch, data, udp, start); err != nil {
					b.Fatal(err)
				}
				table.Match(Response{Branch: branch, CSeqMethod: "INVITE", Status: row.status, Path: udp}, start)
				for range table.Effects() {
				}
			}
			after := heapBytes()
			for b.Loop() {
				runtime.GC()
			}
			b.ReportMetric(float64(after-before)/many, "bytes/each")
			runtime.KeepAlive(table)
		})
	}
}

func heapBytes() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
