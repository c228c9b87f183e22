package configs

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"wissel"
	"wissel/carriers"
	"wissel/internal/number"
)

// between checks what only the whole can tell.
func (l *loader) between() {
	l.apart()
	l.loops()
	l.testLines()
	for doc, steps := range l.dials {
		for step, t := range steps {
			l.target(doc, "steps."+step+".dial.target", t.String())
		}
	}
}

// loops finds trunks that dial a number of our own.
func (l *loader) loops() {
	for _, id := range names(l.out.Trunks) {
		n := l.out.Trunks[wissel.TrunkID(id)].Number
		if line, ours := l.out.Lines[n]; ours && n != "" && number.KindOf(n) != "" {
			l.doc.problem("trunks."+id+".number", "%s is a number of our own (group %s): calls would come back to us; give the number that the backup answers", n, line.Group)
		}
	}
}

// testLines sees that test calls which come back to us reach a test line: on another line of ours they would be calls to
// people.
func (l *loader) testLines() {
	for _, id := range names(l.out.Trunks) {
		n := l.out.Trunks[wissel.TrunkID(id)].Test.Number
		line, ours := l.out.Lines[n]
		if l.doc.lost("groups." + string(line.Group) + ".test") {
			continue
		}
		if ours && n != "" && number.KindOf(n) != "" && (l.out.Groups[line.Group] == nil || !l.out.Groups[line.Group].Test) {
			l.doc.problem("trunks."+id+".test.number", "%s is a number of group %s, where test calls would be answered by people; give it to a group of its own with test: true", n, line.Group)
		}
	}
}

// source is one place that a trunk's calls come from.
type source struct {
	path   string
	prefix netip.Prefix   // from
	addr   wissel.Address // to, when it is an address
	uri    string         // to, when it is a name
}

// apart refuses two trunks that cannot be told apart: the same source on the same listener. Of two sources one inside the
// other the narrower wins (package sip), and a trunk with a listener of its own wins there.
func (l *loader) apart() {
	ids := names(l.out.Trunks)
	sources := make([][]source, len(ids))
	for i, id := range ids {
		sources[i] = sourcesOf(id, l.out.Trunks[wissel.TrunkID(id)])
	}
	for i, a := range ids {
		for j := i + 1; j < len(ids); j++ {
			b := ids[j]
			if ta, tb := l.out.Trunks[wissel.TrunkID(a)], l.out.Trunks[wissel.TrunkID(b)]; ta.Listener == tb.Listener {
				l.clashes(a, b, sources[i], sources[j], ta.Username != "" && tb.Username != "" && ta.Username != tb.Username)
			}
		}
	}
}

// clashes reports the first source that two trunks share, at the one that stands later in the file. Trunks with usernames of
// their own may be told apart by the Request-URI, when their carrier puts the username there.
func (l *loader) clashes(a, b string, as, bs []source, usernames bool) {
	for _, x := range as {
		for _, y := range bs {
			what, same, sure := clash(x, y)
			if !same {
				continue
			}
			lx, _, _ := l.doc.root.find(x.path)
			ly, _, _ := l.doc.root.find(y.path)
			other, line, path := a, lx, y.path
			if lx > ly {
				other, line, path = b, ly, x.path
			}
			say := l.doc.problem
			if !sure || usernames {
				say = l.doc.warn
			}
			say(path, "calls from %s could be of trunk %s too (line %d); give both trunks a listener of their own, or tell their sources apart", what, other, line)
			return
		}
	}
}

// clash reports whether two sources may be the same peer. Two ports of one IP are two peers over UDP; over TCP and TLS a
// peer calls from any port, so that they are one for sure only if both are the same, and else if both call us at all.
func clash(x, y source) (what string, same, sure bool) {
	ip := func(s source) netip.Addr { return s.addr.AddrPort.Addr() }
	switch {
	case x.uri != "" || y.uri != "":
		return x.uri, x.uri == y.uri, true
	case x.prefix.IsValid() || y.prefix.IsValid():
		return strings.TrimSuffix(strings.TrimSuffix(x.prefix.String(), "/32"), "/128"), x.prefix == y.prefix, true
	case x.addr != y.addr && x.addr.Transport.Reliable() && y.addr.Transport.Reliable():
		return ip(x).String() + " over " + string(y.addr.Transport), ip(x) == ip(y), false
	}
	return y.addr.String(), x.addr == y.addr, true
}

func sourcesOf(id string, t carriers.Settings) (out []source) {
	for i, p := range t.From {
		if p.IsValid() {
			out = append(out, source{path: "trunks." + id + ".from[" + strconv.Itoa(i) + "]", prefix: p})
		}
	}
	for i, uri := range t.To {
		s := source{path: "trunks." + id + ".to[" + strconv.Itoa(i) + "]", uri: carriers.Canonical(uri)}
		if a, ok := carriers.Literal(uri); ok {
			s.addr, s.uri = a, ""
			if slices.ContainsFunc(t.From, func(p netip.Prefix) bool { return p.Contains(a.AddrPort.Addr()) }) {
				continue // its own from says so already
			}
		}
		if s.uri != "" || !s.addr.IsZero() {
			out = append(out, s)
		}
	}
	return out
}
