package sip

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"wissel"
)

// torment is one message of testdata/torture: what RFC 4475, RFC 5118 and the attacks of FAULTS look like to us.
type torment struct {
	name, about string
	want        string // the status it is answered with, 200 when it may go on; "ok" and "drop" for responses
	data        []byte
}

// torments reads the corpus. A file is "want:" and "about:" lines, an empty line, and the message: its line ends are
// written as LF, \xHH is that byte, \\ a backslash, and {len} the length of the body.
func torments(t testing.TB) (all []torment) {
	t.Helper()
	files, err := filepath.Glob("testdata/torture/*.txt")
	if err != nil || len(files) < 80 {
		t.Fatalf("%d messages, %v", len(files), err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		top, text, _ := strings.Cut(string(raw), "\n\n")
		want, about, _ := strings.Cut(top, "\n")
		all = append(all, torment{
			name: strings.TrimSuffix(filepath.Base(f), ".txt"), about: strings.TrimPrefix(about, "about: "),
			want: strings.TrimPrefix(want, "want: "), data: message4475(text),
		})
	}
	return all
}

func message4475(text string) []byte {
	head, body, _ := strings.Cut(text, "\n\n")
	body = plainBytes(strings.ReplaceAll(body, "\n", "\r\n"))
	head = strings.ReplaceAll(head, "{len}", strconv.Itoa(len(body)))
	return []byte(plainBytes(strings.ReplaceAll(head, "\n", "\r\n")) + "\r\n\r\n" + body)
}

// plainBytes resolves \xHH and \\.
func plainBytes(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && s[i+1] == '\\' {
			i++
		} else if s[i] == '\\' && i+3 < len(s) && s[i+1] == 'x' {
			if n, err := strconv.ParseUint(s[i+2:i+4], 16, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// verdict is what becomes of a message that comes over UDP from a trunk and belongs to no dialog.
func verdict(data []byte) string {
	msg, err := parse(data)
	if err != nil {
		r := rejected(err)
		if r == nil {
			return "an error that is no rejection: " + err.Error()
		}
		if bytes.HasPrefix(data, sip2) {
			return "drop"
		}
		return strconv.Itoa(r.Status)
	}
	req, ok := msg.(*sipgo.Request)
	if !ok {
		return "ok"
	}
	if r := admit(req, admission{Transport: wissel.UDP, Known: true}); r != nil {
		return strconv.Itoa(r.Status)
	}
	return "200"
}

func TestTorture(t *testing.T) {
	for _, m := range torments(t) {
		if got := verdict(m.data); got != m.want {
			_, err := parse(m.data)
			t.Errorf("%s: %s, not %s (%v)\n\t%s", m.name, got, m.want, err, m.about)
		}
	}
}

// The head that transactions are found by can be read of every message that is answered.
func TestTortureCanBeAnswered(t *testing.T) {
	for _, m := range torments(t) {
		if m.want != "200" && m.want != "481" {
			continue
		}
		var h head
		if !h.scan(m.data) {
			t.Errorf("%s: no head", m.name)
		}
	}
}

// FAULTS A2: no message costs more than 2 ms of CPU, judged by the best of some tries.
func TestNoMessageCostsMuch(t *testing.T) {
	for _, m := range torments(t) {
		best := time.Hour
		for range 20 {
			began := time.Now()
			verdict(m.data)
			best = min(best, time.Since(began))
		}
		if limit := 2 * time.Millisecond * slower; best > limit {
			t.Errorf("%s: %s", m.name, best)
		}
	}
}

// FAULTS A1: what is refused leaves nothing behind.
func TestTortureLeavesNothingBehind(t *testing.T) {
	all := torments(t)
	heap := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	for _, m := range all {
		verdict(m.data)
	}
	before := heap()
	for range 20 {
		for _, m := range all {
			verdict(m.data)
		}
	}
	if grown := heap() - before; grown > 1<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
}

func FuzzParse(f *testing.F) {
	for _, m := range torments(f) {
		f.Add(m.data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		msg, err := parse(data)
		if err != nil {
			if r := rejected(err); r == nil || r.Status < 400 || r.Status > 699 {
				t.Errorf("an error that cannot be answered: %v", err)
			}
			return
		}
		req, ok := msg.(*sipgo.Request)
		if !ok {
			return
		}
		r := admit(req, admission{Transport: wissel.UDP, Known: true})
		if r != nil && (r.Status < 400 || bytes.Count(r.lines(), []byte("\r\n")) != len(r.Headers) || errors.Is(r, errNoCredentials)) {
			t.Errorf("%d with %q", r.Status, r.lines())
		}
		c := callerOf(req, &wissel.Trunk{Headers: wissel.HeaderPolicy{Trusted: true}}, "NL")
		n, _ := dialled(req, "NL")
		for _, policy := range []wissel.HeaderPolicy{{}, {PAI: true, Privacy: true, Diversion: true, History: true, Identity: true}} {
			checkFar(t, farInvite(testFar(c, wissel.Platform, policy)))
			checkFar(t, farInvite(testFar(c, wissel.Carrier, policy)))
		}
		if n != "" && !strings.HasPrefix(string(n), "+") {
			t.Errorf("dialled %q", n)
		}
	})
}
