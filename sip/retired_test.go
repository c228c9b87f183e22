package sip

import (
	"testing"
	"testing/synctest"
	"time"

	"wissel"
)

// ended plays a call to its end in good order, the BYE from the caller, and gives the messages that made it.
func ended(h *house, offer, late string) (caller, north *peer, invite, ack *msg) {
	caller, north = h.peer(callerAt), h.peer(northAt)
	caller.invite("call1", string(rungTest), offer)
	invite = north.request("INVITE")
	north.answer(invite, 200, testOffer)
	ok := caller.response(200)
	caller.within("ACK", ok, late)
	ack = north.request("ACK")
	caller.within("BYE", ok, "")
	caller.response(200)
	north.answer(north.request("BYE"), 200, "")
	synctest.Wait()
	return caller, north, invite, ack
}

func TestCopiesOfThe200AfterTheCallGetTheirAck(t *testing.T) {
	rows := []struct{ name, offer, late, route string }{
		{"an ACK without a body is made again of the 200", testOffer, "", ""},
		{"and goes by the route that the 200 has", testOffer, "", "<sip:edge.example;lr>"},
		{"one with an answer to a late offer has been kept", "", testOffer, ""},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			inHouse(t, wissel.Direct, func(h *house) {
				_, north, invite, first := ended(h, row.offer, row.late)
				var extra []string
				if row.route != "" {
					extra = append(extra, "Record-Route: "+row.route)
				}
				for range 2 {
					north.answer(invite, 200, testOffer, extra...)
					again := north.request("ACK")
					for _, id := range []fieldID{fieldFrom, fieldTo, fieldCallID, fieldCSeq, fieldContact} {
						if again.value(id) != first.value(id) {
							t.Errorf("the ACK was %q and is %q", first.raw, again.raw)
						}
					}
					if string(again.uri) != string(first.uri) || string(again.body) != string(first.body) || again.value(fieldRoute) != row.route {
						t.Errorf("the ACK was %q and is %q", first.raw, again.raw)
					}
				}
				north.quiet(40 * time.Second)
				north.answer(invite, 200, testOffer)
				north.quiet(time.Second) // Timer M has ended: it is a stray
			})
		})
	}
}

func TestCopiesOfTheBYEGetTheSame200(t *testing.T) {
	inHouse(t, wissel.Direct, func(h *house) {
		caller, north, ok, _ := talk(h)
		caller.within("BYE", ok, "")
		first := caller.response(200)
		north.answer(north.request("BYE"), 200, "")
		for range 3 {
			caller.seq-- // the same BYE once more
			caller.within("BYE", ok, "")
			if again := caller.response(200); again.raw != first.raw {
				t.Errorf("the 200 was %q and is %q", first.raw, again.raw)
			}
		}
		caller.quiet(time.Second)
		north.quiet(time.Second)
	})
}
