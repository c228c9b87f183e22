package media

import (
	"net"
	"strings"
	"testing"
	"time"

	"wissel/internal/audio"
)

// A11: an attacker sprays our ports before and during a call. He gets nothing.
func TestBleed(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		a, north := b.call(1, "192.0.2.1:4000", "8", "")
		defer north.hangUp()
		thief := b.phone("198.51.100.66:9000")
		defer thief.hangUp()
		near := b.phone("192.0.2.1:9000") // the same host, another program
		defer near.hangUp()
		thief.to, near.to = north.to, north.to
		a.Play([]*audio.Clip{clip700(4 * time.Second)})
		spray := func(n int, pause time.Duration) {
			for range n {
				thief.send(8, false, make([]byte, 160))
				near.send(8, false, make([]byte, 160))
				after(pause)
			}
		}
		spray(3, 10*time.Millisecond) // before the caller's first packet
		north.say(100*time.Millisecond, 400)
		north.take()
		for range 20 { // and during the call
			north.say(20*time.Millisecond, 400)
			spray(5, 0)
		}
		if n := len(thief.take()) + len(near.take()); n > 0 {
			t.Errorf("%d packets reached an attacker", n)
		}
		if n := len(north.take()); n < 20 {
			t.Errorf("the caller got %d packets", n)
		}
	})
}

// A11: an attacker who streams to the port before the caller says anything loses it to the caller's first packet.
func TestCallerTakesHisPlaceBack(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		a, north := b.call(1, "192.0.2.1:4000", "8", "")
		defer north.hangUp()
		thief := b.phone("198.51.100.66:9000")
		defer thief.hangUp()
		thief.to = north.to
		a.Play([]*audio.Clip{clip700(4 * time.Second)})
		thief.say(300*time.Millisecond, 1000)
		thief.take()
		north.say(20*time.Millisecond, 400)
		thief.take()
		north.take()
		thief.say(time.Second, 1000)
		north.say(100*time.Millisecond, 400)
		after(3 * time.Second)
		if n := len(thief.take()); n != 0 {
			t.Errorf("%d packets to the attacker after the caller's first", n)
		}
		if n := len(north.take()); n < 100 {
			t.Errorf("the caller got %d packets", n)
		}
	})
}

// A12: the right port and the right SSRC from another source are not heard.
func TestInject(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		a, north := b.call(1, "192.0.2.1:4000", "8", "")
		c, south := b.call(2, "192.0.2.2:6000", "8", "")
		defer north.hangUp()
		defer south.hangUp()
		a.Connect(c.Session)
		north.say(100*time.Millisecond, 400)
		thief := b.phone("192.0.2.1:9000")
		defer thief.hangUp()
		thief.to, thief.ssrc, thief.seq, thief.ts = north.to, north.ssrc, north.seq, north.ts
		before := a.Stats().Dropped
		for range 25 {
			thief.say(20*time.Millisecond, 1000)
			north.say(20*time.Millisecond, 400)
		}
		after(20 * time.Millisecond)
		pcm := sound(south.take(), audio.ALaw)
		if g := audio.Goertzel(pcm, 8000, 1000); g > 0.001 || len(pcm) != 30*160 {
			t.Errorf("%0.4f of what south hears is the attacker's, of %d samples", g, len(pcm))
		}
		if n := a.Stats().Dropped - before; n != 25 {
			t.Errorf("counted %d, want 25", n)
		}
	})
}

// A11: an attacker who streams before the caller says anything is sent nothing at all, however long the caller listens.
func TestWhoSpeaksFirstOverhearsNothing(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		a, north := b.call(1, "192.0.2.1:4000", "8", "")
		defer north.hangUp()
		thief := b.phone("198.51.100.66:9000")
		defer thief.hangUp()
		thief.to = north.to
		thief.say(500*time.Millisecond, 1000)
		a.Play([]*audio.Clip{clip700(2 * time.Second)})
		thief.say(3*time.Second, 1000)
		if n := len(thief.take()); n > 0 {
			t.Errorf("%d packets reached an attacker", n)
		}
		if n := len(north.take()); n != 100 {
			t.Errorf("the caller got %d packets of 100", n)
		}
	})
}

// Gear that sends from elsewhere than it listens is heard, and is sent to where it listens.
func TestGearThatSendsFromElsewhere(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		a, north := b.call(1, "192.0.2.1:4000", "8", "")
		c, south := b.call(2, "192.0.2.2:6000", "8", "")
		defer north.hangUp()
		defer south.hangUp()
		a.Connect(c.Session)
		gear := b.phone("192.0.2.77:9000")
		defer gear.hangUp()
		gear.to = north.to
		gear.say(500*time.Millisecond, 400)
		south.say(200*time.Millisecond, 700)
		if n := len(south.take()); n < 15 {
			t.Errorf("%d packets of it were heard", n)
		}
		if n, m := len(north.take()), len(gear.take()); n != 10 || m != 0 {
			t.Errorf("%d packets of 10 where it listens, %d where it sends from", n, m)
		}
		near := b.phone("192.0.2.1:9000") // and what the caller's own host sends goes before it at once
		defer near.hangUp()
		near.to, near.ssrc = north.to, 77
		near.say(200*time.Millisecond, 400)
		south.say(200*time.Millisecond, 700)
		if n := len(near.take()); n != 10 {
			t.Errorf("%d packets of 10 to the caller's own host", n)
		}
	})
}

// A caller behind a router: his packets come from elsewhere than he says, and all goes there after a while.
func TestCallerBehindARouter(t *testing.T) {
	for _, row := range []struct{ name, described, from string }{
		{"another port of his host", "192.0.2.1", "192.0.2.1:40000"},
		{"a private address, and the host that signals for him", "10.0.0.5", "192.0.2.1:40000"},
		{"a private address, and another host", "10.0.0.5", "198.51.100.7:40000"},
	} {
		inBubble(t, nil, func(b *bench) {
			a := b.open(1, "192.0.2.1")
			p := b.phone(row.from)
			defer p.hangUp()
			offer := strings.Replace(head, "c=IN IP4 192.0.2.1", "c=IN IP4 "+row.described, 1) + "m=audio 4000 RTP/AVP 8\r\n"
			answer, err := a.Answer([]byte(offer))
			if err != nil {
				t.Fatal(err)
			}
			p.to = target(t, answer)
			p.say(500*time.Millisecond, 400)
			a.Play([]*audio.Clip{clip700(200 * time.Millisecond)})
			after(time.Second)
			if n := len(p.take()); n != 10 {
				t.Errorf("%s: got %d packets of 10", row.name, n)
			}
			// his router gives him another port: after a second of silence that is believed, on the same host
			if row.from == "192.0.2.1:40000" {
				after(time.Second)
				q := b.phone("192.0.2.1:40002")
				defer q.hangUp()
				q.to = p.to
				q.say(300*time.Millisecond, 400)
				a.Play([]*audio.Clip{clip700(200 * time.Millisecond)})
				after(time.Second)
				if n := len(q.take()); n != 10 {
					t.Errorf("after the change: got %d packets of 10", n)
				}
			}
		})
	}
}

// A13: what is malformed is dropped, and the call goes on.
func TestMalformedPackets(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		a, north := b.call(1, "192.0.2.1:4000", "8 101", withEvents)
		c, south := b.call(2, "192.0.2.2:6000", "8 101", withEvents)
		defer north.hangUp()
		defer south.hangUp()
		a.Connect(c.Session)
		good := make([]byte, headerSize+160)
		putHeader(good, 8, false, 1, 160, 7)
		change := func(at int, v byte) []byte {
			b := append([]byte(nil), good...)
			b[at] = v
			return b
		}
		north.say(20*time.Millisecond, 400)
		south.take()
		bad := [][]byte{
			{}, {0x80}, good[:11], good[:12],
			change(0, 0x40), change(0, 0), // other versions
			change(0, 0x8F)[:40],          // sources beyond the end
			change(0, 0x90)[:14],          // an extension beyond the end
			change(0, 0xA0),               // padding of 0
			append(change(0, 0xA0), 0xFF), // padding over the whole
			change(1, 99),                 // a payload type that was not agreed
			make([]byte, maxDatagram),
		}
		for _, d := range bad {
			_, _ = north.conn.WriteTo(d, net.UDPAddrFromAddrPort(north.to))
		}
		for _, event := range [][]byte{{}, {1}, {1, 2, 3}} {
			north.send(101, true, event)
		}
		after(20 * time.Millisecond)
		a.Digits(true)
		for _, event := range [][]byte{{1}, {99, 0x80, 0, 0}, {16, 0x80, 0, 0}} {
			north.send(101, true, event)
		}
		after(20 * time.Millisecond)
		a.Digits(false)
		rtcp := north.to
		for _, d := range [][]byte{{}, {0x80}, {0x80, 200}, {0x81, 200, 0, 1, 0, 0, 0, 0}, {0x80, 201, 0xFF, 0xFF}, {0xBF, 203, 0, 0}, make([]byte, 2000)} {
			_, _ = north.conn.WriteTo(d, &net.UDPAddr{IP: rtcp.Addr().AsSlice(), Port: int(rtcp.Port()) + 1})
		}
		after(20 * time.Millisecond)
		if got := south.take(); len(got) != 0 {
			t.Errorf("%d malformed packets went on", len(got))
		}
		north.say(200*time.Millisecond, 400)
		if got := south.take(); len(got) != 10 || a.saw() != "" {
			t.Errorf("the call did not go on: %d packets, saw %q", len(got), a.saw())
		}
	})
}
