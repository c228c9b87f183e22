package web

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// SocketPath takes the path out of "unix:///run/wissel/control.sock"; a plain path is taken as it is.
func SocketPath(control string) (string, error) {
	path := strings.TrimPrefix(control, "unix://")
	if strings.Contains(path, "://") || path == "" {
		return "", fmt.Errorf("control %q: only a UNIX socket is possible, as in unix:///run/wissel/control.sock", control)
	}
	return path, nil
}

// Listen opens the control socket for its owner alone (mode 0600). A socket that a dead process left is replaced; one
// that somebody serves is an error that names him.
func Listen(ctx context.Context, control string) (net.Listener, error) {
	path, err := SocketPath(control)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, fmt.Errorf("make the folder of the control socket: %w", err)
	}
	if holder, ok := served(ctx, path); ok {
		return nil, fmt.Errorf("control socket %s: %s is serving there already; stop it first, or set another listen.control", path, holder)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("remove the control socket that a dead process left: %w", err)
	}
	var config net.ListenConfig
	l, err := config.Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("open the control socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("protect the control socket: %w", err), l.Close())
	}
	return l, nil
}

// served tells who answers on a socket, if anybody does.
func served(ctx context.Context, path string) (string, bool) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return "", false
	}
	holder := peer(conn).From
	if err := conn.Close(); err != nil {
		return holder, true
	}
	if status, err := NewClient("unix://" + path).Status(ctx); err == nil {
		return fmt.Sprintf("wissel node %s (pid %d)", status.Node, status.PID), true
	}
	return "another process (" + holder + ")", true
}
