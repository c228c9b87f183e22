package configs

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"wissel"
	"wissel/carriers"
	"wissel/internal/nearest"
	"wissel/internal/number"
	"wissel/sip/transport"
)

// nameForm is what trunks, groups and plans may be called: it is typed at night, and stands in labels and file names.
var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,39}$`)

func (l *loader) name(path, what, name string) {
	if !nameForm.MatchString(name) {
		line, col, _ := l.doc.root.find(path)
		l.doc.fault(line, col, path, "%q cannot be a %s's name; small letters, digits, - and _, at most 40, would be right", name, what)
	}
}

// trunks reads trunks. What a trunk must be by itself, package carriers says.
func (l *loader) trunks(shapes map[string]trunkShape) {
	l.out.Trunks = make(map[wissel.TrunkID]carriers.Settings, len(shapes))
	if len(shapes) == 0 {
		l.doc.problem("trunks", "there is no trunk, so nobody may send calls; kpn: {role: carrier, to: [sip:sbc.kpn.example], from: [192.0.2.0/28]} would be one")
	}
	for _, id := range names(shapes) {
		w, at := shapes[id], "trunks."+id
		l.name(at, "trunk", id)
		if len(w.To) == 0 && l.doc.lost(at+".to") {
			w.To = []string{"sip:" + id + ".invalid"} // it leads somewhere; nobody knows where
		}
		s := carriers.Settings{
			Role: wissel.Role(w.Role), To: w.To, From: l.prefixes(at+".from", w.From), Listener: w.Listener,
			Username: w.Username, Password: l.secret(at+".password", w.Password), Realm: w.Realm,
			Limits: wissel.Limits(w.Limits), Timers: wissel.Timers(w.Timers), Probe: wissel.Probe(w.Probe),
			Headers: wissel.HeaderPolicy(w.Headers), Forward: w.Forward, Unanswered: w.Unanswered,
			Test: l.test(at+".test", w.Test), Status: statusPage(w.Status), Family: w.Family, Person: w.Person, Reached: w.Reached,
		}
		if w.Number != "" {
			s.Number, _ = l.number(at+".number", w.Number)
			if number.KindOf(s.Number) == wissel.Kind0900 {
				l.doc.problem(at+".number", "%s is a paid number; a backup behind one is not dialled", s.Number)
			}
		}
		for i, k := range w.Present {
			s.Present = append(s.Present, l.kind(at+".present["+strconv.Itoa(i)+"]", k))
		}
		s.Move = l.move(at+".move", w.Move)
		if w.Family != "" {
			l.name(at+".family", "family", w.Family)
		}
		if w.Listener != "" {
			l.listener(at+".listener", w.Listener)
		}
		for _, p := range s.Check(at) {
			if _, _, there := l.doc.root.find(p.Path); there || !strings.HasPrefix(p.Path, at+".from[") { // one that could not be read is gone from the list
				l.doc.problem(p.Path, "%s", p.Msg)
			}
		}
		l.reachable(at, s)
		l.out.Trunks[wissel.TrunkID(id)] = s
	}
}

// prefixes reads addresses and prefixes. Those that cannot be read stay in the list as invalid ones, so that places keep
// their index; nothing is built from a list with a fault.
func (l *loader) prefixes(at string, written []string) (out []netip.Prefix) {
	for i, w := range written {
		p, err := netip.ParsePrefix(w)
		if err != nil {
			var a netip.Addr
			if a, err = netip.ParseAddr(w); err == nil {
				p = netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen())
			}
		}
		path := at + "[" + strconv.Itoa(i) + "]"
		switch {
		case err != nil:
			l.doc.problem(path, "%q is neither an IP address nor a prefix; 192.0.2.7 or 192.0.2.0/28 would be right", w)
		case p != p.Masked():
			l.doc.problem(path, "%s has bits behind its first %d; %s would be right", p, p.Bits(), p.Masked())
		}
		out = append(out, p)
	}
	return out
}

// number reads a telephone number of the settings.
func (l *loader) number(path, written string) (wissel.Number, bool) {
	n, err := number.Parse(written, l.out.Country)
	if err == nil {
		return n, true
	}
	l.doc.problem(path, "%s", numberFault(written, err))
	return "", false
}

func numberFault(written string, err error) string {
	if errors.Is(err, number.ErrEmergency) {
		return fmt.Sprintf("%q is an emergency number: wissel never takes, blocks or delays such calls; leave them to the carrier", written)
	}
	return fmt.Sprintf(`%q is no telephone number; "+31201234567" or "020 123 45 67" would be right`, written)
}

// kinds are the words for kinds of numbers, with those that people use for the same.
var kinds = map[string]wissel.Kind{
	"fixed": wissel.KindFixed, "088": wissel.KindCompany, "085": wissel.KindCompany, "14xx": wissel.Kind14, "0800": wissel.Kind0800,
	"0900": wissel.Kind0900, "0906": wissel.Kind0900, "0909": wissel.Kind0900, "116": wissel.Kind116, "mobile": wissel.KindMobile, "foreign": wissel.KindForeign,
}

func (l *loader) kind(path, written string) wissel.Kind {
	k, ok := kinds[written]
	if !ok {
		l.doc.problem(path, "%q is no kind of number%s", written, nearest.Suggest(written, names(kinds)))
	}
	return k
}

func (l *loader) move(at string, written map[int]string) map[int]bool {
	if len(written) == 0 {
		return nil
	}
	out := make(map[int]bool, len(written))
	for status, to := range written {
		switch to {
		case "next", "flow":
			out[status] = to == "next"
		default:
			l.doc.problem(at+"."+strconv.Itoa(status), "%q is neither next (try the next target) nor flow (go to the plan's flow)", to)
		}
	}
	return out
}

// test reads a trunk's test calls.
func (l *loader) test(at string, w testShape) wissel.Test {
	t := wissel.Test{Every: w.Every, Expect: wissel.Expect(w.Expect), PerDay: w.PerDay}
	if w.Number != "" {
		t.Number, _ = l.number(at+".number", w.Number)
	}
	if w.Show != "" {
		t.Show, _ = l.number(at+".show", w.Show)
	}
	return t
}

func statusPage(w statusShape) wissel.StatusPage {
	return wissel.StatusPage{URL: w.URL, Form: wissel.StatusForm(w.Form), Path: w.Path, Component: w.Component, Good: w.Good, Every: w.Every}
}

func (l *loader) listener(path, bind string) {
	var binds []string
	for _, t := range l.out.Listeners {
		if _, _, err := transport.ParseBind(t.Bind); err == nil {
			binds = append(binds, t.Bind)
		}
	}
	if !slices.Contains(binds, bind) && !l.doc.lost("listen.sip") {
		l.doc.problem(path, "no listener under listen.sip is bound to %q%s", bind, nearest.Suggest(bind, binds))
	}
}

// reachable finds addresses that no listener can send to: of the other family, or over udp where we have none. A stream
// needs no listener of its own.
func (l *loader) reachable(at string, s carriers.Settings) {
	for i, to := range s.To {
		a, ok := carriers.Literal(to)
		if !ok {
			continue
		}
		found := false
		for _, t := range l.out.Listeners {
			kind, bind, err := transport.ParseBind(t.Bind)
			if err != nil || s.Listener != "" && s.Listener != t.Bind {
				found = found || err != nil // it has its own fault already
				continue
			}
			found = found || bind.Addr().Is4() == a.AddrPort.Addr().Is4() && (kind == a.Transport || a.Transport.Reliable())
		}
		if !found && len(l.out.Listeners) > 0 {
			family := "IPv6"
			if a.AddrPort.Addr().Is4() {
				family = "IPv4"
			}
			l.doc.problem(at+".to["+strconv.Itoa(i)+"]", "no listener of this trunk sends over %s to an %s address; add one under listen.sip", a.Transport, family)
		}
	}
}
