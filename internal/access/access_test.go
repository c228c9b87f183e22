package access

import (
	"slices"
	"strings"
	"testing"
)

// every permission that is a constant of the package.
var every = []Permission{See, Switch, Approve, Test, Drill, Messages, Draaiboek, Callbacks, Numbers, Export, Erase, Reload, Drain, Tokens, Crisis, EraseAll, TollRules, AuditRules, Profile}

// Who may do what, as one reads it in docs/operating.md. What is not named here is refused.
func TestWhoMayDoWhat(t *testing.T) {
	want := map[Role]string{
		Viewer:   "see",
		Operator: "see switch approve test drill messages",
		Lead:     "see drill messages draaiboek callbacks",
		Privacy:  "see approve numbers export erase erase-all",
		Admin:    "see switch approve test drill reload drain tokens crisis toll audit profile",
	}
	for _, r := range append(slices.Clone(Roles), "", "root") {
		for _, p := range append(slices.Clone(every), "", "nonsense") {
			may := p != "" && slices.Contains(strings.Fields(want[r]), string(p))
			if Allows([]Role{r}, p) != may {
				t.Errorf("%q and permission %q: allowed %v, want %v", r, p, !may, may)
			}
		}
		if !Allows([]Role{r}, Anyone) {
			t.Errorf("%q may not do what anyone may", r)
		}
	}
	if Allows(nil, See) || !Allows(nil, Anyone) {
		t.Error("who has no role may do what anyone may, and nothing else")
	}
}

func TestEachPermissionHasSomebody(t *testing.T) {
	for _, p := range every {
		if len(Holders(p)) == 0 {
			t.Errorf("nobody can %s", p)
		}
	}
	if got := Needs(Switch); got != "operator or admin" {
		t.Errorf("switch needs %q", got)
	}
	if got := Needs(""); got != "a role that nobody has" {
		t.Errorf("no permission needs %q", got)
	}
}

func TestARoleIsNamedExactly(t *testing.T) {
	for _, r := range Roles {
		if got, err := ParseRole(string(r)); err != nil || got != r {
			t.Errorf("%s: %v, %v", r, got, err)
		}
	}
	for _, name := range []string{"", "Admin", "root", "operator "} {
		if _, err := ParseRole(name); err == nil || !strings.Contains(err.Error(), "viewer, operator, lead, privacy, admin") {
			t.Errorf("%q: %v", name, err)
		}
	}
}
