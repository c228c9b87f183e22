package smpp

import (
	"bufio"
	"errors"
	"fmt"
	"time"

	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"

	"wissel/internal/sms"
)

// read hears the far end until the connection is over, and returns why.
func (s *session) read(in *bufio.Reader) error {
	for {
		p, err := receive(in)
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		s.heard.Store(time.Now().UnixNano())
		switch p := p.(type) {
		case *pdu.SubmitSMResp:
			s.answered(p.Header, p.MessageID)
		case *pdu.GenericNack:
			s.answered(p.Header, "")
		case *pdu.DeliverSM:
			s.queue(p)
		case *pdu.EnquireLink, *pdu.Unbind:
			s.say(p.GetResponse())
			if _, bye := p.(*pdu.Unbind); bye {
				return errUnbound
			}
		case *pdu.UnbindResp:
			return errUnbound
		default:
			if p.CanResponse() && p.GetResponse() != nil { // a request that we do not serve; without an answer it would come again
				nack := pdu.NewGenericNack()
				nack.SetSequenceNumber(p.GetSequenceNumber())
				nack.(*pdu.GenericNack).CommandStatus = data.ESME_RINVCMDID
				s.say(nack)
			}
		}
	}
}

var errUnbound = errors.New("the bind was ended")

// queue hands something to the teller. While the disk is slow the reader waits here, and with it the SMSC: nothing piles up.
func (s *session) queue(p pdu.PDU) {
	select {
	case s.told <- p:
	case <-s.gone:
	}
}

// answered gives an answer to whoever waits for it. A second one, and one of a number that we never used, finds nobody.
func (s *session) answered(h pdu.Header, id string) {
	s.mu.Lock()
	p, ok := s.open[h.SequenceNumber]
	delete(s.open, h.SequenceNumber)
	gaveUp := ok && p.gaveUp
	if ok && !gaveUp {
		var o sms.Outcome
		o, p.throttled = outcome(h.CommandStatus, id)
		p.answer <- o // it has room for the one
	}
	s.mu.Unlock()
	if gaveUp {
		resp := pdu.NewSubmitSMResp().(*pdu.SubmitSMResp)
		resp.Header, resp.MessageID = h, id
		s.queue(&lateAnswer{SubmitSMResp: resp, of: p})
	}
}

// lateAnswer is the answer to a part whose Send has returned.
type lateAnswer struct {
	*pdu.SubmitSMResp
	of *pending
}

// event is what the Send would have returned: with parts behind this one that were not sent, the text is for Later.
func (l *lateAnswer) event() sms.Event {
	o, _ := outcome(l.CommandStatus, l.MessageID)
	if o.Verdict == sms.Accepted {
		ids := append([]string(nil), l.of.ids...)
		ids[l.of.part] = l.MessageID
		o.IDs = ids
		for _, id := range ids {
			if id == "" {
				o.Verdict, o.Reason = sms.Later, "not all parts were submitted"
			}
		}
	} else {
		o.IDs = had(l.of.ids)
	}
	return sms.Event{Kind: sms.Answered, Key: l.of.key, Outcome: o}
}

// tell gives events to be kept, and confirms each once it is.
func (s *session) tell() {
	for {
		select {
		case <-s.gone:
			return
		case p := <-s.told:
			switch p := p.(type) {
			case *lateAnswer:
				_ = s.keep(p.event()) // nobody offers it again: what is not kept stays Unknown, which harms nobody
			case *pdu.DeliverSM:
				resp := pdu.NewDeliverSMRespFromReq(p).(*pdu.DeliverSMResp)
				if e, ok := event(p); ok && s.keep(e) != nil {
					resp.CommandStatus = data.ESME_RX_T_APPN // temporary: it comes again
				}
				s.say(resp)
			}
		}
	}
}

// said is what a status of an answer means (SMPP 3.4 §5.1.3); one that is not here is a refusal that is ours to mend there.
var said = map[data.CommandStatusType]sms.Outcome{
	data.ESME_ROK:        {Verdict: sms.Accepted},
	data.ESME_RTHROTTLED: {Verdict: sms.Later, After: time.Second},
	data.ESME_RMSGQFUL:   {Verdict: sms.Later, After: time.Second},
	data.ESME_RSYSERR:    {Verdict: sms.Later},
	data.ESME_RX_T_APPN:  {Verdict: sms.Later},
	data.ESME_RINVBNDSTS: {Verdict: sms.Later},
	data.ESME_RINVDSTADR: {Verdict: sms.Refused, Fault: sms.OfText},
	data.ESME_RINVDSTTON: {Verdict: sms.Refused, Fault: sms.OfText},
	data.ESME_RINVDSTNPI: {Verdict: sms.Refused, Fault: sms.OfText},
	data.ESME_RINVMSGLEN: {Verdict: sms.Refused, Fault: sms.OfText},
}

// outcome reads an answer.
func outcome(status data.CommandStatusType, id string) (o sms.Outcome, throttled bool) {
	o, known := said[status]
	if !known {
		o = sms.Outcome{Verdict: sms.Refused, Fault: sms.OfProvider}
	}
	if o.Verdict != sms.Accepted {
		o.Reason = sms.Because("status %#x: %s", int32(status), status.Desc())
		return o, o.After > 0
	}
	if id == "" {
		id = "without-id" // it has the text, and its receipt cannot be told from those of others
	}
	o.IDs = []string{id}
	return o, false
}
