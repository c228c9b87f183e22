package app

import (
	"fmt"
	"time"
)

// thresholds are how many days before the end of a certificate people are told.
var thresholds = [...]int{30, 14, 3, 1}

// reached is the threshold that a certificate with so much time left has reached: 30, 14, 3 or 1 days, 0 when it has ended,
// and -1 while there is more than enough.
func reached(left time.Duration) int {
	if left <= 0 {
		return 0
	}
	at := -1
	for _, days := range thresholds {
		if left <= time.Duration(days)*24*time.Hour {
			at = days
		}
	}
	return at
}

// renewed is how often what was told of a certificate is told again.
const renewed = 24 * time.Hour

// warned is what was last told of one certificate, and when. The zero warned is nothing.
type warned struct {
	until     time.Time
	threshold int
	at        time.Time
}

// due reports whether a certificate is to be told of now, and gives what was told then: once for each threshold, and
// once a day from then on. Another certificate in its place begins anew.
func (t warned) due(until, now time.Time) (warned, bool) {
	at := reached(until.Sub(now))
	switch {
	case at < 0:
		return warned{}, false
	case !t.at.IsZero() && t.until.Equal(until) && t.threshold == at && now.Sub(t.at) < renewed:
		return t, false
	}
	return warned{until, at, now}, true
}

// ending says for people when a certificate ends, or that it has; empty: there is time enough.
func ending(until, now time.Time) string {
	left := until.Sub(now)
	switch at, day := reached(left), until.Local().Format("2 Jan 2006"); {
	case at < 0:
		return ""
	case at == 0:
		return "expired on " + day
	case left < 24*time.Hour:
		return fmt.Sprintf("expires in %d hours, on %s", int(left.Hours()), until.Local().Format("2 Jan 2006 15:04"))
	default:
		return fmt.Sprintf("expires in %d days, on %s", int(left.Hours()/24), day)
	}
}
