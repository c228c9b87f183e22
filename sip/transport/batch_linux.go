package transport

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// batchSize is how many datagrams are read at once at most.
const batchSize = 64

// mmsghdr is struct mmsghdr of recvmmsg(2).
type mmsghdr struct {
	hdr unix.Msghdr
	len uint32
}

// batch is the memory of one recvmmsg. Its pages are real only where a datagram has been that long.
type batch struct {
	msgs  [batchSize]mmsghdr
	iovs  [batchSize]unix.Iovec
	names [batchSize]unix.RawSockaddrInet6 // large enough for both families
	oobs  [batchSize]control
	bufs  []byte
}

func newBatch() *batch {
	b := &batch{bufs: make([]byte, batchSize*datagramRoom)}
	for i := range b.msgs {
		b.iovs[i].Base = &b.bufs[i*datagramRoom]
		b.iovs[i].SetLen(datagramRoom)
		h := &b.msgs[i].hdr
		h.Name, h.Iov = (*byte)(unsafe.Pointer(&b.names[i])), &b.iovs[i]
		h.SetIovlen(1)
		h.Control = &b.oobs[i][0]
	}
	return b
}

// receive fills the batch with what waits at the socket, 0 datagrams when nothing does. The system call never blocks, so
// the scheduler need not know of it: told of each, it would keep a thread awake that looks every 20 µs whether it has
// ended (runtime.sysmon), which costs some 15 % of a signalling load.
func (b *batch) receive(fd uintptr) (int, syscall.Errno) {
	for i := range b.msgs {
		h := &b.msgs[i].hdr
		h.Namelen = unix.SizeofSockaddrInet6
		h.SetControllen(len(b.oobs[i]))
	}
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&b.msgs[0])), batchSize, unix.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}

// peer is where datagram i came from.
func (b *batch) peer(i int) netip.AddrPort {
	name := &b.names[i]
	port := (*[2]byte)(unsafe.Pointer(&name.Port)) // in network order
	if name.Family == unix.AF_INET {
		v4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(name))
		return netip.AddrPortFrom(netip.AddrFrom4(v4.Addr), binary.BigEndian.Uint16(port[:]))
	}
	a := netip.AddrFrom16(name.Addr)
	if name.Scope_id != 0 {
		a = a.WithZone(zoneOf(name.Scope_id))
	}
	return netip.AddrPortFrom(a.Unmap(), binary.BigEndian.Uint16(port[:]))
}

// zoneOf names the interface of a link-local address as net does.
func zoneOf(index uint32) string {
	if i, err := net.InterfaceByIndex(int(index)); err == nil {
		return i.Name
	}
	return strconv.Itoa(int(index))
}

// reader gives the function that hands on what comes next at a socket: many datagrams to a system call where it is real.
func (l *listener) reader(p *packetSocket) func() error {
	if p.raw == nil {
		buf := make([]byte, datagramRoom)
		return func() error { return l.readOne(p, buf) }
	}
	b := newBatch()
	n, errno := 0, syscall.Errno(0)
	receive := func(fd uintptr) bool {
		n, errno = b.receive(fd)
		return errno != unix.EAGAIN
	}
	return func() error {
		if err := p.raw.Read(receive); err != nil {
			return err
		}
		if errno != 0 {
			return errno
		}
		l.handOn(p, b, n)
		return nil
	}
}

// handOn hands on the n datagrams of a batch.
func (l *listener) handOn(p *packetSocket, b *batch, n int) {
	now := time.Now()
	for i := range n {
		local := p.fixed
		if p.info {
			local = infoAddr(b.oobs[i][:b.msgs[i].hdr.Controllen], p.fixed)
		}
		begin := i * datagramRoom
		l.datagram(b.bufs[begin:begin+int(b.msgs[i].len)], b.peer(i), local, now, n)
	}
}
