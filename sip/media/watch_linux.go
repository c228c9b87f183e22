package media

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// watch reads many sockets on one goroutine. It asks the kernel only when there is something to read, and takes one
// datagram of each such socket in turn, so that a flooded one does not keep the others waiting.
type watch struct {
	mu      sync.Mutex
	epoll   *os.File // the runtime's poller wakes the goroutine for all of them; nil before the first socket
	fd      int      // of epoll
	stopped bool
	sockets map[int32]*watched
}

// watched is a socket and who takes its datagrams.
type watched struct {
	socket *socket
	leg    *Session
	take   func(data []byte, from netip.AddrPort)
	failed int // reads in a row that failed
}

func newWatch() *watch { return &watch{sockets: map[int32]*watched{}} }

// open makes the epoll, once. The lock is held.
func (w *watch) open() error {
	if w.epoll != nil || w.stopped {
		return nil
	}
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err == nil {
		err = unix.SetNonblock(fd, true) // os leaves its waiting to the runtime's poller only then
	}
	if err != nil {
		return fmt.Errorf("make an epoll: %w", err)
	}
	w.epoll, w.fd = os.NewFile(uintptr(fd), "media"), fd
	return nil
}

// add begins to watch a socket of a leg.
func (w *watch) add(s *socket, leg *Session, take func(data []byte, from netip.AddrPort)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.open(); err != nil {
		return err
	}
	if s.closed || w.stopped {
		return nil // the leg has ended meanwhile
	}
	ev := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(s.fd)}
	if err := unix.EpollCtl(w.fd, unix.EPOLL_CTL_ADD, s.fd, &ev); err != nil {
		return fmt.Errorf("watch a socket: %w", err)
	}
	s.watch = w
	w.sockets[int32(s.fd)] = &watched{socket: s, leg: leg, take: take}
	return nil
}

// forget ends the watching of a socket whose lock is held.
func (w *watch) forget(s *socket) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if delete(w.sockets, int32(s.fd)); !w.stopped {
		_ = unix.EpollCtl(w.fd, unix.EPOLL_CTL_DEL, s.fd, nil) // closing does the same
	}
}

// stop ends run.
func (w *watch) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	if w.epoll != nil {
		_ = w.epoll.Close() // wakes run
	}
}

func (w *watch) over() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stopped
}

// run reads until stop.
func (w *watch) run() error {
	w.mu.Lock()
	err := w.open()
	file := w.epoll
	w.mu.Unlock()
	if file == nil {
		return err
	}
	raw, err := file.SyscallConn()
	if w.over() {
		return nil
	}
	if err != nil {
		return fmt.Errorf("wait for media: %w", err)
	}
	events, n := new([128]unix.EpollEvent), 0
	ready := func(fd uintptr) bool {
		r, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, fd, uintptr(unsafe.Pointer(events)), uintptr(len(events)), 0, 0, 0)
		if n = int(r); errno != 0 {
			n = 0
		}
		return n > 0
	}
	buf := make([]byte, maxDatagram)
	for {
		if err := raw.Read(ready); w.over() {
			return nil
		} else if err != nil {
			return fmt.Errorf("wait for media: %w", err)
		}
		for i := range events[:n] {
			w.mu.Lock()
			s := w.sockets[events[i].Fd]
			w.mu.Unlock()
			if s != nil && !s.read(buf) { // nil: closed since
				s.socket.mu.Lock()
				if !s.socket.closed {
					w.forget(s.socket)
				}
				s.socket.mu.Unlock()
			}
		}
	}
}

// read takes one datagram; false when the socket is to be read no more.
func (r *watched) read(buf []byte) bool {
	n, from, err := r.socket.ReadFromUDPAddrPort(buf)
	switch {
	case err == nil:
		r.failed = 0
		return r.leg.safely(r.take, buf[:n], from)
	case errors.Is(err, unix.EAGAIN), errors.Is(err, net.ErrClosed):
		return true // of a socket that had this number before
	}
	if r.failed++; r.failed < failures {
		return true
	}
	r.leg.unreadable()
	return false
}

// readers are the goroutines that read real sockets.
type readers []*watch

func newReaders(n int) readers {
	all := make(readers, n)
	for i := range all {
		all[i] = newWatch()
	}
	return all
}

// add leaves the reading of a leg's sockets to one of the readers; false when they are not of the kind that they read.
func (all readers) add(leg *Session) (bool, error) {
	rtp, ok := leg.pair.rtp.(*socket)
	rtcp, also := leg.pair.rtcp.(*socket)
	if !ok || !also {
		return false, nil
	}
	w := all[leg.id%uint64(len(all))]
	if err := w.add(rtp, leg, leg.packet); err != nil {
		return true, err
	}
	return true, w.add(rtcp, leg, leg.report)
}
