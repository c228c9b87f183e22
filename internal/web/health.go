package web

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"wissel"
)

// CarrierHealth is one trunk, each address with all that its health rests on.
type CarrierHealth struct {
	Carrier
	Ours   string          `json:"ours,omitempty"` // why all that fails is taken for our own fault
	Health []AddressHealth `json:"health"`
}

// AddressHealth is one address with its layers of evidence.
type AddressHealth struct {
	Address  string        `json:"address"`
	State    string        `json:"state"`
	Since    time.Time     `json:"since,omitzero"`
	Evidence string        `json:"evidence"`
	Change   string        `json:"change"` // what would change its state
	Flaps    int           `json:"flaps"`  // falls that have not been forgotten
	Hold     string        `json:"hold"`   // how long a fall holds it down at least: "10s"
	Probed   string        `json:"probed"` // between its OPTIONS: "2s"; empty: it is not asked
	Seen     time.Time     `json:"seen,omitzero"`
	Proven   time.Time     `json:"proven,omitzero"`
	Layers   []LayerHealth `json:"layers"`
}

// LayerHealth is one kind of evidence.
type LayerHealth struct {
	Layer    string    `json:"layer"` // transport, probe, calls, media, ends, quality, test, outside
	State    string    `json:"state"`
	Since    time.Time `json:"since,omitzero"`
	Bad      int       `json:"bad"`  // bad observations in a row
	Good     int       `json:"good"` // good ones in a row
	Evidence string    `json:"evidence"`
	Stale    bool      `json:"stale"` // nothing was heard of it for so long that it does not count
	Change   string    `json:"change"`
}

// Carrier asks for one trunk and what its health rests on.
func (c *Client) Carrier(ctx context.Context, trunk wissel.TrunkID) (h CarrierHealth, err error) {
	return h, c.do(ctx, http.MethodGet, "/v1/carriers/"+url.PathEscape(string(trunk)), nil, &h)
}
