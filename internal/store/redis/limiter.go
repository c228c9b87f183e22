package redis

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/go-redis/redis_rate/v10"
	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"wissel/internal/sms"
)

// Limiter counts what happened, over all nodes where Redis is set. It is safe for use by several goroutines.
type Limiter struct {
	set    Settings
	log    *slog.Logger
	client *goredis.Client // nil: no Redis is set
	all    *site           // over all nodes
	own    *site           // this node's share; with no Redis, all there is

	mu    sync.Mutex
	fault error     // why Redis is not asked; nil: it is
	since time.Time // of fault
	next  time.Time // when it is asked again
}

// New makes a limiter; it reaches for nothing yet. Close ends it.
func New(set Settings, log *slog.Logger) *Limiter {
	l := &Limiter{set: set, log: log}
	l.own = &site{limiter: redis_rate.NewLimiter(newBuckets(mostBuckets)), name: func(key string) string { return key }}
	if set.Address == "" {
		return l
	}
	o := &goredis.Options{
		Addr: set.Address, Username: set.User, Password: set.Password.Reveal(), Protocol: 2, DisableIdentity: true,
		ContextTimeoutEnabled: true, DialTimeout: dialFor, ReadTimeout: askFor, WriteTimeout: askFor, PoolTimeout: askFor,
		MaxRetries: -1, DialerRetries: 1, PoolSize: 8,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
	if set.TLS {
		host, _, _ := net.SplitHostPort(set.Address) // checked with the settings
		o.TLSConfig = &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	}
	goredis.SetLogger(quiet{})
	l.client = goredis.NewClient(o)
	l.all = &site{limiter: redis_rate.NewLimiter(l.client), name: l.hidden}
	return l
}

// Close lets go of Redis.
func (l *Limiter) Close() error {
	if l.client == nil {
		return nil
	}
	if err := l.client.Close(); err != nil {
		return fmt.Errorf("close the connections to Redis: %w", err)
	}
	return nil
}

// Run looks after Redis while it does not answer, so that it is known again soon after it does, until ctx ends.
func (l *Limiter) Run(ctx context.Context) error {
	if l.client == nil {
		<-ctx.Done()
		return nil
	}
	tick := time.NewTicker(again / 2)
	defer tick.Stop()
	for {
		if l.asked() {
			_, err := l.all.limiter.AllowN(ctx, "wissel:probe", redis_rate.PerSecond(1000), 1) // a replica answers a PING, and counts nothing
			if ctx.Err() != nil {
				return nil
			}
			l.heard(err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// Status is why the nodes do not share their limits now, for people; nil: they do, or there is no Redis.
func (l *Limiter) Status() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fault == nil {
		return nil
	}
	return fmt.Errorf("redis at %s does not count the limits since %s (%w): this node keeps to its share of them, 1 in %d",
		l.set.Address, l.since.UTC().Format(time.TimeOnly), l.fault, l.set.Nodes)
}

// Take makes all charges, or none. refused is the place of the first for which there was no room, -1: there was for all, and
// after is when there may be. Broad limits belong behind narrow ones: what a narrow one refuses does not count for them.
func (l *Limiter) Take(ctx context.Context, charges []sms.Charge) (refused int, after time.Duration) {
	if l.client == nil {
		return l.Own(charges)
	}
	if l.asked() {
		soon, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkIn) // who asks may be gone: that is no fault of Redis
		refused, after, err := l.take(soon, l.all, charges, 1)
		cancel()
		if l.heard(err); err == nil {
			if refused < 0 {
				l.note(charges)
			}
			return refused, after
		}
	}
	return l.Own(charges)
}

// note counts what this node let through off its share as well, so that it does not get all of that anew when it is alone.
func (l *Limiter) note(charges []sms.Charge) {
	for _, c := range charges {
		l.Own([]sms.Charge{c})
	}
}

// Own is Take off this node's share alone, which is in memory; with no Redis it is the whole. It waits for nothing.
func (l *Limiter) Own(charges []sms.Charge) (refused int, after time.Duration) {
	refused, after, err := l.take(context.Background(), l.own, charges, l.set.Nodes)
	if err != nil {
		l.log.Error("a limit could not be counted: what it is for is refused", "error", err)
		return 0, again
	}
	return refused, after
}

// take makes charges at one site. Those made before one that is refused are given back.
func (l *Limiter) take(ctx context.Context, at *site, charges []sms.Charge, nodes int) (int, time.Duration, error) {
	var made []charged
	for i, c := range charges {
		if c.Limit.Off() || c.N < 1 {
			continue
		}
		one, after, err := at.charge(ctx, c, nodes)
		if err != nil {
			return 0, 0, err
		}
		if one.key != "" {
			made = append(made, one)
			continue
		}
		for _, before := range made {
			if err := at.back(ctx, before); err != nil {
				return 0, 0, err
			}
		}
		return i, after, nil
	}
	return -1, 0, nil
}

// hidden is a key as Redis sees it: whoever reads there learns no number.
func (l *Limiter) hidden(key string) string {
	h := hmac.New(sha256.New, []byte(l.set.Password.Reveal()))
	_, _ = h.Write([]byte(key)) // never fails
	return "wissel:" + hex.EncodeToString(h.Sum(nil)[:16])
}

// asked reports whether Redis is to be asked now. After a failure one asks for all, once in a while.
func (l *Limiter) asked() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fault == nil {
		return true
	}
	now := time.Now()
	if now.Before(l.next) {
		return false
	}
	l.next = now.Add(again)
	return true
}

// heard notes what came of asking Redis.
func (l *Limiter) heard(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err == nil && l.fault != nil:
		l.log.Info("redis counts the limits again", "address", l.set.Address, "gone", time.Since(l.since).Round(time.Second))
		l.fault = nil
	case err != nil:
		if l.fault == nil {
			l.since = time.Now()
			l.log.Warn("redis does not count the limits: this node keeps to its share of them", "address", l.set.Address, "nodes", l.set.Nodes, "error", err)
		}
		l.fault, l.next = err, time.Now().Add(again)
	}
}

// quiet keeps the library from writing to the standard error by itself: what goes wrong is told by the errors it returns.
type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}
