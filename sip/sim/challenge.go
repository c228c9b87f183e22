package sim

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// Challenge asks for digest credentials with every new INVITE (RFC 3261 §22, RFC 8760).
type Challenge struct {
	Status    int // 401 or 407
	Realm     string
	User      string
	Password  string
	Algorithm string // "MD5" or "SHA-256"; "" is MD5
}

func (c *Challenge) headers() (ask, answer string) {
	if c.Status == 401 {
		return "WWW-Authenticate", "Authorization"
	}
	return "Proxy-Authenticate", "Proxy-Authorization"
}

// challenged reports whether the INVITE lacks the credentials, having asked for them.
func (p *Party) challenged(s *server) bool {
	c := p.behave.Challenge
	if c == nil {
		return false
	}
	ask, answer := c.headers()
	given := digestParams(s.req.Get(answer))
	if nonce := given["nonce"]; nonce != "" && p.nonces[nonce] {
		delete(p.nonces, nonce) // good for one try
		if c.response(given, s.req.Method) == given["response"] && given["uri"] == s.req.URI {
			return false
		}
		p.book.Strays++
	}
	nonce := p.token()
	p.nonces[nonce] = true
	algorithm := c.Algorithm
	if algorithm == "" {
		algorithm = "MD5"
	}
	s.respond(c.Status, p.token(), func(r *Message) {
		r.Add(ask, fmt.Sprintf(`Digest realm=%q, nonce=%q, algorithm=%s, qop="auth"`, c.Realm, nonce, algorithm))
	})
	return true
}

// response is what the digest must be (RFC 7616 §3.4.1).
func (c *Challenge) response(given map[string]string, method string) string {
	h := func(s string) string {
		if c.Algorithm == "SHA-256" {
			sum := sha256.Sum256([]byte(s))
			return hex.EncodeToString(sum[:])
		}
		sum := md5.Sum([]byte(s))
		return hex.EncodeToString(sum[:])
	}
	secret, what := h(c.User+":"+c.Realm+":"+c.Password), h(method+":"+given["uri"])
	if given["qop"] == "" {
		return h(secret + ":" + given["nonce"] + ":" + what)
	}
	return h(strings.Join([]string{secret, given["nonce"], given["nc"], given["cnonce"], given["qop"], what}, ":"))
}

func digestParams(value string) map[string]string {
	params := map[string]string{}
	for part := range strings.SplitSeq(strings.TrimPrefix(value, "Digest "), ",") {
		key, v, _ := strings.Cut(strings.TrimSpace(part), "=")
		params[strings.ToLower(key)] = strings.Trim(v, `"`)
	}
	return params
}
