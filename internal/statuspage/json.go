package statuspage

import (
	"encoding/json"
	"time"
)

// The shape of Statuspage's API, version 2, summary.json: what programs read that watch others' pages (carriers/outside among them).
// Of an incident's own times only those that Statuspage has are told.
type (
	summary struct {
		Page        pageData        `json:"page"`
		Status      statusData      `json:"status"`
		Components  []componentData `json:"components"`
		Incidents   []incidentData  `json:"incidents"` // that go on
		Maintenance []struct{}      `json:"scheduled_maintenances"`
	}
	pageData struct {
		ID        string `json:"id"`
		Name      string `json:"name"`
		URL       string `json:"url"`
		TimeZone  string `json:"time_zone"`
		UpdatedAt string `json:"updated_at"`
	}
	statusData struct {
		Indicator   string `json:"indicator"` // none, minor, major
		Description string `json:"description"`
	}
	componentData struct {
		ID          string  `json:"id"`
		Name        string  `json:"name"`
		Status      string  `json:"status"` // operational, degraded_performance, major_outage
		Description *string `json:"description"`
		Position    int     `json:"position"`
		UpdatedAt   string  `json:"updated_at"`
		PageID      string  `json:"page_id"`
		GroupID     *string `json:"group_id"`
		Group       bool    `json:"group"`
		Showcase    bool    `json:"showcase"`
		OnlyIfBad   bool    `json:"only_show_if_degraded"`
	}
	incidentData struct {
		ID         string          `json:"id"`
		Name       string          `json:"name"`
		Status     string          `json:"status"` // identified; monitoring: its expected end has passed
		Impact     string          `json:"impact"`
		CreatedAt  string          `json:"created_at"`
		UpdatedAt  string          `json:"updated_at"`
		StartedAt  string          `json:"started_at"`
		ResolvedAt *string         `json:"resolved_at"`
		Shortlink  string          `json:"shortlink"`
		PageID     string          `json:"page_id"`
		Updates    []updateData    `json:"incident_updates"`
		Components []componentData `json:"components"`
	}
	updateData struct {
		ID         string `json:"id"`
		IncidentID string `json:"incident_id"`
		Status     string `json:"status"`
		Body       string `json:"body"`
		CreatedAt  string `json:"created_at"`
		UpdatedAt  string `json:"updated_at"`
		DisplayAt  string `json:"display_at"`
	}
)

var (
	indicators = map[State]string{Works: "none", Trouble: "minor", Outage: "major"}
	components = map[State]string{Works: "operational", Trouble: "degraded_performance", Outage: "major_outage"}
)

// json is status.json, in the words of the page's first language.
func (p Page) json(w Words) ([]byte, error) {
	const page = "wissel"
	utc := func(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
	overall := p.Overall()
	out := summary{
		Page:       pageData{ID: page, Name: p.Name, URL: p.Address, TimeZone: p.Zone.String(), UpdatedAt: utc(p.At)},
		Status:     statusData{indicators[overall], w[map[State]string{Works: "all-well", Trouble: "some-trouble", Outage: "some-outage"}[overall]]},
		Components: []componentData{}, Incidents: []incidentData{}, Maintenance: []struct{}{},
	}
	for i, g := range p.Groups {
		says := w[string(g.State)]
		c := componentData{ID: g.ID, Name: g.Name, Status: components[g.State], Description: &says, Position: i + 1, UpdatedAt: utc(p.At), PageID: page, Showcase: true}
		out.Components = append(out.Components, c)
		one, on := g.Now()
		if !on {
			continue
		}
		status := "identified"
		if !one.Heard {
			status = "monitoring"
		}
		in := incidentData{
			ID: one.ID, Name: g.Name + ": " + says, Status: status, Impact: indicators[g.State], CreatedAt: utc(one.Began), StartedAt: utc(one.Began),
			UpdatedAt: utc(one.Updates[0].At), Shortlink: p.Address, PageID: page, Components: []componentData{c},
		}
		for _, u := range one.Updates {
			at := utc(u.At)
			in.Updates = append(in.Updates, updateData{u.ID, one.ID, "identified", texts(u, p.Languages[0], w)[0].Text, at, at, at})
		}
		out.Incidents = append(out.Incidents, in)
	}
	data, err := json.MarshalIndent(out, "", "  ")
	return append(data, '\n'), err
}
