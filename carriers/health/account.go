package health

import (
	"strconv"
	"strings"
	"time"

	"wissel"
)

// Account is all that people are told of one address.
type Account struct {
	Trunk    wissel.TrunkID
	Address  wissel.Address
	State    wissel.State
	Since    time.Time
	Evidence string
	Change   string        // what would change State
	Flaps    int           // falls to Down that have not been forgotten
	Hold     time.Duration // how long the next fall would hold it Down at least
	Seen     time.Time     // when anything last arrived from it; zero: never
	Proven   time.Time     // when a real call was last answered over it; zero: never since start
	Probed   time.Duration // between its OPTIONS now; 0: it is not asked
	Layers   []LayerAccount
}

// LayerAccount is one layer of an Account. Layers of which nothing is known are in it too.
type LayerAccount struct {
	Layer    Layer
	State    wissel.State
	Since    time.Time
	Bad      int // bad observations in a row
	Good     int // good ones in a row
	Evidence string
	Stale    bool   // nothing was heard of it for so long that it no longer counts
	Change   string // what would change State
}

// Account puts h at now into words. Trunk, Address, Seen and Probed are left to the Board.
func (p Policy) Account(h Health, now time.Time) Account {
	h = p.judge(h, now)
	flaps := p.remembered(h, now)
	c := Account{
		State: h.State, Since: h.Since, Evidence: p.evidence(h, now), Flaps: flaps, Hold: p.dwell(flaps), Proven: h.Proven,
		Layers: make([]LayerAccount, 0, layers),
	}
	if h.State == wissel.Down {
		c.Hold = p.dwell(h.Flaps - 1)
	}
	var ways []string
	for i := range h.Layers {
		of, l := Layer(i), &h.Layers[i]
		one := LayerAccount{
			Layer: of, State: l.State, Since: l.Since, Bad: l.Bad, Good: l.Good,
			Evidence: p.line(h, of), Stale: p.stale(of, l, now), Change: p.change(h, of, now),
		}
		if l.State == h.State && !one.Stale && h.State > wissel.Up {
			ways = append(ways, one.Change)
		}
		c.Layers = append(c.Layers, one)
	}
	switch {
	case h.State == wissel.Unknown:
		c.Change = "one answered OPTIONS or one call that gets through makes it up"
	case h.State == wissel.Up:
		c.Change = p.change(h, Probe, now)
	default:
		c.Change = strings.Join(ways, "; and ")
	}
	return c
}

// cure is what brings a layer that is not well back: so many good observations of its own kind, the last of them not before
// From.
type cure struct {
	good int
	from time.Time     // zero: any time
	to   wissel.State  // what the layer is then
	lull time.Duration // Suspect: when so long nothing is heard of it, it no longer counts; 0: it counts until then
}

// cure gives what would bring layer of back; false: it is not in trouble.
func (p Policy) cure(h Health, of Layer, now time.Time) (cure, bool) {
	l := &h.Layers[of]
	left := max(1, p.Rise-l.Good)
	if p.stale(of, l, now) {
		left = 1
	}
	switch {
	case l.State == wissel.Suspect:
		return cure{good: left, to: wissel.Up, lull: p.staleAfter(of)}, true
	case l.State != wissel.Down:
		return cure{}, false
	case byCalls(of) || of == Test:
		return cure{good: 1, from: l.Until, to: wissel.Suspect}, true
	}
	return cure{good: left, from: l.Until, to: wissel.Up}, true
}

// harm is how many bad observations of its own kind, one after the other, make a layer worse, and what it is then; 0: none do.
func (p Policy) harm(h Health, of Layer, now time.Time) (n int, to wissel.State) {
	l := &h.Layers[of]
	capped := of == Quality || of == Outside || of == Probe && (!h.Answered || spared(&h)) || of == Test && taking(&h)
	switch {
	case l.State == wissel.Down, capped && l.State == wissel.Suspect:
		return 0, l.State
	case capped:
		return 1, wissel.Suspect
	case l.Trial, of == Calls: // silence, and nothing else arrives
		return 1, wissel.Down
	case of == Ends && p.stale(of, l, now): // the masses of before are forgotten
		return p.fall(of), wissel.Down
	}
	return max(1, p.fall(of)-(l.Bad-l.Alone)), wissel.Down
}

// kinds are the good observations of a layer, one and many, and the bad ones.
var kinds = [layers][4]string{
	Transport: {"message from it", "messages from it", "network error", "network errors"},
	Probe:     {"answered OPTIONS", "answered OPTIONS", "lost or refused OPTIONS", "lost or refused OPTIONS"},
	Calls:     {"call that rings or is answered", "calls that ring or are answered", "call that meets silence", "calls that meet silence"},
	Media:     {"call with audio", "calls with audio", "call without audio", "calls without audio"},
	Ends:      {"call that ends as calls do", "calls that end as calls do", "mass hang-up", "mass hang-ups"},
	Quality:   {"call that goes as usual", "calls that go as usual", "call when they go much worse than usual", ""},
	Test:      {"test call that passes", "test calls that pass", "test call that fails", "test calls that fail"},
	Outside:   {"good word of its status page", "good words of its status page", "bad word of its status page", ""},
}

// change says in one sentence what would change the state of a layer, for the better first.
func (p Policy) change(h Health, of Layer, now time.Time) string {
	l := &h.Layers[of]
	k := kinds[of]
	if l.State == wissel.Unknown {
		return "1 " + k[0] + " makes it up"
	}
	var ways []string
	if c, ok := p.cure(h, of, now); ok {
		s := count(c.good, k[0], k[1])
		if c.good > 1 {
			s += " in a row"
		}
		if byCalls(of) || of == Quality {
			s += " or " + count(c.good, kinds[Test][0], kinds[Test][1])
		}
		if now.Before(c.from) {
			s += ", from " + wissel.Clock(c.from) + " on,"
		}
		s += " make" + plural(c.good) + " it " + c.to.String()
		if at, offered := p.retryAt(h); offered && c.to == wissel.Suspect && byCalls(of) {
			s += "; a call is offered " + when(at, now)
		}
		if c.lull > 0 && !p.stale(of, l, now) {
			s += "; without news it counts until " + wissel.Clock(l.news().Add(c.lull))
		}
		ways = append(ways, s)
	}
	if n, to := p.harm(h, of, now); n > 0 {
		ways = append(ways, count(n, k[2], k[3])+" make"+plural(n)+" it "+to.String())
	}
	return strings.Join(ways, "; ")
}

func plural(n int) string {
	if n == 1 {
		return "s"
	}
	return ""
}

func when(at, now time.Time) string {
	if at.After(now) {
		return "at " + wissel.Clock(at)
	}
	return "now"
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
