// Package lastresort writes what to set at each carrier, and in DNS, for the hour in which wissel itself is gone: where
// calls go then, in order. It is made from settings alone, so that it can be made on any machine at any time; it holds no
// secret, and says what it cannot know. It is pure: cmd/wissel reads and writes the files.
package lastresort

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"wissel"
	"wissel/carriers"
	"wissel/configs"
	"wissel/internal/nearest"
	"wissel/sip/transport"
)

// Sheet is all that is to be set elsewhere.
type Sheet struct {
	Made     time.Time        `json:"made"`
	Settings string           `json:"settings"`         // version of the settings that it was made from
	Groups   []wissel.GroupID `json:"groups,omitempty"` // the only groups that it is about; empty: all
	Carriers []Carrier        `json:"carriers"`         // those that bring calls in
	Names    []Name           `json:"names"`            // those of ours that carriers find us by
	Unknown  []string         `json:"unknown"`          // what the settings do not say
	Checksum string           `json:"checksum"`         // SHA-256 of all but made, settings and itself, hexadecimal
}

// Carrier is what to set at one carrier.
type Carrier struct {
	Trunk  wissel.TrunkID `json:"trunk"`
	Routes []Route        `json:"routes"`
}

// Route is where the numbers of one group go, in the order of a carrier's trunk group.
type Route struct {
	Group   wissel.GroupID `json:"group"`
	Plan    wissel.PlanID  `json:"plan"`
	Order   []Destination  `json:"order"`
	Numbers []Number       `json:"numbers"`
}

// Kind is how a destination is reached.
type Kind string

// The kinds: a SIP URI, a number of the telephone network, and words that the carrier itself says.
const (
	SIP          Kind = "sip"
	Telephone    Kind = "telephone"
	Announcement Kind = "announcement"
)

// Destination is one place where calls can go.
type Destination struct {
	Target  string        `json:"target"` // "wissel", a trunk, or "flow:storing"
	Kind    Kind          `json:"kind"`
	Address string        `json:"address,omitempty"` // "sip:byoc.example:5061;transport=tls", "+31850000000"; empty: an announcement
	Dial    wissel.Number `json:"dial,omitempty"`    // dialled at that URI instead of the number that was rung
	Note    string        `json:"note,omitempty"`
}

// Number is one number of ours, and where it goes when wissel does not answer.
type Number struct {
	Number  wissel.Number `json:"number"`
	Dialled string        `json:"dialled,omitempty"` // as callers know it
	Final   string        `json:"final"`             // "sip:+31201234567@byoc.example", "+31850000000", or "announcement"
}

// Self is the target that stands for wissel.
const Self = "wissel"

// Make makes the sheet of settings. only are the groups that it is to be about; none: all. A group that is not there, or has
// only test lines, is an error.
func Make(f *configs.File, only []wissel.GroupID, now time.Time) (*Sheet, error) {
	groups, err := choose(f, only)
	if err != nil {
		return nil, err
	}
	s := &Sheet{Made: now.UTC().Truncate(time.Second), Settings: f.Version, Groups: only, Carriers: []Carrier{}, Names: names(f, groups)}
	for _, id := range slices.Sorted(maps.Keys(f.Trunks)) {
		if t := f.Trunks[id]; t.Role == wissel.Carrier && t.Number == "" { // one with a number takes calls out, to that number
			c := Carrier{Trunk: id}
			for _, g := range groups {
				c.Routes = append(c.Routes, route(f, id, g))
			}
			s.Carriers = append(s.Carriers, c)
		}
	}
	s.Unknown = unknown(f, groups, s.Carriers)
	s.Checksum = s.sum()
	return s, nil
}

// choose gives the groups that are asked for, by name.
func choose(f *configs.File, only []wissel.GroupID) (groups []*wissel.Group, err error) {
	for _, id := range only {
		if g := f.Groups[id]; g == nil || g.Test {
			var have []string
			for id, g := range f.Groups {
				if !g.Test {
					have = append(have, string(id))
				}
			}
			slices.Sort(have)
			return nil, fmt.Errorf("there is no group %q with callers%s", id, nearest.Suggest(string(id), have))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(f.Groups)) {
		if g := f.Groups[id]; !g.Test && (len(only) == 0 || slices.Contains(only, id)) {
			groups = append(groups, g)
		}
	}
	return groups, nil
}

// route is where a carrier sends the calls of a group: to wissel as ever, and without it down the plan of the settings.
func route(f *configs.File, from wissel.TrunkID, g *wissel.Group) Route {
	r := Route{Group: g.ID, Plan: g.Active, Order: self(f, f.Trunks[from])}
	for _, t := range g.Plans[g.Active].Targets {
		if t.Trunk != from { // a carrier need not be told to go to itself
			r.Order = append(r.Order, destinations(f, t)...)
		}
	}
	for _, line := range g.Lines {
		r.Numbers = append(r.Numbers, Number{Number: line.Number, Dialled: line.Dialled, Final: final(r.Order, line.Number)})
	}
	return r
}

// self lists our own addresses, as a carrier is told them.
func self(f *configs.File, of carriers.Settings) (all []Destination) {
	for _, l := range f.Listeners {
		kind, bound, err := transport.ParseBind(l.Bind)
		if err != nil || of.Listener != "" && of.Listener != l.Bind {
			continue
		}
		host, port := advertised(l, bound)
		uri := "sip:" + net.JoinHostPort(host, strconv.Itoa(port))
		if kind != wissel.UDP {
			uri += ";transport=" + string(kind)
		}
		all = append(all, Destination{Target: Self, Kind: SIP, Address: uri, Note: "as now: what follows is for when it does not answer"})
	}
	return all
}

// advertised is the host and port of a listener that peers are told.
func advertised(l transport.Settings, bound netip.AddrPort) (host string, port int) {
	host, port = bound.Addr().String(), int(bound.Port())
	if l.Advertise == "" {
		return host, port
	}
	if h, p, err := net.SplitHostPort(l.Advertise); err == nil {
		if n, err := strconv.Atoi(p); err == nil {
			return h, n
		}
	}
	return strings.Trim(l.Advertise, "[]"), port
}

// destinations are the places that a target of a plan stands for.
func destinations(f *configs.File, t wissel.Target) (all []Destination) {
	if t.Flow != "" {
		return []Destination{{Target: t.String(), Kind: Announcement, Note: "the carrier's own words: the flow is gone with wissel"}}
	}
	s := f.Trunks[t.Trunk]
	if s.Role == wissel.Carrier && s.Number != "" {
		return []Destination{{Target: t.String(), Kind: Telephone, Address: string(s.Number)}}
	}
	for _, uri := range s.To {
		d := Destination{Target: t.String(), Kind: SIP, Address: uri, Dial: s.Number}
		if s.Username != "" {
			d.Note = "it wants a username and a password, which are not written here"
		}
		all = append(all, d)
	}
	return all
}

// final is where a number goes when wissel does not answer: the first of order behind wissel, with the number in it.
func final(order []Destination, n wissel.Number) string {
	for _, d := range order {
		switch {
		case d.Target == Self:
		case d.Kind == SIP:
			scheme, rest, _ := strings.Cut(d.Address, ":")
			return scheme + ":" + string(cmp.Or(d.Dial, n)) + "@" + rest
		case d.Kind == Telephone:
			return d.Address
		default:
			return string(Announcement)
		}
	}
	return string(Announcement)
}

// unknown says what the settings do not.
func unknown(f *configs.File, groups []*wissel.Group, from []Carrier) []string {
	all := []string{
		"which plan an operator has made active, and which pins hold: the plans of the settings are meant here, and `wissel status` has those in force",
		"whether a carrier can send calls to these destinations by itself, and whether they take its calls: ask both, and try one call",
	}
	switch {
	case len(from) == 0:
		all = append(all, "who brings the calls in: no carrier of the settings does (one with a number takes them out)")
	case len(from) > 1:
		all = append(all, "which numbers come in over which carrier: each has them all here")
	}
	credentials := map[wissel.TrunkID]bool{}
	for _, g := range groups {
		for _, t := range g.Plans[g.Active].Targets {
			if s := f.Trunks[t.Trunk]; t.Trunk != "" && s.Username != "" {
				credentials[t.Trunk] = true
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(credentials)) {
		all = append(all, fmt.Sprintf("how %s would know a carrier that has not our username and password: they are secrets, and are not written here", id))
	}
	return all
}

// sum is the checksum of what is to be set.
func (s Sheet) sum() string {
	s.Made, s.Settings, s.Checksum = time.Time{}, "", ""
	b, err := json.Marshal(s)
	if err != nil {
		panic("lastresort: " + err.Error()) // strings and numbers always encode
	}
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// busiest is the group with the most numbers: DNS cannot tell numbers apart, so one group's plan must do for all.
func busiest(groups []*wissel.Group) *wissel.Group {
	if len(groups) == 0 {
		return nil
	}
	return slices.MinFunc(groups, func(a, b *wissel.Group) int {
		return cmp.Or(cmp.Compare(len(b.Lines), len(a.Lines)), cmp.Compare(a.ID, b.ID))
	})
}
