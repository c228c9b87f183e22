package health

import (
	"time"

	"wissel"
)

// Next returns the health of an address after one more observation.
func (p Policy) Next(h Health, o Observation, now time.Time) Health {
	if o.Unable != nil || o.Layer >= layers {
		return h // no evidence, so no change
	}
	if o.Unreachable && o.Status == 0 {
		o.Layer = Transport
	}
	if o.Alone && o.Why == "" {
		o.Why = "everybody is silent, so perhaps it is us"
	}
	g := grade(o)
	h = p.refusal(h, o, g, now)
	h = p.move(h, o.Layer, o, g, now)
	if o.Status > 0 && o.Layer != Transport && o.Layer != Outside {
		h = p.move(h, Transport, Observation{Status: o.Status}, Good, now) // something came through
	}
	if o.Layer == Test && g == Good { // a whole call that worked is evidence of every kind of call
		for _, l := range []Layer{Calls, Media, Ends, Quality} {
			h = p.move(h, l, o, Good, now)
		}
	}
	if o.Layer == Probe {
		h.Answered = h.Answered || o.Status >= 200
		h.Layers[Probe].Rest = restOf(o, now)
	}
	if (o.Layer == Calls || o.Layer == Test) && g == Good {
		h.Taken = now
	}
	if o.Layer == Calls && o.Status/100 == 2 {
		h.Proven = now
	}
	return p.judge(h, now)
}

// mostRest is the longest that a Retry-After puts the next OPTIONS off.
const mostRest = time.Minute

// restOf is until when an answer to OPTIONS asks for peace. Calls are not kept away meanwhile: some peers refuse OPTIONS and take
// calls, and an INVITE has a Retry-After of its own.
func restOf(o Observation, now time.Time) time.Time {
	if o.Status != 503 || o.Rest <= 0 {
		return time.Time{}
	}
	return now.Add(min(o.Rest, mostRest))
}

// news is when a layer was last heard of, or asked not to be asked until: its suspicion does not grow old while we keep away.
func (l *LayerHealth) news() time.Time {
	if l.Rest.After(l.Last) {
		return l.Rest
	}
	return l.Last
}

// At is h at a later time without a new observation: a Suspect layer may have become stale.
func (p Policy) At(h Health, now time.Time) Health { return p.judge(h, now) }

// grade says what an observation means for its own layer.
func grade(o Observation) Mark {
	if o.Mark != Neutral && o.Status != 0 {
		return o.Mark
	}
	switch o.Layer {
	case Calls:
		if o.Alive {
			return Bad // one lost INVITE is no outage; a platform that takes no calls keeps the next ones waiting too
		}
		return gradeCall(o.Status)
	case Probe:
		switch {
		case o.Status == 0, o.Status == 503: // 503 is "I take no calls"
			return Bad
		case o.Status < 200:
			return Neutral
		}
		return Good // any other final response, 404, 405, 408, 481, 501 too: it lives, and it may not know OPTIONS
	case Test, Outside:
		switch {
		case o.Status/100 == 2:
			return Good
		case o.Status/100 == 1: // it rings: how the test goes on is told later
			return Neutral
		}
		return Bad
	case Transport, Media, Ends, Quality, layers:
	}
	if o.Status == 0 {
		return Bad
	}
	return Good
}

// gradeCall says what the answer to a real INVITE means. Silence of the whole address has been checked by a burst of probes
// before it is reported, so it is enough by itself.
func gradeCall(status int) Mark {
	switch {
	case status == 0:
		return Fatal
	case status == 501, status == 505, status == 513, status == 580: // it did not like this very request
		return Neutral
	case status/100 == 5:
		return Bad
	case status >= 180 && status < 300, status == 486, status == 600, status == 603: // it rings, or a person spoke
		return Good
	}
	return Neutral // 100, 3xx, 408 and other 4xx: alive, but no word on whether calls get through
}

// refusal counts the OPTIONS that were refused or lost in a row. 403 and 429 come from one that lives, but would rather not
// be asked.
func (p Policy) refusal(h Health, o Observation, g Mark, now time.Time) Health {
	if o.Layer != Probe || g == Neutral {
		return h
	}
	if g == Good && o.Status != 403 && o.Status != 429 {
		h.Refusals = 0
		return h
	}
	if h.Refusals == 0 {
		h.Refused = now
	}
	h.Refusals++
	return h
}

// spared reports whether the peer takes calls although it refuses or loses our OPTIONS: the last word of its calls is good,
// and was spoken since the first of these OPTIONS. Then they count for little, until a call fails.
func spared(h *Health) bool {
	return h.Refusals > 0 && h.Taken.After(h.Refused) && h.Layers[Calls].Bad == 0
}

// Pace is how long after one scheduled probe the next is due: every when all is well, fast when it is not. A peer that has
// never answered, and shows no sign that it will, is not asked faster than a healthy one; one that refuses our OPTIONS and
// takes our calls is asked half as often with each refusal, down to once in Slowest.
func (p Policy) Pace(h Health, every, fast time.Duration) time.Duration {
	switch {
	case spared(&h) && h.Refusals >= p.Fall:
		return max(every, min(every<<min(h.Refusals-p.Fall+1, 20), p.Slowest))
	case h.State == wissel.Up, !h.Answered && h.Layers[Probe].Bad > 10:
		return every
	}
	return fast
}

// most is the worst that an observation may make of its layer.
func most(h *Health, of Layer, o Observation) wissel.State {
	switch {
	case o.Alone && o.Status == 0, // perhaps it is us
		of == Outside, of == Quality, // advice
		of == Probe && o.Status == 0 && !h.Answered, // it answers no OPTIONS at all
		of == Probe && spared(h),
		of == Test && taking(h):
		return wissel.Suspect
	}
	return wissel.Down
}

// taking reports whether real calls were answered since the tests began to fail, and go on well: then it is the test that is
// wrong, perhaps its number, and callers are not to pay for that.
func taking(h *Health) bool {
	t := &h.Layers[Test]
	return t.Bad > 0 && h.Proven.After(t.First) && h.Layers[Calls].Bad == 0 && h.Layers[Media].Bad == 0
}

// keptCost is what a call that was kept waiting weighs against the good words of others, of which a call has two: it rings,
// and is answered. Where one call in seven is kept waiting the sum grows, whatever the others say, and every such call costs
// its caller 2 to 4 s; loss of 20 % each way keeps one in eighty.
const keptCost = 12

// move moves one layer by one observation.
func (p Policy) move(h Health, of Layer, o Observation, g Mark, now time.Time) Health {
	l := &h.Layers[of]
	switch g {
	case Neutral:
		return h
	case Good:
		old := p.stale(of, l, now)
		l.Last = now
		l.Bad, l.Alone = 0, 0
		l.Good++
		l.Kept = max(0, l.Kept-1)
		p.rise(l, of, old, now)
		return h
	case Bad, Fatal:
	}
	if of == Ends && p.stale(of, l, now) {
		l.Bad = 0 // two masses an hour apart are two accidents
	}
	l.Last, l.Good = now, 0
	if l.Bad++; l.Bad == 1 {
		l.First, l.Alone = now, 0
	}
	if o.Alone {
		l.Alone++
	}
	l.Status, l.Why = o.Status, o.Why
	worst := most(&h, of, o)
	if o.Alive {
		l.Kept += keptCost
	}
	enough := g == Fatal || l.Trial || l.Bad-l.Alone >= p.fall(of) || l.Kept >= p.fall(of)*keptCost
	switch {
	case l.State == wissel.Down && worst == wissel.Suspect && of == Probe && spared(&h) && !now.Before(l.Until):
		l.State, l.Since = wissel.Suspect, now // calls have shown that it lives
	case l.State == wissel.Down:
		if byCalls(of) {
			l.Until = now.Add(p.dwell(h.Flaps - 1)) // the one call that tried it found it as it was
		}
	case enough && worst == wissel.Down:
		if h.State != wissel.Down {
			h.Flaps = p.remembered(h, now)
			h.Flaps++
		}
		l.State, l.Since, l.Trial, l.Kept = wissel.Down, now, false, 0
		l.Until = now.Add(p.dwell(h.Flaps - 1))
	case l.State != wissel.Suspect:
		l.State, l.Since = wissel.Suspect, now
	}
	return h
}

// fall is how many bad ones in a row make a layer Down.
func (p Policy) fall(of Layer) int {
	if of == Transport || of == Ends {
		return 2
	}
	return p.Fall
}

// rise moves a layer up after a good observation. Suspicion that was old already, and did not count, is over at once: good news
// never makes an address worse.
func (p Policy) rise(l *LayerHealth, of Layer, old bool, now time.Time) {
	l.Trial = l.Trial && l.Good < p.Rise
	switch l.State {
	case wissel.Unknown:
		l.State, l.Since = wissel.Up, now
	case wissel.Suspect:
		if old || l.Good >= p.Rise {
			l.State, l.Since = wissel.Up, now
		}
	case wissel.Down:
		switch {
		case now.Before(l.Until):
		case byCalls(of) || of == Test: // its one call went well: the others may follow, on trial
			l.State, l.Since, l.Trial, l.Good = wissel.Suspect, now, true, 1
		case l.Good >= p.Rise:
			l.State, l.Since = wissel.Up, now
		}
	case wissel.Up:
	}
}

// byCalls reports whether real calls alone (and test calls) can show that the layer is well again.
func byCalls(l Layer) bool { return l == Calls || l == Media || l == Ends }

// dwell is how long an address stays Down after so many earlier flaps.
func (p Policy) dwell(flaps int) time.Duration {
	d := p.Dwell << min(max(flaps, 0), 20)
	if d > p.Longest || d < p.Dwell {
		return p.Longest
	}
	return d
}

// remembered is how many flaps still count at now. Each Calm since the address was last Down takes one away, not all: one
// that fell nine times in a row has to show as much patience as it cost, and ten quiet minutes between two series of falls
// do not make the second a first offence.
func (p Policy) remembered(h Health, now time.Time) int {
	if h.State == wissel.Down || h.Rose.IsZero() {
		return h.Flaps
	}
	return max(0, h.Flaps-int(min(now.Sub(h.Rose)/p.Calm, 1<<20)))
}

// judge makes the worst layer that counts the state of the address.
func (p Policy) judge(h Health, now time.Time) Health {
	worst := wissel.Unknown
	for i := range h.Layers {
		if l := &h.Layers[i]; l.State > worst && !p.stale(Layer(i), l, now) {
			worst = l.State
		}
	}
	if worst != h.State {
		if h.State == wissel.Down {
			h.Rose = now
		}
		h.State, h.Since = worst, now
	}
	return h
}

// stale reports whether a layer no longer counts. One that is Down counts until its own kind of evidence says otherwise.
func (p Policy) stale(of Layer, l *LayerHealth, now time.Time) bool {
	return l.State == wissel.Suspect && now.Sub(l.news()) >= p.staleAfter(of)
}

// staleAfter is how long suspicion of a kind lasts: what is asked each minute or each hour, or judged over many calls, is
// not forgotten before it can be asked again.
func (p Policy) staleAfter(of Layer) time.Duration {
	if of == Quality || of == Test || of == Outside {
		return max(p.Calm, p.Stale)
	}
	return p.Stale
}
