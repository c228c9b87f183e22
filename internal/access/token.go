package access

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

// tokenPrefix begins every secret, so that one that is found in a file or a log is known for what it is.
const tokenPrefix = "wissel_"

// Token lets its holder in over the network. The secret itself is kept nowhere: it has 256 bits of chance, so its SHA-256
// is as good as a slow hash would be (there is no list of likely secrets to try), and costs nothing at each request.
type Token struct {
	ID      string    `json:"id"`   // short, not secret
	Name    string    `json:"name"` // of whom it is for
	Hash    string    `json:"hash"` // SHA-256 of the secret, hexadecimal
	Roles   []Role    `json:"roles"`
	Made    time.Time `json:"made"`
	MadeBy  string    `json:"made_by"`
	Makers  []string  `json:"makers"` // the marks of who made it, and of who made the token that he did it with
	Until   time.Time `json:"until,omitzero"`
	Used    time.Time `json:"used,omitzero"`
	Revoked time.Time `json:"revoked,omitzero"`
}

// NewToken makes a token and its secret, which is in it as a hash alone.
func NewToken(name string, roles []Role, until time.Time, by Person, now time.Time) (t Token, secret string) {
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // it never fails: the program ends instead
	secret = tokenPrefix + base64.RawURLEncoding.EncodeToString(raw[:])
	return Token{
		ID: strings.ToLower(rand.Text()[:6]), Name: name, Hash: hashed(secret), Roles: roles, Made: now, MadeBy: by.Name, Makers: slices.Concat(by.Marks, by.Makers), Until: until,
	}, secret
}

func hashed(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// Valid reports whether t lets anybody in at now.
func (t Token) Valid(now time.Time) bool {
	return t.Revoked.IsZero() && (t.Until.IsZero() || now.Before(t.Until))
}

// Person is who holds t.
func (t Token) Person() Person {
	return Person{Name: t.Name, Marks: []string{"token:" + t.ID, Named(t.Name)}, Makers: t.Makers}
}

// Find gives the token of a secret that lets in at now, by its place. It takes as long for a wrong secret, a revoked
// token and a right one: every hash is compared whole.
func Find(all []Token, secret string, now time.Time) (at int, ok bool) {
	hash, at := []byte(hashed(secret)), -1
	for i, t := range all {
		if subtle.ConstantTimeCompare(hash, []byte(t.Hash)) == 1 && t.Valid(now) {
			at = i
		}
	}
	return at, at >= 0
}
