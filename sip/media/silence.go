package media

import "time"

// expectation is the waiting for a peer's voice once the call is answered.
type expectation struct {
	on    bool      // the call is answered
	since time.Time // from when something is due: the answer, a new description, a new connection
	alive time.Time // when RTP or RTCP of the peer last came
	heard bool      // its RTP has been told of, and no silence since
	lost  bool      // its silence has been told of, and nothing came since
}

// Expect begins to wait for the peer's voice, because the call is answered: Heard tells of its first packet. Silent follows
// when nothing of its RTP or RTCP came for Settings.Lost, while the leg is connected and nobody has it on hold (a peer that
// holds may say sendonly and send nothing); once for each silence, and Heard again after it.
func (s *Session) Expect() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wait.on, s.wait.heard, s.wait.lost, s.wait.since = true, false, false, time.Now()
}

// note takes a packet of the peer's of whatever kind: comfort noise and RTCP are no voice, but nobody dead sends them.
func (w *expectation) note(now time.Time) { w.alive, w.lost = now, false }

// voice notes RTP of the peer's, and reports whether it is to be told of.
func (w *expectation) voice(now time.Time) (tell bool) {
	w.note(now)
	tell = w.on && !w.heard
	w.heard = w.heard || tell
	return tell
}

// silent reports, once for each silence, that the peer's voice has been due for too long. The lock is held.
func (s *Session) silent(now time.Time) bool {
	w, limit := &s.wait, s.engine.set.Lost
	if limit == 0 || !w.on || w.lost || s.closed || s.peer == nil || s.terms == nil || s.terms.peer != sendrecv {
		return false
	}
	since := w.since
	if w.alive.After(since) {
		since = w.alive
	}
	w.lost = now.Sub(since) >= limit
	w.heard = w.heard && !w.lost
	return w.lost
}

// stood is how late the keeper may be before we suspect that the process stood still. What came meanwhile waits in the
// sockets, so nobody is called silent for the time that we were away (FAULTS F30).
const stood = 500 * time.Millisecond

// forgive begins all waiting anew.
func (s *Session) forgive(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wait.since = now
	s.taken.spoke = now
}
