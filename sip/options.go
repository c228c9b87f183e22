package sip

import (
	"wissel/sip/transaction"
	"wissel/sip/transport"
)

// options answers an OPTIONS outside a dialog: 200 only when a call would truly be taken now (RFC 3261 §11.2: as an
// INVITE would be answered).
func (s *shard) options(h *head, p transport.Packet, id transaction.ID) {
	s.srv.stats.Options.Add(1)
	if !s.srv.taking() || len(s.inbox) >= cap(s.inbox)-cap(s.inbox)/4 {
		s.reply(h, p, id, 503, retryAfter)
		return
	}
	s.reply(h, p, id, 200, "Allow: "+allow, "Accept: application/sdp", "Supported: timer")
}
