package transaction

import (
	"hash/maphash"
	"iter"
	"time"
)

// Table holds the transactions of one shard. It belongs to one goroutine.
type Table struct {
	limit int
	base  time.Time // tick 0; zero until the first call
	now   time.Time // of the call that runs
	seq   uint64
	seeds [2]maphash.Seed
	index map[key]int32 // by key, and by merge key
	slab  slab
	wheel wheel
	paths paths
	out   queue
	text  []byte // scratch, for hashing
	stats Stats
}

// NewTable makes a Table for limit live transactions (those that still wait for something); 0 or less is no limit. Requests
// within a dialog and CANCEL may use a quarter more, our own requests twice as many; finished ones, kept to absorb
// retransmissions, are at most sixteen times limit.
func NewTable(limit int) *Table {
	if limit <= 0 {
		limit = maxSlots / 32
	}
	return &Table{
		limit: min(limit, maxSlots/32),
		seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()},
		index: map[key]int32{},
		paths: paths{at: map[Path]uint32{}},
	}
}

// An ID is a sequence number above the slot's number: slots are used again, sequence numbers never.
const (
	slotBits = 24
	maxSlots = 1 << slotBits
)

func (t *Table) id(i int32) ID { return ID(t.slab.at(i).seq<<slotBits | uint64(i)) }

// find gives the slot of an ID that is still there.
func (t *Table) find(id ID) (int32, *machine, bool) {
	i := int32(id & (maxSlots - 1))
	if id == 0 || int(i) >= len(t.slab.pages)*pageSize {
		return 0, nil, false
	}
	m := t.slab.at(i)
	return i, m, m.seq != 0 && m.seq == uint64(id>>slotBits)
}

// clock takes in the time of a call. A time before the last one counts as the last one.
func (t *Table) clock(now time.Time) {
	if t.base.IsZero() {
		t.base = now.Add(-time.Duration(now.UnixNano() % int64(time.Millisecond))) // round times stay round; monotonic (no Truncate)
		t.base = t.base.Add(-time.Millisecond)                                     // tick 0 means never
		t.now = now
	}
	if now.After(t.now) {
		t.now = now
	}
	if t.stats.Live+t.stats.Tombs == 0 {
		t.wheel.now = tick(t.now.Sub(t.base) / time.Millisecond) // nobody has called Advance while there was nothing to wait for
	}
}

// in is the tick d from now, rounded up.
func (t *Table) in(d time.Duration) tick {
	return tick((t.now.Sub(t.base) + d + time.Millisecond - 1) / time.Millisecond)
}

// add makes a machine; the caller sets its state and arms it.
func (t *Table) add(k key, r role, m method, path Path) int32 {
	i := t.slab.take()
	t.seq++
	*t.slab.at(i) = machine{key: k, role: r, method: m, seq: t.seq, path: t.paths.take(path)}
	if path.Peer.Transport.Reliable() {
		t.slab.at(i).flags |= reliable
	}
	t.index[k] = i
	t.stats.Live++
	return i
}

// remove forgets a machine and says so.
func (t *Table) remove(i int32) {
	m := t.slab.at(i)
	t.out.push(Effect{Kind: Gone, ID: t.id(i)})
	t.wheel.stop(&t.slab, i)
	delete(t.index, m.key)
	if m.merge != (key{}) {
		delete(t.index, m.merge)
	}
	t.paths.give(m.path)
	if m.is(tomb) {
		t.stats.Tombs--
	} else {
		t.stats.Live--
	}
	t.slab.give(i)
}

// bury marks a machine as finished: kept until end, with data as all that it may still say.
func (t *Table) bury(i int32, data []byte, keep time.Duration) {
	m := t.slab.at(i)
	if cap(data) > len(data)+len(data)/4+64 {
		data = append([]byte(nil), data...) // a tombstone keeps no more than it needs
	}
	m.data, m.resend = data, 0
	t.finish(m)
	if keep == 0 {
		t.remove(i)
		return
	}
	m.end = t.in(keep)
	t.arm(i)
}

// finish counts a machine among the tombstones.
func (t *Table) finish(m *machine) {
	if !m.is(tomb) {
		m.flags |= tomb
		t.stats.Live--
		t.stats.Tombs++
	}
}

// arm puts a machine where its next deadline is.
func (t *Table) arm(i int32) {
	m := t.slab.at(i)
	t.wheel.stop(&t.slab, i)
	m.when = m.end
	if m.resend != 0 && (m.end == 0 || m.resend < m.end) {
		m.when = m.resend
	}
	if m.when != 0 {
		t.wheel.set(&t.slab, i)
	}
}

// send transmits a machine's data.
func (t *Table) send(i int32, data []byte) {
	m := t.slab.at(i)
	t.out.push(Effect{Kind: Transmit, ID: t.id(i), Path: t.paths.all[m.path].Path, Data: data})
}

// Advance does what is due at now.
func (t *Table) Advance(now time.Time) {
	t.clock(now)
	to := tick(t.now.Sub(t.base) / time.Millisecond)
	for {
		i, ok := t.wheel.pop(&t.slab, to)
		if !ok {
			return
		}
		m := t.slab.at(i)
		if m.end != 0 && m.end <= to {
			t.over(i)
			continue
		}
		if m.resend != 0 && m.resend <= to {
			t.again(i)
		}
		t.arm(i)
	}
}

// again sends once more what nobody has acknowledged (Timers A, E, G, and the 2xx of §13.3.1.4).
func (t *Table) again(i int32) {
	m := t.slab.at(i)
	t.stats.Resent++
	t.send(i, m.data)
	m.sent++
	limit := T2
	if m.role == inviteClient {
		limit = 0 // Timer A doubles without end; Timer B comes first
	} else if m.role == client && m.state == proceeding {
		m.sent = 16 // Timer E is T2 from the first provisional response on (§17.1.2.2)
	}
	m.resend = t.in(interval(m.sent, limit)) // from now, not from when it was due: a late Advance sends no burst
}

// over ends a state whose time is up.
func (t *Table) over(i int32) {
	m := t.slab.at(i)
	switch {
	case m.is(tomb):
	case m.role == client, m.role == inviteClient: // Timers B and F
		t.stats.Timeouts++
		t.out.push(Effect{Kind: Timeout, ID: t.id(i)})
	case m.role == inviteServer && m.state == accepted: // Timer L, and no ACK
		t.stats.NoAcks++
		t.out.push(Effect{Kind: NoAck, ID: t.id(i)})
	}
	t.remove(i)
}

// Next is when Advance is to be called next; false: there is nothing to wait for.
func (t *Table) Next() (time.Time, bool) {
	at, _, ok := t.wheel.next()
	if !ok {
		return time.Time{}, false
	}
	return t.base.Add(time.Duration(at) * time.Millisecond), true
}

// Effects takes the effects that wait, in order, one at a time: what the loop's body adds by calling the table is walked in
// the same loop, and a loop within a loop is safe. They are to be carried out after each call of the methods above.
func (t *Table) Effects() iter.Seq[Effect] {
	return func(yield func(Effect) bool) {
		for {
			e, ok := t.out.pop()
			if !ok || !yield(e) {
				return
			}
		}
	}
}

// Path is where the transaction's messages go; false: it is gone.
func (t *Table) Path(id ID) (Path, bool) {
	_, m, ok := t.find(id)
	if !ok {
		return Path{}, false
	}
	return t.paths.all[m.path].Path, true
}

// Len is how many transactions are live.
func (t *Table) Len() int { return t.stats.Live }

// Stats gives the counters.
func (t *Table) Stats() Stats { return t.stats }

// queue is the effects that wait. Its memory is used again.
type queue struct {
	items []Effect
	head  int
}

func (q *queue) push(e Effect) { q.items = append(q.items, e) }

func (q *queue) pop() (Effect, bool) {
	if q.head == len(q.items) {
		q.items, q.head = q.items[:0], 0
		return Effect{}, false
	}
	e := q.items[q.head]
	q.items[q.head] = Effect{}
	q.head++
	return e, true
}
