package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"wissel"
	"wissel/carriers"
	"wissel/configs"
	"wissel/internal/store/sqlite"
)

// What looking at the trunks of settings may take.
const (
	lookTimeout = 5 * time.Second // for one name, or one connection
	lookAtOnce  = 8
)

// Checking is where Check looks beside the settings.
type Checking struct {
	Online bool   // where the trunks lead: addresses and certificates
	Store  string // folder of a store, for when a call last proved each trunk; empty: nowhere
	Fit    bool   // for production: no flow that a plan names may speak in the placeholder voice

	// Instead of Store: those of a running server; nil: nobody looked.
	Proofs  map[wissel.TrunkID]wissel.Proof
	Endings map[wissel.TrunkID]wissel.Ending
	Texted  map[string]time.Time // when a text to each number of ours last reached us
}

// Check reads a settings file as a server would, and gives its warnings, those of the tone of its flows too. It opens nothing but what look names: then it also
// warns of backups that share an address or a certificate with what they are to back up, and of those that no call was ever
// seen to go through. Its error is a *SettingsError when the settings cannot be used.
func Check(ctx context.Context, path string, look Checking) (*configs.File, []string, error) {
	var known facts
	set, err := loadFile(path, known)
	if err != nil {
		return nil, nil, err
	}
	known.proofs, known.endings, known.texted = look.Proofs, look.Endings, look.Texted
	if look.Store != "" {
		if known.proofs, known.endings, err = sqlite.ReadProofs(ctx, look.Store); err != nil {
			return nil, nil, err
		}
		if known.texted, err = sqlite.ReadTextRoutes(ctx, look.Store); err != nil {
			return nil, nil, err
		}
	}
	if look.Online {
		var dialer net.Dialer
		known.seen = looker{net.DefaultResolver, dialer.DialContext}.look(ctx, set.file.Trunks)
	}
	if set, err = loadFile(path, known); err != nil {
		return nil, nil, err
	}
	if look.Fit {
		if err := set.prompts().fit(); err != nil {
			return nil, nil, &SettingsError{err}
		}
	}
	notes := set.notes()
	if w := set.file.Unsealed(); w != "" {
		notes = append(notes, w)
	}
	return set.file, append(notes, inWords(manners(set.file, set.sounds, time.Now()))...), nil
}

// looker finds what the trunks of settings lead to: addresses by DNS, certificates by a handshake. It sends no SIP.
type looker struct {
	resolver carriers.Resolver
	dial     func(ctx context.Context, network, address string) (net.Conn, error)
}

// look finds the addresses of all trunks, and what certificates those over TLS show. What cannot be found is told in words.
func (k looker) look(ctx context.Context, trunks map[wissel.TrunkID]carriers.Settings) map[wissel.TrunkID]configs.Seen {
	var mu sync.Mutex
	all := make(map[wissel.TrunkID]configs.Seen, len(trunks))
	var g errgroup.Group
	g.SetLimit(lookAtOnce)
	for id, t := range trunks {
		g.Go(func() error {
			seen := k.trunk(ctx, t)
			mu.Lock()
			defer mu.Unlock()
			all[id] = seen
			return nil
		})
	}
	_ = g.Wait() // what failed is in Seen.Trouble
	return all
}

func (k looker) trunk(ctx context.Context, t carriers.Settings) (seen configs.Seen) {
	for _, uri := range t.To {
		found, err := k.resolve(ctx, uri)
		if err != nil {
			seen.Trouble = append(seen.Trouble, err.Error()+"; a server would keep asking, and keep the last good answer")
			continue
		}
		for _, f := range found {
			seen.Addresses = append(seen.Addresses, f.Address.AddrPort.Addr())
			if f.Address.Transport != wissel.TLS {
				continue
			}
			cert, err := k.certificate(ctx, f)
			if err != nil {
				seen.Trouble = append(seen.Trouble, fmt.Sprintf("%s shows no certificate: %v", f.Address, err))
				continue
			}
			seen.Certificates = append(seen.Certificates, label(cert))
		}
	}
	return seen
}

func (k looker) resolve(ctx context.Context, uri string) ([]carriers.Found, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	return carriers.Resolve(ctx, k.resolver, uri)
}

// errSeen ends a handshake once the certificate was seen: no connection of ours is left open at a peer.
var errSeen = errors.New("seen")

// certificate gives the certificate that a peer shows. It is looked at and not trusted: whether it is good is for those who
// send calls there.
func (k looker) certificate(ctx context.Context, f carriers.Found) (*x509.Certificate, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	conn, err := k.dial(ctx, "tcp", f.Address.AddrPort.String())
	if err != nil {
		return nil, err
	}
	var shown *x509.Certificate
	client := tls.Client(conn, &tls.Config{
		ServerName: f.Host.Name, MinVersion: tls.VersionTLS12,
		InsecureSkipVerify: true, //nolint:gosec // nothing is sent, and the certificate is the question
		VerifyConnection: func(s tls.ConnectionState) error {
			shown = s.PeerCertificates[0] // a server without one ends the handshake before this
			return errSeen
		},
	})
	err = client.HandshakeContext(ctx)
	_ = conn.Close() // nothing was said on it
	if shown != nil {
		return shown, nil
	}
	return nil, err
}

// label is a certificate's issuer and name: two peers that show the same are one operator's, and expire together.
func label(c *x509.Certificate) string {
	issuer, name := c.Issuer.CommonName, c.Subject.CommonName
	if issuer == "" {
		issuer = c.Issuer.String()
	}
	if name == "" && len(c.DNSNames) > 0 {
		name = c.DNSNames[0]
	}
	return clip(issuer) + " for " + clip(name)
}

// clip bounds what somebody else wrote.
func clip(s string) string {
	const most = 80
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
