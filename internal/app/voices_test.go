package app

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/internal/audio"
	"wissel/internal/sealed"
	"wissel/internal/web"
)

func voiceKey(t *testing.T, digits string) sealed.Key {
	t.Helper()
	k, err := sealed.ParseKey(strings.Repeat(digits, 4))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// spoke keeps a recording with its wish.
func (a *App) spoke(t *testing.T, id string, d time.Duration) (file string) {
	t.Helper()
	done := make(chan error, 1)
	a.voices.keep(id+".wav", said(d), func(err error) { done <- err })
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	a.store.Wish(wissel.Wish{Row: wissel.Row{ID: id}, Kind: wissel.WishCallback, Number: "+31612345678", At: time.Now(), Recording: id + ".wav", Length: d}, func(err error) { done <- err })
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return filepath.Join(a.voices.dir, id+".wav")
}

func heard(t *testing.T, wav []byte) time.Duration {
	t.Helper()
	pcm, rate, err := audio.ReadWAV(bytes.NewReader(wav))
	if err != nil {
		t.Fatal(err)
	}
	if audio.Level(pcm) < -30 {
		t.Errorf("nothing is heard: %v dB", audio.Level(pcm))
	}
	return time.Duration(len(pcm)) * time.Second / time.Duration(rate)
}

// With a key nobody hears a voice from the disk; those with the role do, also those of an older key and of before there was one.
func TestVoicesAreEncryptedOnDisk(t *testing.T) {
	a := swept(t)
	by, why := web.Actor{Who: "anna", From: "test"}, web.ReadRequest{Reason: "ticket 1"}
	var ring sealed.Ring
	a.voices.ring = func() sealed.Ring { return ring }
	first, second := voiceKey(t, "0123456789abcdef"), voiceKey(t, "fedcba9876543210")

	plain := a.spoke(t, "plain", time.Second)
	clear, err := os.ReadFile(plain)
	if err != nil || !bytes.HasPrefix(clear, []byte("RIFF")) {
		t.Fatalf("without a key it is a WAV file: %.8q, %v", clear, err)
	}
	ring = sealed.Ring{first}
	old := a.spoke(t, "old", 2*time.Second)
	ring = sealed.Ring{second, first}
	fresh := a.spoke(t, "fresh", 3*time.Second)

	if err := a.sweep(t.Context(), time.Now().Add(time.Hour)); err != nil { // the plain one is encrypted
		t.Fatal(err)
	}
	done := make(chan error, 1)
	a.voices.erase("none", func(err error) { done <- err }) // those before it are done then
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	for file, key := range map[string]sealed.Key{plain: second, old: first, fresh: second} {
		data, err := os.ReadFile(file)
		if err != nil || sealed.KeyOf(data) != key.ID() || bytes.Contains(data, clear[44:60]) || bytes.Contains(data, []byte("WAVE")) {
			t.Errorf("%s: %.8q of key %s, %v", filepath.Base(file), data, sealed.KeyOf(data), err)
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", filepath.Base(file), info.Mode(), err)
		}
	}
	for id, want := range map[string]time.Duration{"plain": time.Second, "old": 2 * time.Second, "fresh": 3 * time.Second} {
		wav, err := a.ExportRecording(t.Context(), id, why, by)
		if err != nil || heard(t, wav) != want {
			t.Errorf("%s: %v, %v", id, heard(t, wav), err)
		}
	}
	_, bytesNow := a.voices.stock()
	onDisk := int64(0)
	for _, file := range []string{plain, old, fresh} {
		if info, err := os.Stat(file); err == nil {
			onDisk += info.Size()
		}
	}
	if bytesNow != onDisk {
		t.Errorf("%d bytes are counted, and %d lie there", bytesNow, onDisk)
	}
	ring = sealed.Ring{second} // the old key was thrown away too soon
	var fault *web.Fault
	if _, err := a.ExportRecording(t.Context(), "old", why, by); !errors.As(err, &fault) || !strings.Contains(err.Error(), first.ID()) || !strings.Contains(err.Error(), "voice_keys") {
		t.Errorf("without its key: %v", err)
	}
}

// What a crash or a full disk cut off is heard up to there.
func TestAVoiceThatWasCutOffIsHeardUpToThere(t *testing.T) {
	a := swept(t)
	ring := sealed.Ring{voiceKey(t, "0123456789abcdef")}
	a.voices.ring = func() sealed.Ring { return ring }
	file := a.spoke(t, "cut", 8*time.Second)
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(file, info.Size()/2); err != nil {
		t.Fatal(err)
	}
	wav, err := a.ExportRecording(t.Context(), "cut", web.ReadRequest{Reason: "ticket 1"}, web.Actor{Who: "anna", From: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if d := heard(t, wav); d < 2*time.Second || d > 4*time.Second {
		t.Errorf("%v of 8 s are heard of half the file", d)
	}
}
