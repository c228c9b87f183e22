//go:build linux

package main

import (
	"encoding/binary"
	"net/netip"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	frame     = 20 * time.Millisecond
	slots     = 20 // the streams are spread over a frame's length
	rtpHead   = 12
	rtpBytes  = rtpHead + 160
	rtpMagic  = 0x77697373656c2121 // in front of the payload, so that ours are known however they come back
	payloadAt = rtpHead
)

// stream is one direction of voice of one call.
type stream struct {
	to   netip.AddrPort
	from *socket
	seq  uint16
	ssrc uint32
}

// late is how far speak may fall behind before it gives up the beat: a burst to make up for it would measure the bench.
const late = 5 * time.Millisecond

// speak sends a packet for every stream each 20 ms for length, and gives how many it sent; fewer than there should be when
// it got too little of the processor. Each packet carries the time at which it left. It keeps a thread of the system.
func speak(streams []stream, length time.Duration) (sent int) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var out sender
	begin := now()
	end := begin + length
	for tick := 0; ; tick++ {
		due := begin + time.Duration(tick)*(frame/slots)
		if due >= end {
			return sent
		}
		if wait := due - now(); wait > 0 {
			ts := unix.NsecToTimespec(int64(wait))
			_ = unix.Nanosleep(&ts, nil) // a signal wakes us early, which costs a packet a moment
		} else if -wait > late {
			begin -= wait
			continue
		}
		for i := tick % slots; i < len(streams); i += slots {
			st := &streams[i]
			out.add(st, uint32(tick/slots)*160)
			st.seq++
			sent++
		}
		out.flush()
	}
}

// sender collects packets of one socket for one system call.
type sender struct {
	n     int
	sock  *socket
	msgs  [16]mmsghdr
	iovs  [16]unix.Iovec
	names [16]unix.RawSockaddrInet4
	data  [16][rtpBytes]byte
}

func (o *sender) add(st *stream, timestamp uint32) {
	if o.n == len(o.msgs) || o.n > 0 && o.sock != st.from {
		o.flush()
	}
	o.sock = st.from
	p := &o.data[o.n]
	p[0], p[1] = 0x80, 8
	binary.BigEndian.PutUint16(p[2:], st.seq)
	binary.BigEndian.PutUint32(p[4:], timestamp)
	binary.BigEndian.PutUint32(p[8:], st.ssrc)
	binary.BigEndian.PutUint64(p[payloadAt:], rtpMagic)
	binary.BigEndian.PutUint64(p[payloadAt+8:], uint64(now()))
	o.names[o.n] = sockaddr(st.to)
	o.iovs[o.n].Base = &p[0]
	o.iovs[o.n].SetLen(rtpBytes)
	h := &o.msgs[o.n].hdr
	h.Name, h.Namelen, h.Iov = (*byte)(unsafe.Pointer(&o.names[o.n])), unix.SizeofSockaddrInet4, &o.iovs[o.n]
	h.SetIovlen(1)
	o.n++
}

func (o *sender) flush() {
	for done := 0; done < o.n; {
		n, _, errno := unix.Syscall6(unix.SYS_SENDMMSG, uintptr(o.sock.fd), uintptr(unsafe.Pointer(&o.msgs[done])), uintptr(o.n-done), 0, 0, 0)
		if errno != 0 {
			n = 1 // that one is lost
		}
		done += int(n)
	}
	o.n = 0
}

// ear counts the packets of speak that come back to a socket, and how long they were under way.
type ear struct {
	got   int
	other int // packets that are none of ours
	times histogram
}

func (e *ear) hear(d datagram) {
	if len(d.data) < payloadAt+16 || binary.BigEndian.Uint64(d.data[payloadAt:]) != rtpMagic {
		e.other++
		return
	}
	e.got++
	e.times.add(d.at - time.Duration(binary.BigEndian.Uint64(d.data[payloadAt+8:])))
}

// metronome measures how evenly streams come, each known by the port it comes from.
type metronome struct {
	last [65536]time.Duration
	gaps histogram
	late histogram // by how much a gap was longer than 20 ms
	got  int
}

func (m *metronome) hear(d datagram, since time.Duration) {
	last := &m.last[d.from.Port()]
	if since > 0 && d.at >= since {
		m.got++
		if *last >= since {
			m.gaps.add(d.at - *last)
			m.late.add(max(0, d.at-*last-frame))
		}
	}
	*last = d.at
}
