package sip

import (
	"bytes"
	"strconv"
	"time"

	"wissel/sip/call"
)

// longestSession caps what a Session-Expires can ask for: a day. Longer is as good as none, and must not overflow.
const longestSession = 24 * time.Hour

// sessionFrom reads what a message says of session timers (RFC 4028): the values of Session-Expires and Min-SE (nil: not
// there), and whether it lists "timer" as supported. request tells a request from a response. Without a refresher in a
// request we let the peer refresh if he can (§9, table 2).
func sessionFrom(expires, minSE []byte, capable, request bool) call.Session {
	s := call.Session{Capable: capable, MinSE: deltaSeconds(minSE)}
	if s.Expires = deltaSeconds(expires); s.Expires == 0 {
		return s
	}
	refresher := param(expires, "refresher")
	uac, uas := bytes.EqualFold(refresher, []byte("uac")), bytes.EqualFold(refresher, []byte("uas"))
	switch {
	case request && uac, !request && uas: // the peer himself
	case request && uas, !request && uac:
		s.Ours = true
	case request:
		s.Ours = !capable
	default: // a response must name one (§7.2); where it does not, the timer would have nobody
		s.Ours = true
	}
	return s
}

// deltaSeconds is the delta-seconds that a value begins with, at most longestSession; 0 when it is none.
func deltaSeconds(v []byte) time.Duration {
	if i := bytes.IndexAny(v, "; \t"); i >= 0 {
		v = v[:i]
	}
	n, ok := decimal(v)
	if !ok {
		if len(v) > 10 && bytes.Trim(v, "0123456789") == nil { // digits, and more than fit
			return longestSession
		}
		return 0
	}
	return min(time.Duration(n)*time.Second, longestSession)
}

// appendSession writes the session-timer lines of an INVITE, re-INVITE or UPDATE of ours, or of a 2xx to one. With
// Expires 0 a request only says that we can, and a 2xx says nothing of a timer.
func appendSession(b []byte, s call.Session, request bool) []byte {
	b = append(b, "Supported: timer\r\n"...)
	if s.Expires == 0 {
		return b
	}
	refresher := "uas"
	if s.Ours == request {
		refresher = "uac"
	}
	if !request && refresher == "uac" {
		b = append(b, "Require: timer\r\n"...) // the peer must refresh (§9)
	}
	b = append(b, "Session-Expires: "...)
	b = strconv.AppendInt(b, int64(s.Expires/time.Second), 10)
	b = append(append(append(b, ";refresher="...), refresher...), crlf...)
	if request && s.MinSE > 0 {
		b = append(b, minSELine(s.MinSE)...)
		b = append(b, crlf...)
	}
	return b
}

// minSELine is the Min-SE header of a 422 (RFC 4028 §6), without its CRLF.
func minSELine(least time.Duration) string {
	return "Min-SE: " + strconv.FormatInt(int64(least/time.Second), 10)
}
