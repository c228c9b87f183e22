package crisis

import (
	"fmt"
	"io"
	"log/slog"
)

// Keys are keys that were pressed and may be secret: a PIN, a code. Like a wissel.Secret they print as "***", whoever prints
// them.
type Keys string

// maxKeys is how many are kept of one entry; the rest is dropped (FAULTS A21).
const maxKeys = 32

func (k Keys) String() string { return "***" }

// Format hides the keys from every verb of fmt.
func (k Keys) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "***") }

// MarshalText hides the keys from JSON and every other encoder that asks for text.
func (k Keys) MarshalText() ([]byte, error) { return []byte("***"), nil }

// LogValue hides the keys from slog.
func (k Keys) LogValue() slog.Value { return slog.StringValue("***") }
