-- +goose Up
-- When what a caller said was first taken out to be heard, and when it was removed. Rows with a sound are few among many.
ALTER TABLE wishes ADD COLUMN heard TEXT NOT NULL DEFAULT '';
ALTER TABLE wishes ADD COLUMN removed TEXT NOT NULL DEFAULT '';
CREATE INDEX wishes_spoken ON wishes (id) WHERE recording <> '';

-- +goose Down
DROP INDEX wishes_spoken;
ALTER TABLE wishes DROP COLUMN removed;
ALTER TABLE wishes DROP COLUMN heard;
