package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Only the owner of the files reads them: they hold people's numbers, and whoever else may see those asks the server.
const (
	ownersAlone = 0o600
	ofOthers    = 0o077
)

// owned makes the database's file for its owner alone, or takes from one that is there, and from its log and index, what others
// may do. SQLite gives its log and index the mode of the database.
func owned(file string) error {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE|os.O_EXCL, ownersAlone)
	if err == nil {
		return f.Close()
	}
	if !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make the database: %w", err)
	}
	all, err := filepath.Glob(file + "*") // damaged ones that were moved aside too
	if err != nil {
		return fmt.Errorf("look for the database's files: %w", err)
	}
	for _, name := range all {
		info, err := os.Stat(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil && info.Mode().Perm()&ofOthers != 0 {
			err = os.Chmod(name, info.Mode().Perm()&^ofOthers)
		}
		if err != nil {
			return fmt.Errorf("take the database from other users of this machine: %w", err)
		}
	}
	return nil
}
