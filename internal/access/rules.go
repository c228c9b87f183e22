package access

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Rules are the roles of those who come over the control socket: by user name, "uid:1001" or "group:ops". Who is in none
// of them has no role.
type Rules map[string][]Role

var nameForm = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._@-]{0,63}$`)

// CheckWho says what is wrong with a key of Rules, if anything.
func CheckWho(who string) error {
	kind, rest, marked := strings.Cut(who, ":")
	switch {
	case !marked:
		return CheckName(who)
	case kind == "uid":
		if n, err := strconv.ParseUint(rest, 10, 32); err != nil || strconv.FormatUint(n, 10) != rest {
			return fmt.Errorf("%q is no user id; uid:1001 would be right", who)
		}
		return nil
	case kind == "group":
		return CheckName(rest)
	default:
		return fmt.Errorf("%q is nobody; a user's name, uid:1001 or group:ops would be right", who)
	}
}

// CheckName says what is wrong with the name of a user, group or token, if anything.
func CheckName(name string) error {
	if !nameForm.MatchString(name) {
		return fmt.Errorf("%q is no name: up to 64 letters, digits and . _ @ - are", name)
	}
	return nil
}

// Of gives the roles of a user: his own and those of his groups, each once.
func (r Rules) Of(name string, uid uint32, groups []string) (roles []Role) {
	held := [][]Role{r[name], r["uid:"+strconv.FormatUint(uint64(uid), 10)]}
	for _, g := range groups {
		held = append(held, r["group:"+g])
	}
	for _, role := range Roles {
		if slices.ContainsFunc(held, func(some []Role) bool { return slices.Contains(some, role) }) {
			roles = append(roles, role)
		}
	}
	return roles
}
