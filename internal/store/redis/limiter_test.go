package redis

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"syscall"
	"testing"
	"time"

	"wissel"
	"wissel/internal/sms"
)

// nodes opens so many limiters over one Redis, each as a node has it; they look after it until the test ends.
func nodes(t *testing.T, s *server, n int) []*Limiter {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	all, done := make([]*Limiter, n), make(chan error, n)
	for i := range all {
		set := Settings{Address: s.addr, Password: wissel.NewSecret(word), Nodes: n}
		if ps := set.Check("redis"); len(ps) > 0 {
			t.Fatal(ps)
		}
		all[i] = New(set, slog.New(slog.DiscardHandler))
		go func() { done <- all[i].Run(ctx) }()
	}
	t.Cleanup(func() {
		cancel()
		for _, l := range all {
			if err := <-done; err != nil {
				t.Error(err)
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	return all
}

func range50(key string) []sms.Charge {
	return []sms.Charge{{Key: key, Limit: sms.Limit{Most: 50, Per: time.Hour}, N: 1}}
}

// takes is how many of so many asks, one after another, were allowed, and how long the slowest took.
func takes(l *Limiter, charges []sms.Charge, n int) (allowed int, slowest time.Duration) {
	for range n {
		began := time.Now()
		if refused, _ := l.Take(context.Background(), charges); refused < 0 {
			allowed++
		}
		slowest = max(slowest, time.Since(began))
	}
	return allowed, slowest
}

// at once is how many of a limit are there at once over all nodes, and as one node's share of two.
var (
	whole = 50
	half  = 25
)

func TestTwoNodesShareALimit(t *testing.T) {
	two := nodes(t, serve(t), 2)
	a, _ := takes(two[0], range50("range"), 20)
	b, _ := takes(two[1], range50("range"), 40)
	if a != 20 || b != whole-20 {
		t.Errorf("of %d, %d and %d were allowed", whole, a, b)
	}
}

// In whatever way Redis fails, each node counts for itself with its share: never without a limit, never shut, soon, and as
// before once Redis is back.
func TestWithoutRedisEachNodeHasItsShare(t *testing.T) {
	for _, c := range []struct {
		name      string
		fail      func(s *server)
		mend      func(s *server)
		forgotten bool // Redis comes back empty
	}{
		{"gone", (*server).end, (*server).start, true},
		{"stopped in mid-air", func(s *server) { s.signal(syscall.SIGSTOP) }, func(s *server) { s.signal(syscall.SIGCONT) }, false},
		{"a replica that cannot be written", func(s *server) { s.do("REPLICAOF", "127.0.0.1", "9") }, func(s *server) { s.do("REPLICAOF", "NO", "ONE") }, false},
		{"out of memory", func(s *server) { s.do("CONFIG", "SET", "maxmemory", "1") }, func(s *server) { s.do("CONFIG", "SET", "maxmemory", "0") }, false},
		{"another password", func(s *server) {
			s.do("CONFIG", "SET", "requirepass", "other")
			s.doOther("CLIENT", "KILL", "TYPE", "normal")
		}, func(s *server) { s.doOther("CONFIG", "SET", "requirepass", word) }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			two := nodes(t, s, 2)
			if n, _ := takes(two[0], range50("before"), 60); n != whole {
				t.Fatalf("%d were allowed with Redis, want %d", n, whole)
			}
			c.fail(s)
			for i, l := range two {
				n, slowest := takes(l, range50("range"), 100)
				if n != half {
					t.Errorf("node %d alone allowed %d, its share is %d", i, n, half)
				}
				if slowest > time.Second {
					t.Errorf("node %d: the slowest check took %v", i, slowest)
				}
				if l.Status() == nil {
					t.Errorf("node %d does not say that Redis fails", i)
				}
				t.Logf("node %d: %d of 100, the slowest check took %v; %v", i, n, slowest.Round(time.Millisecond), l.Status())
			}
			if n, _ := takes(two[0], range50("before"), 40); n != 0 {
				t.Errorf("node 0 let its share through while Redis was well, and is alone: it allowed %d more", n)
			}
			if n, _ := takes(two[1], range50("before"), 40); n != half {
				t.Errorf("node 1 let nothing through, and has its share: it allowed %d, want %d", n, half)
			}
			c.mend(s)
			began := time.Now()
			for _, l := range two {
				s.until("redis counts again", func() bool { return l.Status() == nil })
			}
			t.Logf("back in %v", time.Since(began).Round(time.Millisecond))
			a, _ := takes(two[0], range50("after"), 10)
			b, _ := takes(two[1], range50("after"), 40)
			if a != 10 || b != whole-10 {
				t.Errorf("back: of %d, %d and %d were allowed", whole, a, b)
			}
			if n, _ := takes(two[1], range50("before"), 40); !c.forgotten && n != 0 {
				t.Errorf("back: %d more of what was used up before were allowed", n)
			}
		})
	}
}

// A Redis that is slow is no faster for being asked by many at once: each is answered within the time of one check.
func TestManyAtOnceDoNotQueueBehindAStalledRedis(t *testing.T) {
	s := serve(t)
	l := nodes(t, s, 2)[0]
	takes(l, range50("warm"), 1)
	s.signal(syscall.SIGSTOP)
	began, done := time.Now(), make(chan struct{}, 200)
	for i := range 200 {
		go func() {
			takes(l, range50(fmt.Sprint("r", i)), 1)
			done <- struct{}{}
		}()
	}
	for range 200 {
		<-done
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("200 checks at once took %v", took)
	}
}

// A charge that is refused takes nothing of those made with it, here and in Redis.
func TestAllChargesOrNone(t *testing.T) {
	for _, c := range []struct {
		name string
		l    func(t *testing.T) *Limiter
	}{
		{"in this process", func(*testing.T) *Limiter { return New(DefaultSettings(), slog.New(slog.DiscardHandler)) }},
		{"in Redis", func(t *testing.T) *Limiter { return nodes(t, serve(t), 1)[0] }},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := c.l(t)
			day := sms.Limit{Most: 5, Per: 24 * time.Hour}
			own, all := sms.Charge{Key: "own", Limit: day, N: 1}, sms.Charge{Key: "all", Limit: sms.Limit{Most: 1, Per: time.Hour}, N: 1}
			if refused, _ := l.Take(context.Background(), []sms.Charge{own, all}); refused != -1 {
				t.Fatalf("the first is refused by %d", refused)
			}
			for range 10 {
				refused, after := l.Take(context.Background(), []sms.Charge{own, all})
				if refused != 1 || after < 50*time.Minute || after > time.Hour {
					t.Fatalf("refused by %d, for %v", refused, after)
				}
			}
			const rest = 4
			if n, _ := takes(l, []sms.Charge{own}, 10); n != rest {
				t.Errorf("%d are left of the first limit, want %d", n, rest)
			}
			off := []sms.Charge{{Key: "off"}, {Key: "own2", Limit: day, N: 0}}
			if n, _ := takes(l, off, 100); n != 100 {
				t.Errorf("%d of 100 passed limits that are off", n)
			}
		})
	}
}

// Whoever reads in Redis learns no number.
func TestNoNumberStandsInRedis(t *testing.T) {
	s := serve(t)
	l := nodes(t, s, 1)[0]
	takes(l, range50("number:+31612345678"), 1)
	c := s.client()
	defer func() { _ = c.Close() }() // there is nothing in it
	keys, err := c.Keys(t.Context(), "*").Result()
	if err != nil || len(keys) == 0 {
		t.Fatalf("%v, %v", keys, err)
	}
	for _, k := range keys {
		if strings.Contains(k, "345678") || !strings.HasPrefix(k, "rate:wissel:") {
			t.Errorf("the key %q", k)
		}
		if ttl := c.TTL(t.Context(), k).Val(); ttl <= 0 || ttl > time.Hour {
			t.Errorf("the key %q lives for %v", k, ttl)
		}
	}
}

// Nodes that take of the same limit in turn find its places with few questions, and a flood of refusals asks for all of them once a second.
func TestPlacesTakeFewQuestions(t *testing.T) {
	s := serve(t)
	two := nodes(t, s, 2)
	asked := func() int {
		c := s.client()
		defer func() { _ = c.Close() }() // there is nothing in it
		info, err := c.Info(t.Context(), "commandstats").Result()
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, line := range strings.Split(info, "\n") {
			_, _ = fmt.Sscanf(strings.TrimPrefix(line, "cmdstat_evalsha:"), "calls=%d", &n)
		}
		return n
	}
	before, got := asked(), 0
	for i := range 50 {
		n, _ := takes(two[i%2], range50("range"), 1)
		got += n
	}
	found := asked() - before
	before = asked()
	refused, _ := takes(two[0], range50("range"), 1000)
	if flood := asked() - before; got != whole || refused != 0 || found > 3*whole || flood > 4*whole {
		t.Errorf("%d of 50 in %d questions; 1000 more are refused (%d not) in %d", got, found, refused, flood)
	} else {
		t.Logf("%d of 50 in %d questions; 1000 more are refused in %d", got, found, flood)
	}
}

func TestSettings(t *testing.T) {
	secret := wissel.NewSecret("x")
	for _, c := range []struct {
		name string
		set  Settings
		want string // part of the problem; empty: none
	}{
		{"none", DefaultSettings(), ""},
		{"on this machine", Settings{Address: "127.0.0.1:6379", Nodes: 2}, ""},
		{"elsewhere, with a password", Settings{Address: "redis.example:6379", Password: secret, Nodes: 2}, ""},
		{"elsewhere, open to all", Settings{Address: "10.0.0.5:6379", Nodes: 2}, "redis.password: is missing"},
		{"no port", Settings{Address: "10.0.0.5", Password: secret, Nodes: 1}, "redis.address"},
		{"a port that is none", Settings{Address: "10.0.0.5:70000", Password: secret, Nodes: 1}, "redis.address"},
		{"a user without a password", Settings{Address: "localhost:6379", User: "wissel", Nodes: 1}, "redis.password"},
		{"nodes without a Redis", Settings{Nodes: 3}, "redis.address: is missing"},
		{"no node", Settings{}, "redis.nodes"},
		{"too many nodes", Settings{Address: "localhost:6379", Nodes: 65}, "redis.nodes"},
	} {
		ps := c.set.Check("redis")
		if text := fmt.Sprint(ps); (c.want == "") != (len(ps) == 0) || !strings.Contains(strings.ReplaceAll(text, " {", ""), strings.Split(c.want, ":")[0]) {
			t.Errorf("%s: %v, want %q", c.name, ps, c.want)
		}
	}
}
