package configs

import (
	"fmt"
	"strings"
	"time"

	"wissel"
	"wissel/internal/access"
	"wissel/internal/crisis"
	"wissel/internal/nearest"
	"wissel/internal/number"
)

type crisisShape struct {
	Numbers   []string        `yaml:"numbers" doc:"the numbers of the crisis line; no group has them"`
	Language  string          `yaml:"language" doc:"in which it begins; nl by default"`
	Zone      string          `yaml:"zone" doc:"in which it says times, as an IANA zone; Europe/Amsterdam by default where country is NL"`
	Operators []operatorShape `yaml:"operators" doc:"who may come in, and what each may do"`
	Staff     staffShape      `yaml:"staff" doc:"what colleagues without a PIN hear"`
}

type operatorShape struct {
	Name   string   `yaml:"name" doc:"as the audit log is to show it"`
	Phones []string `yaml:"phones" doc:"telephones from which he has more tries; they let nobody in"`
	PIN    string   `yaml:"pin" doc:"his alone, 6 to 12 digits: file:/path or ${NAME}"`
	TOTP   string   `yaml:"totp" doc:"secret of his app, as wissel crisis enrol makes it: file:/path or ${NAME}; without it he takes a printed list"`
	Role   []string `yaml:"role" doc:"viewer, operator, lead, privacy or admin"`
}

type staffShape struct {
	Code string `yaml:"code" doc:"what colleagues key to hear what is going on: file:/path or ${NAME}; nothing by default"`
}

// Crisis is the crisis line. Without numbers there is none.
type Crisis struct {
	Numbers   []wissel.Number
	Language  string
	Zone      *time.Location
	Operators []Operator
	StaffCode wissel.Secret // zero: colleagues key nothing
}

// Operator is one who may come in over the crisis line.
type Operator struct {
	crisis.Person
	Roles []access.Role
}

// crisis reads the crisis line. It comes after the groups, whose numbers it may not have.
func (l *loader) crisis(s crisisShape) {
	out := &l.out.Crisis
	if len(s.Numbers) == 0 && len(s.Operators) == 0 && s.Staff == (staffShape{}) {
		return
	}
	if len(s.Numbers) == 0 {
		l.doc.problem("crisis.numbers", `the crisis line has no number, so nobody can ring it; ["+31201239990"] would be right`)
	}
	for i, written := range s.Numbers {
		at := fmt.Sprintf("crisis.numbers[%d]", i)
		n, ok := l.number(at, written)
		line, taken := l.out.Lines[n]
		switch {
		case !ok:
		case taken && line.Group == wissel.CrisisGroup:
			l.doc.problem(at, "%s stands here already; leave one out", n)
		case taken:
			l.doc.problem(at, "%s belongs to group %s already; the crisis line has a number of its own, which callers do not know", n, line.Group)
		default:
			kind := number.KindOf(n)
			l.out.Lines[n] = wissel.Line{Number: n, Kind: kind, Charge: kind.Charge(), Group: wissel.CrisisGroup}
			out.Numbers = append(out.Numbers, n)
		}
	}
	if out.Language = s.Language; out.Language == "" {
		out.Language = "nl"
	}
	if !l.catalogue.Has(out.Language, "crisis.pin") {
		l.doc.problem("crisis.language", "the crisis line has no texts in %q; nl or en would be right", s.Language)
	}
	out.Zone, _ = l.zone("crisis.zone", s.Zone)
	if len(s.Operators) == 0 {
		l.doc.warn("crisis.operators", "nobody may come in: the crisis line only tells colleagues what is going on")
	}
	for i, o := range s.Operators {
		l.operator(fmt.Sprintf("crisis.operators[%d]", i), o)
	}
	out.StaffCode = l.secret("crisis.staff.code", s.Staff.Code)
	if code := out.StaffCode; !code.IsZero() && code.Reveal() != unusable && (!digitsOnly(code.Reveal()) || len(code.Reveal()) < 4 || len(code.Reveal()) > 12) {
		l.doc.problem("crisis.staff.code", "it takes 4 to 12 digits, and nothing else")
	}
	for _, o := range out.Operators {
		if code := out.StaffCode.Reveal(); code != "" && code != unusable && o.PIN.Reveal() == code {
			l.doc.problem("crisis.staff.code", "it is the PIN of %s, and all colleagues know this one; choose another", o.Name)
		}
	}
}

// operator reads one who may come in. What is wrong with a secret is said without any of it.
func (l *loader) operator(at string, s operatorShape) {
	o := Operator{Person: crisis.Person{Name: s.Name}}
	if err := access.CheckName(s.Name); err != nil {
		l.doc.problem(at+".name", "%v", err)
	}
	for _, other := range l.out.Crisis.Operators {
		if strings.EqualFold(other.Name, s.Name) {
			l.doc.problem(at+".name", "there is a %q already; the audit log tells people apart by their names", other.Name)
		}
	}
	for i, phone := range s.Phones {
		if n, ok := l.number(fmt.Sprintf("%s.phones[%d]", at, i), phone); ok {
			o.Phones = append(o.Phones, n)
		}
	}
	if s.PIN == "" {
		l.doc.problem(at+".pin", "the PIN is missing; write it to a file that only wissel can read, and pin: file:/path")
	}
	o.PIN, o.TOTP = l.secret(at+".pin", s.PIN), l.secret(at+".totp", s.TOTP)
	if why := l.weak(o.Person); why != "" {
		l.doc.problem(at+".pin", "%s", why)
	}
	if secret := o.TOTP; !secret.IsZero() && secret.Reveal() != unusable {
		if err := crisis.CheckKey(secret); err != nil {
			l.doc.problem(at+".totp", "%v; `wissel crisis enrol %s --file FILE` makes one", err, s.Name)
		}
	}
	for i, name := range s.Role {
		role, err := access.ParseRole(name)
		if err != nil {
			l.doc.problem(fmt.Sprintf("%s.role[%d]", at, i), "%v%s", err, nearest.Suggest(name, roleNames()))
			continue
		}
		o.Roles = append(o.Roles, role)
	}
	if len(s.Role) == 0 {
		l.doc.problem(at+".role", "a role belongs here: viewer, operator, lead, privacy, admin")
	}
	l.out.Crisis.Operators = append(l.out.Crisis.Operators, o)
}

// weak says why a PIN will not do, if so.
func (l *loader) weak(p crisis.Person) string {
	pin := p.PIN.Reveal()
	if pin == "" || pin == unusable {
		return "" // said already
	}
	steps := map[int]int{}
	for i := 1; i < len(pin); i++ {
		steps[int(pin[i])-int(pin[i-1])]++
	}
	switch {
	case !digitsOnly(pin):
		return "a PIN has digits alone: it is keyed on a telephone"
	case len(pin) < 6 || len(pin) > 12:
		return fmt.Sprintf("a PIN has 6 to 12 digits, and this one has %d", len(pin))
	case steps[0] == len(pin)-1 || steps[1] == len(pin)-1 || steps[-1] == len(pin)-1:
		return "this PIN is one of the first that anybody tries (one digit, or digits in a row); choose another"
	}
	for _, other := range l.out.Crisis.Operators {
		if other.PIN.Reveal() == pin {
			return fmt.Sprintf("%s has the same PIN, and the PIN says who it is; give each his own", other.Name)
		}
	}
	for _, n := range p.Phones {
		if strings.HasSuffix(string(n), pin) {
			return "this PIN is the end of his own telephone number; choose another"
		}
	}
	return ""
}

func digitsOnly(s string) bool { return strings.Trim(s, "0123456789") == "" }
