package wissel

import "time"

// Message is what the callers of a group hear about its outage, spoken by a person, in the place of the standing wording. It
// is kept for good, whatever comes after it: of a group the newest counts (package internal/message).
type Message struct {
	Row
	Group GroupID
	Said  []Said    // one of each language, sorted
	Until time.Time // when the outage is expected to be over; past it callers hear the standing wording. Zero: none said
	Next  time.Time // when the next update is due
	Who   string
	Why   string    // the reason given
	Live  time.Time // since when it is heard
	Again time.Time // since when it is heard again, after its end had passed and was moved; zero: it never was
	Ended time.Time // zero: it was not ended by itself. One that another took the place of has none here
	By    string    // who ended it

	Changes int // how often it was changed since it went live
}

// Said is a message in one language.
type Said struct {
	Lang   string
	Text   string        `json:",omitempty"` // what is said in it; empty: it was only spoken
	Sound  string        `json:",omitempty"` // name of its WAV file in the store's folder of messages; empty: there is no sound
	Sum    string        `json:",omitempty"` // SHA-256 of that file, hexadecimal
	Length time.Duration `json:",omitempty"` // of the sound
	Since  time.Time     `json:",omitzero"`  // since when this is heard, where it was kept of the message before; zero: since that went live
}

// In gives the message in a language, and whether it has a sound there.
func (m Message) In(lang string) (s Said, sound bool) {
	for _, s := range m.Said {
		if s.Lang == lang {
			return s, s.Sound != ""
		}
	}
	return Said{}, false
}
