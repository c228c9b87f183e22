package call

import (
	"errors"
	"net/netip"
	"reflect"
	"testing"
	"time"
)

// fill sets every field of a value, unexported ones too, to something that is not zero.
func fill(v reflect.Value) {
	if !v.CanSet() {
		v = reflect.NewAt(v.Type(), v.Addr().UnsafePointer()).Elem()
	}
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Unix(0, began.UnixNano())))
	case v.Type() == reflect.TypeFor[netip.AddrPort]():
		v.Set(reflect.ValueOf(netip.MustParseAddrPort("192.0.2.1:5060")))
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case v.Kind() == reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i))
		}
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0))
		fill(v.Index(1))
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case v.Kind() == reflect.Map:
		v.Set(reflect.ValueOf(map[int]bool{486: true, 503: false}))
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	case v.Kind() == reflect.String:
		v.SetString("x")
	case v.CanInt():
		v.SetInt(1)
	case v.CanUint():
		v.SetUint(1)
	}
}

// TestEveryFieldIsWritten: a call with no zero field comes back whole, so a new field that encode.go forgets is found.
func TestEveryFieldIsWritten(t *testing.T) {
	var c, back Call
	fill(reflect.ValueOf(&c).Elem())
	c.Legs[0].Number, c.Legs[0].Try = 0, nil // as sound wants it
	c.Legs[1].Role = Target
	b, err := c.AppendBinary([]byte("before"))
	if err != nil {
		t.Fatal(err)
	}
	if err := back.UnmarshalBinary(b[len("before"):]); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(c, back) {
		t.Errorf("written\n%+v\nread\n%+v", c, back)
	}
}

func TestDamagedBytes(t *testing.T) {
	c := newPlay(t).up(direct()).c
	good, err := c.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	for n := range good {
		var x Call
		if err := x.UnmarshalBinary(good[:n]); !errors.Is(err, ErrEncoding) {
			t.Fatalf("the first %d of %d bytes: %v", n, len(good), err)
		}
	}
	for name, b := range map[string][]byte{"nothing": nil, "another version": append([]byte{99}, good[1:]...), "one byte more": append(good[:len(good):len(good)], 0)} {
		var x Call
		if err := x.UnmarshalBinary(b); !errors.Is(err, ErrEncoding) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzDecode: damaged bytes are an error or a call that every event can be put to, never a panic.
func FuzzDecode(f *testing.F) {
	c := newPlay(f).up(anchored()).c
	b, _ := c.AppendBinary(nil)
	f.Add(b)
	f.Add([]byte{version})
	f.Fuzz(func(t *testing.T, b []byte) {
		var c Call
		if c.UnmarshalBinary(b) != nil {
			return
		}
		for k := Incoming; k <= End; k++ {
			for leg := range min(len(c.Legs), 4) {
				for which := TimerDoubt; which <= TimerLong; which++ {
					c.Step(Event{Kind: k, Leg: leg, Status: 200, Tag: "n", Which: which, Body: []byte(offerSDP)}, began)
				}
			}
		}
		c.Timers()
		c.Over()
	})
}

// plain is a call from the first event to the last.
func plain() func() {
	st, way := direct(), route("north", "flow:storing")
	evs := [...]Event{
		{Kind: Incoming, Settings: st, Route: way, Body: []byte(offerSDP)}, trying(1), rings(1, "n"),
		answers(1, "n", answerSDP), acks(), hangsUp(0),
	}
	return func() {
		c := New("x", 1)
		for _, ev := range evs {
			c, _ = c.Step(ev, began)
		}
	}
}

// TestGarbage bounds what a plain call costs: Step copies the legs and boxes the effects, no more.
func TestGarbage(t *testing.T) {
	if n := testing.AllocsPerRun(100, plain()); n > 45 {
		t.Errorf("a plain call takes %.0f allocations", n)
	}
}

func BenchmarkPlainCall(b *testing.B) {
	call := plain()
	b.ReportAllocs()
	for b.Loop() {
		call()
	}
}
