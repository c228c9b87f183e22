-- +goose Up
-- What a caller said himself: the name of the sound in the folder of recordings, how long it is, and whether a person is to
-- hear it and call back.
ALTER TABLE wishes ADD COLUMN by_hand INTEGER NOT NULL DEFAULT 0;
ALTER TABLE wishes ADD COLUMN recording TEXT NOT NULL DEFAULT '';
ALTER TABLE wishes ADD COLUMN length_ms INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE wishes DROP COLUMN by_hand;
ALTER TABLE wishes DROP COLUMN recording;
ALTER TABLE wishes DROP COLUMN length_ms;
