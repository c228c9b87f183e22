package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"
	"unicode"

	"wissel"
)

// PeerCertificate is a certificate that a peer has shown.
type PeerCertificate struct {
	Peer  wissel.Address // the other end of the connection; of one that the peer opened, its port says nothing
	Names []string       // whom it is for
	Until time.Time      // its end
}

// A HandshakeError is a TLS handshake that failed.
type HandshakeError struct {
	Peer wissel.Address
	Why  string // for people: "its certificate expired on 3 Nov 2026"
	Ours bool   // it is about our own certificate: no evidence about the peer (promise 4)
	Err  error
}

func (e *HandshakeError) Error() string {
	return "tls handshake with " + e.Peer.String() + ": " + e.Why + " (" + e.Err.Error() + ")"
}

// Unwrap is the cause.
func (e *HandshakeError) Unwrap() error { return e.Err }

// refused puts a failed handshake into words, and tells of the certificate that was refused.
func (c *conn) refused(err error) error {
	var bad *tls.CertificateVerificationError
	if errors.As(err, &bad) {
		c.saw(bad.UnverifiedCertificates)
	}
	return &HandshakeError{Peer: c.path.Peer, Why: readable(explain(err)), Ours: about(err), Err: err}
}

// saw tells of the certificate that a peer has shown, if it has.
func (c *conn) saw(chain []*x509.Certificate) {
	if tell := c.l.set.o.Certificate; tell != nil && len(chain) > 0 {
		tell(PeerCertificate{Peer: c.path.Peer, Names: namesOf(chain[0]), Until: chain[0].NotAfter})
	}
}

// The alerts by which a peer refuses our certificate (RFC 8446 §6.2).
var aboutOurs = map[tls.AlertError]string{
	42: "bad", 43: "of a kind that it does not know", 44: "revoked", 45: "expired", 46: "not acceptable", 48: "of an authority that it does not know",
	116: "missing",
}

// about reports whether a failure is about our own certificate.
func about(err error) bool { return ofOurs(err) != "" }

// ofOurs is what a peer says of our certificate in an alert; empty: nothing. Package tls does not let us see the alert's number.
func ofOurs(err error) string {
	text, ok := alertOf(err)
	for alert, means := range aboutOurs {
		if ok && text == alert.Error() {
			return means
		}
	}
	return ""
}

// alertOf is the alert by which the peer ended a connection.
func alertOf(err error) (text string, ok bool) {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "remote error" && op.Err != nil {
		return op.Err.Error(), true
	}
	return "", false
}

// explain says for people why a handshake failed.
func explain(err error) string {
	var (
		invalid   x509.CertificateInvalidError
		name      x509.HostnameError
		authority x509.UnknownAuthorityError
		record    tls.RecordHeaderError
	)
	alert, ended := alertOf(err)
	switch {
	case about(err):
		return "it says that our certificate is " + ofOurs(err)
	case ended:
		return "it ended the TLS handshake: " + alert
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && invalid.Cert != nil:
		if now := time.Now(); now.Before(invalid.Cert.NotBefore) {
			return "its certificate is not valid before " + day(invalid.Cert.NotBefore)
		}
		return "its certificate expired on " + day(invalid.Cert.NotAfter)
	case errors.As(err, &name) && name.Certificate != nil:
		return fmt.Sprintf("its certificate is for %s, not %s", strings.Join(namesOf(name.Certificate), ", "), name.Host)
	case errors.As(err, &authority):
		return "its certificate is of an authority that we do not trust (listen.ca)"
	case errors.As(err, &invalid):
		return "its certificate is not valid: " + invalid.Error()
	case errors.As(err, &record):
		return "it does not speak TLS there"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return "it did not complete the TLS handshake in time"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "it closed the connection during the TLS handshake"
	}
	return "the TLS handshake failed: " + err.Error()
}

// namesOf lists whom a certificate is for, a few of them.
func namesOf(c *x509.Certificate) (names []string) {
	names = append(names, c.DNSNames...)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 && c.Subject.CommonName != "" {
		names = append(names, c.Subject.CommonName)
	}
	if len(names) == 0 {
		names = append(names, "nobody")
	}
	names = names[:min(len(names), 4)]
	for i := range names {
		names[i] = readable(names[i])
	}
	return names
}

// readable keeps what a peer wrote into its certificate from breaking a line of a log, or filling it.
func readable(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
	return strings.ToValidUTF8(s[:min(len(s), 240)], "")
}

func day(t time.Time) string { return t.Format("2 Jan 2006") }
