-- +goose Up
-- How far the callbacks are that were tried: a row for each that is open, written before anybody is rung. Each attempt that is over. How
-- each group's callbacks are let go, and which people are logged on.
CREATE TABLE progress (
	callback TEXT PRIMARY KEY NOT NULL, node TEXT NOT NULL, generation INTEGER NOT NULL, "group" TEXT NOT NULL, state TEXT NOT NULL, at TEXT NOT NULL,
	version INTEGER NOT NULL, body BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE attempts (
	id TEXT PRIMARY KEY NOT NULL, node TEXT NOT NULL, generation INTEGER NOT NULL, callback TEXT NOT NULL, "group" TEXT NOT NULL, at TEXT NOT NULL,
	ended TEXT NOT NULL, rang INTEGER NOT NULL, outcome TEXT NOT NULL, version INTEGER NOT NULL, body BLOB NOT NULL
) STRICT;
CREATE INDEX attempts_callback ON attempts (callback);
CREATE INDEX attempts_at ON attempts (at);
CREATE TABLE releases (
	"group" TEXT PRIMARY KEY NOT NULL, node TEXT NOT NULL, generation INTEGER NOT NULL, version INTEGER NOT NULL, body BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE people (
	name TEXT PRIMARY KEY NOT NULL, node TEXT NOT NULL, generation INTEGER NOT NULL, logged_on INTEGER NOT NULL, at TEXT NOT NULL, until TEXT NOT NULL,
	who TEXT NOT NULL, why TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE people;
DROP TABLE releases;
DROP TABLE attempts;
DROP TABLE progress;
