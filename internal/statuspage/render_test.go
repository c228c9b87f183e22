package statuspage_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/configs"
	"wissel/internal/statuspage"
)

var update = flag.Bool("update", false, "write the pages anew: read them then")

func words(t testing.TB) map[string]statuspage.Words {
	t.Helper()
	all := map[string]statuspage.Words{"nl": configs.ShippedStatusWords("nl"), "en": configs.ShippedStatusWords("en")}
	for lang, w := range all {
		if ps := w.Check(lang); len(ps) > 0 {
			t.Fatal(ps)
		}
	}
	return all
}

func amsterdam(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// pages are a page in each state that people may find it in.
func pages(t testing.TB) map[string]statuspage.Page {
	t.Helper()
	page := func(min int, state statuspage.State, all ...wissel.Message) statuspage.Page {
		return statuspage.Page{
			Name: "Gemeente Voorbeeld", Address: "https://status.example", Zone: amsterdam(t), Languages: []string{"nl", "en"}, Every: 5 * time.Minute, At: at(min),
			Groups: []statuspage.Group{
				{ID: "support", Name: "Klantenservice", Number: "0800-1234", State: state, Callback: true, Text: true, Desk: statuspage.Opening{Open: true, Until: at(240)}, Incidents: statuspage.Incidents(all, at(min))},
				{ID: "sales", Name: "Vergunningen", Number: "+31201234567", State: statuspage.Works, Desk: statuspage.Opening{Until: at(21 * 60)}},
			},
			Channels: []statuspage.Channel{
				{Name: map[string]string{"nl": "Chat op onze site", "en": "Chat on our site"}, Address: "https://www.example/chat", Hours: statuspage.Opening{Open: true, Until: at(300)}},
				{Name: map[string]string{"nl": "Balie in het stadhuis", "en": "Desk in the city hall"}, Address: "Markt 1", Hours: statuspage.Opening{Until: at(21 * 60)}},
				{Name: map[string]string{"nl": "Webcare op Mastodon", "en": "Mastodon"}, Address: "https://social.example/@voorbeeld", NewsOnly: true},
				{Name: map[string]string{"nl": "E-mail", "en": "Mail"}, Address: "mailto:info@example.nl", Hours: statuspage.Opening{Always: true}},
			},
		}
	}
	with := func(nl, en string) func(*wissel.Message) {
		return func(m *wissel.Message) { m.Said = []wissel.Said{{Lang: "en", Text: en}, {Lang: "nl", Text: nl}} }
	}
	first := said(0, 0, with("Door een kabelbreuk kunnen wij u niet te woord staan.\nWij herstellen de kabel.", ""), until(180))
	second := said(1, 35, with("De kabel is gevonden. Wij verwachten om half zes klaar te zijn.", "The cable was found. We expect to be done at half past five."), until(210))
	over := second
	over.Ended = at(100)
	return map[string]statuspage.Page{
		"well":         page(0, statuspage.Works),
		"no message":   page(3, statuspage.Outage),
		"outage":       page(40, statuspage.Outage, first, second),
		"dutch alone":  page(5, statuspage.Outage, first),
		"past its end": page(230, statuspage.Trouble, first, second),
		"ended":        page(110, statuspage.Works, first, over),
	}
}

func render(t testing.TB, p statuspage.Page) map[string]string {
	t.Helper()
	files, err := statuspage.Render(p, words(t))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range files {
		out[f.Name] = string(f.Body)
	}
	return out
}

// sheet is the style of a page and its hash, which are the same in all.
var sheet = regexp.MustCompile(`(?s)<style>.*</style>|<meta http-equiv="Content-Security-Policy"[^>]*>`)

// Pages are read by people, so a changed one is a changed behaviour: read it as one.
func TestPages(t *testing.T) {
	for name, p := range pages(t) {
		files := render(t, p)
		for _, file := range []string{"nl.html", "en.html", statuspage.Data} {
			files[file] = sheet.ReplaceAllString(files[file], "")
			golden := filepath.Join("testdata", strings.ReplaceAll(name, " ", "-")+"."+file)
			if *update {
				if err := os.WriteFile(golden, []byte(files[file]), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if string(want) != files[file] {
				t.Errorf("%s of the page %q is another (go test -update ./internal/statuspage):\n%s", file, name, files[file])
			}
		}
		if sheet.ReplaceAllString(files[statuspage.Index], "") != files["nl.html"] {
			t.Errorf("%s: index.html is not the page in the first language", name)
		}
	}
}

func TestTheSamePageIsTheSameBytes(t *testing.T) {
	for name, p := range pages(t) {
		first, err := statuspage.Render(p, words(t))
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			again, err := statuspage.Render(p, words(t))
			if err != nil || !slices.EqualFunc(first, again, func(a, b statuspage.File) bool { return a.Name == b.Name && bytes.Equal(a.Body, b.Body) }) {
				t.Fatalf("%s: it differs from itself, %v", name, err)
			}
		}
	}
}

// Who puts a message live writes words, and no HTML; names of the settings are words as well.
func TestNothingInAPageRuns(t *testing.T) {
	const evil = `<script>alert(1)</script><img src=x onerror="alert(1)">'"&`
	p := pages(t)["outage"]
	p.Name, p.Groups[0].Name, p.Groups[0].Number = evil, evil, evil
	p.Groups[0].Incidents[0].Updates[0].Texts = map[string]string{"nl": evil, "en": "</p></style>" + evil}
	p.Channels = []statuspage.Channel{
		{Name: map[string]string{"nl": evil, "en": evil}, Address: "javascript:alert(1)"},
		{Name: map[string]string{"nl": evil, "en": evil}, Address: `https://x.example/"onmouseover="alert(1)`},
	}
	for file, body := range render(t, p) {
		if !strings.HasSuffix(file, ".html") {
			if !json.Valid([]byte(body)) {
				t.Errorf("%s is no JSON", file)
			}
			continue
		}
		for _, runs := range []string{"<script", "<img", "href=\"javascript", "\"onmouseover=\""} {
			if strings.Contains(body, runs) {
				t.Errorf("%s has %s in it", file, runs)
			}
		}
	}
}

func TestWordsOfALanguageAreChecked(t *testing.T) {
	for _, row := range []struct{ name, key, text, want string }{
		{"missing", "works", "", "nl.works: there are no words for it, and a language has all"},
		{"a part that nothing is put in for", "since", "Sinds {moment} door {carrier}.", "nl.since: nothing is put in for {carrier}; there may be [moment]"},
		{"a week of six days", "days", "ma di wo do vr za", "nl.days: a week has seven days, and these are 6; Monday is the first"},
		{"a sentence that there is not", "colour", "blauw", "nl.colour: the page has no such sentence"},
		{"an open brace", "until", "Tot {moment", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := words(t)["nl"]
			w[row.key] = row.text
			ps := w.Check("nl")
			if row.want == "" {
				if len(ps) != 0 {
					t.Error(ps)
				}
				return
			}
			if len(ps) != 1 || ps[0].String() != row.want {
				t.Errorf("%v", ps)
			}
		})
	}
	if _, err := statuspage.Render(pages(t)["well"], map[string]statuspage.Words{"nl": words(t)["nl"]}); err == nil {
		t.Error("a page was made in a language without words")
	}
}
