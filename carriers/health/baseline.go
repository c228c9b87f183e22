package health

import (
	"math"
	"slices"
	"time"
)

// What a trunk does now is held against its own longer past, by a bound that holds for any rate and any number of samples:
// when calls go wrong with chance p, the chance that a part q > p of n of them does is at most e^-(n·D), with D = q·ln(q/p) +
// (1-q)·ln((1-q)/(1-p)) (Chernoff). A normal approximation would cry wolf at rates near 0 and 1, where trunks live.
const (
	recentCalls = 60                     // now: so many last calls,
	recentTime  = time.Hour              // none older than this,
	recentLeast = 20                     // and at least so many, else nothing is said
	pastLeast   = 200                    // the past must hold at least so many
	pastWindows = 168                    // the past: so many windows of at least
	windowTime  = time.Hour              // this and
	windowLeast = 60                     // so many calls
	sure        = 16.0                   // n·D from which it is worse: a chance below 1 in 8 million
	unsure      = 8.0                    // n·D below which it is no longer
	getsUsedTo  = 24 * time.Hour         // what stays worse for so long is the new usual: the past is forgotten
	margin      = 2.0                    // standard errors by which the past's own rate is taken to be worse than it was measured
	slowFloor   = 300 * time.Millisecond // by which a delay must be longer than usual, and twice as long, to be slow
)

// divergence is D above; 0 when q is not worse than p.
func divergence(q, p float64) float64 {
	if q <= p {
		return 0
	}
	d := q * math.Log(q/p)
	if q < 1 {
		d += (1 - q) * math.Log((1-q)/(1-p))
	}
	return d
}

// cautious is the chance behind bad of all, taken a margin worse than measured; strictly between 0 and 1.
func cautious(bad, all int) float64 {
	p := (float64(bad) + 1) / (float64(all) + 2)
	return min(p+margin*math.Sqrt(p*(1-p)/float64(all+1)), 0.999)
}

// recent is the last calls, each with one small value. Moments are counted from anywhere, by a monotonic clock.
type recent struct {
	value [recentCalls]uint8
	at    [recentCalls]time.Duration
	first int // the oldest
	n     int
}

// take gives the oldest when it has to go: it is too old at now, or its place is needed.
func (r *recent) take(now time.Duration) (value uint8, at time.Duration, ok bool) {
	if r.n == 0 || r.n < recentCalls && now-r.at[r.first] <= recentTime {
		return 0, 0, false
	}
	value, at = r.value[r.first], r.at[r.first]
	r.first = (r.first + 1) % recentCalls
	r.n--
	return value, at, true
}

func (r *recent) add(value uint8, at time.Duration) {
	i := (r.first + r.n) % recentCalls
	r.value[i], r.at[i] = value, at
	r.n++
}

// above counts the values above v.
func (r *recent) above(v int) (n int) {
	for i := range r.n {
		if int(r.value[(r.first+i)%recentCalls]) > v {
			n++
		}
	}
	return n
}

// doubt turns n·D into a state with two thresholds, so that one call more or less does not change it back and forth.
type doubt struct {
	worse bool
	since time.Duration
}

// weigh reports whether the past is to be forgotten: it has been worse for so long that this is the usual now.
func (d *doubt) weigh(nd float64, at time.Duration) (forget bool) {
	switch {
	case !d.worse && nd >= sure:
		d.worse, d.since = true, at
	case d.worse && nd < unsure:
		d.worse = false
	case d.worse && at-d.since > getsUsedTo:
		d.worse = false
		return true
	}
	return false
}

// Rate holds how often calls of a trunk go wrong in one way against how often they usually do. The past is kept in windows
// of at least an hour, for at least a week, and compared with is not their mean but the worst fifth of them: what happens
// on each slow night is no news. While it is worse, nothing is learnt. The zero Rate is ready; it is a value.
type Rate struct {
	recent recent
	doubt  doubt

	windows [pastWindows]tally
	next, n int // where the next window goes, and how many there are
	filling tally
	opened  time.Duration // when filling began
	worst   tally         // the worst fifth of the windows
	all     tally         // all windows
}

// tally counts calls, and those that went wrong.
type tally struct{ bad, all int32 }

func (t *tally) add(o tally) { t.bad, t.all = t.bad+o.bad, t.all+o.all }

func (t tally) rate() float64 { return float64(t.bad) / float64(max(1, t.all)) }

// Add takes in one more call, and whether it went wrong.
func (r *Rate) Add(bad bool, at time.Duration) {
	for v, then, ok := r.recent.take(at); ok; v, then, ok = r.recent.take(at) {
		if !r.doubt.worse {
			r.learn(v, then)
		}
	}
	var v uint8
	if bad {
		v = 1
	}
	r.recent.add(v, at)
	usual := r.usual()
	if r.recent.n < recentLeast || r.past().all < pastLeast {
		r.doubt.worse = false
		return
	}
	q := float64(r.recent.above(0)) / float64(r.recent.n)
	if r.doubt.weigh(float64(r.recent.n)*divergence(q, cautious(int(usual.bad), int(usual.all))), at) {
		*r = Rate{}
	}
}

// learn adds a call that is no longer recent to the past.
func (r *Rate) learn(v uint8, at time.Duration) {
	if r.filling.all == 0 {
		r.opened = at
	}
	r.filling.add(tally{int32(v), 1})
	if r.filling.all < windowLeast || at-r.opened < windowTime {
		return
	}
	r.windows[r.next] = r.filling
	r.next, r.n = (r.next+1)%pastWindows, min(r.n+1, pastWindows)
	r.filling = tally{}
	r.rank()
}

// rank sums the windows up, and the worst fifth of them. It runs once a window.
func (r *Rate) rank() {
	sorted := r.windows
	list := sorted[:r.n]
	for i := 1; i < len(list); i++ { // by insertion: a sort function would move the array to the heap
		for j := i; j > 0 && list[j].rate() > list[j-1].rate(); j-- {
			list[j], list[j-1] = list[j-1], list[j]
		}
	}
	r.worst, r.all = tally{}, tally{}
	for i, w := range list {
		r.all.add(w)
		if i < (len(list)+4)/5 {
			r.worst.add(w)
		}
	}
}

// usual is what the present is held against.
func (r *Rate) usual() tally {
	if r.n == 0 {
		return r.filling
	}
	return r.worst
}

// past is all that is remembered.
func (r *Rate) past() tally {
	t := r.all
	t.add(r.filling)
	return t
}

// Worse reports whether the last calls go wrong more often than usual, and both rates: now of the last n, and usually.
func (r *Rate) Worse() (now, usually float64, n int, worse bool) {
	n = r.recent.n
	return float64(r.recent.above(0)) / float64(max(1, n)), r.past().rate(), n, r.doubt.worse
}

// Delay holds how long a trunk takes to ring or answer against how long it usually takes: it is worse when the median of
// the last calls is more than twice the usual one and 300 ms more, and that cannot be chance. Delays are kept in steps of a
// fifth (1.2), from 1 ms to 98 s. While it is worse, nothing is learnt. The zero Delay is ready; it is a value.
type Delay struct {
	recent recent
	doubt  doubt
	past   [delaySteps]int32 // halved when it holds pastMost
	total  int
}

const (
	delaySteps = 64
	delayStep  = 1.2
	pastMost   = 20_000
)

// delays are the longest delay of each step.
var delays = func() (ends [delaySteps]time.Duration) {
	for i := range ends {
		ends[i] = time.Duration(math.Pow(delayStep, float64(i)) * float64(time.Millisecond))
	}
	return ends
}()

// step is the number of the step that d falls in.
func step(d time.Duration) int {
	i, _ := slices.BinarySearch(delays[:delaySteps-1], d)
	return i
}

// Add takes in the delay of one more call.
func (d *Delay) Add(took time.Duration, at time.Duration) {
	for v, _, ok := d.recent.take(at); ok; v, _, ok = d.recent.take(at) {
		if !d.doubt.worse {
			d.learn(int(v))
		}
	}
	d.recent.add(uint8(step(took)), at)
	if d.recent.n < recentLeast || d.total < pastLeast {
		d.doubt.worse = false
		return
	}
	usual := delays[d.median()]
	slow := step(max(2*usual, usual+slowFloor))
	q := float64(d.recent.above(slow)) / float64(d.recent.n)
	nd := 0.0
	if q >= 0.5 {
		nd = float64(d.recent.n) * divergence(q, cautious(d.above(slow), d.total))
	}
	if d.doubt.weigh(nd, at) {
		*d = Delay{}
	}
}

func (d *Delay) learn(step int) {
	d.past[step]++
	if d.total++; d.total < pastMost {
		return
	}
	d.total = 0
	for i := range d.past {
		d.past[i] /= 2
		d.total += int(d.past[i])
	}
}

// median is the step of the past's median.
func (d *Delay) median() int {
	seen := 0
	for i, n := range d.past {
		if seen += int(n); 2*seen >= d.total {
			return i
		}
	}
	return delaySteps - 1
}

func (d *Delay) above(step int) (n int) {
	for _, m := range d.past[min(step+1, delaySteps):] {
		n += int(m)
	}
	return n
}

// Worse reports whether the last calls take longer than usual, and both medians: now of the last n, and usually.
func (d *Delay) Worse() (now, usually time.Duration, n int, worse bool) {
	median := 0
	for median < delaySteps-1 && 2*d.recent.above(median) > d.recent.n {
		median++
	}
	return delays[median], delays[d.median()], d.recent.n, d.doubt.worse
}
