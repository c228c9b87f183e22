package configs

import (
	"crypto/tls"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"wissel/internal/access"
	"wissel/internal/nearest"
)

type apiShape struct {
	Bind string `yaml:"bind" doc:"address and port of the control API for commands with a token: 127.0.0.1:8443; nowhere by default"`
	Cert string `yaml:"cert" doc:"certificate file (PEM); needed unless bind is a loopback address"`
	Key  string `yaml:"key" doc:"file of its private key (PEM)"`
}

type accessShape struct {
	Group string              `yaml:"group" doc:"group of this machine whose members may open the control socket (mode 0660); its owner and root alone by default"`
	Users map[string][]string `yaml:"users" doc:"roles of those who come over the control socket, by user name, uid:1001 or group:ops: viewer, operator, lead, privacy, admin"`
}

// API is where the control API listens beside its socket.
type API struct {
	Bind netip.AddrPort   // zero: nowhere
	Cert *tls.Certificate // nil: without TLS, on a loopback address
}

// Access is who may come over the control socket beside its owner and root, and as what.
type Access struct {
	Group string // who may open it; empty: nobody else
	Rules access.Rules
}

// api reads listen.api. What can be reached from elsewhere takes TLS: tokens would go over the network as they are.
func (l *loader) api(s apiShape) {
	const at = "listen.api"
	if s == (apiShape{}) {
		return
	}
	bind, err := netip.ParseAddrPort(s.Bind)
	if err != nil || bind.Port() == 0 || bind.Addr().Zone() != "" {
		l.doc.problem(at+".bind", "%q is no address and port; 127.0.0.1:8443 would be right", s.Bind)
		return
	}
	bind = netip.AddrPortFrom(bind.Addr().Unmap(), bind.Port())
	l.out.API.Bind = bind
	switch {
	case s.Cert != "" && s.Key != "":
		if cert, ok := l.certificate(at, listenerShape{Cert: s.Cert, Key: s.Key}); ok {
			l.out.API.Cert = &cert
		}
	case s.Cert != "" || s.Key != "":
		l.doc.problem(at, "TLS needs both cert and key")
	case !bind.Addr().IsLoopback():
		l.doc.problem(at+".cert", "%s can be reached from elsewhere, so it takes TLS; this line would be right: api: {bind: %q, cert: /etc/wissel/api.pem, key: /etc/wissel/api.key}, or without TLS on this machine alone: api: {bind: \"127.0.0.1:%d\"}",
			bind, bind, bind.Port())
	}
}

// access reads who may come over the control socket, and as what.
func (l *loader) access(s accessShape) {
	out := &l.out.Access
	out.Group, out.Rules = s.Group, access.Rules{}
	if s.Group != "" {
		if err := access.CheckName(s.Group); err != nil {
			l.doc.problem("access.group", "%v", err)
		}
	}
	for _, who := range slices.Sorted(maps.Keys(s.Users)) {
		at := "access.users." + who
		if err := access.CheckWho(who); err != nil {
			l.doc.problem(at, "%v", err)
		}
		if len(s.Users[who]) == 0 {
			l.doc.problem(at, "a list of roles belongs here: viewer, operator, lead, privacy, admin")
		}
		for i, name := range s.Users[who] {
			role, err := access.ParseRole(name)
			if err != nil {
				l.doc.problem(at+"["+strconv.Itoa(i)+"]", "%v%s", err, nearest.Suggest(name, roleNames()))
				continue
			}
			out.Rules[who] = append(out.Rules[who], role)
		}
	}
	if len(s.Users) > 0 && s.Group == "" {
		l.doc.warn("access.users", "only root and the user that wissel runs as can open the control socket; give access.group, a group that these users (%s) are in", strings.Join(slices.Sorted(maps.Keys(s.Users)), ", "))
	}
}

func roleNames() (all []string) {
	for _, r := range access.Roles {
		all = append(all, string(r))
	}
	return all
}
