package peers

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"wissel/internal/audio"
)

// A handheld is a baresip that is rung with by hand, without a test around it: inside a network namespace, by this program as it was
// started there. It has one call at a time. Its voice is a tone.
type handheld struct {
	cmd    *exec.Cmd
	dir    string
	ctrl   net.Conn
	events output // what it tells over its control connection
	heard  []string
	second int64 // in which it began to write down its last call: its files are named by it
}

// pickUp starts a telephone at a host, with an account for each user, that sounds like hz.
func pickUp(host string, hz float64, users ...string) (*handheld, error) {
	dir, err := os.MkdirTemp("", "wissel-handheld-")
	if err != nil {
		return nil, err
	}
	h := &handheld{dir: dir}
	if err := baresipFiles(dir, host, hz, silence*time.Second, users, "module g711.so", "module g711.so\njitter_buffer_delay 0-0"); err != nil {
		return nil, errors.Join(err, h.putDown())
	}
	h.cmd = exec.Command("baresip", "-4", "-f", dir)
	h.cmd.Env = append(os.Environ(), "TERM=dumb", "HOME="+dir)
	if err := fork(h.cmd); err != nil {
		return nil, errors.Join(err, h.putDown())
	}
	err = soon(15*time.Second, "it takes commands", func() (there bool) {
		h.ctrl, err = net.Dial("tcp", host+":4444")
		return err == nil
	})
	if err != nil {
		h.ctrl = nil
		return nil, errors.Join(err, h.putDown())
	}
	go func() { _, _ = io.Copy(&h.events, h.ctrl) }() // ends with the connection
	return h, nil
}

// putDown ends the telephone.
func (h *handheld) putDown() (err error) {
	if h.ctrl != nil {
		err = h.ctrl.Close()
	}
	if h.cmd != nil && h.cmd.Process != nil {
		err = errors.Join(err, h.cmd.Process.Kill())
		_ = h.cmd.Wait() // it was killed
	}
	return errors.Join(err, os.RemoveAll(h.dir))
}

// await waits until it has told of an event for the n-th time.
func (h *handheld) await(event string, n int) error {
	err := soon(15*time.Second, "it tells of "+event, func() bool { return strings.Count(h.events.String(), event) >= n })
	if err != nil {
		return fmt.Errorf("%w; it told %s", err, last(h.events.String(), 500))
	}
	return nil
}

// soon is eventually, where no test is.
func soon(most time.Duration, what string, ok func() bool) error {
	tick, deadline := time.NewTicker(10*time.Millisecond), time.After(most)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			return fmt.Errorf("not in %v: of a baresip, %s", most, what)
		}
	}
	return nil
}

// rings places a call of a user, and waits until it is answered.
func (h *handheld) rings(user, to, wissel string) (*bareCall, error) {
	c := &bareCall{h: h, nth: len(h.heard) + 1}
	if err := soon(2*time.Second, "another second", func() bool { return time.Now().Unix() > h.second }); err != nil {
		return nil, err
	}
	if err := errors.Join(tellBaresip(h.ctrl, "uafind", "sip:"+user+"@"+strings.TrimSuffix(h.ctrl.RemoteAddr().String(), ":4444")), tellBaresip(h.ctrl, "dial", "sip:"+to+"@"+wissel), h.await("CALL_ESTABLISHED", c.nth)); err != nil {
		return nil, err
	}
	err := soon(5*time.Second, "it writes down what it hears", func() bool {
		files, err := filepath.Glob(filepath.Join(h.dir, "dump-*-dec.wav"))
		for _, f := range files {
			if err == nil && !slices.Contains(h.heard, f) {
				c.file = f
			}
		}
		return c.file != ""
	})
	h.heard, h.second = append(h.heard, c.file), time.Now().Unix()
	return c, err
}

// bareCall is a call of a handheld.
type bareCall struct {
	h     *handheld
	nth   int    // from 1
	file  string // in which it writes down what it hears
	read  int    // bytes of it
	voice []byte // what was heard, as A-law again
}

// listen takes in what was heard since.
func (c *bareCall) listen() {
	const header = 44
	f, err := os.Open(c.file)
	if err != nil {
		return // it was there a moment ago; what is awaited does not come
	}
	defer f.Close() //nolint:errcheck // only read from
	data, err := io.ReadAll(io.NewSectionReader(f, int64(max(header, c.read)), 1<<30))
	if err != nil || len(data) < 2 {
		return
	}
	pcm := make([]int16, len(data)/2)
	for i := range pcm {
		pcm[i] = int16(data[2*i]) | int16(data[2*i+1])<<8 // little endian
	}
	law := make([]byte, len(pcm))
	if _, err := audio.EncodeALaw(law, pcm); err != nil {
		return
	}
	c.read = max(header, c.read) + 2*len(pcm)
	c.voice = append(c.voice, law...)
}

func (c *bareCall) heardFrom(clip *audio.Clip, from int) (int, bool) {
	c.listen()
	return behind(c.voice, clip, from)
}

// hears reports whether a tone is in the last second of what was heard.
func (c *bareCall) hears(hz float64) bool {
	c.listen()
	pcm, rate := audio.Decode(c.voice[max(0, len(c.voice)-8000):], audio.ALaw)
	return len(pcm) >= rate/2 && audio.Goertzel(pcm, rate, hz) > 0.5
}

// sounds waits until a tone is heard, for ten seconds.
func (c *bareCall) sounds(hz float64) bool {
	return soon(10*time.Second, "its tone", func() bool { return c.hears(hz) }) == nil
}

// Press presses keys one after another, as a thumb does.
func (c *bareCall) Press(keys string) {
	for _, k := range keys {
		_ = tellBaresip(c.h.ctrl, "sndcode", string(k)) // one that is lost is told by what is heard then
		<-time.After(perKey)
	}
}

func (c *bareCall) over() bool { return strings.Count(c.h.events.String(), "CALL_CLOSED") >= c.nth }

func (c *bareCall) tells() string {
	return fmt.Sprintf("baresip in its call %d, after %d ms of sound; it told %s", c.nth, len(c.voice)/8, last(c.h.events.String(), 300))
}

// hangUp ends the call.
func (c *bareCall) hangUp() error {
	return cmp.Or(tellBaresip(c.h.ctrl, "hangup", ""), c.h.await("CALL_CLOSED", c.nth))
}
