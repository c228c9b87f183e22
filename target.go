package wissel

import (
	"net/netip"
	"time"
)

// Target is where a call can go: a trunk or a flow. Exactly one of Trunk and Flow is set. It is comparable.
type Target struct {
	Trunk TrunkID
	Flow  FlowID
}

// String is the form of the settings: "genesys" or "flow:storing".
func (t Target) String() string {
	if t.Flow != "" {
		return "flow:" + string(t.Flow)
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
	Hosts     []string       // the host of each address as written in To, for Request-URI and TLS names; parallel to Addresses
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
	Patience time.Duration // Quiet for an address that never answered OPTIONS or whose connection is opening; 2 s
	Progress time.Duration // after 100 and no more; 4 s
	Ring     time.Duration // after a 18x; 45 s
}

// Probe says how health is asked after.
type Probe struct {
	Every   time.Duration // between OPTIONS when Up; 2 s
	Fast    time.Duration // between OPTIONS when Suspect or Down; 500 ms
	Timeout time.Duration // one probe's own; 1 s
	Off     bool          // this peer answers no OPTIONS; calls alone tell
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
}

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
}
