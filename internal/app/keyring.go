package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"wissel/internal/access"
)

// tokenFile holds the tokens in the store's folder, for its owner alone. It has no secrets, only their hashes.
const tokenFile = "tokens.json"

// maxTokens that there are at one time, revoked ones included; the oldest of those are forgotten first.
const maxTokens = 256

// keyring keeps the tokens. Reading takes no lock and no disk; changes come one at a time, and are in force when they are
// on disk.
type keyring struct {
	file string
	bad  error // the file cannot be read: nothing is written over it
	now  atomic.Pointer[[]access.Token]
	used sync.Map // of ids to when each was last used, time.Time
	mu   sync.Mutex
}

// open reads the tokens. A file that cannot be read lets nobody in, and is left as it is.
func (k *keyring) open(dir string) error {
	k.file = filepath.Join(dir, tokenFile)
	k.now.Store(&[]access.Token{})
	text, err := os.ReadFile(k.file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var all []access.Token
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil {
		k.bad = fmt.Errorf("read the tokens in %s: %w; put it right, or move it away to begin with none, and start again", k.file, err)
		return k.bad
	}
	k.now.Store(&all)
	return nil
}

// holder is the token of a secret.
func (k *keyring) holder(secret string, now time.Time) (access.Token, bool) {
	all := *k.now.Load()
	i, ok := access.Find(all, secret, now)
	if !ok {
		return access.Token{}, false
	}
	k.used.Store(all[i].ID, now)
	return all[i], true
}

// list gives the tokens, with when each was last used.
func (k *keyring) list() []access.Token {
	all := slices.Clone(*k.now.Load())
	for i := range all {
		if at, ok := k.used.Load(all[i].ID); ok {
			all[i].Used, _ = at.(time.Time)
		}
	}
	return all
}

// change puts f's result on disk and in force.
func (k *keyring) change(f func(all []access.Token) ([]access.Token, error)) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.bad != nil {
		return k.bad
	}
	all, err := f(k.list())
	if err != nil {
		return err
	}
	for i := 0; len(all) > maxTokens && i < len(all); {
		if all[i].Revoked.IsZero() {
			i++
			continue
		}
		all = slices.Delete(all, i, i+1)
	}
	if len(all) > maxTokens {
		return fmt.Errorf("there are %d tokens already; revoke some", maxTokens)
	}
	if err := k.write(all); err != nil {
		return err
	}
	k.now.Store(&all)
	return nil
}

// save puts on disk when tokens were last used.
func (k *keyring) save() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	all := k.list()
	if slices.EqualFunc(all, *k.now.Load(), func(a, b access.Token) bool { return a.Used.Equal(b.Used) }) {
		return nil
	}
	if err := k.write(all); err != nil {
		return err
	}
	k.now.Store(&all)
	return nil
}

// write replaces the file: all of it, or what was there before.
func (k *keyring) write(all []access.Token) (err error) {
	text, err := json.MarshalIndent(all, "", "\t")
	if err != nil {
		return fmt.Errorf("encode the tokens: %w", err)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("write the tokens: %w", err)
		}
	}()
	f, err := os.OpenFile(k.file+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(k.file+".new", k.file)
}
