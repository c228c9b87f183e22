package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"wissel"
	"wissel/internal/sealed"
	"wissel/internal/web"
)

// mostListed is how many recordings a list holds.
const mostListed = 2 * mostRecordings

// Recordings lists what callers said, newest first; their numbers are shortened.
func (a *App) Recordings(ctx context.Context) ([]web.Recording, error) {
	return a.spoken(ctx, wissel.Number.Masked)
}

// RecordingNumbers lists it with the callers' whole numbers, after an audit row. What cannot be audited is not shown.
func (a *App) RecordingNumbers(ctx context.Context, r web.ReadRequest, by web.Actor) ([]web.Recording, error) {
	const what = "recordings list --numbers"
	if strings.TrimSpace(r.Reason) == "" {
		return nil, web.Faultf(http.StatusBadRequest, what, "a reason is needed: these are people's numbers, and who looks is in the audit log (--reason)")
	}
	if err := a.audit(ctx, by, "read-numbers", "recordings", r.Reason, "", ""); err != nil {
		return nil, web.Faultf(http.StatusServiceUnavailable, what, "the audit row could not be written, so no number is shown: %v", err)
	}
	return a.spoken(ctx, func(n wissel.Number) string { return string(n) })
}

func (a *App) spoken(ctx context.Context, from func(wissel.Number) string) ([]web.Recording, error) {
	wishes, err := a.store.Spoken(ctx, mostListed)
	if err != nil {
		return nil, web.Faultf(http.StatusServiceUnavailable, "recordings list", "%v", err)
	}
	all := make([]web.Recording, len(wishes))
	for i, w := range wishes {
		all[i] = a.recording(w, from)
	}
	return all, nil
}

// recording is a recording for people and programs.
func (a *App) recording(w wissel.Wish, from func(wissel.Number) string) web.Recording {
	out := web.Recording{
		ID: w.ID, Call: w.Call, Group: w.Group, Flow: w.Flow, Language: w.Language, Number: "withheld", At: w.At, LengthMS: w.Length.Milliseconds(),
		State: "waiting", Heard: w.Heard, Removed: w.Removed,
	}
	if w.Number != "" {
		out.Number = shownAs(w.Number, w.Hidden, from)
	}
	if !w.Heard.IsZero() {
		out.State = "heard"
	}
	if !w.Removed.IsZero() {
		out.State = "removed"
	} else if _, err := os.Stat(a.voices.path(w.Recording)); errors.Is(err, os.ErrNotExist) {
		out.State = "lost"
	}
	return out
}

// shownAs is a number as from shows it; who hides his is not shown by a part of it either.
func shownAs(n wissel.Number, hidden bool, from func(wissel.Number) string) string {
	if s := from(n); !hidden || s == string(n) {
		return s
	}
	return "withheld"
}

// path of a recording; its name is one of our own making, and never leads out of the folder.
func (r *recordings) path(name string) string { return filepath.Join(r.dir, filepath.Base(name)) }

// ExportRecording gives the sound of one, after an audit row, and notes that it was heard.
func (a *App) ExportRecording(ctx context.Context, id string, r web.ReadRequest, by web.Actor) ([]byte, error) {
	what := "recordings export " + id
	w, err := a.spokenOf(ctx, what, id)
	if err != nil {
		return nil, err
	}
	sound, whole, err := a.voices.read(w.Recording)
	if errors.Is(err, sealed.ErrNoKey) {
		return nil, web.Faultf(http.StatusConflict, what, "%v; put that key among privacy.voice_keys", err)
	}
	if err != nil {
		return nil, web.Faultf(http.StatusNotFound, what, "its file cannot be read: %v", err)
	}
	if !whole {
		a.log.Warn("a recording was cut off when it was written: what was said before that is given", "recording", id)
	}
	if err := a.audit(ctx, by, "export-recording", id, r.Reason, "", ""); err != nil {
		return nil, web.Faultf(http.StatusServiceUnavailable, what, "the audit row could not be written, so nothing is given: %v", err)
	}
	keep, cancel := keeping(ctx)
	defer cancel()
	if err := a.store.Heard(keep, id, time.Now()); err != nil {
		a.log.Warn("when a recording was heard is not noted yet", "recording", id, "error", err)
	}
	return sound, nil
}

// RemoveRecording removes the sound of one, after an audit row; the wish stays, with the time of that.
func (a *App) RemoveRecording(ctx context.Context, id string, r web.ReadRequest, by web.Actor) (web.Recording, error) {
	what := "recordings remove " + id
	w, err := a.spokenOf(ctx, what, id)
	if err != nil {
		return web.Recording{}, err
	}
	before := a.recording(w, wissel.Number.Masked).State
	if err := a.audit(ctx, by, "remove-recording", id, r.Reason, before, "removed"); err != nil {
		return web.Recording{}, web.Faultf(http.StatusServiceUnavailable, what, "the audit row could not be written, so nothing is removed: %v", err)
	}
	gone := make(chan error, 1)
	a.voices.erase(filepath.Base(w.Recording), func(err error) { gone <- err })
	keep, cancel := keeping(ctx)
	defer cancel()
	select {
	case err = <-gone:
	case <-keep.Done():
		err = keep.Err()
	}
	if err != nil {
		return web.Recording{}, web.Faultf(http.StatusServiceUnavailable, what, "its file is still there: %v; say it again", err)
	}
	w.Removed = time.Now()
	if err := a.store.Removed(keep, id, w.Removed); err != nil {
		a.log.Warn("that a recording was removed is not noted yet", "recording", id, "error", err)
	}
	return a.recording(w, wissel.Number.Masked), nil
}

// spokenOf is the wish of a recording that is there.
func (a *App) spokenOf(ctx context.Context, what, id string) (wissel.Wish, error) {
	w, found, err := a.store.SpokenOf(ctx, id)
	switch {
	case err != nil:
		return w, web.Faultf(http.StatusServiceUnavailable, what, "%v", err)
	case !found:
		return w, web.Faultf(http.StatusNotFound, what, "there is no recording with this id; `wissel recordings list` shows those there are")
	case !w.Removed.IsZero():
		return w, web.Faultf(http.StatusGone, what, "it was removed at %s", wissel.Moment(w.Removed))
	}
	return w, nil
}

// Files that no wish tells of: a crash came between the file and the row, or the wish was erased.
const (
	sweepEvery = time.Hour
	orphanFor  = 24 * time.Hour // they are left alone so long after they were written
	newborn    = time.Minute    // so old a file may wait for its row
)

// sweepRecordings looks for such files at the start and each hour, until ctx ends.
func (a *App) sweepRecordings(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if err := a.sweep(ctx, time.Now()); err != nil && ctx.Err() == nil {
			a.log.Warn("the recordings were not compared with the wishes", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// sweep removes the files that belong to no wish and are old enough. While a damaged database lies beside the store it removes none:
// the wishes may be in there.
func (a *App) sweep(ctx context.Context, now time.Time) error {
	files, err := os.ReadDir(a.voices.dir) // before the rows: a file that comes later has its row later
	if errors.Is(err, os.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	known, err := a.store.Recordings(ctx)
	if err != nil {
		return err
	}
	damaged, err := a.store.Damaged()
	if err != nil {
		return err
	}
	left := int64(0)
	for _, f := range files {
		info, err := f.Info()
		if err != nil || !info.Mode().IsRegular() || now.Sub(info.ModTime()) < newborn {
			continue // gone meanwhile, none of ours, or its row is on the way
		}
		if a.voices.plain(f.Name()) {
			a.sealVoice(f.Name())
		}
		if known[f.Name()] {
			continue
		}
		old := now.Sub(info.ModTime()) >= orphanFor
		if old && !damaged {
			name, written := f.Name(), info.ModTime()
			a.voices.erase(name, func(err error) {
				if err != nil { // it is still there the next time
					a.log.Warn("a recording that no wish tells of cannot be removed", "recording", name, "error", err)
					return
				}
				a.voices.swept.Add(1)
				a.log.Warn("a recording that no wish tells of was removed", "recording", name, "written", written)
			})
			continue
		}
		left++
		a.log.Warn("a recording that no wish tells of", "recording", f.Name(), "written", info.ModTime(), "damaged_database", damaged)
	}
	a.voices.orphans.Store(left)
	a.tellOrphans(left, damaged)
	return nil
}

// sealVoice encrypts a recording of before there was a key.
func (a *App) sealVoice(name string) {
	a.voices.seal(name, func(err error) {
		if err != nil { // the next sweep tries again
			a.log.Warn("a recording of before there was a key is not encrypted yet", "recording", name, "error", err)
			return
		}
		a.log.Info("a recording of before there was a key is encrypted", "recording", name)
	})
}

// tellOrphans raises the alarm of recordings that no wish tells of, or clears it: somebody spoke there, and nobody will hear it.
func (a *App) tellOrphans(n int64, damaged bool) {
	const key = "orphaned recordings"
	what := "each is removed a day after it was written"
	if damaged {
		what = "none is removed while a damaged database lies beside the store, which may know whose they are"
	}
	if n == 0 {
		a.alarms.clear(key)
		return
	}
	a.alarms.hold(key, fmt.Sprintf("%d recordings of callers belong to no wish, so nobody is told to hear them: listen to the newest files of %s; %s", n, a.voices.dir, what))
}
