package configs

import (
	"strings"
	"testing"
	"time"
)

// A plan that names people must be able to ring them; each fault is shown where it stands.
func TestPeopleInAPlan(t *testing.T) {
	const home = `home: [{name: anna, phone: "06 12345678"}, {name: bob, phone: "06 12345679", ring: 12s}]`
	for _, c := range []struct {
		name, people, plan, more string
		words                    string // empty: it is well
		caret                    string // stands above it
	}{
		{"people before a flow", home, "[people:home, flow:storing]", "", "", ""},
		{"people behind a trunk", home, "[genesys, people:home, reserve, flow:storing]", "", "", ""},
		{"a list that there is not", home, "[people:hone, flow:storing]", "", `there is no list of people "hone"; did you mean "home"?`, "people:hone"},
		{"no lists at all", "", "[people:home, flow:storing]", "", "there is no list of people; people: {home:", "people:home"},
		{"a list of nobody", "home: []", "[people:home, flow:storing]", "", "a list has 1 to 200 people, and this one 0", ""},
		{"twice", home, "[people:home, people:home, flow:storing]", "", "people:home stands in this plan already", ""},
		{"without a flow", home, "[people:home]", "", "the last resort is no flow", "people:home"},
		{"over no carrier", home, "[genesys, people:home, flow:storing]", "bare", "nobody of home can be rung; put one under groups.support.present", "people:home"},
		{"over one that takes no calls", home, "[genesys, people:home, flow:storing]", "bare, present: {kpn: \"+31201234567\"}", "nobody of home can be rung", "people:home"},
		{"a code of two people", `home: [{name: anna, phone: "06 12345678", code: "${CODE}"}, {name: bob, phone: "06 12345679", code: "${CODE}"}]`, "[people:home, flow:storing]", "", "people.home[1].code: it is the code of anna too", ""},
		{"a telephone that rings for too long", `home: [{name: anna, phone: "06 12345678", ring: 3m}]`, "[people:home, flow:storing]", "", "people.home[0].ring: 3m0s is outside 5s to 1m", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			present, more := `, present: {reserve: "+31201234567"}`, strings.TrimPrefix(strings.TrimPrefix(c.more, "bare"), ", ")
			if strings.HasPrefix(c.more, "bare") {
				present = ""
			}
			if more != "" {
				more = ", " + more
			}
			text := `listen: {sip: [{bind: "udp://192.0.2.1:5060"}], media: {address: 192.0.2.1, ports: 20000-20099}}
trunks: {kpn: {role: carrier, from: [192.0.2.7]}, genesys: {role: platform, to: ["sip:192.0.2.9"]}, reserve: {role: carrier, to: ["sip:192.0.2.10"], number: "+31850000000"}}
people: {` + c.people + `}
groups:
  support: {numbers: ["+31201234567"]` + present + more + `, plans: {normaal: ` + c.plan + `}}
`
			f, err := Parse(t.TempDir()+"/wissel.yaml", []byte(text), Options{Getenv: func(string) (string, bool) { return "471147", true }})
			switch {
			case c.words == "" && err != nil:
				t.Fatal(err)
			case c.words == "":
				if p := f.Groups["support"].Plans["normaal"]; !strings.Contains(c.plan, p.Targets[0].String()) || f.People["home"][0].Ring != 20*time.Second || f.People["home"][1].Ring != 12*time.Second {
					t.Errorf("%+v, %+v", p, f.People)
				}
			case err == nil || !strings.Contains(err.Error(), c.words):
				t.Errorf("%q is not in: %v", c.words, err)
			case c.caret != "":
				lines := strings.Split(err.Error(), "\n")
				for i, line := range lines {
					at := strings.Index(line, "^")
					if at < 0 || strings.TrimLeft(line, " |^~") != "" {
						continue
					}
					if under := string([]rune(lines[i-1])[at:]); !strings.HasPrefix(under, c.caret) {
						t.Errorf("the caret stands under %q:\n%v", under, err)
					}
				}
			}
		})
	}
}
