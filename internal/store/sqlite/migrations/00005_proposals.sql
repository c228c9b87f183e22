-- +goose Up
-- What one person asked for and another is to approve. A row is written again as its state changes; generation tells which
-- of two is newer.
CREATE TABLE proposals (
	id TEXT PRIMARY KEY NOT NULL, node TEXT NOT NULL, generation INTEGER NOT NULL, at TEXT NOT NULL, version INTEGER NOT NULL, body BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE proposals;
