package configs

import (
	"regexp"
	"strconv"
	"strings"

	"wissel"
)

// sharedPrefix is the beginning of numbers, in E.164 form. Shorter ones would take a whole country's.
var sharedPrefix = regexp.MustCompile(`^\+[1-9][0-9]{4,13}\*$`)

// shared reads the numbers that many people ring from.
func (l *loader) shared(written []string) {
	s := wissel.Shared{Numbers: map[wissel.Number]bool{}}
	for i, w := range written {
		path := "shared[" + strconv.Itoa(i) + "]"
		if !strings.HasSuffix(w, "*") {
			if n, ok := l.number(path, w); ok {
				s.Numbers[n] = true
			}
			continue
		}
		if !sharedPrefix.MatchString(w) {
			l.doc.problem(path, "%q is no beginning of numbers; a plus, at least five digits and a star would be right: +3188555*", w)
			continue
		}
		s.Prefixes = append(s.Prefixes, strings.TrimSuffix(w, "*"))
	}
	l.out.Shared = s
}
