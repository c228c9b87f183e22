package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"wissel/internal/app"
	"wissel/internal/message"
	"wissel/ivr"
	"wissel/prompts"
)

// withMessage is how long a prompt of length d sounds with the message of --message in its place, or behind it.
func withMessage(c *cli.Context, p *ivr.Program, one ivr.Prompt, d time.Duration) time.Duration {
	own := c.Duration("message")
	if own <= 0 {
		return d
	}
	switch app.MessageAt(p, one, own, d) {
	case message.Instead:
		return own
	case message.Behind:
		return d + own
	case message.Nowhere:
	}
	return d
}

// sayMessage gives prompts in words, the message of --message among them.
func sayMessage(c *cli.Context, p *ivr.Program, sounds *prompts.Store) func(...ivr.Prompt) string {
	own := c.Duration("message")
	if own <= 0 {
		return sounds.Say
	}
	return func(all ...ivr.Prompt) string {
		var said []string
		for _, one := range all {
			words, spoken := sounds.Say(one), fmt.Sprintf("[the live message, %v]", own)
			var shipped time.Duration
			for _, clip := range sounds.Clips([]ivr.Prompt{one}) {
				shipped += clip.Duration()
			}
			switch app.MessageAt(p, one, own, shipped) {
			case message.Instead:
				words = spoken
			case message.Behind:
				words += " " + spoken
			case message.Nowhere:
			}
			said = append(said, words)
		}
		return strings.Join(said, " ")
	}
}
