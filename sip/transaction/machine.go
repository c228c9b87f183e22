package transaction

import "time"

// The timers of RFC 3261 §17.1.1.1 and table 4.
const (
	T1       = 500 * time.Millisecond // an estimate of the round trip
	T2       = 4 * time.Second        // the longest interval between retransmissions of all but an INVITE
	T4       = 5 * time.Second        // the longest that a message stays in the network
	lifetime = 64 * T1                // Timers B, D, F, H, J, L and M
)

// role is which of the four machines a transaction is.
type role uint8

const (
	inviteClient role = iota + 1 // §17.1.1, RFC 6026 §8.4
	client                       // §17.1.2
	inviteServer                 // §17.2.1, RFC 6026 §7.1
	server                       // §17.2.2
)

// state is where it stands, in the words of RFC 3261. Terminated is a slot that is free.
type state uint8

const (
	trying     state = iota + 1 // Calling of an INVITE client, Trying of the others but an INVITE server, which begins Proceeding
	proceeding                  // a provisional response has passed
	accepted                    // an INVITE and a 2xx (RFC 6026)
	completed                   // another final response has passed
	confirmed                   // INVITE server: and its ACK too
)

// flag bits of a machine.
const (
	tomb     uint8 = 1 << iota // finished: kept only to absorb and repeat
	left                       // client: the user quit it; it gives no Timeout
	orphan                     // server CANCEL: its INVITE is not known
	reliable                   // it runs over a connection
)

// method as far as matching needs it: a response belongs to a request of its CSeq's method (§17.1.3).
type method uint8

const (
	methodOther method = iota
	methodInvite
	methodAck
	methodCancel
	methodBye
	methodOptions
	methodInfo
	methodUpdate
	methodRegister
)

func methodOf(s string) method {
	switch s {
	case "INVITE":
		return methodInvite
	case "ACK":
		return methodAck
	case "CANCEL":
		return methodCancel
	case "BYE":
		return methodBye
	case "OPTIONS":
		return methodOptions
	case "INFO":
		return methodInfo
	case "UPDATE":
		return methodUpdate
	case "REGISTER":
		return methodRegister
	}
	return methodOther
}

// key is what a message is found by: 128 bits of keyed hash. Two messages of different transactions never meet in it but
// by a chance of one in 2^64 or so, and nobody outside can aim for it.
type key [2]uint64

// tick counts milliseconds since the Table's base. 0 in a machine means never.
type tick int64

// machine is one transaction: numbers and bytes. Its only pointer is to the message that it may have to send again.
type machine struct {
	key    key
	merge  key    // server, outside a dialog: what a copy by another way is known by; zero: none
	data   []byte // client: the request, later the ACK; server: the last response; nil: nothing to repeat
	seq    uint64 // the upper part of the ID; 0: the slot is free
	resend tick   // when data is sent again
	end    tick   // when the state ends
	when   tick   // where the wheel has it: the earlier of the two
	next   int32  // in the wheel's list, as slot+1; 0: none
	prev   int32
	path   uint32 // in the Table's paths
	bucket int16  // of the wheel, +1; 0: none
	role   role
	state  state
	method method
	flags  uint8
	sent   uint8 // how often data has been sent by its timer, for the next interval
	again  int16 // the status of Settle; 0: none
}

func (m *machine) is(f uint8) bool { return m.flags&f != 0 }

// interval is how long to wait after the n-th retransmission: T1 doubled each time, at most limit (0: no limit).
func interval(n uint8, limit time.Duration) time.Duration {
	d := T1 << min(n, 16)
	if limit > 0 && d > limit {
		return limit
	}
	return d
}

// slab keeps machines in pages, so that growing copies nothing and a page is one object for the garbage collector.
type slab struct {
	pages []*[pageSize]machine
	free  []int32
}

const pageSize = 256

// at gives slot i.
func (s *slab) at(i int32) *machine { return &s.pages[i/pageSize][i%pageSize] }

// take gives a free slot.
func (s *slab) take() int32 {
	if len(s.free) == 0 {
		base := int32(len(s.pages) * pageSize)
		s.pages = append(s.pages, new([pageSize]machine))
		for i := int32(pageSize) - 1; i >= 0; i-- {
			s.free = append(s.free, base+i)
		}
	}
	i := s.free[len(s.free)-1]
	s.free = s.free[:len(s.free)-1]
	return i
}

// give takes slot i back.
func (s *slab) give(i int32) {
	*s.at(i) = machine{}
	s.free = append(s.free, i)
}
