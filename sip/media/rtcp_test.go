package media

import (
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtcp"

	"wissel/internal/audio"
)

// listenRTCP collects what comes to the port beside a phone's.
func listenRTCP(b *bench, p *phone) (get func() []rtcp.Packet, end func()) {
	at := p.at
	c, err := b.lan.listen(netip.AddrPortFrom(at.Addr(), at.Port()+1))
	if err != nil {
		b.Fatal(err)
	}
	got := make(chan []rtcp.Packet, 100)
	go func() {
		buf := make([]byte, 4096)
		for {
			n, _, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			all, err := rtcp.Unmarshal(buf[:n])
			if err != nil {
				b.Errorf("malformed RTCP: %v", err)
			}
			got <- all
		}
	}()
	get = func() (all []rtcp.Packet) {
		synctest.Wait()
		for len(got) > 0 {
			all = append(all, <-got...)
		}
		return all
	}
	return get, func() { c.Close() }
}

func TestReports(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		a, north := b.call(1, "192.0.2.1:4000", "8", "")
		defer north.hangUp()
		get, end := listenRTCP(b, north)
		defer end()
		after(20 * time.Second)
		if got := get(); len(got) != 0 {
			t.Errorf("reports before any packet: %v", got)
		}
		a.Play([]*audio.Clip{clip700(9 * time.Second)})
		go func() {
			for i := range 400 {
				if i%10 == 0 { // one in ten is lost
					north.seq++
					north.ts += 160
				} else {
					north.say(20*time.Millisecond, 400)
				}
			}
		}()
		after(4 * time.Second)
		sent := &rtcp.SenderReport{SSRC: north.ssrc, NTPTime: 0x1122334455667788}
		data, err := rtcp.Marshal([]rtcp.Packet{sent})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = north.conn.WriteTo(data, &net.UDPAddr{IP: north.to.Addr().AsSlice(), Port: int(north.to.Port()) + 1})
		after(8 * time.Second) // longer than any time between two reports
		var last *rtcp.SenderReport
		for _, p := range get() { // the first that knows of his
			if sr, ok := p.(*rtcp.SenderReport); ok && (last == nil || len(last.Reports) == 1 && last.Reports[0].LastSenderReport == 0) {
				last = sr
			}
		}
		media := north.take()
		if last == nil || last.SSRC != media[0].ssrc || len(last.Reports) != 1 {
			t.Fatalf("no sender report: %+v", last)
		}
		if r := last.Reports[0]; r.SSRC != north.ssrc || r.FractionLost < 20 || r.FractionLost > 32 || r.LastSenderReport != 0x33445566 || r.Delay == 0 {
			t.Errorf("%+v", r)
		}
		if last.PacketCount == 0 || last.OctetCount != last.PacketCount*160 {
			t.Errorf("counts %d packets, %d bytes", last.PacketCount, last.OctetCount)
		}
		a.Close()
		byes := 0
		for _, p := range get() {
			if bye, ok := p.(*rtcp.Goodbye); ok && bye.Sources[0] == media[0].ssrc {
				byes++
			}
		}
		if byes != 1 {
			t.Errorf("%d BYEs", byes)
		}
	})
}
