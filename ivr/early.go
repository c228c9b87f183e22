package ivr

import (
	"maps"
	"slices"
	"time"
)

const (
	early     = "early"          // Source.Answer of a flow that is heard unanswered
	earlyStay = 30 * time.Second // carriers give up an unanswered call not long after
)

// Early reports whether the flow is heard unanswered, so that its callers pay nothing: it has no keys, and is short.
func (p *Program) Early() bool { return p.early }

// Room is how much longer an early flow may become in a language before carriers give up: what takes the place of one of its
// prompts may be longer by so much. Of an answered flow it has no meaning.
func (p *Program) Room(lang string) time.Duration { return p.room[lang] }

// unanswered checks a flow that is heard unanswered: no key can come, and nothing can be recorded or handed on.
func (c *compiler) unanswered() {
	for _, name := range slices.Sorted(maps.Keys(c.p.steps)) {
		n := c.p.steps[name]
		asks := n.Language != nil && n.Language.Ask != "other"
		if n.Menu != nil || n.Collect != nil || n.Record != nil || n.Wish != nil || n.Dial != nil || n.TransferBack != nil || asks {
			c.astray("steps."+name, "needs a call that is answered, and answer: early leaves it unanswered; write answer: true, or only say, go by what is known, and end")
		}
	}
	c.p.room = map[string]time.Duration{}
	for _, l := range c.p.languages {
		d := c.stay(c.p.start, l.ID, map[string]time.Duration{})
		c.p.room[l.ID] = max(0, earlyStay-d)
		if d > earlyStay {
			c.fault("steps."+c.p.start, "callers in language %q hear %v of an unanswered call; carriers end those: at most %v", l.ID, d.Round(100*time.Millisecond), earlyStay)
		}
	}
}
