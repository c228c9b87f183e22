package sip

import (
	"context"
	"errors"
	"slices"
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
	waiting map[string]asked // by branch
}

// asked is one OPTIONS that waits for its answer.
type asked struct {
	path   transport.Path
	answer chan health.Observation
}

func (p *probes) init() {
	p.chance, p.waiting = newChance(nil), map[string]asked{}
}

// begin makes a branch, two tags' worth of chance, and the channel for its answer.
func (p *probes) begin(path transport.Path) (branch, tag, callID string, answer chan health.Observation) {
	p.mu.Lock()
	defer p.mu.Unlock()
	branch, tag, callID = magic+probeMark+p.chance.token(), p.chance.token(), p.chance.token()
	answer = make(chan health.Observation, 1)
	p.waiting[branch] = asked{path, answer}
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
	one, ok := p.waiting[branch]
	delete(p.waiting, branch)
	p.mu.Unlock()
	if ok {
		one.answer <- o
	}
	return ok
}

// answer takes the response to a probe; rest is its Retry-After.
func (p *probes) answer(branch string, status int, rest time.Duration) {
	if status >= 200 {
		p.give(branch, health.Observation{Status: status, Rest: rest})
	}
}

// refused takes the failure of a message of ours, and reports whether it was a probe.
func (p *probes) refused(branch string, err error) bool {
	if !strings.HasPrefix(branch, magic+probeMark) {
		return false
	}
	p.give(branch, failure(err))
	return true
}

// closed takes the end of a connection. One that ended over a certificate has answered every OPTIONS sent on it: the peer may
// refuse ours only after the handshake (TLS 1.3). Any other end is left to the timeout: the peer may have been idle.
func (p *probes) closed(f transport.Failure) {
	var shake *transport.HandshakeError
	if !errors.As(f.Err, &shake) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for branch, one := range p.waiting {
		if one.path.Peer == f.Path.Peer && one.path.Host == f.Path.Host {
			delete(p.waiting, branch)
			one.answer <- failure(f.Err)
		}
	}
}

// failure is what a send that failed tells.
func failure(err error) health.Observation {
	if ourFault(err) {
		return health.Observation{Unable: err}
	}
	return health.Observation{Unreachable: true, OnTheWay: onTheWay(err), Why: because(err)}
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
	n := slices.Index(t.Addresses, a)
	host := hostAt(t, n, a)
	if n >= 0 && a.Transport == wissel.TLS {
		p.Host = host.Name
	}
	branch, tag, callID, answer := s.probes.begin(p)
	defer s.probes.end(branch)
	if err := s.set.Send(p, s.optionsTo(p, t, host, branch, tag, callID)); err != nil {
		return failure(err)
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

// optionsTo writes the OPTIONS of a probe (RFC 3261 §11.1). From has a user of the trunk's own, so that a peer's log tells
// whose probe it is, and so that it never equals To, which some peers take for an attack.
func (s *Server) optionsTo(p transport.Path, t *wissel.Trunk, host wissel.Host, branch, tag, callID string) []byte {
	f := s.face(p)
	at := uriOf("", host, p.Peer.Transport)
	user, agent := t.Probe.From, t.Probe.Agent
	if user == "" {
		user = "probe-" + string(t.ID)
	}
	if agent == "" {
		agent = "wissel"
	}
	uri := at.String()
	b := make([]byte, 0, 512)
	b = append(append(append(b, "OPTIONS "...), uri...), " SIP/2.0\r\n"...)
	b = append(append(append(b, strings.TrimSuffix(f.via, magic)...), branch...), crlf...)
	b = append(b, "Max-Forwards: 70\r\n"...)
	b = line(b, "From", "<sip:"+user+"@"+f.host+">;tag="+tag)
	b = line(b, "To", "<"+uri+">")
	b = line(b, "Call-ID", callID)
	b = append(b, "CSeq: 1 OPTIONS\r\n"...)
	b = line(b, "Contact", f.contact)
	b = line(b, "User-Agent", agent)
	b = append(b, "Accept: application/sdp\r\n"...)
	return message{}.finish(b)
}
