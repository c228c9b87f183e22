-- +goose Up
-- Audit rows form a chain for each node: seq counts them from 1 in the order of their commits, prev is the hash of the row
-- before, hash that of this one. Rows of before have none yet: the program gives them theirs when it opens the file.
ALTER TABLE audit ADD COLUMN seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE audit ADD COLUMN prev TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN hash TEXT NOT NULL DEFAULT '';
CREATE INDEX audit_chain ON audit (node, seq);
CREATE INDEX audit_at ON audit (at);

-- Rows are added, and that is all that ever happens to them. REPLACE deletes without asking the trigger of DELETE, so an
-- id that is there already is passed over before it comes to that.
-- +goose StatementBegin
CREATE TRIGGER audit_kept BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'audit rows are never deleted'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit WHEN OLD.hash <> ''
BEGIN SELECT RAISE(ABORT, 'audit rows are never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_once BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id)
BEGIN SELECT RAISE(IGNORE); END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER audit_once;
DROP TRIGGER audit_unchanged;
DROP TRIGGER audit_kept;
DROP INDEX audit_at;
DROP INDEX audit_chain;
ALTER TABLE audit DROP COLUMN hash;
ALTER TABLE audit DROP COLUMN prev;
ALTER TABLE audit DROP COLUMN seq;
