package lastresort

import (
	"fmt"
	"strings"
	"time"
)

// Text is the sheet for a person, to be pasted into a carrier's portal and kept where wissel is not.
func (s *Sheet) Text() string {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	say("What to set for the hour in which wissel itself is gone")
	say("made %s from settings %s, checksum %s", s.Made.Format(time.RFC3339), s.Settings, s.Checksum)
	if len(s.Groups) > 0 {
		say("about these groups only: %s", join(s.Groups))
	}
	for _, c := range s.Carriers {
		say("\nAt carrier %s", c.Trunk)
		for _, r := range c.Routes {
			say("\n  Group %s (plan %s): trunk group, in this order", r.Group, r.Plan)
			for i, d := range r.Order {
				say("  %4d. %s", i+1, d)
			}
			say("\n  Final destination of each number, when wissel does not answer")
			for _, n := range r.Numbers {
				known := ""
				if n.Dialled != "" {
					known = "  (" + n.Dialled + ")"
				}
				say("        %s%s  ->  %s", n.Number, known, n.Final)
			}
		}
	}
	for _, n := range s.Names {
		say("\nIn DNS, for %s (the plan of group %s)\n", n.Name, n.Group)
		for _, r := range n.Records {
			say("%s", r)
		}
		for _, note := range n.Notes {
			say("; %s", note)
		}
	}
	if len(s.Names) == 0 {
		say("\nIn DNS: nothing. The listeners are advertised by address alone, so carriers do not find us by SRV")
	}
	say("\nWhat this cannot know")
	for _, u := range s.Unknown {
		say("  - %s", u)
	}
	return b.String()
}

// String is "genesys  sip:byoc.example  (note)".
func (d Destination) String() string {
	out := d.Target + "  " + string(d.Kind)
	if d.Address != "" {
		out = d.Target + "  " + d.Address
	}
	if d.Dial != "" {
		out += "  dialling " + string(d.Dial)
	}
	if d.Note != "" {
		out += "  (" + d.Note + ")"
	}
	return out
}

func join[S ~string](all []S) string {
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = string(s)
	}
	return strings.Join(out, ", ")
}
