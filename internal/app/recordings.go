package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"wissel/internal/audio"
	"wissel/internal/sealed"
)

// What callers say into the store's folder of recordings, and how much of it there may be.
const (
	recordingsFolder = "recordings"
	mostRecordings   = 5000       // files
	mostRecorded     = 2 << 30    // bytes
	mostAtOnce       = 200        // callers who speak, or have spoken and not decided
	mostUnwritten    = mostAtOnce // in memory, on their way to disk
)

var (
	errRecordingsFull = errors.New("the folder of recordings is full; hear and remove old ones")
	errRecordingsBusy = errors.New("too many recordings wait to be written")
)

// recordings writes what callers say to files: 0600, whole or not at all, synced before anybody is told so. It is done on
// a goroutine of its own; no call waits for a disk.
type recordings struct {
	dir  string
	log  *slog.Logger
	ring func() sealed.Ring // the keys in force; without any, sounds are written as they are
	jobs chan recordingJob
	held atomic.Int64 // callers who speak, or have spoken and not decided

	orphans atomic.Int64  // files that no wish tells of, as last looked
	swept   atomic.Uint64 // such files that were removed

	mu    sync.Mutex
	files int
	bytes int64
}

type recordingJob struct {
	name  string
	sound audio.Sound // none: the file is to go
	seal  bool        // it was written without a key, and is to be encrypted
	done  func(error)
}

func newRecordings(store string, log *slog.Logger) *recordings {
	none := func() sealed.Ring { return nil }
	return &recordings{dir: filepath.Join(store, recordingsFolder), log: log, ring: none, jobs: make(chan recordingJob, mostUnwritten)}
}

// hold takes the memory for one caller's recording, and reports whether there was any left.
func (r *recordings) hold() bool {
	if r.held.Add(1) <= mostAtOnce {
		return true
	}
	r.held.Add(-1)
	return false
}

func (r *recordings) release() { r.held.Add(-1) }

// keep writes a recording; done is told on another goroutine, or at once when there is no room. It does not block.
func (r *recordings) keep(name string, sound audio.Sound, done func(error)) {
	select {
	case r.jobs <- recordingJob{name: name, sound: sound, done: done}:
	default:
		done(errRecordingsBusy)
	}
}

// remove takes back a recording whose wish is not kept: nobody would ever look for it. It does not block.
func (r *recordings) remove(name string) {
	select {
	case r.jobs <- recordingJob{name: name, done: func(error) {}}:
	default:
		r.log.Warn("a recording without a wish stays", "recording", name)
	}
}

// erase removes a recording for good; done is told on another goroutine, or at once when too many wait. One that is gone
// already is no error. It does not block.
func (r *recordings) erase(name string, done func(error)) {
	job := recordingJob{name: name, done: func(err error) {
		if errors.Is(err, os.ErrNotExist) {
			err = nil
		}
		done(err)
	}}
	select {
	case r.jobs <- job:
	default:
		done(errRecordingsBusy)
	}
}

// stock is how many files there are, and their bytes.
func (r *recordings) stock() (files int, bytes int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.files, r.bytes
}

// run writes until ctx ends, and then what is still waiting.
func (r *recordings) run(ctx context.Context) {
	r.count()
	for {
		select {
		case job := <-r.jobs:
			job.done(r.do(job))
		case <-ctx.Done():
			for {
				select {
				case job := <-r.jobs:
					job.done(r.do(job))
				default:
					return
				}
			}
		}
	}
}

// count takes stock of the folder as it was left.
func (r *recordings) count() {
	entries, err := os.ReadDir(r.dir)
	if err != nil {
		return // it is made with the first recording
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			r.files++
			r.bytes += info.Size()
		}
	}
}

// write puts one recording on disk: under another name, synced, and only then under its own.
func (r *recordings) write(job recordingJob) (err error) {
	pcm, rate := audio.Decode(job.sound.Bytes, job.sound.Codec)
	size := int64(2*len(pcm) + 44)
	if r.mu.Lock(); r.files >= mostRecordings || r.bytes+size > mostRecorded {
		r.mu.Unlock()
		return errRecordingsFull
	}
	r.mu.Unlock()
	if err := os.MkdirAll(r.dir, 0o700); err != nil {
		return fmt.Errorf("make the folder of recordings: %w", err)
	}
	path := filepath.Join(r.dir, job.name)
	if err := writeWhole(path, func(f *os.File) error {
		return r.sealed(f, func(w io.Writer) error { return audio.WriteWAV(w, pcm, rate) })
	}); err != nil {
		return fmt.Errorf("write recording %s: %w", job.name, err)
	}
	if info, err := os.Stat(path); err == nil {
		size = info.Size()
	}
	r.mu.Lock()
	r.files, r.bytes = r.files+1, r.bytes+size
	r.mu.Unlock()
	return nil
}

// do writes a recording, or removes it.
func (r *recordings) do(job recordingJob) error {
	switch {
	case job.seal:
		return r.encrypt(job.name)
	case job.sound.Codec != audio.NoCodec:
		return r.write(job)
	}
	path := filepath.Join(r.dir, job.name)
	info, err := os.Stat(path)
	if err == nil {
		err = os.Remove(path)
	}
	if err == nil {
		r.mu.Lock()
		r.files, r.bytes = r.files-1, r.bytes-info.Size()
		r.mu.Unlock()
	} else if !errors.Is(err, os.ErrNotExist) {
		r.log.Warn("a recording without a wish stays", "recording", job.name, "error", err)
	}
	return err
}

// writeWhole writes a file that is either there whole, and on disk, or not at all.
func writeWhole(path string, write func(*os.File) error) (err error) {
	tmp := path + ".part"
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(tmp) // the error that led here is the one to tell
		}
	}()
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close() //nolint:errcheck // only synced
	return dir.Sync()
}
