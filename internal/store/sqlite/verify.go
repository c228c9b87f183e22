package sqlite

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"

	"wissel"
	"wissel/internal/audit"
)

// VerifyAudit checks the audit chain of each node in the database against its hashes, the seal beside it, and what this
// process has sealed itself. It reads beside the writer, and stops nothing. from is the first row looked at (0: all are);
// known is an end that our own chain is known to have had (zero: none). The error is that of reading.
func (s *Store) VerifyAudit(ctx context.Context, from uint64, known audit.End) ([]audit.Report, error) {
	db := s.read.Load()
	if db == nil {
		return nil, fmt.Errorf("read the audit rows: %w", s.Status())
	}
	var heads []audit.Head
	if h := s.Head(); h.Node != "" {
		heads = append(heads, h)
	}
	return verifier{db: db, dir: s.set.Dir, own: s.node, from: from, known: known}.all(ctx, heads)
}

// VerifyAudit checks the audit chains in the folder of a store that no server need be using. It changes no row there.
func VerifyAudit(ctx context.Context, dir string, from uint64, known audit.End) (all []audit.Report, err error) {
	file := filepath.Join(dir, FileName)
	if _, err := os.Stat(file); err != nil {
		return nil, fmt.Errorf("read the audit rows: %w", err)
	}
	s := &Store{set: DefaultSettings(dir)}
	db, err := sql.Open("sqlite", s.dsn(file, true))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", file, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var chained bool
	if err := db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM pragma_table_info('audit') WHERE name = 'hash')`).Scan(&chained); err != nil {
		return nil, beside(file, err)
	}
	if !chained {
		return nil, fmt.Errorf("the audit rows in %s have no chain: it was written by an older version, and gets one when this version serves it", file)
	}
	return verifier{db: db, dir: dir, from: from, known: known}.all(ctx, nil)
}

type verifier struct {
	db    *sql.DB
	dir   string
	own   string // the node whose chain from and known are of; empty: the only one there is
	from  uint64
	known audit.End
}

// all checks each node's chain. A seal beside the database is one of a node too, though all its rows be gone.
func (v verifier) all(ctx context.Context, heads []audit.Head) (reports []audit.Report, err error) {
	nodes, err := v.nodes(ctx)
	if err != nil {
		return nil, err
	}
	if v.own == "" && len(nodes) == 1 {
		v.own = nodes[0]
	}
	if v.own == "" && (v.from > 1 || v.known.Rows > 0) {
		return nil, fmt.Errorf("there are chains of %d nodes here (%q): a first row or a known head is of one; ask its own server", len(nodes), nodes)
	}
	for _, node := range nodes {
		report, err := v.node(ctx, node, heads)
		if err != nil {
			return reports, err
		}
		reports = append(reports, report)
	}
	return reports, nil
}

func (v verifier) nodes(ctx context.Context) (nodes []string, err error) {
	rows, err := v.db.QueryContext(ctx, `SELECT DISTINCT node FROM audit`)
	if err != nil {
		return nil, fmt.Errorf("read the audit rows: %w", err)
	}
	defer rows.Close() //nolint:errcheck // it was only read, and Err tells
	for rows.Next() {
		var node string
		if err := rows.Scan(&node); err != nil {
			return nil, fmt.Errorf("read the audit rows: %w", err)
		}
		nodes = append(nodes, node)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the audit rows: %w", err)
	}
	files, err := filepath.Glob(headFile(v.dir, "*"))
	if err != nil {
		return nil, fmt.Errorf("look for seals: %w", err)
	}
	for _, file := range files {
		if h, err := readHead(file); err == nil && h.Node != "" && !slices.Contains(nodes, h.Node) {
			nodes = append(nodes, h.Node)
		}
	}
	slices.Sort(nodes)
	return nodes, nil
}

// node checks one chain. The heads are read before the rows: those may only have become more meanwhile.
func (v verifier) node(ctx context.Context, node string, heads []audit.Head) (audit.Report, error) {
	from := uint64(0)
	heads = slices.DeleteFunc(slices.Clone(heads), func(h audit.Head) bool { return h.Node != node })
	if node == v.own {
		from = v.from
		if v.known.Rows > 0 {
			heads = append(heads, audit.Head{Node: node, End: v.known})
		}
	}
	beside, fault := v.beside(node)
	if beside.Node != "" {
		heads = append(heads, beside)
	}
	report, err := audit.Check(node, v.rows(ctx, node), from, heads...)
	if err == nil && report.Fault == nil && fault != "" {
		report.Fault = &audit.Fault{What: fault}
	}
	return report, err
}

// beside reads the seal beside the database, and says what is wrong with it.
func (v verifier) beside(node string) (h audit.Head, fault string) {
	h, err := readHead(headFile(v.dir, node))
	switch {
	case err != nil:
		return audit.Head{}, err.Error()
	case h.Node == "":
		return h, "each row fits the one before it, but their seal is gone: whether rows are missing at the end cannot be said"
	case h.Node != node:
		return audit.Head{}, "the seal is of another node, " + h.Node
	}
	key, err := readKey(filepath.Join(v.dir, keyFile))
	if err != nil {
		return audit.Head{}, "each row fits the one before it, but their seal cannot be proven: " + err.Error()
	}
	if err := h.Verify(key.Public().(ed25519.PublicKey)); err != nil {
		return audit.Head{}, err.Error()
	}
	return h, ""
}

// rows reads a node's rows in the order of their numbers, those without one first.
func (v verifier) rows(ctx context.Context, node string) iter.Seq2[wissel.AuditRow, error] {
	return func(yield func(wissel.AuditRow, error) bool) {
		rows, err := v.db.QueryContext(ctx, `SELECT `+auditColumns+` FROM audit WHERE node = ? ORDER BY seq, id`, node)
		if err != nil {
			yield(wissel.AuditRow{}, fmt.Errorf("read the audit rows: %w", err))
			return
		}
		defer rows.Close() //nolint:errcheck // it was only read, and Err tells
		for rows.Next() {
			row, err := scanAudit(rows)
			if err != nil {
				err = fmt.Errorf("read the audit rows: %w", err)
			}
			if !yield(row, err) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(wissel.AuditRow{}, fmt.Errorf("read the audit rows: %w", err))
		}
	}
}
