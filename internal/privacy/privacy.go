// Package privacy says what is kept of people, why and how long, hides numbers in what people write, and makes the marks by
// which a number is known again where it may not be kept. It is pure: package store/sqlite keeps, deletes and looks up by it,
// configs reads its settings, internal/app runs it, docs/privacy.md is held against it by a test.
package privacy

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"wissel"
)

// Kind is a kind of rows that are kept for one length of time.
type Kind string

// The kinds. Nobody is what holds nothing of callers: settings, switches, what trunks have shown.
const (
	Nobody     Kind = ""
	Calls      Kind = "calls"
	Callbacks  Kind = "callbacks"
	Voices     Kind = "voices"
	Texts      Kind = "texts"
	Receipts   Kind = "receipts"
	Decisions  Kind = "decisions"
	Audit      Kind = "audit"
	Objections Kind = "objections" // until they are lifted
)

const day = 24 * time.Hour

// Kept is what is kept of one kind.
type Kept struct {
	Kind    Kind
	What    string // is kept
	Why     string
	From    string // from when the time counts
	After   string // what happens then
	Default time.Duration
	Least   time.Duration // that the settings may say
	Most    time.Duration
}

// All are the kinds that have a time, in the order of the settings. docs/privacy.md has them too.
var All = []Kept{
	{Calls, "who rang which line and when, the way the call went and why, how many keys he pressed (never which)",
		"to find out what went wrong with a call, and to count", "the call began", "the row is deleted", 90 * day, day, 2 * 365 * day},
	{Callbacks, "the number to ring or to text, what was asked, by which keys, the consent with its wording, what became of it",
		"to keep what was promised, and to show that it was asked for", "it was closed; one for texts alone: it was asked for", "the rows are deleted", 30 * day, day, 365 * day},
	{Voices, "what a caller said himself, encrypted where a key is set",
		"so that who calls back knows why", "his callback was closed", "the sound is deleted; never later than its callback", 30 * day, time.Hour, 365 * day},
	{Texts, "the words of texts, sent and received", "to send them, and to know what an answer is about", "it was sent or received", "the words are blanked", 7 * day, day, 90 * day},
	{Receipts, "to which number a text went or from which it came, when, by whom it was carried, what became of it",
		"so that none is sent twice, and bills can be checked", "it was sent or received", "the row is deleted", 90 * day, day, 2 * 365 * day},
	{Decisions, "what wissel decided and on which evidence: trunks and addresses, no numbers of callers", "promise 6: each switch can be explained", "it was decided", "the row is deleted", 2 * 365 * day, 30 * day, 10 * 365 * day},
	{Audit, "what operators did and looked at, when, from where and why; numbers of callers only as marks", "to know who had a reason for what", "it was done", "the row is deleted, and one in the chain says so", 2 * 365 * day, 365 * day, 10 * 365 * day},
}

// Of gives what is kept of a kind, and whether it has a time at all.
func Of(k Kind) (Kept, bool) {
	i := slices.IndexFunc(All, func(one Kept) bool { return one.Kind == k })
	if i < 0 {
		return Kept{}, false
	}
	return All[i], true
}

// Settings say how long each kind is kept.
type Settings struct{ Keep map[Kind]time.Duration }

// DefaultSettings are the times of All.
func DefaultSettings() Settings {
	s := Settings{Keep: map[Kind]time.Duration{}}
	for _, one := range All {
		s.Keep[one.Kind] = one.Default
	}
	return s
}

// Check tells what cannot be.
func (s Settings) Check(at string) (ps []wissel.Problem) {
	for _, one := range All {
		if d := s.Keep[one.Kind]; d < one.Least || d > one.Most {
			ps = append(ps, wissel.Problem{Path: at + ".keep." + string(one.Kind), Msg: fmt.Sprintf("%s is outside %s to %s", Days(d), Days(one.Least), Days(one.Most))})
		}
	}
	if s.Keep[Voices] > s.Keep[Callbacks] {
		ps = append(ps, wissel.Problem{Path: at + ".keep.voices", Msg: fmt.Sprintf("a voice is kept no longer than its callback: %s is more than %s, which callbacks says", Days(s.Keep[Voices]), Days(s.Keep[Callbacks]))})
	}
	if s.Keep[Texts] > s.Keep[Receipts] {
		ps = append(ps, wissel.Problem{Path: at + ".keep.texts", Msg: fmt.Sprintf("the words of a text are kept no longer than that it was sent: %s is more than %s, which receipts says", Days(s.Keep[Texts]), Days(s.Keep[Receipts]))})
	}
	return ps
}

// Cut is the moment before which rows of a kind are over at now; zero: none ever are.
func (s Settings) Cut(k Kind, now time.Time) time.Time {
	d, ok := s.Keep[k]
	if !ok || d <= 0 {
		return time.Time{}
	}
	return now.Add(-d)
}

// Days writes a length of time as the settings do: 90d, 36h0m0s.
func Days(d time.Duration) string {
	if d > 0 && d%day == 0 {
		return fmt.Sprintf("%dd", d/day)
	}
	return d.String()
}

// Key makes the marks of numbers: of one store, and never shown.
type Key []byte

// Mark is by what a number is known again where it may not be kept: a keyed hash (HMAC-SHA-256), 64 hexadecimal digits.
// Without the key nobody can try which number it is of.
func (k Key) Mark(n wissel.Number) string {
	h := hmac.New(sha256.New, k)
	h.Write([]byte("number:" + string(n)))
	return hex.EncodeToString(h.Sum(nil))
}

// Short is a mark as audit rows name it.
func (k Key) Short(n wissel.Number) string { return "number " + k.Mark(n)[:16] }

// written finds what may be a person's number in a sentence: with a plus or 00 and at least eight digits, or ten digits from a 0, with
// the blanks, hyphens, dots and brackets that people put between them. Digits that go on beyond that are something else: an id, a time.
var written = regexp.MustCompile(`(?:\+|\b00)[1-9](?:[ \-.()/]{0,2}[0-9]){7,14}\b|\b0[1-9](?:[ \-.]?[0-9]){8}\b`)

// Hide shortens the numbers in what people write into rows that are kept for years: "+31612345678 klaagt" becomes
// "+316****5678 klaagt".
func Hide(text string) string {
	return written.ReplaceAllStringFunc(text, func(s string) string {
		digits := strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' || r == '+' {
				return r
			}
			return -1
		}, s)
		return wissel.Number(digits).Masked()
	})
}

// Found is what a table holds of one number: whole rows, by column.
type Found struct {
	Table string           `json:"table"`
	Rows  []map[string]any `json:"rows"`
}

// Objection is that somebody is never to be rung or sent a text, whatever else is kept of him.
type Objection struct {
	Mark string
	At   time.Time
	Who  string
	Why  string
}
