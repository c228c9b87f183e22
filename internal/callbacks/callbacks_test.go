package callbacks

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wissel"
)

var noon = time.Date(2026, 6, 3, 12, 0, 0, 0, time.UTC)

func wish(id string, n wissel.Number, minute int) wissel.Wish {
	return wissel.Wish{Row: wissel.Row{ID: id}, Kind: wissel.WishCallback, Number: n, Group: "support", At: noon.Add(time.Duration(minute) * time.Minute)}
}

func TestOneForANumberAndGroup(t *testing.T) {
	b := NewBook()
	b.Wish(wish("a", "+31201110001", 0))
	b.Wish(wish("b", "+31201110002", 1))
	b.Wish(wish("a2", "+31201110001", 2)) // asks once more: he keeps his place
	b.Wish(wish("a", "+31201110001", 3))  // the same row, told of twice
	other := wish("c", "+31201110001", 4)
	other.Group = "sales"
	b.Wish(other)
	text := wish("t", "+31201110003", 5)
	text.Kind = wissel.WishText
	b.Wish(text)
	if b.Place("support", "+31201110001") != 1 || b.Place("support", "+31201110002") != 2 || b.Place("sales", "+31201110001") != 1 || b.PlaceOf("a2") != 1 {
		t.Errorf("%+v", b.Open(""))
	}
	if b.Place("support", "+31201110003") != 0 || b.PlaceOf("t") != 0 {
		t.Error("one who asked for texts has a place")
	}
	if n, _ := b.Count(); n != 3 {
		t.Errorf("%d are open", n)
	}
	m, ok := b.Close("a", Done, "anna", "called", noon.Add(time.Hour))
	if !ok || !slices.Equal(m.Wishes, []string{"a", "a2"}) || b.Place("support", "+31201110002") != 1 || b.Place("support", "+31201110001") != 0 {
		t.Errorf("%+v, %v", m, ok)
	}
	if _, again := b.Close("a", Done, "bob", "called", noon); again {
		t.Error("closed twice")
	}
	b.Wish(wish("a3", "+31201110001", 70)) // after it was done: a new one, behind the others
	if b.Place("support", "+31201110001") != 2 {
		t.Errorf("%+v", b.Open("support"))
	}
}

// Many people ring from a shared number: each of their wishes stands for itself, and closing one leaves the others.
func TestSharedNumbersStandApart(t *testing.T) {
	b := NewBook()
	for i := range 3 {
		w := wish(fmt.Sprint("s", i), "+31201110000", i)
		w.Apart = true
		b.Wish(w)
		voice := wish(fmt.Sprint("v", i), "", 10+i)
		voice.ByHand = true
		b.Wish(voice)
	}
	if b.Place("support", "+31201110000") != 0 || b.Place("support", "") != 0 {
		t.Error("it is found by its number")
	}
	b.Close("s1", Cancelled, "anna", "wrong number", noon)
	if b.PlaceOf("s0") != 1 || b.PlaceOf("s1") != 0 || b.PlaceOf("s2") != 2 || b.PlaceOf("v2") != 5 {
		t.Errorf("%+v", b.Open("support"))
	}
}

// What is read back from disk, in whatever order the rows come, is what was there.
func TestReadGivesTheSameBook(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := NewBook()
		var wishes []wissel.Wish
		var marks []Mark
		for i := range rapid.IntRange(1, 60).Draw(t, "events") {
			if open := b.Open(""); len(open) > 0 && rapid.IntRange(0, 2).Draw(t, "close") == 0 {
				c := open[rapid.IntRange(0, len(open)-1).Draw(t, "which")]
				m, ok := b.Close(c.ID, rapid.SampledFrom([]State{Done, Cancelled}).Draw(t, "as"), "anna", "", noon.Add(time.Duration(i)*time.Minute))
				if !ok {
					t.Fatal("an open one is not there")
				}
				marks = append(marks, m)
				continue
			}
			w := wish(fmt.Sprintf("w%03d", i), wissel.Number(rapid.SampledFrom([]string{"", "+31201110001", "+31201110002", "+31201110003"}).Draw(t, "number")), i)
			w.Apart = rapid.IntRange(0, 4).Draw(t, "apart") == 0
			wishes = append(wishes, w)
			b.Wish(w)
		}
		again := Read(rapid.Permutation(wishes).Draw(t, "order"), marks, nil)
		x, y := b.Open(""), again.Open("")
		if fmt.Sprintf("%+v", x) != fmt.Sprintf("%+v", y) {
			t.Fatalf("was\n%+v\nis\n%+v", x, y)
		}
		for i, c := range x {
			if again.PlaceOf(c.ID) != i+1 {
				t.Fatalf("%s has place %d, want %d", c.ID, again.PlaceOf(c.ID), i+1)
			}
		}
	})
}

func TestTooManyHaveNoPlace(t *testing.T) {
	b := NewBook()
	for i := range mostOpen + 5 {
		b.Wish(wish(fmt.Sprintf("w%07d", i), wissel.Number(fmt.Sprintf("+312%08d", i)), i))
	}
	if open, over := b.Count(); open != mostOpen || over != 5 || b.Place("support", "+31200000001") != 2 {
		t.Errorf("%d open, %d over", open, over)
	}
}

// office is open from 9 to 17 each day.
type office struct{}

func (office) At(t time.Time, _ wissel.Override) wissel.Opening {
	day := t.Truncate(24 * time.Hour)
	switch h := t.Hour(); {
	case h < 9:
		return wissel.Opening{Until: day.Add(9 * time.Hour)}
	case h < 17:
		return wissel.Opening{Open: true, Until: day.Add(17 * time.Hour)}
	}
	return wissel.Opening{Until: day.Add(33 * time.Hour)}
}
func (office) Next(t time.Time, _ wissel.Override) time.Time         { return t }
func (o office) Open(t time.Time, by wissel.Override) bool           { return o.At(t, by).Open }
func (office) EndOfNextDay(t time.Time, _ wissel.Override) time.Time { return t }

// A time is named where it was measured over open hours, or set; and never else.
func TestWhenATurnComes(t *testing.T) {
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 6, day, hour, minute, 0, 0, time.UTC) }
	for _, row := range []struct {
		name  string
		done  []time.Time
		set   time.Time
		now   time.Time
		place int
		want  time.Time
	}{
		{"nothing was done", nil, time.Time{}, at(3, 12, 0), 3, time.Time{}},
		{"four are too few", []time.Time{at(3, 11, 0), at(3, 11, 10), at(3, 11, 20), at(3, 11, 30)}, time.Time{}, at(3, 12, 0), 3, time.Time{}},
		{"five within an hour", []time.Time{at(3, 11, 0), at(3, 11, 10), at(3, 11, 20), at(3, 11, 30), at(3, 11, 50)}, time.Time{}, at(3, 12, 0), 3, at(3, 12, 45)},
		{"over the night", []time.Time{at(3, 16, 0), at(3, 16, 10), at(3, 16, 20), at(3, 16, 30), at(3, 16, 50)}, time.Time{}, at(3, 17, 0), 8, at(4, 11, 0)},
		{"in the morning the night does not count", []time.Time{at(2, 16, 0), at(2, 16, 10), at(2, 16, 20), at(2, 16, 30), at(2, 16, 50)}, time.Time{}, at(3, 9, 0), 2, at(3, 9, 30)},
		{"they stopped long ago", []time.Time{at(2, 9, 0), at(2, 9, 10), at(2, 9, 20), at(2, 9, 30), at(2, 9, 50)}, time.Time{}, at(3, 12, 0), 2, time.Time{}},
		{"the lead set a time", nil, at(4, 10, 0), at(3, 12, 0), 300, at(4, 10, 0)},
		{"that time is past", nil, at(3, 11, 0), at(3, 12, 0), 3, time.Time{}},
		{"he has no place", nil, at(4, 10, 0), at(3, 12, 0), 0, time.Time{}},
	} {
		t.Run(row.name, func(t *testing.T) {
			b := NewBook()
			for i, d := range row.done {
				b.Wish(wish(fmt.Sprint(i), "", i))
				b.Close(fmt.Sprint(i), Done, "anna", "", d)
			}
			desk := Desk{Hours: office{}}
			each, ok := b.Each("support", desk, row.now)
			if got := When(row.place, Turn{At: row.set}, each, ok, desk, row.now); !got.Equal(row.want) {
				t.Errorf("at %v, want %v (each %v, %v)", got, row.want, each, ok)
			}
		})
	}
	if got := When(2, Turn{}, time.Minute, true, Desk{}, noon); !got.Equal(noon.Add(2 * time.Minute)) {
		t.Errorf("a desk without hours: %v", got)
	}
}

// asked counts how often the hours are looked at.
type asked struct {
	office
	n *int
}

func (a asked) At(t time.Time, o wissel.Override) wissel.Opening {
	*a.n++
	return a.office.At(t, o)
}

// A caller's call waits while a pace is measured: what was done months ago must not be counted through day by day.
func TestAPaceOfLongAgoIsSoonMeasured(t *testing.T) {
	b, n := NewBook(), 0
	for i := range mostDone {
		b.Wish(wish(fmt.Sprint(i), "", i))
		b.Close(fmt.Sprint(i), Done, "anna", "", noon.Add(time.Duration(i)*time.Minute))
	}
	if _, ok := b.Each("support", Desk{Hours: asked{n: &n}}, noon.AddDate(0, 3, 0)); ok || n > 4*mostDone {
		t.Errorf("measured %v, with %d looks at the hours", ok, n)
	}
}

// The turns of a whole list are those of each of its places, and the hours are asked for each day and not for each place.
func TestTurnsOfAListAreThoseOfItsPlaces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := noon.Add(time.Duration(rapid.IntRange(0, 2880).Draw(t, "minutes")) * time.Minute)
		each := time.Duration(rapid.IntRange(1, 9000).Draw(t, "seconds")) * time.Second
		n := rapid.IntRange(0, 400).Draw(t, "n")
		set := Turn{}
		if rapid.IntRange(0, 3).Draw(t, "set") == 0 {
			set.At = now.Add(time.Hour)
		}
		looks := 0
		desk := Desk{Hours: asked{n: &looks}}
		got := Turns(n, set, each, true, desk, now)
		if looks > 100 {
			t.Fatalf("%d looks at the hours", looks)
		}
		for place := 1; place <= n; place++ {
			want := When(place, set, each, true, desk, now)
			switch {
			case place <= len(got) && !got[place-1].Equal(want):
				t.Fatalf("place %d: %v, want %v", place, got[place-1], want)
			case place > len(got) && want.Sub(now) < mostAhead-24*time.Hour && !want.IsZero():
				t.Fatalf("place %d of %d is not known, and comes %v", place, len(got), want)
			}
		}
	})
	if got := Turns(2, Turn{}, time.Minute, true, Desk{}, noon); len(got) != 2 || !got[1].Equal(noon.Add(2*time.Minute)) {
		t.Errorf("a desk without hours: %v", got)
	}
	if got := Turns(2, Turn{}, time.Minute, false, Desk{}, noon); len(got) != 0 {
		t.Errorf("nothing was measured: %v", got)
	}
}
