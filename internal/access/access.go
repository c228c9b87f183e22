// Package access says who may do what: roles, the permissions that each holds, and when two who ask are two persons. It
// is pure: package web asks it at each route, cmd/wissel names the permission of each command, internal/app asks it
// whether a second person is one. Nothing is allowed that no table here allows.
package access

import (
	"fmt"
	"slices"
	"strings"
)

// Permission is one thing that people may do. The constants are all there are; the empty one is held
// by nobody.
type Permission string

// The permissions. Those of messages, callbacks, draaiboeken and personal data are what the roles lead and privacy are for.
// Who approves or rejects a proposal holds Approve and what the proposal itself needs.
const (
	Anyone     Permission = "anyone"    // whoever reaches us: whether we are alive. Commands that ask no server have it too
	See        Permission = "see"       // status, calls, carriers, why, audit rows, metrics; callers' numbers are shortened in all
	Switch     Permission = "switch"    // where a group's calls go: plan, pin, share, handback; and whether its desk is open
	Approve    Permission = "approve"   // what another has proposed: carry it out, or reject it
	Test       Permission = "test"      // test calls: they cost money and ring a line
	Drill      Permission = "drill"     // rehearsals of a draaiboek
	Messages   Permission = "messages"  // what callers hear and read
	Draaiboek  Permission = "draaiboek" // write and run the plan for an outage
	Callbacks  Permission = "callbacks" // the promised calls: order, pace, cancelling
	Numbers    Permission = "numbers"   // whole telephone numbers of people; each look is an audit row
	Export     Permission = "export"    // all that is kept of a person, to him
	Erase      Permission = "erase"     // what is kept of a person
	Reload     Permission = "reload"    // other settings: trunks, secrets, users
	Drain      Permission = "drain"     // stop the node, which takes somebody who can start it again
	Tokens     Permission = "tokens"    // who may come in over the network
	Crisis     Permission = "crisis"    // who may come in over the crisis line
	EraseAll   Permission = "erase-all" // what is kept of everybody
	TollRules  Permission = "toll"      // the rules against calls that cost: off, or wider
	AuditRules Permission = "audit"     // how long audit rows are kept, and where they are sent
	Profile    Permission = "profile"   // the process's memory and stacks, which hold everything
)

// Role is what a person is for. A person may have several.
type Role string

// The roles.
const (
	Viewer   Role = "viewer"
	Operator Role = "operator"
	Lead     Role = "lead"
	Privacy  Role = "privacy"
	Admin    Role = "admin"
)

// Roles are all there are, from the least to the most trusted with the machine.
var Roles = []Role{Viewer, Operator, Lead, Privacy, Admin}

// held is the table of roles and permissions. Admin has no lead's or privacy's part: running the machine gives nobody
// a reason to read about callers.
var held = map[Role][]Permission{
	Viewer:   {See},
	Operator: {See, Switch, Approve, Test, Drill, Messages},
	Lead:     {See, Messages, Draaiboek, Callbacks, Drill},
	Privacy:  {See, Approve, Numbers, Export, Erase, EraseAll},
	Admin:    {See, Switch, Approve, Test, Drill, Reload, Drain, Tokens, Crisis, TollRules, AuditRules, Profile},
}

// ParseRole reads a role's name, or says which there are.
func ParseRole(name string) (Role, error) {
	if slices.Contains(Roles, Role(name)) {
		return Role(name), nil
	}
	return "", fmt.Errorf("there is no role %q; there are %s", name, joined(Roles))
}

// Allows reports whether one of roles holds p.
func Allows(roles []Role, p Permission) bool {
	if p == Anyone {
		return true
	}
	return slices.ContainsFunc(roles, func(r Role) bool { return slices.Contains(held[r], p) })
}

// Holders are the roles that hold p.
func Holders(p Permission) (all []Role) {
	for _, r := range Roles {
		if slices.Contains(held[r], p) {
			all = append(all, r)
		}
	}
	return all
}

// Needs says in words which role a permission takes: "operator or admin"; "no role" for Anyone.
func Needs(p Permission) string {
	if p == Anyone {
		return "no role"
	}
	if all := Holders(p); len(all) > 0 {
		return strings.Join(names(all), " or ")
	}
	return "a role that nobody has"
}

// Has says in words which roles somebody has: "viewer, lead", or "no role".
func Has(roles []Role) string {
	if len(roles) == 0 {
		return "no role"
	}
	return joined(roles)
}

func joined(roles []Role) string { return strings.Join(names(roles), ", ") }

func names(roles []Role) []string {
	all := make([]string, len(roles))
	for i, r := range roles {
		all[i] = string(r)
	}
	return all
}
