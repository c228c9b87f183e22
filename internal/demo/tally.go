package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"time"

	"wissel"
	"wissel/internal/store/sqlite"
	"wissel/sip/sim"
)

// Summary is the outcome of a demo. Its names are stable.
type Summary struct {
	Calls     int   `json:"calls"`
	Answered  int   `json:"answered"`
	Lost      int   `json:"lost"` // not answered, or without a sound of a place we know
	ToPrimary int   `json:"to_primary"`
	ToBackup  int   `json:"to_backup"`
	ToIVR     int   `json:"to_ivr"`
	Wishes    int   `json:"wishes"` // confirmations heard
	SetupMS   Setup `json:"setup_ms"`
}

// Setup is the time from a caller's INVITE to his first 18x or 2xx, in milliseconds.
type Setup struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
}

// Lost says that calls came to nothing.
type Lost struct{ Numbers []string }

func (e *Lost) Error() string {
	return fmt.Sprintf("%d of the calls were lost: %v", len(e.Numbers), e.Numbers)
}

// sum counts what the callers lived so far.
func (d *Demo) sum() Summary {
	d.mu.Lock()
	defer d.mu.Unlock()
	return sum(d.callers)
}

func sum(callers []*caller) (s Summary) {
	var setups []time.Duration
	for _, c := range callers {
		if c.cut {
			continue
		}
		s.Calls++
		if !c.rec.Answered.IsZero() {
			s.Answered++
			setups = append(setups, c.rec.Setup())
		}
		switch c.place {
		case Platform:
			s.ToPrimary++
		case Backup:
			s.ToBackup++
		case IVR:
			s.ToIVR++
		case Nobody:
		}
		if c.lost() {
			s.Lost++
		}
		if c.confirmed != "" {
			s.Wishes++
		}
	}
	s.SetupMS = Setup{inMS(percentile(setups, 0.5)), inMS(percentile(setups, 0.99))}
	return s
}

// percentile is the smallest value that at least the share p of all does not exceed; 0 when there is none.
func percentile(all []time.Duration, p float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[max(0, int(math.Ceil(p*float64(len(sorted))))-1)]
}

func inMS(t time.Duration) float64 { return math.Round(float64(t)/float64(time.Microsecond)/10) / 100 }

// judge sums up after the server has ended, and compares with what it wrote: the store is opened anew, as the next start
// would. A lost call and a difference are errors; the Summary is good in either case.
func (d *Demo) judge(ctx context.Context) (Summary, error) {
	s := d.sum()
	cdrs, kept, err := d.stage.written(ctx)
	if err != nil {
		return s, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	errs := compare(d.callers, cdrs, kept)
	errs = append(errs, d.stage.parted(d.callers, s, cdrs)...)
	var lost Lost
	for _, c := range d.callers {
		if c.lost() {
			lost.Numbers = append(lost.Numbers, c.from)
		}
	}
	if len(lost.Numbers) > 0 {
		errs = append(errs, &lost)
	}
	return s, errors.Join(errs...)
}

// written reads the records and wishes that are on disk.
func (s *stage) written(ctx context.Context) (cdrs []wissel.CDR, kept []wissel.Wish, err error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	store, err := sqlite.Open(ctx, sqlite.DefaultSettings(s.store()), "demo", slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, nil, fmt.Errorf("open the store again: %w", err)
	}
	cdrs, err = store.CDRs(ctx, time.Time{}, 0)
	kept, werr := store.Wishes(ctx, time.Time{})
	cancel()
	return cdrs, kept, errors.Join(err, werr, store.Run(ctx)) // Run closes it
}

// compare says where callers and server tell different things, call by call: callers have a number each.
func compare(callers []*caller, cdrs []wissel.CDR, kept []wissel.Wish) (errs []error) {
	differ := func(from, what string, heard, wrote any) {
		errs = append(errs, fmt.Errorf("caller %s: %s: he lived %v, the server's record says %v", from, what, heard, wrote))
	}
	records := map[string][]wissel.CDR{}
	for _, r := range cdrs {
		if r.Trunk == carrierTrunk {
			records[string(r.From)] = append(records[string(r.From)], r)
		}
	}
	wanted := map[string][]wissel.Wish{}
	for _, w := range kept {
		wanted[string(w.Number)] = append(wanted[string(w.Number)], w)
	}
	for _, c := range callers {
		rs, ws := records[c.from], wanted[c.from]
		delete(records, c.from)
		delete(wanted, c.from)
		if c.cut {
			continue
		}
		if len(rs) != 1 {
			differ(c.from, "number of calls", 1, len(rs))
			continue
		}
		r := rs[0]
		if answered := !c.rec.Answered.IsZero(); answered != !r.Answered.IsZero() {
			differ(c.from, "answered", answered, !r.Answered.IsZero())
		}
		if c.place != Nobody && r.Target != c.place.target() {
			differ(c.from, "talked to", c.place, r.Target)
		}
		if attended := c.place == IVR; attended != (r.Outcome == wissel.Attended) {
			differ(c.from, "was in the IVR", attended, r.Outcome)
		}
		// The server counts from the arrival of the INVITE to its own answer: never more than the caller does.
		if lived := inMS(c.rec.Setup()); c.rec.Setup() > 0 && r.SetupMS > lived+0.01 {
			differ(c.from, "setup in ms", lived, r.SetupMS)
		}
		if heard := c.confirmed != ""; heard && (len(ws) != 1 || ws[0].Kind != c.confirmed) || !heard && len(ws) > 0 {
			differ(c.from, "wish confirmed", string(c.confirmed), ws)
		}
	}
	for from, rs := range records {
		errs = append(errs, fmt.Errorf("the server has %d records of calls from %s, which nobody placed", len(rs), from))
	}
	return errs
}

// parted says where the platform's and the backup's own ledgers differ from what callers heard.
func (s *stage) parted(callers []*caller, sum Summary, cdrs []wissel.CDR) (errs []error) {
	if slices.ContainsFunc(callers, func(c *caller) bool { return c.cut }) {
		return nil // calls that were broken off may have reached anybody
	}
	if placed := s.carrier.Ledger().Placed(); placed != sum.Calls {
		errs = append(errs, fmt.Errorf("the carrier's ledger has %d calls, %d callers were seen", placed, sum.Calls))
	}
	for _, p := range []struct {
		party *sim.Party
		trunk wissel.TrunkID
		heard int
	}{{s.platform, platformTrunk, sum.ToPrimary}, {s.backup, backupTrunk, sum.ToBackup}} {
		took := p.party.Ledger().Answered()
		for _, r := range cdrs { // a softphone's calls are nobody's of ours
			if r.Trunk == phoneTrunk && r.Target.Trunk == p.trunk && !r.Answered.IsZero() {
				took--
			}
		}
		if took != p.heard {
			errs = append(errs, fmt.Errorf("the %s's ledger has %d answered calls, %d callers heard its tone", p.party.Name(), took, p.heard))
		}
	}
	return errs
}
