package sqlite

import (
	"strings"

	"wissel/internal/privacy"
)

// cover says of a table what it holds of people, when that is over, and what is done when one of them is to be forgotten. Each
// table has one: TestEachTableIsCovered fails on one that has none, and on a column that looks like a number's and is not named.
type cover struct {
	table   string
	key     string   // column that names a row
	numbers []string // columns that hold a person's number, alone
	within  []string // columns in which one may stand among other things: JSON, what people wrote
	ours    []string // columns that look like a number's and hold one of our own
	nobody  string   // why a table without numbers has no more here than this
	owner   bool     // who has it in memory takes the number out, and writes the row again

	over   []over // when rows are over; none: those of nobody, or see the note beside it
	forget string // SQL that takes number ?2 from the rows whose keys are the JSON list ?1; empty: they are deleted
}

// over is one way in which rows come to their end.
type over struct {
	kind privacy.Kind
	due  string // SQL: the rows that are over, where ?1 is the moment before which they are
	set  string // SQL of UPDATE that leaves the rest of the row; empty: the row is deleted
}

// covers are of all tables, in the order in which rows go.
var covers = []cover{
	// Wishes and their marks go together: see overdueWishes.
	{table: "wishes", key: "id", numbers: []string{"number"}, ours: []string{"rung"}},
	{table: "callbacks", key: "id", within: []string{"why"}, forget: `UPDATE callbacks SET why = replace(why, ?2, '') WHERE id IN (SELECT value FROM json_each(?1))`},
	{
		table: "cdrs", key: "id", numbers: []string{"from", "to"}, within: []string{"body"},
		over: []over{{kind: privacy.Calls, due: `began < ?1`}},
		forget: `UPDATE cdrs SET "from" = replace("from", ?2, ''), "to" = replace("to", ?2, ''), body = CAST(replace(CAST(body AS TEXT), ?2, '') AS BLOB)
			WHERE id IN (SELECT value FROM json_each(?1))`,
	},
	{
		table: "decisions", key: "id", within: []string{"body"}, over: []over{{kind: privacy.Decisions, due: `at < ?1`}},
		forget: `UPDATE decisions SET body = CAST(replace(CAST(body AS TEXT), ?2, '') AS BLOB) WHERE id IN (SELECT value FROM json_each(?1))`,
	},
	{
		table: "proposals", key: "id", within: []string{"body"}, over: []over{{kind: privacy.Audit, due: `at < ?1`}},
		forget: `UPDATE proposals SET body = CAST(replace(CAST(body AS TEXT), ?2, '') AS BLOB) WHERE id IN (SELECT value FROM json_each(?1))`,
	},
	{table: "audit", key: "id", nobody: "numbers of callers are in no audit row: marks stand for them, and what people write is shortened (privacy.Hide). Old rows go by CutAudit"},
	{table: "objections", key: "mark", nobody: "marks stand for numbers; kept until lifted, for it outlasts everything"},
	{table: "marks", key: "one", nobody: "the key of the marks"},
	{table: "changes", key: "id", nobody: "what operators switched: plans, pins, reasons; the newest of each group is in force"},
	{
		// Both go with the wish that the callback began with: one that is still owed keeps how far it is, however long that takes.
		table: "progress", key: "callback", within: []string{"body"},
		over:   []over{{kind: privacy.Callbacks, due: `at < ?1 AND NOT EXISTS (SELECT 1 FROM wishes WHERE wishes.id = progress.callback)`}},
		forget: `UPDATE progress SET body = CAST(replace(CAST(body AS TEXT), ?2, '') AS BLOB) WHERE callback IN (SELECT value FROM json_each(?1))`,
	},
	{
		table: "attempts", key: "id", within: []string{"body"},
		over:   []over{{kind: privacy.Callbacks, due: `at < ?1 AND NOT EXISTS (SELECT 1 FROM wishes WHERE wishes.id = attempts.callback)`}},
		forget: `UPDATE attempts SET body = CAST(replace(CAST(body AS TEXT), ?2, '') AS BLOB) WHERE id IN (SELECT value FROM json_each(?1))`,
	},
	{table: "releases", key: "group", nobody: "who paused a group's callbacks or let them go, and why; one row for each group"},
	{table: "people", key: "name", nobody: "which colleagues are logged on to call back, by their names in the settings; one row for each"},
	// The words go first, then that it was sent; the attempts go with it (text_attempts_go). What is on its way stays.
	{
		table: "texts", key: "id", numbers: []string{"recipient"}, within: []string{"body"},
		over: []over{
			{kind: privacy.Receipts, due: `at < ?1 AND stage NOT IN ('waiting', 'sent')`},
			{
				kind: privacy.Texts, due: `at < ?1 AND stage NOT IN ('waiting', 'sent') AND json_extract(CAST(body AS TEXT), '$.Body') <> ''`,
				set: `body = CAST(json_set(CAST(body AS TEXT), '$.Body', '') AS BLOB)`,
			},
		},
	},
	{
		table: "incoming", key: "id", numbers: []string{"sender"}, within: []string{"body"}, ours: []string{"to"},
		over: []over{{kind: privacy.Texts, due: `at < ?1 AND body <> '' AND done = 1`, set: `body = ''`}, {kind: privacy.Receipts, due: `at < ?1`}},
	},
	// Longer than anything is sent that somebody asked for before he texted STOP.
	{table: "stops", key: "id", numbers: []string{"number"}, over: []over{{kind: privacy.Receipts, due: `at < ?1`}}},
	{table: "text_attempts", key: "text", nobody: "what a provider answered: reasons hold no number. They go with their text"},
	{table: "text_pauses", key: "group", nobody: "whose texts an operator holds, and why; one row for each group"},
	{table: "text_routes", key: "number", ours: []string{"number"}, nobody: "when a text to a number of ours last reached us"},
	{table: "turns", key: "group", nobody: "when a lead expects to make a group's callbacks; one row for each group"},
	{table: "leads", key: "group", nobody: "which target leads a group"},
	{table: "proofs", key: "trunk", nobody: "when a call last went through a trunk"},
	{table: "endings", key: "trunk", nobody: "which status a carrier takes"},
	{table: "messages", key: "id", nobody: "what all callers of a group heard about its outage"},
	// Wrong tries at the crisis line, by the numbers they came from: its owner has them in memory, and writes the row again.
	{table: "crisis", key: "id", within: []string{"body"}, owner: true},
	{table: "goose_db_version", key: "id", nobody: "the version of the tables"},
}

// quoted is a column in SQL: some have names that are words of it.
func quoted(column string) string { return `"` + column + `"` }

// holds is the SQL condition that number ?1 stands in a row; empty: it never does.
func (c cover) holds() string {
	var any []string
	for _, column := range c.numbers {
		any = append(any, quoted(column)+" = ?1")
	}
	if c.nobody == "" {
		for _, column := range c.within {
			any = append(any, "instr(CAST("+quoted(column)+" AS TEXT), ?1) > 0")
		}
	}
	return strings.Join(any, " OR ")
}
