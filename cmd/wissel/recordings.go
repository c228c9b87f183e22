package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/urfave/cli/v2"

	"wissel/internal/web"
)

func recordingsCommand() *cli.Command {
	return &cli.Command{
		Name:        "recordings",
		Usage:       "what callers said who could press no keys: who they are, and their voice",
		Subcommands: []*cli.Command{recordingsListCommand(), recordingsExportCommand(), recordingsRemoveCommand(), recordingsDecryptCommand()},
		Action:      which("recordings list"),
	}
}

func recordingsListCommand() *cli.Command {
	return &cli.Command{
		Name:  "list",
		Usage: "the recordings, newest first, with whether somebody has heard them",
		Flags: append(numbersFlags(), outputFlag()),
		Action: func(c *cli.Context) error {
			if err := noArgs(c); err != nil {
				return err
			}
			all, err := masked(c, "recordings list", client(c).Recordings, client(c).RecordingNumbers)
			if err != nil {
				return err
			}
			return print(c, all, func(w io.Writer) {
				if len(all) == 0 {
					say(w, "nobody has said anything")
					return
				}
				var body [][]string
				for _, r := range all {
					body = append(body, []string{when(r.At), string(r.Group), r.Number, length(r), r.Language, r.State, momentOf(r), r.ID})
				}
				rows(w, []string{"said at", "group", "number", "length", "language", "state", "since", "id"}, body)
			})
		},
	}
}

// length of a recording, as people say it.
func length(r web.Recording) string {
	return (time.Duration(r.LengthMS) * time.Millisecond).Round(time.Second).String()
}

// momentOf is when a recording came into its state.
func momentOf(r web.Recording) string {
	switch r.State {
	case "heard":
		return when(r.Heard)
	case "removed":
		return when(r.Removed)
	}
	return ""
}

func recordingsExportCommand() *cli.Command {
	return &cli.Command{
		Name:        "export",
		Usage:       "write what a caller said to a file, to hear it",
		ArgsUsage:   "ID",
		UsageText:   "wissel recordings export 019a… --out anna.wav --reason \"call back, ticket 4711\"",
		Description: "It is in the audit log, and the list says from then on that it was heard. The file is the reader's own to remove.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "out", Usage: "the WAV file to make; one that is there is left alone"},
			&cli.StringFlag{Name: "reason", Usage: "why; it goes into the audit log"},
		},
		Action: func(c *cli.Context) error {
			id, err := oneArg(c, "id of a recording")
			if err != nil {
				return err
			}
			if c.String("out") == "" {
				return usagef("recordings export needs --out FILE.wav")
			}
			return exportSound(c, func() ([]byte, error) {
				return client(c).ExportRecording(c.Context, id, web.ReadRequest{Reason: c.String("reason")})
			})
		},
	}
}

func recordingsRemoveCommand() *cli.Command {
	return &cli.Command{
		Name:      "remove",
		Usage:     "remove what a caller said, for good; what he asked for stays",
		ArgsUsage: "ID",
		UsageText: "wissel recordings remove 019a… --reason \"called back\"",
		Flags:     []cli.Flag{&cli.StringFlag{Name: "reason", Usage: "why; it goes into the audit log"}, outputFlag()},
		Action: func(c *cli.Context) error {
			id, err := oneArg(c, "id of a recording")
			if err != nil {
				return err
			}
			r, err := client(c).RemoveRecording(c.Context, id, web.ReadRequest{Reason: c.String("reason")})
			if err != nil {
				return err
			}
			return print(c, r, func(w io.Writer) { say(w, "removed: %s of %s, said at %s", length(r), r.Number, when(r.At)) })
		},
	}
}

// exportSound writes a sound to the file of --out, which is made before anything is asked for: to ask may leave a trace.
func exportSound(c *cli.Context, ask func() ([]byte, error)) error {
	f, err := os.OpenFile(c.String("out"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("make the file: %w", err)
	}
	sound, err := ask()
	if err == nil {
		_, err = f.Write(sound)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(c.String("out")))
	}
	say(c.App.Writer, "%s: %d bytes", c.String("out"), len(sound))
	return nil
}
