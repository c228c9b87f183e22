package lead

import (
	"testing"
	"time"

	"wissel"
)

func view(listeners int, since time.Time) RoomView {
	return RoomView{Up: true, Since: since, Handback: wissel.Handback{Calm: time.Minute, Shares: []int{100, 500, 1000}, Longest: time.Hour}, Share: 1000, Listeners: listeners}
}

// offered is how many of so many are offered a colleague at one moment.
func offered(r *Room, v RoomView, now time.Time) (n int) {
	for range v.Listeners {
		next, ok := r.Offer(v, now)
		*r = next
		if ok {
			n++
		}
	}
	return n
}

// A thousand listen as the platform comes back: one is offered a colleague, then 100, then 500, then all.
func TestAThousandListenersComeBackInStages(t *testing.T) {
	now := time.Date(2026, 6, 3, 12, 0, 0, 0, time.UTC)
	var r Room
	r = r.Look(RoomView{}, now)
	back := now.Add(time.Hour)
	v := view(1000, back)
	if n := offered(&r, v, back.Add(59*time.Second)); n != 0 {
		t.Errorf("%d are offered it before it has been well for a minute", n)
	}
	at := back.Add(time.Minute)
	left := 1000
	for i, want := range []int{1, 100 * 999 / 1000, 500 * 900 / 1000, 450} {
		v.Listeners = left
		n := offered(&r, v, at)
		if i > 0 && (n < want-1 || n > want+1) || i == 0 && n != 1 {
			t.Fatalf("stage %d: %d of %d are offered it, want %d", i+1, n, left, want)
		}
		if more := offered(&r, v, at); more != 0 {
			t.Fatalf("stage %d: %d more, while those are under way", i+1, more)
		}
		for range n {
			r = r.Well()
		}
		left -= n
		at = at.Add(time.Minute)
	}
	if left > 1 || r.Return != 1 {
		t.Errorf("%d are left, %d returns", left, r.Return)
	}
}

func TestRoomWaits(t *testing.T) {
	now := time.Date(2026, 6, 3, 12, 0, 0, 0, time.UTC)
	back := func() Room {
		r := Room{}.Look(RoomView{}, now)
		return r.Look(view(100, now), now.Add(time.Minute))
	}
	at := now.Add(2 * time.Minute)
	for _, row := range []struct {
		name string
		edit func(r *Room, v *RoomView)
		want int
	}{
		{"it came back", func(*Room, *RoomView) {}, 1},
		{"it was never seen to be gone", func(r *Room, _ *RoomView) { *r = Room{} }, 0},
		{"callbacks are due", func(_ *Room, v *RoomView) { v.Due = 1 }, 0},
		{"it is gone again", func(_ *Room, v *RoomView) { v.Up = false }, 0},
		{"one could not be taken", func(r *Room, v *RoomView) { *r, _ = r.Offer(*v, at); *r = r.Failed(*v, at) }, 0},
		{"one did not want to: the next", func(r *Room, v *RoomView) { *r, _ = r.Offer(*v, at); *r = r.Refused() }, 1},
		{"one was not asked after all", func(r *Room, v *RoomView) { *r, _ = r.Offer(*v, at); *r = r.Back() }, 1},
		{"one was taken: a tenth", func(r *Room, v *RoomView) { *r, _ = r.Offer(*v, at); *r = r.Well() }, 10},
		{"and the way back of the group has 5 %", func(r *Room, v *RoomView) { *r, _ = r.Offer(*v, at); *r = r.Well(); v.Share = 50 }, 5},
	} {
		r, v := back(), view(100, now)
		row.edit(&r, &v)
		if n := offered(&r, v, at); n != row.want {
			t.Errorf("%s: %d are offered it, want %d", row.name, n, row.want)
		}
	}
	r, v := back(), view(100, now)
	r, _ = r.Offer(v, at)
	r = r.Failed(v, at)
	if n := offered(&r, v, at.Add(time.Minute)); n != 1 {
		t.Errorf("a minute after one who could not be taken: %d", n)
	}
	r = r.Failed(v, at)
	if n := offered(&r, v, at.Add(61*time.Second)); n != 0 {
		t.Errorf("after the second it waits twice as long: %d", n)
	}
}
