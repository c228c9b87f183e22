-- +goose Up
-- Call records by rowid: a row of some 1.5 KB in a table WITHOUT ROWID spills into an overflow page of its own (a quarter of
-- a page is all that such a table keeps in place), so each call cost 4.7 KB written twice. The rowid stays inside this file.
ALTER TABLE cdrs RENAME TO cdrs_before;
DROP INDEX cdrs_began;
CREATE TABLE cdrs (
	id TEXT PRIMARY KEY NOT NULL, node TEXT NOT NULL, generation INTEGER NOT NULL,
	call TEXT NOT NULL, began TEXT NOT NULL, ended TEXT NOT NULL, "group" TEXT NOT NULL, trunk TEXT NOT NULL,
	"from" TEXT NOT NULL, "to" TEXT NOT NULL, target TEXT NOT NULL, status INTEGER NOT NULL, outcome TEXT NOT NULL,
	blame TEXT NOT NULL, version INTEGER NOT NULL, body BLOB NOT NULL
) STRICT;
INSERT INTO cdrs SELECT * FROM cdrs_before;
DROP TABLE cdrs_before;
CREATE INDEX cdrs_began ON cdrs (began);

-- +goose Down
ALTER TABLE cdrs RENAME TO cdrs_after;
DROP INDEX cdrs_began;
CREATE TABLE cdrs (
	id TEXT PRIMARY KEY, node TEXT NOT NULL, generation INTEGER NOT NULL,
	call TEXT NOT NULL, began TEXT NOT NULL, ended TEXT NOT NULL, "group" TEXT NOT NULL, trunk TEXT NOT NULL,
	"from" TEXT NOT NULL, "to" TEXT NOT NULL, target TEXT NOT NULL, status INTEGER NOT NULL, outcome TEXT NOT NULL,
	blame TEXT NOT NULL, version INTEGER NOT NULL, body BLOB NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO cdrs SELECT * FROM cdrs_after;
DROP TABLE cdrs_after;
CREATE INDEX cdrs_began ON cdrs (began);
