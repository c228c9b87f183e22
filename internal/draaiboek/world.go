package draaiboek

import "net/netip"

// Kind is a sort of name that a scenario may use.
type Kind string

// The kinds.
const (
	Group   Kind = "group"
	Trunk   Kind = "trunk"
	Plan    Kind = "plan"
	Target  Kind = "target"
	Flow    Kind = "flow"
	Team    Kind = "team"    // who is told: webcare, mail, chat, staff
	Person  Kind = "person"  // one of a list of people: home/anna
	Duty    Kind = "duty"    // a list of who is on when
	Role    Kind = "role"    // of access
	Command Kind = "command" // whose exit code is a fact
)

// kindsToUse are those that `uses` may name.
var kindsToUse = []Kind{Group, Trunk, Plan, Flow, Team, Person, Duty, Command}

// World is what exists: package configs answers for the settings.
type World interface {
	// Missing says what is wrong with a name, for people; empty: it is there. Targets and plans are asked of a group.
	Missing(k Kind, name string) string
	// MissingOf is the same of a plan or a target of a group.
	MissingOf(group string, k Kind, name string) string
	// Names are all there are of a kind, for conditions: trunks, groups, commands.
	Names(k Kind) []string
	// Plans are those of a group.
	Plans(group string) []string
	// Reads is the form of messages that a team reads: post, mail, chat or staff.
	Reads(team string) string
}

// Outside reports whether an address is one of the public internet: a webhook may not reach ourselves, nor our neighbours, unless the settings
// say so.
func Outside(a netip.Addr) bool {
	a = a.Unmap()
	return a.IsGlobalUnicast() && !a.IsPrivate() && !shared.Contains(a)
}

// shared is the space of carriers behind NAT (RFC 6598).
var shared = netip.MustParsePrefix("100.64.0.0/10")
