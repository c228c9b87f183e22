package sms

import (
	"regexp"
	"strings"
	"unicode"
)

// Logging is a text with which one of our own people logs on or off: his code says who he is, whatever telephone it comes from.
type Logging struct {
	On       bool
	Code     string // 4 to 12 digits
	Language string // of its word
}

// loggings are the words that stand before a code.
var loggings = map[string]Logging{"AAN": {On: true, Language: "nl"}, "UIT": {Language: "nl"}, "ON": {On: true, Language: "en"}, "OFF": {Language: "en"}}

var loggingForm = regexp.MustCompile(`^(AAN|UIT|ON|OFF)([0-9]{4,12})$`)

// ReadLogging reads "AAN 4711", "uit 4711", "On4711" or "OFF 47 11"; case, spaces and signs do not matter. false: it is something else.
func ReadLogging(body string) (Logging, bool) {
	if len(body) > 100 {
		return Logging{}, false
	}
	m := loggingForm.FindStringSubmatch(strings.Map(func(r rune) rune {
		switch {
		case r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			return unicode.ToUpper(r)
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			return r
		}
		return -1
	}, body))
	if m == nil {
		return Logging{}, false
	}
	l := loggings[m[1]]
	l.Code = m[2]
	return l, true
}

// Word is what such a text asks for.
func (l Logging) Word() Word {
	if l.On {
		return WordLogOn
	}
	return WordLogOff
}

// Masked is what is kept of it: the code is in no row, list or log, nor is its length.
func (l Logging) Masked() string {
	for word, one := range loggings {
		if one.On == l.On && one.Language == l.Language {
			return word + " ****"
		}
	}
	return "****"
}
