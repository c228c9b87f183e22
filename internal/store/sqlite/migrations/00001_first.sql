-- +goose Up
-- Every row carries the id it was made with (UUIDv7), its node and its generation there, so that nodes can copy each
-- other's rows without a clash. Times are RFC 3339 in UTC with nanoseconds; an empty text is "not".
CREATE TABLE wishes (
	id TEXT PRIMARY KEY, node TEXT NOT NULL, generation INTEGER NOT NULL,
	at TEXT NOT NULL, kind TEXT NOT NULL, number TEXT NOT NULL, "group" TEXT NOT NULL,
	call TEXT NOT NULL, rung TEXT NOT NULL, flow TEXT NOT NULL, language TEXT NOT NULL, choices TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX wishes_number ON wishes (number, "group");

CREATE TABLE cdrs (
	id TEXT PRIMARY KEY, node TEXT NOT NULL, generation INTEGER NOT NULL,
	call TEXT NOT NULL, began TEXT NOT NULL, ended TEXT NOT NULL, "group" TEXT NOT NULL, trunk TEXT NOT NULL,
	"from" TEXT NOT NULL, "to" TEXT NOT NULL, target TEXT NOT NULL, status INTEGER NOT NULL, outcome TEXT NOT NULL,
	blame TEXT NOT NULL, version INTEGER NOT NULL, body BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX cdrs_began ON cdrs (began);

CREATE TABLE audit (
	id TEXT PRIMARY KEY, node TEXT NOT NULL, generation INTEGER NOT NULL,
	at TEXT NOT NULL, who TEXT NOT NULL, "from" TEXT NOT NULL, what TEXT NOT NULL, object TEXT NOT NULL,
	why TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE changes (
	id TEXT PRIMARY KEY, node TEXT NOT NULL, generation INTEGER NOT NULL,
	"group" TEXT NOT NULL, version INTEGER NOT NULL, body BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE changes;
DROP TABLE audit;
DROP TABLE cdrs;
DROP TABLE wishes;
