package peers

import (
	be "encoding/binary"
	"fmt"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/sip/sim"
)

// second is a second carrier, so that two parties of a test can ring.
const second = "  other: {role: carrier, to: [\"sip:NET.5:5060\"], probe: {off: true}}\n  platform:"

// Real callers, each at his own telephone: two lean on a key for 30 s, one keys forty digits for ten. A key is one key, and the
// forty are one go: he is asked whether the first ten are right.
func TestKeysThatAreHeldAndTooManyKeys(t *testing.T) {
	t.Parallel()
	s := serve(t, "active: normaal", "active: storing")
	carrier := newActor(t, "carrier", s.carrier(), sim.Refuse(480))
	held := []sim.Keys{{After: time.Second, Digits: "2", Held: 30 * time.Second}, {After: 33 * time.Second, Digits: "1"}}
	events := s.rings(carrier, sim.Dial{From: "+31612345001", Keys: held})
	sound := s.rings(carrier, sim.Dial{From: "+31612345002", Keys: held, Event: -1})
	many := s.rings(carrier, sim.Dial{From: "+31201112233", Keys: []sim.Keys{{After: time.Second, Digits: "1"}, {After: 3 * time.Second, Digits: strings.Repeat("0687654377", 4)}}})
	done, right := clip(t, "callback.done"), clip(t, "number.right")
	eventually(t, 30*time.Second, "he who keyed forty digits is asked whether the number is right", func() bool { return many.ear.whole(right) })
	many.Press("1")
	eventually(t, 10*time.Second, "he hears that a text will come", func() bool { return many.ear.whole(clip(t, "text.done")) })
	many.Hangup("")
	over(t, many, 5*time.Second)
	for _, c := range []talk{events, sound} {
		eventually(t, 40*time.Second, "he hears that he will be called back", func() bool { return c.ear.whole(done) })
		c.Hangup("")
		over(t, c, 5*time.Second)
	}
	clean(t, carrier)
	if code := s.stop(); code != 0 {
		t.Errorf("wissel ended with %d", code)
	}
	all := s.wished()
	for _, from := range []string{"+31612345001", "+31612345002"} {
		if w := all[wissel.Number(from)]; strings.Join(w.Choices, " ") != "menu=2 callback-wish=1" {
			t.Errorf("%s: %+v", from, w)
		}
	}
	if w := all["+31687654377"]; len(all) != 3 || w.Kind != wissel.WishText {
		t.Errorf("wishes: %+v", all)
	}
}

var mediaPort = regexp.MustCompile(`m=audio (\d+) `)

// A21: 1,000 keys a second into one call, and hundreds by INFO and out of order into others. Who listens meanwhile hears each byte;
// what is kept of the keys and what they cost is bounded.
func TestAFloodOfKeys(t *testing.T) {
	t.Parallel()
	s := serve(t, "active: normaal", "active: storing", "  platform:", second)
	p := s.raw(s.carrier(), nil)
	other := newActor(t, "other", s.net+".5", sim.Refuse(480))

	// INFO whose CSeq is lower than one that came is refused (RFC 3261 §12.2.2): a key out of order is no key.
	r, ok := p.talk()
	info := func(cseq int, key string) rawRequest {
		m := r.within("INFO", ok)
		m.cseq, m.extra = cseq, "Content-Type: application/dtmf-relay\r\n"
		text := m.String()
		body := "Signal=" + key + "\r\nDuration=160\r\n"
		p.send(strings.Replace(text, "Content-Length: 0\r\n\r\n", fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body), 1))
		return m
	}
	for _, one := range []struct {
		cseq int
		key  string
		want int
	}{{5, "2", 200}, {4, "1", 500}, {9, "1", 200}} {
		m := info(one.cseq, one.key)
		p.next(5*time.Second, "an answer to INFO", func(got string) bool {
			return status(one.want, "INFO", m.callID)(got) && strings.Contains(header(got, "Via"), m.branch)
		})
	}
	r.cseq = 9
	p.bye(r, ok)

	listens := s.rings(other, sim.Dial{From: "+31612345003"})
	r = p.invite()
	r.body = strings.Replace(r.body, "AVP 8", "AVP 8 101", 1) + "a=rtpmap:101 telephone-event/8000\r\n"
	p.send(r.String())
	ok = p.next(10*time.Second, "a 200", status(200, "INVITE", r.callID))
	p.send(r.within("ACK", ok).String())
	port := mediaPort.FindStringSubmatch(ok)
	if port == nil {
		t.Fatalf("no port for voice in %s", ok)
	}
	to, err := net.ResolveUDPAddr("udp4", s.wissel()+":"+port[1])
	if err != nil {
		t.Fatal(err)
	}
	voice, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(s.carrier()), Port: 40000})
	if err != nil {
		t.Fatal(err)
	}
	defer voice.Close() //nolint:errcheck // nothing was written that could be lost
	const long = 4 * time.Second
	began, spent, sent := time.Now(), s.cpu(), 0
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for time.Since(began) < long {
		<-tick.C
		for ; sent < int(time.Since(began).Milliseconds()); sent++ { // each a press of its own, and as long as can be told
			b := be.BigEndian.AppendUint16([]byte{0x80, 0x80 | 101}, uint16(sent))
			b = be.BigEndian.AppendUint32(be.BigEndian.AppendUint32(b, uint32(sent*160)), 0x1234)
			if _, err := voice.WriteToUDP(append(b, byte(sent%12), 0x8A, 0xFF, 0xFF), to); err != nil {
				t.Fatal(err)
			}
		}
	}
	cost := s.cpu() - spent
	eventually(t, 30*time.Second, "who listens has heard the whole message", func() bool { return listens.ear.whole(clip(t, "outage.message")) })
	listens.Hangup("")
	over(t, listens, 5*time.Second)
	p.bye(r, ok)
	s.well()
	cdrs, wishes := s.records()
	var keys []int
	for _, c := range cdrs {
		if c.From == "+31612345678" {
			keys = append(keys, c.Digits)
		}
	}
	// A burst of 32, and then one each 50 ms.
	if len(keys) != 2 || keys[0] != 2 || keys[1] < 32 || keys[1] > 32+int(2*long/(50*time.Millisecond)) {
		t.Errorf("keys taken of each call: %v", keys)
	}
	if len(wishes) == 0 || strings.Join(wishes[0].Choices, " ") != "menu=2 callback-wish=1" {
		t.Errorf("wishes by INFO: %+v", wishes)
	}
	if cost > long/4 {
		t.Errorf("%d keys in %v cost %v of CPU", sent, long, cost)
	}
	row(t, "A21", "%d keys in %v into one call: %d are taken, %v of CPU, another caller hears each byte; INFO out of order is no key", sent, long, keys[1], cost)
}
