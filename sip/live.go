package sip

import (
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"wissel"
	"wissel/internal/plan"
	"wissel/sip/call"
	"wissel/sip/transaction"
	"wissel/sip/transport"
)

// live is one call as its shard keeps it: the decided state of package call, and what carries it out.
type live struct {
	id       wissel.CallID
	shard    *shard
	state    call.Call
	legs     []*leg        // by number; a number may have no leg
	trunk    *wissel.Trunk // it came over; nil: we placed it
	outgoing *Outgoing     // nil: it came in
	back     *Back         // of outgoing; nil: it is no side of a callback
	with     *leg          // of a call of ours that was placed for another's sake: that one's leg; nil: it was not
	named    wissel.CallID // of a call to a test line: the call of ours that it says it is
	caller   Caller
	rung     wissel.Number // the number that was dialled
	decision plan.Decision
	retry    map[wissel.Address]bool // Down, and offered one call again: tried with health.Board.Claim
	settings call.Settings
	began    time.Time
	target   wissel.Target // who was tried or answered last
	hops     int           // Max-Forwards for the far legs
	flow     *flow
	held     Attending     // of the flow that waits while its caller is tried elsewhere; nil: none does
	heldFlow wissel.FlowID // and its name
	sought   call.Person   // one of the people who was found, and of whom nothing was told yet; zero: nobody
	digits   int
	loopFrom wissel.Number // the caller for loop detection: believed or not, withheld or not
	looped   []loopKey     // where this call stands in the server's list of loops
	crisis   bool          // it rang the crisis line, and has a place of its own
	over     bool          // Finish was carried out
	crashed  bool
	reached  bool // it was told that a person took it
	both     bool // of a callback: two were connected, and voice came in from both
}

// leg is one dialog of a call, or the attempt at one.
type leg struct {
	call     *live
	n        int
	server   bool // the caller's: he invited us
	personal bool // it rings one of the people
	trunk    *wissel.Trunk
	address  wissel.Address // whom health is kept of
	path     transport.Path // where its INVITE came from or went
	callID   string
	gone     bool
	held     uint64 // the connection that is kept open for it

	// The first INVITE.
	invite  transaction.ID
	seq     uint32
	done    bool            // it has its final response
	echo    echo            // server: for its responses
	tags    []string        // server: our To tags, by number
	request *sipgo.Request  // client: as last sent
	raw     []byte          // client: its bytes, for CANCEL and for its ACKs
	refusal *sipgo.Response // client: what Again mends
	expires time.Duration   // client: the Session-Expires that a 422 asked for
	waits   bool            // client: it is in the shard's list of those who heard nothing
	left    time.Time       // client: when it left

	dialogs []*dialog // server: one; client: one for each far tag
	own     *dialog   // the one that was answered

	waiting *waiting // the peer's re-INVITE or UPDATE that waits for RespondOffer; nil: none
	asking  *waiting // the peer's INFO that waits for RespondInfo; nil: none
	offered *ours    // our last re-INVITE or UPDATE; nil: none
	update  bool     // the peer takes UPDATE

	reinvite reinvited // the peer's re-INVITE whose 2xx waits for its ACK

	media     MediaSession
	described bool      // an offer of the peer waits for our answer
	last      []byte    // the description last sent
	plays     uint32    // how often a flow has let the leg's media play
	records   uint32    // and record
	playing   bool      // and whether it waits for the end of that
	taken     bool      // the trunk's limit
	joined    time.Time // since when the caller talks to it; zero: he does not
	person    bool      // its platform says that a person took the call
	spoke     time.Time // when voice last came in over it; zero: never
	sources   []wissel.Address
	clocks    [call.TimerEarly + 1]*timer
}

// waiting is a request of the peer that waits for an answer of the call.
type waiting struct {
	id     transaction.ID
	method string
	echo   echo
	dialog *dialog
	seq    uint32
}

// ours is a re-INVITE or UPDATE of ours, and what it was made of, for a second time after a 422.
type ours struct {
	method  string
	dialog  *dialog
	seq     uint32
	open    bool // its final response is still to come, or its ACK to go
	m       message
	session call.Session
}

// owner says what a transaction is for. A nil leg: for nobody, any answer will do.
type owner struct {
	leg  *leg
	kind ownerKind
	ack  *[]byte // ownRetired: the ACK, when it had a body; nil: what a copy of its 2xx says is enough to make it again
}

type ownerKind uint8

const (
	ownNothing ownerKind = iota
	ownInvite            // the first INVITE of a leg, in either role
	ownOffer             // a re-INVITE or UPDATE of ours
	ownInfo
	ownWaiting // the peer's re-INVITE
	ownEnd     // BYE and CANCEL: their answers change nothing
	ownRetired // the first INVITE of a leg whose call has been retired: copies of its 2xx get their ACK
)

// dialogKey finds the leg that a request within a dialog is for. Our tag is 128 bits of chance: nobody else knows it.
type dialogKey struct {
	callID string
	tag    string
}

// leg gives leg n, or nil.
func (c *live) leg(n int) *leg {
	if n < 0 || n >= len(c.legs) {
		return nil
	}
	return c.legs[n]
}

// put adds a leg under its number.
func (c *live) put(l *leg) {
	for len(c.legs) <= l.n {
		c.legs = append(c.legs, nil)
	}
	c.legs[l.n] = l
}

// came is the trunk that the call came over; empty: we placed it.
func (c *live) came() wissel.TrunkID {
	if c.trunk == nil {
		return ""
	}
	return c.trunk.ID
}

// callerLeg is the leg of the caller, or nil.
func (c *live) callerLeg() *leg {
	for _, l := range c.legs {
		if l != nil && l.server {
			return l
		}
	}
	return nil
}

// dialog finds the dialog of a leg by the far tag; an empty tag is the one that was answered.
func (l *leg) dialog(tag string) *dialog {
	if tag == "" {
		return l.own
	}
	return l.far(tag)
}

// far finds the dialog with this far tag, which may be empty: a peer of RFC 2543 gives none.
func (l *leg) far(tag string) *dialog {
	for _, d := range l.dialogs {
		if d.remoteTag == tag {
			return d
		}
	}
	return nil
}

// current is the dialog for requests of ours: the answered one, else the last early one.
func (l *leg) current() *dialog {
	if l.own != nil {
		return l.own
	}
	if n := len(l.dialogs); n > 0 {
		return l.dialogs[n-1]
	}
	return nil
}

// timerOf gives the leg's timer of a kind, made to ring for the call.
func (l *leg) timerOf(k call.TimerKind) *timer {
	t := l.clocks[k]
	if t == nil {
		t = &timer{ring: func() { l.timerRang(k) }}
		l.clocks[k] = t
	}
	return t
}

func (l *leg) timerRang(k call.TimerKind) {
	s := l.call.shard
	ev := call.Event{Kind: call.Timer, Leg: l.n, Which: k}
	if k == call.TimerDoubt || k == call.TimerQuiet {
		ev.Heard = s.srv.o.Health.LastHeard(l.address)
		ev.Opening = s.srv.set.Opening(l.path) || !s.srv.o.Snapshot().Health[l.address].Answered
	}
	s.feed(l.call, ev)
}

// closeMedia frees the leg's ports.
func (l *leg) closeMedia() {
	if l.media != nil {
		l.media.Close()
		l.media = nil
	}
}

// forget lets go of a leg of which nothing more can come; the last one takes the call with it.
func (s *shard) forget(l *leg) {
	if l.gone {
		return
	}
	l.gone = true
	s.unwait(l)
	l.closeMedia()
	s.release(l)
	s.stopClocks(l)
	for _, tag := range l.tags {
		delete(s.dialogs, dialogKey{l.callID, tag})
	}
	for _, d := range l.dialogs {
		delete(s.dialogs, dialogKey{l.callID, d.localTag})
	}
	s.srv.allow.drop(l.sources)
	l.sources = nil
	s.hold(l, 0)
	s.sweep(l.call)
}

func (s *shard) stopClocks(l *leg) {
	for i, t := range l.clocks {
		if t != nil {
			s.timers.stop(t)
			l.clocks[i] = nil
		}
	}
}

// retire lets go of a call as soon as every leg of it has ended in good order, BYE and its answer: the 32 s that its legs
// are still matchable need no more than the last ACK, and a busy node has thousands of such calls.
func (s *shard) retire(c *live) {
	if !c.over || c.crashed {
		return
	}
	for _, l := range c.legs {
		if l != nil && !l.gone && (l.own == nil || !l.own.ended || !l.done || len(l.dialogs) != 1 || len(l.sources) > 0 || l.waiting != nil || l.asking != nil) {
			return
		}
	}
	for _, l := range c.legs {
		if l == nil || l.gone {
			continue
		}
		id, d := l.invite, l.own
		s.forget(l)
		delete(s.owners, id)
		if !l.server && d.ack != nil {
			o := owner{kind: ownRetired}
			if d.ackBody && d.ackSeq == l.seq {
				ack := d.ack
				o.ack = &ack
			}
			s.owners[id] = o
		}
	}
	delete(s.calls, c.id)
}

// sweep forgets a call that is over and of which no leg is left.
func (s *shard) sweep(c *live) {
	if !c.over {
		return
	}
	for _, l := range c.legs {
		if l != nil && !l.gone {
			return
		}
	}
	delete(s.calls, c.id)
}

// hold keeps the connection that a leg's dialog needs from being closed for idleness; 0 lets go of it.
func (s *shard) hold(l *leg, conn uint64) {
	if l.held == conn {
		return
	}
	if l.held != 0 {
		s.srv.set.Hold(l.held, -1)
	}
	if l.held = conn; conn != 0 {
		l.path.Conn = conn
		s.srv.set.Hold(conn, 1)
	}
}

// release gives back the trunk's limit.
func (s *shard) release(l *leg) {
	if l.taken {
		l.taken = false
		s.srv.o.Limits.Give(l.trunk.ID)
	}
}

// unanswered counts the BYEs and CANCELs of ours that wait for an answer.
func (s *shard) unanswered() (n int) {
	for _, o := range s.owners {
		if o.kind == ownEnd {
			n++
		}
	}
	return n
}
