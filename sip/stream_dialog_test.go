package sip

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"wissel"
)

// A call outlives the connection that it was made on: what we have to say in its dialog goes over a new one, to the
// peer's Contact, or to where the trunk is dialled when that is a name.
func TestADialogOutlivesItsConnection(t *testing.T) {
	for _, row := range []struct{ name, contact, want string }{
		{"a Contact with an address", "<sip:peer@192.0.2.20:5070;transport=tcp>", "tcp:192.0.2.20:5070"},
		{"a Contact with a name", "<sip:peer@inner.north.example;transport=tcp>", "tcp:" + northAt},
	} {
		var dialled []string
		ends := make(chan net.Conn, 4)
		change := func(h *house, o *Options) {
			north := *h.snap.Trunks["north"]
			north.Addresses = []wissel.Address{{Transport: wissel.TCP, AddrPort: netip.MustParseAddrPort(northAt)}}
			h.snap.Trunks["north"] = &north
			o.Dial = func(_ context.Context, a wissel.Address) (net.Conn, error) {
				dialled = append(dialled, a.String())
				near, far := net.Pipe()
				ends <- far
				return pipe{near, netip.MustParseAddrPort("192.0.2.1:40000"), a.AddrPort}, nil
			}
		}
		inHouseWith(t, wissel.Anchored, change, func(h *house) {
			caller := h.peer(callerAt)
			caller.invite("call1", string(rungTest), testOffer)
			north := newStreamPeer(h, <-ends, northAt)
			invite := north.read()
			north.say(func(p *peer) {
				text := "SIP/2.0 200 OK\r\nVia: " + string(invite.via) + "\r\nFrom: " + string(invite.from) + "\r\nTo: " + string(invite.to) + ";tag=" + p.tag +
					"\r\nCall-ID: " + string(invite.callID) + "\r\nCSeq: 1 INVITE\r\nContact: " + row.contact + "\r\nContent-Type: application/sdp\r\nContent-Length: " +
					strconv.Itoa(len(testOffer)) + "\r\n\r\n" + testOffer
				p.write(text)
			})
			_ = north.read()
			synctest.Wait()
			ok := caller.response(200)
			caller.within("ACK", ok, "")
			_ = north.c.Close()
			synctest.Wait()
			caller.within("BYE", ok, "")
			caller.response(200)
			again := newStreamPeer(h, <-ends, northAt)
			bye := again.read()
			if !bye.is("BYE") || string(bye.callID) != string(invite.callID) {
				t.Errorf("%s: got %.60q", row.name, bye.raw)
			}
			if got := dialled[len(dialled)-1]; len(dialled) != 2 || got != row.want {
				t.Errorf("%s: dialled %s, want %s last", row.name, strings.Join(dialled, ", "), row.want)
			}
			again.say(func(p *peer) { p.answer(bye, 200, "") })
			synctest.Wait()
			_ = again.c.Close()
		})
	}
}
