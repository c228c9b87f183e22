package app

import (
	"errors"
	"sync"
	"time"

	"wissel"
	"wissel/internal/audio"
	"wissel/ivr"
)

// recordTone is what a caller hears before he is recorded.
var recordTone = sync.OnceValue(func() *audio.Clip {
	return audio.MakeClip("tone", audio.Tone(400*time.Millisecond, 16000, -19, 1000), 16000)
})

// speech is what a caller says into a flow.
type speech struct {
	token int         // of the Record that is under way, or that made the sound
	begin func()      // begins to record, once the tone is out; nil: it has begun, or there is nothing to record
	sound audio.Sound // once it has ended
	held  bool        // it has its part of the memory
}

// toned begins to record if the tone was what played, and reports whether it was.
func (s *speech) toned() bool {
	begin := s.begin
	if begin == nil {
		return false
	}
	s.begin = nil
	begin()
	return true
}

// record plays the tone and records after it. When too many others speak, or what he says could not be kept, he hears so before he has
// said it all.
func (x *attending) record(e ivr.Record) {
	x.speech.token, x.speech.sound = e.Token, audio.Sound{}
	if err := x.store.Status(); err != nil {
		x.log.Warn("a caller cannot be recorded: the store cannot be written", "call", x.state.Caller.Call, "error", err)
		x.host.Post(func() { x.recorded(e.Token, false) })
		return
	}
	if !x.speech.held && !x.voices.hold() {
		x.log.Warn("a caller cannot be recorded: too many speak at once", "call", x.state.Caller.Call)
		x.host.Post(func() { x.recorded(e.Token, false) })
		return
	}
	x.speech.held = true
	x.speech.begin = func() { x.host.Record(e.Max, e.Silence) }
	if !e.Beep {
		x.speech.toned()
		return
	}
	tone := recordTone()
	x.sounds = time.Now().Add(tone.Duration())
	x.host.Play([]*audio.Clip{tone})
}

// stopRecord ends the recording, or the tone before it.
func (x *attending) stopRecord(token int) {
	if x.speech.begin == nil {
		x.host.StopRecord()
		return
	}
	x.speech.begin = nil
	x.host.Stop()
	x.host.Post(func() { x.recorded(token, true) })
}

// Recorded implements sip.RecordAttending.
func (x *attending) Recorded() {
	x.speech.sound = x.host.Sound()
	x.recorded(x.speech.token, true)
}

func (x *attending) recorded(token int, ok bool) {
	x.step(ivr.Event{Kind: ivr.Recorded, Token: token, Length: x.speech.sound.Voice, OK: ok})
}

// hear gives the clips of prompts; his own voice is among them where the flow says so.
func (x *attending) hear(ps []ivr.Prompt) (all []*audio.Clip) {
	from := 0
	for i, p := range ps {
		if p.Sound == 0 || p.Sound != x.speech.token || len(x.speech.sound.Bytes) == 0 {
			continue
		}
		if from < i {
			all = append(all, x.sound(ps[from:i])...)
		}
		all = append(all, x.speech.sound.Clip("himself"))
		from = i + 1
	}
	if from < len(ps) {
		all = append(all, x.sound(ps[from:])...)
	}
	return all
}

// writer gives what hands a wish to the store, once what was said with it is on disk; that may be called on any goroutine. Without one the
// wish is not to be written: why says so, and nil that he said nothing.
func (x *attending) writer(w *wissel.Wish, e ivr.Commit) (write func(done func(error)) (withdraw func() bool), why error) {
	store, voices := x.store, x.voices
	if e.Sound == 0 {
		one := *w
		return func(done func(error)) func() bool { return store.Wish(one, done) }, nil
	}
	if len(x.speech.sound.Bytes) == 0 && e.Sound == x.speech.token { // he is gone in the middle of it
		x.speech.sound = x.host.Sound()
	}
	sound := x.speech.sound
	switch {
	case e.Sound != x.speech.token || len(sound.Bytes) == 0:
		if e.Least > 0 {
			return nil, nil
		}
		return nil, errSoundLost
	case sound.Voice < e.Least:
		return nil, nil
	}
	w.Recording, w.Length = w.ID+".wav", sound.Voice
	one := *w
	if x.rehearsal != nil {
		return func(done func(error)) func() bool { return store.Wish(one, done) }, nil
	}
	return func(done func(error)) func() bool { return spoken(store, voices, one, sound, done) }, nil
}

// spoken writes what was said, and then the wish that tells of it.
func spoken(store wishes, voices *recordings, w wissel.Wish, sound audio.Sound, done func(error)) (withdraw func() bool) {
	p := &promise{}
	voices.keep(w.Recording, sound, func(err error) {
		if err != nil {
			p.settle(done, err)
			return
		}
		if !p.then(func() func() bool {
			return store.Wish(w, func(err error) {
				if err != nil {
					voices.remove(w.Recording)
				}
				done(err)
			})
		}) {
			voices.remove(w.Recording)
		}
	})
	return func() bool {
		back := p.withdraw()
		if back {
			voices.remove(w.Recording)
		}
		return back
	}
}

// errSoundLost is told when what a caller said went with a restart of ours.
var errSoundLost = errors.New("what the caller said is not in memory any more")

// forgetSpeech frees what the caller said; what is being written is written.
func (x *attending) forgetSpeech() {
	if x.speech.held {
		x.voices.release()
	}
	x.speech = speech{}
}

// promise is a wish that waits for its recording, or for limits; it can be taken back at each stage.
type promise struct {
	mu    sync.Mutex
	gone  bool
	inner func() bool // takes the row back
}

func (p *promise) withdraw() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gone = true
	return p.inner == nil || p.inner()
}

// then goes on to the row, and reports false when the wish was taken back.
func (p *promise) then(row func() func() bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.gone {
		p.inner = row()
	}
	return !p.gone
}

// settle tells of a failure, unless the wish was taken back.
func (p *promise) settle(done func(error), err error) {
	p.mu.Lock()
	gone := p.gone
	p.mu.Unlock()
	if !gone {
		done(err)
	}
}
