package transaction

import (
	"bytes"
	"container/heap"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// ledger checks what must hold of every sequence of effects: nothing comes of an ID after its Gone, and Gone comes once.
type ledger struct {
	t     rapid.TB
	gone  map[ID]bool
	sent  int
	noAck int
	late  int // timeouts
}

func (l *ledger) take(table *Table) {
	for e := range table.Effects() {
		if l.gone[e.ID] {
			l.t.Fatalf("effect %d of %d after it was gone", e.Kind, e.ID)
		}
		switch e.Kind {
		case Gone:
			l.gone[e.ID] = true
		case Transmit:
			l.sent++
		case NoAck:
			l.noAck++
		case Timeout:
			l.late++
		}
	}
}

// settle lets all timers run out and checks that nothing is left.
func (l *ledger) settle(table *Table, now time.Time) {
	for n := 0; ; n++ {
		at, ok := table.Next()
		if !ok {
			break
		}
		if n > 5000 {
			l.t.Fatalf("it never comes to rest: next is %v", at)
		}
		if at.After(now) {
			now = at
		}
		table.Advance(now)
		l.take(table)
	}
	if s := table.Stats(); s.Live != 0 || s.Tombs != 0 || len(table.index) != 0 || len(table.paths.at) != 0 {
		l.t.Fatalf("left behind: %+v, %d keys, %d paths", s, len(table.index), len(table.paths.at))
	}
}

// TestServerInAnyOrder: whatever comes in whatever order, the caller sees one final response and nothing is left behind.
func TestServerInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table, now := NewTable(50), start
		l := &ledger{t: t, gone: map[ID]bool{}}
		path := rapid.SampledFrom([]Path{udp, tcp}).Draw(t, "path")
		method := rapid.SampledFrom([]string{"INVITE", "BYE", "INFO"}).Draw(t, "method")
		var ids []ID
		finals := map[ID][]int{}
		for range rapid.IntRange(1, 40).Draw(t, "events") {
			r := incoming(method, path)
			switch rapid.IntRange(0, 6).Draw(t, "event") {
			case 0, 1:
				v := table.Receive(r, now)
				if v.Kind != Absorbed && !slices.Contains(ids, v.ID) {
					ids = append(ids, v.ID)
				}
			case 2:
				r.Method = "CANCEL"
				if v := table.Receive(r, now); v.Kind == Cancel && (v.Invite == 0 || v.Invite == v.ID) {
					t.Fatalf("%+v", v)
				} else if v.Kind == Cancel || v.Kind == CancelUnmatched {
					table.Respond(v.ID, 200, []byte("200"), now)
				}
			case 3:
				r.Method = "ACK"
				table.Receive(r, now)
			case 4, 5:
				if len(ids) == 0 {
					break
				}
				id := rapid.SampledFrom(ids).Draw(t, "id")
				status := rapid.SampledFrom([]int{100, 180, 200, 486, 503}).Draw(t, "status")
				before := table.out.items
				table.Respond(id, status, fmt.Append(nil, status), now)
				if len(table.out.items) > len(before) && status >= 200 && !l.gone[id] {
					finals[id] = append(finals[id], status)
				}
				if status < 300 && rapid.Bool().Draw(t, "acked") {
					table.Acked(id, now)
				}
			case 6:
				now = now.Add(time.Duration(rapid.Int64Range(0, int64(10*time.Second)).Draw(t, "pass")))
				table.Advance(now)
			}
			l.take(table)
		}
		for id, f := range finals {
			if len(f) > 1 {
				t.Fatalf("transaction %d gave %v", id, f)
			}
		}
		for _, id := range ids {
			table.Respond(id, 500, []byte("500"), now)
			l.take(table)
		}
		l.settle(table, now)
	})
}

// TestClientInAnyOrder: whatever comes in whatever order, one refusal is delivered at most, and all ends.
func TestClientInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table, now := NewTable(50), start
		l := &ledger{t: t, gone: map[ID]bool{}}
		path := rapid.SampledFrom([]Path{udp, tcp}).Draw(t, "path")
		method := rapid.SampledFrom([]string{"INVITE", "OPTIONS"}).Draw(t, "method")
		id, err := table.Start(method, "z9hG4bKc1", request(method), path, now)
		if err != nil {
			t.Fatal(err)
		}
		refused, accepted, quit := 0, false, false
		for range rapid.IntRange(1, 40).Draw(t, "events") {
			switch rapid.IntRange(0, 5).Draw(t, "event") {
			case 0, 1, 2:
				status := rapid.SampledFrom([]int{100, 180, 200, 486, 503}).Draw(t, "status")
				from := rapid.SampledFrom([]Path{path, path, path, stranger}).Draw(t, "from")
				a := table.Match(Response{Branch: "z9hG4bKc1", CSeqMethod: method, Status: status, Data: response(method, status), Path: from}, now)
				if a.Deliver && from == stranger {
					t.Fatal("a stranger's response was delivered")
				}
				if a.Deliver && a.ID != id {
					t.Fatalf("%+v", a)
				}
				if a.Deliver && status >= 300 {
					refused++
				}
				if a.Deliver && status/100 == 2 {
					accepted = true
				}
			case 3:
				if method == "INVITE" {
					if _, err := table.Start("CANCEL", "z9hG4bKc1", request("CANCEL"), path, now); err == nil {
						quit = true
						if refused > 0 || accepted {
							t.Fatal("a CANCEL after a final response")
						}
					}
				}
			case 4:
				table.Quit(id, now)
				quit = true
			case 5:
				now = now.Add(time.Duration(rapid.Int64Range(0, int64(10*time.Second)).Draw(t, "pass")))
				table.Advance(now)
			}
			l.take(table)
		}
		if refused > 1 || refused > 0 && accepted {
			t.Fatalf("%d refusals, accepted %v", refused, accepted)
		}
		if quit && method != "INVITE" && l.late > 0 {
			t.Fatal("a timeout after it was left")
		}
		table.Quit(id, now) // a ringing INVITE has no end of its own
		l.settle(table, now)
	})
}

// wire joins two Tables by a network that loses the datagrams it is told to.
type wire struct {
	now    time.Time
	flying flights
	count  int
	lose   func(n int) bool
	a, b   *Table // a asks, b answers
	got    []int  // finals delivered to a's user
	acked  bool
}

type flight struct {
	at   time.Time
	n    int
	to   *Table
	data []byte
}

type flights []flight

func (f flights) Len() int { return len(f) }
func (f flights) Less(i, j int) bool {
	return f[i].at.Before(f[j].at) || f[i].at.Equal(f[j].at) && f[i].n < f[j].n
}
func (f flights) Swap(i, j int) { f[i], f[j] = f[j], f[i] }
func (f *flights) Push(x any)   { *f = append(*f, x.(flight)) }
func (f *flights) Pop() any     { x := (*f)[len(*f)-1]; *f = (*f)[:len(*f)-1]; return x }

func (w *wire) post(to *Table, data []byte) {
	w.count++
	if !w.lose(w.count) {
		heap.Push(&w.flying, flight{w.now.Add(10 * time.Millisecond), w.count, to, data})
	}
}

func (w *wire) drain(t *testing.T) {
	for _, side := range []*Table{w.a, w.b} {
		for e := range side.Effects() {
			switch e.Kind {
			case Transmit:
				to := w.b
				if side == w.b {
					to = w.a
				}
				w.post(to, e.Data)
			case Timeout, NoAck:
				t.Errorf("effect %d at %v", e.Kind, w.now.Sub(start))
			case Gone:
			}
		}
	}
}

// deliver hands a datagram over, and lets the users do what users do.
func (w *wire) deliver(f flight, method string, final int) {
	if !bytes.HasPrefix(f.data, []byte("SIP/2.0")) {
		verb, _, _ := bytes.Cut(f.data, []byte(" "))
		r := incoming(string(verb), udp)
		if string(verb) == "ACK2" { // the dialog's own ACK, of a 2xx
			r.Method, r.Branch = "ACK", "z9hG4bKs2"
		}
		switch v := f.to.Receive(r, w.now); v.Kind {
		case New:
			f.to.Respond(v.ID, 100, response(method, 100), w.now)
			f.to.Respond(v.ID, 180, response(method, 180), w.now)
			f.to.Respond(v.ID, final, response(method, final), w.now)
		case Ack:
			w.acked = true
		case AckUnmatched:
			w.acked = true
			f.to.Acked(1<<slotBits, w.now)
		case Absorbed, Cancel, CancelUnmatched, Cancelled, Merged, Full:
		}
		return
	}
	var status int
	_, _ = fmt.Sscanf(string(f.data), "SIP/2.0 %d", &status)
	a := f.to.Match(Response{Branch: "z9hG4bKc1", CSeqMethod: method, Status: status, Data: f.data, Path: udp}, w.now)
	if a.Deliver && status >= 200 {
		if len(w.got) == 0 {
			w.got = append(w.got, status)
		}
		if status < 300 && method == "INVITE" {
			w.post(w.b, []byte("ACK2 "))
		}
	}
}

// TestEachDatagramLostInTurn: the outcome is the same whichever one or two datagrams the network loses.
func TestEachDatagramLostInTurn(t *testing.T) {
	for _, row := range []struct {
		name   string
		method string
		final  int
		ack    bool
	}{
		{"an INVITE that is answered", "INVITE", 200, true},
		{"an INVITE that is refused", "INVITE", 486, true},
		{"a BYE that is answered", "BYE", 200, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			for first := range 15 {
				for second := first; second < 15; second++ {
					w := &wire{now: start, a: NewTable(10), b: NewTable(10), lose: func(n int) bool { return n == first || n == second }}
					if _, err := w.a.Start(row.method, "z9hG4bKc1", request(row.method), udp, w.now); err != nil {
						t.Fatal(err)
					}
					w.drain(t)
					for w.step() {
						if len(w.flying) > 0 && !w.flying[0].at.After(w.now) {
							w.deliver(heap.Pop(&w.flying).(flight), row.method, row.final)
						}
						w.drain(t)
					}
					if len(w.got) != 1 || w.got[0] != row.final || w.acked != row.ack {
						t.Errorf("lost %d and %d: delivered %v, acked %v", first, second, w.got, w.acked)
					}
					if w.a.Len()+w.b.Len() != 0 || w.a.Stats().Tombs+w.b.Stats().Tombs != 0 {
						t.Errorf("lost %d and %d: left behind", first, second)
					}
				}
			}
		})
	}
}

// step moves to the next thing that happens, and reports whether there is one.
func (w *wire) step() bool {
	var next time.Time
	for _, side := range []*Table{w.a, w.b} {
		if at, ok := side.Next(); ok && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	if len(w.flying) > 0 && (next.IsZero() || w.flying[0].at.Before(next)) {
		next = w.flying[0].at
	}
	if next.IsZero() {
		return false
	}
	if next.After(w.now) {
		w.now = next
	}
	w.a.Advance(w.now)
	w.b.Advance(w.now)
	return true
}

// TestWheelAgainstASortedList: every deadline comes, in order, never early, at most a millisecond late.
func TestWheelAgainstASortedList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w wheel
		var s slab
		due := map[int32]tick{}
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "do") {
			case 0, 1:
				i := s.take()
				at := w.now + tick(rapid.Int64Range(0, 200_000).Draw(t, "at"))
				s.at(i).when = at
				w.set(&s, i)
				due[i] = at
			case 2:
				for i := range due {
					w.stop(&s, i)
					s.give(i)
					delete(due, i)
					break
				}
			case 3:
				to := w.now + tick(rapid.Int64Range(0, 100_000).Draw(t, "to"))
				last := tick(0)
				for {
					i, ok := w.pop(&s, to)
					if !ok {
						break
					}
					at, known := due[i]
					if !known || at > to || at < last {
						t.Fatalf("popped %d due %d, last %d, to %d", i, at, last, to)
					}
					last = at
					delete(due, i)
					s.give(i)
				}
				for i, at := range due {
					if at <= to {
						t.Fatalf("%d was due at %d, the wheel is at %d", i, at, to)
					}
				}
			}
			if _, _, ok := w.next(); ok != (len(due) > 0) {
				t.Fatalf("next says %v with %d waiting", ok, len(due))
			}
		}
	})
}
