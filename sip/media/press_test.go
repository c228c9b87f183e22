package media

import (
	"testing"
	"time"

	"wissel"
	"wissel/internal/audio"
)

// keysOf reads the presses that came, each once.
func keysOf(got []heardPacket, pt uint8) string {
	var k presses
	keys := ""
	for i := range got {
		if e, ok := parseEvent(got[i].payload); ok && got[i].pt == pt && k.take(e, &got[i].packet, got[i].at) {
			keys += string(e.digit)
		}
	}
	return keys
}

func TestKeysArePressedAsEvents(t *testing.T) {
	for _, more := range []string{"", "a=ptime:30\r\n"} {
		inBubble(t, nil, func(b *bench) {
			a, north := b.call(1, "192.0.2.1:4000", "8 101", withEvents+more)
			defer north.hangUp()
			a.Play([]*audio.Clip{clip700(time.Second)})
			after(200 * time.Millisecond)
			a.Press([]wissel.Digit("4711*x#"))
			after(3 * time.Second)
			if a.saw() != "P" {
				t.Errorf("saw %q: the clip was replaced, the keys are out", a.saw())
			}
			got := north.take()
			if keys := keysOf(got, 101); keys != "4711*#" {
				t.Errorf("the keys %q came", keys)
			}
			first := map[uint32]heardPacket{}
			ends := map[uint32]int{}
			for i, p := range got {
				if i > 0 && (p.seq != got[i-1].seq+1 || p.ssrc != got[0].ssrc || int32(p.ts-got[i-1].ts) < 0) {
					t.Fatalf("packet %d: %d/%d after %d/%d", i, p.seq, p.ts, got[i-1].seq, got[i-1].ts)
				}
				if p.pt != 101 {
					continue
				}
				if _, again := first[p.ts]; !again {
					first[p.ts] = p
				}
				if p.marker != (first[p.ts].seq == p.seq) {
					t.Errorf("packet %d: marker %v", i, p.marker)
				}
				if p.payload[1]&0x80 != 0 {
					ends[p.ts]++
				}
			}
			last := got[0]
			for _, p := range got {
				if p.pt == 101 && first[p.ts].seq == p.seq {
					wall, clock := p.at.Sub(last.at), time.Duration(p.ts-last.ts)*time.Second/8000
					if (wall - clock).Abs() > 25*time.Millisecond {
						t.Errorf("a press began after %v, its timestamp moved by %v", wall, clock)
					}
					last = p
				}
			}
			for ts, n := range ends {
				if n != 3 {
					t.Errorf("the end of the press at %d was told %d times", ts, n)
				}
			}
			a.Play([]*audio.Clip{clip700(100 * time.Millisecond)})
			after(200 * time.Millisecond)
			voice := north.take()
			if wall, clock := voice[0].at.Sub(last.at), time.Duration(voice[0].ts-last.ts)*time.Second/8000; (wall - clock).Abs() > 25*time.Millisecond {
				t.Errorf("the voice after the keys came %v later, its timestamp moved by %v", wall, clock)
			}
		})
	}
}

func TestKeysArePressedAsSoundWhereThereAreNoEvents(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		a, north := b.call(1, "192.0.2.1:4000", "8", "")
		defer north.hangUp()
		a.Press([]wissel.Digit("471#"))
		after(2 * time.Second)
		var k audio.Keys
		if keys := string(k.Write(nil, sound(north.take(), audio.ALaw))); keys != "471#" || a.saw() != "P" {
			t.Errorf("heard %q, saw %q", keys, a.saw())
		}
	})
}

func TestNoKeysAreOutAtOnce(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		a, north := b.call(1, "192.0.2.1:4000", "8 101", withEvents)
		defer north.hangUp()
		a.Press(nil)
		after(50 * time.Millisecond)
		if got := north.take(); len(got) != 0 || a.saw() != "P" {
			t.Errorf("%d packets, saw %q", len(got), a.saw())
		}
	})
}

// play sends a sound in packets of 20 ms.
func (p *phone) play(pcm []int16) {
	for data := audio.MakeClip("", pcm, 8000).Bytes[p.codec]; len(data) >= 160; data = data[160:] {
		p.send(p.codec.Static(), false, data[:160])
		p.ts += 160
		after(20 * time.Millisecond)
	}
}

func TestTestTonesAreHeardByWhoListens(t *testing.T) {
	for _, codec := range []audio.Codec{audio.ALaw, audio.MuLaw, audio.G722} {
		inBubble(t, nil, func(b *bench) {
			a, north := b.call(1, "192.0.2.1:4000", map[audio.Codec]string{audio.ALaw: "8 101", audio.MuLaw: "0 101", audio.G722: "9 101"}[codec], withEvents)
			defer north.hangUp()
			north.codec = codec
			out, back := audio.PairTone(audio.PairOut, 200*time.Millisecond, 8000, -15), audio.PairTone(audio.PairBack, 200*time.Millisecond, 8000, -15)
			north.play(out)
			if a.saw() != "" {
				t.Errorf("%v: saw %q before anyone listened", codec, a.saw())
			}
			a.Listen(true)
			a.Digits(true)
			north.play(back)
			north.play(audio.KeyTone('7', 100*time.Millisecond, 8000, -12)) // gear has made sound of an event
			north.play(out)
			north.press(101, 5, 100*time.Millisecond)
			north.play(audio.KeyTone('5', 100*time.Millisecond, 8000, -12)) // and here both came
			a.Listen(false)
			north.play(back)
			if a.saw() != "b7a5" {
				t.Errorf("%v: saw %q", codec, a.saw())
			}
		})
	}
}
