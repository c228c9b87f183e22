package push

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"wissel/internal/statuspage"
)

// begun is how the names of files begin that are being written; a kill leaves them, and the next try removes them.
const begun = ".wissel-"

// directory puts the files into a folder that exists: each whole or not at all, whenever this process dies. It never makes the folder,
// since that of a disk that is not mounted would be another.
type directory string

func (d directory) Put(ctx context.Context, files []statuspage.File) (err error) {
	dir, err := os.Open(string(d))
	if err != nil {
		return fmt.Errorf("open the folder: %w; make it, or mount what belongs there", err)
	}
	defer func() { err = errors.Join(err, dir.Close()) }()
	if err := sweep(string(d)); err != nil {
		return err
	}
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := d.put(f); err != nil {
			return fmt.Errorf("write %s: %w", f.Name, err)
		}
	}
	if err := dir.Sync(); err != nil {
		return fmt.Errorf("sync the folder: %w", err)
	}
	return nil
}

// sweep removes what was begun and never renamed.
func sweep(dir string) error {
	left, err := filepath.Glob(filepath.Join(dir, begun+"*"))
	if err != nil {
		return fmt.Errorf("look for what a former try left: %w", err)
	}
	for _, name := range left {
		if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove what a former try left: %w", err)
		}
	}
	return nil
}

func (d directory) put(f statuspage.File) (err error) {
	temp, err := os.CreateTemp(string(d), begun+"*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(temp.Name()))
		}
	}()
	_, err = temp.Write(f.Body)
	if err == nil {
		err = temp.Chmod(0o644) // a web server of another user reads it
	}
	if err == nil {
		err = temp.Sync()
	}
	if err = errors.Join(err, temp.Close()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), filepath.Join(string(d), filepath.Base(f.Name)))
}
