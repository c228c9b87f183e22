package peers

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// sentence is a text of somebody's.
type sentence struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Body  string `json:"body"`
	Twice bool   `json:"twice"` // our answer to it is taken for lost the first time
}

// mailer is an SMSC, not ours, that brings texts until wissel says that it has them.
type mailer struct {
	*process
	t        *testing.T
	in, log  string
	port     int
	brought  int
	password string
}

func mails(t *testing.T, host, password string) *mailer {
	t.Helper()
	library, err := filepath.Abs("../../out/npm/node_modules")
	if err != nil {
		t.Fatal(err)
	}
	script, err := filepath.Abs("testdata/incoming.js")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	m := &mailer{t: t, in: filepath.Join(dir, "texts"), log: filepath.Join(dir, "smsc.log"), password: password}
	m.process = start(t, dir, "node", script, library, password, m.log, host, m.in)
	eventually(t, 20*time.Second, "the SMSC listens", func() bool {
		line, _, whole := strings.Cut(m.out.String(), "\n")
		m.port, err = strconv.Atoi(line)
		return whole && err == nil
	})
	return m
}

// bring has the SMSC deliver a text.
func (m *mailer) bring(from, body string, twice bool) {
	m.t.Helper()
	f, err := os.OpenFile(m.in, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		m.t.Fatal(err)
	}
	line, err := json.Marshal(sentence{From: strings.TrimPrefix(from, "+"), To: "3030", Body: body, Twice: twice})
	if err == nil {
		_, err = f.Write(append(line, '\n'))
	}
	if err != nil {
		m.t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		m.t.Fatal(err)
	}
	m.brought++
}

// kept is how many wissel said that it has.
func (m *mailer) kept() int { return strings.Count(m.out.String(), "kept ") }

// Texts come in over an SMSC of others while wissel is killed at drawn moments: each is kept, done and answered once, by the SMSC's own
// log; callers are registered, and taken off, without a call.
func TestTextsThatComeAreDoneOnce(t *testing.T) {
	const people, deaths = 40, 4
	chance := rand.New(rand.NewPCG(22, 5))
	s := &server{t: t, net: network(), dir: t.TempDir()}
	m := mails(t, s.wissel(), "s3cret")
	write(t, s.dir, "smpp.secret", "s3cret\n")
	s.prepare(t, "    plans:\n", "    texts: {providers: [north], sender: \"3030\", name: Klantenservice, quiet: none, solved: true}\n    plans:\n",
		"trunks:\n", fmt.Sprintf("texts:\n  providers:\n    north: {smpp: {address: \"NET.1:%d\", system_id: wissel, password: \"file:DIR/smpp.secret\"}, pace: 200}\ntrunks:\n", m.port))
	s.restart()
	phone := func(i int) string { return fmt.Sprintf("+3161%07d", i*7919) }
	for i := range people { // BEL, and half of them think again
		m.bring(phone(i), "Bel mij terug a.u.b.", i%3 == 0)
	}
	for i := range people / 2 {
		m.bring(phone(i), "niet bellen", i%4 == 0)
	}
	m.bring("+319061234567", "INFO", false) // a paid number
	for i := range 10 {
		m.bring(phone(people), fmt.Sprintf("Ik rijd nu en antwoord later (%d)", i), false)
	}
	for range deaths {
		before := m.kept()
		eventually(t, 15*time.Second, "texts are taken", func() bool { return m.kept() > before || m.kept() == m.brought })
		<-time.After(time.Duration(chance.Int64N(int64(80 * time.Millisecond))))
		s.kill()
		s.restart()
	}
	eventually(t, 20*time.Second, "all texts are kept", func() bool { return m.kept() == m.brought })
	words := map[string]map[string]int{} // by person
	unknown := 0                         // a kill came in the middle of their offer: they wait out their validity, and are never sent twice
	eventually(t, 20*time.Second, "all are answered", func() bool {
		clear(words)
		n := 0
		for _, one := range taken(t, m.log) {
			if words[one.To] == nil {
				words[one.To] = map[string]int{}
			}
			words[one.To][one.Body]++
			n++
		}
		unknown = s.unknown()
		return n+unknown >= people+people/2+1
	})
	twice, foreign := 0, len(words["+319061234567"])
	for _, all := range words {
		for _, n := range all {
			if n > 1 {
				twice++
			}
		}
	}
	missing := 1 - len(words[phone(people)])
	for i := range people {
		want := 1
		if i < people/2 {
			want = 2
		}
		if got := words[phone(i)]; len(got) > want {
			t.Errorf("%s has %d answers, want %d: %v", phone(i), len(got), want, got)
		}
		missing += want - len(words[phone(i)])
	}
	if twice != 0 || foreign != 0 || missing > unknown || unknown > 2*deaths {
		t.Errorf("%d answers came twice, %d to a paid number, %d are missing and of %d it is not known", twice, foreign, missing, unknown)
	}
	open, cancelled := 0, 0
	all, err := s.client.Callbacks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if c.State == "cancelled" {
			cancelled++
		} else {
			open++
		}
	}
	if open != people/2 || cancelled != people/2 {
		t.Errorf("%d callbacks are owed and %d taken back, want %d each", open, cancelled, people/2)
	}
	if shown := s.wisselCLI("texts", "incoming"); strings.Count(shown, "Ik rijd nu") != 10 || strings.Contains(shown, phone(people)) {
		t.Errorf("texts incoming shows\n%s", shown)
	}
	yes, no := s.helped(m, phone(people-1), phone(people-2))
	if code := s.stop(); code != 0 {
		t.Errorf("wissel ended with %d", code)
	}
	row(t, "texts", "%d texts come in over an SMSC of others, kill -9 %d times: each is kept before it is confirmed, %d are answered once by the SMSC's log and %d wait for a fate that a kill left unknown, %d callbacks registered without a call, "+
		"%d taken back, ten texts of an automatic answerer get one answer, a paid number none; two whose callbacks are done are asked whether that helped: %s, %s",
		m.brought, deaths, people+people/2+1-unknown, unknown, people, cancelled, yes, no)
}

// helped closes the callbacks of two people, who are asked whether that helped: one says JA and the other NEE. It gives what became of each.
func (s *server) helped(m *mailer, yes, no string) (ofYes, ofNo string) {
	s.t.Helper()
	ids := map[string]string{}
	all, err := s.client.Callbacks(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, who := range []string{yes, no} {
		for _, c := range all {
			if c.Place > 0 && strings.HasSuffix(c.Number, who[len(who)-4:]) {
				ids[who] = c.ID
			}
		}
		s.wisselCLI("callbacks", "done", ids[who], "--reason", "called")
	}
	asked := func() (n int) {
		for _, one := range taken(s.t, m.log) {
			if (one.To == yes || one.To == no) && strings.Contains(one.Body, "is uw vraag opgelost? Antwoord met JA of NEE") {
				n++
			}
		}
		return n
	}
	eventually(s.t, 90*time.Second, "both are asked", func() bool { return asked() == 2 }) // it is looked each minute which senders are answered
	m.bring(yes, "Ja", false)
	m.bring(no, "Nee", false)
	eventually(s.t, 20*time.Second, "both answers are kept", func() bool { return m.kept() == m.brought })
	of := func(who string) string {
		c, err := s.client.Callback(s.t.Context(), ids[who])
		if err != nil {
			s.t.Fatal(err)
		}
		return c.State
	}
	eventually(s.t, 20*time.Second, "NEE owes it again", func() bool { return of(no) == "waiting" })
	m.bring(no, "Het gaat om mijn factuur, bel 06 12345678", false)
	eventually(s.t, 20*time.Second, "what he adds is with his callback, and the text that asked for it", func() bool {
		shown := s.wisselCLI("callbacks", "show", ids[no])
		return strings.Contains(shown, "Het gaat om mijn factuur") && strings.Contains(shown, "Bel mij terug") && !strings.Contains(shown, "12345678")
	})
	list := s.wisselCLI("callbacks", "list")
	if status := s.wisselCLI("status"); !strings.Contains(status, ids[no]) || strings.Contains(status, ids[yes]) || !strings.Contains(list, "texted that it did not help") || of(yes) != "done" || asked() != 2 {
		s.t.Errorf("JA leaves it %s, %d were asked; status and list say\n%s\n%s", of(yes), asked(), status, list)
	}
	return of(yes), of(no)
}
