package prompts

import "strings"

// Wording names a prompt as it is worded and spoken now: "nl/wish.own-ask@1f0c44a7b2d9", the twelve digits being of a hash over its text
// and the operator's own sound. What a caller agreed to can be told by it for as long as that wording is known.
func (s *Store) Wording(lang, id string) string {
	name := lang + "/" + id
	text, _ := s.Text(lang, id)
	return name + "@" + sum([]byte(text.Voice + "|" + text.Text + "|" + strings.TrimSpace(s.ownSum(name))))[:12]
}
