package configs

import (
	"strings"
	"testing"
)

func TestShippedTextProviders(t *testing.T) {
	for _, name := range []string{"cm", "twilio"} {
		d, err := ShippedTextProvider(name)
		if err != nil || d.Provider != name {
			t.Errorf("%s: %v, named %q", name, err, d.Provider)
		}
	}
	if _, err := ShippedTextProvider("other"); err == nil || !strings.Contains(err.Error(), "cm, twilio") {
		t.Errorf("a provider that there is not: %v", err)
	}
}

func TestFaultsOfATextProvider(t *testing.T) {
	good := string(embedded(shipped, "texts/twilio.yaml"))
	for _, c := range []struct{ name, old, new, want string }{
		{"a placeholder that there is not", `To: "{to}"`, `To: "{recipient}"`, "twilio.yaml:11:9: send.fields.To: {recipient} is neither"},
		{"a key that there is not", "as: form\n  fields", "has: form\n  fields", "has"},
		{"a status twice", "later: [429, 503]", "later: [429, 201]", "answer.later: status 201"},
		{"a state that there is not", "failed: undelivered", "failed: lost", `"lost" is none of`},
		{"no proof", "header: X-Twilio-Signature", "hash: sha1\n  # no header", "proof"},
		{"a secret that nobody gives", "secret: token", "secret: key", "not named under needs"},
		{"no address", `url: "{base}/2010-04-01/Accounts/{account}/Messages.json"`, `url: ""`, "no address"},
	} {
		bad := strings.Replace(good, c.old, c.new, 1)
		if bad == good {
			t.Fatalf("%s: nothing was changed", c.name)
		}
		if _, err := readTextProvider("twilio.yaml", []byte(bad)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
