package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"wissel"
)

// Message is what the callers of a group hear about its outage, or heard.
type Message struct {
	ID     string         `json:"id"`
	Group  wissel.GroupID `json:"group"`
	State  string         `json:"state"` // live; lapsed: past its end, callers hear the standing wording; ended
	Said   []Said         `json:"said"`
	Live   time.Time      `json:"live"`           // since when it was heard
	Again  time.Time      `json:"again,omitzero"` // since when it is heard again, after its end had passed
	Until  time.Time      `json:"until,omitzero"` // its expected end; absent: none said
	Next   time.Time      `json:"next"`           // when its next update is due
	Ended  time.Time      `json:"ended,omitzero"`
	By     string         `json:"ended_by,omitempty"`
	Who    string         `json:"who"`
	Reason string         `json:"reason"`
}

// Said is a message in one language.
type Said struct {
	Language string `json:"language"`
	Text     string `json:"text,omitempty"`
	LengthMS int64  `json:"length_ms,omitempty"` // 0: it has no sound, and callers hear the standing wording
	Sum      string `json:"sum,omitempty"`       // SHA-256 of the sound's file
	Lost     bool   `json:"lost,omitempty"`      // the file is not there any more
}

// Draft is sound that was made ready to go live.
type Draft struct {
	ID       string         `json:"id"`
	Group    wissel.GroupID `json:"group"`
	Language string         `json:"language"`
	LengthMS int64          `json:"length_ms"`
	Loudness float64        `json:"loudness_lufs"`
	Peak     float64        `json:"peak_dbtp"`
	Gain     float64        `json:"gain_db"`
	BeforeMS int64          `json:"cut_before_ms"`
	AfterMS  int64          `json:"cut_after_ms"`
	Form     string         `json:"form"` // of the file that came
}

// MessageRequest asks to put a message live, to move the end of the live one, or to end it.
type MessageRequest struct {
	Group  wissel.GroupID    `json:"group"`
	Drafts []string          `json:"drafts,omitempty"` // ids, one for each language; to go live only
	Texts  map[string]string `json:"texts,omitempty"`  // what is said in them, by language; to go live only
	Keep   []string          `json:"keep,omitempty"`   // languages that go on with what they have of the message that is live; to go live only
	Of     string            `json:"of,omitempty"`     // id of the message that is meant, to extend or to end it; empty: whichever is live
	Until  time.Time         `json:"until,omitzero"`
	Next   int               `json:"next_s,omitempty"` // seconds from now until the next update is due; 0: half an hour
	Reason string            `json:"reason"`
	Check  bool              `json:"check,omitempty"` // only look what there is to say of it; to go live only
}

// MessageSet tells what that changed.
type MessageSet struct {
	Message  Message  `json:"message"` // as it is now
	Before   string   `json:"before"`
	After    string   `json:"after"`
	Warnings []string `json:"warnings,omitempty"` // of what callers hear
	Notes    []string `json:"notes,omitempty"`
}

// Messages is what the API needs of the server for the messages about outages.
type Messages interface {
	// Messages lists the newest of a group (empty: of all), newest first; 0: a hundred.
	Messages(ctx context.Context, group wissel.GroupID, limit int) ([]Message, error)
	// DraftMessage makes a WAV file ready to go live. Nobody hears it yet.
	DraftMessage(ctx context.Context, group wissel.GroupID, lang string, wav io.Reader) (Draft, error)
	LiveMessage(ctx context.Context, r MessageRequest, by Actor) (MessageSet, error)
	ExtendMessage(ctx context.Context, r MessageRequest, by Actor) (MessageSet, error)
	EndMessage(ctx context.Context, r MessageRequest, by Actor) (MessageSet, error)
	// MessageSound gives the sound of a message, a WAV file.
	MessageSound(ctx context.Context, id, lang string) ([]byte, error)
}

// A recording that comes over the API: 32 MiB are three minutes of any form, and come within a minute over the thinnest line
// that anybody would upload them on.
const (
	maxUpload = 32<<20 + 1<<10
	uploadIn  = time.Minute
)

// soundType is what a recording is sent as.
const soundType = "audio/wav"

// listMessages reads which messages are wanted, and gives them.
func (c *Control) listMessages(r *http.Request) ([]Message, error) {
	limit := 0
	if v := r.URL.Query().Get("limit"); v != "" {
		var err error
		if limit, err = strconv.Atoi(v); err != nil || limit < 0 {
			return nil, Faultf(http.StatusBadRequest, "message list", "limit is no number: %s", v)
		}
	}
	all, err := c.board.Messages(r.Context(), wissel.GroupID(r.URL.Query().Get("group")), limit)
	return notNil(all), err
}

func (c *Control) draftMessage(w http.ResponseWriter, r *http.Request) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(uploadIn)) // as decode does
	d, err := c.board.DraftMessage(r.Context(), wissel.GroupID(r.PathValue("group")), r.PathValue("lang"), http.MaxBytesReader(w, r.Body, maxUpload))
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	answer(w, d, err)
}

func (c *Control) messageSound(w http.ResponseWriter, r *http.Request) {
	sound, err := c.board.MessageSound(r.Context(), r.PathValue("id"), r.PathValue("lang"))
	if err != nil {
		answer(w, nil, err)
		return
	}
	c.sendSound(w, sound)
}

// sendSound answers with a WAV file.
func (c *Control) sendSound(w http.ResponseWriter, sound []byte) {
	w.Header().Set("Content-Type", soundType)
	w.Header().Set("Content-Length", strconv.Itoa(len(sound)))
	if _, err := w.Write(sound); err != nil { // who asked is gone
		c.log.Debug("sending a recording", "error", err)
	}
}

// Messages asks for the newest messages of a group (empty: of all), newest first.
func (c *Client) Messages(ctx context.Context, group wissel.GroupID, limit int) (all []Message, err error) {
	q := url.Values{"group": {string(group)}, "limit": {strconv.Itoa(limit)}}
	return all, c.do(ctx, http.MethodGet, "/v1/messages?"+q.Encode(), nil, &all)
}

// DraftMessage sends a WAV file to be made ready. Making it ready may take the server longer than another answer.
func (c *Client) DraftMessage(ctx context.Context, group wissel.GroupID, lang string, wav io.Reader) (d Draft, err error) {
	patient := *c
	patient.patience = 2 * uploadIn
	return d, patient.do(ctx, http.MethodPost, "/v1/messages/"+url.PathEscape(string(group))+"/drafts/"+url.PathEscape(lang), raw{soundType, wav}, &d)
}

// LiveMessage puts drafts live, or looks what there is to say of them.
func (c *Client) LiveMessage(ctx context.Context, r MessageRequest) (s MessageSet, err error) {
	return s, c.do(ctx, http.MethodPost, "/v1/messages/live", r, &s)
}

// ExtendMessage moves the end of the live message, or says that it still holds.
func (c *Client) ExtendMessage(ctx context.Context, r MessageRequest) (s MessageSet, err error) {
	return s, c.do(ctx, http.MethodPost, "/v1/messages/extend", r, &s)
}

// EndMessage lets callers hear the standing wording again.
func (c *Client) EndMessage(ctx context.Context, r MessageRequest) (s MessageSet, err error) {
	return s, c.do(ctx, http.MethodPost, "/v1/messages/end", r, &s)
}

// MessageSound asks for the sound of a message, a WAV file.
func (c *Client) MessageSound(ctx context.Context, id, lang string) ([]byte, error) {
	return c.sound(ctx, http.MethodGet, "/v1/messages/"+url.PathEscape(id)+"/sounds/"+url.PathEscape(lang), nil)
}

// sound asks for a WAV file.
func (c *Client) sound(ctx context.Context, method, path string, body any) (sound []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	resp, err := c.send(ctx, method, path, body)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	if sound, err = io.ReadAll(io.LimitReader(resp.Body, maxRecording)); err != nil {
		return nil, fmt.Errorf("read the recording: %w", err)
	}
	return sound, nil
}
