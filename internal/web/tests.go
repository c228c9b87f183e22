package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"wissel"
)

// TestResult is what a test call over a trunk showed.
type TestResult struct {
	Call       wissel.CallID  `json:"call"`
	Trunk      wissel.TrunkID `json:"trunk"`
	Number     string         `json:"number"`
	At         time.Time      `json:"at"`
	Expect     wissel.Expect  `json:"expect"`
	Passed     bool           `json:"passed"`
	Outcome    string         `json:"outcome"` // passed, unanswered, no tone, wrong digits, not ours, not tried, broken off
	Why        string         `json:"why"`
	Advice     string         `json:"advice,omitempty"`
	Status     int            `json:"status"`            // SIP status of the answer or the last refusal; 0: none came
	Address    string         `json:"address,omitempty"` // that answered, else that was tried last
	AnsweredMS int64          `json:"answered_ms"`
	TonesMS    int64          `json:"tones_ms"` // from the answer
	Digits     string         `json:"digits"`   // that came back
	Loop       bool           `json:"loop"`     // the number is a test line of ours
	In         wissel.TrunkID `json:"in,omitempty"`
	Shown      string         `json:"shown,omitempty"`   // caller id that was shown
	Arrived    string         `json:"arrived,omitempty"` // and the one that arrived, of a loop test
	Mark       string         `json:"mark,omitempty"`    // "shows another number: …"
}

// told is one line of the answer to what takes a while: how it gets on, or at last what came of it.
type told[R any] struct {
	Text   string `json:"text,omitempty"`
	Result *R     `json:"result,omitempty"`
}

// test answers with a line of JSON for each step of a test call.
func (c *Control) test(w http.ResponseWriter, r *http.Request) {
	telling(c, w, func(say func(line string)) (TestResult, error) {
		return c.board.TestCarrier(r.Context(), wissel.TrunkID(r.PathValue("trunk")), actor(r), say)
	})
}

// telling answers with a line of JSON for each step of do. What is not done at all is a problem as any other.
func telling[R any](c *Control, w http.ResponseWriter, do func(say func(line string)) (R, error)) {
	flusher := http.NewResponseController(w)
	lines := json.NewEncoder(w)
	begun := false
	tell := func(s told[R]) {
		if !begun {
			begun = true
			w.Header().Set("Content-Type", "application/x-ndjson")
		}
		if err := errors.Join(lines.Encode(s), flusher.Flush()); err != nil { // who asked is gone; the call is broken off then
			c.log.Debug("telling of a call", "error", err)
		}
	}
	result, err := do(func(line string) { tell(told[R]{Text: line}) })
	if err != nil && !begun {
		answer(w, nil, err)
		return
	}
	tell(told[R]{Result: &result})
}

// TestCarrier asks for a test call over a trunk, and tells say how it gets on.
func (c *Client) TestCarrier(ctx context.Context, trunk wissel.TrunkID, say func(line string)) (result TestResult, err error) {
	return toldOf[TestResult](ctx, c, "/v1/carriers/"+url.PathEscape(string(trunk))+"/test", nil, say)
}

// toldOf asks for what takes a while, tells say how it gets on, and gives what came of it.
func toldOf[R any](ctx context.Context, c *Client, path string, body any, say func(line string)) (result R, err error) {
	resp, err := c.send(ctx, http.MethodPost, path, body)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	lines := json.NewDecoder(resp.Body)
	for {
		var s told[R]
		if err := lines.Decode(&s); errors.Is(err, io.EOF) {
			return result, errors.New("the server ended before the call did")
		} else if err != nil {
			return result, fmt.Errorf("read how the call gets on: %w", err)
		}
		if s.Result != nil {
			return *s.Result, nil
		}
		say(s.Text)
	}
}
