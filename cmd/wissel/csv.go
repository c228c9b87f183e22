package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"
)

// csvFlag is outputFlag for commands whose answer is a table that spreadsheets may want.
func csvFlag() cli.Flag {
	return &cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: "table", Usage: "table, csv, or json (its names are stable)"}
}

// printRows writes v as JSON, or its table for people or for a spreadsheet; none is what people read of an empty one.
func printRows(c *cli.Context, v any, headers []string, body [][]string, none string) error {
	if o := c.String("output"); o != "csv" {
		if o != "table" && o != "json" {
			return usagef("--output %q: table, csv or json", o)
		}
		return print(c, v, func(w io.Writer) {
			if len(body) == 0 {
				say(w, "%s", none)
				return
			}
			rows(w, headers, body)
		})
	}
	out := csv.NewWriter(c.App.Writer)
	named := make([]string, len(headers))
	for i, h := range headers {
		if named[i] = strings.ReplaceAll(h, " ", "_"); h == "" {
			named[i] = "why"
		}
	}
	if err := out.Write(named); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	for _, row := range body {
		for i := range row {
			if row[i] = visible(row[i]); strings.HasPrefix(row[i], "=") || strings.HasPrefix(row[i], "@") {
				row[i] = "'" + row[i] // no spreadsheet is to take a far end's words for a formula
			}
		}
		if err := out.Write(row); err != nil {
			return fmt.Errorf("write the answer: %w", err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}
