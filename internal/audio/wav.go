package audio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"time"
)

// What a sound file may be. 64 MiB is over three minutes of 48 kHz stereo at 24 bits.
const (
	MaxWAV  = 64 << 20 // bytes of sound
	MinRate = 8000     // samples a second
	MaxRate = 192000
)

// The reasons why a file is no sound that can be used. Errors of ReadWAV wrap one of these, or the reader's own.
var (
	ErrNotWAV   = errors.New("not a WAV file")
	ErrTooLarge = fmt.Errorf("larger than a sound file may be (%d MiB of sound, 1 MiB of anything else)", MaxWAV>>20)
	ErrEmpty    = errors.New("holds no sound")
	ErrFormat   = errors.New("a form of WAV that is not read here; use PCM of 8, 16 or 24 bits, A-law or µ-law, mono or stereo")
	ErrRate     = fmt.Errorf("its rate is outside %d to %d samples a second", MinRate, MaxRate)
	ErrTooLong  = errors.New("too long for a prompt")
	ErrCut      = errors.New("cut short: it ends before its header says so")
)

// The format tags of WAVEFORMATEX.
const (
	tagPCM, tagALaw, tagMuLaw, tagExtensible = 1, 6, 7, 0xFFFE
)

type format struct {
	tag, channels, bits int
	rate                int
}

// ReadWAV reads a whole WAV file: PCM of 8, 16 or 24 bits, A-law or µ-law, mono or stereo (mixed to mono), 8 to 192 kHz.
// It reads and allocates nothing on the word of a header alone: a file that says it is too large is refused at once, and
// one that lies about it costs what it really holds.
func ReadWAV(r io.Reader) (pcm []int16, rate int, err error) {
	f, data, err := readWAV(r)
	if err != nil {
		return nil, 0, err
	}
	return f.mono(data), f.rate, nil
}

// A Recording is a sound file as it was found.
type Recording struct {
	PCM          []int16 // mono
	Rate         int     // samples a second, MinRate to MaxRate
	Form         string  // "16-bit PCM, 44100 Hz, stereo"
	Stereo       bool    // two channels were mixed
	Clipped      int     // places where a channel is clipped
	FirstClipped int     // the sample where the first of them begins
}

// Duration of the recording.
func (r Recording) Duration() time.Duration {
	return time.Duration(len(r.PCM)) * time.Second / time.Duration(r.Rate)
}

// ReadRecording reads what ReadWAV does, at most longest of it, with what Master wants to know of it. A longer file is
// ErrTooLong.
func ReadRecording(r io.Reader, longest time.Duration) (rec Recording, err error) {
	f, data, err := readWAV(r)
	if err != nil {
		return rec, err
	}
	rec = Recording{Rate: f.rate, Form: f.String(), Stereo: f.channels == 2}
	if d := time.Duration(len(data)/f.frame()) * time.Second / time.Duration(f.rate); d > longest {
		return rec, fmt.Errorf("lasts %v, and may last %v: %w", d.Round(time.Second), longest, ErrTooLong)
	}
	rec.Clipped, rec.FirstClipped = f.clipped(data)
	rec.PCM = f.mono(data)
	return rec, nil
}

// ReadALaw reads a WAV file of mono A-law as the bytes that it holds, ready for the wire; another form is ErrFormat.
func ReadALaw(r io.Reader) (alaw []byte, rate int, err error) {
	f, data, err := readWAV(r)
	if err == nil && (f.tag != tagALaw || f.channels != 1) {
		err = fmt.Errorf("format %d, %d channels, where mono A-law is expected: %w", f.tag, f.channels, ErrFormat)
	}
	return data, f.rate, err
}

func readWAV(r io.Reader) (f format, sound []byte, err error) {
	var head [12]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return f, nil, cutAs(err, ErrNotWAV)
	}
	if string(head[:4]) != "RIFF" || string(head[8:]) != "WAVE" {
		return f, nil, fmt.Errorf("begins with %q: %w", head[:4], ErrNotWAV)
	}
	skipped := make([]byte, 4096)
	chunk := make([]byte, 8)
	for budget := 1 << 20; ; { // bytes of other chunks that are skipped in search of the sound
		if _, err := io.ReadFull(r, chunk); err != nil {
			return f, nil, cutAs(err, ErrEmpty)
		}
		size := int64(binary.LittleEndian.Uint32(chunk[4:]))
		switch string(chunk[:4]) {
		case "fmt ":
			if f, err = readFormat(r, size); err != nil {
				return f, nil, err
			}
		case "data":
			sound, err = readData(r, f, size)
			return f, sound, err
		default:
			if budget -= int(size) + 8; budget < 0 {
				return f, nil, fmt.Errorf("over 1 MiB of other things before its sound: %w", ErrTooLarge)
			}
			for left := size + size%2; left > 0; left -= int64(len(skipped)) {
				if _, err := io.ReadFull(r, skipped[:min(left, int64(len(skipped)))]); err != nil {
					return f, nil, cutAs(err, ErrCut)
				}
			}
		}
	}
}

func readFormat(r io.Reader, size int64) (f format, err error) {
	var b [40]byte
	if size < 16 || size > 4096 {
		return f, fmt.Errorf("a format chunk of %d bytes: %w", size, ErrFormat)
	}
	n := min(size, int64(len(b)))
	if _, err := io.ReadFull(r, b[:n]); err != nil {
		return f, cutAs(err, ErrCut)
	}
	if _, err := io.CopyN(io.Discard, r, size+size%2-n); err != nil {
		return f, cutAs(err, ErrCut)
	}
	le := binary.LittleEndian
	f = format{tag: int(le.Uint16(b[0:])), channels: int(le.Uint16(b[2:])), bits: int(le.Uint16(b[14:]))}
	if rate := le.Uint32(b[4:]); rate >= MinRate && rate <= MaxRate {
		f.rate = int(rate)
	} else {
		return f, fmt.Errorf("%d samples a second: %w", rate, ErrRate)
	}
	if f.tag == tagExtensible && n >= 26 {
		f.tag = int(le.Uint16(b[24:])) // the sub-format's first two bytes are a tag of the old kind
	}
	known := f.tag == tagPCM && (f.bits == 8 || f.bits == 16 || f.bits == 24) || (f.tag == tagALaw || f.tag == tagMuLaw) && f.bits == 8
	if !known || f.channels < 1 || f.channels > 2 {
		return f, fmt.Errorf("format %d, %d bits, %d channels: %w", f.tag, f.bits, f.channels, ErrFormat)
	}
	return f, nil
}

func readData(r io.Reader, f format, size int64) ([]byte, error) {
	switch {
	case f.rate == 0:
		return nil, fmt.Errorf("its sound comes before its format: %w", ErrFormat)
	case size > MaxWAV:
		return nil, fmt.Errorf("says it holds %d bytes of sound: %w", size, ErrTooLarge)
	case size < int64(f.frame()):
		return nil, ErrEmpty
	}
	data, err := io.ReadAll(io.LimitReader(r, size)) // grows with what really comes
	if err != nil {
		return nil, fmt.Errorf("read its sound: %w", err)
	}
	if int64(len(data)) < size {
		return nil, ErrCut
	}
	return data, nil
}

// String names the form as people do: "16-bit PCM, 44100 Hz, stereo".
func (f format) String() string {
	form := fmt.Sprintf("%d-bit PCM", f.bits)
	switch f.tag {
	case tagALaw:
		form = "A-law"
	case tagMuLaw:
		form = "µ-law"
	}
	channels := "mono"
	if f.channels == 2 {
		channels = "stereo"
	}
	return fmt.Sprintf("%s, %d Hz, %s", form, f.rate, channels)
}

func (f format) frame() int { return f.channels * f.bits / 8 }

// mono is data as 16-bit samples, two channels mixed into one.
func (f format) mono(data []byte) []int16 {
	out := make([]int16, len(data)/f.frame())
	for i := range out {
		sum := 0
		for c := range f.channels {
			sum += f.sample(data[(i*f.channels+c)*f.bits/8:])
		}
		out[i] = int16(sum / f.channels)
	}
	return out
}

func (f format) sample(b []byte) int {
	switch {
	case f.tag == tagALaw:
		return int(alawPCM[b[0]])
	case f.tag == tagMuLaw:
		return int(mulawPCM[b[0]])
	case f.bits == 8:
		return (int(b[0]) - 128) << 8 // 8 bits are unsigned in WAV
	case f.bits == 24:
		return int(int16(binary.LittleEndian.Uint16(b[1:])))
	default:
		return int(int16(binary.LittleEndian.Uint16(b)))
	}
}

// cutAs gives the end of a file its reason.
func cutAs(err, reason error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return reason
	}
	return fmt.Errorf("read a WAV file: %w", err)
}

// WriteWAV writes pcm (mono, 16 bits, rate samples a second) as a WAV file. It returns ErrTooLarge for more than 4 GiB.
func WriteWAV(w io.Writer, pcm []int16, rate int) error {
	size := 2 * len(pcm)
	if size > math.MaxUint32-36 {
		return fmt.Errorf("write a WAV file: %w", ErrTooLarge)
	}
	b := make([]byte, 0, 44+size)
	le := binary.LittleEndian
	b = append(b, "RIFF"...)
	b = le.AppendUint32(b, uint32(36+size))
	b = append(b, "WAVEfmt "...)
	b = le.AppendUint32(b, 16)
	b = le.AppendUint16(b, tagPCM)
	b = le.AppendUint16(b, 1)
	b = le.AppendUint32(b, uint32(rate))
	b = le.AppendUint32(b, uint32(2*rate))
	b = le.AppendUint16(b, 2)
	b = le.AppendUint16(b, 16)
	b = append(b, "data"...)
	b = le.AppendUint32(b, uint32(size))
	for _, v := range pcm {
		b = le.AppendUint16(b, uint16(v))
	}
	if _, err := w.Write(b); err != nil {
		return fmt.Errorf("write a WAV file: %w", err)
	}
	return nil
}
