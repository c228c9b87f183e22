package configs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

// A change is read when the files have been still for settled, and at the latest when the first change is longest old: an
// editor writes in several steps, a script perhaps for ever. What has a fault then, or ends in the middle of a line, gets
// second more time before anybody hears of it: it may be half written.
const (
	settled = 150 * time.Millisecond
	longest = time.Second
	second  = 500 * time.Millisecond
)

// Watch tells of every change of the settings that f was read from, and of what they name (flows, certificates, secrets),
// until ctx ends. changed is called, one call at a time, with settings without a fault that differ from the last ones, or
// with the reason why there are none: then those in force stay in force. Its error says that files cannot be watched.
func Watch(ctx context.Context, f *File, o Options, changed func(*File, error)) error {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch settings: %w", err)
	}
	defer w.Close() //nolint:errcheck // nothing is left to be told of
	s := watcher{o: o, w: w, path: f.Path, last: f.fingerprint, changed: changed}
	if err := s.follow(f.Files); err != nil {
		return err
	}
	return s.run(ctx)
}

type watcher struct {
	o       Options
	w       *fsnotify.Watcher
	path    string
	files   map[string]bool // what is looked at
	folders map[string]bool // and folders of which everything is
	last    [32]byte        // fingerprint of the settings last told of
	fault   string          // fault last told of, if the last thing was one
	changed func(*File, error)
}

func (s *watcher) run(ctx context.Context) error {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	defer timer.Stop()
	var first time.Time // of the changes not yet read
	again := false      // they have been read once, and looked half written
	touched := func() {
		now := time.Now()
		if first.IsZero() {
			first = now
		}
		again = false
		timer.Reset(max(min(settled, time.Until(first.Add(longest))), 0))
	}
	touched() // what changed between the load and now
	for {
		select {
		case <-ctx.Done():
			return nil
		case e, ok := <-s.w.Events:
			if !ok {
				return errors.New("watch settings: the watcher has ended")
			}
			if s.ours(e.Name) {
				touched()
			}
		case _, ok := <-s.w.Errors: // events were lost: look for ourselves
			if !ok {
				return errors.New("watch settings: the watcher has ended")
			}
			touched()
		case <-timer.C:
			if s.reload(again) {
				first, again = time.Time{}, false
			} else {
				again = true
				timer.Reset(second)
			}
		}
	}
}

// ours reports whether a change of the file named concerns us. "..data" is how Kubernetes swaps a whole folder.
func (s *watcher) ours(name string) bool {
	return s.files[filepath.Clean(name)] || s.folders[filepath.Dir(name)] || filepath.Base(name) == "..data"
}

// reload reads the settings and tells of them. It reports false when they may be half written and should be read again.
func (s *watcher) reload(again bool) bool {
	data, err := readFile(s.path)
	whole := err == nil && bytes.HasSuffix(data, []byte("\n"))
	var f *File
	if err == nil {
		f, err = Parse(s.path, data, s.o)
	}
	if !again && (err != nil || !whole) && (f == nil || f.fingerprint != s.last) {
		return false
	}
	switch {
	case err != nil:
		if s.fault != err.Error() {
			s.fault = err.Error()
			s.changed(nil, fmt.Errorf("reload settings: %w", err))
		}
	case f.fingerprint != s.last || s.fault != "":
		s.last, s.fault = f.fingerprint, ""
		if err := s.follow(f.Files); err != nil {
			f.Warnings = append(f.Warnings, Located{File: s.path, Line: 1, Col: 1, Warning: true, order: 0})
			f.Warnings[len(f.Warnings)-1].Msg = fmt.Sprintf("not every change will be seen: %v", err)
		}
		s.changed(f, nil)
	}
	return true
}

// follow looks at files, and at what symbolic links among them lead to, by looking at their folders: an editor puts a new
// file in the place of the old one.
func (s *watcher) follow(files []string) error {
	s.files, s.folders = map[string]bool{}, map[string]bool{}
	watched := map[string]bool{}
	for _, name := range s.w.WatchList() {
		watched[name] = true
	}
	add := func(folder string) error {
		if watched[folder] {
			return nil
		}
		watched[folder] = true
		if err := s.w.Add(folder); err != nil {
			return fmt.Errorf("watch folder %s: %w", folder, err)
		}
		return nil
	}
	var errs []error
	for _, name := range files {
		names := []string{filepath.Clean(name)}
		if real, err := filepath.EvalSymlinks(name); err == nil && real != names[0] {
			names = append(names, real)
		}
		for _, n := range names {
			if info, err := os.Stat(n); err == nil && info.IsDir() {
				s.folders[n] = true
				errs = append(errs, add(n))
			}
			s.files[n] = true
			errs = append(errs, add(filepath.Dir(n)))
		}
	}
	return errors.Join(errs...)
}
