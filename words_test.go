package wissel_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

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

func TestSharesAndSpansAreWrittenForPeople(t *testing.T) {
	for share, want := range map[int]string{1: "0.1 %", 25: "2.5 %", 100: "10 %", 1000: "100 %"} {
		if got := wissel.Percent(share); got != want {
			t.Errorf("%d of 1000 is %q, want %q", share, got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		0: "0s", 440 * time.Millisecond: "400ms", 45 * time.Second: "45s", 65*time.Second + time.Millisecond: "1m5s",
		3*time.Hour + 20*time.Minute + time.Second: "3h20m", 24 * time.Hour: "24h00m", 9*24*time.Hour + time.Hour: "9 days",
	} {
		if got := wissel.Span(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
	at := time.Date(2026, 3, 9, 2, 14, 7, 0, time.Local).UTC() // as it is read from the store
	if wissel.Clock(at) != "02:14:07" || wissel.Moment(at) != "9 Mar 02:14:07" {
		t.Errorf("%s, %s", wissel.Clock(at), wissel.Moment(at))
	}
}

func TestUnknownIsBetterThanSuspect(t *testing.T) {
	order := []wissel.State{wissel.Up, wissel.Unknown, wissel.Suspect, wissel.Down}
	for i, a := range order {
		for j, b := range order {
			if a.Better(b) != (i < j) {
				t.Errorf("%s better than %s: %v", a, b, a.Better(b))
			}
		}
	}
}
