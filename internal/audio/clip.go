// Package audio holds what wissel knows of sound: G.711 and G.722, tones, resampling, loudness, WAV, and clips made
// ready to be played. It reads no clock and opens no socket. Packages sip/media and prompts use it.
package audio

import "time"

// Codec is a voice codec of the wire. The zero Codec is none.
type Codec uint8

// The codecs wissel speaks. Each carries 160 bytes in 20 ms.
const (
	NoCodec Codec = iota
	ALaw          // PCMA, payload type 8, ITU-T G.711
	MuLaw         // PCMU, payload type 0, ITU-T G.711
	G722          // G722, payload type 9, 16 kHz sampling, RTP clock 8000 (RFC 3551 §4.5.2)
)

// Clip is sound made ready: the same sound encoded in each codec, so that playing it decodes nothing. 8 bytes are one
// millisecond in every codec. A Clip is never changed once made.
type Clip struct {
	Name  string    // for logs: "nl/storing/welkom"
	Bytes [4][]byte // by Codec; index 0 is empty
}

// Sound is what was heard on a leg, in the codec that it came in.
type Sound struct {
	Codec Codec
	Bytes []byte
	Voice time.Duration // from the first word to the last; 0: nobody spoke
}

// Clip makes the sound ready to be played, on a leg of the codec that it came in or of the other law.
func (s Sound) Clip(name string) *Clip {
	c := &Clip{Name: name}
	if s.Codec == NoCodec {
		return c
	}
	c.Bytes[s.Codec] = s.Bytes
	other := ALaw
	if s.Codec == ALaw {
		other = MuLaw
	}
	c.Bytes[other] = append([]byte(nil), s.Bytes...) // of G.722: its length alone counts, no leg of that law plays it
	Recode(c.Bytes[other], s.Codec, other)
	return c
}

// Recording is the sound as ReadRecording gives that of a file, with what Master wants to know of it.
func (s Sound) Recording() Recording {
	if s.Codec == NoCodec || len(s.Bytes) == 0 {
		return Recording{Rate: 8000}
	}
	f, data := format{tag: tagALaw, channels: 1, rate: 8000, bits: 8}, s.Bytes
	switch s.Codec {
	case MuLaw:
		f.tag = tagMuLaw
	case G722: // its decoder has no steps that look like a flat top
		f = format{tag: tagPCM, channels: 1, rate: 16000, bits: 16}
		pcm := DecodeG722(s.Bytes)
		data = make([]byte, 0, 2*len(pcm))
		for _, v := range pcm {
			data = append(data, byte(v), byte(uint16(v)>>8))
		}
	case NoCodec, ALaw:
	}
	rec := Recording{Rate: f.rate, Form: f.String(), PCM: f.mono(data)}
	rec.Clipped, rec.FirstClipped = f.clipped(data)
	return rec
}

// Duration of the clip.
func (c *Clip) Duration() time.Duration {
	return time.Duration(len(c.Bytes[ALaw])) * time.Millisecond / 8
}
