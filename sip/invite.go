package sip

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"wissel"
	"wissel/sip/call"
	"wissel/sip/transaction"
	"wissel/sip/transport"
)

// doInvite sends the first INVITE of a new leg, or feeds back why not.
func (s *shard) doInvite(c *live, e call.Invite) {
	l := &leg{call: c, n: e.Leg, address: e.Try.Address, seq: 1, left: s.now, expires: e.Session.Expires, personal: e.Try.Person.Name != ""}
	c.put(l)
	if c.target = e.Try.Target; l.personal {
		c.target = wissel.Target{People: e.Try.Person.List}
	}
	l.trunk = s.srv.o.Snapshot().Trunks[e.Try.Target.Trunk]
	if why := s.mayTry(l, e.Try); why != call.NotSkipped {
		s.feed(c, call.Event{Kind: call.Skipped, Leg: l.n, Skip: why})
		return
	}
	l.taken = true
	m, ok := s.far(l, e)
	if !ok {
		return
	}
	s.place(l, e, m)
}

// mayTry passes an attempt over at no cost, or takes the trunk's limit and finds the way to its address.
func (s *shard) mayTry(l *leg, t call.Try) call.Skip {
	if l.trunk == nil {
		return call.SkipUnable
	}
	if !t.Force && s.down(l.call, t.Address) {
		return call.SkipDown
	}
	i, ok := s.srv.set.Pick(t.Address, l.trunk.Listener)
	if !ok {
		return call.SkipUnable
	}
	l.path = transport.Path{Listener: i, Peer: t.Address}
	if t.Address.Transport == wissel.TLS && t.Index < len(l.trunk.Hosts) {
		l.path.Host = l.trunk.Hosts[t.Index].Name
	}
	if !s.srv.o.Limits.Take(l.trunk.ID) {
		return call.SkipFull
	}
	return call.NotSkipped
}

// down reports whether an address is not to be tried now: its verdict, or its own Retry-After.
func (s *shard) down(c *live, a wissel.Address) bool {
	if s.srv.holds.on(a, s.now) {
		return true
	}
	v := s.srv.o.Snapshot().Health[a]
	if v.State != wissel.Down {
		return false
	}
	return !c.retry[a] || !s.srv.o.Health.Claim(a)
}

// far makes the body of a far leg's INVITE. When anchored both legs need their ports now: refusing before it rings is
// better than an answer without a voice (FAULTS F33).
func (s *shard) far(l *leg, e call.Invite) (message, bool) {
	if e.Body.Kind == call.OwnOffer {
		err := s.open(l, false)
		if caller := l.call.leg(0); err == nil && caller != nil {
			err = s.open(caller, false) // after a late offer he has none yet, and Connect needs both
		}
		if err != nil {
			s.release(l)
			s.feed(l.call, call.Event{Kind: call.NoPorts, Leg: l.n})
			return message{}, false
		}
	}
	return s.message(l, e.Body)
}

// place builds and sends the INVITE.
func (s *shard) place(l *leg, e call.Invite, m message) {
	c := l.call
	l.callID = s.farCallID()
	localTag := s.chance.token()
	branch := magic + s.chance.token()
	f := s.srv.face(l.path)
	var present wissel.Number
	if g := c.decision.Group; g != nil {
		present = g.Present[l.trunk.ID]
	}
	far := farLeg{
		Trunk: l.trunk, Host: hostAt(l.trunk, e.Try.Index, e.Try.Address), Address: e.Try.Address, Own: f.host, Branch: branch, Contact: f.contact, CallID: l.callID,
		FromTag: localTag, CSeq: l.seq, Hops: c.hops, Call: c.id, Caller: c.caller, Rung: c.rung, Present: present,
		Session: appendSession(nil, e.Session, true), Type: m.ctype, Body: m.body, Placed: c.outgoing != nil, Back: c.back,
	}
	if l.personal {
		far.rings(e.Try.Person)
		present = e.Try.Person.Show
	}
	l.request = farInvite(far)
	switch {
	case c.back != nil:
		c.tell(StepDialled, l)
		c.backLeaves(s, l.trunk)
	case c.outgoing != nil: // a test line takes it back in without a question, and nothing else is to
		c.tell(StepDialled, l)
	case l.trunk.Role == wissel.Carrier:
		c.leaves(s, l.trunk, present)
	default:
		s.srv.named.add(c.id)
	}
	s.dialogs[dialogKey{l.callID, localTag}] = l
	l.dialogs = append(l.dialogs, &dialog{leg: l, localTag: localTag, localSeq: l.seq, path: l.path})
	s.wait(l)
	if err := s.start(l, branch, s.written(l.request)); err != nil {
		s.feed(c, call.Event{Kind: call.Skipped, Leg: l.n, Skip: call.SkipUnable, Reason: err.Error()})
	}
}

// written is a request as it goes out: made in scratch space, and copied once.
func (s *shard) written(req *sipgo.Request) []byte {
	b := bytes.NewBuffer(s.out[:0])
	req.StringWrite(b)
	s.out = b.Bytes()
	return bytes.Clone(s.out)
}

// start hands an INVITE to the transactions.
func (s *shard) start(l *leg, branch string, data []byte) error {
	l.raw = data
	id, err := s.table.Start("INVITE", branch, data, transaction.Path(l.path), s.now)
	if err != nil {
		s.unwait(l)
		return fmt.Errorf("invite over %s: %w", l.trunk.ID, err)
	}
	l.invite = id
	s.owners[id] = owner{leg: l, kind: ownInvite}
	s.flush()
	return nil
}

// response handles a response.
func (s *shard) response(h *head, p transport.Packet) {
	if strings.HasPrefix(text(h.branch()), magic+probeMark) {
		s.srv.probes.answer(string(h.branch()), h.status, retryOf(h))
		return
	}
	if guard(p.Data) != nil { // what a peer writes in a response comes back in our requests
		s.srv.stats.ParseErrors.Add(1)
		return
	}
	a := s.table.Match(transaction.Response{
		Branch: text(h.branch()), CSeqMethod: text(h.cseqMethod), Status: h.status, Data: p.Data, Path: transaction.Path(p.Path),
	}, s.now)
	s.flush()
	if a.Stray {
		s.srv.stats.Strays.Add(1)
	}
	o, ok := s.owners[a.ID]
	if a.Deliver && o.kind == ownRetired && h.status/100 == 2 {
		s.ackAgain(a.ID, h, p.Path, o.ack)
	}
	if !a.Deliver || !ok || o.leg == nil || o.leg.gone {
		return
	}
	if h.status/100 == 2 {
		s.said(o.leg, h)
	}
	switch o.kind {
	case ownInvite:
		s.inviteResponse(o.leg, h, p)
	case ownOffer:
		s.offerResponse(o.leg, h, p)
	case ownInfo:
		if h.status >= 200 {
			s.feed(o.leg.call, call.Event{Kind: call.InfoAnswer, Leg: o.leg.n, Status: h.status})
		}
	case ownEnd:
		s.endResponse(a.ID, o.leg, h, p)
	case ownNothing, ownWaiting, ownRetired:
	}
}

// endResponse handles a response to a BYE or CANCEL of ours. Once a BYE is answered its call may have nothing left to do.
func (s *shard) endResponse(id transaction.ID, l *leg, h *head, p transport.Packet) {
	if h.status < 200 {
		return
	}
	delete(s.owners, id)
	if !h.is("BYE") {
		return
	}
	if d := l.dialog(text(h.toTag())); d != nil {
		if res := s.challenge(l, d, h, p); res != nil && !d.proved {
			d.proved = true
			if _, err := s.askAgain(d, "BYE", ownEnd, message{}, res); err == nil {
				return
			}
		}
		d.ended = true
	}
	s.retire(l.call)
}

// inviteResponse handles a response to the first INVITE of a leg.
func (s *shard) inviteResponse(l *leg, h *head, p transport.Packet) {
	s.unwait(l)
	s.hold(l, p.Path.Conn)
	if h.lists(fieldAllow, "UPDATE") {
		l.update = true
	}
	ev := call.Event{Leg: l.n, Status: h.status, Tag: string(h.toTag())}
	switch {
	case h.status == 100:
		ev.Kind, ev.Tag = call.Provisional, ""
	case h.status < 200:
		ev.Kind, ev.Body = call.Provisional, sdpOf(h)
		if h.status < 190 && !l.call.state.Rung {
			l.call.tell(StepRings, l)
		}
		if ev.Tag != "" {
			s.farDialog(l, h)
		}
	case h.status < 300:
		d := s.farDialog(l, h)
		d.confirmed = true
		if l.own == nil {
			l.own = d
			l.call.tell(StepAnswered, l)
		}
		l.done, l.request, l.raw, l.refusal = true, nil, nil, nil
		if l.call.crashed { // nobody is there to take it
			s.ackDialog(d, l.seq, call.Body{})
			if !d.bye {
				s.bye(d, "")
			}
			return
		}
		ev.Kind, ev.Body, ev.Session = call.Answered, sdpOf(h), sessionOf(h)
	default:
		l.done = true
		ev.Kind, ev.Reason, ev.RetryAfter = call.Refused, reasonOf(h), retryOf(h)
		ev.Repair = s.repair(l, h, p)
		ev.Session = sessionOf(h)
	}
	s.feed(l.call, ev)
}

// sdpOf is the session description of a message, nil when there is none.
func sdpOf(h *head) []byte {
	if len(h.body) == 0 {
		return nil
	}
	return h.body
}

// reasonOf is the Reason header as received, in our own words (RFC 3326).
func reasonOf(h *head) string {
	if v := h.get(fieldReason); v != nil {
		return carryReason(string(v))
	}
	return ""
}

// retryOf is the Retry-After of a response.
func retryOf(h *head) time.Duration {
	n, _ := h.number(fieldRetryAfter)
	return time.Duration(min(n, 3600)) * time.Second
}

// challenge is a 401 or 407 to a request within a dialog, when its leg's trunk may be given credentials for it: never on
// the leg of who called us, and only where the request goes to, and the challenge comes from, that trunk itself (FAULTS A9).
func (s *shard) challenge(l *leg, d *dialog, h *head, p transport.Packet) *sipgo.Response {
	if h.status != 401 && h.status != 407 || l.server || l.trunk == nil || l.trunk.Username == "" {
		return nil
	}
	if !speaksFor(l.trunk, p.Path.Peer.AddrPort.Addr().Unmap()) || !speaksFor(l.trunk, d.path.Peer.AddrPort.Addr().Unmap()) {
		return nil
	}
	msg, err := parse(p.Data)
	if err != nil {
		return nil
	}
	if res, ok := msg.(*sipgo.Response); ok && canAuthorize(res, l.trunk) {
		return res
	}
	return nil
}

// repair says what of a refusal can be mended on the same leg, and keeps what that needs.
func (s *shard) repair(l *leg, h *head, p transport.Packet) call.Repair {
	switch h.status {
	case 401, 407:
		msg, err := parse(p.Data)
		if err != nil {
			return call.NoRepair
		}
		res, ok := msg.(*sipgo.Response)
		if !ok || !canAuthorize(res, l.trunk) {
			return call.NoRepair
		}
		l.refusal = res
		return call.Auth
	case 422:
		if n, ok := h.number(fieldMinSE); ok && n > 0 && n <= 86400 {
			l.expires = time.Duration(n) * time.Second
			return call.MinSE
		}
	}
	return call.NoRepair
}

// doAgain sends the leg's INVITE once more, mended: a new branch and the next CSeq, the same tags and Call-ID (§8.1.3.5).
func (s *shard) doAgain(l *leg, e call.Again) {
	if l.own != nil {
		s.offerAgain(l, e.Repair)
		return
	}
	if l.request == nil {
		return
	}
	l.seq++
	branch := magic + s.chance.token()
	l.request.Via().Params.Add("branch", branch)
	l.request.CSeq().SeqNo = l.seq
	for _, d := range l.dialogs {
		d.localSeq = l.seq
	}
	switch e.Repair {
	case call.Auth:
		if err := authorize(l.request, l.refusal, l.trunk); err != nil {
			s.feed(l.call, call.Event{Kind: call.Failed, Leg: l.n, Reason: err.Error()})
			return
		}
	case call.MinSE:
		set(l.request, "Session-Expires", wholeSeconds(l.expires)+";refresher=uac")
		set(l.request, "Min-SE", wholeSeconds(l.expires))
	case call.NoRepair:
	}
	l.done = false
	if err := s.start(l, branch, s.written(l.request)); err != nil {
		s.feed(l.call, call.Event{Kind: call.Failed, Leg: l.n, Reason: err.Error()})
	}
}

// set replaces a header or adds it.
func set(req *sipgo.Request, name, value string) {
	if req.GetHeader(name) != nil {
		req.ReplaceHeader(sipgo.NewHeader(name, value))
		return
	}
	req.AppendHeader(sipgo.NewHeader(name, value))
}
