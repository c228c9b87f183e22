package sip

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"wissel"
	"wissel/carriers/health"
	"wissel/sip/transport"
)

// probeMark begins, after the magic, the branch of every probe, so that its answer is known without a transaction.
const probeMark = "p-"

// probes are the OPTIONS of ours that wait for an answer. They are sent once and never again, and have a timeout of
// their own: 32 s of retransmissions would tell nothing in time.
type probes struct {
	mu      sync.Mutex
	chance  chance
	waiting map[string]chan health.Observation
}

func (p *probes) init() {
	p.chance, p.waiting = newChance(nil), map[string]chan health.Observation{}
}

// begin makes a branch, two tags' worth of chance, and the channel for its answer.
func (p *probes) begin() (branch, tag, callID string, answer chan health.Observation) {
	p.mu.Lock()
	defer p.mu.Unlock()
	branch, tag, callID = magic+probeMark+p.chance.token(), p.chance.token(), p.chance.token()
	answer = make(chan health.Observation, 1)
	p.waiting[branch] = answer
	return branch, tag, callID, answer
}

func (p *probes) end(branch string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.waiting, branch)
}

// give hands over what came of a probe, the first time, and reports whether the branch was one.
func (p *probes) give(branch string, o health.Observation) bool {
	p.mu.Lock()
	answer, ok := p.waiting[branch]
	delete(p.waiting, branch)
	p.mu.Unlock()
	if ok {
		answer <- o
	}
	return ok
}

// answer takes the response to a probe.
func (p *probes) answer(branch string, status int) {
	if status >= 200 {
		p.give(branch, health.Observation{Status: status})
	}
}

// refused takes the failure of a message of ours, and reports whether it was a probe.
func (p *probes) refused(branch string, err error) bool {
	if !strings.HasPrefix(branch, magic+probeMark) {
		return false
	}
	if ourFault(err) {
		p.give(branch, health.Observation{Unable: err})
	} else {
		p.give(branch, health.Observation{Unreachable: true, Why: because(err)})
	}
	return true
}

// errNoListener: no listener of ours speaks the transport and family of an address.
var errNoListener = errors.New("no listener of ours reaches this address")

// Probe implements health.Prober: one OPTIONS to an address, and what came of it before ctx ended.
func (s *Server) Probe(ctx context.Context, t *wissel.Trunk, a wissel.Address) health.Observation {
	began := time.Now()
	o := s.probe(ctx, t, a)
	o.Layer, o.At = health.Probe, time.Now()
	if o.Status != 0 {
		o.Took = o.At.Sub(began)
	}
	return o
}

func (s *Server) probe(ctx context.Context, t *wissel.Trunk, a wissel.Address) health.Observation {
	i, ok := s.set.Pick(a, t.Listener)
	if !ok {
		return health.Observation{Unable: errNoListener}
	}
	p := transport.Path{Listener: i, Peer: a}
	host := a.AddrPort.Addr().String()
	for n, one := range t.Addresses {
		if one == a && n < len(t.Hosts) {
			host = t.Hosts[n]
			if a.Transport == wissel.TLS {
				p.Host = host
			}
		}
	}
	branch, tag, callID, answer := s.probes.begin()
	defer s.probes.end(branch)
	if err := s.set.Send(p, s.optionsTo(p, host, branch, tag, callID)); err != nil {
		if ourFault(err) {
			return health.Observation{Unable: err}
		}
		return health.Observation{Unreachable: true, Why: because(err)}
	}
	select {
	case o := <-answer:
		return o
	case <-ctx.Done():
		if s.set.Opening(p) {
			return health.Observation{Why: "its connection did not open in time"}
		}
		return health.Observation{}
	case <-s.ended:
		return health.Observation{Unable: errors.New("the server has ended")}
	}
}

// optionsTo writes the OPTIONS of a probe (RFC 3261 §11.1).
func (s *Server) optionsTo(p transport.Path, host, branch, tag, callID string) []byte {
	f := s.face(p)
	at := uriOf("", host, p.Peer)
	uri := at.String()
	b := make([]byte, 0, 512)
	b = append(append(append(b, "OPTIONS "...), uri...), " SIP/2.0\r\n"...)
	b = append(append(append(b, strings.TrimSuffix(f.via, magic)...), branch...), crlf...)
	b = append(b, "Max-Forwards: 70\r\n"...)
	b = line(b, "From", "<sip:probe@"+f.host+">;tag="+tag)
	b = line(b, "To", "<"+uri+">")
	b = line(b, "Call-ID", callID)
	b = append(b, "CSeq: 1 OPTIONS\r\n"...)
	b = line(b, "Contact", f.contact)
	b = append(b, "Accept: application/sdp\r\n"...)
	return message{}.finish(b)
}
