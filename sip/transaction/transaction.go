// Package transaction holds the four transaction machines of RFC 3261 §17, as corrected by RFC 6026, for one shard. It is
// pure: a Table is told what came and what time it is, and answers with effects; it reads no clock, opens no socket,
// starts no goroutine and knows no SIP library. A Table belongs to one goroutine (a shard of package sip), which carries
// its effects out in order.
package transaction

import (
	"errors"
	"net/netip"

	"wissel"
)

// ID names a transaction within its Table. It is never reused; 0 is none.
type ID uint64

// Path says where a message came from or goes to. Its fields are those of transport.Path, so that one converts to the
// other; here they are only kept, and compared where RFC 3261 asks for it.
type Path struct {
	Listener int
	Conn     uint64
	Peer     wissel.Address
	Local    netip.Addr
	Host     string
}

// Request holds the facts of a request that arrived. The Table keeps none of its strings.
type Request struct {
	Method  string
	Branch  string // of the top Via
	SentBy  string // of the top Via: host or host:port as written
	CallID  string
	FromTag string
	ToTag   string
	CSeq    uint32
	Path    Path
	Old     bool // the branch is absent or has no magic cookie: matched by RFC 2543 rules (§17.2.3)
}

// Response holds the facts of a response that arrived. Data is the whole message; the Table reads the To header from it
// for its ACK, and does not keep it.
type Response struct {
	Branch     string // of the top Via
	CSeqMethod string
	Status     int
	Data       []byte
	Path       Path
}

// Kind says what a request is to its Table.
type Kind uint8

// The kinds of Verdict.
const (
	New             Kind = iota + 1 // a new transaction: answer it with Respond(ID)
	Absorbed                        // a retransmission: dealt with, nothing to do
	Ack                             // the ACK of a refusal: dealt with. ID is the INVITE
	AckUnmatched                    // the ACK of a 2xx: for the dialog, which then calls Acked. ID is the INVITE when the branch was its own, else 0
	Cancel                          // a CANCEL: Respond(ID, 200), then end Invite with 487 if it has no final response yet
	CancelUnmatched                 // a CANCEL of nothing we know: Respond(ID, 481). Its INVITE, if it still comes, will be Cancelled
	Cancelled                       // a new INVITE whose CANCEL came before it: Respond(ID, 487)
	Merged                          // the same request by another way (§8.2.2.2): Respond(ID, 482)
	Full                            // over the limit: no transaction was made; answer 503 by hand, or not at all
)

// Verdict is what a request is.
type Verdict struct {
	Kind   Kind
	ID     ID  // its server transaction; 0 for Full
	Invite ID  // for Cancel: the INVITE server transaction that it is about
	Again  int // for Absorbed: this status was its answer by Settle, and is to be made and sent once more; 0: nothing to do
}

// Answer is what a response is.
type Answer struct {
	ID      ID   // the client transaction; 0 when it belongs to none
	Deliver bool // new to the user: each 1xx, each copy of a 2xx to an INVITE, the first final response otherwise
	Stray   bool // it belongs to no transaction, or did not come from the address that was asked
}

// EffectKind says what is to be done.
type EffectKind uint8

// The kinds of Effect.
const (
	Transmit EffectKind = iota + 1 // send Data over Path
	Timeout                        // client: no final response in time (Timer B or F); silence, not a 408. Gone follows
	NoAck                          // server INVITE: the ACK of our 2xx never came (§13.3.1.4): send BYE. Gone follows
	Gone                           // the transaction is forgotten: nothing more comes of this ID
)

// Effect is one thing to do. Data belongs to the message and is never written to again; it may be queued as it is.
type Effect struct {
	Kind EffectKind
	ID   ID
	Path Path
	Data []byte
}

// The errors of Start.
var (
	ErrFull   = errors.New("too many transactions")
	ErrBranch = errors.New("this branch is in use")
	ErrCancel = errors.New("the INVITE is not waiting for a final response") // a CANCEL before a 1xx, after a final response, or of nothing (§9.1)
	ErrMethod = errors.New("an ACK is no transaction")
)

// Stats counts since NewTable, but for Live and Tombs, which are now.
type Stats struct {
	Live, Tombs                                                         int
	Server, Client, Absorbed, Resent, Timeouts, NoAcks, Strays, Foreign uint64
	Merged, Full                                                        uint64
}
