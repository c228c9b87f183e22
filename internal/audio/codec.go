package audio

import (
	"io"

	"github.com/gotranspile/g722"
	"github.com/zaf/g711"
)

// The value of every byte in each law, and of each law's bytes in the other (ITU-T G.711, tables 1a, 1b, 3 and 4).
var (
	alawPCM, mulawPCM [256]int16
	alawMu, mulawA    [256]byte
)

func init() {
	for i := range 256 {
		alawPCM[i] = g711.DecodeAlawFrame(byte(i))
		mulawPCM[i] = g711.DecodeUlawFrame(byte(i))
		alawMu[i] = g711.Alaw2UlawFrame(byte(i))
		mulawA[i] = g711.Ulaw2AlawFrame(byte(i))
	}
}

// String is the encoding name of RFC 3551: "PCMA", "PCMU", "G722"; "none" for the zero Codec.
func (c Codec) String() string {
	switch c {
	case ALaw:
		return "PCMA"
	case MuLaw:
		return "PCMU"
	case G722:
		return "G722"
	default:
		return "none"
	}
}

// Static is the payload type that RFC 3551 §6 gives c.
func (c Codec) Static() uint8 {
	switch c {
	case MuLaw:
		return 0
	case G722:
		return 9
	default:
		return 8
	}
}

// Silence is the byte that stands for no sound: in G.711 for the sample 0 (or 8, the nearest that A-law has), in G.722
// for a step that leaves the decoder at rest.
func (c Codec) Silence() byte {
	switch c {
	case MuLaw:
		return 0xFF
	case G722:
		return 0xFC
	default:
		return 0xD5
	}
}

// EncodeALaw writes the G.711 A-law bytes (ITU-T G.711, table 1a) of pcm to dst and returns how many it wrote.
// pcm is mono, 16 bits, 8000 samples a second: a 20 ms frame is 160 samples in and 160 bytes out.
// It returns io.ErrShortBuffer, having written nothing, when len(dst) < len(pcm). It allocates nothing.
func EncodeALaw(dst []byte, pcm []int16) (int, error) {
	if len(dst) < len(pcm) {
		return 0, io.ErrShortBuffer
	}
	for i, v := range pcm {
		dst[i] = g711.EncodeAlawFrame(v)
	}
	return len(pcm), nil
}

// EncodeMuLaw writes the G.711 µ-law bytes (table 2a) of pcm to dst, as EncodeALaw does.
func EncodeMuLaw(dst []byte, pcm []int16) (int, error) {
	if len(dst) < len(pcm) {
		return 0, io.ErrShortBuffer
	}
	for i, v := range pcm {
		dst[i] = g711.EncodeUlawFrame(v)
	}
	return len(pcm), nil
}

// DecodeALaw writes the samples of A-law data to dst, one per byte, and returns how many it wrote: 8000 a second, mono.
// It returns io.ErrShortBuffer, having written nothing, when len(dst) < len(data). It allocates nothing.
func DecodeALaw(dst []int16, data []byte) (int, error) {
	return expand(dst, data, &alawPCM)
}

// DecodeMuLaw writes the samples of µ-law data to dst, as DecodeALaw does.
func DecodeMuLaw(dst []int16, data []byte) (int, error) {
	return expand(dst, data, &mulawPCM)
}

func expand(dst []int16, data []byte, table *[256]int16) (int, error) {
	if len(dst) < len(data) {
		return 0, io.ErrShortBuffer
	}
	for i, b := range data {
		dst[i] = table[b]
	}
	return len(data), nil
}

// Recode changes data in place from one G.711 law to the other (ITU-T G.711, tables 3 and 4). It reports false, and
// changes nothing, for any other pair of codecs; equal codecs are already right. It allocates nothing.
func Recode(data []byte, from, to Codec) bool {
	switch {
	case from == to:
		return true
	case from == ALaw && to == MuLaw:
		for i, b := range data {
			data[i] = alawMu[b]
		}
	case from == MuLaw && to == ALaw:
		for i, b := range data {
			data[i] = mulawA[b]
		}
	default:
		return false
	}
	return true
}

// EncodeG722 is pcm (mono, 16 bits, 16,000 samples a second) as one G.722 stream at 64 kbit/s, from a fresh encoder:
// one byte for each two samples, rounded up.
func EncodeG722(pcm []int16) []byte {
	if len(pcm)%2 != 0 {
		pcm = append(append(make([]int16, 0, len(pcm)+1), pcm...), 0)
	}
	if len(pcm) == 0 {
		return nil
	}
	return g722.Encode(pcm, g722.Rate64000, 0)
}

// DecodeG722 is the sound of one G.722 stream at 64 kbit/s: mono, 16,000 samples a second, two for each byte.
func DecodeG722(data []byte) []int16 {
	if len(data) == 0 {
		return nil
	}
	return g722.Decode(data, g722.Rate64000, 0)
}

// Wideband is a G.722 decoder that keeps its state from frame to frame, at half rate: 8000 samples a second, one for
// each byte, which is what the in-band digit detector wants.
type Wideband struct{ d *g722.Decoder }

// NewWideband is a decoder for one stream.
func NewWideband() *Wideband {
	return &Wideband{d: g722.NewDecoder(g722.Rate64000, g722.FlagSampleRate8000)}
}

// Decode writes the samples of data to dst, as DecodeALaw does.
func (w *Wideband) Decode(dst []int16, data []byte) (int, error) {
	if len(dst) < len(data) {
		return 0, io.ErrShortBuffer
	}
	if len(data) == 0 {
		return 0, nil
	}
	return w.d.Decode(dst, data), nil
}

// WidebandEncoder is a G.722 encoder that keeps its state from frame to frame, fed at half rate: 8000 samples a second,
// one for each byte.
type WidebandEncoder struct{ e *g722.Encoder }

// NewWidebandEncoder is an encoder for one stream.
func NewWidebandEncoder() *WidebandEncoder {
	return &WidebandEncoder{e: g722.NewEncoder(g722.Rate64000, g722.FlagSampleRate8000)}
}

// Encode writes the G.722 bytes of pcm to dst, as EncodeALaw does.
func (w *WidebandEncoder) Encode(dst []byte, pcm []int16) (int, error) {
	if len(dst) < len(pcm) {
		return 0, io.ErrShortBuffer
	}
	if len(pcm) == 0 {
		return 0, nil
	}
	return w.e.Encode(dst, pcm), nil
}

// Decode is data in codec c as samples and their rate: 8000 a second for G.711, 16,000 for G.722.
func Decode(data []byte, c Codec) (pcm []int16, rate int) {
	if c == G722 {
		return DecodeG722(data), 16000
	}
	pcm = make([]int16, len(data))
	if c == MuLaw {
		expand(pcm, data, &mulawPCM)
	} else {
		expand(pcm, data, &alawPCM)
	}
	return pcm, 8000
}
