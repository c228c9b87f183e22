package media

import (
	"bytes"
	"testing"
	"time"

	"github.com/pion/rtp"
	"pgregory.net/rapid"
)

// Where a strict reader accepts a packet, so do we, and both read the same.
func FuzzPacket(f *testing.F) {
	for _, p := range []rtp.Packet{
		{Header: rtp.Header{Version: 2, PayloadType: 8, SequenceNumber: 1, Timestamp: 160, SSRC: 7}, Payload: make([]byte, 160)},
		{Header: rtp.Header{Version: 2, PayloadType: 101, Marker: true, CSRC: []uint32{1, 2}}, Payload: []byte{5, 10, 0, 160}},
		{Header: rtp.Header{Version: 2, Extension: true, ExtensionProfile: 0x1234, Extensions: nil, Padding: true, PaddingSize: 4}, Payload: []byte{1}},
	} {
		b, err := p.Marshal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, ok := parsePacket(data)
		if ok && (p.at < headerSize || p.at >= p.end || p.end > len(data)) {
			t.Fatalf("payload from %d to %d of %d bytes", p.at, p.end, len(data))
		}
		var other rtp.Packet
		if err := other.Unmarshal(data); err != nil || other.Version != 2 || len(other.Payload) == 0 {
			return
		}
		if !ok {
			t.Fatalf("refused what pion reads: %x", data)
		}
		if p.pt != other.PayloadType || p.seq != other.SequenceNumber || p.ts != other.Timestamp || p.ssrc != other.SSRC || p.marker != other.Marker || !bytes.Equal(data[p.at:p.end], other.Payload) {
			t.Errorf("%+v, pion has %+v", p, other)
		}
	})
}

// Whatever comes from whomever, the peer gets numbers that are used once, and a clock that moves with the wall.
func TestOneStreamFromManySources(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var o stream
		o.seq, o.ts = rapid.Uint16().Draw(t, "seq"), rapid.Uint32().Draw(t, "ts")
		now := time.Unix(1000, 0)
		used := map[uint16]bool{}
		type origin struct {
			seq uint16
			ts  uint32
		}
		origins := map[source]*origin{}
		current := source{leg: 1, ssrc: 1}
		var began bool
		var at0 time.Time
		var ts0 uint32
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			var seq uint16
			var ts uint32
			ok := true
			late := false
			switch rapid.SampledFrom([]string{"same", "same", "same", "other", "play", "pause", "late"}).Draw(t, "step") {
			case "other":
				current = source{leg: rapid.Uint64Range(1, 3).Draw(t, "leg"), ssrc: rapid.Uint32Range(1, 3).Draw(t, "ssrc")}
				fallthrough
			case "same":
				f := origins[current]
				if f == nil {
					f = &origin{rapid.Uint16().Draw(t, "his seq"), rapid.Uint32().Draw(t, "his ts")}
					origins[current] = f
				}
				seq, ts, _, ok = o.relay(current, &packet{seq: f.seq, ts: f.ts}, now)
				f.seq++
				f.ts += 160
				now = now.Add(20 * time.Millisecond)
			case "late":
				f := origins[current]
				if f == nil || o.from != current {
					continue
				}
				_, _, _, ok = o.relay(current, &packet{seq: f.seq - 1, ts: f.ts - 160}, now)
				late = true // a repeat of his is a repeat of ours
			case "play":
				seq, ts, _ = o.next(160, 0, false, now)
				now = now.Add(20 * time.Millisecond)
			case "pause":
				d := time.Duration(rapid.IntRange(1, 500).Draw(t, "pause")) * 20 * time.Millisecond
				now = now.Add(d)
				for _, f := range origins {
					f.ts += ticks(d)
				}
				continue
			}
			if !ok || late {
				continue
			}
			if used[seq] {
				t.Fatalf("sequence number %d is used twice", seq)
			}
			used[seq] = true
			if !began {
				began, at0, ts0 = true, now, ts
			}
			if drift := int32(ts-ts0) - int32(ticks(now.Sub(at0))); drift < -8000*200 || drift > 8000*200 {
				t.Fatalf("the clock is %d off", drift)
			}
		}
	})
}
