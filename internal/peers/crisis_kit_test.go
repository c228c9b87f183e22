package peers

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"wissel/internal/audio"
	"wissel/internal/crisis"
	"wissel/sip/sim"
)

// The crisis line of every test here, and its one operator.
const (
	crisisNumber = "+31201239990"
	annasPIN     = "274913"
	annasSecret  = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
	annasPhone   = "+31612345678"

	crisisSettings = "\ncrisis:\n  numbers: [\"" + crisisNumber + "\"]\n  operators:\n" +
		"    - {name: anna, phones: [\"" + annasPhone + "\"], pin: \"file:DIR/anna.pin\", totp: \"file:DIR/anna.totp\", role: [operator, lead]}\ngroups:\n"
)

// crisisFiles writes the secrets that these settings name.
func (s *server) crisisFiles() {
	s.t.Helper()
	write(s.t, s.dir, "anna.pin", annasPIN+"\n")
	write(s.t, s.dir, "anna.totp", annasSecret+"\n")
}

// says runs a command of ours against the server, and gives what it printed and its exit code.
func (s *server) says(args ...string) (string, int) {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), binary, append(args, "--control", s.control())...)
	text, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.t.Fatal(err)
	}
	return string(text), cmd.ProcessState.ExitCode()
}

// codes prints a list for anna, and gives its codes.
func (s *server) codes() (all []string) {
	s.t.Helper()
	out, code := s.says("crisis", "codes", "anna", "--count", "9")
	if code != 0 {
		s.t.Fatalf("crisis codes ended with %d: %s", code, out)
	}
	for _, part := range strings.Split(out, "[ ] ")[1:] {
		all = append(all, strings.ReplaceAll(part[:9], " ", ""))
	}
	if len(all) != 9 {
		s.t.Fatalf("%d codes in %s", len(all), out)
	}
	return all
}

// app is what an app shows whose clock is off by so much.
func app(off time.Duration) (string, error) { return crisis.CodeAt(annasSecret, time.Now().Add(off)) }

// handset is what somebody holds who rings the crisis line: the telephone of a party of package sim, or a real one.
type handset interface {
	heardFrom(clip *audio.Clip, from int) (int, bool) // see behind
	Press(keys string)
	over() bool
	tells() string // for people
}

// dialogue is one who rings the crisis line with a party's telephone.
type dialogue struct {
	talk
	scripted
}

// scripted is one who follows a script: he presses his keys when he has heard what he waits for.
type scripted struct {
	on   handset
	lang string
	at   int // what he heard before is behind him
	err  error
}

func (t talk) heardFrom(clip *audio.Clip, from int) (int, bool) {
	t.ear.mu.Lock()
	defer t.ear.mu.Unlock()
	return behind(t.ear.voice, clip, from)
}

func (t talk) tells() string { return fmt.Sprintf("%+v", t.Record()) }

func (t talk) over() bool {
	select {
	case <-t.Done():
		return true
	default:
		return false
	}
}

// hears waits until a prompt has begun, behind what was heard before, and gives when that was.
func (d *scripted) hears(ids ...string) time.Time {
	for _, id := range ids {
		if d.err != nil {
			return time.Time{}
		}
		sounds, err := shipped()
		if err != nil {
			d.err = err
			return time.Time{}
		}
		d.hearsClip(id, sounds.Clip(cmp.Or(d.lang, "nl"), id))
	}
	return time.Now()
}

func (d *scripted) hearsClip(name string, clip *audio.Clip) {
	deadline := time.After(40 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for d.err == nil {
		over := d.on.over() // before it is looked, so that the end is heard too
		if to, ok := d.on.heardFrom(clip, d.at); ok {
			d.at = to
			return
		}
		if over {
			d.err = fmt.Errorf("the call ended before %s was heard: %s", name, d.on.tells())
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			d.err = fmt.Errorf("%s was not heard: %s", name, d.on.tells())
		}
	}
}

// speaks goes on for a while; his voice is his telephone's tone.
func (d *scripted) speaks(long time.Duration) {
	if d.err == nil {
		<-time.After(long)
	}
}

// presses presses keys by RFC 4733.
func (d *scripted) presses(keys string) {
	if d.err == nil {
		d.on.Press(keys)
	}
}

// perKey is how long a party of package sim takes, and a handheld, for a key, with the pause behind it.
const perKey = 200 * time.Millisecond

// login keys a PIN and a code when he is asked for each, and gives when the last key has been pressed.
func (d *scripted) login(pin, code string) time.Time {
	d.hears("crisis.pin")
	d.presses(pin + "#")
	d.hears("crisis.code")
	d.presses(code + "#")
	return time.Now().Add(time.Duration(len(code)+1) * perKey)
}

// behind finds a piece of a clip's sound in what was heard behind a place, in A-law, and gives the place behind it.
func behind(voice []byte, clip *audio.Clip, from int) (int, bool) {
	law := clip.Bytes[audio.ALaw]
	at := bytes.IndexFunc(law, func(r rune) bool { return r != 0xd5 && r != 0x55 })
	piece := law[at:min(at+480, len(law))]
	i := bytes.Index(voice[min(from, len(voice)):], piece)
	if i < 0 {
		return from, false
	}
	return from + i + len(piece), true
}

// ringsCrisis is somebody who rings the crisis line.
func (s *server) ringsCrisis(a *actor, from string) *dialogue {
	s.t.Helper()
	c := s.rings(a, sim.Dial{From: from, To: crisisNumber})
	return &dialogue{c, scripted{on: c}}
}

// well fails the test when something was not heard.
func (d *scripted) well(t *testing.T) {
	t.Helper()
	if d.err != nil {
		t.Fatal(d.err)
	}
}

// secretFree says that nothing of what was keyed is in a text.
func secretFree(t *testing.T, where, text string, secrets ...string) {
	t.Helper()
	for _, secret := range append(secrets, annasPIN, annasSecret) {
		if strings.Contains(text, secret) {
			t.Errorf("%s has a PIN or a code in it", where)
		}
	}
}
