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

// standing is the prompt that a message takes the place of: wording that holds whatever happens, without a time.
const standing = "outage.message"

// brief is the prompt of the part of a flow for crowds. A message follows it when both are said in briefly: longer, fewer callers
// would hear anything.
const (
	brief   = "outage.short"
	briefly = 15 * time.Second
)

// sound gives the clips of prompts: a live message of his group in the place of the standing wording, whole.
func (x *attending) sound(ps []ivr.Prompt) (all []*audio.Clip) {
	sounds, on, now := x.clips(), x.messages.on(x.state.Caller.Group), time.Now()
	if on == nil || !slices.ContainsFunc(ps, func(p ivr.Prompt) bool { return p.ID == standing || p.ID == brief }) {
		return sounds.Clips(ps)
	}
	for _, p := range ps {
		shipped, own := sounds.Clips([]ivr.Prompt{p}), on.clip(p.Lang, now)
		switch {
		case own != nil && p.ID == standing && x.fits(p.Lang, own, shipped[0]):
			all = append(all, own)
		case own != nil && p.ID == brief && message.Fits(briefly, shipped[0].Duration(), own.Duration()):
			all = append(all, shipped[0], own)
		default:
			all = append(all, shipped...)
		}
	}
	return all
}

// fits reports whether a message may take the place of the standing wording: where callers hear it unanswered, their carriers end
// what takes too long.
func (x *attending) fits(lang string, own, shipped *audio.Clip) bool {
	return !x.program.Early() || own.Duration() <= shipped.Duration()+x.program.Room(lang)
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
			for _, in := range introsWith(p, standing) {
				var before []string
				for _, id := range in.Before {
					if id == standing {
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
		if !slices.Contains(p.Prompts(), standing) {
			continue
		}
		plays = true
		most := ivr.FirstChoice
		if charged(a.routing.Snapshot().Groups[m.Group]) {
			most = briefly
		}
		for _, lang := range p.Languages() {
			s, ok := m.In(lang)
			if !ok {
				say("it has no sound in language %s: callers who speak it hear the standing wording", lang)
				continue
			}
			longer := s.Length - set.sounds.Duration(lang, standing)
			if p.Early() && longer > p.Room(lang) {
				say("flow %s is heard unanswered and has no time for %v in language %s: its callers hear the standing wording", p.ID(), s.Length.Round(time.Second), lang)
			}
			for _, in := range introsWith(p, standing) {
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
		say("no flow that the plans of group %s lead to plays %s: its callers will not hear this", m.Group, standing)
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
