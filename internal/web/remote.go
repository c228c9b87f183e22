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

// NoClient is a client that answers each question with why there is none.
func NoClient(why error) *Client { return &Client{fault: why, patience: patience} }

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
