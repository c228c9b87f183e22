// Package sealed encrypts what callers said, for the disk: AES-256-GCM in chunks, each file under a key of its own that is derived
// from one of the settings'. A file that was cut off by a crash or a full disk is read up to there; one that was changed is not. It
// does no I/O but on what it is given. internal/app writes and reads recordings through it.
//
// A file is: "WISSELV1", the id of the key (8 bytes), a salt (32 bytes), then chunks of 16 KiB, each with its tag (16 bytes); the last
// one is shorter, may be empty, and is marked as the last in its nonce. The key of the file is HKDF-SHA-256 of the settings' key, the
// salt, and the name "wissel voice". The nonce of chunk n is seven zeros, n in four bytes, big end first, and 1 for the last, else 0:
// the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015). The head is authenticated with each chunk.
package sealed

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
)

const (
	magic     = "WISSELV1"
	idSize    = 8
	saltSize  = 32
	headSize  = len(magic) + idSize + saltSize
	chunk     = 16 << 10 // half a second of 16 kHz
	keySize   = 32
	purpose   = "wissel voice"
	mostChunk = 1<<32 - 1
)

// Why something cannot be read.
var (
	ErrNoKey   = errors.New("none of the keys in the settings is the one that it was encrypted with")
	ErrChanged = errors.New("it was changed after it was written")
)

// Key is one key of the settings. The zero Key is none.
type Key struct {
	id     [idSize]byte
	secret []byte
}

// ParseKey reads a key: 64 hexadecimal digits, as `openssl rand -hex 32` gives. No error holds any part of it.
func ParseKey(text string) (Key, error) {
	secret, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil || len(secret) != keySize {
		return Key{}, errors.New("a key has 64 hexadecimal digits; `openssl rand -hex 32` makes one")
	}
	if len(bytes.TrimLeft(secret, string(secret[:1]))) == 0 {
		return Key{}, errors.New("this is one digit over and over, and no key; `openssl rand -hex 32` makes one")
	}
	k := Key{secret: secret}
	sum := sha256.Sum256(append([]byte("wissel voice key id\x00"), secret...))
	copy(k.id[:], sum[:])
	return k, nil
}

// ID names the key, and tells nothing of it: 16 hexadecimal digits.
func (k Key) ID() string { return hex.EncodeToString(k.id[:]) }

// Ring is the keys of the settings: the first encrypts, each decrypts what it encrypted. Without any nothing is encrypted.
type Ring []Key

// Sealed reports whether data is a file of ours.
func Sealed(data []byte) bool { return bytes.HasPrefix(data, []byte(magic)) }

// KeyOf is the id of the key that a sealed file takes.
func KeyOf(data []byte) string {
	if len(data) < headSize || !Sealed(data) {
		return ""
	}
	return hex.EncodeToString(data[len(magic) : len(magic)+idSize])
}

// aead gives the cipher of a file.
func (k Key) aead(salt []byte) (cipher.AEAD, error) {
	secret, err := hkdf.Key(sha256.New, k.secret, salt, purpose, keySize)
	if err != nil {
		return nil, fmt.Errorf("derive the key of a file: %w", err)
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, fmt.Errorf("use the key of a file: %w", err)
	}
	return cipher.NewGCM(block)
}

func nonce(n uint32, last bool) []byte {
	var b [12]byte
	binary.BigEndian.PutUint32(b[7:], n)
	if last {
		b[11] = 1
	}
	return b[:]
}

// Writer encrypts to w. Close writes the last chunk; without it the file reads as one that was cut off. A ring without keys is
// an error: what is to be plain is not given to this package.
func (r Ring) Writer(w io.Writer) (io.WriteCloser, error) {
	if len(r) == 0 {
		return nil, errors.New("there is no key to encrypt with")
	}
	head := make([]byte, headSize)
	copy(head, magic)
	copy(head[len(magic):], r[0].id[:])
	if _, err := rand.Read(head[len(magic)+idSize:]); err != nil {
		return nil, fmt.Errorf("make the salt of a file: %w", err)
	}
	aead, err := r[0].aead(head[len(magic)+idSize:])
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(head); err != nil {
		return nil, err
	}
	return &writer{to: w, aead: aead, head: head}, nil
}

type writer struct {
	to    io.Writer
	aead  cipher.AEAD
	head  []byte
	held  []byte // less than a chunk, or a whole one that may be the last
	n     uint32
	ended bool
}

func (w *writer) Write(p []byte) (n int, err error) {
	if w.ended {
		return 0, io.ErrClosedPipe
	}
	for len(p) > 0 {
		if len(w.held) == chunk {
			if err := w.flush(false); err != nil {
				return n, err
			}
		}
		some := min(chunk-len(w.held), len(p))
		w.held, p, n = append(w.held, p[:some]...), p[some:], n+some
	}
	return n, nil
}

func (w *writer) flush(last bool) error {
	if w.n == mostChunk {
		return errors.New("it is too long")
	}
	_, err := w.to.Write(w.aead.Seal(nil, nonce(w.n, last), w.held, w.head))
	w.held, w.n = w.held[:0], w.n+1
	return err
}

func (w *writer) Close() error {
	if w.ended {
		return nil
	}
	w.ended = true
	if len(w.held) == chunk { // the last one is shorter, so that where it ends is known
		if err := w.flush(false); err != nil {
			return err
		}
	}
	return w.flush(true)
}

// Open decrypts a file. whole is false when it was cut off: then data is what was written before that. Errors: ErrNoKey with the id of
// the key that it takes, ErrChanged.
func (r Ring) Open(file []byte) (data []byte, whole bool, err error) {
	if !Sealed(file) {
		return nil, false, errors.New("it is no encrypted recording of wissel")
	}
	if len(file) < headSize {
		return nil, false, nil
	}
	head, rest := file[:headSize], file[headSize:]
	var key Key
	for _, k := range r {
		if bytes.Equal(k.id[:], head[len(magic):len(magic)+idSize]) {
			key = k
		}
	}
	if key.secret == nil {
		return nil, false, fmt.Errorf("%w: it takes key %s", ErrNoKey, KeyOf(file))
	}
	aead, err := key.aead(head[len(magic)+idSize:])
	if err != nil {
		return nil, false, err
	}
	const full = chunk + 16
	for n := uint32(0); ; n++ {
		if len(rest) >= full {
			if data, err = aead.Open(data, nonce(n, false), rest[:full], head); err != nil {
				return nil, false, ErrChanged
			}
			rest = rest[full:]
			continue
		}
		out, err := aead.Open(data, nonce(n, true), rest, head)
		if err != nil { // cut off within a chunk: what is left of that cannot be told from what was changed
			return data, false, nil
		}
		return out, true, nil
	}
}
