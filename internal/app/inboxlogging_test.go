package app

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wissel"
	"wissel/configs"
	"wissel/internal/callbacks"
	"wissel/internal/sms"
	"wissel/internal/web"
)

// roll is who is logged on by text, with the log that the server would write.
type roll struct {
	*letters
	mu   sync.Mutex
	on   map[string]callbacks.LogOn
	said []string
	log  bytes.Buffer
}

// rolls puts it to a mailbox: anna and bob have codes and are people of the line support; cor is of another line.
func rolls(t *testing.T) *roll {
	t.Helper()
	r := &roll{on: map[string]callbacks.LogOn{}, letters: mailbox(t, t.TempDir(), nil)}
	f := &configs.File{
		People: map[string][]callbacks.Person{
			"home":  {{Name: "anna", Phone: anna, Code: wissel.NewSecret("471147")}, {Name: "bob", Phone: bob, Code: wissel.NewSecret("581258")}, {Name: "dora", Phone: chris}},
			"sales": {{Name: "cor", Phone: "+31655555555", Code: wissel.NewSecret("691369")}},
		},
		Callbacks: map[wissel.GroupID]callbacks.Settings{"support": {People: "home"}},
	}
	r.in.log = slog.New(slog.NewTextHandler(&r.log, nil))
	r.in.logs = newLogging(func() *configs.File { return f }, func(list, name string) callbacks.LogOn {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.on[list+"/"+name]
	}, func(_ context.Context, q web.LogRequest, by web.Actor) (web.Colleague, error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.on[q.List+"/"+q.Name] = callbacks.LogOn{List: q.List, Name: q.Name, On: q.On, At: time.Now()}
		r.said = append(r.said, fmt.Sprintf("%s/%s %v by %s, %s", q.List, q.Name, q.On, by.Who, by.From))
		return web.Colleague{}, nil
	}, r.limits.alarms, r.in.log)
	return r
}

func (r *roll) is(who string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.on[who].On
}

func (r *roll) sends(from, body string) {
	r.t.Helper()
	if err := r.text(from, body); err != nil {
		r.t.Fatal(err)
	}
}

// The code says who it is, from whatever telephone: he is told what is so now, and no code is kept or logged.
func TestLoggingOnAndOffByText(t *testing.T) {
	r := rolls(t)
	r.sends(chris, "aan 47 11 47") // anna's code, from another's telephone
	if !r.is("home/anna") || r.is("home/bob") {
		t.Errorf("on are %+v", r.on)
	}
	r.sends(bob, "ON 581258.")
	r.sends(bob, "Off 581258")
	if !r.is("home/anna") || r.is("home/bob") {
		t.Errorf("on are %+v", r.on)
	}
	if got := r.got(chris, 1); !slices.Equal(got, []string{answerText(t, sms.AnswerLoggedOn, "nl")}) {
		t.Errorf("he reads %q", got)
	}
	if got := r.got(bob, 2); !slices.Equal(got, []string{answerText(t, sms.AnswerLoggedOn, "en"), answerText(t, sms.AnswerLoggedOff, "en")}) {
		t.Errorf("he reads %q", got)
	}
	r.sends(anna, "UIT 691369") // of another line's people
	r.sends(anna, "AAN 999999")
	wrong := answerText(t, sms.AnswerNotLogged, "nl")
	if got := r.got(anna, 2); !slices.Equal(got, []string{wrong, wrong}) || !r.is("home/anna") {
		t.Errorf("after two wrong codes he reads %q", got)
	}
	r.sends(anna, "AAN") // without a code it is what it always was: news
	all, err := r.store.Incoming(t.Context(), time.Time{}, 100)
	if err != nil || len(all) != 6 {
		t.Fatalf("%+v, %v", all, err)
	}
	if all[5].Word != sms.WordInfo {
		t.Errorf("AAN alone means %s", all[5].Word)
	}
	for _, in := range all {
		if strings.ContainsAny(in.Body, "0123456789") || in.Group != "support" || !in.Done {
			t.Errorf("kept: %+v", in)
		}
	}
	for _, code := range []string{"471147", "47 11 47", "581258", "691369", "999999"} {
		if strings.Contains(r.log.String(), code) {
			t.Errorf("the log has %s:\n%s", code, r.log.String())
		}
	}
	want := []string{"home/anna true by anna, text from +316****6789", "home/bob true by bob, text from +316****5679", "home/bob false by bob, text from +316****5679"}
	if !slices.Equal(r.said, want) {
		t.Errorf("the audit is told %q", r.said)
	}
}

// Who guesses is held back by number and in all, and people hear of it; whose telephone the settings know goes on.
func TestWrongCodesByText(t *testing.T) {
	r := rolls(t)
	const thief = "+31612000000"
	for i := range 10 {
		r.sends(thief, fmt.Sprintf("AAN 10000%d", i))
	}
	r.sends(thief, "AAN 471147") // right, and too late
	if alarms := strings.Join(r.limits.alarms.texts(), "\n"); r.is("home/anna") || !strings.Contains(alarms, "somebody guesses the codes") || strings.Contains(alarms, thief) {
		t.Errorf("anna is on: %v; alarms\n%s", r.is("home/anna"), alarms)
	}
	for i := range 40 {
		r.sends(fmt.Sprintf("+316121%05d", i), "AAN 222222")
	}
	r.sends("+31612199999", "AAN 471147") // strangers are all locked
	if r.is("home/anna") {
		t.Error("a stranger guessed it after 50 wrong tries of others")
	}
	r.sends(bob, "AAN 471147")
	if !r.is("home/anna") {
		t.Error("a colleague pays for strangers")
	}
	if got := r.got(thief, 5); len(got) > 5 {
		t.Errorf("%d answers went to one who guesses", len(got))
	}
}

// The same text brought again is done once, also when it has no id; and what was said since stands after a crash.
func TestALoggingTextIsDoneOnce(t *testing.T) {
	r := rolls(t)
	r.sends(anna, "AAN 471147")
	r.sends(anna, "AAN 471147")
	r.got(anna, 1)
	if len(r.said) != 1 {
		t.Errorf("done %q", r.said)
	}
	in := sms.Inbound{Received: sms.Received{From: anna, At: time.Now().Add(-time.Hour)}, Reaction: sms.Reaction{LogOff: "home/anna"}}
	if err := r.in.logs.act(t.Context(), in); err != nil || !r.is("home/anna") {
		t.Errorf("a text of an hour ago takes back what was said since: %v", err)
	}
}
