package app

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"wissel/internal/access"
	"wissel/internal/nearest"
	"wissel/internal/web"
)

const (
	usedEvery   = time.Minute      // how often it is written when tokens were last used
	refusedRows = 10 * time.Second // at most one audit row of wrong tokens in so long
)

// Rules are the roles of those who come over the control socket.
func (a *App) Rules() access.Rules { return a.settings.Load().file.Access.Rules }

// Holder is the token of a secret that lets in now.
func (a *App) Holder(secret string, now time.Time) (access.Token, bool) {
	return a.keys.holder(secret, now)
}

// Refused is told of wrong tokens. An audit row tells of the first from a source and of each that makes it wait, and not of
// every one: who knocks must not fill the store.
func (a *App) Refused(from netip.Addr, n int) {
	a.log.Warn("a wrong token", "from", from, "in_a_row", n)
	last := a.refused.Load()
	now := time.Now()
	if n != 1 && n < 5 || now.UnixNano()-last < int64(refusedRows) || !a.refused.CompareAndSwap(last, now.UnixNano()) {
		return
	}
	a.auditSoon(rowOf(web.Actor{Who: "nobody", From: from.String()}, "token-refused", "control", wrongTokens(n), "", ""), nil)
}

// keepKeys writes when tokens were last used, and looks for audit rows that the store is silent about, until ctx ends.
func (a *App) keepKeys(ctx context.Context) error {
	tick, rows := time.NewTicker(usedEvery), time.NewTicker(keepFor)
	defer tick.Stop()
	defer rows.Stop()
	for {
		select {
		case now := <-rows.C:
			a.tellOverdue(now)
		case <-tick.C:
			a.saveKeys()
		case <-ctx.Done():
			a.saveKeys()
			return nil
		}
	}
}

func wrongTokens(n int) string {
	if n == 1 {
		return "a wrong token"
	}
	return fmt.Sprintf("%d wrong tokens in a row", n)
}

func (a *App) saveKeys() {
	if err := a.keys.save(); err != nil {
		a.log.Error("when tokens were last used could not be written", "error", err)
	}
}

// Tokens lists the tokens.
func (a *App) Tokens() (all []web.Token) {
	for _, t := range a.keys.list() {
		all = append(all, told(t))
	}
	return all
}

func told(t access.Token) web.Token {
	return web.Token{ID: t.ID, Name: t.Name, Roles: t.Roles, Made: t.Made, MadeBy: t.MadeBy, Until: t.Until, Used: t.Used, Revoked: t.Revoked}
}

// AddToken makes a token. Its secret is in the answer, and nowhere else.
func (a *App) AddToken(ctx context.Context, r web.TokenRequest, by web.Actor) (web.Token, error) {
	what, now := "token add "+r.Name, time.Now()
	if err := access.CheckName(r.Name); err != nil {
		return web.Token{}, web.Faultf(http.StatusBadRequest, "token add", "%v", err)
	}
	if len(r.Roles) == 0 {
		return web.Token{}, web.Faultf(http.StatusBadRequest, what, "a role is needed (--role): %s", access.Has(access.Roles))
	}
	for _, role := range r.Roles {
		if _, err := access.ParseRole(string(role)); err != nil {
			return web.Token{}, web.Faultf(http.StatusBadRequest, what, "%v", err)
		}
	}
	if !r.Until.IsZero() && !r.Until.After(now) {
		return web.Token{}, web.Faultf(http.StatusBadRequest, what, "--until %s is in the past", r.Until.Format(time.RFC3339))
	}
	t, secret := access.NewToken(r.Name, r.Roles, r.Until, by.Person(), now)
	err := a.keys.change(func(all []access.Token) ([]access.Token, error) {
		for _, other := range all {
			if strings.EqualFold(other.Name, r.Name) && other.Valid(now) {
				return nil, fmt.Errorf("%s has a token already; revoke it first (`wissel token revoke %s`): one for each person, so that an audit row names him", other.Name, other.Name)
			}
		}
		return append(all, t), nil
	})
	if err != nil {
		return web.Token{}, web.Faultf(http.StatusConflict, what, "%v", err)
	}
	until := "until it is revoked"
	if !t.Until.IsZero() {
		until = "until " + t.Until.Format(time.RFC3339)
	}
	a.tellOfToken(ctx, by, "token-add", t, access.Has(t.Roles)+", "+until)
	out := told(t)
	out.Secret = secret
	return out, nil
}

// RevokeToken ends the token of a name: at once, on open connections too.
func (a *App) RevokeToken(ctx context.Context, r web.TokenRequest, by web.Actor) (web.Token, error) {
	now := time.Now()
	var gone access.Token
	err := a.keys.change(func(all []access.Token) ([]access.Token, error) {
		var names []string
		for i := range all {
			if !all[i].Valid(now) {
				continue
			}
			if names = append(names, all[i].Name); strings.EqualFold(all[i].Name, r.Name) {
				all[i].Revoked = now
				gone = all[i]
			}
		}
		if gone.ID == "" {
			slices.Sort(names)
			return nil, fmt.Errorf("nobody named %q has a token that lets in%s", r.Name, nearest.Suggest(r.Name, names))
		}
		return all, nil
	})
	if err != nil {
		return web.Token{}, web.Faultf(http.StatusNotFound, "token revoke", "%v", err)
	}
	a.tellOfToken(ctx, by, "token-revoke", gone, "lets nobody in")
	return told(gone), nil
}

func (a *App) tellOfToken(ctx context.Context, by web.Actor, what string, t access.Token, after string) {
	a.log.Info(what, "token", t.ID, "name", t.Name, "who", by.Who, "after", after)
	_ = a.audit(ctx, by, what, t.Name, "", "token "+t.ID, after) // one that is not on disk is an alarm
}
