package media

import (
	"net"
	"testing"
	"time"

	"github.com/pion/rtcp"
)

func TestThePeersVoice(t *testing.T) {
	const s = time.Second
	for _, row := range []struct {
		name string
		do   func(b *bench, a, c *leg, north *phone) // a is north's, and connected to c
		want string
	}{
		{"nobody waits for it", func(*bench, *leg, *leg, *phone) { after(10 * s) }, ""},
		{"it never comes", func(_ *bench, a, _ *leg, _ *phone) { a.Expect(); after(10 * s) }, "S"},
		{"it comes, and stays", func(_ *bench, a, _ *leg, north *phone) { a.Expect(); north.say(10*s, 400) }, "H"},
		{"it came before the answer, and goes on", func(_ *bench, a, _ *leg, north *phone) {
			north.say(s, 400)
			a.Expect()
			north.say(s, 400)
		}, "H"},
		{"it stops, and comes again", func(_ *bench, a, _ *leg, north *phone) {
			a.Expect()
			north.say(s, 400)
			after(4 * s)
			north.say(s, 400)
		}, "HSH"},
		{"it is on hold", func(b *bench, a, _ *leg, north *phone) {
			a.Expect()
			north.say(s, 400)
			if _, err := a.Answer(north.description("8", "a=recvonly\r\n")); err != nil {
				b.Fatal(err)
			}
			after(10 * s)
		}, "H"},
		{"it says that it sends nothing", func(b *bench, a, _ *leg, north *phone) {
			if _, err := a.Answer(north.description("8", "a=inactive\r\n")); err != nil {
				b.Fatal(err)
			}
			a.Expect()
			after(10 * s)
		}, ""},
		{"it is not connected any more", func(_ *bench, a, _ *leg, _ *phone) {
			a.Expect()
			a.Disconnect()
			after(10 * s)
		}, ""},
		{"it suppresses silence, and sends comfort noise", func(_ *bench, a, _ *leg, north *phone) {
			a.Expect()
			for range 10 {
				north.send(13, false, []byte{0x40}) // RFC 3389, never negotiated here
				after(s)
			}
		}, ""},
		{"RTCP alone says that it lives", func(b *bench, a, _ *leg, north *phone) {
			a.Expect()
			report, err := rtcp.Marshal([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: north.ssrc}})
			if err != nil {
				b.Fatal(err)
			}
			for range 10 {
				_, _ = north.conn.WriteTo(report, &net.UDPAddr{IP: north.to.Addr().AsSlice(), Port: int(north.to.Port()) + 1})
				after(s)
			}
		}, ""},
		{"a stranger's packets are not it", func(b *bench, a, _ *leg, north *phone) {
			stranger := b.phone("198.51.100.66:4000")
			defer stranger.hangUp()
			stranger.to = north.to
			a.Expect()
			north.say(100*time.Millisecond, 400)
			stranger.say(5*s, 400)
		}, "HS"},
	} {
		t.Run(row.name, func(t *testing.T) {
			inBubble(t, nil, func(b *bench) {
				a, north := b.call(1, "192.0.2.1:4000", "8", "")
				c, south := b.call(2, "192.0.2.2:6000", "8", "")
				defer north.hangUp()
				defer south.hangUp()
				a.Connect(c.Session)
				row.do(b, a, c, north)
				if got := a.saw(); got != row.want {
					t.Errorf("told %q, want %q", got, row.want)
				}
			})
		})
	}
}

func TestSilenceIsToldWithinThreeSeconds(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		a, north := b.call(1, "192.0.2.1:4000", "8", "")
		c, south := b.call(2, "192.0.2.2:6000", "8", "")
		defer north.hangUp()
		defer south.hangUp()
		a.Connect(c.Session)
		for range 20 { // wherever the keeper stands
			a.Expect()
			was := len(a.saw())
			after(2400 * time.Millisecond)
			if a.saw()[was:] != "" {
				t.Error("told before the time was over")
			}
			after(600 * time.Millisecond)
			if a.saw()[was:] != "S" {
				t.Error("not told in 3 s")
			}
			after(37 * time.Millisecond)
		}
	})
}

// A process that stood still calls nobody silent for the time that it was away (FAULTS F30).
func TestNobodyIsSilentWhileWeStoodStill(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		a, north := b.call(1, "192.0.2.1:4000", "8", "")
		c, south := b.call(2, "192.0.2.2:6000", "8", "")
		defer north.hangUp()
		defer south.hangUp()
		a.Connect(c.Session)
		a.Expect()
		north.say(time.Second, 400)
		round([]*Session{a.Session}, time.Now().Add(time.Minute), true)
		if got := a.saw(); got != "H" {
			t.Errorf("told %q", got)
		}
		round([]*Session{a.Session}, time.Now().Add(2*time.Minute), false)
		if got := a.saw(); got != "HS" {
			t.Errorf("told %q of one who was silent while we were here", got)
		}
	})
}
