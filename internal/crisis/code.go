package crisis

import (
	"bytes"
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"wissel"
)

// One-time codes: of an app 6 digits, of a printed list 8, so that each is known by its length.
const (
	appDigits  = 6
	listDigits = 8
	period     = 30 * time.Second // RFC 6238 §4.1
	window     = 1                // periods that an app may be early or late (§5.2)
)

// A list of printed codes.
const (
	ListUsual = 20
	ListMost  = 50

	saltBytes = 16
	rounds    = 20_000 // of PBKDF2 for one try, about 5 ms: whoever copied the database is to pay for each of 10^8 codes
)

// NewKey makes a secret for an app that shows codes (RFC 6238: SHA-1, 6 digits, 30 s, which every app knows), from 20 bytes
// of random. secret is what goes into the file, uri what the app reads.
func NewKey(issuer, name string, random io.Reader) (secret, uri string, err error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: name, SecretSize: 20, Rand: random})
	if err != nil {
		return "", "", fmt.Errorf("make a secret for %s: %w", name, err)
	}
	return key.Secret(), key.URL(), nil
}

// CheckKey says what is wrong with the secret of an app, if anything.
func CheckKey(secret wissel.Secret) error {
	text := strings.ToUpper(strings.TrimRight(strings.TrimSpace(secret.Reveal()), "="))
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(text)
	switch {
	case err != nil:
		return fmt.Errorf("it is no base32 (A to Z and 2 to 7)")
	case len(raw) < 16:
		return fmt.Errorf("it has %d bits, and 128 are the least (RFC 4226 §4)", 8*len(raw))
	}
	return nil
}

// CodeAt is the code that an app with the secret shows at t.
func CodeAt(secret string, t time.Time) (string, error) { return codeOf(secret, stepAt(t)) }

func codeOf(secret string, step uint64) (string, error) {
	code, err := hotp.GenerateCodeCustom(secret, step, hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
	if err != nil {
		return "", fmt.Errorf("make a code: %w", err)
	}
	return code, nil
}

func stepAt(t time.Time) uint64 { return uint64(max(t.Unix(), 0)) / uint64(period/time.Second) }

// stepOf finds the period that code is of, around now and after the one last used; 0 when it is of none. It takes the same
// time whichever it is.
func stepOf(secret string, code Keys, now time.Time, last uint64) (found uint64) {
	here := stepAt(now)
	for step := here - min(window, here); step <= here+window; step++ {
		want, err := codeOf(secret, step)
		same := subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1
		if err == nil && same && step > last && found == 0 {
			found = step
		}
	}
	return found
}

// List is a printed list of codes, of which each opens once. The codes themselves are kept nowhere.
type List struct {
	Made   time.Time
	By     string // who had it made
	Salt   []byte
	Hashes [][]byte
	Used   []time.Time // parallel to Hashes; zero: it is still good
}

// NewList makes n codes from random, and the list that knows them.
func NewList(n int, by string, now time.Time, random io.Reader) (l List, codes []string, err error) {
	l = List{Made: now, By: by, Salt: make([]byte, saltBytes), Used: make([]time.Time, n)}
	if _, err := io.ReadFull(random, l.Salt); err != nil {
		return List{}, nil, fmt.Errorf("make a list of codes: %w", err)
	}
	known := map[string]bool{}
	for len(codes) < n {
		code, err := digits(listDigits, random)
		if err != nil {
			return List{}, nil, fmt.Errorf("make a list of codes: %w", err)
		}
		if known[code] {
			continue
		}
		known[code] = true
		hash, err := l.hash(Keys(code))
		if err != nil {
			return List{}, nil, err
		}
		codes, l.Hashes = append(codes, code), append(l.Hashes, hash)
	}
	return l, codes, nil
}

// digits gives n digits of chance, each as likely as the others.
func digits(n int, random io.Reader) (string, error) {
	var b strings.Builder
	one := make([]byte, 1)
	for b.Len() < n {
		if _, err := io.ReadFull(random, one); err != nil {
			return "", err
		}
		if one[0] < 250 { // 250 to 255 would make 0 to 5 likelier
			b.WriteByte('0' + one[0]%10)
		}
	}
	return b.String(), nil
}

func (l List) hash(code Keys) ([]byte, error) {
	hash, err := pbkdf2.Key(sha256.New, string(code), l.Salt, rounds, sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("hash a code: %w", err)
	}
	return hash, nil
}

// find gives the place of a code that is still good, or -1. It takes the same time whether it is there.
func (l List) find(code Keys) int {
	hash, err := l.hash(code)
	found := -1
	for i, h := range l.Hashes {
		if same := subtle.ConstantTimeCompare(hash, h) == 1; err == nil && same && i < len(l.Used) && l.Used[i].IsZero() {
			found = i
		}
	}
	return found
}

// Left is how many codes are still good.
func (l List) Left() (n int) {
	for i := range l.Hashes {
		if i < len(l.Used) && l.Used[i].IsZero() {
			n++
		}
	}
	return n
}

// use gives the list with code i used; l itself is not changed.
func (l List) use(i int, now time.Time) List {
	l.Used = append([]time.Time{}, l.Used...)
	l.Used[i] = now
	return l
}

// nobody is a list and a secret to try codes on where there are none, so that it takes as long.
var (
	nobodysList   = List{Salt: bytes.Repeat([]byte{0}, saltBytes)}
	nobodysSecret = strings.Repeat("A", 32)
)
