package configs

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"wissel/internal/access"
)

func TestWhereTheControlAPIMayListen(t *testing.T) {
	dir := t.TempDir()
	certificate(t, dir, quiet().Now().AddDate(1, 0, 0))
	for _, c := range []struct {
		name, api string
		word      string // empty: it is well
		secure    bool
	}{
		{"nowhere", `{}`, "", false},
		{"on loopback without TLS", `{bind: "127.0.0.1:8443"}`, "", false},
		{"on loopback of IPv6", `{bind: "[::1]:8443"}`, "", false},
		{"on loopback with TLS", `{bind: "127.0.0.1:8443", cert: cert.pem, key: key.pem}`, "", true},
		{"everywhere with TLS", `{bind: "0.0.0.0:8443", cert: cert.pem, key: key.pem}`, "", true},
		{"everywhere without TLS", `{bind: "0.0.0.0:8443"}`, `api: {bind: "0.0.0.0:8443", cert: /etc/wissel/api.pem, key: /etc/wissel/api.key}`, false},
		{"everywhere in IPv6 without TLS", `{bind: "[::]:8443"}`, `bind: "127.0.0.1:8443"`, false},
		{"on an address without TLS", `{bind: "192.0.2.1:8443"}`, "takes TLS", false},
		{"on an IPv4 address written as IPv6", `{bind: "[::ffff:192.0.2.1]:8443"}`, "takes TLS", false},
		{"with half of TLS", `{bind: "0.0.0.0:8443", cert: cert.pem}`, "needs both", false},
		{"with a key that is not there", `{bind: "0.0.0.0:8443", cert: cert.pem, key: none.pem}`, "cannot be read", false},
		{"on a name", `{bind: "localhost:8443"}`, "no address and port", false},
		{"on any port", `{bind: "127.0.0.1:0"}`, "no address and port", false},
	} {
		yaml := strings.Replace(bare, "listen: {", "listen: {api: "+c.api+", ", 1)
		f, err := Parse(filepath.Join(dir, "wissel.yaml"), []byte(yaml), quiet())
		var faults *Faults
		switch {
		case c.word == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.word == "":
			if (f.API.Cert != nil) != c.secure || f.API.Bind.IsValid() != (c.api != "{}") {
				t.Errorf("%s: %+v", c.name, f.API)
			}
		case !errors.As(err, &faults) || len(faults.Faults) != 1 || !strings.Contains(err.Error(), c.word):
			t.Errorf("%s: %v, want %q alone", c.name, err, c.word)
		}
	}
}

func TestWhoMayComeOverTheSocket(t *testing.T) {
	read := func(access string) (*File, error) {
		return Parse("wissel.yaml", []byte("access: "+access+"\n"+bare), quiet())
	}
	f, err := read(`{group: wissel, users: {anna: [operator, viewer], "uid:1001": [admin], "group:ops": [lead]}}`)
	if err != nil || f.Access.Group != "wissel" || !slices.Equal(f.Access.Rules["anna"], []access.Role{access.Operator, access.Viewer}) || len(f.Access.Rules) != 3 || len(f.Warnings) != 0 {
		t.Fatalf("%v, %+v", err, f)
	}
	if f, err = read(`{users: {anna: [operator]}}`); err != nil || len(f.Warnings) != 1 || !strings.Contains(fmt.Sprint(f.Warnings), "give access.group") {
		t.Errorf("users without a group: %v, %+v", err, f)
	}
	for written, word := range map[string]string{
		`{users: {anna: [opertor]}}`:      `did you mean "operator"?`,
		`{users: {anna: []}}`:             "a list of roles",
		`{users: {"uid:x": [viewer]}}`:    "no user id",
		`{users: {"role:x": [viewer]}}`:   "is nobody",
		`{users: {"../anna": [viewer]}}`:  "is no name",
		`{group: "a b"}`:                  "is no name",
		`{roles: {anna: [viewer]}}`:       "there is no such key here",
		`{users: {"an\x1bna": [viewer]}}`: "is no name",
	} {
		if _, err := read(written); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v; want %q", written, err, word)
		}
	}
}
