package sealed

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
)

func key(t *testing.T, digits string) Key {
	t.Helper()
	k, err := ParseKey(strings.Repeat(digits, 64/len(digits)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func seal(t *testing.T, r Ring, data []byte, pieces int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := r.Writer(&b)
	if err != nil {
		t.Fatal(err)
	}
	for len(data) > 0 {
		n := min(len(data), max(1, pieces))
		if _, err := w.Write(data[:n]); err != nil {
			t.Fatal(err)
		}
		data = data[n:]
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func noise(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rand.Uint32())
	}
	return b
}

func TestWhatIsSealedOpens(t *testing.T) {
	ring := Ring{key(t, "0123456789abcdef")}
	for _, n := range []int{0, 1, 44, chunk - 1, chunk, chunk + 1, 3 * chunk, 3*chunk + 7} {
		data := noise(n)
		for _, pieces := range []int{1000, chunk, 5 * chunk} {
			file := seal(t, ring, data, pieces)
			got, whole, err := ring.Open(file)
			if err != nil || !whole || !bytes.Equal(got, data) {
				t.Errorf("%d bytes in pieces of %d: %d bytes, whole %v, %v", n, pieces, len(got), whole, err)
			}
			if n >= 44 && bytes.Contains(file, data[:44]) {
				t.Errorf("%d bytes can be read in the file", n)
			}
		}
	}
	if a, b := seal(t, ring, noise(100), 100), seal(t, ring, noise(100), 100); bytes.Equal(a[:headSize], b[:headSize]) {
		t.Error("two files have one salt, and so one key")
	}
}

// Wherever a file was cut off, what was whole before that is read, and that it was cut is told.
func TestAFileThatWasCutOffIsReadUpToThere(t *testing.T) {
	ring := Ring{key(t, "0123456789abcdef")}
	data := noise(3*chunk + 500)
	file := seal(t, ring, data, chunk)
	for at := len(magic); at < len(file); at += 97 {
		got, whole, err := ring.Open(file[:at])
		want := max(0, (at-headSize)/(chunk+16)) * chunk
		if err != nil || whole || len(got) != want || !bytes.Equal(got, data[:want]) {
			t.Fatalf("cut at %d: %d bytes, want %d, whole %v, %v", at, len(got), want, whole, err)
		}
	}
	// Cut exactly behind a chunk, as by a full disk: nothing tells but that the last one is missing.
	if got, whole, err := ring.Open(file[:headSize+2*(chunk+16)]); err != nil || whole || len(got) != 2*chunk {
		t.Errorf("%d bytes, whole %v, %v", len(got), whole, err)
	}
}

func TestWhatWasChangedIsNotRead(t *testing.T) {
	ring := Ring{key(t, "0123456789abcdef")}
	data := noise(3 * chunk)
	file := seal(t, ring, data, chunk)
	swapped := bytes.Clone(file)
	copy(swapped[headSize:], file[headSize+chunk+16:headSize+2*(chunk+16)])
	copy(swapped[headSize+chunk+16:], file[headSize:headSize+chunk+16])
	flip := func(at int) []byte {
		b := bytes.Clone(file)
		b[at] ^= 1
		return b
	}
	for name, bad := range map[string][]byte{
		"a bit of a chunk": flip(headSize + 100), "a bit of a tag": flip(headSize + chunk + 3), "a bit of the salt": flip(headSize - 1), "two chunks swapped": swapped,
	} {
		if got, _, err := ring.Open(bad); !errors.Is(err, ErrChanged) || got != nil {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}

// New ones are sealed with the first key; old ones open for as long as their key is in the ring.
func TestKeysTakeTurns(t *testing.T) {
	old, fresh := key(t, "0123456789abcdef"), key(t, "fedcba9876543210")
	before := seal(t, Ring{old}, []byte("before"), 10)
	after := seal(t, Ring{fresh, old}, []byte("after"), 10)
	if KeyOf(before) != old.ID() || KeyOf(after) != fresh.ID() {
		t.Errorf("%s, %s", KeyOf(before), KeyOf(after))
	}
	for name, file := range map[string][]byte{"before": before, "after": after} {
		if got, whole, err := (Ring{fresh, old}).Open(file); err != nil || !whole || string(got) != name {
			t.Errorf("%s: %q, %v, %v", name, got, whole, err)
		}
	}
	if _, _, err := (Ring{fresh}).Open(before); !errors.Is(err, ErrNoKey) || !strings.Contains(err.Error(), old.ID()) {
		t.Errorf("without its key: %v", err)
	}
	if _, err := (Ring{}).Writer(&bytes.Buffer{}); err == nil {
		t.Error("a ring without keys seals")
	}
	if _, _, err := (Ring{fresh}).Open([]byte("RIFF....WAVE")); err == nil {
		t.Error("a plain file opens")
	}
}

func TestWhatIsNoKey(t *testing.T) {
	for _, text := range []string{"", "secret", strings.Repeat("0123456789abcdef", 3), strings.Repeat("0123456789abcdefgh", 4)[:64], strings.Repeat("00", 32)} {
		if _, err := ParseKey(text); err == nil || text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := ParseKey(strings.Repeat("0123456789ABCDEF", 4) + "\n"); err != nil {
		t.Error(err)
	}
}

// Whatever lies in the folder: it is refused or read, in memory of its own size.
func FuzzOpen(f *testing.F) {
	k, _ := ParseKey(strings.Repeat("0123456789abcdef", 4))
	ring := Ring{k}
	var b bytes.Buffer
	w, _ := ring.Writer(&b)
	_, _ = w.Write(bytes.Repeat([]byte("voice"), 10000))
	_ = w.Close()
	f.Add(b.Bytes())
	f.Add(b.Bytes()[:headSize])
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, file []byte) {
		data, whole, err := ring.Open(file)
		if len(data) > len(file) || err != nil && whole {
			t.Errorf("%d bytes of %d, whole %v, %v", len(data), len(file), whole, err)
		}
	})
}
