package demo

import (
	"encoding/binary"
	"math"
	"net"
	"net/netip"
	"sync"

	"wissel/internal/audio"
	"wissel/sip/sim"
)

// squeeze is how many samples of 8000 a second become one: what is left is below 500 Hz, the pitch and the first formant
// of a voice, which tell one sentence from another and cost a sixty-fourth to compare.
const squeeze = 8

// most of a call that an ear keeps, in squeezed samples: two minutes.
const mostHeard = 120 * 8000 / squeeze

// ear keeps what one caller's RTP socket received, as sound. Nothing else is known to it: what a caller "hears" is judged
// from these samples alone.
type ear struct {
	mu    sync.Mutex
	ssrc  uint32
	start uint32 // RTP timestamp of sound[begin]
	begin int
	sound []float32
}

// take is one datagram as it came; what is no G.711 over RTP is not for ears.
func (e *ear) take(b []byte) {
	if len(b) <= 12 || b[0]>>6 != 2 || b[0]&0x3f != 0 {
		return
	}
	var pcm [1024]int16
	payload := b[12:min(len(b), 12+len(pcm))]
	var err error
	switch b[1] & 0x7f {
	case 8:
		_, err = audio.DecodeALaw(pcm[:], payload)
	case 0:
		_, err = audio.DecodeMuLaw(pcm[:], payload)
	default:
		return
	}
	if err == nil {
		e.put(binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:]), pcm[:len(payload)])
	}
}

// put places samples by their RTP timestamp; what was lost stays silent.
func (e *ear) put(ts, ssrc uint32, pcm []int16) {
	e.mu.Lock()
	defer e.mu.Unlock()
	at := e.begin + int(int32(ts-e.start))/squeeze
	if len(e.sound) == 0 || ssrc != e.ssrc || at < e.begin || at > len(e.sound)+8000/squeeze*30 {
		e.ssrc, e.start, e.begin = ssrc, ts, len(e.sound)
		at = e.begin
	}
	end := at + len(pcm)/squeeze
	if end > mostHeard {
		return
	}
	for len(e.sound) < end {
		e.sound = append(e.sound, 0)
	}
	copy(e.sound[at:end], squeezed(pcm))
}

// heard is what came so far from sample from on. The caller must not change it.
func (e *ear) heard(from int) []float32 {
	e.mu.Lock()
	defer e.mu.Unlock()
	if from >= len(e.sound) {
		return nil
	}
	return append([]float32(nil), e.sound[from:]...)
}

// search looks for one sentence in what an ear hears, going on where it left off. It looks for its pieces one by one, in
// their order, since sound on its way loses packets and is held up: a sentence with a hole in it has been heard all the same.
type search struct {
	pieces []piece
	next   int // in the ear's samples
	hits   []hit
	found  bool
}

// piece of a sentence: a fifth of a second of voice, that begins at a sample of the sentence.
type piece struct {
	at    int
	sound []float32
}

// hit is a place where a piece was heard, and how many pieces of the sentence up to it came in order.
type hit struct{ piece, at, chain int }

const (
	pieceLen = 8000 / squeeze / 5
	same     = 0.85 // how alike (-1 to 1) a piece must be; the very samples give 1
	share    = 0.7  // of the pieces must be heard
	held     = 400  // ms that sound may be held up between two pieces
)

// sentence makes a search for the first seconds of a clip, or all of it when seconds is 0.
func sentence(c *audio.Clip, seconds float64) search {
	data := c.Bytes[audio.ALaw]
	if n := int(seconds * 8000); n > 0 && n < len(data) {
		data = data[:n]
	}
	pcm, _ := audio.Decode(data, audio.ALaw)
	sound := squeezed(pcm)
	loudest := 0.0
	for at := 0; at+pieceLen <= len(sound); at += pieceLen {
		loudest = max(loudest, energy(sound[at:at+pieceLen]))
	}
	var s search
	for at := 0; at+pieceLen <= len(sound); at += pieceLen {
		if p := sound[at : at+pieceLen]; energy(p) > loudest/100 { // a pause is like any other pause
			s.pieces = append(s.pieces, piece{at, p})
		}
	}
	return s
}

func squeezed(pcm []int16) []float32 {
	out := make([]float32, len(pcm)/squeeze)
	for i := range out {
		sum := 0
		for _, v := range pcm[i*squeeze : (i+1)*squeeze] {
			sum += int(v)
		}
		out[i] = float32(sum) / squeeze
	}
	return out
}

func energy(sound []float32) (e float64) {
	for _, v := range sound {
		e += float64(v) * float64(v)
	}
	return e
}

// in reports whether the sentence has been heard, to its end, by now.
func (s *search) in(e *ear) bool {
	if s.found {
		return true
	}
	sound := e.heard(s.next)
	for at := 0; at+pieceLen <= len(sound); at++ {
		window := sound[at : at+pieceLen]
		for i, p := range s.pieces {
			// Most of them differ from their first quarter on.
			if alike(p.sound[:pieceLen/4], window[:pieceLen/4]) > same/2 && alike(p.sound, window) > same && s.hit(i, s.next) {
				s.found = true
				return true
			}
		}
		s.next++
	}
	return false
}

// hit notes a piece heard at a sample, and reports whether that makes the sentence whole: enough of it, in order, to the end.
func (s *search) hit(i, at int) bool {
	h := hit{i, at, 1}
	for _, before := range s.hits {
		gap := s.pieces[i].at - s.pieces[before.piece].at
		if before.piece < i && at-before.at >= gap-20 && at-before.at <= gap+held*(i-before.piece) {
			h.chain = max(h.chain, before.chain+1)
		}
	}
	s.hits = append(s.hits, h)
	return float64(h.chain) >= share*float64(len(s.pieces)) && i >= len(s.pieces)-2
}

// alike is the correlation of two sounds of one length: 1 when they differ in loudness alone. Silence is like nothing.
func alike(a, b []float32) float64 {
	var ab, aa, bb float64
	for i, x := range a {
		y := float64(b[i])
		ab += float64(x) * y
		aa += float64(x) * float64(x)
		bb += y * y
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}

// ears gives each socket that a party opens an ear, by its port.
type ears struct {
	mu  sync.Mutex
	all map[uint16]*ear
}

// listen opens a real UDP socket with an ear on it; it is a sim.Listen.
func (es *ears) listen(at netip.AddrPort) (net.PacketConn, error) {
	c, err := sim.ListenUDP(at)
	if err != nil {
		return nil, err
	}
	local, ok := c.LocalAddr().(*net.UDPAddr)
	if !ok {
		panic("demo: a UDP socket without a UDP address")
	}
	e := &ear{}
	es.mu.Lock()
	if es.all == nil {
		es.all = map[uint16]*ear{}
	}
	es.all[local.AddrPort().Port()] = e
	es.mu.Unlock()
	return tapped{c, e}, nil
}

// of takes the ear of a port; it is that of the socket opened there last.
func (es *ears) of(port uint16) *ear {
	es.mu.Lock()
	defer es.mu.Unlock()
	e := es.all[port]
	delete(es.all, port)
	return e
}

// tapped is a socket whose datagrams an ear hears too.
type tapped struct {
	net.PacketConn
	ear *ear
}

func (t tapped) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := t.PacketConn.ReadFrom(b)
	if err == nil {
		t.ear.take(b[:n])
	}
	return n, from, err
}
