// Package wissel holds the words that the packages of wissel share: numbers, trunks, targets, health, pins, the
// snapshot that calls are routed by, and the records that are kept. It imports only the standard library, does no
// I/O and starts no goroutine. Every other package imports it; it imports none of them.
package wissel

import (
	"cmp"
	"fmt"
	"net/netip"
	"strings"
)

// CallID names one call for people and records: a UUIDv7 in text. It is not the SIP Call-ID of any leg.
type CallID string

// TrunkID names a trunk, as written in the settings.
type TrunkID string

// GroupID names a group of numbers (one support line), as written in the settings.
type GroupID string

// FlowID names an IVR flow, as written in the settings or shipped.
type FlowID string

// PlanID names a plan of a group, as written in the settings.
type PlanID string

// Transport is a SIP transport (RFC 3261 §18): "udp", "tcp" or "tls".
type Transport string

// The transports wissel speaks.
const (
	UDP Transport = "udp"
	TCP Transport = "tcp"
	TLS Transport = "tls"
)

// Reliable reports whether the transport delivers in order and without loss (RFC 3261 §17).
func (t Transport) Reliable() bool { return t == TCP || t == TLS }

// Address is one (transport, IP, port) of a trunk. Health is kept per address. It is comparable.
type Address struct {
	Transport Transport
	AddrPort  netip.AddrPort
}

// IsZero reports whether a names nothing.
func (a Address) IsZero() bool { return a == Address{} }

// String is "udp:192.0.2.1:5060".
func (a Address) String() string { return string(a.Transport) + ":" + a.AddrPort.String() }

// Compare orders addresses, so that tables come out the same each time.
func (a Address) Compare(b Address) int {
	return cmp.Or(strings.Compare(string(a.Transport), string(b.Transport)), a.AddrPort.Compare(b.AddrPort))
}

// Problem is one fault in the settings, by key path: "trunks.kpn.quiet". Msg says what is wrong and what would be right.
type Problem struct {
	Path   string
	Msg    string
	Offset int `json:"-"` // characters into the text at Path, when the fault is inside it
}

func (p Problem) String() string { return p.Path + ": " + p.Msg }

// Problems joins a list of faults into one error, or nil when there are none.
func Problems(ps []Problem) error {
	if len(ps) == 0 {
		return nil
	}
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return fmt.Errorf("%d problem(s) in the settings:\n%s", len(ps), strings.Join(lines, "\n"))
}
