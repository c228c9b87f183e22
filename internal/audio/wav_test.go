package audio

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"runtime"
	"testing"
	"testing/iotest"
	"time"
)

// wav is a file by hand, with any lie in it that a test wants.
func wav(tag, channels, rate, bits int, says uint32, data []byte, before ...[]byte) []byte {
	le := binary.LittleEndian
	b := append([]byte("RIFF"), 0, 0, 0, 0)
	b = append(b, "WAVE"...)
	for _, x := range before {
		b = append(b, x...)
	}
	b = append(b, "fmt "...)
	b = le.AppendUint32(b, 16)
	b = le.AppendUint16(b, uint16(tag))
	b = le.AppendUint16(b, uint16(channels))
	b = le.AppendUint32(b, uint32(rate))
	b = le.AppendUint32(b, 0)
	b = le.AppendUint16(b, 0)
	b = le.AppendUint16(b, uint16(bits))
	b = append(b, "data"...)
	b = le.AppendUint32(b, says)
	return append(b, data...)
}

func TestReadWAV(t *testing.T) {
	extensible := func() []byte {
		b := wav(tagExtensible, 1, 8000, 16, 4, []byte{1, 0, 2, 0})
		le := binary.LittleEndian
		more := make([]byte, 24)
		le.PutUint16(more, 22)
		le.PutUint16(more[8:], tagPCM)
		b = append(b[:36:36], append(more, b[36:]...)...)
		le.PutUint32(b[16:], 40)
		return b
	}()
	for _, row := range []struct {
		name string
		file []byte
		rate int
		want []int16
	}{
		{"16 bits mono", wav(1, 1, 8000, 16, 4, []byte{0x34, 0x12, 0xFE, 0xFF}), 8000, []int16{0x1234, -2}},
		{"16 bits stereo", wav(1, 2, 44100, 16, 8, []byte{10, 0, 20, 0, 0xF6, 0xFF, 0xEC, 0xFF}), 44100, []int16{15, -15}},
		{"8 bits", wav(1, 1, 22050, 8, 3, []byte{0, 128, 255}), 22050, []int16{-32768, 0, 127 << 8}},
		{"24 bits", wav(1, 1, 48000, 24, 3, []byte{0xFF, 0x34, 0x12}), 48000, []int16{0x1234}},
		{"A-law", wav(6, 1, 8000, 8, 1, []byte{0xD5}), 8000, []int16{8}},
		{"µ-law", wav(7, 1, 8000, 8, 1, []byte{0xFF}), 8000, []int16{0}},
		{"another chunk first, of odd length", wav(1, 1, 8000, 16, 2, []byte{1, 0}, []byte("LIST\x03\x00\x00\x00abc\x00")), 8000, []int16{1}},
		{"the extensible form", extensible, 8000, []int16{1, 2}},
	} {
		pcm, rate, err := ReadWAV(iotest.OneByteReader(bytes.NewReader(row.file)))
		if err != nil || rate != row.rate || len(pcm) != len(row.want) {
			t.Errorf("%s: %v, %d Hz, %v", row.name, pcm, rate, err)
			continue
		}
		for i := range pcm {
			if pcm[i] != row.want[i] {
				t.Errorf("%s: %v, want %v", row.name, pcm, row.want)
			}
		}
	}
}

// A28: the sound files that are refused, each with its own reason.
func TestRefusedWAV(t *testing.T) {
	some := make([]byte, 64)
	broken := errors.New("disk is broken")
	for _, row := range []struct {
		name string
		file io.Reader
		want error
	}{
		{"2 GB", bytes.NewReader(wav(1, 1, 8000, 16, 2<<30, some)), ErrTooLarge},
		{"a length never filled in", bytes.NewReader(wav(1, 1, 8000, 16, math.MaxUint32, some)), ErrTooLarge},
		{"an empty file", bytes.NewReader(nil), ErrNotWAV},
		{"no sound in it", bytes.NewReader(wav(1, 1, 8000, 16, 0, nil)), ErrEmpty},
		{"less than one sample", bytes.NewReader(wav(1, 2, 8000, 16, 3, some)), ErrEmpty},
		{"no data chunk", bytes.NewReader(wav(1, 1, 8000, 16, 0, nil)[:36]), ErrEmpty},
		{"384 kHz", bytes.NewReader(wav(1, 1, 384000, 16, 64, some)), ErrRate},
		{"0 Hz", bytes.NewReader(wav(1, 1, 0, 16, 64, some)), ErrRate},
		{"MP3 inside", bytes.NewReader(wav(0x55, 1, 8000, 16, 64, some)), ErrFormat},
		{"32-bit float", bytes.NewReader(wav(3, 1, 8000, 32, 64, some)), ErrFormat},
		{"no channels", bytes.NewReader(wav(1, 0, 8000, 16, 64, some)), ErrFormat},
		{"six channels", bytes.NewReader(wav(1, 6, 8000, 16, 64, some)), ErrFormat},
		{"an ID3 tag in front", bytes.NewReader(append([]byte("ID3\x04\x00\x00\x7f\x7f\x7f\x7f"), some...)), ErrNotWAV},
		{"a tag of 1 GB inside", bytes.NewReader(wav(1, 1, 8000, 16, 64, some, []byte("id3 \x00\x00\x00\x40"))), ErrTooLarge},
		{"cut short", bytes.NewReader(wav(1, 1, 8000, 16, 4000, some)), ErrCut},
		{"a format chunk of 3 GB", bytes.NewReader([]byte("RIFF....WAVEfmt \x00\x00\x00\xc0")), ErrFormat},
		{"a file that cannot be read", iotest.ErrReader(broken), broken},
	} {
		if _, _, err := ReadWAV(row.file); !errors.Is(err, row.want) {
			t.Errorf("%s: %v, want %v", row.name, err, row.want)
		}
	}
}

func TestWriteWAV(t *testing.T) {
	want := Tone(100*time.Millisecond, 16000, -6, 900)
	var b bytes.Buffer
	if err := WriteWAV(&b, want, 16000); err != nil {
		t.Fatal(err)
	}
	got, rate, err := ReadWAV(&b)
	if err != nil || rate != 16000 || len(got) != len(want) {
		t.Fatalf("read back %d samples at %d Hz, %v", len(got), rate, err)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("sample %d is %d, was %d", i, got[i], want[i])
		}
	}
}

// A28: whatever a file says, reading it costs what it holds, and making a prompt of it ends in a prompt or in a reason.
func FuzzReadWAV(f *testing.F) {
	f.Add(wav(1, 2, 44100, 16, 8, []byte{10, 0, 20, 0, 0xF6, 0xFF, 0xEC, 0xFF}))
	f.Add(wav(6, 1, 8000, 8, 1, []byte{0xD5}))
	f.Add(wav(1, 1, 8000, 16, math.MaxUint32, make([]byte, 64)))
	f.Add(wav(3, 1, 8000, 32, 4, []byte{0, 0, 0xC0, 0x7F}))
	f.Add(wav(1, 1, 191999, 8, 3000, bytes.Repeat([]byte{0, 128, 255}, 1000)))
	f.Add(wav(1, 1, 8000, 16, 4, make([]byte, 4), bytes.Repeat([]byte("LIST\x00\x00\x00\x00"), 2000)))
	f.Fuzz(func(t *testing.T, file []byte) {
		rec, err := ReadRecording(bytes.NewReader(file), time.Second)
		if err != nil {
			return
		}
		if len(rec.PCM) == 0 || len(rec.PCM) > len(file) || rec.Rate < MinRate || rec.Rate > MaxRate || rec.Clipped > len(file) {
			t.Fatalf("%d bytes became %d samples at %d Hz, clipped in %d places", len(file), len(rec.PCM), rec.Rate, rec.Clipped)
		}
		m, err := Master(rec)
		if err != nil {
			return
		}
		if math.Abs(m.Loudness-PromptLoudness) > 1 || m.Peak > PromptPeak || m.Duration() > rec.Duration()+time.Millisecond {
			t.Errorf("%v at %.2f LUFS and %.2f dBTP from %v", m.Duration(), m.Loudness, m.Peak, rec.Duration())
		}
	})
}

// A28: a header that promises 64 MiB, and a file that is mostly chunks, cost what is really there.
func TestHostileWAVCostsLittle(t *testing.T) {
	for name, file := range map[string][]byte{
		"it promises 64 MiB":        wav(1, 1, 8000, 16, MaxWAV, make([]byte, 64)),
		"a hundred thousand chunks": wav(1, 1, 8000, 16, 4, make([]byte, 4), bytes.Repeat([]byte("LIST\x00\x00\x00\x00"), 100_000)),
		"a chunk of 4 GB":           wav(1, 1, 8000, 16, 4, make([]byte, 4), []byte("LIST\xff\xff\xff\xff")),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _, err := ReadWAV(bytes.NewReader(file))
		runtime.ReadMemStats(&after)
		if spent := after.TotalAlloc - before.TotalAlloc; err != nil && spent > 8<<20 || spent > 32<<20 {
			t.Errorf("%s: %d bytes were allocated, %v", name, spent, err)
		}
	}
}

func TestReadALawGivesTheBytesThatTheFileHolds(t *testing.T) {
	some := []byte{0xd5, 0x55, 0x2a, 0x80}
	data, rate, err := ReadALaw(bytes.NewReader(wav(tagALaw, 1, 8000, 8, uint32(len(some)), some)))
	if err != nil || rate != 8000 || !bytes.Equal(data, some) {
		t.Errorf("%x at %d, %v", data, rate, err)
	}
	for name, f := range map[string][]byte{
		"µ-law": wav(tagMuLaw, 1, 8000, 8, uint32(len(some)), some), "stereo": wav(tagALaw, 2, 8000, 8, uint32(len(some)), some),
		"PCM": wav(tagPCM, 1, 8000, 16, uint32(len(some)), some),
	} {
		if _, _, err := ReadALaw(bytes.NewReader(f)); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
