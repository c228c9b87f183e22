package app

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"wissel"
	"wissel/internal/audio"
	"wissel/internal/virtual"
	"wissel/sip"
)

// kept is a store that keeps wishes at once, or fails.
type kept struct {
	wishes []wissel.Wish
	err    error
	known  error // that it cannot be written
}

func (k *kept) Wish(w wissel.Wish, done func(error)) func() bool {
	if k.err == nil {
		k.wishes = append(k.wishes, w)
	}
	done(k.err)
	return func() bool { return false }
}

func (k *kept) Status() error { return k.known }

// said is d of a caller's voice.
func said(d time.Duration) audio.Sound {
	pcm := audio.Tone(d, 8000, -20, 400)
	b := make([]byte, len(pcm))
	if _, err := audio.EncodeALaw(b, pcm); err != nil {
		panic(err)
	}
	return audio.Sound{Codec: audio.ALaw, Bytes: b, Voice: d}
}

// A caller who presses no key: what he hears of his recording, and what is on disk then.
func TestWhatBecomesOfWhatACallerSays(t *testing.T) {
	for _, row := range []struct {
		name   string
		voice  time.Duration
		store  *kept
		broken func(t *testing.T, r *recordings)
		hears  []string // in their order
		not    string
		gone   string // he hangs up once he hears this
		before bool   // while the tone sounds
		files  int
	}{
		{name: "kept", voice: 5 * time.Second, store: &kept{}, hears: []string{"nl/speak.ask", "tone", "nl/speak.review", "nl/speak.done"}, not: "nl/wish.failed", files: 1},
		{name: "the folder cannot be written", voice: 5 * time.Second, store: &kept{}, broken: func(t *testing.T, r *recordings) {
			if err := os.WriteFile(r.dir, nil, 0o600); err != nil { // a file where the folder would be
				t.Fatal(err)
			}
		}, hears: []string{"nl/speak.review", "nl/wish.failed"}, not: "nl/speak.done"},
		{name: "the folder is full", voice: 5 * time.Second, store: &kept{}, broken: func(_ *testing.T, r *recordings) { r.files = mostRecordings }, hears: []string{"nl/wish.failed"}, not: "nl/speak.done"},
		{name: "the row cannot be written: the sound goes too", voice: 5 * time.Second, store: &kept{err: errors.New("disk full")}, hears: []string{"nl/wish.failed"}, not: "nl/speak.done"},
		{name: "the store is known to be unwell", voice: 5 * time.Second, store: &kept{known: errors.New("the disk is full")}, hears: []string{"nl/speak.ask", "nl/speak.failed", "nl/failed.menu"}, not: "nl/speak.review"},
		{name: "too many speak at once", voice: 5 * time.Second, store: &kept{}, broken: func(_ *testing.T, r *recordings) { r.held.Store(mostAtOnce) }, hears: []string{"nl/speak.failed", "nl/failed.menu"}, not: "nl/speak.review"},
		{name: "he says nothing", store: &kept{}, hears: []string{"nl/speak.nothing", "nl/goodbye.silent"}, not: "nl/speak.review"},
		{name: "gone while he is asked", voice: 5 * time.Second, store: &kept{}, gone: "nl/speak.ask"},
		{name: "gone during the tone", voice: 5 * time.Second, store: &kept{}, gone: "tone", before: true},
		{name: "gone in the middle", voice: 5 * time.Second, store: &kept{}, gone: "tone", files: 1},
		{name: "gone after a word", voice: time.Second, store: &kept{}, gone: "tone"},
		{name: "gone while he may hear it", voice: 5 * time.Second, store: &kept{}, gone: "nl/speak.review", files: 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			virtual.Time(t, func(t *testing.T) {
				h, a := attendIn(t, row.store)
				h.voice = said(row.voice)
				if row.voice == 0 {
					h.voice = audio.Sound{}
				}
				if row.broken != nil {
					row.broken(t, a.voices)
				}
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan struct{})
				go func() { defer close(done); a.voices.run(ctx) }()
				h.x.Begin()
				for _, clip := range row.hears {
					h.hears(t, clip)
				}
				if row.gone != "" {
					h.hears(t, row.gone)
					if row.gone == "tone" && !row.before {
						h.next() // it is out, and he speaks
					}
					if row.before {
						h.voice = audio.Sound{} // nothing of him is recorded yet
					}
				}
				h.x.Hangup()
				synctest.Wait()
				if row.not != "" && h.said(row.not) >= 0 {
					t.Errorf("he heard %s: %v", row.not, h.heard)
				}
				cancel()
				<-done
				files, _ := filepath.Glob(filepath.Join(a.voices.dir, "*"))
				if len(files) != row.files || len(row.store.wishes) != row.files {
					t.Fatalf("%d files, %d wishes, want %d of each: %v", len(files), len(row.store.wishes), row.files, h.heard)
				}
				for i, w := range row.store.wishes {
					checkRecording(t, files[i], w, row.voice)
				}
				if held := a.voices.held.Load(); held != 0 && held != mostAtOnce {
					t.Errorf("%d callers are still held", held)
				}
			})
		})
	}
}

// A caller who is gone while what he said, or the row of it, is being written: it is kept as if he had waited.
func TestGoneWhileWhatHeSaidIsWritten(t *testing.T) {
	for _, row := range []struct {
		name  string
		sound bool // it is the sound that is being written, else the row
	}{{"the sound", true}, {"the row", false}} {
		t.Run(row.name, func(t *testing.T) {
			virtual.Time(t, func(t *testing.T) {
				store := &slowStore{took: 600 * time.Millisecond} // so fast that he is not told to wait
				h, a := attendIn(t, store)
				h.voice = said(5 * time.Second)
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan struct{})
				write := func() { go func() { defer close(done); a.voices.run(ctx) }() }
				if !row.sound {
					write()
				}
				h.x.Begin()
				h.hears(t, "nl/speak.review")
				for len(a.voices.jobs) == 0 && len(store.ids) == 0 { // until he has pressed nothing for long enough
					h.next()
					synctest.Wait()
				}
				if len(store.ids) == 1 == row.sound {
					t.Fatalf("%d rows are on their way", len(store.ids))
				}
				h.x.Hangup()
				if row.sound {
					write()
				}
				(<-h.posted)()
				cancel()
				<-done
				files, err := filepath.Glob(filepath.Join(a.voices.dir, "*"))
				if err != nil || len(files) != 1 || filepath.Base(files[0]) != store.ids[0]+".wav" || store.withdrawn || len(store.ids) != 1 || h.said("nl/speak.done") >= 0 {
					t.Errorf("files %v, rows %v, withdrawn %v, %v", files, store.ids, store.withdrawn, err)
				}
			})
		})
	}
}

func checkRecording(t *testing.T, path string, w wissel.Wish, voice time.Duration) {
	t.Helper()
	if !w.ByHand || w.Kind != wissel.WishCallback || w.Recording != filepath.Base(path) || w.Length != voice || w.Number != "+31612345678" {
		t.Errorf("%+v", w)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // only read
	info, err := f.Stat()
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	pcm, rate, err := audio.ReadWAV(f)
	if d := time.Duration(len(pcm)) * time.Second / time.Duration(max(rate, 1)); err != nil || d != voice || audio.Level(pcm) < -25 {
		t.Errorf("%v of sound, %v", d, err)
	}
}

func TestRecordingsAreCounted(t *testing.T) {
	r := newRecordings(t.TempDir(), slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range mostUnwritten {
		r.keep("a.wav", said(time.Second), func(error) {})
	}
	var err error
	if r.keep("b.wav", said(time.Second), func(e error) { err = e }); !errors.Is(err, errRecordingsBusy) {
		t.Error(err)
	}
	r.run(ctx)
	again := newRecordings(filepath.Dir(r.dir), r.log)
	again.count()
	if again.files != 1 || again.bytes != 16044 {
		t.Errorf("%d files of %d bytes", again.files, again.bytes)
	}
	if err := again.do(recordingJob{name: "a.wav"}); err != nil || again.files != 0 || again.bytes != 0 {
		t.Errorf("%v, %d files of %d bytes", err, again.files, again.bytes)
	}
}

func TestCallersOfTheLastDay(t *testing.T) {
	now := time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)
	c := newCallers()
	c.called("+31612345678", now.Add(-25*time.Hour))
	c.called("+31612345678", now.Add(-2*time.Hour))
	c.wished("+31612345678", wissel.WishText, now.Add(-2*time.Hour))
	c.wished("+31612345678", wissel.WishCallback, now.Add(-25*time.Hour))
	if got, last := c.before("+31612345678", now); got.Calls != 1 || !got.Text || got.Callback || !last.Equal(now.Add(-2*time.Hour)) {
		t.Errorf("%+v, %v", got, last)
	}
	c.called("", now)
	for i := range mostKnown + 10 {
		c.called(wissel.Number(time.Duration(i).String()), now)
	}
	if len(c.known) > mostKnown {
		t.Errorf("%d numbers are known", len(c.known))
	}
}

// A number with more than 3 calls within an hour is nobody's own, whether those calls are over or not.
func TestANumberThatManyRingFrom(t *testing.T) {
	const home wissel.Number = "+31201112233"
	now := time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)
	for _, row := range []struct {
		name        string
		ended, here int
		ago         time.Duration
		often       bool
		calls       int
	}{
		{"three calls, this one among them", 2, 1, time.Minute, false, 2},
		{"three calls that ended, and this one", 3, 1, time.Minute, true, 0},
		{"four at one time", 0, 4, 0, true, 0},
		{"three that ended long ago", 3, 1, 61 * time.Minute, false, 3},
		{"two that ended, and two at one time", 2, 2, 59 * time.Minute, true, 0},
	} {
		c := newCallers()
		for range row.ended {
			c.came(home)
			c.left(home)
			c.called(home, now.Add(-row.ago))
		}
		for range row.here {
			c.came(home)
		}
		if got, last := c.before(home, now); c.often(home, now) != row.often || got.Calls != row.calls || last.IsZero() != (row.calls == 0) {
			t.Errorf("%s: %+v, %v, often %v", row.name, got, last, !row.often)
		}
		for range row.here {
			c.left(home)
		}
		if c.often(home, now) != (row.ended > often && row.ago < time.Hour) {
			t.Errorf("%s: those who left are counted", row.name)
		}
	}
}

var (
	_ sip.RecordAttending  = (*attending)(nil)
	_ sip.HoldingAttending = (*attending)(nil)
)

// A disk that fills up in the middle of a file leaves nothing of it, and what stood there before stays.
func TestAFileIsThereWholeOrNotAtAll(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.wav")
	put := func(text string, fails error) error {
		return writeWhole(path, func(f *os.File) error {
			if _, err := f.WriteString(text); err != nil {
				return err
			}
			return fails
		})
	}
	for _, row := range []struct {
		text  string
		fails error
		want  string
	}{{"half", syscall.ENOSPC, ""}, {"whole", nil, "whole"}, {"ha", syscall.ENOSPC, "whole"}} {
		if err := put(row.text, row.fails); !errors.Is(err, row.fails) {
			t.Errorf("%s: %v", row.text, err)
		}
		data, err := os.ReadFile(path)
		if string(data) != row.want || (err != nil) != (row.want == "") {
			t.Errorf("%s: %q, %v", row.text, data, err)
		}
		if left, err := filepath.Glob(path + ".*"); err != nil || len(left) != 0 {
			t.Errorf("%s: left behind: %v, %v", row.text, left, err)
		}
	}
}
