package configs

import (
	"cmp"
	"fmt"
	"net/mail"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"time"

	"wissel/internal/draaiboek"
	"wissel/internal/hours"
	"wissel/internal/nearest"
)

// Team is who is told of an outage, and how. A draaiboek's notify reaches it by each way that is set.
type Team struct {
	Reads   string   // form of messages: draaiboek.Post, …
	Mail    []string // addresses
	Text    string   // list of people
	Webhook string
	Form    WebhookForm
	Inside  []netip.Prefix // networks of our own that the webhook may be in
}

// WebhookForm is the shape of what is posted.
type WebhookForm string

// The forms.
const (
	WebhookJSON  WebhookForm = "json"
	WebhookSlack WebhookForm = "slack"
	WebhookTeams WebhookForm = "teams"
)

// Ways are how a team is told, for people.
func (t Team) Ways() (all []string) {
	for _, m := range t.Mail {
		all = append(all, "mail "+m)
	}
	if t.Text != "" {
		all = append(all, "text to "+t.Text)
	}
	if t.Webhook != "" {
		all = append(all, string(t.Form)+" webhook")
	}
	return all
}

// team reads who is told.
func (l *loader) team(at, id string, s teamShape) {
	t := Team{Reads: cmp.Or(s.Reads, draaiboek.Staff), Mail: s.Mail, Text: s.Text, Webhook: s.Webhook, Form: WebhookForm(cmp.Or(s.Form, string(WebhookJSON)))}
	if !nameForm.MatchString(id) {
		l.doc.problem(at, "%q is no name; letters a-z, digits, hyphens and _ are", id)
	}
	forms := []string{draaiboek.Post, draaiboek.Mail, draaiboek.Chat, draaiboek.Staff, draaiboek.Status, draaiboek.SMS}
	if !slices.Contains(forms, t.Reads) {
		l.doc.problem(at+".reads", "messages have no form %q%s", t.Reads, nearest.Suggest(t.Reads, forms))
	}
	if len(t.Mail) == 0 && t.Text == "" && t.Webhook == "" {
		l.doc.problem(at, "there is no way to tell it anything: give mail, text or webhook")
	}
	for i, m := range t.Mail {
		if a, err := mail.ParseAddress(m); err != nil || a.Address != m {
			l.doc.problem(fmt.Sprintf("%s.mail[%d]", at, i), "%q is no address; webcare@example.nl is one", m)
		}
	}
	if _, ok := l.out.People[t.Text]; t.Text != "" && !ok {
		l.doc.problem(at+".text", "there is no list of people %q%s", t.Text, nearest.Suggest(t.Text, names(l.out.People)))
	}
	for i, w := range s.Inside {
		p, err := netip.ParsePrefix(w)
		if err != nil {
			l.doc.problem(fmt.Sprintf("%s.inside[%d]", at, i), "%q is no network; 10.1.2.0/24 would be right", w)
		}
		t.Inside = append(t.Inside, p)
	}
	if t.Webhook != "" {
		l.webhook(at, t)
	}
	l.out.Draaiboeken.Teams[id] = t
}

// webhook sees that nobody makes us post into our own network (what a name leads to is seen when it is posted to).
func (l *loader) webhook(at string, t Team) {
	u, err := url.Parse(t.Webhook)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil:
		l.doc.problem(at+".webhook", "this is no address that can be posted to; https://hooks.example/… would be right")
		return
	case u.Scheme == "http" && len(t.Inside) == 0:
		l.doc.problem(at+".webhook", "it is posted to in the clear; https is right, or inside where it is in a network of ours")
	}
	if t.Form != WebhookJSON && t.Form != WebhookSlack && t.Form != WebhookTeams {
		l.doc.problem(at+".form", "%q is none of slack, teams and json", t.Form)
	}
	addr, err := netip.ParseAddr(u.Hostname())
	if u.Hostname() == "localhost" {
		addr, err = netip.AddrFrom4([4]byte{127, 0, 0, 1}), nil
	}
	if err == nil && !draaiboek.Outside(addr) && !slices.ContainsFunc(t.Inside, func(p netip.Prefix) bool { return p.Contains(addr.Unmap()) }) {
		l.doc.problem(at+".webhook", "%s is in a network of ours, where a webhook has no business; name that network under inside if it has", addr)
	}
}

// duty reads who is on when.
func (l *loader) duty(at, id string, shapes []shiftShape) {
	if !nameForm.MatchString(id) {
		l.doc.problem(at, "%q is no name; letters a-z, digits, hyphens and _ are", id)
	}
	if len(shapes) == 0 || len(shapes) > mostShifts {
		l.doc.problem(at, "a duty list has 1 to %d lines, and this one %d", mostShifts, len(shapes))
		return
	}
	always := false
	for i, s := range shapes {
		in := fmt.Sprintf("%s[%d]", at, i)
		shift := draaiboek.Shift{People: s.People, From: s.From, To: s.To}
		if len(s.People) == 0 {
			l.doc.problem(in+".people", "nobody is on; home/anna would be right")
		}
		for k, p := range s.People {
			if why := l.world().Missing(draaiboek.Person, p); why != "" {
				l.doc.problem(fmt.Sprintf("%s.people[%d]", in, k), "%s", why)
			}
		}
		for key, day := range map[string]string{"from": s.From, "to": s.To} {
			if _, err := time.Parse(time.DateOnly, day); day != "" && err != nil {
				l.doc.problem(in+"."+key, "%q is no date; 2026-12-24 is one", day)
			}
		}
		if s.From != "" && s.To != "" && s.To < s.From {
			l.doc.problem(in+".to", "%s is before %s", s.To, s.From)
		}
		if s.Open != "" {
			h, problems := hours.New(hours.Settings{Open: s.Open, Zone: l.out.Draaiboeken.Zone, NoHolidays: true}, in)
			for _, p := range problems {
				p.Path = in + ".open"
				l.doc.inside(p)
			}
			if h != nil {
				shift.When = h
			}
		}
		always = always || s.Open == "" && s.From == "" && s.To == ""
		l.out.Draaiboeken.Duty[id] = append(l.out.Draaiboeken.Duty[id], shift)
	}
	if !always {
		l.doc.warn(at, "no line of it holds always, so at some hours nobody is asked, and defaults are taken; end with one that has people alone")
	}
}

func (l *loader) command(at, id string, s commandShape) {
	c := Command(s)
	c.Every, c.Timeout = cmp.Or(c.Every, 30*time.Second), cmp.Or(c.Timeout, 10*time.Second)
	if !nameForm.MatchString(id) {
		l.doc.problem(at, "%q is no name; letters a-z, digits, hyphens and _ are", id)
	}
	if len(c.Run) == 0 || !filepath.IsAbs(c.Run[0]) {
		l.doc.problem(at+".run", "a program is named by its whole path, as in [/usr/local/bin/ups-state, main]")
	}
	if c.Every < time.Second || c.Every > time.Hour {
		l.doc.problem(at+".every", "%v is outside 1s to 1h", c.Every)
	}
	if c.Timeout < 100*time.Millisecond || c.Timeout > c.Every {
		l.doc.problem(at+".timeout", "%v is outside 100ms to every (%v)", c.Timeout, c.Every)
	}
	l.out.Draaiboeken.Commands[id] = c
}
