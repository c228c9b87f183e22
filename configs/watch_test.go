package configs

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// news is what Watch told.
type news struct {
	f   *File
	err error
}

// watched writes bare settings to a folder, loads them and watches them. It gives the file's path and what is told.
func watched(t *testing.T, yaml string) (path string, told <-chan news) {
	t.Helper()
	ignore := goleak.IgnoreCurrent()
	path = filepath.Join(t.TempDir(), "wissel.yaml")
	put(t, path, yaml)
	f, err := Load(path, quiet())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ch, done, ready := make(chan news, 1000), make(chan error, 1), make(chan struct{})
	go func() {
		close(ready)
		done <- Watch(ctx, f, quiet(), func(f *File, err error) { ch <- news{f, err} })
	}()
	<-ready
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		goleak.VerifyNone(t, ignore)
	})
	return path, ch
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// until changes the file with write until something is told: the watch may not have begun at the first.
func until(t *testing.T, told <-chan news, write func()) news {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		write()
		select {
		case n := <-told:
			return n
		case <-time.After(3 * time.Second):
		case <-deadline:
			t.Fatal("nothing was told")
		}
	}
}

// with gives the bare settings with another node's name.
func with(node string) string { return strings.TrimPrefix(bare, "\n") + "node: " + node + "\n" }

func TestWatchSeesAnEditorsRename(t *testing.T) {
	path, told := watched(t, with("one"))
	n := until(t, told, func() {
		put(t, path+".new", with("two"))
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	})
	if n.err != nil || n.f.Node != "two" {
		t.Fatalf("told %+v", n)
	}
	put(t, path, with("three")) // the new file is looked at as the old one was
	if n = <-told; n.err != nil || n.f.Node != "three" {
		t.Fatalf("told %+v", n)
	}
}

func TestWatchTellsOfAFaultOnceAndKeepsQuietAboutHalfAFile(t *testing.T) {
	path, told := watched(t, with("one"))
	n := until(t, told, func() { put(t, path, with("two")) })
	whole := with("three")
	for i := range len(whole) { // written letter by letter: each part but the last is half a file
		put(t, path, whole[:i])
	}
	put(t, path, whole)
	if n = <-told; n.err != nil || n.f.Node != "three" {
		t.Fatalf("told %v of half a file", n.err)
	}
	put(t, path, with("no_name"))
	if n = <-told; n.err == nil || !strings.Contains(n.err.Error(), "is no host name") {
		t.Fatalf("told %+v of a fault", n)
	}
	put(t, path, with("three")) // put right again: what was in force is in force, and said so
	if n = <-told; n.err != nil || n.f.Node != "three" {
		t.Fatalf("told %+v", n)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if n = <-told; n.err == nil || !strings.Contains(n.err.Error(), "no such file") {
		t.Fatalf("told %+v of a missing file", n)
	}
}

func TestWatchUnderAStormOfWritesTellsOnlyWholeFiles(t *testing.T) {
	path, told := watched(t, with("first"))
	until(t, told, func() { put(t, path, with("second")) })
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	nodes := map[string]bool{}
	for i := range 200 { // two seconds at 100 a second, each in two halves
		<-tick.C
		text := with(fmt.Sprintf("node-%d", i))
		nodes[fmt.Sprintf("node-%d", i)] = true
		put(t, path, text[:len(text)/2])
		put(t, path, text)
	}
	count := 0
	for n := range told {
		count++
		if n.err != nil || !nodes[n.f.Node] {
			t.Fatalf("told %+v", n)
		}
		if n.f.Node == "node-199" {
			break
		}
	}
	if count > 20 {
		t.Errorf("%d reloads for one storm", count)
	}
}

func TestWatchSeesASecretChange(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(dir, "s.secret")
	put(t, secret, "one")
	path, told := watched(t, strings.Replace(with("x"), "role: carrier", "role: carrier, username: u, password: \"file:"+secret+"\"", 1))
	n := until(t, told, func() { put(t, secret, "two") })
	if n.err != nil || n.f.Trunks["kpn"].Password.Reveal() != "two" || n.f.Path != path {
		t.Fatalf("told %+v", n)
	}
}
