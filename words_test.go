package wissel_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"wissel"
)

func TestASecretIsNeverPrinted(t *testing.T) {
	secret := struct {
		User string
		Pass wissel.Secret
	}{"u", wissel.NewSecret("hunter2")}
	inside := struct{ pass wissel.Secret }{secret.Pass}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%t", "%T"} {
		fmt.Fprintf(&out, verb+" "+verb+" "+verb+" "+verb+"\n", secret, &secret, secret.Pass, inside)
	}
	if err := json.NewEncoder(&out).Encode(secret); err != nil {
		t.Fatal(err)
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "all", secret, "pass", secret.Pass)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "all", secret, "pass", secret.Pass)
	for _, form := range []string{"hunter2", fmt.Sprintf("%x", "hunter2")} {
		if strings.Contains(out.String(), form) {
			t.Errorf("the secret is printed:\n%s", out.String())
		}
	}
	if secret.Pass.Reveal() != "hunter2" || secret.Pass.IsZero() {
		t.Error("and it is still there for who needs it")
	}
}

func TestMasked(t *testing.T) {
	for number, want := range map[wissel.Number]string{
		"": "", "112": "***", "+31612345678": "+316****5678", "+318001234": "+318**1234", "+14165550100": "+141****0100", "+3112345": "+3**2345",
	} {
		if got := number.Masked(); got != want {
			t.Errorf("%s becomes %s, want %s", number, got, want)
		}
	}
}
