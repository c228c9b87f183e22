package lastresort

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"wissel"
	"wissel/carriers"
	"wissel/configs"
	"wissel/sip/transport"
)

// Name is one of our names, and its records: ours first, and behind them where callers go without us.
type Name struct {
	Name    string         `json:"name"`  // without a dot at its end
	Group   wissel.GroupID `json:"group"` // whose plan the records follow
	Records []Record       `json:"records"`
	Notes   []string       `json:"notes,omitempty"` // what could not be made a record, and what to do
}

// Record is one record of a zone.
type Record struct {
	Owner    string `json:"owner"` // with a dot at its end
	TTL      int    `json:"ttl"`   // seconds
	Type     string `json:"type"`  // SRV, A or AAAA
	Priority int    `json:"priority,omitempty"`
	Weight   int    `json:"weight,omitempty"`
	Port     int    `json:"port,omitempty"`
	Target   string `json:"target"` // a name with a dot at its end, or an IP address
}

// String is the record as a zone file has it (RFC 1035 §5, RFC 2782).
func (r Record) String() string {
	if r.Type == "SRV" {
		return fmt.Sprintf("%s %d IN SRV %d %d %d %s", r.Owner, r.TTL, r.Priority, r.Weight, r.Port, r.Target)
	}
	return fmt.Sprintf("%s %d IN %s %s", r.Owner, r.TTL, r.Type, r.Target)
}

// How the records are written: a carrier that keeps one for longer than ttl would not see a change in time.
const (
	ttl    = 300
	step   = 10 // between priorities, so that a person can put one between
	weight = 100
)

// names gives the records of each of our names that a listener is advertised by. A listener known by address alone has none.
func names(f *configs.File, groups []*wissel.Group) []Name {
	all := []Name{}
	g := busiest(groups)
	for _, l := range f.Listeners {
		kind, bound, err := transport.ParseBind(l.Bind)
		host, port := advertised(l, bound)
		if _, ip := netip.ParseAddr(host); err != nil || ip == nil || g == nil {
			continue
		}
		i := slices.IndexFunc(all, func(n Name) bool { return n.Name == host })
		if i < 0 {
			i = len(all)
			all = append(all, Name{Name: host, Group: g.ID})
			if differ(groups) {
				all[i].note("the groups have different plans, and DNS cannot tell numbers apart: these records follow group %s, which has the most numbers", g.ID)
			}
		}
		all[i].service(f, g, kind, port)
	}
	return all
}

// differ reports whether the groups do not all go to the same places.
func differ(groups []*wissel.Group) bool {
	return slices.ContainsFunc(groups, func(g *wissel.Group) bool {
		return !slices.Equal(g.Plans[g.Active].Targets, groups[0].Plans[groups[0].Active].Targets)
	})
}

// service adds the records of one transport: ourselves, then the targets of the plan that take it.
func (n *Name) service(f *configs.File, g *wissel.Group, kind wissel.Transport, port int) {
	owner := map[wissel.Transport]string{wissel.UDP: "_sip._udp.", wissel.TCP: "_sip._tcp.", wissel.TLS: "_sips._tcp."}[kind] + n.Name + "."
	srv := func(priority, port int, target string) {
		n.add(Record{Owner: owner, TTL: ttl, Type: "SRV", Priority: priority, Weight: weight, Port: port, Target: target})
	}
	srv(step, port, n.Name+".")
	for i, t := range g.Plans[g.Active].Targets {
		if t.Trunk == "" {
			continue
		}
		s := f.Trunks[t.Trunk]
		if s.Role == wissel.Carrier && s.Number != "" {
			n.note("%s is a telephone number (%s), where DNS cannot lead: set it at the carrier", t, s.Number)
			continue
		}
		for j, uri := range s.To {
			to := read(uri)
			switch {
			case to.bySRV:
				n.note("%s names its machines by SRV itself: look them up (%s) and put them here with priority %d", uri, to.question(), step*(i+2))
			case to.transport != kind:
				n.note("%s takes calls over %s, so it is not behind %s", uri, to.transport, owner)
			case to.ip.IsValid():
				name := fmt.Sprintf("last-%s-%d.%s.", strings.ReplaceAll(string(t.Trunk), "_", "-"), j+1, n.Name)
				srv(step*(i+2), to.port, name)
				typ := "AAAA"
				if to.ip.Is4() {
					typ = "A"
				}
				n.add(Record{Owner: name, TTL: ttl, Type: typ, Target: to.ip.String()})
			default:
				srv(step*(i+2), to.port, to.host+".")
			}
		}
	}
}

func (n *Name) add(r Record) {
	if !slices.Contains(n.Records, r) {
		n.Records = append(n.Records, r)
	}
}

func (n *Name) note(format string, args ...any) {
	if s := fmt.Sprintf(format, args...); !slices.Contains(n.Notes, s) {
		n.Notes = append(n.Notes, s)
	}
}

// place is a SIP URI of a trunk, taken apart.
type place struct {
	host      string
	ip        netip.Addr // when the host is an address
	port      int
	transport wissel.Transport
	bySRV     bool // the name stands for SRV records: it has no port (RFC 3263 §4.2)
}

func read(uri string) place {
	if a, ok := carriers.Literal(uri); ok {
		return place{ip: a.AddrPort.Addr(), port: int(a.AddrPort.Port()), transport: a.Transport}
	}
	rest, params, _ := strings.Cut(strings.TrimPrefix(carriers.Canonical(uri), "sip:"), ";transport=")
	host, port, _ := strings.Cut(rest, ":")
	p := place{host: host, transport: wissel.Transport(params), bySRV: port == ""}
	if p.transport == "" {
		p.transport = wissel.UDP
	}
	if n, err := strconv.Atoi(port); err == nil {
		p.port = n
	}
	return p
}

// question is what to type to see a name's SRV records.
func (p place) question() string {
	service := map[wissel.Transport]string{wissel.UDP: "_sip._udp.", wissel.TCP: "_sip._tcp.", wissel.TLS: "_sips._tcp."}[p.transport]
	return "dig SRV " + service + p.host
}
