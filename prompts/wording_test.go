package prompts

import (
	"regexp"
	"testing"
)

// Another wording has another name, and one and the same always the same.
func TestAWordingIsNamed(t *testing.T) {
	s, err := Open("")
	if err != nil {
		t.Fatal(err)
	}
	form := regexp.MustCompile(`^(nl|en)/[a-z.\-]+@[0-9a-f]{12}$`)
	seen := map[string]bool{}
	for _, lang := range []string{"nl", "en"} {
		for _, id := range []string{"wish.own-ask", "menu.text"} {
			if !s.Has(lang, id) {
				continue
			}
			name := s.Wording(lang, id)
			if !form.MatchString(name) || name != s.Wording(lang, id) || seen[name[len(name)-12:]] {
				t.Errorf("%s", name)
			}
			seen[name[len(name)-12:]] = true
		}
	}
	if len(seen) == 0 {
		t.Error("there are no such prompts")
	}
	before := s.Wording("nl", "menu.text")
	l := s.languages["nl"]
	if l.own == nil {
		l.own = map[string]origin{}
	}
	l.own["menu.text"] = origin{sum: "of another voice"}
	if s.Wording("nl", "menu.text") == before {
		t.Error("spoken anew it has the name of before")
	}
}
