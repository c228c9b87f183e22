package statuspage

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"
)

//go:embed page.html
var pageSource string

//go:embed style.css
var style string

var pageTemplate = template.Must(template.New("page").Parse(pageSource))

// Policy is the Content-Security-Policy of the pages: nothing is fetched, run or sent, and the one style sheet is the one that is in them.
var Policy = func() string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
}()

// CacheControl is for every file: a cache may answer with it for a moment when thousands come, and asks anew after that.
const CacheControl = "public, max-age=15"

// File is one file of the page.
type File struct {
	Name string // "nl.html"; never leads anywhere
	Type string // for Content-Type
	Body []byte
}

// Index and Data are files that every page has, beside one for each language: "nl.html".
const (
	Index = "index.html"
	Data  = "status.json"
)

// Render makes the files of a page, in the order in which they are to be put: what others lead to comes before them. words are those of
// each of its languages.
func Render(p Page, words map[string]Words) (files []File, err error) {
	if len(p.Languages) == 0 {
		return nil, fmt.Errorf("render the status page: it has no language")
	}
	for _, lang := range p.Languages {
		if ps := words[lang].Check(lang); len(ps) > 0 {
			return nil, fmt.Errorf("render the status page in %s: %s", lang, ps[0])
		}
		body, err := p.html(lang, words)
		if err != nil {
			return nil, fmt.Errorf("render the status page in %s: %w", lang, err)
		}
		files = append(files, File{Name: lang + ".html", Type: "text/html; charset=utf-8", Body: body})
	}
	data, err := p.json(words[p.Languages[0]])
	if err != nil {
		return nil, fmt.Errorf("render %s: %w", Data, err)
	}
	return append(files, File{Name: Data, Type: "application/json", Body: data}, File{Name: Index, Type: files[0].Type, Body: files[0].Body}), nil
}

// shown is what the template reads.
type shown struct {
	Lang, Title, Policy, Verdict, Updated, Stamp, Every string
	Overall                                             State
	Style                                               template.CSS
	Words                                               Words
	Others                                              []other
	Groups                                              []shownGroup
	Channels                                            []shownChannel
}

type other struct{ Lang, Name, File string }

type shownGroup struct {
	Index      int
	Name, Says string
	State      State
	Current    *shownUpdate
	Do         []string
	Earlier    []shownUpdate
}

// shownUpdate is a message: what it says, and what is known beside it.
type shownUpdate struct {
	At, Stamp string
	Said      []said
	Facts     []string
}

// said is a text, and its language where that is another than the page's.
type said struct{ Lang, Text string }

type shownChannel struct {
	Name, Place, Says string
	Link              template.URL
}

func (p Page) html(lang string, words map[string]Words) ([]byte, error) {
	w := words[lang]
	v := shown{
		Lang: lang, Title: w.say("title", p.Name), Policy: Policy, Style: template.CSS(style), Words: w, Overall: p.Overall(), //nolint:gosec // it is ours, embedded
		Verdict: w[map[State]string{Works: "all-well", Trouble: "some-trouble", Outage: "some-outage"}[p.Overall()]],
		Updated: w.say("updated", w.moment(p.At, p.Zone)), Stamp: stamp(p.At, p.Zone), Every: w.say("every", strconv.Itoa(max(1, int(p.Every/time.Minute)))),
	}
	for _, l := range p.Languages {
		if l != lang {
			v.Others = append(v.Others, other{l, words[l]["language"], l + ".html"})
		}
	}
	for i, g := range p.Groups {
		v.Groups = append(v.Groups, p.group(i+1, g, lang, w))
	}
	for _, c := range p.Channels {
		v.Channels = append(v.Channels, p.channel(c, lang, w))
	}
	var out bytes.Buffer
	if err := pageTemplate.Execute(&out, v); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func (p Page) group(index int, g Group, lang string, w Words) shownGroup {
	out := shownGroup{Index: index, Name: g.Name, State: g.State, Says: w[string(g.State)], Do: p.offers(g, w)}
	current, on := g.Now()
	for i, one := range g.Incidents {
		for j, u := range one.Updates {
			if on && one.Heard && i == 0 && j == 0 {
				continue
			}
			told := shownUpdate{At: w.moment(u.At, p.Zone), Stamp: stamp(u.At, p.Zone), Said: texts(u, lang, w)}
			if j == 0 && !one.Ended.IsZero() {
				out.Earlier = append(out.Earlier, shownUpdate{At: w.moment(one.Ended, p.Zone), Stamp: stamp(one.Ended, p.Zone), Said: []said{{Text: w["over"]}}})
			}
			out.Earlier = append(out.Earlier, told)
		}
	}
	if on {
		newest, facts := current.Updates[0], []string{w.say("since", w.moment(current.Began, p.Zone))}
		switch {
		case !current.Heard: // as callers do, who hear no time that has passed
			newest.Texts = nil
		case !newest.At.Equal(current.Began):
			facts = append([]string{w.say("of", w.moment(newest.At, p.Zone))}, facts...)
		}
		out.Current = &shownUpdate{Said: texts(newest, lang, w), Facts: facts}
		if !current.Until.IsZero() {
			out.Current.Facts = append(out.Current.Facts, w.say("until", w.moment(current.Until, p.Zone)))
		}
		if !current.Next.IsZero() {
			out.Current.Facts = append(out.Current.Facts, w.say("next", w.moment(current.Next, p.Zone)))
		}
	}
	return out
}

// texts gives what a message says to who reads a language: its words; else the standing ones, and behind them those of another language.
func texts(u Update, lang string, w Words) (all []said) {
	if text := u.Texts[lang]; text != "" {
		return []said{{Text: text}}
	}
	all = append(all, said{Text: w["standing"]})
	for _, l := range keysOf(u.Texts) {
		if u.Texts[l] != "" {
			return append(all, said{Text: w["elsewhere"]}, said{Lang: l, Text: u.Texts[l]})
		}
	}
	return all
}

// offers is what a caller can do now.
func (p Page) offers(g Group, w Words) (all []string) {
	switch {
	case g.State == Outage && g.Callback:
		all = append(all, w.say("callback", g.Number))
	case g.State == Outage:
		all = append(all, w.say("call-later", g.Number))
	default:
		all = append(all, w.say("call", g.Number))
	}
	if g.State != Works && g.Text {
		all = append(all, w.say("text", g.Number))
	}
	if d := g.Desk; !d.Always {
		all = append(all, p.opening(d, w, "open", "open-until", "closed", "closed-until"))
	}
	return all
}

func (p Page) opening(o Opening, w Words, open, openUntil, closed, closedUntil string) string {
	switch {
	case o.Open && o.Until.IsZero():
		return w[open]
	case o.Open:
		return w.say(openUntil, w.moment(o.Until, p.Zone))
	case o.Until.IsZero():
		return w[closed]
	}
	return w.say(closedUntil, w.moment(o.Until, p.Zone))
}

func (p Page) channel(c Channel, lang string, w Words) shownChannel {
	out := shownChannel{Name: c.Name[lang], Says: w["news-only"]}
	if out.Name == "" {
		out.Name = c.Name[p.Languages[0]]
	}
	if Linked(c.Address) {
		out.Link = template.URL(c.Address) //nolint:gosec // its scheme is one of ours
	} else {
		out.Place = c.Address
	}
	if !c.NewsOnly {
		hours := c.Hours
		if hours.Always {
			hours = Opening{Open: true}
		}
		out.Says = p.opening(hours, w, "answers", "answers-until", "no-answer", "answers-from")
	}
	return out
}

// Linked reports whether an address is one that a page may lead to: a web page, a mailbox or a telephone number.
func Linked(address string) bool {
	for _, scheme := range []string{"https://", "mailto:", "tel:"} {
		if strings.HasPrefix(address, scheme) && !strings.ContainsAny(address, " \t\r\n\"<>") {
			return true
		}
	}
	return false
}

func stamp(t time.Time, zone *time.Location) string { return t.In(zone).Format(time.RFC3339) }
