package peers

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// Colleagues log on and off by texts with a code, over an SMSC of others and from any telephone: each is told what is so now, a wrong code
// changes nothing, and no code is found in what is kept, listed or logged.
func TestColleaguesLogOnByText(t *testing.T) {
	t.Parallel()
	s := &server{t: t, net: network(), dir: t.TempDir()}
	m := mails(t, s.wissel(), "s3cret")
	write(t, s.dir, "smpp.secret", "s3cret\n")
	write(t, s.dir, "anna.code", "471147\n")
	s.prepare(t, "    plans:\n", "    desk: {people: home}\n    texts: {providers: [north], sender: \"3030\", name: Klantenservice, quiet: none}\n    plans:\n",
		"trunks:\n", fmt.Sprintf("people: {home: [{name: anna, phone: \"+31611111111\", code: \"file:DIR/anna.code\"}]}\ntexts:\n  providers:\n    north: {smpp: {address: \"NET.1:%d\", system_id: wissel, password: \"file:DIR/smpp.secret\"}, pace: 200}\ntrunks:\n", m.port))
	s.restart()
	const borrowed = "+31612345001" // a telephone that the settings do not know
	told := func(n int) (all []string) {
		eventually(t, 20*time.Second, fmt.Sprintf("%d answers", n), func() bool {
			all = nil
			for _, one := range taken(t, m.log) {
				if one.To == borrowed {
					all = append(all, one.Body)
				}
			}
			return len(all) >= n
		})
		return all
	}
	on := func() bool {
		all, err := s.client.People(t.Context())
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		return all[0].On
	}
	for i, step := range []struct {
		body, answer string
		on           bool
	}{
		{"Aan 471 147", "Klantenservice: u bent aangemeld", true},
		{"UIT 111111", "Dat klopt niet", true},
		{"uit 471147", "Klantenservice: u bent afgemeld", false},
		{"ON 471147", "Klantenservice: you are logged on", true},
	} {
		m.bring(borrowed, step.body, i == 0)
		if all := told(i + 1); !strings.HasPrefix(all[i], step.answer) || on() != step.on {
			t.Errorf("%q: he is told %q, and she is on: %v", step.body, all[i], on())
		}
	}
	shown, audit := s.wisselCLI("texts", "incoming"), s.wisselCLI("audit")
	for _, where := range []string{shown, audit, s.out.String(), s.wisselCLI("status")} {
		for _, code := range []string{"471147", "471 147", "111111"} {
			if strings.Contains(where, code) {
				t.Errorf("a code is shown:\n%s", where)
			}
		}
	}
	if strings.Count(shown, "****") < 4 || strings.Count(audit, "people-on") != 2 || strings.Count(audit, "people-off") != 1 || !strings.Contains(audit, "home/anna") {
		t.Errorf("texts incoming and audit show\n%s\n%s", shown, audit)
	}
	if code := s.stop(); code != 0 {
		t.Errorf("wissel ended with %d", code)
	}
	row(t, "people/texts", "a colleague logs on, off and on again by texts over an SMSC of others, a wrong code between them: each is answered once, and the code is nowhere to be seen")
}
