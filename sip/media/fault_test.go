package media

import (
	"log/slog"
	"net"
	"net/netip"
	"testing"
	"time"

	"wissel/internal/audio"
)

// F35: a panic while a packet is handled, or a clip played, ends that leg's media and nothing else.
func TestAPanicStaysWithItsLeg(t *testing.T) {
	inBubble(t, func(s *Settings) { s.Log = slog.New(slog.DiscardHandler); s.Wheels = 1 }, func(b *bench) {
		open := func(n int, at string) (*Session, *phone) {
			p := b.phone(at)
			s, err := b.engine.Open(At{Leg: n, Peer: p.at.Addr()}, false, func(Event) { panic("a fault") })
			if err != nil {
				t.Fatal(err)
			}
			answer, err := s.Answer(p.description("8 101", withEvents))
			if err != nil {
				t.Fatal(err)
			}
			p.to = target(t, answer)
			return s, p
		}
		s, north := open(1, "192.0.2.1:4000")
		defer north.hangUp()
		s.Digits(true)
		north.press(101, 5, 40*time.Millisecond) // its reader falls
		u, south := open(2, "192.0.2.2:4000")
		defer south.hangUp()
		u.Play([]*audio.Clip{clip700(40 * time.Millisecond)}) // its playing falls
		after(100 * time.Millisecond)

		a, east := b.call(3, "192.0.2.3:4000", "8", "")
		defer east.hangUp()
		a.Play([]*audio.Clip{clip700(200 * time.Millisecond)})
		after(time.Second)
		if n := len(east.take()); n != 10 || a.saw() != "P" {
			t.Errorf("the others: %d packets, saw %q", n, a.saw())
		}
		if n := b.engine.Stats().Panics; n != 2 {
			t.Errorf("%d panics counted", n)
		}
		s.Close()
		u.Close()
	})
}

// failing is a socket whose reads fail.
type failing struct {
	net.PacketConn
	reads int
}

func (f *failing) ReadFrom(b []byte) (int, net.Addr, error) {
	f.reads++
	return 0, nil, net.ErrWriteToConnected
}

func TestASocketThatOnlyFailsIsGivenUp(t *testing.T) {
	l := newLAN()
	inBubble(t, func(s *Settings) {
		s.Log = slog.New(slog.DiscardHandler)
		s.Listen = func(at netip.AddrPort) (net.PacketConn, error) {
			c, err := l.listen(at)
			if at.Port()%2 == 0 {
				return &failing{PacketConn: c}, err
			}
			return c, err
		}
	}, func(b *bench) {
		a := b.open(1, "192.0.2.1")
		after(time.Second)
		if a.saw() != "L" {
			t.Errorf("saw %q", a.saw())
		}
		a.Close()
	})
}

// A re-INVITE moves the peer's media: what we send follows, and the old place is no longer his.
func TestPeerMoves(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		a, north := b.call(1, "192.0.2.1:4000", "8", "")
		c, south := b.call(2, "192.0.2.2:6000", "8", "")
		defer north.hangUp()
		defer south.hangUp()
		a.Connect(c.Session)
		north.say(100*time.Millisecond, 400)
		moved := b.phone("192.0.2.9:4000")
		defer moved.hangUp()
		answer, err := a.Answer(moved.description("0", ""))
		if err != nil {
			t.Fatal(err)
		}
		if moved.to = target(t, answer); moved.to != north.to {
			t.Errorf("our side moved from %v to %v", north.to, moved.to)
		}
		moved.codec = audio.MuLaw
		south.take()
		go north.say(200*time.Millisecond, 1000)
		go south.say(200*time.Millisecond, 1000)
		moved.say(200*time.Millisecond, 400)
		after(20 * time.Millisecond)
		got := moved.take()
		if len(got) != 10 || got[0].pt != 0 || len(north.take()) != 0 {
			t.Errorf("%d packets followed", len(got))
		}
		pcm := sound(south.take(), audio.ALaw)
		if g := audio.Goertzel(pcm, 8000, 400); g < 0.95 {
			t.Errorf("south hears %0.2f of the one who moved", g)
		}
	})
}

// Everything at once, for the race detector.
func TestManyHandsOnOneSession(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		a, north := b.call(1, "192.0.2.1:4000", "8 101", withEvents)
		c, south := b.call(2, "192.0.2.2:6000", "8 101", withEvents)
		defer north.hangUp()
		defer south.hangUp()
		done := make(chan struct{})
		hands := []func(){
			func() { a.Connect(c.Session) }, func() { c.Connect(a.Session) }, func() { a.Disconnect() },
			func() { a.Play([]*audio.Clip{clip700(50 * time.Millisecond)}) }, func() { a.Stop() },
			func() { a.Digits(true) }, func() { a.Digits(false) }, func() { a.Stats(); b.engine.Stats() },
			func() { _, _ = a.Answer(north.description("8 101", withEvents)) },
			func() { _, _ = c.Offer(a.Session) }, func() { _, _ = a.Offer(c.Session) },
		}
		for _, hand := range hands {
			go func() {
				for range 20 {
					hand()
					<-time.After(7 * time.Millisecond)
				}
				done <- struct{}{}
			}()
		}
		go func() { south.say(200*time.Millisecond, 1000); done <- struct{}{} }()
		go func() { north.press(101, 1, 200*time.Millisecond); done <- struct{}{} }()
		for range len(hands) + 2 {
			<-done
		}
		a.Close()
		c.Close()
	})
}
