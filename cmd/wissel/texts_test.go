package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"wissel/internal/web"
)

var update = flag.Bool("update", false, "write testdata anew: what changed is a changed behaviour")

// answering is a control socket whose server gives fixed answers.
func answering(t *testing.T, answers map[string]any) (control string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	for where, answer := range answers {
		mux.HandleFunc(where, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			if err := json.NewEncoder(w).Encode(answer); err != nil {
				t.Error(err)
			}
		})
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l) // until it is closed
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-done
	})
	return "unix://" + path
}

// textScene is a night in which news goes out, with something of each sort.
func textScene() map[string]any {
	at := func(minute int) time.Time { return time.Date(2025, 11, 30, 2, minute, 0, 0, time.Local) }
	retry := at(21)
	list := []web.Text{
		{ID: "01a1", Group: "support", Purpose: "news", Number: "+316****5678", Language: "nl", At: at(10), Until: at(50), Stage: "delivered", Since: at(11), Cause: "m1-8f3a", From: "+3197010240000", Parts: 1},
		{ID: "01a2", Group: "support", Purpose: "news", Number: "hidden", Language: "en", At: at(10), Until: at(50), Stage: "waiting", Since: at(10), Why: "it is held by an operator", Cause: "m1-8f3a", From: "+3197010240000", Parts: 2},
		{ID: "01a3", Group: "support", Purpose: "confirmation", Number: "+316****1111", Language: "nl", At: at(12), Until: at(50), Stage: "refused", Since: at(13), Why: "nobody takes it: \x1b[31mno such number", Cause: "w9", From: "+3197010240000", Parts: 1},
	}
	one := list[2]
	one.Body = "Klantenservice: uw verzoek is genoteerd."
	one.Tried = []web.TextAttempt{
		{Provider: "north", At: at(12), Verdict: "later", Reason: "no connection"},
		{Provider: "south", At: at(13), Verdict: "refused", Reason: "no such number", IDs: []string{"m17"}, States: []string{"undelivered"}},
	}
	state := web.TextState{
		Providers: []web.TextProvider{
			{Name: "north", State: "down", Why: "5 texts in a row were not taken: no connection", Groups: []string{"support 1"}, Pace: 30, Accepted: 812, Failed: 5, Retry: &retry, Real: at(9)},
			{Name: "south", State: "up", Why: "it took its last text", Groups: []string{"support 2"}, Pace: 30, Accepted: 40},
		},
		Broadcasts: []web.Broadcast{
			{Group: "support", Purpose: "news", Cause: "m1-8f3a", Began: at(10), All: 10_000, Waiting: 9_150, Sent: 38, Delivered: 810, Failed: 2, Dropped: 3},
			{Group: "sales", Purpose: "back", Began: at(1), All: 12, Delivered: 12},
		},
		Paused: []string{"support"}, Asked: map[string]int{"support": 10_000}, Routes: map[string]time.Time{"+3197010240000": at(0)},
	}
	return map[string]any{
		"GET /v1/texts": list, "GET /v1/texts/{id}": one, "GET /v1/texts/state": state,
		"GET /v1/texts/incoming": []web.IncomingText{
			{ID: "01b1", At: at(14), Group: "support", Number: "+316****5678", Word: "stop", Body: "STOP\nplease", Answered: "9f31c07a", Done: true},
			{ID: "01b2", At: at(15), Group: "support", Number: "+316****2222", Word: "other", Body: "=HYPERLINK(1)", Callback: "01c7", Answered: "no answer: one was sent to this number today", Done: true},
			{ID: "01b3", At: at(16), Number: "none", Word: "info", Body: "INFO"},
		},
		"POST /v1/texts/preview": web.TextPreview{
			Text: "Klantenservice: de storing is nog niet voorbij 🚧", From: "+3197010240000", Encoding: "UCS-2", Units: 49, Parts: 1, Odd: "🚧", Cost: "0.075", Currency: "EUR", People: 10_000, Total: "750.00",
		},
		"POST /v1/texts/test":   web.Text{ID: "01d1", Number: "+316****5678", Group: "support", Purpose: "test"},
		"POST /v1/texts/pause":  web.TextPaused{Group: "support", Waiting: 9_150},
		"POST /v1/texts/resume": web.TextPaused{Waiting: 9_150, Notes: []string{"the audit row could not be written (the disk is full)"}},
	}
}

// What each command about texts prints, for people, programs and spreadsheets, is in testdata/texts.txt; read a change of it as one.
func TestWhatTextsCommandsPrint(t *testing.T) {
	control := answering(t, textScene())
	var all strings.Builder
	for _, line := range []string{
		"list", "list support --stage waiting -o csv", "list -o json", "show 01a3", "show 01a3 -o json", "incoming", "incoming -o csv", "incoming -o json",
		"progress", "progress support", "progress none", "progress -o csv", "progress -o json", "providers", "providers -o csv", "providers -o json",
		"preview support news", "preview support news -o json", "test support 0612345678 --reason contract", "test support 0612345678 --reason contract -o json",
		"pause support --reason words", "pause support --reason words -o json", "resume --reason good", "resume --reason good -o json",
		// slips of the finger
		"", "lst", "list a b", "list --purpose nws", "list --stage wait", "show", "incoming x", "preview support", "test support", "test support 0612345678", "pause support", "resume a b --reason x", "progress a b", "list -o xml",
	} {
		var out, errs bytes.Buffer
		args := append([]string{"wissel", "texts"}, strings.Fields(line)...)
		if len(args) > 2 {
			args = append(args, "--control", control)
		}
		code := run(t.Context(), args, &out, &errs)
		all.WriteString("$ wissel texts " + line + "\n" + out.String() + errs.String())
		if code != 0 {
			all.WriteString("exit " + string(rune('0'+code)) + "\n")
		}
		all.WriteString("\n")
	}
	got := regexp.MustCompile(`[0-9dhms ]+ ago`).ReplaceAllString(all.String(), " LONG ago")
	got = regexp.MustCompile(`(?m) +$`).ReplaceAllString(got, "")
	const file = "testdata/texts.txt"
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("it prints\n%s", got)
	}
}

// A bar in a cell of a table is shown as it is.
func TestABarIsDrawn(t *testing.T) {
	for done, want := range map[float64]string{0: "░░░░░░░░░░░░░░░░░░░░", 0.26: "█████░░░░░░░░░░░░░░░", 0.999: "███████████████████░", 1: "████████████████████"} {
		if got := visible(drawn(done)); got != want {
			t.Errorf("%v: %s, want %s", done, got, want)
		}
	}
}

// Who follows news through a restart of the server is told that it does not answer, and goes on until all of it is sent. One whose server
// never answered is told so at once.
func TestProgressIsFollowedOverARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	follow := func(out *bytes.Buffer) int {
		return run(t.Context(), []string{"wissel", "texts", "progress", "--follow", "--control", "unix://" + path}, out, out)
	}
	var none bytes.Buffer
	if code := follow(&none); code != exitFailed || !strings.Contains(none.String(), "no wissel answers there") {
		t.Errorf("%d: %s", code, none.String())
	}
	left, asked := 2, make(chan struct{}, 10)
	serve := func() *http.Server {
		l, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		server := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if err := json.NewEncoder(w).Encode(web.TextState{Broadcasts: []web.Broadcast{{Group: "support", Purpose: "news", All: 2, Waiting: left, Delivered: 2 - left}}}); err != nil {
				t.Error(err)
			}
			left--
			asked <- struct{}{}
		})}
		go func() { _ = server.Serve(l) }() // until it is closed
		return server
	}
	first := serve()
	var out bytes.Buffer
	done := make(chan int, 1)
	go func() { done <- follow(&out) }()
	<-asked
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	<-time.After(2500 * time.Millisecond) // it is asked twice, and nobody is there
	second := serve()
	code := <-done
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	if code != 0 || strings.Count(out.String(), "no answer; asked again each second") != 1 || !strings.Contains(out.String(), "  0%") || !strings.Contains(out.String(), "100%") {
		t.Errorf("%d: %s", code, out.String())
	}
}
