package carriers

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"wissel"
	"wissel/internal/number"
)

// userForm is the user part of a SIP URI without escapes (RFC 3261 §25.1: unreserved and user-unreserved).
var userForm = regexp.MustCompile(`^[A-Za-z0-9\-_.!~*'()&=+$,;?/]{1,64}$`)

// agentForm is what may stand in User-Agent: visible ASCII and blanks, as every stack can read.
var agentForm = regexp.MustCompile(`^[!-~]([ -~]{0,62}[!-~])?$`)

// checkProbe looks at how health is asked after with OPTIONS.
func (s Settings) checkProbe(c *checker) {
	p := s.Probe
	if p.Off {
		return
	}
	c.between("probe.every", p.Every, 100*time.Millisecond, 10*time.Minute)
	c.between("probe.fast", p.Fast, 100*time.Millisecond, 10*time.Minute)
	c.between("probe.timeout", p.Timeout, 50*time.Millisecond, 32*time.Second)
	if p.Fast > p.Every {
		c.add("probe.fast", "%v is longer than every (%v); an address in doubt is asked more often, not less", p.Fast, p.Every)
	}
	if !(p.Jitter >= 0 && p.Jitter <= 0.5) { // NaN is neither
		c.add("probe.jitter", "%v is outside 0 to 0.5; 0.1 moves each interval by at most a tenth of itself", p.Jitter)
	}
	if p.From != "" && !userForm.MatchString(p.From) {
		c.add("probe.from", "%q cannot be the user part of a SIP URI; letters, digits, - and _ are right, at most 64", p.From)
	}
	if p.Agent != "" && !agentForm.MatchString(p.Agent) {
		c.add("probe.agent", "%q cannot stand in User-Agent; visible ASCII and blanks between are right, at most 64", p.Agent)
	}
	for i, status := range p.Accept {
		at := "probe.accept[" + strconv.Itoa(i) + "]"
		if status < 200 || status > 699 {
			c.add(at, "%d is no final status; 200 to 699 are", status)
		} else if slices.Index(p.Accept, status) < i {
			c.add(at, "%d stands here twice; leave one out", status)
		}
	}
}

// checkTest looks at the trunk's test calls.
func (s Settings) checkTest(c *checker) {
	t := s.Test
	if t.Number == "" {
		if t.Every != 0 || t.Show != "" {
			c.add("test", "there is no number, so there is nothing to call; give number: what a test call dials over this trunk")
		}
		return
	}
	if len(s.To) == 0 {
		c.add("test.number", "the trunk has no to, so no test call can go there; give to its SIP URIs, or leave test out")
	}
	if number.KindOf(t.Number) == wissel.Kind0900 {
		c.add("test.number", "%s is a paid number; test calls do not dial one", t.Number)
	}
	if k := number.KindOf(t.Show); t.Show != "" && k.Service() && !slices.Contains(s.Present, k) {
		c.add("test.show", "%s is of kind %s, and such numbers may not be shown as caller id; show an ordinary number, or put %q under present if that carrier allows it", t.Show, k, k)
	}
	switch t.Expect {
	case wissel.ExpectAnswer, wissel.ExpectAudio, wissel.ExpectDigits:
	default:
		c.add("test.expect", "%q is neither answer, audio (a tone pair out and back) nor digits (the digits that were sent come back too)", t.Expect)
	}
	if t.PerDay < 1 || t.PerDay > 10_000 {
		c.add("test.per_day", "%d is outside 1 to 10000", t.PerDay)
		return
	}
	if t.Every == 0 {
		return
	}
	c.between("test.every", t.Every, 10*time.Second, 30*24*time.Hour)
	if t.Every < 10*time.Second {
		return
	}
	if day := int((24*time.Hour + t.Every - 1) / t.Every); day > t.PerDay {
		c.add("test.every", "one each %v is %d a day, and per_day allows %d, so the rest of each day would go untested; %v would be right, or a per_day of %d",
			t.Every, day, t.PerDay, (24*time.Hour/time.Duration(t.PerDay) + time.Minute).Truncate(time.Minute), day)
	}
}

// checkStatus looks at the platform's status page.
func (s Settings) checkStatus(c *checker) {
	p := s.Status
	if p.URL == "" {
		if p.Path != "" || p.Component != "" || len(p.Good) > 0 {
			c.add("status", "there is no url, so there is nothing to ask; give url: https://status.example/api/v2/summary.json")
		}
		return
	}
	switch u, err := url.Parse(p.URL); {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		c.add("status.url", "%q is no web address; https://status.example/api/v2/summary.json would be right", p.URL)
	case u.User != nil:
		c.add("status.url", "it holds a user name or password, and these stand in no settings in the open; give a page that anybody may read")
	}
	c.between("status.every", p.Every, 10*time.Second, time.Hour)
	switch p.Form {
	case wissel.StatusSummary:
		if p.Path != "" || len(p.Good) > 0 {
			c.add("status.form", "statuspage knows where to look and what is good; leave path and good out, or write form: json")
		}
	case wissel.StatusJSON:
		if p.Path == "" {
			c.add("status.path", "where in the answer the status stands is missing; keys and indexes joined by dots, such as components.3.status, would be right")
		} else if slices.Contains(strings.Split(p.Path, "."), "") {
			c.add("status.path", "%q has an empty part; keys and indexes joined by dots, such as components.3.status, would be right", p.Path)
		}
		if len(p.Good) == 0 {
			c.add("status.good", "the values that mean well are missing; good: [operational] would be right")
		}
	case wissel.StatusCode:
		if p.Path != "" || p.Component != "" || len(p.Good) > 0 {
			c.add("status.form", "code looks at the HTTP status alone; leave path, component and good out, or write form: json")
		}
	default:
		c.add("status.form", "%q is neither statuspage, json (one value in any JSON) nor code (the HTTP status alone)", p.Form)
	}
	if p.Form == wissel.StatusJSON && p.Component != "" {
		c.add("status.component", "a component belongs to form: statuspage; with json, path says where to look")
	}
}
