package outside

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"wissel"
)

// voice is a Statuspage v2 summary, cut to what is looked at and one thing more.
const voice = `{"page":{"id":"x","name":"Genesys"},"status":{"indicator":"major","description":"Partial System Outage"},
"components":[{"name":"Voice (EU)","status":"major_outage"},{"name":"Chat","status":"operational"},{"name":"Twice","status":"operational"},{"name":"Twice","status":"under_maintenance"}],
"incidents":[{"name":"Calls do not connect","impact":"major"}]}`

func TestRead(t *testing.T) {
	summary := wissel.StatusPage{Form: wissel.StatusSummary}
	component := func(name string) wissel.StatusPage {
		return wissel.StatusPage{Form: wissel.StatusSummary, Component: name}
	}
	value := func(path string, good ...string) wissel.StatusPage {
		return wissel.StatusPage{Form: wissel.StatusJSON, Path: path, Good: good}
	}
	code := wissel.StatusPage{Form: wissel.StatusCode}
	for _, c := range []struct {
		name   string
		page   wissel.StatusPage
		status int
		body   string
		well   bool
		says   string
		err    string // instead of well and says
	}{
		{"all is well", summary, 200, `{"status":{"indicator":"none","description":"All Systems Operational"}}`, true, "All Systems Operational", ""},
		{"an outage, with the incident of it", summary, 200, voice, false, "Partial System Outage: Calls do not connect", ""},
		{"an outage without words", summary, 200, `{"status":{"indicator":"critical"}}`, false, "Critical", ""},
		{"an indicator that nobody knew", summary, 200, `{"status":{"indicator":"on_fire"}}`, false, "On fire", ""},
		{"a component that is out", component("Voice (EU)"), 200, voice, false, "Major outage: Voice (EU)", ""},
		{"a component that is well while another is out", component("Chat"), 200, voice, true, "Operational: Chat", ""},
		{"two of one name, of which one is out", component("Twice"), 200, voice, false, "Under maintenance: Twice", ""},
		{"a component that is not there", component("Voice"), 200, voice, false, "", `no component "Voice"; there are: Voice (EU), Chat`},
		{"no summary at all", summary, 200, `{"ok":true}`, false, "", "status.indicator is missing"},
		{"a web page", summary, 200, `<html>we are sorry</html>`, false, "", "no Statuspage summary"},
		{"a list", summary, 200, `[]`, false, "", "no Statuspage summary"},
		{"half an answer", summary, 200, voice[:80], false, "", "no Statuspage summary"},
		{"nothing", summary, 200, ``, false, "", "no Statuspage summary"},
		{"the status page is out itself", summary, 503, voice, false, "", "answers 503 where 200"},
		{"we ask too often", code, 429, ``, false, "", "too often"},
		{"a value that is good", value("voice.0.state", "ok", "fine"), 200, `{"voice":[{"state":"fine"}]}`, true, "voice.0.state is fine", ""},
		{"a value that is not", value("voice.0.state", "ok"), 200, `{"voice":[{"state":"burning"}]}`, false, "voice.0.state is burning", ""},
		{"a number, as it is written", value("up", "1.0"), 200, `{"up":1.0}`, true, "up is 1.0", ""},
		{"a truth", value("up", "true"), 200, `{"up":false}`, false, "up is false", ""},
		{"a whole object", value("voice", "ok"), 200, `{"voice":{}}`, false, "", "no single value at voice"},
		{"nothing behind the key", value("voice", "ok"), 200, `{"voice":null}`, false, "", "no single value at voice"},
		{"a key that is not there", value("voice.state", "ok"), 200, `{"voice":{}}`, false, "", "has no voice.state"},
		{"past the end of a list", value("1", "ok"), 200, `["ok"]`, false, "", "has no 1"},
		{"before its beginning", value("-1", "ok"), 200, `["ok"]`, false, "", "has no -1"},
		{"a key inside a value", value("a.b", "ok"), 200, `{"a":"ok"}`, false, "", "has no a.b"},
		{"no JSON", value("a", "ok"), 200, `ok`, false, "", "no JSON"},
		{"a nest of 100,000", value("a", "ok"), 200, strings.Repeat("[", 100_000), false, "", "no JSON"},
		{"204", code, 204, ``, true, "204 No Content", ""},
		{"500", code, 500, `all is well`, false, "500 Internal Server Error", ""},
		{"404", code, 404, ``, false, "404 Not Found", ""},
		{"a status without a name", code, 599, ``, false, "599", ""},
		{"words that would move a cursor", value("a", "ok"), 200, `{"a":"\u001b[2J\u202eout\r\nFROM: x"}`, false, "a is ·[2J·out FROM: x", ""},
		{"words without end", value("a", "ok"), 200, `{"a":"` + strings.Repeat("é", 1000) + `"}`, false, "a is " + strings.Repeat("é", maxWords-5) + "…", ""},
	} {
		got, err := Read(c.page, c.status, []byte(c.body))
		switch {
		case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
			t.Errorf("%s: %+v, error %v, want %q", c.name, got, err, c.err)
		case c.err == "" && (err != nil || got != Word{c.well, c.says}):
			t.Errorf("%s: %+v, error %v, want %v %q", c.name, got, err, c.well, c.says)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(voice), "Voice (EU)", 200)
	f.Add([]byte(`{"a":[{"b":"\u202e"}]}`), "a.0.b", 200)
	f.Fuzz(func(t *testing.T, body []byte, at string, status int) {
		for _, p := range []wissel.StatusPage{
			{Form: wissel.StatusSummary}, {Form: wissel.StatusSummary, Component: at}, {Form: wissel.StatusJSON, Path: at, Good: []string{at}}, {Form: wissel.StatusCode},
		} {
			w, err := Read(p, status, body)
			if err != nil && w != (Word{}) {
				t.Errorf("%s: a word beside an error: %+v, %v", p.Form, w, err)
			}
			if n := utf8.RuneCountInString(w.Says); n > maxWords+1 {
				t.Errorf("%s: %d characters", p.Form, n)
			}
			if strings.ContainsFunc(w.Says, func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Errorf("%s: %q is not fit for a screen", p.Form, w.Says)
			}
		}
	})
}
