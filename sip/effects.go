package sip

import (
	"errors"
	"strconv"
	"time"

	"wissel"
	"wissel/carriers/health"
	"wissel/sip/call"
	"wissel/sip/transaction"
)

// do carries out one effect of a call. What comes of it goes into the queue as an event.
func (s *shard) do(c *live, e call.Effect) {
	fault(e)
	switch e := e.(type) {
	case call.Invite:
		s.doInvite(c, e)
	case call.Finish:
		s.doFinish(c, e)
	case call.Seek:
		s.doSeek(c, e)
	case call.Let:
		s.let(c, e)
	case call.Attend:
		s.doAttend(c, e)
	case call.Begin:
		if c.flow != nil && c.flow.attending != nil {
			c.flow.begin()
		}
	case call.Dismiss:
		s.dismiss(c)
	case call.Connect:
		a, b := c.leg(e.A), c.leg(e.B)
		if a != nil && b != nil && a.media != nil && b.media != nil {
			if c.held != nil {
				c.hush() // he is to hear the target, though it has not answered yet
			}
			a.media.Connect(b.media)
		}
	default:
		if l := c.leg(legOf(e)); l != nil {
			s.doLeg(l, e)
		}
	}
}

// doLeg carries out an effect on a leg that there is.
func (s *shard) doLeg(l *leg, e call.Effect) {
	switch e := e.(type) {
	case call.Again:
		s.doAgain(l, e)
	case call.Cancel:
		s.doCancel(l, e)
	case call.Stop:
		s.unwait(l)
		s.table.Quit(l.invite, s.now)
		s.flush()
	case call.Ack:
		s.doAck(l, e)
	case call.Bye:
		s.doBye(l, e)
	case call.Respond:
		s.doRespond(l, e)
	case call.Offer:
		s.doOffer(l, e)
	case call.RespondOffer:
		s.doRespondOffer(l, e)
	case call.AckOffer:
		s.doAckOffer(l, e)
	case call.Refresh:
		s.doRefresh(l, e)
	case call.SendInfo:
		s.doSendInfo(l, e)
	case call.RespondInfo:
		s.doRespondInfo(l, e)
	case call.Describe:
		s.doDescribe(l, e)
	case call.Disconnect:
		if l.media != nil {
			l.media.Disconnect()
		}
	case call.Wake:
		s.timers.set(l.timerOf(e.Which), e.At)
	case call.Sleep:
		s.timers.stop(l.timerOf(e.Which))
	case call.Doubt:
		s.srv.o.Health.Doubt(e.Address, e.Since)
	case call.Report:
		s.doReport(l, e)
	case call.Tried:
		s.doTried(l, e)
	case call.Joined:
		s.doJoined(l)
	case call.Parted:
		s.parted(l, e.Normal)
	case call.Close:
		s.release(l)
		s.proves(l)
		l.closeMedia()
	case call.Forget:
		s.forget(l)
	}
}

// legOf is the leg that an effect is about.
func legOf(e call.Effect) int {
	switch e := e.(type) {
	case call.Again:
		return e.Leg
	case call.Cancel:
		return e.Leg
	case call.Stop:
		return e.Leg
	case call.Ack:
		return e.Leg
	case call.Bye:
		return e.Leg
	case call.Respond:
		return e.Leg
	case call.Offer:
		return e.Leg
	case call.RespondOffer:
		return e.Leg
	case call.AckOffer:
		return e.Leg
	case call.Refresh:
		return e.Leg
	case call.SendInfo:
		return e.Leg
	case call.RespondInfo:
		return e.Leg
	case call.Describe:
		return e.Leg
	case call.Disconnect:
		return e.Leg
	case call.Wake:
		return e.Leg
	case call.Sleep:
		return e.Leg
	case call.Doubt:
		return e.Leg
	case call.Report:
		return e.Leg
	case call.Tried:
		return e.Leg
	case call.Joined:
		return e.Leg
	case call.Parted:
		return e.Leg
	case call.Close:
		return e.Leg
	case call.Forget:
		return e.Leg
	}
	return -1
}

// doRespond answers the caller's INVITE.
func (s *shard) doRespond(l *leg, e call.Respond) {
	if l.done || !l.server {
		return
	}
	m, ok := s.message(l, e.Body)
	if !ok {
		return // BodyRefused is on its way to the call
	}
	tag, making := "", e.Status > 100 && e.Status < 300
	if e.Status > 100 {
		tag = s.newTag(l, e.Tag)
	}
	b := s.buf[:0]
	if making {
		b = line(b, "Contact", s.srv.face(l.path).contact)
		b = line(b, "Allow", allow)
	}
	switch {
	case e.Status/100 == 2:
		b = appendSession(b, e.Session, false)
		l.own.settleServer(tag)
		l.own.confirmed, l.done = true, true
	case e.Status >= 300:
		l.done = true
		if e.Status == 422 {
			b = append(append(b, minSELine(e.Session.MinSE)...), crlf...)
		}
	default:
		l.own.settleServer(tag)
	}
	b = s.appendReason(b, e.Reason, e.RetryAfter)
	m.extra = b
	data := l.echo.response(e.Status, tag, making, m)
	s.buf = b[:0]
	s.table.Respond(l.invite, e.Status, data, s.now)
	s.flush()
	if l.done {
		l.echo = echo{}
	}
}

// appendReason writes the Reason (RFC 3326) and Retry-After of a message.
func (s *shard) appendReason(b []byte, reason string, after time.Duration) []byte {
	if reason != "" && printable(reason) {
		b = line(b, "Reason", reason)
	}
	if after > 0 {
		b = line(b, "Retry-After", wholeSeconds(after))
	}
	return b
}

// wholeSeconds writes a duration in whole seconds, rounded up.
func wholeSeconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}

// doAck acknowledges the 2xx of one far dialog. A copy of that 2xx gets the same ACK.
func (s *shard) doAck(l *leg, e call.Ack) {
	d := l.dialog(e.Tag)
	if d == nil {
		return
	}
	s.ackDialog(d, l.seq, e.Body)
}

// ackDialog sends the ACK of a 2xx to the INVITE with this CSeq, made once.
func (s *shard) ackDialog(d *dialog, seq uint32, body call.Body) {
	if d.ack == nil || d.ackSeq != seq {
		m, ok := s.message(d.leg, body)
		if !ok {
			m = message{}
		}
		d.ack, _ = s.request(d, "ACK", seq, m)
		d.ackSeq, d.ackBody = seq, len(m.body) > 0
	}
	if err := s.send(d.path, d.ack); err != nil && !s.detour(d, d.path.Conn, d.ack, err) {
		s.srv.log.Debug("an ACK could not be sent", "call", d.leg.call.id, "leg", d.leg.n, "error", err)
	}
}

// doBye ends one dialog of a leg.
func (s *shard) doBye(l *leg, e call.Bye) {
	d := l.dialog(e.Tag)
	if d == nil || d.bye {
		return
	}
	s.bye(d, e.Reason)
}

func (s *shard) bye(d *dialog, reason string) {
	d.bye = true
	m := message{extra: s.appendReason(nil, reason, 0)}
	if _, err := s.ask(d, "BYE", ownEnd, m); err != nil {
		s.srv.log.Warn("a BYE could not be sent", "call", d.leg.call.id, "leg", d.leg.n, "error", err)
	}
}

// doCancel cancels the leg's INVITE: same branch, same target, same route (RFC 3261 §9.1).
func (s *shard) doCancel(l *leg, e call.Cancel) {
	s.unwait(l)
	if l.raw == nil || l.done {
		return
	}
	var h head
	if !h.scan(l.raw) {
		return
	}
	b := make([]byte, 0, 512)
	b = append(append(append(b, "CANCEL "...), h.uri...), " SIP/2.0\r\n"...)
	for i := range h.fields {
		switch f := &h.fields[i]; f.id {
		case fieldVia, fieldRoute, fieldFrom, fieldTo, fieldCallID, fieldMaxForwards:
			b = append(append(b, f.line...), crlf...)
		default:
		}
	}
	b = line(b, "CSeq", strconv.FormatUint(uint64(h.cseq), 10)+" CANCEL")
	data := message{extra: s.appendReason(nil, e.Reason, 0)}.finish(b)
	id, err := s.table.Start("CANCEL", string(h.branch()), data, transaction.Path(l.path), s.now)
	if err != nil {
		s.srv.log.Debug("a CANCEL was not sent", "call", l.call.id, "leg", l.n, "error", err)
		return
	}
	s.owners[id] = owner{leg: l, kind: ownEnd}
	s.flush()
}

// doReport tells health what a call learnt of an address. A silent one is silent for every call that waits on it.
func (s *shard) doReport(l *leg, e call.Report) {
	if o := l.call.outgoing; o != nil && o.Private {
		return
	}
	if e.RetryAfter > 0 {
		s.srv.holds.set(e.Address, e.RetryAfter, s.now)
	}
	switch c := l.call; {
	case (c.back != nil || l.personal) && call.Theirs(e.Status):
		return
	case c.outgoing != nil && c.back == nil:
		s.reportTest(e)
		return
	}
	s.srv.o.Health.Observe(e.Address, health.Observation{
		Layer: layerOf(e), Status: e.Status, Unreachable: e.Unreachable, OnTheWay: e.OnTheWay, Alive: e.Alive, Why: e.Why, At: s.now,
	})
	switch {
	case e.Status != 0:
	case s.srv.o.Snapshot().Health[e.Address].State == wissel.Down:
		s.tellDown(l, e.Address)
	case !e.Unreachable:
		s.tellSilent(l, e.Address)
	}
}

func layerOf(e call.Report) health.Layer {
	if e.Unreachable {
		return health.Transport
	}
	return health.Calls
}

// message makes the body of a message of ours. It reports false when media cannot, and the call is told.
func (s *shard) message(l *leg, b call.Body) (message, bool) {
	var sdp []byte
	var err error
	switch b.Kind {
	case call.NoBody:
		return message{}, true
	case call.Raw:
		sdp = b.SDP
	case call.OwnLast:
		if sdp = l.last; sdp == nil && l.media != nil {
			sdp = l.media.Local()
		}
	default:
		if err = s.open(l, false); err == nil {
			sdp, err = s.own(l, b)
		}
	}
	if err != nil {
		s.refuseBody(l, err)
		return message{}, false
	}
	l.last = sdp
	return message{ctype: "application/sdp", body: sdp}, true
}

// own lets the leg's media write its description.
func (s *shard) own(l *leg, b call.Body) (sdp []byte, err error) {
	switch {
	case b.Kind == call.OwnAnswer && l.described:
		l.described = false
		return l.media.Answer(nil)
	case b.Kind == call.OwnAnswer:
		if sdp = l.media.Local(); sdp == nil {
			err = &BodyError{Status: 488, Why: "there is no offer to answer"}
		}
		return sdp, err
	}
	sdp, err = l.media.Offer(l.beside())
	if err == nil {
		sdp = call.Redirect(sdp, b.Direction)
	}
	return sdp, err
}

// beside is the media that this leg is to be like: the caller's, or for the caller's that of whom he is to talk to.
func (l *leg) beside() MediaSession {
	if with := l.call.with; with != nil {
		return with.media
	}
	for _, other := range l.call.legs {
		if other != nil && other != l && other.media != nil {
			return other.media
		}
	}
	return nil
}

// refuseBody tells the call that media could not do what was asked.
func (s *shard) refuseBody(l *leg, err error) {
	if errors.Is(err, ErrNoPorts) {
		s.feed(l.call, call.Event{Kind: call.NoPorts, Leg: l.n})
		return
	}
	status := 488
	var bad *BodyError
	if errors.As(err, &bad) {
		status = bad.Status
	}
	s.srv.log.Debug("a session description was refused", "call", l.call.id, "leg", l.n, "error", err)
	s.feed(l.call, call.Event{Kind: call.BodyRefused, Leg: l.n, Status: status})
}

// open gives the leg its media, if it has none.
func (s *shard) open(l *leg, kept bool) error {
	if l.media != nil {
		return nil
	}
	if s.srv.o.Media == nil {
		return ErrNoPorts
	}
	at := MediaAt{Call: l.call.id, Leg: l.n, Peer: l.path.Peer.AddrPort.Addr(), Last: l.call.crisis}
	m, err := s.srv.o.Media.Open(at, kept, func(ev MediaEvent) {
		s.post(func() { s.mediaEvent(l, ev) })
	})
	if errors.Is(err, ErrNoPorts) {
		s.srv.alarm("no port for voice is free: callers hear the flow, or get 480 where it finds none either; make listen.media.ports wider")
	}
	if err != nil {
		return err
	}
	l.media = m
	return nil
}

// doDescribe hands a description of the peer to the leg's media.
func (s *shard) doDescribe(l *leg, e call.Describe) {
	err := s.open(l, false)
	if err == nil {
		if e.Offer {
			err = l.media.Describe(e.SDP)
			l.described = err == nil
		} else {
			err = l.media.Accept(e.SDP)
		}
	}
	if err != nil {
		s.refuseBody(l, err)
		return
	}
	s.feed(l.call, call.Event{Kind: call.Described, Leg: l.n})
}

// mediaEvent handles what media saw.
func (s *shard) mediaEvent(l *leg, ev MediaEvent) {
	if l.media == nil {
		return // its port is closed: too late
	}
	switch ev.Kind {
	case MediaDigit:
		s.digit(l, ev.Digit)
	case MediaPlayed:
		s.played(l, ev.Play)
	case MediaTones:
		s.tones(l, ev.Pair)
	case MediaRecorded:
		s.recorded(l, ev.Play)
	case MediaHeard:
		s.heard(l)
	case MediaSilent:
		s.unheard(l)
		s.feed(l.call, call.Event{Kind: call.MediaLost, Leg: l.n})
	case MediaLost:
		s.feed(l.call, call.Event{Kind: call.MediaLost, Leg: l.n})
	}
}
