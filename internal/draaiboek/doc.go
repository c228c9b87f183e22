// Package draaiboek is the plan for an outage as something that runs. A Scenario is data, checked when it is read; a Run is a
// value, folded from its events by Next, which gives the effects to carry out. It does no I/O, reads no clock and asks nothing:
// time, people's answers, what the world shows and who is on duty come in with the events. internal/app writes each event down
// before it carries out its effects; package configs reads scenarios from YAML.
package draaiboek
