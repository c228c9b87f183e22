package crisis

import (
	"strings"
	"time"

	"wissel/ivr"
)

// words are what is said in the place where he is.
func (m *machine) words() []ivr.Prompt {
	switch m.s.Phase {
	case AskPIN:
		return m.ps("crisis.pin", "crisis.no-pin")
	case AskCode:
		return m.ps("crisis.code")
	case AskStaff:
		return m.ps("crisis.staff-code")
	case AskOwn:
		return m.ps("crisis.own-code")
	case Logging:
		if m.s.In.Logged {
			return m.ps("crisis.logged-on", "crisis.log-change")
		}
		return m.ps("crisis.logged-off", "crisis.log-change")
	case Other:
		if m.l.Codes {
			return m.ps("crisis.other", "crisis.other-log", "menu.language", "crisis.back")
		}
		return m.ps("crisis.other", "menu.language", "crisis.back")
	case Menu:
		return m.menu()
	case Telling:
		return m.state()
	case Groups:
		return m.groups()
	case Plans:
		return m.planList()
	case Proposals:
		return m.proposed()
	case ReadingBack:
		return m.asked()
	case Confirming:
		return m.confirm()
	case Messages:
		return m.messages()
	case Hearing:
		g, _ := m.at()
		return m.live(g)
	case Inviting:
		return m.ps("crisis.speak")
	case Reviewing:
		return m.ps("crisis.review")
	case AskEnd:
		switch g, _ := m.at(); {
		case m.s.Deed == toExtend && g.Message != nil && g.Message.Lapsed: // the hash key alone would leave it as past as it is
			return m.ps("crisis.ask-extend")
		case m.s.Deed == toExtend:
			return m.ps("crisis.ask-extend", "crisis.same-end")
		}
		return m.ps("crisis.ask-end")
	case Others:
		return m.other()
	case Briefing:
		return m.brief()
	case Briefed:
		return m.ps("crisis.staff-again")
	case Fresh, Checking, Looking, Working, Speaking, Leaving, Over:
	}
	return nil
}

func (m *machine) ps(ids ...string) (ps []ivr.Prompt) {
	for _, id := range ids {
		ps = append(ps, m.p(id))
	}
	return ps
}

func (m *machine) menu() []ivr.Prompt {
	ps := m.ps("crisis.menu-state")
	if m.s.In.Switch {
		ps = append(ps, m.p("crisis.menu-switch"))
	}
	if m.s.In.Messages {
		ps = append(ps, m.p("crisis.menu-message"))
	}
	if m.s.In.Approve && len(m.s.View.Proposals) > 0 {
		ps = append(ps, m.p("crisis.menu-proposals"))
	}
	return append(ps, m.p("menu.language"))
}

// line names a group: by its own clip, else by its number.
func (m *machine) line(g Group) []ivr.Prompt {
	if id := "group." + clip(string(g.ID)); m.l.Has(m.s.Lang, id) {
		return []ivr.Prompt{m.p("crisis.line"), m.p(id)}
	}
	return []ivr.Prompt{m.p("crisis.line"), {Lang: m.s.Lang, As: ivr.AsPhone, Digits: g.Said}}
}

// plan names a plan: by its own clip, else by its place in the list; and says where it sends callers first.
func (m *machine) plan(p Plan, n int) []ivr.Prompt {
	ps := m.ps("crisis.plan")
	if id := "plan." + clip(string(p.ID)); m.l.Has(m.s.Lang, id) {
		ps = append(ps, m.p(id))
	} else {
		ps = append(ps, m.number(n))
	}
	return append(ps, m.place(p.First)...)
}

func (m *machine) place(p Place) []ivr.Prompt {
	switch p {
	case Platform:
		return m.ps("crisis.to-platform")
	case Carrier:
		return m.ps("crisis.to-carrier")
	case Flow:
		return m.ps("crisis.to-flow")
	case People:
		return m.ps("crisis.to-people")
	case Nowhere:
	}
	return nil
}

// on says what routes a group.
func (m *machine) on(g Group) []ivr.Prompt {
	ps := m.line(g)
	p, n := g.plan(g.Plan)
	switch {
	case g.Pin != nil && !g.Pin.Share:
		ps = append(ps, m.p("crisis.pinned"))
		ps = append(ps, m.place(g.Pin.To)...)
		ps = append(append(ps, m.p("crisis.until")), m.clock(g.Pin.Until)...)
	default:
		ps = append(append(ps, m.p("crisis.on")), m.plan(p, n)...)
		if g.Pin != nil {
			ps = append(ps, m.p("crisis.pinned-part"))
		}
		if g.Away {
			ps = append(append(ps, m.p("crisis.away")), m.place(g.First)...)
		}
	}
	if !g.Since.IsZero() {
		ps = append(append(ps, m.p("crisis.since")), m.clock(g.Since)...)
	}
	return ps
}

// state tells of one group.
func (m *machine) state() []ivr.Prompt {
	if m.s.At >= len(m.s.View.Groups) {
		return m.ps("crisis.no-lines")
	}
	g := m.s.View.Groups[m.s.At]
	ps := m.on(g)
	if g.Down {
		ps = append(ps, m.p("crisis.first-down"))
	}
	ps = append(ps, m.p("crisis.calls"), m.number(g.Calls))
	if g.Wishes >= 0 {
		ps = append(ps, m.p("crisis.wishes"), m.number(g.Wishes))
	}
	if g.Message != nil {
		ps = append(ps, m.since(*g.Message)...)
	}
	return ps
}

// since tells how long a message is heard, and until when.
func (m *machine) since(x Message) []ivr.Prompt {
	if x.Lapsed {
		return append(m.ps("crisis.message-past"), m.clock(x.Until)...)
	}
	ps := append(m.ps("crisis.message-since"), m.clock(x.Since)...)
	if !x.Until.IsZero() {
		ps = append(ps, m.until(x.Until)...)
	}
	return ps
}

// until tells an expected end.
func (m *machine) until(at time.Time) []ivr.Prompt {
	if at.IsZero() {
		return m.ps("crisis.no-end")
	}
	return append(m.ps("crisis.expected"), m.clock(at)...)
}

// other lets him hear what callers in another language hear, and asks whether that is still right.
func (m *machine) other() []ivr.Prompt {
	all := m.foreign()
	if m.s.Asks >= len(all) {
		return m.ps("crisis.refused")
	}
	g, _ := m.at()
	return []ivr.Prompt{m.p("crisis.others-now"), {Lang: all[m.s.Asks], ID: Live, Digits: g.Message.Name}, m.p("crisis.still-right")}
}

// press says which key is for what: "press 2 for …".
func (m *machine) press(n int, what string, of []ivr.Prompt) []ivr.Prompt {
	return append([]ivr.Prompt{m.p("crisis.press"), m.number(n), m.p(what)}, of...)
}

// tail is what every list ends with.
func (m *machine) tail(ps []ivr.Prompt) []ivr.Prompt {
	if m.more() || m.s.Page > 0 {
		ps = append(ps, m.p("crisis.more"))
	}
	return append(ps, m.p("crisis.back"))
}

func (m *machine) groups() (ps []ivr.Prompt) {
	all := m.s.View.Groups
	for i := m.s.Page * pageOf; i < len(all) && i < (m.s.Page+1)*pageOf; i++ {
		ps = append(ps, m.press(i%pageOf+1, "crisis.for", m.line(all[i]))...)
	}
	return m.tail(ps)
}

func (m *machine) planList() (ps []ivr.Prompt) {
	g, ok := m.at()
	if !ok {
		return m.ps("crisis.no-lines", "crisis.back")
	}
	if m.s.Page == 0 {
		ps = m.on(g)
	}
	all := m.plans()
	for i := m.s.Page * pageOf; i < len(all) && i < (m.s.Page+1)*pageOf; i++ {
		if all[i].auto {
			ps = append(ps, m.press(i%pageOf+1, "crisis.for-auto", nil)...)
			continue
		}
		_, n := g.plan(all[i].plan.ID)
		ps = append(ps, m.press(i%pageOf+1, "crisis.for", m.plan(all[i].plan, n))...)
	}
	return m.tail(ps)
}

// change says what a switch does: "… op plan 2", "… weer zonder vaste keuze".
func (m *machine) change(g Group) []ivr.Prompt {
	ps := m.line(g)
	if m.s.Auto {
		return append(ps, m.p("crisis.to-auto"))
	}
	p, n := g.plan(m.s.Plan)
	ps = append(append(ps, m.p("crisis.to")), m.plan(p, n)...)
	if g.Pin != nil && !g.Pin.Share {
		ps = append(ps, m.p("crisis.pin-stays"))
	}
	return ps
}

// proposed says what another proposed.
func (m *machine) proposed() []ivr.Prompt {
	p, ok := m.proposal()
	if !ok {
		return m.ps("crisis.no-proposals", "crisis.back")
	}
	g, _ := m.s.View.group(p.Group)
	m.s.Plan, m.s.Auto = p.Plan, p.Auto
	ps := append(m.ps("crisis.proposal"), m.change(g)...)
	return append(ps, m.ps("crisis.judge", "crisis.back")...)
}

// asked reads back what is about to be done.
func (m *machine) asked() []ivr.Prompt {
	g, ok := m.at()
	if !ok {
		return m.ps("crisis.no-lines")
	}
	switch m.s.Deed {
	case toSwitch, toJudge:
		return append(m.ps("crisis.you-set"), m.change(g)...)
	case toPublish:
		ps := append(append(m.ps("crisis.you-publish"), m.line(g)...), m.p("crisis.will-hear"), m.sound())
		ps = append(ps, m.until(m.s.Until)...)
		switch {
		case len(m.s.Keep) > 0:
			ps = append(ps, m.p("crisis.others-keep"))
		case len(m.l.Languages) > 1:
			ps = append(ps, m.p("crisis.other-languages"))
		}
		return ps
	case toExtend:
		until := m.s.Until
		if until.IsZero() && g.Message != nil {
			until = g.Message.Until
		}
		ps := append(append(m.ps("crisis.you-extend"), m.line(g)...), m.p("crisis.goes-on"))
		return append(ps, m.until(until)...)
	case toWithdraw:
		return append(m.ps("crisis.you-withdraw"), m.line(g)...)
	case toLog, noDeed:
	}
	return m.ps("crisis.refused")
}

func (m *machine) confirm() []ivr.Prompt {
	switch {
	case m.s.Deed == toJudge:
		return m.ps("crisis.confirm-judge")
	case m.two():
		return m.ps("crisis.confirm-two")
	}
	return m.ps("crisis.confirm")
}

// sound is what he recorded last.
func (m *machine) sound() ivr.Prompt { return ivr.Prompt{Lang: m.s.Lang, Sound: 1} }

// live is the sound of a group's message.
func (m *machine) live(g Group) []ivr.Prompt {
	if g.Message == nil || g.Message.Name == "" {
		return m.ps("crisis.message-none")
	}
	return []ivr.Prompt{{Lang: m.s.Lang, ID: Live, Digits: g.Message.Name}}
}

func (m *machine) messages() []ivr.Prompt {
	g, _ := m.at()
	ps := m.line(g)
	switch x := g.Message; {
	case x == nil:
		ps = append(ps, m.ps("crisis.message-none", "crisis.message-new")...)
	case x.Name == "":
		ps = append(append(ps, m.since(*x)...), m.ps("crisis.message-new", "crisis.message-end", "crisis.message-extend")...)
	default:
		ps = append(append(ps, m.since(*x)...), m.ps("crisis.message-hear", "crisis.message-new", "crisis.message-end", "crisis.message-extend")...)
	}
	if len(m.l.Languages) > 1 { // it is recorded in the language that he hears
		ps = append(ps, m.p("menu.language"))
	}
	return append(ps, m.p("crisis.back"))
}

// StaffText is the id of the operator's own clip that tells colleagues where to work.
const StaffText = "staff.text"

// brief tells colleagues of one group: what callers hear, else how things stand. Nothing of any caller is in it.
func (m *machine) brief() (ps []ivr.Prompt) {
	if m.s.At == 0 && m.l.Has(m.s.Lang, StaffText) {
		ps = append(ps, m.p(StaffText))
	}
	if m.s.At >= len(m.s.View.Groups) {
		return append(ps, m.p("crisis.no-lines"))
	}
	g := m.s.View.Groups[m.s.At]
	usual := g.Pin == nil && !g.Chosen && !g.Away && !g.Down
	switch {
	case g.Message.heard():
		ps = append(append(ps, m.line(g)...), m.p("crisis.staff-hear"))
		ps = append(ps, m.live(g)...)
		if !g.Message.Until.IsZero() {
			ps = append(ps, m.until(g.Message.Until)...)
		}
	case usual:
		ps = append(append(ps, m.line(g)...), m.p("crisis.staff-usual"))
	default:
		ps = append(ps, m.on(g)...)
		if g.Down {
			ps = append(ps, m.p("crisis.first-down"))
		}
	}
	return ps
}

// clip is a name as the id of a prompt may have it.
func clip(name string) string { return strings.ReplaceAll(name, "_", "-") }
