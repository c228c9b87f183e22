package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"wissel/configs"
	"wissel/internal/app"
	"wissel/internal/web"
)

func privacyCommand() *cli.Command {
	return &cli.Command{
		Name:  "privacy",
		Usage: "what is kept of people: how long, of whom, and taking it out",
		Subcommands: []*cli.Command{
			privacyStatusCommand(), privacyShowCommand(), privacyExportCommand(), privacyEraseCommand(), privacyObjectCommand(),
		},
		Action: which("privacy status"),
	}
}

func privacyStatusCommand() *cli.Command {
	return &cli.Command{
		Name:  "status",
		Usage: "how long each kind is kept, and how many rows went because their time was over",
		Flags: []cli.Flag{outputFlag()},
		Action: func(c *cli.Context) error {
			if err := noArgs(c); err != nil {
				return err
			}
			s, err := client(c).PrivacyStatus(c.Context)
			if err != nil {
				return err
			}
			return print(c, s, func(w io.Writer) { tellPrivacy(w, s) })
		},
	}
}

func tellPrivacy(w io.Writer, s web.PrivacyStatus) {
	var body [][]string
	for _, k := range s.Kinds {
		body = append(body, []string{string(k.Kind), k.Keep, strconv.Itoa(k.Last), strconv.FormatUint(k.Deleted, 10)})
	}
	rows(w, []string{"kind", "kept for", "deleted last time", "since the start"}, body)
	say(w, "last run %s, next %s; objections: %d", ago(s.Ran, "not yet"), when(s.Next), s.Objections)
	switch {
	case s.Fault != "":
		say(w, "%s %s", bad.Render("fault"), visible(s.Fault))
	case !s.Ran.IsZero() && !s.Emptied:
		say(w, "%s something was reading the database, so its log may still hold what was deleted; the next run empties it", doubt.Render("note"))
	}
	if len(s.Keys) > 0 {
		say(w, "voices are encrypted with key %s", visible(strings.Join(s.Keys, "; those of before take ")))
	}
	for _, n := range s.Notes {
		say(w, "%s %s", doubt.Render("note"), visible(n))
	}
}

func reasonFlag() cli.Flag {
	return &cli.StringFlag{Name: "reason", Usage: "why; it goes into the audit log"}
}

// personOf reads whom a command is about, and why.
func personOf(c *cli.Context) (web.PersonRequest, error) {
	n, err := oneArg(c, "telephone number")
	if err != nil {
		return web.PersonRequest{}, err
	}
	if c.String("reason") == "" {
		return web.PersonRequest{}, usagef("privacy %s needs --reason: it goes into the audit log", c.Command.Name)
	}
	return web.PersonRequest{Number: n, Reason: c.String("reason")}, nil
}

func privacyShowCommand() *cli.Command {
	return &cli.Command{
		Name:      "show",
		Usage:     "all that is kept of a number",
		ArgsUsage: "NUMBER",
		UsageText: "wissel privacy show +31612345678 --reason \"letter of 1 November\"\n   wissel privacy show 06-12345678 --reason \"letter of 1 November\" -o json",
		Flags:     []cli.Flag{reasonFlag(), outputFlag()},
		Action: func(c *cli.Context) error {
			r, err := personOf(c)
			if err != nil {
				return err
			}
			p, err := client(c).ShowPerson(c.Context, r)
			if err != nil {
				return err
			}
			return print(c, p, func(w io.Writer) {
				if len(p.Tables) == 0 {
					say(w, "nothing is kept of this number")
				}
				for _, t := range p.Tables {
					say(w, "%s: %d rows", head.Render(visible(t.Table)), len(t.Rows))
					for _, row := range t.Rows {
						say(w, "  %s", visible(rowWords(row)))
					}
				}
				if p.Objects {
					say(w, "he objects: he is never rung or sent a text")
				}
				say(w, "%s", faint.Render("in the audit log he is "+p.Mark))
				for _, n := range p.Notes {
					say(w, "%s %s", doubt.Render("note"), visible(n))
				}
			})
		},
	}
}

// rowWords are the columns of a row that a person looks for, in one line; -o json has them all.
func rowWords(row map[string]any) string {
	var all []string
	for _, column := range []string{"at", "began", "kind", "state", "status", "outcome", "group", "number", "from", "to", "language", "choices", "consent", "recording", "id"} {
		if v, ok := row[column]; ok && fmt.Sprint(v) != "" {
			all = append(all, column+"="+fmt.Sprint(v))
		}
	}
	return strings.Join(all, " ")
}

func privacyExportCommand() *cli.Command {
	return &cli.Command{
		Name:        "export",
		Usage:       "write all that is kept of a number to a ZIP file, for him",
		ArgsUsage:   "NUMBER",
		UsageText:   "wissel privacy export +31612345678 --out he.zip --reason \"letter of 1 November\"",
		Description: "It holds the rows as JSON, what he said as WAV, and a word on what they are. The file is the reader's own to hand over and remove.",
		Flags:       []cli.Flag{&cli.StringFlag{Name: "out", Usage: "the ZIP file to make; one that is there is left alone"}, reasonFlag()},
		Action: func(c *cli.Context) (err error) {
			r, err := personOf(c)
			if err != nil {
				return err
			}
			if c.String("out") == "" {
				return usagef("privacy export needs --out FILE.zip")
			}
			return exportSound(c, func() ([]byte, error) { return client(c).ExportPerson(c.Context, r) })
		},
	}
}

func privacyEraseCommand() *cli.Command {
	return &cli.Command{
		Name:      "erase",
		Usage:     "take a number out of all that is kept, for good: what he asked for and said goes, calls stay without him",
		ArgsUsage: "NUMBER",
		UsageText: "wissel privacy erase +31612345678 --reason \"letter of 1 November\"",
		Description: "A callback that he was promised is not made. An objection stays: it is kept without the number. It cannot be undone.\n" +
			"The audit log keeps that it was done, by whom and why, with a mark for the number.",
		Flags: []cli.Flag{reasonFlag(), outputFlag()},
		Action: func(c *cli.Context) error {
			r, err := personOf(c)
			if err != nil {
				return err
			}
			e, err := client(c).ErasePerson(c.Context, r)
			if err != nil {
				return err
			}
			return print(c, e, func(w io.Writer) {
				n := 0
				for _, rows := range e.Rows {
					n += rows
				}
				say(w, "erased: %d rows, %d recordings; in the audit log he is %s", n, e.Recordings, visible(e.Mark))
				for _, note := range e.Notes {
					say(w, "%s %s", doubt.Render("note"), visible(note))
				}
			})
		},
	}
}

func privacyObjectCommand() *cli.Command {
	return &cli.Command{
		Name:      "object",
		Usage:     "never ring a number or send it a text, whatever it asks for; --lift takes that back",
		ArgsUsage: "NUMBER",
		UsageText: "wissel privacy object +31612345678 --reason \"letter of 1 November\"\n   wissel privacy object +31612345678 --lift --reason \"he called, ticket 4711\"",
		Flags:     []cli.Flag{&cli.BoolFlag{Name: "lift", Usage: "he objects no more"}, reasonFlag(), outputFlag()},
		Action: func(c *cli.Context) error {
			r, err := personOf(c)
			if err != nil {
				return err
			}
			r.Lift = c.Bool("lift")
			o, err := client(c).Object(c.Context, r)
			if err != nil {
				return err
			}
			return print(c, o, func(w io.Writer) {
				words := "objects: he is never rung or sent a text"
				if !o.Objects {
					words = "does not object"
				}
				before := ""
				if !o.Changed {
					before = ", as before"
				}
				say(w, "%s %s%s", visible(o.Mark), words, before)
				for _, note := range o.Notes {
					say(w, "%s %s", doubt.Render("note"), visible(note))
				}
			})
		},
	}
}

// recordingsDecryptCommand opens a file of the folder of recordings that no server gives: of a wish that is gone, or cut off by a crash.
func recordingsDecryptCommand() *cli.Command {
	return &cli.Command{
		Name:        "decrypt",
		Usage:       "make a file of the folder of recordings audible, without a server: one that no wish tells of, or that a crash cut off",
		ArgsUsage:   "FILE",
		UsageText:   "wissel recordings decrypt /var/lib/wissel/recordings/019a….wav.part --settings /etc/wissel/wissel.yaml --out what.wav",
		Description: "It reads the keys of privacy.voice_keys from the settings, as far as the system lets you read those.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "settings", Value: "/etc/wissel/wissel.yaml", Usage: "the settings file that names the keys"},
			&cli.StringFlag{Name: "out", Usage: "the WAV file to make; one that is there is left alone"},
		},
		Action: func(c *cli.Context) error {
			name, err := oneArg(c, "file")
			if err != nil {
				return err
			}
			if c.String("out") == "" {
				return usagef("recordings decrypt needs --out FILE.wav")
			}
			return exportSound(c, func() ([]byte, error) { return decrypted(c, name) })
		},
	}
}

func decrypted(c *cli.Context, name string) ([]byte, error) {
	wav, whole, err := openVoice(name, c.String("settings"))
	switch {
	case err != nil:
		return nil, fmt.Errorf("decrypt %s: %w", name, err)
	case len(wav) == 0:
		return nil, fmt.Errorf("decrypt %s: %w", name, errors.New("nothing of it was written before it was cut off"))
	case !whole:
		say(c.App.ErrWriter, "%s it was cut off when it was written: this is what was said before that", doubt.Render("note"))
	}
	return wav, nil
}

func openVoice(name, settings string) (wav []byte, whole bool, err error) {
	file, err := os.ReadFile(name)
	if err != nil {
		return nil, false, err
	}
	set, err := configs.Load(settings, configs.Options{})
	if err != nil {
		return nil, false, err
	}
	return app.OpenVoice(file, set.Privacy.Voice)
}
