package draaiboek

import (
	"slices"
	"time"
)

// State is where a run is. All are words for people.
type State string

// The states. The last four are over.
const (
	Proposed State = "proposed"    // people have to agree before it begins
	Waiting  State = "waiting"     // for what it needs
	Running  State = "running"     //
	Stopping State = "stopping"    // what is under way is let come to its end
	Stopped  State = "stopped"     // until somebody goes on or takes it back
	Undoing  State = "undoing"     // backwards
	Stuck    State = "undo failed" // until somebody says how

	Finished State = "finished"
	Undone   State = "undone"
	Refused  State = "refused" // it never began
	Left     State = "left"    // over, and what it changed stays
)

// Over reports whether nothing more comes of a run in this state.
func (s State) Over() bool { return s == Finished || s == Undone || s == Refused || s == Left }

// Phase is where one step is. All are words for people.
type Phase string

// The phases. Judging, doing, watching, asking and trouble are under way, one step at a time.
const (
	ToDo     Phase = ""
	Judging  Phase = "judging"  // whether its condition holds
	Doing    Phase = "doing"    // wissel was told to do it
	Watching Phase = "watching" // for what is expected, or waited for
	Asking   Phase = "asking"
	Trouble  Phase = "trouble" // it failed, and those on duty are asked what now
	Done     Phase = "done"
	Failed   Phase = "failed" // and the run went on
	Skipped  Phase = "skipped"
	LeftOut  Phase = "left out" // its condition does not hold
)

// Step states of undoing.
const (
	undoDoing   = "doing"
	undoDone    = "done"
	undoFailed  = "failed"
	undoSkipped = "skipped"
)

// StepState is how one step stands.
type StepState struct {
	Phase    Phase     `json:",omitempty"`
	Began    time.Time `json:",omitzero"`
	Ended    time.Time `json:",omitzero"`
	Since    time.Time `json:",omitzero"` // of its phase, or of its undoing
	Attempt  int       `json:",omitempty"`
	Evidence string    `json:",omitempty"` // for people: what was seen, what failed, who said so
	Changed  bool      `json:",omitempty"` // it has, or may have, changed something
	Before   string    `json:",omitempty"` // what undoing needs to know, as whoever did it said, of the first attempt that was done
	First    int       `json:",omitempty"` // which that was; 0: none is known to be done
	Undo     string    `json:",omitempty"`
	Undos    int       `json:",omitempty"` // attempts
	LookAt   time.Time `json:",omitzero"`  // when to look, or to ask again whether it was done
	Held     time.Time `json:",omitzero"`  // since when what is looked for holds
	Recalled bool      `json:",omitempty"` // its time is over, and the world was asked about it
}

// Run is one execution of a scenario. It is a value: Next gives another one. The zero Run takes a Started event.
type Run struct {
	ID       string
	Scenario Scenario // as it was when the run began, whatever becomes of the file
	Version  string
	Seed     []byte // of the codes
	Drill    bool
	State    State
	After    State `json:",omitempty"` // of Stopping: what it comes to
	By       string
	Reason   string
	Agreed   []string `json:",omitempty"` // who agreed before it began
	Agree    int      `json:",omitempty"` // how many still have to
	Began    time.Time
	Ended    time.Time `json:",omitzero"`
	Now      time.Time // of the last event; it never goes back
	Since    time.Time // of the waiting for what it needs
	Why      string    `json:",omitempty"` // of the state, for people
	At       int       // the step that is under way or comes next
	Steps    []StepState
	Needs    []need            `json:",omitempty"`
	Answers  map[string]string `json:",omitempty"` // by the name of the step
	Open     []Question        `json:",omitempty"`
	Closed   []Question        `json:",omitempty"` // the last ones
	Asked    int               // questions so far
	Told     int               // notices so far
	Pending  []Effect          `json:",omitempty"` // not known to be done
	Attended time.Time         // the last act of a person
	Alarms   []string          `json:",omitempty"`
}

// need is how one thing that a run needs stands.
type need struct {
	OK       bool
	Evidence string
	Held     time.Time
	LookAt   time.Time
}

// The most that a run keeps.
const (
	mostClosed  = 20
	mostPending = 200
	mostAlarms  = 20
	mostSaid    = 500 // characters of what an event says
)

// clone is a copy that Next may change: what is shared with the run before is never written to.
func (r Run) clone() Run {
	r.Steps = slices.Clone(r.Steps)
	r.Needs = slices.Clone(r.Needs)
	r.Agreed = slices.Clone(r.Agreed)
	r.Open = cloned(r.Open)
	r.Closed = slices.Clone(r.Closed) // what is closed is never changed
	r.Pending = slices.Clone(r.Pending)
	r.Alarms = slices.Clone(r.Alarms)
	answers := make(map[string]string, len(r.Answers))
	for k, v := range r.Answers {
		answers[k] = v
	}
	r.Answers = answers
	return r
}

func cloned(qs []Question) []Question {
	out := slices.Clone(qs)
	for i := range out {
		out[i].Asked = slices.Clone(out[i].Asked)
	}
	return out
}

// Fold gives the run of its events, in their order, without the effects that were carried out when they came.
func Fold(events []Event) (r Run) {
	for _, ev := range events {
		r, _ = Next(r, ev)
	}
	return r
}

// step and its state; ok is false behind the last.
func (r *Run) current() (s Step, st *StepState, ok bool) {
	if r.At < 0 || r.At >= len(r.Steps) {
		return Step{}, nil, false
	}
	return r.Scenario.Steps[r.At], &r.Steps[r.At], true
}

// end is the number of the first step behind the scenario that step i came from.
func (r *Run) end(i int) int {
	in := r.Scenario.Steps[i].In
	for k := i - 1; k >= 0 && in != ""; k-- {
		if s := r.Scenario.Steps[k]; s.Run != "" && s.Name+"/" == in {
			return s.Ends
		}
	}
	return len(r.Steps)
}

// index finds a step by its name.
func (r *Run) index(name string) (int, bool) {
	i := slices.IndexFunc(r.Scenario.Steps, func(s Step) bool { return s.Name == name })
	return i, i >= 0
}
