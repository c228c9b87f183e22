package sip

import (
	"testing"
	"time"

	"wissel/sip/call"
)

func TestSessionFrom(t *testing.T) {
	half := 30 * time.Minute
	for _, row := range []struct {
		name             string
		expires, minSE   string
		capable, request bool
		want             call.Session
	}{
		{"nothing", "", "", false, true, call.Session{}},
		{"a peer that only can", "", "", true, true, call.Session{Capable: true}},
		{"a request whose sender refreshes", "1800;refresher=uac", "90", true, true, call.Session{Expires: half, MinSE: 90 * time.Second, Capable: true}},
		{"a request that leaves it to us", "1800;refresher=uas", "", true, true, call.Session{Expires: half, Ours: true, Capable: true}},
		{"a request that says nothing of it: he who can", "1800", "", true, true, call.Session{Expires: half, Capable: true}},
		{"a timer put in by a proxy: the peer cannot", "1800", "", false, true, call.Session{Expires: half, Ours: true}},
		{"an answer that leaves it to us", "1800;refresher=uac", "", true, false, call.Session{Expires: half, Ours: true, Capable: true}},
		{"an answer whose sender refreshes", "1800 ; Refresher = UAS", "", true, false, call.Session{Expires: half, Capable: true}},
		{"an answer that names nobody", "1800", "", true, false, call.Session{Expires: half, Ours: true, Capable: true}},
		{"no number", "soon", "often", true, true, call.Session{Capable: true}},
		{"a number that overflows", "99999999999999999999;refresher=uac", "4294967295", true, true, call.Session{Expires: 24 * time.Hour, MinSE: 24 * time.Hour, Capable: true}},
		{"a negative number", "-1", "", true, true, call.Session{Capable: true}},
	} {
		got := sessionFrom([]byte(row.expires), []byte(row.minSE), row.capable, row.request)
		if got != row.want {
			t.Errorf("%s: %+v, not %+v", row.name, got, row.want)
		}
	}
}

func TestAppendSession(t *testing.T) {
	half := 30 * time.Minute
	for _, row := range []struct {
		name    string
		s       call.Session
		request bool
		want    string
	}{
		{"a request without a timer", call.Session{}, true, "Supported: timer\r\n"},
		{"a request that we refresh", call.Session{Expires: half, MinSE: 90 * time.Second, Ours: true}, true, "Supported: timer\r\nSession-Expires: 1800;refresher=uac\r\nMin-SE: 90\r\n"},
		{"a request that the peer refreshes", call.Session{Expires: half}, true, "Supported: timer\r\nSession-Expires: 1800;refresher=uas\r\n"},
		{"an answer that we refresh", call.Session{Expires: half, Ours: true, MinSE: 90 * time.Second}, false, "Supported: timer\r\nSession-Expires: 1800;refresher=uas\r\n"},
		{"an answer that the peer refreshes", call.Session{Expires: half}, false, "Supported: timer\r\nRequire: timer\r\nSession-Expires: 1800;refresher=uac\r\n"},
	} {
		if got := string(appendSession(nil, row.s, row.request)); got != row.want {
			t.Errorf("%s: %q", row.name, got)
		}
	}
	if minSELine(90*time.Second) != "Min-SE: 90" {
		t.Error(minSELine(90 * time.Second))
	}
}

func TestReasonsAreCarriedInOurOwnWords(t *testing.T) {
	for _, row := range []struct{ name, in, want string }{
		{"Q.850", `Q.850;cause=16;text="Normal call clearing"`, `Q.850;cause=16;text="Normal call clearing"`},
		{"white space", `SIP ; cause = 200 ; text = "Call completed elsewhere"`, `SIP;cause=200;text="Call completed elsewhere"`},
		{"the first of several", `Q.850;cause=17, SIP;cause=486`, `Q.850;cause=17`},
		{"without a cause", `SIP;text=gone`, `SIP;text="gone"`},
		{"unknown parameters are left out", `Q.850;cause=16;x-evil=1;location=2`, `Q.850;cause=16`},
		{"a text that would go on", "Q.850;cause=16;text=\"a\\\"b\u202e\x07c\"", `Q.850;cause=16;text="abc"`},
		{"a cause that is none", "Q.850;cause=99999999999", "Q.850"},
		{"no protocol", ";cause=16", ""},
		{"nothing", "", ""},
	} {
		if got := carryReason(row.in); got != row.want {
			t.Errorf("%s: %q, not %q", row.name, got, row.want)
		}
		if again := carryReason(row.want); again != row.want {
			t.Errorf("%s: read again it is %q", row.name, again)
		}
	}
}
