package web

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"wissel"
)

// FlowCall asks for a flow on somebody's own telephone. To or Number says which: one of them is set.
type FlowCall struct {
	Flow   wissel.FlowID  `json:"-"`
	To     string         `json:"to,omitempty"`     // a SIP address at a trunk's: "sip:anna@10.0.0.5:5060"
	Over   wissel.TrunkID `json:"over,omitempty"`   // of Number
	Number string         `json:"number,omitempty"` // as people write it
	Lang   string         `json:"lang,omitempty"`   // begins in it; empty: by the number that is rung, as for a caller
	Show   string         `json:"show,omitempty"`   // caller id; empty: hidden
}

// FlowCalled is what came of it. Numbers are shortened.
type FlowCalled struct {
	Call     wissel.CallID  `json:"call"`
	Flow     wissel.FlowID  `json:"flow"`
	Trunk    wissel.TrunkID `json:"trunk"`
	To       string         `json:"to"`
	At       time.Time      `json:"at"`
	Answered bool           `json:"answered"`
	Status   int            `json:"status"`   // SIP status of the answer or the last refusal; 0: none came
	HeardMS  int64          `json:"heard_ms"` // from the answer to the end
	Keys     int            `json:"keys"`     // how many were pressed
	Wishes   []string       `json:"wishes"`   // what a caller who pressed the same would have asked for; nothing was written
	Why      string         `json:"why"`      // who ended it, or why it was not answered
}

// FlowCaller rings somebody with a flow.
type FlowCaller interface {
	// CallFlow rings a telephone with a flow, and tells say line by line how it gets on. An error says why none was rung;
	// one that did not answer is none.
	CallFlow(ctx context.Context, q FlowCall, by Actor, say func(line string)) (FlowCalled, error)
}

// callFlow answers with a line of JSON for each step of the call.
func (c *Control) callFlow(w http.ResponseWriter, r *http.Request) {
	var q FlowCall
	if err := decode(w, r, &q); err != nil {
		answer(w, nil, err)
		return
	}
	q.Flow = wissel.FlowID(r.PathValue("flow"))
	telling(c, w, func(say func(line string)) (FlowCalled, error) {
		return c.board.CallFlow(r.Context(), q, actor(r), say)
	})
}

// CallFlow asks for a flow on somebody's own telephone, and tells say how it gets on.
func (c *Client) CallFlow(ctx context.Context, q FlowCall, say func(line string)) (FlowCalled, error) {
	return toldOf[FlowCalled](ctx, c, "/v1/flows/"+url.PathEscape(string(q.Flow))+"/call", q, say)
}
