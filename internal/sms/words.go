package sms

import (
	"slices"
	"strings"
	"unicode"
)

// Word is what a text to us asks for. All are words for people.
type Word string

// The words.
const (
	WordStop   Word = "stop"    // no texts any more; the callback stays
	WordNoCall Word = "no call" // no callback any more
	WordInfo   Word = "info"    // texts with news
	WordCall   Word = "call"    // a callback
	WordYes    Word = "yes"
	WordNo     Word = "no"
	WordHelp   Word = "help"
	WordOther  Word = "other" // none of them: a person reads it

	WordLogOn  Word = "log on" // one of our own people, with his code (ReadLogging), as the next
	WordLogOff Word = "log off"
)

// AllWords are all that callers use.
var AllWords = []Word{WordStop, WordNoCall, WordInfo, WordCall, WordYes, WordNo, WordHelp, WordOther}

// written is how people write a word, without spaces and signs, by the language that it shows; "" shows none. What takes a promise
// back is never guessed: those that are not here are for a person to read.
var written = map[Word]map[string]string{
	WordStop: {
		"":   "STOP STOPSMS SMSSTOP STOPALL STOPNEWS",
		"nl": "STOPPEN AFMELDEN UITSCHRIJVEN GEENSMS GEENSMSMEER GEENSMSJESMEER STOPMETSMS STOPMETSMSEN STOPNIEUWS STOPHETNIEUWS",
		"en": "UNSUBSCRIBE QUIT END CANCEL OPTOUT NOTEXTS NOMORETEXTS STOPTEXTS STOPTEXTING STOPTEXTINGME",
	},
	WordNoCall: {
		"nl": "NIETBELLEN NIETTERUGBELLEN NIETMEERBELLEN NIETMEERTERUGBELLEN BELNIET BELNIETMEER BELMIJNIET BELMENIET STOPMETBELLEN NIETMEERNODIGOMTEBELLEN",
		"en": "NOCALL NOCALLBACK DONTCALL DONOTCALL DONTCALLME DONOTCALLME STOPCALLING STOPCALLINGME DONTCALLBACK DONTCALLMEBACK",
	},
	WordInfo: {"": "INFO START", "nl": "INFORMATIE NIEUWS AAN AANMELDEN", "en": "INFORMATION NEWS"},
	WordCall: {
		"nl": "BEL BELLEN BELMIJ BELME BELTERUG BELMIJTERUG BELMETERUG TERUGBELLEN TERUGBELVERZOEK",
		"en": "CALL CALLME CALLBACK CALLMEBACK RINGME",
	},
	WordYes:  {"nl": "JA JAHOOR JAA", "en": "YES YEAH YEP"},
	WordNo:   {"nl": "NEE NEEN NEEHOOR NOGNIET NEENOGNIET", "en": "NO NOPE NOTYET NONOTYET"},
	WordHelp: {"": "HELP", "nl": "HULP"},
}

// courtesy is what people add to a word without meaning another.
var courtesy = strings.Fields("AUB ALSTUBLIEFT ALSJEBLIEFT SVP GRAAG BEDANKT DANKJEWEL DANKUWEL DANK MVG GROET GROETEN PLEASE PLS THANKS THANKYOU")

// forms are all that is written, with what it means.
var forms = func() map[string]Understood {
	all := map[string]Understood{}
	for w, byLang := range written {
		for lang, list := range byLang {
			for _, form := range strings.Fields(list) {
				all[form] = Understood{w, lang}
			}
		}
	}
	return all
}()

// Understood is what a text asks for, and the language that its words show; empty: none.
type Understood struct {
	Word     Word
	Language string
}

// longText is a text that is more than a word and a courtesy, in words: a person reads it.
const longText = 6

// Understand reads a text to us. Case, spaces, signs and courtesies do not matter. Beyond the words themselves, one that begins
// with STOP or NEE and is short means that too: neither takes a promised call back.
func Understand(body string) Understood {
	if len(body) > 2000 {
		return Understood{Word: WordOther}
	}
	body = strings.Map(func(r rune) rune {
		if r == '\'' || r == '’' || r == '`' || r == '.' { // "don't", "a.u.b."
			return -1
		}
		return unicode.ToUpper(r)
	}, body)
	words := strings.FieldsFunc(body, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if len(words) == 0 {
		return Understood{Word: WordOther}
	}
	if u, ok := forms[strings.Join(words, "")]; ok {
		return u
	}
	meant := slices.DeleteFunc(slices.Clone(words), func(w string) bool { return slices.Contains(courtesy, w) })
	if u, ok := forms[strings.Join(meant, "")]; ok {
		return u
	}
	if len(words) <= longText {
		if u := forms[words[0]]; u.Word == WordStop || u.Word == WordNo {
			return u
		}
	}
	return Understood{Word: WordOther}
}
