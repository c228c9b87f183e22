package configs

import (
	"time"

	"wissel"
	"wissel/carriers"
	"wissel/carriers/health"
)

// The shape of a settings file. The doc tags are what editors show; Schema is made from them.

type fileShape struct {
	Node    string                `yaml:"node" doc:"this node's name in records and Contact; the host's name by default"`
	Country string                `yaml:"country" doc:"whose national numbers are written here and dialled by callers: two letters, NL by default"`
	Shared  []string              `yaml:"shared" doc:"numbers that many people ring from, such as switchboards and relays for text and sign language: +31201110000, or +3188555* for all that begins so"`
	Listen  listenShape           `yaml:"listen" doc:"where wissel listens"`
	Store   string                `yaml:"store" doc:"folder of the database; /var/lib/wissel by default"`
	Prompts string                `yaml:"prompts" doc:"folder with recordings that replace the shipped ones, or add to them"`
	Flows   []string              `yaml:"flows" doc:"IVR flows beside the shipped ones: YAML files, or folders of them"`
	Drain   drainShape            `yaml:"drain" doc:"how wissel stops"`
	Self    selfShape             `yaml:"self" doc:"how wissel finds out whether its own network is well, when all trunks seem to fail at once"`
	Health  healthShape           `yaml:"health" doc:"when an address counts as down, and when as up again"`
	Access  accessShape           `yaml:"access" doc:"who may do what with the wissel commands"`
	Trunks  map[string]trunkShape `yaml:"trunks" doc:"signalling paths to carriers and platforms, by name"`
	Groups  map[string]groupShape `yaml:"groups" doc:"support lines, by name"`

	People  map[string][]personShape `yaml:"people" doc:"colleagues who call back when they are logged on, by the name of their list"`
	Texts   textsShape               `yaml:"texts" doc:"who sends texts (SMS) to callers; none by default"`
	Crisis  crisisShape              `yaml:"crisis" doc:"a number for operators who have nothing but a telephone"`
	Redis   redisShape               `yaml:"redis" doc:"where several nodes count the limits of texts together"`
	Status  statusPageShape          `yaml:"status" doc:"the public page that says whether one can reach us; none by default"`
	Privacy privacyShape             `yaml:"privacy" doc:"what is kept of people: how long, and encrypted with which keys"`

	Draaiboeken draaiboekenShape `yaml:"draaiboeken" doc:"the plans for an outage, and who is asked and told"`
}

type listenShape struct {
	SIP     []listenerShape `yaml:"sip" doc:"one listener for each transport and address"`
	Media   mediaShape      `yaml:"media" doc:"where voice (RTP) is sent from and received"`
	Control string          `yaml:"control" doc:"socket of the wissel commands; unix:///run/wissel/control.sock by default"`
	API     apiShape        `yaml:"api" doc:"the same for those who come over the network, with a token (wissel token add)"`
	CA      string          `yaml:"ca" doc:"file of certificate authorities (PEM) that peers over TLS may have theirs from, instead of the system's"`
}

type listenerShape struct {
	Bind      string `yaml:"bind" doc:"transport, address and port: udp://0.0.0.0:5060, tcp://[2001:db8::1]:5060, tls://192.0.2.1:5061"`
	Advertise string `yaml:"advertise" doc:"host, or host:port, that peers are to answer to; needed where bind is a wildcard"`
	Cert      string `yaml:"cert" doc:"certificate file (PEM), for tls"`
	Key       string `yaml:"key" doc:"file of its private key (PEM), for tls"`
}

type mediaShape struct {
	Address   string `yaml:"address" doc:"IP address to bind; 0.0.0.0 by default"`
	Advertise string `yaml:"advertise" doc:"IP address that peers send voice to; needed where address is a wildcard"`
	Ports     string `yaml:"ports" doc:"range of ports, two for each leg: 20000-29999"`
}

type drainShape struct {
	Max time.Duration `yaml:"max" doc:"how long calls may go on after SIGTERM; 60s by default"`
}

type selfShape struct {
	Gateway  string `yaml:"gateway" doc:"IP address of the router, auto (the default route's) or none; auto by default"`
	Resolver string `yaml:"resolver" doc:"IP address of a name server, with a port or without, auto (the system's first) or none; auto by default"`
	Second   string `yaml:"second" doc:"host:port of something outside that takes TCP connections, such as a web site of the carrier"`
}

type healthShape struct {
	Fall    int           `yaml:"fall" doc:"bad signs of one kind in a row until an address is down; 3"`
	Rise    int           `yaml:"rise" doc:"good ones in a row until it is up again; 3"`
	Dwell   time.Duration `yaml:"dwell" doc:"what went down stays down at least so long, and twice as long with each flap; 5s"`
	Longest time.Duration `yaml:"longest" doc:"the longest that dwell grows to; 5m"`
	Calm    time.Duration `yaml:"calm" doc:"so long without a fall, and flaps are forgotten; 10m"`
	Stale   time.Duration `yaml:"stale" doc:"a doubt of which nothing more was heard for so long no longer counts; 1m"`
}

type trunkShape struct {
	Role       string         `yaml:"role" doc:"carrier (brings calls in, or takes them out over the public network) or platform (a contact platform)"`
	To         []string       `yaml:"to" doc:"SIP URIs that calls go to, in the order in which they are tried"`
	From       []string       `yaml:"from" doc:"addresses or prefixes that may send calls, beside the addresses of to"`
	Listener   string         `yaml:"listener" doc:"bind of the listener it belongs to; any by default"`
	Number     string         `yaml:"number" doc:"dialled over this trunk instead of the number that the caller rang"`
	Username   string         `yaml:"username" doc:"for digest authentication towards this trunk"`
	Password   string         `yaml:"password" doc:"${NAME} of an environment variable, or file:/path"`
	Realm      string         `yaml:"realm" doc:"the only realm that gets the credentials; the first that asks by default"`
	Limits     limitsShape    `yaml:"limits" doc:"what it may carry; no limit by default"`
	Probe      probeShape     `yaml:"probe" doc:"how its health is asked after"`
	Timers     timersShape    `yaml:"timers" doc:"how long a call waits for it"`
	Headers    headersShape   `yaml:"headers" doc:"which identity headers it gets, and whether its own are believed"`
	Present    []string       `yaml:"present" doc:"kinds of service numbers it may show as caller id: 14xx, 0800, 0900, 116"`
	Unanswered int            `yaml:"unanswered" doc:"status that ends a call which heard a flow without being answered (answer: early); one that this carrier does not try again after: 480 by default"`
	Forward    bool           `yaml:"forward" doc:"a forwarded call keeps its caller's number; otherwise the group's present number, with Diversion"`
	Move       map[int]string `yaml:"move" doc:"refusals treated otherwise than usual: 480: next tries the next target, 500: flow goes to the plan's flow"`
	Test       testShape      `yaml:"test" doc:"test calls over this trunk"`
	Status     statusShape    `yaml:"status" doc:"where the platform says by HTTP how it is; that can raise doubt, and never takes the trunk down"`
	Reached    string         `yaml:"reached" doc:"header by which the platform says that a person took the call, in a 200, INFO, UPDATE or BYE of it: X-Agent, or with the value that says so, 'X-State: agent'. Its caller's callback is cancelled then; none by default"`
	Person     bool           `yaml:"person" doc:"a person answers there, and no queue that answers before it connects: a call of callbacks.through cancels its caller's callback; false by default"`
	Family     string         `yaml:"family" doc:"who runs it, where two trunks are one company's: those must not be each other's backup"`
}

type testShape struct {
	Number string        `yaml:"number" doc:"what a test call dials; a number of a group with test: true makes it a loop through the public network"`
	Every  time.Duration `yaml:"every" doc:"between test calls; on demand only by default"`
	Expect string        `yaml:"expect" doc:"answer, audio (a tone pair out and back) or digits (those that were sent come back too); audio by default"`
	PerDay int           `yaml:"per_day" doc:"test calls a day at most, those on demand too: they cost money; 50"`
	Show   string        `yaml:"show" doc:"caller id of test calls; none by default"`
}

type statusShape struct {
	URL       string        `yaml:"url" doc:"what is asked: https://status.example/api/v2/summary.json"`
	Form      string        `yaml:"form" doc:"statuspage (its JSON, version 2), json (one value in any JSON) or code (the HTTP status alone, any 2xx is well); statuspage by default"`
	Path      string        `yaml:"path" doc:"json: where the value stands, keys and indexes joined by dots: components.3.status"`
	Component string        `yaml:"component" doc:"statuspage: the component that matters; the page's own indicator by default"`
	Good      []string      `yaml:"good" doc:"json: the values that mean well"`
	Every     time.Duration `yaml:"every" doc:"between questions; 1m"`
}

type limitsShape struct {
	Calls int `yaml:"calls" doc:"calls at one time"`
	CPS   int `yaml:"cps" doc:"new calls in any one second"`
}

type probeShape struct {
	Every   time.Duration `yaml:"every" doc:"between OPTIONS when up; 2s"`
	Fast    time.Duration `yaml:"fast" doc:"between OPTIONS when in doubt or down; 500ms"`
	Timeout time.Duration `yaml:"timeout" doc:"for one answer; 1s"`
	Off     bool          `yaml:"off" doc:"it answers no OPTIONS; calls alone tell"`
	Jitter  float64       `yaml:"jitter" doc:"each interval is moved by at most this part of itself; 0.1"`
	From    string        `yaml:"from" doc:"user part of From in OPTIONS; probe-NAME by default, so that it never equals To"`
	Agent   string        `yaml:"agent" doc:"User-Agent in OPTIONS; wissel by default"`
	Accept  []int         `yaml:"accept" doc:"final statuses to OPTIONS that count as well; every one but 503 by default"`
}

type timersShape struct {
	Doubt    time.Duration `yaml:"doubt" doc:"silence after which it is probed; 250ms"`
	Quiet    time.Duration `yaml:"quiet" doc:"silence after which a call leaves it; 500ms"`
	Patience time.Duration `yaml:"patience" doc:"quiet for an address that never answered OPTIONS, or whose connection is opening, or that is alive and has not even said 100; 2s"`
	Progress time.Duration `yaml:"progress" doc:"after 100 Trying and no more; 4s"`
	Ring     time.Duration `yaml:"ring" doc:"after it began to ring; 45s"`
}

type headersShape struct {
	Trusted   bool `yaml:"trusted" doc:"its P-Asserted-Identity, Privacy, Diversion, History-Info and Identity are believed"`
	PAI       bool `yaml:"pai" doc:"it gets P-Asserted-Identity"`
	Privacy   bool `yaml:"privacy" doc:"it gets Privacy"`
	Diversion bool `yaml:"diversion" doc:"it gets Diversion"`
	History   bool `yaml:"history" doc:"it gets History-Info"`
	Identity  bool `yaml:"identity" doc:"it gets Identity"`
}

type groupShape struct {
	Numbers  []numberShape        `yaml:"numbers" doc:"the numbers of this line"`
	Present  map[string]string    `yaml:"present" doc:"the number shown as caller id, by trunk"`
	Media    string               `yaml:"media" doc:"anchored (voice through wissel) or direct (past it); anchored by default"`
	Plans    map[string]planShape `yaml:"plans" doc:"where calls go, by the plan's name: trunks in order, and last a flow as flow:name"`
	Active   string               `yaml:"active" doc:"the plan in force until an operator chooses another"`
	Hours    *hoursShape          `yaml:"hours" doc:"when the desk of this group is open; always by default"`
	Handback handbackShape        `yaml:"handback" doc:"how calls return to the first target of the plan once it is well again"`
	Desk     *deskShape           `yaml:"desk" doc:"who makes this group's callbacks; without it wissel dials nobody, and people work the list of wissel callbacks"`

	Callbacks *callbacksShape `yaml:"callbacks" doc:"how callbacks are made"`

	FourEyes bool             `yaml:"four_eyes" doc:"a switch is proposed by one and approved by another; false by default"`
	Texts    *groupTextsShape `yaml:"texts" doc:"texts to the callers of this line; none by default"`
	Test     bool             `yaml:"test" doc:"these are test lines: wissel answers calls to them itself, so that a test call can loop through the public network. No plans"`
}

// numberShape is "+31201234567" or {number, kind, charge, dialled}.
type numberShape struct {
	Number  string `yaml:"number" doc:"as the carrier delivers it"`
	Kind    string `yaml:"kind" doc:"fixed, 088, 14xx, 0800, 0900, 116, mobile or foreign; by the numbering plan when left out"`
	Charge  string `yaml:"charge" doc:"what callers pay: free, normal or premium (by the minute, beside the call); by the kind when left out"`
	Dialled string `yaml:"dialled" doc:"as callers know and say it: 0800-1234"`

	line, col int
}

func (s *numberShape) read(doc *document, n *node, path string) {
	s.line, s.col = n.line, n.col
	switch n.kind {
	case scalar:
		s.Number = n.text
	case mapping:
		type plain numberShape // without this method
		var p plain
		doc.decodeInto(n, &p, path)
		line, col := s.line, s.col
		*s = numberShape(p)
		s.line, s.col = line, col
	case null, sequence:
		doc.unreadable(n.line, n.col, path, `this is %s; "+31201234567" or {number: "+31201234567", kind: "0800", dialled: "0800-1234"} would be right`, n.kind)
	}
}

// fill puts the defaults of the trunk's role there.
func (s *trunkShape) fill(n *node) {
	role := wissel.Role("")
	if r := n.get("role"); r != nil {
		role = wissel.Role(r.text)
	}
	d := carriers.DefaultSettings(role)
	s.Timers = timersShape(d.Timers)
	s.Probe = probeShape(d.Probe)
	s.Test = testShape{Expect: string(d.Test.Expect), PerDay: d.Test.PerDay}
	s.Status = statusShape{Form: string(d.Status.Form), Every: d.Status.Every}
	s.Headers = headersShape(d.Headers)
	s.Forward = d.Forward
	s.Unanswered = d.Unanswered
}

func defaultShape() fileShape {
	p := health.DefaultPolicy()
	return fileShape{
		Self:    selfShape{Gateway: auto, Resolver: auto},
		Health:  healthShape{Fall: p.Fall, Rise: p.Rise, Dwell: p.Dwell, Longest: p.Longest, Calm: p.Calm, Stale: p.Stale},
		Country: "NL",
		Store:   "/var/lib/wissel",
		Listen:  listenShape{Control: "unix:///run/wissel/control.sock", Media: mediaShape{Address: "0.0.0.0"}},
		Drain:   drainShape{Max: time.Minute},
		Texts:   textsShape{Calm: 10 * time.Minute},
		Redis:   redisShape{Nodes: 1},
		Privacy: privacyShape{Keep: defaultKeep()},
	}
}
