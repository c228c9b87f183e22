-- +goose Up
-- A wish from a number that many people ring from is a callback by itself; so is one without a number. And whether he hides
-- the number from others. What became of callbacks: a row for each that was closed, with the wishes that were in it. Beside
-- it the time at which the lead of a group expects to make its callbacks.
ALTER TABLE wishes ADD COLUMN apart INTEGER NOT NULL DEFAULT 0;
ALTER TABLE wishes ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0;
CREATE TABLE callbacks (
	id TEXT PRIMARY KEY NOT NULL, node TEXT NOT NULL, generation INTEGER NOT NULL,
	callback TEXT NOT NULL, "group" TEXT NOT NULL, state TEXT NOT NULL, at TEXT NOT NULL, who TEXT NOT NULL, why TEXT NOT NULL, wishes TEXT NOT NULL
) STRICT;
CREATE INDEX callbacks_at ON callbacks (at);
CREATE TABLE turns (
	"group" TEXT PRIMARY KEY NOT NULL, node TEXT NOT NULL, generation INTEGER NOT NULL, at TEXT NOT NULL, "set" TEXT NOT NULL, who TEXT NOT NULL, why TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE turns;
DROP TABLE callbacks;
ALTER TABLE wishes DROP COLUMN hidden;
ALTER TABLE wishes DROP COLUMN apart;
