package redis

import (
	"fmt"
	"net"
	"strconv"
	"time"

	"wissel"
)

// Settings is where Redis is. The zero Settings has none: limits are counted in this process.
type Settings struct {
	Address  string        // host and port; empty: there is none
	User     string        // of its access list; empty: the default one
	Password wissel.Secret // also the key with which numbers in Redis are made unreadable
	TLS      bool          // the certificate is checked against the system's authorities and the host of Address
	Nodes    int           // how many nodes share the limits: with Redis gone each has its share of them
}

// DefaultSettings is one node, without Redis.
func DefaultSettings() Settings { return Settings{Nodes: 1} }

// Most that can be told from a slip of the finger.
const mostNodes = 64

// Check reports every fault by key path.
func (s Settings) Check(at string) (ps []wissel.Problem) {
	if s.Nodes < 1 || s.Nodes > mostNodes {
		ps = append(ps, wissel.Problem{Path: at + ".nodes", Msg: fmt.Sprintf("%d is outside 1 to %d", s.Nodes, mostNodes)})
	}
	if s.Address == "" {
		if s.User != "" || !s.Password.IsZero() || s.TLS || s.Nodes > 1 {
			ps = append(ps, wissel.Problem{Path: at + ".address", Msg: "is missing: the host and port of Redis, such as \"10.0.0.5:6379\""})
		}
		return ps
	}
	host, port, err := net.SplitHostPort(s.Address)
	n, bad := strconv.ParseUint(port, 10, 16)
	if err != nil || bad != nil || host == "" || n == 0 {
		return append(ps, wissel.Problem{Path: at + ".address", Msg: fmt.Sprintf("%q is no host and port, such as \"10.0.0.5:6379\"", s.Address)})
	}
	if s.User != "" && s.Password.IsZero() {
		ps = append(ps, wissel.Problem{Path: at + ".password", Msg: "is missing: a user has one"})
	}
	if ip := net.ParseIP(host); !s.TLS && (ip == nil && host != "localhost" || ip != nil && !ip.IsLoopback()) && s.Password.IsZero() {
		ps = append(ps, wissel.Problem{Path: at + ".password", Msg: "is missing: a Redis on another machine that asks for none is open to whoever reaches it"})
	}
	return ps
}

// How long Redis may take. A check is bounded by all of them together, and by its context.
const (
	dialFor = 100 * time.Millisecond
	askFor  = 50 * time.Millisecond
	checkIn = 150 * time.Millisecond // all charges of one deed
	again   = time.Second            // after a failure this node counts for itself that long, before it asks again
)
