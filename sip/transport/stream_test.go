package transport

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"wissel"
	"wissel/internal/virtual"
)

// overPipes runs a Set with one TCP listener in memory, in a bubble of virtual time.
func overPipes(t *testing.T, edit func(*Options), f func(t *testing.T, s *Set, in *inbox, ln *pipes)) {
	t.Helper()
	virtual.Time(t, func(t *testing.T) {
		ln := newPipes()
		o := Options{
			Listeners:    []Settings{settings("tcp://0.0.0.0:5060")},
			ListenStream: func(string) (net.Listener, error) { return ln, nil },
			Dial: func(context.Context, wissel.Address) (net.Conn, error) {
				t.Error("something was dialled")
				return nil, errors.New("no dialling here")
			},
		}
		if edit != nil {
			edit(&o)
		}
		s, in := run(t, o)
		f(t, s, in, ln)
	})
}

func write(t *testing.T, c net.Conn, data string) {
	t.Helper()
	if _, err := c.Write([]byte(data)); err != nil {
		t.Errorf("write: %v", err)
	}
}

// FAULTS A4: who says nothing, or stops half way, does not stay.
func TestStreamDeadlines(t *testing.T) {
	for _, row := range []struct {
		name string
		says []string // with a second between them
		hold bool     // a dialog needs the connection, once a message has come
		want time.Duration
	}{
		{"connects and says nothing", nil, false, 5 * time.Second},
		{"stops in the middle of a message", []string{options[:20]}, false, 10 * time.Second},
		{"sends a byte a second", strings.Split(options[:60], ""), false, 10 * time.Second},
		{"stops in the middle of a second message", []string{options + options[:20]}, false, 10 * time.Second},
		{"sends one message and no more", []string{options}, false, 120 * time.Second},
		{"sends line ends alone", []string{"\r\n"}, false, 120 * time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			overPipes(t, nil, func(t *testing.T, s *Set, in *inbox, ln *pipes) {
				c := ln.dial("192.0.2.2:1024")
				began := time.Now()
				go func() {
					for _, part := range row.says {
						if _, err := c.Write([]byte(part)); err != nil {
							return
						}
						<-time.After(time.Second)
					}
				}()
				closedAfter(c)
				if took := time.Since(began).Round(time.Second); took != row.want {
					t.Errorf("closed after %s, not %s", took, row.want)
				}
				if f := in.failure(t); !f.Closed || f.Path.Conn == 0 || s.Stats().Late != 1 {
					t.Errorf("%+v, %d late", f, s.Stats().Late)
				}
				<-time.After(time.Minute)
			})
		})
	}
}

func TestAConnectionThatHoldsADialogStays(t *testing.T) {
	overPipes(t, nil, func(t *testing.T, s *Set, in *inbox, ln *pipes) {
		c := ln.dial("192.0.2.2:1024")
		write(t, c, options)
		id := in.packet(t).Path.Conn
		s.Hold(id, +1)
		<-time.After(time.Hour)
		write(t, c, options)
		in.packet(t)
		s.Hold(id, -1)
		if took := closedAfter(c).Round(time.Second); took != 120*time.Second {
			t.Errorf("closed after %s", took)
		}
	})
}

func TestPingsArePonged(t *testing.T) {
	overPipes(t, nil, func(t *testing.T, _ *Set, in *inbox, ln *pipes) {
		c := ln.dial("192.0.2.2:1024")
		write(t, c, "\r\n\r\n")
		b := make([]byte, 2)
		if _, err := io.ReadFull(c, b); err != nil || string(b) != "\r\n" {
			t.Errorf("%q, %v", b, err)
		}
		write(t, c, options)
		if p := in.packet(t); string(p.Data) != options {
			t.Errorf("%q", p.Data)
		}
	})
}

// FAULTS A3 over TCP: the header part is handed over for a 400, and the connection closes behind the answer.
func TestAStreamThatLiesIsAnsweredAndClosed(t *testing.T) {
	overPipes(t, nil, func(t *testing.T, s *Set, in *inbox, ln *pipes) {
		c := ln.dial("192.0.2.2:1024")
		head := "INVITE sip:a@b SIP/2.0\r\nCall-ID: 1\r\nContent-Length: -1\r\n\r\n"
		go func() { _, _ = c.Write([]byte(head + "more that is never read as a message")) }()
		p := in.packet(t)
		if p.Fault == nil || p.Fault.Status != 400 || string(p.Data) != head {
			t.Fatalf("%+v", p)
		}
		if err := s.Send(p.Path, []byte("SIP/2.0 400 Bad Request\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		got, _ := io.ReadAll(c) // ends with the connection
		if !bytes.HasPrefix(got, []byte("SIP/2.0 400")) || time.Since(began) > time.Second {
			t.Errorf("%q after %s", got, time.Since(began))
		}
		t.Log("ROW A3 over TCP: 400 for the head that lies, and the connection closes behind it")
	})
}

// FAULTS A4: caps per source and in all.
func TestConnectionsAreCapped(t *testing.T) {
	edit := func(o *Options) { o.Listeners[0].PerSource, o.Listeners[0].Connections = 3, 5 }
	overPipes(t, edit, func(t *testing.T, s *Set, _ *inbox, ln *pipes) {
		count := func(source string, n int) {
			for range n {
				c := ln.dial(source)
				go func() { _, _ = io.Copy(io.Discard, c) }()
			}
			synctest.Wait()
		}
		count("192.0.2.2:1", 10)
		if n := s.Stats().Connections + s.Stats().ConnectionsOpening; n != 3 {
			t.Errorf("%d of one source", n)
		}
		count("[2001:db8::1]:1", 1)
		count("[2001:db8::2]:1", 1) // the same /64
		count("192.0.2.3:1", 10)
		if n := s.Stats().Connections; n != 5 {
			t.Errorf("%d in all", n)
		}
		if n := s.Stats().Refused; n != 7+10 {
			t.Errorf("%d refused", n)
		}
		<-time.After(time.Minute) // all of them were silent
		count("192.0.2.2:1", 1)
		if n := s.Stats().Connections; n != 1 {
			t.Errorf("%d after the silent ones left", n)
		}
	})
}

func TestStrangersAreClosedAtAccept(t *testing.T) {
	edit := func(o *Options) { o.Allow = func(wissel.Address) bool { return false } }
	overPipes(t, edit, func(t *testing.T, s *Set, _ *inbox, ln *pipes) {
		if took := closedAfter(ln.dial("192.0.2.2:1")); took != 0 || s.Stats().Dropped != 1 {
			t.Errorf("after %s, %d dropped", took, s.Stats().Dropped)
		}
	})
}

// H5: an error of Accept does not end the port.
func TestAcceptErrorsDoNotEndAListener(t *testing.T) {
	overPipes(t, nil, func(t *testing.T, s *Set, in *inbox, ln *pipes) {
		for range 20 {
			ln.conns <- syscall.EMFILE
		}
		ln.conns <- syscall.ECONNABORTED
		c := ln.dial("192.0.2.2:1")
		write(t, c, options)
		in.packet(t)
		if st := s.Stats(); st.AcceptErrors != 21 || st.Restarts != 0 {
			t.Errorf("%+v", st)
		}
	})
}

// H7: a peer that is slow in its handshake or its reading holds up nobody else.
func TestASlowPeerHoldsUpNobody(t *testing.T) {
	overPipes(t, nil, func(t *testing.T, s *Set, in *inbox, ln *pipes) {
		slow, quick := ln.dial("192.0.2.2:1"), ln.dial("192.0.2.3:1")
		write(t, slow, options)
		stuck := in.packet(t).Path
		write(t, quick, options)
		well := in.packet(t).Path
		began, full := time.Now(), 0
		for range 2 * maxQueue {
			if err := s.Send(stuck, []byte("an answer that is never read")); errors.Is(err, ErrFull) {
				full++
			} else if err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Send(well, []byte("an answer")); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 9)
		if _, err := io.ReadFull(quick, b); err != nil || string(b) != "an answer" {
			t.Errorf("%q, %v", b, err)
		}
		if time.Since(began) != 0 || full == 0 {
			t.Errorf("it took %s, %d did not fit", time.Since(began), full)
		}
		f := in.failure(t) // 10 s later the write is given up, and each message that never left is told
		if time.Since(began) != 10*time.Second || f.Path.Conn != stuck.Conn || string(f.Quoted) != "an answer that is never read" {
			t.Errorf("after %s: %+v", time.Since(began), f)
		}
	})
}

// H8, FAULTS A19: an answer to a connection that is gone goes nowhere; no Via is ever dialled (overPipes fails on a dial).
func TestAnAnswerToAGoneConnectionGoesNowhere(t *testing.T) {
	overPipes(t, nil, func(t *testing.T, s *Set, in *inbox, ln *pipes) {
		for range 200 {
			c := ln.dial("192.0.2.2:1")
			write(t, c, options)
			p := in.packet(t)
			_ = c.Close()
			in.failure(t)
			if err := s.Send(p.Path, []byte("SIP/2.0 200 OK\r\n\r\n")); !errors.Is(err, ErrClosed) {
				t.Fatalf("%v", err)
			}
		}
	})
}

func TestConnectionsAreOpenedOnceAndUsedAgain(t *testing.T) {
	var dials atomic.Int32
	var far chan net.Conn
	edit := func(o *Options) {
		far = make(chan net.Conn, 4) // within the bubble
		o.Dial = func(ctx context.Context, a wissel.Address) (net.Conn, error) {
			dials.Add(1)
			<-time.After(300 * time.Millisecond) // of virtual time: the network's
			near, f := net.Pipe()
			far <- f
			return near, nil
		}
	}
	overPipes(t, edit, func(t *testing.T, s *Set, in *inbox, _ *pipes) {
		p := Path{Peer: tcpTo(netip.MustParseAddrPort("192.0.2.9:5060"))}
		began := time.Now()
		for _, m := range []string{"one", "two"} {
			if err := s.Send(p, []byte(m)); err != nil {
				t.Fatal(err)
			}
		}
		if !s.Opening(p) || time.Since(began) != 0 {
			t.Errorf("opening: %v after %s", s.Opening(p), time.Since(began))
		}
		c := <-far
		b := make([]byte, 6)
		if _, err := io.ReadFull(c, b); err != nil || string(b) != "onetwo" || s.Opening(p) {
			t.Errorf("%q, %v", b, err)
		}
		write(t, c, options)
		in1 := in.packet(t)
		if in1.Path.Peer != p.Peer || in1.Path.Conn == 0 {
			t.Errorf("%+v", in1.Path)
		}
		for _, again := range []Path{p, in1.Path} {
			if err := s.Send(again, []byte("three!")); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(c, b); err != nil || string(b) != "three!" {
				t.Errorf("%q, %v", b, err)
			}
		}
		if dials.Load() != 1 {
			t.Errorf("%d dials", dials.Load())
		}
		_ = c.Close()
		if f := in.failure(t); !f.Closed || f.Path.Conn != in1.Path.Conn {
			t.Errorf("%+v", f)
		}
		if err := s.Send(p, []byte("anew!!")); err != nil { // F27: a new connection
			t.Fatal(err)
		}
		if _, err := io.ReadFull(<-far, b); err != nil || string(b) != "anew!!" || dials.Load() != 2 {
			t.Errorf("%q, %v", b, err)
		}
	})
}

func TestADialThatFailsTellsWhatWasNotSent(t *testing.T) {
	edit := func(o *Options) {
		o.Dial = func(ctx context.Context, a wissel.Address) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
	}
	overPipes(t, edit, func(t *testing.T, s *Set, in *inbox, _ *pipes) {
		p := Path{Peer: tcpTo(netip.MustParseAddrPort("192.0.2.9:5060"))}
		began := time.Now()
		if err := s.Send(p, []byte("INVITE")); err != nil {
			t.Fatal(err)
		}
		f := in.failure(t)
		if string(f.Quoted) != "INVITE" || f.Closed || !errors.Is(f.Err, context.DeadlineExceeded) || time.Since(began) != 5*time.Second {
			t.Errorf("after %s: %+v", time.Since(began), f)
		}
		if f = in.failure(t); !f.Closed || f.Path.Peer != p.Peer || s.Opening(p) {
			t.Errorf("%+v", f)
		}
	})
}

func TestARequestUsesTheConnectionThatItsPeerOpened(t *testing.T) {
	overPipes(t, nil, func(t *testing.T, s *Set, in *inbox, ln *pipes) {
		c := ln.dial("192.0.2.2:5060")
		write(t, c, options)
		in.packet(t)
		if err := s.Send(Path{Peer: tcpTo(netip.MustParseAddrPort("192.0.2.2:5060"))}, []byte("BYE")); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 3)
		if _, err := io.ReadFull(c, b); err != nil || string(b) != "BYE" {
			t.Errorf("%q, %v", b, err)
		}
	})
}

func TestSendRefusesWhatItCannotMean(t *testing.T) {
	s, err := New(Options{Handler: newInbox(), Listeners: []Settings{settings("tcp://127.0.0.1:0")}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	to := netip.MustParseAddrPort("192.0.2.2:5060")
	for name, p := range map[string]Path{
		"a listener that there is not": {Listener: 7, Peer: udpTo(to)},
		"UDP over a TCP listener":      {Peer: udpTo(to)},
		"a connection that was never":  {Peer: tcpTo(to), Conn: 99},
	} {
		if err := s.Send(p, []byte("x")); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
