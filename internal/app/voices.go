package app

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"wissel/internal/sealed"
)

// sealed lets write fill f: encrypted with the first key in force, or as it is when there is none.
func (r *recordings) sealed(f io.Writer, write func(io.Writer) error) error {
	ring := r.ring()
	if len(ring) == 0 {
		return write(f)
	}
	w, err := ring.Writer(f)
	if err == nil {
		err = write(w)
	}
	if err != nil {
		return err
	}
	return w.Close()
}

// read gives a recording as a WAV file, whoever wants to hear it. whole is false where the file was cut off by a crash or a full disk:
// then it is what was written before that.
func (r *recordings) read(name string) (wav []byte, whole bool, err error) {
	file, err := os.ReadFile(r.path(name))
	if err != nil {
		return nil, false, err
	}
	return OpenVoice(file, r.ring())
}

// OpenVoice gives the WAV file that a recording's file holds: decrypted where it is encrypted, mended where it was cut off.
func OpenVoice(file []byte, ring sealed.Ring) (wav []byte, whole bool, err error) {
	if !sealed.Sealed(file) {
		return file, true, nil
	}
	if wav, whole, err = ring.Open(file); err != nil || whole {
		return wav, whole, err
	}
	return mendWAV(wav), false, nil
}

// wavHead is the size of the head of our WAV files: RIFF, its size, WAVE, the format, data, its size.
const wavHead = 44

// mendWAV writes the sizes that are left of a WAV file into its head.
func mendWAV(wav []byte) []byte {
	if len(wav) < wavHead {
		return nil
	}
	binary.LittleEndian.PutUint32(wav[4:], uint32(len(wav)-8))
	binary.LittleEndian.PutUint32(wav[wavHead-4:], uint32(len(wav)-wavHead))
	return wav
}

// seal encrypts a recording that was written without a key. It does not block; one that finds no room is tried again at the next sweep.
func (r *recordings) seal(name string, done func(error)) {
	select {
	case r.jobs <- recordingJob{name: name, seal: true, done: done}:
	default:
		done(errRecordingsBusy)
	}
}

// plain reports whether a recording lies there as it is though there is a key.
func (r *recordings) plain(name string) bool {
	if len(r.ring()) == 0 || filepath.Ext(name) != ".wav" {
		return false
	}
	f, err := os.Open(r.path(name))
	if err != nil {
		return false
	}
	defer f.Close() //nolint:errcheck // it was only read
	head := make([]byte, 8)
	_, err = io.ReadFull(f, head)
	return err == nil && !sealed.Sealed(head)
}

// encrypt takes the place of a plain recording with an encrypted one.
func (r *recordings) encrypt(name string) error {
	if !r.plain(name) {
		return nil
	}
	path := r.path(name)
	wav, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := writeWhole(path, func(f *os.File) error {
		return r.sealed(f, func(w io.Writer) error { _, err := w.Write(wav); return err })
	}); err != nil {
		return fmt.Errorf("encrypt recording %s: %w", name, err)
	}
	if info, err := os.Stat(path); err == nil {
		r.mu.Lock()
		r.bytes += info.Size() - int64(len(wav))
		r.mu.Unlock()
	}
	return nil
}
