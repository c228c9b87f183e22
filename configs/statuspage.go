package configs

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"wissel"
	"wissel/internal/hours"
	"wissel/internal/nearest"
	"wissel/internal/statuspage"
	"wissel/internal/statuspage/push"
)

// StatusPage is the public page; without a Name there is none.
type StatusPage struct {
	Name      string
	Address   string // empty: nobody said
	Languages []string
	Words     map[string]statuspage.Words // of each of its languages
	Zone      *time.Location
	Every     time.Duration
	Lines     []StatusLine
	Channels  []StatusChannel
	Bind      netip.AddrPort // not valid: wissel does not serve it itself
	Cert      *tls.Certificate
	Places    []push.Settings // by name
}

// StatusLine is a group that is on the page.
type StatusLine struct {
	Group  wissel.GroupID
	Name   string
	Number string // as callers know it
}

// StatusChannel is another way to reach us; Hours is nil where somebody answers at all times, or nobody ever.
type StatusChannel struct {
	Name     map[string]string
	Address  string
	Hours    *hours.Hours
	NewsOnly bool
}

var languageForm = regexp.MustCompile(`^[a-z]{2,3}$`)

// mostChannels are as many as anybody reads.
const mostChannels = 20

// statusPage reads the public page. It comes after the groups, and before the texts, which lead to it.
func (l *loader) statusPage(s statusPageShape, groups map[string]groupShape) {
	const at = "status"
	if l.doc.root.get(at) == nil {
		return
	}
	out := &l.out.StatusPage
	if out.Name = strings.TrimSpace(s.Name); out.Name == "" || utf8.RuneCountInString(out.Name) > 80 {
		l.doc.problem(at+".name", "the page needs the name of whom one reaches, of at most 80 characters, as callers know it: Gemeente Voorbeeld")
	}
	if out.Every = s.Every; s.Every < time.Minute || s.Every > time.Hour {
		l.doc.problem(at+".every", "%v is outside 1m to 1h", s.Every)
	}
	out.Zone, _ = l.zone(at+".zone", s.Zone)
	l.statusAddress(at+".address", s.Address)
	l.statusWords(at, s)
	l.statusLines(at+".lines", s.Lines, groups)
	l.statusChannels(at+".channels", s.Channels)
	l.statusListen(at+".listen", s.Listen)
	l.statusPlaces(at+".places", s.Places)
}

func (l *loader) statusAddress(at, written string) {
	if written == "" {
		l.doc.warn("status", "nobody knows where the page is: give its address, which stands in every text")
		return
	}
	u, err := url.Parse(written)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || written != strings.ToLower(written) {
		l.doc.problem(at, "%q is no address that people can follow; https://status.example would be right, in small letters", written)
		return
	}
	l.out.StatusPage.Address = written
}

// link is the scheme and host that the page is at, for the texts that lead to it; empty: there is none.
func (p StatusPage) link() string {
	u, err := url.Parse(p.Address)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// addressFor is where people find a group on the page; empty: nowhere.
func (p StatusPage) addressFor(g wissel.GroupID) string {
	if slices.ContainsFunc(p.Lines, func(l StatusLine) bool { return l.Group == g }) {
		return p.Address
	}
	return ""
}

// statusWords puts the words of each language together, the shipped ones under those of the settings.
func (l *loader) statusWords(at string, s statusPageShape) {
	out := &l.out.StatusPage
	out.Words = map[string]statuspage.Words{}
	if len(s.Languages) == 0 || len(s.Languages) > 10 {
		l.doc.problem(at+".languages", "the page has 1 to 10 languages")
	}
	for i, lang := range s.Languages {
		switch {
		case !languageForm.MatchString(lang):
			l.doc.problem(at+".languages["+strconv.Itoa(i)+"]", "%q is no language; nl, en or fy would be", lang)
			continue
		case slices.Contains(out.Languages, lang):
			l.doc.problem(at+".languages["+strconv.Itoa(i)+"]", "%s stands here already", lang)
			continue
		}
		out.Languages = append(out.Languages, lang)
		words := maps.Clone(ShippedStatusWords(lang))
		if words == nil {
			words = statuspage.Words{}
		}
		maps.Copy(words, s.Words[lang])
		l.doc.take(words.Check(at + ".words." + lang))
		out.Words[lang] = words
	}
	for _, lang := range names(s.Words) {
		if !slices.Contains(out.Languages, lang) {
			l.doc.problem(at+".words."+lang, "the page is not made in %q; add it to languages", lang)
		}
	}
}

func (l *loader) statusLines(at string, lines map[string]string, groups map[string]groupShape) {
	out := &l.out.StatusPage
	for _, id := range names(l.out.Groups) {
		g, name := l.out.Groups[wissel.GroupID(id)], lines[id]
		if g.Test || lines != nil && name == "" || len(g.Lines) == 0 {
			continue
		}
		if w := groups[id].Texts; name == "" && w != nil {
			name = w.Name
		}
		if name == "" {
			name = id
		}
		number := g.Lines[0].Dialled
		if number == "" {
			number = string(g.Lines[0].Number)
		}
		out.Lines = append(out.Lines, StatusLine{g.ID, name, number})
	}
	for _, id := range names(lines) {
		g := l.out.Groups[wissel.GroupID(id)]
		switch {
		case g == nil:
			l.doc.problem(at+"."+id, "there is no group %q%s", id, nearest.Suggest(id, names(l.out.Groups)))
		case g.Test:
			l.doc.problem(at+"."+id, "a test line is for nobody who reads the page; leave it out")
		case strings.TrimSpace(lines[id]) == "" || utf8.RuneCountInString(lines[id]) > 80:
			l.doc.problem(at+"."+id, "give the name that callers know the line by, of at most 80 characters")
		}
	}
}

func (l *loader) statusChannels(at string, written []channelShape) {
	out := &l.out.StatusPage
	if len(written) > mostChannels {
		l.doc.problem(at, "these are %d ways, and nobody reads more than %d", len(written), mostChannels)
		return
	}
	for i, w := range written {
		key := at + "[" + strconv.Itoa(i) + "]"
		c := StatusChannel{Name: w.Name, Address: w.Address, NewsOnly: w.NewsOnly}
		for _, lang := range out.Languages {
			if strings.TrimSpace(w.Name[lang]) == "" {
				l.doc.problem(key+".name", "it has no name in %s", lang)
			}
		}
		if scheme, _, ok := strings.Cut(w.Address, ":"); ok && !strings.Contains(scheme, " ") && !statuspage.Linked(w.Address) {
			l.doc.problem(key+".address", "%q is neither https://, mailto: nor tel:, nor words such as a street", w.Address)
		}
		if w.Open != "" {
			if w.NewsOnly {
				l.doc.problem(key+".open", "nobody answers there (news_only), so it is never open")
			}
			zone := out.Zone
			h, problems := hours.New(hours.Settings{Open: w.Open, Zone: zone, NoHolidays: l.out.Country != "NL"}, key)
			l.doc.take(problems)
			c.Hours = h
		}
		out.Channels = append(out.Channels, c)
	}
}

func (l *loader) statusListen(at string, s statusListenShape) {
	if s == (statusListenShape{}) {
		return
	}
	out := &l.out.StatusPage
	addr, err := netip.ParseAddrPort(s.Bind)
	switch {
	case err != nil || addr.Port() == 0:
		l.doc.problem(at+".bind", "%q is no IP address with a port; 0.0.0.0:8443 would be right", s.Bind)
	case (s.Cert == "") != (s.Key == ""):
		l.doc.problem(at, "TLS needs both cert and key")
	case s.Cert != "":
		if pair, ok := l.certificate(at, listenerShape{Cert: s.Cert, Key: s.Key}); ok {
			out.Cert = &pair
		}
	case !addr.Addr().IsLoopback():
		l.doc.warn(at+".bind", "without TLS anybody on the way can change what people read; give cert and key, or bind loopback behind a proxy")
	}
	out.Bind = addr
}

func (l *loader) statusPlaces(at string, places map[string]placeShape) {
	out := &l.out.StatusPage
	switch {
	case len(places) > push.MostPlaces:
		l.doc.problem(at, "there are %d places, and may be %d", len(places), push.MostPlaces)
		return
	case len(places) < 2:
		l.doc.warn("status", "the page is brought to %d places outside; with two it stays when our own network is gone, and one of them with it", len(places))
	}
	for _, name := range names(places) {
		key, w := at+"."+name, places[name]
		l.name(key, "place", name)
		p := push.Settings{Name: name, Directory: l.path(w.Directory), Command: w.Command, Within: w.Within}
		if w.S3 != nil {
			p.S3 = &push.S3{Region: w.S3.Region, Bucket: w.S3.Bucket, Prefix: w.S3.Prefix, Host: w.S3.Host, Key: w.S3.Key, Secret: l.secret(key+".s3.secret", w.S3.Secret)}
			p.S3.Endpoint, _ = url.Parse(w.S3.Endpoint) // Check says what is wrong with it
		}
		l.doc.take(p.Check(key))
		sum := sha256.New()
		fmt.Fprintf(sum, "%q %q %q %v", name, p.Directory, p.Command, p.Within)
		if p.S3 != nil {
			fmt.Fprintf(sum, "%+v %s", *w.S3, p.S3.Secret.Reveal())
		}
		p.Mark = hex.EncodeToString(sum.Sum(nil))
		out.Places = append(out.Places, p)
	}
}
