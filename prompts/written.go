package prompts

import "wissel/internal/sms"

// Words is how a language writes days in texts: as its voices say them.
func (s *Store) Words(lang string) sms.Words {
	return sms.Spoken{Grammar: s.Grammar(lang), Clip: func(id string) string {
		text, _ := s.Text(lang, id)
		return text.Text
	}}
}
