package web

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

// Remote reports whether a control address is one of the network: https://host:port, or http:// on this machine.
func Remote(control string) bool {
	u, err := url.Parse(control)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http")
}

// NewRemote makes a client for the control API at an address such as https://wissel.example:8443, with a token. authorities
// (PEM) are who may vouch for the server, instead of the system's; nil: the system's. What is wrong with any of them is told
// at the first question. It opens nothing yet.
func NewRemote(control, token string, authorities []byte) *Client {
	c := &Client{control: control, base: "", token: token, patience: patience}
	u, err := url.Parse(control)
	switch {
	case err != nil || u.Host == "" || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.User != nil:
		c.fault = fmt.Errorf("--control %q: https://host:port would be right", control)
	case u.Scheme == "http" && !loopback(u.Hostname()):
		c.fault = fmt.Errorf("--control %q: without TLS the token would go over the network as it is; https:// it must be", control)
	case token == "":
		c.fault = errors.New("over the network it takes a token: set WISSEL_TOKEN, or --token-file; an admin makes one with `wissel token add NAME --role ROLE`")
	}
	if c.fault != nil {
		return c
	}
	config := &tls.Config{MinVersion: tls.VersionTLS13}
	if authorities != nil {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(authorities) {
			c.fault = errors.New("--ca: the file holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)")
		}
	}
	c.base = u.Scheme + "://" + u.Host
	c.http = &http.Client{
		// The token goes to the server that was named, and nowhere that it points to.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DisableKeepAlives: true, TLSClientConfig: config, TLSHandshakeTimeout: 5 * time.Second,
			DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
		},
	}
	return c
}

// advised adds what to do to why a server cannot be reached over the network.
func advised(err error) error {
	var unknown x509.UnknownAuthorityError
	var named x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.Is(err, http.ErrSchemeMismatch):
		return errors.New("the server there speaks without TLS: say http:// instead, which is for its own machine alone; to be reached from elsewhere, its listen.api takes cert and key")
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("%w; nobody listens there: is `wissel serve` running, and is this the address of its listen.api?", err)
	case errors.As(err, &unknown):
		return fmt.Errorf("%w; for an authority of your own give its certificate with --ca", err)
	case errors.As(err, &named):
		return fmt.Errorf("%w; say a name that its certificate is for", err)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fmt.Errorf("%w; put a new certificate in place at the server, and say `wissel reload` there", err)
	}
	return err
}

// NoClient is a client that answers each question with why there is none.
func NoClient(why error) *Client { return &Client{fault: why, patience: patience} }

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
