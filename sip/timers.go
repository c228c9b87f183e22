package sip

import "time"

// A timer is one pending moment of a call: a timer of a leg, or a wish of a flow to be woken. The zero timer is not set.
type timer struct {
	at   time.Time
	ring func()
	pos  int // its place in the heap, from 1; 0 when it is not set
}

// timers is the heap of a shard's timers: the earliest is first. One time.Timer sleeps until it (shard.arm).
type timers struct{ heap []*timer }

// set lets t ring at at; a timer already set is moved.
func (q *timers) set(t *timer, at time.Time) {
	t.at = at
	if t.pos == 0 {
		q.heap = append(q.heap, t)
		t.pos = len(q.heap)
		q.up(t.pos)
		return
	}
	q.up(t.pos)
	q.down(t.pos)
}

// stop takes t out; one that is not set stays so.
func (q *timers) stop(t *timer) {
	if t.pos == 0 {
		return
	}
	i, last := t.pos, len(q.heap)
	q.swap(i, last)
	q.heap[last-1] = nil
	q.heap = q.heap[:last-1]
	t.pos = 0
	if i < last {
		q.up(i)
		q.down(i)
	}
}

// next is the earliest moment.
func (q *timers) next() (time.Time, bool) {
	if len(q.heap) == 0 {
		return time.Time{}, false
	}
	return q.heap[0].at, true
}

// due takes out and gives the first timer that is due at now, or nil.
func (q *timers) due(now time.Time) *timer {
	if len(q.heap) == 0 || q.heap[0].at.After(now) {
		return nil
	}
	t := q.heap[0]
	q.stop(t)
	return t
}

func (q *timers) less(i, j int) bool { return q.heap[i-1].at.Before(q.heap[j-1].at) }

func (q *timers) swap(i, j int) {
	q.heap[i-1], q.heap[j-1] = q.heap[j-1], q.heap[i-1]
	q.heap[i-1].pos, q.heap[j-1].pos = i, j
}

func (q *timers) up(i int) {
	for i > 1 && q.less(i, i/2) {
		q.swap(i, i/2)
		i /= 2
	}
}

func (q *timers) down(i int) {
	for {
		child := 2 * i
		if child > len(q.heap) {
			return
		}
		if child < len(q.heap) && q.less(child+1, child) {
			child++
		}
		if !q.less(child, i) {
			return
		}
		q.swap(i, child)
		i = child
	}
}
