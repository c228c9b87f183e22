package audio

import (
	"errors"
	"io"
	"math"
	"testing"
	"time"
)

func TestLawsKeepTheSound(t *testing.T) {
	pcm := Tone(time.Second, 8000, -10, 440)
	for _, codec := range []Codec{ALaw, MuLaw} {
		data := make([]byte, len(pcm))
		encode, decode := EncodeALaw, DecodeALaw
		if codec == MuLaw {
			encode, decode = EncodeMuLaw, DecodeMuLaw
		}
		if n, err := encode(data, pcm); n != len(pcm) || err != nil {
			t.Fatalf("%v: encoded %d, %v", codec, n, err)
		}
		back := make([]int16, len(data))
		if n, err := decode(back, data); n != len(data) || err != nil {
			t.Fatalf("%v: decoded %d, %v", codec, n, err)
		}
		if s := signalToNoise(pcm, back); s < 35 {
			t.Errorf("%v: %0.1f dB between sound and noise, want 35", codec, s)
		}
		if _, err := encode(data[:10], pcm); !errors.Is(err, io.ErrShortBuffer) {
			t.Errorf("%v: a short buffer gave %v", codec, err)
		}
		if _, err := decode(back[:10], data); !errors.Is(err, io.ErrShortBuffer) {
			t.Errorf("%v: a short buffer gave %v", codec, err)
		}
	}
}

func signalToNoise(want, got []int16) float64 {
	var s, n float64
	for i := range want {
		d := float64(want[i]) - float64(got[i])
		s += float64(want[i]) * float64(want[i])
		n += d * d
	}
	return 10 * math.Log10(s/n)
}

// The corners of ITU-T G.711: its own examples of silence and full scale.
func TestKnownBytes(t *testing.T) {
	for _, row := range []struct {
		name  string
		pcm   int16
		a, mu byte
	}{
		{"silence", 0, 0xD5, 0xFF},
		{"loudest", 32767, 0xAA, 0x80},
		{"loudest below zero", -32768, 0x2A, 0x00},
	} {
		var a, mu [1]byte
		must(EncodeALaw(a[:], []int16{row.pcm}))
		must(EncodeMuLaw(mu[:], []int16{row.pcm}))
		if a[0] != row.a || mu[0] != row.mu {
			t.Errorf("%s: A-law %02X, µ-law %02X; want %02X, %02X", row.name, a[0], mu[0], row.a, row.mu)
		}
	}
}

func TestRecode(t *testing.T) {
	pcm := Tone(time.Second/2, 8000, -15, 300)
	a, mu := make([]byte, len(pcm)), make([]byte, len(pcm))
	must(EncodeALaw(a, pcm))
	copy(mu, a)
	if !Recode(mu, ALaw, MuLaw) {
		t.Fatal("A-law to µ-law refused")
	}
	back, _ := Decode(mu, MuLaw)
	if s := signalToNoise(pcm, back); s < 30 {
		t.Errorf("A-law to µ-law: %0.1f dB", s)
	}
	if !Recode(mu, MuLaw, ALaw) {
		t.Fatal("µ-law to A-law refused")
	}
	back, _ = Decode(mu, ALaw)
	if s := signalToNoise(pcm, back); s < 30 {
		t.Errorf("and back: %0.1f dB", s)
	}
	if Recode(mu, ALaw, G722) || Recode(mu, G722, MuLaw) {
		t.Error("G.722 was said to be recoded")
	}
	if !Recode(mu, G722, G722) {
		t.Error("equal codecs need nothing, and were refused")
	}
}

func TestG722(t *testing.T) {
	pcm := Tone(time.Second, 16000, -10, 1000)
	data := EncodeG722(pcm)
	if len(data) != 8000 {
		t.Fatalf("a second is %d bytes, want 8000", len(data))
	}
	if g := Goertzel(DecodeG722(data), 16000, 1000); g < 0.95 {
		t.Errorf("%0.2f of the energy is where it was", g)
	}
	if n := len(EncodeG722(pcm[:321])); n != 161 {
		t.Errorf("321 samples are %d bytes, want 161", n)
	}
	if len(EncodeG722(nil)) != 0 || len(DecodeG722(nil)) != 0 {
		t.Error("nothing became something")
	}
	w, narrow := NewWideband(), make([]int16, len(data))
	for at := 0; at < len(data); at += 160 {
		must(w.Decode(narrow[at:], data[at:at+160]))
	}
	if g := Goertzel(narrow, 8000, 1000); g < 0.95 {
		t.Errorf("at half rate %0.2f of the energy is where it was", g)
	}
}

func TestClip(t *testing.T) {
	for _, rate := range []int{8000, 11025, 16000, 22050, 44100, 48000} {
		c := MakeClip("test/tone", Tone(500*time.Millisecond+333*time.Microsecond, rate, -12, 700), rate)
		if d := c.Duration(); d < 500*time.Millisecond || d > 502*time.Millisecond {
			t.Errorf("%d Hz: lasts %v", rate, d)
		}
		for _, codec := range []Codec{ALaw, MuLaw, G722} {
			if len(c.Bytes[codec]) != len(c.Bytes[ALaw]) || len(c.Bytes[codec])%8 != 0 {
				t.Errorf("%d Hz, %v: %d bytes", rate, codec, len(c.Bytes[codec]))
			}
			pcm, r := Decode(c.Bytes[codec], codec)
			if g := Goertzel(pcm[:r/2], r, 700); g < 0.95 {
				t.Errorf("%d Hz, %v: %0.2f of the energy is where it was", rate, codec, g)
			}
		}
	}
	if c := MakeClip("empty", nil, 8000); c.Duration() != 0 {
		t.Errorf("nothing lasts %v", c.Duration())
	}
}

func TestCodecPathAllocatesNothing(t *testing.T) {
	pcm, data := make([]int16, 160), make([]byte, 160)
	var keys Keys
	n := testing.AllocsPerRun(100, func() {
		must(EncodeALaw(data, pcm))
		must(DecodeMuLaw(pcm, data))
		Recode(data, ALaw, MuLaw)
		Goertzel(pcm, 8000, 440)
		keys.Write(nil, pcm)
	})
	if n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}

func TestSilenceIsQuiet(t *testing.T) {
	for _, codec := range []Codec{ALaw, MuLaw, G722} {
		data := make([]byte, 1600)
		for i := range data {
			data[i] = codec.Silence()
		}
		pcm, _ := Decode(data, codec)
		if l := Level(pcm); l > -60 {
			t.Errorf("%v: silence is %0.1f dBFS", codec, l)
		}
	}
}
