package draaiboek

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"wissel"
)

func digest(v any) string {
	body, err := json.Marshal(v)
	if err != nil {
		panic("draaiboek: " + err.Error()) // plain fields always encode
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])[:12]
}

// Whole puts the steps of all scenarios that one runs in the place of its run steps, each with the name of that step and a slash before its own.
// all are checked ones. The problems are of the scenario named, by the paths of its file.
func Whole(name string, all map[string]Scenario) (Scenario, []wissel.Problem) {
	s := all[name].copied()
	j := &joiner{all: all, out: &s, messages: map[string]Message{}}
	steps := s.Steps
	s.Steps = nil
	for k, m := range s.Messages {
		j.messages[k] = m
	}
	for i := range steps {
		j.at = fmt.Sprintf("steps[%d]", i)
		j.add(steps[i], "", s.Duty, []string{name})
		if len(j.faults) > 0 {
			break
		}
	}
	s.Messages = j.messages
	return s, j.faults
}

type joiner struct {
	all      map[string]Scenario
	out      *Scenario
	messages map[string]Message
	at       string
	faults   []wissel.Problem
}

func (j *joiner) fault(format string, args ...any) {
	if len(j.faults) == 0 {
		j.faults = append(j.faults, wissel.Problem{Path: j.at, Msg: fmt.Sprintf(format, args...)})
	}
}

// add puts one step behind the others, and what it runs behind that.
func (j *joiner) add(s Step, in, duty string, above []string) {
	if len(j.out.Steps) >= mostSteps {
		j.fault("with all that it runs this has more than %d steps; a draaiboek that long is read by nobody in an outage: make it several", mostSteps)
		return
	}
	s.In, s.Name = in, in+s.Name
	if s.Ask != nil && s.Ask.Duty == "" {
		s.Ask.Duty = duty
	}
	for _, a := range []*Action{&s.Action, undoOf(s)} {
		if a != nil {
			a.named(in)
		}
	}
	at := len(j.out.Steps)
	j.out.Steps = append(j.out.Steps, s)
	if s.Run == "" {
		return
	}
	child, ok := j.all[s.Run]
	switch {
	case !ok:
		return // that is told where it is named
	case slices.Contains(above, s.Run):
		j.fault("it runs itself: %s; a run would never end", strings.Join(append(above, s.Run), " runs "))
		return
	case len(above) >= mostDeep:
		j.fault("these are more than %d draaiboeken that run each other", mostDeep)
		return
	}
	child = child.copied()
	inside := s.Name + "/"
	for k, m := range child.Messages {
		j.messages[inside+k] = m
	}
	for k, n := range child.Bound {
		if j.out.Bound == nil {
			j.out.Bound = map[string]Names{}
		}
		j.out.Bound[k] = n
	}
	if j.out.Uses == nil {
		j.out.Uses = map[string]string{}
	}
	maps.Copy(j.out.Uses, child.Uses)
	for i, need := range child.Needs {
		j.add(Step{Name: fmt.Sprintf("need-%d", i+1), Title: need.Why, Until: &Until{Observation: need, Deadline: child.Patience}, Else: Asks, Silent: Stop},
			inside, child.Duty, append(slices.Clone(above), s.Run))
	}
	for _, below := range child.Steps {
		j.add(below, inside, child.Duty, append(slices.Clone(above), s.Run))
	}
	j.out.Steps[at].Ends = len(j.out.Steps)
}

func undoOf(s Step) *Action {
	if s.Undo == nil {
		return nil
	}
	return &s.Undo.Action
}

// named puts the name of the run step before the messages of what it runs.
func (a *Action) named(in string) {
	switch {
	case a.Message != nil && a.Message.Say != "":
		a.Message.Say = in + a.Message.Say
	case a.Text != nil:
		a.Text.Say = in + a.Text.Say
	case a.Notify != nil:
		a.Notify.Say = in + a.Notify.Say
	}
}

// Touches are the groups whose callers a run may notice, sorted.
func (s Scenario) Touches() []string {
	all := map[string]bool{}
	for _, step := range s.Steps {
		for _, g := range step.Groups() {
			all[g] = true
		}
		if step.Undo != nil {
			for _, g := range step.Undo.Groups() {
				all[g] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(all))
}
