package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite"

	"wissel"
)

// ReadProofs reads when a call last went through each trunk, and which statuses carriers take, from a folder that no server need be using. It changes nothing.
func ReadProofs(ctx context.Context, dir string) (proofs map[wissel.TrunkID]wissel.Proof, endings map[wissel.TrunkID]wissel.Ending, err error) {
	file := filepath.Join(dir, FileName)
	if _, err := os.Stat(file); err != nil {
		return nil, nil, fmt.Errorf("read the proofs: %w", err)
	}
	s := &Store{set: DefaultSettings(dir)}
	db, err := sql.Open("sqlite", s.dsn(file, true))
	if err != nil {
		return nil, nil, fmt.Errorf("open %s: %w", file, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var kept bool
	if err := db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'proofs')`).Scan(&kept); err != nil {
		return nil, nil, beside(file, err)
	}
	if !kept {
		return nil, nil, fmt.Errorf("%s holds no proofs: it was written by an older version, and gets them when this version serves it", file)
	}
	s.read.Store(db)
	if proofs, err = s.Proofs(ctx); err != nil {
		return nil, nil, err
	}
	if err := db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'endings')`).Scan(&kept); err != nil || !kept {
		return proofs, nil, err // a store of before they were learnt knows none
	}
	endings, err = s.Endings(ctx)
	return proofs, endings, err
}

// beside says why the file of a store cannot be read from outside: most of all because a server has it.
func beside(file string, err error) error {
	var e *sqlite.Error
	if errors.As(err, &e) && e.Code()&primaryCodes == codeBusy {
		return fmt.Errorf("%s: the server that runs keeps it to itself; ask that, without naming its folder, or read a copy: %w", file, err)
	}
	return fmt.Errorf("open %s: %w", file, err)
}

// ReadTextRoutes reads when a text to each number of ours last reached us, from such a folder. nil: it is of before that was kept.
func ReadTextRoutes(ctx context.Context, dir string) (_ map[string]time.Time, err error) {
	s := &Store{set: DefaultSettings(dir)}
	db, err := sql.Open("sqlite", s.dsn(filepath.Join(dir, FileName), true))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", dir, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var kept bool
	if err := db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'text_routes')`).Scan(&kept); err != nil || !kept {
		return nil, err
	}
	s.read.Store(db)
	routes, err := s.TextRoutes(ctx)
	out := map[string]time.Time{}
	for _, r := range routes {
		out[r.Number] = r.At
	}
	return out, err
}
