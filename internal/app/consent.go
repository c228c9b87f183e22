package app

import (
	"encoding/json"

	"wissel"
)

// consent is what a caller agrees to by a wish: the key that he pressed last, and the wording that he had heard before it.
type consent struct {
	Key     string   `json:"key,omitempty"`
	Wording []string `json:"wording"`
}

// worded names prompts as they are worded and spoken now (prompts.Store).
type worded interface {
	Wording(lang, id string) string
}

// consent writes what he agrees to.
func (x *attending) consent(w wissel.Wish) string {
	c := consent{Wording: []string{}}
	if n := len(w.Choices); n > 0 && !w.ByHand {
		c.Key = w.Choices[n-1]
	}
	words, ok := x.clips().(worded)
	for _, p := range x.asked {
		if ok && p.ID != "" { // a value, such as his number, is in the wish itself
			c.Wording = append(c.Wording, words.Wording(p.Lang, p.ID))
		}
	}
	text, err := json.Marshal(c)
	if err != nil {
		panic("app: texts cannot be encoded: " + err.Error()) // they always can
	}
	return string(text)
}
