package lastresort

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"wissel"
)

// Read reads a sheet that was saved as JSON, and refuses one that is not as it was written.
func Read(data []byte) (*Sheet, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	s := &Sheet{}
	if err := dec.Decode(s); err != nil {
		return nil, fmt.Errorf("this is no sheet of `wissel export last-resort --format json`: %w", err)
	}
	if s.Checksum != s.sum() {
		return nil, errors.New("the sheet was changed after it was written: its checksum is not that of what it says; take another copy, or export anew")
	}
	return s, nil
}

// Differences says, a sentence each, what is to be set otherwise now than when saved was made. The order is that of the
// sheets; there is none when all is as it was.
func Differences(saved, now *Sheet) (all []string) {
	say := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	for _, old := range saved.Carriers {
		if c := carrier(now, old.Trunk); c == nil {
			say("carrier %s is gone, or brings no calls in any more: take its settings back", old.Trunk)
		}
	}
	for _, c := range now.Carriers {
		old := carrier(saved, c.Trunk)
		if old == nil {
			say("carrier %s is new: set all of its part", c.Trunk)
			continue
		}
		all = append(all, routes(c.Trunk, old.Routes, c.Routes)...)
	}
	return append(all, records(saved.Names, now.Names)...)
}

func carrier(s *Sheet, id wissel.TrunkID) *Carrier {
	if i := slices.IndexFunc(s.Carriers, func(c Carrier) bool { return c.Trunk == id }); i >= 0 {
		return &s.Carriers[i]
	}
	return nil
}

// routes compares what one carrier has to set: the order of each group, and the end of each number. A number that moved to
// another group, and goes where it went, needs nothing.
func routes(id wissel.TrunkID, saved, now []Route) (all []string) {
	say := func(format string, args ...any) {
		all = append(all, "carrier "+string(id)+": "+fmt.Sprintf(format, args...))
	}
	before := finals(saved)
	for _, old := range saved {
		if !slices.ContainsFunc(now, func(r Route) bool { return r.Group == old.Group }) {
			say("group %s is gone", old.Group)
		}
	}
	for _, r := range now {
		i := slices.IndexFunc(saved, func(old Route) bool { return old.Group == r.Group })
		switch {
		case i < 0:
			say("group %s is new; its order is %s", r.Group, ordered(r.Order))
		case ordered(saved[i].Order) != ordered(r.Order):
			say("the order of group %s was %s, and is now %s", r.Group, ordered(saved[i].Order), ordered(r.Order))
		}
		for _, n := range r.Numbers {
			switch old, had := before[n.Number]; {
			case !had:
				say("%s is new, and its final destination is %s", n.Number, n.Final)
			case old != n.Final:
				say("the final destination of %s was %s, and is now %s", n.Number, old, n.Final)
			}
			delete(before, n.Number)
		}
	}
	for _, old := range saved {
		for _, n := range old.Numbers {
			if final, left := before[n.Number]; left {
				say("%s is no number of ours any more; its final destination was %s", n.Number, final)
			}
		}
	}
	return all
}

func finals(routes []Route) map[wissel.Number]string {
	out := map[wissel.Number]string{}
	for _, r := range routes {
		for _, n := range r.Numbers {
			out[n.Number] = n.Final
		}
	}
	return out
}

// ordered writes an order in one line. Notes explain, and are nothing to set.
func ordered(order []Destination) string {
	out := make([]string, len(order))
	for i, d := range order {
		d.Note = ""
		out[i] = d.String()
	}
	return strings.Join(out, ", then ")
}

func records(saved, now []Name) (all []string) {
	lines := func(names []Name) (out []string) {
		for _, n := range names {
			for _, r := range n.Records {
				out = append(out, r.String())
			}
		}
		return out
	}
	old, with := lines(saved), lines(now)
	for _, r := range old {
		if !slices.Contains(with, r) {
			all = append(all, "DNS: take out   "+r)
		}
	}
	for _, r := range with {
		if !slices.Contains(old, r) {
			all = append(all, "DNS: put in     "+r)
		}
	}
	return all
}
