package configs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const paged = `
status:
  name: Gemeente Voorbeeld
  address: https://status.example
  lines: {support: Klantenservice}
  channels:
    - {name: {nl: Chat, en: Chat}, address: "https://www.example/chat", open: "Mo-Su 09:00-22:00"}
    - {name: {nl: Mastodon, en: Mastodon}, address: "https://social.example/@us", news_only: true}
  listen: {bind: "127.0.0.1:8090"}
  places:
    bucket: {s3: {endpoint: "https://s3.example", bucket: pages, key: AKID, secret: "file:s3.secret"}}
    folder: {directory: www, within: 5s}
    script: {command: [/usr/local/bin/publish, --site, status]}
`

// withPage reads settings with a public page, of which one text was replaced by another.
func withPage(t *testing.T, from, to string) (*File, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "s3.secret"), []byte("hunter2"), 0o600); err != nil {
		t.Fatal(err)
	}
	yaml := bare + paged
	if from != "" && !strings.Contains(yaml, from) {
		t.Fatalf("there is no %q to replace", from)
	}
	return Parse(filepath.Join(dir, "wissel.yaml"), []byte(strings.Replace(yaml, from, to, 1)), quiet())
}

func TestThePublicPageIsRead(t *testing.T) {
	f, err := withPage(t, "", "")
	if err != nil {
		t.Fatal(err)
	}
	p := f.StatusPage
	if p.Name != "Gemeente Voorbeeld" || p.link() != "https://status.example" || p.Every != 5*time.Minute || p.Zone.String() != "Europe/Amsterdam" || len(p.Languages) != 2 ||
		len(p.Lines) != 1 || p.Lines[0].Name != "Klantenservice" || p.Bind.Port() != 8090 {
		t.Errorf("%+v", p)
	}
	if len(p.Channels) != 2 || p.Channels[0].Hours == nil || !p.Channels[1].NewsOnly {
		t.Errorf("%+v", p.Channels)
	}
	if len(p.Places) != 3 || p.Places[0].S3.Secret.Reveal() != "hunter2" || p.Places[0].S3.Region != "us-east-1" || !filepath.IsAbs(p.Places[1].Directory) ||
		p.Places[1].Within != 5*time.Second || p.Places[2].Within != 30*time.Second || p.Places[2].Command[2] != "status" {
		t.Errorf("%+v", p.Places)
	}
	if f, err := Parse("x/wissel.yaml", []byte(bare), quiet()); err != nil || f.StatusPage.Name != "" {
		t.Errorf("without status there is %+v, %v", f.StatusPage, err)
	}
}

func TestWhatIsWrongWithThePublicPage(t *testing.T) {
	for _, row := range []struct{ name, from, to, want string }{
		{"no name", "name: Gemeente Voorbeeld", "every: 5m", "status.name: the page needs the name"},
		{"an address without TLS", "address: https://status.example", "address: http://status.example", "is no address that people can follow"},
		{"a line that there is not", "support: Klantenservice", "suport: Klantenservice", `status.lines.suport: there is no group "suport"`},
		{"a channel without a name in a language", "{nl: Chat, en: Chat}", "{nl: Chat}", "status.channels[0].name: it has no name in en"},
		{"a channel that runs something", "https://www.example/chat", "javascript:alert(1)", `status.channels[0].address: "javascript:alert(1)" is neither`},
		{"hours that cannot be read", "Mo-Su 09:00-22:00", "Mo-Su 9-22", "status.channels[0].open"},
		{"hours of a channel that answers nobody", "news_only: true", `news_only: true, open: "Mo-Su 09:00-22:00"`, "nobody answers there (news_only)"},
		{"a place of two kinds", "directory: www", "directory: www, command: [/bin/true]", "status.places.folder: a place is one of s3, directory and command, and this is 2 of them"},
		{"a secret in the open", "file:s3.secret", "hunter2", "status.places.bucket.s3.secret: a secret is not written here"},
		{"a listener without a port", "127.0.0.1:8090", "127.0.0.1", "status.listen.bind"},
		{"a language without words", "  lines:", "  languages: [nl, fy]\n  lines:", "status.words.fy.answers: there are no words for it"},
		{"a sentence with a part that there is not", "  lines:", "  words: {nl: {works: \"Over {carrier}.\"}}\n  lines:", "status.words.nl.works: nothing is put in for {carrier}"},
		{"a page each second", "  lines:", "  every: 1s\n  lines:", "status.every: 1s is outside 1m to 1h"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := withPage(t, row.from, row.to)
			if err == nil || !strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "hunter2\"") {
				t.Errorf("%v; want %q", err, row.want)
			}
		})
	}
}

func TestWhatSpeaksAgainstAPublicPage(t *testing.T) {
	const places = `    folder: {directory: www, within: 5s}
    script: {command: [/usr/local/bin/publish, --site, status]}
`
	for _, row := range []struct{ name, from, to, want string }{
		{"one place", places, "", "brought to 1 places outside"},
		{"no address", "  address: https://status.example\n", "", "nobody knows where the page is"},
		{"open to the world without TLS", "127.0.0.1:8090", "0.0.0.0:8090", "anybody on the way can change what people read"},
	} {
		f, err := withPage(t, row.from, row.to)
		if err != nil {
			t.Fatal(row.name, err)
		}
		told := ""
		for _, w := range f.Warnings {
			told += w.String() + "\n"
		}
		if !strings.Contains(told, row.want) {
			t.Errorf("%s: %s", row.name, told)
		}
	}
}

// Where people find the page stands in each text, and may stand in those of the settings; without a page there is none.
func TestTextsLeadToThePublicPage(t *testing.T) {
	yaml, dir := texted(t)
	read := func(yaml string) *File {
		t.Helper()
		f, err := Parse(filepath.Join(dir, "wissel.yaml"), []byte(yaml), quiet())
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	if err := os.WriteFile(filepath.Join(dir, "s3.secret"), []byte("hunter2"), 0o600); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 6, 3, 12, 0, 0, 0, time.UTC)
	for _, row := range []struct {
		name, yaml string
		leads      bool
	}{
		{"a line that is on the page", yaml + paged, true},
		{"without a page", yaml, false},
	} {
		g := read(row.yaml).Texts.Groups["support"]
		for purpose, langs := range g.Templates {
			for lang, tmpl := range langs {
				text, err := tmpl.Text(g.Sample(lang), now)
				if leads := strings.HasSuffix(text, " https://status.example"); err != nil || leads != (row.leads && purpose != "solved") {
					t.Errorf("%s: %s in %s is %q, %v", row.name, purpose, lang, text, err)
				}
			}
		}
	}
	own := strings.Replace(yaml+paged, "sender: Support,", `sender: Support, templates: {nl: {back: "Zie https://status.example/nl.html of {{.Status}}"}},`, 1)
	read(own)
}
