-- +goose Up
-- What the crisis line must not forget: codes that were used, printed lists (hashes), wrong tries. A row is written again as
-- that changes; generation tells which of two is newer.
CREATE TABLE crisis (
	id TEXT PRIMARY KEY NOT NULL, node TEXT NOT NULL, generation INTEGER NOT NULL, at TEXT NOT NULL, version INTEGER NOT NULL, body BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE crisis;
