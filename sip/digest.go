package sip

import (
	"errors"
	"fmt"
	"io"
	"strings"

	sipgo "github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"

	"wissel"
)

// errNoCredentials: a challenge that we hold nothing for, or cannot answer.
var errNoCredentials = errors.New("no credentials for this challenge")

// canAuthorize reports whether the challenge of a 401 or 407 is one that trunk's credentials may answer: of its realm, with an
// algorithm we have.
func canAuthorize(challenge *sipgo.Response, trunk *wissel.Trunk) bool {
	_, _, err := choose(challenge, trunk)
	return err == nil
}

// authorize adds the credentials of trunk to req, in answer to challenge (RFC 3261 §22, RFC 8760). Credentials left from
// an earlier challenge are replaced. req must be on its way to trunk itself: nobody else sees what is made of its password.
func authorize(req *sipgo.Request, challenge *sipgo.Response, trunk *wissel.Trunk) error {
	c, header, err := choose(challenge, trunk)
	if err != nil {
		return err
	}
	cred, err := digest.Digest(c, digest.Options{
		Method: string(req.Method), URI: req.Recipient.String(), Count: 1,
		Username: trunk.Username, Password: trunk.Password.Reveal(),
		GetBody: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(string(req.Body()))), nil },
	})
	if err != nil {
		return fmt.Errorf("answer the challenge of %s: %w", trunk.ID, err)
	}
	for req.RemoveHeader(header) { // ours alone: this request was written by us, with this name
	}
	req.AppendHeader(sipgo.NewHeader(header, cred.String()))
	return nil
}

// choose takes the strongest of the challenges in a response that trunk may answer, and names the header for the answer.
func choose(challenge *sipgo.Response, trunk *wissel.Trunk) (best *digest.Challenge, header string, err error) {
	ask, answer := "www-authenticate", "Authorization"
	if challenge.StatusCode == 407 {
		ask, answer = "proxy-authenticate", "Proxy-Authorization"
	}
	if trunk.Username == "" {
		return nil, "", fmt.Errorf("trunk %s: %w", trunk.ID, errNoCredentials)
	}
	rank := 0
	for _, h := range challenge.GetHeaders(ask) {
		c, err := digest.ParseChallenge(h.Value())
		if err != nil || trunk.Realm != "" && c.Realm != trunk.Realm {
			continue
		}
		for i := range c.QOP {
			c.QOP[i] = strings.TrimSpace(c.QOP[i])
		}
		if r := strength(c); r > rank {
			best, rank = c, r
		}
	}
	if best == nil {
		return nil, "", fmt.Errorf("trunk %s: %w", trunk.ID, errNoCredentials)
	}
	return best, answer, nil
}

// strength ranks a challenge; 0 is one that cannot be answered.
func strength(c *digest.Challenge) int {
	if !digest.CanDigest(c) || c.Nonce == "" {
		return 0
	}
	switch strings.ToUpper(c.Algorithm) {
	case "SHA-512", "SHA-512-256":
		return 3
	case "SHA-256":
		return 2
	}
	return 1
}
