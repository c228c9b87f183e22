package redis

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os/exec"
	"syscall"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

const word = "only-of-this-test"

// server is a redis-server of our own on loopback, in memory alone.
type server struct {
	t    *testing.T
	addr string
	out  bytes.Buffer
	cmd  *exec.Cmd
}

// serve starts one, which ends with the test.
func serve(t *testing.T) *server {
	t.Helper()
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, addr: ln.Addr().String()}
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	s.start()
	t.Cleanup(s.end)
	return s
}

func (s *server) start() {
	s.t.Helper()
	_, port, _ := net.SplitHostPort(s.addr)
	s.out.Reset()
	s.cmd = exec.Command("redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--requirepass", word,
		"--dir", s.t.TempDir(), "--daemonize", "no", "--pidfile", "")
	s.cmd.Stdout, s.cmd.Stderr = &s.out, &s.out
	if err := s.cmd.Start(); err != nil {
		s.t.Fatalf("start redis-server: %v; `.ci/tools test` installs it", err)
	}
	c := s.client()
	defer func() { _ = c.Close() }() // there is nothing in it
	s.until("it answers", func() bool { return c.Ping(s.t.Context()).Err() == nil })
}

// end ends the server, also one that is stopped.
func (s *server) end() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill() // it may be gone
	_ = s.cmd.Wait()         // killed
	s.cmd = nil
}

func (s *server) signal(sig syscall.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

// client is one of the test's own, as patient as it gets.
func (s *server) client() *goredis.Client {
	return goredis.NewClient(&goredis.Options{Addr: s.addr, Password: word, Protocol: 2, DisableIdentity: true, MaxRetries: -1})
}

func (s *server) until(what string, ok func() bool) {
	s.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			s.t.Fatalf("not in ten seconds: %s; the server said\n%s", what, s.out.String())
		}
		<-time.After(10 * time.Millisecond)
	}
}

// do asks the server for something by a client of the test's own.
func (s *server) do(args ...any) {
	s.t.Helper()
	c := s.client()
	defer func() { _ = c.Close() }() // there is nothing in it
	if err := c.Do(context.Background(), args...).Err(); err != nil {
		s.t.Fatal(fmt.Errorf("%v: %w", args, err))
	}
}

// doOther is do once the password is another.
func (s *server) doOther(args ...any) {
	s.t.Helper()
	c := goredis.NewClient(&goredis.Options{Addr: s.addr, Password: "other", Protocol: 2, DisableIdentity: true, MaxRetries: -1})
	defer func() { _ = c.Close() }() // there is nothing in it
	if err := c.Do(context.Background(), args...).Err(); err != nil {
		s.t.Fatal(fmt.Errorf("%v: %w", args, err))
	}
}
