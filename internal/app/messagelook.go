package app

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"wissel"
	"wissel/internal/audio"
	"wissel/internal/hours"
	"wissel/internal/message"
	"wissel/internal/web"
	"wissel/ivr"
)

// sound gives the clips of prompts: a live message of his group where it is heard, whole, and behind what he is told of the outage
// where the public page is.
func (x *attending) sound(ps []ivr.Prompt) (all []*audio.Clip) {
	sounds, on, now := x.clips(), x.messages.on(x.state.Caller.Group), time.Now()
	if !slices.ContainsFunc(ps, func(p ivr.Prompt) bool { return on.clip(p.Lang, now) != nil || p.ID == message.Standing }) {
		return sounds.Clips(ps)
	}
	for _, p := range ps {
		shipped, own := sounds.Clips([]ivr.Prompt{p}), on.clip(p.Lang, now)
		place := message.Nowhere
		if own != nil {
			place = MessageAt(x.program, p, own.Duration(), shipped[0].Duration())
		}
		switch place {
		case message.Instead:
			all = append(all, own)
		case message.Behind:
			all = append(append(all, shipped...), own)
		case message.Nowhere:
			all = append(all, shipped...)
		}
		all = append(all, x.address(sounds, p)...)
	}
	return all
}

// PageAddress is a clip of the operator's own that says where the public page is; none is shipped. It may last no longer than mostAddress:
// a longer one is not played.
const (
	PageAddress = "status.address"
	mostAddress = 10 * time.Second
)

// address says where the public page is, once in each call, behind what a caller is told of the outage. A flow that is heard unanswered
// has no time for it.
func (x *attending) address(sounds clips, behind ivr.Prompt) []*audio.Clip {
	long := sounds.Duration(behind.Lang, PageAddress)
	if behind.ID != message.Standing || x.addressed || x.program.Early() || long == 0 || long > mostAddress {
		return nil
	}
	x.addressed = true
	return sounds.Clips([]ivr.Prompt{{Lang: behind.Lang, ID: PageAddress}})
}

// MessageAt gives where a message of length own is heard when a flow plays a prompt of length shipped.
func MessageAt(flow *ivr.Program, p ivr.Prompt, own, shipped time.Duration) message.Place {
	var room *time.Duration
	if flow.Early() {
		left := flow.Room(p.Lang)
		room = &left
	}
	return message.PlaceAt(p.ID, own, shipped, room)
}

// zoneOf is the zone in which a group's times are said.
func (a *App) zoneOf(g wissel.GroupID) *time.Location {
	if group := a.routing.Snapshot().Groups[g]; group != nil {
		if h, ok := group.Hours.(*hours.Hours); ok {
			return h.Zone()
		}
	}
	return time.Local
}

// webMessage is a message for people and programs, its times as the group's clock shows them.
func (a *App) webMessage(m wissel.Message, now time.Time) web.Message {
	zone := a.zoneOf(m.Group)
	out := web.Message{
		ID: m.ID, Group: m.Group, State: string(message.StateOf(m, now)), Said: []web.Said{}, Live: in(m.Live, zone), Again: in(m.Again, zone), Until: in(m.Until, zone),
		Next: in(m.Next, zone), Ended: in(m.Ended, zone), By: m.By, Who: m.Who, Reason: m.Why,
	}
	for _, s := range m.Said {
		out.Said = append(out.Said, web.Said{Language: s.Lang, Text: s.Text, LengthMS: s.Length.Milliseconds(), Sum: s.Sum, Lost: a.messageLost(s)})
	}
	return out
}

// messageManners is what is to be said of a message before callers hear it: its tone, its length, and who will not hear it.
func (a *App) messageManners(m wissel.Message, now time.Time) (warnings []string) {
	say := func(format string, args ...any) {
		if text := fmt.Sprintf(format, args...); !slices.Contains(warnings, text) {
			warnings = append(warnings, text)
		}
	}
	set := a.settings.Load()
	now = now.In(a.zoneOf(m.Group))
	heard := flowsOf(set.file, m.Group)
	for _, s := range m.Said {
		if s.Text == "" {
			continue
		}
		words := set.sounds.Tone(s.Lang)
		for _, wrong := range slices.Concat(words.Text(s.Text), words.Together(s.Text)) {
			say("in language %s: %s", s.Lang, wrong)
		}
		t := toneOf{set.sounds, s.Lang}
		for _, p := range heard {
			for _, in := range introsWith(p, message.Standing) {
				var before []string
				for _, id := range in.Before {
					if id == message.Standing {
						before = append(before, s.Text)
					} else {
						before = append(before, t.text(id))
					}
				}
				for _, wrong := range words.Message(strings.Join(before, " "), t.text(in.Choice...), now) {
					say("in language %s: %s", s.Lang, wrong)
				}
			}
		}
	}
	plays := false
	for _, p := range heard {
		if !slices.Contains(p.Prompts(), message.Standing) {
			continue
		}
		plays = true
		most := ivr.FirstChoice
		if charged(a.routing.Snapshot().Groups[m.Group]) {
			most = message.Briefly
		}
		for _, lang := range p.Languages() {
			s, ok := m.In(lang)
			if !ok {
				say("it has no sound in language %s: callers who speak it hear the standing wording", lang)
				continue
			}
			longer := s.Length - set.sounds.Duration(lang, message.Standing)
			if MessageAt(p, ivr.Prompt{Lang: lang, ID: message.Standing}, s.Length, s.Length-longer) == message.Nowhere {
				say("flow %s is heard unanswered and has no time for %v in language %s: its callers hear the standing wording", p.ID(), s.Length.Round(time.Second), lang)
			}
			for _, in := range introsWith(p, message.Standing) {
				total := longer
				for _, id := range in.Before {
					total += set.sounds.Duration(lang, id)
				}
				if total > most {
					say("with it callers hear %v in language %s until their first choice in flow %s; %v is enough", total.Round(time.Second), lang, p.ID(), most)
				}
			}
		}
	}
	if !plays {
		say("no flow that the plans of group %s lead to plays %s: its callers will not hear this", m.Group, message.Standing)
	}
	return warnings
}

func introsWith(p *ivr.Program, id string) (all []ivr.Intro) {
	for _, in := range p.Intros() {
		if slices.Contains(in.Before, id) {
			all = append(all, in)
		}
	}
	return all
}

// charged reports whether callers of a group pay by the minute.
func charged(g *wissel.Group) bool {
	return g != nil && slices.ContainsFunc(g.Lines, func(l wissel.Line) bool { return l.Charge == wissel.ChargePremium })
}
