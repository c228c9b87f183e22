package demo

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"wissel"
	"wissel/sip/sim"
)

// Place is who a caller talks to, judged by what he hears.
type Place uint8

// The places. Nobody: nothing has been heard yet.
const (
	Nobody Place = iota
	Platform
	Backup
	IVR
)

func (p Place) String() string {
	switch p {
	case Platform:
		return "platform"
	case Backup:
		return "backup"
	case IVR:
		return "outage IVR"
	case Nobody:
	}
	return "nobody yet"
}

// target is the place as the server names it.
func (p Place) target() wissel.Target {
	switch p {
	case Platform:
		return wissel.Target{Trunk: platformTrunk}
	case Backup:
		return wissel.Target{Trunk: backupTrunk}
	case IVR:
		return wissel.Target{Flow: outage}
	case Nobody:
	}
	return wissel.Target{}
}

// How long a caller waits, at most, before he gives up: it bounds every wait of the demo.
const (
	patience = 10 * time.Second // for an answer, and then for a sound
	wishing  = 25 * time.Second // in the IVR, for the confirmation
	parting  = 5 * time.Second  // for the answer to his BYE
	look     = 40 * time.Millisecond
)

// caller is one call as the one who placed it lives it.
type caller struct {
	from  string
	wants wissel.WishKind // in case he gets the IVR; empty: nothing
	talk  time.Duration   // how long he talks

	call *sim.Call
	ear  *ear
	rec  sim.Record // as last looked at

	place     Place
	says      string // what he hears, in words
	keys      string // pressed so far
	confirmed wissel.WishKind
	over      bool
	cut       bool // we ended it, because the demo ends
	placed    time.Time

	welcome, offer, done search
}

// sentences that callers listen for, by prompt. Enough of each to know it, seconds: more than a greeting; confirmations whole.
const start = 2

func (s *stage) prepare(c *caller) {
	clip := func(id string, seconds float64) search { return sentence(s.clips.Clip("nl", id), seconds) }
	c.welcome = clip("outage.welcome", start)
	if c.wants != "" {
		c.offer = clip(string(c.wants)+".own", start)
		c.done = clip(string(c.wants)+".done", 0)
	}
}

// text is what a prompt says.
func (s *stage) text(id string) string {
	t, ok := s.clips.Text("nl", id)
	if !ok {
		return id
	}
	return "“" + t.Text + "”"
}

// place places the call.
func (s *stage) place(c *caller) error {
	s.prepare(c)
	c.placed = time.Now()
	call, err := s.carrier.Place(sim.Dial{To: Number, From: c.from, Via: s.wissel, Plays: sim.Answers{Hz: carrierHz}})
	if err != nil {
		return fmt.Errorf("place a call: %w", err)
	}
	c.call, c.rec = call, call.Record()
	port, err := audioPort(c.rec.Invite.Body)
	if err != nil {
		return err
	}
	if c.ear = s.ears.of(port); c.ear == nil {
		panic("demo: a media socket that was not opened through us")
	}
	return nil
}

// audioPort is the port of the only stream of a description of ours.
func audioPort(sdp []byte) (uint16, error) {
	_, rest, _ := strings.Cut(string(sdp), "\r\nm=audio ")
	text, _, _ := strings.Cut(rest, " ")
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return 0, fmt.Errorf("the carrier's own description has no audio port: %w", err)
	}
	return uint16(port), nil
}

// live is the caller's call from here to its end. update is called under the demo's lock after each look.
func (d *Demo) live(ctx context.Context, c *caller) {
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			d.update(func() { c.cut = c.place == Nobody || c.wants != "" && c.place == IVR && c.confirmed == "" })
			d.part(c)
			return
		case <-c.call.Done():
			d.part(c)
			return
		case <-tick.C:
		}
		rec := c.call.Record()
		heard, key := c.listen(d.stage), c.next()
		if key != "" {
			c.call.Press(key)
		}
		satisfied := false
		d.update(func() {
			c.rec = rec
			c.keys += key
			heard()
			satisfied = c.satisfied(time.Now())
		})
		if satisfied {
			d.part(c)
			return
		}
	}
}

// part hangs up, waits for the end, and notes the last of what is known.
func (d *Demo) part(c *caller) {
	c.call.Hangup("")
	limit := time.NewTimer(parting)
	defer limit.Stop()
	select {
	case <-c.call.Done():
	case <-limit.C:
	}
	rec := c.call.Record()
	heard := c.listen(d.stage)
	d.update(func() {
		c.rec, c.over = rec, true
		heard()
	})
}

// listen judges the sound that came, and gives what is to be written down.
func (c *caller) listen(s *stage) func() {
	welcome := len(c.rec.Tones()) == 0 && c.welcome.in(c.ear)
	offer := c.keys != "" && c.offer.in(c.ear)
	done := len(c.keys) > 1 && c.done.in(c.ear)
	return func() {
		if tones := c.rec.Tones(); len(tones) > 0 {
			switch tones[len(tones)-1] {
			case platformHz:
				c.place, c.says = Platform, fmt.Sprintf("the platform's tone, %d Hz", platformHz)
			case backupHz:
				c.place, c.says = Backup, fmt.Sprintf("the backup's tone, %d Hz", backupHz)
			}
		}
		switch {
		case done:
			c.place, c.confirmed, c.says = IVR, c.wants, s.text(string(c.wants)+".done")
		case offer:
			c.place, c.says = IVR, s.text(string(c.wants)+".own")
		case welcome:
			c.place, c.says = IVR, s.text("outage.welcome")
		}
	}
}

// next is the key that a caller with a wish presses now: his choice once he knows what he hears, then his yes to the number.
func (c *caller) next() string {
	switch {
	case c.wants == "":
	case c.keys == "" && c.welcome.found && c.wants == wissel.WishText:
		return "1"
	case c.keys == "" && c.welcome.found:
		return "2"
	case len(c.keys) == 1 && c.offer.found:
		return "1"
	}
	return ""
}

// satisfied reports whether the caller hangs up now: he has what he rang for, or has waited too long for it.
func (c *caller) satisfied(now time.Time) bool {
	waited := now.Sub(c.placed)
	switch {
	case c.rec.Answered.IsZero() || c.place == Nobody:
		since := c.placed
		if !c.rec.Answered.IsZero() {
			since = c.rec.Answered
		}
		return now.Sub(since) > patience
	case c.place == IVR && c.wants != "":
		return c.confirmed != "" || waited > wishing
	}
	return now.Sub(c.rec.Answered) > c.talk
}

// lost reports whether a call came to nothing: not answered, or without a sound of a place we know.
func (c *caller) lost() bool {
	return c.over && !c.cut && (c.rec.Answered.IsZero() || c.place == Nobody)
}
