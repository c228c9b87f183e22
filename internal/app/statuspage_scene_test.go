package app_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/carriers/outside"
	"wissel/internal/app"
	"wissel/internal/web"
)

// beginWithPage are settings with a public page: served here, and brought to a folder, a program and a bucket where nobody is.
func beginWithPage(t *testing.T) (o app.Options, at, folder, script string) {
	t.Helper()
	free := func() string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close() //nolint:errcheck // it only found a port
		return l.Addr().String()
	}
	o, at, folder, script = begin(t), free(), t.TempDir(), t.TempDir()
	secret := filepath.Join(t.TempDir(), "s3.secret")
	if err := os.WriteFile(secret, []byte("hunter2"), 0o600); err != nil {
		t.Fatal(err)
	}
	write(t, o, settings+fmt.Sprintf(`
status:
  name: Gemeente Voorbeeld
  address: https://status.example
  lines: {support: Klantenservice}
  listen: {bind: %q}
  places:
    bucket: {s3: {endpoint: "http://%s", bucket: pages, key: AKID, secret: "file:%s"}}
    folder: {directory: %q}
    script: {command: [/bin/tar, -x, -C, %q]}
`, at, free(), secret, folder, script))
	return o, at, folder, script
}

func contents(t *testing.T, dir, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return ""
	}
	return string(b)
}

func get(t *testing.T, url string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil {
		return ""
	}
	defer answer.Body.Close() //nolint:errcheck // it is read
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A page follows what callers meet: an outage, its message, the end of it; everywhere but where nobody is, and that is told.
func TestThePublicPageFollowsWhatCallersMeet(t *testing.T) {
	o, at, folder, script := beginWithPage(t)
	a, stop := run(t, o)
	everywhere := func(what string, wants ...string) {
		t.Helper()
		eventually(t, what, func() bool {
			for _, body := range []string{contents(t, folder, "nl.html"), contents(t, script, "index.html"), get(t, "http://"+at+"/")} {
				for _, want := range wants {
					if no, isNot := strings.CutPrefix(want, "!"); isNot && strings.Contains(body, no) || !isNot && !strings.Contains(body, want) {
						return false
					}
				}
			}
			return true
		})
	}
	everywhere("a page of a line that works", "Gemeente Voorbeeld", "De telefoonlijn werkt.", "31201234567.")

	if _, err := a.Switch(t.Context(), web.SwitchRequest{Group: "support", Plan: "storing", Reason: "platform down"}, anna); err != nil {
		t.Fatal(err)
	}
	everywhere("a page of an outage", "De telefoonlijn heeft een storing.", "vraag om te worden teruggebeld", "!sms")

	live := web.MessageRequest{Group: "support", Drafts: []string{draft(t, a, "nl", "goodbye")}, Texts: map[string]string{"nl": "We herstellen <een> kabel."}, Until: time.Now().Add(time.Hour), Reason: "ticket 1"}
	if _, err := a.LiveMessage(t.Context(), live, anna); err != nil {
		t.Fatal(err)
	}
	everywhere("its message", "We herstellen &lt;een&gt; kabel.", "Verwacht einde:")
	for _, body := range []string{contents(t, folder, "nl.html"), contents(t, folder, "en.html"), contents(t, folder, "status.json")} {
		for _, never := range []string{"platform", "reserve", "carrier", "ticket", "anna", "31850000000"} {
			if strings.Contains(strings.ToLower(body), never) {
				t.Errorf("the page says %q:\n%s", never, body)
			}
		}
	}
	told, err := outside.Read(wissel.StatusPage{Form: wissel.StatusSummary, Component: "Klantenservice"}, http.StatusOK, []byte(get(t, "http://"+at+"/api/v2/summary.json")))
	if err != nil || told.Well {
		t.Errorf("a program that knows Statuspage reads %+v, %v", told, err)
	}

	eventually(t, "two places have it, and of the third it is told why not", func() bool {
		state, err := a.StatusPage(t.Context())
		return err == nil && state.State == "outage" && state.Places[0].State == "failed" && state.Places[1].State == "live" && state.Places[2].State == "live" &&
			strings.Contains(state.Places[0].Why, "connection refused")
	})
	stop()
	a, _ = run(t, o)
	everywhere("the same after a restart", "We herstellen &lt;een&gt; kabel.")
	if _, err := a.EndMessage(t.Context(), web.MessageRequest{Group: "support", Reason: "over"}, anna); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Switch(t.Context(), web.SwitchRequest{Group: "support", Auto: true, Reason: "over"}, anna); err != nil {
		t.Fatal(err)
	}
	everywhere("that it is over", "De telefoonlijn werkt.", "Dit is voorbij.", "We herstellen &lt;een&gt; kabel.", "!Verwacht einde")

	if err := os.Remove(filepath.Join(folder, "nl.html")); err != nil {
		t.Fatal(err)
	}
	if _, err := a.PushStatusPage(t.Context(), web.StatusPush{}, anna); err != nil {
		t.Fatal(err)
	}
	everywhere("what was removed there by others", "De telefoonlijn werkt.")
	if f, err := a.StatusFile(t.Context(), "en.html"); err != nil || !strings.Contains(f.Body, "The telephone line works.") {
		t.Errorf("%+v, %v", f, err)
	}
	if _, err := a.StatusFile(t.Context(), "../x"); codeOf(err) != http.StatusNotFound {
		t.Error(err)
	}
}

func TestWithoutAPageThereIsNone(t *testing.T) {
	a, _ := run(t, begin(t))
	if _, err := a.StatusPage(t.Context()); codeOf(err) != http.StatusNotFound {
		t.Error(err)
	}
	if a.Status(t.Context()).Page != nil {
		t.Error("status tells of a page")
	}
}
