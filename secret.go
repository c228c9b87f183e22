package wissel

import (
	"fmt"
	"io"
	"log/slog"
)

// Secret is a password or key. Every usual way of printing it gives "***"; Reveal alone gives the text, and is
// called where the secret is used and nowhere else. Secrets are not compared with ==: equal texts may differ there.
type Secret struct{ text *string } // behind a pointer: fmt reaches into the unexported fields of others without asking Format

// NewSecret wraps text.
func NewSecret(text string) Secret { return Secret{&text} }

// Reveal gives the secret itself.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsZero reports whether there is no secret.
func (s Secret) IsZero() bool { return s.Reveal() == "" }

func (s Secret) String() string { return "***" }

// Format hides the secret from every verb of fmt, those that make no sense too.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "***") }

// MarshalText hides the secret from JSON, YAML and every other encoder that asks for text.
func (s Secret) MarshalText() ([]byte, error) { return []byte("***"), nil }

// LogValue hides the secret from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue("***") }
