package sim

import (
	"container/heap"
	"time"
)

// alarm is a timer of a party: f runs on the party's goroutine.
type alarm struct {
	at   time.Time
	seq  int
	f    func()
	dead bool
}

func (a *alarm) stop() {
	if a != nil {
		a.dead = true
	}
}

// alarms is a heap of them, by time and then by the order in which they were set.
type alarms struct {
	list []*alarm
	seq  int
}

func (a *alarms) Len() int { return len(a.list) }
func (a *alarms) Less(i, j int) bool {
	x, y := a.list[i], a.list[j]
	if !x.at.Equal(y.at) {
		return x.at.Before(y.at)
	}
	return x.seq < y.seq
}
func (a *alarms) Swap(i, j int) { a.list[i], a.list[j] = a.list[j], a.list[i] }

// Push and Pop are for container/heap alone.
func (a *alarms) Push(x any) { a.list = append(a.list, x.(*alarm)) }

// Pop is for container/heap alone.
func (a *alarms) Pop() any {
	last := len(a.list) - 1
	x := a.list[last]
	a.list[last] = nil
	a.list = a.list[:last]
	return x
}

func (a *alarms) set(at time.Time, f func()) *alarm {
	a.seq++
	x := &alarm{at: at, seq: a.seq, f: f}
	heap.Push(a, x)
	return x
}

// fire runs every alarm that is due, and gives the time of the next; zero: none.
func (a *alarms) fire() time.Time {
	for len(a.list) > 0 {
		first := a.list[0]
		if !first.dead && first.at.After(time.Now()) {
			return first.at
		}
		heap.Pop(a)
		if !first.dead {
			first.dead = true
			first.f()
		}
	}
	return time.Time{}
}
