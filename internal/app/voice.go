package app

import (
	"errors"
	"time"

	"wissel"
	"wissel/internal/audio"
	"wissel/sip"
	"wissel/sip/media"
)

// joined gives package sip the media of sip/media: the same methods, in the other's words.
type joined struct{ engine *media.Engine }

func (j joined) Open(at sip.MediaAt, kept bool, events func(sip.MediaEvent)) (sip.MediaSession, error) {
	s, err := j.engine.Open(media.At(at), kept, func(e media.Event) {
		events(sip.MediaEvent{Leg: e.Leg, Kind: eventKind(e.Kind), Digit: e.Digit, Play: e.Play, Pair: e.Pair})
	})
	if errors.Is(err, media.ErrNoPorts) {
		return nil, sip.ErrNoPorts
	}
	if err != nil {
		return nil, err
	}
	return voice{s}, nil
}

func eventKind(k media.EventKind) sip.MediaEventKind {
	switch k {
	case media.Digit:
		return sip.MediaDigit
	case media.Played:
		return sip.MediaPlayed
	case media.Lost:
		return sip.MediaLost
	case media.Tones:
		return sip.MediaTones
	case media.Heard:
		return sip.MediaHeard
	case media.Silent:
		return sip.MediaSilent
	case media.Recorded:
		return sip.MediaRecorded
	}
	return 0
}

// voice is the media of one leg.
type voice struct{ s *media.Session }

func (v voice) Offer(like sip.MediaSession) ([]byte, error) {
	other, ok := like.(voice)
	if !ok { // nil: there is no other leg yet
		other.s = nil
	}
	body, err := v.s.Offer(other.s)
	return body, refusal(err)
}

func (v voice) Answer(offer []byte) ([]byte, error) {
	body, err := v.s.Answer(offer)
	return body, refusal(err)
}

func (v voice) Accept(answer []byte) error  { return refusal(v.s.Accept(answer)) }
func (v voice) Describe(offer []byte) error { return refusal(v.s.Describe(offer)) }
func (v voice) Local() []byte               { return v.s.Local() }
func (v voice) Disconnect()                 { v.s.Disconnect() }
func (v voice) Play(clips []*audio.Clip)    { v.s.Play(clips) }
func (v voice) Stop()                       { v.s.Stop() }
func (v voice) Press(keys []wissel.Digit)   { v.s.Press(keys) }
func (v voice) Listen(on bool)              { v.s.Listen(on) }
func (v voice) StopRecord()                 { v.s.StopRecord() }
func (v voice) Sound() audio.Sound          { return v.s.Sound() }
func (v voice) Digits(on bool)              { v.s.Digits(on) }
func (v voice) Close()                      { v.s.Close() }
func (v voice) Expect()                     { v.s.Expect() }
func (v voice) Stats() sip.MediaStats       { return sip.MediaStats(v.s.Stats()) }

func (v voice) Record(max, quiet time.Duration) { v.s.Record(max, quiet) }

func (v voice) Connect(other sip.MediaSession) {
	if o, ok := other.(voice); ok {
		v.s.Connect(o.s)
	}
}

// refusal puts an error that the peer is to be told into package sip's words.
func refusal(err error) error {
	var b *media.BodyError
	if errors.As(err, &b) {
		return &sip.BodyError{Status: b.Status, Why: b.Why}
	}
	return err
}
