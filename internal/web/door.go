package web

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"wissel/internal/access"
)

// Doors is what the API needs of the server to know who asks.
type Doors interface {
	// Rules are the roles of those who come over the control socket, as they are now.
	Rules() access.Rules
	// Holder is the token of a secret that lets in now. It does not block.
	Holder(secret string, now time.Time) (access.Token, bool)
	// Refused is told of the nth wrong token in a row from an address. It does not block.
	Refused(from netip.Addr, n int)
}

// door knows who comes in: over the socket by what the kernel says of him, over the network by his token.
type door struct {
	doors        Doors // nil: the socket's owner and root alone
	mu           sync.Mutex
	slow         access.Slow
	wrongTokens  atomic.Uint64
	refusedRoles atomic.Uint64
}

// Admit lets those in whom doors knows, beside the owner of the socket and root. It is called before Run.
func (c *Control) Admit(doors Doors) *Control {
	c.door.doors = doors
	return c
}

// WrongTokens counts requests with a wrong token, and those that came while their source had to wait for that.
func (c *Control) WrongTokens() uint64 { return c.door.wrongTokens.Load() }

// RefusedRoles counts requests of those whose role does not hold what they asked.
func (c *Control) RefusedRoles() uint64 { return c.door.refusedRoles.Load() }

// caller is who is at the other end of a connection.
type caller struct {
	Actor
	uid    uint32
	user   string
	groups []string
	owner  bool           // root, or the user that this process runs as
	remote netip.AddrPort // over the network; zero: over the socket
}

type (
	callerKey struct{}
	actorKey  struct{}
)

// withCaller notes who is at the other end of a connection.
func withCaller(ctx context.Context, conn net.Conn) context.Context {
	c := caller{Actor: Actor{Who: "unknown", From: "unknown"}}
	switch at := conn.RemoteAddr().(type) {
	case *net.TCPAddr:
		c.remote = at.AddrPort()
	default:
		c = peer(conn)
	}
	return context.WithValue(ctx, callerKey{}, c)
}

// actor is who asks, once the door has let him in.
func actor(r *http.Request) Actor {
	a, _ := r.Context().Value(actorKey{}).(Actor)
	return a
}

// identify says who asks, with the roles that he has now: a role or a token that was taken away is gone at the next
// request, on an open connection too.
func (d *door) identify(r *http.Request) (Actor, error) {
	from, ok := r.Context().Value(callerKey{}).(caller)
	switch {
	case !ok:
		return Actor{Who: "unknown", From: r.RemoteAddr}, nil
	case from.remote.IsValid():
		return d.byToken(r, from.remote)
	case from.owner:
		from.Roles = access.Roles // he can do anything to us anyway
	case d.doors != nil:
		from.Roles = d.doors.Rules().Of(from.user, from.uid, from.groups)
	}
	return from.Actor, nil
}

// byToken knows somebody by his token. All that is wrong with one is told in the same words, and a source that has to wait
// is not listened to, whether its token is right or not.
func (d *door) byToken(r *http.Request, from netip.AddrPort) (Actor, error) {
	const what = "who asks"
	nobody := Actor{Who: "nobody", From: from.String()}
	secret, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || d.doors == nil {
		return nobody, Faultf(http.StatusUnauthorized, what, "over the network it takes a token: an admin makes one with `wissel token add NAME --role ROLE`, and it goes into WISSEL_TOKEN")
	}
	now := time.Now()
	if wait := d.wait(from.Addr(), now); wait > 0 {
		d.wrongTokens.Add(1)
		return nobody, &tooSoon{Fault: Faultf(http.StatusTooManyRequests, what, "too many wrong tokens came from %s: try again in %v", from.Addr(), wait.Truncate(time.Second)+time.Second), wait: wait}
	}
	t, ok := d.doors.Holder(secret, now)
	if !ok {
		d.wrongTokens.Add(1)
		d.doors.Refused(from.Addr(), d.fail(from.Addr(), now))
		return nobody, Faultf(http.StatusUnauthorized, what, "this token lets nobody in: it is not known here, has ended or was revoked")
	}
	d.pass(from.Addr())
	p := t.Person()
	return Actor{Who: t.Name, From: from.Addr().String() + " token " + t.ID, Roles: t.Roles, Marks: p.Marks, Makers: p.Makers}, nil
}

// tooSoon is a fault that says when to come again.
type tooSoon struct {
	*Fault
	wait time.Duration
}

func (t *tooSoon) Unwrap() error { return t.Fault }

func (d *door) wait(from netip.Addr, now time.Time) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.slow.Wait(from, now)
}

func (d *door) fail(from netip.Addr, now time.Time) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.slow.Fail(from, now)
}

func (d *door) pass(from netip.Addr) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.slow.Pass(from)
}

// guard serves a route to those who hold its permission, and tells the others how to get it.
func (d *door) guard(rt route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if rt.needs == access.Anyone {
			rt.serve(w, r)
			return
		}
		by, err := d.identify(r)
		if err != nil {
			var soon *tooSoon
			if errors.As(err, &soon) {
				w.Header().Set("Retry-After", strconv.Itoa(int(soon.wait.Seconds())+1))
			} else {
				w.Header().Set("WWW-Authenticate", `Bearer realm="wissel"`)
			}
			answer(w, nil, err)
			return
		}
		if access.Allows(by.Roles, rt.needs) {
			rt.serve(w, r.WithContext(context.WithValue(r.Context(), actorKey{}, by)))
			return
		}
		d.refusedRoles.Add(1)
		answer(w, nil, Faultf(http.StatusForbidden, r.Method+" "+r.URL.Path,
			"this takes the role %s, and %s has %s; an admin gives it: in access.users of the settings, or with `wissel token add NAME --role ROLE`",
			access.Needs(rt.needs), by.Who, access.Has(by.Roles)))
	}
}
