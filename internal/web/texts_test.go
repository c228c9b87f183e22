package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func (b *board) Texts(_ context.Context, q TextQuery) ([]Text, error) {
	return []Text{{ID: "t1", Group: q.Group, Purpose: q.Purpose, Stage: q.Stage, Parts: q.Limit, At: q.Since}}, nil
}

func (b *board) Text(_ context.Context, id string) (Text, error) { return Text{ID: id}, nil }

func (b *board) TextState(context.Context) (TextState, error) {
	return TextState{Paused: []string{"support"}}, nil
}

func (b *board) PreviewText(_ context.Context, r TextPreviewRequest, _ Actor) (TextPreview, error) {
	return TextPreview{Text: r.Template}, nil
}

func (b *board) TestText(_ context.Context, r TextTestRequest, by Actor) (Text, error) {
	return Text{ID: r.Number, Why: by.Who}, nil
}

func (b *board) PauseTexts(_ context.Context, r TextPauseRequest, _ Actor) (TextPaused, error) {
	return TextPaused{Group: r.Group, Waiting: 1}, nil
}

func (b *board) ResumeTexts(_ context.Context, r TextPauseRequest, _ Actor) (TextPaused, error) {
	return TextPaused{Group: r.Group, Waiting: 2}, nil
}

func TestTextsOverTheAPI(t *testing.T) {
	c, _, _ := serve(t)
	since := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	all, err := c.Texts(t.Context(), TextQuery{Group: "support", Purpose: "news", Stage: "sent", Since: since, Limit: 7})
	if err != nil || len(all) != 1 || all[0].Group != "support" || all[0].Purpose != "news" || all[0].Stage != "sent" || all[0].Parts != 7 || !all[0].At.Equal(since) {
		t.Errorf("%+v, %v", all, err)
	}
	if one, err := c.Text(t.Context(), "t/2"); err != nil || one.ID != "t/2" {
		t.Errorf("%+v, %v", one, err)
	}
	if s, err := c.TextState(t.Context()); err != nil || len(s.Paused) != 1 {
		t.Errorf("%+v, %v", s, err)
	}
	if p, err := c.PreviewText(t.Context(), TextPreviewRequest{Template: "x"}); err != nil || p.Text != "x" {
		t.Errorf("%+v, %v", p, err)
	}
	if s, err := c.TestText(t.Context(), TextTestRequest{Number: "1"}); err != nil || s.ID != "1" || s.Why == "" {
		t.Errorf("%+v, %v", s, err)
	}
	if p, err := c.PauseTexts(t.Context(), TextPauseRequest{Group: "support"}); err != nil || p.Waiting != 1 {
		t.Errorf("%+v, %v", p, err)
	}
	if p, err := c.ResumeTexts(t.Context(), TextPauseRequest{Group: "support"}); err != nil || p.Waiting != 2 {
		t.Errorf("%+v, %v", p, err)
	}
}

// textTeller is one provider, cm, whose receipts wait until they are let go.
type textTeller struct{ wait chan struct{} }

func (d textTeller) TextReceipts(provider string) http.Handler {
	if provider != "cm" {
		return nil
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-d.wait
		w.WriteHeader(http.StatusNoContent)
	})
}

func (d textTeller) TextIncoming(string) http.Handler { return nil }

func TestWhatProvidersTellHasItsOwnDoor(t *testing.T) {
	d := textTeller{make(chan struct{})}
	h := TextHandler(d)
	ask := func(method, path string) int {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader("{}")))
		return w.Code
	}
	for path, want := range map[string]int{"/texts/twilio/receipts": 404, "/texts/cm/incoming": 404, "/texts/cm/else": 404, "/v1/status": 404, "/metrics": 404} {
		if got := ask("POST", path); got != want {
			t.Errorf("%s: %d", path, got)
		}
	}
	if got := ask("GET", "/texts/cm/receipts"); got != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", got)
	}
	codes := make(chan int)
	for range mostTelling {
		go func() { codes <- ask("POST", "/texts/cm/receipts") }()
	}
	for len(d.wait) == 0 { // until all places are taken one more is let in, and waits as they do
		got := make(chan int, 1)
		go func() { got <- ask("POST", "/texts/cm/receipts") }()
		select {
		case code := <-got:
			if code != http.StatusServiceUnavailable {
				t.Errorf("one too many: %d", code)
			}
			close(d.wait)
			for range mostTelling {
				if code := <-codes; code != http.StatusNoContent && code != http.StatusServiceUnavailable {
					t.Errorf("%d", code)
				}
			}
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (b *board) IncomingTexts(context.Context) ([]IncomingText, error) { return nil, nil }
