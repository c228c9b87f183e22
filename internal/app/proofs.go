package app

import (
	"maps"
	"sync"
	"time"

	"wissel"
)

// proofEvery is how often the proof of a trunk that takes calls is written down again: `status` shows it in minutes.
const proofEvery = 10 * time.Second

// proofs keep when a call last went through each trunk. note is called by calls and by test calls, and never blocks for long;
// publish, once a second, puts what is new into the snapshot and the store.
type proofs struct {
	routing *routing
	keep    func(wissel.TrunkID, wissel.Proof)

	mu    sync.Mutex
	fresh map[wissel.TrunkID]wissel.Proof // newer than the snapshot's
}

// note takes in a proof. Of a trunk that there is no more it is forgotten at the next publish, so their number is bounded.
func (p *proofs) note(id wissel.TrunkID, proof wissel.Proof) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fresh == nil {
		p.fresh = map[wissel.TrunkID]wissel.Proof{}
	}
	if proof.At.After(p.fresh[id].At) {
		p.fresh[id] = proof
	}
}

// publish puts into force what is news: a first proof, one of another kind, or one that is a while newer.
func (p *proofs) publish() {
	s := p.routing.Snapshot()
	news := map[wissel.TrunkID]wissel.Proof{}
	p.mu.Lock()
	for id, proof := range p.fresh {
		old := s.Proofs[id]
		switch {
		case s.Trunks[id] == nil:
			delete(p.fresh, id)
		case old.At.IsZero() || proof.Test != old.Test || proof.At.Sub(old.At) >= proofEvery:
			news[id] = proof
			delete(p.fresh, id)
		}
	}
	p.mu.Unlock()
	if len(news) == 0 {
		return
	}
	p.put(news)
	for id, proof := range news {
		p.keep(id, proof)
	}
}

// put adds proofs to the snapshot.
func (p *proofs) put(news map[wissel.TrunkID]wissel.Proof) {
	p.routing.update(func(s *wissel.Snapshot) {
		all := make(map[wissel.TrunkID]wissel.Proof, len(s.Proofs)+len(news))
		maps.Copy(all, s.Proofs)
		maps.Copy(all, news)
		s.Proofs = all
	})
}

// proved notes that a call, or a test call, went through a trunk end to end. It may be called from a call's path.
func (a *App) proved(id wissel.TrunkID, p wissel.Proof) { a.proofs.note(id, p) }
