package push

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"wissel"
	"wissel/internal/statuspage"
)

// files of a page whose every file says text, and says it often enough that it is not written in one go.
func files(text string) []statuspage.File {
	var all []statuspage.File
	for _, name := range []string{"nl.html", "en.html", statuspage.Data, statuspage.Index} {
		all = append(all, statuspage.File{Name: name, Type: "text/html; charset=utf-8", Body: bytes.Repeat([]byte(text+"\n"), 20_000)})
	}
	return all
}

// holds fails unless each file in dir is there, and whole as one of the texts has it.
func holds(t *testing.T, dir string, texts ...string) {
	t.Helper()
	for i, f := range files(texts[0]) {
		got, err := os.ReadFile(filepath.Join(dir, f.Name))
		if err != nil {
			t.Fatal(err)
		}
		whole := false
		for _, text := range texts {
			whole = whole || bytes.Equal(got, files(text)[i].Body)
		}
		if !whole {
			t.Fatalf("%s has %d bytes, and is no page that was ever made", f.Name, len(got))
		}
	}
}

func TestADirectoryGetsEveryFileWhole(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, begun+"left"), []byte("of a try that was killed"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"one", "two"} {
		if err := directory(dir).Put(t.Context(), files(text)); err != nil {
			t.Fatal(err)
		}
		holds(t, dir, text)
	}
	all, err := os.ReadDir(dir)
	if err != nil || len(all) != 4 {
		t.Errorf("%v, %v", all, err)
	}
	for _, f := range all {
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o644 {
			t.Errorf("%s cannot be read by a web server: %v, %v", f.Name(), info.Mode(), err)
		}
	}
}

func TestAFolderThatIsNotThereIsNotMade(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mount")
	err := directory(dir).Put(t.Context(), files("one"))
	if err == nil || !strings.Contains(err.Error(), "mount what belongs there") {
		t.Error(err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("it was made")
	}
}

// writing is set in the process that writes pages until it is killed.
const writing = "WISSEL_TEST_WRITES_PAGES"

func TestMain(m *testing.M) {
	if dir := os.Getenv(writing); dir != "" {
		fmt.Println("writing")
		for i := 0; ; i++ {
			if err := directory(dir).Put(context.Background(), files([]string{"one", "two"}[i%2])); err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
		}
	}
	os.Exit(m.Run())
}

func TestKillLeavesNoHalfPage(t *testing.T) {
	dir := t.TempDir()
	if err := directory(dir).Put(t.Context(), files("one")); err != nil {
		t.Fatal(err)
	}
	for range 25 {
		cmd := exec.Command(os.Args[0]) //nolint:gosec // ourselves
		cmd.Env = append(os.Environ(), writing+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "writing\n" {
			t.Fatal(line, err)
		}
		killed := time.AfterFunc(time.Duration(rand.IntN(20_000))*time.Microsecond, func() { _ = cmd.Process.Kill() }) //nolint:gosec // a moment
		_ = cmd.Wait()                                                                                                 // it was killed
		killed.Stop()
		holds(t, dir, "one", "two")
	}
	if err := directory(dir).Put(t.Context(), files("two")); err != nil {
		t.Fatal(err)
	}
	if all, err := os.ReadDir(dir); err != nil || len(all) != 4 {
		t.Errorf("what was begun is left: %v, %v", all, err)
	}
}

func TestACommandGetsATar(t *testing.T) {
	t.Setenv("WISSEL_PASSWORD", "hunter2")
	dir := t.TempDir()
	run := func(script string, within time.Duration) error {
		ctx, cancel := context.WithTimeoutCause(t.Context(), within, fmt.Errorf("it took more than %v", within))
		defer cancel()
		return command{"/bin/sh", "-c", script, "sh", dir}.Put(ctx, files("one"))
	}
	if err := run(`tar -x -C "$1" && env > "$1/env"`, 20*time.Second); err != nil {
		t.Fatal(err)
	}
	holds(t, dir, "one")
	if info, err := os.Stat(filepath.Join(dir, statuspage.Index)); err != nil || time.Since(info.ModTime()) > time.Minute {
		t.Errorf("a web server takes it for a file of %v, %v", info.ModTime(), err)
	}
	if env, err := os.ReadFile(filepath.Join(dir, "env")); err != nil || strings.Contains(string(env), "hunter2") || !strings.Contains(string(env), "PATH=") {
		t.Errorf("it knows %s, %v", env, err)
	}
	if err := run("echo no room there >&2; exit 3", 20*time.Second); err == nil || err.Error() != "it failed (exit status 3): no room there" {
		t.Error(err)
	}
	began := time.Now()
	err := run(`sleep 60 & echo $! > "$1/pid"; sleep 60`, 300*time.Millisecond)
	if err == nil || !strings.Contains(err.Error(), "it took more than 300ms") || time.Since(began) > 10*time.Second {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
	child, err := os.ReadFile(filepath.Join(dir, "pid"))
	if err != nil {
		t.Fatal(err)
	}
	stat, err := os.ReadFile(filepath.Join("/proc", strings.TrimSpace(string(child)), "stat"))
	if err == nil && !strings.Contains(string(stat), ") Z ") && !strings.Contains(string(stat), ") X ") { // dead, and not buried yet
		t.Errorf("what it started goes on: %s", stat)
	}
}

// bucketAt begins an S3 that checks signatures by another's hand (npm's aws4), and keeps what it is given in a folder.
func bucketAt(t *testing.T) (endpoint *url.URL, dir string) {
	t.Helper()
	dir = t.TempDir()
	library, err := filepath.Abs("../../../out/npm-page/node_modules/aws4")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(library); err != nil {
		t.Fatalf("npm's aws4 is not in out/npm-page: run .ci/tools test in the root of the repository (%v)", err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "testdata/s3.js", library, dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }) // it was killed
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if endpoint, err = url.Parse(strings.TrimSpace(line)); err != nil {
		t.Fatal(err)
	}
	return endpoint, dir
}

func TestABucketTakesWhatWeSign(t *testing.T) {
	endpoint, dir := bucketAt(t)
	set := S3{Endpoint: endpoint, Region: "eu-west-1", Bucket: "pages", Prefix: "status/live", Key: "AKID", Secret: wissel.NewSecret("s3cret+/=")}
	if err := newBucket(set).Put(t.Context(), files("one")); err != nil {
		t.Fatal(err)
	}
	holds(t, filepath.Join(dir, "pages", "status", "live"), "one")
	kept, err := os.ReadFile(filepath.Join(dir, "pages", "status", "live", "index.html.headers"))
	if err != nil || !strings.Contains(string(kept), "text/html; charset=utf-8") || !strings.Contains(string(kept), statuspage.CacheControl) {
		t.Errorf("%s, %v", kept, err)
	}
	set.Secret = wissel.NewSecret("another")
	err = newBucket(set).Put(t.Context(), files("two"))
	if err == nil || err.Error() != "put nl.html: it was refused: 403 Forbidden, SignatureDoesNotMatch" {
		t.Error(err)
	}
	holds(t, filepath.Join(dir, "pages", "status", "live"), "one")
}

func TestABucketThatIsNotWell(t *testing.T) {
	var status atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("we went where it sent us") }))
	defer elsewhere.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil { // else nobody notices that the client has gone
			return
		}
		code := int(status.Load())
		switch code {
		case http.StatusTemporaryRedirect:
			w.Header().Set("Location", elsewhere.URL)
		case 0: // it takes the request and says nothing
			<-r.Context().Done()
			return
		}
		w.WriteHeader(code)
		fmt.Fprint(w, "<Error><Code>InternalError</Code></Error>")
	}))
	defer server.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + closed.Addr().String()
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name, at string
		status   int
		want     string
	}{
		{"500", server.URL, http.StatusInternalServerError, "put nl.html: it was refused: 500 Internal Server Error, InternalError"},
		{"elsewhere", server.URL, http.StatusTemporaryRedirect, "put nl.html: it was refused: 307 Temporary Redirect, InternalError"},
		{"silence", server.URL, 0, "context deadline exceeded"},
		{"nobody there", nobody, 0, "connection refused"},
	} {
		t.Run(row.name, func(t *testing.T) {
			status.Store(int64(row.status))
			endpoint, err := url.Parse(row.at)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()
			err = newBucket(S3{Endpoint: endpoint, Region: "us-east-1", Bucket: "pages", Key: "k", Secret: wissel.NewSecret("s")}).Put(ctx, files("one"))
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Error(err)
			}
		})
	}
}

func TestWhatAPlaceMustBe(t *testing.T) {
	at := func(s string) *url.URL {
		u, err := url.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	good := func() S3 {
		return S3{Endpoint: at("https://s3.example"), Region: "r", Bucket: "pages", Prefix: "a/b", Key: "k", Secret: wissel.NewSecret("s")}
	}
	for _, row := range []struct {
		name string
		set  func(*Settings)
		want string // the key of the fault; empty: none
	}{
		{"a bucket", func(*Settings) {}, ""},
		{"a bucket on this machine without TLS", func(s *Settings) { s.S3.Endpoint = at("http://127.0.0.1:9000") }, ""},
		{"a bucket elsewhere without TLS", func(s *Settings) { s.S3.Endpoint = at("http://s3.example") }, "p.s3.endpoint"},
		{"an endpoint with a path", func(s *Settings) { s.S3.Endpoint = at("https://s3.example/pages") }, "p.s3.endpoint"},
		{"a prefix that leads out", func(s *Settings) { s.S3.Prefix = "a/../b" }, "p.s3.prefix"},
		{"a bucket with a slash", func(s *Settings) { s.S3.Bucket = "a/b" }, "p.s3.bucket"},
		{"no secret", func(s *Settings) { s.S3.Secret = wissel.Secret{} }, "p.s3.key"},
		{"two kinds", func(s *Settings) { s.Directory = "/srv" }, "p"},
		{"no kind", func(s *Settings) { s.S3 = nil }, "p"},
		{"a folder that is not absolute", func(s *Settings) { s.S3, s.Directory = nil, "srv" }, "p.directory"},
		{"a command by its name alone", func(s *Settings) { s.S3, s.Command = nil, []string{"rsync"} }, "p.command"},
		{"a try of an hour", func(s *Settings) { s.Within = time.Hour }, "p.within"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s3 := good()
			s := Settings{Name: "p", S3: &s3, Within: Patience}
			row.set(&s)
			ps := s.Check("p")
			if row.want == "" && len(ps) > 0 || row.want != "" && (len(ps) != 1 || ps[0].Path != row.want) {
				t.Error(ps)
			}
		})
	}
}
