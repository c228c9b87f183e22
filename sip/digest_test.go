package sip

import (
	"errors"
	"strings"
	"testing"

	sipgo "github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"

	"wissel"
)

// challenged is a 401 or 407 with these challenges.
func challenged(status int, values ...string) *sipgo.Response {
	res := sipgo.NewResponse(status, "")
	name := "WWW-Authenticate"
	if status == 407 {
		name = "Proxy-Authenticate"
	}
	for _, v := range values {
		res.AppendHeader(sipgo.NewHeader(name, v))
	}
	return res
}

func TestCredentialsAnswerTheirOwnChallenge(t *testing.T) {
	trunk := &wissel.Trunk{ID: "kpn", Username: "me", Password: wissel.NewSecret("secret"), Realm: "kpn.example"}
	const md5, sha = `Digest realm="kpn.example", nonce="n1", algorithm=MD5, qop="auth"`, `Digest realm="kpn.example", nonce="n2", algorithm=SHA-256, qop="auth-int, auth"`
	for _, row := range []struct {
		name      string
		challenge *sipgo.Response
		trunk     *wissel.Trunk
		header    string // "": refused
		algorithm string
	}{
		{"a server asks", challenged(401, md5), trunk, "Authorization", "MD5"},
		{"a proxy asks", challenged(407, md5), trunk, "Proxy-Authorization", "MD5"},
		{"the strongest is taken", challenged(401, md5, sha), trunk, "Authorization", "SHA-256"},
		{"no algorithm is MD5", challenged(401, `Digest realm="kpn.example", nonce="n"`), trunk, "Authorization", ""},
		{"another realm (A9)", challenged(401, `Digest realm="evil.example", nonce="n"`), trunk, "", ""},
		{"another realm beside ours", challenged(401, `Digest realm="evil.example", nonce="n", algorithm=SHA-256`, md5), trunk, "Authorization", "MD5"},
		{"a trunk without credentials", challenged(401, md5), &wissel.Trunk{ID: "x"}, "", ""},
		{"a trunk without a realm takes the one asked", challenged(401, md5), &wissel.Trunk{ID: "x", Username: "me", Password: wissel.NewSecret("secret")}, "Authorization", "MD5"},
		{"an unknown algorithm", challenged(401, `Digest realm="kpn.example", nonce="n", algorithm=ROT13`), trunk, "", ""},
		{"no nonce", challenged(401, `Digest realm="kpn.example"`), trunk, "", ""},
		{"Basic, which shows the password", challenged(401, `Basic realm="kpn.example"`), trunk, "", ""},
		{"a proxy's challenge in a server's answer", challenged(403, md5), trunk, "Authorization", "MD5"},
		{"none at all", challenged(401), trunk, "", ""},
	} {
		if row.challenge.StatusCode == 403 {
			row.challenge.StatusCode = 407 // the header does not fit the status: no challenge of it
			row.header = ""
		}
		req := farInvite(testFar(Caller{}, wissel.Carrier, wissel.HeaderPolicy{}))
		err := authorize(req, row.challenge, row.trunk)
		if canAuthorize(row.challenge, row.trunk) != (err == nil) || (err == nil) != (row.header != "") {
			t.Errorf("%s: %v", row.name, err)
			continue
		}
		if err != nil {
			if !errors.Is(err, errNoCredentials) || len(req.GetHeaders("authorization"))+len(req.GetHeaders("proxy-authorization")) != 0 {
				t.Errorf("%s: %v", row.name, err)
			}
			continue
		}
		vs := header(req, row.header)
		if len(vs) != 1 || strings.Contains(vs[0], "secret") {
			t.Errorf("%s: %q", row.name, vs)
			continue
		}
		cred, err := digest.ParseCredentials(vs[0])
		if err != nil || cred.Algorithm != row.algorithm || cred.URI != req.Recipient.String() || cred.Username != "me" || len(cred.Response) < 32 {
			t.Errorf("%s: %+v, %v", row.name, cred, err)
		}
	}
}

// The example of RFC 2617 §3.5, whose response is known.
func TestTheDigestOfTheRFC(t *testing.T) {
	c, err := digest.ParseChallenge(`Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"`)
	if err != nil {
		t.Fatal(err)
	}
	cred, err := digest.Digest(c, digest.Options{Method: "GET", URI: "/dir/index.html", Count: 1, Username: "Mufasa", Password: "Circle Of Life", Cnonce: "0a4f113b"})
	if err != nil || cred.Response != "6629fae49393a05397450978507c4ef1" {
		t.Errorf("%+v, %v", cred, err)
	}
}

func TestASecondAnswerReplacesTheFirst(t *testing.T) {
	trunk := &wissel.Trunk{ID: "kpn", Username: "me", Password: wissel.NewSecret("secret")}
	req := farInvite(testFar(Caller{}, wissel.Carrier, wissel.HeaderPolicy{}))
	for _, nonce := range []string{"n1", "n2"} {
		if err := authorize(req, challenged(401, `Digest realm="r", nonce="`+nonce+`"`), trunk); err != nil {
			t.Fatal(err)
		}
	}
	if vs := header(req, "authorization"); len(vs) != 1 || !strings.Contains(vs[0], "n2") {
		t.Errorf("%q", vs)
	}
}

func FuzzDigest(f *testing.F) {
	f.Add(`Digest realm="a", nonce="b", qop="auth"`)
	f.Add(`Digest realm="a\"b", nonce=`)
	f.Fuzz(func(t *testing.T, v string) {
		trunk := &wissel.Trunk{ID: "t", Username: "me", Password: wissel.NewSecret("secret")}
		req := farInvite(testFar(Caller{}, wissel.Carrier, wissel.HeaderPolicy{}))
		if err := authorize(req, challenged(401, v), trunk); err == nil && strings.Contains(req.String(), "secret") && !strings.Contains(v, "secret") {
			t.Error("the password is shown")
		}
	})
}
