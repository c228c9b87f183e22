package configs

import (
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/internal/callbacks"
)

func TestHowCallbacksAreMade(t *testing.T) {
	dir := t.TempDir()
	secretsIn(t, dir, map[string]string{"anna.code": "4711", "word.code": "letmein"})
	const queue = `desk: {trunk: genesys, queue: "7000"}`
	const home = `home: [{name: anna, phone: "06 12345678", code: "file:anna.code"}, {name: bob, phone: "06 12345679"}]`
	for _, c := range []struct {
		name, people, group string
		words               string // empty: it is well
	}{
		{"nothing said", "", "", ""},
		{"a queue", "", queue, ""},
		{"people", home, "desk: {people: home}, callbacks: {agents: 3}", ""},
		{"all of it", home, queue + `, callbacks: {over: [reserve], first: customer, release: operator, agents: 9, rate: 2, attempts: 5, gaps: [5m, 5m, 1h], each: 4m, through: 2m,
			horizon: 8h, countries: [NL, BE], kinds: [fixed], per_number: 2, per_day: 90, hours: "Mo-Fr 10:00-17:00"}`, ""},
		{"a queue and people", home, "desk: {trunk: genesys, queue: a, people: home}", "groups.support.desk.people: a desk is a queue"},
		{"half a queue", "", "desk: {trunk: genesys}", "groups.support.desk: a desk is a queue"},
		{"a trunk that is none", "", `desk: {trunk: genesis, queue: "1"}`, `there is no trunk "genesis"; did you mean "genesys"?`},
		{"a queue that cannot be dialled", "", `desk: {trunk: genesys, queue: "a b"}`, "cannot be dialled"},
		{"an emergency number for a queue", "", `desk: {trunk: genesys, queue: "112"}`, "cannot be dialled"},
		{"people that are none", home, "desk: {people: hone}", `there is no list of people "hone"; did you mean "home"?`},
		{"nobody on a list", "home: []", "", "a list has 1 to 200 people"},
		{"a name twice", `home: [{name: anna, phone: "06 12345678"}, {name: Anna, phone: "06 12345679"}]`, "", `there is a "anna" in this list already`},
		{"a telephone twice", `home: [{name: anna, phone: "06 12345678"}, {name: bob, phone: "+31612345678"}]`, "", "it is the telephone of anna already"},
		{"a premium number", `home: [{name: anna, phone: "0900 1234"}]`, "", "such are not rung"},
		{"an emergency number", `home: [{name: anna, phone: "112"}]`, "", "emergency number"},
		{"a number of ours", `home: [{name: anna, phone: "020 123 45 67"}]`, "", "we would ring ourselves"},
		{"a code of letters", `home: [{name: anna, phone: "06 12345678", code: "file:word.code"}]`, "", "4 to 12 digits"},
		{"a code that is written out", `home: [{name: anna, phone: "06 12345678", code: "4711"}]`, "", "a secret is not written here"},
		{"over a platform", "", "callbacks: {over: [genesys]}", "genesys is a platform, and telephones are rung over a carrier"},
		{"over a carrier twice", "", "callbacks: {over: [reserve, reserve]}", "stands here already"},
		{"over one that takes no calls", "", "callbacks: {over: [kpn]}", "trunk kpn has no to"},
		{"first both", "", "callbacks: {first: both}", "groups.support.callbacks.first"},
		{"gaps that shrink", "", "callbacks: {gaps: [1h, 10m]}", "groups.support.callbacks.gaps[1]: 10m0s is shorter"},
		{"a country that is none", "", "callbacks: {countries: [Holland]}", "groups.support.callbacks.countries[0]"},
		{"a kind that is never called back", "", `callbacks: {kinds: ["0900"]}`, "is never called back"},
		{"a kind that is none", "", `callbacks: {kinds: [moblie]}`, "groups.support.callbacks.kinds[0]"},
		{"hours that are none", "", `callbacks: {hours: "Mo-Fr 9-5"}`, "groups.support.callbacks.hours"},
		{"an unknown key", "", "callbacks: {agent: 3}", `did you mean "agents"?`},
		{"no agents", "", "callbacks: {agents: 0}", "0 is outside 1 to 1000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := `listen: {sip: [{bind: "udp://192.0.2.1:5060"}], media: {address: 192.0.2.1, ports: 20000-20099}}
trunks: {kpn: {role: carrier, from: [192.0.2.7]}, genesys: {role: platform, to: ["sip:192.0.2.9"]}, reserve: {role: carrier, to: ["sip:192.0.2.10"], number: "+31850000000"}}
people: {` + c.people + `}
groups: {support: {numbers: ["+31201234567"], present: {reserve: "+31201234567"}, plans: {normaal: [genesys, flow:storing]}`
			if c.group != "" {
				text += ", " + c.group
			}
			_, err := Parse(dir+"/wissel.yaml", []byte(text+"}}\n"), Options{})
			if (err == nil) != (c.words == "") || err != nil && !strings.Contains(err.Error(), c.words) {
				t.Errorf("%v\nwant %q", err, c.words)
			}
		})
	}
}

func TestTheExamplesCallbacks(t *testing.T) {
	f, err := Parse("x/wissel.yaml", Example(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := f.Callbacks["support"]
	if !s.Dials() || s.Trunk != "genesys" || s.Agents != 5 || s.First != callbacks.FirstAgent || len(s.Gaps) != 3 || s.Countries[0] != "NL" || s.Zone.String() != "Europe/Amsterdam" {
		t.Errorf("%+v", s)
	}
	if _, ok := f.Callbacks["testlines"]; ok || len(f.People["home"]) != 2 {
		t.Error("a test line calls back, or the people are not there")
	}
	there, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	noon := time.Date(2026, 12, 25, 12, 0, 0, 0, s.Zone) // a holiday is a day like another to those who wait; 6 in the morning in New York
	if !s.Humane(s.Zone).At(noon, wissel.Override{}).Open || s.Humane(there).At(noon, wissel.Override{}).Open {
		t.Error("humane hours are not those of each zone")
	}
}
