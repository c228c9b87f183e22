package media

import "time"

// What makes a wheel behind: a tenth of the frames of a second were later than tardy, and they were those of at least 50
// listeners. With fewer it is not their number that keeps the machine busy, and no shorter flow would help them.
const (
	tardy     = 10 * time.Millisecond
	fewFrames = 50 * 50
)

// pace counts the frames of the present second and of the one before it. It is guarded by its wheel's lock.
type pace struct {
	began     time.Time // of the present second
	now, past counted
}

type counted struct{ frames, late int }

func (p *pace) add(at time.Time, frames int, late bool) {
	p.turn(at)
	p.now.frames += frames
	if late {
		p.now.late += frames
	}
}

func (p *pace) turn(at time.Time) {
	switch since := at.Sub(p.began); {
	case since >= 2*time.Second:
		p.began, p.now, p.past = at, counted{}, counted{}
	case since >= time.Second:
		p.began, p.now, p.past = p.began.Add(time.Second), counted{}, p.now
	}
}

func (c counted) behind() bool { return c.frames >= fewFrames && c.late*10 >= c.frames }

// Behind reports whether clips have been sent late within the last two seconds, by so much that callers may hear it: then
// there are more listeners than this machine carries.
func (e *Engine) Behind() bool {
	at := time.Now()
	for _, w := range e.wheels {
		w.mu.Lock()
		w.pace.turn(at)
		behind := w.pace.now.behind() || w.pace.past.behind()
		w.mu.Unlock()
		if behind {
			return true
		}
	}
	return false
}
