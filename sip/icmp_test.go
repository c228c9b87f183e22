package sip

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"wissel/sip/transport"
)

func TestWhoseFaultAFailedSendIs(t *testing.T) {
	rows := []struct {
		name string
		err  error
		want bool
	}{
		{"its port is closed", syscall.ECONNREFUSED, false},
		{"it reset the connection", fmt.Errorf("write: %w", syscall.ECONNRESET), false},
		{"its host does not answer ARP", syscall.EHOSTUNREACH, false},
		{"it took too long", context.DeadlineExceeded, false},
		{"its connection is closed", transport.ErrClosed, false},
		{"it closed while our message waited to leave", fmt.Errorf("read: %w", io.EOF), false},
		{"its connection was closed while we wrote", fmt.Errorf("write: %w", net.ErrClosed), false},
		{"it reads nothing, so that writing took too long", fmt.Errorf("write: %w", os.ErrDeadlineExceeded), false},
		{"we have no route", syscall.ENETUNREACH, true},
		{"our interface is down", syscall.ENETDOWN, true},
		{"a router has no route", &transport.ICMPError{Err: syscall.ENETUNREACH}, false},
		{"our firewall keeps it in", syscall.EPERM, true},
		{"we have no socket left", syscall.EMFILE, true},
		{"its certificate is faulty", &transport.HandshakeError{}, false},
		{"ours is", &transport.HandshakeError{Ours: true}, true},
		{"anything else", errors.New("unknown"), true},
	}
	for _, row := range rows {
		if got := ourFault(row.err); got != row.want {
			t.Errorf("%s: our fault is %v", row.name, got)
		}
	}
}
