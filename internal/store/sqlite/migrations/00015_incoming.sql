-- +goose Up
-- Texts that came to us: each is on disk before its provider is told that we have it. reaction is what is to be done about it, decided
-- once; done says that all of that is on disk too. And who texted STOP, and when.
CREATE TABLE incoming (
	id TEXT PRIMARY KEY NOT NULL, node TEXT NOT NULL, generation INTEGER NOT NULL, key TEXT NOT NULL UNIQUE, provider TEXT NOT NULL,
	sender TEXT NOT NULL, "to" TEXT NOT NULL, "group" TEXT NOT NULL, at TEXT NOT NULL, word TEXT NOT NULL, language TEXT NOT NULL,
	callback TEXT NOT NULL, reaction TEXT NOT NULL, answered TEXT NOT NULL, done INTEGER NOT NULL, body TEXT NOT NULL
) STRICT;
CREATE INDEX incoming_at ON incoming (at);
CREATE INDEX incoming_sender ON incoming (sender);
CREATE TABLE stops (id TEXT PRIMARY KEY NOT NULL, node TEXT NOT NULL, generation INTEGER NOT NULL, number TEXT NOT NULL, at TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX stops_number ON stops (number);

-- +goose Down
DROP TABLE stops;
DROP TABLE incoming;
