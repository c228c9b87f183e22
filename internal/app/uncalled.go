package app

import (
	"context"
	"errors"

	"wissel/internal/callbacks"
	"wissel/internal/sms"
	"wissel/internal/texts"
)

// late is what one hears by text whose callback was not made in time. A text of the settings ("missed") says that he was not reached, which
// would be no truth here.
var late = map[string]string{
	"nl": "Het is ons niet gelukt om u op tijd terug te bellen. Dat had anders gemoeten. Bel ons gerust opnieuw, of vraag in het keuzemenu om een nieuw terugbelverzoek.",
	"en": "We did not manage to call you back in time. You should have had that call. Please ring us again, or ask for a new callback in the menu.",
}

// canText reports whether one who waits can be sent a text: he can be reached by one, and wants it. What he asked for after a STOP he wants.
func (a *App) canText(one callbacks.Callback) bool {
	group := a.texter.texts.Group(one.Group)
	return group != nil && group.Reaches(one.Number) && a.inbox.Refuses(sms.Letter{Group: one.Group, To: one.Number, Asked: one.Latest}) == ""
}

// tellUncalled writes a text to one whose callback ended without a call, and reports whether he is told. The same callback and end have one
// text, however often it is asked for.
func (a *App) tellUncalled(ctx context.Context, one callbacks.Callback, n callbacks.Notice) (bool, error) {
	if one.Hidden || !a.canText(one) {
		return false, nil
	}
	lang := one.Language
	if late[lang] == "" {
		lang = "en"
	}
	w := texts.Wanted{
		Purpose: sms.Missed, Cause: one.ID, Group: one.Group, To: one.Number, Language: one.Language, Asked: one.Latest, Facts: a.textFacts(one.Group, one.Language, one.Number, false),
	}
	if n == callbacks.TellExpired {
		w.Cause, w.Body, w.Language = one.ID+" late", w.Facts.Group+": "+late[lang], lang
	}
	if _, err := a.texter.texts.Send(ctx, w); err != nil && !errors.Is(err, texts.ErrTwice) {
		return false, err
	}
	return true, nil
}
