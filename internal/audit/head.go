package audit

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Head is the end of a node's chain at a time, signed with that node's key.
type Head struct {
	Node string `json:"node"`
	End
	At        time.Time `json:"at"`
	Key       string    `json:"key"`       // the Ed25519 public key, hexadecimal
	Signature string    `json:"signature"` // base64
}

// ErrForged says that a head was not signed with the node's key.
var ErrForged = errors.New("the seal is not signed with this node's key")

// text is what is signed.
func (h Head) text() []byte {
	return []byte(strings.Join([]string{"wissel audit head", h.Node, strconv.FormatUint(h.Rows, 10), h.Hash, h.At.UTC().Format(TimeLayout)}, "\n"))
}

// Seal gives the head of a chain that ends at e, signed with key.
func Seal(node string, e End, at time.Time, key ed25519.PrivateKey) Head {
	h := Head{Node: node, End: e, At: at.UTC().Round(0)}
	public, _ := key.Public().(ed25519.PublicKey) // it is one
	h.Key = hex.EncodeToString(public)
	h.Signature = base64.StdEncoding.EncodeToString(ed25519.Sign(key, h.text()))
	return h
}

// Verify gives ErrForged when h was not signed with the key that public is of.
func (h Head) Verify(public ed25519.PublicKey) error {
	signature, err := base64.StdEncoding.DecodeString(h.Signature)
	if err != nil || h.Key != hex.EncodeToString(public) || !ed25519.Verify(public, h.text(), signature) {
		return ErrForged
	}
	return nil
}

// ParseEnd reads an end as the log has it, "4711:9f86d0…".
func ParseEnd(text string) (e End, err error) {
	rows, hash, ok := strings.Cut(text, ":")
	if e.Rows, err = strconv.ParseUint(rows, 10, 63); !ok || err != nil || e.Rows == 0 || len(hash) != 64 {
		return End{}, fmt.Errorf("%q is no head of an audit chain; the number of rows, a colon and 64 hexadecimal digits are, as the log has them", text)
	}
	if _, err := hex.DecodeString(hash); err != nil {
		return End{}, fmt.Errorf("%q is no head of an audit chain: %w", text, err)
	}
	return End{Rows: e.Rows, Hash: strings.ToLower(hash)}, nil
}

// String is the form that ParseEnd reads.
func (e End) String() string { return strconv.FormatUint(e.Rows, 10) + ":" + e.Hash }
