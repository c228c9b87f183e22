// Package transport is wissel's sockets: UDP with the error queue and packet info, TCP and TLS with framing, deadlines,
// caps and a connection table. It hands whole SIP messages, in the order they came, to one Handler, and sends bytes to
// explicit destinations. It never parses a message further than it needs for framing, never resolves a name, and never
// dials anything but the Path it is given: a Via or a Contact does not exist here. Package sip is its user.
package transport

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"wissel"
)

// Path says where a message came from or goes to. It is a plain comparable value.
type Path struct {
	Listener int            // index in the Set
	Conn     uint64         // connection number; 0: UDP, or (to Send) "an open one to Peer, or a new one"
	Peer     wissel.Address // the other end
	Local    netip.Addr     // the address the packet came to; zero: the system's choice
	Host     string         // TLS server name for a connection that we open
}

// Packet is one whole SIP message as it came from the wire.
type Packet struct {
	Path  Path
	Data  []byte // owned by the receiver
	Cert  bool   // the peer proved by certificate who it is, to an authority that this listener trusts
	At    time.Time
	Crowd int         // how many datagrams were read at once with this one, itself included; 0 or 1: it came alone
	Fault *FrameError // not nil: a stream cannot be read on; Data is the header part. Answer it, the connection then closes
}

// Failure is a send that came to nothing, or an address or connection that is gone.
type Failure struct {
	Path   Path
	Err    error
	Quoted []byte // the start of our message that it is about; nil: it could be any
	Closed bool   // connection Path.Conn is closed, and its number is never used again
}

// Handler takes what the sockets bring. Its methods are called on reader goroutines, in the order of the wire, must not
// block (they may compute, and send) and must not call Run. Failed is also called by the goroutines that write and open connections.
type Handler interface {
	Packet(Packet)
	Failed(Failure)
}

// ICMPError is what an in-memory PacketConn returns from ReadFrom for an ICMP message: it becomes Failed, and ends nothing.
type ICMPError struct {
	Peer   netip.AddrPort // whom we had sent to
	Quoted []byte         // what we had sent; nil: only 8 bytes were quoted
	Err    error
}

func (e *ICMPError) Error() string { return "icmp about " + e.Peer.String() + ": " + e.Err.Error() }

// Unwrap is the cause, such as syscall.ECONNREFUSED.
func (e *ICMPError) Unwrap() error { return e.Err }

// Options of a Set. The functions may be nil: then real sockets are used, and every source may speak.
type Options struct {
	Listeners []Settings
	Handler   Handler
	// Allow says whether a source may speak: UDP from others is dropped before anything is read of it, TCP is closed at
	// accept. SetAllow replaces it later.
	Allow func(wissel.Address) bool
	// AllowTLS says whether TLS may come from sources that Allow refuses: some trunk is known by its certificate. Such a
	// connection must prove one.
	AllowTLS func() bool
	// Certificate is told of each certificate that a peer has shown in a handshake, a refused one too. It must not block.
	Certificate  func(PeerCertificate)
	ListenPacket func(bind string) (net.PacketConn, error)
	ListenStream func(bind string) (net.Listener, error)
	Dial         func(context.Context, wissel.Address) (net.Conn, error)
	Log          *slog.Logger
}

// ListenerInfo describes a listener that is open.
type ListenerInfo struct {
	Transport     wissel.Transport
	Name          string         // Bind of its Settings
	Bind          netip.AddrPort // with the port that the system chose when 0 was asked
	AdvertiseHost string
	AdvertisePort int
}

// Errors of Send, and of Failure.
var (
	ErrClosed  = errors.New("the connection is closed")
	ErrFull    = errors.New("the connection's send queue is full")
	ErrTooLong = errors.New("the message does not fit a UDP datagram")
	errStopped = errors.New("the sockets are closed")
)

// maxDatagram is what fits a UDP datagram over IPv4 (65,535 less 28 bytes of headers).
const maxDatagram = 65507
