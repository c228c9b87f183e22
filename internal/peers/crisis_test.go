package peers

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wissel/internal/web"
	"wissel/sip/sim"
)

// crisisEnv, when set, makes this test program an operator with nothing but a telephone, in the network namespace that it was
// started in: wissel's address, his own, and a printed code.
const crisisEnv = "WISSEL_PEERS_CRISIS"

// crisisInside is what he prints of how it went.
type crisisInside struct {
	Before, After string        // who took a caller before and after he switched
	Whole         time.Duration // from his INVITE until he had switched
	Himself       bool          // he heard what he had recorded
	Colleague     bool          // a colleague without a PIN heard it
	Faults        []string
}

func insideCrisis() int {
	args := strings.Fields(os.Getenv(crisisEnv))
	return tellOutside(ringCrisisInside(args[0], args[1], args[2], args[3]))
}

// Who rings from inside, and what the operator and the platform sound like.
const (
	aCaller    = "+31612345001"
	aColleague = "+31612345004"
	voice      = 440 // Hz
	agent      = 550
)

// ringCrisisInside is the whole script, by a real telephone: the operator's app is an hour off, so its code does not let him in; a
// printed one does. He hears how things are, puts the line on another plan, and a caller is routed by that. He records a message in
// Dutch, lets it hold for longer, and that caller hears it.
func ringCrisisInside(wissel, from, platformAt, printed string) (out crisisInside, err error) {
	platform, err := openActor("platform", platformAt, sim.Behaviour{Replies: []sim.Reply{{After: 100 * time.Millisecond, Status: 200}}, Answers: sim.Answers{Hz: agent}})
	if err != nil {
		return out, err
	}
	phone, err := pickUp(from, voice, annasPhone, aCaller, aColleague)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, phone.putDown()) }()
	wrong, err := app(time.Hour)
	if err != nil {
		return out, err
	}
	if out.Before, err = takenBy(phone, wissel); err != nil {
		return out, err
	}
	began := time.Now()
	call, err := phone.rings(annasPhone, crisisNumber, wissel)
	if err != nil {
		return out, err
	}
	d := &scripted{on: call}
	d.hears("crisis.welcome")
	d.login(annasPIN, wrong)
	d.hears("crisis.denied")
	d.login(annasPIN, printed)
	d.hears("crisis.in", "crisis.codes-left", "crisis.clock") // he knows the menus, and hears none out
	d.presses("1")
	d.hears("crisis.line", "crisis.on", "crisis.plan", "crisis.to-platform", "crisis.calls", "crisis.wishes")
	d.presses("#")
	d.hears("crisis.menu-state")
	d.presses("2") // there is one line, so that is it
	d.hears("crisis.line", "crisis.on")
	d.presses("2")
	d.does("crisis.you-set", "crisis.line", "crisis.to", "crisis.plan", "crisis.to-flow")
	out.Whole = time.Since(began)
	d.presses("3")
	d.hears("crisis.line")
	d.records()
	d.hears("crisis.you-publish", "crisis.line", "crisis.will-hear")
	out.Himself = d.err == nil && call.sounds(voice)
	d.does("crisis.no-end", "crisis.other-languages")
	d.presses("3")
	d.hears("crisis.line")
	d.presses("4")
	d.hears("crisis.ask-extend", "crisis.same-end")
	d.presses(time.Now().UTC().Add(12*time.Hour+30*time.Minute).Format("1504") + "#") // to come in every zone
	d.does("crisis.you-extend", "crisis.line", "crisis.goes-on", "crisis.expected")
	if d.err != nil {
		return out, d.err
	}
	if err := call.hangUp(); err != nil {
		return out, err
	}
	if out.After, err = takenBy(phone, wissel); err != nil {
		return out, err
	}
	if out.Colleague, err = briefed(phone, wissel); err != nil {
		return out, err
	}
	out.Faults = platform.Ledger().Complaints
	return out, platform.leave()
}

// does hears what is read back, confirms it while the rest is said, and hears that it was done.
func (d *scripted) does(readBack ...string) {
	d.hears(readBack...)
	d.presses("1")
	d.hears("crisis.done", "crisis.menu-state")
}

// records records three seconds of his voice from the menu of the message, with no end.
func (d *scripted) records() {
	d.presses("2")
	d.hears("crisis.speak")
	d.presses("#") // he need not hear it out; a tone follows, and then he speaks
	d.speaks(3 * time.Second)
	d.presses("#")
	d.hears("crisis.review")
	d.presses("1")
	d.hears("crisis.ask-end")
	d.presses("#")
}

// briefed rings the crisis line as a colleague without a PIN, and reports whether he hears what callers hear.
func briefed(phone *handheld, wissel string) (bool, error) {
	c, err := phone.rings(aColleague, crisisNumber, wissel)
	if err != nil {
		return false, err
	}
	d := &scripted{on: c}
	d.hears("crisis.pin")
	d.presses("*")
	d.hears("crisis.other")
	d.presses("1")
	d.hears("crisis.line", "crisis.staff-hear")
	heard := d.err == nil && c.sounds(voice)
	return heard, errors.Join(d.err, c.hangUp())
}

// takenBy rings as a caller, and gives who took the call: by what is heard, the platform's agent, or the flow with the message that
// the operator recorded.
func takenBy(phone *handheld, wissel string) (who string, err error) {
	c, err := phone.rings(aCaller, number, wissel)
	if err != nil {
		return "", err
	}
	sounds, err := shipped()
	if err != nil {
		return "", err
	}
	welcome := sounds.Clip("nl", "outage.welcome")
	tick, deadline := time.NewTicker(50*time.Millisecond), time.After(15*time.Second)
	defer tick.Stop()
	for who == "" {
		select {
		case <-tick.C:
		case <-deadline:
			return "", fmt.Errorf("nobody took the caller: %s", c.tells())
		}
		_, welcomed := c.heardFrom(welcome, 0)
		switch {
		case c.hears(agent):
			who = "the platform"
		case welcomed && c.hears(voice):
			who = "the flow with the message"
		}
	}
	return who, c.hangUp()
}

// A network namespace with one veth to the carrier: no name server, no source of time. The phone's clock is an hour off.
func TestTheCrisisLineIsAllThatIsLeft(t *testing.T) {
	t.Parallel()
	const net, ours, theirs = "10.231.8", "10.231.8.1", "10.231.8.2"
	us, them := oneVeth(t, ours, theirs, net+".3")
	s := &server{t: t, net: net, dir: t.TempDir()}
	s.crisisFiles()
	s.prepare(t, "\ngroups:\n", crisisSettings, "sip:NET.4:5060", "sip:192.0.2.7:5060", `to: ["sip:NET.3:5060"]`, `to: ["sip:NET.3:5060"], probe: {off: true}`)
	s.launch(within(us, []string{"-n"}, binary, "serve", "--settings", s.file())...)
	printed := s.codes()[0]
	var heard crisisInside
	runInside(t, them, 4*time.Minute, &heard, crisisEnv, ours, theirs, net+".3", printed)
	if heard.Before != "the platform" || heard.After != "the flow with the message" || !heard.Himself || !heard.Colleague || len(heard.Faults) != 0 {
		t.Errorf("%+v; want a caller at the platform before, at the flow after, and one who hears the message, as a colleague does", heard)
	}
	s.auditTells(t, printed)
	log := s.out.String()
	secretFree(t, "the log", log, printed)
	if code := s.stop(); code != 0 {
		t.Errorf("wissel ended with %d", code)
	}
	must(t, "chmod", "-R", "a+rwX", filepath.Join(s.dir, "store"))
	s.recordsTell(t, printed)
	row(t, "crisis line", "a network namespace with one veth to the carrier and nothing else, by baresip, whose app is an hour off: its code is refused, a printed one lets in, the state is heard, the plan is switched %d s after the INVITE, a message is spoken and extended; the next caller goes by the plan and hears it, a colleague without a PIN does too, the audit chain is whole",
		int(heard.Whole.Seconds()))
}

// auditTells holds the audit log against what was done, and verifies its chain.
func (s *server) auditTells(t *testing.T, secret string) {
	t.Helper()
	rows, err := s.client.Audit(t.Context(), time.Time{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, r := range rows {
		said = append(said, strings.Join([]string{r.What, r.Object, "by", r.Who, r.From, "|", r.Why, "|", r.Before, "->", r.After}, " "))
	}
	all := strings.Join(said, "\n")
	holds(t, all, "crisis-refused anna by nobody over the crisis line, from +316****5678 |  |  -> wrong code", "crisis-login crisis line by anna over the crisis line, from +316****5678 |  |  -> in, by a code of the list",
		"switch support by anna over the crisis line, from +316****5678 | over the crisis line | plan normaal -> plan storing (chosen)",
		"message-live support by anna over the crisis line, from +316****5678 | over the crisis line | none -> live (",
		"message-extend support by anna over the crisis line, from +316****5678 | over the crisis line | live (")
	secretFree(t, "the audit log", all, secret)
	if out, code := s.says("audit", "verify"); code != 0 {
		t.Errorf("audit verify ended with %d: %s", code, out)
	}
	if out, code := s.says("crisis", "status"); code != 0 || !strings.Contains(out, "8, made ") {
		t.Errorf("crisis status ended with %d: %s", code, out)
	}
}

// recordsTell looks at the call records: they are marked, and hold no key.
func (s *server) recordsTell(t *testing.T, secret string) {
	t.Helper()
	cdrs, _ := s.records()
	if got := ledger(cdrs); got["attended flow:crisis:"] != 2 || got["answered platform"] != 1 || got["attended flow:storing"] != 1 || len(got) != 3 {
		t.Errorf("records: %v", got)
	}
	for _, c := range cdrs {
		text, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		secretFree(t, "a record", string(text), secret)
		if c.Target.Flow == "crisis:" && c.Group != "crisis:" {
			t.Errorf("group %q", c.Group)
		}
	}
}

// FAULTS A21: three wrong logins end a call, ten of a number lock it, and neither words nor time tell what was wrong.
func TestNobodyGuessesHisWayIn(t *testing.T) {
	t.Parallel()
	s := &server{t: t, net: network(), dir: t.TempDir()}
	s.crisisFiles()
	s.prepare(t, "\ngroups:\n", crisisSettings, `probe: {off: true}}`, `probe: {off: true}, limits: {calls: 1}}`)
	s.restart()
	carrier := newActor(t, "carrier", s.carrier(), sim.Refuse(480))
	platform := newActor(t, "platform", s.platform(), sim.Answer(100*time.Millisecond))
	s.health("platform", "up")
	codes := s.codes()

	// The only place of the trunk is taken: the crisis line has its own.
	caller := s.rings(carrier, sim.Dial{From: "+31612345001"})
	answered(t, caller)
	full := s.rings(carrier, sim.Dial{From: "+31612345002"})
	if r := over(t, full, 5*time.Second); r.Status != 503 {
		t.Errorf("a second caller of a trunk for one got %d", r.Status)
	}

	// Each from a number of its own, so that the wait is that of a first try; two at a time.
	waits := map[string]time.Duration{}
	tries := [][3]string{{"wrong PIN", "111222", "123456"}, {"wrong code", annasPIN, "123456"}, {"another's code", "830561", codes[0]}, {"nothing", "", ""}}
	for pair := range slices.Chunk(tries, 2) {
		var both []*dialogue
		for i := range pair {
			both = append(both, s.ringsCrisis(carrier, fmt.Sprintf("+3161111000%d", len(waits)+i)))
		}
		took := make([]time.Duration, len(pair))
		atOnce(both, func(i int, d *dialogue) {
			pressed := d.login(pair[i][1], pair[i][2])
			took[i] = d.hears("crisis.denied").Sub(pressed)
			d.hears("crisis.pin")
		})
		for i, d := range both {
			waits[pair[i][0]] = took[i]
			d.well(t)
			d.Hangup("")
			over(t, d.talk, 5*time.Second)
		}
	}
	for what, took := range waits {
		// The last key may count as soon as it is let go: a pause before login says.
		if took < time.Second-perKey-50*time.Millisecond || took > 1600*time.Millisecond || (took-waits["wrong PIN"]).Abs() > 250*time.Millisecond {
			t.Errorf("%s was told after %v, of all %v: that tells what was wrong", what, took, waits)
		}
	}

	// Three at a time of one number, three tries each: strangers have no more places.
	const guesser = "+31622222222"
	var all []*dialogue
	for range 3 {
		all = append(all, s.ringsCrisis(carrier, guesser))
	}
	if r := over(t, s.ringsCrisis(carrier, "+31677777777").talk, 5*time.Second); r.Status < 400 {
		t.Errorf("a fourth stranger: %+v", r)
	}
	atOnce(all, func(_ int, d *dialogue) {
		for range 3 {
			d.login("111222", "123456")
			d.hears("crisis.denied")
		}
		d.hears("crisis.bye")
	})
	for _, d := range all {
		d.well(t)
		if r := over(t, d.talk, 15*time.Second); r.Status != 200 {
			t.Errorf("the call of a guesser: %+v", r)
		}
	}
	d := s.ringsCrisis(carrier, guesser)
	d.login("111222", "123456") // the tenth
	d.hears("crisis.denied")
	d.login(annasPIN, codes[0])
	d.hears("crisis.denied")
	d.well(t)
	out, _ := s.says("crisis", "status")
	holds(t, out, "locked: +316****2222 until")
	if status, err := s.client.Status(t.Context()); err != nil || !strings.Contains(strings.Join(status.Alarms, "\n"), "10 wrong tries from +316****2222") {
		t.Errorf("alarms: %v, %v", status.Alarms, err)
	}
	d.Hangup("")

	// A flood of keys is dropped; the one who comes from his own telephone is let in all the while.
	flood := s.ringsCrisis(carrier, "+31633333333")
	flood.hears("crisis.pin")
	flood.presses(strings.Repeat("1234567890", 30) + "#")
	in := s.ringsCrisis(carrier, annasPhone)
	in.login(annasPIN, codes[0])
	in.hears("crisis.in")
	in.well(t)
	flood.Hangup("")
	for range 20 {
		in.presses("0#*")
	}
	in.hears("crisis.menu-state")
	in.well(t)
	in.Hangup("")
	for _, one := range []*dialogue{d, in, flood} {
		over(t, one.talk, 20*time.Second)
	}
	caller.Hangup("")
	over(t, caller, 5*time.Second)
	s.idle(10 * time.Second)
	clean(t, carrier)
	clean(t, platform)
	secretFree(t, "the log", s.out.String(), codes[0])
	if code := s.stop(); code != 0 {
		t.Errorf("wissel ended with %d", code)
	}
	row(t, "A21", "the crisis line by script: three wrong logins end a call; wrong PIN, wrong code, another's code and nothing are told in the same words after %v to %v; the tenth of a number locks it with an alarm, its right login gets the same words; 300 keys at once do no harm; a full trunk keeps nobody out",
		shortest(waits).Round(10*time.Millisecond), longestOf(waits).Round(10*time.Millisecond))
}

// atOnce lets several do something at the same time, and waits for all.
func atOnce(all []*dialogue, do func(i int, d *dialogue)) {
	var wg sync.WaitGroup
	for i, d := range all {
		wg.Go(func() { do(i, d) })
	}
	wg.Wait()
}

func shortest(all map[string]time.Duration) time.Duration {
	least := time.Hour
	for _, d := range all {
		least = min(least, d)
	}
	return least
}

func longestOf(all map[string]time.Duration) (most time.Duration) {
	for _, d := range all {
		most = max(most, d)
	}
	return most
}

// Colleagues hear what is going on without a PIN, one who enrols gets a secret, and a server that stops says so.
func TestColleaguesAndTheEnd(t *testing.T) {
	t.Parallel()
	s := &server{t: t, net: network(), dir: t.TempDir()}
	s.crisisFiles()
	s.prepare(t, "\ngroups:\n", strings.Replace(crisisSettings, "\ngroups:\n", "\n  staff: {code: \"file:DIR/staff\"}\ngroups:\n", 1), "drain: {max: 3s}", "drain: {max: 20s}")
	write(t, s.dir, "staff", "4711\n")
	s.restart()
	carrier := newActor(t, "carrier", s.carrier(), sim.Refuse(480))
	d := s.ringsCrisis(carrier, "+31644444444")
	d.hears("crisis.pin")
	d.presses("*")
	d.hears("crisis.other")
	d.presses("1")
	d.hears("crisis.staff-code")
	d.presses("4711#")
	d.hears("crisis.line", "crisis.staff-again")
	d.well(t)

	english := s.ringsCrisis(carrier, "+31666666666")
	english.hears("crisis.no-pin")
	english.presses("*")
	english.hears("crisis.other")
	english.presses("9")
	english.lang = "en"
	english.hears("crisis.pin", "crisis.no-pin")
	english.presses(annasPIN + "#")
	english.hears("crisis.code")
	english.well(t)
	english.Hangup("")
	over(t, english.talk, 5*time.Second)

	if out, code := s.says("crisis", "enrol", "bob", "--file", filepath.Join(s.dir, "bob.totp")); code != 0 || !strings.Contains(out, "otpauth://totp/") {
		t.Errorf("enrol ended with %d: %s", code, out)
	}
	if info, err := os.Stat(filepath.Join(s.dir, "bob.totp")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the secret's file: %v, %v", info, err)
	}
	if out, code := s.says("crisis", "enrol", "bob", "--file", filepath.Join(s.dir, "bob.totp")); code != 1 || !strings.Contains(out, "exists") {
		t.Errorf("a second time it ended with %d: %s", code, out)
	}
	if out, code := s.says("crisis", "unlock", "anna", "--reason", "she mistyped"); code != 0 || !strings.Contains(out, "anna") {
		t.Errorf("unlock ended with %d: %s", code, out)
	}
	first := s.codes()[0]
	s.codes() // and the first list is void

	in := s.ringsCrisis(carrier, annasPhone)
	in.login(annasPIN, first)
	in.hears("crisis.denied", "crisis.pin")
	right, err := app(0)
	if err != nil {
		t.Fatal(err)
	}
	in.presses(annasPIN + "#")
	in.hears("crisis.code")
	in.presses(right + "#")
	in.hears("crisis.in", "crisis.menu-state")
	in.well(t)
	drained := make(chan error, 1)
	go func() { drained <- web.NewClient(s.control()).Drain(t.Context(), false, func(int) {}) }()
	eventually(t, 5*time.Second, "it drains", func() bool {
		status, err := s.client.Status(t.Context())
		return err == nil && status.State == "draining"
	})
	late := s.ringsCrisis(carrier, "+31655555555")
	late.hears("crisis.closing")
	late.well(t)
	over(t, late.talk, 15*time.Second)
	for _, one := range []*dialogue{d, in} {
		one.Hangup("")
		over(t, one.talk, 5*time.Second)
	}
	if err := <-drained; err != nil {
		t.Error(err)
	}
	if code := s.wait(15 * time.Second); code != 0 {
		t.Errorf("wissel ended with %d", code)
	}
	clean(t, carrier)
}
