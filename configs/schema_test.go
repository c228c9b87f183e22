package configs

import (
	"bytes"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("wissel.json", value); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("wissel.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func values(t *testing.T, yaml string) any {
	t.Helper()
	doc := &document{name: "x.yaml", data: []byte(yaml), all: &report{}}
	root := parseYAML(doc, "")
	if root == nil {
		t.Fatal(doc.all.found)
	}
	return root.plain()
}

func TestSchemaKnowsWhatLoadAccepts(t *testing.T) {
	s := compiled(t)
	for name, data := range map[string][]byte{"example": Example(), "demo": Demo(), "all at its barest": []byte(bare), "all of evidence": []byte(evidence)} {
		if err := s.Validate(values(t, string(data))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSchemaRefusesWhatLoadRefuses(t *testing.T) {
	s := compiled(t)
	for _, c := range []struct{ name, from, to string }{
		{"an unknown key", "trunks:", "colour: blue\ntrunks:"},
		{"an unknown key of a trunk", "role: carrier", "role: carrier, colour: blue"},
		{"another role", "role: carrier", "role: carier"},
		{"no role", "role: carrier, ", ""},
		{"a time without a unit", "role: carrier", "role: carrier, timers: {ring: 40}"},
		{"a secret in the open", "role: carrier", "role: carrier, password: hunter2"},
		{"a limit that is text", "role: carrier", "role: carrier, limits: {calls: many}"},
		{"no numbers", "numbers: [0201234567], ", ""},
		{"a listener that is none", "udp://192.0.2.1:5060", "192.0.2.1"},
		{"a jitter of all of the interval", "role: carrier", "role: carrier, probe: {jitter: 1}"},
		{"a provisional answer accepted", "role: carrier", "role: carrier, probe: {accept: [180]}"},
		{"a test that expects another thing", "role: carrier", "role: carrier, test: {number: \"+31201239999\", expect: applause}"},
		{"a status page that is no web page", "role: carrier", "role: carrier, status: {url: \"ftp://status.example/\"}"},
		{"a status page of another form", "role: carrier", "role: carrier, status: {url: \"https://status.example/\", form: html}"},
		{"a share that is no percentage", "plans:", "handback: {shares: [10, 100]}, plans:"},
		{"another way back", "plans:", "handback: {mode: slowly}, plans:"},
		{"a plan without targets", "{storing: [flow:storing]}", "{storing: {fresh: 7d}}"},
		{"freshness without a unit", "{storing: [flow:storing]}", "{storing: {targets: [flow:storing], fresh: 7}}"},
		{"a list where keys belong", "groups: {", "groups: []\nx: {"},
	} {
		yaml := strings.Replace(bare, c.from, c.to, 1)
		if yaml == bare {
			t.Fatalf("%s: nothing was changed", c.name)
		}
		if s.Validate(values(t, yaml)) == nil {
			t.Errorf("%s: the schema accepts it", c.name)
		}
		if _, err := Parse("x.yaml", []byte(yaml), quiet()); err == nil {
			t.Errorf("%s: Parse accepts it", c.name)
		}
	}
}

// bare is the least that settings can be.
const bare = `
listen: {sip: [{bind: "udp://192.0.2.1:5060"}], media: {address: 192.0.2.1, ports: 20000-29999}}
trunks: {kpn: {role: carrier, to: sip:sbc.example}}
groups: {support: {numbers: [0201234567], plans: {storing: [flow:storing]}}}
`

func TestBarestSettings(t *testing.T) {
	f := load(t, bare)
	if f.Node != "node-7" || f.Groups["support"].Active != "storing" || f.Groups["support"].Media != "anchored" || f.Trunks["kpn"].To[0] != "sip:sbc.example" {
		t.Errorf("%+v", f)
	}
}

// plain gives the node as an editor sees it, for the schema's validator.
func (n *node) plain() any {
	switch n.kind {
	case mapping:
		m := make(map[string]any, len(n.keys))
		for _, e := range n.keys {
			m[e.key] = e.value.plain()
		}
		return m
	case sequence:
		s := make([]any, len(n.items))
		for i, v := range n.items {
			s[i] = v.plain()
		}
		return s
	case null:
		return nil
	case scalar:
	}
	if n.quoted {
		return n.text
	}
	if b, err := strconv.ParseBool(n.text); err == nil && (n.text == "true" || n.text == "false") {
		return b
	}
	if i, err := strconv.Atoi(n.text); err == nil {
		return i
	}
	if f, err := strconv.ParseFloat(n.text, 64); err == nil {
		return f
	}
	return n.text
}
