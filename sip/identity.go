package sip

import (
	"cmp"
	"net/netip"
	"strings"
	"unicode"

	sipgo "github.com/emiago/sipgo/sip"

	"wissel"
	"wissel/internal/number"
)

// countryOf is where numbers without a country code are read, as the settings say.
func countryOf(snap *wissel.Snapshot) string { return cmp.Or(snap.Country, "NL") }

// identify says which trunk a request that starts something belongs to, by its source, the listener it came to (the bind
// of it) and its Request-URI; false when none. Of several that fit, the one whose address and port it came from goes
// before one whose address it is, and that before the narrowest From; then one bound to this listener, one whose user
// name is the Request-URI's user, and the first by name. It is asked after parsing, once for each new call.
func identify(snap *wissel.Snapshot, src wissel.Address, listener string, req *sipgo.Request) (*wissel.Trunk, bool) {
	var best *wissel.Trunk
	var top [3]int
	for _, t := range snap.Trunks {
		if t.Listener != "" && t.Listener != listener {
			continue
		}
		fit := [3]int{sourceFit(t, src)}
		if fit[0] == 0 {
			continue
		}
		if t.Listener != "" {
			fit[1] = 1
		}
		if t.Username != "" && req != nil && req.Recipient.User == t.Username {
			fit[2] = 1
		}
		if best == nil || above(fit, top) || fit == top && t.ID < best.ID {
			best, top = t, fit
		}
	}
	return best, best != nil
}

func above(a, b [3]int) bool {
	for i := range a {
		if a[i] != b[i] {
			return a[i] > b[i]
		}
	}
	return false
}

// sourceFit says how well src is a source of t: 0 not at all, 1 to 129 by the length of a From prefix, then an address.
func sourceFit(t *wissel.Trunk, src wissel.Address) int {
	ip, best := src.AddrPort.Addr().Unmap(), 0
	for _, p := range t.From {
		if p.Contains(ip) {
			best = max(best, 1+p.Bits()+128-ip.BitLen())
		}
	}
	for _, list := range [][]wissel.Address{t.Addresses, t.Previous} {
		for _, a := range list {
			switch {
			case netip.AddrPortFrom(a.AddrPort.Addr().Unmap(), a.AddrPort.Port()) == netip.AddrPortFrom(ip, src.AddrPort.Port()):
				best = max(best, 202)
			case a.AddrPort.Addr().Unmap() == ip:
				best = max(best, 201)
			}
		}
	}
	return best
}

// Caller is who calls, as far as the trunk that brought him is believed (FAULTS A17). It never authorises anything.
type Caller struct {
	Number   wissel.Number // of P-Asserted-Identity, else From; empty: unknown, or not to be believed
	Display  string        // his name, fit to be written anywhere: no control, format or quote characters
	Withheld bool          // he hides his number: it may route him, and is never shown, texted or exported
	Privacy  string        // the Privacy he asked for (RFC 3323), from the list of known values
	Diverted wissel.Number // who forwarded him to us last (Diversion, else History-Info); empty: nobody
	// The headers as they came, where they are believed: for trunks whose policy lets them pass.
	Diversion, History, Identity []string

	country string // where the numbers in these were read
}

// callerOf reads who calls. From a trunk that is not trusted nothing is believed but that the caller wants to be hidden.
func callerOf(req *sipgo.Request, trunk *wissel.Trunk, country string) Caller {
	c := Caller{country: country}
	var hidden bool
	c.Privacy, hidden = privacyOf(req)
	from := req.From()
	c.Withheld = hidden || from != nil && anonymous(&from.Address)
	if trunk == nil || !trunk.Headers.Trusted {
		return c
	}
	c.Number, c.Display = asserted(req, country)
	if c.Number == "" && from != nil {
		c.Number = numberOf(&from.Address, country)
	}
	if c.Display == "" && from != nil && !c.Withheld {
		c.Display = clean(unquote(`"`+from.DisplayName+`"`), 64)
	}
	if c.Withheld {
		c.Display = ""
	}
	c.Diversion = values(req, "diversion")
	c.History = values(req, "history-info")
	c.Identity = values(req, "identity")
	c.Diverted = diverted(c.Diversion, c.History, country)
	return c
}

// asserted is the first telephone number of P-Asserted-Identity (RFC 3325 §9.1), and the name beside it.
func asserted(req *sipgo.Request, country string) (wissel.Number, string) {
	for _, v := range values(req, "p-asserted-identity") {
		uri, _ := addrOf([]byte(v))
		if n, err := number.Parse(string(uri), country); err == nil {
			name, _, _ := strings.Cut(v, "<")
			return n, clean(unquote(name), 64)
		}
	}
	return "", ""
}

// privacyOf gives the values of Privacy that we know (RFC 3323, RFC 3325, RFC 7044), and whether they hide the caller.
// "session" is about media and "none" asks for nothing to be hidden.
func privacyOf(req *sipgo.Request) (string, bool) {
	var known []string
	hidden := false
	for _, h := range req.GetHeaders("privacy") {
		for v := range strings.FieldsFuncSeq(h.Value(), func(r rune) bool { return r == ';' || r == ',' || r == ' ' }) {
			switch v = strings.ToLower(v); v {
			case "id", "user", "header":
				hidden = true
			case "session", "none", "critical", "history":
			default:
				continue
			}
			if len(known) < 8 {
				known = append(known, v)
			}
		}
	}
	return strings.Join(known, ";"), hidden
}

// anonymous knows the Froms of callers who hide (RFC 3323 §4.1.1.3), in the forms that carriers use.
func anonymous(u *sipgo.Uri) bool {
	switch strings.ToLower(u.User) {
	case "anonymous", "restricted", "unavailable", "private", "withheld":
		return true
	}
	return strings.EqualFold(u.Host, "anonymous.invalid")
}

// numberOf is the telephone number that a URI is, or none.
func numberOf(u *sipgo.Uri, country string) wissel.Number {
	text := u.User
	if strings.EqualFold(u.Scheme, "tel") {
		text = "tel:" + u.Raw()
	}
	if text == "" {
		return ""
	}
	n, err := number.Parse(text, country)
	if err != nil {
		return ""
	}
	return n
}

// dialled is the number that was rung, and where it was found: "ruri", or "to" when the Request-URI holds a name of ours
// and no number (a trunk that rings its registered user). An empty number: none.
func dialled(req *sipgo.Request, country string) (n wissel.Number, via string) {
	if n = numberOf(&req.Recipient, country); n != "" {
		return n, "ruri"
	}
	if strings.Trim(req.Recipient.User, "+0123456789") == "" && req.Recipient.User != "" {
		return "", "" // digits that are no number of anybody's: To must not turn it into one
	}
	if to := req.To(); to != nil {
		if n = numberOf(&to.Address, country); n != "" {
			return n, "to"
		}
	}
	return "", ""
}

// diverted is the number that forwarded a call last: the first Diversion (RFC 5806 §6), else the last but one History-Info
// (RFC 7044 §9) where the last is the address now rung.
func diverted(diversion, history []string, country string) wissel.Number {
	pick := func(v string) wissel.Number {
		uri, _ := addrOf([]byte(v))
		uriText, _, _ := strings.Cut(string(uri), "?")
		n, err := number.Parse(uriText, country)
		if err != nil {
			return ""
		}
		return n
	}
	if len(diversion) > 0 {
		return pick(diversion[0])
	}
	if len(history) > 1 {
		return pick(history[len(history)-2])
	}
	return ""
}

// maxValues caps how many values of one header are looked at and passed on.
const maxValues = 10

// values gives the values of a header that is a comma-separated list, in order.
func values(req *sipgo.Request, name string) (vs []string) {
	for _, h := range req.GetHeaders(name) {
		for rest := []byte(h.Value()); len(rest) > 0 && len(vs) < maxValues; {
			var one []byte
			if one, rest = cutComma(rest); len(one) > 0 {
				vs = append(vs, string(one))
			}
		}
	}
	return vs
}

// clean makes text from the far end fit to be written into headers, logs and screens (FAULTS A18, A20): at most most
// runes, none of them a control or format character (which turn the direction of text), a quote, a bracket or a backslash.
func clean(s string, most int) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == unicode.ReplacementChar, unicode.IsControl(r), unicode.Is(unicode.Cf, r), !unicode.IsPrint(r):
			continue
		case strings.ContainsRune("\"\\<>", r):
			continue
		}
		if most--; most < 0 {
			break
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}
