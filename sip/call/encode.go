package call

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	"wissel"
)

// version of the bytes of a Call. A reader refuses any other.
const version = 4

// ErrEncoding is returned for bytes that are not a Call of this version.
var ErrEncoding = errors.New("not the bytes of a call")

// AppendBinary appends the call's bytes to b: a version, then fields in order, numbers as varints, text with its length.
// It never fails.
func (c Call) AppendBinary(b []byte) ([]byte, error) {
	w := writer{append(b, version)}
	c.code(&w)
	return w.b, nil
}

// MarshalBinary gives the call's bytes.
func (c Call) MarshalBinary() ([]byte, error) { return c.AppendBinary(nil) }

// UnmarshalBinary reads what AppendBinary wrote. On an error (ErrEncoding) c is not changed.
func (c *Call) UnmarshalBinary(b []byte) error {
	if len(b) == 0 || b[0] != version {
		return fmt.Errorf("read a call of %d bytes: version is not %d: %w", len(b), version, ErrEncoding)
	}
	var next Call
	r := reader{b: b[1:]}
	next.code(&r)
	if r.bad || len(r.b) != 0 {
		return fmt.Errorf("read a call of %d bytes: %d left: %w", len(b), len(r.b), ErrEncoding)
	}
	if err := next.sound(); err != nil {
		return err
	}
	*c = next
	return nil
}

// sound checks what Step takes for granted, so that damaged bytes make an error and not a panic.
func (c *Call) sound() error {
	bad := c.people.Way < 0 || c.people.Way > len(c.people.Ways) || c.Next < 0 || c.Next > len(c.Route) || !c.isLeg(c.Far) || !c.isLeg(c.linked) || c.tags < 0 ||
		len(c.Legs) > 0 && c.Settings == nil || c.offer.open && (c.offer.from < -1 || c.offer.to < -1 ||
		c.offer.from >= len(c.Legs) || c.offer.to >= len(c.Legs))
	for i := range c.Legs {
		l := &c.Legs[i]
		bad = bad || l.Number != i || (l.Role == Caller) != (i == 0) || (l.Try == nil) != (i == 0) ||
			l.attempt < 0 || l.State < Calling || l.State > Over
	}
	if bad {
		return fmt.Errorf("read a call: its legs do not fit together: %w", ErrEncoding)
	}
	return nil
}

func (c *Call) isLeg(n int) bool { return n == 0 || n > 0 && n < len(c.Legs) }

// coder is a writer or a reader: one list of fields serves both, so they cannot come apart.
type coder interface {
	num(p *int64)
	text(p *string)
	bytes(p *[]byte)
	// length writes n, or reads a length that what is left can hold.
	length(n int) int
}

func (c *Call) code(w coder) {
	str(w, &c.ID)
	num(w, &c.Seed)
	has := c.Settings != nil
	flag(w, &has)
	if has {
		st := Settings{}
		if c.Settings != nil {
			st = *c.Settings
		}
		st.code(w)
		c.Settings = &st
	}
	moment(w, &c.Began)
	moment(w, &c.RungAt)
	moment(w, &c.AnsweredAt)
	list(w, &c.Legs, (*Leg).code)
	list(w, &c.Route, (*Try).code)
	list(w, &c.Attempts, codeAttempt)
	num(w, &c.Invites)
	num(w, &c.Next)
	num(w, &c.Far)
	num(w, &c.Status)
	num(w, &c.Last)
	num(w, &c.linked)
	num(w, &c.tags)
	num(w, &c.chance)
	num(w, &c.flow)
	num(w, &c.unpaid)
	str(w, &c.Flow)
	str(w, &c.fault)
	codeTarget(w, &c.talked)
	for _, p := range [...]*bool{&c.Rung, &c.Late, &c.Own, &c.Finished, &c.spoke, &c.answered, &c.attended} {
		flag(w, p)
	}
	c.offer.code(w)
	c.people.code(w)
}

func (p *search) code(w coder) {
	str(w, &p.List)
	moment(w, &p.Began)
	p.Who.code(w)
	list(w, &p.Ways, (*Try).code)
	num(w, &p.Way)
	for _, f := range [...]*bool{&p.Asked, &p.Reached, &p.Pressed} {
		flag(w, f)
	}
	list(w, &p.Rung, func(n *wissel.Number, w coder) { str(w, n) })
}

func (p *Person) code(w coder) {
	str(w, &p.List)
	str(w, &p.Name)
	str(w, &p.Phone)
	str(w, &p.Show)
}

func (o *offer) code(w coder) {
	flag(w, &o.open)
	flag(w, &o.late)
	flag(w, &o.answered)
	num(w, &o.from)
	num(w, &o.to)
	w.bytes(&o.sdp)
	o.session.code(w)
}

func (l *Leg) code(w coder) {
	num(w, &l.Number)
	num(w, &l.Role)
	num(w, &l.State)
	for _, p := range [...]*bool{&l.Left, &l.Heard, &l.Rang, &l.Acked, &l.noOffer, &l.authed, &l.resized, &l.mended,
		&l.bareOut, &l.canceled, &l.offered, &l.closed, &l.byeDue, &l.tried, &l.joined} {
		flag(w, p)
	}
	has := l.Try != nil
	flag(w, &has)
	if has {
		t := Try{}
		if l.Try != nil {
			t = *l.Try
		}
		t.code(w)
		l.Try = &t
	}
	moment(w, &l.Sent)
	str(w, &l.Tag)
	list(w, &l.Dialogs, (*Dialog).code)
	w.bytes(&l.SDP)
	l.Session.code(w)
	num(w, &l.await)
	num(w, &l.asking)
	num(w, &l.want)
	num(w, &l.told)
	num(w, &l.asked)
	str(w, &l.byeWhy)
	str(w, &l.heard)
	num(w, &l.infos)
	num(w, &l.attempt)
	for i := range l.due {
		num(w, &l.due[i])
	}
}

func (d *Dialog) code(w coder) {
	str(w, &d.Tag)
	num(w, &d.Number)
	w.bytes(&d.SDP)
	w.bytes(&d.Ack)
	flag(w, &d.Answered)
	flag(w, &d.Acked)
}

func (s *Session) code(w coder) {
	num(w, &s.Expires)
	num(w, &s.MinSE)
	flag(w, &s.Ours)
	flag(w, &s.Capable)
}

func (s *Settings) code(w coder) {
	str(w, &s.Media)
	num(w, &s.SessionTimer)
	num(w, &s.MinSE)
	num(w, &s.MaxCall)
}

func (t *Try) code(w coder) {
	codeTarget(w, &t.Target)
	str(w, &t.Role)
	codeAddress(w, &t.Address)
	num(w, &t.Index)
	flag(w, &t.Force)
	m := &t.Timers
	for _, p := range [...]*time.Duration{&m.Doubt, &m.Quiet, &m.Patience, &m.Progress, &m.Ring} {
		num(w, p)
	}
	type moved struct {
		status int
		on     bool
	}
	var all []moved
	for _, k := range slices.Sorted(maps.Keys(t.Move)) {
		all = append(all, moved{k, t.Move[k]})
	}
	list(w, &all, func(m *moved, w coder) {
		num(w, &m.status)
		flag(w, &m.on)
	})
	t.Person.code(w)
	t.Move = nil
	for _, m := range all {
		if t.Move == nil {
			t.Move = make(map[int]bool, len(all))
		}
		t.Move[m.status] = m.on
	}
}

func codeAttempt(a *wissel.Attempt, w coder) {
	num(w, &a.Leg)
	codeTarget(w, &a.Target)
	codeAddress(w, &a.Address)
	moment(w, &a.Began)
	num(w, &a.Status)
	str(w, &a.Why)
	flag(w, &a.Rang)
	str(w, &a.Person)
	str(w, &a.Over)
}

func codeTarget(w coder, t *wissel.Target) {
	str(w, &t.Trunk)
	str(w, &t.Flow)
	str(w, &t.People)
}

func codeAddress(w coder, a *wissel.Address) {
	str(w, &a.Transport)
	var b []byte
	if a.AddrPort.IsValid() {
		b, _ = a.AddrPort.MarshalBinary()
	}
	w.bytes(&b)
	a.AddrPort = netip.AddrPort{}
	if len(b) > 0 {
		if err := a.AddrPort.UnmarshalBinary(b); err != nil {
			a.AddrPort = netip.AddrPort{}
		}
	}
}

// num codes any kind of number.
func num[T ~int | ~int64 | ~uint8 | ~uint32 | ~uint64](w coder, p *T) {
	x := int64(*p)
	w.num(&x)
	*p = T(x)
}

func str[T ~string](w coder, p *T) {
	x := string(*p)
	w.text(&x)
	*p = T(x)
}

func flag(w coder, p *bool) {
	var x int64
	if *p {
		x = 1
	}
	w.num(&x)
	*p = x != 0
}

// moment codes a time by the wall clock; what runs on after a restart is measured against that.
func moment(w coder, p *time.Time) {
	var x int64
	if !p.IsZero() {
		x = p.UnixNano()
	}
	w.num(&x)
	switch {
	case x == 0:
		*p = time.Time{}
	case x != p.UnixNano():
		*p = time.Unix(0, x)
	}
}

// list codes a slice. The writer works on a copy, for code sets what it reads.
func list[T any](w coder, p *[]T, code func(*T, coder)) {
	n := w.length(len(*p))
	if n == 0 {
		*p = nil
		return
	}
	all := make([]T, n)
	copy(all, *p)
	for i := range all {
		code(&all[i], w)
	}
	*p = all
}

type writer struct{ b []byte }

func (w *writer) num(p *int64) { w.b = binary.AppendVarint(w.b, *p) }

func (w *writer) text(p *string) {
	w.b = binary.AppendUvarint(w.b, uint64(len(*p)))
	w.b = append(w.b, *p...)
}

// bytes tells nil from empty: for a body that is the difference between none and one.
func (w *writer) bytes(p *[]byte) {
	if *p == nil {
		w.b = append(w.b, 0)
		return
	}
	w.b = binary.AppendUvarint(w.b, uint64(len(*p))+1)
	w.b = append(w.b, *p...)
}

func (w *writer) length(n int) int {
	w.b = binary.AppendUvarint(w.b, uint64(n))
	return n
}

type reader struct {
	b   []byte
	bad bool
}

func (r *reader) num(p *int64) {
	x, n := binary.Varint(r.b)
	if n <= 0 {
		r.bad, r.b, x, n = true, nil, 0, 0
	}
	*p, r.b = x, r.b[n:]
}

func (r *reader) size() int {
	x, n := binary.Uvarint(r.b)
	if n <= 0 || x > uint64(len(r.b)-n)+1 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return int(x)
}

func (r *reader) take(n int) []byte {
	if n > len(r.b) {
		r.bad, r.b = true, nil
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) text(p *string) { *p = string(r.take(r.size())) }

func (r *reader) bytes(p *[]byte) {
	*p = nil
	if n := r.size(); n > 0 {
		*p = append([]byte{}, r.take(n-1)...)
	}
}

// length refuses one that is longer than the bytes left: a record of n takes n bytes at least.
func (r *reader) length(int) int {
	n := r.size()
	if n > len(r.b) {
		r.bad, r.b = true, nil
		return 0
	}
	return n
}
