package carriers

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"wissel"
)

// Settings is a trunk as written in the settings.
type Settings struct {
	Role     wissel.Role
	To       []string       // SIP URIs, in the order in which they are tried; none: it only brings calls in
	From     []netip.Prefix // who may speak for it, beside the addresses of To
	Listener string         // the bind of the listener it belongs to; empty: any
	Number   wissel.Number  // dialled instead of the number that was rung; empty: that one
	Username string
	Password wissel.Secret
	Realm    string
	Limits   wissel.Limits
	Timers   wissel.Timers
	Probe    wissel.Probe
	Headers  wissel.HeaderPolicy
	Present  []wissel.Kind
	Forward  bool
	Move     map[int]bool // status: true tries the next target, false goes to the flow
	Test     wissel.Test

	Unanswered int // status that ends a call which heard a flow unanswered; 480
	Status     wissel.StatusPage
	Family     string // who runs it; empty: not said
	Reached    string // wissel.Trunk
	Person     bool   // a person answers there: a telephone, and no queue that answers before it connects
}

// DefaultSettings is a trunk of a role without anything written. Both roles are trusted for identity, because only
// sources named in the settings can speak for a trunk. A forwarded caller's number is kept towards a platform; a carrier
// usually refuses a number that is not its customer's, so it is shown the group's own with Diversion.
func DefaultSettings(role wissel.Role) Settings {
	return Settings{
		Role: role,
		Timers: wissel.Timers{
			Doubt:    250 * time.Millisecond,
			Quiet:    500 * time.Millisecond,
			Patience: 2 * time.Second,
			Progress: 4 * time.Second,
			Ring:     45 * time.Second,
		},
		Probe:   wissel.Probe{Every: 2 * time.Second, Fast: 500 * time.Millisecond, Timeout: time.Second, Jitter: 0.1},
		Headers: wissel.HeaderPolicy{Trusted: true, PAI: true, Privacy: true, Diversion: true},
		Forward: role == wissel.Platform,

		Unanswered: 480,
		Test:       wissel.Test{Expect: wissel.ExpectAudio, PerDay: 50},
		Status:     wissel.StatusPage{Form: wissel.StatusSummary, Every: time.Minute},
	}
}

// spoken are the statuses that are a person's answer or are repaired on the same leg (DESIGN, "Hunting"): no setting moves them.
var spoken = map[int]string{
	401: "the credentials are tried once by themselves", 407: "the credentials are tried once by themselves",
	486: "it is a person's answer, and nobody is rung twice", 600: "it is a person's answer, and nobody is rung twice",
	603: "it is a person's answer, and nobody is rung twice",
}

// Check reports every fault by key path under at ("trunks.kpn").
func (s Settings) Check(at string) []wissel.Problem {
	c := checker{at: at}
	if s.Role != wissel.Carrier && s.Role != wissel.Platform {
		c.add("role", "%q is neither carrier (it brings calls in, or takes them out over the public network) nor platform (a contact platform)", s.Role)
	}
	if len(s.To) == 0 && len(s.From) == 0 {
		c.add("", "there is neither to (where calls go) nor from (who may send calls), so no call can use it; give one of them")
	}
	for i, to := range s.To {
		if _, err := parseURI(to); err != nil {
			c.add("to["+strconv.Itoa(i)+"]", "%v", err)
		}
		if slices.Index(s.To, to) < i {
			c.add("to["+strconv.Itoa(i)+"]", "%s stands here twice; leave one out", to)
		}
	}
	for i, p := range s.From {
		if p.Bits() == 0 {
			c.add("from["+strconv.Itoa(i)+"]", "%s lets the whole internet speak for this trunk; name the carrier's own addresses", p)
		}
	}
	s.checkNumbers(&c)
	s.checkTimers(&c)
	s.checkProbe(&c)
	s.checkTest(&c)
	s.checkStatus(&c)
	return c.problems
}

func (s Settings) checkNumbers(c *checker) {
	if s.Limits.Calls < 0 || s.Limits.Calls > 1_000_000 {
		c.add("limits.calls", "%d is outside 0 (no limit) to 1000000", s.Limits.Calls)
	}
	if s.Limits.CPS < 0 || s.Limits.CPS > 100_000 {
		c.add("limits.cps", "%d is outside 0 (no limit) to 100000", s.Limits.CPS)
	}
	switch {
	case s.Username == "" && !s.Password.IsZero():
		c.add("password", "there is a password and no username; give username too")
	case s.Username != "" && s.Password.IsZero():
		c.add("username", "there is a username and no password; give password too, as ${NAME} of an environment variable or file:/path")
	case s.Username == "" && s.Realm != "":
		c.add("realm", "a realm says who gets the credentials, and there are none; give username and password, or leave it out")
	}
	for i, k := range s.Present {
		if !k.Service() {
			c.add("present["+strconv.Itoa(i)+"]", "%q is no kind of service number; the kinds that can be allowed here are 14xx, 0800, 0900 and 116", k)
		}
	}
	switch u := s.Unanswered; {
	case u >= 500 && u < 600:
		c.add("unanswered", "%d makes a carrier try the same call again; 480 would be right, or another of 400 to 499 that this carrier was seen to take", u)
	case u < 400 || u > 699 || u == 401 || u == 407 || u >= 420 && u <= 439 || u >= 491 && u <= 494:
		c.add("unanswered", "%d does not tell a carrier that the call is over; 480 would be right", u)
	}
	s.checkReached(c)
	for status := range s.Move {
		at := "move." + strconv.Itoa(status)
		if why := spoken[status]; why != "" {
			c.add(at, "%d cannot be moved: %s", status, why)
		} else if status < 300 || status > 699 {
			c.add(at, "%d is no final status of a refusal; 300 to 699 are", status)
		}
	}
}

// headerForm is a header's name, and a value that it must have.
var headerForm = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9.!%*_+~'-]*)(?:: ?([!-~](?:[ -~]*[!-~])?))?$`)

// always are headers that stand in messages whoever took the call.
var always = []string{
	"via", "v", "from", "f", "to", "t", "call-id", "i", "cseq", "contact", "m", "record-route", "route", "max-forwards", "allow", "supported", "k", "require",
	"content-type", "c", "content-length", "l", "server", "user-agent", "date", "session-expires", "x", "min-se", "reason",
}

// checkReached holds that a platform's word for a person is one.
func (s Settings) checkReached(c *checker) {
	m := headerForm.FindStringSubmatch(s.Reached)
	switch {
	case s.Reached == "":
	case m == nil:
		c.add("reached", `%q is neither a header's name nor one with its value; X-Agent or "X-State: agent" would be right`, s.Reached)
	case slices.Contains(always, strings.ToLower(m[1])):
		c.add("reached", "%s stands in messages whoever took the call, so each call would cancel its caller's callback; name the header that says it", m[1])
	case s.Role == wissel.Carrier:
		c.add("reached", "a carrier does not know who took a call; the platform's trunk is where this belongs")
	}
}

func (s Settings) checkTimers(c *checker) {
	t := s.Timers
	c.between("timers.doubt", t.Doubt, 50*time.Millisecond, 5*time.Second)
	c.between("timers.quiet", t.Quiet, 300*time.Millisecond, 32*time.Second)
	c.between("timers.patience", t.Patience, 300*time.Millisecond, 32*time.Second)
	c.between("timers.progress", t.Progress, time.Second, 3*time.Minute)
	c.between("timers.ring", t.Ring, time.Second, 10*time.Minute)
	if t.Doubt+160*time.Millisecond >= t.Quiet { // the burst's last OPTIONS leaves 160 ms after its first, and wants an answer
		c.add("timers.quiet", "%v leaves no time for an answer: probes leave up to 160ms after doubt (%v); more than %v would be right", t.Quiet, t.Doubt, t.Doubt+160*time.Millisecond)
	}
	if t.Patience < t.Quiet {
		c.add("timers.patience", "%v is shorter than quiet (%v); an address that never answered OPTIONS gets at least as long", t.Patience, t.Quiet)
	}
}

// checker collects problems under one key path.
type checker struct {
	at       string
	problems []wissel.Problem
}

func (c *checker) add(key, format string, args ...any) {
	path := c.at
	if key != "" {
		path += "." + key
	}
	c.problems = append(c.problems, wissel.Problem{Path: path, Msg: fmt.Sprintf(format, args...)})
}

func (c *checker) between(key string, d, low, high time.Duration) {
	if d < low || d > high {
		c.add(key, "%v is outside %v to %v", d, low, high)
	}
}

// Trunk gives the trunk as calls need it, with the addresses found for To. previous are addresses found earlier and still
// believed as sources.
func (s Settings) Trunk(id wissel.TrunkID, found []Found, previous []wissel.Address) *wissel.Trunk {
	t := &wissel.Trunk{
		ID: id, Role: s.Role, From: s.From, Previous: previous, Listener: s.Listener, Number: s.Number,
		Username: s.Username, Password: s.Password, Realm: s.Realm, Limits: s.Limits, Timers: s.Timers,
		Headers: s.Headers, Probe: s.Probe, Present: s.Present, Forward: s.Forward, Move: s.Move,
		Test: s.Test, Status: s.Status, Family: s.Family, Unanswered: s.Unanswered, Reached: s.Reached,
	}
	for _, f := range found {
		t.Addresses = append(t.Addresses, f.Address)
		t.Hosts = append(t.Hosts, f.Host)
	}
	return t
}
