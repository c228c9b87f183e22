package carriers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"wissel"
)

// Resolver asks DNS. *net.Resolver is one; tests bring their own.
type Resolver interface {
	LookupSRV(ctx context.Context, service, proto, name string) (string, []*net.SRV, error)
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Found is one address of a trunk, and the host that it was found by.
type Found struct {
	Address wissel.Address
	Host    wissel.Host
}

// Resolve finds the addresses of a SIP URI by RFC 3263 §4, without NAPTR (no carrier we know needs it, and the transport
// parameter says the same): a literal IP at once; with a port, A and AAAA; else SRV, in the order of RFC 2782 as the
// resolver gives it, and only when there is none, A and AAAA with the transport's own port. An error means that we could not
// ask or that DNS knows nothing: no evidence about the trunk (F25).
func Resolve(ctx context.Context, r Resolver, uri string) ([]Found, error) {
	t, err := parseURI(uri)
	if err != nil {
		return nil, err
	}
	if t.ip.IsValid() {
		return []Found{t.found(t.ip, t.port, t.plain())}, nil
	}
	if t.port == 0 {
		found, err := t.bySRV(ctx, r)
		if err != nil || len(found) > 0 {
			return found, err
		}
	}
	ips, err := r.LookupNetIP(ctx, "ip", t.host)
	if err != nil {
		return nil, fmt.Errorf("resolve %s: %w", uri, err)
	}
	var found []Found
	for _, ip := range ips {
		found = append(found, t.found(ip, t.port, t.plain()))
	}
	if found = unique(found); len(found) == 0 {
		return nil, fmt.Errorf("resolve %s: DNS gives no address for %s", uri, t.host)
	}
	return found, nil
}

// plain is the transport where DNS does not choose it: UDP unless written otherwise.
func (t target) plain() wissel.Transport {
	if t.transport == "" {
		return wissel.UDP
	}
	return t.transport
}

func (t target) found(ip netip.Addr, port uint16, tr wissel.Transport) Found {
	if port == 0 {
		port = 5060
		if tr == wissel.TLS {
			port = 5061
		}
	}
	return Found{wissel.Address{Transport: tr, AddrPort: netip.AddrPortFrom(ip.Unmap(), port)}, wissel.Host{Name: t.host, Port: t.port}}
}

// bySRV asks for the SRV records of the transports that will do, and for the addresses of what they name. It gives nothing
// and no error when there are no records. When some of the named hosts cannot be resolved, the others are given.
func (t target) bySRV(ctx context.Context, r Resolver) ([]Found, error) {
	var found []Found
	var failed error
	for _, s := range t.services() {
		_, records, err := r.LookupSRV(ctx, s.service, s.proto, t.host)
		if missing(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("resolve %s: SRV %s.%s: %w", t.uri, s.service, s.proto, err)
		}
		for _, rec := range records {
			name := strings.TrimSuffix(rec.Target, ".")
			if name == "" { // RFC 2782: decidedly not available at this domain
				failed = fmt.Errorf("resolve %s: DNS says that %s does not offer SIP over %s", t.uri, t.host, s.transport)
				continue
			}
			ips, err := r.LookupNetIP(ctx, "ip", name)
			if err != nil {
				failed = fmt.Errorf("resolve %s: %s, named by its SRV record: %w", t.uri, name, err)
				continue
			}
			for _, ip := range ips {
				found = append(found, t.found(ip, rec.Port, s.transport))
			}
		}
		if len(found) > 0 {
			return unique(found), nil
		}
	}
	return nil, failed
}

type service struct {
	service, proto string
	transport      wissel.Transport
}

func (t target) services() []service {
	udp, tcp, tls := service{"sip", "udp", wissel.UDP}, service{"sip", "tcp", wissel.TCP}, service{"sips", "tcp", wissel.TLS}
	switch t.transport {
	case wissel.UDP:
		return []service{udp}
	case wissel.TCP:
		return []service{tcp}
	case wissel.TLS:
		return []service{tls}
	}
	return []service{udp, tcp}
}

// missing reports whether DNS answered, and the answer is that there is no such record.
func missing(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns) && dns.IsNotFound
}

// unique keeps the first of equal addresses, and leaves out what is no address of one peer: a poisoned or mistaken answer.
func unique(in []Found) []Found {
	seen := map[wissel.Address]bool{}
	out := in[:0:0]
	for _, f := range in {
		ip := f.Address.AddrPort.Addr()
		if seen[f.Address] || ip.IsUnspecified() || ip.IsMulticast() || f.Address.AddrPort.Port() == 0 {
			continue
		}
		seen[f.Address] = true
		out = append(out, f)
	}
	return out
}
