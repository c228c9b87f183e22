-- +goose Up
-- Who is never to be rung or sent a text, by the mark of his number (a keyed hash): the number itself is not kept here. A
-- lifted objection is deleted; the audit rows tell of it. Beside it the key of the marks. And what a caller agreed to when he
-- asked: the key he pressed and the wording he had heard.
CREATE TABLE objections (
	mark TEXT PRIMARY KEY NOT NULL, node TEXT NOT NULL, generation INTEGER NOT NULL, at TEXT NOT NULL, who TEXT NOT NULL, why TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE marks (one INTEGER PRIMARY KEY CHECK (one = 1), key BLOB NOT NULL) STRICT;
ALTER TABLE wishes ADD COLUMN consent TEXT NOT NULL DEFAULT '';
CREATE INDEX callbacks_of ON callbacks (callback, at);

-- +goose Down
DROP INDEX callbacks_of;
ALTER TABLE wishes DROP COLUMN consent;
DROP TABLE marks;
DROP TABLE objections;
