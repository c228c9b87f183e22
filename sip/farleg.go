package sip

import (
	"strconv"
	"strings"

	sipgo "github.com/emiago/sipgo/sip"

	"wissel"
	"wissel/internal/number"
)

// farLeg is what the first INVITE to a target is made of.
type farLeg struct {
	Trunk   *wissel.Trunk
	Host    wissel.Host    // of the address
	Address wissel.Address // it goes to
	Own     string         // our advertised host, with its port and an IPv6 address in brackets: for Via, From and PAI
	Branch  string         // of our Via, with its magic cookie
	Contact string         // our Contact value
	CallID  string
	FromTag string
	CSeq    uint32
	Hops    int // Max-Forwards; the caller's less one
	Call    wissel.CallID
	Caller  Caller
	Rung    wissel.Number // the number of ours that the caller rang
	Present wissel.Number // the group's number for this trunk; empty: Rung
	Session []byte        // header lines of appendSession
	Type    string        // Content-Type; empty: no body
	Body    []byte
	Placed  bool  // by ourselves: Rung is dialled and Caller is shown, as they are
	Back    *Back // Placed: it is one side of a callback, or rings one of the people, and Caller is not looked at
}

// farInvite writes the INVITE of a new leg. Its headers are the ones written here and no others: nothing of the caller's
// message is copied but what the policy of the trunk lets pass, each value checked and put into our own words (H15, H17, H18).
func farInvite(f farLeg) *sipgo.Request {
	req := sipgo.NewRequest(sipgo.INVITE, f.target())
	add := func(name, value string) {
		if value != "" && printable(value) {
			req.AppendHeader(sipgo.NewHeader(name, value))
		}
	}
	shown := f.shown()
	req.AppendHeader(f.via())
	add("Max-Forwards", strconv.Itoa(f.Hops))
	add("From", shown.from(f.Own)+";tag="+f.FromTag)
	add("To", "<"+req.Recipient.String()+">")
	add("Call-ID", f.CallID)
	req.AppendHeader(&sipgo.CSeqHeader{SeqNo: f.CSeq, MethodName: sipgo.INVITE})
	add("Contact", f.Contact)
	add("Allow", allow)
	for one := range strings.SplitSeq(strings.TrimSuffix(string(f.Session), "\r\n"), "\r\n") {
		name, value, _ := strings.Cut(one, ": ")
		add(name, value)
	}
	f.identity(shown, add)
	if f.Trunk.Role == wissel.Platform || f.Placed && f.Back == nil {
		add("X-Wissel-Call", string(f.Call))
	}
	if f.Trunk.Role == wissel.Platform && f.Back != nil { // our own desk: the public network learns nothing
		for _, h := range f.Back.Headers {
			add(h.Name, h.Value)
		}
	}
	if f.Type != "" {
		add("Content-Type", f.Type)
	}
	req.SetBody(f.Body)
	return req
}

// via is our Via; its branch can be changed where the INVITE is sent once more.
func (f *farLeg) via() *sipgo.ViaHeader {
	v := &sipgo.ViaHeader{ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: strings.ToUpper(string(f.Address.Transport))}
	host, port, _ := hostPort([]byte(f.Own))
	v.Host, v.Port = host, int(port)
	v.Params = sipgo.HeaderParams{{K: "rport"}, {K: "branch", V: f.Branch}}
	return v
}

// target is the Request-URI: the trunk's own number, else the one that was rung, at the trunk's host.
func (f *farLeg) target() sipgo.Uri {
	n := f.Rung
	if f.Trunk.Number != "" && !f.Placed {
		n = f.Trunk.Number
	}
	return uriOf(string(n), f.Host, f.Address.Transport)
}

// hostAt is where address number i of t was found; of one that t no longer has, itself.
func hostAt(t *wissel.Trunk, i int, a wissel.Address) wissel.Host {
	if i >= 0 && i < len(t.Hosts) {
		return t.Hosts[i]
	}
	return wissel.Host{Name: a.AddrPort.Addr().String(), Port: a.AddrPort.Port()}
}

// uriOf is the URI of a user at a host of a trunk, as its settings have it: the port where one is written that is not the
// usual one, and the transport where it is not UDP (RFC 3261 §19.1.1). An empty user is the host itself.
func uriOf(user string, h wissel.Host, tr wissel.Transport) sipgo.Uri {
	u := sipgo.Uri{Scheme: "sip", User: user, Host: h.Name}
	if strings.Contains(h.Name, ":") {
		u.Host = "[" + h.Name + "]"
	}
	usual := uint16(5060)
	if tr == wissel.TLS {
		usual = 5061
	}
	if h.Port != usual {
		u.Port = int(h.Port)
	}
	if tr.Reliable() {
		u.UriParams = sipgo.HeaderParams{{K: "transport", V: string(tr)}}
	}
	return u
}

// shown is who the target sees as the caller.
type shown struct {
	number  wissel.Number // empty: nobody
	name    string
	hidden  bool // From is anonymous
	caller  bool // it is the caller himself; otherwise the group's number stands in for him
	forward bool // the call leaves for another number of the public network, so it is a diversion of ours
}

// shown decides it: the caller himself where the trunk allows that, else the number that the group presents there.
func (f *farLeg) shown() shown {
	if f.Back != nil {
		n := f.Back.Show[f.Trunk.ID]
		return shown{number: n, hidden: n == ""}
	}
	if f.Placed {
		return shown{number: f.Caller.Number, hidden: f.Caller.Withheld}
	}
	s := shown{number: f.Caller.Number, name: f.Caller.Display, hidden: f.Caller.Withheld, caller: true, forward: f.Trunk.Role == wissel.Carrier}
	if f.Trunk.Role == wissel.Platform || f.Trunk.Forward {
		s.hidden = s.hidden || s.number == ""
		return s
	}
	s = shown{number: f.Present, forward: s.forward}
	if s.number == "" {
		s.number = f.Rung
	}
	return s
}

// from is the From value, without its tag. A hidden caller is the one of RFC 3323 §4.1.1.3.
func (s shown) from(own string) string {
	if s.hidden {
		return `"Anonymous" <sip:anonymous@anonymous.invalid>`
	}
	return s.address(own)
}

func (s shown) address(own string) string {
	uri := "<sip:" + string(s.number) + "@" + own + ">"
	if s.name == "" {
		return uri
	}
	return `"` + s.name + `" ` + uri
}

// identity adds the identity headers that the trunk's policy lets pass.
func (f *farLeg) identity(s shown, add func(name, value string)) {
	policy, c := f.Trunk.Headers, &f.Caller
	// A hidden number goes to a trunk that also gets the wish to hide it, or not at all.
	if policy.PAI && s.number != "" && (!s.hidden || policy.Privacy) {
		add("P-Asserted-Identity", s.address(f.Own))
	}
	if policy.Privacy && s.caller {
		switch {
		case s.hidden && strings.Contains(c.Privacy, "none"): // the From of a caller who hides says more than his Privacy
			add("Privacy", "id")
		case c.Privacy != "" && s.hidden && !strings.Contains(c.Privacy, "id"):
			add("Privacy", c.Privacy+";id")
		case c.Privacy != "":
			add("Privacy", c.Privacy)
		case s.hidden && s.number != "":
			add("Privacy", "id")
		}
	}
	if policy.Diversion {
		if s.forward {
			privacy := ""
			if s.hidden {
				privacy = ";privacy=off" // it is our own number, which is no secret
			}
			add("Diversion", "<sip:"+string(f.Rung)+"@"+f.Own+">;reason=unconditional;counter=1"+privacy)
		}
		if s.caller && !s.hidden {
			for _, v := range c.Diversion {
				add("Diversion", carryDiversion(v, f.Own, c.country))
			}
		}
	}
	if policy.History && !c.Withheld && !strings.Contains(c.Privacy, "history") { // it can tell who he is (RFC 7044 §10.1)
		for _, v := range c.History {
			add("History-Info", v)
		}
	}
	if policy.Identity && s.caller && !s.hidden && f.Trunk.Number == "" {
		for _, v := range c.Identity { // it signs the caller and the number rung: only where both are unchanged (RFC 8224 §4)
			add("Identity", v)
		}
	}
}

// carryDiversion is a received Diversion value in our own words: its number, and of its parameters reason and counter
// (RFC 5806 §4). One without a number is left out.
func carryDiversion(v, own, country string) string {
	uri, params := addrOf([]byte(v))
	n, err := number.Parse(string(uri), country)
	if err != nil {
		return ""
	}
	s := "<sip:" + string(n) + "@" + own + ">"
	if r := strings.ToLower(unquote(string(param(params, "reason")))); diversionReasons[r] {
		s += ";reason=" + r
	}
	if n, ok := decimal(param(params, "counter")); ok && n < 100 {
		s += ";counter=" + strconv.Itoa(n)
	}
	return s
}

var diversionReasons = map[string]bool{
	"unknown": true, "user-busy": true, "no-answer": true, "unavailable": true, "unconditional": true, "time-of-day": true,
	"do-not-disturb": true, "deflection": true, "follow-me": true, "out-of-service": true, "away": true,
}

// printable reports whether a header value has no control characters: the last of several checks, at the place of writing.
func printable(v string) bool {
	for i := range len(v) {
		if c := v[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}
