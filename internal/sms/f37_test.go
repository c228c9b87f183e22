package sms

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"wissel"
)

// happening is something that comes at a time, in an order that chance does not change.
type happening struct {
	at time.Time
	n  int
	do func()
}

type happenings []happening

func (h happenings) Len() int { return len(h) }
func (h happenings) Less(i, j int) bool {
	return h[i].at.Before(h[j].at) || h[i].at.Equal(h[j].at) && h[i].n < h[j].n
}
func (h happenings) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *happenings) Push(x any)   { *h = append(*h, x.(happening)) }
func (h *happenings) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}

// broadcast is the sending of many texts, with a disk, two providers and what telephones show, all of them in virtual time.
type broadcast struct {
	*bench
	chance *rand.Rand
	to     happenings
	order  int
	disk   map[string]*Entry
	shown  map[wissel.Number]int
	kept   map[string]int // by fault
	down   map[string]time.Time
	ids    int
	life   int // of the server: what was under way in an earlier one never comes back
}

func (b *broadcast) later(d time.Duration, do func()) {
	b.order++
	heap.Push(&b.to, happening{b.now.Add(d), b.order, do})
}

// crash ends the server and starts another, which knows what is on the disk.
func (b *broadcast) crash() {
	b.life++
	b.q = NewQueue()
	b.set(30, 20)
	all := make([]Entry, 0, len(b.disk))
	for _, e := range b.disk {
		one := *e
		one.Tried = nil
		for _, a := range e.Tried {
			one.Tried = append(one.Tried, a.clone())
		}
		all = append(all, one)
	}
	for _, e := range b.q.Read(all, b.now) {
		b.write(e)
	}
}

// write keeps where a text is.
func (b *broadcast) write(e Entry) {
	at := b.disk[e.ID]
	at.Stage, at.Since, at.Why, at.Changes = e.Stage, e.Since, e.Why, e.Changes
}

func (b *broadcast) writeAttempt(id string, n int, a Attempt) {
	e := b.disk[id]
	if n == len(e.Tried) {
		e.Tried = append(e.Tried, a)
	}
	e.Tried[n] = a.clone()
}

// go on does what is due now.
func (b *broadcast) goOn() (wake time.Time) {
	for {
		all, wake := b.q.Steps(b.now)
		if len(all) == 0 {
			return wake
		}
		for _, s := range all {
			if !s.Offer {
				b.write(s.Entry)
				continue
			}
			b.writeAttempt(s.Entry.ID, s.N, s.Attempt)
			b.q.Allowed(s.Entry.ID, s.Attempt)
			b.offer(s)
		}
	}
}

var faultsF37 = []string{"down", "slow", "throttled", "answers twice", "no receipt", "receipt first", "dies after", "dies before", "answers late", "refuses"}

// offer is what a provider does with a text, well or with one of its faults.
func (b *broadcast) offer(s Step) {
	life, provider := b.life, s.Attempt.Provider
	fault, wait, takes := "", time.Duration(b.chance.IntN(600))*time.Second, time.Duration(b.chance.IntN(200))*time.Millisecond
	if b.chance.IntN(5) == 0 {
		fault = faultsF37[b.chance.IntN(len(faultsF37))]
		b.kept[fault]++
	}
	if fault == "down" {
		b.down[provider] = b.now.Add(time.Minute)
	}
	answer := func(o Outcome, after time.Duration) {
		b.later(after, func() {
			if life != b.life {
				return
			}
			if a, ok := b.q.Outcome(s.Entry.ID, s.N, o, b.now); ok && b.chance.IntN(10) > 0 { // the row of an outcome may be lost in a crash
				b.writeAttempt(s.Entry.ID, s.N, a)
			}
		})
	}
	if b.now.Before(b.down[provider]) {
		answer(Outcome{Verdict: Later, Reason: "no connection"}, takes)
		return
	}
	b.ids++
	id := fmt.Sprintf("%s-%d", provider, b.ids)
	accepted := Outcome{Verdict: Accepted, IDs: []string{id}}
	event := func(e Event, after time.Duration) {
		b.later(after, func() { b.hear(provider, e) })
	}
	receipt := Event{Kind: Receipt, ID: id, Ref: RefOf(s.Entry.Key, 0), From: string(s.Entry.To), State: Delivered}
	take := func(then func()) {
		b.later(takes/2, func() {
			if life != b.life && b.chance.IntN(2) == 0 {
				return // it was not on the wire yet
			}
			b.shown[s.Entry.To]++
			then()
		})
	}
	switch fault {
	case "throttled":
		answer(Outcome{Verdict: Later, After: 5 * time.Second}, takes)
	case "refuses":
		answer(Outcome{Verdict: Refused, Fault: OfProvider}, takes)
	case "dies before":
		answer(Outcome{}, takes)
	case "dies after":
		take(func() { answer(Outcome{}, takes); event(receipt, wait) })
	case "slow":
		take(func() { answer(accepted, 30*time.Second); event(receipt, 30*time.Second+wait) })
	case "no receipt":
		take(func() {
			answer(accepted, takes/2)
			b.later(takes, func() { // unless we died before we knew: a provider that never tells is then indistinguishable from one that has nothing
				if life != b.life {
					event(receipt, wait)
				}
			})
		})
	case "receipt first":
		take(func() { event(receipt, 0); answer(accepted, takes/2) })
	case "answers late":
		take(func() {
			answer(Outcome{}, takes/2)
			event(Event{Kind: Answered, Key: s.Entry.Key, Outcome: accepted}, wait)
			event(receipt, wait+time.Second)
		})
	case "answers twice":
		take(func() {
			answer(accepted, takes/2)
			event(Event{Kind: Answered, Key: s.Entry.Key, Outcome: accepted}, time.Second)
			event(receipt, wait)
			event(receipt, 2*wait)
		})
	default:
		take(func() { answer(accepted, takes/2); event(receipt, wait) })
	}
}

// hear takes an event, and keeps it before it is confirmed.
func (b *broadcast) hear(provider string, e Event) {
	if c, ok := b.q.Heard(provider, e, b.now); ok {
		b.writeAttempt(c.Entry.ID, c.N, c.Entry.Tried[c.N])
		if c.Closed && b.chance.IntN(10) > 0 {
			b.write(c.Entry)
		}
	}
}

// F37: of 10,000 texts with a fault in one of five offers, and a server that dies now and then, none is shown twice, and each is
// known to be final within a day.
func TestTenThousandTextsWithFaultsAndCrashes(t *testing.T) {
	const all = 10_000
	for _, crashes := range []int{0, 40} {
		b := &broadcast{
			bench: newBench(t), chance: rand.New(rand.NewPCG(37, uint64(crashes))), disk: map[string]*Entry{}, shown: map[wissel.Number]int{},
			kept: map[string]int{}, down: map[string]time.Time{},
		}
		b.now = time.Date(2026, 11, 30, 9, 0, 0, 0, amsterdam)
		began := b.now
		b.set(30, 20)
		for i := range all {
			l := b.letter(News, "support", wissel.Number(fmt.Sprintf("+3161%07d", i)), "m1")
			l.Until = began.Add(12 * time.Hour)
			b.disk[l.ID] = &Entry{Letter: l, Stage: Waiting, Since: b.now}
			if added, err := b.q.Add(l); err != nil || !added {
				t.Fatal(err)
			}
			b.q.Written(l.ID, b.now)
		}
		for range crashes {
			b.later(time.Duration(b.chance.Int64N(int64(6*time.Minute))), b.crash)
		}
		last := 0
		for b.now.Sub(began) < 24*time.Hour {
			wake := b.goOn()
			if b.to.Len() > 0 && (wake.IsZero() || b.to[0].at.Before(wake)) {
				next := heap.Pop(&b.to).(happening)
				b.now = next.at
				next.do()
				continue
			}
			if wake.IsZero() {
				break
			}
			b.now = wake
		}
		ends, twice, faults := map[Stage]int{}, 0, 0
		for _, e := range b.disk {
			if got, ok := b.q.Entry(e.Key); ok {
				ends[got.Stage]++
			}
			if !b.disk[e.ID].Stage.Final() {
				last++
			}
		}
		for _, n := range b.shown {
			if n > 1 {
				twice++
			}
		}
		for _, n := range b.kept {
			faults += n
		}
		if twice != 0 || ends[Waiting]+ends[Sent] != 0 || len(b.shown)+ends[Nobody] != all || ends[Nobody] > all/100 || faults < all/6 || b.life != crashes {
			t.Errorf("%d crashes: %d shown twice, %d shown of %d, %d faults, %v", b.life, twice, len(b.shown), all, faults, ends)
		}
		t.Logf("%d crashes: %d shown once each of %d, %d faults, final after %v: %v; %d rows behind", b.life, len(b.shown), all, faults, b.now.Sub(began), ends, last)
	}
}
