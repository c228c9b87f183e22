-- +goose Up
-- What was decided and why, by rowid as call records are: their bodies are as long. Beside them what the decisions led to,
-- one row for each group and trunk, so that a restart goes on from there.
CREATE TABLE decisions (
	id TEXT PRIMARY KEY NOT NULL, node TEXT NOT NULL, generation INTEGER NOT NULL,
	at TEXT NOT NULL, kind TEXT NOT NULL, "group" TEXT NOT NULL, object TEXT NOT NULL, version INTEGER NOT NULL, body BLOB NOT NULL
) STRICT;
CREATE INDEX decisions_at ON decisions (at);

CREATE TABLE leads (
	"group" TEXT PRIMARY KEY, at TEXT NOT NULL, version INTEGER NOT NULL, body BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE proofs (
	trunk TEXT PRIMARY KEY, at TEXT NOT NULL, test INTEGER NOT NULL, call TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE proofs;
DROP TABLE leads;
DROP TABLE decisions;
