package sqlite

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"wissel/internal/audit"
)

// headEvery is how often the log tells where the audit chain ends.
const headEvery = time.Minute

// keyFile holds the seed of the node's key, hexadecimal, for its owner alone.
const keyFile = "audit.key"

// headFile holds the newest head of a node's chain. A node's name is a host name, so it is a file's name too.
func headFile(dir, node string) string { return filepath.Join(dir, "audit."+node+".head") }

// chain is the state of this node's audit chain. The writer's own, but for what mu guards.
type chain struct {
	dir  string
	node string
	log  *slog.Logger
	key  ed25519.PrivateKey // nil: it can be neither read nor made
	end  audit.End

	mu    sync.Mutex
	head  audit.Head // the last one sealed; no Node: none yet
	fault string     // the chain was found broken at a start
	loose string     // why the head of now is not sealed on disk
}

// open reads the node's key, and makes one at the first start.
func (c *chain) open(dir, node string, log *slog.Logger) {
	c.dir, c.node, c.log = dir, node, log
	if c.key != nil {
		return
	}
	key, err := nodeKey(filepath.Join(dir, keyFile))
	if err != nil {
		c.log.Error("audit rows are chained and not sealed: the node's key cannot be used", "error", err)
		c.setLoose("the node's key cannot be used: " + err.Error())
		return
	}
	c.key = key
}

// nodeKey reads the key from file, or makes one there.
func nodeKey(file string) (ed25519.PrivateKey, error) {
	key, err := readKey(file)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	seed := make([]byte, ed25519.SeedSize)
	if _, err := rand.Read(seed); err != nil {
		return nil, fmt.Errorf("make the node's key: %w", err)
	}
	if err := replaceFile(file, []byte(hex.EncodeToString(seed)+"\n")); err != nil {
		return nil, fmt.Errorf("keep the node's key: %w", err)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

func readKey(file string) (ed25519.PrivateKey, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the node's key: %w", err)
	}
	seed, err := hex.DecodeString(string(bytes.TrimSpace(text)))
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("%s holds no key (64 hexadecimal digits); with it moved away a new one is made, which then cannot prove old seals", file)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// replaceFile puts data on disk under a name, for its owner alone: all of it, or what was there before.
func replaceFile(name string, data []byte) (err error) {
	f, err := os.OpenFile(name+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}

// seal signs where the chain ends, and keeps that beside the database: rows that go missing at the end are missed.
func (s *Store) seal() {
	c := &s.chain
	if c.key == nil {
		return
	}
	head := audit.Seal(c.node, c.end, time.Now(), c.key)
	text, err := json.Marshal(head)
	if err == nil {
		err = replaceFile(headFile(c.dir, c.node), append(text, '\n'))
	}
	c.mu.Lock()
	c.head = head
	c.mu.Unlock()
	if err != nil {
		c.log.Error("the head of the audit chain could not be kept beside the database", "error", err)
		c.setLoose(err.Error())
		return
	}
	c.setLoose("")
}

// tellHead logs where the chain ends: a log that is kept elsewhere holds what nobody here can take back.
func (s *Store) tellHead() {
	if h := s.Head(); h.Rows > 0 {
		s.log.Info("audit head", "node", h.Node, "head", h.End.String(), "sealed", h.At.Format(audit.TimeLayout), "key", h.Key, "signature", h.Signature)
	}
}

// Head is the newest sealed head of this node's chain; one without rows when there is none yet.
func (s *Store) Head() audit.Head {
	s.chain.mu.Lock()
	defer s.chain.mu.Unlock()
	return s.chain.head
}

// AuditFault says what people must know of the audit rows: that they were found altered, or cannot be sealed; else empty.
func (s *Store) AuditFault() string {
	c := &s.chain
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fault == "" && c.loose != "" {
		return "the audit rows are not sealed, so that rows taken from their end would not be missed: " + c.loose
	}
	return c.fault
}

func (c *chain) note(fault string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fault = fault
}

func (c *chain) setLoose(why string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.loose = why
}

// readHead reads a head beside a database. A file that is not there gives no error and a head without a node.
func readHead(file string) (h audit.Head, err error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return h, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &h)
	}
	if err != nil {
		return audit.Head{}, fmt.Errorf("read the seal %s: %w", file, err)
	}
	return h, nil
}

// compare holds the chain in db against its seal: that of this process, or the one beside the database. It says what is
// wrong, and what was sealed. A chain may be longer than its seal: the process may have ended between the two.
func (c *chain) compare(ctx context.Context, db *sql.DB) (sealed audit.End, what string) {
	c.mu.Lock()
	head := c.head
	c.mu.Unlock()
	if head.Node == "" {
		var err error
		head, err = readHead(headFile(c.dir, c.node))
		switch {
		case err != nil:
			return c.end, err.Error()
		case head.Node == "" && c.end.Rows == 0 || c.key == nil:
			return c.end, ""
		case head.Node == "":
			return c.end, "their seal is gone"
		}
		if err := head.Verify(c.key.Public().(ed25519.PublicKey)); err != nil || head.Node != c.node {
			return c.end, audit.ErrForged.Error()
		}
	}
	var hash string
	switch err := db.QueryRowContext(ctx, `SELECT hash FROM audit WHERE node = ? AND seq = ?`, c.node, head.Rows).Scan(&hash); {
	case errors.Is(err, sql.ErrNoRows) && head.Rows == 0: // it was sealed before its first row, and then the process was killed
	case errors.Is(err, sql.ErrNoRows) && c.end.Rows == 0:
		return head.End, fmt.Sprintf("all %d rows are missing", head.Rows)
	case errors.Is(err, sql.ErrNoRows):
		return head.End, fmt.Sprintf("there are %d rows, and %d were sealed at %s", c.end.Rows, head.Rows, head.At.Format(time.RFC3339))
	case err != nil:
		return head.End, "they cannot be read: " + err.Error()
	case hash != head.Hash:
		return head.End, fmt.Sprintf("row %d is not the one that was sealed at %s", head.Rows, head.At.Format(time.RFC3339))
	}
	c.mu.Lock()
	c.head = head
	c.mu.Unlock()
	return head.End, ""
}
