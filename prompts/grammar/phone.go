package grammar

import (
	"slices"
	"strings"
)

// maxGroup is how many digits of a telephone number may be said as one number.
const maxGroup = 3

// A pattern is a telephone number in the groups that people say: "0 6, xx xx xx xx".
type pattern []group

// A group is one of several spellings, all of one length, of digits and x for any digit; "," is a pause.
type group []string

// parsePattern reads one line of the section phone; why is empty when it is well formed.
func parsePattern(s string) (p pattern, why string) {
	digits := 0
	for _, word := range strings.Fields(strings.ReplaceAll(s, ",", " , ")) {
		g := group(strings.Split(word, "|"))
		if word == "," {
			p = append(p, group{Pause})
			continue
		}
		for _, one := range g {
			if one == "" || len(one) > maxGroup || len(one) != len(g[0]) || strings.Trim(one, "x0123456789") != "" {
				return nil, word + " is no group: write one to three digits or x, as 06 or xx, or several of equal length, as 10|13"
			}
		}
		digits += len(g[0])
		p = append(p, g)
	}
	if digits == 0 || digits > maxDigits {
		return nil, "a pattern has 1 to 40 digits"
	}
	return p, ""
}

// groups cuts a number by the pattern, and reports whether it fits.
func (p pattern) groups(digits string) ([]string, bool) {
	out := make([]string, 0, len(p))
	for _, g := range p {
		if g[0] == Pause {
			out = append(out, Pause)
			continue
		}
		size := len(g[0])
		if len(digits) < size || !slices.ContainsFunc(g, func(one string) bool { return fits(one, digits[:size]) }) {
			return nil, false
		}
		out, digits = append(out, digits[:size]), digits[size:]
	}
	return out, digits == ""
}

func fits(spelling, digits string) bool {
	for i := range len(spelling) {
		d := digits[i]
		if d < '0' || d > '9' || spelling[i] != 'x' && spelling[i] != d {
			return false
		}
	}
	return true
}
