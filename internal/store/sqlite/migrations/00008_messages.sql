-- +goose Up
-- What callers of a group heard about its outage. Of a group the row of the highest generation counts; none is ever removed. A row
-- is written again when its end is moved or when it is ended: changes counts that. live is when it was first
-- heard.
CREATE TABLE messages (
	id TEXT PRIMARY KEY NOT NULL, node TEXT NOT NULL, generation INTEGER NOT NULL, "group" TEXT NOT NULL, live TEXT NOT NULL,
	changes INTEGER NOT NULL, version INTEGER NOT NULL, body BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX messages_newest ON messages ("group", generation);

-- +goose Down
DROP TABLE messages;
