package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// lockFolder keeps a second server off the store's folder. It gives nil and no error where the folder cannot be used at
// all: then there is no store to guard, and calls are served without one.
func lockFolder(dir string) (*os.File, error) {
	if os.MkdirAll(dir, 0o750) != nil {
		return nil, nil
	}
	name := filepath.Join(dir, "wissel.lock")
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return nil, nil
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder, rerr := os.ReadFile(name)
		if rerr != nil || len(holder) == 0 {
			holder = []byte("unknown")
		}
		return nil, errors.Join(fmt.Errorf("%w: %s is locked by process %s; stop it first, or set another store", errLocked, dir, strings.TrimSpace(string(holder))), f.Close())
	}
	// The number is for whoever meets the lock; that it could not be written harms nothing.
	if err := f.Truncate(0); err == nil {
		_, _ = f.WriteAt(fmt.Appendf(nil, "%d\n", os.Getpid()), 0)
	}
	return f, nil
}
