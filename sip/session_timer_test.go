package sip

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"wissel"
)

// Session timers on the wire, on each leg for itself (RFC 4028): who is to refresh does at half time, by UPDATE where the
// peer takes it and else by a re-INVITE of the same version; and a session that nobody refreshes ends with BYE to both.
func TestSessionsAreRefreshedAndExpire(t *testing.T) {
	for _, row := range []struct {
		name          string
		caller, north []string // their headers: of his INVITE, and of its 200
		want          string   // what comes within the session, to whom, after how many seconds
	}{
		{"we refresh both", []string{"Supported: timer", "Session-Expires: 600;refresher=uas"}, []string{"Require: timer", "Session-Expires: 600;refresher=uac"}, "caller INVITE 300, north UPDATE 300"},
		{"the far side alone has a timer", nil, []string{"Require: timer", "Session-Expires: 400;refresher=uac"}, "north UPDATE 200"},
		{"he refreshes, and does not", []string{"Supported: timer", "Session-Expires: 300;refresher=uac"}, nil, "caller BYE 268, north BYE 268"},
		{"the far side refreshes, and does not", nil, []string{"Supported: timer", "Session-Expires: 300;refresher=uas"}, "caller BYE 268, north BYE 268"},
	} {
		t.Run(row.name, func(t *testing.T) {
			inHouse(t, wissel.Anchored, func(h *house) {
				caller, north := h.peer(callerAt), h.peer(northAt)
				caller.invite("call1", string(rungTest), testOffer, row.caller...)
				north.answer(north.request("INVITE"), 200, testOffer, row.north...)
				north.request("ACK")
				ok := caller.response(200)
				caller.within("ACK", ok, "")
				synctest.Wait()
				began := time.Now()
				got := map[string]string{}
				for time.Since(began) < 310*time.Second {
					for name, p := range map[string]*peer{"caller": caller, "north": north} {
						m := p.maybe(time.Millisecond)
						if m == nil || !m.request || m.is("ACK") {
							continue
						}
						if got[name] == "" {
							got[name] = name + " " + string(m.method) + " " + time.Since(began).Truncate(time.Second).String()
						}
						body := ""
						if m.is("INVITE") {
							body = testOffer
						}
						p.answer(m, 200, body)
					}
					<-time.After(300 * time.Millisecond)
				}
				all := strings.Trim(got["caller"]+", "+got["north"], ", ")
				var want []string
				for one := range strings.SplitSeq(row.want, ", ") {
					f := strings.Fields(one)
					d, _ := time.ParseDuration(f[2] + "s")
					want = append(want, f[0]+" "+f[1]+" "+d.String())
				}
				if w := strings.Join(want, ", "); all != w {
					t.Errorf("%s, want %s", all, w)
				}
			})
		})
	}
}
