package main

import (
	"strings"

	"github.com/urfave/cli/v2"

	"wissel/internal/access"
)

// needs is the permission that each command takes of the server, by its words. A command that asks no server takes none
// (access.Anyone); one that is not here fails the build. The server holds the same at its routes: this is for --help.
var needs = map[string]access.Permission{
	"serve":           access.Anyone,
	"check":           access.Anyone,
	"demo":            access.Anyone,
	"flow":            access.Anyone, // of the settings file
	"flow list":       access.Anyone,
	"flow show":       access.Anyone,
	"flow test":       access.Anyone,
	"flow call":       access.Test,   // of the server, which rings
	"draaiboek":       access.Anyone, // of the settings file, and so are those below
	"draaiboek list":  access.Anyone,
	"draaiboek show":  access.Anyone,
	"draaiboek check": access.Anyone,
	"draaiboek plan":  access.Anyone,
	"status":          access.See,
	"why":             access.See,
	"calls":           access.See,
	"carriers":        access.See,
	"carriers test":   access.Test,
	"audit":           access.See,
	"audit verify":    access.See,
	"switch":          access.Switch,
	"proposals":       access.See,
	"approve":         access.Approve,
	"reject":          access.Approve,
	"token":           access.Tokens,
	"token add":       access.Tokens,
	"token list":      access.Tokens,
	"token revoke":    access.Tokens,
	"crisis":          access.Crisis,
	"crisis status":   access.Crisis,
	"crisis enrol":    access.Crisis,
	"crisis codes":    access.Crisis,
	"crisis unlock":   access.Crisis,
	"reload":          access.Reload,
	"drain":           access.Drain,

	"prompts":        access.Anyone, // of the settings file and the folder of prompts, as far as the system lets them
	"prompts list":   access.Anyone,
	"prompts check":  access.Anyone,
	"prompts import": access.Anyone,
	"prompts render": access.Anyone,

	"export":             access.Anyone, // of the settings file
	"export last-resort": access.Anyone,
	"handback":           access.Switch,
	"hours":              access.See, // to change them is access.Switch
	"message":            access.See,
	"message list":       access.See,
	"message show":       access.See,
	"message live":       access.Messages,
	"message extend":     access.Messages,
	"message end":        access.Messages,
	"message export":     access.See,
	"statuspage":         access.See,
	"statuspage show":    access.See,
	"statuspage places":  access.See,
	"statuspage push":    access.Messages,
	"what-if":            access.See,
	"timeline":           access.See,
	"recordings":         access.See,
	"recordings list":    access.See, // whole numbers are access.Numbers
	"recordings export":  access.Export,
	"recordings remove":  access.Erase,
	"recordings decrypt": access.Anyone, // of files, as far as the system lets them
	"privacy":            access.See,
	"privacy status":     access.See,
	"privacy show":       access.Numbers,
	"privacy export":     access.Export,
	"privacy erase":      access.Erase,
	"privacy object":     access.Erase,
	"texts":              access.See,
	"texts incoming":     access.See,
	"texts list":         access.See,
	"texts show":         access.See,
	"texts progress":     access.See,
	"texts preview":      access.See,
	"texts test":         access.Test,
	"texts pause":        access.Messages,
	"texts resume":       access.Messages,
	"texts providers":    access.See,
	"callbacks":          access.See,
	"callbacks list":     access.See, // whole numbers are access.Numbers
	"callbacks done":     access.Callbacks,
	"callbacks cancel":   access.Callbacks,
	"callbacks turn":     access.Callbacks,
	"callbacks show":     access.See,
	"callbacks release":  access.Callbacks,
	"callbacks pause":    access.Callbacks,
	"callbacks resume":   access.Callbacks,
	"callbacks export":   access.Export,
	"callbacks import":   access.Callbacks,
	"callbacks through":  access.Callbacks,
	"people":             access.See,
	"people list":        access.See,
	"people on":          access.Callbacks,
	"people off":         access.Callbacks,
}

// everyCommand calls f for each command and each below it, with its words: "carriers", "carriers test".
func everyCommand(all []*cli.Command, above string, f func(words string, c *cli.Command)) {
	for _, c := range all {
		words := strings.TrimSpace(above + " " + c.Name)
		f(words, c)
		everyCommand(c.Subcommands, words, f)
	}
}

// finish gives a command what all have: the server's address if it asks one, and its role in --help.
func finish(words string, c *cli.Command) {
	c.OnUsageError = onUsageError
	c.HideHelpCommand = true
	need := needs[words]
	if need == access.Anyone {
		return
	}
	c.Flags = append(c.Flags, reachFlags()...)
	c.Description = strings.TrimSpace(c.Description + "\nIt takes the role " + access.Needs(need) + ".")
}
