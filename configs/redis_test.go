package configs

import (
	"errors"
	"strings"
	"testing"

	"wissel/internal/store/redis"
)

func TestRedis(t *testing.T) {
	dir := t.TempDir()
	secretsIn(t, dir, map[string]string{"redis.secret": "sesame"})
	for _, c := range []struct {
		name, redis string
		words       string // empty: it is well
	}{
		{"two nodes", `{address: "10.0.0.5:6379", user: wissel, password: "file:redis.secret", tls: true, nodes: 2}`, ""},
		{"on this machine", `{address: "localhost:6379"}`, ""},
		{"a password that is written out", `{address: "10.0.0.5:6379", password: sesame}`, "a secret is not written here"},
		{"open to all", `{address: "10.0.0.5:6379"}`, "redis.password: is missing"},
		{"no port", `{address: "localhost"}`, "redis.address"},
		{"no nodes", `{address: "localhost:6379", nodes: 0}`, "redis.nodes: 0 is outside 1 to 64"},
		{"no address", `{nodes: 2}`, "redis.address: is missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := Parse(dir+"/wissel.yaml", []byte("redis: "+c.redis+"\n"+bare), quiet())
			var faults *Faults
			switch {
			case c.words == "" && err != nil:
				t.Fatal(err)
			case c.words == "" && c.name == "two nodes":
				if f.Redis.Address != "10.0.0.5:6379" || f.Redis.User != "wissel" || f.Redis.Password.Reveal() != "sesame" || !f.Redis.TLS || f.Redis.Nodes != 2 {
					t.Errorf("%+v", f.Redis)
				}
			case c.words != "" && (!errors.As(err, &faults) || !strings.Contains(err.Error(), c.words)):
				t.Errorf("%v; want %q", err, c.words)
			}
			if err != nil && strings.Contains(err.Error(), "sesame\n") {
				t.Errorf("it shows the secret: %v", err)
			}
		})
	}
	f, err := Parse(dir+"/wissel.yaml", []byte(bare), quiet())
	if err != nil || f.Redis != redis.DefaultSettings() {
		t.Errorf("without the key: %+v, %v", f, err)
	}
}
