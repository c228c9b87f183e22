package draaiboek

import "time"

// Scenario is a draaiboek. As people write it names may be bound elsewhere ("$platform") and steps may run other scenarios; Settle
// makes it whole, and only a whole one is run. Zero values are the defaults that Settle fills in.
type Scenario struct {
	Name     string             `yaml:"draaiboek" json:"name"` // a-z, 0-9 and "-"
	Title    Words              `yaml:"title" json:"title"`    // of each language
	About    Words              `yaml:"about" json:"about,omitempty"`
	Owner    string             `yaml:"owner" json:"owner" is:"person"`     // who keeps it true
	Duty     string             `yaml:"duty" json:"duty" is:"duty"`         // the list of those who are asked
	Starters []string           `yaml:"starters" json:"starters" is:"role"` // who may start it; lead
	Second   bool               `yaml:"second" json:"second,omitempty"`     // another person has to agree before it begins
	Uses     map[string]string  `yaml:"uses" json:"uses,omitempty"`         // the names that the settings give, each with its kind
	Trigger  []Observation      `yaml:"trigger" json:"trigger,omitempty"`   // any of these proposes it to those on duty; none: by hand
	Needs    []Observation      `yaml:"needs" json:"needs,omitempty"`       // all of these hold before the first step
	Patience time.Duration      `yaml:"patience" json:"patience"`           // how long it waits for them; 30 m
	Blocked  []Blocked          `yaml:"blocked" json:"blocked,omitempty"`   // dates on which it is not started
	Attend   Attend             `yaml:"attend" json:"attend"`               // what becomes of a run that nobody looks after
	Messages map[string]Message `yaml:"messages" json:"messages,omitempty"` // what is said and written, by name
	Steps    []Step             `yaml:"steps" json:"steps"`                 // in order
	Bound    map[string]Names   `yaml:"-" json:"bound,omitempty"`           // what Uses were when it was made whole
}

// Words are a text in each language: {nl: …, en: …}.
type Words map[string]string

// Names are what one name of Uses stands for.
type Names []string

// Message is an outage text in every form, by language.
type Message map[string]Forms

// Forms are one message in one language, for each who hears or reads it. A field in braces is filled in when it is said; a piece in
// square brackets is left out when one of its fields is not known: "[Kijk op {link}.]".
type Forms struct {
	Voice  string `yaml:"voice" json:"voice,omitempty"`   // what callers are to hear, for whoever records it; empty: the standing wording
	Text   string `yaml:"text" json:"text,omitempty"`     // to callers who asked for texts
	Status string `yaml:"status" json:"status,omitempty"` // on the status page
	Post   string `yaml:"post" json:"post,omitempty"`     // of webcare, 280 characters at most
	Mail   string `yaml:"mail" json:"mail,omitempty"`     // answers mail by itself
	Chat   string `yaml:"chat" json:"chat,omitempty"`     // what the chat begins with
	Staff  string `yaml:"staff" json:"staff,omitempty"`   // to colleagues
}

// Blocked are days on which a scenario is not started unless somebody says that he wants it all the same.
type Blocked struct {
	Date   string `yaml:"date" json:"date"`               // 2026-12-24
	To     string `yaml:"to" json:"to,omitempty"`         // the last day; Date itself
	Why    string `yaml:"why" json:"why"`                 // for who wanted to start it
	Drills bool   `yaml:"drills" json:"drills,omitempty"` // only rehearsals are held back
}

// Attend is the dead-man timer: so long without an act of a person, and those on duty are asked whether somebody is there.
type Attend struct {
	Every  time.Duration `yaml:"every" json:"every"`   // 1 h
	Answer time.Duration `yaml:"answer" json:"answer"` // how long they have; 15 m
	Then   Else          `yaml:"then" json:"then"`     // undo, or keep: it ends, and all stays as it is
}

// Step is one step: exactly one of the fields of Action, Ask, Until, Note and Run is set.
type Step struct {
	Name   string `yaml:"name" json:"name"`                   // a-z, 0-9 and "-"
	Title  Words  `yaml:"title" json:"title,omitempty"`       // what it is for
	Who    string `yaml:"who" json:"who,omitempty" is:"team"` // who does it, of what wissel does not do itself
	If     string `yaml:"if" json:"if,omitempty"`             // a condition: where it does not hold the step is left out
	Action `yaml:",inline"`
	Ask    *Ask          `yaml:"ask" json:"ask,omitempty"`
	Until  *Until        `yaml:"until" json:"until,omitempty"`
	Note   Words         `yaml:"note" json:"note,omitempty"`             // is shown, and the run goes on
	Run    string        `yaml:"run" json:"run,omitempty"`               // another scenario's steps
	Expect *Expect       `yaml:"expect" json:"expect,omitempty"`         // what is to be seen once it is done
	Undo   *Undo         `yaml:"undo" json:"undo,omitempty"`             // how it is taken back; what it changed is put back by default
	Max    time.Duration `yaml:"max" json:"max,omitempty"`               // how long it may take
	Else   Else          `yaml:"else" json:"else,omitempty"`             // what follows when it fails, or is not seen: ask
	Silent Else          `yaml:"unanswered" json:"unanswered,omitempty"` // and when that is asked and nobody answers: stop for switch, flow and until, on for the others

	In   string `yaml:"-" json:"in,omitempty"`   // "fail-back/": the run step that it came from, of a whole scenario
	Ends int    `yaml:"-" json:"ends,omitempty"` // of a run step, the number of the first step behind those that it brought
}

// Action is what wissel does: one field is set.
type Action struct {
	Switch    *Switch    `yaml:"switch" json:"switch,omitempty"`
	Flow      *ToFlow    `yaml:"flow" json:"flow,omitempty"`
	Message   *Saying    `yaml:"message" json:"message,omitempty"`
	Text      *Texting   `yaml:"text" json:"text,omitempty"`
	Callbacks *Callbacks `yaml:"callbacks" json:"callbacks,omitempty"`
	Notify    *Notify    `yaml:"notify" json:"notify,omitempty"`
}

// Switch changes where calls go: one of Plan, To and Auto is set.
type Switch struct {
	Groups []string      `yaml:"groups" json:"groups" is:"group"`
	Plan   string        `yaml:"plan" json:"plan,omitempty" is:"plan"` // makes it active
	To     string        `yaml:"to" json:"to,omitempty" is:"target"`   // a pin: a trunk, or flow:name
	Auto   bool          `yaml:"auto" json:"auto,omitempty"`           // no pin, and the settings' own plan
	Share  string        `yaml:"share" json:"share,omitempty"`         // of a pin: the part of the callers, "10%"; all
	For    time.Duration `yaml:"for" json:"for,omitempty"`             // of a pin; 8 h
}

// ToFlow sends all callers to a flow: a pin, as of Switch.
type ToFlow struct {
	Groups []string      `yaml:"groups" json:"groups" is:"group"`
	Flow   string        `yaml:"flow" json:"flow" is:"flow"`
	For    time.Duration `yaml:"for" json:"for,omitempty"` // 8 h
}

// Saying puts a message live, or ends the one that is.
type Saying struct {
	Groups []string      `yaml:"groups" json:"groups" is:"group"`
	Say    string        `yaml:"say" json:"say,omitempty"`   // of Messages
	For    time.Duration `yaml:"for" json:"for,omitempty"`   // until its expected end; none
	Next   time.Duration `yaml:"next" json:"next,omitempty"` // until the next update; 30 m
	End    bool          `yaml:"end" json:"end,omitempty"`
}

// Texting sends a message to callers by text.
type Texting struct {
	Groups []string `yaml:"groups" json:"groups" is:"group"`
	Say    string   `yaml:"say" json:"say"`
	To     string   `yaml:"to" json:"to,omitempty"` // "asked": for news; "waiting": for a callback; "both". asked
}

// Callbacks holds the promised calls back or lets them go.
type Callbacks struct {
	Groups []string `yaml:"groups" json:"groups" is:"group"`
	Do     string   `yaml:"do" json:"do"`                   // pause, resume, release or agents
	Agents int      `yaml:"agents" json:"agents,omitempty"` // of agents: calls in flight at one time
	Most   int      `yaml:"most" json:"most,omitempty"`     // of release: so many, and no more; all
}

// Notify tells teams, each in the form that it reads and by the ways that the settings give it.
type Notify struct {
	Teams []string `yaml:"teams" json:"teams" is:"team"`
	Say   string   `yaml:"say" json:"say"`
}

// Ask asks a person. One of Choices and Form is set.
type Ask struct {
	Text     Words         `yaml:"text" json:"text"`
	Choices  []Choice      `yaml:"choices" json:"choices,omitempty"`
	Form     Form          `yaml:"form" json:"form,omitempty"`           // of an answer in words
	Default  string        `yaml:"default" json:"default"`               // taken when nobody answers: a choice, words, or none
	Duty     string        `yaml:"duty" json:"duty,omitempty" is:"duty"` // another list than the scenario's
	Deadline time.Duration `yaml:"deadline" json:"deadline"`             // 10 m
	Escalate time.Duration `yaml:"escalate" json:"escalate"`             // so long after each, the next of the list is asked too; 2 m
}

// Choice is one answer.
type Choice struct {
	Name  string `yaml:"name" json:"name"`
	Title Words  `yaml:"title" json:"title"`
	Then  Else   `yaml:"then" json:"then,omitempty"` // on, end, stop or undo; on
}

// Form is what an answer in words has to be.
type Form string

// The forms: a web address (https), a time of day, a number of minutes, and anything.
const (
	Link    Form = "link"
	Clock   Form = "time"
	Minutes Form = "minutes"
	Text    Form = "text"
)

// None is the default of an answer in words that is left out when nobody gives one.
const None = "none"

// Until waits. One of Wait and the fields of Observation is set.
type Until struct {
	Observation `yaml:",inline"`
	Wait        time.Duration `yaml:"wait" json:"wait,omitempty"`         // just so long
	Deadline    time.Duration `yaml:"deadline" json:"deadline,omitempty"` // then Else; without one it is refused
}

// Expect is what is to be seen of a step.
type Expect struct {
	Observation `yaml:",inline"`
	Within      time.Duration `yaml:"within" json:"within"` // 30 s
}

// Observation is something that can be looked for: one of That, Test, Gives and Heard is set.
type Observation struct {
	That  string        `yaml:"that" json:"that,omitempty"`            // a condition over Facts
	Test  string        `yaml:"test" json:"test,omitempty" is:"trunk"` // a test call over this trunk passes
	Gives *Gives        `yaml:"gives" json:"gives,omitempty"`          // where a call would go now
	Heard *Heard        `yaml:"heard" json:"heard,omitempty"`          // what test callers hear
	For   time.Duration `yaml:"for" json:"for,omitempty"`              // it holds for so long without a break
	Why   Words         `yaml:"why" json:"why,omitempty"`              // of what a run needs: what is the matter when it is not so
}

// Gives is what `wissel what-if` would show of a call to each of the groups.
type Gives struct {
	Groups []string `yaml:"groups" json:"groups" is:"group"`
	To     string   `yaml:"to" json:"to" is:"target"`
}

// Heard is that test callers of each group hear the standing wording, or the message that is live.
type Heard struct {
	Groups  []string `yaml:"groups" json:"groups" is:"group"`
	Callers int      `yaml:"callers" json:"callers,omitempty"` // 3
}

// Undo is how a step is taken back: by an action, or not at all.
type Undo struct {
	Keep   bool `yaml:"keep" json:"keep,omitempty"` // it stays as it is
	Action `yaml:",inline"`
}

// Else is how a run goes on.
type Else string

// The ways on.
const (
	On   Else = "on"   // with the next step
	End  Else = "end"  // behind the last step of its scenario
	Stop Else = "stop" // it waits for a person
	Back Else = "undo" // all is taken back
	Keep Else = "keep" // it is over, and all stays as it is
	Asks Else = "ask"  // those on duty say which
)

// The kinds of steps, as the file names them.
const (
	KindSwitch = "switch"
	KindFlow   = "flow"
	KindMsg    = "message"
	KindText   = "text"
	KindCalls  = "callbacks"
	KindNotify = "notify"
	KindAsk    = "ask"
	KindUntil  = "until"
	KindNote   = "note"
	KindRun    = "run"
)

// kinds are those of an action that are set.
func (a Action) kinds() (all []string) {
	for _, k := range []struct {
		name string
		set  bool
	}{
		{KindSwitch, a.Switch != nil}, {KindFlow, a.Flow != nil}, {KindMsg, a.Message != nil}, {KindText, a.Text != nil},
		{KindCalls, a.Callbacks != nil}, {KindNotify, a.Notify != nil},
	} {
		if k.set {
			all = append(all, k.name)
		}
	}
	return all
}

// kinds are those of a step that are set: one, of a step that is right.
func (s Step) kinds() []string {
	all := s.Action.kinds()
	for _, k := range []struct {
		name string
		set  bool
	}{{KindAsk, s.Ask != nil}, {KindUntil, s.Until != nil}, {KindNote, len(s.Note) > 0}, {KindRun, s.Run != ""}} {
		if k.set {
			all = append(all, k.name)
		}
	}
	return all
}

// Kind is what a step does, as the file names it.
func (s Step) Kind() string {
	if all := s.kinds(); len(all) > 0 {
		return all[0]
	}
	return ""
}

// acts reports whether wissel does something in this step that has to be known to be done.
func (s Step) acts() bool { return len(s.Action.kinds()) > 0 }

// restores reports whether undoing puts back what an action changed: what was said to people cannot be.
func (a Action) restores() bool {
	return a.Switch != nil || a.Flow != nil || a.Message != nil || a.Callbacks != nil
}

// undoes reports whether there is anything to take back of a step that was done.
func (s Step) undoes() bool {
	if s.Undo != nil {
		return !s.Undo.Keep
	}
	return s.restores()
}

// Groups are those whose callers notice an action.
func (a Action) Groups() []string {
	switch {
	case a.Switch != nil:
		return a.Switch.Groups
	case a.Flow != nil:
		return a.Flow.Groups
	case a.Message != nil:
		return a.Message.Groups
	case a.Text != nil:
		return a.Text.Groups
	case a.Callbacks != nil:
		return a.Callbacks.Groups
	}
	return nil
}
