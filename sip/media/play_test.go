package media

import (
	"testing"
	"time"

	"wissel/internal/audio"
)

func TestClipsArePlayedInTimeAndWithoutAGap(t *testing.T) {
	for _, row := range []struct {
		name, payloads, more string
		codec                audio.Codec
		frame                time.Duration
	}{
		{"A-law", "8", "", audio.ALaw, 20 * time.Millisecond},
		{"µ-law, 30 ms", "0", "a=ptime:30\r\n", audio.MuLaw, 30 * time.Millisecond},
		{"G.722, 10 ms", "9", "a=ptime:10\r\n", audio.G722, 10 * time.Millisecond},
		{"A-law on 97, 60 ms", "97", "a=rtpmap:97 PCMA/8000\r\na=ptime:60\r\n", audio.ALaw, 60 * time.Millisecond},
	} {
		inBubble(t, nil, func(b *bench) {
			a, north := b.call(1, "192.0.2.1:4000", row.payloads, row.more)
			defer north.hangUp()
			began := time.Now()
			first, second := clip700(307*time.Millisecond), clip700(505*time.Millisecond)
			a.Play([]*audio.Clip{first, second})
			total := first.Duration() + second.Duration()
			after(total - 20*time.Millisecond)
			if a.saw() != "" {
				t.Errorf("%s: played too early", row.name)
			}
			after(row.frame + 30*time.Millisecond)
			if a.saw() != "P" {
				t.Errorf("%s: saw %q", row.name, a.saw())
			}
			got := north.take()
			smooth(t, row.name, got)
			want := append(append([]byte(nil), first.Bytes[row.codec]...), second.Bytes[row.codec]...)
			var data []byte
			for i, p := range got {
				data = append(data, p.payload...)
				if p.marker != (i == 0) || p.from.Port() != north.to.Port() {
					t.Errorf("%s: packet %d: marker %v from %v", row.name, i, p.marker, p.from)
				}
				if due := began.Add(time.Duration(i)*row.frame + time.Millisecond); p.at.Sub(due).Abs() > time.Millisecond {
					t.Errorf("%s: packet %d came %v after it was due", row.name, i, p.at.Sub(due))
				}
			}
			if len(data) < len(want) || string(data[:len(want)]) != string(want) {
				t.Errorf("%s: %d bytes came of %d, or others", row.name, len(data), len(want))
			}
			for _, v := range data[len(want):] {
				if v != row.codec.Silence() {
					t.Errorf("%s: the last frame is filled with %02X", row.name, v)
				}
			}
			if n := b.engine.Stats().Late; n.Frames == 0 || n.Top > 2*time.Millisecond {
				t.Errorf("%s: lateness %+v", row.name, n)
			}
		})
	}
}

func TestPlayReplacesAndStopEnds(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		a, north := b.call(1, "192.0.2.1:4000", "8", "")
		defer north.hangUp()
		a.Play([]*audio.Clip{clip700(time.Second)})
		after(105 * time.Millisecond)
		a.Play([]*audio.Clip{audio.MakeClip("1000", audio.Tone(200*time.Millisecond, 8000, -12, 1000), 8000)})
		after(300 * time.Millisecond)
		if a.saw() != "P" {
			t.Errorf("saw %q: the first is not told of, the second is", a.saw())
		}
		got := north.take()
		smooth(t, "north", got)
		if len(got) != 6+10 || audio.Goertzel(sound(got[6:], audio.ALaw), 8000, 1000) < 0.95 {
			t.Errorf("%d packets", len(got))
		}
		a.Play([]*audio.Clip{clip700(time.Second)})
		after(100 * time.Millisecond)
		a.Stop()
		after(2 * time.Second)
		if n := len(north.take()); a.saw() != "P" || n < 5 || n > 6 {
			t.Errorf("after Stop: saw %q, %d packets", a.saw(), n)
		}
		a.Play(nil)
		after(50 * time.Millisecond)
		if a.saw() != "PP" {
			t.Errorf("nothing played: saw %q", a.saw())
		}
	})
}

func TestPlayingGoesOnInSilenceWhileOnHold(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		a, north := b.call(1, "192.0.2.1:4000", "8", "")
		defer north.hangUp()
		a.Play([]*audio.Clip{clip700(time.Second)})
		after(305 * time.Millisecond)
		if _, err := a.Answer(north.description("8", "a=inactive\r\n")); err != nil {
			t.Fatal(err)
		}
		after(200 * time.Millisecond)
		if n := len(north.take()); n != 16 {
			t.Errorf("%d packets", n)
		}
		if _, err := a.Answer(north.description("8", "")); err != nil {
			t.Fatal(err)
		}
		after(time.Second)
		got := north.take()
		smooth(t, "north", got)
		if len(got) != 24 || !got[0].marker || a.saw() != "P" {
			t.Errorf("%d packets, saw %q", len(got), a.saw())
		}
	})
}

func TestWhatPlaysIsHeardInsteadOfTheOtherLeg(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		a, north := b.call(1, "192.0.2.1:4000", "8", "")
		c, south := b.call(2, "192.0.2.2:6000", "8", "")
		defer north.hangUp()
		defer south.hangUp()
		a.Connect(c.Session)
		go south.say(time.Second, 1000)
		after(205 * time.Millisecond)
		a.Play([]*audio.Clip{clip700(400 * time.Millisecond)})
		after(time.Second)
		got := north.take()
		smooth(t, "north", got)
		for _, row := range []struct {
			from, to int
			freq     float64
		}{{0, 11, 1000}, {11, 31, 700}, {31, len(got), 1000}} {
			if g := audio.Goertzel(sound(got[row.from:row.to], audio.ALaw), 8000, row.freq); g < 0.9 {
				t.Errorf("packets %d to %d: %0.2f is %v Hz", row.from, row.to, g, row.freq)
			}
		}
	})
}

// Ten legs at different times on one wheel: each keeps its own beat.
func TestWheelKeepsManyBeats(t *testing.T) {
	inBubble(t, func(s *Settings) { s.Wheels = 1 }, func(b *bench) {
		var phones []*phone
		for i := range 10 {
			a, p := b.call(i, "192.0.2.1:"+string(rune('4'+i/5))+"00"+string(rune('0'+i%5)), "8", "a=ptime:"+[]string{"10", "20", "30", "40", "60"}[i%5]+"\r\n")
			defer p.hangUp()
			phones = append(phones, p)
			a.Play([]*audio.Clip{clip700(600 * time.Millisecond)})
			after(time.Duration(i*3) * time.Millisecond)
		}
		after(time.Second)
		for i, p := range phones {
			got := p.take()
			frame := []int{10, 20, 30, 40, 60}[i%5]
			smooth(t, "phone", got)
			if len(got) != 600/frame {
				t.Errorf("phone %d: %d packets of %d ms", i, len(got), frame)
			}
			for k := 1; k < len(got); k++ {
				if gap := got[k].at.Sub(got[k-1].at); gap != time.Duration(frame)*time.Millisecond {
					t.Fatalf("phone %d: %v between packets", i, gap)
				}
			}
		}
	})
}

// F30: a wheel that is late by a little catches up, and its frames keep their times; one that is late by more goes on where
// it was, after one pause that is in the timestamps too. No frame is left out, and no burst is sent.
func TestWheelThatLostItsBeat(t *testing.T) {
	for _, stood := range []time.Duration{15 * time.Millisecond, 59 * time.Millisecond, 61 * time.Millisecond, 75 * time.Millisecond, 93 * time.Millisecond, 5 * time.Second} {
		inBubble(t, func(s *Settings) { s.Wheels = 1 }, func(b *bench) {
			a, north := b.call(1, "192.0.2.1:4000", "8", "")
			c, south := b.call(2, "192.0.2.2:4000", "8", "a=ptime:60\r\n")
			defer north.hangUp()
			defer south.hangUp()
			clip := clip700(time.Second)
			a.Play([]*audio.Clip{clip})
			after(7 * time.Millisecond)
			c.Play([]*audio.Clip{clip})
			after(310 * time.Millisecond)
			stops, err := b.engine.Open(At{Call: "test", Leg: 3}, false, func(Event) { <-time.After(stood) }) // on the wheel's goroutine
			if err != nil {
				t.Fatal(err)
			}
			stops.Play(nil)
			after(stood + 2*time.Second)
			for _, row := range []struct {
				name string
				p    *phone
				ms   int
			}{{"20 ms", north, 20}, {"60 ms", south, 60}} {
				inTime(t, stood.String()+", frames of "+row.name, row.p.take(), row.ms, stood > stall)
			}
			if a.saw() != "P" || c.saw() != "P" {
				t.Errorf("saw %q and %q", a.saw(), c.saw())
			}
		})
	}
}

// inTime fails unless the frames are the whole clip of one second, in order, each sent no more than a stall after its
// timestamp says, with one pause at most.
func inTime(t *testing.T, name string, got []heardPacket, ms int, mayPause bool) {
	t.Helper()
	if len(got) != (1000+ms-1)/ms {
		t.Errorf("%s: %d frames", name, len(got))
	}
	pauses := 0
	for i := 1; i < len(got); i++ {
		if got[i].seq != got[i-1].seq+1 {
			t.Errorf("%s: frame %d has number %d after %d", name, i, got[i].seq, got[i-1].seq)
		}
		paused := got[i].ts-got[i-1].ts != uint32(8*ms)
		if paused {
			pauses++
		}
		if paused != got[i].marker {
			t.Errorf("%s: frame %d: a pause %v, marker %v", name, i, paused, got[i].marker)
		}
		late := got[i].at.Sub(got[0].at) - time.Duration(got[i].ts-got[0].ts)*time.Second/8000
		if late < -2*time.Millisecond || late > stall {
			t.Errorf("%s: frame %d was sent %v after its time", name, i, late)
		}
	}
	if pauses > 1 || pauses > 0 && !mayPause {
		t.Errorf("%s: %d pauses", name, pauses)
	}
	var data []byte
	for _, p := range got {
		data = append(data, p.payload...)
	}
	want := clip700(time.Second).Bytes[audio.ALaw]
	if len(data) < len(want) || string(data[:len(want)]) != string(want) {
		t.Errorf("%s: the clip did not come as it is", name)
	}
}

// Sequence numbers and timestamps go over their end, and the stream goes on (RFC 3550 §5.1).
func TestAStreamGoesOverTheEndOfItsNumbers(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		a, north := b.call(1, "192.0.2.1:4000", "8", "")
		defer north.hangUp()
		a.mu.Lock()
		a.out.seq, a.out.ts = 0xFFFF-50, 0xFFFFFFFF-8000
		a.mu.Unlock()
		a.Play([]*audio.Clip{clip700(3 * time.Second)})
		after(4 * time.Second)
		got := north.take()
		for i := 1; i < len(got); i++ {
			if got[i].seq != got[i-1].seq+1 || got[i].ts != got[i-1].ts+160 || got[i].ssrc != got[0].ssrc {
				t.Fatalf("packet %d: %d/%d after %d/%d", i, got[i].seq, got[i].ts, got[i-1].seq, got[i-1].ts)
			}
		}
		if len(got) != 150 || got[0].seq < 0xFF00 || got[149].seq > 0xFF || got[149].ts > got[0].ts {
			t.Errorf("%d packets, from %d/%d on", len(got), got[0].seq, got[0].ts)
		}
	})
}
