package dialling

import (
	"strconv"
	"strings"
	"time"

	"wissel"
	"wissel/ivr"
)

// Prompts are the ids of all prompts that a callback may say, but for the names of groups, which an operator may add.
func Prompts() []string {
	return []string{
		"desk.request", "desk.caller", "desk.times", "desk.message", "desk.seconds", "desk.in-nl", "desk.in-en", "desk.take", "desk.waits", "desk.hear", "desk.decline",
		"desk.ringing", "desk.moment", "desk.wait", "desk.busy", "desk.rejected", "desk.no-answer", "desk.no-key", "desk.left", "desk.cancelled",
		"desk.unknown", "desk.failed", "desk.stopped", "desk.after", "desk.noted", "desk.bye",
		"called.hello", "called.number", "called.rang", "called.today", "called.at", "called.press", "called.private", "called.seeking", "called.wait",
		"called.cancelled", "called.no-key", "called.none", "called.lost", "called.stopped", "called.late", "called.until", "called.open", "key.wrong",
	}
}

// p is a prompt by its id, in the language of a side.
func (a *Attempt) p(side Side, id string) ivr.Prompt { return ivr.Prompt{Lang: a.Lang[side], ID: id} }

func (a *Attempt) count(side Side, n int) ivr.Prompt {
	return ivr.Prompt{Lang: a.Lang[side], As: ivr.AsNumber, Digits: strconv.Itoa(n)}
}

// asking is what a side hears that is asked for a key.
func (m *machine) asking(side Side) []ivr.Prompt {
	if side == Desk {
		return m.whisper()
	}
	return m.announcement()
}

// whisper tells the agent what it is about: "Terugbelverzoek. Drie keer gebeld. Bericht van twintig seconden."
func (a *Attempt) whisper() []ivr.Prompt {
	if a.Live {
		return a.offered()
	}
	ps := []ivr.Prompt{a.p(Desk, "desk.request")}
	if id := a.name(Desk); id != "" {
		ps = append(ps, a.p(Desk, id))
	}
	if a.Job.Calls > 1 {
		ps = append(ps, a.count(Desk, a.Job.Calls), a.p(Desk, "desk.times"))
	}
	if a.Job.Message != "" {
		ps = append(ps, a.p(Desk, "desk.message"))
		ps = append(ps, a.length()...)
	}
	if id := "desk.in-" + a.Job.Language; a.Job.Language != "" && a.Job.Language != a.Lang[Desk] && a.Says(a.Lang[Desk], id) {
		ps = append(ps, a.p(Desk, id))
	}
	if a.Job.CustomerFirst {
		ps = append(ps, a.p(Desk, "desk.waits"))
	} else {
		ps = append(ps, a.p(Desk, "desk.take"))
	}
	if a.Job.Message != "" {
		ps = append(ps, a.p(Desk, "desk.hear"))
	}
	return append(ps, a.p(Desk, "desk.decline"))
}

// offered tells one of the people which line a caller has rung, and how he is taken.
func (a *Attempt) offered() []ivr.Prompt {
	ps := []ivr.Prompt{a.p(Desk, "desk.caller")}
	if id := a.name(Desk); id != "" {
		ps = append(ps, a.p(Desk, id))
	} else {
		ps = append(ps, ivr.Prompt{Lang: a.Lang[Desk], As: ivr.AsPhone, Digits: a.Number})
	}
	return append(ps, a.p(Desk, "desk.waits"), a.p(Desk, "desk.decline"))
}

// length is how long the customer's message is.
func (a *Attempt) length() []ivr.Prompt {
	if d := a.Job.Length.Round(time.Second); d < time.Minute {
		return []ivr.Prompt{a.count(Desk, max(2, int(d/time.Second))), a.p(Desk, "desk.seconds")}
	}
	return []ivr.Prompt{{Lang: a.Lang[Desk], As: ivr.AsDuration, For: a.Job.Length.Round(time.Minute)}}
}

// voice is what the customer said, or that it cannot be heard.
func (a *Attempt) voice() []ivr.Prompt {
	if !a.Message {
		return []ivr.Prompt{a.p(Desk, lost)}
	}
	return []ivr.Prompt{{Lang: a.Lang[Desk], Sound: 1}}
}

// lost is said in place of what cannot be heard (prompts.Generic).
const lost = "generic"

// announcement tells the customer who calls, which line and when he rang, and asks him for a key; for nothing else.
func (m *machine) announcement() []ivr.Prompt {
	ps := []ivr.Prompt{m.p(Customer, "called.hello")}
	if id := m.name(Customer); id != "" {
		ps = append(ps, m.p(Customer, id))
	}
	ps = append(ps, m.p(Customer, "called.number"), ivr.Prompt{Lang: m.Lang[Customer], As: ivr.AsPhone, Digits: m.Number})
	ps = append(ps, m.rang()...)
	if m.Job.Last {
		ps = append(ps, m.p(Customer, "called.late"))
		return append(ps, m.open()...)
	}
	return append(ps, m.p(Customer, "called.press"), m.p(Customer, "called.private"))
}

// rang is when he rang: by the clock when it was today, else with its day.
func (m *machine) rang() []ivr.Prompt {
	if m.Job.Asked.IsZero() {
		return nil
	}
	at, now, lang := m.Job.Asked.In(m.Zone), m.now.In(m.Zone), m.Lang[Customer]
	ps := []ivr.Prompt{m.p(Customer, "called.rang")}
	if at.YearDay() == now.YearDay() && at.Year() == now.Year() {
		ps = append(ps, m.p(Customer, "called.today"))
	} else {
		ps = append(ps, ivr.Prompt{Lang: lang, As: ivr.AsDate, At: at}, m.p(Customer, "called.at"))
	}
	return append(ps, ivr.Prompt{Lang: lang, As: ivr.AsTime, At: at})
}

// open is until when the desk is open, or when it opens again; nothing where it always is, or nobody knows.
func (m *machine) open() []ivr.Prompt {
	o, lang := m.Open, m.Lang[Customer]
	if o.Until.IsZero() {
		return nil
	}
	at, now := o.Until.In(m.Zone), m.now.In(m.Zone)
	clock := ivr.Prompt{Lang: lang, As: ivr.AsTime, At: at}
	today := at.YearDay() == now.YearDay() && at.Year() == now.Year()
	switch {
	case o.Open && today:
		return []ivr.Prompt{m.p(Customer, "called.until"), clock}
	case o.Open:
		return []ivr.Prompt{m.p(Customer, "called.until"), {Lang: lang, As: ivr.AsDate, At: at}, m.p(Customer, "called.at"), clock}
	case today:
		return []ivr.Prompt{m.p(Customer, "called.open"), m.p(Customer, "called.today"), clock}
	}
	return []ivr.Prompt{m.p(Customer, "called.open"), {Lang: lang, As: ivr.AsDate, At: at}, m.p(Customer, "called.at"), clock}
}

// name is the operator's own clip that names the group, if there is one for a side.
func (a *Attempt) name(side Side) string {
	id := "group." + strings.ReplaceAll(string(a.Job.Group), "_", "-")
	if a.Says(a.Lang[side], id) {
		return id
	}
	return ""
}

// truth is what a side is told of what became of the other; empty: nothing that it could use.
func (m *machine) truth(side Side) string {
	if side == Customer {
		return "called.none"
	}
	switch m.s.Outcome {
	case wissel.CallbackBusy:
		return "desk.busy"
	case wissel.CallbackRejected:
		return "desk.rejected"
	case wissel.CallbackNoAnswer:
		return "desk.no-answer"
	case wissel.CallbackNoKey:
		return "desk.no-key"
	case wissel.CallbackLeft, wissel.CallbackGone:
		return "desk.left"
	case wissel.CallbackCancelled:
		return "desk.cancelled"
	case wissel.CallbackUnknown:
		return "desk.unknown"
	case wissel.CallbackStopped:
		return "desk.stopped"
	default:
		return "desk.failed"
	}
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
