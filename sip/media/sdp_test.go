package media

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/pion/sdp/v3"

	"wissel/internal/audio"
)

const head = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"

// offered is what an offer comes to: codec, payload type, telephone-event, frame, or the status that it is refused with.
func offered(t *testing.T, body string) string {
	t.Helper()
	g := newGuard(settings(newLAN()))
	terms, err := settle([]byte(body), &g, audio.NoCodec, nil)
	if err != nil {
		var b *BodyError
		if !errors.As(err, &b) {
			t.Fatalf("not a BodyError: %v", err)
		}
		return fmt.Sprint(b.Status)
	}
	return fmt.Sprintf("%v %d te %d %d ms to %v rtcp %v", terms.codec, terms.pt, terms.event, terms.ptime, terms.remote, terms.rtcp)
}

func TestOffers(t *testing.T) {
	const to = " to 192.0.2.1:4000 rtcp 192.0.2.1:4001"
	many := func(n int) string { return head + strings.Repeat("m=audio 4000 RTP/AVP 8\r\n", n) }
	for _, row := range []struct{ name, body, want string }{
		{"A-law alone", head + "m=audio 4000 RTP/AVP 8\r\n", "PCMA 8 te -1 20 ms" + to},
		{"µ-law alone", head + "m=audio 4000 RTP/AVP 0\r\n", "PCMU 0 te -1 20 ms" + to},
		{"G.722 alone", head + "m=audio 4000 RTP/AVP 9\r\n", "G722 9 te -1 20 ms" + to},
		{"any order: A-law first all the same", head + "m=audio 4000 RTP/AVP 111 9 18 0 3 8\r\na=rtpmap:111 opus/48000/2\r\n", "PCMA 8 te -1 20 ms" + to},
		{"µ-law before G.722", head + "m=audio 4000 RTP/AVP 9 0\r\n", "PCMU 0 te -1 20 ms" + to},
		{"a codec on a dynamic payload type", head + "m=audio 4000 RTP/AVP 97\r\na=rtpmap:97 pcma/8000/1\r\n", "PCMA 97 te -1 20 ms" + to},
		{"a static type with another meaning", head + "m=audio 4000 RTP/AVP 8 0\r\na=rtpmap:8 iLBC/8000\r\n", "PCMU 0 te -1 20 ms" + to},
		{"telephone-event on 96", head + "m=audio 4000 RTP/AVP 8 96\r\na=rtpmap:96 telephone-event/8000\r\n", "PCMA 8 te 96 20 ms" + to},
		{"telephone-event at two rates", head + "m=audio 4000 RTP/AVP 8 100 101\r\na=rtpmap:100 telephone-event/48000\r\na=rtpmap:101 Telephone-Event/8000\r\n", "PCMA 8 te 101 20 ms" + to},
		{"frames of 30 ms", head + "m=audio 4000 RTP/AVP 8\r\na=ptime:30\r\n", "PCMA 8 te -1 30 ms" + to},
		{"frames of 200 ms", head + "m=audio 4000 RTP/AVP 8\r\na=ptime:200\r\n", "PCMA 8 te -1 60 ms" + to},
		{"at most 10 ms", head + "m=audio 4000 RTP/AVP 8\r\na=maxptime:10\r\n", "PCMA 8 te -1 10 ms" + to},
		{"rtcp elsewhere", head + "m=audio 4000 RTP/AVP 8\r\na=rtcp:5001 IN IP4 192.0.2.9\r\n", "PCMA 8 te -1 20 ms to 192.0.2.1:4000 rtcp 192.0.2.9:5001"},
		{"rtcp on another port", head + "m=audio 4000 RTP/AVP 8\r\na=rtcp:5001\r\n", "PCMA 8 te -1 20 ms to 192.0.2.1:4000 rtcp 192.0.2.1:5001"},
		{"its own connection line", head + "m=audio 4000 RTP/AVP 8\r\nc=IN IP4 198.51.100.1\r\n", "PCMA 8 te -1 20 ms to 198.51.100.1:4000 rtcp 198.51.100.1:4001"},
		{"IPv6", strings.ReplaceAll(head, "IP4 192.0.2.1", "IP6 2001:db8::1") + "m=audio 4000 RTP/AVP 8\r\n", "PCMA 8 te -1 20 ms to [2001:db8::1]:4000 rtcp [2001:db8::1]:4001"},
		{"video first", head + "m=video 5000 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\nm=audio 4000 RTP/AVP 8\r\n", "PCMA 8 te -1 20 ms" + to},
		{"encrypted and plain", head + "m=audio 4000 RTP/SAVP 8\r\nm=audio 4002 RTP/AVP 8\r\n", "PCMA 8 te -1 20 ms to 192.0.2.1:4002 rtcp 192.0.2.1:4003"},
		{"bare line feeds and unknown lines", strings.ReplaceAll(head, "\r", "") + "x=what\nm=audio 4000 RTP/AVP 8\n\n", "PCMA 8 te -1 20 ms" + to},
		{"nonsense on a line that is refused", head + "m=video 5000 RTP/AVP 9999\r\na=ptime:0\r\na=rtcp:x\r\nm=audio 4000 RTP/AVP 8\r\n", "PCMA 8 te -1 20 ms" + to},

		{"nothing", "", "488"},
		{"something else", "<html></html>", "400"},
		{"another version", "v=1\r\n", "400"},
		{"no connection", "v=0\r\nm=audio 4000 RTP/AVP 8\r\n", "400"},
		{"a media line cut short", head + "m=audio 4000\r\n", "400"},
		{"a port that is none", head + "m=audio 70000 RTP/AVP 8\r\n", "400"},
		{"a control character", head + "m=audio 4000 RTP/AVP 8\r\na=x:\x1b[2J\r\n", "400"},
		{"no media", head, "488"},
		{"only video", head + "m=video 5000 RTP/AVP 96\r\n", "488"},
		{"only opus", head + "m=audio 4000 RTP/AVP 111\r\na=rtpmap:111 opus/48000/2\r\n", "488"},
		{"only keys", head + "m=audio 4000 RTP/AVP 101\r\n" + withEvents, "488"},
		{"stereo A-law", head + "m=audio 4000 RTP/AVP 97\r\na=rtpmap:97 PCMA/8000/2\r\n", "488"},
		{"fax (T.38)", head + "m=image 4000 udptl t38\r\n", "488"},
		{"only encrypted", head + "m=audio 4000 RTP/SAVP 8\r\n", "488"},
		{"switched off", head + "m=audio 0 RTP/AVP 8\r\n", "488"},

		// A15
		{"a host name", head + "m=audio 4000 RTP/AVP 8\r\nc=IN IP4 canary.example\r\n", "488"},
		{"a host name for rtcp, which is done without", head + "m=audio 4000 RTP/AVP 8\r\na=rtcp:4001 IN IP4 canary.example\r\n", "PCMA 8 te -1 20 ms to 192.0.2.1:4000 rtcp invalid AddrPort"},
		{"multicast", head + "m=audio 4000 RTP/AVP 8\r\nc=IN IP4 224.2.1.1/127\r\n", "488"},
		{"multicast of IPv6", head + "m=audio 4000 RTP/AVP 8\r\nc=IN IP6 ff02::1\r\n", "488"},
		{"broadcast", head + "m=audio 4000 RTP/AVP 8\r\nc=IN IP4 255.255.255.255\r\n", "488"},
		{"reserved", head + "m=audio 4000 RTP/AVP 8\r\nc=IN IP4 240.1.2.3\r\n", "488"},
		{"this network", head + "m=audio 4000 RTP/AVP 8\r\nc=IN IP4 0.1.2.3\r\n", "488"},
		{"link-local", head + "m=audio 4000 RTP/AVP 8\r\nc=IN IP4 169.254.169.254\r\n", "488"},
		{"loopback", head + "m=audio 4000 RTP/AVP 8\r\nc=IN IP4 127.0.0.1\r\n", "488"},
		{"loopback of IPv6", head + "m=audio 4000 RTP/AVP 8\r\nc=IN IP6 ::1\r\n", "488"},
		{"IPv4 dressed as IPv6", head + "m=audio 4000 RTP/AVP 8\r\nc=IN IP6 ::ffff:127.0.0.1\r\n", "488"},
		{"a zone", head + "m=audio 4000 RTP/AVP 8\r\nc=IN IP6 fe80::1%eth0\r\n", "488"},
		{"our own SIP port", head + "m=audio 5060 RTP/AVP 8\r\nc=IN IP4 203.0.113.10\r\n", "488"},
		{"a media port of ours", head + "m=audio 20002 RTP/AVP 8\r\nc=IN IP4 203.0.113.10\r\n", "488"},
		{"rtcp to our own SIP port, which is done without", head + "m=audio 4000 RTP/AVP 8\r\na=rtcp:5060 IN IP4 203.0.113.10\r\n", "PCMA 8 te -1 20 ms to 192.0.2.1:4000 rtcp invalid AddrPort"},
		{"a port of a service", head + "m=audio 53 RTP/AVP 8\r\n", "488"},
		{"1,000 media lines", many(1000), "488"},
		{"1,000 formats", head + "m=audio 4000 RTP/AVP" + strings.Repeat(" 8", 1000) + "\r\n", "488"},
		{"ptime 0", head + "m=audio 4000 RTP/AVP 8\r\na=ptime:0\r\n", "400"},
		{"payload type 4294967296", head + "m=audio 4000 RTP/AVP 4294967296\r\n", "400"},
		{"payload type 4294967304, which is 8 in 32 bits", head + "m=audio 4000 RTP/AVP 8\r\na=rtpmap:4294967304 PCMA/8000\r\n", "400"},
		{"telephone-event at rate 0", head + "m=audio 4000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/0\r\n", "400"},
		{"over 64 KB", head + strings.Repeat("a=x:"+strings.Repeat("y", 1000)+"\r\n", 80), "400"},
	} {
		if got := offered(t, row.body); got != row.want {
			t.Errorf("%s: %s, want %s", row.name, got, row.want)
		}
	}
}

func TestLoopbackPeersAreForTheDemo(t *testing.T) {
	s := settings(newLAN())
	s.Loopback = true
	g := newGuard(s)
	body := strings.ReplaceAll(head, "192.0.2.1", "127.0.0.1")
	if _, err := settle([]byte(body+"m=audio 4000 RTP/AVP 8\r\n"), &g, 0, nil); err != nil {
		t.Errorf("refused: %v", err)
	}
	for _, port := range []string{"20000", "5060"} {
		if _, err := settle([]byte(body+"m=audio "+port+" RTP/AVP 8\r\n"), &g, 0, nil); err == nil {
			t.Errorf("port %s of our own was accepted", port)
		}
	}
}

func TestAnswerHasTheLinesOfTheOffer(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		l := b.open(1, "192.0.2.1")
		answer, err := l.Answer([]byte(head + "m=video 5000 RTP/AVP 96 97\r\na=rtpmap:96 H264/90000\r\nm=audio 4000 RTP/AVP 0 97\r\na=rtpmap:97 telephone-event/8000\r\na=ptime:30\r\nm=image 6000 udptl t38\r\n"))
		if err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf("s=-\r\nc=IN IP4 203.0.113.10\r\nt=0 0\r\nm=video 0 RTP/AVP 96 97\r\nm=audio %d RTP/AVP 0 97\r\n"+
			"a=rtpmap:0 PCMU/8000\r\na=rtpmap:97 telephone-event/8000\r\na=fmtp:97 0-15\r\na=ptime:30\r\na=sendrecv\r\nm=image 0 udptl t38\r\n", l.pair.port)
		if _, rest, _ := strings.Cut(string(answer), "203.0.113.10\r\n"); rest != want {
			t.Errorf("answered\n%s\nwant\n%s", rest, want)
		}
		again, err := l.Offer(nil)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := parseDescription(again)
		if err != nil || len(lines) != 3 || lines[1].port != l.pair.port || lines[1].formats[0] != "8" && lines[1].formats[0] != "0" {
			t.Errorf("a later offer of ours: %v\n%s", err, again)
		}
	})
}

// version is the o= line's session id and version.
func version(body []byte) string {
	_, rest, _ := strings.Cut(string(body), "o=- ")
	line, _, _ := strings.Cut(rest, " IN ")
	return line
}

func TestVersionGrowsOnlyWithTheContent(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		l := b.open(1, "192.0.2.1")
		if l.Local() != nil {
			t.Error("a description before the first")
		}
		audio := head + "m=audio 4000 RTP/AVP 8 0\r\n"
		if err := l.Describe([]byte(audio)); err != nil {
			t.Fatal(err)
		}
		first, err := l.Answer(nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			same, err := l.Answer([]byte(audio))
			if err != nil || string(same) != string(first) {
				t.Errorf("the same offer got another answer: %v\n%s\n%s", err, first, same)
			}
		}
		if same, err := l.Answer(nil); err != nil || string(same) != string(first) {
			t.Errorf("asked again without an offer: %v\n%s", err, same)
		}
		held, err := l.Answer([]byte(audio + "a=sendonly\r\n"))
		if err != nil {
			t.Fatal(err)
		}
		id, v1, _ := strings.Cut(version(first), " ")
		id2, v2, _ := strings.Cut(version(held), " ")
		if id != id2 || v1 != "1" || v2 != "2" {
			t.Errorf("%q became %q", version(first), version(held))
		}
		if string(l.Local()) != string(held) {
			t.Errorf("local is\n%s", l.Local())
		}
	})
}

func TestOffersOfOurs(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		formats := func(body []byte) string {
			lines, err := parseDescription(body)
			if err != nil {
				t.Fatalf("%v\n%s", err, body)
			}
			return strings.Join(lines[0].formats, " ") + " " + lines[0].dir.String()
		}
		for i, row := range []struct{ name, like, want string }{
			{"without another leg", "", "8 0 101 sendrecv"},
			{"like a leg with A-law and keys", head + "m=audio 4000 RTP/AVP 8 96\r\na=rtpmap:96 telephone-event/8000\r\n", "8 0 96 sendrecv"},
			{"like a leg with µ-law, without keys", head + "m=audio 4000 RTP/AVP 0\r\n", "0 8 sendrecv"},
			{"like a leg with G.722", head + "m=audio 4000 RTP/AVP 9 101\r\n" + withEvents, "9 8 0 101 sendrecv"},
			{"like a leg on hold", head + "m=audio 4000 RTP/AVP 8\r\na=sendonly\r\n", "8 0 sendonly"},
		} {
			l := b.open(2*i, "192.0.2.2")
			var like *Session
			if row.like != "" {
				other := b.open(2*i+1, "192.0.2.1")
				if err := other.Describe([]byte(row.like)); err != nil {
					t.Fatal(err)
				}
				like = other.Session
			}
			body, err := l.Offer(like)
			if err != nil {
				t.Fatal(err)
			}
			if got := formats(body); got != row.want {
				t.Errorf("%s: %s, want %s", row.name, got, row.want)
			}
		}
	})
}

func TestAnswersToOurs(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		for i, row := range []struct {
			name, body string
			status     int
			codec      audio.Codec
			pt         uint8
			event      int
		}{
			{"as offered", head + "m=audio 4000 RTP/AVP 8 0 101\r\n" + withEvents, 0, audio.ALaw, 8, 101},
			{"the second codec first", head + "m=audio 4000 RTP/AVP 0 8\r\n", 0, audio.MuLaw, 0, -1},
			{"keys on another type", head + "m=audio 4000 RTP/AVP 8 97\r\na=rtpmap:97 telephone-event/8000\r\n", 0, audio.ALaw, 8, 97},
			{"a codec not offered", head + "m=audio 4000 RTP/AVP 9\r\n", 488, 0, 0, 0},
			{"refused", head + "m=audio 0 RTP/AVP 8\r\n", 488, 0, 0, 0},
			{"one line too many", head + "m=audio 4000 RTP/AVP 8\r\nm=video 0 RTP/AVP 96\r\n", 400, 0, 0, 0},
			{"not a description", "hello", 400, 0, 0, 0},
		} {
			l := b.open(i, "192.0.2.2")
			if err := l.Accept([]byte(row.body)); err == nil {
				t.Error("an answer without an offer was accepted")
			}
			if _, err := l.Offer(nil); err != nil {
				t.Fatal(err)
			}
			for range 2 { // a 183 and a 200 carry the same
				err := l.Accept([]byte(row.body))
				var refused *BodyError
				if row.status != 0 {
					if !errors.As(err, &refused) || refused.Status != row.status {
						t.Errorf("%s: %v, want %d", row.name, err, row.status)
					}
					continue
				}
				if err != nil || l.terms.codec != row.codec || l.terms.pt != row.pt || l.terms.event != row.event {
					t.Errorf("%s: %v, %+v", row.name, err, l.terms)
				}
			}
		}
	})
}

// What we write is read by a strict reader.
func FuzzDescription(f *testing.F) {
	for _, s := range []string{
		head + "m=audio 4000 RTP/AVP 8 0 101\r\n" + withEvents,
		head + "m=video 5000 RTP/AVP 96\r\nm=audio 4000/2 RTP/AVP 9 97\r\na=rtpmap:97 PCMA/8000/1\r\na=ptime:30\r\na=maxptime:60.0\r\na=rtcp:5 IN IP4 192.0.2.7\r\nm=image 4 udptl t38\r\n",
		strings.ReplaceAll(head, "IP4 192.0.2.1", "IP6 2001:db8::1") + "m=audio 4000 RTP/AVPF 8\r\na=inactive\r\n",
		head + "m=audio 4000 RTP/AVP 8\r\nc=IN IP4 0.0.0.0\r\n",
	} {
		f.Add([]byte(s))
	}
	l := newLAN()
	e, err := New(settings(l))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		s := newSession(e, At{}, e.v4, pair{port: 20000}, nil)
		answer, err := s.Answer(body)
		if err != nil {
			var refused *BodyError
			if !errors.As(err, &refused) || refused.Status != 400 && refused.Status != 488 {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		offer, err := parseDescription(body)
		if err != nil {
			t.Fatal(err)
		}
		ours, err := parseDescription(answer)
		if err != nil || len(ours) != len(offer) {
			t.Fatalf("%v: %d lines to %d\n%s", err, len(ours), len(offer), answer)
		}
		live := 0
		for i := range ours {
			if ours[i].kind != offer[i].kind || ours[i].proto != offer[i].proto {
				t.Errorf("line %d is %s %s, was %s %s", i, ours[i].kind, ours[i].proto, offer[i].kind, offer[i].proto)
			}
			if ours[i].port != 0 {
				live++
			}
		}
		if live != 1 {
			t.Errorf("%d live lines\n%s", live, answer)
		}
		if s.terms.ptime < 10 || s.terms.ptime > 60 {
			t.Errorf("frames of %d ms", s.terms.ptime)
		}
		if a := s.terms.remote; a.IsValid() && e.guard.check(a) != nil {
			t.Errorf("voice would go to %v", a)
		}
		again, err := s.Answer(body)
		if err != nil || string(again) != string(answer) {
			t.Errorf("the same offer, another answer: %v", err)
		}
		var strict sdp.SessionDescription
		if plain(body) {
			if err := strict.Unmarshal(answer); err != nil {
				t.Errorf("pion: %v\n%s", err, answer)
			}
		}
	})
}

// plain reports whether a body is ASCII without kinds and protocols that a strict reader does not know: what is refused
// is echoed as it was.
func plain(body []byte) bool {
	lines, err := parseDescription(body)
	if err != nil {
		return false
	}
	for _, l := range lines {
		if l.kind != "audio" || l.proto != "RTP/AVP" {
			return false
		}
	}
	return true
}
