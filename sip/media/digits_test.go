package media

import (
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/internal/audio"
)

// heardEvents feeds telephone-events to presses: each row is ts, marker, event, end, duration and the pause before it.
type step struct {
	ts       uint32
	marker   bool
	event    byte
	end      bool
	duration uint16
	pause    time.Duration
}

func pressed(steps []step) string {
	var k presses
	var sb strings.Builder
	now := time.Unix(0, 0)
	for _, s := range steps {
		b := []byte{s.event, 10, byte(s.duration >> 8), byte(s.duration)}
		if s.end {
			b[1] |= 0x80
		}
		now = now.Add(s.pause)
		if e, ok := parseEvent(b); ok && k.take(e, &packet{ts: s.ts, marker: s.marker, ssrc: 1}, now) {
			sb.WriteByte(byte(e.digit))
		}
	}
	return sb.String()
}

// long is a press that is held: segments of 0xFFFF at the most, a packet each 20 ms of which every nth comes, and what follows it.
func long(event byte, held time.Duration, nth int, then []step) (all []step) {
	ts, said := uint32(100), 0
	for i, pause := 1, time.Duration(0); i <= int(held/(20*time.Millisecond)); i++ {
		pause += 20 * time.Millisecond
		duration := i*160 - said
		if duration > 0xFFFF {
			ts, said, duration = ts+0xFFFF, said+0xFFFF, duration-0xFFFF
		}
		if i%nth == 0 || i == 1 {
			all = append(all, step{ts, i == 1, event, i == int(held/(20*time.Millisecond)), uint16(duration), pause})
			pause = 0
		}
	}
	return append(all, then...)
}

func TestEachPressOnce(t *testing.T) {
	const ms = time.Millisecond
	for _, row := range []struct {
		name  string
		steps []step
		want  string
	}{
		{"one press", []step{{100, true, 5, false, 160, 0}, {100, false, 5, false, 320, 20 * ms}, {100, false, 5, true, 480, 20 * ms}, {100, false, 5, true, 480, 0}, {100, false, 5, true, 480, 0}}, "5"},
		{"the same key twice", []step{{100, true, 5, false, 160, 0}, {100, false, 5, true, 320, 20 * ms}, {900, true, 5, false, 160, 80 * ms}, {900, false, 5, true, 320, 20 * ms}}, "55"},
		{"every key", []step{{1, true, 0, true, 160, 0}, {2, true, 9, true, 160, ms}, {3, true, 10, true, 160, ms}, {4, true, 11, true, 160, ms}, {5, true, 12, true, 160, ms}, {6, true, 15, true, 160, ms}}, "09*#AD"},
		{"only the ends arrive", []step{{100, false, 3, true, 480, 0}, {100, false, 3, true, 480, 0}}, "3"},
		{"the first packet arrives last", []step{{100, false, 3, false, 320, 0}, {100, true, 3, false, 160, ms}, {100, false, 3, true, 480, ms}}, "3"},
		{"an end of the press before, late", []step{{100, true, 1, false, 160, 0}, {900, true, 2, false, 160, 100 * ms}, {100, false, 1, true, 480, ms}, {900, false, 2, true, 320, ms}}, "12"},
		{"lost ends, the same key again", []step{{100, true, 1, false, 160, 0}, {2000, true, 1, false, 160, 200 * ms}}, "11"},
		{"lost ends and marker, the same key again", []step{{100, true, 1, false, 800, 0}, {2000, false, 1, false, 160, 200 * ms}}, "11"},
		{"longer than one event can say", []step{{100, true, 7, false, 0xFF00, 0}, {100, false, 7, false, 0xFFFF, ms}, {100 + 0xFFFF, false, 7, false, 160, ms}, {100 + 0xFFFF, false, 7, true, 800, ms}}, "7"},
		{"duration 0xFFFF from the first packet on", []step{{100, true, 7, false, 0xFFFF, 0}, {100, false, 7, false, 0xFFFF, 20 * ms}, {100, false, 7, true, 0xFFFF, 20 * ms}}, "7"},
		{"gear that moves the timestamp", []step{{100, true, 4, false, 160, 0}, {260, false, 4, false, 320, 20 * ms}, {420, false, 4, false, 480, 20 * ms}, {580, false, 4, true, 640, 20 * ms}, {580, false, 4, true, 640, 0}}, "4"},
		{"over the end of the clock", []step{{0xFFFFFF00, true, 1, true, 160, 0}, {0x100, true, 2, true, 160, 100 * ms}}, "12"},
		{"a clock that began anew", []step{{0x70000000, true, 1, true, 160, 0}, {5, true, 2, true, 160, 10 * time.Second}}, "12"},
		{"held for 30 s, in segments", long(7, 30*time.Second, 1, nil), "7"},
		{"held for 30 s, and every other packet lost", long(7, 30*time.Second, 2, nil), "7"},
		{"held for 30 s, and then pressed again", long(7, 30*time.Second, 1, []step{{900000, true, 7, false, 160, 80 * ms}}), "77"},
		{"all but one end is lost", []step{{100, false, 3, true, 480, 0}, {2000, false, 4, true, 480, 200 * ms}}, "34"},
		{"each packet twice", []step{{100, true, 3, false, 160, 0}, {100, true, 3, false, 160, 0}, {100, false, 3, true, 320, 20 * ms}, {100, false, 3, true, 320, 0}, {2000, true, 3, true, 160, 200 * ms}, {2000, true, 3, true, 160, 0}}, "33"},
		{"an old press again, a while later", []step{{100, true, 1, true, 160, 0}, {900, true, 2, true, 160, 100 * ms}, {100, true, 1, true, 160, 3 * time.Second}}, "12"},
		{"flash is no key", []step{{100, true, 16, true, 160, 0}}, ""},
	} {
		if got := pressed(row.steps); got != row.want {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
	}
}

func TestKeysAreReported(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		a, north := b.call(1, "192.0.2.1:4000", "8 96", "a=rtpmap:96 telephone-event/8000\r\n")
		defer north.hangUp()
		north.press(96, 1, 100*time.Millisecond) // before anyone listens
		a.Digits(true)
		for _, event := range []byte{2, 2, 10, 0, 11} {
			north.press(96, event, 100*time.Millisecond)
			after(50 * time.Millisecond)
		}
		if a.saw() != "22*0#" {
			t.Errorf("saw %q", a.saw())
		}
	})
}

func TestKeysInSoundAreReportedWhenThereAreNoEvents(t *testing.T) {
	for _, codec := range []audio.Codec{audio.ALaw, audio.MuLaw, audio.G722} {
		inBubble(t, nil, func(b *bench) {
			a, north := b.call(1, "192.0.2.1:4000", map[audio.Codec]string{audio.ALaw: "8", audio.MuLaw: "0", audio.G722: "9"}[codec], "")
			defer north.hangUp()
			a.Digits(true)
			var pcm []int16
			for _, d := range "147*" {
				pcm = append(pcm, audio.KeyTone(wissel.Digit(d), 80*time.Millisecond, 16000, -12)...)
				pcm = append(pcm, audio.Quiet(80*time.Millisecond, 16000)...)
			}
			data := audio.MakeClip("keys", pcm, 16000).Bytes[codec]
			for ; len(data) >= 160; data = data[160:] {
				north.send(codec.Static(), false, data[:160])
				north.ts += 160
				after(20 * time.Millisecond)
			}
			if a.saw() != "147*" {
				t.Errorf("%v: saw %q", codec, a.saw())
			}
		})
	}
}

// A21: a flood of keys is bounded: a queue's worth, and then no faster than a machine dials.
func TestFloodOfKeys(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		a, north := b.call(1, "192.0.2.1:4000", "8 101", withEvents)
		defer north.hangUp()
		a.Digits(true)
		for i := range 1000 {
			north.send(101, true, []byte{byte(i % 10), 0x8A, 0xFF, 0xFF})
			north.ts += 160
			after(time.Millisecond)
		}
		if n := len(a.saw()); n < 32 || n > 32+20 {
			t.Errorf("%d keys reported in one second", n)
		}
	})
}

func FuzzTelephoneEvent(f *testing.F) {
	f.Add([]byte{5, 0x8A, 1, 0x40}, uint32(160), uint32(0), true)
	f.Add([]byte{11, 10, 0xFF, 0xFF}, uint32(0xFFFFFFF0), uint32(0xFFFF), false)
	f.Fuzz(func(t *testing.T, data []byte, ts, step uint32, marker bool) {
		var k presses
		now := time.Unix(0, 0)
		p := packet{ts: ts, marker: marker}
		for i := range 3 {
			e, ok := parseEvent(data)
			if !ok {
				return
			}
			if !e.digit.Valid() {
				t.Fatalf("%v is no key", e.digit)
			}
			took := k.take(e, &p, now)
			if i == 0 && !took {
				t.Fatal("the first press was not reported")
			}
			if took && k.take(e, &p, now) {
				t.Fatal("the same packet was reported twice")
			}
			p.ts += step
			now = now.Add(20 * time.Millisecond)
		}
	})
}
