package draaiboek

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Purpose is what a question is for.
type Purpose string

// The purposes.
const (
	ToAnswer Purpose = "ask"     // an ask step
	ToBegin  Purpose = "begin"   // a trigger proposes it
	ToAgree  Purpose = "agree"   // a second person
	ToMend   Purpose = "trouble" // a step failed, or what was expected was not seen
	ToAttend Purpose = "attend"  // is anybody there?
	ToUndo   Purpose = "undo"    // a step could not be taken back
)

// The answers to questions that no file writes.
const (
	Begin  = "start"
	Refuse = "refuse"
	Here   = "here"
	Again  = "again"
	Skip   = "skip"
	Leave  = "leave"
)

// Question is something that is asked of people: the first answer counts.
type Question struct {
	ID       string
	For      Purpose
	Step     int      // of the run; -1: of none
	Choices  []string `json:",omitempty"`
	Form     Form     `json:",omitempty"`
	Default  string
	Duty     string // the list that is asked along
	Except   string `json:",omitempty"` // who is not asked: he proposed it
	Why      string `json:",omitempty"`
	Asked    []Asked
	Since    time.Time
	Next     time.Time // when one more is asked
	Escalate time.Duration
	Deadline time.Time
	Wrong    int `json:",omitempty"` // codes that fit none, while it was open

	Answer string    `json:",omitempty"`
	By     string    `json:",omitempty"` // empty: nobody answered, and the default was taken
	Closed time.Time `json:",omitzero"`
}

// Asked is one who was asked, with the code that was sent to him for this question alone.
type Asked struct {
	Person string
	Code   string
	At     time.Time
}

// mostWrong codes for one question: then texts no longer count for it. Of a million codes that leaves a guesser one chance in 100,000.
const mostWrong = 10

// deaf reports whether answers by text count no longer.
func (q Question) deaf() bool { return q.Wrong >= mostWrong }

// codeOf makes the code of a person for a question: 6 digits, which nobody can tell who does not know the seed.
func codeOf(seed []byte, question, person string, n int) string {
	h := hmac.New(sha256.New, seed)
	fmt.Fprintf(h, "%s\n%s\n%d", question, person, n)
	return fmt.Sprintf("%06d", binary.BigEndian.Uint64(h.Sum(nil))%1_000_000)
}

// code is one that nobody was sent before in this run.
func (r *Run) code(question, person string) string {
	for n := 0; ; n++ {
		c := codeOf(r.Seed, question, person, n)
		if !r.sent(c) || n > 100 {
			return c
		}
	}
}

func (r *Run) sent(code string) bool {
	for _, qs := range [][]Question{r.Open, r.Closed} {
		for _, q := range qs {
			if _, ok := q.to(code); ok {
				return true
			}
		}
	}
	return false
}

// to gives whom a code was sent to. It compares all of them, whole.
func (q Question) to(code string) (person string, ok bool) {
	for _, a := range q.Asked {
		if subtle.ConstantTimeCompare([]byte(a.Code), []byte(code)) == 1 {
			person, ok = a.Person, true
		}
	}
	return person, ok
}

// read makes an answer of what somebody wrote: the name or the number of a choice, or words of the form. why: it is none.
func (q Question) read(written string) (answer, why string) {
	written = strings.TrimSpace(written)
	if q.Form != "" {
		return written, q.Form.Refuse(written)
	}
	for i, c := range q.Choices {
		if strings.EqualFold(written, c) || written == strconv.Itoa(i+1) {
			return c, ""
		}
	}
	return "", fmt.Sprintf("%q is none of %s", short(written), strings.Join(q.Choices, ", "))
}

var clockForm = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)

// Refuse says what is wrong with an answer in words; empty: nothing.
func (f Form) Refuse(answer string) string {
	if answer == "" || utf8.RuneCountInString(answer) > 200 || strings.ContainsFunc(answer, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return "an answer has 1 to 200 characters on one line"
	}
	switch f {
	case Link:
		u, err := url.Parse(answer)
		if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
			return fmt.Sprintf("%q is no link; https://www.example.nl/storing is one", short(answer))
		}
	case Clock:
		if !clockForm.MatchString(answer) {
			return fmt.Sprintf("%q is no time of day; 17:30 is one", short(answer))
		}
	case Minutes:
		if n, err := strconv.Atoi(answer); err != nil || n < 0 || n > 10_000 {
			return fmt.Sprintf("%q is no number of minutes; 90 is one", short(answer))
		}
	case Text:
	default:
		return "this form is not known"
	}
	return ""
}

func short(s string) string {
	if utf8.RuneCountInString(s) > 40 {
		return string([]rune(s)[:40]) + "…"
	}
	return s
}

var digitsForm = regexp.MustCompile(`[0-9]+`)

// ParseAnswer finds the code in a text that somebody sent, and what he answers: "123456 ja", "ja 123456". false: there is no code in it,
// or more than one.
func ParseAnswer(text string) (code, answer string, ok bool) {
	if len(text) > 1000 {
		return "", "", false
	}
	at := -1
	for _, m := range digitsForm.FindAllStringIndex(text, -1) {
		if m[1]-m[0] != 6 {
			continue
		}
		if at >= 0 {
			return "", "", false
		}
		at = m[0]
	}
	if at < 0 {
		return "", "", false
	}
	rest := strings.Join(strings.Fields(text[:at]+" "+text[at+6:]), " ")
	return text[at : at+6], strings.Trim(rest, " .,:;"), true
}

// person is a name without the list that it stands in: anna of home/anna.
func person(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

// meant gives the open question that somebody means who was proven to be who he is: by its id, by its step, or the only one. Of several, the
// one of the step that is under way.
func (r *Run) meant(id, step string) int {
	byStep := -1
	for i, q := range r.Open {
		switch {
		case id != "" && q.ID == id:
			return i
		case id == "" && step != "" && q.Step >= 0 && r.Scenario.Steps[q.Step].Name == step,
			id == "" && step == "" && (byStep < 0 || q.For != ToAttend):
			byStep = i
		}
	}
	return byStep
}

// shut finds a closed question in the same way, the newest first.
func (r *Run) shut(id, step string) (Question, bool) {
	for _, q := range slices.Backward(r.Closed) {
		if id != "" && q.ID == id || id == "" && step != "" && q.Step >= 0 && r.Scenario.Steps[q.Step].Name == step {
			return q, true
		}
	}
	return Question{}, false
}
