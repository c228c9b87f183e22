-- +goose Up
-- The outbox: texts that are owed, each with a key of its cause, written before anything is offered; what was tried with each,
-- written before the offer; whose texts are held by an operator; and when a text to a number of ours last reached us.
CREATE TABLE texts (
	id TEXT PRIMARY KEY NOT NULL, node TEXT NOT NULL, generation INTEGER NOT NULL, key TEXT NOT NULL UNIQUE, purpose TEXT NOT NULL,
	"group" TEXT NOT NULL, recipient TEXT NOT NULL, cause TEXT NOT NULL, at TEXT NOT NULL, stage TEXT NOT NULL, since TEXT NOT NULL, why TEXT NOT NULL,
	changes INTEGER NOT NULL, version INTEGER NOT NULL, body BLOB NOT NULL
) STRICT;
CREATE INDEX texts_at ON texts (at);
CREATE INDEX texts_stage ON texts (stage);
CREATE INDEX texts_recipient ON texts (recipient);
CREATE TABLE text_attempts (
	text TEXT NOT NULL, n INTEGER NOT NULL, at TEXT NOT NULL, changes INTEGER NOT NULL, version INTEGER NOT NULL, body BLOB NOT NULL,
	PRIMARY KEY (text, n)
) STRICT, WITHOUT ROWID;
-- +goose StatementBegin
CREATE TRIGGER text_attempts_go AFTER DELETE ON texts BEGIN
	DELETE FROM text_attempts WHERE text = old.id;
END;
-- +goose StatementEnd
CREATE TABLE text_pauses ("group" TEXT PRIMARY KEY NOT NULL, at TEXT NOT NULL, who TEXT NOT NULL, why TEXT NOT NULL, ended INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE text_routes (number TEXT PRIMARY KEY NOT NULL, at TEXT NOT NULL, provider TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE text_routes;
DROP TABLE text_pauses;
DROP TABLE text_attempts;
DROP TABLE texts;
