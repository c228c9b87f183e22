package media

import (
	"testing"
	"time"

	"wissel/internal/audio"
)

func TestPlainCallIsRelayedBothWays(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		a, north := b.call(1, "192.0.2.1:4000", "8 0 101", withEvents)
		c, south := b.call(2, "192.0.2.2:6000", "8 101", withEvents)
		defer north.hangUp()
		defer south.hangUp()
		a.Connect(c.Session)
		go south.say(time.Second, 1000)
		north.say(time.Second, 400)
		after(30 * time.Millisecond)
		for _, row := range []struct {
			name string
			got  []heardPacket
			freq float64
		}{{"south hears north", south.take(), 400}, {"north hears south", north.take(), 1000}} {
			if len(row.got) != 50 {
				t.Fatalf("%s: %d packets, want 50", row.name, len(row.got))
			}
			smooth(t, row.name, row.got)
			if g := audio.Goertzel(sound(row.got, audio.ALaw), 8000, row.freq); g < 0.95 {
				t.Errorf("%s: %0.2f of the sound is the tone", row.name, g)
			}
			if row.got[0].ssrc == 0x1234 {
				t.Errorf("%s: under the other's SSRC", row.name)
			}
		}
		if s := a.Stats(); s.Received != 50 || s.Sent != 50 || s.Dropped != 0 {
			t.Errorf("counted %+v", s)
		}
		a.Disconnect()
		north.say(100*time.Millisecond, 400)
		if got := south.take(); len(got) != 0 {
			t.Errorf("%d packets after Disconnect", len(got))
		}
	})
}

func TestLegsWithDifferentLawsAreTranscoded(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		a, north := b.call(1, "192.0.2.1:4000", "8", "")
		c, south := b.call(2, "192.0.2.2:6000", "0", "")
		defer north.hangUp()
		defer south.hangUp()
		south.codec = audio.MuLaw
		a.Connect(c.Session)
		north.say(400*time.Millisecond, 400)
		south.say(400*time.Millisecond, 1000)
		got := south.take()
		if got[0].pt != 0 || audio.Goertzel(sound(got, audio.MuLaw), 8000, 400) < 0.95 {
			t.Errorf("south got payload type %d", got[0].pt)
		}
		got = north.take()
		if got[0].pt != 8 || audio.Goertzel(sound(got, audio.ALaw), 8000, 1000) < 0.95 {
			t.Errorf("north got payload type %d", got[0].pt)
		}
	})
}

// The far leg is replaced: the caller's stream goes on as one.
func TestCallerHearsOneStreamWhenTheFarLegChanges(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		a, north := b.call(1, "192.0.2.1:4000", "8", "")
		c, south := b.call(2, "192.0.2.2:6000", "8", "")
		defer north.hangUp()
		defer south.hangUp()
		a.Connect(c.Session)
		south.say(500*time.Millisecond, 400)
		c.Close()
		after(700 * time.Millisecond)
		a.Play([]*audio.Clip{clip700(400 * time.Millisecond)})
		after(600 * time.Millisecond)
		if a.saw() != "P" {
			t.Errorf("saw %q", a.saw())
		}
		d, west := b.call(3, "192.0.2.3:7000", "8", "")
		defer west.hangUp()
		west.seq, west.ts, west.ssrc = 60000, 99, 77
		d.Connect(a.Session)
		west.say(500*time.Millisecond, 1000)
		got := north.take()
		smooth(t, "north", got)
		if len(got) != 25+20+25 {
			t.Fatalf("%d packets", len(got))
		}
		for i, p := range got {
			if want := i == 0 || i == 25 || i == 45; p.marker != want {
				t.Errorf("packet %d: marker %v", i, p.marker)
			}
		}
	})
}

func TestKeysPassThroughWithTheirPayloadTypeMapped(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		a, north := b.call(1, "192.0.2.1:4000", "8 101", withEvents)
		c, south := b.call(2, "192.0.2.2:6000", "8 96", "a=rtpmap:96 telephone-event/8000\r\n")
		defer north.hangUp()
		defer south.hangUp()
		a.Connect(c.Session)
		north.say(60*time.Millisecond, 400)
		north.press(101, 5, 60*time.Millisecond)
		got := south.take()
		if len(got) != 3+6 {
			t.Fatalf("%d packets", len(got))
		}
		for i, p := range got[3:] {
			if p.pt != 96 || p.payload[0] != 5 || p.ts != got[3].ts || p.marker != (i == 0) || p.seq != got[2].seq+1+uint16(i) {
				t.Errorf("packet %d: %+v", i, p)
			}
		}
		if a.saw() != "" {
			t.Errorf("reported %q while nobody listens", a.saw())
		}
		a.Digits(true)
		north.press(101, 11, 60*time.Millisecond)
		if a.saw() != "#" || len(south.take()) != 0 {
			t.Errorf("saw %q; the key went on, though a flow listens", a.saw())
		}
	})
}

// The key that lets a flow connect its caller is the flow's to the end of its press: the other leg hears nothing of it.
func TestAPressGoesToOneAlone(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		a, north := b.call(1, "192.0.2.1:4000", "8 101", withEvents)
		c, south := b.call(2, "192.0.2.2:6000", "8 101", withEvents)
		defer north.hangUp()
		defer south.hangUp()
		a.Digits(true)
		connected := make(chan struct{})
		go func() {
			defer close(connected)
			after(30 * time.Millisecond)
			a.Digits(false)
			a.Connect(c.Session)
		}()
		north.press(101, 1, 100*time.Millisecond)
		<-connected
		if got := south.take(); a.saw() != "1" || len(got) != 0 {
			t.Errorf("saw %q, and %d packets of the press went on", a.saw(), len(got))
		}
		north.press(101, 2, 60*time.Millisecond)
		if got := south.take(); a.saw() != "1" || len(got) == 0 {
			t.Errorf("saw %q, and %d packets of the next press went on", a.saw(), len(got))
		}
	})
}

func TestKeysBecomeSoundForAPeerWithoutTelephoneEvent(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		a, north := b.call(1, "192.0.2.1:4000", "8 101", withEvents)
		c, south := b.call(2, "192.0.2.2:6000", "8", "")
		defer north.hangUp()
		defer south.hangUp()
		a.Connect(c.Session)
		north.say(40*time.Millisecond, 400)
		north.press(101, 7, 100*time.Millisecond)
		after(300 * time.Millisecond)
		got := south.take()
		smooth(t, "south", got)
		var keys audio.Keys
		if found := keys.Write(nil, sound(got, audio.ALaw)); len(found) != 1 || found[0] != '7' {
			t.Errorf("heard %v", found)
		}
	})
}

func TestG722MeetsALaw(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		a, north := b.call(1, "192.0.2.1:4000", "9", "")
		c, south := b.call(2, "192.0.2.2:6000", "8", "")
		defer north.hangUp()
		defer south.hangUp()
		a.Connect(c.Session)
		clip := clip700(500 * time.Millisecond)
		for i := 0; i+160 <= len(clip.Bytes[audio.G722]); i += 160 {
			north.send(9, false, clip.Bytes[audio.G722][i:i+160])
			north.ts += 160
			after(20 * time.Millisecond)
		}
		if g := audio.Goertzel(sound(south.take(), audio.ALaw), 8000, 700); g < 0.9 {
			t.Errorf("south hears %0.2f of the tone", g)
		}
		south.say(500*time.Millisecond, 1000)
		if g := audio.Goertzel(sound(north.take(), audio.G722), 16000, 1000); g < 0.9 {
			t.Errorf("north hears %0.2f of the tone", g)
		}
	})
}

func TestHoldStopsWhatIsSent(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		a, north := b.call(1, "192.0.2.1:4000", "8", "")
		c, south := b.call(2, "192.0.2.2:6000", "8", "")
		defer north.hangUp()
		defer south.hangUp()
		a.Connect(c.Session)
		for _, row := range []struct {
			name, attribute, answer string
			toHim, toOther          bool
		}{
			{"active", "a=sendrecv\r\n", "a=sendrecv", true, true},
			{"on hold with music", "a=sendonly\r\n", "a=recvonly", false, true},
			{"listens only", "a=recvonly\r\n", "a=sendonly", true, true},
			{"on hold", "a=inactive\r\n", "a=inactive", false, true},
			{"back", "", "a=sendrecv", true, true},
			{"on hold the old way", "c=IN IP4 0.0.0.0\r\n", "a=recvonly", false, true},
		} {
			answer, err := a.Answer(north.description("8", row.attribute))
			if err != nil {
				t.Fatalf("%s: %v", row.name, err)
			}
			if !contains(answer, row.answer+"\r\n") {
				t.Errorf("%s: answered\n%s", row.name, answer)
			}
			go south.say(100*time.Millisecond, 1000)
			north.say(100*time.Millisecond, 400)
			after(20 * time.Millisecond)
			if got := len(north.take()) > 0; got != row.toHim {
				t.Errorf("%s: sent to him: %v", row.name, got)
			}
			if got := len(south.take()) > 0; got != row.toOther {
				t.Errorf("%s: what he sends arrives: %v", row.name, got)
			}
		}
	})
}

func TestPacketsOutOfOrderKeepTheirNumbers(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		a, north := b.call(1, "192.0.2.1:4000", "8", "")
		c, south := b.call(2, "192.0.2.2:6000", "8", "")
		defer north.hangUp()
		defer south.hangUp()
		a.Connect(c.Session)
		for _, seq := range []uint16{10, 11, 13, 12, 15, 9, 16, 40000, 40001} {
			north.seq, north.ts = seq, uint32(seq)*160
			north.send(8, false, make([]byte, 160))
			after(20 * time.Millisecond)
		}
		got := south.take()
		var moved []int
		for _, p := range got {
			moved = append(moved, int(int16(p.seq-got[0].seq)))
		}
		// 9 came from before the stream began here: its number is not ours to use. 40000 is a new beginning.
		want := []int{0, 1, 3, 2, 5, 6, 7, 8}
		if len(moved) != len(want) {
			t.Fatalf("%v, want %v", moved, want)
		}
		for i := range want {
			if moved[i] != want[i] {
				t.Fatalf("%v, want %v", moved, want)
			}
		}
	})
}
