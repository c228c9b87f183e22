package sms

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"wissel"
)

// Provider takes texts for phones. Package smstest holds every provider to what is said here.
type Provider interface {
	// Send offers a text once, and gives what is known of it when ctx ends at the latest. It is safe for use by several
	// goroutines. Whatever is sent again after an Unknown is sent twice, unless Traits says otherwise.
	Send(ctx context.Context, t Text) Outcome

	// Run serves until ctx ends, and gives every event to keep, which returns once the event is on disk. An event that keep
	// refuses is not confirmed to the provider, who offers it again. Events come in any order, more than once, and before the
	// Send that they belong to has returned. While Run does not run, Send gives Later. It is called once.
	Run(ctx context.Context, keep func(Event) error) error

	Traits() Traits
}

// Traits is what differs between providers that keep the contract.
type Traits struct {
	Repeats bool // a Send with a key that the provider has seen sends nothing, and gives the outcome of the first
}

// Text is a text to be sent.
type Text struct {
	Key   string        // one of each cause: 1 to 64 of a-z, A-Z, 0-9, "-", "_" and "."
	From  string        // an E.164 number with its plus, a short number, or 1 to 11 letters, digits and spaces
	To    wissel.Number // E.164
	Body  string
	Valid time.Duration // how long the provider may go on trying; from a minute to 48 hours
	Had   []string      // the ids that this provider gave its parts in earlier attempts, "" for none: those are not sent again
}

// Check says what makes a text unfit to be sent; nil: nothing does. It does not name the recipient.
func (t Text) Check() error {
	switch {
	case !keyed(t.Key):
		return fmt.Errorf("the key %.70q is not 1 to 64 letters, digits, '-', '_' and '.'", t.Key)
	case !Sender(t.From):
		return fmt.Errorf("the sender %.20q is neither a number nor 1 to 11 letters, digits and spaces", t.From)
	case len(t.To) < 8 || len(t.To) > 16 || t.To[0] != '+' || !digits(string(t.To[1:])):
		return errors.New("the recipient is not an E.164 number")
	case t.Valid < time.Minute || t.Valid > 48*time.Hour:
		return fmt.Errorf("valid for %v is outside 1m to 48h", t.Valid)
	}
	_, _, err := Split(t.Body, 0)
	return err
}

func keyed(s string) bool {
	return s != "" && len(s) <= 64 && strings.IndexFunc(s, func(r rune) bool {
		return !alphanumeric(r) && r != '-' && r != '_' && r != '.'
	}) < 0
}

// Sender reports whether s can be the sender of a text: a number in E.164, a short number, or a name of at most 11 characters.
func Sender(s string) bool {
	if plain, plus := strings.CutPrefix(s, "+"); plus {
		return len(plain) >= 7 && len(plain) <= 15 && digits(plain)
	}
	return s != "" && len(s) <= 11 && s == strings.TrimSpace(s) &&
		strings.IndexFunc(s, func(r rune) bool { return !alphanumeric(r) && r != ' ' }) < 0
}

func alphanumeric(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

func digits(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}

// Verdict is what a provider said of a text.
type Verdict uint8

// The verdicts. The zero one is the careful one.
const (
	Unknown  Verdict = iota // it may have been taken, or not: no answer, or none that can be read
	Accepted                // the provider has it, and says so
	Refused                 // the provider will never take it so; Fault says whose the fault is
	Later                   // it was certainly not taken; it may be offered again After
)

func (v Verdict) String() string {
	switch v {
	case Accepted:
		return "accepted"
	case Refused:
		return "refused"
	case Later:
		return "later"
	case Unknown:
	}
	return "unknown"
}

// Fault is whose fault a refusal is.
type Fault uint8

// The faults.
const (
	OfProvider Fault = iota // our account, sender or contract there: another provider may take it
	OfText                  // this number or these words: nobody will take it
)

func (f Fault) String() string {
	if f == OfText {
		return "text"
	}
	return "provider"
}

// Outcome is what came of one Send.
type Outcome struct {
	Verdict Verdict
	IDs     []string      // of the parts, as the provider named them, "" for one that it has not; an Unknown and a Later may have some
	Fault   Fault         // of a Refused
	Reason  string        // for people, 200 bytes at most: never a secret, a number or the words of the text
	After   time.Duration // of a Later: when it makes sense again; 0: at once, elsewhere or here
}

// Because makes text of the far end's fit to be a Reason: one line, in UTF-8, short.
func Because(format string, args ...any) string {
	s := strings.Join(strings.Fields(strings.ToValidUTF8(fmt.Sprintf(format, args...), "\uFFFD")), " ")
	if len(s) <= 200 {
		return s
	}
	at := 197
	for !utf8.RuneStart(s[at]) {
		at--
	}
	return s[:at] + "…"
}

// Kind is what an event tells.
type Kind uint8

// The kinds.
const (
	Receipt  Kind = iota + 1 // what became of a text, or of a part of one
	Answered                 // the answer to a Send that had given up on it: Outcome is what it would have given
	Incoming                 // a text to us
)

func (k Kind) String() string {
	switch k {
	case Receipt:
		return "receipt"
	case Answered:
		return "answered"
	case Incoming:
		return "incoming"
	}
	return "none"
}

// State is where a text is, by a receipt.
type State uint8

// The states. Underway is not final, and says only that the provider has the text.
const (
	Underway State = iota
	Delivered
	Undelivered // the network gave up on it before its time: a wrong number, a phone that refuses
	Expired     // its time passed
)

func (s State) String() string {
	switch s {
	case Delivered:
		return "delivered"
	case Undelivered:
		return "undelivered"
	case Expired:
		return "expired"
	case Underway:
	}
	return "underway"
}

// Final reports whether nothing more is to be expected.
func (s State) Final() bool { return s != Underway }

// Event is what a provider tells by itself.
type Event struct {
	Kind    Kind
	Key     string    // of the text, when the provider gives it back; always there in an Answered
	ID      string    // of a Receipt: as in Outcome.IDs; of an Incoming: the provider's, or empty
	State   State     // of a Receipt
	Reason  string    // of a Receipt that is not Delivered: the provider's code and words, as Outcome.Reason
	Outcome Outcome   // of an Answered
	Ref     uint16    // of a Receipt: RefOf the key and the part, where the provider gives that back; 0: it does not
	From    string    // who sent an Incoming, and whom a Receipt is of, as the provider wrote it
	To      string    // of an Incoming: our number
	Body    string    // of an Incoming
	At      time.Time // by the provider's clock; zero: it does not say
}
