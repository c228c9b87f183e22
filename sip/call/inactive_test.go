package call

import (
	"bytes"
	"strings"
	"testing"
)

func TestDirectionOf(t *testing.T) {
	for name, r := range map[string]struct {
		sdp  string
		want Direction
	}{
		"none given":                {offerSDP, Both},
		"of the stream":             {holdSDP, SendOnly},
		"of the session":            {"v=0\r\na=recvonly\r\nm=audio 1 RTP/AVP 0\r\n", RecvOnly},
		"the stream's own wins":     {"v=0\r\na=inactive\r\nm=audio 1 RTP/AVP 0\r\na=sendrecv\r\n", Both},
		"of the first stream used":  {"v=0\nm=video 0 RTP/AVP 1\na=inactive\nm=audio 1 RTP/AVP 0\na=sendonly\nm=audio 2 RTP/AVP 0\n", SendOnly},
		"the old way to hold":       {"v=0\r\nc=IN IP4 0.0.0.0\r\nm=audio 1 RTP/AVP 0\r\n", SendOnly},
		"the old way, in a stream":  {"v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 1 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\na=recvonly\r\n", NoMedia},
		"an address in the stream":  {"v=0\r\nc=IN IP4 0.0.0.0\r\nm=audio 1 RTP/AVP 0\r\nc=IN IP4 192.0.2.1\r\n", Both},
		"no description of a thing": {"hello", Both},
	} {
		t.Run(name, func(t *testing.T) {
			if got := directionOf([]byte(r.sdp)); got != r.want {
				t.Errorf("got %s, want %s", got, r.want)
			}
		})
	}
}

func TestRedirect(t *testing.T) {
	got := string(Redirect([]byte("v=0\r\na=sendrecv\r\nm=audio 1 RTP/AVP 0\r\na=ptime:20\r\na=sendrecv\r\nm=video 0 RTP/AVP 9\r\n"), SendOnly))
	want := "v=0\r\nm=audio 1 RTP/AVP 0\r\na=ptime:20\r\na=sendonly\r\nm=video 0 RTP/AVP 9\r\na=sendonly\r\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestInactive(t *testing.T) {
	offer := "v=0\r\no=x 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 101\r\n" +
		"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=candidate:1\r\nm=video 0 RTP/AVP 34\r\nm=audio 5000 RTP/SAVP 0\r\n"
	want := "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\nm=audio 9 RTP/AVP 8 101\r\n" +
		"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=inactive\r\nm=video 0 RTP/AVP 34\r\na=inactive\r\n" +
		"m=audio 0 RTP/SAVP 0\r\na=inactive\r\n"
	if got := string(Inactive([]byte(offer))); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := Inactive([]byte("hello")); got != nil {
		t.Errorf("what is no description gives %q", got)
	}
}

// FuzzInactive: as many streams as were offered, none of them on, no address of the offer, nothing but whole lines.
func FuzzInactive(f *testing.F) {
	f.Add([]byte(offerSDP))
	f.Add([]byte("o=\nm=\r\nm=a 1 2 3"))
	f.Fuzz(func(t *testing.T, b []byte) {
		streams := func(b []byte) (n int) {
			lines(b, func(l []byte) bool {
				if bytes.HasPrefix(l, []byte("m=")) {
					n++
				}
				return true
			})
			return n
		}
		got := Inactive(b)
		if got == nil {
			return
		}
		if streams(got) != streams(b) {
			t.Errorf("%d streams offered, %d answered: %q", streams(b), streams(got), got)
		}
		if streams(b) > 0 && directionOf(got) != NoMedia && strings.Contains(string(got), " 9 ") {
			t.Errorf("%q is on", got)
		}
		directionOf(Redirect(b, SendOnly))
	})
}
