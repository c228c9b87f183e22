package web

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"wissel"
)

// Recording is what a caller said into a flow, kept with his wish.
type Recording struct {
	ID       string         `json:"id"` // of the wish
	Call     wissel.CallID  `json:"call"`
	Group    wissel.GroupID `json:"group"`
	Flow     wissel.FlowID  `json:"flow"`
	Language string         `json:"language"`
	Number   string         `json:"number"` // shortened unless the whole was asked for; "withheld": none is known
	At       time.Time      `json:"at"`
	LengthMS int64          `json:"length_ms"`
	State    string         `json:"state"` // waiting, heard, removed; lost: its file is not there
	Heard    time.Time      `json:"heard,omitzero"`
	Removed  time.Time      `json:"removed,omitzero"`
}

// Recordings is what the API gives of what callers said.
type Recordings interface {
	// Recordings lists the newest, newest first.
	Recordings(ctx context.Context) ([]Recording, error)
	// RecordingNumbers lists them with the callers' whole numbers.
	RecordingNumbers(ctx context.Context, r ReadRequest, by Actor) ([]Recording, error)
	// ExportRecording gives the sound, a WAV file.
	ExportRecording(ctx context.Context, id string, r ReadRequest, by Actor) ([]byte, error)
	// RemoveRecording removes the sound; the wish stays.
	RemoveRecording(ctx context.Context, id string, r ReadRequest, by Actor) (Recording, error)
}

// maxRecording is the longest WAV file that a client takes: two minutes of 16 kHz are 4 MB.
const maxRecording = 16 << 20

func (c *Control) exportRecording(w http.ResponseWriter, r *http.Request) {
	var q ReadRequest
	err := decode(w, r, &q)
	var sound []byte
	if err == nil {
		sound, err = c.board.ExportRecording(r.Context(), r.PathValue("id"), q, actor(r))
	}
	if err != nil {
		answer(w, nil, err)
		return
	}
	c.sendSound(w, sound)
}

func (c *Control) removeRecording(w http.ResponseWriter, r *http.Request) {
	var q ReadRequest
	err := decode(w, r, &q)
	var done Recording
	if err == nil {
		done, err = c.board.RemoveRecording(r.Context(), r.PathValue("id"), q, actor(r))
	}
	answer(w, done, err)
}

// Recordings asks for what callers said.
func (c *Client) Recordings(ctx context.Context) (all []Recording, err error) {
	return all, c.do(ctx, http.MethodGet, "/v1/recordings", nil, &all)
}

// RecordingNumbers asks for them with the callers' whole numbers.
func (c *Client) RecordingNumbers(ctx context.Context, r ReadRequest) (all []Recording, err error) {
	return all, c.do(ctx, http.MethodPost, "/v1/recordings/numbers", r, &all)
}

// ExportRecording asks for the sound of one, a WAV file.
func (c *Client) ExportRecording(ctx context.Context, id string, r ReadRequest) ([]byte, error) {
	return c.sound(ctx, http.MethodPost, "/v1/recordings/"+url.PathEscape(id)+"/export", r)
}

// RemoveRecording asks for the sound of one to be removed.
func (c *Client) RemoveRecording(ctx context.Context, id string, r ReadRequest) (done Recording, err error) {
	return done, c.do(ctx, http.MethodPost, "/v1/recordings/"+url.PathEscape(id)+"/remove", r, &done)
}
