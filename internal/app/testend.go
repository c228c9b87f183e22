package app

import (
	"sync"
	"time"

	"wissel"
	"wissel/carriers/testcall"
	"wissel/internal/audio"
	"wissel/sip"
)

// testEnd is one end of a test call on its leg: it carries out what a script of package testcall decides. Its methods are
// called on the call's own goroutine.
type testEnd struct {
	host   sip.Host
	script func(ev testcall.Event, now time.Time) []testcall.Effect
	sounds map[testcall.Play]*audio.Clip
	note   func(text string)
	named  func(keys string)
	gone   func()
}

// testSounds makes what the scripts play ready, once. The map is never changed.
var testSounds = sync.OnceValue(func() map[testcall.Play]*audio.Clip {
	const rate, level = 16000, -15
	all := map[testcall.Play]*audio.Clip{}
	for p, pair := range map[testcall.Play]audio.Pair{testcall.OutTones: audio.PairOut, testcall.BackTones: audio.PairBack} {
		pcm := append(audio.PairTone(pair, p.For, rate, level), audio.Quiet(p.Rest, rate)...)
		all[p] = audio.MakeClip("test tones of "+pair.String(), pcm, rate)
	}
	return all
})

func (x *testEnd) Begin()               { x.take(testcall.Event{Kind: testcall.Begin}) }
func (x *testEnd) Digit(d wissel.Digit) { x.take(testcall.Event{Kind: testcall.Digit, Digit: d}) }
func (x *testEnd) Played()              { x.take(testcall.Event{Kind: testcall.Played}) }
func (x *testEnd) Wake(token int) {
	x.take(testcall.Event{Kind: testcall.Woken, Which: testcall.Clock(token)})
}

// Tones implements sip.ToneAttending.
func (x *testEnd) Tones(p audio.Pair) {
	tones := testcall.Out
	if p == audio.PairBack {
		tones = testcall.Back
	}
	x.take(testcall.Event{Kind: testcall.Heard, Tones: tones})
}

// Hangup ends it: the call is over, whoever ended it.
func (x *testEnd) Hangup() {
	defer x.gone() // whatever the script does
	x.take(testcall.Event{Kind: testcall.Gone})
}

// LetGo implements sip.HoldingAttending: a test line gets its place back.
func (x *testEnd) LetGo() { x.gone() }

func (x *testEnd) take(ev testcall.Event) {
	for _, e := range x.script(ev, time.Now()) {
		switch e := e.(type) {
		case testcall.Listen:
			x.host.Listen(true)
		case testcall.Play:
			x.host.Play([]*audio.Clip{x.sounds[e]})
		case testcall.Press:
			x.host.Press([]wissel.Digit(e.Keys))
		case testcall.Wake:
			x.host.Wake(int(e.Which), e.After)
		case testcall.Note:
			x.note(e.Text)
		case testcall.Named:
			x.named(e.Keys)
		case testcall.End:
			x.host.End(e.Why)
		}
	}
}
