package app

import (
	"fmt"

	"wissel"
	"wissel/configs"
	"wissel/ivr"
	"wissel/prompts"
)

// Rehearsal gives the flows of settings as callers would walk them, and their sound, without a server.
func Rehearsal(file *configs.File) (map[wissel.FlowID]*ivr.Program, *prompts.Store, error) {
	sounds, err := prompts.Open(file.Prompts)
	if err != nil {
		return nil, nil, fmt.Errorf("open the prompts: %w", err)
	}
	snapshot := file.Snapshot(nil)
	flows := map[wissel.FlowID]*ivr.Program{}
	for id, p := range file.Flows {
		flows[id] = p.With(numbering{file.Country, func() *wissel.Snapshot { return snapshot }})
	}
	return flows, sounds, nil
}
