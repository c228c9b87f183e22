package push

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"wissel/internal/statuspage"
)

// command gives the files to a program: a tar on its standard input. It has no shell, and of our environment only what a program needs
// to run, since ours holds secrets. Exit 0 is that they are where they belong.
type command []string

// afterKill is how long what it wrote is waited for once it was killed.
const afterKill = time.Second

func (c command) Put(ctx context.Context, files []statuspage.File) error {
	archive, err := pack(files, time.Now())
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, c[0], c[1:]...) //nolint:gosec // it is the operator's own
	cmd.Stdin, cmd.WaitDelay = bytes.NewReader(archive), afterKill
	for _, name := range []string{"PATH", "HOME", "LANG", "TZ"} {
		if v, ok := os.LookupEnv(name); ok {
			cmd.Env = append(cmd.Env, name+"="+v)
		}
	}
	said := &tail{}
	cmd.Stdout, cmd.Stderr = said, said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // what it started ends with it
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	err = cmd.Run()
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("it did not end in time and was killed: %w", context.Cause(ctx))
	case errors.Is(err, exec.ErrWaitDelay):
		return fmt.Errorf("it ended, and something that it started still holds its output: %w", err)
	}
	return fmt.Errorf("it failed (%w)%s", err, said)
}

// pack makes a tar of the files. Web servers tell by its time whether a file is another: two pages may be of one length.
func pack(files []statuspage.File, now time.Time) ([]byte, error) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, f := range files {
		if err := w.WriteHeader(&tar.Header{Name: f.Name, Mode: 0o644, Size: int64(len(f.Body)), ModTime: now, Format: tar.FormatUSTAR}); err != nil {
			return nil, fmt.Errorf("pack %s: %w", f.Name, err)
		}
		if _, err := w.Write(f.Body); err != nil {
			return nil, fmt.Errorf("pack %s: %w", f.Name, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("pack the pages: %w", err)
	}
	return out.Bytes(), nil
}

// tail keeps the end of what a program says.
type tail struct{ b []byte }

const mostSaid = 300

func (t *tail) Write(p []byte) (int, error) {
	t.b = append(t.b, p...)
	t.b = append([]byte(nil), t.b[max(0, len(t.b)-mostSaid):]...)
	return len(p), nil
}

func (t *tail) String() string {
	if text := strings.TrimSpace(strings.ToValidUTF8(string(t.b), "?")); text != "" {
		return ": " + text
	}
	return ""
}
