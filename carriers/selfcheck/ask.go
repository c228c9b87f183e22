package selfcheck

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

// A router that lives refuses one of these: the first port of traceroute, and discard.
const (
	closedUDP = 33434
	closedTCP = 9
)

// askGateway asks a router: it lives when it refuses a datagram or a connection, or takes one. One that answers neither,
// but is known by ARP, may have been told to keep silent.
func (c *Checker) askGateway(ctx context.Context, ip netip.Addr) answer {
	a := answer{what: "gateway " + ip.String()}
	ctx, cancel := context.WithTimeout(ctx, nearTime)
	defer cancel()
	var udp, tcp error
	var tries sync.WaitGroup
	tries.Go(func() { udp = refusesUDP(ctx, netip.AddrPortFrom(ip, closedUDP)) })
	tries.Go(func() { tcp = takesTCP(ctx, netip.AddrPortFrom(ip, closedTCP).String()) })
	tries.Wait()
	switch {
	case udp == nil || tcp == nil:
		a.is, a.says = answered, "the gateway "+ip.String()+" answers"
	case ours(udp) || ours(tcp):
		a.says = fmt.Sprintf("the gateway %s could not be asked: %v", ip, errors.Join(udp, tcp))
	default:
		a.is, a.says = silent, "the gateway "+ip.String()+" does not answer"
		if arp, err := os.ReadFile(filepath.Join(c.root, "proc/net/arp")); err == nil && knownByARP(string(arp), ip) {
			a.is, a.says = untold, "the gateway "+ip.String()+" answers no message, but is known by ARP"
		}
	}
	return a
}

// refusesUDP sends a datagram to a closed port. It gives nil when an ICMP error of the host itself comes back.
func refusesUDP(ctx context.Context, at netip.AddrPort) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "udp", at.String())
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := limit(ctx, conn); err != nil {
		return err
	}
	if _, err = conn.Write([]byte{0}); err == nil {
		_, err = conn.Read(make([]byte, 1))
	}
	if err == nil || errors.Is(err, syscall.ECONNREFUSED) {
		return nil
	}
	return err
}

// takesTCP opens a connection. It gives nil when it is accepted or refused.
func takesTCP(ctx context.Context, at string) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", at)
	if err == nil {
		return conn.Close()
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return nil
	}
	return err
}

// askResolver asks a name server for the name servers of the root, which each knows.
func askResolver(ctx context.Context, at netip.AddrPort, beyond bool) answer {
	a := answer{what: "name server " + at.String(), beyond: beyond}
	ctx, cancel := context.WithTimeout(ctx, nearTime)
	defer cancel()
	switch code, err := askRoot(ctx, at); {
	case ours(err):
		a.says = fmt.Sprintf("the name server %s could not be asked: %v", at, err)
	case err != nil:
		a.is, a.says = silent, fmt.Sprintf("the name server %s does not answer (%v)", at, short(err))
	case code == serverFailure:
		a.is, a.says = silent, fmt.Sprintf("the name server %s answers that it reaches no other", at)
	default:
		a.is, a.says = answered, fmt.Sprintf("the name server %s answers", at)
	}
	return a
}

// serverFailure is the response code of a name server that finds nobody to ask (RFC 1035 §4.1.1).
const serverFailure = 2

// askRoot asks for the NS records of the root by UDP (RFC 1035 §4), and gives the response code.
func askRoot(ctx context.Context, at netip.AddrPort) (code int, err error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "udp", at.String())
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	if err := limit(ctx, conn); err != nil {
		return 0, err
	}
	id := uint16(rand.Uint32())
	question := []byte{
		0, 0, // ID
		1, 0, // a standard query, recursion desired
		0, 1, 0, 0, 0, 0, 0, 0, // one question
		0, 0, 2, 0, 1, // the root, NS, IN
	}
	binary.BigEndian.PutUint16(question, id)
	if _, err := conn.Write(question); err != nil {
		return 0, err
	}
	buf := make([]byte, 1500)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return 0, err
		}
		if n >= 12 && binary.BigEndian.Uint16(buf) == id && buf[2]&0x80 != 0 { // QR: a response, and to this question
			return int(buf[3] & 0x0f), nil
		}
	}
}

// askSecond opens a connection to something outside.
func askSecond(ctx context.Context, at string) answer {
	a := answer{what: "connection to " + at, beyond: true}
	ctx, cancel := context.WithTimeout(ctx, secondTime)
	defer cancel()
	switch err := takesTCP(ctx, at); {
	case ours(err):
		a.says = fmt.Sprintf("%s could not be asked: %v", at, err)
	case err != nil:
		a.is, a.says = silent, fmt.Sprintf("%s does not answer (%v)", at, short(err))
	default:
		a.is, a.says = answered, at+" answers"
	}
	return a
}

// limit bounds a connection by ctx, which has a deadline.
func limit(ctx context.Context, conn net.Conn) error {
	end, _ := ctx.Deadline()
	return conn.SetDeadline(end)
}

// ours reports whether err is no word on the network: we are out of sockets or memory. That our own firewall keeps a message
// in (EPERM) is a word: nothing gets out.
func ours(err error) bool {
	for _, own := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM} {
		if errors.Is(err, own) {
			return true
		}
	}
	return false
}

// short is the cause of err for people.
func short(err error) string {
	var errno syscall.Errno
	var timeout net.Error
	switch {
	case errors.As(err, &errno):
		return errno.Error()
	case errors.As(err, &timeout) && timeout.Timeout():
		return "in time"
	}
	return err.Error()
}
