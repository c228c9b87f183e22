-- +goose Up
-- Which status a carrier takes for the end of a call that heard a flow unanswered: by trunk, what calls last showed.
CREATE TABLE endings (
	trunk TEXT PRIMARY KEY NOT NULL, at TEXT NOT NULL, version INTEGER NOT NULL, body BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE endings;
