package ivr

import (
	"fmt"
	"strings"
	"testing"
)

func TestOutline(t *testing.T) {
	var got []string
	for _, p := range []*Program{compiled(t), speaks(t, mobile).p} {
		for _, o := range p.Outline() {
			line := o.Step + " (" + o.Kind + ")"
			for _, e := range o.Exits {
				line += fmt.Sprintf(" %s>%s%s", e.When, e.To, e.Out)
			}
			got = append(got, line)
		}
	}
	for _, want := range []string{
		"language (language) then>message no key>message",
		"menu (menu) key 1>text key 2>callback key 3>message key 4>rest key 9>other no key>bye",
		"text (wish: text) key *>menu then>more no key>bye it failed>more",
		"desk (dial) then>reserve", "bye (end) then>hangs up", "again (goto) then>menu",
		"speak (record) then>note nothing said>bye it failed>menu2", "note (wish: by-hand) then>bye no key>bye it failed>menu2",
	} {
		if !strings.Contains("\n"+strings.Join(got, "\n")+"\n", "\n"+want+"\n") {
			t.Errorf("there is no %q in\n%s", want, strings.Join(got, "\n"))
		}
	}
	if len(got) != 13+6 || !strings.HasPrefix(got[0], "language") {
		t.Errorf("%d steps, the first %s", len(got), got[0])
	}
	p, _ := Compile(branches(), everything{})
	all := fmt.Sprint(p.Outline())
	for _, want := range []string{"crowd", "otherwise", "open", "set known=yes", "back"} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in %s", want, all)
		}
	}
	if n, ok := compiled(t).CallerIn("en"); !ok || n != "+44612345678" {
		t.Errorf("%q", n)
	}
}
