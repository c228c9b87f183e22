package transaction

import (
	"testing"
	"time"
)

// TestTimeTables plays each machine's timers in virtual time: RFC 3261 §17 and its table 4, RFC 6026.
func TestTimeTables(t *testing.T) {
	invite := func(path Path, at time.Duration, status int) func(*film) {
		return func(f *film) {
			f.start("INVITE", path)
			if status != 0 {
				f.run(at)
				f.answer("INVITE", status, path)
			}
		}
	}
	options := func(path Path, answers ...int) func(*film) {
		return func(f *film) {
			f.start("OPTIONS", path)
			f.run(700 * time.Millisecond)
			for _, s := range answers {
				f.answer("OPTIONS", s, path)
			}
		}
	}
	served := func(method string, path Path, status int, ack time.Duration) func(*film) {
		return func(f *film) {
			v := f.receive(incoming(method, path))
			f.respond(v.ID, status)
			if ack > 0 {
				f.run(ack)
				f.receive(incoming("ACK", path))
			}
		}
	}
	rows := []struct {
		name string
		play func(*film)
		want string
	}{
		{"an INVITE that nobody answers is sent seven times over UDP, and times out at 64*T1", invite(udp, 0, 0),
			"0.000 INVITE, 0.500 INVITE, 1.500 INVITE, 3.500 INVITE, 7.500 INVITE, 15.500 INVITE, 31.500 INVITE, 32.000 timeout, 32.000 gone"},
		{"an INVITE that nobody answers is sent once over TCP, and times out at 64*T1", invite(tcp, 0, 0),
			"0.000 INVITE, 32.000 timeout, 32.000 gone"},
		{"a ringing INVITE is sent no more and has no limit", invite(udp, 600*time.Millisecond, 180),
			"0.000 INVITE, 0.500 INVITE"},
		{"an answered INVITE is kept for 64*T1 to match further 2xx", invite(udp, 100*time.Millisecond, 200),
			"0.000 INVITE, 32.100 gone"},
		{"an answered INVITE is kept for 64*T1 on TCP too", invite(tcp, 100*time.Millisecond, 200),
			"0.000 INVITE, 32.100 gone"},
		{"a refused INVITE is ACKed and kept 32 s over UDP", invite(udp, 100*time.Millisecond, 486),
			"0.000 INVITE, 0.100 ACK, 32.100 gone"},
		{"a refused INVITE is ACKed and forgotten over TCP", invite(tcp, 100*time.Millisecond, 486),
			"0.000 INVITE, 0.100 ACK, 0.100 gone"},
		{"an OPTIONS that nobody answers goes out with T1 doubling up to T2", options(udp),
			"0.000 OPTIONS, 0.500 OPTIONS, 1.500 OPTIONS, 3.500 OPTIONS, 7.500 OPTIONS, 11.500 OPTIONS, 15.500 OPTIONS, 19.500 OPTIONS, 23.500 OPTIONS, 27.500 OPTIONS, 31.500 OPTIONS, 32.000 timeout, 32.000 gone"},
		{"an OPTIONS with a provisional response goes out every T2", options(udp, 100),
			"0.000 OPTIONS, 0.500 OPTIONS, 1.500 OPTIONS, 5.500 OPTIONS, 9.500 OPTIONS, 13.500 OPTIONS, 17.500 OPTIONS, 21.500 OPTIONS, 25.500 OPTIONS, 29.500 OPTIONS, 32.000 timeout, 32.000 gone"},
		{"an answered OPTIONS is kept T4 over UDP", options(udp, 200), "0.000 OPTIONS, 0.500 OPTIONS, 5.700 gone"},
		{"an answered OPTIONS is forgotten over TCP", options(tcp, 200), "0.000 OPTIONS, 0.700 gone"},
		{"a 2xx of ours is repeated with T1 doubling up to T2 until 64*T1, then there was no ACK", served("INVITE", udp, 200, 0),
			"0.000 200, 0.500 200, 1.500 200, 3.500 200, 7.500 200, 11.500 200, 15.500 200, 19.500 200, 23.500 200, 27.500 200, 31.500 200, 32.000 no ack, 32.000 gone"},
		{"a 2xx of ours is repeated on TCP too", served("INVITE", tcp, 200, 0),
			"0.000 200, 0.500 200, 1.500 200, 3.500 200, 7.500 200, 11.500 200, 15.500 200, 19.500 200, 23.500 200, 27.500 200, 31.500 200, 32.000 no ack, 32.000 gone"},
		{"a refusal of ours is repeated over UDP until its ACK, then kept T4", served("INVITE", udp, 486, 2*time.Second),
			"0.000 486, 0.500 486, 1.500 486, 7.000 gone"},
		{"a refusal of ours without ACK is given up at 64*T1", served("INVITE", udp, 486, 0),
			"0.000 486, 0.500 486, 1.500 486, 3.500 486, 7.500 486, 11.500 486, 15.500 486, 19.500 486, 23.500 486, 27.500 486, 31.500 486, 32.000 gone"},
		{"a refusal of ours goes out once over TCP", served("INVITE", tcp, 486, 2*time.Second), "0.000 486, 2.000 gone"},
		{"an answer to a BYE is kept 64*T1 over UDP", served("BYE", udp, 200, 0), "0.000 200, 32.000 gone"},
		{"an answer to a BYE is forgotten over TCP", served("BYE", tcp, 200, 0), "0.000 200, 0.000 gone"},
		{"a request that the user never answers is forgotten when its client has given up", func(f *film) { f.receive(incoming("INFO", udp)) },
			"37.000 gone"},
		{"an acknowledged 2xx is silent, and absorbs for what is left of 64*T1", func(f *film) {
			v := f.receive(incoming("INVITE", udp))
			f.respond(v.ID, 200)
			f.run(time.Second)
			f.Acked(v.ID, f.now)
			f.receive(incoming("INVITE", udp))
		}, "0.000 200, 0.500 200, 32.000 gone"},
		{"an INVITE that was left is silent at once and gives no timeout", func(f *film) {
			id := f.start("INVITE", udp)
			f.run(600 * time.Millisecond)
			f.Quit(id, f.now)
		}, "0.000 INVITE, 0.500 INVITE, 32.600 gone"},
		{"an INVITE whose address refuses is silent at once over UDP and stays matchable", func(f *film) {
			id := f.start("INVITE", udp)
			f.run(10 * time.Millisecond)
			f.Failed(id, f.now)
			if a := f.answer("INVITE", 200, udp); !a.Deliver {
				f.t.Error("a 2xx of an earlier copy was not delivered")
			}
		}, "0.000 INVITE, 32.010 gone"},
		{"an INVITE whose connection closed ends at once", func(f *film) {
			id := f.start("INVITE", tcp)
			f.run(10 * time.Millisecond)
			f.Failed(id, f.now)
		}, "0.000 INVITE, 0.010 gone"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			f := newFilm(t)
			row.play(f)
			f.drain()
			f.run(200 * time.Second)
			if got := strip(f.roll()); got != row.want {
				t.Errorf("\n got %s\nwant %s", got, row.want)
			}
		})
	}
}

func TestRetransmissionsAreAbsorbed(t *testing.T) {
	rows := []struct {
		name   string
		method string
		status int // said before the copy came; 0: nothing
		want   string
	}{
		{"an INVITE with no answer yet gets nothing", "INVITE", 0, ""},
		{"an INVITE with a 180 gets it again", "INVITE", 180, "0.000 180"},
		{"an INVITE with a 200 gets nothing: the 2xx has its own timer", "INVITE", 200, ""},
		{"an INVITE with a 486 gets it again", "INVITE", 486, "0.000 486"},
		{"a BYE with no answer yet gets nothing", "BYE", 0, ""},
		{"a BYE with a 200 gets it again", "BYE", 200, "0.000 200"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			f := newFilm(t)
			v := f.receive(incoming(row.method, udp))
			if v.Kind != New {
				t.Fatalf("the first is %d", v.Kind)
			}
			if row.status != 0 {
				f.respond(v.ID, row.status)
			}
			f.roll()
			if again := f.receive(incoming(row.method, udp)); again.Kind != Absorbed || again.ID != v.ID {
				t.Errorf("the copy is %+v", again)
			}
			if got := strip(f.roll()); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

func TestASettledRequestKeepsItsStatusAlone(t *testing.T) {
	f := newFilm(t)
	v := f.receive(incoming("BYE", udp))
	f.Settle(v.ID, 200, response("BYE", 200), f.now)
	f.drain()
	if got := strip(f.roll()); got != "0.000 200" {
		t.Errorf("it sent %q", got)
	}
	if _, m, ok := f.find(v.ID); !ok || m.data != nil {
		t.Error("it keeps the response, or is gone")
	}
	f.Settle(v.ID, 500, response("BYE", 500), f.now) // a second final response is none
	f.drain()
	for range 2 {
		if again := f.receive(incoming("BYE", udp)); again != (Verdict{Kind: Absorbed, ID: v.ID, Again: 200}) {
			t.Errorf("the copy is %+v", again)
		}
	}
	if path, ok := f.Path(v.ID); !ok || path != udp {
		t.Errorf("it goes to %v", path)
	}
	if got := strip(f.roll()); got != "" {
		t.Errorf("copies made it send %q", got)
	}
	f.run(33 * time.Second)
	if _, ok := f.Path(v.ID); ok {
		t.Error("it outlives Timer J")
	}
}

func TestResponsesForTheUser(t *testing.T) {
	rows := []struct {
		name    string
		method  string
		answers []int
		want    []bool
	}{
		{"each 1xx and each copy of a 2xx to an INVITE", "INVITE", []int{100, 183, 183, 200, 200, 200}, []bool{true, true, true, true, true, true}},
		{"a refusal of an INVITE once", "INVITE", []int{180, 486, 486, 486}, []bool{true, true, false, false}},
		{"nothing but 2xx after a 2xx", "INVITE", []int{200, 180, 486}, []bool{true, false, false}},
		{"nothing after a refusal", "INVITE", []int{503, 180, 200}, []bool{true, false, false}},
		{"the first final response to anything else", "OPTIONS", []int{100, 200, 200, 500}, []bool{true, true, false, false}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			f := newFilm(t)
			f.start(row.method, udp)
			for i, status := range row.answers {
				if a := f.answer(row.method, status, udp); a.Deliver != row.want[i] || a.Stray {
					t.Errorf("answer %d (%d): %+v", i, status, a)
				}
			}
		})
	}
}

func TestResponsesThatBelongToNothing(t *testing.T) {
	rows := []struct {
		name string
		r    Response
	}{
		{"another branch", Response{Branch: "z9hG4bKother", CSeqMethod: "INVITE", Status: 200, Path: udp}},
		{"another method", Response{Branch: "z9hG4bKc1", CSeqMethod: "BYE", Status: 200, Path: udp}},
		{"a CANCEL that was never sent", Response{Branch: "z9hG4bKc1", CSeqMethod: "CANCEL", Status: 200, Path: udp}},
		{"another address than the one we asked (A7)", Response{Branch: "z9hG4bKc1", CSeqMethod: "INVITE", Status: 200, Path: stranger}},
		{"another transport than the one we asked over (A7)", Response{Branch: "z9hG4bKc1", CSeqMethod: "INVITE", Status: 200, Path: tcp}},
		{"no status", Response{Branch: "z9hG4bKc1", CSeqMethod: "INVITE", Status: 99, Path: udp}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			f := newFilm(t)
			f.start("INVITE", udp)
			if a := f.Match(row.r, f.now); !a.Stray || a.Deliver || a.ID != 0 {
				t.Errorf("%+v", a)
			}
			f.drain()
			f.roll()
			f.run(time.Second)
			if got := strip(f.roll()); got != "0.500 INVITE" {
				t.Errorf("it had an effect: %s", got)
			}
		})
	}
	t.Run("another port of the address we asked is fine", func(t *testing.T) {
		f := newFilm(t)
		f.start("INVITE", udp)
		other := udp
		other.Peer.AddrPort = wissel5062
		if a := f.answer("INVITE", 200, other); !a.Deliver {
			t.Errorf("%+v", a)
		}
	})
}

func TestAcks(t *testing.T) {
	rows := []struct {
		name   string
		status int // of our final response; 0: none
		branch string
		want   Kind
		known  bool
	}{
		{"the ACK of a refusal ends the wait", 486, "z9hG4bKs1", Ack, true},
		{"the ACK of a 2xx has a branch of its own and is the dialog's", 200, "z9hG4bKs2", AckUnmatched, false},
		{"the ACK of a 2xx that keeps its INVITE's branch is the dialog's too", 200, "z9hG4bKs1", AckUnmatched, true},
		{"an ACK before any final response is nothing", 0, "z9hG4bKs1", Absorbed, true},
		{"an ACK of nothing is the dialog's, which knows none", 0, "z9hG4bKs9", AckUnmatched, false},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			f := newFilm(t)
			v := f.receive(incoming("INVITE", udp))
			if row.status != 0 {
				f.respond(v.ID, row.status)
			}
			ack := incoming("ACK", udp)
			ack.Branch, ack.ToTag = row.branch, "ours"
			got := f.receive(ack)
			if got.Kind != row.want || (got.ID == v.ID) != row.known {
				t.Errorf("%+v", got)
			}
			if row.want == Ack {
				if again := f.receive(ack); again.Kind != Absorbed {
					t.Errorf("a second ACK is %+v", again)
				}
			}
		})
	}
}
