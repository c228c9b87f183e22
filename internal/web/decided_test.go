package web

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"wissel"
)

func (b *board) Handback(_ context.Context, r HandbackRequest, by Actor) (Switched, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.by = by
	if !r.Now {
		return Switched{}, Faultf(http.StatusConflict, "handback "+string(r.Group), "nothing was switched by itself")
	}
	return Switched{ID: "d1", After: r.Reason}, nil
}

func (b *board) WhatIf(_ context.Context, r WhatIfRequest, _ Actor) (WhatIf, error) {
	return WhatIf{Groups: []GroupIf{{Group: "support", Now: []string{r.Assume["genesys"]}}}}, nil
}

func (b *board) Timeline(_ context.Context, since time.Time, group wissel.GroupID, limit int) (Timeline, error) {
	return Timeline{Moments: make([]Moment, limit), More: group == "support" && time.Since(since) > time.Hour}, nil
}

func TestTheApiOfDecisions(t *testing.T) {
	c, _, _ := serve(t)
	done, err := c.Handback(t.Context(), HandbackRequest{Group: "support", Now: true, Reason: "ticket 1"})
	if err != nil || done.ID != "d1" || done.After != "ticket 1" {
		t.Errorf("handback: %+v, %v", done, err)
	}
	var fault *Fault
	if _, err := c.Handback(t.Context(), HandbackRequest{Group: "support"}); !errors.As(err, &fault) || fault.Code != http.StatusConflict || !strings.Contains(err.Error(), "nothing was switched") {
		t.Errorf("a handback of nothing: %v", err)
	}
	if w, err := c.WhatIf(t.Context(), WhatIfRequest{Assume: map[string]string{"genesys": "down"}}); err != nil || len(w.Groups) != 1 || w.Groups[0].Now[0] != "down" {
		t.Errorf("what-if: %+v, %v", w, err)
	}
	if line, err := c.Timeline(t.Context(), time.Now().Add(-2*time.Hour), "support", 3); err != nil || len(line.Moments) != 3 || !line.More {
		t.Errorf("timeline: %+v, %v", line, err)
	}
}
