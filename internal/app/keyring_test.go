package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wissel/internal/access"
)

// TestTokensThatCannotBeReadAreNotWrittenOver: the only copy of who may come in is left for a person to put right.
func TestTokensThatCannotBeReadAreNotWrittenOver(t *testing.T) {
	file := filepath.Join(t.TempDir(), tokenFile)
	const half = `[{"id":"4f7k2a","na`
	if err := os.WriteFile(file, []byte(half), 0o600); err != nil {
		t.Fatal(err)
	}
	var k keyring
	if err := k.open(filepath.Dir(file)); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("opened: %v", err)
	}
	err := k.change(func(all []access.Token) ([]access.Token, error) { return append(all, access.Token{ID: "new"}), nil })
	if err == nil || !strings.Contains(err.Error(), "move it away") || len(k.list()) != 0 {
		t.Errorf("a token was added: %v, %v", k.list(), err)
	}
	if err := k.save(); err != nil {
		t.Error(err)
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != half {
		t.Errorf("the file is now %q, %v", text, err)
	}
}
