package peers

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/internal/audio"
)

// softphone is a running baresip.
type softphone struct {
	*process
	t      *testing.T
	ctrl   net.Conn
	events output // what it tells over its control connection
}

// baresip starts a telephone of a user at a host, that takes every call and plays a tone of hz into it.
func baresip(t *testing.T, user, host string, hz float64) *softphone {
	t.Helper()
	return baresipWith(t, user, host, hz)
}

// baresipWith is baresip with other settings: replace are pairs to replace in them.
func baresipWith(t *testing.T, user, host string, hz float64, replace ...string) *softphone {
	t.Helper()
	dir := t.TempDir()
	err := baresipFiles(dir, host, hz, time.Minute, []string{user}, replace...)
	if err != nil {
		t.Fatal(err)
	}
	p := &softphone{t: t, process: start(t, dir, "baresip", "-4", "-f", dir)}
	eventually(t, 15*time.Second, "baresip takes commands", func() bool {
		p.ctrl, err = net.Dial("tcp", host+":4444")
		return err == nil
	})
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		_, _ = io.Copy(&p.events, p.ctrl) // ends with the connection
	}()
	t.Cleanup(func() {
		if err := p.ctrl.Close(); err != nil {
			t.Error(err)
		}
		<-heard
	})
	return p
}

// baresipFiles writes what a baresip at a host needs, with an account for each user, and a tone of hz that lasts so long.
func baresipFiles(dir, host string, hz float64, long time.Duration, users []string, replace ...string) error {
	modules, err := filepath.Glob("/usr/lib*/baresip/modules")
	if more, merr := filepath.Glob("/usr/lib/*/baresip/modules"); merr == nil {
		modules = append(modules, more...)
	}
	if err != nil || len(modules) == 0 {
		return fmt.Errorf("baresip's modules are not below /usr/lib: %w", cmp.Or(err, os.ErrNotExist))
	}
	text, err := os.ReadFile("testdata/baresip.conf")
	if err != nil {
		return err
	}
	var accounts strings.Builder
	for _, user := range users {
		fmt.Fprintf(&accounts, "<sip:%s@%s>;regint=0;answermode=auto;audio_codecs=PCMA\n", user, host)
	}
	var tone bytes.Buffer
	if err := audio.WriteWAV(&tone, audio.Tone(long, 8000, -12, hz), 8000); err != nil {
		return err
	}
	with := strings.NewReplacer(replace...)
	for name, text := range map[string]string{
		"config": strings.NewReplacer("HOST", host, "DIR", dir, "MODULES", modules[0]).Replace(with.Replace(string(text))), "accounts": with.Replace(accounts.String()),
		"contacts": "", "tone.wav": tone.String(),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// command gives baresip an order, as its menu names it.
func (p *softphone) command(name, params string) {
	p.t.Helper()
	if err := tellBaresip(p.ctrl, name, params); err != nil {
		p.t.Fatal(err)
	}
}

func tellBaresip(ctrl io.Writer, name, params string) error {
	text, err := json.Marshal(map[string]string{"command": name, "params": params, "token": name})
	if err == nil {
		_, err = fmt.Fprintf(ctrl, "%d:%s,", len(text), text) // a netstring
	}
	if err != nil {
		return fmt.Errorf("tell baresip to %s: %w", name, err)
	}
	return nil
}

// tells waits until baresip has told of an event.
func (p *softphone) tells(event string) {
	p.t.Helper()
	eventually(p.t, 15*time.Second, "baresip tells of "+event, func() bool { return strings.Contains(p.events.String(), event) })
}

// heard is what it has written down of what it heard, 8000 samples a second; the file grows during the call.
func (p *softphone) heard() []int16 {
	p.t.Helper()
	files, err := filepath.Glob(filepath.Join(p.cmd.Dir, "dump-*-dec.wav"))
	if err != nil || len(files) > 1 {
		p.t.Fatalf("baresip's recordings: %v, %v", files, err)
	}
	if len(files) == 0 {
		return nil
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		p.t.Fatal(err)
	}
	const header = 44
	if len(data) < header {
		return nil
	}
	pcm := make([]int16, (len(data)-header)/2)
	for i := range pcm {
		pcm[i] = int16(data[header+2*i]) | int16(data[header+2*i+1])<<8 // little endian
	}
	return pcm
}

func TestBaresipTalksToBaresipThroughWissel(t *testing.T) {
	t.Parallel()
	s := serve(t)
	platform := baresip(t, number, s.platform(), 550)
	caller := baresip(t, "+31612345001", s.carrier(), 440)
	s.health("platform", "up")
	caller.command("dial", "sip:"+number+"@"+s.wissel())
	caller.tells("CALL_ESTABLISHED")
	const enough = 2 * 8000
	eventually(t, 15*time.Second, "both have heard two seconds", func() bool { return len(caller.heard()) > enough && len(platform.heard()) > enough })
	caller.command("hangup", "")
	platform.tells("CALL_CLOSED")
	for _, c := range []struct {
		name string
		pcm  []int16
		hz   float64
	}{{"the caller", caller.heard(), 550}, {"the platform", platform.heard(), 440}} {
		if share := audio.Goertzel(c.pcm[enough-8000:enough], 8000, c.hz); share < 0.9 {
			t.Errorf("%s heard %.0f Hz in %.2f of the sound", c.name, c.hz, share)
		}
	}
	s.expect(1, map[string]int{"answered platform": 1})
}

func TestBaresipHearsTheFlowAndItsWishesAreKept(t *testing.T) {
	t.Parallel()
	s := serve(t, "active: normaal", "active: storing")
	caller := baresip(t, "+31612345001", s.carrier(), 440)
	caller.command("dial", "sip:"+number+"@"+s.wissel())
	caller.tells("CALL_ESTABLISHED")
	hears := func(id string) float64 {
		t.Helper()
		prompt, share := pcm(t, id), 0.0
		eventually(t, 30*time.Second, "the caller hears "+id, func() bool {
			all := caller.heard()
			if len(all) < len(prompt) {
				return false
			}
			share = likeness(all, prompt)
			return share > 0.9
		})
		return share
	}
	welcome := hears("outage.welcome")
	caller.command("sndcode", "2")
	hears("callback.own")
	caller.command("sndcode", "1")
	callback := hears("callback.done")
	caller.command("sndcode", "1")
	hears("text.own")
	caller.command("sndcode", "1")
	text := hears("text.done")
	caller.command("hangup", "")
	caller.tells("CALL_CLOSED")
	s.expect(1, map[string]int{"attended flow:storing": 1})
	_, wishes := s.records()
	kinds := map[wissel.WishKind]wissel.Number{}
	for _, w := range wishes {
		kinds[w.Kind] = w.Number
	}
	if len(wishes) != 2 || kinds[wissel.WishCallback] != "+31612345001" || kinds[wissel.WishText] != "+31612345001" {
		t.Errorf("wishes: %+v", wishes)
	}
	t.Logf("the recording is like the prompts: welcome %.3f, callback %.3f, text %.3f", welcome, callback, text)
}

// pcm is the sound of a shipped prompt as it goes over G.711.
func pcm(t *testing.T, id string) []int16 {
	t.Helper()
	samples, rate := audio.Decode(clip(t, id).Bytes[audio.ALaw], audio.ALaw)
	return audio.Resample(samples, rate, 8000)
}
