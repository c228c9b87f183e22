package transport

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// outgoing is one datagram on its way out; they are in a pool because sending must not allocate.
type outgoing struct {
	hdr     unix.Msghdr
	iov     unix.Iovec
	name    unix.RawSockaddrInet6 // large enough for both families
	control control
	errno   syscall.Errno
	send    func(fd uintptr) bool // for RawConn.Write
}

var outgoings = sync.Pool{New: func() any {
	o := &outgoing{}
	o.hdr.Name, o.hdr.Iov = (*byte)(unsafe.Pointer(&o.name)), &o.iov
	o.hdr.SetIovlen(1)
	// Like receive, it never blocks: the scheduler need not know. A full buffer is waited for by RawConn.
	o.send = func(fd uintptr) bool {
		_, _, o.errno = unix.RawSyscall(unix.SYS_SENDMSG, fd, uintptr(unsafe.Pointer(&o.hdr)), unix.MSG_DONTWAIT)
		return o.errno != unix.EAGAIN
	}
	return o
}}

// write sends one datagram of a real socket, from the address of ours that to names.
func (p *packetSocket) write(to Path, data []byte) error {
	if p.raw == nil || len(data) == 0 {
		return p.writePlain(to, data)
	}
	o := outgoings.Get().(*outgoing)
	defer outgoings.Put(o)
	o.address(p.v4, to.Peer.AddrPort)
	o.iov.Base = &data[0]
	o.iov.SetLen(len(data))
	o.hdr.Control, o.hdr.Controllen = nil, 0
	if p.info && to.Local.IsValid() {
		o.from(to)
	}
	err := p.raw.Write(o.send)
	o.iov.Base = nil
	if err != nil {
		return err
	}
	if o.errno != 0 {
		return o.errno
	}
	return nil
}

// address writes the peer's address in the socket's family.
func (o *outgoing) address(v4 bool, to netip.AddrPort) {
	port := (*[2]byte)(unsafe.Pointer(&o.name.Port)) // at the same place in both
	if v4 {
		name := (*unix.RawSockaddrInet4)(unsafe.Pointer(&o.name))
		name.Family, name.Addr = unix.AF_INET, to.Addr().Unmap().As4()
		o.hdr.Namelen = unix.SizeofSockaddrInet4
	} else {
		o.name = unix.RawSockaddrInet6{Family: unix.AF_INET6, Addr: to.Addr().As16(), Scope_id: scopeOf(to.Addr().Zone())}
		o.hdr.Namelen = unix.SizeofSockaddrInet6
	}
	binary.BigEndian.PutUint16(port[:], to.Port())
}

// scopeOf is the interface that a link-local address names, 0 for others.
func scopeOf(zone string) uint32 {
	if zone == "" {
		return 0
	}
	if i, err := net.InterfaceByName(zone); err == nil {
		return uint32(i.Index)
	}
	n, _ := strconv.ParseUint(zone, 10, 32) // 0: the system says that it will not do
	return uint32(n)
}

// from adds the control message that chooses the address of ours that the datagram leaves from.
func (o *outgoing) from(to Path) {
	o.control = control{}
	h := (*unix.Cmsghdr)(unsafe.Pointer(&o.control)) // as aligned as the pointers beside it
	at := unix.CmsgLen(0)
	size := 0
	if to.Peer.AddrPort.Addr().Is4() && to.Local.Is4() {
		h.Level, h.Type, size = unix.IPPROTO_IP, unix.IP_PKTINFO, unix.SizeofInet4Pktinfo
		a := to.Local.As4()
		copy(o.control[at+4:], a[:])
	} else {
		h.Level, h.Type, size = unix.IPPROTO_IPV6, unix.IPV6_PKTINFO, unix.SizeofInet6Pktinfo
		a := to.Local.As16()
		copy(o.control[at:], a[:])
	}
	h.SetLen(unix.CmsgLen(size))
	o.hdr.Control = &o.control[0]
	o.hdr.SetControllen(unix.CmsgSpace(size))
}
