package sms

// answers are the words of answers, by language. Each is one part.
var answers = map[string]map[Answer]string{
	"nl": {
		AnswerStopped:     "U krijgt geen sms meer van ons.",
		AnswerStoppedOwed: "U krijgt geen sms meer van ons. We bellen u nog wel terug. Hoeft dat niet, sms dan NIETBELLEN.",
		AnswerNoCall:      "We bellen u niet terug. Dank voor uw bericht.",
		AnswerNoCallNews:  "We bellen u niet terug. Het nieuws per sms blijft komen. Wilt u dat ook niet, sms dan STOP.",
		AnswerNotOwed:     "Er staat geen terugbelverzoek van dit nummer. Wilt u gebeld worden, sms dan BEL.",
		AnswerInfo:        "Het is genoteerd: u krijgt een sms zodra er nieuws is. Sms STOP als dat niet meer hoeft.",
		AnswerCall:        "Het is genoteerd: we bellen u terug op dit nummer. Sms NIETBELLEN als dat niet meer hoeft.",
		AnswerCallOwed:    "Uw terugbelverzoek staat al genoteerd. Sms NIETBELLEN als het niet meer hoeft.",
		AnswerNoMore:      "Er wachten nu te veel mensen om u een belafspraak te beloven. U krijgt wel een sms zodra er nieuws is. Sms STOP als dat niet hoeft.",
		AnswerThanks:      "Fijn dat het is opgelost. Dank voor uw antwoord.",
		AnswerReopened:    "Dank voor uw antwoord. Uw vraag staat weer open, en we bellen u nog een keer.",
		AnswerHelp:        "Sms INFO voor nieuws, BEL om gebeld te worden, STOP als u geen sms meer wilt, of NIETBELLEN als bellen niet hoeft.",
		AnswerRead:        "Uw sms is er, een medewerker kan hem lezen. Sms INFO voor nieuws, BEL om gebeld te worden, STOP als u geen sms wilt.",
		AnswerReadOwed:    "Uw sms is er: wie u terugbelt, kan hem lezen. Sms NIETBELLEN als bellen niet meer hoeft, STOP als u geen sms wilt.",
	},
	"en": {
		AnswerStopped:     "You will get no more texts from us.",
		AnswerStoppedOwed: "You will get no more texts from us. We will still call you back. If you do not want that, text NOCALL.",
		AnswerNoCall:      "We will not call you back. Thank you for telling us.",
		AnswerNoCallNews:  "We will not call you back. You still get the news by text. If you do not want that either, text STOP.",
		AnswerNotOwed:     "No call back was asked for from this number. If you want one, text CALL.",
		AnswerInfo:        "It is noted: you will get a text as soon as there is news. Text STOP if you no longer want that.",
		AnswerCall:        "It is noted: we will call you back on this number. Text NOCALL if you no longer need it.",
		AnswerCallOwed:    "Your call back is noted already. Text NOCALL if you no longer need it.",
		AnswerNoMore:      "Too many people wait for us to promise you a call. You will get a text as soon as there is news. Text STOP if you do not want that.",
		AnswerThanks:      "Good to hear that it is solved. Thank you for your answer.",
		AnswerReopened:    "Thank you for your answer. Your question is open again, and we will call you once more.",
		AnswerHelp:        "Text INFO for news, CALL to be called, STOP for no more texts, or NOCALL if you need no call.",
		AnswerRead:        "Your text is here and a colleague can read it. Text INFO for news, CALL to be called, STOP for no texts.",
		AnswerReadOwed:    "Your text is here: who calls you back can read it. Text NOCALL if you need no call, STOP for no texts.",
	},
}

// AnswerText gives the words of an answer in a language, or in Dutch where there are none in it.
func AnswerText(a Answer, language string) string {
	if text, ok := answers[language][a]; ok {
		return text
	}
	return answers["nl"][a]
}
