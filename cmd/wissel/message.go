package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"wissel"
	"wissel/internal/web"
)

func messageCommand() *cli.Command {
	return &cli.Command{
		Name:        "message",
		Usage:       "what the callers of a group hear about its outage, changed while it burns",
		Subcommands: []*cli.Command{messageListCommand(), messageShowCommand(), messageLiveCommand(), messageExtendCommand(), messageEndCommand(), messageExportCommand()},
		Action:      which("message show support"),
	}
}

func messageListCommand() *cli.Command {
	return &cli.Command{
		Name:      "list",
		Usage:     "the messages there were, newest first",
		ArgsUsage: "[GROUP]",
		UsageText: "wissel message list\n   wissel message list support --limit 10",
		Flags:     []cli.Flag{&cli.IntFlag{Name: "limit", Value: 20, Usage: "at most so many"}, outputFlag()},
		Action: func(c *cli.Context) error {
			if c.NArg() > 1 {
				return usagef("message list takes one group, or none")
			}
			if c.Int("limit") < 1 {
				return usagef("--limit %d: at least 1", c.Int("limit"))
			}
			all, err := client(c).Messages(c.Context, wissel.GroupID(c.Args().First()), c.Int("limit"))
			if err != nil {
				return err
			}
			return print(c, all, func(w io.Writer) {
				if len(all) == 0 {
					say(w, "no message was ever live")
				}
				var body [][]string
				for _, m := range all {
					body = append(body, []string{string(m.Group), m.State, moment(m.Live), moment(m.Until), moment(m.Ended), languagesOf(m), m.Who, m.Reason, m.ID})
				}
				rows(w, []string{"group", "state", "live since", "expected end", "ended", "heard in", "by", "reason", "id"}, body)
			})
		},
	}
}

// moment is a moment, or nothing where there is none.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return whenTold(t, time.Now())
}

// languagesOf are the languages in which a message has a sound, each with its length: "en 12s, nl 14s".
func languagesOf(m web.Message) string {
	var all []string
	for _, s := range m.Said {
		if s.LengthMS > 0 {
			all = append(all, s.Language+" "+lengthOf(s))
		}
	}
	return strings.Join(all, ", ")
}

func lengthOf(s web.Said) string {
	return (time.Duration(s.LengthMS) * time.Millisecond).Round(time.Second).String()
}

func messageShowCommand() *cli.Command {
	return &cli.Command{
		Name:      "show",
		Usage:     "the message of a group, with its texts",
		ArgsUsage: "GROUP",
		UsageText: "wissel message show support",
		Flags:     []cli.Flag{outputFlag()},
		Action: func(c *cli.Context) error {
			group, err := oneArg(c, "group")
			if err != nil {
				return err
			}
			all, err := client(c).Messages(c.Context, wissel.GroupID(group), 1)
			if err != nil {
				return err
			}
			if len(all) == 0 {
				return fmt.Errorf("group %s never had a message: its callers hear the standing wording", group)
			}
			return print(c, all[0], func(w io.Writer) { tellMessage(w, all[0], time.Now()) })
		},
	}
}

// tellMessage tells of a message in full.
func tellMessage(w io.Writer, m web.Message, now time.Time) {
	say(w, "%s  %s", head.Render(string(m.Group)), messageLine(m, now))
	say(w, "by %s: %s   (%s)", visible(m.Who), visible(m.Reason), m.ID)
	for _, s := range m.Said {
		sound := "no sound: its callers hear the standing wording"
		switch {
		case s.Lost:
			sound = bad.Render("its sound is lost: its callers hear the standing wording once wissel has started again")
		case s.LengthMS > 0:
			sound = lengthOf(s)
		}
		text := ""
		if s.Text != "" {
			text = "  " + visible(s.Text)
		}
		say(w, "  %s  %s%s", s.Language, sound, text)
	}
}

// messageLine says how a message stands: "live for 12m0s, until 16:00:00, next update at 15:30:00".
func messageLine(m web.Message, now time.Time) string {
	next := ", next update at " + whenTold(m.Next, now)
	if now.After(m.Next) {
		next = ", " + bad.Render("next update was due at "+whenTold(m.Next, now))
	}
	switch m.State {
	case "live":
		until := ", no end said"
		if !m.Until.IsZero() {
			until = ", until " + whenTold(m.Until, now)
		}
		return good.Render("live") + " for " + wissel.Span(max(0, now.Sub(m.Live)).Truncate(time.Second)) + until + next
	case "lapsed":
		return bad.Render("past its end") + " since " + whenTold(m.Until, now) + ": callers hear the standing wording, without a time"
	}
	return "ended at " + whenTold(m.Ended, now) + " by " + visible(m.By) + ": callers hear the standing wording"
}

// changeFlags are those of what changes a message.
func changeFlags(more ...cli.Flag) []cli.Flag {
	return append(more, &cli.StringFlag{Name: "reason", Usage: "why; it goes into the audit log"}, outputFlag())
}

func timeFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "until", Usage: "when the outage is expected to be over: 16:00, 2026-12-24T18:00, or 2h from now; after it callers hear the standing wording"},
		&cli.StringFlag{Name: "next", Usage: "when its next update is due: 15:30, or 30m from now, as it is by default"},
	}
}

func messageLiveCommand() *cli.Command {
	return &cli.Command{
		Name:      "live",
		Usage:     "put a message live: the next caller hears it, who hears the former hears that to its end",
		ArgsUsage: "GROUP",
		UsageText: `wissel message live support --nl FILE.wav --en FILE.wav --text-nl "…" --until 16:00 --next 30m --reason "ticket 4711"
   wissel message live support --sound fy=FILE.wav --reason "ticket 4711"
   wissel message live support --nl FILE.wav --text-nl "…" --reason "ticket 4711" --check`,
		Description: "A file is a WAV, taken in as `wissel prompts import` does. In a language without one callers hear the standing wording, unless --keep\n" +
			"lets them go on with what they hear now. " +
			"The text is for people, and for warnings before it goes live. With --check it does not.",
		Flags: changeFlags(append(timeFlags(),
			&cli.StringFlag{Name: "nl", Usage: "the WAV file in Dutch"},
			&cli.StringFlag{Name: "en", Usage: "the WAV file in English"},
			&cli.StringSliceFlag{Name: "sound", Usage: "LANGUAGE=FILE in another language; may be given several times"},
			&cli.StringSliceFlag{Name: "keep", Usage: "a language that goes on with what callers hear in it now; may be given several times"},
			&cli.StringFlag{Name: "text-nl", Usage: "what is said in Dutch"},
			&cli.StringFlag{Name: "text-en", Usage: "what is said in English"},
			&cli.BoolFlag{Name: "check", Usage: "only tell what there is to say of it; nothing goes live"})...),
		Action: messageLive,
	}
}

func messageLive(c *cli.Context) error {
	group, files, err := liveArgs(c)
	if err != nil {
		return err
	}
	r, err := messageTimes(c, group)
	if err != nil {
		return err
	}
	r.Keep, r.Texts = c.StringSlice("keep"), map[string]string{}
	for _, lang := range []string{"nl", "en"} {
		if text := c.String("text-" + lang); text != "" {
			r.Texts[lang] = text
		}
	}
	people := c.App.Writer
	if c.String("output") == "json" {
		people = c.App.ErrWriter
	}
	for _, lang := range slices.Sorted(maps.Keys(files)) {
		d, err := sendDraft(c, group, lang, files[lang])
		if err != nil {
			return err
		}
		say(people, "%s  %s: %v, %.1f LUFS, peaks of %.1f dBTP; %v of silence cut off", lang, files[lang], span(d.LengthMS), d.Loudness, d.Peak, span(d.BeforeMS+d.AfterMS))
		r.Drafts = append(r.Drafts, d.ID)
	}
	r.Check = true // what there is to say of it is said before anybody hears it
	s, err := client(c).LiveMessage(c.Context, r)
	if err != nil {
		return err
	}
	for _, one := range s.Warnings {
		say(people, "%s %s", doubt.Render("warning"), visible(one))
	}
	if c.Bool("check") {
		return print(c, s, func(w io.Writer) { say(w, "nothing was changed: without --check it would be %s", visible(s.After)) })
	}
	r.Check = false
	if s, err = client(c).LiveMessage(c.Context, r); err != nil {
		return err
	}
	return print(c, s, func(w io.Writer) { tellMessageSet(w, s) })
}

func span(ms int64) time.Duration {
	return (time.Duration(ms) * time.Millisecond).Round(100 * time.Millisecond)
}

// liveArgs reads which group, and which file in which language.
func liveArgs(c *cli.Context) (group wissel.GroupID, files map[string]string, err error) {
	name, err := oneArg(c, "group")
	if err != nil {
		return "", nil, err
	}
	files = map[string]string{}
	for _, lang := range []string{"nl", "en"} {
		if c.String(lang) != "" {
			files[lang] = c.String(lang)
		}
	}
	for _, one := range c.StringSlice("sound") {
		lang, file, ok := strings.Cut(one, "=")
		if _, twice := files[lang]; !ok || lang == "" || file == "" || twice {
			return "", nil, usagef("--sound %q: give LANGUAGE=FILE.wav, each language once", one)
		}
		files[lang] = file
	}
	switch {
	case len(files) == 0:
		return "", nil, usagef("message live needs a sound: --nl FILE.wav, --en FILE.wav or --sound LANGUAGE=FILE.wav")
	case strings.TrimSpace(c.String("reason")) == "":
		return "", nil, usagef("message live needs --reason: whoever comes after you must know why")
	}
	return wissel.GroupID(name), files, nil
}

func sendDraft(c *cli.Context, group wissel.GroupID, lang, file string) (d web.Draft, err error) {
	f, err := os.Open(file)
	if err != nil {
		return d, fmt.Errorf("the sound in %s: %w", lang, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if d, err = client(c).DraftMessage(c.Context, group, lang, f); err != nil {
		return d, fmt.Errorf("%s: %w", file, err)
	}
	return d, nil
}

// messageTimes makes a request with the times of the flags, as the clock at the desk shows them.
func messageTimes(c *cli.Context, group wissel.GroupID) (r web.MessageRequest, err error) {
	r = web.MessageRequest{Group: group, Reason: c.String("reason")}
	if !c.IsSet("until") && !c.IsSet("next") {
		return r, nil
	}
	h, err := client(c).Hours(c.Context, group, time.Time{})
	if err != nil {
		return r, err
	}
	if c.IsSet("until") {
		if r.Until, err = soon(c, "until", h); err != nil {
			return r, err
		}
	}
	if c.IsSet("next") {
		due, err := soon(c, "next", h)
		if err != nil {
			return r, err
		}
		if r.Next = int(time.Until(due).Round(time.Second) / time.Second); r.Next <= 0 {
			return r, usagef("--next %q is past", c.String("next"))
		}
	}
	return r, nil
}

// soon reads a time that is to come. A time of day that passed today is no time of tomorrow here, unless the night lies between:
// who writes 16:00 at half past four has made a mistake that callers would hear for a day.
func soon(c *cli.Context, name string, h web.Hours) (time.Time, error) {
	t, err := deskTime(c, name, h)
	if err != nil {
		return t, err
	}
	if _, clock := time.Parse("15:04", c.String(name)); clock == nil && time.Until(t) > 12*time.Hour && t.Day() != time.Now().In(t.Location()).Day() {
		return t, usagef("--%s %q is past today; write %s for tomorrow", name, c.String(name), t.Format("2006-01-02T15:04"))
	}
	return t, nil
}

func messageExtendCommand() *cli.Command {
	return &cli.Command{
		Name:        "extend",
		Usage:       "move the end of the live message, or say that it still holds",
		ArgsUsage:   "GROUP",
		UsageText:   "wissel message extend support --until 17:30 --reason \"it takes longer\"\n   wissel message extend support --next 30m --reason \"nothing new\"",
		Description: "What callers hear stays as it was recorded: a time that is said in it is not moved.",
		Flags:       changeFlags(timeFlags()...),
		Action: func(c *cli.Context) error {
			return changeMessage(c, "extend", func(group wissel.GroupID) (web.MessageSet, error) {
				r, err := messageTimes(c, group)
				if err != nil {
					return web.MessageSet{}, err
				}
				return client(c).ExtendMessage(c.Context, r)
			})
		},
	}
}

func messageEndCommand() *cli.Command {
	return &cli.Command{
		Name:      "end",
		Usage:     "let callers hear the standing wording again; the message is kept",
		ArgsUsage: "GROUP",
		UsageText: "wissel message end support --reason \"it is over\"",
		Flags:     changeFlags(),
		Action: func(c *cli.Context) error {
			return changeMessage(c, "end", func(group wissel.GroupID) (web.MessageSet, error) {
				return client(c).EndMessage(c.Context, web.MessageRequest{Group: group, Reason: c.String("reason")})
			})
		},
	}
}

func changeMessage(c *cli.Context, deed string, change func(wissel.GroupID) (web.MessageSet, error)) error {
	group, err := oneArg(c, "group")
	if err != nil {
		return err
	}
	if strings.TrimSpace(c.String("reason")) == "" {
		return usagef("message %s needs --reason: whoever comes after you must know why", deed)
	}
	s, err := change(wissel.GroupID(group))
	if err != nil {
		return err
	}
	return print(c, s, func(w io.Writer) {
		for _, one := range s.Warnings {
			say(w, "%s %s", doubt.Render("warning"), visible(one))
		}
		tellMessageSet(w, s)
	})
}

func tellMessageSet(w io.Writer, s web.MessageSet) {
	say(w, "%s was: %s", s.Message.Group, visible(s.Before))
	tellMessage(w, s.Message, time.Now())
	for _, n := range s.Notes {
		say(w, "%s %s", doubt.Render("note"), visible(n))
	}
}

func messageExportCommand() *cli.Command {
	return &cli.Command{
		Name:      "export",
		Usage:     "write the sound of a message to a file, to hear it",
		ArgsUsage: "GROUP",
		UsageText: "wissel message export support --lang nl --out message.wav\n   wissel message export support --id 019a… --lang nl --out message.wav",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "lang", Value: "nl", Usage: "in this language"},
			&cli.StringFlag{Name: "id", Usage: "a message of before; the newest by default"},
			&cli.StringFlag{Name: "out", Usage: "the WAV file to make; one that is there is left alone"},
		},
		Action: func(c *cli.Context) error {
			group, err := oneArg(c, "group")
			if err != nil {
				return err
			}
			if c.String("out") == "" {
				return usagef("message export needs --out FILE.wav")
			}
			id := c.String("id")
			if id == "" {
				all, err := client(c).Messages(c.Context, wissel.GroupID(group), 1)
				if err != nil {
					return err
				}
				if len(all) == 0 {
					return fmt.Errorf("group %s never had a message", group)
				}
				id = all[0].ID
			}
			return exportSound(c, func() ([]byte, error) { return client(c).MessageSound(c.Context, id, c.String("lang")) })
		},
	}
}
