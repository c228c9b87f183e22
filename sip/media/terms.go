package media

import (
	"net/netip"
	"strconv"
	"strings"

	"wissel/internal/audio"
)

// What a payload type stands for in packets received: a codec, or one of these.
const (
	rxNone  = uint8(audio.NoCodec)
	rxEvent = uint8(8)
)

// stub is a media line as it must come back: refused, or our own.
type stub struct{ kind, proto, formats string }

// terms is what two descriptions have settled about one leg.
type terms struct {
	remote, rtcp netip.AddrPort // remote is invalid when the peer wants nothing sent (0.0.0.0)
	codec        audio.Codec    // what we send
	pt           uint8          // its payload type
	event        int            // payload type of telephone-event, -1: not negotiated
	rx           [128]uint8     // what each payload type received stands for
	ptime        int            // milliseconds in a frame of ours, 10 to 60
	peer         direction      // as the peer says
	lines        []stub
	index        int // which of the lines is ours
}

// sends reports whether we may send to the peer.
func (t *terms) sends() bool { return t.remote.IsValid() && t.peer.receives() }

// preference is the order in which codecs are chosen: the laws first, for two legs with different laws can be bridged
// byte by byte.
var preference = [...]audio.Codec{audio.ALaw, audio.MuLaw, audio.G722}

// payload is one format of a media line that we speak: a codec or telephone-event.
type payload struct {
	pt    uint8
	codec audio.Codec // NoCodec: telephone-event
}

// payloads are the formats of an RTP line that we speak, in its order. Its error is a *BodyError.
func (l *mediaLine) payloads() (found []payload, err error) {
	for _, f := range l.formats {
		pt, err := strconv.ParseUint(f, 10, 32)
		if err != nil || pt > 127 {
			return nil, bad("m=%s: %q is not a payload type (0 to 127)", l.kind, clip(f))
		}
		m := rtpmap{pt: int(pt), channels: 1}
		switch pt { // RFC 3551 §6; a rtpmap, if there is one, says the same or something else
		case 0:
			m.name, m.clock = "PCMU", 8000
		case 8:
			m.name, m.clock = "PCMA", 8000
		case 9:
			m.name, m.clock = "G722", 8000
		}
		for _, written := range l.maps {
			if written.pt == int(pt) {
				m = written
			}
		}
		if m.clock != 8000 || m.channels != 1 {
			continue
		}
		p := payload{pt: uint8(pt)}
		switch strings.ToUpper(m.name) {
		case "PCMA":
			p.codec = audio.ALaw
		case "PCMU":
			p.codec = audio.MuLaw
		case "G722":
			p.codec = audio.G722
		case "TELEPHONE-EVENT":
		default:
			continue
		}
		found = append(found, p)
	}
	return found, nil
}

// usable picks the first audio line that plain RTP can carry, and says why when there is none. Its error is a *BodyError.
func usable(lines []mediaLine) (index int, found []payload, err error) {
	why := "no audio line"
	for i := range lines {
		l := &lines[i]
		switch {
		case l.kind != "audio":
			continue
		case l.port == 0:
			why = "the audio line is switched off"
			continue
		case l.proto != "RTP/AVP" && l.proto != "RTP/AVPF":
			why = "audio over " + clip(l.proto) + " is not spoken here; RTP/AVP is"
			continue
		}
		found, err := l.payloads()
		if err != nil {
			return 0, nil, err
		}
		for _, p := range found {
			if p.codec != audio.NoCodec {
				return i, found, nil
			}
		}
		why = "no codec in common; spoken here are PCMA, PCMU and G722"
	}
	return 0, nil, unacceptable("%s", why)
}

// settle reads the peer's description. offered is nil when it is an offer; else it is what we offered, and the
// description is the answer. now is the codec in use, which is kept when it can be.
func settle(body []byte, g *guard, now audio.Codec, offered *offer) (*terms, error) {
	lines, err := parseDescription(body)
	if err != nil {
		return nil, err
	}
	if offered != nil && len(lines) != len(offered.lines) {
		return nil, bad("the answer has %d media lines, the offer had %d (RFC 3264 §6)", len(lines), len(offered.lines))
	}
	index, found, err := usable(lines)
	if err != nil {
		return nil, err
	}
	l := &lines[index]
	t := &terms{event: -1, index: index, peer: l.dir, ptime: l.frame()}
	if err := t.reach(l, g); err != nil {
		return nil, err
	}
	for i := range lines {
		t.lines = append(t.lines, stub{lines[i].kind, lines[i].proto, strings.Join(lines[i].formats, " ")})
	}
	t.listen(found)
	if offered != nil {
		if index != offered.index {
			return nil, bad("the answer takes media line %d, voice was offered on line %d", index+1, offered.index+1)
		}
		return t, t.takeAnswer(found, offered)
	}
	t.takeOffer(found, now)
	return t, nil
}

// frame is how long the peer wants our frames, in milliseconds.
func (l *mediaLine) frame() int {
	p := l.ptime
	if p == 0 {
		p = 20
	}
	if l.max != 0 {
		p = min(p, l.max)
	}
	return min(60, max(10, p))
}

// reach finds where the peer wants RTP and RTCP.
func (t *terms) reach(l *mediaLine, g *guard) error {
	switch {
	case !l.addr.IsValid() && l.host == "":
		return bad("no connection address (c=) for the audio line")
	case !l.addr.IsValid():
		return unacceptable("%q is not an address; names in a session description are not looked up", clip(l.host))
	case l.addr.IsUnspecified(): // hold as RFC 2543 had it (RFC 3264 §8.4)
		if t.peer = sendonly; !l.dir.sends() {
			t.peer = inactive
		}
		return nil
	}
	t.remote = netip.AddrPortFrom(l.addr, uint16(l.port))
	if err := g.check(t.remote); err != nil {
		return err
	}
	t.rtcp = netip.AddrPortFrom(l.addr, uint16(l.port+1))
	if l.rtcp.IsValid() {
		t.rtcp = l.rtcp
	} else if l.rtcp.Port() != 0 {
		t.rtcp = netip.AddrPortFrom(l.addr, l.rtcp.Port())
	}
	if l.port == 65535 && l.rtcp.Port() == 0 || g.check(t.rtcp) != nil {
		t.rtcp = netip.AddrPort{} // not a place to send to: the call does without RTCP
	}
	return nil
}

// listen fills the table of payload types. The laws on their static types are understood even when they were not in the
// description: gear that sends them all the same is heard.
func (t *terms) listen(found []payload) {
	t.rx[audio.ALaw.Static()], t.rx[audio.MuLaw.Static()] = uint8(audio.ALaw), uint8(audio.MuLaw)
	for i := len(found) - 1; i >= 0; i-- {
		t.rx[found[i].pt] = found[i].rx()
	}
}

func (p payload) rx() uint8 {
	if p.codec == audio.NoCodec {
		return rxEvent
	}
	return uint8(p.codec)
}

// takeOffer chooses the codec we answer with.
func (t *terms) takeOffer(found []payload, now audio.Codec) {
	for _, want := range append([]audio.Codec{now}, preference[:]...) {
		if t.choose(found, want) {
			break
		}
	}
	t.events(found)
}

// takeAnswer takes the first codec of the answer that was offered, and what else may come by our offer.
func (t *terms) takeAnswer(found []payload, offered *offer) error {
	for _, p := range found {
		if p.codec != audio.NoCodec && offered.has(p.codec) {
			t.choose(found, p.codec)
			break
		}
	}
	if t.codec == audio.NoCodec {
		return unacceptable("the answer has no codec that was offered")
	}
	for _, p := range offered.payloads {
		if t.rx[p.pt] == rxNone {
			t.rx[p.pt] = p.rx()
		}
	}
	if offered.event() >= 0 {
		t.events(found)
	}
	return nil
}

func (t *terms) choose(found []payload, want audio.Codec) bool {
	for _, p := range found {
		if p.codec == want && want != audio.NoCodec {
			t.codec, t.pt = p.codec, p.pt
			return true
		}
	}
	return false
}

func (t *terms) events(found []payload) {
	for _, p := range found {
		if p.codec == audio.NoCodec {
			t.event = int(p.pt)
			return
		}
	}
}
