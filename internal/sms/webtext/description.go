// Package webtext sends texts by the HTTP interface of any provider that data can describe: what a request holds, what its
// answer means, what a receipt says and how it is signed. It is a sms.Provider, and keeps all of its contract. It follows no
// redirect, asks no proxy, and connects to no address inside a house unless it is told to.
package webtext

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"wissel"
	"wissel/internal/sms"
)

// Description is what is true of a provider for all its customers. Texts in it hold placeholders: {from}, {to} (E.164),
// {to-digits} (without the plus), {to-00} (with 00 for it), {body}, {key}, {seconds} and {minutes} (of validity), {receipts}
// (where receipts go), and {NAME} for a value or secret of the settings. A path names a place in an answer: the keys of
// objects and the numbers of list items with dots between them, "messages.0.status"; of a form it is the field's name.
type Description struct {
	Provider string   `yaml:"provider"`
	Needs    []string `yaml:"needs"` // values and secrets that the settings must give, and that placeholders may name
	Send     Request  `yaml:"send"`
	Answer   Answer   `yaml:"answer"`
	Receipts Report   `yaml:"receipts"`
	Incoming Letter   `yaml:"incoming"`
	Proof    Proof    `yaml:"proof"`
}

// Request is the POST that sends a text.
type Request struct {
	URL     string            `yaml:"url"`
	Headers map[string]string `yaml:"headers"`
	User    string            `yaml:"user"` // of basic authentication; empty: none
	Pass    string            `yaml:"pass"`
	As      string            `yaml:"as"`      // json or form
	Fields  map[string]string `yaml:"fields"`  // by path
	Numbers map[string]int    `yaml:"numbers"` // by path: fields of JSON that are no text
}

// Answer is what the answer to it means. A status in none of the lists leaves the outcome unknown.
type Answer struct {
	Accepted []int             `yaml:"accepted"`
	Where    map[string]string `yaml:"where"` // what an accepted one must also say, by path; an answer that says otherwise is a refusal
	ID       string            `yaml:"id"`    // path; empty: the provider knows the text by our key
	Later    []int             `yaml:"later"` // certainly not taken; Retry-After says when again
	Refused  []int             `yaml:"refused"`
	Code     string            `yaml:"code"`    // path of the provider's error code
	OfText   []string          `yaml:"of-text"` // codes that are the fault of the number or the words
	Reason   string            `yaml:"reason"`  // path of words for people
}

// Report is what a receipt says.
type Report struct {
	As     string            `yaml:"as"` // json or form
	ID     string            `yaml:"id"`
	Key    string            `yaml:"key"`       // our key, if it comes back
	Query  string            `yaml:"key-query"` // the same, as a parameter of the address that the request gave for receipts
	State  string            `yaml:"state"`
	States map[string]string `yaml:"states"` // to delivered, undelivered, expired or underway
	Reason string            `yaml:"reason"`
}

// Letter is what a text to us says.
type Letter struct {
	As   string `yaml:"as"`
	ID   string `yaml:"id"`
	From string `yaml:"from"`
	To   string `yaml:"to"`
	Body string `yaml:"body"`
}

// Proof is how a receipt or a text shows that the provider sent it.
type Proof struct {
	Header string `yaml:"header"` // that bears the signature, a HMAC
	Hash   string `yaml:"hash"`   // sha1 or sha256
	Text   string `yaml:"text"`   // hex or base64
	Over   string `yaml:"over"`   // body; or url-and-form: our public address with its query and the fields of the form, sorted, names and values without a mark between them
	Secret string `yaml:"secret"` // which of the needs is its key
	Query  string `yaml:"query"`  // instead of a signature: a parameter of our address that bears the secret itself
}

var own = []string{"from", "to", "to-digits", "to-00", "body", "key", "seconds", "minutes", "receipts"}

// Check reports every fault by its path.
func (d Description) Check() (ps []wissel.Problem) {
	add := func(at, format string, args ...any) {
		ps = append(ps, wissel.Problem{Path: at, Msg: fmt.Sprintf(format, args...)})
	}
	text := func(at, s string) {
		for _, name := range placeholders(s) {
			if !slices.Contains(own, name) && !slices.Contains(d.Needs, name) {
				add(at, "{%s} is neither one of %s nor named under needs", name, strings.Join(own, ", "))
			}
		}
	}
	oneOf := func(at, s string, all ...string) {
		if !slices.Contains(all, s) {
			add(at, "%q is none of %s", s, strings.Join(all, ", "))
		}
	}
	if d.Provider == "" {
		add("provider", "a name is needed")
	}
	if !strings.HasPrefix(d.Send.URL, "{base}/") && !strings.HasPrefix(d.Send.URL, "https://") {
		add("send.url", "%q is no address: it begins with {base}/ or https://", d.Send.URL)
	}
	text("send.url", d.Send.URL)
	text("send.user", d.Send.User)
	text("send.pass", d.Send.Pass)
	oneOf("send.as", d.Send.As, "json", "form")
	for k, v := range d.Send.Headers {
		text("send.headers."+k, v)
		if !token(k) {
			add("send.headers."+k, "%q is no name of a header", k)
		}
	}
	for k, v := range d.Send.Fields {
		text("send.fields."+k, v)
	}
	if _, err := build(d.Send, func(s string) string { return s }); err != nil {
		add("send.fields", "%v", err)
	}
	if len(d.Answer.Accepted) == 0 {
		add("answer.accepted", "which statuses mean that it was accepted?")
	}
	seen := map[int]string{}
	for _, l := range []struct {
		at  string
		all []int
	}{{"accepted", d.Answer.Accepted}, {"later", d.Answer.Later}, {"refused", d.Answer.Refused}} {
		for _, n := range l.all {
			if n < 200 || n > 599 || seen[n] != "" {
				add("answer."+l.at, "status %d is no final one, or stands in two lists", n)
			}
			seen[n] = l.at
		}
	}
	if d.Receipts.ID == "" && d.Receipts.Key == "" && d.Receipts.Query == "" {
		add("receipts.id", "a path of the id or of our key is needed, or receipts find no text")
	}
	oneOf("receipts.as", d.Receipts.As, "json", "form")
	for k, v := range d.Receipts.States {
		oneOf("receipts.states."+k, v, "delivered", "undelivered", "expired", "underway")
	}
	if d.Incoming != (Letter{}) {
		oneOf("incoming.as", d.Incoming.As, "json", "form")
	}
	ps = append(ps, d.Proof.check(d.Needs)...)
	return ps
}

func (p Proof) check(needs []string) (ps []wissel.Problem) {
	add := func(at, format string, args ...any) {
		ps = append(ps, wissel.Problem{Path: "proof." + at, Msg: fmt.Sprintf(format, args...)})
	}
	if !slices.Contains(needs, p.Secret) {
		add("secret", "%q is not named under needs", p.Secret)
	}
	if (p.Header == "") == (p.Query == "") {
		add("header", "either a header with a signature or a query parameter with the secret proves who sent a receipt")
	}
	if p.Header == "" {
		return ps
	}
	for at, c := range map[string]struct {
		is  string
		all []string
	}{"hash": {p.Hash, []string{"sha1", "sha256"}}, "text": {p.Text, []string{"hex", "base64"}}, "over": {p.Over, []string{"body", "url-and-form"}}} {
		if !slices.Contains(c.all, c.is) {
			add(at, "%q is none of %s", c.is, strings.Join(c.all, ", "))
		}
	}
	return ps
}

func token(s string) bool {
	return s != "" && strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// placeholders gives the names between braces.
func placeholders(s string) (names []string) {
	for {
		_, rest, ok := strings.Cut(s, "{")
		name, after, closed := strings.Cut(rest, "}")
		if !ok || !closed {
			return names
		}
		names, s = append(names, name), after
	}
}

// fill puts values in the place of their names, each as escape writes it. What a value holds is never read as a placeholder.
func fill(s string, value func(name string) string, escape func(string) string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(s, "{")
		name, after, closed := strings.Cut(rest, "}")
		if !ok || !closed {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(before)
		b.WriteString(escape(value(name)))
		s = after
	}
}

func plain(s string) string { return s }

// values gives what placeholders stand for in one text.
func (p *Provider) values(t sms.Text) func(string) string {
	return func(name string) string {
		switch name {
		case "from":
			return t.From
		case "to":
			return string(t.To)
		case "to-digits":
			return string(t.To[1:])
		case "to-00":
			return "00" + string(t.To[1:])
		case "body":
			return t.Body
		case "key":
			return t.Key
		case "seconds":
			return strconv.Itoa(int(t.Valid.Seconds()))
		case "minutes":
			return strconv.Itoa(max(int(t.Valid.Minutes()), 1))
		case "receipts":
			return p.set.Receipts
		}
		if s, ok := p.set.Secrets[name]; ok {
			return s.Reveal()
		}
		return p.set.Values[name]
	}
}

// request makes the POST for a text.
func (p *Provider) request(t sms.Text) (*http.Request, error) {
	value := p.values(t)
	body, err := build(p.d.Send, func(s string) string { return fill(s, value, plain) })
	if err != nil {
		return nil, err
	}
	// base is the operator's own, with its scheme; all else is escaped.
	address := fill(p.d.Send.URL, func(name string) string {
		if name == "base" {
			return value(name)
		}
		return url.PathEscape(value(name))
	}, plain)
	r, err := http.NewRequest(http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("the address of %s cannot be read: look at its values in the settings", p.d.Provider) // err shows it, and with it what is secret
	}
	for k, v := range p.d.Send.Headers {
		r.Header.Set(k, fill(v, value, plain))
	}
	r.Header.Set("Content-Type", map[string]string{"json": "application/json", "form": "application/x-www-form-urlencoded"}[p.d.Send.As])
	if p.d.Send.User != "" {
		r.SetBasicAuth(fill(p.d.Send.User, value, plain), fill(p.d.Send.Pass, value, plain))
	}
	return r, nil
}
