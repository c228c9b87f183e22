package wissel

import (
	"net/netip"
	"time"
)

// Target is where a call can go: a trunk, a flow, or people, who are rung one at a time. Exactly one of its fields is set. It is comparable.
type Target struct {
	Trunk  TrunkID
	Flow   FlowID
	People string `json:",omitempty"` // the name of their list
}

// String is the form of the settings: "genesys", "flow:storing" or "people:home".
func (t Target) String() string {
	switch {
	case t.Flow != "":
		return "flow:" + string(t.Flow)
	case t.People != "":
		return "people:" + t.People
	}
	return string(t.Trunk)
}

// Role is what a trunk is for.
type Role string

// A carrier brings calls in or takes calls out over the public network; a platform is a contact platform.
const (
	Carrier  Role = "carrier"
	Platform Role = "platform"
)

// Trunk is one signalling path to a carrier or platform, as calls need it: plain data, built by package carriers from
// the settings and the addresses last resolved. A Trunk in a Snapshot is never changed.
type Trunk struct {
	ID        TrunkID
	Role      Role
	Addresses []Address      // resolved addresses of To, in the order in which they are tried
	Hosts     []Host         // where each address was found; parallel to Addresses
	From      []netip.Prefix // who may speak for this trunk, beside Addresses and Previous
	Previous  []Address      // addresses resolved earlier, still believed as sources
	Listener  string         // the bind of the listener it belongs to ("udp://0.0.0.0:5060"); empty: any
	Number    Number         // dialled instead of the caller's; empty: the number that was rung
	Username  string         // digest credentials towards this trunk; empty: none
	Password  Secret
	Realm     string // the only realm the credentials are given to; empty: the first one asked
	Limits    Limits
	Timers    Timers
	Headers   HeaderPolicy
	Probe     Probe
	Present   []Kind       // service kinds that this trunk may show as caller id
	Forward   bool         // a forwarded call keeps the caller's number; otherwise the group's present number with Diversion
	Move      map[int]bool // status codes moved between "next target" (true) and "to the flow" (false) for this trunk
	Test      Test         // its test calls

	Unanswered int        // status that ends a call which a flow attended without an answer, 400 to 699; 0: 480
	Status     StatusPage // the platform's own word on how it is
	Reached    string     // header by which a platform says that a person took the call, "X-Agent" or with the value that says so, "X-State: agent"; empty: none
	Family     string     // who runs it, for those who must not fail together ("kpn"); empty: not said
}

// Host is what To says of an address: it goes into Request-URIs, and Name is what a TLS certificate must carry (RFC 5922 §4).
type Host struct {
	Name string // lower case; an IPv6 address without brackets
	Port uint16 // 0: not written, whatever port DNS gave (RFC 3263 §4.2)
}

// Limits of a trunk; 0 is no limit.
type Limits struct {
	Calls int // calls at one time
	CPS   int // new calls a second
}

// Timers of a call attempt over a trunk (DESIGN, "Silence"; RFC 3261 §13).
type Timers struct {
	Doubt    time.Duration // silence after which one burst of probes is sent; 250 ms
	Quiet    time.Duration // silence after which an address is left; 500 ms
	Patience time.Duration // Quiet for an address that never answered OPTIONS, whose connection is opening, or that is alive all the same; 2 s
	Progress time.Duration // after 100 and no more; 4 s
	Ring     time.Duration // after a 18x; 45 s
}

// Probe says how health is asked after.
type Probe struct {
	Every   time.Duration // between OPTIONS when Up; 2 s
	Fast    time.Duration // between OPTIONS when Suspect or Down; 500 ms
	Timeout time.Duration // one probe's own; 1 s
	Off     bool          // this peer answers no OPTIONS; calls alone tell
	Jitter  float64       // each interval is moved by at most this part of itself, 0 to 0.5; 0.1
	From    string        // user part of the From URI of OPTIONS; empty: "probe-" and the trunk's name, so that it never equals To
	Agent   string        // User-Agent; empty: "wissel"
	Accept  []int         // final statuses that count as well; none: every final status but 503
}

// Expect is what a test call must show to pass. Each asks what those before it ask, and more.
type Expect string

// The depths of a test call: it is answered; audio comes back (a tone pair out, a tone pair back); the digits that were
// sent come back too.
const (
	ExpectAnswer Expect = "answer"
	ExpectAudio  Expect = "audio"
	ExpectDigits Expect = "digits"
)

// Test says how a trunk is tried with calls of our own.
type Test struct {
	Number Number        // dialled; empty: the trunk has no test calls. A test line of ours (Group.Test) makes it a loop test
	Every  time.Duration // between scheduled ones; 0: on demand only
	Expect Expect        // ExpectAudio when not said
	PerDay int           // cost guard: test calls a day over this trunk, scheduled and on demand; 50
	Show   Number        // caller id of the test call; empty: none of ours is shown
}

// StatusPage is where a platform says by HTTP how it is. It can make a trunk Suspect, never Down.
type StatusPage struct {
	URL       string        // empty: none
	Form      StatusForm    // how the answer is read
	Path      string        // StatusJSON: keys and indexes joined by dots, "components.3.status"
	Component string        // StatusSummary: the component's name; empty: the page's own indicator
	Good      []string      // StatusJSON: the values that mean well
	Every     time.Duration // between questions; 1 min
}

// StatusForm is how the answer of a StatusPage is read.
type StatusForm string

// A Statuspage v2 summary; one value in any JSON; the HTTP status code alone, of which any 2xx means well.
const (
	StatusSummary StatusForm = "statuspage"
	StatusJSON    StatusForm = "json"
	StatusCode    StatusForm = "code"
)

// SelfCheck says how we find out whether our own network is well, when all trunks seem to fail at once.
type SelfCheck struct {
	Gateway  string // IP of the router; "auto": the default route's; empty: not asked
	Resolver string // IP or IP:port of a name server; "auto": the system's first; empty: not asked
	Second   string // host:port of something outside that takes TCP connections; empty: not asked
}

// HeaderPolicy says for each identity header whether it crosses to this trunk, and whether it is believed from it.
type HeaderPolicy struct {
	Trusted   bool // its P-Asserted-Identity, Privacy, Diversion, History-Info and Identity are believed
	PAI       bool // sent to it: P-Asserted-Identity (RFC 3325)
	Privacy   bool // RFC 3323
	Diversion bool // RFC 5806
	History   bool // History-Info (RFC 7044)
	Identity  bool // RFC 8224
}

// Media is how the voice of a group's calls flows.
type Media string

// Anchored: RTP through us. Direct: signalling only.
const (
	Anchored Media = "anchored"
	Direct   Media = "direct"
)

// Plan is a named, ordered list of targets for a group. The last is a flow.
type Plan struct {
	ID      PlanID
	Targets []Target
	Fresh   time.Duration // a target whose Proof is older is not used by itself; 0: any is. Flows are always fresh
}

// Responder is the flow that test lines of ours go to (Group.Test): our own end of a loop test. It is built in, and no flow
// of the settings may have its name.
const Responder FlowID = "responder"

// CrisisGroup is the group of the crisis line's numbers, and CrisisLine the flow that answers them. Both are built in: no group
// and no flow of the settings can have their names, and no plan, pin or switch reaches them.
const (
	CrisisGroup GroupID = "crisis:"
	CrisisLine  FlowID  = "crisis:"
)

// Whisper is the flow that tells one of the people which line a caller has rung, and asks him to take the call. It is built in, and no
// flow of the settings can have its name.
const Whisper FlowID = "whisper:"

// Flow is the first flow target of the plan, and whether there is one.
func (p Plan) Flow() (Target, bool) {
	for _, t := range p.Targets {
		if t.Flow != "" {
			return t, true
		}
	}
	return Target{}, false
}

// Group is one support line.
type Group struct {
	ID      GroupID
	Lines   []Line
	Present map[TrunkID]Number // the number shown as caller id, per outgoing trunk
	Media   Media
	Plans   map[PlanID]Plan
	Active  PlanID // by the settings; a Change may have made another active

	Handback Handback
	FourEyes bool     // a switch is proposed by one and approved by another
	Hours    Schedule // when its desk is open; nil: always
	Test     bool     // its numbers are test lines: calls to them are answered by our own responder, for loop tests
}
