package transaction

import "math/bits"

// wheel is a hierarchical timer wheel of two levels over the machines of a slab: 256 buckets of a millisecond, and 256 of
// 256 milliseconds whose machines move down when their time comes near. Setting, moving and stopping take constant time
// and no memory; the lists run through the machines themselves. It never ticks: next says when there is something to do.
type wheel struct {
	now      tick
	near     [256]list
	far      [256]list
	nearBits bitmap
	farBits  bitmap
}

// list holds slots, as slot+1; 0 is none.
type list struct{ head, tail int32 }

// bitmap says which buckets hold something.
type bitmap [4]uint64

func (b *bitmap) set(i int)   { b[i>>6] |= 1 << (i & 63) }
func (b *bitmap) clear(i int) { b[i>>6] &^= 1 << (i & 63) }

// after gives the distance (0-255) from bucket i to the first that holds something, going round.
func (b *bitmap) after(i int) (int, bool) {
	if w := b[i>>6] >> (i & 63); w != 0 {
		return bits.TrailingZeros64(w), true
	}
	for n := 1; n <= 4; n++ {
		word := (i>>6 + n) & 3
		w := b[word]
		if n == 4 {
			w &= 1<<(i&63) - 1
		}
		if w != 0 {
			return (word<<6 + bits.TrailingZeros64(w) - i) & 255, true
		}
	}
	return 0, false
}

const farBucket = 256 // buckets from here on are far ones

// set puts slot i where its when says; it must not be in the wheel.
func (w *wheel) set(s *slab, i int32) {
	m := s.at(i)
	at := max(m.when, w.now)
	if at-w.now < 256 {
		w.link(s, i, int(at&255))
		return
	}
	block := min(at>>8, w.now>>8+255) // further than the wheel reaches: looked at again from its last bucket
	w.link(s, i, farBucket+int(block&255))
}

func (w *wheel) link(s *slab, i int32, bucket int) {
	l, m := w.bucket(bucket), s.at(i)
	m.bucket, m.next, m.prev = int16(bucket+1), 0, l.tail
	if l.tail != 0 {
		s.at(l.tail - 1).next = i + 1
	} else {
		l.head = i + 1
	}
	l.tail = i + 1
	if bucket >= farBucket {
		w.farBits.set(bucket - farBucket)
	} else {
		w.nearBits.set(bucket)
	}
}

// stop takes slot i out; it is nothing when it is not in the wheel.
func (w *wheel) stop(s *slab, i int32) {
	m := s.at(i)
	if m.bucket == 0 {
		return
	}
	bucket := int(m.bucket - 1)
	l := w.bucket(bucket)
	if m.prev != 0 {
		s.at(m.prev - 1).next = m.next
	} else {
		l.head = m.next
	}
	if m.next != 0 {
		s.at(m.next - 1).prev = m.prev
	} else {
		l.tail = m.prev
	}
	m.bucket, m.next, m.prev = 0, 0, 0
	if l.head == 0 {
		if bucket >= farBucket {
			w.farBits.clear(bucket - farBucket)
		} else {
			w.nearBits.clear(bucket)
		}
	}
}

func (w *wheel) bucket(b int) *list {
	if b >= farBucket {
		return &w.far[b-farBucket]
	}
	return &w.near[b]
}

// next is when pop has something to do, and which bucket has it.
func (w *wheel) next() (at tick, bucket int, ok bool) {
	if d, some := w.nearBits.after(int(w.now & 255)); some {
		at, ok = w.now+tick(d), true
		bucket = int(at & 255)
	}
	block := w.now>>8 + 1 // the block of now has moved down already
	if d, some := w.farBits.after(int(block & 255)); some {
		if far := (block + tick(d)) << 8; !ok || far <= at {
			return far, farBucket + int((block+tick(d))&255), true
		}
	}
	return at, bucket, ok
}

// pop takes out one slot that is due at to, the earliest first, and reports whether there was one. When there is none, the wheel
// stands at to.
func (w *wheel) pop(s *slab, to tick) (int32, bool) {
	for {
		at, bucket, ok := w.next()
		if !ok || at > to {
			w.now = max(w.now, to)
			return 0, false
		}
		w.now = at
		if bucket < farBucket {
			i := w.near[bucket].head - 1
			w.stop(s, i)
			return i, true
		}
		for w.far[bucket-farBucket].head != 0 {
			i := w.far[bucket-farBucket].head - 1
			w.stop(s, i)
			w.set(s, i)
		}
	}
}
