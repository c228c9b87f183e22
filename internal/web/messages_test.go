package web

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"wissel"
)

func (b *board) Messages(_ context.Context, g wissel.GroupID, limit int) ([]Message, error) {
	return make([]Message, limit), nil
}
func (b *board) DraftMessage(_ context.Context, g wissel.GroupID, lang string, wav io.Reader) (Draft, error) {
	sound, err := io.ReadAll(wav)
	return Draft{ID: string(sound[:4]), Group: g, Language: lang, LengthMS: int64(len(sound))}, err
}
func (b *board) LiveMessage(_ context.Context, r MessageRequest, by Actor) (MessageSet, error) {
	return MessageSet{Before: "live", After: r.Reason}, nil
}
func (b *board) ExtendMessage(_ context.Context, r MessageRequest, by Actor) (MessageSet, error) {
	return MessageSet{Before: "extend", After: r.Reason}, nil
}
func (b *board) EndMessage(_ context.Context, r MessageRequest, by Actor) (MessageSet, error) {
	return MessageSet{Before: "end", After: r.Reason}, nil
}
func (b *board) MessageSound(_ context.Context, id, lang string) ([]byte, error) {
	return []byte("RIFF of " + id + " in " + lang), nil
}

func TestMessagesOverTheSocket(t *testing.T) {
	c, _, _ := serve(t)
	wav := bytes.Repeat([]byte("RIFF"), 1<<20) // more than a request of JSON may have
	if d, err := c.DraftMessage(t.Context(), "support", "nl", bytes.NewReader(wav)); err != nil || d.ID != "RIFF" || d.Group != "support" || d.Language != "nl" || d.LengthMS != 4<<20 {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := c.DraftMessage(t.Context(), "support", "nl", bytes.NewReader(make([]byte, maxUpload+1))); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("a file without end: %v", err)
	}
	for want, ask := range map[string]func(context.Context, MessageRequest) (MessageSet, error){"live": c.LiveMessage, "extend": c.ExtendMessage, "end": c.EndMessage} {
		if s, err := ask(t.Context(), MessageRequest{Reason: "why"}); err != nil || s.Before != want || s.After != "why" {
			t.Errorf("%s: %+v, %v", want, s, err)
		}
	}
	if all, err := c.Messages(t.Context(), "support", 3); err != nil || len(all) != 3 {
		t.Errorf("%+v, %v", all, err)
	}
	if sound, err := c.MessageSound(t.Context(), "a/b", "nl"); err != nil || string(sound) != "RIFF of a/b in nl" {
		t.Errorf("%q, %v", sound, err)
	}
}
