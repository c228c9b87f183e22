package app

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"wissel"
	"wissel/internal/store/sqlite"
)

// lostFor is how long a lost audit row stays an alarm.
const lostFor = 24 * time.Hour

// auditRows are the audit rows that are not known to be on disk. The store's own bounds bound them: of each it says in the
// end that it is on disk, or lost. Safe for concurrent use.
type auditRows struct {
	mu     sync.Mutex
	open   map[string]openRow // by id
	lost   []wissel.AuditRow  // the newest, oldest first
	failed uint64             // rows that were not on disk in time, since start
}

// openRow is an audit row on its way to the file.
type openRow struct {
	row  wissel.AuditRow
	late bool // it was not on disk in time
}

func (l *auditRows) add(row wissel.AuditRow) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open == nil {
		l.open = map[string]openRow{}
	}
	l.open[row.ID] = openRow{row: row}
}

// told notes what the store says of a row, and gives what was known of it before.
func (l *auditRows) told(id string, err error) openRow {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.open[id]
	switch {
	case err == nil:
		delete(l.open, id)
	case errors.Is(err, sqlite.ErrLost):
		delete(l.open, id)
		if l.lost = append(l.lost, r.row); len(l.lost) > maxAlarms {
			l.lost = l.lost[1:]
		}
		l.count(r)
	default:
		l.count(r)
		l.open[id] = openRow{row: r.row, late: true}
	}
	return r
}

func (l *auditRows) count(r openRow) {
	if !r.late {
		l.failed++
	}
}

// overdue gives each row once of which the store has said nothing for keepFor.
func (l *auditRows) overdue(now time.Time) (all []openRow) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, r := range l.open {
		if !r.late && now.Sub(r.row.At) >= keepFor {
			l.count(r)
			r.late = true
			l.open[id] = r
			all = append(all, r)
		}
	}
	return all
}

// failures are the rows that were not on disk in time, since start.
func (l *auditRows) failures() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failed
}

// alarms say which rows are not on disk now, and which were lost in the day before now.
func (l *auditRows) alarms(now time.Time) (all []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var first wissel.AuditRow
	waiting := 0
	for _, r := range l.open {
		if r.late || now.Sub(r.row.At) >= keepFor {
			if waiting++; waiting == 1 || r.row.ID < first.ID { // their ids are in the order of time
				first = r.row
			}
		}
	}
	if waiting > 0 {
		all = append(all, fmt.Sprintf("audit rows that are not on disk: %d, the oldest of them %s; they wait in memory, and the log has all of each", waiting, rowWords(first)))
	}
	for _, row := range l.lost {
		if now.Sub(row.At) < lostFor {
			all = append(all, "an audit row is lost: "+rowWords(row)+"; the log has all of it")
		}
	}
	return all
}

// rowWords names a row: "02:14:07 break-glass support by anna".
func rowWords(r wissel.AuditRow) string {
	return wissel.Clock(r.At) + " " + r.What + " " + r.Object + " by " + r.Who
}
