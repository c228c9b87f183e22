package sms

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"wissel"
)

// Texter is what is known of one who sent us a text.
type Texter struct {
	Objects bool // the privacy role entered that he wants nothing of us: nothing is sent to him or noted for him
	Reached bool // he is at a number that texts may go to
	Wants   bool // he asked for texts, and did not stop them since
	Owed    bool // he is to be called back
	Asked   bool // a text asked him whether his question is answered, and he has not said so yet
	May     bool // a callback may be promised to him now
}

// Answer names a text that answers one of his; empty: none.
type Answer string

// The answers.
const (
	AnswerStopped     Answer = "stopped"      // no texts any more
	AnswerStoppedOwed Answer = "stopped-owed" // likewise, but he is still called back, and how he takes that back
	AnswerNoCall      Answer = "no-call"      // no call any more
	AnswerNoCallNews  Answer = "no-call-news" // likewise, but texts go on, and how he stops them
	AnswerNotOwed     Answer = "not-owed"     // there was no call to take back
	AnswerInfo        Answer = "info"         // he will have news
	AnswerCall        Answer = "call"         // he will be called
	AnswerCallOwed    Answer = "call-owed"    // that was promised already
	AnswerNoMore      Answer = "no-more"      // no more calls can be promised; he will have news instead
	AnswerThanks      Answer = "thanks"       // for a yes
	AnswerReopened    Answer = "reopened"     // for a no: he is called once more
	AnswerHelp        Answer = "help"         // what he can text
	AnswerRead        Answer = "read"         // it was not understood, and a person can read it
	AnswerReadOwed    Answer = "read-owed"    // likewise, and who calls him back has it
	AnswerLoggedOn    Answer = "logged-on"    // one of our own people is logged on now
	AnswerLoggedOff   Answer = "logged-off"   // and off
	AnswerNotLogged   Answer = "not-logged"   // his code is wrong, or locked: the two are not told apart
)

// Answers are all there are.
var Answers = []Answer{
	AnswerStopped, AnswerStoppedOwed, AnswerNoCall, AnswerNoCallNews, AnswerNotOwed, AnswerInfo, AnswerCall, AnswerCallOwed, AnswerNoMore,
	AnswerThanks, AnswerReopened, AnswerHelp, AnswerRead, AnswerReadOwed,
	AnswerLoggedOn, AnswerLoggedOff, AnswerNotLogged,
}

// Reaction is what is done about a text to us. The text itself is kept in any case, and shown.
type Reaction struct {
	Stop    bool            // texts to him end
	Cancel  bool            // his callbacks are taken back
	Wish    wissel.WishKind // noted for him, if there is room; empty: none
	Solved  bool            // his question is answered
	Reopen  bool            // it is not: he is called once more, and the lead is told
	Answer  Answer
	LogOn   string `json:",omitempty"` // of our own people, who is logged on: "list/name", a line each
	LogOff  string `json:",omitempty"` // and off
	Wrong   bool   `json:",omitempty"` // a code that is nobody's
	Puzzled bool   // the answer is one of those that a number gets once in a while only
}

// React decides about a text that asks for something.
func (s Texter) React(w Word) Reaction {
	r := s.react(w)
	switch {
	case s.Objects: // it outlasts everything, what he asks for later too; a person reads it
		return Reaction{Cancel: r.Cancel, Stop: r.Stop}
	case !s.Reached: // somebody at a paid or foreign number: no text goes there
		r.Answer, r.Puzzled = "", false
		if r.Wish == wissel.WishText {
			r.Wish = ""
		}
	}
	return r
}

func (s Texter) react(w Word) Reaction {
	switch w {
	case WordStop:
		if !s.Wants && !s.Owed {
			return Reaction{Stop: true, Answer: AnswerStopped, Puzzled: true} // he had none: an automatic answerer may say STOP too
		}
		return Reaction{Stop: true, Answer: pick(s.Owed, AnswerStoppedOwed, AnswerStopped)}
	case WordNoCall:
		if !s.Owed {
			return Reaction{Answer: AnswerNotOwed}
		}
		return Reaction{Cancel: true, Answer: pick(s.Wants, AnswerNoCallNews, AnswerNoCall)}
	case WordInfo:
		return Reaction{Wish: wissel.WishText, Answer: AnswerInfo}
	case WordCall:
		switch {
		case s.Owed:
			return Reaction{Answer: AnswerCallOwed}
		case !s.May:
			return Reaction{Wish: wissel.WishText, Answer: AnswerNoMore}
		}
		return Reaction{Wish: wissel.WishCallback, Answer: AnswerCall}
	case WordYes:
		if s.Asked {
			return Reaction{Solved: true, Answer: AnswerThanks}
		}
	case WordNo:
		if s.Asked {
			return Reaction{Reopen: true, Answer: AnswerReopened}
		}
	case WordHelp:
		return Reaction{Answer: AnswerHelp}
	case WordLogOn, WordLogOff, WordOther: // a code is judged before its word (ReadLogging)
	}
	return Reaction{Answer: pick(s.Owed, AnswerReadOwed, AnswerRead), Puzzled: true}
}

func pick(yes bool, a, b Answer) Answer {
	if yes {
		return a
	}
	return b
}

// Inbound is a text that came to us: a row, on disk before its provider is told that we have it.
type Inbound struct {
	wissel.Row
	Received
	Key      string // KeysOf: one of each text, however often its provider brings it
	Group    wissel.GroupID
	Word     Word
	Language string   // that his words show, or that he chose; empty: neither
	Callback string   // id of his open callback as it came; empty: none
	Reaction Reaction // decided once
	Answered string   // key of the answer, or why there is none
	Done     bool     // all that follows from it is on disk
}

// KeysOf are the keys under which a text may be known: the first is its own. A provider that gives no ids brings a text again as it
// was, so that the same words of the same sender within ten minutes or so are one.
func KeysOf(r Received) []string {
	if r.ID != "" {
		return []string{hashed(r.Provider, r.ID)}
	}
	const slot = 10 * time.Minute
	at := r.At.Truncate(slot)
	key := func(at time.Time) string {
		return hashed(r.Provider, string(r.From), r.To, r.Body, at.UTC().Format(time.RFC3339))
	}
	return []string{key(at), key(at.Add(-slot))}
}

func hashed(parts ...string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q", parts))
	return hex.EncodeToString(sum[:16])
}
