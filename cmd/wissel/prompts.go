package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"os/user"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"wissel/internal/app"
	"wissel/internal/nearest"
	"wissel/prompts"
)

func promptsCommand() *cli.Command {
	return &cli.Command{
		Name:        "prompts",
		Usage:       "what callers hear: list it, look for faults, bring in recordings",
		Subcommands: []*cli.Command{promptsListCommand(), promptsCheckCommand(), promptsImportCommand(), promptsRenderCommand()},
		Action:      which("prompts list"),
	}
}

// Flags of all four.
func soundFlags(more ...cli.Flag) []cli.Flag {
	return append([]cli.Flag{
		settingsFlag(),
		&cli.StringFlag{Name: "dir", Usage: "folder of your own prompts, instead of the one that the settings name; the settings are not read then"},
	}, more...)
}

func langFlag(usage string) cli.Flag {
	return &cli.StringFlag{Name: "lang", Aliases: []string{"l"}, Usage: usage}
}

// soundMemory is what these commands should stay under: a hostile file may cost time (FAULTS, A28), and not the memory that
// calls on this machine need.
const soundMemory = 200 << 20 // bytes

func sounds(c *cli.Context) (*app.Sounds, error) {
	debug.SetMemoryLimit(soundMemory)
	if dir := c.String("dir"); dir != "" {
		return app.SoundsIn(dir)
	}
	return app.ReadSounds(c.String("settings"))
}

// languages are the one of --lang, or all.
func languages(c *cli.Context, s *prompts.Store) ([]string, error) {
	all, lang := s.Languages(), c.String("lang")
	if lang == "" {
		return all, nil
	}
	if !slices.Contains(all, lang) {
		return nil, usagef("--lang %s: there is no such language%s", lang, nearest.Suggest(lang, all))
	}
	return []string{lang}, nil
}

func promptsListCommand() *cli.Command {
	return &cli.Command{
		Name:        "list",
		Usage:       "all prompts: whose voice, how long, how loud, and what is said",
		UsageText:   "wissel prompts list --lang nl\n   wissel prompts list --lang nl --voice placeholder",
		Description: "A voice is recorded (a person), rendered (a text-to-speech program of your choice) or placeholder (shipped with wissel).",
		Flags: soundFlags(langFlag("only this language"), outputFlag(),
			&cli.StringFlag{Name: "voice", Usage: "only recorded, rendered or placeholder ones"}),
		Action: func(c *cli.Context) error {
			if err := noArgs(c); err != nil {
				return err
			}
			s, err := sounds(c)
			if err != nil {
				return err
			}
			langs, err := languages(c, s.Store)
			if err != nil {
				return err
			}
			all := []prompts.Entry{}
			for _, lang := range langs {
				all = append(all, s.Store.Entries(lang, prompts.Voice(c.String("voice")))...)
			}
			return print(c, all, func(w io.Writer) { tellPrompts(w, all) })
		},
	}
}

func tellPrompts(w io.Writer, all []prompts.Entry) {
	body := make([][]string, len(all))
	for i, e := range all {
		by, voice, length, loud := "", string(e.Voice), "", ""
		if e.Voice == "" {
			voice = "none"
		} else {
			length, loud = fmt.Sprintf("%.1f s", e.Seconds), fmt.Sprintf("%.1f LUFS", e.Loudness)
		}
		if e.Note != nil {
			by = e.Note.By
		}
		body[i] = []string{e.Lang, e.ID, voice, by, length, loud, e.Text}
	}
	if len(body) == 0 {
		say(w, "there are no such prompts")
	}
	rows(w, []string{"LANGUAGE", "PROMPT", "VOICE", "BY", "LENGTH", "LOUDNESS", "TEXT"}, body)
}

func promptsCheckCommand() *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "everything that is wrong with the prompts",
		UsageText: "wissel prompts check --production",
		Description: "A fault is what callers would miss, or a file that cannot be used; there are none when it exits 0. A warning is what you should\n" +
			"look at, such as a clip that was recorded for another text. With --production it is also a fault when callers hear a placeholder:\na prompt of a flow that a plan names, in the voice that is shipped with wissel.",
		Flags: soundFlags(&cli.BoolFlag{Name: "production", Usage: "a placeholder voice is a fault too"}),
		Action: func(c *cli.Context) error {
			if err := noArgs(c); err != nil {
				return err
			}
			if c.Bool("production") && c.String("dir") != "" {
				return usagef("--production looks at the flows of the settings; leave out --dir")
			}
			s, err := sounds(c)
			if err != nil {
				return err
			}
			faults, doubts := s.Check(c.Bool("production"))
			for _, d := range doubts {
				say(c.App.Writer, "%s %s", doubt.Render("warning"), visible(d.String()))
			}
			for _, f := range faults {
				say(c.App.Writer, "%s %s", bad.Render("fault"), visible(f.String()))
			}
			if n := len(faults); n > 0 {
				return fmt.Errorf("the prompts have faults: %d, and warnings: %d", n, len(doubts))
			}
			say(c.App.Writer, "%s in the prompts; warnings: %d", good.Render("no faults"), len(doubts))
			return nil
		},
	}
}

func promptsImportCommand() *cli.Command {
	return &cli.Command{
		Name:      "import",
		Usage:     "make a recording a prompt",
		ArgsUsage: "FILE",
		UsageText: "wissel prompts import message.wav --as outage.message --lang nl --by 'Anna de Vries'",
		Description: "FILE is a WAV: PCM of 8, 16 or 24 bits, A-law or µ-law, 8 to 192 kHz, mono or stereo; - reads it from standard input. Silence around the\n" +
			"voice is cut off, and it is brought to -19 LUFS with peaks under -3 dBTP. A server that uses the settings takes it over by itself within\ntwo seconds: whoever hears the former clip hears it to its end.",
		Flags: soundFlags(
			&cli.StringFlag{Name: "as", Usage: "which prompt it is, as wissel prompts list names it"},
			langFlag("its language"),
			&cli.StringFlag{Name: "voice", Value: string(prompts.Recorded), Usage: "recorded (a person) or rendered (a program)"},
			&cli.StringFlag{Name: "by", Usage: "who spoke it; you by default"}),
		Action: importAction,
	}
}

func importAction(c *cli.Context) error {
	name, err := oneArg(c, "file")
	if err != nil {
		return err
	}
	if c.String("as") == "" || c.String("lang") == "" {
		return usagef("import needs --as and --lang: which prompt it is, and in which language")
	}
	s, err := sounds(c)
	if err != nil {
		return err
	}
	if s.Dir == "" {
		return app.ErrNoPrompts
	}
	langs, err := languages(c, s.Store)
	if err != nil {
		return err
	}
	o := prompts.Order{Lang: langs[0], ID: c.String("as"), Voice: prompts.Voice(c.String("voice")), By: c.String("by"), Sound: os.Stdin}
	known := false
	if o.Text, known = s.Store.Text(o.Lang, o.ID); !known {
		return usagef("--as %s: there is no such prompt in %s%s; one of your own first takes its text in %s/%s/texts.txt", o.ID, o.Lang,
			nearest.Suggest(o.ID, s.Store.IDs(o.Lang)), s.Dir, o.Lang)
	}
	if o.By == "" {
		o.By = whoami()
	}
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return fmt.Errorf("open the recording: %w", err)
		}
		defer f.Close() //nolint:errcheck // only read from
		o.Sound = f
	}
	done, err := prompts.Import(s.Dir, o, time.Now())
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	tellImport(c.App.Writer, o, done)
	return nil
}

// whoami is the user's name on this machine; behind sudo, that of the person.
func whoami() string {
	if name := os.Getenv("SUDO_USER"); name != "" {
		return name
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return fmt.Sprintf("uid:%d", os.Getuid())
}

// tellImport says what was done to a recording.
func tellImport(w io.Writer, o prompts.Order, done prompts.Imported) {
	say(w, "%s is %s by %s: %.1f s, %s", head.Render(o.Lang+"/"+o.ID), done.Note.Voice, visible(done.Note.By), done.Note.Seconds, didTo(done))
	say(w, "it should say: %s", visible(o.Text.Text))
	if done.Kept != "" {
		say(w, "%s", faint.Render("the former clip is kept as "+visible(done.Kept)))
	}
}

// didTo says what was done to a recording: "trimmed 0.4 s, +3.1 dB, now -19.0 LUFS, peak -2.9 dBTP".
func didTo(done prompts.Imported) string {
	parts := []string{}
	if done.Stereo {
		parts = append(parts, "two channels mixed into one")
	}
	if cut := (done.Before + done.After).Seconds(); cut >= 0.05 {
		parts = append(parts, fmt.Sprintf("trimmed %.1f s", cut))
	}
	parts = append(parts, fmt.Sprintf("%+.1f dB", done.Gain))
	if done.Limited > 0.5 {
		parts = append(parts, fmt.Sprintf("peaks softened by %.1f dB", math.Abs(done.Limited)))
	}
	return strings.Join(append(parts, fmt.Sprintf("now %.1f LUFS, peak %.1f dBTP", done.Note.Loudness, done.Note.Peak)), ", ")
}

// The program that speaks where --with names none.
const (
	speaker     = "espeak-ng"
	speakerWith = speaker + " -v {lang} -s 150 -w {out} -- {text}"
)

func promptsRenderCommand() *cli.Command {
	return &cli.Command{
		Name:      "render",
		Usage:     "let a text-to-speech program speak the prompts",
		UsageText: "wissel prompts render --lang nl --with 'piper --model nl_NL-mls-medium.onnx --output_file {out}'",
		Description: "The command is run once for each prompt, without a shell: {text} is what to say, {out} the WAV to make, {lang} the language. Where {text}\n" +
			"is not in it, the text comes on its standard input. What a person recorded is never replaced.",
		Flags: soundFlags(langFlag("only this language"),
			&cli.StringFlag{Name: "only", Value: "missing", Usage: "missing: those in the placeholder voice, without sound, or rendered for another text; all: those rendered before too"},
			&cli.StringFlag{Name: "with", Usage: "the command; " + speakerWith + " where that program is there"}),
		Action: renderAction,
	}
}

func renderAction(c *cli.Context) error {
	if err := noArgs(c); err != nil {
		return err
	}
	r := app.Rendering{With: c.String("with"), All: c.String("only") == "all"}
	if o := c.String("only"); o != "all" && o != "missing" {
		return usagef("--only %q: missing or all", o)
	}
	if r.With == "" {
		if _, err := exec.LookPath(speaker); err != nil {
			return usagef("render needs --with: the command that speaks, as %q; %s is not on this machine", speakerWith, speaker)
		}
		r.With = speakerWith
	}
	s, err := sounds(c)
	if err != nil {
		return err
	}
	if r.Langs, err = languages(c, s.Store); err != nil {
		return err
	}
	none := true
	err = s.Render(c.Context, r, func(name string, done app.Rendered) {
		none = false
		if done.Err != nil {
			say(c.App.Writer, "%s %s: %s", bad.Render("failed"), name, visible(done.Err.Error()))
			return
		}
		say(c.App.Writer, "%s: %.1f s, %s", name, done.Note.Seconds, didTo(done.Imported))
	})
	if err == nil && none {
		say(c.App.Writer, "nothing was missing; --only all renders those of before anew")
	}
	return err
}
