package crisis

import (
	"maps"
	"time"

	"wissel"
)

// Forget takes a number out of what is known of wrong tries, and reports whether it was there.
func (d *Door) Forget(n wissel.Number) bool {
	_, there := d.Tally.Numbers[n]
	delete(d.Tally.Numbers, n)
	return there
}

// Fade takes out the numbers of which nothing counts any more, and reports whether there were any.
func (d *Door) Fade(now time.Time) bool {
	before := len(d.Tally.Numbers)
	maps.DeleteFunc(d.Tally.Numbers, func(_ wissel.Number, tries Tries) bool { return tries.recent(now) == 0 && now.Sub(tries.Until) >= calm })
	return len(d.Tally.Numbers) < before
}
