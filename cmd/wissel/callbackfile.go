package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"wissel"
	"wissel/internal/web"
)

// callbackColumns are those of an exported table, in their order. Import reads the same, and wants group and number alone.
var callbackColumns = []string{
	"id", "group", "place", "number", "hidden", "rung", "language", "asked", "times", "promised_by", "state", "why", "choices", "many_ring_from_there", "left_a_voice",
	"recording", "recording_ms", "calls", "texts", "tries", "last_attempt", "last_outcome",
}

func callbackCells(one web.CallbackShown) []string {
	last, outcome := "", ""
	if n := len(one.Attempts); n > 0 {
		last, outcome = stampOf(one.Attempts[n-1].At), one.Attempts[n-1].Outcome
	}
	texts := make([]string, len(one.Texts))
	for i, text := range one.Texts {
		texts[i] = strings.Join(strings.Fields(text.Body), " ")
	}
	return []string{
		one.ID, string(one.Group), strconv.Itoa(one.Place), one.Number, strconv.FormatBool(one.Hidden), one.Rung, one.Language, stampOf(one.At), strconv.Itoa(one.Wishes),
		stampOf(one.Until), one.State, one.Why, strings.Join(one.Choices, " "), strconv.FormatBool(one.Apart), strconv.FormatBool(one.ByHand),
		one.Recording, strconv.FormatInt(one.LengthMS, 10), strconv.Itoa(one.Calls), strings.Join(texts, " | "), strconv.Itoa(one.Tries), last, outcome,
	}
}

func stampOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

// cell is a text as a spreadsheet shows it and never reckons it: what begins like a formula gets an apostrophe. A telephone number in
// E.164 stays as it is: a plus and digits alone are no formula that does anything.
func cell(s string) string {
	if s == "" || !strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return s
	}
	if s[0] == '+' && len(s) > 1 && strings.Trim(s[1:], "0123456789") == "" {
		return s
	}
	return "'" + s
}

func writeCallbacks(w io.Writer, all []web.CallbackShown) error {
	out := csv.NewWriter(w)
	rows := [][]string{callbackColumns}
	for _, one := range all {
		cells := callbackCells(one)
		for i := range cells {
			cells[i] = cell(visible(cells[i]))
		}
		rows = append(rows, cells)
	}
	if err := out.WriteAll(rows); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}

func callbacksExportCommand() *cli.Command {
	return &cli.Command{
		Name:      "export",
		Usage:     "all open callbacks with all that is needed to make them by hand, or on another wissel",
		ArgsUsage: "[GROUP]",
		UsageText: "wissel callbacks export support --reason \"ticket 4711\" -o csv > callbacks.csv",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "reason", Usage: "why; it goes into the audit log"},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: "csv", Usage: "csv, or json (its names are stable)"},
		},
		Action: func(c *cli.Context) error {
			if c.Args().Len() > 1 {
				return usagef("callbacks export takes one group at the most")
			}
			if strings.TrimSpace(c.String("reason")) == "" {
				return usagef("callbacks export needs --reason: these are people's numbers, and who takes them out is in the audit log")
			}
			o := c.String("output")
			if o != "csv" && o != "json" {
				return usagef("--output %q: csv or json", o)
			}
			found, err := client(c).ExportCallbacks(c.Context, web.ReadRequest{Reason: c.String("reason")})
			if err != nil {
				return err
			}
			all := []web.CallbackShown{}
			for _, one := range found {
				if g := c.Args().First(); g == "" || string(one.Group) == g {
					all = append(all, one)
				}
			}
			if o == "json" {
				return print(c, all, nil)
			}
			return writeCallbacks(c.App.Writer, all)
		},
	}
}

func callbacksImportCommand() *cli.Command {
	return &cli.Command{
		Name:      "import",
		Usage:     "take callbacks over that another wissel exported, or that people wrote down",
		ArgsUsage: "FILE",
		UsageText: "wissel callbacks import callbacks.csv --reason \"from the paper list\"",
		Description: "FILE is JSON or CSV as `wissel callbacks export` writes them. Of CSV the columns group and number are needed, asked (2026-12-24T18:00:00+01:00),\n" +
			"language and rung may be there; the rest is not read. One that is known by its id is left as it is; one of a number that is open\n" +
			"already is added to it. A row that cannot be called back is refused, and the rest is taken.",
		Flags: []cli.Flag{&cli.StringFlag{Name: "reason", Usage: "why; it goes into the audit log"}, outputFlag()},
		Action: func(c *cli.Context) error {
			path, err := oneArg(c, "file")
			if err != nil {
				return err
			}
			if strings.TrimSpace(c.String("reason")) == "" {
				return usagef("callbacks import needs --reason: whoever comes after you must know why")
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return fmt.Errorf("read the callbacks: %w", err)
			}
			all, err := readCallbacks(data)
			if err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			done, err := client(c).ImportCallbacks(c.Context, web.Import{Rows: all, Reason: c.String("reason")})
			if err != nil {
				return err
			}
			return print(c, done, func(w io.Writer) {
				say(w, "%d taken, %d were there already, %d refused", done.Taken, done.There, len(done.Refused))
				for _, why := range done.Refused {
					say(w, "%s %s", bad.Render("refused"), visible(why))
				}
			})
		},
	}
}

// readCallbacks reads an exported JSON or CSV.
func readCallbacks(data []byte) (all []web.CallbackShown, err error) {
	text := strings.TrimPrefix(string(data), "\ufeff")
	if strings.HasPrefix(strings.TrimSpace(text), "[") {
		if err := json.Unmarshal([]byte(text), &all); err != nil {
			return nil, fmt.Errorf("it is no JSON of callbacks: %w", err)
		}
		return all, nil
	}
	in := csv.NewReader(strings.NewReader(text))
	if first, _, _ := strings.Cut(text, "\n"); strings.Count(first, ";") > strings.Count(first, ",") {
		in.Comma = ';'
	}
	rows, err := in.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("it is no CSV of callbacks: %w", err)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("there is nothing in it; the first line names the columns, as in: group,number,asked,language")
	}
	at := map[string]int{}
	for i, name := range rows[0] {
		at[strings.ToLower(strings.TrimSpace(name))] = i
	}
	for _, need := range []string{"group", "number"} {
		if _, ok := at[need]; !ok {
			return nil, fmt.Errorf("there is no column %q; the first line names the columns, as in: group,number,asked,language", need)
		}
	}
	for i, row := range rows[1:] {
		get := func(name string) string {
			if k, ok := at[name]; ok {
				return strings.TrimSpace(row[k])
			}
			return ""
		}
		one := web.CallbackShown{Callback: web.Callback{
			ID: get("id"), Group: wissel.GroupID(get("group")), Number: get("number"), Language: get("language"), Hidden: get("hidden") == "true", Apart: get("many_ring_from_there") == "true",
		}, Rung: get("rung"), Choices: strings.Fields(get("choices"))}
		if asked := get("asked"); asked != "" {
			if one.At, err = time.Parse(time.RFC3339, asked); err != nil {
				return nil, fmt.Errorf("line %d: asked %q is no time such as 2026-12-24T18:00:00+01:00", i+2, asked)
			}
		}
		all = append(all, one)
	}
	return all, nil
}
