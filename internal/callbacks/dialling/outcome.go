package dialling

import "wissel"

// unanswered is the outcome of a side whose call ended before it was answered (RFC 3261 §21; 607 and 608 are RFC 8197 and RFC 8688).
func unanswered(side Side, e End) wissel.CallbackOutcome {
	as := func(desk, customer wissel.CallbackOutcome) wissel.CallbackOutcome {
		if side == Desk {
			return desk
		}
		return customer
	}
	switch e.Status {
	case 486, 600:
		return as(wissel.CallbackDeskBusy, wissel.CallbackBusy)
	case 603, 607, 608:
		return as(wissel.CallbackDeskNo, wissel.CallbackRejected)
	case 408, 480, 487:
		return as(wissel.CallbackDeskNone, wissel.CallbackNoAnswer)
	case 404, 410, 484, 604:
		return as(wissel.CallbackDeskFailed, wissel.CallbackUnknown)
	case 0:
		if e.Rang {
			return as(wissel.CallbackDeskNone, wissel.CallbackNoAnswer)
		}
	}
	if !e.Left {
		return as(wissel.CallbackDeskFull, wissel.CallbackFull)
	}
	return as(wissel.CallbackDeskFailed, wissel.CallbackFailed)
}
