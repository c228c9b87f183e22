package transaction

import "time"

// Receive takes in a request and says what it is. Retransmissions are answered by the table (effects).
func (t *Table) Receive(r Request, now time.Time) Verdict {
	t.clock(now)
	if r.Method == "ACK" {
		return t.receiveAck(&r)
	}
	k := t.serverKey(&r, r.Method)
	if i, ok := t.index[k]; ok {
		t.absorb(i)
		return Verdict{Kind: Absorbed, ID: t.id(i), Again: int(t.slab.at(i).again)}
	}
	if t.full(&r) {
		t.stats.Full++
		return Verdict{Kind: Full}
	}
	t.stats.Server++
	switch r.Method {
	case "CANCEL":
		return t.receiveCancel(&r, k)
	case "INVITE":
		return t.receiveInvite(&r, k)
	}
	i, kind := t.begin(&r, k, server)
	t.slab.at(i).end = t.in(lifetime + T4) // a user that never answers must not hold it for ever; its client has given up by then
	t.arm(i)
	return Verdict{Kind: kind, ID: t.id(i)}
}

// full reports whether there is no room for r. What ends or changes a call that we have may use a reserve.
func (t *Table) full(r *Request) bool {
	limit := t.limit
	if r.ToTag != "" || r.Method == "CANCEL" {
		limit += limit/4 + 1
	}
	return t.stats.Live >= limit || t.stats.Tombs >= 16*limit
}

// begin makes a server transaction, and finds out whether the request has come by another way already (§8.2.2.2). The
// key of such a request is kept as long as its transaction, so that a slow second copy finds it too.
func (t *Table) begin(r *Request, k key, as role) (int32, Kind) {
	i := t.add(k, as, methodOf(r.Method), r.Path)
	m := t.slab.at(i)
	m.state = trying
	if as == inviteServer {
		m.state = proceeding
	}
	if r.ToTag != "" || r.FromTag == "" || r.Method == "CANCEL" || r.Method == "OPTIONS" {
		return i, New // an OPTIONS may be answered twice: some peers ask with one Call-ID, tag and CSeq for ever
	}
	mk := t.mergeKey(r)
	if _, twice := t.index[mk]; twice {
		t.stats.Merged++
		return i, Merged
	}
	m.merge = mk
	t.index[mk] = i
	return i, New
}

func (t *Table) receiveInvite(r *Request, k key) Verdict {
	c, cancelled := t.index[t.serverKey(r, "CANCEL")]
	i, kind := t.begin(r, k, inviteServer)
	if kind == New && cancelled && t.slab.at(c).is(orphan) {
		kind = Cancelled // the network turned the two round
	}
	return Verdict{Kind: kind, ID: t.id(i)}
}

// receiveCancel matches a CANCEL to its INVITE (§9.2). It is a transaction of its own, whatever it finds.
func (t *Table) receiveCancel(r *Request, k key) Verdict {
	invite, ok := t.index[t.serverKey(r, "INVITE")]
	i, _ := t.begin(r, k, server)
	m := t.slab.at(i)
	m.end = t.in(lifetime + T4)
	v := Verdict{Kind: CancelUnmatched, ID: t.id(i)}
	if ok {
		v.Kind, v.Invite = Cancel, t.id(invite)
	} else {
		m.flags |= orphan
	}
	t.arm(i)
	return v
}

// receiveAck takes in an ACK: that of a refusal ends the wait for it, that of a 2xx belongs to the dialog.
func (t *Table) receiveAck(r *Request) Verdict {
	i, ok := t.index[t.serverKey(r, "INVITE")]
	if !ok {
		return Verdict{Kind: AckUnmatched}
	}
	v := Verdict{Kind: Absorbed, ID: t.id(i)}
	m := t.slab.at(i)
	switch m.state {
	case accepted:
		v.Kind = AckUnmatched // a peer that keeps the branch (RFC 2543 did); the dialog knows it by its tags
	case completed:
		v.Kind = Ack
		m.state = confirmed
		if m.is(reliable) {
			t.bury(i, nil, 0) // Timer I
		} else {
			t.bury(i, nil, T4)
		}
	case trying, proceeding, confirmed:
	}
	return v
}

// absorb answers a retransmission of a request with what was last said.
func (t *Table) absorb(i int32) {
	t.stats.Absorbed++
	m := t.slab.at(i)
	if m.again != 0 {
		t.stats.Resent++ // by the user
		return
	}
	if m.data == nil || m.state == accepted || m.state == confirmed {
		return // nothing said yet, or its own timer repeats the 2xx (RFC 6026 §7.1)
	}
	t.stats.Resent++
	t.send(i, m.data)
}

// Respond sends a response in a server transaction: provisional, 2xx or refusal. One that is not legal any more (a second
// final response, a transaction that is gone) is dropped. The table keeps data, which must not be written to again.
func (t *Table) Respond(id ID, status int, data []byte, now time.Time) {
	t.clock(now)
	i, m, ok := t.find(id)
	if !ok || m.state > proceeding || m.role == client || m.role == inviteClient {
		return
	}
	t.send(i, data)
	switch {
	case status < 200:
		m.state, m.data = proceeding, data
	case m.role == server:
		m.state = completed
		t.buryOn(i, data, lifetime) // Timer J
	case status < 300:
		m.state, m.data = accepted, data
		m.resend, m.end = t.in(T1), t.in(lifetime) // Timer L; the 2xx is repeated on a connection too (§13.3.1.4)
		t.arm(i)
	default:
		m.state, m.data = completed, data
		if !m.is(reliable) {
			m.resend = t.in(T1) // Timer G
		}
		m.end = t.in(lifetime) // Timer H
		t.arm(i)
	}
}

// Settle is Respond with the final response to a request other than INVITE, of which the table keeps no more than the
// status: each copy of the request gives its Verdict that status as Again, and whatever a response repeats of a request
// stands in the copy too. Most of what a busy table would keep is such answers to BYEs.
func (t *Table) Settle(id ID, status int, data []byte, now time.Time) {
	t.clock(now)
	i, m, ok := t.find(id)
	if !ok || m.state > proceeding || m.role != server {
		return
	}
	t.send(i, data)
	m.state, m.again = completed, int16(status)
	t.buryOn(i, nil, lifetime) // Timer J
}

// buryOn is bury for a time that is nothing on a connection (Timers D, I, J, K).
func (t *Table) buryOn(i int32, data []byte, keep time.Duration) {
	if t.slab.at(i).is(reliable) {
		keep = 0
	}
	t.bury(i, data, keep)
}

// Acked stops the retransmission of the 2xx of an INVITE: its ACK has come. Further copies of the INVITE are absorbed.
func (t *Table) Acked(id ID, now time.Time) {
	t.clock(now)
	i, m, ok := t.find(id)
	if !ok || m.role != inviteServer || m.state != accepted || m.is(tomb) {
		return
	}
	t.bury(i, nil, max(time.Millisecond, time.Duration(m.end-t.in(0))*time.Millisecond)) // Timer L runs on
}
