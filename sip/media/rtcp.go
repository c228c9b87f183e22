package media

import (
	"encoding/hex"
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/pion/rtcp"
)

// reception is what is known of the stream that the peer sends, for receiver reports (RFC 3550 A.3, A.8).
type reception struct {
	any      bool
	ssrc     uint32
	base     uint32 // first extended sequence number
	max      uint32 // highest
	received uint32
	jitter   uint32 // scaled by 16
	transit  uint32

	lastExpected, lastReceived uint32
	sr                         uint32    // middle of the NTP time in the last sender report
	srAt                       time.Time // when it came
}

// take counts one packet.
func (r *reception) take(p *packet, now time.Time) {
	transit := ticks(time.Duration(now.UnixNano())) - p.ts
	if !r.any || p.ssrc != r.ssrc {
		first := uint32(p.seq) + 1<<16 // room for a straggler from before the first
		*r = reception{any: true, ssrc: p.ssrc, base: first, max: first, received: 1, transit: transit}
		return
	}
	ahead := int16(p.seq - uint16(r.max))
	if ahead > leap || ahead < -leap { // the peer began anew
		r.max += uint32(uint16(ahead))
		r.base, r.received = r.max, 0
		r.lastExpected, r.lastReceived = 0, 0
		ahead = 0
	}
	if ahead > 0 {
		r.max += uint32(ahead)
	}
	r.received++
	d := int32(transit - r.transit)
	r.transit = transit
	if d < 0 {
		d = -d
	}
	r.jitter += uint32(d) - (r.jitter+8)>>4
}

// report is the receiver report block for the stream, and the beginning of the next interval.
func (r *reception) report(now time.Time) rtcp.ReceptionReport {
	expected := r.max - r.base + 1
	lost := int64(expected) - int64(r.received)
	due, came := expected-r.lastExpected, r.received-r.lastReceived
	r.lastExpected, r.lastReceived = expected, r.received
	block := rtcp.ReceptionReport{SSRC: r.ssrc, LastSequenceNumber: r.max - 1<<16, Jitter: r.jitter >> 4}
	block.TotalLost = uint32(min(max(lost, 0), 1<<23-1))
	if due > came && due != 0 {
		block.FractionLost = uint8(min(255, uint64(due-came)*256/uint64(due)))
	}
	if r.sr != 0 {
		block.LastSenderReport = r.sr
		block.Delay = uint32(now.Sub(r.srAt) * 65536 / time.Second)
	}
	return block
}

// control is when the next RTCP packet of a leg is due, and how much of the peer's was read of late.
type control struct {
	due   time.Time
	flood throttle
}

// everyReport is the mean time between reports; each is moved by up to half of it, so that legs do not fall in step
// (RFC 3550 §6.2).
const everyReport = 5 * time.Second

func cname(random []byte) string { return hex.EncodeToString(random) }

// ntp is a time in the form of RFC 3550 §4: seconds since 1900 in the upper half.
func ntp(t time.Time) uint64 {
	const from1900 = 2208988800
	return uint64(t.Unix()+from1900)<<32 | uint64(t.Nanosecond())<<32/uint64(time.Second)
}

// keep sends RTCP when it is due and reports a peer that fell silent.
func (s *Session) keep(now time.Time) {
	defer s.rescue()
	data, to, silent, recorded := s.chores(now)
	if data != nil {
		_, _ = s.pair.rtcp.WriteToUDPAddrPort(data, to) // the next report says the same, and more
	}
	if silent {
		s.emit(Silent, 0)
	}
	if recorded != 0 {
		s.tellRecorded(recorded)
	}
}

// chores is what is due: a report, that the peer is silent, and the number of a recording that has ended.
func (s *Session) chores(now time.Time) (data []byte, to netip.AddrPort, silent bool, recorded uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.terms == nil {
		return nil, to, false, 0
	}
	if s.taken.done(now) {
		recorded = s.taken.number
	}
	if first := s.rtcp.due.IsZero(); first || !now.Before(s.rtcp.due) {
		if !first {
			data, to = s.reports(now)
		}
		s.rtcp.due = now.Add(everyReport/2 + rand.N(everyReport))
	}
	return data, to, s.silent(now), recorded
}

// reports is a compound packet, and where it goes: a sender report when we have sent, else a receiver report, and our
// name. The lock is held.
func (s *Session) reports(now time.Time, more ...rtcp.Packet) ([]byte, netip.AddrPort) {
	to := s.control()
	if !to.IsValid() || s.out.packets == 0 && !s.in.any {
		return nil, to
	}
	var blocks []rtcp.ReceptionReport
	if s.in.any {
		blocks = append(blocks, s.in.report(now))
	}
	var first rtcp.Packet = &rtcp.ReceiverReport{SSRC: s.out.ssrc, Reports: blocks}
	if s.out.packets > 0 {
		first = &rtcp.SenderReport{
			SSRC: s.out.ssrc, NTPTime: ntp(now), RTPTime: s.out.ts + ticks(now.Sub(s.out.at)),
			PacketCount: s.out.packets, OctetCount: s.out.octets, Reports: blocks,
		}
	}
	name := rtcp.SourceDescriptionItem{Type: rtcp.SDESCNAME, Text: s.name}
	chunk := rtcp.SourceDescriptionChunk{Source: s.out.ssrc, Items: []rtcp.SourceDescriptionItem{name}}
	all := append([]rtcp.Packet{first, &rtcp.SourceDescription{Chunks: []rtcp.SourceDescriptionChunk{chunk}}}, more...)
	data, err := rtcp.Marshal(all)
	if err != nil {
		panic("media: RTCP of our own cannot be written: " + err.Error())
	}
	return data, to
}

// goodbye is the last compound packet of a leg, nil when there is nobody to tell.
func (s *Session) goodbye(now time.Time) ([]byte, netip.AddrPort) {
	if s.terms == nil {
		return nil, netip.AddrPort{}
	}
	return s.reports(now, &rtcp.Goodbye{Sources: []uint32{s.out.ssrc}})
}

// control is where RTCP goes: where the description says, or beside the RTP of a peer that is not where it said.
func (s *Session) control() netip.AddrPort {
	to := s.latch.to
	if s.terms == nil || !s.terms.rtcp.IsValid() || to == s.latch.described || to.Port() == 65535 {
		if s.terms == nil {
			return netip.AddrPort{}
		}
		return s.terms.rtcp
	}
	return netip.AddrPortFrom(to.Addr(), to.Port()+1)
}

// report takes one datagram from the RTCP socket. Only the peer's own sender reports matter, for the time in our next.
func (s *Session) report(data []byte, from netip.AddrPort) {
	now := time.Now()
	if !s.wanted(from, now) {
		return
	}
	all, err := rtcp.Unmarshal(data)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.stats.Dropped++
		return
	}
	for _, p := range all {
		if sr, ok := p.(*rtcp.SenderReport); ok && s.in.any && sr.SSRC == s.in.ssrc {
			s.in.sr, s.in.srAt = uint32(sr.NTPTime>>16), now
		}
	}
}

// wanted reports whether RTCP from a source is worth reading: it is the peer's host, and no flood.
func (s *Session) wanted(from netip.AddrPort, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	host := from.Addr()
	if s.closed || s.terms == nil || host != s.latch.to.Addr() && host != s.latch.described.Addr() || !s.rtcp.flood.allow(now) {
		s.stats.Dropped++
		return false
	}
	s.wait.note(now)
	return true
}
