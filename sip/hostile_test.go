package sip

import (
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"wissel"
	"wissel/sip/transport"
)

const errRefused = syscall.ECONNREFUSED

func TestStartsSomething(t *testing.T) {
	p := &peer{conn: &memConn{addr: netip.MustParseAddrPort(callerAt)}, tag: "t", seq: 1}
	for _, row := range []struct {
		name string
		data string
		want bool
	}{
		{"a first INVITE starts something", p.build("INVITE", "sip:x@y", "c", "", "z9hG4bKa", ""), true},
		{"OPTIONS starts something", p.build("OPTIONS", "sip:x@y", "c", "", "z9hG4bKa", ""), true},
		{"a re-INVITE does not", p.build("INVITE", "sip:x@y", "c", "tag", "z9hG4bKa", ""), false},
		{"BYE does not", p.build("BYE", "sip:x@y", "c", "tag", "z9hG4bKa", ""), false},
		{"CANCEL does not", p.build("CANCEL", "sip:x@y", "c", "", "z9hG4bKa", ""), false},
		{"ACK does not", p.build("ACK", "sip:x@y", "c", "", "z9hG4bKa", ""), false},
		{"a response does not", "SIP/2.0 200 OK\r\nTo: <sip:x@y>\r\n\r\n", false},
		{"To in its short form is seen", "INVITE sip:x SIP/2.0\r\nt: <sip:x@y>;tag=1\r\n\r\n", false},
	} {
		if got := starts([]byte(row.data)); got != row.want {
			t.Errorf("%s: got %v", row.name, got)
		}
	}
}

// A shard that is three quarters full refuses what starts something, by hand, and still takes what ends something.
func TestAFullShardShedsNewCalls(t *testing.T) {
	change := func(_ *house, o *Options) { o.Settings, o.Shards = DefaultSettings(), 1; o.Settings.Inbox = 64 }
	inHouseWith(t, wissel.Anchored, change, func(h *house) {
		caller, north, ok, _ := talk(h)
		stop := make(chan struct{})
		h.srv.shards[0].post(func() { <-stop }) // the shard stands still
		synctest.Wait()
		for i := range 60 {
			caller.tag, caller.seq = "flood", 1
			caller.invite("flood"+string(rune('A'+i)), string(rungTest), testOffer)
		}
		synctest.Wait()
		for range 60 - 48 {
			if m := caller.response(503); m.value(fieldRetryAfter) == "" {
				t.Error("503 without Retry-After")
			}
		}
		caller.tag, caller.seq = "tag1", 1
		caller.within("BYE", ok, "")
		synctest.Wait()
		close(stop)
		if h.srv.Stats().Shed.Load() != 12 || h.srv.Stats().InboxFull.Load() != 0 {
			t.Errorf("%d shed, %d lost", h.srv.Stats().Shed.Load(), h.srv.Stats().InboxFull.Load())
		}
		for {
			if m := north.next(time.Second); m.is("BYE") {
				break
			}
		}
	})
}

func TestHostileRequests(t *testing.T) {
	inHouse(t, wissel.Anchored, func(h *house) {
		caller, north := h.peer(callerAt), h.peer(northAt)
		for _, row := range []struct {
			name string
			text string
			want int
		}{
			{"a control character", caller.build("INVITE", "sip:+31201234567@x", "h1", "", "z9hG4bKh1", testOffer, "Subject: a\nP-Asserted-Identity: <sip:evil@x>"), 400},
			{"100rel required", caller.build("INVITE", "sip:+31201234567@x", "h2", "", "z9hG4bKh2", testOffer, "Require: 100rel"), 420},
			{"REGISTER", caller.build("REGISTER", "sip:x", "h3", "", "z9hG4bKh3", ""), 405},
			{"a method of nobody", caller.build("DANCE", "sip:x", "h4", "", "z9hG4bKh4", ""), 501},
			{"no hops left", strings.Replace(caller.build("INVITE", "sip:+31201234567@x", "h5", "", "z9hG4bKh5", testOffer), "Max-Forwards: 70", "Max-Forwards: 0", 1), 483},
			{"BYE of nothing", caller.build("BYE", "sip:x@192.0.2.1", "h6", "guess", "z9hG4bKh6", ""), 481},
			{"CANCEL of nothing", caller.build("CANCEL", "sip:x@192.0.2.1", "h7", "", "z9hG4bKh7", ""), 481},
			{"another SIP version", strings.Replace(caller.build("INVITE", "sip:+31201234567@x", "h8", "", "z9hG4bKh8", testOffer), " SIP/2.0\r\n", " SIP/3.0\r\n", 1), 505},
		} {
			caller.write(row.text)
			m := caller.next(time.Second)
			if m.status != row.want {
				t.Errorf("%s: answered %.30q, wanted %d", row.name, m.raw, row.want)
			}
			if m.is("INVITE") {
				caller.write(caller.build("ACK", "sip:+31201234567@x", string(m.callID), string(m.toTag()), string(m.branch()), ""))
			}
		}
		for _, text := range []string{"", "\r\n\r\n", "INVITE", "SIP/2.0 200 OK\r\n\r\n", "INVITE sip:x SIP/2.0\r\nVia\r\n\r\n", strings.Repeat("(", 5000)} {
			caller.write(text)
		}
		caller.quiet(time.Second)
		north.quiet(0)
	})
}

// A Via is believed for its port alone: answers go to where the packet came from.
func TestAnswersGoWhereTheRequestCameFrom(t *testing.T) {
	inHouse(t, wissel.Anchored, func(h *house) {
		canary, caller := h.peer("192.0.2.77:5060"), h.peer(callerAt)
		other := h.peer("192.0.2.10:5090")
		text := caller.build("OPTIONS", "sip:192.0.2.1", "v1", "", "z9hG4bKv1", "")
		caller.write(strings.Replace(text, "SIP/2.0/UDP "+callerAt, "SIP/2.0/UDP 192.0.2.77:5060;maddr=192.0.2.77;received=192.0.2.77", 1))
		if m := caller.response(200); strings.Count(string(m.via), "received=192.0.2.10") != 1 || !strings.Contains(string(m.via), "rport=5060") {
			t.Errorf("Via %s", m.via)
		}
		text = strings.Replace(caller.build("OPTIONS", "sip:192.0.2.1", "v2", "", "z9hG4bKv2", ""), ";rport", "", 1)
		caller.write(strings.Replace(text, "SIP/2.0/UDP "+callerAt, "SIP/2.0/UDP 192.0.2.10:5090", 1))
		other.response(200)
		canary.quiet(time.Second)
	})
}

func TestAMergedRequestIsRefused(t *testing.T) {
	inHouse(t, wissel.Anchored, func(h *house) {
		caller, north := h.peer(callerAt), h.peer(northAt)
		caller.invite("call1", string(rungTest), testOffer)
		north.request("INVITE")
		caller.response(100)
		caller.write(caller.build("INVITE", "sip:"+string(rungTest)+"@192.0.2.1", "call1", "", "z9hG4bKother", testOffer))
		caller.response(482)
		north.quiet(200 * time.Millisecond)
	})
}

func TestAnICMPThatQuotesNothing(t *testing.T) {
	inHouse(t, wissel.Anchored, func(h *house) {
		caller, north, south := h.peer(callerAt), h.peer(northAt), h.peer(southAt)
		caller.invite("call1", string(rungTest), testOffer)
		north.request("INVITE")
		h.srv.Failed(transport.Failure{Path: transport.Path{Peer: h.snap.Trunks["north"].Addresses[0]}, Err: errRefused})
		south.request("INVITE")
	})
}

func TestAnICMPOfAGuessedBranchChangesNothing(t *testing.T) {
	inHouse(t, wissel.Anchored, func(h *house) {
		caller, north, south := h.peer(callerAt), h.peer(northAt), h.peer(southAt)
		caller.invite("call1", string(rungTest), testOffer)
		north.request("INVITE")
		h.srv.Failed(transport.Failure{
			Path: transport.Path{Peer: h.snap.Trunks["north"].Addresses[0]}, Err: errRefused,
			Quoted: []byte("INVITE sip:x SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKguess;rport\r\n"),
		})
		south.quiet(200 * time.Millisecond)
	})
}

// Hidden callers cannot be told apart: more than three within two seconds of our own attempt are taken for a loop.
func TestHiddenCallersWhoComeBack(t *testing.T) {
	var l loops
	l.init()
	now, k := time.Unix(1000, 0), loopKey{group: "support"}
	if l.again(k, now) {
		t.Error("a hidden caller is a loop though we sent none out")
	}
	l.enter(k, now)
	for i := range 5 {
		if got := l.again(k, now.Add(time.Duration(i)*100*time.Millisecond)); got != (i >= 3) {
			t.Errorf("hidden caller %d: loop %v", i+1, got)
		}
	}
	if l.again(k, now.Add(3*time.Second)) {
		t.Error("still a loop after three seconds")
	}
}

// A loop is fast: it must not fill the log.
func TestALoopIsToldOnceInAWhile(t *testing.T) {
	var l loops
	l.init()
	now, told := time.Unix(1000, 0), 0
	for i := range 2000 {
		if l.tells("reserve", now.Add(time.Duration(i)*10*time.Millisecond)) {
			told++
		}
	}
	if told != 2 || !l.tells("other", now) {
		t.Errorf("told %d times in 20 s, want 2, and each trunk by itself", told)
	}
}

func TestRetryAfterIsCapped(t *testing.T) {
	var h holds
	a := wissel.Address{Transport: wissel.UDP, AddrPort: netip.MustParseAddrPort(northAt)}
	now := time.Unix(1000, 0)
	h.set(a, time.Hour, now)
	if !h.on(a, now.Add(59*time.Second)) || h.on(a, now.Add(61*time.Second)) {
		t.Error("a Retry-After of an hour is not one of 60 s")
	}
}
