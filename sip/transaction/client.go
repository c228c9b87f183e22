package transaction

import (
	"net/netip"
	"time"
)

// Start begins a client transaction: data is sent, and on UDP sent again until a response comes. branch is that of its top
// Via. The table keeps data, which must not be written to again. A CANCEL is started only while its INVITE has had a 1xx
// and no final response (§9.1); it leaves the INVITE as Quit does, for 32 s from now. An INVITE that has had a 1xx has no
// time limit of its own. Errors: ErrFull, ErrBranch, ErrCancel, ErrMethod.
func (t *Table) Start(method, branch string, data []byte, path Path, now time.Time) (ID, error) {
	t.clock(now)
	if t.stats.Live >= 2*t.limit+2 || t.stats.Tombs >= 16*t.limit+16 {
		t.stats.Full++
		return 0, ErrFull
	}
	kind := methodOf(method)
	if kind == methodAck {
		return 0, ErrMethod
	}
	if kind == methodCancel && !t.cancel(branch) {
		return 0, ErrCancel
	}
	k := t.clientKey(branch, kind == methodCancel)
	if _, used := t.index[k]; used {
		return 0, ErrBranch
	}
	t.stats.Client++
	as := client
	if kind == methodInvite {
		as = inviteClient
	}
	i := t.add(k, as, kind, path)
	m := t.slab.at(i)
	m.state, m.data = trying, data
	if !m.is(reliable) {
		m.resend = t.in(T1) // Timers A and E
	}
	m.end = t.in(lifetime) // Timers B and F
	t.arm(i)
	t.send(i, data)
	return t.id(i), nil
}

// cancel reports whether the INVITE with this branch may be cancelled now, and leaves it.
func (t *Table) cancel(branch string) bool {
	i, ok := t.index[t.clientKey(branch, false)]
	if !ok {
		return false
	}
	m := t.slab.at(i)
	if m.role != inviteClient || m.state != proceeding {
		return false
	}
	t.leave(i)
	return true
}

// Match takes in a response and says whether it is for the user. A refusal of an INVITE is ACKed by the table (effect).
func (t *Table) Match(r Response, now time.Time) Answer {
	t.clock(now)
	kind := methodOf(r.CSeqMethod)
	i, ok := t.index[t.clientKey(r.Branch, kind == methodCancel)]
	if !ok || t.slab.at(i).method != kind || r.Status < 100 || r.Status > 699 {
		t.stats.Strays++
		return Answer{Stray: true}
	}
	m := t.slab.at(i)
	if asked := t.paths.all[m.path].Peer; !samePlace(asked.AddrPort.Addr(), r.Path.Peer.AddrPort.Addr()) || asked.Transport != r.Path.Peer.Transport {
		t.stats.Foreign++ // a response only counts when it comes from the address that was asked
		return Answer{Stray: true}
	}
	a := Answer{ID: t.id(i)}
	if m.role == inviteClient {
		a.Deliver = t.matchInvite(i, &r)
	} else {
		a.Deliver = t.matchOther(i, r.Status)
	}
	if !a.Deliver {
		t.stats.Absorbed++
	}
	return a
}

func samePlace(a, b netip.Addr) bool { return a == b || a.Unmap() == b.Unmap() }

// matchInvite moves an INVITE client (§17.1.1.2, RFC 6026 §7.2) and reports whether the response is for the user.
func (t *Table) matchInvite(i int32, r *Response) bool {
	m := t.slab.at(i)
	switch m.state {
	case trying, proceeding:
		switch {
		case r.Status < 200:
			if m.state == trying {
				m.state, m.resend = proceeding, 0
				if !m.is(left) {
					m.end = 0 // how long it may ring is the user's business
				}
				t.arm(i)
			}
		case r.Status < 300:
			m.state = accepted
			t.bury(i, nil, lifetime) // Timer M
		default:
			m.state = completed
			ack := ackFor(m.data, r.Data)
			if ack != nil {
				t.send(i, ack)
			}
			t.buryOn(i, ack, lifetime) // Timer D
		}
		return true
	case accepted:
		return r.Status >= 200 && r.Status < 300 // each copy: the dialog ACKs it again
	case completed:
		if r.Status >= 300 && m.data != nil {
			t.send(i, m.data)
		}
		return false
	case confirmed:
	}
	return false
}

// matchOther moves a client of any other request (§17.1.2.2).
func (t *Table) matchOther(i int32, status int) bool {
	m := t.slab.at(i)
	switch {
	case m.state == completed:
		return false
	case status < 200:
		m.state = proceeding // what was sent last goes out once more, then every T2
	default:
		m.state = completed
		t.buryOn(i, nil, T4) // Timer K
	}
	return true
}

// Quit leaves a client transaction: it is sent no more and gives no Timeout, but stays matchable for 32 s. An OPTIONS that
// is never to be sent again is a Start and a Quit.
func (t *Table) Quit(id ID, now time.Time) {
	t.clock(now)
	if i, m, ok := t.find(id); ok && m.state <= proceeding && (m.role == client || m.role == inviteClient) {
		t.leave(i)
	}
}

func (t *Table) leave(i int32) {
	m := t.slab.at(i)
	m.flags |= left
	t.finish(m)
	m.resend, m.end = 0, t.in(lifetime)
	t.arm(i)
}

// Failed says that a message of the transaction could not be sent or delivered. A client is left as by Quit, since on UDP
// an answer may still come of an earlier copy; on a connection, where nothing can come any more, it ends at once. A server
// sends no more by itself. There is no Timeout.
func (t *Table) Failed(id ID, now time.Time) {
	t.clock(now)
	i, m, ok := t.find(id)
	switch {
	case !ok || m.is(tomb) && !m.is(left):
	case m.role == inviteServer || m.role == server:
		m.resend = 0
		t.arm(i)
	case m.is(reliable):
		t.remove(i)
	case !m.is(left):
		t.leave(i)
	}
}

// ByBranch finds the client transaction with this branch, for a datagram of ours that an ICMP error quotes. The branch of
// a CANCEL is its INVITE's.
func (t *Table) ByBranch(branch []byte) (ID, bool) {
	t.text = append(t.text[:0], keyClient)
	t.text = append(t.text, branch...)
	t.text = append(t.text, 0)
	i, ok := t.index[t.hash()]
	if !ok {
		return 0, false
	}
	return t.id(i), true
}
